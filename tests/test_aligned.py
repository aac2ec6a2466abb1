"""Tables in plain text, RTF and flat OpenDocument: their rows are records."""

import io
import zipfile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree
from making import blocks, make_odt, of_kind

from qa.builder.views.records import pieces_of, records_of, view_of
from qa.loaders.lines.aligned import aligned_rows

PRICES = """Prices of the chandler

Item              Unit      Price
-----------------------------------
Rope, 20 m        piece     44.00
Anchor            piece    120.50
Paint, white                12.00

All prices are in euro.  They hold until May.  Ask at the office.
"""
BOX = """+------+----------+-------+
| id   | keeper   | since |
+------+----------+-------+
| 7    | Ada Blum | 1931  |
| 8    | Otto     | 1940  |
+------+----------+-------+
"""
TABBED = "Boat\tBerth\tFee\nHeron\t14\t20\nPlover\t\t31\nTern\t9\t18\n"
LEAGUE = """  Team            P   W    Pts
  Ystad BK       12   9     29
  Lund           12  10     25
  IF Gudhjem     12   3      9
"""
# Columns of figures that are a single space apart where these are wide.
NARROW = """Pos Team                 P   W  D  L  GD  Pts
 1  Kivik Rovers         14 11  2  1 +29   35
 2  Brosarp Athletic     14 10  1  3 +19   31
 3  The Carters' Arms    14  1  1 12 -43    4
"""
HOURLY = """Ystad, quay      0612  0705  then  35  1735
Lund, mill       0619  0712  at    42  1742
Gudhjem, church  0631  0726  these 54  1756
Visby, market    0644  0741  until 07  1811
"""
BILL = """QTY  GOODS               UNIT   AMOUNT
 12  Oak board          14.60   175.20
  4  Larch post 2 m     22.00    88.00
                      ---------------
                       NET      263.20
                       TOTAL  GBP 263.20
"""
SHIPPED = """INVOICE TO:          DELIVER TO:
Holm Joinery         Mr S. Okoro
The Old Forge        14 Plover Close
Ystad                Visby
"""
TWO = """Class A                         Class B
Boat     Helm     Points        Boat     Helm     Points
Heron    Ada           3        Tern     Otto          2
Plover   Marta         5        Skua     Per           6
Curlew   Ida           9
"""
DUTY = """Monday      Ada Blum    quay
Tuesday     Otto        harbour
Wednesday   Ada Blum    shed
"""
LINES = """Rigger     loft    ext. 12
Sailmaker  quay    ext. 31
Joiner     shed    ext. 17
"""
PLAIN = """Keeper      Marta Holm
Telephone   0455 010 203
Town        Ystad
"""


def views(document):
    table = [block for block in document.blocks if block.kind in ("row", "columns")]
    return [
        view_of(document.text, [pieces_of(document.text, record.fields)]).text
        for record in records_of(table)
    ]


@pytest.mark.parametrize(
    ("text", "records"),
    [
        (
            PRICES,
            [
                "Item: Rope, 20 m; Unit: piece; Price: 44.00.",
                "Item: Anchor; Unit: piece; Price: 120.50.",
                "Item: Paint, white; Price: 12.00.",
            ],
        ),
        (BOX, ["id: 7; keeper: Ada Blum; since: 1931.", "id: 8; keeper: Otto; since: 1940."]),
        (
            TABBED,
            [
                "Boat: Heron; Berth: 14; Fee: 20.",
                "Boat: Plover; Fee: 31.",
                "Boat: Tern; Berth: 9; Fee: 18.",
            ],
        ),
        (
            LEAGUE,
            [
                "Team: Ystad BK; P: 12; W: 9; Pts: 29.",
                "Team: Lund; P: 12; W: 10; Pts: 25.",
                "Team: IF Gudhjem; P: 12; W: 3; Pts: 9.",
            ],
        ),
        (
            NARROW,
            [
                "Pos: 1; Team: Kivik Rovers; P: 14; W: 11; D: 2; L: 1; GD: +29; Pts: 35.",
                "Pos: 2; Team: Brosarp Athletic; P: 14; W: 10; D: 1; L: 3; GD: +19; Pts: 31.",
                "Pos: 3; Team: The Carters' Arms; P: 14; W: 1; D: 1; L: 12; GD: -43; Pts: 4.",
            ],
        ),
        (
            HOURLY,
            [
                "Ystad, quay; 0612; 0705; then; 35; 1735.",
                "Lund, mill; 0619; 0712; at; 42; 1742.",
                "Gudhjem, church; 0631; 0726; these; 54; 1756.",
                "Visby, market; 0644; 0741; until; 07; 1811.",
            ],
        ),
        (
            BILL,
            [
                "QTY: 12; GOODS: Oak board; UNIT: 14.60; AMOUNT: 175.20.",
                "QTY: 4; GOODS: Larch post 2 m; UNIT: 22.00; AMOUNT: 88.00.",
                "QTY: NET; AMOUNT: 263.20.",
                "QTY: TOTAL; AMOUNT: GBP 263.20.",
            ],
        ),
        (
            SHIPPED,
            [
                "INVOICE TO: Holm Joinery; DELIVER TO: Mr S. Okoro.",
                "INVOICE TO: The Old Forge; DELIVER TO: 14 Plover Close.",
                "INVOICE TO: Ystad; DELIVER TO: Visby.",
            ],
        ),
        (
            TWO,
            [
                "Class A; Boat: Heron; Helm: Ada; Points: 3.",
                "Class B; Boat: Tern; Helm: Otto; Points: 2.",
                "Class A; Boat: Plover; Helm: Marta; Points: 5.",
                "Class B; Boat: Skua; Helm: Per; Points: 6.",
                "Class A; Boat: Curlew; Helm: Ida; Points: 9.",
            ],
        ),
        (
            DUTY,
            ["Monday; Ada Blum; quay.", "Tuesday; Otto; harbour.", "Wednesday; Ada Blum; shed."],
        ),
        (LINES, ["Rigger; loft; ext. 12.", "Sailmaker; quay; ext. 31.", "Joiner; shed; ext. 17."]),
        (PLAIN, ["Keeper: Marta Holm.", "Telephone: 0455 010 203.", "Town: Ystad."]),
    ],
)
def test_aligned_columns_are_records_and_the_text_is_unchanged(read, text, records):
    document = read(text)
    assert views(document) == records
    assert document.text.startswith(text)


@pytest.mark.parametrize(
    "text",
    [
        # Two spaces after each sentence.
        "The first sentence is here.  The second one follows.  Then a third\n"
        "comes along in this line.  And two spaces follow each.  Nobody knows\n"
        "why it is so.  The typewriter did it.  We keep it.  It is our way.\n",
        # Lines filled with spaces, so that both edges are straight.
        "This is  justified text  that has wide\ngaps in  it, because a  program filled\n"
        "the lines  to make both  edges straight\nas if it  were printed  in a newspaper.\n",
        # Two columns of a newspaper.
        "The mill stood empty for       the river rose, and with it\n"
        "many years, until it was       the price of every house on\n"
        "sold to a baker from the       the hill above the market in\n"
        "town on the other bank of      the old part of the town.\n",
        # A letter.
        "Dear Marta,\n\nwe came back.   It rained.\n    And the boat   leaked.\nYours,      Jens\n",
        # A poem, a list, a program.
        "The sea is grey,\n      the wind is cold,\n   the gulls are gone,\n      and I am old.\n",
        "1.  Sweep the yard.\n2.  Close the shutters of the hall.\n3.  Leave the key with Bram.\n",
        "def f(x):\n    y = x  # the same\n    return y\n\nprint(f(3))\n",
    ],
)
def test_prose_is_no_table(read, text):
    assert views(read(text)) == []


def test_keys_with_a_colon_stay_one_record(read):
    assert (
        views(read("Keeper:     Marta Holm\nTelephone:  0455 010 203\nTown:       Ystad\n")) == []
    )


def test_tables_of_rtf_are_rows_with_headers(read):
    cells = r"\cellx2000\cellx4000\cellx6000 \intbl "
    rows = [["Item", "Unit", "Price"], ["Rope | thick", "", "44.00"], ["Lamp", "each", "12.00"]]
    table = "".join(
        rf"\trowd{cells}" + "".join(rf"{cell}\cell " for cell in row) + r"\row" + "\n"
        for row in rows
    )
    document = read(
        rf"{{\rtf1\ansi It says a|b and C:\\cell.\par {table}\pard They hold until May.\par}}",
        "a.rtf",
    )
    assert views(document) == [
        "Item: Rope | thick; Price: 44.00.",
        "Item: Lamp; Unit: each; Price: 12.00.",
    ]
    assert of_kind(document, "body") == ["It says a|b and C:\\cell.", "They hold until May."]


def test_a_row_that_rtf_marks_is_the_header(read):
    rows = [["Item", "Keeper"], ["Rope", "Ada"], ["Lamp", "Otto"]]
    table = "".join(
        r"\trowd"
        + r"\trhdr" * (not n)
        + r"\cellx2000\cellx4000 \intbl "
        + "".join(rf"{cell}\cell " for cell in row)
        + r"\row"
        + "\n"
        for n, row in enumerate(rows)
    )
    document = read(rf"{{\rtf1\ansi {table}\pard They are here.\par}}", "a.rtf")
    assert views(document) == ["Item: Rope; Keeper: Ada.", "Item: Lamp; Keeper: Otto."]


def flat(package):
    """The same OpenDocument as one XML file."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        content = etree.fromstring(archive.read("content.xml"))
        office = content.nsmap["office"]
        root = etree.Element(f"{{{office}}}document", nsmap=content.nsmap)
        for name in ("meta.xml", "styles.xml"):
            root.extend(list(etree.fromstring(archive.read(name))))
    root.extend(list(content))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


@pytest.mark.parametrize("suffix", ["fodt", "xml"])
def test_a_flat_opendocument_text_is_read_as_its_package_is(read, suffix):
    content = [
        ("heading", "Berths"),
        ("text", "The harbour master lets the berths by the season."),
        ("table", [["Boat", "Berth", "Fee"], ["Heron", "14", "20"], ["Tern", "9", "18"]]),
    ]
    package = make_odt(content, title="Rules", author="Ada Blum", furniture="Page of the town")
    document, other = read(flat(package), f"a.{suffix}"), read(package, "a.odt")
    assert blocks(document) == blocks(other)
    assert (document.title, document.author, document.date) == (
        (other.title, other.author, other.date)
    )
    assert views(document) == ["Boat: Heron; Berth: 14; Fee: 20.", "Boat: Tern; Berth: 9; Fee: 18."]


def test_a_flat_spreadsheet_is_read_without_the_bytes_of_its_pictures(read):
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{of}:1.0"'
        for name, of in (
            ("office", "office"),
            ("table", "table"),
            ("text", "text"),
            ("draw", "drawing"),
        )
    )

    def row(*cells):
        inner = "".join(
            f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in cells
        )
        return f"<table:table-row>{inner}</table:table-row>"

    picture = (
        "<draw:frame><draw:image><office:binary-data>"
        + "QUJD" * 3_000_000
        + "</office:binary-data></draw:image></draw:frame>"
    )
    document = read(
        f'<?xml version="1.0"?><office:document {names}><office:body><office:spreadsheet>'
        f'<table:table table:name="Boats"><table:shapes>{picture}</table:shapes>'
        f"{row('Boat', 'Berth')}{row('Heron', '14')}{row('Tern', '9')}</table:table>"
        "</office:spreadsheet></office:body></office:document>",
        "a.fods",
    )
    assert views(document) == ["Boat: Heron; Berth: 14.", "Boat: Tern; Berth: 9."]
    assert document.notes == ("1 picture without text",)


ROSTER = "name:age:city\nAda Blum:41:Ystad\nOtto Kern:38:Lund\nGreta Lund:29:Ystad\n"
USERS = """# Users of the harbour
root:x:0:0:root:/root:/bin/sh
ada:x:1000:1000:Ada Blum,,,:/home/ada:/bin/sh
print:*:7:7::/var/spool:
"""


def test_colons_without_spaces_separate_the_columns_of_a_table(read):
    assert views(read(ROSTER, "roster.txt")) == [
        "name: Ada Blum; age: 41; city: Ystad.",
        "name: Otto Kern; age: 38; city: Lund.",
        "name: Greta Lund; age: 29; city: Ystad.",
    ]
    document = read(f"The crew of the Heron is this.\n\n{ROSTER}\nThey sail in May.\n")
    assert of_kind(document, "columns") == ["name:age:city"]
    users = read(USERS, "users.txt")
    assert [len(b.cells) for b in users.blocks] == [0, 7, 7, 7]
    assert of_kind(users, "row")[1] == "ada:x:1000:1000:Ada Blum,,,:/home/ada:/bin/sh"


@pytest.mark.parametrize(
    "text",
    [
        "Name: Ada: first\nTown: Ystad: south\nBoat: Heron: blue\n",  # keys and values
        "Note:the boat\nTown:Ystad\nBoat:Heron\n",
        "08:15:00 Lund\n09:30:00 Ystad\n10:45:10 Simrishamn\n",  # times
        "Bus:08:15:Lund\nBus:09:30:Ystad\nBoat:10:45:Ronne\n",
        "00:1a:2b:3c:4d:5e\n00:1a:2b:3c:4d:5f\n00:1a:2b:3c:4d:60\n",  # addresses
        "a:http://x.example:80\nb:http://y.example:80\nc:http://z.example:81\n",
        "std::string name;\nstd::string town;\nstd::vector boats;\n",  # programs
        "Harbour::Boat::Heron\nHarbour::Boat::Tern\nHarbour::Quay::North\n",
        "x = a[1:2:3]\ny = b[2:4:2]\nz = c[0:9:3]\n",
        "4:2:1\n3:1:0\n2:2:2\n",  # results
        "One was this:one\nand so it went:on\nuntil:all:was said\n",
        # Prose that a program wrapped after colons.
        "They said it so that all of them could hear:it is over:now go home all of you, please\n"
        "and then one of the boys said that it was not:he stayed:and so did all of the others\n"
        "until the night came down upon the quay:and:nobody of us could see a thing in the dark\n",
    ],
)
def test_other_lines_with_colons_are_no_table(read, text):
    assert of_kind(read(text, "notes.txt"), "row", "columns") == []


TIDES = """                High water         Low water
Date         Time     Height     Time     Height
--------------------------------------------------
Mon 7        04:12    5.3        10:25    1.1
             16:40    5.6        22:51    0.9
Tue 8        05:02    5.5        11:14    0.9
             17:27    5.8        23:39    0.7
Wed 9        05:49    5.6        12:00    0.8
"""
SIZES = """                         10"      12"
Margherita              7.50     9.50
  tomato, basil
Fiorentina              8.90    10.90
  spinach, egg, and as many olives as there is room for
Diavola                 9.20    11.40
  chilli

Drinks
Perry                   3.20     5.10
"""
DUTIES = """Action points
Who     What                     By
Lou     Book the bouncy castle   20 Sept
Kate    Write to the bakery      15 Sept
Sam     Three quotes             1 Dec
"""
ROOMS = """Office         Contact            Room
Accounts       Lena Whitlock      B12
               Omar Said          B14
Dispatch       Ruth Penhale       Yard
               Nils Borg          Shed
"""
WINES = """RED                      Glass    Bottle
Frappato                  6.80     26.50
Saperavi                  7.90     31.00
Rufete                    8.20     33.00

WHITE
Bacchus                   7.40     29.00
"""
RECEIPT = """2025-06-14 11:52   Till 3     Op: Mags
----------------------------------------
Wood screws (100)               6.49
Masking tape                    5.50
Paint brush                     4.20
"""
BOXED = """+---------+----------+
| Host    | Used for |
+---------+----------+
| juniper | mail     |
|         | spam     |
| larch   | backups  |
+---------+----------+
"""


@pytest.mark.parametrize(
    ("text", "records"),
    [
        (
            TIDES,
            [
                "Date: Mon 7; High water Time: 04:12; High water Height: 5.3; "
                "Low water Time: 10:25; Low water Height: 1.1.",
                "Date: Mon 7; High water Time: 16:40; High water Height: 5.6; "
                "Low water Time: 22:51; Low water Height: 0.9.",
            ],
        ),
        (
            SIZES,
            [
                'Margherita; 10": 7.50; 12": 9.50.',
                "Margherita: tomato, basil.",
                'Fiorentina; 10": 8.90; 12": 10.90.',
                "Fiorentina: spinach, egg, and as many olives as there is room for.",
                'Diavola; 10": 9.20; 12": 11.40.',
                "Diavola: chilli.",
                'Drinks: Perry; 10": 3.20; 12": 5.10.',
            ],
        ),
        (DUTIES, ["Who: Lou; What: Book the bouncy castle; By: 20 Sept."]),
        (
            ROOMS,
            [
                "Office: Accounts; Contact: Lena Whitlock; Room: B12.",
                "Office: Accounts; Contact: Omar Said; Room: B14.",
            ],
        ),
        (
            WINES,
            [
                "RED: Frappato; Glass: 6.80; Bottle: 26.50.",
                "RED: Saperavi; Glass: 7.90; Bottle: 31.00.",
                "RED: Rufete; Glass: 8.20; Bottle: 33.00.",
                "WHITE: Bacchus; Glass: 7.40; Bottle: 29.00.",
            ],
        ),
        (RECEIPT, ["2025-06-14 11:52; Till 3; Op: Mags.", "Wood screws (100): 6.49."]),
        (
            BOXED,
            [
                "Host: juniper; Used for: mail.",
                "Host: juniper; Used for: spam.",
                "Host: larch; Used for: backups.",
            ],
        ),
    ],
)
def test_names_above_and_lines_among_rows_belong_to_them(read, text, records):
    document = read(f"These are what we have, as of the day on which it was printed.\n\n{text}")
    assert views(document)[: len(records)] == records
    assert document.text.endswith(text)


MANUAL = [
    "FILES",
    "       mill.toml    settings",
    "       token        stored secret, mode 0600",
    "       mill.log     log on the mill",
]


@example(MANUAL)
@given(
    st.lists(
        st.lists(
            st.sampled_from(["", "  ", "    ", "\t", "|", ": ", " ", "Ada", "7", "-", "12.00"])
        )
        .map("".join)
        .map(str.rstrip),
        max_size=8,
    )
)
def test_whatever_lines_look_like_cells_are_within_them(lines):
    placed, start = [], 0
    for line in lines:
        placed.append((start, line))
        start += len(line) + 1
    for row in aligned_rows(placed):
        first, text = placed[row.line]
        for begin, end in row.cells:  # in its line, or the name of a row above, or of one below
            assert begin <= end
            assert first <= begin <= end <= first + len(text) or any(
                at <= begin and end <= at + len(other) for at, other in placed
            )

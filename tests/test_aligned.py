"""Tables in plain text, RTF and flat OpenDocument: their rows are records."""

import io
import zipfile

import pytest
from lxml import etree
from making import blocks, make_odt, of_kind

from qa.builder.views.records import pieces_of, records_of, view_of

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

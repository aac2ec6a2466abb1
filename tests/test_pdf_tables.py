"""Tables of PDF files: rows with their columns and headers."""

import io

import pytest

from qa.builder.views.records import pieces_of, records_of, view_of
from qa.loaders import load

PROSE = "The harbour master lets the berths by the season, and keeps the list in her office. " * 4
BERTHS = [
    ["Owner", "Harbour", "Berth", "Fee"],
    ["Marta Holm", "Ystad", "14", "420"],
    ["Jens Riis", "Gudhjem", "", "310"],
    ["Oda Friis", "Simrishamn", "22", "505"],
]


def make(rows, *, style=(), widths=None, repeat=1):
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Table, TableStyle

    body = getSampleStyleSheet()["BodyText"]
    table = Table(rows, repeatRows=repeat, colWidths=widths, style=TableStyle(list(style)))
    file = io.BytesIO()
    SimpleDocTemplate(file).build([Paragraph(PROSE, body), table, Paragraph(PROSE, body)])
    return file.getvalue()


@pytest.fixture
def records(tmp_path):
    """Return the records of a PDF's only table, as they are read."""

    def read(data):
        (tmp_path / "a.pdf").write_bytes(data)
        document = load(tmp_path / "a.pdf", folder=tmp_path)
        table = [block for block in document.blocks if block.kind in ("row", "columns")]
        return [
            view_of(document.text, [pieces_of(document.text, record.fields)]).text
            for record in records_of(table)
        ]

    return read


def test_each_value_is_read_with_its_header(records):
    assert records(make(BERTHS)) == [
        "Owner: Marta Holm; Harbour: Ystad; Berth: 14; Fee: 420.",
        "Owner: Jens Riis; Harbour: Gudhjem; Fee: 310.",
        "Owner: Oda Friis; Harbour: Simrishamn; Berth: 22; Fee: 505.",
    ]


def test_a_header_in_bold_names_words_too(records):
    rows = [["Item", "Keeper"], ["Rope", "Ada"], ["Anchor", "Tor"], ["Lantern", "Ilse"]]
    bold = [("FONTNAME", (0, 0), (-1, 0), "Helvetica-Bold")]
    assert records(make(rows, style=bold)) == [
        "Item: Rope; Keeper: Ada.",
        "Item: Anchor; Keeper: Tor.",
        "Item: Lantern; Keeper: Ilse.",
    ]


def test_a_table_of_names_and_values_has_no_header(records):
    rows = [["Room", "214"], ["Arrival", "2 June 2025"], ["Deposit", "150 euro"]]
    assert records(make(rows)) == ["Room: 214.", "Arrival: 2 June 2025.", "Deposit: 150 euro."]


def test_a_long_table_keeps_its_header_on_the_next_pages(records):
    rows = [BERTHS[0], *([f"Owner {n}", "Ystad", str(n), str(10 * n)] for n in range(90))]
    assert records(make(rows)) == [
        f"Owner: Owner {n}; Harbour: Ystad; Berth: {n}; Fee: {10 * n}." for n in range(90)
    ]


DISTRICTS = [
    [f"{place}", f"1,1{n:02}", f"1,2{n:02}", f"3{n:02}", f"4{n:02}"]
    for n, place in enumerate(["Ystad", "Gudhjem", "Hasle", "Svaneke", "Simrishamn"])
]
SPANS = [("SPAN", (1, 0), (2, 0)), ("SPAN", (3, 0), (4, 0)), ("ALIGN", (1, 0), (-1, 0), "CENTER")]
RIGHT = [("ALIGN", (1, 1), (-1, -1), "RIGHT")]
BOLD = [("FONTNAME", (0, 0), (-1, 1), "Helvetica-Bold")]
CENSUS = [["District", "1990", "", "2000", ""], ["", "Men", "Women", "Men", "Women"]]
CENSUS_READ = [
    f"District: {a}; 1990 Men: {b}; 1990 Women: {c}; 2000 Men: {d}; 2000 Women: {e}."
    for a, b, c, d, e in DISTRICTS
]


@pytest.mark.parametrize(
    "style",
    [
        SPANS,
        [*SPANS, *RIGHT],
        [*SPANS, *BOLD],
        [*SPANS, ("SPAN", (0, 0), (0, 1))],
        [*SPANS, ("SPAN", (0, 0), (0, 1)), *BOLD, ("ALIGN", (1, 1), (-1, -1), "CENTER")],
    ],
)
def test_names_over_several_columns_have_those_below_them(records, style):
    found = records(make([*CENSUS, *DISTRICTS], style=style, widths=[110, 70, 70, 70, 70]))
    assert found == CENSUS_READ


def test_headers_of_several_rows_are_kept_on_the_next_pages(records):
    rows = [row for _ in range(12) for row in DISTRICTS]
    data = make([*CENSUS, *rows], style=[*SPANS, *RIGHT], widths=[110, 70, 70, 70, 70], repeat=2)
    assert records(data) == CENSUS_READ * 12


def test_names_over_all_columns_but_the_first_are_the_outermost(records):
    top = ["", "Population", "", "", ""]
    spans = [(kind, (a, r + 1), (b, s + 1), *rest) for kind, (a, r), (b, s), *rest in SPANS[:2]]
    style = [("SPAN", (1, 0), (4, 0)), *spans, ("ALIGN", (1, 0), (-1, -1), "CENTER")]
    found = records(make([top, *CENSUS, *DISTRICTS], style=style))
    assert found == [line.replace("; ", "; Population ") for line in CENSUS_READ]


@pytest.mark.parametrize("bold", [True, False])
def test_the_name_of_a_group_is_read_with_each_of_its_rows(records, bold):
    rows = [["Parish", "Men", "Women", "Children"]]
    for group in ("North", "South"):
        rows += [
            [group, "", "", ""],
            ["Ystad", "100", "110", "40"],
            [f"All {group}", "1", "2", "3"],
        ]
    style = [("FONTNAME", (0, n), (-1, n), "Helvetica-Bold") for n in (0, 1, 4) if bold]
    assert records(make(rows, style=[*style, ("ALIGN", (1, 0), (-1, -1), "RIGHT")])) == [
        line
        for group in ("North", "South")
        for line in (
            f"{group}.",
            f"{group}; Parish: Ystad; Men: 100; Women: 110; Children: 40.",
            f"{group}; Parish: All {group}; Men: 1; Women: 2; Children: 3.",
        )
    ]


def test_a_name_of_two_lines_is_no_group(records):
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Paragraph

    long = Paragraph("The fishing harbour at Simrishamn", getSampleStyleSheet()["BodyText"])
    rows = [
        ["Place", "Men", "Women"],
        ["Ystad", "100", "110"],
        [long, "7", "8"],
        ["Hasle", "5", "6"],
    ]
    found = records(
        make(rows, widths=[100, 60, 60], style=[("VALIGN", (0, 0), (-1, -1), "BOTTOM")])
    )
    assert found[1] == "Place: The fishing harbour at Simrishamn; Men: 7; Women: 8."


def test_a_cell_over_several_rows_has_its_value_in_each(records):
    rows = [
        ["Region", "Parish", "Men", "Women"],
        ["North", "Ystad", "100", "110"],
        ["", "Hasle", "101", "111"],
        ["South", "Svaneke", "103", "113"],
    ]
    style = [("SPAN", (0, 1), (0, 2)), ("VALIGN", (0, 0), (0, -1), "TOP")]
    assert records(make(rows, style=style))[1:] == [
        "Region: North; Parish: Hasle; Men: 101; Women: 111.",
        "Region: South; Parish: Svaneke; Men: 103; Women: 113.",
    ]


def test_units_below_the_names_of_columns_belong_to_them(records):
    rows = [
        ["Place", "Area", "Depth"],
        ["", "km2", "(m)"],
        ["Ystad", "12.5", "3"],
        ["Hasle", "9", "4"],
    ]
    assert records(
        make(rows, style=[("ALIGN", (1, 0), (-1, -1), "RIGHT")], widths=[90, 70, 70])
    ) == [
        "Place: Ystad; Area km2: 12.5; Depth (m): 3.",
        "Place: Hasle; Area km2: 9; Depth (m): 4.",
    ]


def test_a_line_above_a_name_over_columns_is_no_part_of_it(tmp_path):
    from reportlab.pdfgen.canvas import Canvas

    file = io.BytesIO()
    page = Canvas(file)
    for height, cells in (
        (760, {200: "All of the island"}),
        (742, {200: "Population"}),
        (724, {72: "Place", 200: "Men", 300: "Women"}),
        *((706 - 18 * n, {72: f"Parish {n}", 200: f"1{n}", 300: f"2{n}"}) for n in range(4)),
    ):
        for left, text in cells.items():
            page.drawString(left, height, text)
    page.save()
    (tmp_path / "a.pdf").write_bytes(file.getvalue())
    document = load(tmp_path / "a.pdf", folder=tmp_path)
    assert "All of the island\n" in document.text
    assert "Parish 3 | 13 | 23" in document.text


def test_labels_beside_one_another_stay_with_their_values(tmp_path):
    from reportlab.pdfgen.canvas import Canvas

    file = io.BytesIO()
    page = Canvas(file)
    for height, cells in (
        (740, {72: "Name: Imke Harder", 230: "Born: 12.3.1971", 400: "Room: 14"}),
        (720, {72: "Next of kin: Jens Harder (son)", 300: "Phone: 04351 55"}),
        (680, {72: "The patient was admitted in the night and slept well."}),
    ):
        for left, text in cells.items():
            page.drawString(left, height, text)
    page.save()
    (tmp_path / "a.pdf").write_bytes(file.getvalue())
    document = load(tmp_path / "a.pdf", folder=tmp_path)
    rows = [block for block in document.blocks if block.kind == "row"]
    assert [
        view_of(document.text, [pieces_of(document.text, record.fields)]).text
        for record in records_of(rows)
    ] == [
        "Name: Imke Harder; Born: 12.3.1971; Room: 14.",
        "Next of kin: Jens Harder (son); Phone: 04351 55.",
    ]


def test_a_merged_header_names_each_column_below_it(records):
    rows = [
        ["Boat", "Fees of 2024", ""],
        ["", "Summer", "Winter"],
        ["Gull", "12", "15"],
        ["Tern", "13", "16"],
        ["Plover", "9", "11"],
    ]
    spans = [("SPAN", (1, 0), (2, 0)), ("ALIGN", (1, 0), (2, 0), "CENTER")]
    bold = [("FONTNAME", (0, 0), (-1, 1), "Helvetica-Bold")]
    found = records(make(rows, style=[*spans, *bold], widths=[80, 90, 90]))
    assert found[-1].startswith("Boat: Plover; ")
    assert found[-1].endswith("Summer: 9; Fees of 2024 Winter: 11.")


def test_a_title_in_the_middle_above_a_table_is_none_of_its_rows(tmp_path):
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

    rows = [["Drink", "Small", "Large"], ["Chai", "3.10", "4.00"], ["Cocoa", "3.00", ""]]
    styles = getSampleStyleSheet()
    file = io.BytesIO()
    SimpleDocTemplate(file).build(
        [Paragraph("Counter prices", styles["Title"]), Table(rows, colWidths=[140, 70, 70])]
    )
    (tmp_path / "a.pdf").write_bytes(file.getvalue())
    document = load(tmp_path / "a.pdf", folder=tmp_path)
    assert document.title == "Counter prices"
    assert [block.kind for block in document.blocks][:2] == ["heading", "columns"]


def test_a_cell_in_the_middle_of_the_rows_it_covers_names_them(records):
    rows = [
        ["Depot", "Route", "Driver", "Start"],
        ["North", "N1", "A. Quill", "05:40"],
        ["", "N2", "B. Thorpe", "06:10"],
        ["", "N3", "C. Amadi", "07:00"],
        ["South", "S1", "D. Frost", "05:55"],
    ]
    style = [("SPAN", (0, 1), (0, 3)), ("VALIGN", (0, 0), (-1, -1), "MIDDLE")]
    assert records(make(rows, style=style, widths=[90, 70, 120, 70])) == [
        "Depot: North.",
        "Depot: North; Route: N1; Driver: A. Quill; Start: 05:40.",
        "Depot: North; Route: N2; Driver: B. Thorpe; Start: 06:10.",
        "Depot: North; Route: N3; Driver: C. Amadi; Start: 07:00.",
        "Depot: South; Route: S1; Driver: D. Frost; Start: 05:55.",
    ]


def drawn(rows, sizes=(10,)):
    """A PDF whose lines are drawn one below the other, each ``{left: text}``."""
    from reportlab.pdfgen.canvas import Canvas

    file = io.BytesIO()
    page = Canvas(file)
    for number, cells in enumerate(rows):
        page.setFont("Helvetica", sizes[number % len(sizes)])
        for left, text in cells.items():
            page.drawString(left, 700 - 14 * number, text)
    page.save()
    return file.getvalue()


def test_a_line_below_a_cell_within_a_row_belongs_to_it(records):
    rows = [
        {50: "Date", 110: "Details", 350: "Paid out", 500: "Balance"},
        {50: "1 Apr", 110: "Council tax", 350: "121.00", 500: "781.14"},
        {110: "reference 88-1203"},
        {50: "9 Apr", 110: "Garage", 350: "88.40", 500: "692.74"},
        {50: "28 Apr", 110: "Rent", 350: "400.00", 500: "292.74"},
    ]
    assert records(drawn(rows)) == [
        "Date: 1 Apr; Details: Council tax reference 88-1203; Paid out: 121.00; Balance: 781.14.",
        "Date: 9 Apr; Details: Garage; Paid out: 88.40; Balance: 692.74.",
        "Date: 28 Apr; Details: Rent; Paid out: 400.00; Balance: 292.74.",
    ]


def test_lines_below_the_rows_of_a_menu_say_what_is_in_a_dish(records):
    dishes = {"Smoked trout": "beet, rye", "Leek tart": "goat cheese", "Stew": "juniper, mash"}
    rows = []
    for number, (dish, inside) in enumerate(dishes.items()):
        rows += [{50: dish, 500: f"{number + 9}.50"}, {50: inside}]
    assert records(drawn(rows, sizes=(11, 9))) == [
        *("Smoked trout: 9.50.", "Smoked trout: beet, rye."),
        *("Leek tart: 10.50.", "Leek tart: goat cheese."),
        *("Stew: 11.50.", "Stew: juniper, mash."),
    ]


TAGGED = """<style>td, th {{ border: 1px solid; padding: 4px }} .turned {{ height: 90px;
writing-mode: vertical-rl; transform: rotate(180deg) }}</style>
<h1>Trips and badges</h1><h2>Trips</h2>
<table><thead><tr><th>Term</th><th style="width: 60px">Year groups</th><th>Trip</th></tr></thead>
<tr><td rowspan=3>Spring</td><td>3, 4</td><td>Wetland centre</td></tr>
<tr><td>6</td><td style="width: 120px">Observatory, with a sleeping bag for the night</td></tr>
<tr><td>4</td><td>Paper mill</td></tr></table>
<h2>Badges</h2>
<table><tr><th>Name</th><th class=turned>Knots</th><th class=turned>First aid</th></tr>
<tr><td>Mina</td><td>5 May</td><td>9 May</td></tr>
<tr><td>Joss</td><td>7 May</td><td>12 June</td></tr></table>
<h2>Stores</h2><table><thead><tr><th>Part</th><th>Number</th></tr></thead>{}</table>"""


def test_the_marks_of_a_tagged_file_tell_cells_and_headings(chromium, records, tmp_path):
    page = chromium.new_page()
    page.set_content(TAGGED.format("".join(f"<tr><td>P{n}</td><td>{n}" for n in range(60))))
    data = page.pdf(tagged=True)
    page.close()
    assert records(data) == [
        "Term: Spring; Year groups: 3, 4; Trip: Wetland centre.",
        "Term: Spring; Year groups: 6; Trip: Observatory, with a sleeping bag for the night.",
        "Term: Spring; Year groups: 4; Trip: Paper mill.",
        "Name: Mina; Knots: 5 May; First aid: 9 May.",
        "Name: Joss; Knots: 7 May; First aid: 12 June.",
        *(f"Part: P{n}; Number: {n}." for n in range(60)),
    ]
    document = load(tmp_path / "a.pdf", folder=tmp_path)
    headings = [block for block in document.blocks if block.kind == "heading"]
    assert [(document.text[b.start : b.end], b.level) for b in headings] == [
        ("Trips and badges", 1),
        *(("Trips", 2), ("Badges", 2), ("Stores", 2)),
    ]

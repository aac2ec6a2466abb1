"""Names and their values in rows of several, in lines that tabs separate, and totals."""

import io
from itertools import groupby

import pytest
from making import make_odt, of_kind, zipped
from test_loaders_sheets import filled, xlsx

from qa.builder.views.records import pieces_of, records_of, view_of
from qa.loaders.extracted import TextBuilder
from qa.loaders.tables.grid import Cell, add_grid
from qa.loaders.tables.pairs import has_pairs

PAIRS = [
    ["Keeper", "Ada Blum", "Taken on", "28 June 2024"],
    ["Keeper no.", "40771", "Code", "1257L"],
    ["Station", "Old quay", "Telephone", "0455 010 203"],
]
READ = [
    "Keeper: Ada Blum.",
    "Taken on: 28 June 2024.",
    "Keeper no.: 40771.",
    "Code: 1257L.",
    "Station: Old quay.",
    "Telephone: 0455 010 203.",
]
ORDER = [
    ["Thing", "Number", "Price", "Amount"],
    ["Clay pots", "40", "3.10", "124.00"],
    ["Compost", "12", "6.75", "81.00"],
    ["", "", "Subtotal", "205.00"],
    ["", "", "VAT", "41.00"],
]
TOTALS = [
    "Thing: Clay pots; Number: 40; Price: 3.10; Amount: 124.00.",
    "Thing: Compost; Number: 12; Price: 6.75; Amount: 81.00.",
    "Thing: Subtotal; Amount: 205.00.",
    "Thing: VAT; Amount: 41.00.",
]


def records(document):
    table = [block for block in document.blocks if block.kind in ("row", "columns")]
    return [
        view_of(document.text, [pieces_of(document.text, record.fields)]).text
        for _, rows in groupby(table, key=lambda block: block.level)
        for record in records_of(rows)
    ]


def docx_of(rows=(), paragraphs=()):
    import docx

    document = docx.Document()
    document.add_heading("The keepers of the light", 1)
    if rows:
        table = document.add_table(len(rows), len(rows[0]))
        for row, texts in zip(table.rows, rows, strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.text = text
    for text in paragraphs:
        document.add_paragraph(text)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def html(rows):
    lines = ("".join(f"<td>{cell}</td>" for cell in row) for row in rows)
    table = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<html><body><h1>The keepers</h1><table>{table}</table></body></html>"


def markdown(rows, header=("", "", "", "")):
    lines = [header, ["---"] * len(header), *rows]
    return "# The keepers\n\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def aligned(rows):
    return "THE KEEPERS\n\n" + "".join(
        "".join(f"{cell:18}" for cell in row).rstrip() + "\n" for row in rows
    )


def pdf(rows, **style):
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

    file = io.BytesIO()
    body = getSampleStyleSheet()["BodyText"]
    prose = Paragraph(
        "The keepers of the light take turns by the week, and note the hours. " * 3, body
    )
    SimpleDocTemplate(file).build([prose, Table(rows, **style), prose])
    return file.getvalue()


@pytest.mark.parametrize(
    ("made", "name"),
    [
        (lambda: docx_of(PAIRS), "a.docx"),
        (lambda: html(PAIRS), "a.html"),
        (lambda: markdown(PAIRS), "a.md"),
        (lambda: aligned(PAIRS), "a.txt"),
        (lambda: f"From: a@x.example\nMessage-ID: <1>\n\n{aligned(PAIRS)}", "a.eml"),
        (lambda: xlsx(lambda _, sheet: filled(sheet, PAIRS)), "a.xlsx"),
        (lambda: pdf(PAIRS), "a.pdf"),
    ],
)
def test_each_name_of_a_row_of_pairs_has_its_value(read, made, name):
    assert records(read(made(), name)) == READ


@pytest.mark.parametrize(
    "rows",
    [
        [
            ["Keeper", "Since", "Town", "Pay"],
            ["Ada", "1931", "Ystad", "30"],
            ["Otto", "1940", "Lund", "31"],
        ],
        [
            ["Keeper", "2023", "Town", "2024"],
            ["Ada", "31", "Ystad", "30"],
            ["Otto", "40", "Lund", "x"],
        ],
        [
            ["Keeper", "Note", "Boat", "Note"],
            ["Ada", "3 oars", "Heron", "old"],
            ["Otto", "left", "Tern", "2"],
        ],
        [["Ada", "12 May", "Heron", "4"], ["Ada", "13 May", "Tern", "x"]],
        [["Keeper", "Ada", "Taken on", "28 June 2024"]],
        [["Keeper", "Ada"], ["No.", "40771"]],
    ],
)
def test_other_tables_are_no_pairs(rows):
    assert not has_pairs(rows)


@pytest.mark.parametrize(
    ("made", "name"),
    [
        (lambda: docx_of(ORDER), "a.docx"),
        (lambda: html(ORDER), "a.html"),
        (lambda: markdown(ORDER[1:], ORDER[0]), "a.md"),
        (lambda: aligned(ORDER), "a.txt"),
        (lambda: xlsx(lambda _, sheet: filled(sheet, ORDER)), "a.xlsx"),
        (lambda: pdf(ORDER), "a.pdf"),
    ],
)
def test_the_name_of_a_total_is_no_value_of_the_column_that_it_stands_in(read, made, name):
    assert records(read(made(), name)) == TOTALS


TABBED = ["Keeper\tAda Blum", "Station\t\tOld quay", "Pay\t30 euro a week"]


def rtf(paragraphs):
    lines = (text.replace("\t", "\\tab ").replace("•", "\\'95") for text in paragraphs)
    return "{\\rtf1 " + "".join(f"{line}\\par\n" for line in lines) + "}"


def odt(paragraphs):
    import zipfile

    made = zipfile.ZipFile(
        io.BytesIO(make_odt([("text", f"@{n}") for n in range(len(paragraphs))]))
    )
    parts = {name: made.read(name) for name in made.namelist()}
    content = parts["content.xml"].decode()
    for number, text in enumerate(paragraphs):
        content = content.replace(f"@{number}", text.replace("\t", "<text:tab/>"))
    return zipped({**parts, "content.xml": content})


@pytest.mark.parametrize(
    ("made", "name"),
    [
        (lambda lines: docx_of(paragraphs=lines), "a.docx"),
        (lambda lines: docx_of(paragraphs=["\n".join(lines)]), "a.docx"),
        (rtf, "a.rtf"),
        (odt, "a.odt"),
    ],
)
def test_what_tabs_separate_are_rows(read, made, name):
    document = read(made(TABBED), name)
    assert records(document) == ["Keeper: Ada Blum.", "Station: Old quay.", "Pay: 30 euro a week."]


@pytest.mark.parametrize(
    "lines",
    [
        ["1.\tThe keeper lights the lamp.", "2.\tThe keeper notes the hour."],
        ["•\tThe lamp", "•\tThe oil"],
        ["\tThe keeper lights the lamp.", "\tThe keeper notes the hour."],
        ["Keeper\tAda Blum", "The keepers take turns."],
    ],
)
@pytest.mark.parametrize("made", [lambda lines: docx_of(paragraphs=lines), odt, rtf])
def test_lists_and_indented_lines_are_no_rows(read, made, lines):
    document = read(made(lines), {b"P": "a.docx", "{": "a.rtf"}.get(made(lines)[:1], "a.odt"))
    assert of_kind(document, "row") == []


def test_two_lists_beside_each_other_may_have_columns_of_one_name(read):
    rows = [
        ["Pay", "Amount", "Taken off", "Amount"],
        ["Basic", "1,750.00", "Tax", "142.40"],
        ["Overtime", "112.50", "Insurance", "65.12"],
    ]
    assert records(read(html(rows), "a.html")) == [
        "Pay: Basic; Amount: 1,750.00; Taken off: Tax; Amount: 142.40.",
        "Pay: Overtime; Amount: 112.50; Taken off: Insurance; Amount: 65.12.",
    ]


def test_an_empty_column_within_a_table_does_not_part_it(read):
    rows = [[row[0], row[1], "", *row[2:]] for row in ORDER]
    rows = [[value or None for value in row] for row in rows]
    assert records(read(xlsx(lambda _, sheet: filled(sheet, rows)), "a.xlsx")) == TOTALS


def test_names_and_values_below_a_table_are_none_of_its_rows(read):
    rows = [["Thing", "Who", "Packed"], ["Stove", "Tom", "yes"], ["Tent", "Ada", "no"], []]
    rows += [["Meet at", "the quay"], ["Weight", "14 kg"]]
    assert records(read(xlsx(lambda _, sheet: filled(sheet, rows)), "a.xlsx"))[2:] == [
        "Meet at: the quay.",
        "Weight: 14 kg.",
    ]


def test_a_table_of_contents_of_word_is_left_out(read):
    import docx

    document = docx.Document()
    style = document.styles.add_style("toc 1", 1)
    document.add_paragraph("The lamp\t3", style)
    document.add_paragraph("The oil\t4", style)
    document.add_heading("The lamp", 1)
    document.add_paragraph("It burns colza oil.")
    file = io.BytesIO()
    document.save(file)
    assert read(file.getvalue(), "a.docx").text.startswith("The lamp\n\nIt burns colza oil.")


def test_a_name_and_figures_are_rows_where_single_spaces_separate_some(read):
    text = """The league

Sailors meet here.

                P   W  D  L   F   A  Pts
Ystad          38  24  8  6  71  30   80
Old Gudhjem    38  22 10  6  65  33   76
Hasle          38  20  9  9  60  41   69
"""
    assert records(read(text)) == [
        "Ystad; P: 38; W: 24; D: 8; L: 6; F: 71; A: 30; Pts: 80.",
        "Old Gudhjem; P: 38; W: 22; D: 10; L: 6; F: 65; A: 33; Pts: 76.",
        "Hasle; P: 38; W: 20; D: 9; L: 9; F: 60; A: 41; Pts: 69.",
    ]


@pytest.mark.parametrize("rows", [[[]], [[""]], [["", ""], ["Ada", ""]], [["Ada"], []]])
def test_empty_rows_and_cells_do_no_harm(rows):
    builder = TextBuilder()
    add_grid([[Cell(text) for text in row] for row in rows], builder)
    assert "".join(builder.parts) in ("", "Ada")


def test_columns_that_are_aligned_keep_their_names_although_figures_end_the_rows(read):
    text = """Order of the mill

Line  Our part    Description          Qty     Price     Amount
1     700-0141    Bearing, upper       2       14.50     29.00
2     700-0868    Belt                 1       61.20     61.20
3     700-0210    Oil for the gears    3        8.00     24.00
"""
    row = "Line: 2; Our part: 700-0868; Description: Belt; Qty: 1; Price: 61.20; Amount: 61.20."
    assert records(read(text))[1] == row


def test_a_dash_between_hours_is_no_figure_of_its_own(read):
    text = """Opening hours

Monday 10.00 - 12.00
Tuesday-Thursday    8.00 - 17.00
Friday              8.00 - 22.00
"""
    assert [each for each in records(read(text)) if "; -; " in each] == []


def test_a_name_of_the_page_above_columns_is_not_their_table(read):
    text = """The mill

E  HOURS
    Gate      Opens    Shuts
    Upper     6 h 40   9 h 30
    Lower     7 h 10   9 h 45
    Middle    7 h 25   9 h 50
"""
    assert "E: HOURS." not in records(read(text))


def test_sentences_with_figures_are_no_rows(read):
    text = "\n".join(f"The keeper counted in the year of the storm {n} 40 71" for n in (12, 13, 14))
    assert records(read(f"The light\n\n{text}\n")) == []


def test_a_line_below_lines_with_tabs_says_something_of_these(read):
    lines = ["Keeper:\tAda Blum"]
    lines += ["Attic hatch\t35", "With a ladder for the day", "Gutter\t60", "By two of us"]
    lines += ["The rest is prose."]
    document = read(docx_of(paragraphs=lines), "a.docx")
    assert records(document)[-4:] == [
        "Attic hatch: 35.",
        "Attic hatch: With a ladder for the day.",
        "Gutter: 60.",
        "Gutter: By two of us.",
    ]
    assert "By two of us\n\nThe rest is prose." in document.text


def test_prose_between_lines_with_tabs_stays_where_it_is(read):
    lines = ["Attic\t35", "It is dry, as was said:", "Gutter\t60", "By two of us", "The end"]
    document = read(docx_of(paragraphs=lines), "a.docx")
    words = [each for line in lines for each in line.split("\t")]
    assert [document.text.index(each) for each in words] == sorted(
        document.text.index(each) for each in words
    )


def test_blocks_beside_one_another_are_read_one_by_one(read):
    page = (
        "<table><tr><td>Lock House<br>4 Quay Lane<br>Worcester</td>"
        "<td><p>Ref: BW/2291</p><p>Valid until: 31 March</p></td></tr></table>"
        "<table><tr><td><h3>Stories</h3><p>On Wednesday</p></td>"
        "<td><h3>Repairs</h3><p>On Saturday</p></td></tr></table>"
        "<table><tr><td>Ada<br>Blum</td><td>14</td></tr><tr><td>Otto</td><td>9</td></tr></table>"
    )
    document = read(page, "a.html")
    found = [(b.kind, document.text[b.start : b.end]) for b in document.blocks]
    assert found[:6] == [
        ("body", "Lock House\n4 Quay Lane\nWorcester"),
        *(("body", text) for text in ("Ref: BW/2291", "Valid until: 31 March")),
        *(("heading", "Stories"), ("body", "On Wednesday"), ("heading", "Repairs")),
    ]
    assert records(document) == ["Ada Blum: 14.", "Otto: 9."]

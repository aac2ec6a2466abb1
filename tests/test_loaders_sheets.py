"""Workbooks: the tables that are found in a sheet, and values as cells show them."""

import datetime
import io

import pytest
from making import blocks, of_kind, zipped

from qa.errors import UnreadableDocument
from qa.loaders.tables.formats import shown


def xlsx(write, *names, **options):
    """A workbook by XlsxWriter; ``write`` fills its sheets."""
    import xlsxwriter

    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, **options})
    write(book, *(book.add_worksheet(name) for name in names or ["Wells"]))
    book.close()
    return file.getvalue()


def filled(sheet, rows, row=0, column=0):
    for number, values in enumerate(rows, start=row):
        sheet.write_row(number, column, values)


WELLS = [["Name", "Depth", "Year"], ["North", 19, 1910], ["South", 7.25, 1987]]
TABLE = [
    ("columns", ["Name", "Depth", "Year"]),
    ("row", ["North", "19", "1910"]),
    ("row", ["South", "7.25", "1987"]),
]


def test_a_sheet_is_a_heading_and_its_rows_have_their_header(read):
    data = xlsx(lambda _, sheet: filled(sheet, WELLS, 2, 3))
    assert blocks(read(data, "wells.xlsx")) == [("heading", "Wells"), *TABLE]


def test_an_old_workbook_is_read_alike(read):
    import xlwt

    book = xlwt.Workbook()
    sheet = book.add_sheet("Wells")
    for row, values in enumerate(WELLS):
        for column, value in enumerate(values):
            sheet.write(row, column, value)
    file = io.BytesIO()
    book.save(file)
    assert blocks(read(file.getvalue(), "wells.xls")) == [("heading", "Wells"), *TABLE]


def test_tables_of_a_sheet_are_told_apart(read):
    def write(_, sheet):
        filled(sheet, [["Wells of the town"], [], *WELLS])
        filled(sheet, [["Mason", "Pay"], ["Karl", 30], ["Otto", 31]], 2, 5)
        filled(sheet, [["Owner", "the abbey"], ["Since", "1190"]], 7, 0)
        filled(
            sheet, [["As measured by the engineer of the town in May, and again in June. " * 2]], 10
        )

    document = read(xlsx(write), "wells.xlsx")
    masons = [("columns", ["Mason", "Pay"]), ("row", ["Karl", "30"]), ("row", ["Otto", "31"])]
    owner = [("row", ["Owner", "the abbey"]), ("row", ["Since", "1190"])]
    found = blocks(document)
    assert found[:-1] == [
        *(("heading", "Wells"), ("heading", "Wells of the town")),
        *(*TABLE, *masons, *owner),
    ]
    assert found[-1][0] == "body"
    levels = [b.level for b in document.blocks if b.cells]
    assert levels == sorted(levels)
    assert len(set(levels)) == 3


def test_an_empty_row_within_a_table_does_not_end_its_header(read):
    rows = [["Name", "Town", "Pet"], ["Ada", "Ystad", "cat"], [], ["Otto", "Bergen", "dog"]]
    document = read(xlsx(lambda _, sheet: filled(sheet, rows)), "people.xlsx")
    assert [kind for kind, _ in blocks(document)] == ["heading", "columns", "row", "row"]
    assert len({b.level for b in document.blocks if b.cells}) == 1


@pytest.mark.parametrize(
    ("first", "second", "is_header"),
    [
        (["", "8:00", "9:00", "10:00"], ["Monday", "Ada", "", "Otto"], True),
        (["Depot", 2023, 2024, 2025], ["North", 40, 38, 41], True),
        (["Depot", 1, 2, 3], ["North", 40, 38, 41], True),
        (["Depot", 3, 1, 2], ["North", 40, 38, 41], False),
        (["Ystad", "8:05", "8:20", "9:10"], ["Lund", "8:15", "8:40", "9:20"], False),
        (["North", 19, 7, 8], ["South", 18, 6, 5], False),
    ],
)
def test_values_in_order_may_name_columns(read, first, second, is_header):
    document = read(xlsx(lambda _, sheet: filled(sheet, [first, second])), "rota.xlsx")
    assert (blocks(document)[1][0] == "columns") == is_header


@pytest.mark.parametrize("mark", ["table", "filter", "frozen"])
def test_a_row_that_is_marked_names_the_columns(read, mark):
    def write(_, sheet):
        filled(sheet, [["Mason", "Town"], ["Karl", "Ystad"], ["Otto", "Bergen"]])
        if mark == "table":
            sheet.add_table("A1:B3", {"columns": [{"header": "Mason"}, {"header": "Town"}]})
        elif mark == "filter":
            sheet.autofilter("A1:B3")
        else:
            sheet.freeze_panes(1, 0)

    assert blocks(read(xlsx(write)))[1] == ("columns", ["Mason", "Town"])


WRAPPED = [
    [["Item", "Unit", "Delivery"], ["", "price", "date"], ["Rope", 44, "12.03.2024"]],
    [["Item", "Unit", "Goods"], ["name", "Price", "Sold"], ["Rope", 44, 3]],
]


@pytest.mark.parametrize("rows", WRAPPED)
def test_names_of_two_words_may_be_in_two_rows(read, rows):
    below = [["Anchor", 120.5, rows[-1][2]], ["Paint", 12, rows[-1][2]]]
    found = blocks(read(xlsx(lambda _, sheet: filled(sheet, [*rows, *below])), "goods.xlsx"))
    assert [kind for kind, _ in found[1:]] == ["columns", "columns", "row", "row", "row"]


@pytest.mark.parametrize(
    "second",
    [
        ["Anchor", "unknown", 3],  # a row of the table
        ["Anchor", "Unknown", "12.03.2024"],
        ["Anchor", "not known yet", "none at all now"],
    ],
)
def test_a_row_that_lacks_a_value_names_no_columns(read, second):
    rows = [["Item", "Price", "Sold"], second, ["Rope", 44, 3], ["Paint", 12, 9], ["Oil", 8, 2]]
    found = blocks(read(xlsx(lambda _, sheet: filled(sheet, rows)), "goods.xlsx"))
    assert [kind for kind, _ in found[1:]] == ["columns", *4 * ["row"]]


def test_a_column_apart_belongs_to_its_row(read):
    rows = [["Owner", None, "the abbey"], ["Since", None, 1190]]
    document = read(xlsx(lambda _, sheet: filled(sheet, rows)), "form.xlsx")
    assert blocks(document)[1:] == [("row", ["Owner", "the abbey"]), ("row", ["Since", "1190"])]


def test_merged_cells_have_their_value_everywhere(read):
    def write(_, sheet):
        filled(sheet, [["Name", "Depth", None], [None, "May", "June"], ["North", 19, 18]])
        sheet.merge_range("A1:A2", "Name")
        sheet.merge_range("B1:C1", "Depth")
        sheet.merge_range("A3:A5", "North")
        filled(sheet, [[19, 18], [], [7, 6]], 2, 1)
        filled(sheet, [["South", 5, 4]], 5)

    assert blocks(read(xlsx(write), "wells.xlsx"))[1:] == [
        ("columns", ["Name", "Depth", "Depth"]),
        ("columns", ["Name", "May", "June"]),
        ("row", ["North", "19", "18"]),
        ("row", ["North", "7", "6"]),
        ("row", ["South", "5", "4"]),
    ]


def test_values_are_read_as_cells_show_them(read):
    values = [
        (0.255, "0.0%", "25.5%"),
        (1234.5, "#,##0.00 €", "1,234.50 €"),
        (821.14, '_("$"* #,##0.00_);_("$"* \\(#,##0.00\\)', "$821.14"),
        (-3, '"$"#,##0;("$"#,##0)', "($3)"),
        (19.004, '0.0 "m deep; old"', "19.0 m deep; old"),
        (1234567, "0.0,,", "1.2"),
        (0.5, "0.0##", "0.5"),
        (1910, "General", "1910"),
        (0.1 + 0.2, "", "0.3"),
        (1e21, "", "1e+21"),
    ]
    days = [
        (datetime.datetime(1910, 3, 4), "dd/mm/yyyy", "1910-03-04"),
        (datetime.datetime(1910, 3, 4, 14, 5), "dd/mm/yyyy hh:mm", "1910-03-04 14:05"),
    ]

    def write(book, sheet):
        for row, (value, code, _) in enumerate(values):
            sheet.write_row(
                row, 0, [f"Value {row} of the list", value], book.add_format({"num_format": code})
            )
        for row, (value, code, _) in enumerate(days, start=len(values)):
            sheet.write(row, 0, "Day")
            sheet.write_datetime(row, 1, value, book.add_format({"num_format": code}))
        sheet.write_boolean("B20", True)
        sheet.write_formula("B21", "=B1*2", None, 38)
        sheet.write("A20", "Open")
        sheet.write("A21", "Sum")

    found = blocks(read(xlsx(write), "values.xlsx"))[1:]
    assert [cells[-1] for _, cells in found] == [
        *(text for *_, text in values),
        *(text for *_, text in days),
        *("TRUE", "38"),
    ]


@pytest.mark.parametrize(
    "code", ["General", "@", "0.00E+00", "# ?/?", "yyyy-mm-dd", "[>5]0.0;0", ""]
)
def test_formats_that_are_not_understood_show_nothing(code):
    assert shown(1.5, code) == ""


def test_hidden_sheets_pictures_and_comments_are_reported_or_read(read):
    from PIL import Image

    picture = io.BytesIO()
    Image.new("RGB", (9, 9)).save(picture, "PNG")

    def write(_, shown, hidden):
        filled(shown, WELLS)
        shown.write_comment("B2", "in May")
        shown.write_comment("A3", "of the church")
        shown.insert_textbox("F6", "Closed in winter")
        shown.insert_image("F9", "x.png", {"image_data": picture})
        filled(hidden, [["Key", "Value"], ["door", 4711]])
        hidden.hide()

    document = read(xlsx(write, "Wells", "Codes"), "wells.xlsx")
    assert document.notes == ("hidden, but read: sheet Codes", "1 picture without text")
    texts = of_kind(document, "body")
    assert "Closed in winter" in texts
    comments = [text for text in texts if text.startswith("Comment on ")]
    assert [text.startswith("Comment on North, B2:") for text in comments] == [True, False]
    assert [text.startswith("Comment on A3:") for text in comments] == [False, True]
    assert [text.endswith(("in May", "of the church")) for text in comments] == [True, True]
    assert ("row", ["door", "4711"]) in blocks(document)


def test_a_sheet_that_no_one_named_is_no_heading(read):
    assert of_kind(read(xlsx(lambda _, s: filled(s, WELLS), "Sheet1")), "heading") == []


def test_formulas_that_nobody_computed_are_reported(read):
    def write(_, sheet):
        filled(sheet, WELLS)
        sheet.write_formula("B5", "=SUM(B2:B3)", None, "")
        sheet.write_formula("B6", "=B2*2", None, 38)
        sheet.write("A6", "Twice")

    document = read(xlsx(write), "wells.xlsx")
    assert document.notes == ("1 formula without a stored value in sheet Wells",)
    assert ("row", ["Twice", "38"]) in [(kind, cells[:2]) for kind, cells in blocks(document)]


def test_cells_too_far_apart_are_reported(read):
    def write(_, first, second):
        filled(first, WELLS)
        first.write("XFD1048576", "the end")
        filled(second, WELLS)

    document = read(xlsx(write, "Far", "Near"), "far.xlsx")
    assert document.notes == ("not read: sheet Far, its cells are too far apart",)
    assert blocks(document) == [("heading", "Near"), *TABLE]


# OpenDocument


def ods(sheets, styles=""):
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "text", "table", "style")
    )
    tables = "".join(
        f'<table:table table:name="{name}">{rows}</table:table>' for name, rows in sheets
    )
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": "<manifest/>",
            "content.xml": f"<office:document-content {names}><office:automatic-styles>{styles}"
            f"</office:automatic-styles><office:body><office:spreadsheet>{tables}"
            "</office:spreadsheet></office:body></office:document-content>",
        }
    )


def row(*cells, more=""):
    made = (
        cell
        if cell.startswith("<")
        else f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>"
        for cell in cells
    )
    return f"<table:table-row{more}>{''.join(made)}</table:table-row>"


EMPTY = '<table:table-cell table:number-columns-repeated="16384"/>'
MANY = ' table:number-rows-repeated="1048576"'


def test_an_opendocument_sheet_is_read_as_it_shows_its_values(read):
    merged = (
        '<table:table-cell table:number-rows-spanned="2"><text:p>North</text:p></table:table-cell>'
    )
    covered, note = (
        "<table:covered-table-cell/>",
        "<office:annotation><text:p>in May</text:p></office:annotation>",
    )
    noted = (
        f'<table:table-cell office:value="19.004">{note}<text:p>19.00 m</text:p></table:table-cell>'
    )
    rows = [row("Name", "Depth"), row(merged, noted), row(covered, "7.25 m", EMPTY)]
    data = ods([("Wells", "".join(rows) + row(EMPTY, more=MANY) + row("South", "5 m"))])
    assert blocks(read(data, "wells.ods")) == [
        ("heading", "Wells"),
        ("columns", ["Name", "Depth"]),
        ("row", ["North", "19.00 m"]),
        ("row", ["North", "7.25 m"]),
        ("row", ["South", "5 m"]),
        ("body", "Comment: in May"),
    ]


def test_hidden_opendocument_sheets_are_read_and_reported(read):
    style = (
        '<style:style style:name="t"><style:table-properties table:display="false"/></style:style>'
    )
    data = ods([('Codes" table:style-name="t', row("door", "4711"))], style)
    document = read(data, "codes.ods")
    assert document.notes == ("hidden, but read: sheet Codes",)
    assert blocks(document)[1:] == [("row", ["door", "4711"])]


def test_a_cell_that_is_repeated_a_billion_times_takes_no_memory(read, monkeypatch):
    monkeypatch.setattr("qa.loaders.extracted.MAX_CHARACTERS", 1_000_000)  # quicker to reach
    cell = '<table:table-cell table:number-columns-repeated="16384"><text:p>x</text:p>'
    cell += "</table:table-cell>"
    with pytest.raises(UnreadableDocument, match="million characters"):
        read(ods([("Bomb", row(cell, more=MANY) * 20)]), "bomb.ods")


def test_a_row_in_bold_type_names_two_columns_of_words(read):
    def write(book, sheet):
        bold = book.add_format({"bold": True})
        sheet.write_row(0, 0, ["Boat", "Keeper"], bold)
        filled(sheet, [["Heron", "Ada"], ["Tern", "Otto"], ["Plover", "Ilse"]], 1)
        # All in bold type: names and values, and no header.
        for number, row in enumerate([["Town", "Ystad"], ["Season", "summer"], ["Master", "Jens"]]):
            sheet.write_row(6 + number, 0, row, bold)

    assert blocks(read(xlsx(write), "boats.xlsx")) == [
        ("heading", "Wells"),
        ("columns", ["Boat", "Keeper"]),
        ("row", ["Heron", "Ada"]),
        ("row", ["Tern", "Otto"]),
        ("row", ["Plover", "Ilse"]),
        ("row", ["Town", "Ystad"]),
        ("row", ["Season", "summer"]),
        ("row", ["Master", "Jens"]),
    ]


PRICES = [["Item", "Count", "Price"], ["Rope", "4", "12.50"], ["Lamp", "9", "31.00"]]


def as_csv(rows):
    return "".join(",".join(row or [""] * 3) + "\n" for row in rows)


@pytest.mark.parametrize(
    ("below", "kinds"),
    [
        # Rows of the table go on, with or without all of its columns.
        ([["Tar", "7", "8.00"], ["Oil", "2", "9.00"]], ["row", "row"]),
        ([["Total", "", "52.50"]], ["row"]),
        # Remarks and values of the whole table are under none of its columns.
        ([["Checked by", "Ada Holm", ""], ["On", "3 May 2031", ""]], ["plain", "plain"]),
        ([["Last year", "about 3", "40.00"], ["Note", "see the ledger", ""]], ["plain", "plain"]),
        (
            [["Last year", "few", "fewer", "fair"], ["Note", "see page 2"], ["Note", "new"]],
            ["plain"] * 3,
        ),
        # Another table has its own names.
        ([["Shop", "Street", "Town"], ["Holm", "Mill Row", "Aske"]], ["columns", "other"]),
        ([["Year", "Sold"], ["2029", "31"], ["2030", "44"]], ["columns", "other", "other"]),
    ],
)
@pytest.mark.parametrize("title", [[], [["Stock of the shop", "", ""]]])
def test_rows_below_an_empty_one_have_the_names_that_are_theirs(read, below, kinds, title):
    document = read(as_csv([*title, *PRICES, [], *below]), "stock.csv")
    table = next(b.level for b in document.blocks if b.kind == "columns")
    rows = [b for b in document.blocks if b.cells][3:]
    named = {b.level for b in document.blocks if b.kind == "columns"}
    found = [
        b.kind
        if b.kind == "columns" or b.level == table
        else "other"
        if b.level in named
        else "plain"
        for b in rows
    ]
    assert found == kinds


def test_an_empty_line_after_each_row_separates_nothing(read):
    rows = [line for row in PRICES for line in (",".join(row), "")]
    document = read("\n".join(rows), "stock.csv")
    assert [kind for kind, _ in blocks(document)] == ["columns", "row", "row"]


PARTS = [["Part", "Stock", "Price"], ["Hinge", 4, 2.5], ["Latch", 11, 3.75], ["Spring", 9, 0.4]]
PART_ROWS = [
    ("columns", ["Part", "Stock", "Price"]),
    ("row", ["Hinge", "4", "2.5"]),
    ("row", ["Latch", "11", "3.75"]),
    ("row", ["Spring", "9", "0.4"]),
]


def test_what_stands_right_above_the_names_of_columns_is_a_table_of_its_own(read):
    above = [["Order", 118], ["Buyer", "Hexley Ltd"], ["asked for by", "", "Mr Pell"]]
    found = blocks(read(xlsx(lambda _, sheet: filled(sheet, [*above, *PARTS])), "order.xlsx"))
    assert found[1:4] == [
        ("row", ["Order", "118", ""]),
        ("row", ["Buyer", "Hexley Ltd", ""]),
        ("row", ["asked for by", "", "Mr Pell"]),
    ]
    assert found[4:] == PART_ROWS


def test_full_rows_without_names_stay_one_table(read):
    rows = [["Hinge", "steel", ""], ["Latch", "brass", "left"], ["Spring", "steel", "right"]]
    found = blocks(read(xlsx(lambda _, sheet: filled(sheet, rows)), "parts.xlsx"))
    assert [kind for kind, _ in found] == ["heading", "row", "row", "row"]


def test_notes_beside_a_table_do_not_hide_the_names_of_its_columns(read):
    def write(_, sheet):
        filled(sheet, PARTS)
        sheet.write(2, 3, "ask Greta")

    found = blocks(read(xlsx(write), "parts.xlsx"))
    assert found[1] == ("columns", ["Part", "Stock", "Price", ""])
    assert found[3] == ("row", ["Latch", "11", "3.75", "ask Greta"])


def test_units_in_brackets_belong_to_the_names_above_them(read):
    rows = [PARTS[0], ["", "(boxes)", "(£ each)"], *PARTS[1:]]
    found = blocks(read(xlsx(lambda _, sheet: filled(sheet, rows)), "parts.xlsx"))
    assert found[1:3] == [PART_ROWS[0], ("columns", ["", "(boxes)", "(£ each)"])]


def test_names_written_once_for_several_rows_are_read_in_each(read):
    rows = [
        ["Class", "Date", "Brings cake"],
        ["3a", "12 June", "Fam. Roth"],
        ["", "", "Fam. Özer"],
        ["3b", "13 June", "Fam. Klee"],
        ["3c", "13 June", "Fam. Bose"],
        ["", "", "Fam. Lind"],
    ]
    document = read(xlsx(lambda _, sheet: filled(sheet, rows)), "cakes.xlsx")
    cells = [
        [document.text[start:end] for start, end in block.cells]
        for block in document.blocks
        if block.kind == "row"
    ]
    assert cells[1] == ["3a", "12 June", "Fam. Özer"]
    assert cells[4] == ["3c", "13 June", "Fam. Lind"]


def test_a_code_that_one_row_lacks_is_not_that_of_the_row_above(read):
    rows = [
        ["Code", "Thing", "Place"],
        *([f"A{n}", f"Rope {n}", "loft"] for n in range(8)),
        ["", "Lantern", "shed"],
    ]
    document = read(xlsx(lambda _, sheet: filled(sheet, rows)), "stock.xlsx")
    row = [block for block in document.blocks if block.kind == "row"][-1]
    assert [document.text[start:end] for start, end in row.cells] == ["", "Lantern", "shed"]


def test_a_row_of_units_belongs_to_the_header(read):
    text = "Car;Driver;Way;Cost\n;;km;EUR\nHH 1;Ada;12.450;1.482,30\nHH 2;Otto;8.310;812,05\n"
    assert of_kind(read(text, "cars.csv"), "columns") == [
        *("Car | Driver | Way | Cost", "|  | km | EUR"),
    ]

"""No cell of a table is lost, wherever it stands."""

import io

from hypothesis import given, settings
from hypothesis import strategies as st
from making import make_csv, zipped

from qa.loaders import load

words = st.sampled_from(
    ["", "", "North", "19 m", "Depth", "1910", "25 %", "long " * 30, "a: b", "Total"]
)
grids = st.lists(st.lists(words, min_size=1, max_size=6), min_size=1, max_size=9)


def texts(grid):
    return sorted(" ".join(text.split()) for row in grid for text in row if text)


def found(document):
    """The texts of all cells, each once, and of all paragraphs and headings."""
    parts = []
    for block in document.blocks:
        if block.kind == "about":
            continue
        places = {p for p in block.cells if block.start <= p[0] < p[1]} or {
            (block.start, block.end)
        }
        parts += [document.text[start:end] for start, end in places]
    return sorted(parts)


def read(folder, name, data):
    path = folder / name
    path.write_bytes(data)
    return load(path, folder=folder)


# A word that is always there, so that no file is empty; its row makes no table of the others.
def with_end(grid):
    return [*grid, [], [], ["The end"]]


@given(grid=grids)
@settings(max_examples=60)
def test_every_cell_of_a_workbook_can_be_quoted(tmp_path_factory, grid):
    import xlsxwriter

    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    sheet = book.add_worksheet("Sheet1")
    for number, row in enumerate(with_end(grid)):
        for column, text in enumerate(row):
            sheet.write_string(number, column, text)
    book.close()
    document = read(tmp_path_factory.mktemp("x"), "a.xlsx", file.getvalue())
    assert found(document) == texts(with_end(grid))


@given(grid=grids)
@settings(max_examples=60)
def test_every_cell_of_an_opendocument_sheet_can_be_quoted(tmp_path_factory, grid):
    rows = "".join(
        "<t:table-row>"
        + "".join(f"<t:table-cell><p:p>{text}</p:p></t:table-cell>" for text in row)
        + "</t:table-row>"
        for row in with_end(grid)
    )
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{space}:1.0"'
        for name, space in (("o", "office"), ("t", "table"), ("p", "text"))
    )
    content = f"<o:document-content {names}><o:body><o:spreadsheet><t:table>{rows}</t:table>"
    content += "</o:spreadsheet></o:body></o:document-content>"
    data = zipped({"META-INF/manifest.xml": "<m/>", "content.xml": content})
    assert found(read(tmp_path_factory.mktemp("x"), "a.ods", data)) == texts(with_end(grid))


@given(grid=grids)
@settings(max_examples=60)
def test_every_cell_of_delimited_text_can_be_quoted(tmp_path_factory, grid):
    document = read(tmp_path_factory.mktemp("x"), "a.csv", make_csv(with_end(grid)))
    assert found(document) == texts(with_end(grid))


spans = st.tuples(words, st.integers(1, 3), st.integers(1, 3), st.sampled_from(["td", "th"]))


@given(rows=st.lists(st.lists(spans, min_size=2, max_size=5), min_size=1, max_size=6))
@settings(max_examples=100)
def test_every_cell_of_a_page_can_be_quoted(tmp_path_factory, rows):
    made = "".join(
        "<tr>"
        + "".join(f"<{tag} colspan={x} rowspan={y}>{text}</{tag}>" for text, x, y, tag in row)
        + "</tr>"
        for row in rows
    )
    data = f"<!doctype html><html><body><p>The end</p><table>{made}</table></body></html>".encode()
    document = read(tmp_path_factory.mktemp("x"), "a.html", data)
    assert found(document) == texts([["The end"], *([cell[0] for cell in row] for row in rows)])

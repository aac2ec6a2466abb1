"""Lines that stand for themselves: those of a page broken by hand, and rows of a plain text."""

import pytest
from making import blocks

from qa.builder.views.keyed import keyed
from qa.builder.views.records import Record

ROWS = """Date{0}Item{0}Amount{0}Paid by
2024-03-01{0}Rope, 3 m{0}14.50{0}Ada
2024-03-04{0}Tar{0}9.00{0}Bo
2024-03-09{0}Nails{0}{0}Ada
"""
COMMAS = ROWS.format(",").replace("Rope, 3 m", '"Rope, 3 m"')


def test_lines_that_a_page_breaks_by_hand_stay_lines(read):
    page = """<h1>Contact</h1><p>Mill Farm<br>8 Mill&nbsp;Row<br/>
    Hexham</p><div><b>Tel:</b> 0455 010 203<br><b>Fax:</b> 0455 010 204<br><br>We are away
    in May.</div>"""
    document = read(page, "contact.html")
    assert blocks(document) == [
        ("heading", "Contact"),
        ("body", "Mill Farm\n8 Mill Row\nHexham"),
        ("body", "Tel: 0455 010 203\nFax: 0455 010 204"),
        ("body", "We are away in May."),
    ]
    (record,) = keyed(document.text, document.blocks[2:3])
    assert isinstance(record, Record)
    assert [document.text[slice(*value)] for _, value in record.fields] == [
        "0455 010 203",
        "0455 010 204",
    ]


def test_a_cell_and_a_heading_have_one_line(read):
    page = "<h1>The<br>mill</h1><table><tr><th>Key<th>Value<tr><td>Tel<td>0455<br>010</table>"
    assert blocks(read(page, "mill.html"))[0] == ("heading", "The mill")
    assert blocks(read(page, "mill.html"))[2] == ("row", ["Tel", "0455 010"])


@pytest.mark.parametrize("text", [ROWS.format(";"), ROWS.format("|"), COMMAS])
@pytest.mark.parametrize("name", ["costs.txt", "costs"])
def test_rows_with_names_above_them_are_a_table_by_any_name(read, text, name):
    document = read(text, name)
    assert [kind for kind, _ in blocks(document)] == ["columns", "row", "row", "row"]
    row = document.blocks[1]
    assert [document.text[slice(*cell)] for cell in row.cells] == [
        "2024-03-01",
        "Rope, 3 m",
        "14.50",
        "Ada",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Ada, Bo, Cleo\nRope, tar, nails\nMill, weir, bridge\n",  # lists of a text
        "Ada,Bo,Cleo\nRope,tar\nMill,weir,bridge\n",  # not of one length
        "4,5,6\n7,8,9\n10,11,12\n",  # nothing names them
        "To Ada;\nTo Bo;\nTo Cleo;\n",  # of one column
    ],
)
def test_other_lines_with_such_signs_are_text(read, text):
    document = read(text)
    assert {kind for kind, _ in blocks(document)} <= {"body", "heading"}
    assert document.text == text

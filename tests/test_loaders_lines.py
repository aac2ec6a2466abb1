"""Lines that stand for themselves: those of a page broken by hand, and rows of a plain text."""

import pytest
from making import blocks, make_docx

from qa.builder.splitter import Splitter
from qa.builder.views.keyed import keyed
from qa.builder.views.records import Record

ROWS = """Date{0}Item{0}Amount{0}Paid by
2024-03-01{0}Rope, 3 m{0}14.50{0}Ada
2024-03-04{0}Tar{0}9.00{0}Bo
2024-03-09{0}Nails{0}{0}Ada
"""
PROSE = "The harbour master lets the berths by the season, and keeps a list of them in her office."
COMMAS = ROWS.format(",").replace("Rope, 3 m", '"Rope, 3 m"')


def as_read(document):
    passages = Splitter(lambda texts: [len(text.split()) for text in texts]).split(document)
    return "\n".join(passage.read_text for passage in passages)


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


@pytest.mark.parametrize(
    "line",
    [
        "<p><b>Name:</b> Imke Harder &nbsp; <b>Born:</b> 12.3.1971 <b>Next of kin:</b> Jens</p>",
        "<p><strong>Name</strong>: Imke Harder <strong>Born</strong>: 12.3.1971"
        " <em>Next of kin</em>: Jens</p>",
        "<p>Name: Imke Harder&nbsp;&nbsp;&nbsp;Born: 12.3.1971&nbsp;&nbsp; Next of kin: Jens</p>",
        "<div><span>Name: Imke Harder</span> <span>Born: 12.3.1971</span>"
        " <span>Next of kin: Jens</span></div>",
    ],
)
def test_labels_beside_one_another_on_a_page_stay_with_their_values(read, line):
    document = read(f"<html><body><h1>Sheet</h1>{line}<p>{PROSE}</p></body></html>", "a.html")
    assert "Name: Imke Harder; Born: 12.3.1971; Next of kin: Jens." in as_read(document)


@pytest.mark.parametrize(
    "row",
    [
        "<th>Name<td>Imke Harder<th>Born<td>12.3.1971",
        "<td><b>Name</b><td>Imke Harder<td><p><strong>Born</strong></p><td>12.3.1971",
    ],
)
def test_names_and_values_in_turn_are_pairs(read, row):
    other = row.replace("Name", "Ward").replace("Born", "Room").replace("Imke Harder", "Linden")
    document = read(f"<html><body><table><tr>{row}<tr>{other}</table></body></html>", "a.html")
    assert (
        as_read(document) == "Name: Imke Harder.\nBorn: 12.3.1971.\nWard: Linden.\nRoom: 12.3.1971."
    )


def test_labels_that_a_tab_parts_in_word_stay_with_their_values(read):
    lines = ["Name: Imke Harder\tBorn: 12.3.1971\tNext of kin: Jens", PROSE]
    document = read(make_docx([("text", line) for line in lines]), "a.docx")
    assert "Name: Imke Harder; Born: 12.3.1971; Next of kin: Jens." in as_read(document)


def test_a_label_within_a_sentence_makes_no_gap(read):
    text = "It was a long night and <b>Note:</b> the tea was cold."
    document = read(
        f"<html><body><h1>Sheet</h1><p>{PROSE}</p><p>{text}</p></body></html>", "a.html"
    )
    assert "It was a long night and Note: the tea was cold." in document.text

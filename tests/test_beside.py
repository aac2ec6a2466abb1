"""An address beside labels with their values is read block by block, also in plain text."""

import pytest

from qa.builder.splitter import Splitter
from qa.loaders import load

LETTER = """\
Quill & Daughter, Bookbinders            Phone:      01865 496 0021
7 Tanner's Yard                          Our ref.:   QD-881
Oxford OX1 9ZZ                           Date:       3 May 2024

Mr Edwin Marsh                           Order no:   5520
22 Ferry Row
Abingdon

Dear Mr Marsh,

The two volumes are ready.
"""


def read(tmp_path, text, name="a.txt"):
    (tmp_path / name).write_text(text)
    document = load(tmp_path / name, folder=tmp_path)
    splitter = Splitter(lambda texts: [len(each.split()) for each in texts])
    return document, "\n".join(each.read_text for each in splitter.split(document))


def test_an_address_is_read_before_the_labels_beside_it(tmp_path):
    document, words = read(tmp_path, LETTER)
    assert document.date == "2024-05-03"
    assert document.text == LETTER
    assert (
        "Quill & Daughter, Bookbinders; 7 Tanner's Yard; Oxford OX1 9ZZ; Phone: 01865 496 0021;"
        " Our ref.: QD-881; Date: 3 May 2024."
    ) in words


def test_labels_may_be_on_the_left_and_name_no_title(tmp_path):
    document, words = read(
        tmp_path,
        "Standard: HS 41                                 P. Odell\n"
        "Replaces: HS 17                       Harbour Institute\n"
        "Issued: March 2023                     Ferries Division\n"
        "Pages: 12                                    Port Talbot\n\n"
        "Mooring of open boats\n\nA boat is made fast at two points at least.\n",
    )
    assert document.title == "Mooring of open boats"
    assert "Standard: HS 41; Replaces: HS 17; Issued: March 2023; Pages: 12; P. Odell;" in words


def test_lines_of_an_address_beside_labels_are_no_rows(tmp_path):
    document, words = read(
        tmp_path,
        "Harvest report of the orchard.\n\n"
        "Customer                     Account\n"
        "Ms T. Ebdon                  Account number: 4410 77\n"
        "Flat 2, 81 Quay Street       Bill number:    NW-118\n"
        "Whitby                       Bill date:      14 Mar 2021\n"
        "                             Due by: 28 Mar 2021\n\n"
        "Thank you for the payment of the last bill, which reached us in time.\n",
    )
    assert all(block.kind != "row" for block in document.blocks)
    assert document.date == "2021-03-14"
    assert "Whitby; Account; Account number: 4410 77; Bill number: NW-118;" in words


@pytest.mark.parametrize(
    "text",
    [
        "Rye      Price: 3\nOats     Price: 4\nBarley   Price: 5\n",
        "E2   Flat roof: only if inspected\nE5   Lodger: not covered\n",
        "flour   was: 3\nsugar   now: 4\n",
    ],
)
def test_rows_and_items_are_not_read_by_blocks(tmp_path, text):
    _, words = read(tmp_path, f"A list of the shop for its customers this week.\n\n{text}")
    first = text.split()[0]
    second = text.splitlines()[1].split()[0]
    assert f"{first}; {second}" not in words


def test_a_box_around_labels_is_no_part_of_them(tmp_path):
    _, words = read(
        tmp_path,
        "+--------------------------------------------------+\n"
        "| Employee: Rosa Lind      Dept: Kiln drying       |\n"
        "| Tax code: 1257L          Pay date: 31/01/25      |\n"
        "+--------------------------------------------------+\n",
    )
    assert "Employee: Rosa Lind; Dept: Kiln drying" in words
    assert "Pay date: 31/01/25." in words


@pytest.mark.parametrize("line", ["Payment due by: 4 May 2024", "Joined: 4 May 2024"])
def test_another_day_does_not_date_a_document(tmp_path, line):
    document, _ = read(tmp_path, f"A note\n\n{line}\n\nThe rest is prose, and says little.\n")
    assert document.date == ""


def test_a_name_wider_than_its_values_heads_their_column(tmp_path):
    document, words = read(
        tmp_path,
        "Report on the water of three wells.\n\n"
        "WELL                 DEPTH       UNIT     ALARM\n"
        "-------------------------------------------------\n"
        "NORTH OF THE ROAD\n"
        "Abbey well            6.1        m          H\n"
        "Mill well             1.1        m\n"
        "Old well              2.4        m          H\n",
    )
    assert [block.kind for block in document.blocks].count("row") == 3
    assert "Abbey well; DEPTH: 6.1; UNIT: m; ALARM: H." in words


def test_a_name_that_no_page_has_is_no_author(tmp_path):
    page = "<html><body><h1>Rattle</h1><div class='author'>heron_44</div><p>{}</p></body></html>"
    document, _ = read(tmp_path, page.format("The hose is loose, and rattles. " * 9), "a.html")
    assert document.author in ("", "heron_44")
    assert "Author" not in document.text


def test_a_sum_has_no_number_of_the_row_above_it(tmp_path):
    _, words = read(
        tmp_path,
        "What we propose for the car is this.\n\n"
        "Pos.  Item                      Quantity     Sum\n"
        "1     Clutch kit                1         212.00\n"
        "2     Gear oil                  2 l        24.00\n"
        "3     Labour                    5.5 h     374.00\n"
        "      Net                                 610.00\n"
        "      VAT 20 %                            122.00\n"
        "      TOTAL                               732.00\n",
    )
    assert "Pos.: 3; Item: Labour; Quantity: 5.5 h; Sum: 374.00." in words
    assert "Pos.: 3; Item: Net" not in words
    assert "Pos.: 3; Item: VAT" not in words

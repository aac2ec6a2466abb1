"""Where in a table a place is, in words, and the names of columns in an excerpt."""

from dataclasses import replace

import pytest

from qa.answers.cells import cell_of, row_at
from qa.answers.excerpts import excerpt
from qa.answers.sections import position_of
from qa.types import Passage, Pieces, View

ROOMS = """Room,Price,Floor,Beds
Blue room,80 EUR,1,2
Red room,70 EUR,2,1
Green room,95 EUR,1,8
"""


def at(document, words):
    return document.text.index(words)


@pytest.mark.parametrize(
    ("name", "text", "words", "said"),
    [
        ("rooms.csv", ROOMS, "95 EUR", "row 3, Price"),
        ("rooms.csv", ROOMS, "Green room", "row 3, Room"),
        ("rooms.csv", ROOMS, "Floor", ""),
        ("rent.csv", "Rent,500 EUR\nHeating,90 EUR\n", "90 EUR", "row 2, Heating"),
        ("rent.csv", "Rent,500 EUR\nHeating,90 EUR\n", "Heating", "row 2"),
        ("note.txt", "The rent is 500 EUR.\n", "500 EUR", ""),
        (
            "fees.md",
            "# Fees\n\n## Boats\n\n| Boat | Fee |\n|---|---|\n| Yawl | 12 EUR |\n| Cog | 9 EUR |\n",
            "9 EUR",
            "row 2, Fee",
        ),
    ],
)
def test_a_place_in_a_table_is_named_by_its_row_and_column(read, name, text, words, said):
    document = read(text, name)
    stored = replace(document, blocks=tuple(replace(each, cells=()) for each in document.blocks))
    for each in (document, stored):
        assert cell_of(each, at(each, words)) == said


def test_the_headings_above_a_table_come_first(read):
    document = read(
        "# Fees\n\n## Boats\n\n| Boat | Fee |\n|---|---|\n| Yawl | 12 EUR |\n", "fees.md"
    )
    assert position_of(document, at(document, "12 EUR")) == "Boats, row 1, Fee"


def test_an_excerpt_of_a_row_names_its_columns(read):
    document = read(ROOMS, "rooms.csv")
    start = at(document, "95 EUR")
    cells = row_at(document, start).cells
    read_as = View("", Pieces([]))  # a table: a row of it is a line
    passage = Passage(document.id, 0, len(document.text), document.text, view=read_as)
    before, after = excerpt(passage, start, start + 6, (), cells)
    assert (before, after) == ("Room: Green room | Price: ", " | Floor: 1 | Beds: 8")
    # Of a part of a cell the name comes before all of it.
    assert excerpt(passage, start, start + 2, (), cells)[1] == " EUR | Floor: 1 | Beds: 8"
    room = at(document, "Green")
    assert excerpt(passage, room + 6, room + 10, (), cells)[0] == "Room: Green "

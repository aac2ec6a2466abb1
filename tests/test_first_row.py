"""The first row of a table names its columns, or is one of its rows."""

import pytest

from qa.loaders.tables.first_row import is_of_values
from qa.loaders.tables.grid import header_rows

NAMES = ["Ada", "Otto", "Runa"]


@pytest.mark.parametrize(
    "column",
    [
        ["Monday", "Tuesday", "Friday"],
        ["Oct", "nov", "Dec"],
        ["paid", "open", "paid"],
        ["ada@pier.example", "otto@pier.example", "runa@pier.example"],
        ["x101", "x102", "x205"],
        ["LB-4410", "LB-4411", "KX-12"],
        ["Berth 1", "Berth 2", "Berth 12"],
        ["Trench A, 120 sq m", "Trench A, 210 sq m", "Trench A, 95 sq m"],
    ],
)
def test_a_first_row_like_the_others_is_one_of_them(column):
    rows = [list(row) for row in zip(NAMES, column, ["quay", "shed", "loft"], strict=True)]
    assert is_of_values(rows[0], rows[1:])
    assert header_rows(rows) == header_rows(rows, is_likely=True) == 0


@pytest.mark.parametrize(
    "rows",
    [
        [["Name", "Monday", "Tuesday"], ["Ada", "quay", "loft"], ["Otto", "shed", "quay"]],
        [
            ["Boat", "Choice 1", "Choice 2"],
            ["Heron", "Berth 4", "Berth 3"],
            ["Tern", "Berth 1", ""],
        ],
        [["Pupil", "Q1", "Q2"], ["Ada", "B2", "C1"], ["Otto", "A1", "B1"]],
        [["Boat", "Berth", "Fee"], ["Heron", "x14", "20"], ["Boat", "Berth", "Fee"]],
        [["Boat", "Berth", "Paid"], ["Heron", "x14", "paid"], ["Tern", "x15", "open"]],
        [["Ada", "x101", "quay"], ["Otto", "x102", "shed"]],  # too few to tell
    ],
)
def test_a_first_row_unlike_the_others_names_the_columns(rows):
    assert not is_of_values(rows[0], rows[1:])
    assert header_rows(rows) == 1

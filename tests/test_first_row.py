"""The first row of a table names its columns, or is one of its rows."""

import pytest

from qa.loaders.tables.first_row import is_of_values
from qa.loaders.tables.grid import Cell, count_headers, header_rows

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


@pytest.mark.parametrize("more", [[], ["Total"]])
def test_years_name_columns_of_figures(more):
    rows = [["Crop", "2022", "2023", *more], ["Rye", "310", "295", "605"], ["Oats", "8", "9", "17"]]
    assert header_rows([row[: 3 + len(more)] for row in rows]) == 1
    assert header_rows([["Rye", "2022", "2023"], ["Oats", "2019", "2021"]]) == 0


def cells(rows):
    return [
        [Cell(*text) if isinstance(text, tuple) else Cell(text) for text in row] for row in rows
    ]


def test_years_below_merged_names_are_parts_of_these():
    rows = [["", ("North", 2), ("South", 2)], ["Grade", "2023", "2024", "2023", "2024"]]
    rows += [["Warden", "31000", "32100", "29900", "30500"], ["Cook", "22400", "23000", "218", "5"]]
    assert count_headers(cells(rows)) == 2
    rows = [["Salt", "Site", ("Yield", 2)], ["", "", "2023", "2024"], ["5 g", "Bay", "4.1", "4.4"]]
    assert count_headers(cells([*rows, ["", "Cove", "3.8", "3.9"]])) == 2


def test_values_below_a_merged_name_are_none_of_its_parts():
    rows = [["Site", ("Yield of the two years", 2)], ["Bay", "410", "395"], ["Cove", "380", "402"]]
    assert count_headers(cells(rows)) == 0

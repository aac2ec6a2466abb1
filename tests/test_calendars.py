"""Calendars and rosters: what is on a day is read with its date."""

import io

import pytest

from qa.builder.splitter import Splitter
from qa.loaders.tables.weeks import days_of, follows, is_calendar

WEEK = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
SHIFTS = [["Ada Holm", *"EELLLOO"], ["Otto Brandt", *"LLOOEEE"]]
DATES = [f"{day} June" for day in range(1, 8)]
JUNE = [
    WEEK,
    [1, 2, 3, 4, 5, 6, 7],
    ["Bins", "", "Choir", "", "Film night", "", ""],
    [8, 9, 10, 11, 12, 13, 14],
    ["", "Dentist at school", "", "", "", "Regatta", "Regatta"],
    ["", "Bring a towel", "", "", "", "", ""],
    [15, 16, 17, 18, 19, 20, 21],
    ["", "", "Choir", "", "", "", ""],
]


def seen(document):
    splitter = Splitter(lambda texts: [len(text.split()) for text in texts])
    return "\n".join(each.read_text for each in splitter.split(document))


def as_xlsx(rows):
    import xlsxwriter

    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    sheet = book.add_worksheet("June 2026")
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if value != "":
                sheet.write(number, column, value)
    book.close()
    return file.getvalue()


def as_csv(rows):
    return "\n".join(",".join(map(str, row)) for row in rows).encode()


def as_html(rows):
    cells = "".join(f"<tr>{''.join(f'<td>{each}</td>' for each in row)}</tr>" for row in rows)
    return f"<!doctype html><html><h1>June 2026</h1><table>{cells}</table></html>".encode()


def as_docx(rows):
    import docx

    document = docx.Document()
    table = document.add_table(len(rows), len(rows[0]))
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            table.cell(number, column).text = str(value)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


MAKERS = {"xlsx": as_xlsx, "csv": as_csv, "html": as_html, "docx": as_docx}


@pytest.mark.parametrize("kind", MAKERS)
def test_what_is_on_a_day_is_read_with_its_date(read, kind):
    view = seen(read(MAKERS[kind](JUNE), f"june.{kind}"))
    assert "Mon 1: Bins; Wed 3: Choir; Fri 5: Film night." in view
    assert "Tue 9: Dentist at school; Sat 13: Regatta; Sun 14: Regatta." in view
    assert "Tue 9: Bring a towel." in view
    assert "Wed 17: Choir." in view


def test_weeks_with_an_empty_row_between_them_are_one_calendar(read):
    rows = [WEEK, ["", "", "", "", "", 1, 2], ["", "", "", "", "", "Flower show", ""], []]
    rows += [[3, 4, 5, 6, 7, 8, 9], ["Bins", "", "", "Quiz", "", "", ""], []]
    rows += [list(range(10, 17)), ["Bins", "Vet", "", "", "", "", ""]]
    view = seen(read(as_xlsx(rows), "june.xlsx"))
    assert "Sat 1: Flower show." in view
    assert "Mon 3: Bins; Thu 6: Quiz." in view
    assert "Mon 10: Bins; Tue 11: Vet." in view


@pytest.mark.parametrize("kind", MAKERS)
def test_a_roster_has_the_day_and_the_date_of_each_shift(read, kind):
    for above, below in ((WEEK, DATES), (DATES, WEEK)):
        rows = [["Name", *above], ["", *below], *SHIFTS]
        view = seen(read(MAKERS[kind](rows), f"roster.{kind}"))
        first, last = (f"{a} {b}" for a, b in [(above[0], below[0]), (above[6], below[6])])
        assert f"Name: Ada Holm; {first}: E; " in view
        assert f"{last}: O." in view


def test_names_that_are_the_same_below_each_month_are_joined_to_it(read):
    def write(book, sheet):
        sheet.merge_range("B1:C1", "June")
        sheet.merge_range("D1:E1", "July")
        sheet.write_row("A2", ["Volunteer", "week 1", "week 2", "week 1", "week 2"])
        sheet.write_row("A3", ["Greta", "Till", "", "Kitchen"])
        sheet.write_row("A4", ["Hamid", "", "Till", "", "Garden"])

    import xlsxwriter

    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    write(book, book.add_worksheet())
    book.close()
    view = seen(read(file.getvalue(), "rota.xlsx"))
    assert "Volunteer: Greta; June week 1: Till; July week 1: Kitchen." in view
    assert "Volunteer: Hamid; June week 2: Till; July week 2: Garden." in view


def test_days_of_a_row():
    assert days_of(["1", "", "2", "3"]) == [1, 2, 3]
    assert days_of(["Mon 29", "Tue 30", "Wed 1"]) == [29, 30, 1]
    assert days_of(["23", "1.", "2.", "3."]) == [1, 2, 3]  # after the number of the week
    first, second = days_of(["2026-02-28", "1 March 2026"])
    assert second == first + 1
    eight = [str(number) for number in range(2, 10)]
    for row in (["1", "3"], ["1", "2", "Bins"], ["0", "1", "3"], ["32"], [*eight, "10"], []):
        assert days_of(row) == []
    assert follows([8], 5)
    assert follows([1, 2], 30)
    assert follows([3], 29)  # of February, before a weekend
    assert not follows([9], 5)
    assert not follows([1, 2], 21)
    assert not follows([], 0)


def test_tables_of_numbers_are_no_calendars():
    scores = [["Team", "Won", "Drawn", "Lost"], ["Reds", "1", "2", "3"], ["Blues", "4", "5", "6"]]
    assert not is_calendar(scores)
    assert not is_calendar([["1", "2", "3", "4", "5"], ["6", "7", "8", "9", "10"]])
    assert not is_calendar([["1", "2", "3", "4", "5"], ["Ada", "Otto", "Jo", "Ines", "Karl"]])
    assert not is_calendar([["Size", "38", "39", "40"], ["In stock", "1", "2", "3"], ["Sold", "x"]])

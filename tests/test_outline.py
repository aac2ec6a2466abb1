"""The outline of a PDF names its headings, also where they look like any other line."""

import io

import pytest
from making import of_kind

from qa.loaders.pdf.outline import Bookmark, mark_headings
from qa.loaders.printed.line import Line

PROSE = [
    "The harbour master lets the berths by the season and keeps a list of all of them in her",
    "office, which is open on the days of the market. Whoever wants a berth asks there first.",
]


@pytest.fixture
def made():
    """Return a PDF of pages of lines, all in one type, and of an outline."""

    def make(pages, outline):
        from reportlab.pdfgen.canvas import Canvas

        file = io.BytesIO()
        canvas = Canvas(file, pageCompression=0)
        for number, lines in enumerate(pages):
            canvas.setFont("Helvetica", 11)
            for key, (_, _, page) in enumerate(outline):
                if page == number:
                    canvas.bookmarkPage(f"e{key}")
            for place, line in enumerate(lines):
                canvas.drawString(72, 760 - 15 * place, line)
            canvas.showPage()
        for key, (title, level, _) in enumerate(outline):
            canvas.addOutlineEntry(title, f"e{key}", level)
        canvas.save()
        return file.getvalue()

    return make


def test_lines_that_the_outline_names_are_headings(read, made):
    data = made(
        [
            ["Rules of the harbour", "1 Berths", *PROSE, "1.1 Berths in winter", *PROSE],
            ["2 Fees", *PROSE, "Berths", *PROSE],
        ],
        [
            ("Berths", 0, 0),
            ("1.1  Berths in Winter", 1, 0),
            ("2. Fees", 0, 1),
            ("Not printed", 0, 1),
        ],
    )
    document = read(data, ".pdf")
    headings = [block for block in document.blocks if block.kind == "heading"]
    assert [(document.text[each.start : each.end], each.level) for each in headings] == [
        ("1 Berths", 1),
        ("1.1 Berths in winter", 2),
        ("2 Fees", 1),
    ]


def test_without_an_outline_they_are_text(read, made):
    document = read(made([["1 Berths", *PROSE]], []), ".pdf")
    assert of_kind(document, "heading") == []


def line(text, bottom, size=11.0, cells=None):
    cells = cells or (text,)
    edges = tuple((72 + 150 * n, 72 + 150 * n + 6 * len(c)) for n, c in enumerate(cells))
    return Line(cells, edges, 0, bottom, size, False, False, 842)


def test_the_largest_line_with_the_words_is_the_heading():
    lines = [line("Fees", 810, 8.0), line("Fees", 700, 14.0), line("Fees are due in May.", 680)]
    (marked,) = mark_headings([lines], [Bookmark("FEES", 1, 0)])
    assert [each.outline for each in marked] == [0, 1, 0]


def test_a_heading_of_two_lines_is_one():
    lines = [
        line("2.4  Rules for guests of", 700, cells=("2.4", "Rules for guests of")),
        line("the winter harbour", 685),
        line("Guests pay by the night.", 670),
    ]
    (marked,) = mark_headings([lines], [Bookmark("Rules for guests of the winter harbour", 3, 0)])
    assert [(each.text, each.outline) for each in marked] == [
        ("2.4 Rules for guests of the winter harbour", 3),
        ("Guests pay by the night.", 0),
    ]


def test_pages_read_by_ocr_stay_as_they_are():
    lines = [line("Fees", 700)]
    assert mark_headings([lines], [Bookmark("Fees", 1, 0)], scanned={0}) == [lines]

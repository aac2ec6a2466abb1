"""Columns of figures in PDF files, which end below each other."""

import io
from itertools import groupby

from qa.builder.views.records import pieces_of, records_of, view_of


def printed(*pages, size=9):
    """A PDF of pages of lines ``(x, y, text)``; x is that of the right edge if negative."""
    from reportlab.pdfgen import canvas

    file = io.BytesIO()
    page = canvas.Canvas(file, invariant=1)
    for lines in pages:
        page.setFont("Helvetica", size)
        for x, y, text in lines:
            draw = page.drawString if x > 0 else page.drawRightString
            draw(abs(x), y, text)
        page.showPage()
    page.save()
    return file.getvalue()


def records(document):
    """The records of each table of a document, as they are read."""
    rows = [block for block in document.blocks if block.kind in ("row", "columns")]
    return [
        view_of(document.text, [pieces_of(document.text, record.fields)]).text
        for _, table in groupby(rows, lambda block: block.level)
        for record in records_of(list(table))
    ]


def rows(top, edges, *rows):
    """Rows from ``top`` down, the first cell of each at the left, the others ending at an edge."""
    return [
        (60 if not column else -edges[column - 1], top - 12 * number, text)
        for number, row in enumerate(rows)
        for column, text in enumerate(row)
        if text
    ]


LOOMS = [
    ("", "kg", "pitch", "teeth"),
    ("Heron", "9.5", "110", "4"),
    ("Otter", "10.25", "93", "16"),
    ("Kestrel", "8", "1,240", "8"),
]


def test_figures_that_end_below_each_other_are_in_one_column(read):
    # The gaps are narrower than those that justified text has.
    pdf = printed(rows(700, (130, 162, 192), *LOOMS))
    assert records(read(pdf, "looms.pdf")) == [
        "Heron; kg: 9.5; pitch: 110; teeth: 4.",
        "Otter; kg: 10.25; pitch: 93; teeth: 16.",
        "Kestrel; kg: 8; pitch: 1,240; teeth: 8.",
    ]


def test_another_table_below_or_on_the_next_page_has_headers_of_its_own(read):
    yarns = [("Yarn", "metres", "price"), ("Rushen", "410", "7"), ("Tarn", "95", "12")]
    first = rows(700, (130, 162, 192), *LOOMS)
    for pages in ([first + rows(600, (140, 170), *yarns)], [first, rows(700, (140, 170), *yarns)]):
        found = records(read(printed(*pages), "looms.pdf"))
        assert found[2:] == [
            "Kestrel; kg: 8; pitch: 1,240; teeth: 8.",
            "Yarn: Rushen; metres: 410; price: 7.",
            "Yarn: Tarn; metres: 95; price: 12.",
        ]


def test_dots_lead_from_a_name_to_its_value(read):
    menu = [("Barley soup " + ". " * 12, "4.50"), ("Pike with leek......", "13.00")]
    pdf = printed([(60, 700 - 14 * n, f"{a} {b}") for n, (a, b) in enumerate(menu)])
    document = read(pdf, "menu.pdf")
    assert records(document) == ["Barley soup: 4.50.", "Pike with leek: 13.00."]


def test_the_dots_of_a_table_of_contents_are_no_table(read):
    entries = [(60, 700, "The mill ............ 3"), (60, 686, "The weir ............ 14")]
    text = [(60, 600, "The mill was built beside the weir, and is older than the bridge.")]
    document = read(printed(entries + text), "report.pdf")
    assert [block.kind for block in document.blocks[:3]] == ["furniture", "furniture", "body"]

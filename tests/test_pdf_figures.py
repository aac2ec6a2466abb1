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


def test_a_table_of_contents_is_left_out_with_its_chapters_and_long_names(read):
    dots = ". " * 20
    lines = [
        [(60, 760, "Inhaltsverzeichnis")],
        [(60, 730, "1"), (80, 730, "Die Mühle"), (-400, 730, "2")],
        [(80, 716, "1.1"), (110, 716, f"Der Bau {dots}"), (-400, 716, "2")],
        [(80, 702, "1.2"), (110, 702, "Wie das Wasser von der Wiese zum Rad und")],
        [(110, 688, f"wieder zurück kam {dots}"), (-400, 688, "3")],
        [(60, 674, "2"), (80, 674, "Das Wehr"), (-400, 674, "9")],
        [(60, 560, "Die Müller wohnten auf der anderen Seite des Baches.")],
    ]
    document = read(printed([part for line in lines for part in line]), "bericht.pdf")
    kinds = [block.kind for block in document.blocks]
    assert kinds.count("furniture") == 5
    assert records(document) == []


def test_a_table_of_contents_without_dots_is_known_by_its_heading(read):
    entries = [("Minutes", "2"), ("The mill", "3"), ("The weir", "5")]
    lines = [
        part
        for n, (name, page) in enumerate(entries)
        for part in ((60, 700 - 14 * n, name), (-400, 700 - 14 * n, page))
    ]
    for heading, furniture in (("Contents", 3), ("Prices in pounds", 0)):
        pdf = printed([(60, 720, heading), *lines, (60, 560, "It rained all day in June.")])
        kinds = [block.kind for block in read(pdf, "report.pdf").blocks]
        assert kinds.count("furniture") == furniture


def test_signs_of_the_font_symbol_are_bullets(read):
    lines = [(60, 700, "The boat needs:"), (60, 686, "B two oars"), (60, 672, "B a bailer")]
    data = printed(lines)
    # The encoding names a code of the font Symbol for the letter B.
    named = b"/Encoding << /Type /Encoding /Differences [66 /uniF0B7] >>"
    assert b"/Encoding /WinAnsiEncoding" in data
    document = read(data.replace(b"/Encoding /WinAnsiEncoding", named), "boat.pdf")
    found = [document.text[b.start : b.end] for b in document.blocks if b.kind == "body"]
    assert found[1:] == ["• two oars", "• a bailer"]


def test_a_price_list_in_whole_pounds_is_no_table_of_contents(read):
    menu = [("Barley soup", "6"), ("Pike with leek", "14"), ("Plum tart", "7")]
    pdf = printed([(60, 700 - 14 * n, f"{a} {'. ' * 12} {b}") for n, (a, b) in enumerate(menu)])
    assert records(read(pdf, "menu.pdf")) == [
        "Barley soup: 6.",
        "Pike with leek: 14.",
        "Plum tart: 7.",
    ]


def test_a_running_header_counts_pages_in_several_ways(read):
    ways = ("ii", "iii", "1 / 40", "2 of 40")
    pages = [
        [(60, 820, f"Guide to the Weir {way}"), (60, 600, f"The {n} gate is made of oak.")]
        for n, way in zip(("first", "second", "third", "fourth"), ways, strict=True)
    ]
    text = read(printed(*pages), "weir.pdf").text
    assert "Guide" not in text
    assert "The fourth gate" in text


def test_raised_signs_and_those_of_other_fonts_stay_in_their_line(read):
    from reportlab.pdfgen import canvas

    file = io.BytesIO()
    page = canvas.Canvas(file, invariant=1)
    x = 60.0
    pieces = [
        *(
            ("x", "Times-Italic", 10, 0),
            ("2", "Times-Roman", 7, 3.6),
            (" = 9 means ", "Times-Roman", 10, 0),
        ),
        *(("x", "Times-Italic", 10, 0), (" is ", "Helvetica", 10, 0), ("3", "Times-Roman", 10, 0)),
        (", in all.", "Times-Roman", 10, 0),
    ]
    for text, font, size, rise in pieces:
        page.setFont(font, size)
        page.drawString(x, 800 + rise, text)  # near the edge, where the numbers of pages are
        x += page.stringWidth(text, font, size)
    page.save()
    assert read(file.getvalue(), "sum.pdf").text.startswith("x² = 9 means x is 3, in all.")

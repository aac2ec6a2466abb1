"""Pages of a PDF without a usable text layer are read by OCR, and only those."""

import io

import pytest
from making import make_picture, skewed

from qa.errors import ModelNotFound

PROSE = [
    "The slipway is closed from 6 April to 19 May 2026, so that the",
    "concrete can be laid again. The contractor has quoted £48,750.00",
    "for the work, which Tobias Lindqvist will inspect each Thursday.",
]
LAYER = "The bridge at Osterby was opened by Greta Lindahl in 1931."


def pdf_of(*pages, font="Helvetica"):
    """Return a PDF: a page is a list of lines, or a picture that fills it."""
    from reportlab.lib.pagesizes import A5, landscape
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    file = io.BytesIO()
    canvas = Canvas(file, pagesize=landscape(A5), invariant=True)
    for page in pages:
        canvas.setFont(font, 13)
        for number, line in enumerate(page if isinstance(page, list) else []):
            canvas.drawString(60, 340 - 18 * number, line)
        if not isinstance(page, list):
            width = landscape(A5)[0]
            canvas.drawImage(ImageReader(page), 0, 60, width, width * page.height / page.width)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def changed_font(monkeypatch, name, change):
    """Register a font whose map from glyphs to letters is wrong, as some programs write it."""
    from making import font_file
    from reportlab.pdfbase import pdfmetrics, ttfonts

    write = ttfonts.makeToUnicodeCMap
    monkeypatch.setattr(
        ttfonts,
        "makeToUnicodeCMap",
        lambda font, codes: write(font, [change(code) for code in codes]),
    )
    pdfmetrics.registerFont(ttfonts.TTFont(name, font_file("Vera.ttf")))
    return name


def test_a_page_of_text_beside_a_scan(read):
    scan = skewed(make_picture(["# The slipway", *PROSE]))
    document = read(pdf_of([LAYER], scan), "mixed.pdf")
    assert LAYER in document.text
    assert " ".join(PROSE) in document.text
    assert document.notes == ("page 2 read by OCR",)
    start = document.text.index("Tobias")
    assert document.page_at(start) == 2
    assert document.read_by_ocr(start, start + len("Tobias"))
    assert {line.page for line in document.scanned} == {2}
    greta = document.text.index("Greta")
    assert document.read_by_ocr(greta, greta + 5) == ()


def test_letters_drawn_as_shapes_are_read(read, monkeypatch):
    """Without a text layer and without a picture, as where a program turned text into outlines."""
    monkeypatch.setattr("qa.loaders.pdf.document._page_lines", lambda *_: [])
    document = read(pdf_of(PROSE), "outlines.pdf")
    assert " ".join(PROSE) in document.text
    assert document.notes == ("read by OCR",)


SHUFFLED = dict(zip(b"abcdefghijklmnopqrstuvwxyz", b"qhzkbxmwfvtcjgydolnipsraeu", strict=True))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("private", lambda code: 0xE000 + code),
        ("glyphs", lambda code: max(code - 29, 3)),
        ("shuffled", lambda code: SHUFFLED.get(code, code)),
    ],
)
def test_a_text_layer_that_is_nonsense_is_replaced(read, monkeypatch, name, change):
    document = read(pdf_of(PROSE, font=changed_font(monkeypatch, name, change)), "odd.pdf")
    assert " ".join(PROSE) in document.text
    assert document.notes == ("read by OCR",)


@pytest.mark.parametrize(
    "line",
    [
        "Der Steg an der alten Mühle wird im Frühjahr erneuert, weil die Balken",
        "Most na rzece został otwarty w czerwcu przez burmistrza miasta i jego",
        "XQ-7781 / ZK-0042 / QX-9913 / KZ-1177 / XX-0001 / QQ-4450 / ZZ-1288 / KX-5",
    ],
)
def test_a_text_layer_that_is_right_stays(read, monkeypatch, line):
    document = read(pdf_of([line], font=changed_font(monkeypatch, "right", int)), "right.pdf")
    assert document.text.splitlines()[0] == line
    assert document.notes == ()


def test_a_scan_with_a_stamp_is_read_whole(read):
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    file = io.BytesIO()
    picture = make_picture(PROSE)
    canvas = Canvas(file, pagesize=(600, 240), invariant=True)
    canvas.drawImage(ImageReader(picture), 0, 30, 600, 600 * picture.height / picture.width)
    canvas.drawString(60, 15, "Scanned at Osterby")
    canvas.save()
    document = read(file.getvalue(), "stamp.pdf")
    assert " ".join(PROSE) in document.text
    assert "Scanned at Osterby" in document.text


def test_a_page_on_which_ocr_fails_costs_no_other_page(read, monkeypatch):
    def fail(picture, number, total):
        raise RuntimeError("bad allocation")

    monkeypatch.setattr("qa.loaders.pdf.scans.read_page", fail)
    document = read(pdf_of([LAYER], make_picture(PROSE)), "mixed.pdf")
    assert LAYER in document.text
    assert document.notes == (
        "page 2 without a usable text layer, and OCR failed there (RuntimeError)",
    )


def test_without_ocr_no_page_is_drawn(read, monkeypatch):
    def missing():
        raise ModelNotFound("OCR is not installed", "install it")

    monkeypatch.setattr("qa.loaders.pdf.scans.load_ocr", missing)
    monkeypatch.setattr("qa.loaders.pdf.scans.rendered", None)
    document = read(pdf_of([LAYER], make_picture(PROSE)), "mixed.pdf")
    assert document.notes == (
        "page 2 without a usable text layer, and OCR is not installed: install it",
    )


def test_a_page_of_figures_is_not_read(read, monkeypatch):
    monkeypatch.setattr("qa.loaders.pdf.scans.read_page", None)
    rows = [f"Account {n}  {n * 1171:,}.50 (4.5%)  {n * 31:,}.00 -12.75  $7.10" for n in range(12)]
    assert read(pdf_of(rows), "figures.pdf").notes == ()


def test_a_photo_beside_much_text_is_not_read(read, monkeypatch):
    def fail(picture):
        raise AssertionError("OCR was called")

    monkeypatch.setattr("qa.loaders.pdf.scans.read_page", fail)
    assert read(pdf_of(PROSE), "text.pdf").notes == ()

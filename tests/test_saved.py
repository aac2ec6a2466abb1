"""The day on which a file was saved; that of a template is none."""

import io
from datetime import datetime

import pytest

from qa.loaders.saved import saved_day

SAVED = datetime(2024, 5, 3, 10, 15)


def docx(saved):
    from docx import Document

    document = Document()
    document.add_paragraph("The gate is shut.")
    return written(document, saved)


def pptx(saved):
    from pptx import Presentation

    deck = Presentation()
    deck.slides.add_slide(deck.slide_layouts[0]).shapes.title.text = "The gate is shut"
    return written(deck, saved)


def written(document, saved):
    if saved:
        document.core_properties.modified = saved
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def pdf(saved):
    from reportlab.pdfgen.canvas import Canvas

    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    canvas.drawString(72, 700, "The gate is shut, and it stays shut.")
    canvas.save()
    stated = b"20000101000000"
    assert stated in file.getvalue()
    return file.getvalue().replace(
        stated, saved.strftime("%Y%m%d%H%M%S").encode() if saved else stated
    )


def xlsx(saved):
    import xlsxwriter

    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    book.add_worksheet().write_row(0, 0, ["Gate", "shut"])
    book.set_properties({"created": saved or datetime(2006, 9, 16)})
    book.close()
    return file.getvalue()


@pytest.mark.parametrize("make", [docx, pptx, pdf, xlsx], ids=lambda make: make.__name__)
def test_a_file_is_dated_by_its_properties_and_not_by_a_template(read, make):
    assert read(make(SAVED), f"gate.{make.__name__}").date == "2024-05-03"
    document = read(make(None), f"gate.{make.__name__}")
    assert document.date == ""
    assert "Date:" not in document.text


def test_the_day_of_a_moment():
    assert saved_day("2024-05-03T10:15:00Z") == saved_day("2024-05-03") == "2024-05-03"
    assert saved_day("2013-12-23T23:15:01Z") == "2013-12-23"  # of no template
    for stated in ("2013-12-23T23:15:00Z", "1980-01-01T00:00:00", "", "yesterday", "2024-13-40"):
        assert saved_day(stated) == ""

"""Files attached to a PDF are documents of their own, and none is lost in silence."""

import ctypes
import io

import pytest

from qa.errors import UnreadableDocument
from qa.loaders import load

PRICES = b"Part,Price\nRatchet,14 marks\nPawl,3 marks\n"


def drawn(text):
    """A PDF of a line, or of an empty page."""
    from reportlab.pdfgen import canvas

    file = io.BytesIO()
    page = canvas.Canvas(file, invariant=1)
    page.drawString(72, 700, text)
    page.save()
    return file.getvalue()


def with_files(pdf, files):
    """The PDF with files attached to it."""
    from pypdfium2 import PdfDocument

    document = PdfDocument(pdf)
    for name, data in files:
        attachment = document.new_attachment(name)
        if data is not None:
            attachment.set_data(data)
    file = io.BytesIO()
    document.save(file)
    document.close()
    return file.getvalue()


def test_each_file_is_a_document_of_its_own(read, tmp_path):
    pdf = with_files(
        drawn("The offer for the winch stands until May."),
        [("prices.csv", PRICES), ("..\\plans/prices.csv", b"Drawing 7 shows the drum.")],
    )
    document = read(pdf, "offer.pdf")  # whose files are sorted by their paths
    assert "winch" in document.text
    assert [member.name for member in document.members] == ["prices.csv", "prices (2).csv"]
    path = tmp_path / "offer.pdf"
    plans, prices = (load(path, folder=tmp_path, member=(m.name,)) for m in document.members)
    assert plans.id == "offer.pdf/prices.csv"
    assert [block.kind for block in prices.blocks] == ["columns", "row", "row"]
    assert plans.text == "Drawing 7 shows the drum."


def test_a_pdf_that_only_contains_files_has_no_text(read):
    document = read(with_files(drawn(" "), [("prices.csv", PRICES)]), "portfolio.pdf")
    assert document.text == ""
    assert [member.name for member in document.members] == ["prices.csv"]


def test_a_damaged_file_is_an_error_of_its_own(read, tmp_path):
    document = read(with_files(drawn("The offer stands."), [("empty.txt", None)]), "offer.pdf")
    assert document.text.startswith("The offer stands.")
    with pytest.raises(UnreadableDocument, match="empty or damaged in its PDF"):
        load(tmp_path / "offer.pdf", folder=tmp_path, member=("empty.txt",))


def pinned(pdf, name, data):
    """The PDF with a file attached to a place on its first page, behind a note."""
    from pypdfium2 import PdfAttachment, PdfDocument, raw

    document = PdfDocument(pdf)
    page = document[0]
    raw.FPDFPage_CloseAnnot(raw.FPDFPage_CreateAnnot(page, raw.FPDF_ANNOT_TEXT))
    annotation = raw.FPDFPage_CreateAnnot(page, raw.FPDF_ANNOT_FILEATTACHMENT)
    wide = (name + "\0").encode("utf-16-le")
    wide = ctypes.cast(ctypes.create_string_buffer(wide), raw.FPDF_WIDESTRING)
    PdfAttachment(raw.FPDFAnnot_AddFileAttachment(annotation, wide), document).set_data(data)
    raw.FPDFPage_CloseAnnot(annotation)
    page.close()
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def test_a_file_pinned_to_a_page_is_a_document_too(read, tmp_path):
    pdf = with_files(drawn("The offer stands."), [("prices.csv", PRICES)])
    document = read(pinned(pdf, "prices.csv", b"Drawing 7 shows the drum."), "pinned.pdf")
    assert [member.name for member in document.members] == ["prices.csv", "prices (2).csv"]
    path = tmp_path / "pinned.pdf"
    inner = load(path, folder=tmp_path, member=("prices (2).csv",))
    assert inner.text == "Drawing 7 shows the drum."

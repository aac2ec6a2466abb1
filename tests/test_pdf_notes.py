"""Notes on the pages of a PDF are text, and are told from what is printed."""

import io

from qa.loaders import load


def plan():
    """A page with a note drawn on it and one behind a sign, which has an author."""
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfbase.pdfdoc import PDFString
    from reportlab.pdfgen import canvas

    file = io.BytesIO()
    page = canvas.Canvas(file, pagesize=A4, invariant=1)
    page.drawString(72, 700, "The gate is in the south of the yard, the barn in the north.")
    page.freeTextAnnotation("The cistern is dry", "DA", Rect=(100, 500, 200, 540))
    page.textAnnotation(
        "Measured by step alone", Rect=(300, 500, 340, 540), T=PDFString("Odd Lien")
    )
    page.save()
    return file.getvalue()


def test_a_note_is_marked_as_one(tmp_path):
    (tmp_path / "plan.pdf").write_bytes(plan())
    document = load(tmp_path / "plan.pdf", folder=tmp_path)
    texts = [document.text[b.start : b.end] for b in document.blocks if b.kind == "body"]
    assert texts[1:] == ["Note: The cistern is dry", "Note by Odd Lien: Measured by step alone"]

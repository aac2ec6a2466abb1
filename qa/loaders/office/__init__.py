"""Read Office Open XML: documents (DOCX) with mammoth, presentations (PPTX) from their parts."""

from qa.loaders.office.docx import read_docx
from qa.loaders.office.slides import read_pptx

__all__ = ["read_docx", "read_pptx"]

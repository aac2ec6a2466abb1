"""Read what office programs write: DOCX with mammoth, PPTX from its parts, RTF with striprtf."""

from qa.loaders.office.docx import read_docx
from qa.loaders.office.rtf import read_rtf
from qa.loaders.office.slides import read_pptx

__all__ = ["read_docx", "read_pptx", "read_rtf"]

"""PDF: characters on a page into lines, columns, headings and paragraphs."""

from qa.loaders.pdf.document import read_pdf

__all__ = ["read_pdf"]

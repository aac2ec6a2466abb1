"""PDF: characters on a page into lines, columns, headings and paragraphs."""

from qa.loaders.pdf.document import draw_pdf, places_in_pdf, read_pdf

__all__ = ["draw_pdf", "places_in_pdf", "read_pdf"]

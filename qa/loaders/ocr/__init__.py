"""OCR: pictures of pages into printed lines, and where on its page each word read stands."""

from qa.loaders.ocr.pictures import draw_picture, is_picture
from qa.loaders.ocr.reading import read_picture

__all__ = ["draw_picture", "is_picture", "read_picture"]

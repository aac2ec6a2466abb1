"""OCR: pictures of pages into printed lines, and where on its page each word read stands."""

from qa.loaders.ocr.pictures import is_picture
from qa.loaders.ocr.reading import read_picture

__all__ = ["is_picture", "read_picture"]

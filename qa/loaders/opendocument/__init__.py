"""Read OpenDocument files from their XML."""

from qa.loaders.opendocument.text import read_odt

__all__ = ["read_odt"]

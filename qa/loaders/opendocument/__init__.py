"""Read OpenDocument files from their XML."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from typing import Any

from qa.errors import UnreadableDocument
from qa.loaders.extracted import Extracted
from qa.loaders.opendocument.content import OFFICE, open_body
from qa.loaders.opendocument.flat import is_flat, open_flat
from qa.loaders.opendocument.sheets import read_sheets
from qa.loaders.opendocument.slides import read_slides
from qa.loaders.opendocument.text import read_text

__all__ = ["is_flat", "read_flat", "read_opendocument"]

_KINDS: dict[str, Callable[[Any, zipfile.ZipFile], Extracted]] = {
    "text": read_text,
    "presentation": read_slides,
    "drawing": read_slides,
    "spreadsheet": read_sheets,
}


def read_opendocument(archive: zipfile.ZipFile) -> Extracted:
    """Return a text (ODT), presentation (ODP), drawing (ODG) or spreadsheet (ODS)."""
    root = open_body(archive)
    for kind, read in _KINDS.items():
        body = root.find(f".//{OFFICE}body/{OFFICE}{kind}")
        if body is not None:
            return read(body, archive)
    raise UnreadableDocument("OpenDocument file without text, slides or sheets", "save it as PDF")


def read_flat(data: bytes) -> Extracted:
    """Return the same of a file that is not a package but one XML file."""
    with open_flat(data) as archive:
        return read_opendocument(archive)

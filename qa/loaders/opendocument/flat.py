"""Read OpenDocument files that are one XML file (FODT, FODS, FODP, FODG)."""

from __future__ import annotations

import io
import re
import zipfile

from qa.errors import UnreadableDocument
from qa.loaders.archive import parse_xml
from qa.loaders.opendocument.content import OFFICE

_ROOT = re.compile(rb"<(?:\w+:)?document[\s>]")
_NAMESPACE = b"urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_HEAD_BYTES = 20_000
# Pictures, in letters and figures.
_BINARY = re.compile(rb"<(office:binary-data)>[^<]*</\1>")
# The parts of a package, and where a file of its own has them.
_PARTS = {"meta.xml": "meta", "styles.xml": "master-styles"}


def is_flat(data: bytes) -> bool:
    """Return whether a file is an OpenDocument of one XML file."""
    head = data[:_HEAD_BYTES]
    return _NAMESPACE in head and _ROOT.search(head) is not None


def open_flat(data: bytes) -> zipfile.ZipFile:
    """Return the parts that such a file has, as the package that other programs save."""
    from lxml import etree

    content = _BINARY.sub(b"", data)
    root = parse_xml(content)
    if root is None:
        raise UnreadableDocument("OpenDocument file without content", "save it again")
    archive = zipfile.ZipFile(io.BytesIO(), "w")
    archive.writestr("content.xml", content)
    for name, part in _PARTS.items():
        node = root.find(f"{OFFICE}{part}")
        if node is not None:
            archive.writestr(name, etree.tostring(node))
    return archive

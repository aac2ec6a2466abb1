"""Zip archives that documents come in, opened with limits."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

from qa.errors import UnreadableDocument

MAX_ENTRIES = 10_000
MAX_UNPACKED_BYTES = 300_000_000
MAX_XML_BYTES = 60_000_000
# Text packs 5 to 20 times smaller; a bomb, a thousand times.
MAX_RATIO = 200
_ENTITY = re.compile(rb"<\0?!\0?E\0?N\0?T\0?I\0?T\0?Y")  # UTF-16 too


def open_archive(data: bytes) -> zipfile.ZipFile:
    """Open a zip archive; raise UnreadableDocument when it is damaged, locked or a bomb.

    What the archive declares is what is checked, before anything is unpacked:
    ``zipfile`` gives no more than that.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise UnreadableDocument(
            "damaged zip archive or office document", "save it again"
        ) from error
    if len(entries) > MAX_ENTRIES:
        raise UnreadableDocument(f"archive of more than {MAX_ENTRIES:,} files", "split it")
    if any(entry.flag_bits & 1 for entry in entries):
        raise UnreadableDocument("encrypted archive", "save it without its password")
    total = sum(entry.file_size for entry in entries)
    if total > MAX_UNPACKED_BYTES or total > MAX_RATIO * max(len(data), 100_000):
        raise UnreadableDocument("unpacks to far more than it should, as a zip bomb does")
    return archive


def read_member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return one file of an archive; empty where there is none."""
    try:
        entry = archive.getinfo(name)
    except KeyError:
        return b""
    if entry.file_size > MAX_XML_BYTES:
        raise UnreadableDocument("contains a part of more than 60 MB", "split it")
    try:
        return archive.read(entry)
    except Exception as error:  # zipfile's, zlib's and lzma's errors have no common ancestor
        raise UnreadableDocument(
            "damaged zip archive or office document", "save it again"
        ) from error


def refuse_entities(data: bytes) -> None:
    """Raise UnreadableDocument for XML that declares entities: no document needs its own."""
    if _ENTITY.search(data):
        raise UnreadableDocument("declares XML entities, as an XML bomb does")


def parse_xml(data: bytes) -> Any:
    """Return the root of an XML file, None where there is none; entities are refused."""
    from lxml import etree

    if not data:
        return None
    refuse_entities(data)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, recover=True, huge_tree=False
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise UnreadableDocument("damaged XML in it", "save the document again") from error


def core_properties(root: Any) -> dict[str, str]:
    """Return what a document says about itself, by the names of Dublin Core.

    Office Open XML, OpenDocument and EPUB all use these names, in different places.
    """
    found: dict[str, str] = {}
    if root is not None:
        for node in root.iter():
            if isinstance(node.tag, str) and node.text and node.text.strip():
                name = node.tag.rsplit("}", 1)[-1]
                found.setdefault(name, " ".join(node.text.split()))
    return found

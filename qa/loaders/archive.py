"""Open the zip archives that documents are stored in, within limits."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

from qa.errors import UnreadableDocument

MAX_ENTRIES = 10_000
MAX_UNPACKED_BYTES = 300_000_000
MAX_XML_BYTES = 60_000_000
# Text compresses 5 to 20 times, a zip bomb a thousand times.
MAX_RATIO = 200
_ENTITY = re.compile(rb"<\0?!\0?E\0?N\0?T\0?I\0?T\0?Y")  # UTF-16 too


def open_archive(data: bytes) -> zipfile.ZipFile:
    """Open an office document; raise UnreadableDocument for one damaged, encrypted or a bomb.

    The sizes that the archive declares are checked before anything is unpacked; ``zipfile``
    never returns more than the declared size.
    """
    archive = open_zip(data)
    entries = archive.infolist()
    if any(entry.flag_bits & 1 for entry in entries):
        raise UnreadableDocument("encrypted archive", "save it without its password")
    total = sum(entry.file_size for entry in entries)
    if total > MAX_UNPACKED_BYTES or total > MAX_RATIO * max(len(data), 100_000):
        raise UnreadableDocument("unpacks to far more than a document does, like a zip bomb")
    return archive


def open_zip(data: bytes) -> zipfile.ZipFile:
    """Open any zip archive; raise UnreadableDocument for one damaged or of very many files."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise damaged() from error
    if len(entries) > MAX_ENTRIES:
        raise UnreadableDocument(f"archive of more than {MAX_ENTRIES:,} files", "split it")
    return archive


def damaged() -> UnreadableDocument:
    """Return the error for an archive that cannot be unpacked."""
    return UnreadableDocument("damaged zip archive or office document", "save it again")


def read_member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return one file of an archive, empty if it is missing."""
    try:
        entry = archive.getinfo(name)
    except KeyError:
        return b""
    if entry.file_size > MAX_XML_BYTES:
        raise UnreadableDocument("contains a part of more than 60 MB", "split it")
    try:
        return archive.read(entry)
    except Exception as error:  # zipfile's, zlib's and lzma's errors have no common ancestor
        raise damaged() from error


def refuse_entities(data: bytes) -> None:
    """Raise UnreadableDocument for XML that declares entities, which no document needs."""
    if _ENTITY.search(data):
        raise UnreadableDocument("declares XML entities, like an XML bomb")


def parse_xml(data: bytes) -> Any:
    """Return the root of an XML file, None if it is empty; refuse entities."""
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
    """Return a document's metadata by its Dublin Core names.

    Office Open XML, OpenDocument and EPUB all use these names, in different places. Several
    creators are joined; of other names the first value counts.
    """
    found: dict[str, str] = {}
    if root is not None:
        for node in root.iter():
            if isinstance(node.tag, str) and node.text and node.text.strip():
                name, value = node.tag.rsplit("}", 1)[-1], " ".join(node.text.split())
                if name == "creator" and name in found:
                    found[name] += f", {value}"
                found.setdefault(name, value)
    return found

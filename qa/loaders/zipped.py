"""Read a zip archive as the files in it, each a document of its own."""

from __future__ import annotations

import contextlib
import re
import stat
import zipfile
from collections.abc import Collection
from functools import partial

from qa.errors import UnreadableDocument
from qa.loaders.archive import MAX_RATIO
from qa.loaders.extracted import Extracted, Inner, numbered
from qa.text import without_surrogates
from qa.types import Member

# A file that is smaller than this when unpacked harms nobody, however well it was packed.
_SMALL_BYTES = 1_000_000
_UTF8 = 0x800
# Office Open XML, OpenDocument, EPUB, and Java's programs.
_OFFICE = {
    *("[Content_Types].xml", "mimetype", "word/document.xml", "xl/workbook.xml"),
    *("ppt/presentation.xml", "META-INF/container.xml", "META-INF/manifest.xml"),
    "META-INF/MANIFEST.MF",
}
_DRIVE = re.compile(r"[A-Za-z]:")


def is_office_document(names: Collection[str]) -> bool:
    """Return whether an archive with these files is a document itself, or made like one."""
    return not _OFFICE.isdisjoint(names)


def read_zip(archive: zipfile.ZipFile, data_limit: int) -> Extracted:
    """Return the files of an archive, without text; none is larger than ``data_limit`` bytes.

    Hidden files are left out, as in a folder. A file that cannot be read, or whose path leads
    out of the archive, is listed, and reading it raises UnreadableDocument.
    """
    entries = [entry for entry in archive.infolist() if entry.filename and not entry.is_dir()]
    names = {id(entry): _name(entry) for entry in entries}
    shown = [entry for entry in entries if not _is_hidden(names[id(entry)])]
    if not shown:
        raise UnreadableDocument("a zip archive without files")
    unique = numbered([names[id(entry)] for entry in shown])
    return Extracted(
        "",
        (),
        members=tuple(
            Inner(Member(name, entry.file_size), partial(_read, archive, entry, name, data_limit))
            for name, entry in zip(unique, shown, strict=True)
        ),
    )


def _name(entry: zipfile.ZipInfo) -> str:
    """Return the path of an entry; without a mark of its encoding it may be UTF-8 all the same."""
    name = entry.filename
    if not entry.flag_bits & _UTF8:
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return without_surrogates(name).replace("\\", "/")


def _is_hidden(name: str) -> bool:
    parts = name.split("/")
    return "__MACOSX" in parts or any(p.startswith(".") and p not in (".", "..") for p in parts)


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, data_limit: int) -> bytes:
    if (
        name.startswith("/")
        or _DRIVE.match(name)
        or not {"", ".", ".."}.isdisjoint(name.split("/"))
    ):
        raise UnreadableDocument("its path leads out of the archive", "pack the archive again")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise UnreadableDocument("a link, not a file", "pack the file that it leads to")
    if entry.flag_bits & 1:
        raise UnreadableDocument("encrypted in its archive", "unpack it with its password")
    if entry.file_size > data_limit:
        raise UnreadableDocument(f"larger than {data_limit // 1_000_000} MB", "split it")
    if entry.file_size > max(MAX_RATIO * entry.compress_size, _SMALL_BYTES):
        raise UnreadableDocument("unpacks to far more than a document does, like a zip bomb")
    try:
        return archive.read(entry)
    except NotImplementedError as error:
        raise UnreadableDocument("packed in an unusual way", "pack the archive again") from error
    except Exception as error:  # zipfile's, zlib's and lzma's errors have no common ancestor
        raise UnreadableDocument("damaged in its archive", "pack the archive again") from error

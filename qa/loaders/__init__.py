"""Files into documents: one module per format."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from qa.errors import EmptyCorpus, UnreadableDocument
from qa.loaders.encoding import decode
from qa.loaders.extracted import Extracted
from qa.loaders.html import looks_like_html, read_html
from qa.loaders.markdown import read_markdown
from qa.loaders.text import read_text
from qa.types import Document

__all__ = ["find_files", "load"]

MAX_BYTES = 20_000_000
_MARKDOWN = {".md", ".markdown"}
_HTML = {".html", ".htm", ".xhtml"}
_FOREIGN = {
    b"%PDF-": "PDF",
    b"PK\x03\x04": "a zip archive or an office document",
    b"\xd0\xcf\x11\xe0": "an old office document",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"\x1f\x8b": "a gzip archive",
    b"{\\rtf": "RTF",
    b"\x7fELF": "a program",
}


def find_files(folder: Path) -> list[Path]:
    """Return the regular files below a folder in the order of their posix paths.

    Hidden files and folders are left out, and so are links to what lies outside.
    """
    if not folder.is_dir():
        raise EmptyCorpus(f"{folder} is no folder: create it and put documents into it")
    root = folder.resolve()
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in names:
            path = Path(place, name)
            # realpath: resolve() raises for a link that leads to itself
            if name.startswith(".") or not Path(os.path.realpath(path)).is_relative_to(root):
                continue
            if path.is_file() or path.is_symlink():
                found.append(path)
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def load(path: Path, *, folder: Path) -> Document:
    """Read one file; raise UnreadableDocument with a reason a person understands.

    What the bytes are decides; the suffix only tells Markdown from plain text.
    """
    data = _bytes_of(path)
    for magic, name in _FOREIGN.items():
        if data.startswith(magic):
            raise UnreadableDocument(f"{name}: not read in this version, convert it to text")
    text = decode(data)
    if not text.strip():
        raise UnreadableDocument("empty: nothing to index")
    suffix = path.suffix.lower()
    extracted: Extracted
    if suffix in _HTML or looks_like_html(text):
        extracted = read_html(text)
    elif suffix in _MARKDOWN:
        extracted = read_markdown(text)
    else:
        extracted = read_text(text)
    if not any(block.kind == "body" for block in extracted.blocks):
        raise UnreadableDocument("no running text: nothing that could be quoted")
    document_id = path.relative_to(folder).as_posix()
    return Document(
        id=document_id,
        text=extracted.text,
        sha256=hashlib.sha256(data).hexdigest(),
        title=extracted.title or path.stem,
        date=extracted.date,
        source=(folder / document_id).as_posix(),
        blocks=extracted.blocks,
    )


def _bytes_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UnreadableDocument(f"cannot be read: {error.strerror or error}") from error
    if len(data) > MAX_BYTES:
        raise UnreadableDocument(f"larger than {MAX_BYTES // 1_000_000} MB: split it")
    return data

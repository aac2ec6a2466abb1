"""Read files into documents: one module per format."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from operator import itemgetter
from pathlib import Path, PurePosixPath

from qa.errors import EmptyCorpus, UnreadableDocument
from qa.loaders import parts
from qa.loaders.archive import open_archive, open_zip
from qa.loaders.calendar import looks_like_calendar, read_calendar
from qa.loaders.cards import looks_like_cards, read_cards
from qa.loaders.dates import named_date
from qa.loaders.encoding import decode
from qa.loaders.extracted import Extracted, Inner, TextFull, with_properties
from qa.loaders.foreign import is_message, is_old_workbook, refuse_books, refuse_iwork, refuse_ole
from qa.loaders.hypertext.epub import read_epub
from qa.loaders.hypertext.html import looks_like_html, read_html
from qa.loaders.hypertext.markdown import read_markdown
from qa.loaders.mail import (
    looks_like_mail,
    looks_like_mailbox,
    read_mail,
    read_mailbox,
    read_message,
)
from qa.loaders.ocr import draw_picture, is_picture, read_picture
from qa.loaders.office import read_docx, read_pptx, read_rtf
from qa.loaders.opendocument import is_flat, read_flat, read_opendocument
from qa.loaders.papers.latex import looks_like_latex, read_latex
from qa.loaders.papers.org import read_org
from qa.loaders.pdf import draw_pdf, places_in_pdf, read_pdf
from qa.loaders.plain.text import read_text
from qa.loaders.tables.delimited import looks_delimited, read_csv
from qa.loaders.tables.records import looks_like_json_lines, read_json
from qa.loaders.tables.workbook import read_workbook
from qa.loaders.talk import looks_like_chat, looks_like_subtitles, read_chat, read_subtitles
from qa.loaders.zipped import is_office_document, read_zip
from qa.opening import opened
from qa.text import without_surrogates
from qa.types import Document, ScannedLine

__all__ = ["find_files", "is_drawable", "load", "page_picture", "page_places", "unreadable"]

MAX_BYTES = 20_000_000
# Of PDF and office documents most is pictures, and of mail attachments; texts are read in parts.
MAX_PACKED_BYTES = 200_000_000
# Text that is stored packed has so many characters a byte at most; a cell may be repeated.
MAX_EXPANSION = 20
# Enough to tell what a file is.
_HEAD_BYTES = 1_000_000
# A zip in a zip in a mail in a zip: more are no documents.
MAX_DEPTH = 4
_PDF = b"%PDF-"
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"
_RTF = b"{\\rtf"
_MARKDOWN = {".md", ".markdown"}
_HTML = {".html", ".htm", ".xhtml"}
_LATEX = {".tex", ".ltx", ".latex"}
_CSV = {".csv", ".tsv"}
_JSON = {".json", ".jsonl", ".ndjson", ".ipynb"}
# Recognised by its first bytes and not read: the problem and the remedy.
_FOREIGN = {
    b"GIF8": ("a GIF image", "save it as PNG"),
    b"\x1f\x8b": ("a gzip archive", "unpack it"),
    b"7z\xbc\xaf": ("a 7-Zip archive", "unpack it"),
    b"Rar!\x1a": ("a RAR archive", "unpack it"),
    b"PK\x05\x06": ("an empty zip archive", ""),
    b"\x7fELF": ("a program, not a document", ""),
    b"SQLite format 3\0": ("a database", "save its texts as CSV"),
}


def find_files(folder: Path) -> list[Path]:
    """Return the regular files below a folder, sorted by posix path.

    Hidden files and folders are left out, and so are links that point outside the folder.
    """
    if not folder.is_dir():
        raise EmptyCorpus(f"{folder} is not a folder", "create it and put documents into it")
    root = folder.resolve()
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        inner = Path(place).relative_to(folder).as_posix()
        begin = "" if inner == "." else f"{inner}/"
        for name in names:
            path = Path(place, name)
            if name.startswith(".") or not _is_file_within(path, root):
                continue
            found.append((f"{begin}{name}", path))
    return [path for _, path in sorted(found, key=itemgetter(0))]


def _is_file_within(path: Path, root: Path) -> bool:
    """Return whether a path in the folder ``root`` is a file, or a link to something there."""
    with suppress(OSError):
        if stat.S_ISREG(path.lstat().st_mode):
            return True  # one call of the system, since there may be many files
    # realpath, because resolve() raises for a link to itself
    return path.is_symlink() and Path(os.path.realpath(path)).is_relative_to(root)


@dataclass(frozen=True, slots=True)
class _Source:
    """A file that is open, its path, and its size, time and number, which differ once it does."""

    path: Path
    state: tuple[int, int, int]
    descriptor: int = field(compare=False)


def load(
    path: Path, *, folder: Path, member: Sequence[str] = (), descriptor: int | None = None
) -> Document:
    """Read one file; raise UnreadableDocument with a reason that a person understands.

    ``descriptor`` is that of the file if it is open already; it stays so. ``member`` leads to a
    file inside it: the name of one of its ``members``, then of one of that file's, and so on. The
    format is detected from the content; the suffix only separates Markdown, CSV and JSON from
    plain text. The language is not set here: see :mod:`qa.builder.language`.
    """
    names = tuple(member)
    name = PurePosixPath(names[-1] if names else path.name)
    with _source(path, folder, descriptor) as source:
        cut = None if names else _in_parts(source)
        data = b"" if cut else _bytes_of(source, names)
    extracted, sha256 = cut or (_read(data, name), hashlib.sha256(data).hexdigest())
    if all(block.kind == "furniture" for block in extracted.blocks) and not extracted.members:
        raise UnreadableDocument("no text, nothing that could be quoted")
    document_id = "/".join((path.relative_to(folder).as_posix(), *names))
    title = extracted.title or name.stem
    # Who names a file or a document by a day knows better than the program that saved it.
    dated = extracted.date or named_date(title, name.stem) or extracted.saved
    extracted = with_properties(replace(extracted, date=dated))
    return Document(
        id=document_id,
        # One character for each, so that all offsets stay: JSON can escape half a character.
        text=without_surrogates(extracted.text),
        sha256=sha256,
        title=without_surrogates(title),
        date=extracted.date,
        source=(folder / document_id).as_posix(),
        blocks=extracted.blocks,
        pages=extracted.pages,
        author=without_surrogates(extracted.author),
        notes=tuple(" ".join(without_surrogates(note).split()) for note in extracted.notes),
        members=tuple(inner.member for inner in extracted.members),
        scanned=extracted.scanned,
        left_out=tuple((what, without_surrogates(text)) for what, text in extracted.left_out),
    )


def is_drawable(head: bytes) -> bool:
    """Return whether a file that begins so has pages that can be drawn: a PDF or a picture."""
    return head.startswith(_PDF) or is_picture(head)


def page_picture(
    path: Path,
    *,
    folder: Path,
    page: int,
    sha256: str,
    large: bool = False,
    member: Sequence[str] = (),
    descriptor: int | None = None,
) -> bytes:
    """Return the picture of a page, from 1, of a file or of one inside it, as JPEG.

    ``large`` is to be looked at closely; ``descriptor`` and ``member`` are those of
    :func:`load`. Raises UnreadableDocument, also if the file's hash differs or it has no such page.
    """
    data = _unchanged(path, folder, sha256, member, descriptor)
    draw = draw_pdf if data.startswith(_PDF) else draw_picture
    return draw(data, page - 1, large=large)


def page_places(
    path: Path,
    *,
    folder: Path,
    page: int,
    sha256: str,
    text: str,
    member: Sequence[str] = (),
    descriptor: int | None = None,
) -> tuple[ScannedLine, ...]:
    """Return where on its page, from 1, each word of ``text`` stands, which was read from it.

    Offsets are those of ``text``. Only the text layer of a PDF has places; raises what
    ``page_picture`` does.
    """
    data = _unchanged(path, folder, sha256, member, descriptor)
    return places_in_pdf(data, page - 1, text) if data.startswith(_PDF) else ()


def _unchanged(
    path: Path, folder: Path, sha256: str, member: Sequence[str], descriptor: int | None
) -> bytes:
    with _source(path, folder, descriptor) as source:
        data = _bytes_of(source, tuple(member))
    if hashlib.sha256(data).hexdigest() != sha256:
        raise UnreadableDocument("it has changed", "build again")
    return data


def unreadable(error: OSError) -> UnreadableDocument:
    """Return the error for a file that cannot be opened or read."""
    denied = isinstance(error, PermissionError)
    remedy = "change its permissions" if denied else "build again"
    return UnreadableDocument(f"cannot be read ({error.strerror or error})", remedy)


@contextmanager
def _source(path: Path, folder: Path, descriptor: int | None) -> Iterator[_Source]:
    """Yield a file, which is opened if it is not; raise UnreadableDocument if it cannot be read."""
    try:
        with opened(path, folder) if descriptor is None else nullcontext(descriptor) as number:
            stat = os.fstat(number)
            yield _Source(path, (stat.st_size, stat.st_mtime_ns, stat.st_ino), number)
    except OSError as error:
        raise unreadable(error) from error


def _in_parts(source: _Source) -> tuple[Extracted, str] | None:
    """Return the parts of a large text, and the hash of its bytes; None for a file read whole."""
    if not (large := _large(source)):
        return None
    read = parts.reading_file(source.descriptor)
    members = tuple(parts.inner_of(name, *part, read) for name, part in large.items())
    with os.fdopen(os.dup(source.descriptor), "rb") as file:
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256")
    return Extracted("", (), members=members), digest.hexdigest()


@lru_cache(maxsize=MAX_DEPTH)
def _large(source: _Source) -> Mapping[str, parts.Part]:
    """Return the parts of a large text by name; none of a file that is read whole.

    Nothing of it is kept, and no more than a part read at once.
    """
    size, suffix = source.state[0], source.path.suffix.lower()
    if not parts.is_cut(size, suffix):
        return {}
    read = parts.reading_file(source.descriptor)
    head = read(0, _HEAD_BYTES)
    if parts.is_utf16(head) or _is_packed(head):
        return {}
    if size > _limit(head, suffix):
        raise _too_large(head, suffix)
    _head(head)
    return parts.parts_of(read, size, PurePosixPath(source.path.name))


def _bytes_of(source: _Source, names: tuple[str, ...]) -> bytes:
    """Return the bytes of a file, or of one inside it."""
    if not names:
        return _read_bytes(source)
    if len(names) > MAX_DEPTH:
        raise UnreadableDocument(f"inside more than {MAX_DEPTH} other files", "unpack them")
    if len(names) == 1 and (part := _large(source).get(names[0])):
        header, start, end = part
        return header + parts.reading_file(source.descriptor)(start, end)
    inner = _members(source, names[:-1]).get(names[-1])
    if inner is None:
        raise UnreadableDocument("its file changed while it was read", "build again")
    data = inner.read()
    suffix = PurePosixPath(names[-1]).suffix.lower()
    if len(data) > _limit(data, suffix):
        raise _too_large(data, suffix)
    return data


@lru_cache(maxsize=MAX_DEPTH)
def _members(source: _Source, names: tuple[str, ...]) -> Mapping[str, Inner]:
    """Return the files inside a file by name; those opened last are kept for the next ones."""
    name = PurePosixPath(names[-1] if names else source.path.name)
    found = _read(_bytes_of(source, names), name).members
    return {inner.member.name: inner for inner in found}


def _read(data: bytes, name: PurePosixPath) -> Extracted:
    suffix = name.suffix.lower()
    try:
        if parts.is_cut(len(data), suffix) and not _is_packed(data):
            _head(data)
            return parts.read_parts(data, name)
        return _extract(data, suffix)
    except TextFull as full:
        if full.builder.length > MAX_EXPANSION * len(data):
            problem = "more than 20 million characters of text, far more than its size tells"
            raise UnreadableDocument(problem, "split it") from full
        return full.builder.result_so_far()
    except RecursionError as error:
        raise UnreadableDocument("nested too deeply", "save it as plain text") from error


def _head(data: bytes) -> bytes:
    """Return how a file begins; raise UnreadableDocument if that tells that it is no document."""
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n\0")
    for magic, (problem, remedy) in _FOREIGN.items():
        if head.startswith(magic):
            raise UnreadableDocument(problem, remedy)
    return head


def _extract(data: bytes, suffix: str) -> Extracted:
    head = _head(data)
    if head.startswith(_PDF):
        return read_pdf(data)
    if is_picture(data):
        return read_picture(data)
    if head.startswith(_ZIP):
        return _read_archive(data, suffix)
    if head.startswith(_OLE):
        if is_old_workbook(data):
            return read_workbook(data)
        if is_message(data):
            return read_message(data)
        raise refuse_ole(data)
    refuse_books(data)
    if is_flat(data):
        return read_flat(data)
    if head.startswith(_RTF):
        return read_rtf(data)
    if looks_like_mailbox(data):
        return read_mailbox(data)
    if looks_like_mail(data, suffix):
        return read_mail(data)
    text = decode(data)
    if not text.strip():
        raise UnreadableDocument("empty, nothing to index")
    if looks_like_subtitles(text):
        return read_subtitles(text)
    if looks_like_calendar(text):
        return read_calendar(text)
    if looks_like_cards(text):
        return read_cards(text)
    if suffix in _HTML or looks_like_html(text):
        return read_html(text)
    if text.lstrip().startswith("<?xml"):
        raise UnreadableDocument("an XML file", "save it as a web page or as text")
    if suffix in _JSON or looks_like_json_lines(text):
        return read_json(text)
    if suffix in _CSV:
        return read_csv(text)
    if suffix in _MARKDOWN:
        return read_markdown(text)
    if suffix == ".org":
        return read_org(text)
    if suffix in _LATEX or looks_like_latex(text):
        return read_latex(text)
    if looks_like_chat(text):
        return read_chat(text)
    return read_csv(text) if looks_delimited(text) else read_text(text)


def _read_archive(data: bytes, suffix: str) -> Extracted:
    whole = open_zip(data)
    refuse_iwork(set(whole.namelist()), suffix)
    if not is_office_document(whole.namelist()):
        return read_zip(whole, MAX_PACKED_BYTES)
    with open_archive(data) as archive:
        names = set(archive.namelist())
        if "word/document.xml" in names:
            return read_docx(data, archive)
        if "META-INF/container.xml" in names:
            return read_epub(archive)
        if {"content.xml", "META-INF/manifest.xml"} <= names:
            return read_opendocument(archive)
        if "ppt/presentation.xml" in names:
            return read_pptx(archive)
        if "xl/workbook.xml" in names:
            return read_workbook(data, archive)
        if "xl/workbook.bin" in names:
            return read_workbook(data)
    raise UnreadableDocument("an office document of an unknown kind", "save it as PDF")


def _is_packed(data: bytes) -> bool:
    """Return whether most of a file that begins so may be pictures, attachments or archives."""
    is_packed = data.startswith((_PDF, _ZIP)) or is_picture(data)
    return is_packed or looks_like_mailbox(data) or looks_like_mail(data)


def _limit(data: bytes, suffix: str) -> int:
    """Return how many bytes a file that begins with these may have."""
    return MAX_PACKED_BYTES if parts.has_parts(suffix) or _is_packed(data) else MAX_BYTES


def _too_large(data: bytes, suffix: str) -> UnreadableDocument:
    problem = f"larger than {_limit(data, suffix) // 1_000_000} MB"
    if suffix == ".json":
        return UnreadableDocument(problem, "save it as JSON Lines, which is read in parts")
    return UnreadableDocument(problem, "split it")


def _read_bytes(source: _Source) -> bytes:
    suffix = source.path.suffix.lower()
    with os.fdopen(os.dup(source.descriptor), "rb") as file:
        file.seek(0)
        data = file.read(_HEAD_BYTES)
        limit = _limit(data, suffix)
        size = os.fstat(file.fileno()).st_size
        if size > limit:
            raise _too_large(data, suffix)
        # Not the limit, since as much memory is taken as is asked for.
        data += file.read(max(size - len(data), 0) + 1)
    if len(data) > limit:
        raise _too_large(data, suffix)
    return data

"""Recognise formats that are not read, and say how to convert them."""

from __future__ import annotations

from qa.errors import UnreadableDocument

_CONVERT = "convert it with LibreOffice (`soffice --headless --convert-to {} FILE`) or save it so"
# What an OLE file has in it, by the name of a stream.
_STREAMS = {
    "WordDocument": ("an old Word document (.doc)", _CONVERT.format("docx")),
    "PowerPoint Document": ("an old PowerPoint presentation (.ppt)", _CONVERT.format("pptx")),
    "VisioDocument": ("a Visio drawing", "save it as PDF"),
    "Quill": ("a Publisher document", "save it as PDF"),
}
_IWORK = {
    ".pages": ("a Pages document", "export it from Pages as Word or PDF"),
    ".key": ("a Keynote presentation", "export it from Keynote as PowerPoint or PDF"),
    ".numbers": ("a Numbers spreadsheet", "export it from Numbers as Excel or CSV"),
}
_WORKBOOKS = ("Workbook", "Book")
_MESSAGE = "__properties_version1.0"


def is_old_workbook(data: bytes) -> bool:
    """Return whether an OLE file is a workbook (XLS)."""
    return any(_has_stream(data, name) for name in _WORKBOOKS) and not _is_of(data, _STREAMS)


def is_message(data: bytes) -> bool:
    """Return whether an OLE file is a message of Outlook (MSG)."""
    return _has_stream(data, _MESSAGE)


def refuse_ole(data: bytes) -> UnreadableDocument:
    """Return the error for an OLE file that is not read."""
    if _has_stream(data, "EncryptedPackage"):
        return UnreadableDocument("encrypted document", "save it without its password")
    name = next((name for name in _STREAMS if _has_stream(data, name)), "")
    return UnreadableDocument(
        *_STREAMS.get(name, ("an old office document", "save it as DOCX, XLSX, PPTX or PDF"))
    )


def refuse_iwork(names: set[str], suffix: str) -> None:
    """Raise UnreadableDocument for an archive that a program of Apple's iWork wrote."""
    if any(name.startswith("Index/") or name in ("Index.zip", "index.xml") for name in names):
        if suffix in _IWORK:
            raise UnreadableDocument(*_IWORK[suffix])
        if any(name.endswith(".iwa") for name in names):
            raise UnreadableDocument("an iWork document", "export it as Word, Excel or PDF")


def refuse_books(data: bytes) -> None:
    """Raise UnreadableDocument for electronic books and scans that are not read."""
    if data[60:68] in (b"BOOKMOBI", b"TEXtREAd"):
        raise UnreadableDocument("a Kindle or MOBI book", "convert it to EPUB, as Calibre does")
    if data.startswith(b"AT&TFORM"):
        raise UnreadableDocument("a DjVu scan", "convert it to a PDF with a text layer")
    if data.startswith(b"ITSF"):
        raise UnreadableDocument("a compiled help file (CHM)", "convert it to web pages or EPUB")


def _is_of(data: bytes, names: dict[str, tuple[str, str]]) -> bool:
    return any(_has_stream(data, name) for name in names)


def _has_stream(data: bytes, name: str) -> bool:
    """Return whether the directory of an OLE file names a stream or folder."""
    return f"{name}\0".encode("utf-16-le") in data

"""Read EPUB books, chapter by chapter in reading order.

EbookLib, the usual library, is under the AGPL. A book is a zip of XHTML files and a list of
them, which lxml reads.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from typing import Any
from urllib.parse import unquote

from qa.errors import UnreadableDocument
from qa.loaders.archive import core_properties, parse_xml, read_member
from qa.loaders.dates import find_date
from qa.loaders.described import picture_text
from qa.loaders.encoding import decode
from qa.loaders.extracted import Extracted, TextBuilder
from qa.loaders.hypertext.markup import add_page
from qa.text import counted

_PICTURE = re.compile(r"<(?:\w+:)?(?:img|image)\s[^>]*", re.IGNORECASE)
_DESCRIBED = re.compile(r"""\balt\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_MEDIA = {"application/xhtml+xml", "text/html", "application/x-dtbook+xml"}


def read_epub(archive: zipfile.ZipFile) -> Extracted:
    """Return the chapters in the order of the book's spine, without the table of contents."""
    container = parse_xml(read_member(archive, "META-INF/container.xml"))
    rootfile = None if container is None else container.find(".//{*}rootfile")
    path = "" if rootfile is None else rootfile.get("full-path", "")
    package = parse_xml(read_member(archive, path)) if path else None
    if package is None:
        raise UnreadableDocument("EPUB without a list of its chapters", "save it again")
    builder = TextBuilder()
    pictures = 0
    encrypted = read_member(archive, "META-INF/encryption.xml").decode("utf-8", "replace")
    for name in _chapters(package, posixpath.dirname(path)):
        if f'"{name}"' in unquote(encrypted):
            raise UnreadableDocument("EPUB under copy protection, its text is encrypted")
        data = read_member(archive, name)
        if data.strip():
            page = decode(data)
            pictures += sum(not _is_described(tag) for tag in _PICTURE.findall(page))
            add_page(page, builder, is_page=False)
    if pictures:
        builder.notes.append(f"{counted(pictures, 'picture')} without text")
    stated = core_properties(package.find("{*}metadata"))
    return builder.result(
        title=stated.get("title", "") or builder.first_heading(),
        date=find_date(stated.get("date", "")[:10]),
        author=stated.get("creator", ""),
    )


def _is_described(tag: str) -> bool:
    found = _DESCRIBED.search(tag)
    return found is not None and picture_text(found[1] or found[2]) != ""


def _chapters(package: Any, folder: str) -> list[str]:
    """Return the paths of the chapters in order, without duplicates."""
    items = {item.get("id"): item for item in package.iter("{*}item")}
    paths: dict[str, None] = {}
    for reference in package.iter("{*}itemref"):
        item = items.get(reference.get("idref"))
        if item is None or item.get("media-type") not in _MEDIA:
            continue
        if "nav" in (item.get("properties") or "").split():
            continue
        href = unquote((item.get("href") or "").split("#")[0])
        paths[posixpath.normpath(posixpath.join(folder, href))] = None
    return list(paths)

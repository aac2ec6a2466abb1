"""The list of documents: searched, sorted, and cut into pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from glob import escape
from itertools import groupby

from qa.collections import Entry, Library

PAGE = 100
# The orders, with their names on the page; the first is the one to begin with.
SORTS = {"folder": "Folder and name", "title": "Title", "newest": "Newest first"}
MAX_SEARCH = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a visitor wants to see of the list: words, an order, and a page from 1."""

    search: str = ""
    sort: str = "folder"
    page: int = 1

    @classmethod
    def of(cls, search: str, sort: str, page: int) -> Wanted:
        """Return what was asked for; what is not valid is as at first."""
        return cls(search.strip()[:MAX_SEARCH], sort if sort in SORTS else "folder", max(page, 1))


FIRST = Wanted()


@dataclass(frozen=True, slots=True)
class Row:
    """A document in the list; ``pattern`` chooses it in a question."""

    entry: Entry
    pattern: str


@dataclass(frozen=True, slots=True)
class Group:
    """Documents of one folder; ``pattern`` chooses all in it, also those on other pages.

    The folder is empty for documents beside the folders, and where the order is another.
    """

    folder: str
    pattern: str
    count: int
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the list; ``found`` documents match the search."""

    wanted: Wanted
    found: int
    pages: int
    groups: tuple[Group, ...]


def listing_of(library: Library, wanted: Wanted) -> Listing:
    """Return a page of a library; the last one where there are fewer pages."""
    found = [entry for entry in library.entries if _matches(entry, wanted.search)]
    if wanted.sort == "folder":
        found.sort(key=lambda entry: (_folder(entry).casefold(), _folder(entry), entry.document.id))
    elif wanted.sort == "title":
        found.sort(key=lambda entry: (entry.document.title or entry.document.id).casefold())
    else:
        found.sort(key=lambda entry: entry.document.date, reverse=True)
    pages = max(-(-len(found) // PAGE), 1)
    page = min(wanted.page, pages)
    shown = found[PAGE * (page - 1) : PAGE * page]
    if wanted.sort == "folder":
        groups = [_group(library, name, list(rows)) for name, rows in groupby(shown, key=_folder)]
    else:
        groups = [Group("", "", len(shown), _rows(shown))]
    return Listing(Wanted(wanted.search, wanted.sort, page), len(found), pages, tuple(groups))


def _group(library: Library, folder: str, entries: Sequence[Entry]) -> Group:
    prefix = f"{folder}/"
    count = sum(entry.document.id.startswith(prefix) for entry in library.entries)
    return Group(folder, f"{escape(prefix)}*" if folder else "", count, _rows(entries))


def _rows(entries: Sequence[Entry]) -> tuple[Row, ...]:
    return tuple(Row(entry, escape(entry.document.id)) for entry in entries)


def _folder(entry: Entry) -> str:
    return entry.document.id.rpartition("/")[0]


def _matches(entry: Entry, search: str) -> bool:
    """Return whether each word of a search is in the title, the path or the author."""
    document = entry.document
    text = f"{document.title} {document.id} {document.author}".casefold()
    return all(word in text for word in search.casefold().split())

"""The list of documents as HTML, with what could not be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from qa.index import SkippedFile
from qa.text import counted
from qa.web.controls import button, day
from qa.web.text import verbatim
from qa.web.views import View

LISTED = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """One document in the list; ``copy_of`` names the one whose bytes it has, if any."""

    document_id: str
    title: str
    date: str
    passages: int
    copy_of: str = ""

    @property
    def file(self) -> str:
        """Its path, and that of the same bytes."""
        return (
            f"{self.document_id}, the same as {self.copy_of}" if self.copy_of else self.document_id
        )


@dataclass(frozen=True, slots=True)
class Library:
    """What the open index holds, as the page lists it."""

    folder: str
    entries: tuple[Entry, ...]
    skipped: tuple[SkippedFile, ...]
    built: datetime

    @property
    def summary(self) -> str:
        """How much it is."""
        passages = sum(entry.passages for entry in self.entries)
        return f"{counted(len(self.entries), 'document')}, {counted(passages, 'passage')}"


def library_html(library: Library, *, note: str = "", failed: bool = False) -> str:
    """Return the list of documents; ``note`` says what a rebuild has changed, or why it failed."""
    entries = library.entries[:LISTED]
    listed = Markup("").join(
        Markup("<li>{}</li>").format(
            button(
                View("document", document_id=entry.document_id),
                Markup(
                    '<span class="title">{}</span><span class="file">{}</span>'
                    '<span class="day">{}</span>'
                ).format(verbatim(entry.title), entry.file, day(entry.date)),
                style="entry",
            )
        )
        for entry in entries
    )
    return Markup(
        '<section class="library">{}<h2>Documents</h2><p class="facts"><span>{}</span>'
        '<span>{}</span></p><ul class="entries">{}</ul>{}{}</section>'
    ).format(
        _banner(note, failed) if note else "",
        library.folder,
        f"indexed {library.built.day} {library.built:%B %Y, %H:%M}",
        listed,
        _more(len(library.entries) - len(entries)),
        _skipped(library.skipped),
    )


def _banner(note: str, failed: bool) -> Markup:
    words = Markup('<p class="banner {}" role="{}">{}</p>')
    return words.format(*(("failed", "alert") if failed else ("done", "status")), note)


def _more(count: int) -> Markup:
    if count <= 0:
        return Markup("")
    return Markup('<p class="footnote">and {} more</p>').format(counted(count, "document"))


def _skipped(files: Sequence[SkippedFile]) -> Markup:
    if not files:
        return Markup("")
    lines = Markup("").join(
        Markup('<li><span class="file">{}</span> {}</li>').format(file.path, file.reason)
        for file in files[:LISTED]
    )
    return Markup("<h3>Not read</h3><ul class='skipped'>{}</ul>").format(lines)

"""Document text as HTML: escaped, never altered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from markupsafe import Markup, escape

from qa.types import Document

# A browser takes its time over millions of characters: beyond this, the text is
# shown from this far before the place to this far after it.
MARGIN = 100_000
EXCERPT = 240

Mark = tuple[int, int, str]


def verbatim(text: str) -> Markup:
    """Return text as HTML that a browser gives back letter by letter."""
    # A parser reads a bare carriage return as a line feed.
    return Markup(str(escape(text)).replace("\r", "&#13;"))


def marked_text(document: Document, marks: Iterable[Mark]) -> Markup:
    """Return a document's text with stretches marked; its text content is the text shown.

    A mark is ``(start, end, kind)``, offsets in the document, and marks may
    overlap. "answer" and "also" become ``<mark>``; "passage" tints. Far longer
    texts are cut around the first mark, and say so.
    """
    marks = [mark for mark in marks if mark[0] < mark[1]]
    length = len(document.text)
    focus = marks[0][0] if marks else 0
    begin, finish = max(focus - MARGIN, 0), min(focus + MARGIN, length)
    spans = [*marks, *((b.start, b.end, b.kind) for b in document.blocks if b.kind != "body")]
    clipped = [(max(s, begin), min(e, finish), k) for s, e, k in spans if s < finish and e > begin]
    pieces = _pieces(document.text, begin, finish, clipped)
    before, after = _left_out(begin, "before"), _left_out(length - finish, "after")
    return Markup("{}{}{}").format(before, Markup("").join(pieces), after)


def excerpt(text: str, start: int, end: int) -> tuple[str, str]:
    """Return the words around a stretch, before and after it, within its paragraph.

    Too many are cut at white space, and an ellipsis stands where they were.
    """
    before, after = text[:start].rpartition("\n\n")[2], text[end:].partition("\n\n")[0]
    room = max(EXCERPT - (end - start), EXCERPT // 3)
    if len(before) > room // 3:
        before = "… " + before[-(room // 3) :].partition(" ")[2]
    if len(after) > room - len(before):
        after = after[: room - len(before)].rpartition(" ")[0] + " …"
    return before, after


def _pieces(text: str, begin: int, finish: int, spans: list[Mark]) -> Iterable[Markup]:
    """Yield the text cut at every edge, each piece with the kinds that cover it."""
    opening: dict[int, list[str]] = {}
    closing: dict[int, list[str]] = {}
    for start, end, kind in spans:
        opening.setdefault(start, []).append(kind)
        closing.setdefault(end, []).append(kind)
    last = max((end for _, end, kind in spans if kind == "answer"), default=-1)
    kinds: Counter[str] = Counter()
    for start, end in pairwise(sorted({begin, finish, *opening, *closing})):
        kinds.subtract(closing.get(start, ()))
        kinds.update(opening.get(start, ()))
        names = [kind for kind, count in kinds.items() if count > 0]
        piece = verbatim(text[start:end])
        if not names:
            yield piece
            continue
        tag = "mark" if "answer" in names or "also" in names else "span"
        if "answer" in names and end == last:
            names.append("last")  # carries the label
        yield Markup('<{0} class="{1}">{2}</{0}>').format(tag, " ".join(names), piece)


def _left_out(count: int, where: str) -> Markup:
    if count <= 0:
        return Markup("")
    words = Markup('<span class="left-out">{:,} more character{} {}</span>')
    return words.format(count, "" if count == 1 else "s", where)

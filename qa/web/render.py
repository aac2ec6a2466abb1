"""The HTML of the page's panes, from ``templates/``.

Jinja escapes every value. Text of documents, questions and file names reaches a template
only as a value, so a browser gives it back letter by letter and none of it can run.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from qa.answers.cells import Cell
from qa.answers.excerpts import excerpt, opening
from qa.answers.sections import position_of
from qa.collections import Library
from qa.collections.holdings import Changing
from qa.text import UNSEEN, counted, listed, normalize, sentence
from qa.types import Answer, Document, Passage, Place
from qa.viewer import Mark, Window, groups_of, window_at, windows_of, written_marks
from qa.web import wording
from qa.web.listing import FIRST, MAX_SEARCH, SORTS, Wanted, listing_of
from qa.web.views import NO_VOTES, Turn, View, places_of

# Questions about the documents that come with Verbatim, each with the one that answers it.
EXAMPLES = (
    ("Who received the car?", "gift-of-an-aurus.txt"),
    ("Which agency reported the gift?", "gift-of-an-aurus.txt"),
    ("How much did the car cost?", "gift-of-an-aurus.txt"),
    ("Where do I put my documents?", "verbatim-user-guide.md"),
)
CLOSEST = 3  # passages shown with "not found"
LISTED = 500  # files that were not read, in the list
REMOVED_LISTED = 50
STRICTEST = 99  # per cent; at 100 nothing would be answered

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.globals.update(View=View, excerpt=excerpt, opening=opening, places_of=places_of)
_ENVIRONMENT.globals.update(told=wording.told, GONE=wording.GONE)
_ENVIRONMENT.globals.update(NOT_SEARCHED=wording.NOT_SEARCHED, BEST_GUESS=wording.BEST_GUESS)
_ENVIRONMENT.filters.update(
    counted=counted,
    day=wording.day,
    duration=wording.duration,
    language=wording.language,
    likelihood=wording.likelihood,
    listed=listed,
    percentage=wording.percentage,
    sentence=sentence,
    spread=wording.spread,
    where=wording.where,
)

# A tag, with what an attribute of it may contain; and what contains no tags.
_TAGS = re.compile(
    r"""(<(?:style|script|title|textarea|option)\b[^>]*>[^<]*|<[a-z/!](?:[^>"']|"[^"]*"|'[^']*')*>)""",
    re.IGNORECASE,
)
_Cited = TypeVar("_Cited", Passage, Place)


def render(template: str, **values: object) -> str:
    """Return a template filled with values, each of them escaped."""
    html = _ENVIRONMENT.get_template(template).render(values)
    if UNSEEN.search(html):
        html = _signed(html)
    # A parser reads a bare carriage return as a line feed. The templates have none: all are text.
    return html.replace("\r", "&#13;")


def prepare() -> None:
    """Read what the first visitor would wait for: the templates, and the names of languages."""
    for name in _ENVIRONMENT.list_templates():
        _ENVIRONMENT.get_template(name)
    wording.language("en")


def _signed(html: str) -> str:
    """Return HTML in which each unseen character of a text is marked, and reorders nothing else.

    It stays where it is, so that what is copied is what the document says; its name is drawn
    by the style sheet. Names of attributes and their values are left as they are.
    """
    return "".join(
        part if part.startswith("<") else UNSEEN.sub(_sign, part) for part in _TAGS.split(html)
    )


def _sign(found: re.Match[str]) -> str:
    return f'<span class="sign" data-sign="U+{ord(found[0]):04X}">{found[0]}</span>'


def conversation_html(
    turns: Sequence[Turn],
    current: View,
    *,
    document_ids: Iterable[str],
    examples: Sequence[str] = (),
    title: Callable[[str], str],
    section: Callable[[Place], str] = lambda place: "",
    headings: Callable[[Passage], Sequence[tuple[int, int]]] = lambda passage: (),
    cells: Callable[[Place], Sequence[Cell]] = lambda place: (),
    votes: Mapping[str, bool] = NO_VOTES,
    collections: Collection[str] = (),
    is_outdated: Callable[[str], bool] = lambda document_id: True,
    is_gone: Callable[[str], bool] = lambda document_id: False,
    can_mend: bool = True,
    for_owner: bool = True,
) -> str:
    """Return the whole conversation; ``title`` gives the title of a document by its id.

    ``section`` gives the headings above a place, ``headings`` the offsets of those in a passage,
    ``cells`` those of the row of a table that a place is in.

    ``votes`` are those given, by the ids of :meth:`Turn.vote_id`. ``collections`` are the names
    with which ids of documents begin; of several, that of each place is shown. ``is_outdated`` is
    whether a document is to be read again, as far as it is known, ``is_gone`` whether it is indexed
    no longer, and ``can_mend`` whether the visitor may ask for that. ``for_owner`` is whether they
    are at the machine that serves the page.
    """

    def collection_of(document_id: str) -> str:
        return document_id.partition("/")[0] if len(collections) > 1 else ""

    def cited(items: Iterable[_Cited]) -> list[tuple[_Cited, str, str]]:
        """Return each item with its document's title, and what tells it from the others.

        That is its file where others share the title, and its offsets where others are in the same
        document and neither page nor section is known.
        """
        items = list(items)
        documents = Counter(item.document_id for item in items)
        titles = Counter(map(title, documents))

        def told_apart(item: _Cited, shown: str) -> str:
            file = item.document_id if titles[shown] > 1 else ""
            spot = ""
            if isinstance(item, Place) and documents[item.document_id] > 1:
                spot = "" if wording.where(item, section(item)) else wording.offsets(item)
            return ", ".join(filter(None, (file, spot)))

        named = [(item, title(item.document_id)) for item in items]
        return [(item, shown, told_apart(item, shown)) for item, shown in named]

    def still_there(places: Iterable[Place]) -> list[Place]:
        return [place for place in places if not is_gone(place.document_id)]

    def is_behind(left_out: Iterable[str]) -> bool:
        return any(each in known and is_outdated(each) for each in left_out)

    known = set(document_ids)
    return render(
        "conversation.html",
        turns=turns,
        current=current,
        votes=votes,
        cited=cited,
        collection_of=collection_of,
        collections=collections,
        is_behind=is_behind,
        is_gone=is_gone,
        still_there=still_there,
        can_mend=can_mend,
        for_owner=for_owner,
        section=section,
        headings=headings,
        cells=cells,
        closest=CLOSEST,
        examples=[question for question, document_id in EXAMPLES if document_id in known]
        or examples,
    )


def evidence_html(
    turns: Sequence[Turn],
    view: View,
    *,
    document: Callable[[str], Document],
    is_outdated: Callable[[str], bool] = lambda document_id: False,
    is_drawable: Callable[[Document], bool] = lambda document: False,
    windows: Callable[[Document], Sequence[Window]] = windows_of,
    votes: Mapping[str, bool] = NO_VOTES,
    for_owner: bool = True,
) -> str:
    """Return a document with the quoted words marked; ``document`` finds one by its id.

    ``is_outdated`` is whether its file is another now than when it was indexed.
    ``is_drawable`` is whether its pages can be drawn: the browser asks for them, and for the
    ``windows`` of the text other than that of the first mark. ``votes`` are those given, by the
    ids of :meth:`Turn.vote_id`. ``for_owner`` is that of :func:`conversation_html`.

    A document that a rebuild has removed is said to be gone. Raises KeyError for a view of
    something that does not exist: an address comes from the browser.
    """

    def whereabouts(other: Place) -> str:
        """Return the document of another place of the answer, and where in it, if it is there."""
        try:
            spot = wording.where(other, position_of(document(other.document_id), other.start))
        except KeyError:
            return f"{other.document_id}, {wording.GONE}"
        ids = [each.document_id for each in places_of(found[0])] if found else []
        if not spot and ids.count(other.document_id) > 1:
            spot = wording.offsets(other)
        return ", ".join(filter(None, (other.document_id, spot)))

    def sheet(
        shown: Document, marks: Iterable[Mark] = (), *, place: Place | None = None, **more: object
    ) -> str:
        """Return a document's text under its title; what belongs to an answer comes with one."""
        marks = [mark for mark in marks if mark[0] < mark[1]]
        parts = windows(shown)
        first = window_at(parts, marks[0][0]) if marks else 0
        return render(
            "evidence.html",
            document=shown,
            windows=parts,
            first=first,
            groups=groups_of(shown, parts[first], marks),
            marks=written_marks(marks),
            page=(shown.page_at(marks[0][0]) if marks else None) or 1,
            is_drawable=is_drawable(shown),
            view=view,
            place=place,
            for_owner=for_owner,
            section=position_of(shown, place.start) if place else "",
            whereabouts=whereabouts,
            **{"answer": None, "note": "", "outdated": is_outdated(shown.id), **more},
        )

    found, hit = view.answer(turns), view.hit(turns)
    named = found[1] if found else hit.passage if hit else view
    if found is None and hit is None and view.kind not in ("document", "linked"):
        raise KeyError(view.address)
    try:
        shown = document(named.document_id)
    except KeyError:
        return render("gone.html", view=view, place=named)
    if found is not None:
        answer, place = found
        # Another place may write the same answer differently: its own words are quoted.
        words = shown.text[place.start : place.end]
        if (
            words != answer.text or _around(shown, answer) != answer.passage.text
            if place == answer.place
            else normalize(words) != normalize(answer.text)
        ):
            return sheet(shown, note="changed", outdated=False)
        marks = [(place.start, place.end, "answer")]
        if place == answer.place:
            marks.append((answer.passage.start, answer.passage.end, "passage"))
        marks += [
            (other.start, other.end, "also")
            for other in places_of(answer)
            if other != place and other.document_id == place.document_id
        ]
        turn = turns[view.turn]
        return sheet(
            shown,
            marks,
            place=place,
            answer=answer,
            words=words,
            candidates=turn.answers,
            is_possible=turn.is_possible,
            is_guess=turn.best_guess,
            vote=votes.get(turn.vote_id(view.item)),
        )
    if hit is not None:
        passage = hit.passage
        if shown.text[passage.start : passage.end] != passage.text:
            return sheet(shown, note="changed", outdated=False)
        page = shown.page_at(passage.start)
        place = Place(shown.id, passage.start, passage.end, shown.source, page=page)
        marks = [(passage.start, passage.end, "passage")]
        return sheet(shown, marks, place=place, note="close")
    if view.kind == "document":
        return sheet(shown)
    if not view.start < view.end <= len(shown.text):
        return sheet(shown, note="outside")
    place = Place(shown.id, view.start, view.end, shown.source, page=shown.page_at(view.start))
    marks = [(view.start, view.end, "passage")]
    return sheet(shown, marks, place=place, note="linked")


def library_html(
    library: Library,
    wanted: Wanted = FIRST,
    *,
    files: Changing | None = None,
    building: bool = False,
    for_owner: bool = True,
) -> str:
    """Return a page of the list of documents.

    ``files`` are those that the visitor may change, None where they may not. ``building`` says
    that documents are being read, so that an empty list is not taken for an empty folder.
    ``for_owner`` is that of :func:`conversation_html`.
    """
    return render(
        "library.html",
        library=library,
        listing=listing_of(library, wanted),
        sorts=SORTS,
        removed=files.removed()[:REMOVED_LISTED] if files else [],
        can_change=files is not None,
        building=building,
        for_owner=for_owner,
        unread_listed=LISTED,
        most_searched=MAX_SEARCH,
    )


def strictness_html(strict: float) -> str:
    """Return the slider at a share of unanswerable questions refused, 0 to 1."""
    refused = min(int(100 * strict + 1e-9), STRICTEST)  # rounded down: it is a promise
    return render("strictness.html", refused=refused, strictest=STRICTEST)


def _around(document: Document, answer: Answer) -> str:
    """Return what the document says now where the passage of an answer was."""
    return document.text[answer.passage.start : answer.passage.end]

"""The evidence as HTML: a document with the quoted words marked where they stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from markupsafe import Markup

from qa.text import normalize
from qa.types import Answer, Document, Place
from qa.web.controls import button, chance, day, quotation, thumbs, where
from qa.web.text import Mark, marked_text, verbatim
from qa.web.views import NO_VOTES, Turn, View, places_of

Lookup = Callable[[str], Document]

LIBRARY = button(View(), "All documents", style="quiet")


def evidence_html(
    turns: Sequence[Turn], view: View, *, document: Lookup, votes: Mapping[str, bool] = NO_VOTES
) -> str:
    """Return what a view shows; ``document`` finds a document by its id.

    ``votes`` holds those given, by the ids of :meth:`Turn.vote_id`.

    Raises KeyError for a view of something that is not there: an address comes
    from the browser, and a document may have gone with a rebuild.
    """
    if (found := view.answer(turns)) is not None:
        return _answer(turns, view, *found, document, votes)
    if (hit := view.hit(turns)) is not None:
        passage = hit.passage
        shown = document(passage.document_id)
        if shown.text[passage.start : passage.end] != passage.text:
            return _changed(shown)
        note = Markup(
            '<p class="banner">Not an answer: the shaded passage is only near to the question.</p>'
        )
        place = Place(shown.id, passage.start, passage.end, shown.source)
        marks = [(passage.start, passage.end, "passage")]
        return _sheet(note, shown, place, marks)
    if view.kind == "document":
        return _sheet(Markup(""), document(view.document_id), None, ())
    raise KeyError(view.address)


def _answer(
    turns: Sequence[Turn],
    view: View,
    answer: Answer,
    place: Place,
    document: Lookup,
    votes: Mapping[str, bool],
) -> Markup:
    shown = document(place.document_id)
    # Another place may write the same answer in another way: what stands there is quoted.
    words = shown.text[place.start : place.end]
    if words != answer.text and (
        place == answer.place or normalize(words) != normalize(answer.text)
    ):
        return _changed(shown)
    places = places_of(answer)
    marks: list[Mark] = [(place.start, place.end, "answer")]
    if place == answer.place:
        marks.append((answer.passage.start, answer.passage.end, "passage"))
    marks += [
        (other.start, other.end, "also")
        for other in places
        if other != place and other.document_id == place.document_id
    ]
    turn = turns[view.turn]
    prediction, good = turn.prediction, votes.get(turn.vote_id(view.item))
    head = Markup('<p class="claim"><span class="quote">{}</span>{}{}</p>{}{}').format(
        quotation(words),
        chance(answer.probability),
        # The first answer has its thumbs in the conversation.
        thumbs(view.turn, view.item, good, what="This answer") if view.item else "",
        _places(places, view),
        _candidates(prediction.answers if prediction else (), view),
    )
    return _sheet(head, shown, place, marks)


def _places(places: Sequence[Place], view: View) -> Markup:
    """Return buttons to the other places that say the answer."""
    return _row(
        "Also said at",
        (
            button(
                view.moved(place=position), f"{place.document_id}, {where(place)}", style="place"
            )
            for position, place in enumerate(places)
            if position != view.place
        ),
    )


def _candidates(answers: Sequence[Answer], view: View) -> Markup:
    """Return buttons to the other answers."""
    return _row(
        "Other candidates",
        (
            button(
                view.moved(item=position),
                Markup("<span>“{}”</span>{}").format(
                    verbatim(answer.text), chance(answer.probability, bar=False)
                ),
                style="candidate",
            )
            for position, answer in enumerate(answers)
            if position != view.item
        ),
    )


def _sheet(head: Markup, document: Document, place: Place | None, marks: Iterable[Mark]) -> Markup:
    facts = [day(document.date), document.source, where(place) if place else ""]
    return Markup(
        '<section class="sheet"><header><div class="top"><h2>{}</h2>{}</div>'
        '<p class="facts">{}</p>{}</header>'
        '<div class="document" tabindex="0" role="region" aria-label="Document text">{}</div>'
        "</section>"
    ).format(
        verbatim(document.title),
        LIBRARY,
        Markup("").join(Markup("<span>{}</span>").format(fact) for fact in facts if fact),
        head,
        marked_text(document, marks),
    )


def _changed(document: Document) -> Markup:
    note = Markup(
        '<p class="banner">This document has changed since the question was asked. '
        "Ask again to see what it says now.</p>"
    )
    return _sheet(note, document, None, ())


def _row(label: str, buttons: Iterable[Markup]) -> Markup:
    content = Markup("").join(buttons)
    if not content:
        return Markup("")
    return Markup('<div class="row"><span class="label">{}</span>{}</div>').format(label, content)

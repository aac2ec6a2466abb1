"""The conversation as HTML: questions, quotations, and the ways to their evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from markupsafe import Markup

from qa.text import counted, listed
from qa.types import Prediction
from qa.web.controls import ask_button, button, chance, quotation, thumbs, where
from qa.web.text import excerpt, verbatim
from qa.web.views import NO_VOTES, Turn, View, places_of

# Questions about the documents that come with Verbatim, each with the one that answers it.
EXAMPLES = (
    ("Who received the car?", "gift-of-an-aurus.txt"),
    ("Which agency reported the gift?", "gift-of-an-aurus.txt"),
    ("How much did the car cost?", "gift-of-an-aurus.txt"),
    ("Where do I put my documents?", "verbatim-user-guide.md"),
)
# Of a question of more characters or lines only the first lines are seen: the answer is to be near.
LONG = 400
LINES = 4  # as in style.css
WHOLE = Markup(
    '<button type="button" class="quiet whole" aria-expanded="false">Whole question</button>'
)
NEAREST = 3

Title = Callable[[str], str]


def conversation_html(
    turns: Sequence[Turn],
    current: View,
    *,
    document_ids: Sequence[str],
    title: Title,
    votes: Mapping[str, bool] = NO_VOTES,
) -> str:
    """Return the whole conversation; ``title`` gives the title of a document by its id.

    ``votes`` holds those given, by the ids of :meth:`Turn.vote_id`.
    """
    if not turns:
        return _welcome(document_ids)
    parts = [
        _turn(number, turn, current, title, votes.get(turn.vote_id(0)))
        for number, turn in enumerate(turns)
    ]
    return Markup('<div class="turns" role="log" aria-label="Conversation">{}</div>').format(
        Markup("").join(parts)
    )


def _welcome(document_ids: Sequence[str]) -> Markup:
    known = set(document_ids)
    examples = [
        ask_button(question, question, style="example")
        for question, document_id in EXAMPLES
        if document_id in known
    ]
    heading = Markup('<p class="try">For instance</p>') if examples else ""
    return Markup(
        '<div class="welcome"><h2>Ask your documents.</h2>'
        "<p>The answer is a quotation, shown where it stands. "
        "If the documents do not say, you are told so.</p>"
        '{}<div class="examples">{}</div></div>'
    ).format(heading, Markup("").join(examples))


def _turn(number: int, turn: Turn, current: View, title: Title, good: bool | None) -> Markup:
    if turn.trouble:
        reply = Markup('<p class="trouble">{}</p>').format(verbatim(turn.trouble))
    elif turn.prediction is None:
        reply = Markup('<p class="pending">Reading the documents …</p>')
    elif turn.prediction.found:
        voting = thumbs(number, 0, good, what="This answer")
        reply = _found(number, turn, turn.prediction, current, title, voting)
    else:
        voting = thumbs(number, 0, good, what="“Not found”")
        reply = _not_found(number, turn.prediction, current, title, voting)
    return Markup(
        '<article class="turn"><h3 class="question"><span class="unseen">Question: </span>'
        '<span class="asked">{}</span></h3>{}<div class="reply">{}</div></article>'
    ).format(
        verbatim(turn.question),
        WHOLE if len(turn.question) > LONG or turn.question.count("\n") >= LINES else "",
        reply,
    )


def _found(
    number: int,
    turn: Turn,
    prediction: Prediction,
    current: View,
    title: Title,
    voting: Markup,
) -> Markup:
    answer = prediction.answers[0]
    offset = answer.passage.start
    before, after = excerpt(answer.passage.text, answer.start - offset, answer.end - offset)
    places = places_of(answer)
    names = _names([place.document_id for place in places], title)
    citations = [
        button(
            View("answer", number, 0, position),
            Markup('<span class="number">{}</span>{}').format(
                position + 1,
                _source(
                    title(place.document_id), f"{name}, {where(place)}" if name else where(place)
                ),
            ),
            style="citation",
            current=current,
        )
        for position, (place, name) in enumerate(zip(places, names, strict=True))
    ]
    return Markup(
        '{}<blockquote class="quote">{}</blockquote>'
        '<p class="context">{}<b>{}</b>{}</p>'
        '<p class="reckoning">{}{}{}</p><div class="citations">{}</div>{}'
    ).format(
        Markup(
            '<p class="caution">The best guess. It is less certain than an answer has to be.</p>'
        )
        if turn.best_guess
        else "",
        quotation(answer.text),
        verbatim(before),
        verbatim(answer.text),
        verbatim(after),
        chance(answer.probability),
        _copy(answer.text, answer.source),
        voting,
        Markup("").join(citations),
        _footnote(prediction),
    )


def _not_found(
    number: int, prediction: Prediction, current: View, title: Title, voting: Markup
) -> Markup:
    passages = [hit.passage for hit in prediction.passages[:NEAREST]]
    names = _names([passage.document_id for passage in passages], title)
    nearest = [
        button(
            View("passage", number, position),
            Markup('{}<span class="snippet">{}</span>').format(
                _source(title(passage.document_id), name),
                verbatim("".join(excerpt(passage.text, 0, 0))),
            ),
            style="nearest",
            current=current,
        )
        for position, (passage, name) in enumerate(zip(passages, names, strict=True))
    ]
    listed = Markup(
        "<p>The nearest passages. None of them is an answer:</p>"
        '<div class="passages">{}</div><div class="citations">{}</div>'
    ).format(
        Markup("").join(nearest),
        ask_button(
            prediction.question, "Show the best guess all the same", style="quiet", guess=True
        ),
    )
    return Markup('<p class="verdict">Not found in these documents.</p>{}{}{}').format(
        voting, listed if nearest else "", _footnote(prediction)
    )


def _names(document_ids: Sequence[str], title: Title) -> list[str]:
    """Return for each document its id where another one has its title, else nothing."""
    titles = Counter(title(document_id) for document_id in set(document_ids))
    return [name if titles[title(name)] > 1 else "" for name in document_ids]


def _source(title: str, place: str) -> Markup:
    return Markup(
        '<span class="source"><span class="title">{}</span><span class="place-in">{}</span></span>'
    ).format(verbatim(title), verbatim(place))


def _copy(text: str, source: str) -> Markup:
    words = Markup(
        '<button type="button" class="quiet" data-copy="“{}” ({})">Copy with source</button>'
    )
    return words.format(verbatim(text), source)


def _footnote(prediction: Prediction) -> Markup:
    milliseconds = prediction.timings_ms.get("total", 0.0)
    read = counted(prediction.passages_read, "passage")
    if prediction.passages_read < len(prediction.passages):
        read = f"{prediction.passages_read:,} of {counted(len(prediction.passages), 'passage')}"
    words = f"{read} read in {milliseconds:,.0f} ms"
    if prediction.asked_otherwise:
        words += f", asked “{prediction.resolved_question}”"
    if prediction.outdated:
        words += ". Left out, changed or gone since the index was built: "
        words += listed(prediction.outdated)
        words += ". Rebuild to bring the index up to date"
    return Markup('<p class="footnote">{}.</p>').format(verbatim(words))

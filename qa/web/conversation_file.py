"""A conversation as a file: Markdown, HTML, or JSON that ``qa verify --answer`` checks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from qa.answers.sections import position_of
from qa.answers.serialize import prediction_to_dict
from qa.text import UNSEEN, json_literal, listed, printable
from qa.types import Answer, Document, Place, Prediction
from qa.web import wording
from qa.web.links import link_to
from qa.web.render import render
from qa.web.views import Turn, places_of

TYPES = {"json": "application/json", "md": "text/markdown", "html": "text/html"}
# What Markdown would read as its own: anywhere, and at the beginning of a line.
_SIGNS = re.compile(r"[\\`*_{}\[\]<>#|~&$]")
_BEGINNINGS = re.compile(r"^(\s*\d*)([-+=.)])", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Quotation:
    """A place of an answer, as it is written in a file.

    ``text`` are the document's words there, ``section`` the headings above it and its cell,
    ``link`` is its address on the page, empty where that is not known.
    """

    place: Place
    text: str
    title: str
    section: str
    probability: float
    link: str = ""

    @property
    def where(self) -> str:
        """The document, the place in it, and the document's date."""
        page = f"page {self.place.page}" if self.place.page else ""
        parts = (self.title, self.section, page, wording.day(self.place.date))
        return ", ".join(filter(None, parts))


@dataclass(frozen=True, slots=True)
class Answered:
    """A turn as it is written in a file.

    ``remarks`` are what limits its result: the documents that were asked, and those that were not
    searched. ``sides`` are what documents say that disagree, and ``told`` what they tell of one
    another.
    """

    question: str
    remarks: tuple[str, ...]
    quotations: tuple[Quotation, ...]
    told: str = ""
    sides: tuple[Quotation, ...] = ()


def conversation_file(
    turns: Sequence[Turn],
    form: str,
    *,
    document: Callable[[str], Document],
    collections: Collection[str] = (),
    home: str = "",
) -> str:
    """Return the answered turns of a conversation in a form of ``TYPES``; KeyError for another.

    Every quotation has its offsets and the hash of its file. ``document`` finds a document by
    its id, for the headings above a quotation; ``collections`` are the names with which ids begin.
    ``home`` is the address of the page, to which quotations are linked; empty for no links.
    """
    found = [(turn, turn.prediction) for turn in turns if turn.prediction is not None]
    if form == "json":
        asked = [_saved(turn, prediction) for turn, prediction in found]
        content = {"version": version("verbatim-qa"), "conversation": asked}
        return json_literal(json.dumps(content, ensure_ascii=False, indent=2)) + "\n"
    answered = [_answered(*each, document, collections, home) for each in found]
    if form == "md":
        return _markdown(answered)
    if form == "html":
        return render("conversation_file.html", answered=answered)
    raise KeyError(form)


def _saved(turn: Turn, prediction: Prediction) -> dict[str, Any]:
    """Return a turn as JSON: its prediction, and how it was asked where not of all documents."""
    asked = {"only": list(turn.only)} if turn.only else {}
    guessed = {"best_guess": True} if turn.best_guess else {}
    return {**prediction_to_dict(prediction), **asked, **guessed}


def _answered(
    turn: Turn,
    prediction: Prediction,
    document: Callable[[str], Document],
    collections: Collection[str],
    home: str,
) -> Answered:
    quotations = _quotations(turn.answers, document, home)
    remarks = [
        f"Only in {turn.asked_only(collections)}." if turn.only else "",
        f"Asked as: {prediction.asked_as}" if prediction.asked_otherwise else "",
        f"{wording.NOT_SEARCHED}: {listed(prediction.outdated)}." if prediction.outdated else "",
        "" if quotations else "Not found in these documents.",
        "Possibly here, and not certain enough for an answer:" if turn.is_possible else "",
        wording.BEST_GUESS if turn.best_guess else "",
    ]
    apart = prediction.disagreement
    return Answered(
        turn.question,
        tuple(filter(None, remarks)),
        tuple(quotations),
        wording.told(apart) if apart else "",
        tuple(_quotations(apart.answers, document, home)) if apart else (),
    )


def _quotations(
    answers: Iterable[Answer], document: Callable[[str], Document], home: str
) -> list[Quotation]:
    found = []
    for answer in answers:
        for place in places_of(answer):
            try:
                section = position_of(document(place.document_id), place.start)
            except KeyError:  # no longer indexed
                section = ""
            title = place.title or place.document_id
            text = place.text or answer.text
            link = link_to(home, place, text) if home else ""
            found.append(Quotation(place, text, title, section, answer.probability, link))
    return found


def _markdown(answered: Iterable[Answered]) -> str:
    lines = ["# Questions and answers", ""]
    for turn in answered:
        lines += [f"## {_escaped(' '.join(turn.question.split()))}", ""]
        for remark in turn.remarks:
            lines += [_escaped(" ".join(remark.split())), ""]
        for each in turn.quotations:
            lines += _quoted(each)
        if turn.sides:
            lines += ["### Your documents disagree", "", _escaped(turn.told), ""]
        for each in turn.sides:
            lines += _quoted(each)
    return "\n".join(lines)


def _quoted(each: Quotation) -> list[str]:
    """Return a quotation and its source as lines of Markdown."""
    place = each.place
    return [
        *(f"> {line}".rstrip() for line in _escaped(each.text).splitlines() or [""]),
        "",
        f"[{_escaped(each.where)}](<{each.link}>)  " if each.link else f"{_escaped(each.where)}  ",
        f"`{_code(place.document_id)}:{place.start}-{place.end}`  ",
        f"SHA-256 `{place.sha256}`, probability {each.probability:.2f}",
        "",
    ]


def _escaped(text: str) -> str:
    return _BEGINNINGS.sub(r"\1\\\2", _SIGNS.sub(r"\\\g<0>", _named(text)))


def _named(text: str) -> str:
    """Return a text with the names of its unseen characters in their place."""
    return UNSEEN.sub(lambda sign: f"[U+{ord(sign[0]):04X}]", text)


def _code(text: str) -> str:
    return printable(text).replace("`", "'")

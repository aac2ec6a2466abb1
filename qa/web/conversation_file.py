"""A conversation as a file: Markdown, HTML, or JSON that ``qa verify --answer`` checks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from qa.answers.sections import position_of
from qa.answers.serialize import prediction_to_dict
from qa.text import UNSEEN, json_literal, printable
from qa.types import Answer, Document, Place
from qa.web.render import render
from qa.web.views import Turn, places_of

TYPES = {"json": "application/json", "md": "text/markdown", "html": "text/html"}
# What Markdown would read as its own: anywhere, and at the beginning of a line.
_SIGNS = re.compile(r"[\\`*_{}\[\]<>#|~&$]")
_BEGINNINGS = re.compile(r"^(\s*\d*)([-+=.)])", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Quotation:
    """A place of an answer, as it is written in a file.

    ``text`` are the document's words there, ``section`` the headings above it and its cell.
    """

    place: Place
    text: str
    title: str
    section: str
    probability: float


def conversation_file(
    turns: Sequence[Turn], form: str, *, document: Callable[[str], Document]
) -> str:
    """Return the answered turns of a conversation in a form of ``TYPES``; KeyError for another.

    Every quotation has its offsets and the hash of its file. ``document`` finds a document by
    its id, for the headings above a quotation.
    """
    answered = [turn for turn in turns if turn.prediction is not None]
    if form == "json":
        asked = [prediction_to_dict(turn.prediction) for turn in answered if turn.prediction]
        content = {"version": version("verbatim-qa"), "conversation": asked}
        return json_literal(json.dumps(content, ensure_ascii=False, indent=2)) + "\n"
    pairs = [(turn, _quotations(turn.answers, document)) for turn in answered]
    if form == "md":
        return _markdown(pairs)
    if form == "html":
        return render("conversation_file.html", pairs=pairs)
    raise KeyError(form)


def _quotations(answers: Iterable[Answer], document: Callable[[str], Document]) -> list[Quotation]:
    found = []
    for answer in answers:
        for place in places_of(answer):
            try:
                section = position_of(document(place.document_id), place.start)
            except KeyError:  # no longer indexed
                section = ""
            title = place.title or place.document_id
            found.append(
                Quotation(place, place.text or answer.text, title, section, answer.probability)
            )
    return found


def _markdown(pairs: Iterable[tuple[Turn, list[Quotation]]]) -> str:
    lines = ["# Questions and answers", ""]
    for turn, quotations in pairs:
        lines += [f"## {_escaped(' '.join(turn.question.split()))}", ""]
        prediction = turn.prediction
        if prediction is not None and prediction.asked_otherwise:
            lines += [f"Asked as: {_escaped(prediction.asked_as)}", ""]
        if not quotations:
            lines += ["Not found in these documents.", ""]
        elif turn.is_possible:
            lines += ["Possibly here, and not certain enough for an answer:", ""]
        for each in quotations:
            quoted = _escaped(each.text).splitlines() or [""]
            lines += [*(f"> {line}".rstrip() for line in quoted), ""]
            place = each.place
            where = [each.title, each.section, f"page {place.page}" if place.page else ""]
            lines += [f"{_escaped(', '.join(filter(None, where)))}  "]
            lines += [f"`{_code(place.document_id)}:{place.start}-{place.end}`  "]
            lines += [f"SHA-256 `{place.sha256}`, probability {each.probability:.2f}", ""]
    return "\n".join(lines)


def _escaped(text: str) -> str:
    return _BEGINNINGS.sub(r"\1\\\2", _SIGNS.sub(r"\\\g<0>", _named(text)))


def _named(text: str) -> str:
    """Return a text with the names of its unseen characters in their place."""
    return UNSEEN.sub(lambda sign: f"[U+{ord(sign[0]):04X}]", text)


def _code(text: str) -> str:
    return printable(text).replace("`", "'")

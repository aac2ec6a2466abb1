"""What a visitor looks at: turns of the conversation, and addresses of the evidence."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from qa.answers.verdict import judge, shown
from qa.retrieval.question import MAX_CHARACTERS
from qa.text import listed
from qa.types import Answer, Hit, Place, Prediction

# What is kept of a conversation: so many turns, with so many characters of what was asked.
MAX_TURNS, MAX_ASKED = 100, 200_000
NO_VOTES: Mapping[str, bool] = MappingProxyType({})
# Of a question with more characters or lines, only the first lines are shown at first.
LONG_CHARACTERS = 400
VISIT = 16
LONG_LINES = 4  # as in style.css


@dataclass(frozen=True, slots=True)
class Turn:
    """A question with its result; with neither prediction nor trouble it is being answered.

    ``prediction`` contains every answer, however unlikely; :meth:`at` leaves those that
    are shown. ``trouble`` is why the question could not be asked. ``best_guess`` marks a
    question whose answer is shown on request although it is below the threshold. ``key``
    identifies what was shown, for votes on it: its first ``VISIT`` characters are those that the
    browser gave the question. ``only`` are the patterns of the documents that were asked, none for
    all.
    """

    question: str
    prediction: Prediction | None = None
    trouble: str = ""
    best_guess: bool = False
    key: str = ""
    only: tuple[str, ...] = ()

    @property
    def visit(self) -> str:
        """The part of the key that the browser keeps, so that votes outlive a reload."""
        return self.key[:VISIT]

    def asked_only(self, collections: Collection[str] = ()) -> str:
        """Return what was asked, in words: of these collections or documents; empty for all."""
        whole = [name for name in collections if f"{name}/*" in self.only]
        names = [
            re.sub(r"\[([*?[])\]", r"\1", pattern).removesuffix("*")
            for pattern in self.only
            if pattern.removesuffix("/*") not in whole
        ]
        named = f"the collection{'s' * (len(whole) > 1)} {listed(whole)}" if whole else ""
        return listed([each for each in (named, *names) if each])

    @property
    def shortened(self) -> Turn:
        """The turn as it is kept: of a question that is too long to be asked, the beginning."""
        if len(self.question) <= MAX_CHARACTERS:
            return self
        return replace(self, question=f"{self.question[:LONG_CHARACTERS]} …")

    @property
    def characters(self) -> int:
        """How many characters were sent with the question."""
        return len(self.question) + sum(map(len, self.only))

    @property
    def is_long(self) -> bool:
        """Whether the question would push its answer out of view."""
        return len(self.question) > LONG_CHARACTERS or self.question.count("\n") >= LONG_LINES

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The answers or the candidates that are shown, best first."""
        if self.prediction is None:
            return ()
        return shown(self.prediction.answers or self.prediction.candidates)

    @property
    def is_possible(self) -> bool:
        """Whether the answers are candidates, of which none is certain enough."""
        return self.prediction is not None and self.prediction.verdict == "possible"

    @property
    def passages(self) -> tuple[Hit, ...]:
        """The passages found, the closest first."""
        return self.prediction.passages if self.prediction else ()

    def at(self, threshold: float, possible: float) -> Turn:
        """Return the turn as shown at these thresholds, without reading anything again.

        ``possible`` is the lower one, that of candidates: see :func:`qa.answers.verdict.judge`.
        """
        prediction = self.prediction
        if prediction is None or not prediction.answers:
            return self
        if prediction.answers[0].probability >= threshold:
            return replace(self, best_guess=False)
        if self.best_guess:
            return self
        judged = judge(prediction, threshold=threshold, possible=possible)
        # A vote on the answer is not a vote on "not found".
        key = self.key if judged.candidates else f"{self.key}-refused"
        return replace(self, prediction=judged, key=key)

    def vote_id(self, item: int) -> str:
        """Return the id of the vote on an answer; item 0 is also "not found"."""
        return f"{self.key}/{item}"


@dataclass(frozen=True, slots=True)
class View:
    """What the evidence pane shows; its ``address`` travels to the browser and back.

    ``kind`` is "answer", "passage" (one of the closest to a question), "document"
    (read from the start), "linked" (the place from ``start`` to ``end`` in a document, as a link
    names it) or "library" (the list of documents).
    """

    kind: str = "library"
    turn: int = 0
    item: int = 0
    place: int = 0
    document_id: str = ""
    start: int = 0
    end: int = 0

    @property
    def address(self) -> str:
        """The view as one string."""
        if self.kind == "linked":
            return f"linked/{self.start}/{self.end}/0/{self.document_id}"
        return f"{self.kind}/{self.turn}/{self.item}/{self.place}/{self.document_id}"

    @classmethod
    def at(cls, address: object) -> View:
        """Read an address; anything invalid leads to the library."""
        parts = address.split("/", 4) if isinstance(address, str) else []
        match parts:
            case ["answer" | "passage" | "document" as kind, turn, item, place, document_id] if all(
                number.isascii() and number.isdigit() and len(number) < 7
                for number in (turn, item, place)
            ):
                return cls(kind, int(turn), int(item), int(place), document_id)
            case ["linked", start, end, _, document_id] if all(
                number.isascii() and number.isdigit() and len(number) < 12
                for number in (start, end)
            ):
                return cls("linked", document_id=document_id, start=int(start), end=int(end))
        return cls()

    @classmethod
    def of_latest(cls, turns: Sequence[Turn]) -> View:
        """Return the view that the latest turn opens with."""
        number = len(turns) - 1
        latest = turns[number] if turns else Turn("")
        if latest.answers:
            return cls("answer", number)
        return cls("passage", number) if latest.passages else cls()

    @classmethod
    def of_place(cls, turns: Sequence[Turn], document_id: str, start: int, end: int) -> View:
        """Return the view of a place: of the latest turn, or else of its document.

        Without ``end`` it is the document's beginning.
        """
        number = len(turns) - 1
        latest = turns[number] if turns else Turn("")
        wanted = document_id, start, end
        for item, answer in enumerate(latest.answers):
            for index, place in enumerate(places_of(answer)):
                if (place.document_id, place.start, place.end) == wanted:
                    return cls("answer", number, item, index)
        for item, hit in enumerate(latest.passages):
            passage = hit.passage
            if (passage.document_id, passage.start, passage.end) == wanted:
                return cls("passage", number, item)
        if not end:
            return cls("document", document_id=document_id)
        return cls("linked", document_id=document_id, start=start, end=end)

    def moved(self, *, item: int | None = None, place: int = 0) -> View:
        """Return the view of another item of the same turn, or of another place."""
        return replace(self, item=self.item if item is None else item, place=place)

    def answer(self, turns: Sequence[Turn]) -> tuple[Answer, Place] | None:
        """Return the answer and the place shown; None when there is no such answer."""
        answers = self._turn(turns).answers if self.kind == "answer" else ()
        if self.item < len(answers):
            places = places_of(answers[self.item])
            if self.place < len(places):
                return answers[self.item], places[self.place]
        return None

    def hit(self, turns: Sequence[Turn]) -> Hit | None:
        """Return the passage shown; None when there is no such passage."""
        hits = self._turn(turns).passages if self.kind == "passage" else ()
        return hits[self.item] if self.item < len(hits) else None

    def _turn(self, turns: Sequence[Turn]) -> Turn:
        return turns[self.turn] if self.turn < len(turns) else Turn("")


def latest(turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
    """Return the latest turns, as many as are kept; always the last."""
    count = total = 0
    for turn in reversed(turns[-MAX_TURNS:]):
        total += turn.characters
        if count and total > MAX_ASKED:
            break
        count += 1
    return turns[len(turns) - count :]


def places_of(answer: Answer) -> tuple[Place, ...]:
    """Return every place where the answer occurs, the one quoted first."""
    return (answer.place, *answer.also_at)

"""What a visitor looks at: turns of the conversation, and addresses of the evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from qa.types import Answer, Hit, Place, Prediction

NO_VOTES: Mapping[str, bool] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and what came of it; without either it is still being answered.

    ``prediction`` holds every answer, however unlikely: :meth:`at` says what is seen
    of them. ``trouble`` says why the question could not be asked. ``best_guess`` marks
    one whose answer is shown on request although it is less likely than the threshold.
    ``key`` tells what was shown apart from all else that was, for those who vote on it.
    """

    question: str
    prediction: Prediction | None = None
    trouble: str = ""
    best_guess: bool = False
    key: str = ""

    def at(self, threshold: float) -> Turn:
        """Return the turn as it is seen at an operating point; nothing is read for it."""
        prediction = self.prediction
        if prediction is None or not prediction.answers:
            return self
        if prediction.answers[0].probability >= threshold:
            return replace(self, best_guess=False)
        if self.best_guess:
            return self
        # Who called the answer right did not say the same of "not found".
        refused = replace(prediction, answers=(), found=False)
        return replace(self, prediction=refused, key=f"{self.key}-refused")

    def vote_id(self, item: int) -> str:
        """Return the id of the vote on an answer; item 0 is also "not found"."""
        return f"{self.key}/{item}"


@dataclass(frozen=True, slots=True)
class View:
    """What the evidence pane shows; its ``address`` travels to the browser and back.

    ``kind`` is "answer", "passage" (near the question, but no answer),
    "document" (read from the start) or "library" (the list of documents).
    """

    kind: str = "library"
    turn: int = 0
    item: int = 0
    place: int = 0
    document_id: str = ""

    @property
    def address(self) -> str:
        """The view as one string."""
        return f"{self.kind}/{self.turn}/{self.item}/{self.place}/{self.document_id}"

    @classmethod
    def at(cls, address: object) -> View:
        """Read an address; whatever is none leads to the library."""
        parts = address.split("/", 4) if isinstance(address, str) else []
        match parts:
            case ["answer" | "passage" | "document" as kind, turn, item, place, document_id] if all(
                number.isascii() and number.isdigit() and len(number) < 7
                for number in (turn, item, place)
            ):
                return cls(kind, int(turn), int(item), int(place), document_id)
        return cls()

    @classmethod
    def of_latest(cls, turns: Sequence[Turn]) -> View:
        """Return the view that the latest turn opens with."""
        number = len(turns) - 1
        prediction = turns[number].prediction if turns else None
        if prediction and prediction.answers:
            return cls("answer", number)
        if prediction and prediction.passages:
            return cls("passage", number)
        return cls()

    def moved(self, *, item: int | None = None, place: int = 0) -> View:
        """Return the view of another item of the same turn, or of another place."""
        return replace(self, item=self.item if item is None else item, place=place)

    def answer(self, turns: Sequence[Turn]) -> tuple[Answer, Place] | None:
        """Return the answer and the place looked at; None when there is no such answer."""
        answers = self._prediction(turns).answers if self.kind == "answer" else ()
        if self.item < len(answers):
            places = places_of(answers[self.item])
            if self.place < len(places):
                return answers[self.item], places[self.place]
        return None

    def hit(self, turns: Sequence[Turn]) -> Hit | None:
        """Return the passage looked at; None when there is no such passage."""
        hits = self._prediction(turns).passages if self.kind == "passage" else ()
        return hits[self.item] if self.item < len(hits) else None

    def _prediction(self, turns: Sequence[Turn]) -> Prediction:
        found = turns[self.turn].prediction if self.turn < len(turns) else None
        return found or Prediction("", "", (), False, ())


def places_of(answer: Answer) -> tuple[Place, ...]:
    """Return every place that says the answer, the one quoted first."""
    return (answer.place, *answer.also_at)

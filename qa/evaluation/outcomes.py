"""The outcome of each question, and the stage to which a miss is attributed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from qa.evaluation.metrics import best_over_references, exact_match, f1, is_right
from qa.evaluation.retrieval_metrics import reciprocal_rank

RIGHT = "right"
# In the order of the pipeline.
MISSES = {
    "not retrieved": "no retrieved passage contains an accepted answer",
    "not selected": "a retrieved passage contains one, and another answer was selected",
    "refused": "the best answer was right or overlapping, and below the threshold",
    "overlapping": "wrong, and shares words with an accepted answer",
    "answered but absent": "a false answer: the documents do not contain one",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question asked.

    ``candidates`` are the best answers whatever their probability, best first; the first
    counts as shown if ``found``. ``confidence`` orders outcomes (higher is surer): a
    probability if ``calibrated``, else the score that
    :func:`qa.evaluation.reader.ask_reader` describes. ``relevant`` states, for each passage,
    nearest first, whether it contains an accepted answer; ``relevant_total`` is the number of
    such passages, retrieved or not, 0 if unknown. ``passage`` is that of the best answer,
    or else the nearest. ``is_read`` is False where passages were searched and not read.
    ``relevant_deep`` continues ``relevant`` with passages that were not to be read, empty if
    there was no deeper search; ``place_right`` states whether the best answer is quoted from
    the right place.
    """

    id: str
    question: str
    accepted: tuple[str, ...]
    candidates: tuple[str, ...]
    found: bool
    confidence: float
    calibrated: bool
    relevant: tuple[bool, ...]
    source: str = ""
    passage: str = ""
    tags: tuple[str, ...] = ()
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    relevant_total: int = 0
    is_read: bool = True
    relevant_deep: tuple[bool, ...] = ()
    place_right: bool = True

    @property
    def answerable(self) -> bool:
        """Whether the documents contain an answer."""
        return bool(self.accepted)

    @property
    def best(self) -> str:
        """The best answer, shown or not."""
        return self.candidates[0] if self.candidates else ""

    @property
    def shown(self) -> str:
        """The answer shown; empty for "not found"."""
        return self.best if self.found else ""

    @property
    def em(self) -> float:
        """Exact match of what was shown, 0 or 1."""
        return self._shown(exact_match)

    @property
    def f1(self) -> float:
        """F1 of what was shown, 0 to 1."""
        return self._shown(f1)

    @property
    def best_em(self) -> float:
        """Exact match of the best answer, whatever its probability; 0 or 1."""
        return best_over_references(exact_match, self.best, self.accepted)

    @property
    def best_f1(self) -> float:
        """F1 of the best answer, whatever its probability; 0 to 1."""
        return best_over_references(f1, self.best, self.accepted)

    @property
    def best_right(self) -> bool:
        """Whether the best answer is right, whatever its probability; see ``is_right``."""
        return self.answerable and bool(best_over_references(is_right, self.best, self.accepted))

    @property
    def top3_em(self) -> float:
        """Whether one of the three best answers is an accepted one, 0 or 1."""
        return self._best_of_three(exact_match)

    @property
    def top3_f1(self) -> float:
        """The highest F1 of the three best answers, 0 to 1."""
        return self._best_of_three(f1)

    def _shown(self, metric: Callable[[str, str], float]) -> float:
        # An accepted answer such as "the" normalises to nothing, like "not found".
        if self.answerable and not self.found:
            return 0.0
        return best_over_references(metric, self.shown, self.accepted)

    def _best_of_three(self, metric: Callable[[str, str], float]) -> float:
        scores = [best_over_references(metric, text, self.accepted) for text in self.candidates[:3]]
        return max(scores, default=0.0)

    @property
    def stage(self) -> str:
        """``RIGHT``, or the stage of ``MISSES`` to which the miss is attributed."""
        if not self.is_read:
            return RIGHT if any(self.relevant) else "not retrieved"
        if self.em:
            return RIGHT
        if not self.answerable:
            return "answered but absent"
        if self.f1:
            return "overlapping"
        if not any(self.relevant):
            return "not retrieved"
        return "refused" if not self.found and self.best_f1 else "not selected"

    def to_dict(self) -> dict[str, Any]:
        """Return the row of a report, comparable with those of another run."""
        answer = {
            "found": self.found,
            "answer": self.best,
            "confidence": round(self.confidence, 4),
            "em": self.em,
            "f1": round(self.f1, 4),
            "right": self.best_right,
            "place_right": self.place_right,
        }
        return {
            "id": self.id,
            "question": self.question,
            "accepted": list(self.accepted),
            "tags": list(self.tags),
            **(answer if self.is_read else {}),
            "source": self.source,
            "passage": self.passage,
            "reciprocal_rank": round(reciprocal_rank(self.relevant), 4),
            "stage": self.stage,
            "ms": dict(self.timings_ms),
        }

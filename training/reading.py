"""Questions read to the end, and what is fitted to them: when to read another passage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from qa.answers.candidates import Candidate, Ranking, as_compared, rank_candidates
from qa.answers.early_stop import EarlyStopping, features
from qa.answers.reading import FIRST
from qa.errors import DatasetError
from qa.evaluation.metrics import RIGHT_FROM_F1, best_over_references, contains_answer, f1
from qa.types import Hit, Passage, Span
from training.fit_logistic import fit_logistic

# How many answers are shown unless another number is asked for.
SHOWN = 3
# How many of the nearest passages are read before each of the others is tried. Reading takes the
# likeliest after the first two, so that from the second round on this is an approximation.
_ROUNDS = (FIRST, 2 * FIRST, 4 * FIRST)


@dataclass(frozen=True, slots=True)
class WholeReading:
    """A question, its accepted answers, and the spans of every passage found for it.

    ``right`` are the places, ``(document, start, end)``, of the spans that answer it rightly;
    None where their text alone says whether they do. ``corpus`` is the name of the folder
    that was asked, ``documents`` those in it that contain the answer, empty if unknown.
    ``second`` are the spans that the second reader found, none where it did not read.
    """

    accepted: tuple[str, ...]
    hits: list[Hit]
    spans: list[list[Span]]
    question: str = ""
    right: frozenset[tuple[str, int, int]] | None = None
    corpus: str = ""
    documents: frozenset[str] = frozenset()
    second: list[list[Span]] = field(default_factory=list)

    def is_right(self, span: Span) -> bool:
        """Return whether a span answers the question rightly."""
        if self.right is None:
            return is_right(span.text, self.accepted)
        return (span.passage.document_id, span.start, span.end) in self.right

    def is_in(self, passage: Passage) -> bool:
        """Return whether a passage contains an accepted answer."""
        named = not self.documents or passage.document_id in self.documents
        return named and any(contains_answer(passage.text, each) for each in self.accepted)


class RecordedReader:
    """Replays what a reader found in each passage, which is the same beside any others.

    With it the product's own reading loop says what would have been read.
    """

    fingerprint = "recorded"

    def __init__(self, hits: Sequence[Hit], spans: Sequence[Sequence[Span]]) -> None:
        passages = (hit.passage for hit in hits)
        self._spans = {p: list(found) for p, found in zip(passages, spans, strict=True)}

    def read(
        self, question: str, passages: Sequence[Passage], *, n: int = 5, max_tokens: int = 0
    ) -> list[list[Span]]:
        """Return the recorded spans of each passage; the question and the limits are ignored."""
        return [self._spans[passage] for passage in passages]


def fit_early_stopping(readings: Sequence[WholeReading], ranking: Ranking) -> EarlyStopping:
    """Fit the chances that a passage changes the answer, and that the answer gains by it.

    Raises :class:`~qa.errors.DatasetError` where no passage does, or every one.
    """
    rows, changed, gained = early_stopping_rows(readings, ranking)
    if len(set(changed)) < 2 or len(set(gained)) < 2:
        raise DatasetError(
            "too few questions to fit when to stop reading", "take a larger --sample"
        )
    return EarlyStopping(fit_logistic(rows, changed), fit_logistic(rows, gained))


def early_stopping_rows(
    readings: Sequence[WholeReading], ranking: Ranking
) -> tuple[list[dict[str, float]], list[bool], list[bool]]:
    """Return features, whether the answer changes and whether it gains, a row for each passage.

    Each row is of a passage that is not among the nearest, read after those alone.
    """
    rows, changed, gained = [], [], []
    for reading in readings:
        for number in _ROUNDS:
            hits, spans = reading.hits[:number], reading.spans[:number]
            before = rank_candidates(hits, spans, ranking=ranking)[:SHOWN]
            if not before:
                continue
            for hit, found in zip(reading.hits[number:], reading.spans[number:], strict=True):
                after = rank_candidates([*hits, hit], [*spans, found], ranking=ranking)[:SHOWN]
                rows.append(features(hit, before[0], reading.hits[0], ranking))
                changed.append(changes(before, after))
                gained.append(gains(before, after, reading.accepted))
    return rows, changed, gained


def changes(before: Sequence[Candidate], after: Sequence[Candidate]) -> bool:
    """Return whether another answer comes first, or the same one occurs in more places.

    ``before`` and ``after`` are the candidates without and with one passage more.
    """
    return not _same_first(before, after) or _more_places(before, after)


def gains(
    before: Sequence[Candidate], after: Sequence[Candidate], accepted: tuple[str, ...]
) -> bool:
    """Return whether a right answer comes first, or is among those shown, and was not before.

    Further places of the first answer count too, whether it is right or not.
    """
    return _rightness(after, accepted) > _rightness(before, accepted) or _more_places(before, after)


def is_right(text: str, accepted: tuple[str, ...]) -> bool:
    """Return whether an answer counts as right; without accepted answers none does."""
    return bool(accepted) and best_over_references(f1, text, accepted) >= RIGHT_FROM_F1


def _rightness(shown: Sequence[Candidate], accepted: tuple[str, ...]) -> int:
    """Return 2 where the first answer is right, 1 where a later one is, 0 where none is."""
    right = [is_right(each.span.text, accepted) for each in shown]
    return 2 if right[0] else int(any(right))


def _same_first(before: Sequence[Candidate], after: Sequence[Candidate]) -> bool:
    return as_compared(before[0].span) == as_compared(after[0].span)


def _more_places(before: Sequence[Candidate], after: Sequence[Candidate]) -> bool:
    return _same_first(before, after) and len(after[0].also) > len(before[0].also)

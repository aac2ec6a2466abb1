"""What came of questions, and the thresholds at which they are answered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.evaluation.confidence import Floats, auc, calibration_error

# Shares of unanswerable questions refused, for each of which a threshold is determined.
STRICTNESS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)
# At the threshold, at most this share of the unanswerable questions gets an answer, and at
# most this share of the answerable ones a wrong one, over corpora left out of the fit. It is what
# people may meet; corpora differ, by some three points either way.
MOST_FALSE = 0.07
# Of the unanswerable questions that a strictness lets through, those that may be counted here:
# it is a promise to people with other documents.
MARGIN = 0.8
# The corpus that is made of paragraphs; its questions were written to look answerable.
PARAGRAPHS = "paragraphs"


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What came of questions that the models were not fitted to; all arrays ``(questions,)``.

    ``probability`` is that of the first candidate, 0 without one; ``right`` says whether it is
    right, ``helps`` whether the answer stands in one of the passages shown.
    """

    corpus: NDArray[np.str_]
    answerable: Floats
    probability: Floats
    right: Floats
    helps: Floats

    @classmethod
    def joined(cls, parts: Iterable[Outcomes]) -> Outcomes:
        """Return the outcomes of several parts as one."""
        columns = zip(
            *([getattr(part, name) for name in cls.__slots__] for part in parts), strict=True
        )
        return cls(*map(np.concatenate, columns))

    def of(self, chosen: NDArray[np.bool_]) -> Outcomes:
        """Return those of some questions."""
        return Outcomes(*(getattr(self, name)[chosen] for name in self.__slots__))


def threshold_of(found: Outcomes) -> float:
    """Return the lowest threshold at which at most ``MOST_FALSE`` of either kind is false."""
    for threshold in np.unique(np.round(found.probability, 4)):
        shown = found.probability >= threshold
        absent = shown[found.answerable == 0].mean()
        wrong = (shown & (found.right == 0))[found.answerable == 1].mean()
        if max(absent, wrong) <= MOST_FALSE:
            return float(threshold)
    return 1.0


def possible_of(found: Outcomes, threshold: float) -> float:
    """Return the lowest probability at which showing candidates helps more than it misleads.

    Candidates are shown in their passages. Below ``threshold``, a question is helped if the
    answer stands in one of them, and misled if in none; the difference of the two counts is
    greatest at the value returned.
    """
    below = found.of(found.probability < threshold)
    order = np.argsort(-below.probability, kind="stable")
    gained = np.cumsum(np.where(below.helps[order] > 0, 1, -1))
    if not len(gained) or gained.max() <= 0:
        return threshold
    return round(float(below.probability[order][int(gained.argmax())]), 4)


def strictness_of(found: Outcomes) -> tuple[tuple[float, float], ...]:
    """Return ``(share, threshold)``: at that threshold, that share of absent answers is refused.

    On the questions given, only ``MARGIN`` of what that lets through is answered.
    """
    absent = found.probability[found.answerable == 0]
    # The next larger probability: at that threshold the quantile itself is refused too.
    return tuple(
        (
            share,
            round(
                min(
                    float(np.quantile(absent, 1 - MARGIN * (1 - share), method="higher")) + 1e-4,
                    1.0,
                ),
                4,
            ),
        )
        for share in STRICTNESS
    )


def scores(found: Outcomes, *, threshold: float, possible: float) -> dict[str, float | int]:
    """Return the scores of questions, in percent unless stated otherwise.

    ``ece``, from 0 to 1, is that of :mod:`qa.evaluation.confidence`; so are ``auc_absent`` and
    ``auc_wrong``, of the right answers against those to questions without an answer, and
    against the wrong ones. ``possible_helps`` is the share of the questions between the two
    thresholds of which a passage shown contains the answer.
    """
    there, right = found.answerable == 1, found.right == 1
    shown = found.probability >= threshold
    between = (found.probability >= possible) & ~shown
    return {
        "questions": len(there),
        "answerable": int(there.sum()),
        "best_right": _percent(right[there]),
        "right_shown": _percent((shown & right)[there]),
        "wrong_shown": _percent((shown & ~right)[there]),
        "refused": _percent(~shown[there]),
        "absent_answered": _percent(shown[~there]),
        "possible": _percent(between),
        "possible_helps": _percent(found.helps[between]),
        "ece": round(calibration_error(found.probability, found.right), 4),
        "auc_absent": _auc(found, right | ~there),
        "auc_wrong": _auc(found, there),
    }


def _auc(found: Outcomes, among: NDArray[np.bool_]) -> float:
    part = found.of(among)
    return round(auc(part.probability, part.right), 4)


def _percent(flags: NDArray[Any]) -> float:
    return round(100 * float(np.mean(flags)), 1) if len(flags) else 0.0


def report(found: Outcomes, *, threshold: float, possible: float) -> dict[str, Any]:
    """Return the scores of all corpora together, without the paragraphs, and of each."""
    limits = {"threshold": threshold, "possible": possible}
    return {
        "all": scores(found.of(found.corpus != PARAGRAPHS), **limits),
        **{
            str(name): scores(found.of(found.corpus == name), **limits)
            for name in dict.fromkeys(found.corpus)
        },
    }

"""Metrics of a ranking: pure functions of the relevance of each rank, nearest first."""

from __future__ import annotations

import math
from collections.abc import Sequence


def recall_at(relevant: Sequence[bool], k: int) -> float:
    """Return 1.0 if one of the first ``k`` is relevant, else 0.0.

    In question answering one passage with the answer is enough, so this is the hit
    rate, called recall@k or "accuracy@k" (Karpukhin et al., 2020).
    """
    return float(any(relevant[:k]))


def reciprocal_rank(relevant: Sequence[bool]) -> float:
    """Return ``1 / rank`` of the first relevant passage, or 0.0 (Voorhees, TREC-8, 1999)."""
    return next((1 / rank for rank, is_one in enumerate(relevant, start=1) if is_one), 0.0)


def ndcg_at(relevant: Sequence[bool], k: int, *, total: int = 0) -> float:
    """Return the normalised discounted cumulative gain of the first ``k``, 0 to 1.

    ``DCG@k = Σ relevantᵢ / log₂(i + 1)``, divided by that of the ideal order (Järvelin and
    Kekäläinen, 2002, with gains of 0 and 1) of ``total`` relevant passages, or of those
    among the first ``k`` if that is more.
    """
    ideal = _dcg([True] * min(k, max(total, sum(relevant[:k]))))
    return _dcg(relevant[:k]) / ideal if ideal else 0.0


def _dcg(relevant: Sequence[bool]) -> float:
    return sum(1 / math.log2(rank + 1) for rank, is_one in enumerate(relevant, start=1) if is_one)

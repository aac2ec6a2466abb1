"""When to stop reading: where an answer is decisive, only what may repeat it is still read."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial

from qa.candidates import rank_candidates
from qa.mentions import mentions
from qa.reader import MAX_TOKENS_READ
from qa.types import Hit, Reader, Span

# By how many logits an answer has to beat "no answer here", and every other answer,
# to be decisive after so many passages. After four it is the others that decide whether a
# further passage can change what is shown, after two null as well. In logits of the shipped reader:
# `python -m benchmarks.early_stop` measures what rules save and cost.
DECISIVE = {2: (3.0, 3.0), 4: (-1.0, 2.0)}


def read_hits(
    reader: Reader, question: str, hits: Sequence[Hit], *, max_tokens: int = MAX_TOKENS_READ
) -> list[list[Span]]:
    """Return the best spans of each hit, best first; of those not worth reading none."""
    return reader.read(
        question,
        [hit.passage for hit in hits],
        max_tokens=max_tokens,
        worth_reading=partial(further_passages, hits),
    )


def further_passages(
    hits: Sequence[Hit],
    spans: Sequence[Sequence[Span]],
    *,
    decisive: Mapping[int, tuple[float, float]] = DECISIVE,
) -> set[int]:
    """Return the positions of the hits that are worth reading after ``spans``, those of the first.

    All of them, unless an answer is decisive: then those that hold its words, so that
    every place that says it is still found and counted. ``decisive`` tells after how many
    passages by how many logits it has to beat null, and all others.
    """
    rest = range(len(spans), len(hits))
    margin, lead = decisive.get(len(spans), (math.inf, math.inf))
    best = rank_candidates(hits[: len(spans)], spans, limit=1)
    if not best:
        return set(rest)
    if best[0].features["margin"] < margin or best[0].features["lead"] < lead:
        return set(rest)
    answer = best[0].span.text
    if not mentions(answer, answer):  # it has no word to look for
        return set(rest)
    return {i for i in rest if mentions(hits[i].passage.text, answer)}

"""Which passages are read next: those that may change the answer, until none is likely to."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from qa.candidates import Candidate, rank_candidates
from qa.logistic import Logistic
from qa.mentions import mentions
from qa.reader import MAX_TOKENS_READ
from qa.types import Hit, Reader, Span

# The nearest are read before anything is known; the same on any number of cores.
FIRST = 2
# A passage is read while the chance that it changes what is shown is greater than this.
# `python -m benchmarks.early_stop` measures what other values save and lose.
LEAST_CHANCE = 0.05
# One that holds the words of the answer from this share of that chance on. It seldom brings a
# better answer and often another place that says the same, and those are shown too.
_REPEATING = 1 / 3
FEATURES = ("score", "lead", "similarity", "nearer", "fused", "lexical", "mentions")


def read_hits(
    reader: Reader,
    question: str,
    hits: Sequence[Hit],
    *,
    chance: Logistic,
    max_tokens: int = MAX_TOKENS_READ,
) -> list[list[Span]]:
    """Return the best spans of each hit, best first; of those not worth reading none."""
    return reader.read(
        question,
        [hit.passage for hit in hits],
        max_tokens=max_tokens,
        read_next=partial(read_next, hits, chance=chance),
    )


def read_next(
    hits: Sequence[Hit],
    spans: Sequence[Sequence[Span] | None],
    *,
    chance: Logistic,
    least: float = LEAST_CHANCE,
) -> list[int]:
    """Return the positions of the hits to read next, likeliest first; none to stop.

    ``spans`` are those read so far, None where a hit has not been read. First come the
    nearest two; then, of the hits that ``chance`` holds more likely than ``least`` to change
    what is shown, as many as were read until then; a third of it is enough for those that
    hold the words of the answer. While nothing was found all are likely.
    """
    unread = [i for i, each in enumerate(spans) if each is None]
    number = len(hits) - len(unread)
    if not number:
        return unread[:FIRST]
    best = best_so_far(hits, spans)
    if best is None:
        return unread[:number]
    likely: dict[int, float] = {}
    for i in unread:
        known = features(hits[i], best, hits[0])
        probability = chance.probability(known)
        if probability > least * (_REPEATING if known["mentions"] else 1):
            likely[i] = probability
    return sorted(likely, key=lambda i: (-likely[i], i))[:number]


def best_so_far(hits: Sequence[Hit], spans: Sequence[Sequence[Span] | None]) -> Candidate | None:
    """Return the best candidate of the hits that were read."""
    found = rank_candidates(hits, [each or () for each in spans], limit=1)
    return found[0] if found else None


def features(hit: Hit, best: Candidate, first: Hit) -> dict[str, float]:
    """Return the named features of a hit that has not been read, given the best answer so far.

    ``score`` and ``lead`` are those of the answer, in logits; ``similarity`` is the cosine
    of question and passage, ``nearer`` how much greater it is than that of the ``first``
    hit, ``fused`` the same of the fused score; ``lexical`` is the reciprocal rank in the
    search by words, 0 where it did not return the passage; ``mentions`` is 1 where the
    passage holds the words of the answer, and so may be another place that says it.
    """
    return {
        "score": best.features["score"],
        "lead": best.features["lead"],
        "similarity": hit.similarity,
        "nearer": hit.similarity - first.similarity,
        "fused": hit.score - first.score,
        "lexical": 1 / hit.lexical_rank if hit.lexical_rank else 0.0,
        "mentions": float(mentions(hit.passage.text, best.span.text)),
    }

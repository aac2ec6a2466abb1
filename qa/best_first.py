"""Which passages are read next: those that may change the answer, until none is likely to."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from qa.candidates import Candidate, rank_candidates
from qa.logistic import Logistic
from qa.mentions import mentions
from qa.reader import MAX_TOKENS_READ
from qa.types import Hit, Passage, Reader, Span

# The nearest are read before anything is known; the same on any number of cores.
FIRST = 2
# A passage is read while the chance that it brings a better answer, or another place that says
# the same, is greater than this. Two thirds of the reading goes, and of what it finds nothing
# that can be measured: `python -m benchmarks.early_stop`, and the card in qa/models.
MIN_CHANCE = 0.05
# One that holds the words of the answer from this share of that chance on. It seldom brings a
# better answer and often another place that says the same, and those are shown too.
_REPEATING_SHARE = 0.2


def read_hits(
    reader: Reader,
    question: str,
    hits: Sequence[Hit],
    *,
    change: Logistic,
    max_tokens: int = MAX_TOKENS_READ,
) -> list[list[Span]]:
    """Return the best spans of each hit, best first; of those not worth reading none."""
    return reader.read(
        question,
        [hit.passage for hit in hits],
        max_tokens=max_tokens,
        next_to_read=partial(next_to_read, hits, change=change),
    )


def next_to_read(
    hits: Sequence[Hit],
    spans: Sequence[Sequence[Span] | None],
    *,
    change: Logistic,
    min_chance: float = MIN_CHANCE,
) -> list[int]:
    """Return the positions of the hits to read next; none to stop.

    ``spans`` are those read so far, None where a hit has not been read. First come the
    nearest two; then, likeliest first, the hits that ``change`` gives more than
    ``min_chance``, at most as many as were read until then; a fifth of it is enough for
    those that hold the words of the answer. While nothing was found the nearest come next.
    """
    unread = [i for i, each in enumerate(spans) if each is None]
    number = len(hits) - len(unread)
    if not number:
        return unread[:FIRST]
    best = rank_candidates(hits, [each or () for each in spans], limit=1)
    if not best:
        return unread[:number]
    likely: dict[int, float] = {}
    for i in unread:
        known = features(hits[i], best[0], hits[0])
        chance = change.probability(known)
        if chance > min_chance * (_REPEATING_SHARE if known["repeats"] else 1):
            likely[i] = chance
    return sorted(likely, key=lambda i: (-likely[i], i))[:number]


def features(hit: Hit, best: Candidate, first: Hit) -> dict[str, float]:
    """Return the named features of a hit that has not been read, given the best answer so far.

    ``score`` and ``lead`` are those of the answer, in logits; ``similarity`` is the cosine
    of question and passage, ``similarity_gap`` and ``fused_gap`` how much it and the fused
    score are greater than those of the ``first`` hit; ``lexical`` is the reciprocal rank in
    the search by words, 0 where it did not return the passage; ``repeats`` is 1 where the
    passage holds the words of the answer elsewhere than the answer stands.
    """
    here = shares_characters(hit.passage, best.span)
    return {
        "score": best.features["score"],
        "lead": best.features["lead"],
        "similarity": hit.similarity,
        "similarity_gap": hit.similarity - first.similarity,
        "fused_gap": hit.score - first.score,
        "lexical": 1 / hit.lexical_rank if hit.lexical_rank else 0.0,
        "repeats": float(not here and mentions(hit.passage.text, best.span.text)),
    }


def shares_characters(passage: Passage, span: Span) -> bool:
    """Tell whether a passage holds some of the very characters of a span: passages overlap."""
    same = passage.document_id == span.passage.document_id
    return same and passage.start < span.end and span.start < passage.end


def stop_early(
    hits: Sequence[Hit],
    spans: Sequence[Sequence[Span]],
    *,
    change: Logistic,
    min_chance: float = MIN_CHANCE,
) -> list[Sequence[Span] | None]:
    """Return the spans that would have been read, None where a hit would not, given all.

    A passage reads the same beside any others, so that this is what happens.
    """
    seen: list[Sequence[Span] | None] = [None for _ in hits]
    while positions := next_to_read(hits, seen, change=change, min_chance=min_chance):
        for position in positions:
            seen[position] = spans[position]
    return seen

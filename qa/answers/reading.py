"""Which passages are read next: those that may better the answer, until none is worth it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from qa.answers.candidates import Candidate, rank_candidates
from qa.answers.early_stop import Prospects
from qa.answers.ranking import Ranking
from qa.networks.reader import MAX_TOKENS_READ
from qa.text import mentions
from qa.types import Hit, Passage, Reader, Span

# The nearest are read before anything is known; the same on any number of cores.
FIRST = 2


def read_hits(
    reader: Reader,
    question: str,
    hits: Sequence[Hit],
    *,
    ranking: Ranking,
    prospects: Prospects,
    max_tokens: int = MAX_TOKENS_READ,
) -> list[list[Span]]:
    """Return the best spans of each hit, best first; of those not worth reading none."""
    return reader.read(
        question,
        [hit.passage for hit in hits],
        max_tokens=max_tokens,
        next_to_read=partial(next_to_read, hits, ranking=ranking, prospects=prospects),
    )


def next_to_read(
    hits: Sequence[Hit],
    spans: Sequence[Sequence[Span] | None],
    *,
    ranking: Ranking,
    prospects: Prospects,
) -> list[int]:
    """Return the positions of the hits to read next; none to stop.

    ``spans`` are those read so far, None where a hit has not been read. First come the
    nearest two; then, likeliest to change the answer first, the hits that are worth it by
    their ``prospects``, at most as many as were read until then. While nothing was found the
    nearest come next.
    """
    unread = [i for i, each in enumerate(spans) if each is None]
    number = len(hits) - len(unread)
    if not number:
        return unread[:FIRST]
    best = rank_candidates(hits, [each or () for each in spans], ranking=ranking, limit=1)
    if not best:
        return unread[:number]
    priorities = {}
    for i in unread:
        priority = prospects.priority(features(hits[i], best[0], hits[0], ranking))
        if priority is not None:
            priorities[i] = priority
    return sorted(priorities, key=lambda i: (-priorities[i], i))[:number]


def features(hit: Hit, best: Candidate, first: Hit, ranking: Ranking) -> dict[str, float]:
    """Return the named features of a hit that has not been read, given the best answer so far.

    ``needed`` is the score, in logits, from which on a span of the hit would come before the
    answer; ``margin`` and ``lead`` are those of the answer; ``first_score`` is that of the
    ``first`` hit, and ``gap`` by how much that of this one is greater; ``lexical`` is the
    reciprocal rank in the search by words, 0 where it did not return the passage; ``repeats``
    is 1 where the passage holds the words of the answer elsewhere than the answer stands.
    """
    here = shares_characters(hit.passage, best.span)
    return {
        "needed": ranking.value(best.span, best.hit) - ranking.bonus(hit),
        "margin": best.features["margin"],
        "lead": best.features["lead"],
        "first_score": first.score,
        "gap": hit.score - first.score,
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
    ranking: Ranking,
    prospects: Prospects,
) -> list[Sequence[Span] | None]:
    """Return the spans that would have been read, None where a hit would not, given all.

    A passage reads the same beside any others, so that this is what happens.
    """
    seen: list[Sequence[Span] | None] = [None for _ in hits]
    while positions := next_to_read(hits, seen, ranking=ranking, prospects=prospects):
        for position in positions:
            seen[position] = spans[position]
    return seen

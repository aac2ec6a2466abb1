"""A second look at the best answers: a larger reader reads the passages that matter again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from qa.answers.candidates import Candidate, as_compared, overlap
from qa.answers.question_words import words
from qa.answers.selection import Evidence
from qa.types import Hit, Passage, Reader, Span

# The passages that are read again, those of the best candidates: each costs as much as five
# that the first reader reads.
LOOKED_AT = 2
# Below this probability after the first look a second one brings no answer above the threshold:
# counted on the natural corpora that the probability is fitted to, each left out of the fit. It
# would put another candidate first for one question in a hundred, and a fifth are below.
WORTH_IT = 0.1
# The best spans of each that are compared with the candidates, and those that join them.
COMPARED, JOINING = 5, 1
LOOK_FEATURES = frozenset(
    {"second_lead", "second_own", "second_near", "second_agrees", "first_agrees"}
)
# Margins beyond this make no further difference.
_MOST = 15.0
# How far a span behind the last one compared is taken to be.
_BEHIND = 1.0
# What the first reader found is the same for each span of a place.
_OF_THE_FIRST = ("score", "margin", "behind", "share", "prior")


def look_again(
    second: Reader, evidence: Evidence, candidates: Sequence[Candidate]
) -> list[Candidate]:
    """Return candidates, best first, those of the first passages with ``LOOK_FEATURES``.

    The first reader is quick and sees little; the ``second`` one takes its place where it
    matters, in the passages of the best candidates. Its own best spans there become candidates
    too, after the others of their passage, with the first reader's features of the candidate
    that they overlap, or else of the best in their passage.
    """
    hits = _first_passages(candidates)
    passages = [hit.passage for hit in hits]
    spans = second.read(evidence.question, passages, n=COMPARED)
    best = [found[0] for found in spans if found]
    views = [
        _View(hit, found, [each for each in best if each is not found[0]])
        for hit, found in zip(hits, spans, strict=True)
        if found
    ]
    looked_at = [candidate for view in views for candidate in view.look(evidence, candidates)]
    seen = [view.hit.passage for view in views]
    return [*looked_at, *(each for each in candidates if each.hit.passage not in seen)]


def _first_passages(candidates: Sequence[Candidate]) -> list[Hit]:
    hits: dict[Passage, Hit] = {}
    for candidate in candidates:
        hits.setdefault(candidate.hit.passage, candidate.hit)
    return list(hits.values())[:LOOKED_AT]


@dataclass(frozen=True, slots=True)
class _View:
    """What the second reader found in a passage, best first, and its best spans elsewhere."""

    hit: Hit
    spans: Sequence[Span]
    rivals: Sequence[Span]

    def look(self, evidence: Evidence, candidates: Sequence[Candidate]) -> Iterator[Candidate]:
        """Yield the candidates of this passage, then new ones, all with ``LOOK_FEATURES``."""
        own = [each for each in candidates if each.hit.passage == self.hit.passage]
        for candidate in own:
            features = candidate.features | self._features(candidate.span, candidate.span)
            yield replace(candidate, features=features)
        places = {(each.span.start, each.span.end) for each in own}
        for span in self.spans[:JOINING]:
            if (span.start, span.end) not in places:
                yield self._joining(span, evidence, own)

    def _joining(self, span: Span, evidence: Evidence, own: Sequence[Candidate]) -> Candidate:
        """Return the second reader's span as a candidate beside the first reader's own."""
        overlapped = next((each for each in own if overlap(each.span, span)), None)
        first = overlapped or own[0]
        made = Candidate(span, self.hit, (), {})
        of_the_first = {name: first.features[name] for name in _OF_THE_FIRST}
        features = evidence.features(made) | of_the_first
        looked = self._features(span, overlapped.span if overlapped else None)
        return replace(made, features=features | looked)

    def _features(self, span: Span, first: Span | None) -> dict[str, float]:
        """Return ``LOOK_FEATURES`` of a span, beside the one that the first reader found there.

        ``second_lead``: logits by which the best span of the passage beats the best of another.
        ``second_own`` and ``second_near``: logits by which this very span beats "no answer
        here", or the best that overlaps it. ``second_agrees``: the share of the words of
        the shorter that the best span of the passage and this one have in common;
        ``first_agrees``: this one and ``first``. "North Korean leader Kim Jong Un" and "Kim
        Jong Un" agree.
        """
        best, last = self.spans[0], self.spans[-1]
        null = best.null_score
        unseen = last.score - _BEHIND
        own = next((each.score for each in self.spans if _same(each, span)), unseen)
        near = next((each.score for each in self.spans if overlap(each, span)), unseen)
        rival = max((each.score for each in self.rivals), default=0.0)
        return {
            "second_lead": _clipped(best.score - rival),
            "second_own": _clipped(own - null),
            "second_near": _clipped(near - null),
            "second_agrees": _agreement(span.text, best.text),
            "first_agrees": _agreement(span.text, first.text) if first else 0.0,
        }


def distinct(candidates: Sequence[tuple[Candidate, float]]) -> list[tuple[Candidate, float]]:
    """Return candidates with their probabilities, best first, without the same answer twice.

    Of candidates that overlap the first is kept. One that says the same elsewhere becomes a
    further place of the one before.
    """
    kept: list[tuple[Candidate, float]] = []
    for candidate, probability in candidates:
        span = candidate.span
        if any(overlap(span, other) for each, _ in kept for other in (each.span, *each.also)):
            continue
        same = (at for at, (each, _) in enumerate(kept) if _says_the_same(each.span, span))
        if (at := next(same, None)) is None:
            kept.append((candidate, probability))
        else:
            first, likely = kept[at]
            kept[at] = replace(first, also=(*first.also, span, *candidate.also)), likely
    return kept


def _says_the_same(one: Span, other: Span) -> bool:
    return as_compared(one) == as_compared(other)


def _same(one: Span, other: Span) -> bool:
    return (one.start, one.end) == (other.start, other.end)


def _clipped(margin: float) -> float:
    return max(-_MOST, min(_MOST, margin))


def _agreement(one: str, other: str) -> float:
    """Return the share of the words of the shorter text that the longer one has too."""
    mine, others = set(words(one)), set(words(other))
    return len(mine & others) / min(len(mine), len(others)) if mine and others else 0.0

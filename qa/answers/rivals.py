"""What other documents answer: looked for in passages that need not be read for the best answer.

Reading ends as soon as no passage is likely to change the best answer. A document that contradicts
it seldom is: it says the same in the same words but for one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from qa.answers.calibration import Calibration
from qa.answers.candidates import Candidate, overlap, rank_candidates
from qa.answers.changes import changes
from qa.answers.reading import Reading
from qa.answers.selection import Evidence
from qa.answers.sentences import say_the_same
from qa.answers.values import are_different, equal, is_name, may_hold, value_of
from qa.types import Hit, Reader, Span

# Chosen on the fit part of the natural corpora: the nearest passages of other documents that are
# compared, and how sure of its answer the first reader has to be, in logits over "no answer here"
# and as a probability beside the best: one or the other. Of names surer, as any two differ.
COMPARED = 3
_SURE, _SURER = (0.0, 0.05), (3.0, 0.01)
_NAME_SURE = (4.0, 0.25)
# Where it says the same in the same words but for one.
_ALIKE = (-6.0, 0.005)


Scored = tuple[Candidate, float]


@dataclass(frozen=True, slots=True)
class Rivals:
    """Answers of other documents that differ from the best, each with its probability.

    One of each document, the likeliest first. ``changed`` are what a document says and what
    another says in its place (:mod:`qa.answers.changes`); empty if none says so.
    """

    found: Sequence[Scored] = ()
    changed: Sequence[Scored] = ()


def rivals(
    evidence: Evidence,
    best: Scored,
    reading: Reading,
    *,
    reader: Reader | None,
    calibration: Calibration,
) -> Rivals:
    """Return answers of other documents that differ from the best.

    ``reading`` is what was read of the evidence; what was not is read by ``reader`` if it is
    among the nearest, and left out without a reader.
    """
    question, (first, probability) = evidence.question, best
    value = value_of(question, first.span.text)
    if value is None:
        return Rivals()
    of_best = {span.passage.document_id for span in (first.span, *first.also)}
    others = [
        position
        for position, hit in enumerate(evidence.hits)
        if hit.passage.document_id not in of_best and may_hold(value, hit.passage.read_text)
    ][:COMPARED]
    hits = [evidence.hits[position] for position in others]
    read = _read(reader, question, hits, [reading.spans[position] for position in others])
    # A span of the second reader has no score beside those of the first.
    beside = next((e for e in reading.candidates if overlap(e.span, first.span)), None)
    beside = beside or next(iter(reading.candidates), first)
    accepted = (_NAME_SURE,) if is_name(question, first.span.text) else (_SURE, _SURER)
    found: dict[str, Scored] = {}
    for candidate in rank_candidates(hits, read, ranking=calibration.ranking):
        span = candidate.span
        other = value_of(question, span.text)
        if other is None or not are_different(value, other):
            continue
        if span.margin < _ALIKE[0]:
            continue
        likely = _beside(beside, candidate, evidence, calibration)
        document_id = span.passage.document_id
        known = found[document_id][1] if document_id in found else 0.0
        is_sure = any(span.margin >= least and likely >= at_least for least, at_least in accepted)
        if likely <= max(known, _ALIKE[1]):
            continue
        if is_sure or say_the_same(question, first.span, span):
            found[document_id] = (candidate, likely)
    spans = dict(zip(hits, read, strict=True)) | {
        hit: each for hit, each in zip(evidence.hits, reading.spans, strict=True) if each
    }
    hit_of = {id(span): hit for hit, each in spans.items() for span in each}
    pair = changes(question, first.span, [span for each in spans.values() for span in each])
    changed = []
    for span in pair or ():
        told = Candidate(span, hit_of[id(span)], (), {})
        is_best = equal(value, value_of(question, span.text))
        likely = probability if is_best else _beside(beside, told, evidence, calibration)
        changed.append((told, likely))
    return Rivals(sorted(found.values(), key=lambda pair: -pair[1]), changed)


def _read(
    reader: Reader | None,
    question: str,
    hits: Sequence[Hit],
    known: Sequence[Sequence[Span] | None],
) -> list[Sequence[Span]]:
    """Return the spans of all hits, reading those that were not read."""
    if reader is None:
        return [each or () for each in known]
    unread = [hit.passage for hit, each in zip(hits, known, strict=True) if each is None]
    new = iter(reader.read(question, unread) if unread else ())
    return [next(new) if each is None else each for each in known]


def _beside(
    best: Candidate, rival: Candidate, evidence: Evidence, calibration: Calibration
) -> float:
    """Return the probability of a rival, had the best answer been its only one."""
    both = [replace(each, features=evidence.features(each)) for each in (best, rival)]
    compared = calibration.selection.ordered(both)
    own = next(each for each in compared if each.span == rival.span)
    return calibration.answer.probability(own.features)

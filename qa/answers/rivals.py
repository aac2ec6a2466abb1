"""What other documents answer: looked for in passages that need not be read for the best answer.

Reading ends as soon as no passage is likely to change the best answer. A document that contradicts
it seldom is: it says the same in the same words but for one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qa.answers.calibration import Calibration
from qa.answers.candidates import Candidate, overlap, rank_candidates
from qa.answers.reading import Reading
from qa.answers.selection import Evidence
from qa.answers.values import differ, is_name, value_of
from qa.types import Hit, Reader, Span

# Chosen on the fit part of the natural corpora: the nearest passages of other documents that are
# compared, and how sure of its answer the first reader has to be, in logits over "no answer here"
# and as a probability beside the best: one or the other. Of names surer, as any two differ.
COMPARED = 4
_SURE, _SURER = (2.0, 0.08), (4.0, 0.02)
_NAME_SURE = (4.0, 0.25)


def rivals(
    evidence: Evidence,
    best: Candidate,
    reading: Reading,
    *,
    reader: Reader | None,
    calibration: Calibration,
) -> list[tuple[Candidate, float]]:
    """Return answers of other documents that differ from the best, with their probability.

    One of each document, the likeliest first. ``reading`` is what was read of the evidence; what
    was not is read by ``reader`` if it is among the nearest, and left out without a reader.
    """
    question = evidence.question
    if value_of(question, best.span.text) is None:
        return []
    of_best = {span.passage.document_id for span in (best.span, *best.also)}
    others = [
        position
        for position, hit in enumerate(evidence.hits)
        if hit.passage.document_id not in of_best
    ][:COMPARED]
    hits = [evidence.hits[position] for position in others]
    read = _read(reader, question, hits, [reading.spans[position] for position in others])
    # A span of the second reader has no score beside those of the first.
    beside = next((e for e in reading.candidates if overlap(e.span, best.span)), None)
    beside = beside or next(iter(reading.candidates), best)
    accepted = (_NAME_SURE,) if is_name(question, best.span.text) else (_SURE, _SURER)
    found: dict[str, tuple[Candidate, float]] = {}
    for candidate in rank_candidates(hits, read, ranking=calibration.ranking):
        span = candidate.span
        if not differ(question, best.span.text, span.text):
            continue
        margin = span.score - span.null_score
        probability = _beside(beside, candidate, evidence, calibration)
        document_id = span.passage.document_id
        known = found[document_id][1] if document_id in found else 0.0
        is_sure = any(margin >= least and probability >= likely for least, likely in accepted)
        if is_sure and probability > known:
            found[document_id] = (candidate, probability)
    return sorted(found.values(), key=lambda pair: -pair[1])


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

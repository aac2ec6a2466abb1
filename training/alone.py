"""A question asked of one document alone, reckoned from its reading over a whole corpus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qa.types import Hit
from training.reading import WholeReading


def asked_alone(reading: WholeReading) -> WholeReading | None:
    """Return a reading of one document: the first that answers, else that of the first hit.

    Its passages are those that were found over the whole corpus. None where nothing was found, or
    no document that answers.
    """
    found = [hit.passage.document_id for hit in reading.hits]
    wanted = reading.documents if reading.accepted else set(found[:1])
    document = next((each for each in found if each in wanted), None)
    if document is None:
        return None
    kept = [at for at, each in enumerate(found) if each == document]
    return replace(
        reading,
        hits=_ranked([reading.hits[at] for at in kept]),
        spans=[reading.spans[at] for at in kept],
        second=[reading.second[at] for at in kept] if reading.second else [],
    )


def _ranked(hits: Sequence[Hit]) -> list[Hit]:
    """Return hits with the ranks that they have among each other."""
    dense, lexical = (
        {rank: number for number, rank in enumerate(sorted(filter(None, ranks)), start=1)}
        for ranks in ([hit.dense_rank for hit in hits], [hit.lexical_rank for hit in hits])
    )
    return [
        replace(
            hit,
            dense_rank=dense.get(hit.dense_rank or 0),
            lexical_rank=lexical.get(hit.lexical_rank or 0),
        )
        for hit in hits
    ]

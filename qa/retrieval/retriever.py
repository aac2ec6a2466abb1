"""A question in, the nearest passages of the documents that may be quoted out."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace

from qa.errors import QuestionError
from qa.index import OpenIndex
from qa.retrieval.filters import DocumentFilter
from qa.retrieval.hybrid import HybridSearch
from qa.types import Encoder, Hit

# What the document that a conversation is about is nearer by. Chosen on the follow-ups of the
# natural corpora that are fitted to (training/LOG.md).
NEARER = 0.12
# Of how many times as many passages it may come forward.
_DEEPER = 3


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The nearest passages, nearest first, and the documents that were left out.

    ``outdated`` changed or vanished since the build; ``excluded`` are these and the ones that
    a filter leaves out: no answer may cite them.
    """

    hits: tuple[Hit, ...]
    outdated: frozenset[str]
    excluded: frozenset[str]


class Retriever:
    """Retrieves from the documents that are wanted and unchanged; safe to share between threads."""

    def __init__(self, index: OpenIndex, encoder: Encoder) -> None:
        self._index = index
        self._search = HybridSearch(index, encoder)

    def retrieve(
        self, question: str, top_k: int, wanted: DocumentFilter, *, talked_of: str = ""
    ) -> Retrieved:
        """Return the ``top_k`` nearest passages.

        Those of the document ``talked_of``, by its id, are taken for nearer than they are.
        Raises :class:`~qa.errors.QuestionError` where no document matches the filter.
        """
        unwanted = self._unwanted(wanted) if wanted else frozenset()
        outdated: set[str] = set()
        while True:
            hits = self._nearest(question, top_k, unwanted | outdated, talked_of)
            shown = {hit.passage.document_id for hit in hits}
            found = self._index.outdated(shown, quoted=True)
            if not found:
                return Retrieved(hits, frozenset(outdated), unwanted | outdated)
            # Rare, and then often true of the whole folder: check all documents at once.
            others = self._index.indexed.keys() - unwanted - outdated - found
            outdated |= found | self._index.outdated(others)

    def _nearest(
        self, question: str, top_k: int, excluded: Set[str], talked_of: str
    ) -> tuple[Hit, ...]:
        """Return the nearest passages, each under the first of its files not excluded."""
        places = self._index.places_of
        # The text of an excluded document may be quoted from a copy that is not excluded.
        unavailable = {each for each in excluded if excluded >= set(places(each))}
        hits = []
        depth = _DEEPER * top_k if talked_of else top_k
        for hit in self._search.search(question, depth, exclude=unavailable):
            here = next(each for each in places(hit.passage.document_id) if each not in excluded)
            score = hit.score + NEARER * (here == talked_of)
            hits.append(replace(hit, passage=replace(hit.passage, document_id=here), score=score))
        if talked_of:
            hits.sort(key=lambda hit: -hit.score)  # equals stay in order
        hits = hits[:top_k]
        self._index.check_passages(hit.passage for hit in hits)
        return tuple(hits)

    def _unwanted(self, wanted: DocumentFilter) -> frozenset[str]:
        """Return the documents that a filter leaves out."""
        documents = self._index.documents()
        unwanted = frozenset(each.id for each in documents if not wanted.matches(each))
        if len(unwanted) == len(documents):
            raise QuestionError(
                f"no document matches {wanted}",
                f"change the filter; {self._index.command('info', '--json')} lists all",
            )
        return unwanted

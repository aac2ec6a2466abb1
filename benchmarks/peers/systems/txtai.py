"""txtai: its pipeline for answers over its hybrid index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.peers.systems import TOP_K, Corpus, Given


class Txtai:
    """Its `RAG` pipeline with an extractive model: three contexts, joined and read as one.

    The pipeline gives an answer without a score, and none where its reader holds
    less than 0.05 of it; a further bar, `minscore`, can be set on what was found.
    """

    packages = ("txtai",)
    setting = (
        "`Embeddings(hybrid=True, content=True)` and its `RAG` pipeline (once `Extractor`) with "
        "an extractive model: three contexts, its default; titles before the text; held back by "
        "`minscore`"
    )
    reads = True

    def load(self, corpus: Corpus) -> None:
        """Load the encoder, and the reader behind it."""
        from txtai import RAG, Embeddings

        self._embeddings = Embeddings(path=str(corpus.encoder), hybrid=True, content=True)
        self._embeddings.batchsearch = self._scored(self._embeddings.batchsearch)
        self._rag = RAG(self._embeddings, str(corpus.reader), output="flatten")

    def build(self, corpus: Corpus) -> None:
        """Index the passages, and save the index."""
        self._embeddings.index((passage.id, passage.headed, None) for passage in corpus.passages)
        self._embeddings.save(str(corpus.index))

    def ask(self, question: str) -> Given:
        """Return its answer, or none.

        Its reader raises where the best start or end lies outside the context, as
        in "no answer": that is none too, and is told.
        """
        try:
            answer = self._rag(question) or ""
            return Given(answer, {"score of the search": self._best} if answer else {})
        except TypeError as error:
            return Given(error=type(error).__name__)

    def _scored(self, search: Callable[..., Any]) -> Callable[..., Any]:
        """Return a search that notes the score of the best passage: what `minscore` bars."""

        def scored(*arguments: Any, **named: Any) -> Any:
            found = search(*arguments, **named)
            self._best = max((row["score"] for row in found[0]), default=0.0)
            return found

        return scored

    def nearest(self, question: str) -> Sequence[str]:
        """Search once more, for more than the pipeline reads."""
        return [row["id"] for row in self._embeddings.search(question, TOP_K)]


SYSTEM = Txtai

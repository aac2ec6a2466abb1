"""txtai: its pipeline for answers over its hybrid index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.peers.systems import TOP_K, Corpus, Given


class Txtai:
    """Its `RAG` pipeline with an extractive model: three contexts, joined and read as one.

    The pipeline returns an answer without a score, and none where its reader's score is below
    0.05; a threshold on the search, `minscore`, can be set as well.
    """

    packages = ("txtai",)
    setting = (
        "`Embeddings(hybrid=True, content=True)` and its `RAG` pipeline (once `Extractor`) with "
        "an extractive model: three contexts, its default; titles before the text; threshold "
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

        Its reader raises an exception where the best start or end is outside the context, as for
        "no answer"; that counts as no answer and is reported.
        """
        try:
            answer = self._rag(question) or ""
            return Given(answer, {"score of the search": self._best} if answer else {})
        except TypeError as error:
            return Given(error=type(error).__name__)

    def _scored(self, search: Callable[..., Any]) -> Callable[..., Any]:
        """Return a search that records the best passage's score, to which `minscore` applies."""

        def scored(*arguments: Any, **named: Any) -> Any:
            found = search(*arguments, **named)
            self._best = max((row["score"] for row in found[0]), default=0.0)
            return found

        return scored

    def nearest(self, question: str) -> Sequence[str]:
        """Search once more, for more than the pipeline reads."""
        return [row["id"] for row in self._embeddings.search(question, TOP_K)]


SYSTEM = Txtai

"""txtai: its pipeline for answers over its hybrid index."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.peers.systems import TOP_K, Corpus, Given


class Txtai:
    """Its `RAG` pipeline with an extractive model: three contexts, joined and read as one.

    The pipeline gives an answer without a score, and none where its reader holds
    less than 0.05 of it; a further bar can be set on the score of what was found.
    """

    packages = ("txtai",)
    setting = (
        "`Embeddings(hybrid=True, content=True)` and its `RAG` pipeline (once `Extractor`) with "
        "an extractive model: three contexts, its default; titles before the text"
    )
    reads = True

    def load(self, corpus: Corpus) -> None:
        """Load the encoder, and the reader behind it."""
        from txtai import RAG, Embeddings

        self._embeddings = Embeddings(path=str(corpus.encoder), hybrid=True, content=True)
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
            return Given(self._rag(question) or "")
        except TypeError as error:
            return Given(error=type(error).__name__)

    def nearest(self, question: str) -> Sequence[str]:
        """Search once more, for more than the pipeline reads."""
        return [row["id"] for row in self._embeddings.search(question, TOP_K)]


SYSTEM = Txtai

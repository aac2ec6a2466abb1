"""Plain dense retrieval: sentence-transformers into a flat FAISS index, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.peers.systems import TOP_K, Corpus, Given


class Dense:
    """Unit vectors in float32, compared with all passages."""

    packages = ("sentence-transformers", "faiss-cpu")
    setting = "`SentenceTransformer.encode` in float32, `IndexFlatIP`, titles before the text"
    reads = False

    def load(self, corpus: Corpus) -> None:
        """Load the encoder."""
        import faiss  # noqa: F401
        from sentence_transformers import SentenceTransformer

        self._encoder = SentenceTransformer(str(corpus.encoder), device="cpu")

    def build(self, corpus: Corpus) -> None:
        """Encode the passages, and write the index."""
        import faiss

        self._ids = [passage.id for passage in corpus.passages]
        vectors = self._encode([passage.headed for passage in corpus.passages])
        self._index = faiss.IndexFlatIP(vectors.shape[1])
        self._index.add(vectors)
        corpus.index.mkdir()
        faiss.write_index(self._index, str(corpus.index / "vectors.faiss"))

    def ask(self, question: str) -> Given:
        """Retrieve."""
        _, rows = self._index.search(self._encode([question]), min(TOP_K, len(self._ids)))
        self._last = [self._ids[row] for row in rows[0]]
        return Given()

    def nearest(self, question: str) -> Sequence[str]:
        """Return what was retrieved."""
        return self._last

    def _encode(self, texts: list[str]) -> Any:
        return self._encoder.encode(texts, normalize_embeddings=True, show_progress_bar=False)


SYSTEM = Dense

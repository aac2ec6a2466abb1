"""Plain BM25, by bm25s: retrieval alone."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.peers.systems import TOP_K, Corpus, Given


class Bm25:
    """bm25s as its README recommends it: English stop words and a stemmer."""

    packages = ("bm25s", "PyStemmer")
    setting = "English stop words and Snowball stemmer (its README), titles before the text"
    reads = False

    def load(self, corpus: Corpus) -> None:
        """Import the library; there are no weights."""
        import bm25s
        import Stemmer

        self._index = bm25s.BM25()
        self._stemmer = Stemmer.Stemmer("english")

    def build(self, corpus: Corpus) -> None:
        """Index the words, and save the index with the texts."""
        self._ids = [passage.id for passage in corpus.passages]
        texts = [passage.headed for passage in corpus.passages]
        self._index.index(self._tokens(texts), show_progress=False)
        self._index.save(str(corpus.index), corpus=texts)

    def ask(self, question: str) -> Given:
        """Retrieve."""
        top_k = min(TOP_K, len(self._ids))
        rows, _ = self._index.retrieve(self._tokens(question), k=top_k, show_progress=False)
        self._last = [self._ids[row] for row in rows[0]]
        return Given()

    def nearest(self, question: str) -> Sequence[str]:
        """Return what was retrieved."""
        return self._last

    def _tokens(self, texts: str | list[str]) -> object:
        import bm25s

        return bm25s.tokenize(texts, stopwords="en", stemmer=self._stemmer, show_progress=False)


SYSTEM = Bm25

"""Verbatim itself, from the project's own environment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.peers.systems import TOP_K, Corpus, Given


class Verbatim:
    """Files in, int8 encoder and reader, the shipped calibration; the threshold is ignored."""

    packages = ("faiss-cpu", "tantivy", "onnxruntime", "sentence-transformers")
    setting = (
        "as shipped: hybrid, int8, ten passages at most; its build reads and splits the files too"
    )
    reads = True

    def load(self, corpus: Corpus) -> None:
        """Import all that a build does."""
        from qa import QA
        from qa.networks.encoder import SentenceEncoder

        SentenceEncoder().encode(["warm up"])
        self._build = QA.build

    def build(self, corpus: Corpus) -> None:
        """Build from the files, as `qa build` does."""
        self._qa = self._build(corpus.documents, corpus.index)

    def ask(self, question: str) -> Given:
        """Answer whatever the probability."""
        self._last: Any = self._qa.ask(question, top_k=TOP_K, threshold=0.0)
        if not self._last.answers:
            return Given()
        best = self._last.answers[0]
        return Given(best.text, {"probability": best.probability})

    def nearest(self, question: str) -> Sequence[str]:
        """Return the passages that were read."""
        passages = (hit.passage for hit in self._last.passages)
        return [f"{each.document_id}:{each.start}-{each.end}" for each in passages]

    @property
    def threshold(self) -> float:
        """The probability from which an answer is shown."""
        return self._qa.threshold


SYSTEM = Verbatim

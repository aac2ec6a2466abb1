"""Haystack: its extractive reader behind its hybrid retrieval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.peers.systems import TOP_K, Corpus, Given


class Haystack:
    """The pipeline of its hybrid retrieval tutorial, its reader at the end, ten documents read.

    Its reader was made for RoBERTa and passes no token types to the model. These weights were
    trained with them, so they are restored here.
    """

    packages = ("haystack-ai", "transformers-haystack", "sentence-transformers-haystack")
    setting = (
        "in-memory store, BM25 and embeddings joined by reciprocal rank (its hybrid tutorial), "
        "titles embedded (BM25 and reader get the text only), `TransformersExtractiveReader` "
        "over ten documents; token types, which this reader drops, are restored"
    )
    reads = True

    def load(self, corpus: Corpus) -> None:
        """Load the encoder and the reader, and build the pipelines."""
        from haystack import Pipeline
        from haystack.components.joiners import DocumentJoiner
        from haystack.components.retrievers.in_memory import (
            InMemoryBM25Retriever,
            InMemoryEmbeddingRetriever,
        )
        from haystack.components.writers import DocumentWriter
        from haystack.document_stores.in_memory import InMemoryDocumentStore
        from haystack_integrations.components.embedders.sentence_transformers import (
            SentenceTransformersDocumentEmbedder,
            SentenceTransformersTextEmbedder,
        )
        from haystack_integrations.components.readers.transformers import (
            TransformersExtractiveReader,
        )

        encoder = str(corpus.encoder)
        embedder = SentenceTransformersDocumentEmbedder(
            model=encoder, meta_fields_to_embed=["title"], progress_bar=False
        )
        embedder.warm_up()
        reader = TransformersExtractiveReader(model=str(corpus.reader))
        reader.warm_up()
        reader.model = _with_token_types(reader.model, reader.tokenizer.sep_token_id)
        store = self._store = InMemoryDocumentStore(embedding_similarity_function="cosine")
        self._indexing, self._asking = Pipeline(), Pipeline()
        self._indexing.add_component("embedder", embedder)
        self._indexing.add_component("writer", DocumentWriter(store))
        self._indexing.connect("embedder", "writer")
        for name, component in {
            "embedder": SentenceTransformersTextEmbedder(model=encoder, progress_bar=False),
            "dense": InMemoryEmbeddingRetriever(store, top_k=TOP_K),
            "words": InMemoryBM25Retriever(store, top_k=TOP_K),
            "joiner": DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=TOP_K),
            "reader": reader,
        }.items():
            self._asking.add_component(name, component)
        self._asking.connect("embedder.embedding", "dense.query_embedding")
        for name in ("dense", "words"):
            self._asking.connect(name, "joiner")
        self._asking.connect("joiner", "reader")

    def build(self, corpus: Corpus) -> None:
        """Embed the passages with their titles into the store, and save it."""
        from haystack import Document

        documents = [
            Document(id=passage.id, content=passage.text, meta={"title": passage.heading})
            for passage in corpus.passages
        ]
        self._indexing.run({"embedder": {"documents": documents}})
        corpus.index.mkdir()
        self._store.save_to_disk(str(corpus.index / "store.json"))

    def ask(self, question: str) -> Given:
        """Run the pipeline; its no-answer score is the product of all answers being wrong."""
        inputs = {
            "embedder": {"text": question},
            "words": {"query": question},
            "reader": {"query": question},
        }
        outputs = self._asking.run(inputs, include_outputs_from={"joiner"})
        self._last = [document.id for document in outputs["joiner"]["documents"]]
        answers = outputs["reader"]["answers"]
        best = next((answer for answer in answers if answer.data), None)
        if best is None:
            return Given()
        none = next((answer.score for answer in answers if answer.data is None), 0.0)
        return Given(best.data, {"score": best.score, "no-answer score": 1.0 - none})

    def nearest(self, question: str) -> Sequence[str]:
        """Return the documents that were read."""
        return self._last


def _with_token_types(model: Any, separator: int) -> Any:
    """Return the model called with the token types its weights were trained with."""

    def call(input_ids: Any, attention_mask: Any) -> Any:
        separators = (input_ids == separator).cumsum(dim=1)
        # The first separator still belongs to the question.
        types = (separators - (input_ids == separator).long()).clamp(0, 1)
        return model(
            input_ids=input_ids,
            attention_mask=attention_mask,
            token_type_ids=types * attention_mask,
        )

    return call


SYSTEM = Haystack

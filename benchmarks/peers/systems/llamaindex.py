"""LlamaIndex over FAISS: retrieval alone, since it has no extractive reader."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.peers.systems import TOP_K, Corpus, Given


class LlamaIndex:
    """`VectorStoreIndex` in a `FaissVectorStore`; titles as metadata, which it embeds."""

    packages = ("llama-index-core", "llama-index-vector-stores-faiss")
    setting = "`VectorStoreIndex` in a `FaissVectorStore`, titles as metadata; retrieval alone"
    reads = False

    def load(self, corpus: Corpus) -> None:
        """Load the encoder."""
        from llama_index.core import VectorStoreIndex  # noqa: F401
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding
        from llama_index.vector_stores.faiss import FaissVectorStore  # noqa: F401

        self._encoder = HuggingFaceEmbedding(model_name=str(corpus.encoder))

    def build(self, corpus: Corpus) -> None:
        """Embed the passages, and persist the index."""
        import faiss
        from llama_index.core import StorageContext, VectorStoreIndex
        from llama_index.core.schema import TextNode
        from llama_index.vector_stores.faiss import FaissVectorStore

        dimension = len(self._encoder.get_query_embedding("dimension"))
        storage = StorageContext.from_defaults(
            vector_store=FaissVectorStore(faiss_index=faiss.IndexFlatIP(dimension))
        )
        nodes = [
            TextNode(id_=passage.id, text=passage.text, metadata={"title": passage.heading})
            for passage in corpus.passages
        ]
        index = VectorStoreIndex(nodes, storage_context=storage, embed_model=self._encoder)
        index.storage_context.persist(str(corpus.index))
        self._retriever = index.as_retriever(similarity_top_k=TOP_K)

    def ask(self, question: str) -> Given:
        """Retrieve."""
        self._last = [found.node.node_id for found in self._retriever.retrieve(question)]
        return Given()

    def nearest(self, question: str) -> Sequence[str]:
        """Return what was retrieved."""
        return self._last


SYSTEM = LlamaIndex

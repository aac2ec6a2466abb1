"""Texts in, unit vectors out: one road for questions and passages."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.errors import ModelCorrupt
from qa.networks.sentence_network import SentenceNetwork
from qa.networks.threads import cores, limit_threads
from qa.networks.transformer_network import TransformerNetwork
from qa.networks.weights import MODELS, RETRAIN, read_model

NAME = "all-MiniLM-L6-v2, trained further"


class SentenceEncoder:
    """The encoder, on the CPU; safe to share between threads.

    Questions and passages go through the same network. The shipped one is all-MiniLM-L6-v2,
    trained further on questions (:mod:`training.encoder`) with sentence-transformers and
    exported to int8 ONNX. It runs on ONNX Runtime directly: importing sentence-transformers and
    its PyTorch takes several seconds, and `qa ask` answers in about one. ``model`` is the
    folder of any other sentence-transformers model, which that library then runs.

    Each text is one call on one thread. Within a batch the last bits of a vector depend on the
    texts beside it, and a rebuilt index would then differ from a grown one; on the CPU a batch
    is hardly quicker anyway. Texts run side by side on as many threads as there are cores.
    """

    def __init__(self, model: str | Path | None = None) -> None:
        limit_threads()
        self._network: SentenceNetwork | TransformerNetwork
        if model is None:
            shipped = read_model("encoder")
            self.name, sha256 = NAME, shipped.sha256
            try:
                self._network = SentenceNetwork(shipped)
            except Exception as error:  # ONNX Runtime and tokenizers raise their own
                reason = " ".join(str(error).split())[:200]
                raise ModelCorrupt(
                    f"{MODELS} contains no usable encoder ({reason})", RETRAIN
                ) from error
        else:
            self._network = TransformerNetwork(Path(model))
            self.name, sha256 = Path(model).resolve().name, self._network.sha256
        self.dimension, self.row_size = self._network.dimension, self._network.row_size
        self.max_tokens = self._network.max_tokens
        self.fingerprint = f"{self.name}:{sha256}:{self.max_tokens}"
        self.tokenizer = self._network.tokenizer.to_str()
        self._pool = ThreadPoolExecutor(
            cores(), thread_name_prefix="encoder", initializer=limit_threads
        )

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of each text of a document, shape ``(texts, row_size)``.

        A row is the text's unit vector and, from the shipped encoder, those of its parts
        (:mod:`qa.networks.parts`). A text longer than ``max_tokens`` is cut there.
        """
        vectors = list(self._pool.map(self._network.encode_document, texts))
        return np.stack(vectors) if vectors else np.empty((0, self.row_size), np.float32)

    def encode_query(self, question: str) -> NDArray[np.float32]:
        """Return the unit vector of a question, shape ``(dimension,)``."""
        return self._network.encode_query(question)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return each text's length in tokens, special tokens not counted."""
        encodings = self._network.tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(encoding) for encoding in encodings]

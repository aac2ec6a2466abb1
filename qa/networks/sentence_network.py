"""The shipped encoder's network on ONNX Runtime: one text in, its unit vectors out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qa.networks.parts import PARTS, packed, packed_size, token_parts
from qa.networks.weights import Model, check_vocabulary, tokenizer_of

if TYPE_CHECKING:
    from onnxruntime import RunOptions


class SentenceNetwork:
    """Tokenizer, network, mean pooling and normalisation; safe to share between threads.

    The ONNX network of ``model`` has the input ``input_ids``, shape ``(1, tokens)``, and the
    outputs ``vector``, shape ``(1, dimension)``, pooled and normalised, and ``states``, shape
    ``(1, tokens, dimension)``: each token's. A part of a text has the normalised mean of its
    states as its vector. Each text is one call. An int8 network takes one
    scale over its whole input, so in a batch a vector would depend on its neighbours. A text
    longer than ``max_tokens`` is cut there. Raises ValueError, or whatever the libraries raise,
    where the network or the tokenizer is invalid or the two do not belong together.
    """

    def __init__(self, model: Model, *, max_tokens: int = 256) -> None:
        self._session = model.session()
        self.dimension = int(self._session.get_outputs()[0].shape[-1])
        self.row_size = self.dimension + packed_size(self.dimension)
        self.max_tokens = max_tokens
        self.tokenizer = tokenizer_of(model.tokenizer)
        self._room = max_tokens - self.tokenizer.num_special_tokens_to_add(is_pair=False)
        check_vocabulary(
            lambda token, options: self._run([token], options),
            self.tokenizer.get_vocab_size(),
        )

    def encode_document(self, text: str) -> NDArray[np.float32]:
        """Return the unit vector of a text and then those of its parts, packed: ``(row_size,)``.

        Parts that a short text has not repeat its last one.
        """
        encoding = self.tokenizer.encode(text, add_special_tokens=False)
        encoding.truncate(self._room)
        encoding = self.tokenizer.post_process(encoding)
        vector, states = self._run(encoding.ids)
        spans = token_parts(text, encoding.offsets)
        spans += (PARTS - len(spans)) * spans[-1:]
        parts = np.stack([states[start:end].mean(axis=0) for start, end in spans])
        parts /= np.linalg.norm(parts, axis=1, keepdims=True)
        return np.concatenate([vector, packed(parts)])

    def encode_query(self, question: str) -> NDArray[np.float32]:
        """Return the unit vector of a question, shape ``(dimension,)``."""
        encoding = self.tokenizer.encode(question, add_special_tokens=False)
        encoding.truncate(self._room)
        vector, _ = self._run(self.tokenizer.post_process(encoding).ids)
        return vector

    def _run(
        self, token_ids: Sequence[int], options: RunOptions | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        ids = np.array([token_ids], dtype=np.int64)
        vectors, states = self._session.run(["vector", "states"], {"input_ids": ids}, options)
        return np.asarray(vectors[0], np.float32), np.asarray(states[0], np.float32)

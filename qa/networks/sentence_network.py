"""The shipped encoder's network on ONNX Runtime: one text in, its unit vector out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from qa.networks.weights import Model, check_vocabulary

if TYPE_CHECKING:
    from onnxruntime import RunOptions


class SentenceNetwork:
    """Tokenizer, network, mean pooling and normalisation; safe to share between threads.

    The ONNX network of ``model`` has the input ``input_ids``, shape ``(1, tokens)``, and the
    output ``vector``, shape ``(1, dimension)``: it pools and normalises itself. Each text is one
    call. An int8 network takes one scale over its whole input, so in a batch a vector would
    depend on its neighbours. A text longer than ``max_tokens`` is cut there. Raises ValueError,
    or whatever the libraries raise, where the network or the tokenizer is invalid or the two do
    not belong together.
    """

    def __init__(self, model: Model, *, max_tokens: int = 256) -> None:
        self._session = model.session()
        self.dimension = int(self._session.get_outputs()[0].shape[-1])
        self.max_tokens = max_tokens
        self.tokenizer = Tokenizer.from_str(model.tokenizer)
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        self._room = max_tokens - self.tokenizer.num_special_tokens_to_add(is_pair=False)
        check_vocabulary(
            lambda token, options: self._vector([token], options),
            self.tokenizer.get_vocab_size(),
        )

    def encode_document(self, text: str) -> NDArray[np.float32]:
        """Return the unit vector of a text of a document, shape ``(dimension,)``."""
        encoding = self.tokenizer.encode(text, add_special_tokens=False)
        encoding.truncate(self._room)
        return self._vector(self.tokenizer.post_process(encoding).ids)

    # The network was trained without prompts: a question is a text like any other.
    encode_query = encode_document

    def _vector(
        self, token_ids: Sequence[int], options: RunOptions | None = None
    ) -> NDArray[np.float32]:
        (vectors,) = self._session.run(
            ["vector"], {"input_ids": np.array([token_ids], dtype=np.int64)}, options
        )
        return np.asarray(vectors[0], dtype=np.float32)

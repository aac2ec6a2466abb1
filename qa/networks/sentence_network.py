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
    """Tokenizer, network, mean and normalisation in one; safe to share between threads.

    The network of ``model`` has the input ``input_ids``, shape ``(1, tokens)``, and the
    output ``vector``, shape ``(1, dimension)``. Each text is one call: an int8 network
    takes one scale over all it is given, so that in a batch a vector would depend on its
    neighbours. A text longer than ``max_tokens`` is cut there. Where network and tokenizer
    are none, or do not belong together, ValueError or what their libraries raise.
    """

    def __init__(self, model: Model, *, max_tokens: int) -> None:
        self._session = model.session()
        self.dimension = int(self._session.get_outputs()[0].shape[-1])
        self.max_tokens = max_tokens
        self.tokenizer = Tokenizer.from_str(model.tokenizer)
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(max_tokens)
        check_vocabulary(
            lambda token, options: self.vector([token], options=options),
            self.tokenizer.get_vocab_size(),
        )

    def token_ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of each text, special tokens included."""
        return [encoding.ids for encoding in self.tokenizer.encode_batch(list(texts))]

    def vector(
        self, token_ids: Sequence[int], *, options: RunOptions | None = None
    ) -> NDArray[np.float32]:
        """Return the unit vector of one text, shape ``(dimension,)``."""
        (vectors,) = self._session.run(
            ["vector"], {"input_ids": np.array([token_ids], dtype=np.int64)}, options
        )
        return np.asarray(vectors[0], dtype=np.float32)

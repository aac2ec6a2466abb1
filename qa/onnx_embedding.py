"""The shipped encoder's network as a module of sentence-transformers, on ONNX Runtime.

In int8 it takes under half the time of PyTorch in float32. A module of our own,
since the ONNX backend of sentence-transformers wants versions of its neighbours
that Gradio does not go with.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers.base.modules import InputModule
from tokenizers import Tokenizer

from qa.weights import Model


class OnnxEmbedding(InputModule):
    """Texts in, unit vectors out: tokenizer, network, mean and normalisation in one.

    The network of ``model`` has the input ``input_ids``, shape
    ``(1, tokens)``, and the output ``vector``, shape ``(1, dimension)``. Each text
    is one call: an int8 network takes one scale over all it is given, so that in
    a batch a vector would depend on its neighbours.
    """

    def __init__(self, model: Model, *, max_seq_length: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._session = model.session()
        self._dimension = int(self._session.get_outputs()[0].shape[-1])
        self.max_seq_length = max_seq_length
        self.tokenizer = Tokenizer.from_str(model.tokenizer)
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(max_seq_length)

    def preprocess(
        self, inputs: Sequence[Any], prompt: str | None = None, **_: Any
    ) -> dict[str, Any]:
        """Return the token ids of each text."""
        encodings = self.tokenizer.encode_batch([f"{prompt or ''}{text}" for text in inputs])
        return {"input_ids": [encoding.ids for encoding in encodings]}

    def forward(self, features: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Add ``sentence_embedding``, shape ``(texts, dimension)``."""
        vectors = [
            self._session.run(["vector"], {"input_ids": np.array([ids], dtype=np.int64)})[0]
            for ids in features["input_ids"]
        ]
        features["sentence_embedding"] = torch.from_numpy(np.concatenate(vectors))
        return features

    def get_embedding_dimension(self) -> int:
        """Return how long a vector is."""
        return self._dimension

    def save(self, output_path: str, *_: Any, **__: Any) -> None:
        """Refuse: the file this came from is what can be copied."""
        raise NotImplementedError(f"copy the ONNX file to {Path(output_path)} instead")

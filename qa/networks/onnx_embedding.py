"""The shipped encoder's network as a module of sentence-transformers.

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

from qa.networks.sentence_network import SentenceNetwork


class OnnxEmbedding(InputModule):
    """Texts in, unit vectors out, by a :class:`~qa.networks.sentence_network.SentenceNetwork`."""

    def __init__(self, network: SentenceNetwork) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._network = network
        self.max_seq_length = network.max_tokens
        self.tokenizer = network.tokenizer

    def preprocess(
        self, inputs: Sequence[Any], prompt: str | None = None, **_: Any
    ) -> dict[str, Any]:
        """Return the token ids of each text."""
        return {"input_ids": self._network.token_ids([f"{prompt or ''}{text}" for text in inputs])}

    def forward(self, features: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Add ``sentence_embedding``, shape ``(texts, dimension)``."""
        vectors = np.stack([self._network.vector(ids) for ids in features["input_ids"]])
        features["sentence_embedding"] = torch.from_numpy(vectors)
        return features

    def get_embedding_dimension(self) -> int:
        """Return how long a vector is."""
        return self._network.dimension

    def save(self, output_path: str, *_: Any, **__: Any) -> None:
        """Refuse: the file this came from is what can be copied."""
        raise NotImplementedError(f"copy the ONNX file to {Path(output_path)} instead")

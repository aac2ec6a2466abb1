"""An encoder that draws: for measures of storage, where encoding would take hours."""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from qa.networks.encoder import SentenceEncoder


class DrawnByText:
    """Draws a unit vector by the text, with ``parts`` their bytes behind it; counts real tokens."""

    def __init__(self, *, parts: bool = False) -> None:
        shipped = SentenceEncoder()
        self.name = self.fingerprint = "drawn by text"
        self.dimension = shipped.dimension
        self.row_size = shipped.row_size if parts else shipped.dimension
        self.max_tokens, self.tokenizer = shipped.max_tokens, shipped.tokenizer
        self.count_tokens, self.encode_query = shipped.count_tokens, shipped.encode_query

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one row per text, shape ``(texts, row_size)``."""
        return np.stack([self._row(text) for text in texts])

    def _row(self, text: str) -> NDArray[np.float32]:
        chance = np.random.Generator(np.random.SFC64(crc32(text.encode())))
        vector = chance.standard_normal(self.dimension, np.float32)
        parts = chance.integers(0, 256, self.row_size - self.dimension)
        return np.concatenate([vector / np.linalg.norm(vector), parts]).astype(np.float32)

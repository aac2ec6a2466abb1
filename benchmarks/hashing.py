"""A trivial encoder, for tests of the storage rather than the model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

DIMENSION = 16


class HashEncoder:
    """Sums one vector per word, made from the word's hash: texts that share words are similar."""

    name = "words by their hashes"
    fingerprint = "hashes:1:256"
    dimension = row_size = DIMENSION
    max_tokens = 256
    # One token a word, whatever the word is.
    tokenizer = json.dumps(
        {
            "version": "1.0",
            "added_tokens": [],
            "pre_tokenizer": {"type": "WhitespaceSplit"},
            "model": {"type": "WordLevel", "vocab": {"?": 0}, "unk_token": "?"},
        }
    )

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one unit vector per text, shape ``(texts, dimension)``, and note the texts."""
        self.encoded += texts
        vectors = np.stack([self._sum(text.lower().split()) for text in texts])
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    def encode_query(self, question: str) -> NDArray[np.float32]:
        """Return its unit vector, shape ``(dimension,)``."""
        return self.encode([question])[0]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return each text's length in words."""
        return [len(text.split()) for text in texts]

    def _sum(self, words: Sequence[str]) -> NDArray[np.float64]:
        total = np.full(DIMENSION, 1e-3)
        for word in words:
            digest = hashlib.blake2b(word.encode("utf-8"), digest_size=DIMENSION).digest()
            total += np.frombuffer(digest, np.uint8) / 127.5 - 1
        return total

"""Any other encoder: a sentence-transformers model in a local folder."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from qa.errors import ModelCorrupt, ModelNotFound
from qa.hashing import sha256_of
from qa.networks.threads import limit_threads

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

# What shapes a vector: weights, and the settings and vocabulary beside them.
_SHAPING = {".safetensors", ".json", ".txt", ".model"}


class TransformerNetwork:
    """A sentence-transformers model, called with one text at a time on the CPU.

    It has the methods of :class:`~qa.networks.sentence_network.SentenceNetwork`. A model
    trained with different prompts for questions and documents gets them. Raises
    :class:`~qa.errors.ModelNotFound` and :class:`~qa.errors.ModelCorrupt`.
    """

    def __init__(self, folder: Path) -> None:
        if not (folder / "tokenizer.json").is_file():
            raise ModelNotFound(
                f"{folder} contains no sentence-transformers model with a tokenizer.json",
                f"fetch one with `hf download NAME --local-dir {folder}`",
            )
        self.sha256 = _sha256_of_folder(folder)
        try:
            self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self.tokenizer.no_truncation()
            self.tokenizer.no_padding()
            self._model = _load(folder)
            _check_fit(self.tokenizer, self._model)
        except Exception as error:  # each of the libraries below raises its own
            raise ModelCorrupt(
                f"{folder} contains no usable sentence-transformers model "
                f"({' '.join(str(error).split())[:200]})",
                "name another",
            ) from error
        self.row_size = self.dimension = int(self._model.get_embedding_dimension() or 0)
        self.max_tokens = int(self._model.max_seq_length or sys.maxsize)

    def encode_document(self, text: str) -> NDArray[np.float32]:
        """Return the unit vector of a text of a document, shape ``(dimension,)``."""
        return _vector(self._model.encode_document, text)

    def encode_query(self, text: str) -> NDArray[np.float32]:
        """Return the unit vector of a question, shape ``(dimension,)``."""
        return _vector(self._model.encode_query, text)


def _load(folder: Path) -> SentenceTransformer:
    """Return the model, ready for several threads, without a progress bar."""
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    limit_threads()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    model = SentenceTransformer(
        str(folder),
        device="cpu",
        local_files_only=True,
        model_kwargs={"use_safetensors": True},  # the other format is a pickle
    )
    model = model.float().eval()
    # The first call sets truncation and padding in the tokenizer, which several
    # threads must not do at once ("Already borrowed"); later calls leave them.
    _vector(model.encode_document, "warm")
    return model


def _check_fit(tokenizer: Tokenizer, model: SentenceTransformer) -> None:
    """Raise ValueError where the tokenizer has tokens that the network does not know."""
    body = getattr(model[0], "auto_model", None)  # a network of word vectors has none
    tokens = tokenizer.get_vocab_size()
    if body is not None and tokens > body.config.vocab_size:
        known = body.config.vocab_size
        raise ValueError(f"its tokenizer has {tokens} tokens, its network {known}")


def _vector(encode: Callable[..., Any], text: str) -> NDArray[np.float32]:
    vectors = encode(
        [text],
        batch_size=1,
        normalize_embeddings=True,
        convert_to_numpy=True,
        show_progress_bar=False,
    )
    return np.asarray(vectors[0], dtype=np.float32)


def _sha256_of_folder(folder: Path) -> str:
    """Return one hash for all files that shape a vector."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in _SHAPING and path.is_file():
            name = path.relative_to(folder).as_posix()
            digest.update(f"{name}\0{sha256_of(path)}\n".encode())
    return digest.hexdigest()

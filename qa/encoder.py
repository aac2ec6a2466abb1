"""Texts in, unit vectors out, by sentence-transformers."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qa.errors import ModelCorrupt, ModelNotFound
from qa.threads import cores, limit_threads
from qa.weights import ENCODER_NAME, ENCODER_SHA256, encoder_folder, sha256_of

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

DIMENSION = 384
MAX_TOKENS = 256
# What shapes a vector: weights, and the settings and vocabulary beside them.
_SHAPING = {".safetensors", ".json", ".txt", ".model"}


class SentenceEncoder:
    """The encoder, on the CPU in fp32; safe to share between threads.

    Each text goes through the network alone, on one thread. Within a batch the
    last bits of a vector depend on the texts beside it, and then a rebuilt index
    would differ from a grown one; on the CPU a batch is hardly quicker anyway.
    Texts run side by side on as many threads as there are cores.

    ``model`` is the folder of another sentence-transformers model. The network
    of the shipped one is loaded at the first text, since loading PyTorch takes
    seconds and counting tokens needs none of it.
    """

    def __init__(self, model: str | Path | None = None) -> None:
        from tokenizers import Tokenizer

        limit_threads()
        self._folder = encoder_folder() if model is None else Path(model)
        tokenizer = self._folder / "tokenizer.json"
        if not tokenizer.is_file():
            raise ModelNotFound(
                f"{self._folder} holds no sentence-transformers model with a tokenizer.json: "
                f"fetch one with `hf download NAME --local-dir {self._folder}`"
            )
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._network: SentenceTransformer | None = None
        self._loading = threading.Lock()
        self._pool = ThreadPoolExecutor(
            cores(), thread_name_prefix="encoder", initializer=limit_threads
        )
        self.name = ENCODER_NAME if model is None else self._folder.resolve().name
        self.dimension = DIMENSION
        self.max_tokens = MAX_TOKENS
        known = {"model.safetensors": ENCODER_SHA256} if model is None else {}
        if model is not None:
            network = self._loaded()
            self.dimension = int(network.get_embedding_dimension() or 0)
            self.max_tokens = int(network.max_seq_length or MAX_TOKENS)
        self.fingerprint = f"{self.name}:{_sha256_of_model(self._folder, known)}:{self.max_tokens}"

    def load(self) -> None:
        """Load the network now, rather than when the first text comes."""
        self._loaded()

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one unit vector per text, shape ``(texts, dimension)``.

        A text longer than ``max_tokens`` is cut there.
        """
        network = self._loaded()

        def one(text: str) -> NDArray[np.float32]:
            vectors = network.encode(
                [text],
                batch_size=1,
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
            return np.asarray(vectors[0], dtype=np.float32)

        vectors = list(self._pool.map(one, texts))
        return np.stack(vectors) if vectors else np.empty((0, self.dimension), np.float32)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return each text's length in tokens, special tokens not counted."""
        encodings = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(encoding) for encoding in encodings]

    def _loaded(self) -> SentenceTransformer:
        """Return the network, loading it once."""
        with self._loading:
            if self._network is None:
                self._network = _load(self._folder)
            return self._network


def _load(folder: Path) -> SentenceTransformer:
    """Return the network in a folder, ready for several threads; nothing is printed."""
    import sentence_transformers
    from transformers.utils import logging

    limit_threads()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        network = sentence_transformers.SentenceTransformer(
            str(folder),
            device="cpu",
            local_files_only=True,
            model_kwargs={"use_safetensors": True},  # the other format is a pickle
        )
    except Exception as error:  # each of the libraries below raises its own
        reason = " ".join(str(error).split())[:200]
        raise ModelCorrupt(
            f"{folder} holds no usable sentence-transformers model ({reason}): name another"
        ) from error
    network = network.float().eval()
    # The first call sets truncation and padding in the tokenizer, which several
    # threads must not do at once ("Already borrowed"); later calls leave them.
    network.encode(["warm"], batch_size=1, show_progress_bar=False)
    return network


def _sha256_of_model(folder: Path, known: dict[str, str]) -> str:
    """Return one hash for all files that shape a vector; ``known`` spares hashing twice."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.suffix in _SHAPING and path.is_file():
            digest.update(f"{name}\0{known.get(name) or sha256_of(path)}\n".encode())
    return digest.hexdigest()

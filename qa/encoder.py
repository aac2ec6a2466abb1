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
from qa.weights import ENCODER_NAME, MODELS, Model, read_model, sha256_of

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

DIMENSION = 384
MAX_TOKENS = 256
_MEND = "reinstall Verbatim, or make it anew with `python -m qa.train.encoder`"
# What shapes a vector: weights, and the settings and vocabulary beside them.
_SHAPING = {".safetensors", ".json", ".txt", ".model"}


class SentenceEncoder:
    """The encoder, on the CPU; safe to share between threads.

    Each text goes through the network alone, on one thread. Within a batch the
    last bits of a vector depend on the texts beside it, and then a rebuilt index
    would differ from a grown one; on the CPU a batch is hardly quicker anyway.
    Texts run side by side on as many threads as there are cores.

    ``model`` is the folder of another sentence-transformers model. The shipped one
    is all-MiniLM-L6-v2 in int8; it is loaded at the first text, since loading
    PyTorch takes seconds and counting tokens needs none of it.
    """

    def __init__(self, model: str | Path | None = None) -> None:
        from tokenizers import Tokenizer

        limit_threads()
        self._network: SentenceTransformer | None = None
        self._loading = threading.Lock()
        self._pool = ThreadPoolExecutor(
            cores(), thread_name_prefix="encoder", initializer=limit_threads
        )
        self._model: Model | Path
        if model is None:
            self._model = read_model("encoder", mend=_MEND)
            self._tokenizer = Tokenizer.from_str(self._model.tokenizer)
            self.name, sha256 = ENCODER_NAME, self._model.sha256
            self.dimension, self.max_tokens = DIMENSION, MAX_TOKENS
        else:
            self._model = Path(model)
            tokenizer = self._model / "tokenizer.json"
            if not tokenizer.is_file():
                raise ModelNotFound(
                    f"{model} holds no sentence-transformers model with a tokenizer.json: "
                    f"fetch one with `hf download NAME --local-dir {model}`"
                )
            self._tokenizer = Tokenizer.from_file(str(tokenizer))
            self.name, sha256 = self._model.resolve().name, _sha256_of_folder(self._model)
            network = self._loaded()
            self.dimension = int(network.get_embedding_dimension() or 0)
            self.max_tokens = int(network.max_seq_length or MAX_TOKENS)
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self.fingerprint = f"{self.name}:{sha256}:{self.max_tokens}"

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
                self._network = _load(self._model)
            return self._network


def _load(model: Model | Path) -> SentenceTransformer:
    """Return a model's network, ready for several threads; nothing is printed."""
    import sentence_transformers
    from transformers.utils import logging

    from qa.onnx_embedding import OnnxEmbedding

    limit_threads()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        if isinstance(model, Model):
            module = OnnxEmbedding(model, max_seq_length=MAX_TOKENS)
            network = sentence_transformers.SentenceTransformer(modules=[module], device="cpu")
        else:
            network = sentence_transformers.SentenceTransformer(
                str(model),
                device="cpu",
                local_files_only=True,
                model_kwargs={"use_safetensors": True},  # the other format is a pickle
            )
    except Exception as error:  # each of the libraries below raises its own
        reason = " ".join(str(error).split())[:200]
        where, mend = (MODELS, _MEND) if isinstance(model, Model) else (model, "name another")
        raise ModelCorrupt(
            f"{where} holds no usable sentence-transformers model ({reason}): {mend}"
        ) from error
    network = network.float().eval()
    # The first call sets truncation and padding in the tokenizer, which several
    # threads must not do at once ("Already borrowed"); later calls leave them.
    network.encode(["warm"], batch_size=1, show_progress_bar=False)
    return network


def _sha256_of_folder(folder: Path) -> str:
    """Return one hash for all files that shape a vector."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in _SHAPING and path.is_file():
            name = path.relative_to(folder).as_posix()
            digest.update(f"{name}\0{sha256_of(path)}\n".encode())
    return digest.hexdigest()

"""Texts in, unit vectors out, by sentence-transformers."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qa.errors import ModelCorrupt, ModelNotFound
from qa.hashing import sha256_of
from qa.networks.sentence_network import SentenceNetwork
from qa.networks.threads import cores, limit_threads
from qa.networks.weights import MODELS, RETRAIN, Model, read_model

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

NAME = "all-MiniLM-L6-v2, trained further"
DIMENSION = 384
MAX_TOKENS = 256
# What shapes a vector: weights, and the settings and vocabulary beside them.
_SHAPING = {".safetensors", ".json", ".txt", ".model"}


class SentenceEncoder:
    """The encoder, on the CPU; safe to share between threads.

    Each text goes through the network alone, on one thread. Within a batch the
    last bits of a vector depend on the texts beside it, and then a rebuilt index
    would differ from a grown one; on the CPU a batch is hardly quicker anyway.
    Texts run side by side on as many threads as there are cores.

    ``model`` is the folder of another sentence-transformers model. The shipped one
    is all-MiniLM-L6-v2, trained further on questions (:mod:`training.contrastive`), in
    int8; sentence-transformers is loaded at the first text,
    since that and its PyTorch take seconds, and a question goes through the shipped
    network directly: a command that asks one needs neither.
    """

    def __init__(self, model: str | Path | None = None) -> None:
        limit_threads()
        self._transformer: SentenceTransformer | None = None
        self._network: SentenceNetwork | None = None
        self._loading = threading.RLock()
        self._pool = ThreadPoolExecutor(
            cores(), thread_name_prefix="encoder", initializer=limit_threads
        )
        self._model: Model | Path
        if model is None:
            self._model = read_model("encoder")
            self._tokenizer = _tokenizer(self._model)
            self.name, sha256 = NAME, self._model.sha256
            self.dimension, self.max_tokens = DIMENSION, MAX_TOKENS
        else:
            self._model = Path(model)
            if not (self._model / "tokenizer.json").is_file():
                raise ModelNotFound(
                    f"{model} contains no sentence-transformers model with a tokenizer.json",
                    f"fetch one with `hf download NAME --local-dir {model}`",
                )
            self._tokenizer = _tokenizer(self._model)
            self.name, sha256 = self._model.resolve().name, _sha256_of_folder(self._model)
            network = self._loaded()
            _check_fit(self._model, self._tokenizer, network)
            self.dimension = int(network.get_embedding_dimension() or 0)
            self.max_tokens = int(network.max_seq_length or MAX_TOKENS)
        self.fingerprint = f"{self.name}:{sha256}:{self.max_tokens}"

    def load(self) -> None:
        """Load what a question needs now, rather than when the first one comes."""
        if isinstance(self._model, Model):
            self._shipped(self._model)
        else:
            self._loaded()

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one unit vector per text of a document, shape ``(texts, dimension)``.

        A text longer than ``max_tokens`` is cut there.
        """
        encode = self._loaded().encode_document
        vectors = list(self._pool.map(lambda text: self._one(encode, text), texts))
        return np.stack(vectors) if vectors else np.empty((0, self.dimension), np.float32)

    def encode_query(self, question: str) -> NDArray[np.float32]:
        """Return the unit vector of a question, shape ``(dimension,)``.

        To the shipped model a question is a text like any other; one that was trained
        with different prompts for the two has them from sentence-transformers.
        """
        if isinstance(self._model, Model):
            network = self._shipped(self._model)
            (ids,) = network.token_ids([question])
            return network.vector(ids)
        return self._one(self._loaded().encode_query, question)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return each text's length in tokens, special tokens not counted."""
        encodings = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(encoding) for encoding in encodings]

    def _one(self, encode: Callable[..., Any], text: str) -> NDArray[np.float32]:
        vectors = encode(
            [text],
            batch_size=1,
            # The shipped network's are of length one already, to the last bit.
            normalize_embeddings=not isinstance(self._model, Model),
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return np.asarray(vectors[0], dtype=np.float32)

    def _shipped(self, model: Model) -> SentenceNetwork:
        """Return the shipped network, loading it once."""
        with self._loading:
            if self._network is None:
                try:
                    self._network = SentenceNetwork(model, max_tokens=MAX_TOKENS)
                except Exception as error:  # ONNX Runtime and tokenizers raise their own
                    raise _corrupt(model, error) from error
            return self._network

    def _loaded(self) -> SentenceTransformer:
        """Return the model as sentence-transformers runs it, loading it once."""
        with self._loading:
            if self._transformer is None:
                model = self._model
                network = self._shipped(model) if isinstance(model, Model) else model
                self._transformer = _load(network)
            return self._transformer


def _load(model: SentenceNetwork | Path) -> SentenceTransformer:
    """Return a network, ready for several threads; nothing is printed."""
    import sentence_transformers
    from transformers.utils import logging

    from qa.networks.onnx_embedding import OnnxEmbedding

    limit_threads()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        if isinstance(model, SentenceNetwork):
            module = OnnxEmbedding(model)
            network = sentence_transformers.SentenceTransformer(modules=[module], device="cpu")
        else:
            network = sentence_transformers.SentenceTransformer(
                str(model),
                device="cpu",
                local_files_only=True,
                model_kwargs={"use_safetensors": True},  # the other format is a pickle
            )
        network = network.float().eval()
        # The first call sets truncation and padding in the tokenizer, which several
        # threads must not do at once ("Already borrowed"); later calls leave them.
        network.encode(["warm"], batch_size=1, show_progress_bar=False)
    except Exception as error:  # each of the libraries below raises its own
        raise _corrupt(model, error) from error
    return network


def _check_fit(model: Path, tokenizer: Tokenizer, network: SentenceTransformer) -> None:
    """Raise where the tokenizer of a folder has tokens that its network does not know."""
    body = getattr(network[0], "auto_model", None)  # a network of word vectors has none
    tokens = tokenizer.get_vocab_size()
    if body is not None and tokens > body.config.vocab_size:
        reason = f"its tokenizer has {tokens} tokens, its network {body.config.vocab_size}"
        raise _corrupt(model, ValueError(reason))


def _tokenizer(model: Model | Path) -> Tokenizer:
    """Return the tokenizer of a model, which neither cuts nor pads."""
    from tokenizers import Tokenizer

    try:
        if isinstance(model, Model):
            tokenizer = Tokenizer.from_str(model.tokenizer)
        else:
            tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    except Exception as error:  # a bare Exception where it is none
        raise _corrupt(model, error) from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _corrupt(model: Model | SentenceNetwork | Path, error: Exception) -> ModelCorrupt:
    reason = " ".join(str(error).split())[:200]
    where, remedy = (model, "name another") if isinstance(model, Path) else (MODELS, RETRAIN)
    return ModelCorrupt(f"{where} contains no usable encoder ({reason})", remedy)


def _sha256_of_folder(folder: Path) -> str:
    """Return one hash for all files that shape a vector."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in _SHAPING and path.is_file():
            name = path.relative_to(folder).as_posix()
            digest.update(f"{name}\0{sha256_of(path)}\n".encode())
    return digest.hexdigest()

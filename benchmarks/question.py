"""A whole question, and reading ten passages against doing so with PyTorch in float32."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from statistics import mean, median, quantiles
from typing import Any

import torch
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from qa.evaluation.golden import read_golden
from qa.networks.reader import OnnxReader
from qa.networks.threads import cores
from qa.networks.weights import encoder_folder
from qa.pipeline import QA

GOLDEN = Path("tests/golden/seeds.jsonl")
TOP_K = 10


def measure(index: str, *, checkpoint: Path | None, rounds: int = 1) -> dict[str, Any]:
    """Return milliseconds of each, question by question in turn.

    A question stops reading where it may; the comparison reads all ten.
    Without ``checkpoint`` the network of the same shape is made from the
    encoder's weights with an untrained span head: its arithmetic, and so its
    time, is the same. It reads its passages both as one padded batch and one by
    one; the quicker of the two is what we compare with.
    """
    qa, reader = QA.open(index), OnnxReader()
    questions = [golden.question for golden in read_golden(GOLDEN)]
    folder = checkpoint or encoder_folder()
    torch.set_num_threads(cores())
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForQuestionAnswering.from_pretrained(folder, dtype=torch.float32).eval()

    def torch_reads(question: str, texts: list[str]) -> None:
        encoded = tokenizer(
            [question] * len(texts), texts, padding=True, truncation=True, return_tensors="pt"
        )
        with torch.inference_mode():
            model(**{k: v for k, v in encoded.items() if k != "overflow_to_sample_mapping"})

    ours: list[dict[str, float]] = []
    passages_read: list[int] = []
    ten: list[float] = []
    batch: list[float] = []
    single: list[float] = []
    for question in questions[:5]:  # warm up
        texts = [hit.passage.text for hit in qa.ask(question, top_k=TOP_K).passages]
        torch_reads(question, texts)
    for question in questions * rounds:
        prediction = qa.ask(question, top_k=TOP_K)
        ours.append(prediction.timings_ms)
        passages_read.append(prediction.passages_read)
        passages = [hit.passage for hit in prediction.passages]
        texts = [passage.text for passage in passages]
        ten.append(_milliseconds(lambda: reader.read(question, passages)))  # noqa: B023
        batch.append(_milliseconds(lambda: torch_reads(question, texts)))  # noqa: B023
        single.append(_milliseconds(lambda: [torch_reads(question, [t]) for t in texts]))  # noqa: B023
    baseline = batch if median(batch) <= median(single) else single
    totals = [timing["total"] for timing in ours]
    return {
        "questions": len(ours),
        "passages": TOP_K,
        "passages_read": round(mean(passages_read), 1),
        "question_ms": _spread(totals),
        "retrieve_ms": _spread([timing["retrieve"] for timing in ours]),
        "read_ms": _spread([timing["read"] for timing in ours]),
        "read_all_ms": _spread(ten),
        "torch_fp32_batch_ms": _spread(batch),
        "torch_fp32_single_ms": _spread(single),
        "read_all_over_torch": round(median(ten) / median(baseline), 3),
    }


def _milliseconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - began)


def _spread(values: list[float]) -> dict[str, float]:
    return {"median": round(median(values), 1), "p95": round(quantiles(values, n=20)[-1], 1)}

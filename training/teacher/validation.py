"""Scores of a reader on held-back rows: labelled paragraphs, and passages that were retrieved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from qa.evaluation.confidence import auc
from qa.evaluation.metrics import best_over_references, exact_match, f1, is_right
from qa.networks.reader import quotable, whole_words
from qa.networks.spans import best_spans
from qa.networks.words import number_words
from training.networks import DEVICE
from training.objective import Sides
from training.rows import Batch, Row, collate
from training.teacher.units import ROWS, About, Rows, read_about

Logits = Callable[[Batch], Sides]
Scores = dict[str, dict[str, float]]
_ROWS_PER_BATCH = 16


@dataclass(frozen=True, slots=True)
class Read:
    """A row's best span: its text, its score, and its margin over "no answer here"."""

    about: About
    text: str
    score: float
    margin: float


def judge(data: Path, tokenizer: Tokenizer, logits: Logits) -> Scores:
    """Return the scores on the held-back rows that :mod:`training.teacher.mix` wrote."""
    scores: Scores = {}
    kinds = {
        "labelled": labelled_scores,
        "transfers": labelled_scores,
        "natural": natural_scores,
    }
    for name, scores_of in kinds.items():
        if (data / name / ROWS).is_file():
            scores[name] = scores_of(read_rows(data / name, tokenizer, logits))
    return scores


def read_rows(folder: Path, tokenizer: Tokenizer, logits: Logits) -> list[Read]:
    """Return the best span of each row in a folder, in the order of rows."""
    rows, about = Rows(folder / ROWS), read_about(folder)
    encodings = tokenizer.encode_batch([each.text for each in about], add_special_tokens=False)
    order = np.argsort(rows.lengths, kind="stable").tolist()
    found: dict[int, Read] = {}
    for begin in range(0, len(order), _ROWS_PER_BATCH):
        numbers = order[begin : begin + _ROWS_PER_BATCH]
        read = [rows.row(number) for number in numbers]
        with torch.inference_mode():
            sides = logits(collate(read).to(DEVICE))
        starts, ends = (side.float().cpu().numpy() for side in sides)
        for number, row, start, end in zip(numbers, read, starts, ends, strict=True):
            found[number] = _best(row, about[number], encodings[number], start, end)
    return [found[number] for number in range(len(order))]


def _best(
    row: Row,
    about: About,
    encoding: Encoding,
    starts: NDArray[np.float32],
    ends: NDArray[np.float32],
) -> Read:
    window = slice(row.window_start, len(row.ids) - 1)
    tokens = slice(row.first_token, row.first_token + window.stop - window.start)
    offsets = encoding.offsets
    pieces = quotable(about.passage(), offsets)
    numbers = number_words(about.text, encoding.word_ids, offsets, pieces)
    words = np.array(numbers[tokens], dtype=np.int64)
    start, end = whole_words(starts[window], ends[window], words)
    for first, last, score in best_spans(start, end, words=words, pieces=pieces[tokens], n=1):
        offsets = offsets[tokens]
        text = about.text[offsets[first][0] : offsets[last][1]]
        return Read(about, text, score, score - float(starts[0] + ends[0]))
    return Read(about, "", -np.inf, -np.inf)


def labelled_scores(read: Sequence[Read]) -> dict[str, float]:
    """Return EM and F1 of answerable questions, and the AUC of their margins against others."""
    present = [each for each in read if each.about.answers]
    absent = [each for each in read if not each.about.answers]
    exact, overlap = (
        [best_over_references(metric, each.text, each.about.answers) for each in present]
        for metric in (exact_match, f1)
    )
    return {
        "em": _percent(exact),
        "f1": _percent(overlap),
        "auc": _margin_auc(present, absent),
    }


def natural_scores(read: Sequence[Read]) -> dict[str, float]:
    """Return the share of answerable questions whose best span over all passages is right.

    The best is chosen by score, which compares across passages, and by margin over the passage's
    own null. Questions count whether or not retrieval found their passage. The AUC is that of the
    right spans' margins against those of questions without an answer.
    """
    scores: dict[str, float] = {}
    for name in ("score", "margin"):
        best = [max(each, key=lambda one: float(getattr(one, name))) for each in _questions(read)]
        right = [float(_is_right(each)) for each in best if each.about.answers]
        absent = [each for each in best if not each.about.answers]
        scores[f"right_by_{name}"] = _percent(right)
        scores[f"auc_by_{name}"] = _margin_auc([e for e in best if _is_right(e)], absent)
    return scores


def _questions(read: Sequence[Read]) -> Iterator[list[Read]]:
    """Yield the rows of each question together."""
    rows: dict[str, list[Read]] = {}
    for each in read:
        rows.setdefault(each.about.question_id, []).append(each)
    yield from rows.values()


def _is_right(read: Read) -> bool:
    answers = read.about.answers
    return bool(read.text and answers and best_over_references(is_right, read.text, answers))


def _margin_auc(positive: Sequence[Read], negative: Sequence[Read]) -> float:
    margins = np.array([each.margin for each in (*positive, *negative)])
    is_positive = np.array([1.0] * len(positive) + [0.0] * len(negative))
    return round(auc(margins, is_positive), 3)


def _percent(values: Sequence[float]) -> float:
    return round(100 * sum(values) / max(1, len(values)), 1)

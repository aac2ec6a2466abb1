"""Scores of a reader in training on the held-out questions, by the library's own decoding."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import torch

from qa.evaluation.metrics import best_over_references, exact_match, f1
from qa.networks.spans import best_spans
from training.networks import DEVICE
from training.objective import Sides
from training.questions import Example, Questions
from training.rows import Batch, collate, make_row

_ROWS_PER_BATCH = 16
_SAMPLE = 600


def validate(logits: Callable[[Batch], Sides], questions: Questions) -> dict[str, float]:
    """Return EM and F1 of the best span on answerable examples, and the AUC of the margin.

    ``null_auc`` is the chance that an answerable question's margin of best span over null
    exceeds that of an unanswerable one on the same paragraph: across paragraphs it could be
    guessed from them alone. The prior on a span's length counts tokens here, not words. Contexts
    longer than a window are cut around the answer, so the scores are a little high: they follow
    a training, ``qa eval`` judges its result.
    """
    held_out = list(questions.held_out)
    sample = random.Random(0).sample(held_out, min(_SAMPLE, len(held_out)))
    judged = list(_judge(logits, [e for e in sample if e.answers], questions))
    exact, overlap = (
        [best_over_references(metric, text, example.references) for example, text, _ in judged]
        for metric in (exact_match, f1)
    )
    margins: dict[int, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    for example, _, margin in _judge(logits, on_both_kinds(held_out), questions):
        margins[example.context][bool(example.answers)].append(margin)
    pairs = [(a, p) for absent, present in margins.values() for p in present for a in absent]
    wins = sum((present > absent) + (present == absent) / 2 for absent, present in pairs)
    return {
        "questions": len(exact),
        "em": round(100 * sum(exact) / max(1, len(exact)), 2),
        "f1": round(100 * sum(overlap) / max(1, len(overlap)), 2),
        "null_auc": round(wins / max(1, len(pairs)), 4),
    }


def on_both_kinds(examples: Sequence[Example]) -> list[Example]:
    """Return the examples on paragraphs that answer some of their questions and others not."""
    kinds: dict[int, set[bool]] = defaultdict(set)
    for example in examples:
        kinds[example.context].add(bool(example.answers))
    return [example for example in examples if len(kinds[example.context]) == 2]


def _judge(
    logits: Callable[[Batch], Sides], examples: Sequence[Example], questions: Questions
) -> Iterator[tuple[Example, str, float]]:
    """Yield examples, the text of the best span of each, and its margin over null in logits.

    They are read in batches of like length; one without a possible span is passed over.
    """
    rng = random.Random(0)
    contexts = questions.contexts
    order = sorted(examples, key=lambda e: len(contexts[e.context].ids))
    for begin in range(0, len(order), _ROWS_PER_BATCH):
        part = order[begin : begin + _ROWS_PER_BATCH]
        rows = [make_row(e.question_ids, contexts[e.context].ids, e.answers, rng=rng) for e in part]
        with torch.inference_mode():
            starts, ends = (side.cpu().numpy() for side in logits(collate(rows).to(DEVICE)))
        for example, row, start, end in zip(part, rows, starts, ends, strict=True):
            window = slice(row.window_start, len(row.ids) - 1)
            for first, last, score in best_spans(start[window], end[window], n=1):
                context = contexts[example.context]
                begins = context.starts[first + row.first_token]
                text = context.text[begins : context.ends[last + row.first_token]]
                yield example, text, score - float(start[0] + end[0])

"""Scores of a model in training on the held-out split, by the library's own decoding."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import torch
from transformers import PreTrainedModel

from qa.evaluation.metrics import best_over_references, exact_match, f1
from qa.spans import best_spans
from qa.train.batches import Batch, collate
from qa.train.examples import Context, Example, make_sequence

Logits = Callable[[Batch], tuple[torch.Tensor, torch.Tensor]]


def validate(
    model: PreTrainedModel,
    examples: Sequence[Example],
    contexts: Sequence[Context],
    *,
    special: tuple[int, int],
    logits: Logits,
    rows_per_batch: int = 16,
) -> dict[str, float]:
    """Return EM and F1 of the best span on answerable questions, and the null's accuracy.

    ``null_auc`` is the chance that an answerable question's margin of best span
    over null exceeds an unanswerable one's. Contexts longer than a window are
    cut around the answer, so the scores run a little high: they follow a
    training run, ``qa eval`` judges its result.
    """
    model.train(False)
    rng = random.Random(0)
    order = sorted(examples, key=lambda e: len(contexts[e.context].ids))
    exact, overlap = [], []
    margins: dict[bool, list[float]] = {True: [], False: []}
    for begin in range(0, len(order), rows_per_batch):
        part = order[begin : begin + rows_per_batch]
        rows = [
            make_sequence(e.question_ids, contexts[e.context], e.answers, special=special, rng=rng)
            for e in part
        ]
        device = next(model.parameters()).device.type
        with torch.inference_mode():
            starts, ends = logits(collate(rows).to(device))
        for i, (example, row) in enumerate(zip(part, rows, strict=True)):
            context = contexts[example.context]
            window = slice(row.window_start, len(row.ids) - 1)
            start, end = starts[i].cpu().numpy(), ends[i].cpu().numpy()
            spans = best_spans(start[window], end[window], n=1)
            if not spans:
                continue
            first, last, score = spans[0]
            margins[bool(example.answers)].append(score - float(start[0] + end[0]))
            if example.answers:
                first, last = first + row.first_token, last + row.first_token
                text = context.text[context.starts[first] : context.ends[last]]
                exact.append(best_over_references(exact_match, text, example.references))
                overlap.append(best_over_references(f1, text, example.references))
    model.train()
    wins = sum((a > b) + (a == b) / 2 for a in margins[True] for b in margins[False])
    pairs = max(1, len(margins[True]) * len(margins[False]))
    return {
        "questions": len(exact),
        "em": round(100 * sum(exact) / max(1, len(exact)), 2),
        "f1": round(100 * sum(overlap) / max(1, len(overlap)), 2),
        "null_auc": round(wins / pairs, 4),
    }

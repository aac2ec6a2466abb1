"""Scores of a model in training on the held-out split, by the library's own decoding."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from transformers import PreTrainedModel

from qa.evaluation.metrics import best_over_references, exact_match, f1
from qa.networks.spans import best_spans
from training.batches import Batch, collate
from training.examples import Context, Example, make_sequence

Logits = Callable[[Batch], tuple[torch.Tensor, torch.Tensor]]


@dataclass(frozen=True, slots=True)
class _Judged:
    """The text of an example's best span, and its margin over null, in logits."""

    example: Example
    text: str
    margin: float


def of_both_kinds(examples: Sequence[Example]) -> list[Example]:
    """Return the examples on paragraphs that answer some of their questions and others not."""
    kinds: dict[int, set[bool]] = {}
    for example in examples:
        kinds.setdefault(example.context, set()).add(bool(example.answers))
    return [example for example in examples if len(kinds[example.context]) == 2]


def validate(
    model: PreTrainedModel,
    examples: Sequence[Example],
    paired: Sequence[Example],
    contexts: Sequence[Context],
    *,
    special: tuple[int, int],
    logits: Logits,
    rows_per_batch: int = 16,
) -> dict[str, float]:
    """Return EM and F1 of the best span on answerable examples, and the null's accuracy.

    ``null_auc`` is the chance that an answerable question's margin of best span over
    null exceeds that of an unanswerable one on the same paragraph, over ``paired``:
    across paragraphs it could be guessed from them alone. The prior on a span's
    length counts tokens here, for words. Contexts longer than a window are
    cut around the answer, so the scores run a little high: they follow a
    training run, ``qa eval`` judges its result.
    """
    judge = partial(
        _judge,
        model,
        contexts=contexts,
        special=special,
        logits=logits,
        rows_per_batch=rows_per_batch,
    )
    model.train(False)
    there = [each for each in judge(examples) if each.example.answers]
    margins: dict[int, tuple[list[float], list[float]]] = {}
    for each in judge(paired):
        of_kind = margins.setdefault(each.example.context, ([], []))
        of_kind[bool(each.example.answers)].append(each.margin)
    model.train()
    exact, overlap = (
        [best_over_references(metric, each.text, each.example.references) for each in there]
        for metric in (exact_match, f1)
    )
    pairs = [(a, b) for absent, present in margins.values() for a in present for b in absent]
    wins = sum((a > b) + (a == b) / 2 for a, b in pairs)
    return {
        "questions": len(exact),
        "em": round(100 * sum(exact) / max(1, len(exact)), 2),
        "f1": round(100 * sum(overlap) / max(1, len(overlap)), 2),
        "null_auc": round(wins / max(1, len(pairs)), 4),
    }


def _judge(
    model: PreTrainedModel,
    examples: Sequence[Example],
    *,
    contexts: Sequence[Context],
    special: tuple[int, int],
    logits: Logits,
    rows_per_batch: int,
) -> Iterator[_Judged]:
    """Read examples in batches of like length; one without a possible span is passed over."""
    rng = random.Random(0)
    device = next(model.parameters()).device.type
    order = sorted(examples, key=lambda e: len(contexts[e.context].ids))
    for begin in range(0, len(order), rows_per_batch):
        part = order[begin : begin + rows_per_batch]
        rows = [
            make_sequence(e.question_ids, contexts[e.context], e.answers, special=special, rng=rng)
            for e in part
        ]
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
            text = context.text[
                context.starts[first + row.first_token] : context.ends[last + row.first_token]
            ]
            yield _Judged(example, text, score - float(start[0] + end[0]))

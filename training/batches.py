"""Batches of similar length: padding is the hidden cost of training on a CPU."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from qa.networks.reader import MAX_TOKENS
from training.examples import Context, Example, Row, make_sequence

# Matrix units work on tiles of 16 rows; a multiple wastes none of them.
MULTIPLE = 16
# Batches are sorted by length only within chunks, so that an epoch stays random.
_CHUNK = 4096
# What is read before a paragraph: its own title, or one that has nothing to say
# on it, so that the reader learns to use headings and not to trust them.
_OWN_HEADING = 0.6
_OTHER_HEADING = 0.15
_OTHER_HEADING_TOKENS = 12


@dataclass(frozen=True, slots=True)
class Batch:
    """Tensors of one step; ``rows`` x ``tokens``, padded on the right.

    ``candidate`` marks the positions an answer may use (the window, and
    ``[CLS]`` for "no answer here"); ``group`` says which rows share a question;
    ``prior`` is the log-odds that a paragraph lends to "no answer".
    """

    input_ids: torch.Tensor
    token_type_ids: torch.Tensor
    attention_mask: torch.Tensor
    candidate: torch.Tensor
    start_targets: torch.Tensor
    end_targets: torch.Tensor
    group: torch.Tensor
    prior: torch.Tensor

    def to(self, device: str) -> Batch:
        """Return the batch on ``device``; from pinned memory, without waiting for it."""
        return Batch(
            *(getattr(self, name).to(device, non_blocking=True) for name in self.__slots__)
        )

    def pin_memory(self) -> Batch:
        """Return the batch in memory that a GPU copies from by itself."""
        return Batch(*(getattr(self, name).pin_memory() for name in self.__slots__))


def plan_epoch(
    examples: Sequence[Example],
    contexts: Sequence[Context],
    *,
    tokens_per_batch: int,
    seed: int,
    window: int = MAX_TOKENS,
) -> list[list[int]]:
    """Return an epoch's batches as lists of example positions; rows have ``window`` tokens at most.

    The same arguments give the same plan, which is what lets an interrupted run
    resume at the very next batch. It is made with each context's own heading and before
    lengths are rounded up: as it is laid out, a batch can have some tokens more.
    """
    sizes = [
        min(
            window,
            len(e.question_ids)
            + len(contexts[e.context].heading_ids)
            + 3
            + len(contexts[e.context].ids),
        )
        for e in examples
    ]
    rows = [1 + (e.negative >= 0) for e in examples]
    return packed(sizes, rows, tokens_per_batch=tokens_per_batch, seed=seed)


def packed(
    sizes: Sequence[int], rows: Sequence[int], *, tokens_per_batch: int, seed: int
) -> list[list[int]]:
    """Return positions in batches, in a random order, with those of like ``sizes`` together.

    The one at a position takes ``rows`` of up to ``sizes`` tokens. By these a batch has
    ``tokens_per_batch`` at most, padding counted, unless it is of one position.
    """
    rng = random.Random(seed)
    order = list(range(len(sizes)))
    rng.shuffle(order)
    batches: list[list[int]] = []
    for begin in range(0, len(order), _CHUNK):
        batch: list[int] = []
        filled = longest = 0
        for position in sorted(order[begin : begin + _CHUNK], key=lambda i: sizes[i]):
            longest = max(longest, sizes[position])
            if batch and (filled + rows[position]) * longest > tokens_per_batch:
                batches.append(batch)
                batch, filled, longest = [], 0, sizes[position]
            batch.append(position)
            filled += rows[position]
        batches.append(batch)
    rng.shuffle(batches)
    return batches


class QuestionEpoch:
    """The batches of one epoch of questions, each laid out when it is asked for.

    Which examples, which headings and which windows hangs on ``seed`` and the position.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        contexts: Sequence[Context],
        *,
        special: tuple[int, int],
        question_mark: int,
        tokens_per_batch: int,
        window: int = MAX_TOKENS,
        seed: int,
    ) -> None:
        self._examples, self._contexts = examples, contexts
        self._special, self._question_mark = special, question_mark
        self._window, self._seed = window, seed
        self._plan = plan_epoch(
            examples, contexts, tokens_per_batch=tokens_per_batch, seed=seed, window=window
        )

    def __len__(self) -> int:
        return len(self._plan)

    def __getitem__(self, position: int) -> Batch:
        rows = lay_out(
            self._plan[position],
            self._examples,
            self._contexts,
            special=self._special,
            question_mark=self._question_mark,
            seed=self._seed * 1_000_000 + position,
            window=self._window,
        )
        return collate(rows)


def lay_out(
    batch: Sequence[int],
    examples: Sequence[Example],
    contexts: Sequence[Context],
    *,
    special: tuple[int, int],
    question_mark: int,
    seed: int,
    window: int = MAX_TOKENS,
) -> list[Row]:
    """Return the rows of a batch: each example, and its negative beside it.

    A row has at most ``window`` tokens.

    One question in eight loses its question mark, as people who search write.
    A negative is cut to its positive's length, and has 32 tokens beside question and heading
    at least: next to a short positive it makes the batch longer than it was planned.
    Headings are drawn anew each time.
    """
    rng = random.Random(seed)
    rows: list[Row] = []
    for group, position in enumerate(batch):
        example = examples[position]
        question = example.question_ids
        if len(question) > 1 and question[-1] == question_mark and rng.random() < 0.125:
            question = question[:-1]
        context = contexts[example.context]
        row = make_sequence(
            question,
            context,
            example.answers,
            special=special,
            rng=rng,
            heading_ids=draw_heading(example.context, contexts, rng),
            max_tokens=window,
            group=group,
            prior=example.prior,
        )
        rows.append(row)
        if example.negative >= 0:
            heading = draw_heading(example.negative, contexts, rng)
            length = max(len(row.ids), len(question) + len(heading) + 3 + 32)
            rows.append(
                make_sequence(
                    question,
                    contexts[example.negative],
                    {},
                    special=special,
                    rng=rng,
                    heading_ids=heading,
                    max_tokens=length,
                    group=group,
                )
            )
    return rows


def draw_heading(
    position: int, contexts: Sequence[Context], rng: random.Random
) -> NDArray[np.int32]:
    """Return the heading to read before a context: its own, another's words, or none.

    Another's words are the first of the next context of the data, which often is
    of the same article: they name what the question asks for, as headlines do,
    and hold no answer.
    """
    drawn = rng.random()
    if drawn < _OWN_HEADING:
        return contexts[position].heading_ids
    if drawn < _OWN_HEADING + _OTHER_HEADING:
        return contexts[(position + 1) % len(contexts)].ids[:_OTHER_HEADING_TOKENS]
    return contexts[position].heading_ids[:0]


def collate(rows: Sequence[Row]) -> Batch:
    """Pad rows into tensors."""
    longest = max(len(row.ids) for row in rows)
    shape = (len(rows), -(-longest // MULTIPLE) * MULTIPLE)
    ids = np.zeros(shape, dtype=np.int64)
    types = np.zeros(shape, dtype=np.int64)
    mask = np.zeros(shape, dtype=np.int64)
    candidate = np.zeros(shape, dtype=bool)
    starts = np.zeros(shape, dtype=np.float32)
    ends = np.zeros(shape, dtype=np.float32)
    for i, row in enumerate(rows):
        length = len(row.ids)
        ids[i, :length] = row.ids
        types[i, row.heading_start : length] = 1
        mask[i, :length] = 1
        candidate[i, row.window_start : length - 1] = True
        candidate[i, 0] = True
        for position, weight in row.start_targets.items():
            starts[i, position] = weight
        for position, weight in row.end_targets.items():
            ends[i, position] = weight
    group = np.array([row.group for row in rows], dtype=np.int64)
    prior = np.array([row.prior for row in rows], dtype=np.float32)
    arrays = (ids, types, mask, candidate, starts, ends, group, prior)
    return Batch(*(torch.from_numpy(array) for array in arrays))

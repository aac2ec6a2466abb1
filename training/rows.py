"""Rows of the reader, ``[CLS] question [SEP] heading window [SEP]``, and batches of them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from qa.networks.reader import MAX_TOKENS
from training.questions import Context, Example, Ids

# Of the encoder's tokenizer, which is pinned with its weights.
CLS, SEP, MASK, QUESTION_MARK = 101, 102, 103, 1029
# Matrix units work on tiles of 16 rows; a multiple wastes none of them.
MULTIPLE = 16
# What is read before a paragraph: its own title, or the words of another paragraph, so that the
# reader learns to use headings and not to trust them.
_OWN_HEADING = 0.6
_OTHER_HEADING = 0.15
_OTHER_HEADING_TOKENS = 12
_NO_IDS: Ids = np.array([], dtype=np.int32)
# Share of the questions that lose their question mark, as people who search write.
_UNMARKED = 0.125
# A negative beside a short passage still shows this many tokens.
_LEAST_WINDOW = 32


@dataclass(frozen=True, slots=True)
class Row:
    """One row and its targets, distributions over its positions.

    The heading begins at position ``heading_start``, the window at ``window_start``, which is
    token ``first_token`` of its context. Position 0, the ``[CLS]`` token, stands for "no answer
    here". ``group`` is the same for rows of one question. A ``guided`` row may be compared with a
    finished reader too. ``number`` is the row's place in its file, where it is of one.
    """

    ids: Ids
    heading_start: int
    window_start: int
    first_token: int
    start_targets: dict[int, float]
    end_targets: dict[int, float]
    group: int
    prior: float
    guided: bool = False
    number: int = 0


class Batch(NamedTuple):
    """Tensors of one step; ``rows`` x ``tokens``, padded on the right.

    ``candidate`` marks the positions an answer may use (the window, and
    ``[CLS]`` for "no answer here"); ``group`` says which rows share a question;
    ``prior`` is the log-odds of "no answer" given the paragraph alone; ``guided`` marks
    the rows that may be compared with a finished reader; ``number`` is their place in their file.
    """

    input_ids: torch.Tensor
    token_type_ids: torch.Tensor
    attention_mask: torch.Tensor
    candidate: torch.Tensor
    start_targets: torch.Tensor
    end_targets: torch.Tensor
    group: torch.Tensor
    prior: torch.Tensor
    guided: torch.Tensor
    number: torch.Tensor

    def to(self, device: str) -> Batch:
        """Return the batch on ``device``; from pinned memory, without waiting for it."""
        return Batch(*(each.to(device, non_blocking=True) for each in self))


def make_row(
    question_ids: Ids,
    context_ids: Ids,
    answers: Mapping[tuple[int, int], int],
    *,
    rng: random.Random,
    heading_ids: Ids = _NO_IDS,
    max_tokens: int = MAX_TOKENS,
    group: int = 0,
    prior: float = 0.0,
) -> Row:
    """Lay out one row; a context longer than it has room for is cut to a random window.

    The window contains one of the ``answers``, ``{(first, last) token: votes}``. Without one
    the target is ``[CLS]``.
    """
    room = max_tokens - len(question_ids) - len(heading_ids) - 3
    start = window_start(len(context_ids), answers, room, rng)
    window = context_ids[start : start + room]
    ids = np.concatenate([[CLS], question_ids, [SEP], heading_ids, window, [SEP]]).astype(np.int32)
    offset = len(question_ids) + len(heading_ids) + 2
    inside = {
        span: votes
        for span, votes in answers.items()
        if span[0] >= start and span[1] < start + len(window)
    }
    total = sum(inside.values())
    starts: dict[int, float] = {}
    ends: dict[int, float] = {}
    for (first, last), votes in inside.items():
        starts[first - start + offset] = starts.get(first - start + offset, 0) + votes / total
        ends[last - start + offset] = ends.get(last - start + offset, 0) + votes / total
    if not inside:
        starts, ends = {0: 1.0}, {0: 1.0}
    return Row(ids, offset - len(heading_ids), offset, start, starts, ends, group, prior)


def window_start(
    tokens: int, answers: Mapping[tuple[int, int], int], room: int, rng: random.Random
) -> int:
    """Return the first token of a random window of ``room`` tokens, with an answer in it."""
    low, high = 0, max(0, tokens - room)
    if answers and high:
        first, last = rng.choices(list(answers), weights=list(answers.values()))[0]
        low, high = max(0, min(last - room + 1, high)), min(first, high)
    return rng.randint(low, max(low, high))


def rows_of(
    group: int, example: Example, contexts: Sequence[Context], *, rng: random.Random
) -> list[Row]:
    """Return the row of an example, and that of its negative where it has one.

    A negative is cut to its positive's length: next to a short positive it would make the batch
    longer than planned. Headings are drawn each time.
    """
    question = example.question_ids
    marked = len(question) > 1 and question[-1] == QUESTION_MARK
    if marked and rng.random() < _UNMARKED:
        question = question[:-1]
    row = make_row(
        question,
        contexts[example.context].ids,
        example.answers,
        rng=rng,
        heading_ids=draw_heading(example.context, contexts, rng),
        group=group,
        prior=example.prior,
    )
    if example.negative < 0:
        return [row]
    heading = draw_heading(example.negative, contexts, rng)
    negative = make_row(
        question,
        contexts[example.negative].ids,
        {},
        rng=rng,
        heading_ids=heading,
        max_tokens=max(len(row.ids), len(question) + len(heading) + 3 + _LEAST_WINDOW),
        group=group,
    )
    return [row, negative]


def draw_heading(position: int, contexts: Sequence[Context], rng: random.Random) -> Ids:
    """Return the heading to read before a context: its own, another's words, or none.

    Another's words are the first of the next context of the data, which often is
    of the same article: they name what the question asks for, as headlines do,
    and contain no answer.
    """
    drawn = rng.random()
    if drawn < _OWN_HEADING:
        return contexts[position].heading_ids
    if drawn < _OWN_HEADING + _OTHER_HEADING:
        return contexts[(position + 1) % len(contexts)].ids[:_OTHER_HEADING_TOKENS]
    return _NO_IDS


def collate(rows: Sequence[Row]) -> Batch:
    """Pad rows into tensors."""
    longest = max(len(row.ids) for row in rows)
    shape = (len(rows), -(-longest // MULTIPLE) * MULTIPLE)
    ids, types, mask = (np.zeros(shape, dtype=np.int64) for _ in range(3))
    starts, ends = (np.zeros(shape, dtype=np.float32) for _ in range(2))
    candidate = np.zeros(shape, dtype=bool)
    for i, row in enumerate(rows):
        length = len(row.ids)
        ids[i, :length] = row.ids
        types[i, row.heading_start : length] = 1
        mask[i, :length] = 1
        candidate[i, row.window_start : length - 1] = True
        candidate[i, 0] = True
        for targets, weights in ((starts, row.start_targets), (ends, row.end_targets)):
            for position, weight in weights.items():
                targets[i, position] = weight
    group = np.array([row.group for row in rows], dtype=np.int64)
    prior = np.array([row.prior for row in rows], dtype=np.float32)
    guided = np.array([row.guided for row in rows], dtype=bool)
    number = np.array([row.number for row in rows], dtype=np.int64)
    arrays = (ids, types, mask, candidate, starts, ends, group, prior, guided, number)
    return Batch(*(torch.from_numpy(array) for array in arrays))

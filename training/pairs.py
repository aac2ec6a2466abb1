"""Batches of questions and the passages that they were asked of, to train the encoder on."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from training.batches import MULTIPLE, draw_heading
from training.examples import Context, Example
from training.negatives import PASSAGE_TOKENS

# Other revisions of paragraphs of ``squad``: right passages would count as wrong ones.
_TWINS = frozenset({"squad-rejoined"})


@dataclass(frozen=True, slots=True)
class Texts:
    """Token ids and their mask, each ``(texts, tokens)``, padded on the right."""

    ids: torch.Tensor
    mask: torch.Tensor

    def to(self, device: str) -> Texts:
        """Return them on ``device``."""
        return Texts(*(each.to(device, non_blocking=True) for each in (self.ids, self.mask)))

    def pin_memory(self) -> Texts:
        """Return them in memory that a GPU copies from by itself."""
        return Texts(self.ids.pin_memory(), self.mask.pin_memory())


@dataclass(frozen=True, slots=True)
class Pairs:
    """The questions of a step and its passages, of which the first are the questions' own.

    ``owners`` are the paragraphs that the passages are of, ``(passages,)``: two questions may
    be asked of one.
    """

    questions: Texts
    passages: Texts
    owners: torch.Tensor

    @property
    def input_ids(self) -> torch.Tensor:
        """The passages' tokens, which are nearly all there are."""
        return self.passages.ids

    def to(self, device: str) -> Pairs:
        """Return the batch on ``device``."""
        owners = self.owners.to(device, non_blocking=True)
        return Pairs(self.questions.to(device), self.passages.to(device), owners)

    def pin_memory(self) -> Pairs:
        """Return the batch in memory that a GPU copies from by itself."""
        return Pairs(
            self.questions.pin_memory(), self.passages.pin_memory(), self.owners.pin_memory()
        )


def asked_once(examples: Sequence[Example], contexts: Sequence[Context]) -> list[Example]:
    """Return the examples with an answer, each question of a paragraph once.

    Without twins, asked of or as negatives.
    """

    def is_twin(context: int) -> bool:
        return contexts[context].source in _TWINS

    once = {
        (each.context, each.question): replace(each, negative=-1)
        if each.negative >= 0 and is_twin(each.negative)
        else each
        for each in examples
        if each.answers and not is_twin(each.context)
    }
    return list(once.values())


class PairEpoch:
    """The batches of one epoch, each of ``size`` questions, or of all where they are fewer.

    Some are left over, others in every epoch.
    Which questions are together, which headings and which windows hangs on ``seed``.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        contexts: Sequence[Context],
        *,
        special: tuple[int, int],
        size: int,
        seed: int,
    ) -> None:
        self._examples, self._contexts, self._special = examples, contexts, special
        self._size, self._seed = min(size, len(examples)), seed
        self._order = list(range(len(examples)))
        random.Random(seed).shuffle(self._order)

    def __len__(self) -> int:
        return len(self._order) // self._size if self._size else 0

    def __getitem__(self, position: int) -> Pairs:
        rng = random.Random(self._seed * 1_000_000 + position)
        begin = position * self._size
        chosen = [self._examples[i] for i in self._order[begin : begin + self._size]]
        beside = [each.negative for each in chosen if each.negative >= 0]
        passages = [self._passage(each.context, each.answers, rng) for each in chosen]
        passages += [self._passage(context, {}, rng) for context in beside]
        return Pairs(
            padded([each.question_ids for each in chosen], self._special),
            padded(passages, self._special),
            torch.tensor([each.context for each in chosen] + beside),
        )

    def _passage(
        self, position: int, answers: dict[tuple[int, int], int], rng: random.Random
    ) -> NDArray[np.int32]:
        """Return as much of a paragraph as a passage of the index has.

        An answer is in it where there is one.
        """
        heading = draw_heading(position, self._contexts, rng)
        ids = self._contexts[position].ids
        room = PASSAGE_TOKENS - 2 - len(heading)
        low, high = 0, max(0, len(ids) - room)
        if answers and high:
            first, last = rng.choice(sorted(answers))
            low, high = max(0, min(last - room + 1, high)), min(first, high)
        start = rng.randint(low, max(low, high))
        return np.concatenate([heading, ids[start : start + room]])


def padded(rows: Sequence[NDArray[np.int32]], special: tuple[int, int]) -> Texts:
    """Return rows of tokens between ``[CLS]`` and ``[SEP]``, as tensors."""
    longest = max(len(row) for row in rows) + 2
    ids = np.zeros((len(rows), -(-longest // MULTIPLE) * MULTIPLE), dtype=np.int64)
    mask = np.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, : len(row) + 2] = [special[0], *row, special[1]]
        mask[i, : len(row) + 2] = 1
    return Texts(torch.from_numpy(ids), torch.from_numpy(mask))

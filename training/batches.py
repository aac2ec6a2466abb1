"""Which rows go together: batches of similar length, since padding is the hidden cost."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Sequence

from qa.errors import DatasetError
from training.rows import Batch, Row, collate

# Batches are sorted by length only within chunks, so that an epoch stays random.
_CHUNK = 4096


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


class Batches(ABC):
    """The batch of every step, over as many epochs as it takes.

    A batch is made when it is asked for, and is the same for a step and a seed: that lets an
    interrupted run resume at the very next one. Each epoch is packed differently.
    """

    def __init__(
        self, sizes: Sequence[int], rows: Sequence[int], *, tokens_per_batch: int, seed: int
    ) -> None:
        if not sizes:
            raise DatasetError("there is nothing to train on", "check the data that was given")
        self._sizes, self._rows = sizes, rows
        self._tokens_per_batch, self._seed = tokens_per_batch, seed
        self._epochs: list[list[list[int]]] = []

    @abstractmethod
    def rows_at(self, number: int, position: int, rng: random.Random) -> list[Row]:
        """Return the rows of a position, which is the ``number``-th of its batch."""

    def plan(self, step: int) -> list[int]:
        """Return the positions of a step's batch."""
        epoch = 0
        while True:
            if epoch == len(self._epochs):
                seed = self._seed * 1000 + epoch
                self._epochs.append(
                    packed(
                        self._sizes, self._rows, tokens_per_batch=self._tokens_per_batch, seed=seed
                    )
                )
            if step < len(self._epochs[epoch]):
                return self._epochs[epoch][step]
            step -= len(self._epochs[epoch])
            epoch += 1

    def __getitem__(self, step: int) -> Batch:
        rng = random.Random(self._seed * 1_000_000 + step)
        return collate(
            [
                row
                for number, position in enumerate(self.plan(step))
                for row in self.rows_at(number, position, rng)
            ]
        )

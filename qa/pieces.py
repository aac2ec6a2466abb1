"""The map from what is read to its document, of which a large table needs millions of places."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, overload


class Pieces(Sequence[tuple[int, int, int]]):
    """The pieces of a view: ``(start, source, length)``, each number below 2³¹.

    They cannot be changed, and take a tenth of the memory of tuples.
    """

    __slots__ = ("_numbers",)

    def __init__(self, pieces: Iterable[tuple[int, int, int]]) -> None:
        self._numbers = array("i", chain.from_iterable(pieces))

    def __len__(self) -> int:
        return len(self._numbers) // 3

    def __iter__(self) -> Iterator[tuple[int, int, int]]:
        numbers = iter(self._numbers)
        return zip(numbers, numbers, numbers, strict=True)

    @overload
    def __getitem__(self, index: int) -> tuple[int, int, int]: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[tuple[int, int, int], ...]: ...

    def __getitem__(self, index: int | slice) -> Any:
        return tuple(self)[index]

    def __eq__(self, other: object) -> bool:
        return self._numbers == other._numbers if isinstance(other, Pieces) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._numbers.tobytes())

    def __repr__(self) -> str:
        return f"Pieces({tuple(self)})"

"""The parts of a text that have a vector of their own: its sentences and lines, in a few groups.

A passage of six sentences is about six things, and a question is about one: the mean of all
tokens hides it. The number of parts is fixed, so that all rows of an index are of one size. A
part's vector is as long as a passage's; two bits a number keep what is needed to compare it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

PARTS = 4
# Four numbers of two bits make a byte.
_PER_BYTE = 4
_SHIFTS = np.arange(0, 8, 2, dtype=np.uint8)
_FEW_WORDS = 5

Span = tuple[int, int]


def sentences(text: str) -> list[Span]:
    """Return the bounds of each sentence; one of a few words is joined to the one after it."""
    from sentencex import get_sentence_boundaries

    found: list[Span] = []
    for line in re.finditer(r"[^\n]+", text):
        for bounds in get_sentence_boundaries("en", line.group()):
            start, end = line.start() + bounds["start_index"], line.start() + bounds["end_index"]
            if not text[start:end].strip():
                continue
            if found and _is_short(text, found[-1]):
                found[-1] = (found[-1][0], end)
            else:
                found.append((start, end))
    if len(found) > 1 and _is_short(text, found[-1]):
        _, end = found.pop()
        found[-1] = (found[-1][0], end)
    return found or [(0, len(text))]


def token_parts(text: str, offsets: Sequence[Span], *, most: int = PARTS) -> list[Span]:
    """Return the first token of each part and the one after its last, at most ``most`` parts.

    ``offsets`` are the code points of each token; special tokens have none.
    """
    spans: list[Span] = []
    token = 0
    for start, end in sentences(text):
        while token < len(offsets) and (
            offsets[token][0] < start or offsets[token][0] == offsets[token][1]
        ):
            token += 1
        first = token
        while token < len(offsets) and start <= offsets[token][0] < offsets[token][1] <= end:
            token += 1
        if token > first:
            spans.append((first, token))
    return _grouped(spans, most) if spans else [(0, len(offsets))]


def packed(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return unit vectors, ``(parts, dimension)``, as one row of bytes, each a float.

    A number is one of four: below minus its mean size, below zero, below its mean size, above;
    the mean size is that of a unit vector's numbers, ``1/sqrt(dimension)``.
    """
    levels = np.floor(vectors * np.sqrt(vectors.shape[1], dtype=np.float32))
    codes = np.clip(levels + 2, 0, 3).astype(np.uint8).reshape(-1, _PER_BYTE)
    return np.asarray((codes << _SHIFTS).sum(axis=1), np.float32)


def unpacked(rows: NDArray[np.float32], dimension: int) -> NDArray[np.float32]:
    """Return the vectors in rows of bytes, shape ``(rows, parts, dimension)``, about unit long."""
    codes = (rows.astype(np.uint8)[..., None] >> _SHIFTS) & 3
    levels = codes.reshape(len(rows), -1, dimension).astype(np.float32) - np.float32(1.5)
    return np.asarray(levels / np.sqrt(dimension, dtype=np.float32), np.float32)


def packed_size(dimension: int) -> int:
    """Return the number of bytes of a text's parts."""
    return PARTS * dimension // _PER_BYTE


def _grouped(spans: Sequence[Span], most: int) -> list[Span]:
    """Join neighbours into at most ``most`` groups of about as many tokens each."""
    if len(spans) <= most:
        return list(spans)
    begin, size = spans[0][0], (spans[-1][1] - spans[0][0]) / most
    groups: list[list[Span]] = [[]]
    for span in spans:
        middle = (span[0] + span[1]) / 2 - begin
        if groups[-1] and len(groups) < most and middle > size * len(groups):
            groups.append([])
        groups[-1].append(span)
    return [(group[0][0], group[-1][1]) for group in groups]


def _is_short(text: str, bounds: Span) -> bool:
    return len(text[bounds[0] : bounds[1]].split()) < _FEW_WORDS

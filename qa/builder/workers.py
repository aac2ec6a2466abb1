"""Processes beside that of a build, which read and encode for it: the interface to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qa.builder.survey import Examined
from qa.sandbox.messages import Call
from qa.types import Encoder

# Texts to encode, each with its digest; and vectors by these, as they become known.
Texts = Iterator[tuple[bytes, str]]
Encoded = Iterator[list[tuple[bytes, NDArray[np.float32]]]]


@dataclass(frozen=True, slots=True)
class Reading:
    """How files of a corpus are read.

    ``folder`` is theirs as it was given. ``setup`` is what a sandbox calls first, ``pages`` where
    it keeps the pages that OCR read. ``version`` is that of our code and of the libraries.
    """

    folder: Path
    setup: Call
    pages: Path
    version: str


class Workers(Protocol):
    """Reads files and encodes texts. Whatever is lost on the way is done again."""

    def read(
        self,
        files: Mapping[str, Path],
        reading: Reading,
        progress: Callable[[int, int], None] | None = None,
    ) -> Iterator[tuple[str, list[Examined]]]:
        """Yield the id of each file and what :func:`qa.builder.survey.survey_file` returns of it.

        A file that vanished or changed on the way may be missing. ``progress`` is called with the
        number of files done, and their total.
        """

    def encode(self, texts: Texts, encoder: Encoder, total: int) -> Encoded:
        """Yield the vectors that ``encoder`` would return, of each text once, in any order.

        ``total`` is the number of texts.
        """

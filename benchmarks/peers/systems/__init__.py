"""The systems compared, one a file; each imports its library in ``load``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

TOP_K = 10


@dataclass(frozen=True, slots=True)
class Text:
    """A passage: its id, the title and headings above it, and its words."""

    id: str
    heading: str
    text: str

    @property
    def headed(self) -> str:
        """The words with the heading before them, as Verbatim's encoder gets them."""
        return f"{self.heading}\n{self.text}" if self.heading else self.text


@dataclass(frozen=True, slots=True)
class Corpus:
    """The paths of documents, weights and index, and the passages cut from the documents."""

    documents: Path
    passages: Sequence[Text]
    encoder: Path
    reader: Path
    index: Path


@dataclass(frozen=True, slots=True)
class Given:
    """A system's best answer, empty for none, and its confidence.

    ``confidences`` has each of the system's own scores on which a threshold can be set; higher is
    more confident. ``error`` is the type of the exception raised instead of an answer.
    """

    answer: str = ""
    confidences: Mapping[str, float] = field(default_factory=dict)
    error: str = ""


class System(Protocol):
    """A system compared.

    ``packages`` are those whose versions are reported; ``setting`` describes how the system was
    set up, and on whose advice.
    """

    packages: tuple[str, ...]
    setting: str
    reads: bool

    def load(self, corpus: Corpus) -> None:
        """Import what is needed and load the weights; timed apart from the build."""

    def build(self, corpus: Corpus) -> None:
        """Index the corpus, and store the index in ``corpus.index``."""

    def ask(self, question: str) -> Given:
        """Answer a question; this is timed."""

    def nearest(self, question: str) -> Sequence[str]:
        """Return the ids of the passages of the question just asked, nearest first; not timed."""


def system(name: str) -> System:
    """Return a system by its name; one not loaded yet imports no library of its own."""
    import importlib

    module: Any = importlib.import_module(f"{__name__}.{name}")
    made: System = module.SYSTEM()
    return made

"""The values that flow through Verbatim, and the protocols between its stages.

All offsets are code points of :attr:`Document.text`, end exclusive. All values are immutable.
"""

from __future__ import annotations

import base64
import re
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Literal, Protocol, overload

import numpy as np
from numpy.typing import NDArray

Verdict = Literal["answer", "possible", "not found"]
Relation = Literal["replaces", "same title", ""]
BlockKind = Literal["heading", "body", "row", "columns", "about", "furniture"]


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a document with one role.

    A ``heading`` names what follows; ``level`` is its rank, 1 the highest. A ``row`` is a row of
    a table, and ``columns`` a row that names the cells of the rows below it; one table after
    another has another ``level``. ``about`` is a line of the file's own properties, such as its
    author, that its text lacks. ``furniture`` is not content: navigation, picture credits,
    agency initials. All but furniture may be quoted.

    ``cells`` are the ``(start, end)`` of a row's cells in the order of columns. A merged cell
    has the same place in each row and column that it covers; an empty one is ``(x, x)``. The
    ``level`` of a ``body`` is not 0 where it is quoted from an earlier message.

    ``depth`` is not 0 for what is in a list: 1 in a list, 2 in a list within that. ``number`` is
    that of an item of a numbered list, whose text lacks it: 0 if it has none, -1 for a further
    paragraph of the item above. The ``depth`` of ``columns`` is 1 where they name the columns of
    the rows below them within the names that are further above, as the days of a week do.
    """

    start: int
    end: int
    kind: BlockKind
    level: int = 0
    cells: tuple[tuple[int, int], ...] = ()
    depth: int = 0
    number: int = 0


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside another, such as an archive or a mail: its path there and size in bytes.

    No other member of the same file has the same path.
    """

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class ScannedLine:
    """A part of a document's text that OCR read in one line of a page.

    ``corners`` are ``(x, y)`` on the picture of the page, in ten-thousandths of its width and of
    its height, clockwise from the upper left of the text. ``confidences`` has the per cent of
    each word, ``edges`` where each begins and ends, in ten-thousandths of the line's length; empty
    where that is not known.
    """

    start: int
    end: int
    page: int
    corners: tuple[tuple[int, int], ...]
    confidences: tuple[int, ...]
    edges: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A loaded file: its text, and what is known about it.

    ``id`` is the posix path under the corpus folder, ``source`` the path to show; ``sha256`` is
    of the file's bytes. ``date`` is ISO 8601, ``language`` an ISO 639-1 code; both and
    ``author`` are empty if unknown. ``pages`` are the offsets at which pages begin, empty if
    the format has no pages. ``blocks`` are in order, do not overlap, and have only white space
    between them. ``notes`` say what of the file is not in the text, as in "2 pictures without
    text", and what was read by OCR; ``scanned`` are the lines of that, in order. ``members`` are
    the files inside it, each a document of its own whose id continues this one's; a file that
    only contains others has no text. ``left_out`` are parts of the file that are no text of it,
    each what it is ("footer") and its words; they are not stored.
    """

    id: str
    text: str
    sha256: str
    title: str
    date: str
    source: str
    blocks: tuple[Block, ...]
    pages: tuple[int, ...] = ()
    author: str = ""
    language: str = ""
    notes: tuple[str, ...] = ()
    members: tuple[Member, ...] = ()
    scanned: tuple[ScannedLine, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()

    def read_by_ocr(self, start: int, end: int) -> tuple[tuple[str, float], ...]:
        """Return the words between two offsets that OCR read, each with its confidence, 0 to 1."""
        words = []
        for line in self.scanned:
            if line.start < end and start < line.end:
                found = re.finditer(r"\S+", self.text[line.start : line.end])
                for word, confidence in zip(found, line.confidences, strict=True):
                    first = max(line.start + word.start(), start)
                    last = min(line.start + word.end(), end)
                    if first < last:
                        words.append((self.text[first:last], confidence / 100))
        return tuple(words)

    def page_at(self, offset: int) -> int | None:
        """Return the number of the page, from 1, that an offset is on; None if on none."""
        if any(b.kind == "about" and b.start <= offset < b.end for b in self.blocks[-3:]):
            return None
        return sum(1 for begin in self.pages if begin <= offset) or None


class Pieces(Sequence[tuple[int, int, int]]):
    """The pieces of a view: ``(start, source, length)``, each number below 2³¹.

    They cannot be changed, and take a tenth of the memory of tuples.
    """

    __slots__ = ("_numbers",)

    def __init__(self, pieces: Iterable[tuple[int, int, int]]) -> None:
        self._numbers = array("i", chain.from_iterable(pieces))

    @classmethod
    def unpacked(cls, packed: str) -> Pieces:
        """Return the pieces that :meth:`packed` made a string of, on the same machine.

        Raises ValueError if it did not.
        """
        pieces = cls(())
        pieces._numbers.frombytes(base64.b64decode(packed, validate=True))
        if len(pieces._numbers) % 3:
            raise ValueError("not the pieces of a view")
        return pieces

    def packed(self) -> str:
        """Return the pieces as one string, for another process."""
        return base64.b64encode(self._numbers.tobytes()).decode("ascii")

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


@dataclass(frozen=True, slots=True)
class View:
    """What is read in place of a passage's text, such as a table's rows with their headers.

    ``text`` consists of pieces of the document and of words between them that were added.
    ``pieces`` are ``(start, source, length)`` in the order of the text, without overlap:
    ``text[start : start + length] == document.text[source : source + length]``. A quotation
    never leaves its piece.
    """

    text: str
    pieces: Pieces


@dataclass(frozen=True, slots=True)
class Passage:
    """What is retrieved and read: ``document.text[start:end] == text``, always.

    ``heading`` is the document's title and the headings above, joined with " › ", as far as they
    are not in the text. It is encoded and read with the text, but is not part of it. ``view``
    is what is encoded and read in place of the text, None if that is the text itself. ``quoted``
    are the places in the document of text that is quoted from an earlier message.
    """

    document_id: str
    start: int
    end: int
    text: str
    heading: str = ""
    view: View | None = None
    quoted: tuple[tuple[int, int], ...] = ()

    @property
    def read_text(self) -> str:
        """The text that is encoded and read."""
        return self.view.text if self.view else self.text

    def words_at(self, start: int, end: int) -> str:
        """Return the words between two offsets in the document.

        Raises ValueError unless the passage, or one piece of its view, contains them.
        """
        if self.start <= start <= end <= self.end:
            return self.text[start - self.start : end - self.start]
        begin, finish = self.in_read_text(start, end)
        return self.read_text[begin:finish]

    def in_read_text(self, start: int, end: int) -> tuple[int, int]:
        """Return where words of the document occur in the text that is read.

        Offsets in the document become offsets in :attr:`read_text`. Raises ValueError unless
        one piece contains the words.
        """
        for begin, source, length in self.pieces():
            if source <= start <= end <= source + length:
                return begin + start - source, begin + end - source
        raise ValueError(f"{start}-{end} is not in {self.document_id}:{self.start}-{self.end}")

    def pieces(self) -> Sequence[tuple[int, int, int]]:
        """Return the pieces of the view; without one, the whole text is one piece."""
        return self.view.pieces if self.view else ((0, self.start, len(self.text)),)


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved passage.

    ``score`` is the fused score, -1 to 1.4 (:func:`qa.retrieval.hybrid.fuse`), and
    ``similarity`` the cosine to the question; higher is better for both. Ranks count from 1;
    None if that search did not return the passage.
    """

    passage: Passage
    score: float
    similarity: float
    dense_rank: int | None
    lexical_rank: int | None


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a passage, or of the headers in its view, that may be the answer.

    ``start`` and ``end`` are offsets in the document. ``score`` is the raw sum of the start and
    end logits, less a penalty for length (:mod:`qa.networks.spans`); ``null_score`` is the sum
    for "no answer here" in the window of the passage that the span was read in. Both are
    comparable across passages; higher is more likely.
    """

    passage: Passage
    start: int
    end: int
    score: float
    null_score: float

    @property
    def text(self) -> str:
        """The words of the span."""
        return self.passage.words_at(self.start, self.end)

    @property
    def margin(self) -> float:
        """Logits by which the span beats "no answer here"."""
        return self.score - self.null_score

    @property
    def is_quoted(self) -> bool:
        """Whether the words are quoted from an earlier message."""
        return any(start < self.end and self.start < end for start, end in self.passage.quoted)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer is: a document, offsets, and a page if the format has pages.

    ``sha256`` is of the file's bytes when it was indexed; ``text`` is the document's text at
    the place, which may differ from the answer's in case and punctuation. ``title``, ``date``,
    ``author`` and ``language`` are those of the :class:`Document`, empty if unknown. ``ocr`` has
    the words that were read by OCR, each with its confidence from 0 to 1.
    """

    document_id: str
    start: int
    end: int
    path: str
    page: int | None = None
    sha256: str = ""
    text: str = ""
    title: str = ""
    date: str = ""
    author: str = ""
    language: str = ""
    ocr: tuple[tuple[str, float], ...] = ()

    @property
    def source(self) -> str:
        """The citation: ``path:start-end``, or ``path, page N``."""
        if self.page is not None:
            return f"{self.path}, page {self.page}"
        return f"{self.path}:{self.start}-{self.end}"


@dataclass(frozen=True, slots=True)
class Answer:
    """A quotation: ``document.text[place.start:place.end] == text``, always.

    ``probability`` is calibrated: of the answers with 0.8, four in five were right on held-out
    questions. ``also_at`` lists the other places that say the same.
    """

    text: str
    place: Place
    probability: float
    passage: Passage
    also_at: tuple[Place, ...] = ()

    @property
    def document_id(self) -> str:
        """The document quoted, as a path under the corpus folder."""
        return self.place.document_id

    @property
    def start(self) -> int:
        """Where the quotation begins in the document's text."""
        return self.place.start

    @property
    def end(self) -> int:
        """Where the quotation ends in the document's text, exclusive."""
        return self.place.end

    @property
    def source(self) -> str:
        """The citation, ready to print."""
        return self.place.source


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The passages nearest to a question, nearest first, unread.

    ``outdated`` lists the documents left out because they changed or vanished since the build;
    it is empty if none of them was among the nearest.
    """

    question: str
    resolved_question: str
    passages: tuple[Hit, ...]
    outdated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Answers to one question that contradict each other, one of each document, newest first.

    ``relation`` is what the documents tell: the first "replaces" another if it says that it
    replaces, amends or corrects it; they have the "same title" and other dates; else it is empty.
    """

    answers: tuple[Answer, ...]
    relation: Relation = ""


@dataclass(frozen=True, slots=True)
class Prediction:
    """The result of a question. Not found is a result, never an error.

    ``answers`` come best first, none more probable than the one before. They are empty unless
    the ``verdict`` is "answer". If it is "possible", ``candidates`` are the best quotations, in
    the same order: too uncertain for an answer, and worth a look. ``passages`` are those
    retrieved, nearest first; ``passages_read`` of them were read and have spans: fewer where
    reading on was not worth it. ``outdated`` is that of :class:`SearchResult`. ``disagreement``
    is None unless other documents contradict the best answer, or the best candidate.
    ``talked_of`` is the document, by id, that was looked at first because a follow-up goes on
    about it; empty if none was: the ``resolved_question`` alone may then be answered otherwise.
    """

    question: str
    resolved_question: str
    answers: tuple[Answer, ...]
    verdict: Verdict
    passages: tuple[Hit, ...]
    timings_ms: dict[str, float] = field(default_factory=dict, compare=False)
    outdated: tuple[str, ...] = ()
    passages_read: int = 0
    candidates: tuple[Answer, ...] = ()
    disagreement: Disagreement | None = None
    talked_of: str = ""

    @property
    def found(self) -> bool:
        """Whether the verdict is "answer"."""
        return self.verdict == "answer"

    @property
    def asked_otherwise(self) -> bool:
        """Whether the words asked differ from the question's, white space aside."""
        return self.resolved_question != " ".join(self.question.split())

    @property
    def asked_as(self) -> str:
        """The question that was asked, and the document that was looked at first, if one was."""
        first = f" (looked first in {self.talked_of})" if self.talked_of else ""
        return f"{self.resolved_question}{first}"


class Encoder(Protocol):
    """Turns texts into unit vectors.

    A text's row of ``row_size`` numbers is its unit vector, of ``dimension`` numbers, and then
    those of its parts, packed in whole numbers below 256, if the encoder has any for parts.
    """

    name: str
    fingerprint: str
    dimension: int
    row_size: int
    max_tokens: int
    # What counts the tokens, as JSON of the library `tokenizers`: for another process.
    tokenizer: str

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one row per text of a document, shape ``(texts, row_size)``."""

    def encode_query(self, question: str) -> NDArray[np.float32]:
        """Return the unit vector of a question, shape ``(dimension,)``."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return each text's length in tokens, special tokens not counted."""


class PassageStore(Protocol):
    """Stores passages, and finds them by vector and by words; safe to share between threads.

    ``generation`` names what is stored, another after each build that changed anything: what is
    open does not change until it is closed. A row is a whole number that names a passage in it;
    rows are in the order of document ids, and of offsets within a document. A document whose
    bytes are those of another has no passages of its own, and no id here.

    ``only`` and ``exclude`` choose among these ids. If given, results are limited to ``only``
    and never in ``exclude``, and the next best take the places of what is left out. No score
    depends on them.
    """

    generation: str

    def __len__(self) -> int:
        """Return the number of passages."""

    def document_ids(self) -> Set[str]:
        """Return the ids of the documents that passages are of."""

    def search_by_vector(
        self,
        vector: NDArray[np.float32],
        top_k: int,
        *,
        only: Collection[str] = (),
        exclude: Collection[str] = (),
    ) -> list[tuple[int, float]]:
        """Return ``(row, cosine)`` of the nearest passages, nearest first, lower rows in a tie.

        ``vector`` is a unit vector, shape ``(dimension,)``. Fewer than ``top_k`` are returned
        only if there are no more.
        """

    def search_by_words(
        self,
        question: str,
        top_k: int,
        *,
        only: Collection[str] = (),
        exclude: Collection[str] = (),
    ) -> list[tuple[int, float]]:
        """Return ``(row, score)`` of passages with words of a question, best first.

        The score is that of BM25; lower rows come first in a tie. No character of the question
        is special.
        """

    def nearness(
        self, rows: Sequence[int], vector: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return each row's exact cosine to a unit vector, and that of its nearest part, about.

        Both have shape ``(rows,)``, and none depends on the rows beside it. Without parts both
        are the same.
        """

    def passages(self, rows: Sequence[int]) -> list[Passage]:
        """Return the passages at these rows, in this order; KeyError for an unknown row."""


class Reader(Protocol):
    """Finds answer spans in passages."""

    fingerprint: str

    def read(
        self,
        question: str,
        passages: Sequence[Passage],
        *,
        n: int = ...,
        max_tokens: int = ...,
    ) -> list[list[Span]]:
        """Return the ``n`` best spans of each passage, best first, passages in order.

        A passage reads the same whatever is read beside it. Passages beyond the first
        ``max_tokens`` have no spans.
        """

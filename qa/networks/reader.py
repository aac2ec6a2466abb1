"""The reader on ONNX Runtime: question and passages in, scored answer spans out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qa.errors import ModelCorrupt
from qa.networks.spans import best_spans
from qa.networks.threads import cores
from qa.networks.weights import MODELS, RETRAIN, check_vocabulary, read_model, tokenizer_of
from qa.networks.words import note_numbers, number_words
from qa.types import Passage, Span

if TYPE_CHECKING:
    from onnxruntime import RunOptions

MAX_TOKENS = 256
MAX_QUESTION_TOKENS = 64
MAX_HEADING_TOKENS = 32
STRIDE = 96
# The limit of one call. Fifty passages of an index need less; other texts have any length.
MAX_TOKENS_READ = 64 * MAX_TOKENS

# A blank line, or the end of a line before an item of a list, a clause or a line "name: value".
_EDGE = re.compile(
    r"(?>\r\n?|[\n\v\f\x85\u2028\u2029])[ \t]*(?:[\r\n\v\f\x85\u2028\u2029]\s*"
    r"|(?=(?:[-*•‣☐☒☑]|\((?:[a-z]|[ivx]{2,4}|\d{1,2})\)|(?P<number>\d{1,3})[.)]"
    r"|(?P<clause>\d{1,2}(?:\.\d{1,2}){1,3})\.?)[ \t]|[^\W\d][^:\r\n]{0,40}:[ \t]))"
)
# A line and its end; the next line is not empty. One in capitals is a heading, and no sentence.
_LINE = re.compile(r"^([^\r\n]+)(?:\r\n?|\n)[ \t]*(?=(\S[^\r\n]*))", re.MULTILINE)
# The end of the line above an item with a number, or the number of that item, which it begins.
_ENDED = re.compile(r"[.:;,!?…\"”’)]\s*\Z")
_ITEM = re.compile(r"\s*(\d{1,3})[.)][ \t]")
# The number or letter of an item or clause before its text: "3. ", "2.1 ", "(b) ".
_MARK = re.compile(
    r"[ \t]*(?:(?P<number>\d{1,3}(?:\.\d{1,3})*)(?P<sign>[.)]?)|(?P<open>\(?)(?P<letter>[a-z])[.)]"
    r"|\((?P<figure>\d{1,2})\))[ \t]+(?=\S)"
)

# Start and end as characters of the text that is read, the score, and the null score of the window.
_Found = tuple[int, int, float, float]


@dataclass(frozen=True, slots=True)
class _Row:
    """One call of the network: ids of shape ``(1, tokens)`` and the position of its window.

    ``words``, ``pieces`` and ``offsets`` are, for each token of the window, the number of its
    word in the text that is read (:mod:`qa.networks.words`), the number of its piece, and its
    characters in that text.
    """

    passage: int
    input_ids: NDArray[np.int64]
    token_type_ids: NDArray[np.int64]
    window: slice
    words: list[int]
    pieces: NDArray[np.int64]
    offsets: list[tuple[int, int]]


class OnnxReader:
    """A shipped extractive reader: the one that reads everything, or the larger second one.

    Each passage is a row of its own, never padded or batched: the int8 network takes one
    activation scale over its whole input, so in a batch a passage's logits would depend on its
    neighbours. As many rows run side by side, on one thread each, as there are cores.
    """

    def __init__(self, folder: str | Path = MODELS, *, name: str = "reader") -> None:
        folder = Path(folder)
        model = read_model(name, folder=folder)
        self.fingerprint = model.sha256
        try:
            self._tokenizer = tokenizer_of(model.tokenizer)
            self._cls, self._sep = map(self._tokenizer.token_to_id, ("[CLS]", "[SEP]"))
            self._session = model.session()
            self._check_fit()
        except Exception as error:  # tokenizers and ONNX Runtime raise their own
            raise ModelCorrupt(f"{folder} contains no usable {name} ({error})", RETRAIN) from error
        self._pool = ThreadPoolExecutor(cores(), thread_name_prefix="reader")

    def read(
        self,
        question: str,
        passages: Sequence[Passage],
        *,
        n: int = 5,
        max_tokens: int = MAX_TOKENS_READ,
    ) -> list[list[Span]]:
        """Return the ``n`` best spans of each passage, best first, passages in order.

        Passages are read in order until ``max_tokens`` are used, the tokens of the question
        counted for each; the passages after that have no spans.

        What is read is the view of a passage if it has one. The heading is read before it,
        since what "the car" or "he" refers to is often named only there; no span is taken from
        it. A span begins and ends at whole words, takes in a number, a code or an address whole,
        and crosses neither a blank line nor the edge of a piece of the view, such as a cell. A
        passage longer than the window of 256 tokens is read in windows that overlap by 96. The
        null score of a span is that of its own window.
        """
        question_ids = self._tokenizer.encode(question, add_special_tokens=False).ids
        question_ids = question_ids[:MAX_QUESTION_TOKENS]
        rows = _within(self._rows(question_ids, passages), max_tokens)
        found: list[list[_Found]] = [[] for _ in passages]
        for row, places in self._run_all(rows, n):
            found[row.passage] += places
        return [_spans(passage, places, n) for passage, places in zip(passages, found, strict=True)]

    def _run_all(self, rows: list[_Row], n: int) -> Iterator[tuple[_Row, list[_Found]]]:
        """Yield each row and its best places, on as many threads as there are cores."""
        # The longest rows first, so that all workers finish at about the same time.
        rows = sorted(rows, key=lambda row: -row.input_ids.shape[1])
        run = self._pool.map if len(rows) > 1 else map
        yield from zip(rows, run(partial(self._find, n=n), rows), strict=True)

    def _check_fit(self) -> None:
        """Raise unless the network has the inputs, outputs and tokens that this class uses."""
        if self._cls is None or self._sep is None:
            raise ValueError("the tokenizer lacks [CLS] or [SEP]")
        row = self._ids_and_types([self._cls], [self._cls])
        for logits in self._run(*row):
            if logits.shape != row[0].shape[1:]:
                raise ValueError(f"logits {logits.shape} for {row[0].shape[1]} tokens")
        check_vocabulary(
            lambda token, options: self._run(*self._ids_and_types([], [token]), options=options),
            self._tokenizer.get_vocab_size(),
        )

    def _rows(self, question_ids: list[int], passages: Sequence[Passage]) -> Iterator[_Row]:
        """Yield the rows of the passages, each cut into windows that fit the network."""
        encodings, headings = (
            self._tokenizer.encode_batch(texts, add_special_tokens=False)
            for texts in (
                [passage.read_text for passage in passages],
                [as_sentences(passage.heading) for passage in passages],
            )
        )
        for position, (encoding, heading) in enumerate(zip(encodings, headings, strict=True)):
            # Each of these properties creates a new list.
            ids, offsets = encoding.ids, encoding.offsets
            pieces = quotable(passages[position], offsets)
            words = number_words(passages[position].read_text, encoding.word_ids, offsets, pieces)
            heading_ids = heading.ids[:MAX_HEADING_TOKENS]
            offset = len(question_ids) + 2 + len(heading_ids)
            room = MAX_TOKENS - offset - 1
            for window in _windows(len(ids), room):
                row, types = self._ids_and_types(question_ids, [*heading_ids, *ids[window]])
                yield _Row(
                    position,
                    row,
                    types,
                    slice(offset, row.shape[1] - 1),
                    words[window],
                    pieces[window],
                    offsets[window],
                )

    def _ids_and_types(
        self, question_ids: list[int], passage_ids: list[int]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return ``[CLS] question [SEP] passage [SEP]`` as two inputs, ``(1, tokens)`` each."""
        before = [self._cls, *question_ids, self._sep]
        ids = np.array([[*before, *passage_ids, self._sep]], dtype=np.int64)
        types = np.zeros_like(ids)
        types[0, len(before) :] = 1
        return ids, types

    def _find(self, row: _Row, *, n: int) -> list[_Found]:
        """Return a row's best places, best first."""
        starts, ends = self._run(row.input_ids, row.token_type_ids)
        null = float(starts[0]) + float(ends[0])
        words = np.array(row.words, dtype=np.int64)
        starts, ends = whole_words(starts[row.window], ends[row.window], words)
        return [
            (row.offsets[first][0], row.offsets[last][1], score, null)
            for first, last, score in best_spans(starts, ends, words=words, pieces=row.pieces, n=n)
        ]

    def _run(
        self,
        input_ids: NDArray[np.int64],
        token_type_ids: NDArray[np.int64],
        *,
        options: RunOptions | None = None,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the start and end logits of one row, each of shape ``(tokens,)``."""
        starts, ends = self._session.run(
            ["start_logits", "end_logits"],
            {"input_ids": input_ids, "token_type_ids": token_type_ids},
            options,
        )
        return starts[0], ends[0]


def _windows(tokens: int, room: int) -> Iterator[slice]:
    """Yield windows of at most ``room`` tokens that overlap by ``STRIDE`` tokens."""
    for first in range(0, tokens, room - STRIDE):
        yield slice(first, first + room)
        if first + room >= tokens:
            return


def _within(rows: Iterable[_Row], max_tokens: int) -> list[_Row]:
    """Return the first rows that fit into a budget of tokens."""
    within: list[_Row] = []
    for row in rows:
        max_tokens -= row.input_ids.shape[1]
        if max_tokens < 0:
            break
        within.append(row)
    return within


def as_sentences(heading: str) -> str:
    """Return "Title › Section" as "Title. Section."; empty if it is empty."""
    return f"{heading.replace(' › ', '. ')}." if heading else ""


def _spans(passage: Passage, found: list[_Found], n: int) -> list[Span]:
    """Return the ``n`` best spans of a passage, one per place, with offsets in the document."""
    best: dict[tuple[int, int], Span] = {}
    for start, end, score, null in sorted(found, key=lambda place: (-place[2], place[:2])):
        if end > start:
            place = _in_document(passage, start, end)
            best.setdefault(place, Span(passage, *place, score, null))
    return list(best.values())[:n]


def _in_document(passage: Passage, start: int, end: int) -> tuple[int, int]:
    """Return offsets in the text that is read as offsets in the document."""
    for begin, source, length in passage.pieces():
        if begin <= start and end <= begin + length:
            return source + start - begin, source + end - begin
    raise ValueError(f"{start}-{end} crosses pieces of {passage.document_id}")


def stretches(passage: Passage) -> list[tuple[int, int]]:
    """Return the parts of the text that is read which a span may not leave.

    They are the pieces of the view, cut at blank lines, before an item of a list or a line
    of the form "name: value", after a heading in capitals, and after the number of an item.
    """
    text = passage.read_text
    capitals = [
        found.end() for found in _LINE.finditer(text) if found[1].isupper() > found[2].isupper()
    ]
    parts = []
    for start, _, length in passage.pieces():
        edges = [start]
        for found in _EDGE.finditer(text, start, start + length):
            above = text[edges[-1] : found.start()]
            if found["number"] and not _is_item(above, found["number"]):
                continue
            if not found["clause"] or not above.strip() or _ENDED.search(above):
                edges.append(found.end())
        edges = sorted({*edges, *(edge for edge in capitals if start < edge < start + length)})
        parts += list(pairwise([*edges, start + length]))
    return list(_without_numbers(text, parts))


def _without_numbers(text: str, parts: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the parts, the number of an item and its text each as one.

    A number that begins a line is one if the next number, or the one before, begins another.
    """
    marks = {}
    for start, end in parts:
        found = _MARK.match(text, start, end) if text[start - 1 : start] in ("", "\n") else None
        if found and (found["sign"] or "." in (found["number"] or ".")):
            marks[start] = _place_in_list(found), found.end()
    places = {place for place, _ in marks.values()}
    for start, end in parts:
        place, edge = marks.get(start, (("", 0), end))
        form, number = place
        if edge < end and not places.isdisjoint([(form, number - 1), (form, number + 1)]):
            yield start, edge
            start = edge
        yield start, end


def _place_in_list(found: re.Match[str]) -> tuple[str, int]:
    """Return which list an item is of, by the form of its number, and its place there."""
    if found["letter"]:
        return f"{found['open']}a", ord(found["letter"])
    if found["figure"]:
        return "(1)", int(found["figure"])
    above, _, last = found["number"].rpartition(".")
    return f"{above}.1{found['sign']}", int(last)


def quotable(passage: Passage, offsets: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
    """Return the number of the stretch that each token may be quoted with, -1 for none.

    ``offsets`` are of the text that is read; shape ``(tokens,)``. The number of a note is
    quoted by nobody.
    """
    numbers = numbered(stretches(passage), offsets)
    if notes := note_numbers(passage.read_text):
        numbers[numbered(notes, offsets) >= 0] = -1
    return numbers


def _is_item(above: str, number: str) -> bool:
    """Return whether a number begins an item, and no line of a sentence: "costs" / "60. Bring"."""
    before = _ITEM.match(above)
    if before and int(before[1]) + 1 == int(number):
        return True
    return number == "1" or not above.strip() or _ENDED.search(above) is not None


def numbered(
    parts: Sequence[tuple[int, int]], offsets: Sequence[tuple[int, int]]
) -> NDArray[np.int64]:
    """Return the number of the part that contains each token, -1 for none, ``(tokens,)``."""
    starts = np.array([start for start, _ in parts], dtype=np.int64)
    ends = np.array([end for _, end in parts], dtype=np.int64)
    tokens = np.array(offsets, dtype=np.int64).reshape(-1, 2)
    numbers = np.searchsorted(starts, tokens[:, 0], side="right") - 1
    inside = (numbers >= 0) & (tokens[:, 1] <= ends[numbers])
    return np.where(inside, numbers, -1)


def whole_words(
    starts: NDArray[np.float32], ends: NDArray[np.float32], words: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Exclude spans that begin or end inside a word: nobody quotes half a word."""
    same = words[1:] == words[:-1]
    starts, ends = starts.copy(), ends.copy()
    starts[1:][same] = -np.inf
    ends[:-1][same] = -np.inf
    return starts, ends

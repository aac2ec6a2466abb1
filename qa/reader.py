"""Question and passages in, answer spans with raw logits out, on ONNX Runtime."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qa.errors import ModelCorrupt
from qa.spans import best_spans
from qa.threads import cores
from qa.types import Passage, Span, WorthReading
from qa.weights import MODELS, read_model

if TYPE_CHECKING:
    from onnxruntime import RunOptions
    from tokenizers import Encoding

MAX_TOKENS = 256
MAX_QUESTION_TOKENS = 64
MAX_HEADING_TOKENS = 32
STRIDE = 96
# What a question may cost: more than the fifty passages of an index that the page reads at
# most, while a single text from elsewhere can be of any length.
MAX_TOKENS_READ = 64 * MAX_TOKENS
# Read before it is asked whether to go on; the same on any number of cores.
READ_FIRST = 4
_FATAL = 4  # ONNX Runtime's level of what is logged to the console
_MEND = "reinstall Verbatim, or make it anew with `python -m qa.train DATA`"


@dataclass(frozen=True, slots=True)
class _Row:
    """One call of the network: ids ``(1, tokens)`` and where its window lies."""

    passage: int
    input_ids: NDArray[np.int64]
    token_type_ids: NDArray[np.int64]
    window: slice
    first_token: int


class _Found:
    """What the rows of some passages gave, put together by passage."""

    def __init__(self, passages: Sequence[Passage], encodings: Sequence[Encoding], n: int) -> None:
        self._passages, self._encodings, self._n = passages, encodings, n
        self._places: list[list[tuple[int, int, float]]] = [[] for _ in passages]
        self._nulls = [np.inf] * len(passages)

    def add(self, row: _Row, starts: NDArray[np.float32], ends: NDArray[np.float32]) -> None:
        """Take the logits of a row, each of shape ``(tokens,)``."""
        encoding = self._encodings[row.passage]
        null = float(starts[0]) + float(ends[0])
        self._nulls[row.passage] = min(self._nulls[row.passage], null)
        starts, ends = starts[row.window], ends[row.window]
        words = encoding.word_ids[row.first_token : row.first_token + len(starts)]
        starts, ends = _whole_words(starts, ends, words)
        for first, last, score in best_spans(starts, ends, n=self._n):
            begin, _ = encoding.offsets[first + row.first_token]
            _, end = encoding.offsets[last + row.first_token]
            self._places[row.passage].append((begin, end, score))

    def spans(self) -> list[list[Span]]:
        """Return the best spans of each passage, best first; none for one not read."""
        return [
            _spans(passage, places, null, self._n)
            for passage, places, null in zip(self._passages, self._places, self._nulls, strict=True)
        ]


class OnnxReader:
    """The shipped extractive reader.

    Every passage is one row of its own, never padded and never batched: the
    int8 network takes one activation scale over all it is given, so in a batch
    a passage's logits would depend on its neighbours. Rows run side by side on
    as many single-threaded sessions' calls as there are cores.
    """

    def __init__(self, folder: str | Path = MODELS) -> None:
        from tokenizers import Tokenizer

        folder = Path(folder)
        model = read_model("reader", folder=folder, mend=_MEND)
        self.fingerprint = model.sha256
        try:
            self._tokenizer = Tokenizer.from_str(model.tokenizer)
            self._tokenizer.no_padding()
            self._tokenizer.no_truncation()
            self._cls, self._sep = map(self._tokenizer.token_to_id, ("[CLS]", "[SEP]"))
            self._session = model.session()
            self._check_fit()
        except Exception as error:  # both libraries raise bare Exception subclasses
            raise ModelCorrupt(f"{folder} holds no usable reader ({error}): {_MEND}") from error
        self._pool = ThreadPoolExecutor(cores(), thread_name_prefix="reader")

    def read(
        self,
        question: str,
        passages: Sequence[Passage],
        *,
        n: int = 5,
        max_tokens: int = MAX_TOKENS_READ,
        worth_reading: WorthReading | None = None,
    ) -> list[list[Span]]:
        """Return the ``n`` best spans of each passage, best first, passages in order.

        Passages are read in their order until ``max_tokens`` are spent, those of the
        question counted each time; what is beyond has no spans. ``worth_reading`` is
        asked once the first ``READ_FIRST`` are read: it gets their spans and returns
        the positions of the further passages that are to be read.

        A passage's heading is read before it, since "the car" and "he" are often
        named only there; no span lies in it. A span begins and ends at whole words.
        A passage longer than the window of 256 tokens is read in windows that
        overlap by 96; its null score is the lowest of theirs, since one window
        that holds the answer is enough.
        """
        question_ids = self._tokenizer.encode(question, add_special_tokens=False).ids
        question_ids = question_ids[:MAX_QUESTION_TOKENS]
        encodings, headings = (
            self._tokenizer.encode_batch(texts, add_special_tokens=False)
            for texts in (
                [passage.text for passage in passages],
                [as_sentences(passage.heading) for passage in passages],
            )
        )

        def rows_of(positions: Iterable[int]) -> Iterator[_Row]:
            for position in positions:
                heading = headings[position].ids[:MAX_HEADING_TOKENS]
                yield from self._rows(position, question_ids, heading, encodings[position].ids)

        found = _Found(passages, encodings, n)
        beyond = len(passages) if worth_reading is None else READ_FIRST
        left = self._read_rows(rows_of(range(len(passages))[:beyond]), max_tokens, found)
        if worth_reading is not None and left and beyond < len(passages):
            worth = worth_reading(found.spans()[:beyond])
            rest = (position for position in range(beyond, len(passages)) if position in worth)
            self._read_rows(rows_of(rest), left, found)
        return found.spans()

    def _read_rows(self, rows: Iterable[_Row], max_tokens: int, found: _Found) -> int:
        """Read what a budget allows of some rows; return what is left of it, 0 where rows are."""
        group = []
        for row in rows:
            max_tokens -= row.input_ids.shape[1]
            if max_tokens < 0:
                break
            group.append(row)
        # The longest rows first: the last worker to finish then finishes early.
        group.sort(key=lambda row: -row.input_ids.shape[1])
        run = self._pool.map if len(group) > 1 else map
        for row, (starts, ends) in zip(group, run(self._run, group), strict=True):
            found.add(row, starts, ends)
        return max(max_tokens, 0)

    def _check_fit(self) -> None:
        """Raise where the network has other inputs, or fewer or more tokens than the tokenizer.

        Found out here, and not at the first question that holds one of them, or
        never: another tokenizer's words may all be tokens of the network.
        """
        from onnxruntime import RunOptions

        tokens = self._tokenizer.get_vocab_size()
        (last,) = self._rows(0, [tokens - 1], [], [tokens - 1])
        self._run(last)
        (beyond,) = self._rows(0, [tokens - 1], [], [tokens])
        silent = RunOptions()
        silent.log_severity_level = _FATAL
        try:
            self._run(beyond, options=silent)
        except Exception:  # a bare subclass of Exception: no such token
            return
        raise ValueError(f"the network knows more than the tokenizer's {tokens} tokens")

    def _rows(
        self,
        position: int,
        question_ids: list[int],
        heading_ids: list[int],
        passage_ids: list[int],
    ) -> Iterator[_Row]:
        """Cut one passage into rows that fit the network."""
        before = [self._cls, *question_ids, self._sep]
        offset = len(before) + len(heading_ids)
        room = MAX_TOKENS - offset - 1
        first = 0
        while window := passage_ids[first : first + room]:
            ids = [*before, *heading_ids, *window, self._sep]
            types = np.zeros((1, len(ids)), dtype=np.int64)
            types[0, len(before) :] = 1
            yield _Row(
                position,
                np.array([ids], dtype=np.int64),
                types,
                slice(offset, offset + len(window)),
                first,
            )
            if first + room >= len(passage_ids):
                return
            first += room - STRIDE

    def _run(
        self, row: _Row, *, options: RunOptions | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the start and end logits of one row, each of shape ``(tokens,)``."""
        starts, ends = self._session.run(
            ["start_logits", "end_logits"],
            {"input_ids": row.input_ids, "token_type_ids": row.token_type_ids},
            options,
        )
        return starts[0], ends[0]


def as_sentences(heading: str) -> str:
    """Return "Title › Section" as "Title. Section."; empty for none."""
    return f"{heading.replace(' › ', '. ')}." if heading else ""


def _spans(
    passage: Passage, found: list[tuple[int, int, float]], null: float, n: int
) -> list[Span]:
    """Turn offsets within a passage into spans of the document; one span a place."""
    best: dict[tuple[int, int], float] = {}
    for start, end, score in found:
        if end > start:
            best[start, end] = max(score, best.get((start, end), -np.inf))
    ordered = sorted(best.items(), key=lambda item: (-item[1], item[0]))[:n]
    return [
        Span(passage, passage.start + start, passage.start + end, score, null)
        for (start, end), score in ordered
    ]


def _whole_words(
    starts: NDArray[np.float32], ends: NDArray[np.float32], words: list[int | None]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Forbid spans that begin or end inside a word: nobody quotes half a word."""
    ids = np.array([-1 if word is None else word for word in words])
    same = ids[1:] == ids[:-1]
    starts, ends = starts.copy(), ends.copy()
    starts[1:][same] = -np.inf
    ends[:-1][same] = -np.inf
    return starts, ends

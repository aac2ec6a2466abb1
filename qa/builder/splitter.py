"""Documents into passages of whole sentences, within a token budget."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, islice

from qa.builder.views.boxes import Piece, has_boxes, ticked_first
from qa.builder.views.keyed import keyed
from qa.builder.views.records import (
    Field,
    Record,
    pieces_of,
    records_of,
    view_of,
    words_of,
)
from qa.types import Block, Document, Passage

MAX_TOKENS = 160
OVERLAP_SENTENCES = 1
_HEADING_CHARACTERS = 200
# The first cell of a row that is cut is repeated in each part, if it has no more tokens.
_NAME_TOKENS = 40
# From this share of the budget on, a passage ends at the paragraph's end.
_FULL_ENOUGH = 0.6
# No passage averages more characters per token, unknown words aside.
_CHARACTERS_A_TOKEN = 12
# The words of a file's name; two that begin alike are one.
_NAME_WORD = re.compile(r"[^\W_]+")
_STEM = 4
# The time of sentencex grows with the square of a paragraph with many quotation marks.
_PART_CHARACTERS = 20_000
# So many rows are counted at once: the tokens of one alone take three times as long.
_COUNTED = 100


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence, or a row of a table with the pieces that it is read as.

    ``pieces`` are None where it is read as it is, and empty where it is not read by itself.
    """

    start: int
    end: int
    tokens: int
    ends_paragraph: bool
    pieces: tuple[Piece, ...] | None = None


@dataclass(frozen=True, slots=True)
class _Run:
    """Adjacent blocks: ``headings``, then what they name.

    ``above`` are the headings that apply, outermost first. ``start`` is where the text begins
    that no furniture separates; it is after the headings if furniture follows them.
    """

    above: tuple[Block, ...]
    blocks: tuple[Block, ...]
    start: int
    headings: tuple[Block, ...]


class Splitter:
    """Cuts documents into passages.

    ``count_tokens`` is that of the encoder. No passage is longer than ``max_tokens``. If a cut
    falls inside a paragraph, the next passage repeats the last ``overlap_sentences``.
    """

    def __init__(
        self,
        count_tokens: Callable[[Sequence[str]], list[int]],
        *,
        max_tokens: int = MAX_TOKENS,
        overlap_sentences: int = OVERLAP_SENTENCES,
    ) -> None:
        self._count = count_tokens
        self._max = max_tokens
        self._overlap = overlap_sentences

    def split(self, document: Document) -> list[Passage]:
        """Return the passages of a document, in order.

        A passage crosses no furniture. It begins with the headings directly above it. A row of
        a table is read as a record, and is not cut if it fits.
        """
        quoted = [(b.start, b.end) for b in document.blocks if b.kind == "body" and b.level]
        return [
            self._passage(document, run, part, quoted)
            for run in _runs(document)
            for part in self._pack(document.text, self._units(document.text, run))
        ]

    def _passage(
        self, document: Document, run: _Run, part: list[_Sentence], quoted: list[tuple[int, int]]
    ) -> Passage:
        text = document.text
        start, end = part[0].start, max(each.end for each in part)
        views = any(each.pieces is not None for each in part)
        if start < run.start < end:  # its headings are read with it, but not shown in it
            start, views = run.start, True
        heading = _heading(document, run, part)
        view = view_of(text, _paragraphs_of(part)) if views else None
        inside = quoted[bisect_right(quoted, start, key=_end) : bisect_left(quoted, (end, end))]
        return Passage(document.id, start, end, text[start:end], heading, view, tuple(inside))

    def _units(self, text: str, run: _Run) -> Iterator[_Sentence]:
        """Yield the sentences and records of adjacent blocks."""
        for table, group in groupby(run.blocks, _table):
            blocks = list(group)
            if table is None or all(block.kind == "columns" for block in blocks):
                for part in keyed(text, blocks):
                    if isinstance(part, Block):
                        yield from self._lines(text, part)
                    elif (units := list(self._records(text, [part])))[0].pieces and len(units) == 1:
                        yield from units
                    else:  # too long to be read with its keys
                        yield from self._sentences(text, Block(part.start, part.end, "body"))
                continue
            if blocks[0].kind == "columns":  # shown with the first record, read in each
                yield _Sentence(blocks[0].start, blocks[0].end, 0, True, ())
            yield from self._records(text, records_of(blocks))

    def _lines(self, text: str, block: Block) -> Iterator[_Sentence]:
        """Yield the sentences of a block, those lines apart that have boxes."""
        if not has_boxes(text, block.start, block.end):
            yield from self._sentences(text, block)
            return
        at = block.start
        for line in text[block.start : block.end].splitlines(keepends=True):
            start, end = _trim(text, at, at + len(line))
            at += len(line)
            pieces = [*ticked_first(text, (start, end)), "."]
            count = self._count([words_of(text, pieces)])[0]
            if len(pieces) > 2 and count <= self._max:
                yield _Sentence(start, end, count, True, tuple(pieces))
            elif start < end:
                yield from self._sentences(text, Block(start, end, "body"))

    def _records(self, text: str, records: Iterable[Record]) -> Iterator[_Sentence]:
        """Yield each record as one unit; one beyond the budget in parts that repeat its name."""
        remaining = iter(records)
        while some := list(islice(remaining, _COUNTED)):
            pieces = [tuple(pieces_of(text, record.fields)) for record in some]
            counts = self._count([words_of(text, each) for each in pieces])
            for record, whole, count in zip(some, pieces, counts, strict=True):
                if count <= self._max:
                    yield _Sentence(record.start, record.end, count, True, whole)
                else:
                    yield from self._cut_record(text, record)

    def _cut_record(self, text: str, record: Record) -> Iterator[_Sentence]:
        """Yield the parts of a record that is longer than the budget."""

        def tokens(fields: Sequence[Field]) -> int:
            return self._count([words_of(text, pieces_of(text, fields))])[0]

        def unit(fields: Sequence[Field], named: int) -> _Sentence:
            places = [place for _, place in fields[named:]]
            start = max(record.start, min(start for start, _ in places))
            end = max(start, min(record.end, max(end for _, end in places)))
            return _Sentence(start, end, tokens(fields), True, tuple(pieces_of(text, fields)))

        fields = record.fields
        name = fields[:1] if tokens(fields[:1]) <= min(_NAME_TOKENS, self._max) else ()
        group = list(name)
        is_read = not name
        for field in fields[len(name) :]:
            if tokens([*group, field]) > self._max:
                if len(group) > len(name):
                    yield unit(group, len(name) if is_read else 0)
                    is_read = True
                group = list(name)
            if tokens([*group, field]) <= self._max:
                group.append(field)
                continue
            if not is_read:
                yield unit(name, 0)
                is_read = True
            # A cell of running text.
            yield from self._sentences(text, Block(*field[1], "body"))
        if len(group) > len(name):
            yield unit(group, len(name) if is_read else 0)

    def _sentences(self, text: str, block: Block) -> list[_Sentence]:
        from sentencex import get_sentence_boundaries

        spans: list[tuple[int, int]] = []
        for start, end in _parts(text, block):
            for found in get_sentence_boundaries("en", text[start:end]):
                span = _trim(text, start + found["start_index"], start + found["end_index"])
                if span[0] < span[1]:
                    spans.append(span)
        counts = self._count([text[start:end] for start, end in spans])
        sized = [
            piece
            for (start, end), tokens in zip(spans, counts, strict=True)
            for piece in (
                [(start, end, tokens)] if tokens <= self._max else self._cut(text, start, end)
            )
        ]
        return [
            _Sentence(start, end, tokens, position == len(sized) - 1)
            for position, (start, end, tokens) in enumerate(sized)
        ]

    def _cut(self, text: str, start: int, end: int) -> list[tuple[int, int, int]]:
        """Cut a sentence longer than the budget, at white space if possible."""
        pieces = []
        while start < end:
            low, high = start + 1, min(end, start + _CHARACTERS_A_TOKEN * self._max)
            while low < high:  # the longest piece within the budget
                middle = (low + high + 1) // 2
                if self._count([text[start:middle]])[0] <= self._max:
                    low = middle
                else:
                    high = middle - 1
            stop = low
            if stop < end:
                space = next((i for i in range(stop, start, -1) if text[i].isspace()), start)
                stop = space if space > start else stop
            left, right = _trim(text, start, stop)
            tokens = self._count([text[left:right]])[0]
            # A prefix of a word may have more tokens than the word: an unknown word is one token.
            while tokens > self._max:
                stop = max(start + 1, (start + stop) // 2)
                left, right = _trim(text, start, stop)
                tokens = self._count([text[left:right]])[0]
            if left < right:
                pieces.append((left, right, tokens))
            start = stop
            while start < end and text[start].isspace():
                start += 1
        return pieces

    def _pack(self, text: str, sentences: Iterable[_Sentence]) -> Iterator[list[_Sentence]]:
        part: list[_Sentence] = []
        used = fresh = 0
        for sentence in sentences:
            together = self._together(text, part, used, sentence)
            settled = part and part[-1].ends_paragraph and used >= _FULL_ENOUGH * self._max
            if fresh and (together > self._max or settled):
                yield part
                part = [] if part[-1].ends_paragraph else part[-self._overlap :]
                while (together := self._tokens(text, [*part, sentence])) > self._max and part:
                    part = part[1:]
                fresh = 0
            part.append(sentence)
            used = together
            fresh += 1
        if fresh:
            yield part

    def _tokens(self, text: str, part: list[_Sentence]) -> int:
        """Return the tokens of sentences in a row."""
        used = 0
        for number, sentence in enumerate(part):
            used = self._together(text, part[:number], used, sentence)
        return used

    def _together(self, text: str, part: list[_Sentence], used: int, sentence: _Sentence) -> int:
        """Return the tokens of a part, which has ``used``, with the sentence after it.

        They are counted again if words may run together. This is repeated for each sentence, so
        for very many characters the result is a number beyond the budget.
        """
        if (
            not part
            or sentence.pieces is not None
            or part[-1].pieces is not None
            or _apart(text[part[-1].end : sentence.start])
        ):
            return used + sentence.tokens
        start = part[0].start
        if sentence.end - start > _CHARACTERS_A_TOKEN * self._max:
            return self._max + 1
        read = text[start : sentence.end]
        if any(each.pieces is not None for each in part):
            read = view_of(text, _paragraphs_of([*part, sentence])).text
        return self._count([read])[0]


def _table(block: Block) -> int | None:
    """Return the number of the table that a block is a row of, None if it is not."""
    return block.level if block.kind in ("row", "columns") else None


def _end(place: tuple[int, int]) -> int:
    return place[1]


def _runs(document: Document) -> Iterator[_Run]:
    """Yield runs of adjacent blocks that may share a passage, each with its headings."""
    above: list[Block] = []
    run: list[Block] = []
    start = -1  # of the first block after furniture
    for block in document.blocks:
        named = any(each.kind != "heading" for each in run)
        about = block.kind == "about" and any(each.kind != "about" for each in run)
        cut = start < 0 and block.kind == "heading"  # furniture is between two headings
        if run and (about or cut or (named and block.kind in ("heading", "furniture"))):
            yield _run(above, run, start)
            run, start = [], -1
        if block.kind == "furniture":
            start = -1
            continue
        start = block.start if start < 0 else start
        if block.kind == "heading":
            above = [*(b for b in above if b.level < block.level), block]
        elif block.kind == "about":
            above = []
        run.append(block)
    if run:
        yield _run(above, run, start)


def _run(above: Sequence[Block], blocks: Sequence[Block], start: int) -> _Run:
    headings = tuple(block for block in blocks if block.kind == "heading")
    return _Run(tuple(above), tuple(blocks), start, headings)


def _heading(document: Document, run: _Run, part: Sequence[_Sentence]) -> str:
    """Return the title and the headings above, as far as they are not in the part itself.

    The words of the file's name that the title lacks are beside it.
    """

    def clean(block: Block) -> str:
        return " ".join(document.text[block.start : block.end].split())

    begin, end = part[0].start, part[-1].end
    shown = {clean(b) for b in run.headings if begin <= b.start < end}
    title = " ".join(document.title.split())
    names = dict.fromkeys(n for n in [title, *map(clean, run.above)] if n and n not in shown)
    called = list(names)
    if rest := _of_its_name(document.id, title):
        called[: title in names] = [f"{title} ({rest})" if title in names else rest]
    return " › ".join(called)[:_HEADING_CHARACTERS]


@lru_cache(maxsize=1)  # once a document, not once a passage
def _of_its_name(document_id: str, title: str) -> str:
    """Return the words of a file's name that its title lacks; empty where none of them is a word.

    People ask for a file by its name: "sla-wharnley.txt" is the agreement with Wharnley.
    """
    stem = document_id.rpartition("/")[2].rpartition(".")[0]
    said = {word[:_STEM] for word in _NAME_WORD.findall(title.casefold())}
    words = [word for word in _NAME_WORD.findall(stem) if word.casefold()[:_STEM] not in said]
    return " ".join(words) if any(w.isalpha() and len(w) > 2 for w in words) else ""


def _paragraphs_of(part: Sequence[_Sentence]) -> Iterator[Sequence[Piece]]:
    """Yield the pieces of each paragraph and record; sentences of a paragraph are one piece."""
    paragraph: list[_Sentence] = []
    for number, each in enumerate(part, start=1):
        if each.pieces is not None:
            yield each.pieces
            continue
        paragraph.append(each)
        if each.ends_paragraph or number == len(part):
            yield [(paragraph[0].start, each.end)]
            paragraph = []


def _parts(text: str, block: Block) -> Iterator[tuple[int, int]]:
    """Yield a block, a very long one in parts that end at white space."""
    start = block.start
    while block.end - start > _PART_CHARACTERS:
        half, limit = start + _PART_CHARACTERS // 2, start + _PART_CHARACTERS
        spaces = (text.rfind(sign, half, limit) for sign in "\n ")
        end = next((space for space in spaces if space >= 0), limit - 1) + 1
        yield start, end
        start = end
    yield start, block.end


def _apart(between: str) -> bool:
    """Return whether nothing but white space is between two sentences, for the tokenizer too.

    BERT's tokenizer deletes control characters, form feeds included, and joins the words
    around them. Behind the text of a cell there may be the sign that ends it.
    """
    return not between.strip() and any(
        sign in "\t\n\r" or (sign.isspace() and unicodedata.category(sign) != "Cc")
        for sign in between
    )


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end

"""Documents into passages of whole sentences, within a token budget."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from qa.types import Block, Document, Passage

MAX_TOKENS = 160
OVERLAP_SENTENCES = 1
_HEADING_CHARACTERS = 200
# From this share of the budget on, a passage ends at the paragraph's end.
_FULL_ENOUGH = 0.6
# No passage averages more characters per token, unknown words aside.
_CHARACTERS_A_TOKEN = 12
# The time of sentencex grows with the square of a paragraph with many quotation marks.
_PART_CHARACTERS = 20_000


@dataclass(frozen=True, slots=True)
class _Sentence:
    start: int
    end: int
    tokens: int
    ends_paragraph: bool


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

        A passage consists of body text and crosses neither headings nor furniture.
        """
        passages = []
        for heading, run in _runs(document):
            sentences = [s for block in run for s in self._sentences(document.text, block)]
            for part in self._pack(document.text, sentences):
                start, end = part[0].start, part[-1].end
                passages.append(Passage(document.id, start, end, document.text[start:end], heading))
        return passages

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

    def _pack(self, text: str, sentences: list[_Sentence]) -> Iterator[list[_Sentence]]:
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
        if not part or _apart(text[part[-1].end : sentence.start]):
            return used + sentence.tokens
        start = part[0].start
        if sentence.end - start > _CHARACTERS_A_TOKEN * self._max:
            return self._max + 1
        return self._count([text[start : sentence.end]])[0]


def _runs(document: Document) -> Iterator[tuple[str, list[Block]]]:
    """Yield runs of adjacent body blocks, each with its heading."""
    above: list[Block] = []
    run: list[Block] = []
    for block in document.blocks:
        if block.kind == "body":
            run.append(block)
            continue
        if run:
            yield _heading(document, above), run
            run = []
        if block.kind == "heading":
            above = [*(b for b in above if b.level < block.level), block]
    if run:
        yield _heading(document, above), run


def _heading(document: Document, above: Sequence[Block]) -> str:
    names = [document.title, *(document.text[b.start : b.end] for b in above)]
    cleaned = dict.fromkeys(" ".join(name.split()) for name in names if name.strip())
    return " › ".join(cleaned)[:_HEADING_CHARACTERS]


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
    """Return whether the text between two sentences separates them for the tokenizer too.

    BERT's tokenizer deletes control characters, form feeds included, and joins the words
    around them.
    """
    return any(
        sign in "\t\n\r" or (sign.isspace() and unicodedata.category(sign) != "Cc")
        for sign in between
    )


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end

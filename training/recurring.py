"""Questions from plain text: a sentence with a blank, and the paragraph that fills it.

Recurring-span selection (Ram et al., "Few-shot question answering by pretraining span
selection", ACL 2021): words that occur twice in a paragraph are blanked once, and the
reader has to find them where they are left. Here the blanked sentence is the question
(a cloze, as in Dhingra et al., NAACL 2018), so that a row looks as it does later.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from qa.errors import DatasetError
from qa.evaluation.datasets import read_rows
from qa.networks.reader import MAX_QUESTION_TOKENS
from training.questions import tokens_covering
from training.rows import MASK

MAX_WORDS = 6
MIN_SENTENCE_WORDS = 8
# Blanks to choose from in a paragraph, the longest first: a longer span says more than the
# words in it, of which each recurs with it.
MAX_BLANKS = 8

_SENTENCE = re.compile(r"\S.*?(?:[.!?](?=\s)|$)", re.DOTALL)
_WORD = re.compile(r"\w+(?:['’.-]\w+)*")
# Words that fill no blank worth asking for, alone or at a span's edge.
_FUNCTION_WORDS = frozenset(
    "a an and are as at be been but by for from had has have he her his i in into is it its not of "
    "on or she that the their them there they this to was were which who will with would".split()
)

# (first, last) in a text, in code points, and in tokens
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Clozes:
    """A paragraph in which words recur.

    ``ids`` are its tokens; ``sentences`` the first and last token of each sentence that is long
    enough to ask something; ``blanks`` the first and last token of every occurrence of each
    recurring span, of which at least one is in such a sentence and one outside of it.
    ``article`` numbers the text that the paragraph is from.
    """

    ids: NDArray[np.uint16]
    sentences: tuple[Span, ...]
    blanks: tuple[tuple[Span, ...], ...]
    article: int


@dataclass(frozen=True, slots=True)
class Cloze:
    """A blanked sentence, the rest of its paragraph, and where that fills the blank.

    ``answers`` are first and last tokens of ``context_ids``; ``words`` are the tokens that
    were blanked.
    """

    question_ids: NDArray[np.int32]
    context_ids: NDArray[np.int32]
    answers: tuple[Span, ...]
    words: NDArray[np.int32]


def read_clozes(path: Path, tokenizer: Tokenizer, *, workers: int = 1) -> list[Clozes]:
    """Return the paragraphs of ``path`` in which words recur, in their order.

    ``path`` has an article a line, ``{"paragraphs": [text, ...]}``, plain or gzipped. Raises
    :class:`~qa.errors.DatasetError` naming the line that is not an article, and where nothing
    recurs.
    """
    articles = []
    for number, row in read_rows(path):
        texts = row.get("paragraphs") if isinstance(row, dict) else None
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise DatasetError(
                f"{path}, line {number}: not an article", 'write {"paragraphs": ["text", ...]}'
            )
        articles.append(texts)
    with ProcessPoolExecutor(workers) as pool:
        found = pool.map(
            partial(_of_article, tokenizer=tokenizer), range(len(articles)), articles, chunksize=16
        )
        clozes = [each for of_article in found for each in of_article]
    if not clozes:
        raise DatasetError(f"{path} has no paragraph in which words recur", "give more text")
    return clozes


def _of_article(number: int, paragraphs: Sequence[str], *, tokenizer: Tokenizer) -> list[Clozes]:
    found = (clozes_of(text, tokenizer, article=number) for text in paragraphs)
    return [clozes for clozes in found if clozes is not None]


def clozes_of(text: str, tokenizer: Tokenizer, *, article: int = 0) -> Clozes | None:
    """Return the blanks of a paragraph; None where nothing recurs in it."""
    encoding = tokenizer.encode(text, add_special_tokens=False)
    starts = [start for start, _ in encoding.offsets]
    ends = [end for _, end in encoding.offsets]

    def in_tokens(spans: Iterable[Span]) -> tuple[Span, ...]:
        found = (tokens_covering(*span, starts, ends) for span in spans)
        return tuple(span for span in found if span is not None)

    sentences = [match.span() for match in _SENTENCE.finditer(text)]
    asking = in_tokens(s for s in sentences if len(_WORD.findall(text, *s)) >= MIN_SENTENCE_WORDS)
    blanks = []
    for places in _recurring(text, sentences):
        # Two places may share a token that covers both: the first of them counts.
        apart: list[Span] = []
        for place in in_tokens(places):
            if not apart or place[0] > apart[-1][1]:
                apart.append(place)
        if any(
            any(_within(place, sentence) for place in apart)
            and not all(_within(place, sentence) for place in apart)
            for sentence in asking
        ):
            blanks.append(tuple(apart))
    if not blanks:
        return None
    ids = np.array(encoding.ids, dtype=np.uint16)
    return Clozes(ids, asking, tuple(blanks[:MAX_BLANKS]), article)


def _within(span: Span, other: Span) -> bool:
    return other[0] <= span[0] and span[1] <= other[1]


def _recurring(text: str, sentences: Sequence[Span]) -> list[list[Span]]:
    """Return every place of each span that occurs in two sentences, the longest spans first."""
    places: dict[str, list[Span]] = {}
    said_in: dict[str, set[int]] = {}
    for number, sentence in enumerate(sentences):
        words = [match.span() for match in _WORD.finditer(text, *sentence)]
        lower = [text[start:end].lower() for start, end in words]
        edges = [i for i, word in enumerate(lower) if word not in _FUNCTION_WORDS]
        for first in edges:
            for last in edges:
                if first <= last < first + MAX_WORDS:
                    start, end = words[first][0], words[last][1]
                    key = text[start:end].lower()
                    places.setdefault(key, []).append((start, end))
                    said_in.setdefault(key, set()).add(number)
    keys = [key for key, said in said_in.items() if len(said) > 1]
    keys.sort(key=lambda key: (-key.count(" "), -len(key), key))
    return [places[key] for key in keys]


def draw_cloze(clozes: Clozes, rng: random.Random) -> Cloze:
    """Blank one span of a paragraph, everywhere in one sentence, by ``[MASK]``."""
    places = rng.choice(clozes.blanks)
    drawn, (first, last) = rng.choice(
        [
            (place, sentence)
            for sentence in clozes.sentences
            for place in places
            if _within(place, sentence) and not all(_within(other, sentence) for other in places)
        ]
    )
    ids = clozes.ids.astype(np.int32)
    question: list[int] = []
    at = position = first
    for start, end in places:
        if first <= start and end <= last:
            question += [*ids[position:start].tolist(), MASK]
            position = end + 1
            if (start, end) == drawn:
                at = len(question) - 1
    question += ids[position : last + 1].tolist()
    # A question has only so many tokens: those around the blank.
    begin = max(0, min(at - MAX_QUESTION_TOKENS // 2, len(question) - MAX_QUESTION_TOKENS))
    gone = last - first + 1
    answers = [place for place in places if place[1] < first] + [
        (start - gone, end - gone) for start, end in places if start > last
    ]
    return Cloze(
        np.array(question[begin : begin + MAX_QUESTION_TOKENS], dtype=np.int32),
        np.concatenate([ids[:first], ids[last + 1 :]]),
        tuple(answers),
        ids[drawn[0] : drawn[1] + 1],
    )


def contains(ids: NDArray[np.integer], words: NDArray[np.int32]) -> bool:
    """Return whether the tokens ``words`` occur in ``ids``, one after another."""
    if len(ids) < len(words):
        return False
    windows = np.lib.stride_tricks.sliding_window_view(ids, len(words))
    return bool((windows == words).all(axis=1).any())

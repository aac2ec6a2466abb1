"""Questions from plain text: a sentence with a blank, and the paragraph that fills it.

Recurring-span selection (Ram et al., "Few-shot question answering by pretraining span
selection", ACL 2021): words that stand twice in a paragraph are blanked once, and the
reader is to find them where they are left. Here the blanked sentence is the question
(a cloze, as in Dhingra et al., NAACL 2018), so that a row looks as it does later.
"""

from __future__ import annotations

import bisect
import gzip
import json
import random
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from qa.errors import DatasetError
from qa.reader import MAX_QUESTION_TOKENS

BLANK = "[MASK]"  # a token that the vocabulary has
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

    ``ids`` are its tokens, ``sentences`` the first and last token of each, ``blanks`` for
    each of its recurring spans the first and last token of every place where it stands.
    ``article`` numbers the text that the paragraph is of.
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

    ``path`` holds an article a line, ``{"paragraphs": [text, ...]}``, gzip.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            articles = [json.loads(line)["paragraphs"] for line in file]
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(
            f'{path} is not gzip lines of {{"paragraphs": [...]}}: {error}'
        ) from error
    with ProcessPoolExecutor(workers) as pool:
        found = pool.map(
            partial(_of_article, tokenizer=tokenizer),
            *zip(*enumerate(articles), strict=True),
            chunksize=16,
        )
        return [clozes for of_article in found for clozes in of_article]


def _of_article(number: int, paragraphs: Sequence[str], *, tokenizer: Tokenizer) -> list[Clozes]:
    found = (clozes_of(text, tokenizer, article=number) for text in paragraphs)
    return [clozes for clozes in found if clozes is not None]


def clozes_of(text: str, tokenizer: Tokenizer, *, article: int = 0) -> Clozes | None:
    """Return the blanks of a paragraph; None where nothing recurs in it."""
    sentences = [match.span() for match in _SENTENCE.finditer(text)]
    blanks = _recurring(text, sentences)
    if not blanks:
        return None
    encoding = tokenizer.encode(text, add_special_tokens=False)
    starts = [start for start, _ in encoding.offsets]
    ends = [end for _, end in encoding.offsets]

    def tokens(span: Span) -> Span:
        return bisect.bisect_left(starts, span[0]), bisect.bisect_left(ends, span[1])

    return Clozes(
        np.array(encoding.ids, dtype=np.uint16),
        tuple(tokens(span) for span in sentences),
        tuple(tuple(tokens(span) for span in places) for places in blanks),
        article,
    )


def _recurring(text: str, sentences: Sequence[Span]) -> list[list[Span]]:
    """Return every place of each span that two sentences say, one of them of some length."""
    places: dict[str, list[Span]] = {}
    said_in: dict[str, set[int]] = {}
    long_enough: set[int] = set()
    for number, sentence in enumerate(sentences):
        words = [match.span() for match in _WORD.finditer(text, *sentence)]
        if len(words) >= MIN_SENTENCE_WORDS:
            long_enough.add(number)
        lower = [text[start:end].lower() for start, end in words]
        edges = [i for i, word in enumerate(lower) if word not in _FUNCTION_WORDS]
        for first in edges:
            for last in edges:
                if first <= last < first + MAX_WORDS:
                    start, end = words[first][0], words[last][1]
                    key = text[start:end].lower()
                    places.setdefault(key, []).append((start, end))
                    said_in.setdefault(key, set()).add(number)
    keys = [key for key, said in said_in.items() if len(said) > 1 and said & long_enough]
    keys.sort(key=lambda key: (-key.count(" "), -len(key), key))
    return [places[key] for key in keys[:MAX_BLANKS]]


def draw_cloze(clozes: Clozes, rng: random.Random, *, blank: int) -> Cloze | None:
    """Blank one span of a paragraph, everywhere in one sentence, by the token ``blank``.

    None where the sentence drawn is too short to ask anything.
    """
    places = rng.choice(clozes.blanks)
    drawn = rng.choice(places)
    first, last = next(s for s in clozes.sentences if s[0] <= drawn[0] and drawn[1] <= s[1])
    if last - first + 1 < MIN_SENTENCE_WORDS:
        return None
    ids = clozes.ids.astype(np.int32)
    question: list[int] = []
    at = position = first
    for start, end in places:
        if first <= start and end <= last:
            question += [*ids[position:start].tolist(), blank]
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
    if not answers:
        return None
    return Cloze(
        np.array(question[begin : begin + MAX_QUESTION_TOKENS], dtype=np.int32),
        np.concatenate([ids[:first], ids[last + 1 :]]),
        tuple(answers),
        ids[drawn[0] : drawn[1] + 1],
    )


def stands_in(words: NDArray[np.int32], ids: NDArray[np.integer]) -> bool:
    """Tell whether the tokens ``words`` stand in ``ids``, one after another."""
    if len(ids) < len(words):
        return False
    windows = np.lib.stride_tricks.sliding_window_view(ids, len(words))
    return bool((windows == words).all(axis=1).any())


def paragraphs_in(clozes: Sequence[Clozes]) -> Iterator[range]:
    """Yield the positions of each article's paragraphs, which are to be neighbours."""
    begin = 0
    for position in range(1, len(clozes) + 1):
        if position == len(clozes) or clozes[position].article != clozes[begin].article:
            yield range(begin, position)
            begin = position

"""BM25 as inner products of sparse vectors, with the analyzers and weights of the embedded index.

Milvus' own BM25 function is not used: its analyzers are others than tantivy's, and Milvus Lite
counts document frequencies in each segment apart and knows no stems. A passage's vector has what
one occurrence of each of its terms is worth, a question's the weight and rarity of each of its
terms; their product is the score that tantivy gives, but for words that are misspelt.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import log1p

import numpy as np

from qa.index.words import (
    CODE_WEIGHT,
    EXACT_WEIGHT,
    FUZZY_LETTERS,
    HEADING_WEIGHT,
    MAX_FUZZY,
    MAX_TERMS,
    STEM_WEIGHT,
    analyzer,
)
from qa.types import Passage

# Of BM25, as in tantivy.
_K1, _B = 1.2, 0.75
# Lengths of fields are stored in a byte there: those up to 40 as they are, longer ones rounded
# down to the next of these.
_LENGTHS = [*range(40), *(24 + ((8 + n % 8) << n // 8) for n in range(8, 224))]
_DIGIT = re.compile(r"\d")
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
STEM, EXACT, HEADING, CODE, PRESENT = "s", "e", "h", "c", "p"
FIELDS = {STEM: STEM_WEIGHT, EXACT: EXACT_WEIGHT, HEADING: HEADING_WEIGHT}


class Analyzer:
    """Splits texts into terms, as the embedded index does; safe to share between threads."""

    def __init__(self) -> None:
        self._stems, self._words = analyzer(stemmed=True), analyzer(stemmed=False)

    def words(self, text: str) -> list[str]:
        """Return the words of a text, in order."""
        return list(self._words.analyze(text))

    def stems(self, text: str) -> list[str]:
        """Return the stems of the words of a text, in order."""
        return list(self._stems.analyze(text))

    def terms(self, passage: Passage) -> dict[str, Counter[str]]:
        """Return how often each term occurs in each field of a passage."""
        text = passage.read_text
        words = self.words(text)
        return {
            STEM: Counter(self.stems(text)),
            EXACT: Counter(words),
            HEADING: Counter(self.stems(passage.heading)),
            CODE: Counter(" ".join(pair) for pair in _codes(words)),
        }


@dataclass(slots=True)
class Statistics:
    """What BM25 has to know of all passages: their number, lengths and document frequencies.

    ``tokens`` are the lengths of each field together, ``frequencies`` how many passages contain
    a term, by :func:`term_id` of its field and itself.
    """

    passages: int = 0
    tokens: Counter[str] = field(default_factory=Counter)
    frequencies: Counter[int] = field(default_factory=Counter)

    def add(self, terms: Mapping[str, Counter[str]]) -> None:
        """Count one passage."""
        self.passages += 1
        for name in FIELDS:
            self.tokens[name] += terms[name].total()
            self.frequencies.update(term_id(name, term) for term in terms[name])

    def vector(self, terms: Mapping[str, Counter[str]]) -> dict[int, float]:
        """Return the sparse vector of a passage."""
        found: dict[int, float] = {}
        for name, counts in terms.items():
            of_length = EXACT if name == CODE else name
            length = _LENGTHS[bisect_right(_LENGTHS, terms[of_length].total()) - 1]
            mean = self.tokens[of_length] / self.passages
            base = _K1 * (1 - _B + _B * length / mean) if counts else 0.0
            for term, count in counts.items():
                found[dimension(name, term)] = (_K1 + 1) * count / (count + base)
        found.update((dimension(PRESENT, word), 1.0) for word in terms[EXACT] if _may_be_near(word))
        # Milvus accepts no empty vector.
        return found or {0: 0.0001}


@dataclass(frozen=True, slots=True)
class Near:
    """The stored words that a misspelt one may stand for.

    ``passages`` is how many contain any of them, ``counts`` how many of them each passage with
    more than one contains, by its row.
    """

    words: tuple[str, ...]
    passages: int
    counts: Mapping[int, int]

    def weight(self, passages: int) -> float:
        """Return the score of a passage with any of the words, of so many passages."""
        # As Milvus has it, so that what is taken off again leaves no rest, and ties are ties.
        return float(np.float32((STEM_WEIGHT + EXACT_WEIGHT) * rarity(self.passages, passages)))


@dataclass(frozen=True, slots=True)
class Question:
    """The terms of a question, and those of which the frequency decides its vector."""

    stems: tuple[str, ...]
    words: tuple[str, ...]
    codes: tuple[tuple[str, str], ...]
    # Words that may be misspelt, each with its stem.
    doubtful: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, text: str, split: Analyzer) -> Question:
        """Split a question; no character in it is special."""
        stems, words = split.stems(text), split.words(text)
        doubtful = tuple(
            (word, stem)
            for word, stem in dict.fromkeys(zip(words, stems, strict=True))
            if len(word) >= FUZZY_LETTERS and not _DIGIT.search(word)
        )
        return cls(
            tuple(dict.fromkeys(stems))[:MAX_TERMS],
            tuple(dict.fromkeys(words))[:MAX_TERMS],
            tuple(dict.fromkeys(_codes(words)))[:MAX_TERMS],
            doubtful,
        )

    def terms(self) -> Iterator[int]:
        """Yield the ids of the terms whose frequencies are needed."""
        for stem in self.stems:
            yield term_id(STEM, stem)
            yield term_id(HEADING, stem)
        for word in dict.fromkeys((*self.words, *(w for pair in self.codes for w in pair))):
            yield term_id(EXACT, word)
        for word, stem in self.doubtful:
            yield term_id(EXACT, word)
            yield term_id(STEM, stem)

    def misspelt(self, known: Mapping[int, int]) -> tuple[str, ...]:
        """Return the words that no passage contains, as far as they are looked up."""
        return tuple(
            word
            for word, stem in self.doubtful
            if not any(
                known.get(term_id(name, term))
                for name, term in ((EXACT, word), (STEM, stem), (HEADING, stem))
            )
        )[:MAX_FUZZY]

    def vector(
        self, known: Mapping[int, int], near: Sequence[Near], passages: int
    ) -> dict[int, float]:
        """Return the sparse vector of the question.

        ``known`` has the frequencies of its terms, ``near`` what each misspelt word may stand for.
        """
        found: dict[int, float] = {}

        def add(name: str, term: str, weight: float) -> None:
            key = dimension(name, term)
            found[key] = found.get(key, 0.0) + weight

        for name, terms in ((STEM, self.stems), (HEADING, self.stems), (EXACT, self.words)):
            for term in terms:
                if count := known.get(term_id(name, term)):
                    add(name, term, FIELDS[name] * rarity(count, passages))
        for pair in self.codes:
            counts = [known.get(term_id(EXACT, word), 0) for word in pair]
            if all(counts):
                rare = sum(rarity(count, passages) for count in counts)
                add(CODE, " ".join(pair), CODE_WEIGHT * rare)
        for each in near:
            for word in each.words:
                add(PRESENT, word, each.weight(passages))
        return found


def surplus(near: Sequence[Near], passages: int) -> dict[int, float]:
    """Return what the product of vectors has too much, by the row of each such passage.

    A misspelt word counts once, however many of the words that it may stand for a passage has.
    """
    found: dict[int, float] = {}
    for each in near:
        for row, count in each.counts.items():
            found[row] = found.get(row, 0.0) + (count - 1) * each.weight(passages)
    return found


def rarity(count: int, passages: int) -> float:
    """Return the inverse document frequency of BM25."""
    return log1p((passages - count + 0.5) / (count + 0.5))


def dimension(name: str, term: str) -> int:
    """Return the dimension of a term in sparse vectors: 1 to 2³² - 2."""
    return 1 + term_id(name, term) % (2**32 - 2)


def term_id(name: str, term: str) -> int:
    """Return a number below 2⁶² for a term in a field."""
    digest = hashlib.blake2b(f"{name} {term}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 2


def close_to(word: str) -> set[str]:
    """Return what a word becomes by one letter changed, added, lost or swapped with the next."""
    letters = {*_LETTERS, *word}
    cuts = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    found = {start + end[1:] for start, end in cuts if end}
    found |= {start + end[1] + end[0] + end[2:] for start, end in cuts if len(end) > 1}
    found |= {start + letter + end[1:] for start, end in cuts if end for letter in letters}
    found |= {start + letter + end for start, end in cuts for letter in letters}
    return found - {word, ""}


def _may_be_near(word: str) -> bool:
    """Return whether a misspelt word, which has no digits, may stand for this one."""
    return len(word) >= FUZZY_LETTERS - 1 and len(_DIGIT.findall(word)) < 2


def _codes(words: Sequence[str]) -> Iterable[tuple[str, str]]:
    return (pair for pair in pairwise(words) if _DIGIT.search(pair[0] + pair[1]))

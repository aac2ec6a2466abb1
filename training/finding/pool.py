"""Pools of passages and the questions that are asked of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from qa.builder import build
from qa.evaluation.contrast import read_pairs
from qa.evaluation.golden import read_golden
from qa.index import StoredIndex, open_index
from qa.networks.encoder import SentenceEncoder
from qa.retrieval.hybrid import WEAK_MATCH
from qa.retrieval.question import resolve
from qa.text import normalize
from qa.types import Passage
from training.authored import DATA, EVERYDAY
from training.teacher.natural import CALIBRATED_ON, read_questions

# A bare number at more places than this is often not the answer there.
_FEW_PLACES = 2
_MOST_PLACES = 3
# An answer with fewer letters and digits, or digits alone, occurs in many passages by chance.
_BARE_BELOW = 4
# Texts with a word in common with a question that get a BM25 score.
_DEPTH = 200


@dataclass(frozen=True, slots=True)
class Text:
    """What is encoded of a passage: its heading and its text; ``document`` is where it is from."""

    heading: str
    text: str
    document: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the rows of the texts that answer it, and those that perhaps do.

    ``lexical`` is each text's BM25 score as a share of a good one, ``(texts,)``, as in
    :func:`qa.retrieval.hybrid.fuse`; None where words do not count.
    """

    question: str
    right: frozenset[int]
    unsure: frozenset[int]
    lexical: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """Texts, and the questions asked of all of them."""

    texts: tuple[Text, ...]
    asked: tuple[Asked, ...]


def natural_pools(folder: Path, *, leave_out: Sequence[str], corpora: Sequence[str]) -> list[Pool]:
    """Return a pool for each corpus of natural questions, contrast pairs among them."""
    pairs = read_pairs(DATA / "contrast.jsonl")
    pools = []
    for corpus in corpora:
        if corpus in leave_out:
            continue
        wanted = [
            (question.text, question.answers, question.documents)
            for question in read_questions(folder, corpus)
        ]
        wanted += [
            (resolve(question.question), question.answers, (pair.document,))
            for pair in pairs
            if pair.corpus == corpus
            for question in pair.questions
        ]
        pools.append(_pool(folder / corpus / "docs", wanted))
    return pools


def everyday_pools(folder: Path = EVERYDAY) -> list[Pool]:
    """Return a pool for each corpus that comes with the training and fits no probability."""
    return [
        _pool(
            path.parent / "docs",
            [
                (resolve(question.question), question.answers, question.documents)
                for question in read_golden(path)
            ],
        )
        for path in sorted(folder.glob("*/questions.jsonl"))
        if path.parent.name not in CALIBRATED_ON
    ]


_Wanted = tuple[str, tuple[str, ...], tuple[str, ...]]


def _pool(documents: Path, wanted: Sequence[_Wanted]) -> Pool:
    encoder = SentenceEncoder()
    with TemporaryDirectory() as place:
        build(documents, Path(place), encoder=encoder)
        index = open_index(Path(place), encoder_fingerprint=encoder.fingerprint)
        passages = index.passages(range(len(index.texts)))
        once = {each[0].lower(): each for each in wanted}
        asked = [
            replace(found, lexical=_lexical(index, question))
            for question, answers, names in once.values()
            if (found := _asked(question, answers, names, passages))
        ]
        index.close()
    texts = (Text(each.heading, each.read_text, each.document_id) for each in passages)
    return Pool(tuple(texts), tuple(asked))


def _asked(
    question: str, answers: Sequence[str], documents: Sequence[str], passages: Sequence[Passage]
) -> Asked | None:
    """Return a question with its rows; None where it is unsure which of them answer."""
    holding = [row for row, passage in enumerate(passages) if _holds(passage, answers)]
    right = frozenset(row for row in holding if passages[row].document_id in documents)
    is_bare = all(map(_is_bare, answers))
    if not right or len(right) > (_FEW_PLACES if is_bare else _MOST_PLACES):
        return None
    # A bare number elsewhere says nothing; other words may be the same answer.
    return Asked(question, right, frozenset() if is_bare else frozenset(holding) - right)


def _lexical(index: StoredIndex, question: str) -> NDArray[np.float32]:
    scores = np.zeros(len(index.texts), np.float32)
    for row, score in index.words.search(question, _DEPTH):
        scores[row] = score
    return scores / max(WEAK_MATCH, float(scores.max()))


def _holds(passage: Passage, answers: Sequence[str]) -> bool:
    text = f" {normalize(f'{passage.heading} {passage.read_text}')} "
    return any(f" {each} " in text for each in map(normalize, answers) if each)


def _is_bare(answer: str) -> bool:
    signs = re.sub(r"\W", "", answer)
    return len(signs) < _BARE_BELOW or signs.isdigit()

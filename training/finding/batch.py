"""What a step is made of: half a folder with its questions, or labelled paragraphs."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from qa.evaluation.datasets import Paragraph, read_paragraphs
from qa.networks.parts import sentences
from qa.text import normalize
from training.finding.pool import Asked, Pool, Text
from training.questions import is_held_out

# The share of each labelled set's batches. QED's questions were typed into a search engine.
MIX = {
    "squad": 0.3,
    "qed": 0.25,
    "squadshifts-reddit": 0.15,
    "squadshifts-new-wiki": 0.1,
    "tweetqa": 0.1,
    "fairytaleqa": 0.1,
}
_TITLED = frozenset({"squad", "qed"})
_OF_ONE_TITLE = 20
_HALF = 0.55
_MOST_QUESTIONS = 128
# About as long as a passage of the index.
_CHARACTERS = 620
_HEADING_DROPPED = 0.25
_FUNCTION_WORDS = re.compile(
    r"(?i)\b(what|who|when|where|which|how|is|are|was|were|do|does|did|the|a|an|of|to|in)\b ?"
)


@dataclass(frozen=True, slots=True)
class Batch:
    """Questions and texts; the tensors are ``(questions, texts)``."""

    questions: list[str]
    texts: list[Text]
    right: torch.Tensor
    unsure: torch.Tensor
    lexical: torch.Tensor


def of_pool(pool: Pool, rng: random.Random) -> Batch:
    """Return the texts of half the documents, and questions with an answer in one of them."""
    documents = sorted({text.document for text in pool.texts})
    half = frozenset(rng.sample(documents, max(1, round(_HALF * len(documents)))))
    kept = [row for row, text in enumerate(pool.texts) if text.document in half]
    texts = [
        replace(pool.texts[row], heading="") if rng.random() < _HEADING_DROPPED else pool.texts[row]
        for row in kept
    ]
    asked = [each for each in pool.asked if not each.right.isdisjoint(kept)]
    rng.shuffle(asked)
    return _batch(asked[:_MOST_QUESTIONS], texts, kept, rng)


def labelled_sets(folder: Path, mix: Mapping[str, float] = MIX) -> dict[str, list[Paragraph]]:
    """Return the answerable paragraphs of each set that are not held out."""
    return {
        name: [
            each
            for each in read_paragraphs(folder / f"{name}.jsonl.gz")
            if not is_held_out(each) and any(question.references for question in each.questions)
        ]
        for name in mix
    }


def of_labelled(sets: Mapping[str, Sequence[Paragraph]], count: int, rng: random.Random) -> Batch:
    """Return paragraphs of one set, of SQuAD those of a few articles, and questions on each."""
    (name,) = rng.choices(list(sets), [MIX[name] for name in sets])
    texts, wanted = [], []
    for row, paragraph in enumerate(_drawn(name, sets[name], count, rng)):
        questions = [each for each in paragraph.questions if each.references]
        questions = rng.sample(questions, min(2, len(questions)))
        answers = [[normalize(text) for text in each.texts] for each in questions]
        titled = name in _TITLED and rng.random() < 0.5
        heading = paragraph.title.replace("_", " ") if titled else ""
        texts.append(Text(heading, cut(paragraph.context, answers[0], rng)))
        wanted += [(each.question, row, of) for each, of in zip(questions, answers, strict=True)]
    contents = [f" {normalize(text.text)} " for text in texts]
    asked = []
    for question, row, answers_of in wanted:
        holding = {i for i, text in enumerate(contents) if _holds(text, answers_of)}
        if row in holding:
            asked.append(Asked(question, frozenset({row}), frozenset(holding - {row})))
    return _batch(asked, texts, range(len(texts)), rng)


def _drawn(
    name: str, paragraphs: Sequence[Paragraph], count: int, rng: random.Random
) -> list[Paragraph]:
    if name != "squad":
        return rng.sample(paragraphs, min(count, len(paragraphs)))
    articles: dict[str, list[Paragraph]] = {}
    for paragraph in paragraphs:
        articles.setdefault(paragraph.title, []).append(paragraph)
    chosen: list[Paragraph] = []
    for title in rng.sample(sorted(articles), len(articles)):
        of_one = articles[title]
        chosen += rng.sample(of_one, min(_OF_ONE_TITLE, len(of_one)))
        if len(chosen) >= count:
            break
    return chosen[:count]


def _batch(
    asked: Sequence[Asked], texts: list[Text], rows: Sequence[int], rng: random.Random
) -> Batch:
    column = {row: number for number, row in enumerate(rows)}
    right = torch.zeros(len(asked), len(texts), dtype=torch.bool)
    unsure, lexical = torch.zeros_like(right), torch.zeros(right.shape)
    for number, each in enumerate(asked):
        for row in each.right & column.keys():
            right[number, column[row]] = True
        for row in each.unsure & column.keys():
            unsure[number, column[row]] = True
        if each.lexical is not None:
            lexical[number] = torch.from_numpy(each.lexical[list(rows)])
    return Batch([typed(each.question, rng) for each in asked], texts, right, unsure, lexical)


def cut(text: str, answers: Sequence[str], rng: random.Random) -> str:
    """Return whole sentences of a text, about as many as a passage has, one with an answer."""
    if len(text) <= _CHARACTERS:
        return text
    parts = [text[start:end].strip() for start, end in sentences(text)]
    holding = [i for i, part in enumerate(parts) if _holds(f" {normalize(part)} ", answers)]
    first = last = rng.choice(holding) if holding else 0
    while len(" ".join(parts[first : last + 1])) < 0.75 * _CHARACTERS:
        wider = [(first - 1, last)] if first else []
        wider += [(first, last + 1)] if last + 1 < len(parts) else []
        if not wider:
            break
        first, last = rng.choice(wider)
    return " ".join(parts[first : last + 1])


def typed(question: str, rng: random.Random) -> str:
    """Return a question as it is, or in lower case, as keywords or with a letter left out."""
    way = rng.random()
    if way < 0.1:
        return question.lower().rstrip("?")
    if way < 0.16:
        return _FUNCTION_WORDS.sub("", question).strip() or question
    if way < 0.2:
        place = rng.randrange(max(1, len(question) - 2))
        return question[:place] + question[place + 1 :]
    return question


def _holds(text: str, answers: Sequence[str]) -> bool:
    return any(f" {answer} " in text for answer in answers if answer)

"""Unanswerable questions made from answerable ones by changing what they ask about.

A crowd was asked for questions that look answerable and are not (Rajpurkar, Jia and
Liang, "Know what you don't know", ACL 2018, table 1: another entity, an antonym, a
negation, ...). We have a third of theirs, so rules make more: the paragraph stays, the
right question stays beside it, and one phrase that the answer depends on is exchanged.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import faiss
import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from transformers import AutoModel, PreTrainedModel

from training.questions import Context, Example, Questions, encode_question

Rule = Callable[[str, str, random.Random], str | None]

# Which of a name's neighbours may take its place: the nearest may be the same in another
# spelling, those far away are of another kind.
_NEIGHBOURS = slice(3, 40)
# How often each rule is tried first; where one does not apply, the next is tried.
_WEIGHTS = {"name": 5, "number": 3, "antonym": 4}
# Nearly every question can be negated: more, and "not" alone would mean "no answer".
_NEGATED = 0.06

_NAME = re.compile(r"(?<!^)(?<![.?!] )\b[A-Z][\w'’.-]*\w(?: (?:of (?:the )?)?[A-Z][\w'’.-]*\w)*")
_QUESTION_WORDS = frozenset(
    "a an are at did does how in is on the was were what when where which who whom whose "
    "why".split()
)
_NUMBER = re.compile(r"(?<![\w.,-])\d{1,4}(?:st|nd|rd|th)?(?![\w.,-]?\d|\w)")
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
_NEGATABLE = re.compile(r"\b(did|does|do|was|were|is|are|has|have|had|can|could|would|will)\b")
# "What was never built", and not "How was the house never built".
_SUBJECT_ASKED = re.compile(
    r"((?:Who|What|Which \w+) (?:was|were|has|had|is))\b(?! (?:the|a|an)\b)"
)


def unanswerable_examples(
    questions: Questions, tokenizer: Tokenizer, *, start: Path, count: int, seed: int
) -> list[Example]:
    """Return up to ``count`` examples whose paragraph does not answer them.

    A name gives way to one of its kind, by the token embeddings of the network in ``start``.
    The same arguments give the same examples.
    """
    rng = random.Random(seed)
    answerable = [example for example in questions.train if example.answers]
    rng.shuffle(answerable)
    names = _Names(questions.contexts, tokenizer, token_embeddings(start))
    rules: dict[str, Rule] = {"name": names.exchanged, "number": _other_number, "antonym": _antonym}
    made: list[Example] = []
    for example in answerable:
        if len(made) == count:
            break
        text = questions.contexts[example.context].text
        for rule in _shuffled(rules, rng):
            question = rule(example.question, text, rng)
            # Who asks with an answer in the question knows it.
            if question and not any(answer in question for answer in example.references):
                ids = encode_question(question, tokenizer)
                made.append(Example(question, ids, example.context, {}, ()))
                break
    return made


def _shuffled(rules: dict[str, Rule], rng: random.Random) -> Iterator[Rule]:
    """Yield the rules to try in a random order, heavier ones sooner; seldom negation alone."""
    if rng.random() < _NEGATED:
        yield _negated
        return
    weights = dict(_WEIGHTS)
    while weights:
        name = rng.choices(list(weights), weights=list(weights.values()))[0]
        del weights[name]
        yield rules[name]


def token_embeddings(folder: Path) -> NDArray[np.float32]:
    """Return the input embeddings of the network in ``folder``, ``(vocabulary, width)``."""
    network: PreTrainedModel = AutoModel.from_pretrained(folder, dtype=torch.float32)
    table: torch.Tensor = network.get_input_embeddings().weight  # type: ignore[assignment]
    return table.detach().numpy()


class _Names:
    """The names in all paragraphs, and which are alike."""

    def __init__(
        self, contexts: Sequence[Context], tokenizer: Tokenizer, words: NDArray[np.float32]
    ) -> None:
        found = {name: None for context in contexts for name in _NAME.findall(context.text)}
        self._names = list(found)
        self._row = {name: row for row, name in enumerate(self._names)}
        centred = words - words.mean(axis=0)
        self._vectors = np.zeros((len(self._names), words.shape[1]), dtype=np.float32)
        for row, encoding in enumerate(
            tokenizer.encode_batch(self._names, add_special_tokens=False)
        ):
            self._vectors[row] = centred[encoding.ids].mean(axis=0)
        faiss.normalize_L2(self._vectors)
        self._index = faiss.IndexFlatIP(words.shape[1])
        self._index.add(self._vectors)

    def exchanged(self, question: str, text: str, rng: random.Random) -> str | None:
        """Put another name in the place of one that question and paragraph share.

        Half of the time it is one of the same paragraph, which is harder to see through.
        """
        shared = [
            match
            for match in _NAME.finditer(question)
            if match[0] in self._row
            and match[0] in text
            and match[0].split()[0].lower() not in _QUESTION_WORDS
        ]
        if not shared:
            return None
        match = rng.choice(shared)
        row = self._row[match[0]]
        near = dict.fromkeys(_NAME.findall(text)) if rng.random() < 0.5 else {}
        others = [
            (float(self._vectors[self._row[name]] @ self._vectors[row]), name)
            for name in near
            if _may_replace(name, match[0], question)
        ]
        if others:
            name = max(others)[1]
        else:
            _scores, rows = self._index.search(self._vectors[row : row + 1], _NEIGHBOURS.stop)
            choice = [
                self._names[other]
                for other in rows[0][_NEIGHBOURS]
                if other >= 0  # FAISS returns -1 where there are fewer
                and _may_replace(self._names[other], match[0], question)
                and self._names[other] not in text
            ]
            if not choice:
                return None
            name = rng.choice(choice)
        return _exchange(question, match, name)


def _exchange(question: str, match: re.Match[str], new: str) -> str:
    return question[: match.start()] + new + question[match.end() :]


def _may_replace(name: str, old: str, question: str) -> bool:
    """Return whether a name differs from the old one and is not in the question."""
    words, old_words = set(name.lower().split()), set(old.lower().split())
    return (
        # "British" is too near to "Britain" to ask about something else.
        not {word[:4] for word in words} & {word[:4] for word in old_words}
        and name not in question
        and not words & _QUESTION_WORDS
        and "_" not in name
    )


def _other_number(question: str, text: str, rng: random.Random) -> str | None:
    """Put another number, year or ordinal in the place of one that the paragraph has."""
    shared = [match for match in _NUMBER.finditer(question) if re.search(rf"\b{match[0]}\b", text)]
    if shared:
        match = rng.choice(shared)
        value = int(re.sub(r"\D", "", match[0]))
        digits = len(re.findall(r"\d", match[0]))
        others = [
            number
            for number in _NUMBER.findall(text)
            if number not in question and len(re.findall(r"\d", number)) == digits
        ]
        if others and rng.random() < 0.5:
            new = rng.choice(others)
        else:
            step = rng.choice((-10, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 10))
            suffix = match[0].lstrip("0123456789")
            new = f"{value + step}{suffix}"
            if value + step <= 0 or new in text:
                return None
        return _exchange(question, match, new)
    for word in _ORDINALS:
        if re.search(rf"\b{word}\b", question) and re.search(rf"\b{word}\b", text):
            new = rng.choice([other for other in _ORDINALS[:5] if other != word])
            return re.sub(rf"\b{word}\b", new, question)
    return None


_PAIRS = Path(__file__).with_name("antonyms.txt").read_text(encoding="utf-8").splitlines()
_OPPOSITE = {
    word: other
    for first, second in (pair.split() for pair in _PAIRS)
    for word, other in ((first, second), (second, first))
}


def _antonym(question: str, text: str, rng: random.Random) -> str | None:
    """Turn one word into its opposite."""
    places = [m for m in re.finditer(r"(?<![Hh]ow )\b[a-z]+\b", question) if m[0] in _OPPOSITE]
    if not places:
        return None
    match = rng.choice(places)
    return _exchange(question, match, _OPPOSITE[match[0]])


def _negated(question: str, text: str, rng: random.Random) -> str | None:
    """Ask for the opposite by a negation."""
    if re.search(r"\b(?:not|never|no)\b|n't", question):
        return None
    if _SUBJECT_ASKED.match(question) and rng.random() < 0.5:
        return _SUBJECT_ASKED.sub(r"\1 never", question)
    match = _NEGATABLE.search(question)
    if match is None:
        return None
    verb = {"can": "ca", "will": "wo"}.get(match[1], match[1])
    return _exchange(question, match, f"{verb}n't")

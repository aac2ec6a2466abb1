"""Unanswerable questions made from answerable ones by changing what they ask of.

A crowd was asked for questions that look answerable and are not (Rajpurkar, Jia and
Liang, "Know what you don't know", ACL 2018, table 1: another entity, an antonym, a
negation, ...). We have a third of theirs, so rules make more: the paragraph stays, the
right question stays beside it, and one phrase on which the answer hangs is exchanged.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import faiss
import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from transformers import AutoModel, PreTrainedModel

from training.examples import Context, Example, encode_question

Rule = Callable[[str, str, random.Random], str | None]

# Which of a name's neighbours may take its place: the nearest may be the same in another
# spelling, those far away are of another kind.
_NEIGHBOURS = slice(3, 40)
# Up to so many names all are compared.
_FEW = 20_000
_LISTS = 512
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
# What was never built, but not how the house was never built.
_SUBJECT_ASKED = re.compile(
    r"((?:Who|What|Which \w+) (?:was|were|has|had|is))\b(?! (?:the|a|an)\b)"
)
_ANTONYMS = """
    above below | accept reject | accepted rejected | active inactive | add remove |
    added removed | after before | allies enemies | allow forbid | allowed forbidden |
    ancient modern | appeared disappeared | arrive leave | arrived left | ascend descend |
    attack defend | attacked defended | beginning end | began ended | begin end |
    benefit harm | best worst | better worse | big small | biggest smallest | birth death |
    born buried | bought sold | build destroy | built destroyed | buy sell | cause prevent |
    caused prevented | cheap expensive | closed opened | close open | cold hot | common rare
    | created destroyed | decline rise | declined rose | decrease increase |
    decreased increased | decreasing increasing | deep shallow | defeat victory |
    defeated lost | demand supply | deny admit | denied admitted | died lived |
    difficult easy | domestic foreign | dry wet | early late | earlier later |
    earliest latest | east west | eastern western | enemy ally | enter leave | entered left
    | exclude include | excluded included | expand shrink | expanded shrank | export import
    | exported imported | external internal | failed succeeded | fail succeed |
    failure success | fast slow | faster slower | fastest slowest | father mother |
    female male | few many | fewer more | fewest most | finished started | finish start |
    formal informal | found lost | founded dissolved | gain lose | gained lost | give take |
    given taken | greater lesser | greatest least | grew shrank | grow shrink | hard soft |
    hated loved | heavier lighter | heaviest lightest | heavy light | high low |
    higher lower | highest lowest | hire fire | hired fired | horizontal vertical |
    husband wife | improve worsen | improved worsened | indoor outdoor | inner outer |
    inside outside | joined left | join leave | king queen | large small | larger smaller |
    largest smallest | last first | least most | left right | legal illegal | less more |
    liked disliked | long short | longer shorter | longest shortest | major minor |
    majority minority | maximum minimum | men women | man woman | narrow wide |
    nearest farthest | negative positive | never always | new old | newer older |
    newest oldest | night day | north south | northern southern | northeast southwest |
    northwest southeast | offense defense | official unofficial | oldest youngest |
    older younger | oppose support | opposed supported | opponents supporters |
    opening closing | peace war | permanent temporary | poor rich |
    praised criticized | praise criticize | predecessor successor | private public |
    profit loss | promoted demoted | raise lower | raised lowered | receive send |
    received sent | refused agreed | religious secular | rural urban |
    safe dangerous | separate unite | separated united | similar different | sister brother
    | slowly quickly | son daughter | stable unstable | strong weak | stronger weaker |
    strongest weakest | summer winter | teacher student | thick thin | top bottom |
    underground overground | upper lower | useful useless | visible invisible |
    voluntary forced | warm cool | win lose | won lost | winner loser | winners losers |
    with without | young old
"""


def unanswerable_examples(
    examples: Sequence[Example],
    contexts: Sequence[Context],
    tokenizer: Tokenizer,
    *,
    words: NDArray[np.float32],
    count: int,
    seed: int,
) -> list[Example]:
    """Return up to ``count`` examples whose paragraph does not hold what they ask.

    ``words`` are the network's token embeddings, ``(vocabulary, width)``: a name gives
    way to one that they say is of its kind. The same arguments give the same examples, on one
    machine: where names lie between two lists of the search, rounding decides.
    """
    if not count:
        return []
    rng = random.Random(seed)
    order = [i for i, example in enumerate(examples) if example.answers]
    rng.shuffle(order)
    names = _Names(contexts, tokenizer, words)
    rules: dict[str, Rule] = {
        "name": names.exchanged,
        "number": _other_number,
        "antonym": _antonym,
    }
    made: list[Example] = []
    for i in order:
        if len(made) == count:
            break
        example = examples[i]
        for rule in _shuffled(rules, rng):
            question = rule(example.question, contexts[example.context].text, rng)
            if question is not None and not _gives_away(question, example):
                ids = encode_question(question, tokenizer)
                made.append(
                    replace(
                        example,
                        question=question,
                        question_ids=ids,
                        answers={},
                        references=(),
                        negative=-1,
                    )
                )
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


def _gives_away(question: str, example: Example) -> bool:
    """Tell whether an answer came into the question: who asks so knows it."""
    return any(reference in question for reference in example.references)


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
        flat = faiss.IndexFlatIP(words.shape[1])
        self._index: faiss.Index = flat
        if len(self._names) > _FEW:
            # Any of the nearest will do: a sixteenth of so many names is looked through.
            lists = faiss.IndexIVFFlat(flat, words.shape[1], _LISTS, faiss.METRIC_INNER_PRODUCT)
            lists.nprobe = -(-_LISTS // 16)
            lists.train(self._vectors)
            self._index = lists
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
                if other >= 0  # what FAISS says where there are fewer
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
    """Tell whether a name is another than the old one, and none of the question."""
    words, old_words = set(name.lower().split()), set(old.lower().split())
    return (
        # "British" is too near to "Britain" to ask of something else.
        not {word[:4] for word in words} & {word[:4] for word in old_words}
        and name not in question
        and not words & _QUESTION_WORDS
        and "_" not in name
    )


def _other_number(question: str, text: str, rng: random.Random) -> str | None:
    """Put another number, year or ordinal in the place of one that the paragraph has too."""
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


_OPPOSITE = {
    word: other
    for pair in _ANTONYMS.split("|")
    for first, second in [pair.split()]
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
    """Ask for what is not so."""
    if re.search(r"\b(?:not|never|no)\b|n't", question):
        return None
    if _SUBJECT_ASKED.match(question) and rng.random() < 0.5:
        return _SUBJECT_ASKED.sub(r"\1 never", question)
    match = _NEGATABLE.search(question)
    if match is None:
        return None
    verb = {"can": "ca", "will": "wo"}.get(match[1], match[1])
    return _exchange(question, match, f"{verb}n't")

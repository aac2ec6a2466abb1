"""Labelled questions, tokenised: what every training but that on plain text reads."""

from __future__ import annotations

import bisect
import hashlib
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from qa.evaluation.datasets import Paragraph, Reference, read_paragraphs
from qa.evaluation.perturbations import PERTURBATIONS
from qa.networks.reader import MAX_HEADING_TOKENS, MAX_QUESTION_TOKENS, as_sentences
from qa.networks.words import whole_things

# Share of each set's questions that enters training. QAMR repeats itself and
# PolicyQA's questions come from a few templates, so both are thinned.
MIX = {
    "squad": 1.0,
    "squad-rejoined": 1.0,
    "qed": 1.0,
    "squadshifts-new-wiki": 1.0,
    "squadshifts-reddit": 0.5,
    "tweetqa": 1.0,
    "fairytaleqa": 1.0,
    "policyqa": 0.25,
    "qamr": 0.25,
}
HELD_OUT = 0.02
# One question in nine is unanswerable; among those that people ask of their documents more are.
# Three times each makes them one to two, as in SQuAD 2.0.
UNANSWERABLE_REPEATS = 3
# Titles that name a collection and no subject.
_NO_TITLE = frozenset({"Filtered_Reddit_Comments"})
# The sets with unanswerable questions on paragraphs of the same kind as the answerable ones, and
# the share of the others among the answerable questions of `balanced`.
_BOTH_KINDS = frozenset({"squad", "squad-rejoined", "squadshifts-new-wiki"})
_OTHERS = 0.15

Ids = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Context:
    """A tokenised paragraph: ids ``(tokens,)`` and the code points that each token covers.

    ``heading_ids`` is its title as the reader sees it, ``source`` the name of its set.
    """

    text: str
    ids: Ids
    starts: Ids
    ends: Ids
    heading_ids: Ids
    source: str


@dataclass(frozen=True, slots=True)
class Example:
    """A question, its paragraph and its answers as ``{(first, last) token: votes}``.

    ``context`` and ``negative`` are positions in :attr:`Questions.contexts`. The negative is a
    paragraph that looks right and does not contain the answer; -1 where there is none. ``prior``
    is the log-odds of "no answer" given the paragraph alone: see :mod:`training.priors`.
    """

    question: str
    question_ids: Ids
    context: int
    answers: dict[tuple[int, int], int]
    references: tuple[str, ...]
    negative: int = -1
    prior: float = 0.0


@dataclass(frozen=True, slots=True)
class Questions:
    """Paragraphs and the questions on them: those to train on and those held out.

    ``made_of`` records, as JSON values, how they were chosen and changed.
    """

    contexts: Sequence[Context]
    train: Sequence[Example]
    held_out: Sequence[Example]
    made_of: dict[str, object]

    def with_train(self, train: Sequence[Example], **made_of: object) -> Questions:
        """Return a copy with other questions to train on."""
        return replace(self, train=train, made_of=self.made_of | made_of)

    def with_paragraphs(
        self, paragraphs: Sequence[Paragraph], tokenizer: Tokenizer, source: str
    ) -> Questions:
        """Return a copy with more paragraphs, and their questions to train on."""
        contexts, train = list(self.contexts), list(self.train)
        for _, context, examples in tokenised(paragraphs, tokenizer, source, len(contexts)):
            contexts.append(context)
            train += examples
        return replace(
            self, contexts=contexts, train=train, made_of=self.made_of | {source: len(paragraphs)}
        )


def load_questions(
    folder: Path, tokenizer: Tokenizer, *, seed: int, mix: dict[str, float] = MIX
) -> Questions:
    """Read the training sets of ``folder``; ``mix`` names them, with the share drawn of each."""
    rng = random.Random(seed)
    contexts: list[Context] = []
    train: list[Example] = []
    held_out: list[Example] = []
    for name, share in mix.items():
        paragraphs = []
        for paragraph in read_paragraphs(folder / f"{name}.jsonl.gz"):
            chosen = tuple(q for q in paragraph.questions if share >= 1 or rng.random() < share)
            if chosen:
                paragraphs.append(replace(paragraph, questions=chosen))
        for paragraph, context, examples in tokenised(paragraphs, tokenizer, name, len(contexts)):
            contexts.append(context)
            if is_held_out(paragraph):
                held_out += examples
            else:
                train += examples
                train += (UNANSWERABLE_REPEATS - 1) * [e for e in examples if not e.answers]
    return Questions(contexts, train, held_out, {"data_seed": seed, "mix": mix})


def is_held_out(paragraph: Paragraph) -> bool:
    """Return whether a paragraph is in the validation split, by a hash of its first eight words.

    Two revisions of one paragraph then are on the same side.
    """
    words = " ".join(paragraph.context.lower().split()[:8])
    digest = hashlib.sha256(words.encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32 < HELD_OUT


def tokenised(
    paragraphs: Sequence[Paragraph], tokenizer: Tokenizer, source: str, position: int
) -> Iterator[tuple[Paragraph, Context, list[Example]]]:
    """Yield each paragraph, its context and its examples; contexts count from ``position``.

    The tokenizer gets all texts at once, so that it uses a thread for each core.
    """
    texts = [paragraph.context for paragraph in paragraphs]
    questions = [each.question.strip() for of_one in paragraphs for each in of_one.questions]
    encodings = tokenizer.encode_batch(texts, add_special_tokens=False)
    asked = iter(tokenizer.encode_batch_fast(questions, add_special_tokens=False))
    for number, (paragraph, encoding) in enumerate(
        zip(paragraphs, encodings, strict=True), start=position
    ):
        offsets = np.array(encoding.offsets, dtype=np.int32).reshape(-1, 2)
        context = Context(
            paragraph.context,
            np.array(encoding.ids, dtype=np.int32),
            offsets[:, 0].copy(),
            offsets[:, 1].copy(),
            _heading_ids(paragraph.title, tokenizer),
            source,
        )
        examples = []
        for question in paragraph.questions:
            ids = _question_ids(next(asked))
            spans = [token_span(context, reference) for reference in question.references]
            answers = Counter(span for span in spans if span is not None)
            # Left out where none of its answers is where it should be.
            if answers or not question.references:
                text = question.question
                examples.append(Example(text, ids, number, dict(answers), question.texts))
        yield paragraph, context, examples


def token_span(context: Context, reference: Reference) -> tuple[int, int] | None:
    """Return the first and last token of a reference, or None where the context differs."""
    end = reference.start + len(reference.text)
    if not reference.text or context.text[reference.start : end] != reference.text:
        return None
    span = whole(context.text, reference.start, end)
    return tokens_covering(*span, context.starts, context.ends)


def whole(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a span of a text, widened where it cuts a thing that the reader quotes whole."""
    for first, last in _whole_things(text):
        if first < end and start < last:
            start, end = min(start, first), max(end, last)
    return start, end


# The references of one context follow each other.
_whole_things = lru_cache(maxsize=16)(whole_things)


def tokens_covering(
    start: int, end: int, starts: Sequence[int] | Ids, ends: Sequence[int] | Ids
) -> tuple[int, int] | None:
    """Return the first and last token that code points ``start`` to ``end`` touch; None without.

    Token i covers ``starts[i]`` to ``ends[i]``.
    """
    first = bisect.bisect_right(starts, start) - 1
    last = bisect.bisect_left(ends, end)
    if first < 0 or last >= len(ends) or last < first:
        return None
    return first, last


def reworded(questions: Questions, tokenizer: Tokenizer, *, share: float, seed: int) -> Questions:
    """Ask a ``share`` of the questions as people type them: with a typo, as keywords, politely.

    By the rules in ``qa.evaluation.perturbations``; one that does not apply changes nothing.
    """
    rng = random.Random(seed)
    train = []
    for example in questions.train:
        if rng.random() < share:
            ways = sorted({rule(example.question) for rule in PERTURBATIONS.values()})
            question = rng.choice(ways)
            ids = encode_question(question, tokenizer)
            example = replace(example, question=question, question_ids=ids)
        train.append(example)
    return questions.with_train(train, reworded=share)


def balanced(questions: Questions, made: Sequence[Example], *, seed: int) -> Questions:
    """Keep as many questions with an answer as without one, in a random order.

    Each unanswerable question comes twice, and each of those ``made`` unanswerable once. Most of
    the answerable ones are from SQuAD's sets, which alone have both kinds; the rest keeps the
    kinds of answer of the other sets in training.
    """
    rng = random.Random(seed)
    absent: dict[tuple[int, str], Example] = {}
    present: list[Example] = []
    others: list[Example] = []
    for example in questions.train:
        if not example.answers:
            absent[example.context, example.question] = example
        elif questions.contexts[example.context].source in _BOTH_KINDS:
            present.append(example)
        else:
            others.append(example)
    chosen = [*absent.values(), *absent.values(), *made]
    few = min(round(_OTHERS * len(chosen)), len(others))
    chosen += [*rng.sample(present, min(len(chosen) - few, len(present))), *rng.sample(others, few)]
    rng.shuffle(chosen)
    return questions.with_train(chosen, balanced=True, unanswerable=len(made))


def encode_question(question: str, tokenizer: Tokenizer) -> Ids:
    """Return a question's token ids, cut to the number that the reader reads."""
    return _question_ids(tokenizer.encode(question.strip(), add_special_tokens=False))


def _question_ids(encoding: Encoding) -> Ids:
    return np.array(encoding.ids[:MAX_QUESTION_TOKENS], dtype=np.int32)


def _heading_ids(title: str, tokenizer: Tokenizer) -> Ids:
    """Return the ids of a title as the reader reads it before a passage."""
    heading = "" if title in _NO_TITLE else as_sentences(title.replace("_", " "))
    ids = tokenizer.encode(heading, add_special_tokens=False).ids
    return np.array(ids[:MAX_HEADING_TOKENS], dtype=np.int32)

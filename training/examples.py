"""Labelled paragraphs as token sequences with soft start and end targets."""

from __future__ import annotations

import bisect
import hashlib
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from qa.errors import DatasetError
from qa.evaluation.datasets import Paragraph, Reference, read_paragraphs
from qa.evaluation.perturbations import PERTURBATIONS
from qa.networks.reader import MAX_HEADING_TOKENS, MAX_QUESTION_TOKENS, MAX_TOKENS, as_sentences

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
# How often an unanswerable question comes in an epoch: one in nine is one, while
# among those that people ask of their documents it is more. Three times makes them
# one to two, as in SQuAD 2.0.
UNANSWERABLE_REPEATS = 3
# Share of the questions that are asked as people type them.
REWORDED = 0.15
# Titles that name a collection and no subject.
_NO_TITLE = frozenset({"Filtered_Reddit_Comments"})
HELD_OUT = 0.02
# Where it is asked whether there is an answer: the sets with paragraphs like those of unanswerable
# questions, and the share of questions with an answer that come of the others.
_OF_BOTH_KINDS = frozenset({"squad", "squad-rejoined", "squadshifts-new-wiki"})
_OTHERS = 0.15


Offsets = Sequence[int] | NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Context:
    """A tokenised paragraph: ids ``(tokens,)`` and the code points each token covers.

    ``heading_ids`` is its title as the reader sees it; empty where it has none.
    ``source`` names the set it is of.
    """

    text: str
    ids: NDArray[np.int32]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    heading_ids: NDArray[np.int32]
    source: str


@dataclass(frozen=True, slots=True)
class Example:
    """A question, its paragraph and its answers as ``{(first, last) token: votes}``.

    ``negative`` is the position of a paragraph, in the list of contexts, that
    looks right and does not hold the answer; -1 where there is none. ``prior`` is the log-odds that
    its paragraph alone lends to "no answer": see :mod:`training.priors`.
    """

    question: str
    question_ids: NDArray[np.int32]
    context: int
    answers: dict[tuple[int, int], int]
    references: tuple[str, ...]
    negative: int = -1
    prior: float = 0.0


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a batch: ``[CLS] question [SEP] heading window [SEP]`` and its targets.

    The heading begins at position ``heading_start`` of the row, the window at
    ``window_start``, which is token ``first_token`` of its context.
    """

    ids: NDArray[np.int32]
    heading_start: int
    window_start: int
    first_token: int
    start_targets: dict[int, float]
    end_targets: dict[int, float]
    group: int
    prior: float = 0.0


def is_held_out(paragraph: Paragraph) -> bool:
    """Tell whether a paragraph belongs to the validation split.

    Decided by a hash of its first eight words, so that two revisions of one
    paragraph fall on the same side.
    """
    words = " ".join(paragraph.context.lower().split()[:8])
    digest = hashlib.sha256(words.encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32 < HELD_OUT


def token_span(context: Context, reference: Reference) -> tuple[int, int] | None:
    """Return the first and last token of a reference, or None where it does not stand there."""
    end = reference.start + len(reference.text)
    if not reference.text or context.text[reference.start : end] != reference.text:
        return None
    return tokens_covering(reference.start, end, context.starts, context.ends)


def tokens_covering(start: int, end: int, starts: Offsets, ends: Offsets) -> tuple[int, int] | None:
    """Return the first and last token that code points ``start`` to ``end`` touch; None without.

    Token i covers ``starts[i]`` to ``ends[i]``.
    """
    first = bisect.bisect_right(starts, start) - 1
    last = bisect.bisect_left(ends, end)
    if first < 0 or last >= len(ends) or last < first:
        return None
    return first, last


def load_examples(
    folder: Path,
    tokenizer: Tokenizer,
    *,
    seed: int,
    mix: dict[str, float] | None = None,
) -> tuple[list[Context], list[Example], list[Example]]:
    """Read the training sets of ``folder``: contexts, training examples, held-out examples.

    ``mix`` names them, with the share of each that is drawn; without it they are those of ``MIX``.
    """
    rng = random.Random(seed)
    contexts: list[Context] = []
    train: list[Example] = []
    held_out: list[Example] = []
    for name, share in (MIX if mix is None else mix).items():
        paragraphs = []
        for paragraph in read_paragraphs(folder / f"{name}.jsonl.gz"):
            chosen = tuple(q for q in paragraph.questions if share >= 1 or rng.random() < share)
            if chosen:
                paragraphs.append(replace(paragraph, questions=chosen))
        for paragraph, context, examples in _tokenised(paragraphs, tokenizer, name, len(contexts)):
            contexts.append(context)
            if is_held_out(paragraph):
                held_out += examples
            else:
                train += examples
                train += (UNANSWERABLE_REPEATS - 1) * [e for e in examples if not e.answers]
    return contexts, train, held_out


def add_made(
    examples: Sequence[Example],
    contexts: list[Context],
    tokenizer: Tokenizer,
    make: Callable[[list[str]], Iterable[Paragraph]],
    *,
    source: str,
) -> list[Example]:
    """Return the examples, and those of the paragraphs that are made of their contexts' texts.

    ``make`` gets the texts that are trained on; the contexts of what it makes are
    appended to ``contexts`` as those of ``source``. To be called when negatives are
    chosen: one made paragraph answers the question of another.
    """
    texts = [contexts[i].text for i in sorted({example.context for example in examples})]
    result = list(examples)
    made = list(make(texts))
    for _, context, examples_of_it in _tokenised(made, tokenizer, source, len(contexts)):
        contexts.append(context)
        result += examples_of_it
    return result


def _tokenised(
    paragraphs: Sequence[Paragraph], tokenizer: Tokenizer, source: str, position: int
) -> Iterator[tuple[Paragraph, Context, list[Example]]]:
    """Give each paragraph, its context and its examples; contexts count from ``position``.

    The texts go to the tokenizer all at once, which has a thread for each core then.
    """
    texts = [paragraph.context for paragraph in paragraphs]
    questions = [each.question.strip() for of_one in paragraphs for each in of_one.questions]
    encodings = tokenizer.encode_batch(texts, add_special_tokens=False)
    asked = iter(tokenizer.encode_batch_fast(questions, add_special_tokens=False))
    for number, (paragraph, encoding) in enumerate(
        zip(paragraphs, encodings, strict=True), start=position
    ):
        context = _context(paragraph, encoding, tokenizer, source)
        ids = [_question_ids(next(asked)) for _ in paragraph.questions]
        yield paragraph, context, _examples(paragraph, context, number, ids)


def _context(
    paragraph: Paragraph, encoding: Encoding, tokenizer: Tokenizer, source: str
) -> Context:
    offsets = np.array(encoding.offsets, dtype=np.int32).reshape(-1, 2)
    return Context(
        paragraph.context,
        np.array(encoding.ids, dtype=np.int32),
        offsets[:, 0].copy(),
        offsets[:, 1].copy(),
        _heading_ids(paragraph.title, tokenizer),
        source,
    )


def _examples(
    paragraph: Paragraph, context: Context, position: int, ids: Sequence[NDArray[np.int32]]
) -> list[Example]:
    """Return a paragraph's questions, but those whose answers stand in no such place."""
    examples = []
    for question, question_ids in zip(paragraph.questions, ids, strict=True):
        spans = [token_span(context, reference) for reference in question.references]
        answers = Counter(span for span in spans if span is not None)
        if question.references and not answers:
            continue
        examples.append(
            Example(
                question.question,
                question_ids,
                position,
                dict(answers),
                question.texts,
            )
        )
    return examples


def reworded(
    examples: Sequence[Example], tokenizer: Tokenizer, *, share: float, seed: int
) -> list[Example]:
    """Ask a ``share`` of the questions as people type them: with a typo, as keywords, politely.

    Each becomes one of what the rules of ``qa.evaluation.perturbations`` make of it,
    itself among them where a rule leaves it; examples keep their order.
    """
    rng = random.Random(seed)
    result = []
    for example in examples:
        if rng.random() < share:
            ways = sorted({rule(example.question) for rule in PERTURBATIONS.values()})
            question = rng.choice(ways)
            ids = encode_question(question, tokenizer)
            example = replace(example, question=question, question_ids=ids)
        result.append(example)
    return result


def encode_question(question: str, tokenizer: Tokenizer) -> NDArray[np.int32]:
    """Return a question's token ids, cut to what the reader reads of one."""
    return _question_ids(tokenizer.encode(question.strip(), add_special_tokens=False))


def _question_ids(encoding: Encoding) -> NDArray[np.int32]:
    return np.array(encoding.ids[:MAX_QUESTION_TOKENS], dtype=np.int32)


def _heading_ids(title: str, tokenizer: Tokenizer) -> NDArray[np.int32]:
    """Return a title as the reader reads it before a passage."""
    heading = "" if title in _NO_TITLE else as_sentences(title.replace("_", " "))
    ids = tokenizer.encode(heading, add_special_tokens=False).ids
    return np.array(ids[:MAX_HEADING_TOKENS], dtype=np.int32)


def emphasised(examples: Sequence[Example], pattern: str, *, seed: int) -> list[Example]:
    """Return the examples whose question matches, and as many of the others.

    Raises :class:`~qa.errors.DatasetError` where none does.
    """
    wanted = re.compile(pattern, re.IGNORECASE)
    chosen = [example for example in examples if wanted.search(example.question)]
    if not chosen:
        raise DatasetError(f"no question matches {pattern!r}: give another --emphasis")
    others = [example for example in examples if not wanted.search(example.question)]
    return chosen + random.Random(seed).sample(others, min(len(chosen), len(others)))


def of_whether(
    examples: Sequence[Example], made: Sequence[Example], contexts: Sequence[Context], *, seed: int
) -> list[Example]:
    """Return what tells whether there is an answer, in a random order.

    Unanswerable questions come twice, however often they came, and those ``made`` so once; of
    questions with an answer there are as many, most of SQuAD's sets, which alone have both
    kinds, and some of the others, so that their kinds of answer are not forgotten.
    """
    rng = random.Random(seed)
    absent: dict[tuple[int, str], Example] = {}
    there: list[Example] = []
    others: list[Example] = []
    for example in examples:
        if not example.answers:
            absent[example.context, example.question] = example
        elif contexts[example.context].source in _OF_BOTH_KINDS:
            there.append(example)
        else:
            others.append(example)
    chosen = [*absent.values(), *absent.values(), *made]
    few = min(round(_OTHERS * len(chosen)), len(others))
    chosen += [
        *rng.sample(there, min(len(chosen) - few, len(there))),
        *rng.sample(others, few),
    ]
    rng.shuffle(chosen)
    return chosen


def make_sequence(
    question_ids: NDArray[np.int32],
    context: Context,
    answers: dict[tuple[int, int], int],
    *,
    special: tuple[int, int],
    rng: random.Random,
    heading_ids: NDArray[np.int32] | None = None,
    max_tokens: int = MAX_TOKENS,
    group: int = 0,
    prior: float = 0.0,
) -> Row:
    """Lay out one training row; ``heading_ids`` None stands for no heading.

    A context longer than ``max_tokens`` allows is cut to a random window that
    holds one of the answers. Targets are distributions over positions of the
    row; position 0, the ``[CLS]`` token, stands for "no answer here".
    """
    cls, sep = special
    heading = np.array([], dtype=np.int32) if heading_ids is None else heading_ids
    room = max_tokens - len(question_ids) - len(heading) - 3
    start = 0
    surplus = len(context.ids) - room
    if surplus > 0:
        low, high = 0, surplus
        if answers:
            first, last = rng.choices(list(answers), weights=list(answers.values()))[0]
            low, high = max(0, min(last - room + 1, surplus)), min(first, surplus)
        start = rng.randint(low, max(low, high))
    window = context.ids[start : start + room]
    ids = np.concatenate([[cls], question_ids, [sep], heading, window, [sep]]).astype(np.int32)
    offset = len(question_ids) + len(heading) + 2
    inside = {
        span: votes
        for span, votes in answers.items()
        if span[0] >= start and span[1] < start + len(window)
    }
    total = sum(inside.values())
    starts: dict[int, float] = {}
    ends: dict[int, float] = {}
    for (first, last), votes in inside.items():
        starts[first - start + offset] = starts.get(first - start + offset, 0) + votes / total
        ends[last - start + offset] = ends.get(last - start + offset, 0) + votes / total
    if not inside:
        starts, ends = {0: 1.0}, {0: 1.0}
    return Row(ids, offset - len(heading), offset, start, starts, ends, group, prior)

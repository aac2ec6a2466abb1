"""A choice of labelled questions, mixed by set, on short paragraphs: a large reader is slow."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tokenizers import Tokenizer

from qa.networks.weights import encoder_folder
from training.negatives import with_negatives
from training.priors import with_priors
from training.questions import Context, Example, Questions, load_questions, reworded
from training.rows import rows_of
from training.teacher.units import About, Unit
from training.unanswerable import unanswerable_examples

# How many answerable questions are drawn from each set; all of them where it has fewer.
QUOTAS = {
    "squad": 8_500,
    "squad-rejoined": 8_500,
    "qed": 5_000,
    "squadshifts-new-wiki": 3_500,
    "squadshifts-reddit": 2_500,
    "tweetqa": 2_500,
    "fairytaleqa": 1_800,
    "policyqa": 700,
    "qamr": 1_500,
}
# Unanswerable ones: at most so many of the sets, and so many made by rules.
ABSENT = 13_500
MADE = 2_500
# Paragraphs with more tokens are left out.
LONGEST = 170
NEGATIVES = 0.2
REWORDED = 0.15


def labelled_units(
    data: Path, tokenizer: Tokenizer, *, seed: int, share: float = 1.0
) -> tuple[list[Unit], list[Unit]]:
    """Return units to train on, and units of held-out paragraphs; neither is shuffled.

    ``share`` is that of the questions to train on: what is not drawn costs no time.
    """
    everything = load_questions(data, tokenizer, seed=seed, mix=dict.fromkeys(QUOTAS, 1.0))
    held_out = [e for e in everything.held_out if _is_short(e, everything.contexts)]
    asked = _with_used_contexts(everything, _chosen(everything, seed=seed, share=share))
    asked = with_negatives(asked, share=NEGATIVES, seed=seed)
    made = unanswerable_examples(
        asked, tokenizer, start=encoder_folder(), count=round(share * MADE), seed=seed
    )
    asked = asked.with_train([*asked.train, *made])
    asked = with_priors(reworded(asked, tokenizer, share=REWORDED, seed=seed))
    return (
        [unit_of(each, asked.contexts, seed=seed + i) for i, each in enumerate(asked.train)],
        [unit_of(each, everything.contexts, seed=i) for i, each in enumerate(held_out)],
    )


def _is_short(example: Example, contexts: Sequence[Context]) -> bool:
    return len(contexts[example.context].ids) <= LONGEST


def _chosen(questions: Questions, *, seed: int, share: float) -> list[Example]:
    """Return the questions that are drawn, by quota: each once, on short paragraphs."""
    rng = random.Random(seed)
    contexts = questions.contexts
    # Unanswerable ones are repeated, as the same object.
    once = {id(example): example for example in questions.train}.values()
    short = [example for example in once if _is_short(example, contexts)]
    absent = [example for example in short if not example.answers]
    chosen = rng.sample(absent, min(round(share * ABSENT), len(absent)))
    for source, quota in QUOTAS.items():
        present = [e for e in short if e.answers and contexts[e.context].source == source]
        chosen += rng.sample(present, min(round(share * quota), len(present)))
    return chosen


def _with_used_contexts(questions: Questions, chosen: Sequence[Example]) -> Questions:
    """Return the chosen questions with only their own contexts."""
    used = sorted({example.context for example in chosen})
    numbers = {old: new for new, old in enumerate(used)}
    train = [replace(example, context=numbers[example.context]) for example in chosen]
    contexts = [questions.contexts[old] for old in used]
    return replace(questions, contexts=contexts, train=train, held_out=[])


def unit_of(example: Example, contexts: Sequence[Context], *, seed: int) -> Unit:
    """Lay a question out with a heading drawn for it, and its negative beside it."""
    laid_out = rows_of(0, example, contexts, rng=random.Random(seed))
    rows = [replace(row, guided=True) for row in laid_out]
    read = [contexts[example.context], contexts[example.negative]][: len(rows)]
    about = [
        About(example.question, context.text, example.references, context.source)
        for context in read
    ]
    return Unit(tuple(rows), tuple(about))

"""Natural questions as rows: passages are drawn for a question, and laid out beside it."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import numpy as np
from tokenizers import Tokenizer

from qa.networks.reader import MAX_HEADING_TOKENS, as_sentences
from qa.types import Passage, Reader
from training.questions import Context, encode_question, tokens_covering, whole
from training.rows import make_row
from training.teacher.natural import Candidate, Found, Question
from training.teacher.units import About, Unit

# So many of the nearest passages are read to see which are taken for answers.
_NEAR = 8


class Layout:
    """Lays passages out as rows, and tokenises each passage once."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._contexts: dict[Passage, Context] = {}

    def unit(
        self, question: Question, candidates: Sequence[Candidate], corpus: str, rng: random.Random
    ) -> Unit:
        """Return a question's rows, one for each candidate."""
        question_ids = encode_question(question.text, self._tokenizer)
        rows, about = [], []
        for candidate in candidates:
            passage, context = candidate.passage, self._context(candidate.passage)
            spans = [
                tokens_covering(*whole(context.text, *span), context.starts, context.ends)
                for span in candidate.spans
            ]
            answers = {span: 1 for span in spans if span is not None}
            rows.append(
                make_row(
                    question_ids, context.ids, answers, rng=rng, heading_ids=context.heading_ids
                )
            )
            about.append(
                About(
                    question.text,
                    passage.read_text,
                    question.answers,
                    corpus,
                    question.id,
                    passage.document_id,
                    passage.start,
                    candidate.rank,
                    tuple(passage.view.pieces) if passage.view else (),
                )
            )
        return Unit(tuple(rows), tuple(about))

    def _context(self, passage: Passage) -> Context:
        """Return a passage as tokens, with its heading as the shipped reader reads it."""
        if passage not in self._contexts:
            text, heading = (
                self._tokenizer.encode(each, add_special_tokens=False)
                for each in (passage.read_text, as_sentences(passage.heading))
            )
            offsets = np.array(text.offsets, dtype=np.int32).reshape(-1, 2)
            self._contexts[passage] = Context(
                passage.read_text,
                np.array(text.ids, dtype=np.int32),
                offsets[:, 0].copy(),
                offsets[:, 1].copy(),
                np.array(heading.ids[:MAX_HEADING_TOKENS], dtype=np.int32),
                passage.document_id,
            )
        return self._contexts[passage]


def drawn(
    found: Found, *, negatives: int, rng: random.Random, reader: Reader | None = None
) -> list[Candidate]:
    """Return a question's positives and some of its negatives, mostly those of a high rank.

    With a ``reader`` all but one of these are what it takes for answers most: the second reader
    is asked of such passages alone.
    """
    chosen = mistaken(found, reader)[: negatives - 1] if reader else []
    left = [each for each in found.negatives if each not in chosen]
    while left and len(chosen) < negatives:
        candidate = rng.choices(left, weights=[1 / (2 + each.rank) for each in left])[0]
        left.remove(candidate)
        chosen.append(candidate)
    return [*found.positives, *chosen]


def mistaken(found: Found, reader: Reader) -> list[Candidate]:
    """Return the nearest negatives in the order in which a reader takes them for answers."""
    near = found.negatives[:_NEAR]
    read = reader.read(found.question.text, [each.passage for each in near], n=1)
    margins = [spans[0].score - spans[0].null_score if spans else -math.inf for spans in read]
    return [near[at] for at in sorted(range(len(near)), key=lambda at: -margins[at])]

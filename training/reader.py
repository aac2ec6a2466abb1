"""Training a reader on labelled questions, and on what finished readers say of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import torch
from transformers import PreTrainedModel

from qa.networks.reader import MAX_TOKENS
from training.batches import Batches
from training.checkpoint import is_made, read_made_of, write_checkpoint
from training.distillation import Ensemble
from training.loop import Schedule, train
from training.networks import DROPOUT, hidden_states, load_reader, load_tokenizer, span_logits
from training.objective import Sides, Teacher, distillation_loss, span_loss, with_prior
from training.questions import Questions
from training.rows import Batch, Row, rows_of
from training.validation import validate

# The teacher's share of the loss.
DISTILLATION = 0.6


def train_reader(
    questions: Questions,
    schedule: Schedule,
    folder: Path,
    *,
    start: Path,
    teachers: Sequence[Path] = (),
    null_teacher: Path | None = None,
) -> Path:
    """Train a reader from ``start`` and write its checkpoint, unless it is there; return it.

    ``teachers`` are readers whose mean answer to match, ``null_teacher`` one that is asked
    only whether there is an answer. The checkpoint is the average of the weights.
    """
    made_of = {
        **questions.made_of,
        "start": read_made_of(start),
        "teachers": [str(teacher) for teacher in teachers],
        "null_teacher": str(null_teacher) if null_teacher else None,
        "schedule": asdict(schedule),
    }
    if is_made(folder, made_of):
        return folder
    tokenizer = load_tokenizer()
    teacher = Ensemble(teachers, null_reader=null_teacher) if teachers else None
    reader = load_reader(start, dropout=DROPOUT)
    # The word vectors stay as they are: rare words would forget what they mean.
    reader.get_input_embeddings().requires_grad_(False)

    def logits_of(network: PreTrainedModel, batch: Batch) -> Sides:
        return span_logits(network, hidden_states(network, batch))

    def loss_of(batch: Batch) -> torch.Tensor:
        return reader_loss(logits_of(reader, batch), batch, teacher)

    def scores_of(network: PreTrainedModel) -> dict[str, float]:
        network.train(False)
        return validate(partial(logits_of, network), questions)

    batches = QuestionBatches(questions, schedule)
    average = train(reader, batches, loss_of, schedule, folder, scores_of=scores_of)
    write_checkpoint(average, folder, tokenizer, made_of)
    return folder


def reader_loss(logits: Sides, batch: Batch, teacher: Teacher | None = None) -> torch.Tensor:
    """Return the loss against the labels, and for a share against the teacher, a scalar."""
    logits = with_prior(logits, batch)
    loss = span_loss(logits, batch)
    if teacher:
        matched = distillation_loss(logits, teacher(batch), batch)
        loss = (1 - DISTILLATION) * loss + DISTILLATION * matched
    return loss


class QuestionBatches(Batches):
    """Batches of questions, each beside its negative where it has one."""

    def __init__(self, questions: Questions, schedule: Schedule) -> None:
        self._questions = questions
        contexts = questions.contexts
        # With each context's own heading; as it is laid out, a row can be a little longer.
        sizes = [
            len(e.question_ids)
            + len(contexts[e.context].heading_ids)
            + len(contexts[e.context].ids)
            + 3
            for e in questions.train
        ]
        super().__init__(
            [min(MAX_TOKENS, size) for size in sizes],
            [1 + (e.negative >= 0) for e in questions.train],
            tokens_per_batch=schedule.tokens_per_batch,
            seed=schedule.seed,
        )

    def rows_at(self, number: int, position: int, rng: random.Random) -> list[Row]:
        """Return the row of a question, and that of its negative."""
        contexts, example = self._questions.contexts, self._questions.train[position]
        return rows_of(number, example, contexts, rng=rng)

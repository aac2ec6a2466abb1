"""Training the encoder on labelled questions, with sentence-transformers' own trainer.

A question's vector is drawn to the passage it was asked of, and away from those of the other
questions of its batch and a hard negative of each (Karpukhin et al., "Dense passage retrieval
for open-domain question answering", EMNLP 2020, section 3.2).
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from tokenizers import Tokenizer

from training.checkpoint import STATE, finish, is_made, read_made_of
from training.loop import WARMUP, WEIGHT_DECAY, Schedule
from training.networks import ATTENTION, BFLOAT16, DEVICE, load_tokenizer
from training.questions import Example, Questions
from training.rows import draw_heading, window_start

if TYPE_CHECKING:
    from datasets import Dataset
    from sentence_transformers import SentenceTransformer
    from transformers import PreTrainedModel

# About as many as a passage of the index has; the rest of a longer paragraph is cut.
PASSAGE_TOKENS = 128
# Other revisions of paragraphs of ``squad``: right passages would count as wrong ones.
_TWINS = frozenset({"squad-rejoined"})
# Cosines are multiplied by this before the softmax, as in the encoder's own training.
_SCALE = 20.0


def train_encoder(
    questions: Questions,
    schedule: Schedule,
    folder: Path,
    *,
    start: Path,
    save_every: int = 50,
) -> Path:
    """Train an encoder from ``start`` and write it, unless it is there; return its folder.

    An interrupted run resumes from the last checkpoint in ``folder``. The learning rate falls in
    a line from the end of the warm-up; the weights are the last ones.
    """
    made_of = {**questions.made_of, "start": read_made_of(start), "schedule": asdict(schedule)}
    if is_made(folder, made_of):
        return folder
    from sentence_transformers import (
        SentenceTransformerTrainer,
        SentenceTransformerTrainingArguments,
    )
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
    from transformers.trainer_utils import get_last_checkpoint

    tokenizer = load_tokenizer()
    encoder = _load(start)
    trainer = SentenceTransformerTrainer(
        model=encoder,
        args=SentenceTransformerTrainingArguments(
            output_dir=str(folder / STATE),
            max_steps=schedule.steps,
            per_device_train_batch_size=schedule.tokens_per_batch // PASSAGE_TOKENS,
            learning_rate=schedule.learning_rate,
            lr_scheduler_type="linear",
            warmup_steps=WARMUP,
            weight_decay=WEIGHT_DECAY,
            # Two questions on one passage are not wrong answers to each other.
            batch_sampler="no_duplicates",
            bf16=BFLOAT16,
            use_cpu=DEVICE == "cpu",
            seed=schedule.seed,
            save_steps=save_every,
            save_total_limit=1,
            logging_steps=10,
            report_to="none",
            disable_tqdm=True,
        ),
        train_dataset=triplets(questions, tokenizer, encoder, seed=schedule.seed),
        loss=MultipleNegativesRankingLoss(encoder, scale=_SCALE),
    )
    last = get_last_checkpoint(folder / STATE)  # type: ignore[no-untyped-call]
    trainer.train(resume_from_checkpoint=last)
    scores = validate(encoder, questions)
    print(scores, flush=True)
    encoder.save_pretrained(str(folder), create_model_card=False)
    finish(folder, {**made_of, "scores": scores})
    return folder


def triplets(
    questions: Questions, tokenizer: Tokenizer, encoder: SentenceTransformer, *, seed: int
) -> Dataset:
    """Return each question, a passage that answers it, and a hard negative that the encoder finds.

    The negative is the nearest passage that is clearly farther than the right one.
    """
    from datasets import Dataset
    from sentence_transformers.util import mine_hard_negatives

    rng = random.Random(seed)
    asked = asked_once(questions.train, questions)
    passages = [
        passage_of(example.context, example.answers, questions, tokenizer, rng) for example in asked
    ]
    pairs = {"question": [example.question for example in asked], "passage": passages}
    with torch.autocast(DEVICE, dtype=torch.bfloat16, enabled=BFLOAT16):
        return mine_hard_negatives(
            Dataset.from_dict(pairs),
            encoder,
            num_negatives=1,
            range_max=20,
            relative_margin=0.05,
            batch_size=64,
            faiss_batch_size=1024,
            verbose=False,
        )


def asked_once(examples: Sequence[Example], questions: Questions) -> list[Example]:
    """Return the examples with an answer, each question of a paragraph once, without twins."""
    once = {
        (example.context, example.question): example
        for example in examples
        if example.answers and questions.contexts[example.context].source not in _TWINS
    }
    return list(once.values())


def passage_of(
    position: int,
    answers: Mapping[tuple[int, int], int],
    questions: Questions,
    tokenizer: Tokenizer,
    rng: random.Random,
) -> str:
    """Return as much of a paragraph as a passage of the index has, with an answer in it."""
    ids = questions.contexts[position].ids
    heading = draw_heading(position, questions.contexts, rng)
    room = PASSAGE_TOKENS - 2 - len(heading)
    start = window_start(len(ids), answers, room, rng)
    return str(tokenizer.decode([*heading.tolist(), *ids[start : start + room].tolist()]))


def validate(encoder: SentenceTransformer, questions: Questions) -> dict[str, float]:
    """Return the share of held-out questions that find their paragraph first, and among five.

    Searched are the paragraphs of all held-out questions, by their beginnings.
    """
    from sentence_transformers.sentence_transformer.evaluation import InformationRetrievalEvaluator

    asked = asked_once(questions.held_out, questions)
    if not asked:
        return {}
    contexts = {example.context: questions.contexts[example.context] for example in asked}
    scores = InformationRetrievalEvaluator(
        {str(number): example.question for number, example in enumerate(asked)},
        {str(position): context.text for position, context in contexts.items()},
        {str(number): {str(example.context)} for number, example in enumerate(asked)},
        accuracy_at_k=[1, 5],
        write_csv=False,
    )(encoder)
    return {f"recall@{k}": round(100 * scores[f"cosine_accuracy@{k}"], 2) for k in (1, 5)}


def _load(folder: Path) -> SentenceTransformer:
    """Return a model to be trained: without dropout, its word vectors left as they are."""
    from sentence_transformers import SentenceTransformer

    encoder = SentenceTransformer(
        str(folder),
        device=DEVICE,
        local_files_only=True,
        model_kwargs={"attn_implementation": ATTENTION},
        config_kwargs={"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0},
    )
    encoder.max_seq_length = PASSAGE_TOKENS
    body: PreTrainedModel = encoder[0].auto_model  # type: ignore[assignment]
    body.get_input_embeddings().requires_grad_(False)
    return encoder

"""The encoder on labelled questions: ``python -m training.contrastive DATA``.

A question's vector is drawn to the passage that it was asked of, and away from those of the
other questions of its batch and from hard negatives (Karpukhin et al., "Dense passage
retrieval for open-domain question answering", EMNLP 2020, section 3.2). What comes of it is a
model for sentence-transformers, to be named to :class:`qa.networks.encoder.SentenceEncoder`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import torch
from tokenizers import Tokenizer
from transformers import PreTrainedModel

from qa.networks.threads import cores
from qa.networks.weights import ENCODER_NAME, encoder_folder
from training.attention import attention_on
from training.commands import (
    HOW_MADE,
    add_machine_options,
    at_least_one,
    in_one_line,
    load_tokenizer,
    more_than_none,
)
from training.examples import MIX, Context, Example, load_examples
from training.loop import Recipe, prefers_bfloat16, record, run
from training.negatives import PASSAGE_TOKENS, add_draw_options, data_seed, drawn
from training.pairs import PairEpoch, Pairs, Texts, asked_once, padded
from training.trainer import compile_layers, id_of

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

# What a cosine is divided by before the softmax; that of the encoder's own training, 1 / 20.
TEMPERATURE = 0.05


def vectors_of(model: torch.nn.Module, texts: Texts, *, bfloat16: bool) -> torch.Tensor:
    """Return the unit vector of each text, ``(texts, width)``: the mean over its tokens."""
    with torch.autocast(texts.ids.device.type, dtype=torch.bfloat16, enabled=bfloat16):
        hidden = model(input_ids=texts.ids, attention_mask=texts.mask).last_hidden_state
    mask = texts.mask[..., None]
    mean = (hidden.float() * mask).sum(dim=1) / mask.sum(dim=1)
    return torch.nn.functional.normalize(mean, dim=1)


def contrastive_loss(
    questions: torch.Tensor, passages: torch.Tensor, owners: torch.Tensor
) -> torch.Tensor:
    """Return the mean cross-entropy of each question's own passage among all, a scalar.

    Unit vectors, ``(questions, width)`` and ``(passages, width)``; the first passages are the
    questions' own. Another passage of the same paragraph is neither right nor wrong.
    InfoNCE: van den Oord et al., 2018, (4).
    """
    own = torch.arange(len(questions), device=questions.device)
    same = owners[None, :] == owners[: len(questions), None]
    same[own, own] = False
    logits = (questions @ passages.T / TEMPERATURE).masked_fill(same, -1e4)
    return torch.nn.functional.cross_entropy(logits, own)


def recall(
    model: torch.nn.Module,
    examples: Sequence[Example],
    contexts: Sequence[Context],
    *,
    special: tuple[int, int],
    bfloat16: bool,
    device: str = "cpu",
) -> dict[str, float]:
    """Return how many of the questions find their paragraph first, and among five, in percent.

    Looked through are the paragraphs of all the ``examples``, by their beginnings.
    """
    owners = sorted({example.context for example in examples})
    rows = [contexts[owner].ids[: PASSAGE_TOKENS - 2] for owner in owners]
    texts = [[example.question_ids for example in examples], rows]
    with torch.inference_mode():
        questions, passages = (
            torch.cat(
                [
                    vectors_of(model, padded(of[i : i + 64], special).to(device), bfloat16=bfloat16)
                    for i in range(0, len(of), 64)
                ]
            )
            for of in texts
        )
    row = {owner: number for number, owner in enumerate(owners)}
    right = torch.tensor([row[example.context] for example in examples], device=device)
    found = (questions @ passages.T).topk(min(5, len(owners))).indices == right[:, None]
    return {
        "questions": len(examples),
        "recall@1": round(100 * float(found[:, 0].float().mean()), 2),
        "recall@5": round(100 * float(found.any(dim=1).float().mean()), 2),
    }


def train(
    network: SentenceTransformer,
    examples: Sequence[Example],
    held_out: Sequence[Example],
    contexts: Sequence[Context],
    *,
    tokenizer: Tokenizer,
    recipe: Recipe,
    size: int,
    output: Path,
    given: Mapping[str, object] | None = None,
    device: str = "cpu",
    workers: int = 0,
    compiled: bool = False,
    checkpoint_every: int = 250,
    stop_after: int | None = None,
) -> None:
    """Train ``network`` until ``recipe.steps``, with ``size`` questions a step.

    :func:`training.loop.run` says what lies in ``output`` and how a run goes on. It is the
    average of the weights that ``network`` has in the end. Of the recipe, what concerns
    tokens, windows, teachers and dropout does nothing here.
    """
    torch.manual_seed(recipe.seed)
    body: PreTrainedModel = network[0].auto_model  # type: ignore[assignment]
    body.to(device)  # type: ignore[arg-type]  # transformers wraps torch's own signature
    body.train()
    body.embeddings.word_embeddings.requires_grad_(not recipe.frozen)  # type: ignore[union-attr]
    if compiled:
        compile_layers(body)
    special = (id_of(tokenizer, "[CLS]"), id_of(tokenizer, "[SEP]"))
    bfloat16 = prefers_bfloat16(device)

    def epoch_of(number: int) -> PairEpoch:
        seed = recipe.seed * 1000 + number
        return PairEpoch(examples, contexts, special=special, size=size, seed=seed)

    def loss_of(pairs: Pairs) -> torch.Tensor:
        questions = vectors_of(body, pairs.questions, bfloat16=bfloat16)
        passages = vectors_of(body, pairs.passages, bfloat16=bfloat16)
        return contrastive_loss(questions, passages, pairs.owners)

    def check(average: torch.nn.Module, step: int, log: TextIO) -> None:
        average.eval()
        scores = recall(
            average, held_out, contexts, special=special, bfloat16=bfloat16, device=device
        )
        record(log, event="validation of the average", step=step, **scores)

    average = run(
        body,
        epoch_of,
        loss_of,
        recipe=recipe,
        given=given,
        output=output,
        device=device,
        workers=workers,
        checkpoint_every=checkpoint_every,
        check=check if held_out else None,
        stop_after=stop_after,
    )
    body.load_state_dict(average.state_dict())


@in_one_line
def main() -> None:
    """Train the encoder on labelled questions, for an index of one's own."""
    parser = argparse.ArgumentParser(
        prog="python -m training.contrastive", description=main.__doc__
    )
    parser.add_argument("data", type=Path, help="folder of *.jsonl.gz training sets")
    parser.add_argument("--output", type=Path, default=Path("build/encoder"))
    parser.add_argument(
        "--size", type=at_least_one, default=256, metavar="QUESTIONS", help="of a step"
    )
    parser.add_argument("--epochs", type=more_than_none, default=1.0)
    parser.add_argument("--steps", type=at_least_one, help="instead of --epochs")
    parser.add_argument("--learning-rate", type=more_than_none, default=3e-5)
    parser.add_argument("--seed", type=int, default=1)
    add_draw_options(parser, negatives=0.5)
    add_machine_options(parser)
    options = parser.parse_args()
    torch.set_num_threads(cores())
    tokenizer = load_tokenizer()
    contexts, examples, held_out = load_examples(options.data, tokenizer, seed=data_seed(options))
    pairs = asked_once(drawn(options, examples, contexts), contexts)
    steps = options.steps or max(1, round(options.epochs * len(pairs) / options.size))
    recipe = Recipe(
        steps=steps,
        learning_rate=options.learning_rate,
        cooldown=0.95,
        # Of the questions' own passages; a run does not go on with another --size.
        tokens_per_batch=options.size * PASSAGE_TOKENS,
        negatives=options.negatives,
        window=PASSAGE_TOKENS,
        shared=False,
        dropout=0.0,
        averaging=max(10, steps // 10),
        frozen=True,
        seed=options.seed,
    )
    print(f"{len(pairs)} questions, {steps} steps")
    given = {
        "data_seed": data_seed(options),
        "with_a_negative": sum(p.negative >= 0 for p in pairs),
    }
    network = load(encoder_folder(), device=options.device)
    train(
        network,
        pairs,
        asked_once(held_out, contexts),
        contexts,
        tokenizer=tokenizer,
        recipe=recipe,
        size=options.size,
        given=given,
        output=options.output,
        device=options.device,
        workers=options.workers,
        compiled=options.compile,
        checkpoint_every=options.checkpoint_every,
    )
    checkpoint = options.output / "checkpoint"
    network.save_pretrained(str(checkpoint), create_model_card=False)
    made = given | {
        "start": ENCODER_NAME,
        "recipe": asdict(recipe),
        "questions_a_step": options.size,
        "mix": MIX,
        "torch": torch.__version__,
    }
    (checkpoint / HOW_MADE).write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    print(
        f"wrote {checkpoint}: build an index with its encoder, "
        f"qa.networks.encoder.SentenceEncoder({str(checkpoint)!r})"
    )


def load(folder: Path, *, device: str = "cpu") -> SentenceTransformer:
    """Return a sentence-transformers model to be trained on ``device``, without dropout."""
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(
        str(folder),
        device=device,
        local_files_only=True,
        model_kwargs={"attn_implementation": attention_on(device)},
        config_kwargs={"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0},
    )


if __name__ == "__main__":
    main()

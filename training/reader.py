"""``python -m training.reader``: data in, a checkpoint and the shipped int8 file out."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from functools import partial
from pathlib import Path

import torch

from qa.networks.reader import MAX_TOKENS
from qa.networks.threads import cores
from qa.networks.weights import MODELS, encoder_folder
from training.batches import plan_epoch
from training.commands import (
    add_machine_options,
    at_least_none,
    at_least_one,
    but_not_all,
    how_made,
    in_one_line,
    keep,
    load_tokenizer,
    more_than_none,
    pattern,
    share,
    tokens_of_a_row,
)
from training.examples import (
    MIX,
    REWORDED,
    add_made,
    emphasised,
    load_examples,
    of_whether,
    reworded,
)
from training.export import export_reader
from training.loop import Recipe
from training.negatives import add_draw_options, data_seed, drawn
from training.priors import with_priors
from training.trainer import new_model, train
from training.transfers import transfer_paragraphs
from training.unanswerable import token_embeddings, unanswerable_examples


@in_one_line
def main() -> None:
    """Train a reader, from the beginning or from the last checkpoint."""
    defaults = Recipe(steps=0)
    parser = argparse.ArgumentParser(prog="python -m training.reader", description=main.__doc__)
    parser.add_argument("data", type=Path, help="folder of *.jsonl.gz training sets")
    parser.add_argument("--start", type=Path, help="a checkpoint; default: the encoder")
    parser.add_argument("--output", type=Path, default=Path("build/reader"))
    parser.add_argument("--epochs", type=more_than_none, default=2.0)
    parser.add_argument(
        "--steps", type=at_least_one, help="instead of --epochs; may be fewer on resuming"
    )
    parser.add_argument("--learning-rate", type=more_than_none, default=defaults.learning_rate)
    parser.add_argument(
        "--emphasis",
        type=pattern,
        metavar="PATTERN",
        help="train on the questions that match a regular expression, and as many others",
    )
    parser.add_argument(
        "--transfers",
        type=at_least_none,
        default=4000,
        help="made paragraphs on who gave and who received (default: 4000)",
    )
    parser.add_argument(
        "--unanswerable",
        type=at_least_none,
        default=0,
        help="questions changed until their paragraph does not answer them (default: 0)",
    )
    parser.add_argument(
        "--window", type=tokens_of_a_row, default=defaults.window, help="tokens of a row at most"
    )
    parser.add_argument(
        "--no-shared",
        dest="shared",
        action="store_false",
        help="train each passage alone, without a softmax over a question's passages",
    )
    parser.add_argument(
        "--teachers", nargs="+", type=Path, default=[], help="checkpoints whose answers to match"
    )
    parser.add_argument(
        "--distillation", type=share, default=0.5, help="the teachers' share of the loss"
    )
    parser.add_argument(
        "--teach-null",
        action="store_true",
        help='match teachers in "no answer" too: for teachers that were trained with priors',
    )
    parser.add_argument(
        "--null-teachers",
        nargs="+",
        type=Path,
        default=[],
        help='with --teach-null, checkpoints to match in "no answer" alone',
    )
    parser.add_argument(
        "--whether",
        action="store_true",
        help="train on what tells whether there is an answer: unanswerable questions twice, "
        "those of --unanswerable, and as many with an answer, most of SQuAD's sets",
    )
    parser.add_argument(
        "--frozen", action="store_true", help="leave the word vectors of the start as they are"
    )
    parser.add_argument(
        "--without",
        nargs="+",
        choices=MIX,
        default=[],
        metavar="SET",
        help="training sets to leave out, to be measured as another domain",
    )
    parser.add_argument(
        "--no-priors",
        dest="priors",
        action="store_false",
        help='let the reader guess "no answer" from the paragraph alone',
    )
    parser.add_argument("--dropout", type=but_not_all, default=defaults.dropout)
    parser.add_argument(
        "--averaging",
        type=at_least_one,
        default=defaults.averaging,
        help="steps over which the weights are averaged (default: %(default)s)",
    )
    parser.add_argument("--cooldown", type=share, default=defaults.cooldown, help="share of steps")
    parser.add_argument("--tokens-per-batch", type=at_least_one, default=defaults.tokens_per_batch)
    parser.add_argument("--models", type=Path, default=MODELS, help="where the int8 file goes")
    parser.add_argument(
        "--no-export", dest="export", action="store_false", help="leave the int8 file away"
    )
    parser.add_argument("--seed", type=int, default=defaults.seed)
    add_draw_options(parser, negatives=defaults.negatives)
    add_machine_options(parser)
    options = parser.parse_args()
    if options.teach_null and not options.teachers:
        parser.error("--teach-null: name the --teachers")
    if options.null_teachers and not options.teach_null:
        parser.error("--null-teachers: with --teach-null")

    mix = {name: share for name, share in MIX.items() if name not in options.without}
    if not mix:
        parser.error("--without: leaves no training set")

    seed = data_seed(options)
    torch.set_num_threads(cores())
    encoder = encoder_folder()
    tokenizer = load_tokenizer()
    contexts, examples, held_out = load_examples(options.data, tokenizer, seed=seed, mix=mix)
    if options.emphasis:
        examples = emphasised(examples, options.emphasis, seed=seed)
    examples = drawn(options, examples, contexts)
    unanswerable = unanswerable_examples(
        examples,
        contexts,
        tokenizer,
        words=token_embeddings(encoder),
        count=options.unanswerable,
        seed=options.seed,
    )
    if options.whether:
        examples = of_whether(examples, unanswerable, contexts, seed=options.seed)
    else:
        examples += unanswerable
    make = partial(transfer_paragraphs, count=options.transfers, seed=options.seed)
    examples = add_made(examples, contexts, tokenizer, make, source="transfers")
    examples = reworded(examples, tokenizer, share=REWORDED, seed=options.seed)
    if options.priors:
        examples = with_priors(examples, contexts)
    plan = plan_epoch(
        examples,
        contexts,
        tokens_per_batch=options.tokens_per_batch,
        seed=options.seed,
        window=options.window,
    )
    recipe = Recipe(
        steps=options.steps or round(len(plan) * options.epochs),
        learning_rate=options.learning_rate,
        cooldown=options.cooldown,
        tokens_per_batch=options.tokens_per_batch,
        negatives=options.negatives,
        window=options.window,
        shared=options.shared,
        distillation=options.distillation if options.teachers else 0.0,
        teach_null=options.teach_null,
        frozen=options.frozen,
        dropout=options.dropout,
        averaging=options.averaging,
        seed=options.seed,
    )
    print(f"{len(examples)} examples, {len(held_out)} held out, {len(plan)} batches an epoch")
    given: dict[str, object] = {
        "start": how_made(options.start),
        "data_seed": seed,
        "emphasis": options.emphasis,
        "mix": mix,
        "reworded": REWORDED,
        "transfers": options.transfers,
        "unanswerable": options.unanswerable,
        "priors": options.priors,
        "whether": options.whether,
        "teachers": [str(folder) for folder in options.teachers],
        "null_teachers": [str(folder) for folder in options.null_teachers],
        "examples": len(examples),
    }
    model, average = train(
        contexts,
        examples,
        held_out,
        start=options.start or encoder,
        tokenizer=tokenizer,
        recipe=recipe,
        given=given,
        output=options.output,
        device=options.device,
        workers=options.workers,
        teachers=[new_model(folder, device=options.device) for folder in options.teachers],
        null_teachers=[new_model(each, device=options.device) for each in options.null_teachers],
        compiled=options.compile,
        checkpoint_every=options.checkpoint_every,
    )
    checkpoint = options.output / "checkpoint"
    training = given | {
        "recipe": asdict(recipe),
        "max_tokens": MAX_TOKENS,
        "batches_per_epoch": len(plan),
        "torch": torch.__version__,
    }
    for trained, folder in ((model, options.output / "last"), (average, checkpoint)):
        keep(trained, folder, tokenizer, training=training)
    if not options.export:
        print(f"wrote {checkpoint}")
        return
    print(f"exported {export_reader(checkpoint, options.models, training=training)}")
    print("the probability belongs to the weights: run `python -m training.calibrate FILE` next")


if __name__ == "__main__":
    main()

"""The shipped models, from text and labelled questions: ``python -m training.recipe DATA TEXT``.

This file is the whole recipe, from top to bottom: :func:`make` runs the stages in order, with
their hyper-parameters. Each stage leaves a checkpoint in a folder of its own. A stage whose
checkpoint is there is not run again, and one that was interrupted resumes: run the same command
again.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

import torch

from qa.networks.threads import cores
from qa.networks.weights import MODELS, encoder_folder
from training.checkpoint import average
from training.command import at_least_one, run
from training.encoder import PASSAGE_TOKENS, train_encoder
from training.export import export_encoder, export_reader
from training.loop import Schedule
from training.negatives import with_negatives
from training.networks import load_tokenizer
from training.pretrain import pretrain
from training.priors import with_priors
from training.questions import MIX, Questions, balanced, load_questions, reworded
from training.reader import train_reader
from training.synthetic.__main__ import schemas_to_train_on, write_corpora
from training.synthetic.rows import all_units
from training.teacher.layout import Layout
from training.teacher.mix import Corpora, mix, with_authored
from training.teacher.natural import CALIBRATED_ON, FIT, MADE
from training.teacher.recipe import Recipe
from training.teacher.student import train_student
from training.transfers import with_transfers
from training.unanswerable import unanswerable_examples

# Draws the questions and their hard negatives; what is made and reworded differs by stage.
DATA_SEED = 11


def make(
    data: Path,
    text: Path,
    *,
    before: Path | None,
    natural: Path | None,
    output: Path,
    models: Path,
    most_steps: int | None = None,
) -> None:
    """Run every stage, and write the int8 files into ``models``.

    ``before`` is a reader of another origin, from which a stage learns whether there is an
    answer, ``natural`` a folder of corpora with people's own questions; without one there is no
    such stage. ``most_steps`` ends every training early.
    """
    tokenizer = load_tokenizer()
    original = encoder_folder()

    def at_most(steps: int) -> int:
        return min(steps, most_steps or steps)

    _say("1. Questions: those of the training sets, 2 % of the paragraphs held out")
    questions = load_questions(data, tokenizer, seed=DATA_SEED)

    _say("2. Encoder: each question near its own paragraph, far from others")
    encoder = train_encoder(
        questions,
        Schedule(at_most(288), learning_rate=3e-5, tokens_per_batch=256 * PASSAGE_TOKENS),
        output / "encoder",
        start=original,
    )

    _say("3. Text: the encoder's network as it was reads Wikipedia, with blanks to fill")
    text_reader = pretrain(
        text,
        Schedule(at_most(4400), learning_rate=4e-4, tokens_per_batch=32768, averaging=1),
        output / "text",
        start=original,
    )

    _say("4. Hard negatives: for a quarter of the questions, what our own retrieval confuses")
    asked = with_negatives(questions, share=0.25, seed=DATA_SEED)

    def varied(seed: int) -> Questions:
        """Return the questions with made ones, some reworded, and the priors of paragraphs."""
        more = with_transfers(asked, tokenizer, count=4000, seed=seed)
        return with_priors(reworded(more, tokenizer, share=0.15, seed=seed))

    _say("5. Three readers from the text stage, with other seeds and rates")
    readers = [
        train_reader(
            varied(seed),
            Schedule(at_most(5700), learning_rate=rate, tokens_per_batch=16384, seed=seed),
            output / f"reader{seed}",
            start=text_reader,
        )
        for seed, rate in ((1, 3e-4), (2, 2e-4), (3, 4e-4))
    ]

    _say("6. Two students that match all three: one from their mean, one from the text stage")
    mean = average(readers, output / "mean")
    students = [
        train_reader(
            varied(seed),
            Schedule(at_most(3600), learning_rate=rate, tokens_per_batch=16384, seed=seed),
            output / f"student{seed}",
            start=start,
            teachers=readers,
        )
        for seed, rate, start in ((21, 3e-4, mean), (22, 4e-4, text_reader))
    ]

    _say("7. The mean of the students")
    reader = average(students, output / "reader")

    if before:
        _say("8. Whether there is an answer: half of the questions have none, 24,000 of them made")
        made = unanswerable_examples(asked, tokenizer, start=original, count=24000, seed=42)
        whether = reworded(balanced(asked, made, seed=42), tokenizer, share=0.15, seed=42)
        reader = train_reader(
            with_priors(whether),
            Schedule(
                at_most(1600),
                learning_rate=1.2e-4,
                tokens_per_batch=4096,
                cooldown=0.9,
                averaging=400,
                seed=42,
            ),
            output / "whether",
            start=reader,
            teachers=[reader],
            null_teacher=before,
        )

    if natural:
        _say(
            "9. People's own questions, each with the passages that retrieval returns; made tables"
        )
        layout = Layout(tokenizer)
        corpora, everyday = with_authored(Corpora(natural, output / "indexes", layout, DATA_SEED))
        rows = output / "mix"
        if not (rows / "counts.json").is_file():
            schemas, forms = schemas_to_train_on(), output / "made"
            write_corpora(forms, schemas, MADE[:-1], count=14, asked=20, seed=DATA_SEED)
            mix(
                data,
                corpora,
                rows,
                trained=[corpus for corpus in FIT if corpus not in CALIBRATED_ON],
                left_out=(),
                negatives=2,
                labelled_share=0.2,
                everyday=everyday,
                made=all_units(forms, layout, negatives=2, seed=DATA_SEED),
            )
        reader = train_student(
            reader,
            rows,
            output / "natural",
            steps=at_most(2000),
            recipe=Recipe(learning_rate=1e-4, warmup=30, averaging=150),
        )

    _say("10. Both in int8")
    print(f"wrote {export_reader(reader, models)}: run `python -m training.calibrate` next")
    print(f"wrote {export_encoder(encoder, models)}: indexes built before are built again")


_say = partial(print, flush=True)


def main() -> None:
    """Train encoder and reader as the shipped ones were: minutes on a GPU, days without."""
    parser = argparse.ArgumentParser(prog="python -m training.recipe", description=main.__doc__)
    parser.add_argument("data", type=Path, help="folder of *.jsonl.gz training sets")
    parser.add_argument(
        "text", type=Path, help='lines of {"paragraphs": [text, ...]}, plain or gzip'
    )
    parser.add_argument(
        "--before",
        type=Path,
        metavar="CHECKPOINT",
        help="of a reader of another origin, to learn from whether there is an answer",
    )
    parser.add_argument(
        "--natural",
        type=Path,
        metavar="FOLDER",
        help="corpora of documents with people's own questions, to learn from last",
    )
    parser.add_argument("--output", type=Path, default=Path("build/recipe"))
    parser.add_argument("--models", type=Path, default=MODELS, help="where the int8 files go")
    parser.add_argument(
        "--most-steps", type=at_least_one, help="of each training: a few, to try the command"
    )
    options = parser.parse_args()
    wanted = [options.text, *(options.data / f"{name}.jsonl.gz" for name in MIX)]
    if options.before:
        wanted.append(options.before / "config.json")
    if absent := [str(path) for path in wanted if not path.is_file()]:
        parser.error(f"not found: {', '.join(absent)}")
    torch.set_num_threads(cores())
    make(**vars(options))


if __name__ == "__main__":
    run(main)

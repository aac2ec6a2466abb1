"""What the teacher learns from: ``python -m training.teacher.mix DATA NATURAL OUTPUT``.

Labelled and natural questions are in one list, shuffled once, so that an interrupted run has seen
some of each. Corpora that are left out are what a run is judged on.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from qa.evaluation.contrast import ContrastPair, read_pairs
from qa.networks.reader import OnnxReader
from qa.networks.threads import cores
from qa.pipeline import QA
from qa.types import Reader
from training.authored import DATA as AUTHORED
from training.authored import PAIRS
from training.command import at_least_one, run
from training.networks import load_tokenizer
from training.teacher.labelled import labelled_units
from training.teacher.layout import Layout, drawn
from training.teacher.natural import CALIBRATED_ON, EVERYDAY, FIT, Candidate, find, read_questions
from training.teacher.transfers import transfer_units
from training.teacher.units import Unit, tokens_of, write_units

JUDGED_PASSAGES = 5
# Held-out labelled questions to judge on: with an answer, and without.
JUDGED_PRESENT, JUDGED_ABSENT = 300, 100
# Made paragraphs in which something changes hands to judge on.
JUDGED_TRANSFERS = 100


@dataclass(frozen=True, slots=True)
class Corpora:
    """The natural corpora in a folder, their indexes, and how their questions become rows.

    ``pairs`` of questions that ask for different things in like words are learnt from too. Of
    each corpus a ``share`` of the questions is drawn, and with a ``reader`` what that takes for
    answers is among their negatives.
    """

    folder: Path
    indexes: Path
    layout: Layout
    seed: int
    pairs: tuple[ContrastPair, ...] = ()
    share: float = 1.0
    reader: Reader | None = None

    def open(self, corpus: str) -> QA:
        """Return the pipeline over a corpus, its index up to date."""
        return QA.build(self.folder / corpus / "docs", self.indexes / corpus)

    def units(self, names: Sequence[str], *, draws: int, negatives: int) -> Iterator[Unit]:
        """Yield units to train on: each question ``draws`` times, with other negatives.

        A question without an answer has no positive, and one negative more.
        """
        rng = random.Random(self.seed)
        for corpus in names:
            questions = read_questions(self.folder, corpus, self.pairs)
            questions = rng.sample(questions, round(self.share * len(questions)))
            qa = self.open(corpus)
            found = [each for each in (find(qa, question) for question in questions) if each]
            present = sum(bool(each.question.answers) for each in found)
            print(
                f"{corpus}: {present} with an answer, {len(found) - present} without, "
                f"{len(questions) - len(found)} left out as unsure",
                flush=True,
            )
            for _ in range(draws):
                for each in found:
                    count = negatives + (not each.positives)
                    candidates = drawn(each, negatives=count, rng=rng, reader=self.reader)
                    if candidates:
                        yield self.layout.unit(each.question, candidates, corpus, rng)

    def judged_units(self, names: Sequence[str], *, count: int) -> Iterator[Unit]:
        """Yield a sample of the questions, each with the passages that retrieval returns."""
        rng = random.Random(self.seed)
        for corpus in names:
            questions = [q for q in read_questions(self.folder, corpus) if not q.is_of_dialogue]
            qa = self.open(corpus)
            for question in rng.sample(questions, min(count // len(names), len(questions))):
                hits = qa.search(question.text, top_k=JUDGED_PASSAGES).passages
                candidates = [
                    Candidate(hit.passage, rank) for rank, hit in enumerate(hits, start=1)
                ]
                yield self.layout.unit(question, candidates, corpus, rng)


def with_authored(corpora: Corpora) -> tuple[Corpora, Corpora]:
    """Return corpora with the contrast pairs about them, and the corpora written for training."""
    pairs = tuple(read_pairs(AUTHORED / PAIRS[0]))
    return replace(corpora, pairs=pairs), replace(corpora, folder=AUTHORED / "everyday")


def mix(
    data: Path,
    corpora: Corpora,
    output: Path,
    *,
    trained: Sequence[str],
    left_out: Sequence[str],
    draws: int = 2,
    negatives: int = 3,
    judged: int = 150,
    labelled_share: float = 1.0,
    everyday: Corpora | None = None,
    made: Sequence[Unit] = (),
    transfers: int = 0,
) -> dict[str, object]:
    """Write ``train`` and what is judged on: ``labelled``, ``natural``, ``transfers``.

    Return counts. ``natural`` is of the corpora left out; ``transfers`` is how many paragraphs in
    which something changes hands are made to train on, and there are rows to judge on if any.

    Of ``everyday``, the corpora written for training, those are trained on that the probability
    is not fitted to; ``made`` are further questions with their passages.
    """
    seed = corpora.seed
    natural = list(corpora.units(trained, draws=draws, negatives=negatives))
    if everyday:
        learnt = [corpus for corpus in EVERYDAY if corpus not in CALIBRATED_ON]
        natural += everyday.units(learnt, draws=draws, negatives=negatives)
    print(f"natural: {len(natural)} units, {tokens_of(natural)} tokens", flush=True)
    if left_out:
        write_units(output / "natural", list(corpora.judged_units(left_out, count=judged)))
    tokenizer = load_tokenizer()
    labelled, held_out = labelled_units(data, tokenizer, share=labelled_share, seed=seed)
    print(f"labelled: {len(labelled)} units, {tokens_of(labelled)} tokens", flush=True)
    rng = random.Random(seed)
    present = [unit for unit in held_out if unit.about[0].answers]
    absent = [unit for unit in held_out if not unit.about[0].answers]
    sample = [
        *rng.sample(present, min(JUDGED_PRESENT, len(present))),
        *rng.sample(absent, min(JUDGED_ABSENT, len(absent))),
    ]
    write_units(output / "labelled", sample)
    if transfers:
        made = [*made, *transfer_units(data, tokenizer, count=transfers, seed=seed)]
        judged_on = transfer_units(data, tokenizer, count=JUDGED_TRANSFERS, seed=seed + 1)
        write_units(output / "transfers", judged_on)
    units = [*labelled, *natural, *made]
    rng.shuffle(units)
    write_units(output / "train", units)
    counts: dict[str, object] = {
        "units": len(units),
        "rows": sum(len(unit.rows) for unit in units),
        "rows_without_answer": sum(0 in row.start_targets for unit in units for row in unit.rows),
        "tokens": tokens_of(units),
        "natural_tokens": tokens_of(natural),
        "made_tokens": tokens_of(made),
        "labelled_share": labelled_share,
        "left_out": list(left_out),
        "seed": seed,
    }
    (output / "counts.json").write_text(f"{json.dumps(counts, indent=1)}\n", encoding="utf-8")
    return counts


def main() -> None:
    """Write the rows to train on and those to judge on."""
    parser = argparse.ArgumentParser(
        prog="python -m training.teacher.mix", description=main.__doc__
    )
    parser.add_argument("data", type=Path, help="folder of *.jsonl.gz training sets")
    parser.add_argument("natural", type=Path, help="folder of corpora, each with docs/")
    parser.add_argument("output", type=Path, help="receives train/ and the rows to judge on")
    parser.add_argument("--indexes", type=Path, required=True, help="where corpora are indexed")
    parser.add_argument(
        "--leave-out", nargs="*", default=[], choices=FIT, help="corpora to judge on"
    )
    parser.add_argument(
        "--draws", type=at_least_one, default=2, help="how often each natural question occurs"
    )
    parser.add_argument(
        "--negatives", type=at_least_one, default=3, help="passages beside a positive"
    )
    parser.add_argument(
        "--judged", type=at_least_one, default=150, help="natural questions to judge on"
    )
    parser.add_argument(
        "--labelled-share", type=float, default=1.0, help="of the labelled questions"
    )
    parser.add_argument(
        "--natural-share", type=float, default=1.0, help="of the questions of natural corpora"
    )
    parser.add_argument(
        "--everyday-share", type=float, default=1.0, help="of those written for training"
    )
    parser.add_argument(
        "--hard", action="store_true", help="negatives that the first reader takes for answers"
    )
    parser.add_argument(
        "--transfers",
        type=int,
        default=0,
        help="paragraphs to make in which something changes hands",
    )
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(cores())
    corpora, everyday = with_authored(
        Corpora(
            options.natural,
            options.indexes,
            Layout(load_tokenizer()),
            options.seed,
            share=options.natural_share,
            reader=OnnxReader() if options.hard else None,
        )
    )
    everyday = replace(everyday, share=options.everyday_share)
    counts = mix(
        options.data,
        corpora,
        options.output,
        trained=[corpus for corpus in FIT if corpus not in options.leave_out],
        left_out=options.leave_out,
        draws=options.draws,
        negatives=options.negatives,
        judged=options.judged,
        labelled_share=options.labelled_share,
        everyday=everyday,
        transfers=options.transfers,
    )
    print(json.dumps(counts))


if __name__ == "__main__":
    run(main)

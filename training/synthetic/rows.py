"""Made questions as rows to train on: ``python -m training.synthetic.rows CORPORA OUTPUT``.

What is written has the form of ``training.teacher.mix``. The passages beside the one that answers
are those of the corpus with most words in common, most of them rows of the same table: that is
what has to be told apart here, and it needs no index.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from qa.builder.splitter import Splitter
from qa.loaders import find_files, load
from qa.types import Passage
from training.command import at_least_one, run
from training.networks import load_tokenizer
from training.synthetic.passages import splitter
from training.teacher.layout import Layout, drawn
from training.teacher.natural import MADE, Candidate, Found, Question, read_questions
from training.teacher.units import Unit, tokens_of, write_units

_WORD = re.compile(r"\w+")
# Those that a question is read with are drawn among so many.
_DEPTH = 8
# What a passage of the document asked about is given in advance, as a word that few have.
_SAME_DOCUMENT = 3.0


def all_units(folder: Path, layout: Layout, *, negatives: int, seed: int) -> list[Unit]:
    """Return the questions of all made corpora in a folder, in a random order."""
    rng = random.Random(seed)
    units = [
        unit
        for path in sorted(folder.glob(f"{MADE}*"))
        for unit in units_of(folder, path.name, layout, negatives=negatives, rng=rng)
    ]
    rng.shuffle(units)
    return units


def units_of(
    folder: Path, corpus: str, layout: Layout, *, negatives: int, rng: random.Random
) -> Iterator[Unit]:
    """Yield the questions of a corpus with their passages; without an answer, one more each."""
    docs = folder / corpus / "docs"
    passages = list(_passages(docs, splitter()))
    words = [_words(f"{passage.heading} {passage.read_text}") for passage in passages]
    counts = Counter(word for each in words for word in each)
    weights = {word: math.log(len(passages) / count) for word, count in counts.items()}
    lines = (folder / corpus / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    about = {row["id"]: row["document"] for row in map(json.loads, lines)}
    for question in read_questions(folder, corpus):
        found = _found(question, about[question.id], passages, words, weights)
        if found.positives or not question.answers:
            count = negatives + (not found.positives)
            yield layout.unit(question, drawn(found, negatives=count, rng=rng), corpus, rng)


def _passages(docs: Path, split: Splitter) -> Iterator[Passage]:
    for path in find_files(docs):
        yield from split.split(load(path, folder=docs))


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))


def _found(
    question: Question,
    document: str,
    passages: Sequence[Passage],
    words: Sequence[frozenset[str]],
    weights: Mapping[str, float],
) -> Found:
    """Return the passages of a question, those with most of its words first, rare ones foremost."""
    asked = _words(question.text)

    def common(number: int) -> float:
        near = passages[number].document_id == document
        shared = sum(weights[word] for word in sorted(asked & words[number]))
        return shared + near * _SAME_DOCUMENT

    order = sorted(range(len(passages)), key=lambda number: (-common(number), number))
    positives, others = [], []
    for rank, number in enumerate(order, start=1):
        passage = passages[number]
        spans = _spans(passage, question) if passage.document_id == document else ()
        if spans:
            positives.append(Candidate(passage, rank, spans))
        elif rank <= _DEPTH:
            others.append(Candidate(passage, rank))
    return Found(question, tuple(positives), tuple(others))


def _spans(passage: Passage, question: Question) -> tuple[tuple[int, int], ...]:
    spans = []
    for start, end in question.places:
        try:
            spans.append(passage.in_read_text(start, end))
        except ValueError:
            continue
    return tuple(spans)


def main() -> None:
    """Write rows.npz and about.jsonl.gz of all made corpora in a folder, in a random order."""
    parser = argparse.ArgumentParser(
        prog="python -m training.synthetic.rows", description=main.__doc__
    )
    parser.add_argument("corpora", type=Path, help="the output of training.synthetic")
    parser.add_argument("output", type=Path, help="receives the rows")
    parser.add_argument("--negatives", type=at_least_one, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    layout = Layout(load_tokenizer())
    units = all_units(options.corpora, layout, negatives=options.negatives, seed=options.seed)
    write_units(options.output, units)
    rows = sum(len(unit.rows) for unit in units)
    print(f"{len(units)} questions, {rows} rows, {tokens_of(units)} tokens", flush=True)


if __name__ == "__main__":
    run(main)

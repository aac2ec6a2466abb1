"""Made paragraphs in which something changes hands, as rows to train and to judge on."""

from __future__ import annotations

from pathlib import Path

from tokenizers import Tokenizer

from qa.evaluation.datasets import read_paragraphs
from training.questions import Questions, is_held_out
from training.teacher.labelled import unit_of
from training.teacher.units import Unit
from training.transfers import transfer_paragraphs


def transfer_units(data: Path, tokenizer: Tokenizer, *, count: int, seed: int) -> list[Unit]:
    """Return the two or three questions of each of ``count`` paragraphs.

    Names and surroundings are those of SQuAD's paragraphs in ``data`` that are trained on. Another
    seed gives other paragraphs.
    """
    known = read_paragraphs(data / "squad.jsonl.gz")
    texts = [each.context for each in known if not is_held_out(each)]
    paragraphs = transfer_paragraphs(texts, count=count, seed=seed)
    made = Questions([], [], [], {}).with_paragraphs(paragraphs, tokenizer, "transfers")
    return [unit_of(each, made.contexts, seed=seed + i) for i, each in enumerate(made.train)]

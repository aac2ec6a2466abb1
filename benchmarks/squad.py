"""SQuAD's development sets as documents to ask, and the questions that only report.

What ships was chosen in part on the first half of SQuAD v2.0 dev (its articles sorted by title)
and on XQuAD's English paragraphs, all of which are in SQuAD v1.1 dev. So scores are those of the
other articles' other paragraphs, asked over all of v1.1's articles.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from qa.evaluation.datasets import Paragraph, read_paragraphs
from qa.evaluation.golden import GoldenQuestion
from qa.evaluation.pool import held_out_titles, write_pool

V1 = "test/squad-v1.1-dev.jsonl.gz"
V2 = "test/squad-v2.0-dev.jsonl.gz"
XQUAD = "test/xquad-en.jsonl.gz"


def reporting(data: Path) -> tuple[list[Paragraph], list[Paragraph]]:
    """Return the paragraphs of v1.1 and of v2.0 on which no weights were chosen or fitted."""
    v1, v2 = list(read_paragraphs(data / V1)), list(read_paragraphs(data / V2))
    titles = {each.title for each in v2}
    chosen_on = titles - held_out_titles(titles)
    xquad = {each.context for each in read_paragraphs(data / XQUAD)}
    first, second = (
        [each for each in file if each.title not in chosen_on and each.context not in xquad]
        for file in (v1, v2)
    )
    return first, second


def pooled_questions(data: Path, folder: Path) -> tuple[list[GoldenQuestion], list[GoldenQuestion]]:
    """Write all of v1.1's articles into ``folder``; return the questions that only report.

    First those of v1.1, then those of v2.0, which are about the same paragraphs and half of them
    unanswerable.
    """
    write_pool(read_paragraphs(data / V1), folder)
    with tempfile.TemporaryDirectory() as nowhere:
        first, second = (
            write_pool(paragraphs, Path(nowhere, str(number)))
            for number, paragraphs in enumerate(reporting(data))
        )
    return first, second

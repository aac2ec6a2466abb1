"""Write labelled paragraphs as a folder of documents, to ask their questions of all."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from qa.evaluation.datasets import Paragraph
from qa.evaluation.golden import GoldenQuestion


def write_pool(paragraphs: Iterable[Paragraph], folder: Path) -> list[GoldenQuestion]:
    """Write one text file per title into ``folder`` and return the questions.

    A file contains its title and its paragraphs, one per line, separated by blank lines:
    line breaks inside a paragraph have no meaning here.
    """
    articles: dict[str, list[Paragraph]] = {}
    for paragraph in paragraphs:
        articles.setdefault(paragraph.title, []).append(paragraph)
    folder.mkdir(parents=True, exist_ok=True)
    questions: list[GoldenQuestion] = []
    for title, parts in articles.items():
        name = re.sub(r"[^\w-]+", "-", title).strip("-") or "untitled"
        document = f"{name}.txt"
        body = "\n\n".join(" ".join(part.context.split()) for part in parts)
        (folder / document).write_text(
            f"{title.replace('_', ' ')}\n\n{body}\n", encoding="utf-8", newline="\n"
        )
        questions.extend(
            GoldenQuestion(item.id, item.question, item.texts, (document,))
            for part in parts
            for item in part.questions
        )
    return questions


def held_out_titles(titles: Iterable[str]) -> frozenset[str]:
    """Return the second half of the titles in order: scores on them are held out.

    The probability is fitted on the first half: see ``training.calibrate``.
    """
    ordered = sorted(set(titles))
    return frozenset(ordered[len(ordered) // 2 :])

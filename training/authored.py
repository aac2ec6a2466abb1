"""Check the questions written for Verbatim: every accepted answer stands in its document.

``python -m training.authored [FOLDER]``: without a FOLDER only the corpora whose documents are
here, in ``training/data/everyday`` and ``benchmarks/everyday``; with it the contrast pairs too,
over FOLDER's ``CORPUS/docs``.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from qa.errors import DatasetError
from qa.evaluation.contrast import misquoted, read_pairs
from qa.evaluation.golden import GoldenQuestion, markup_free, read_golden
from training.command import run

DATA = Path(__file__).parent / "data"
PAIRS = ("contrast.jsonl", "contrast-calibration.jsonl", "contrast-validation.jsonl")
EVERYDAY = DATA / "everyday"
# Those that only report: nothing is trained, fitted or chosen on them.
REPORTED = DATA.parents[1] / "benchmarks" / "everyday"
LONGEST = 25


def corpora(*folders: Path) -> list[Path]:
    """Return the corpora in some folders, by default all that this repository has."""
    return [
        path.parent
        for folder in folders or (EVERYDAY, REPORTED)
        for path in sorted(folder.glob("*/questions.jsonl"))
    ]


def everyday_problems(folder: Path) -> Iterator[str]:
    """Yield what is wrong with a corpus: its questions, its dialogues, documents unasked about."""
    questions = read_golden(folder / "questions.jsonl")
    texts = {path.name: _text(path) for path in sorted((folder / "docs").iterdir())}
    seen: set[str] = set()
    for question in questions:
        if question.question.lower() in seen:
            yield f"{question.id}: asked twice: {question.question}"
        seen.add(question.question.lower())
        yield from (f"{question.id}: {each}" for each in _problems(question, texts))
    yield from _dialogue_problems(folder / "dialogues.jsonl", texts)
    asked = {document for question in questions for document in question.documents}
    yield from (f"{name}: nothing is asked about it" for name in sorted(texts.keys() - asked))


def _dialogue_problems(path: Path, texts: dict[str, str]) -> Iterator[str]:
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        dialogue = json.loads(line)
        for number, turn in enumerate(dialogue["turns"], start=1):
            question = GoldenQuestion(
                f"{dialogue['id']}-{number}",
                turn["resolved"],
                tuple(turn["answers"]),
                (turn["document"],),
            )
            yield from (f"{question.id}: {each}" for each in _problems(question, texts))


def _problems(question: GoldenQuestion, texts: dict[str, str]) -> Iterator[str]:
    if unknown := [document for document in question.documents if document not in texts]:
        yield f"there is no document {unknown[0]!r}"
        return
    for answer in question.answers:
        if not any(_spaced(answer) in texts[document] for document in question.documents):
            yield f"not in its document: {answer!r}"
        if len(answer.split()) > LONGEST:
            yield f"longer than {LONGEST} words: {answer!r}"


def pair_problems(folder: Path) -> Iterator[str]:
    """Yield what is wrong with the contrast pairs over the corpora in a folder, and those here."""
    here = {path.name: path for path in corpora()}
    text = cache(
        lambda corpus, document: _text(here.get(corpus, folder / corpus) / "docs" / document)
    )
    for name in PAIRS:
        for question, answer in misquoted(read_pairs(DATA / name), text):
            yield f"{question}: not in its document: {answer!r}"


def _text(path: Path) -> str:
    try:
        return _spaced(markup_free(path))
    except OSError as error:
        raise DatasetError(
            f"{path} cannot be read ({error.strerror})", "name the folder with CORPUS/docs"
        ) from error


def _spaced(text: str) -> str:
    return " ".join(text.split())


def main() -> None:
    """Print what is wrong and the number of questions by tag; exit with 1 if anything is."""
    problems: list[str] = []
    tags: Counter[str] = Counter()
    for folder in corpora():
        problems += everyday_problems(folder)
        for question in read_golden(folder / "questions.jsonl"):
            tags.update(["questions", *question.tags])
    for name in PAIRS:
        tags.update(f"pairs: {pair.tag}" for pair in read_pairs(DATA / name))
    if len(sys.argv) > 1:
        problems += pair_problems(Path(sys.argv[1]))
    print(*problems, *(f"{count:6}  {tag}" for tag, count in tags.most_common()), sep="\n")
    sys.exit(bool(problems))


if __name__ == "__main__":
    run(main)

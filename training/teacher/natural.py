"""Natural questions over everyday documents, and the passages that answer them or do not.

A passage is a positive where an accepted answer occurs in a document that the question names, and
a negative where no accepted answer occurs in it. Any other one, such as a passage of another
document with the same words, or one of several table rows with the same number, is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.errors import DatasetError
from qa.evaluation.contrast import ContrastPair
from qa.evaluation.metrics import contains_answer
from qa.pipeline import QA
from qa.retrieval.question import resolve
from qa.types import Passage

# The corpora that may be fitted. Never add history, science or tech: these only report.
FIT = tuple("business health home howto law news office people public stories town".split())
# Those in training/data/everyday, written for training alone.
EVERYDAY = tuple(
    "housing leisure firm care travel campus press archive machines court lab kitchen building"
    " claims farm features festival garage helpdesk museum school sports aid hotel"
    " papers parish reports software theatre transport gazette almanac".split()
)
# What the probability is fitted to: a reader that ships has not learnt from it.
CALIBRATED_ON = tuple("town office campus care firm travel gazette almanac".split())
# What the names of made corpora begin with (training.synthetic), which may be fitted too.
MADE = "synth-"
DEPTH = 20
# An answer with fewer letters and digits, or with digits alone, occurs in many cells by chance.
_BARE_BELOW = 4
# An answer that occurs at more places than these is often named where it does not answer.
_FEW_PLACES = 2
_MOST_POSITIVES = 3


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the documents that answer it; without ``answers`` none does.

    ``places`` are where the first of the documents answers, empty if only the words are known.
    """

    id: str
    text: str
    answers: tuple[str, ...]
    documents: tuple[str, ...]
    is_of_table: bool
    is_of_dialogue: bool
    places: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage for a question; ``spans`` are the answers in it, as offsets in its text.

    ``rank`` counts from 1; 0 is that of a passage that retrieval did not return.
    """

    passage: Passage
    rank: int
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A question with the passages that answer it and those that certainly do not."""

    question: Question
    positives: tuple[Candidate, ...]
    negatives: tuple[Candidate, ...]


def read_questions(folder: Path, corpus: str, pairs: Sequence[ContrastPair] = ()) -> list[Question]:
    """Return the questions of a corpus, and the stand-alone wording of those in dialogues, if any.

    Those of the contrast ``pairs`` of the corpus follow. A question that was asked before in the
    same words is left out. Raises :class:`~qa.errors.DatasetError` for a corpus that may not be
    fitted.
    """
    if corpus not in FIT + EVERYDAY and not corpus.startswith(MADE):
        choice = ", ".join(FIT + EVERYDAY)
        raise DatasetError(f"{corpus} may not be fitted", f"choose among {choice}")
    asked: dict[str, Question] = {}
    for row in _json_lines(folder / corpus / "questions.jsonl"):
        question = _question(row["id"], row["question"], row)
        asked.setdefault(question.text.lower(), question)
    dialogues = folder / corpus / "dialogues.jsonl"
    for dialogue in _json_lines(dialogues) if dialogues.exists() else ():
        for number, turn in enumerate(dialogue["turns"], start=1):
            name = f"{dialogue['id']}-{number}"
            question = _question(name, turn["resolved"], turn, is_of_dialogue=True)
            asked.setdefault(question.text.lower(), question)
    for pair in pairs:
        if pair.corpus == corpus:
            for each in pair.questions:
                row = {"answers": each.answers, "document": pair.document}
                question = _question(each.id, each.question, row)
                asked.setdefault(question.text.lower(), question)
    return list(asked.values())


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise DatasetError(f"{path} cannot be read ({error.strerror})") from error
    for line in lines:
        if line.strip():
            yield json.loads(line)


def _question(
    name: str, text: str, row: Mapping[str, Any], *, is_of_dialogue: bool = False
) -> Question:
    answers = list(row["answers"])
    documents = [row["document"]] if answers else []
    for other in row.get("also", ()):
        answers += other["answers"]
        documents.append(other["document"])
    return Question(
        name,
        resolve(text),
        tuple(dict.fromkeys(answers)),
        tuple(dict.fromkeys(documents)),
        "table" in row.get("tags", ()),
        is_of_dialogue,
        tuple((start, end) for start, end in row.get("places", ())),
    )


def find(qa: QA, question: Question) -> Found | None:
    """Return the passages of a question; None where it is unsure which of them answer."""
    hits = qa.search(question.text, top_k=DEPTH).passages
    ranks = {hit.passage: rank for rank, hit in enumerate(hits, start=1)}
    returned = tuple(Candidate(passage, rank) for passage, rank in ranks.items())
    if not question.answers:
        return Found(question, (), returned)
    positives = _positives(qa, question, ranks)
    if not positives:
        return None
    answering = {candidate.passage for candidate in positives}
    negatives = tuple(
        candidate
        for candidate in returned
        if candidate.passage not in answering
        and (
            question.places  # the same words elsewhere are of another row
            or not any(contains_answer(candidate.passage.read_text, a) for a in question.answers)
        )
    )
    return Found(question, positives, negatives)


def _positives(qa: QA, question: Question, ranks: Mapping[Passage, int]) -> tuple[Candidate, ...]:
    """Return at most three passages that answer, in the order of retrieval."""
    found: list[Candidate] = []
    for document_id in question.documents:
        text = qa.document(document_id).text
        places = list(question.places) or answer_places(text, question.answers)
        is_bare = any(_is_bare(text[start:end]) for start, end in places)
        if len(places) > 1 and (is_bare or question.is_of_table) and not question.places:
            continue
        candidates = []
        for passage in qa.passages_of(document_id):
            spans = tuple(_read_at(passage, places))
            if spans:
                candidates.append(Candidate(passage, ranks.get(passage, 0), spans))
        if len(places) > _FEW_PLACES:
            returned = [candidate for candidate in candidates if candidate.rank]
            candidates = sorted(returned, key=lambda candidate: candidate.rank)[:1]
        found += candidates
    found.sort(key=lambda candidate: candidate.rank or DEPTH + 1)
    return tuple(found[:_MOST_POSITIVES])


def _read_at(passage: Passage, places: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the places of a document that a passage contains, as offsets in what is read."""
    for start, end in places:
        try:
            yield passage.in_read_text(start, end)
        except ValueError:
            continue


def answer_places(text: str, answers: Sequence[str]) -> list[tuple[int, int]]:
    """Return where a document answers, as offsets of its text.

    Where accepted answers overlap, the one listed first represents all. A longer accepted
    answer quotes more of the sentence that answers: where one occurs, places that have only a
    shorter one are left out.
    """
    found = sorted(
        (match.start(), match.end(), order)
        for order, answer in enumerate(answers)
        for match in re.finditer(_pattern(answer), text)
    )
    clusters: list[list[tuple[int, int, int]]] = []
    reach = -1
    for place in found:
        if place[0] >= reach:
            clusters.append([])
        clusters[-1].append(place)
        reach = max(reach, place[1])
    words = [max(len(text[start:end].split()) for start, end, _ in each) for each in clusters]
    places = []
    for cluster, count in zip(clusters, words, strict=True):
        if count == max(words):
            first = min(order for _, _, order in cluster)
            places += [(start, end) for start, end, order in cluster if order == first]
    return places


def _pattern(answer: str) -> str:
    """Return a pattern for an answer as whole words, with any white space between them."""
    words = r"\s+".join(re.escape(word) for word in answer.split())
    return rf"(?<!\w){words}(?!\w)"


def _is_bare(answer: str) -> bool:
    characters = re.sub(r"\W", "", answer)
    return len(characters) < _BARE_BELOW or characters.isdigit()

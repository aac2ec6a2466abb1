import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import DatasetError
from qa.evaluation.perturbations import (
    PERTURBATIONS,
    contraction,
    keywords,
    long_winded,
    lower_case,
    no_question_mark,
    passive,
    typo,
)
from qa.evaluation.robustness import evaluate_robustness
from qa.types import Span


@pytest.mark.parametrize(
    ("rule", "question", "expected"),
    [
        (lower_case, "Who met Ada Blum?", "who met ada blum?"),
        (no_question_mark, "Who met Ada Blum?", "Who met Ada Blum"),
        (contraction, "Who is the mayor?", "Who's the mayor?"),
        (contraction, "When did it open, and where is it?", "When'd it open, and where's it?"),
        (contraction, "Who isolated it?", "Who isolated it?"),
        (keywords, "Who received the car in 2024?", "received car 2024"),
        (keywords, "What was St. John's fee?", "St John's fee"),
        (keywords, "What is it?", "What is it?"),
        (passive, "Who founded Woodward Park?", "By whom was Woodward Park founded?"),
        (
            passive,
            "Who won the battle of Lake George",
            "By whom was the battle of Lake George won?",
        ),
        (passive, "Who wrote it?", "Who wrote it?"),
        (passive, "Who led to it?", "Who led to it?"),
        (passive, "What founded it?", "What founded it?"),
    ],
)
def test_a_rule_rewords(rule, question, expected):
    assert rule(question) == expected


def test_a_typo_swaps_two_letters_inside_a_long_word():
    question = "Who designed it?"
    wrong = typo(question)
    assert wrong == typo(question)
    different = [at for at, (a, b) in enumerate(zip(question, wrong, strict=True)) if a != b]
    first, second = different
    assert second == first + 1
    assert first > 4  # the word's first letter stays
    assert second < 11  # and its last one
    assert wrong[first] == question[second]
    assert typo("Who is he?") == "Who is he?"


def test_long_winded_questions_contain_the_question():
    assert "who designed it?" in long_winded("Who designed it?")


@given(st.text(max_size=80), st.sampled_from(sorted(PERTURBATIONS)))
def test_every_rule_takes_every_text_and_is_deterministic(question, name):
    rule = PERTURBATIONS[name]
    assert rule(question) == rule(question)


class Echo:
    """A reader that finds the last word of the question in the passage, or nothing."""

    fingerprint = "echo"

    def read(self, question, passages, *, n=5):
        word = question.rstrip("?").split()[-1]
        (passage,) = passages
        at = passage.text.find(word)
        return [[Span(passage, at, at + len(word), 1.0, 0.0)] if at >= 0 else []]


def test_the_loss_is_measured_on_the_questions_that_a_rule_changes(tmp_path):
    text = "The mill was bought by Rosa Thal. Who was he?"
    questions = [
        ("1", "Who bought the mill from Rosa?", "Rosa"),  # wrong in lower case and passive
        ("2", "where is the mill?", "mill"),  # lower case already
    ]
    row = {
        "context": text,
        "qas": [
            {"id": n, "question": q, "answers": [{"text": a, "answer_start": text.index(a)}]}
            for n, q, a in questions
        ],
    }
    path = tmp_path / "questions.jsonl"
    path.write_text(json.dumps(row))
    scores = evaluate_robustness(path, Echo())
    assert scores["as written"] == {"questions": 2, "em": 100.0, "f1": 100.0}
    assert scores["lower_case"]["questions"] == 1
    assert scores["lower_case"]["em_lost"] == 100.0
    assert scores["no_question_mark"]["em_lost"] == 0.0
    assert scores["contraction"]["questions"] == 1


def test_a_file_without_answers_is_an_error(tmp_path):
    path = tmp_path / "questions.jsonl"
    row = {"context": "x", "qas": [{"id": "1", "question": "Who?", "answers": []}]}
    path.write_text(json.dumps(row))
    with pytest.raises(DatasetError, match="no answerable question"):
        evaluate_robustness(path, Echo())

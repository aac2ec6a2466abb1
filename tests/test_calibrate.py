import numpy as np
import pytest

from qa.answers.candidates import Ranking
from qa.answers.early_stop import EarlyStopping
from qa.answers.logistic import Logistic
from qa.errors import DatasetError
from qa.evaluation.datasets import LabelledQuestion, Paragraph, Reference
from qa.evaluation.pool import held_out_titles
from training.calibrate import (
    OPERATING_POINT,
    STRICTNESS,
    Judged,
    check_halves,
    fit,
    report,
)

EITHER_WAY = EarlyStopping(Logistic({}, 0.0), Logistic({}, 0.0))


def judged(rng, number):
    """Return questions, every other one unanswerable, whose first answer is right by its margin."""
    questions = []
    for index in range(number):
        answerable = index % 2 == 0
        margin = float(rng.normal(2.0 if answerable else -2.0, 2.0))
        right = answerable and margin + float(rng.logistic()) > 0
        later = {"margin": margin + 5.0, "behind": -8.0}  # likelier, were it not ranked behind
        first = {"margin": margin, "behind": 0.0}
        questions.append(Judged(answerable, ((first, right), (later, False))))
    return questions


@pytest.fixture(scope="module")
def questions():
    return judged(np.random.default_rng(0), 2000)


@pytest.fixture(scope="module")
def fitted(questions):
    return fit(questions, reader="x", ranking=Ranking(1.0), early_stopping=EITHER_WAY)


def test_thresholds_are_those_at_which_that_share_of_the_absent_is_refused(questions, fitted):
    assert [share for share, _ in fitted.strictness] == list(STRICTNESS)
    scores = report(questions, fitted)
    for share, answered in scores["absent_answered_at_strict"].items():
        assert answered == pytest.approx(100 * (1 - float(share)), abs=0.3)
    assert fitted.threshold == dict(fitted.strictness)[OPERATING_POINT]
    assert scores["answered_but_absent"] == pytest.approx(100 * (1 - OPERATING_POINT), abs=0.2)


def test_what_is_reported_is_of_the_answer_that_is_ranked_first(questions, fitted):
    scores = report(questions, fitted)
    first = [each.candidates[0] for each in questions]
    there = [right for (_, right), each in zip(first, questions, strict=True) if each.answerable]
    assert scores["right_best_of_answerable"] == pytest.approx(100 * np.mean(there), abs=0.05)
    assert (scores["questions"], scores["answerable"]) == (2000, 1000)
    assert scores["ece"] < 0.05


@pytest.mark.parametrize("missing", ["first half", "second half", "both", "one title"])
def test_a_file_whose_halves_lack_a_kind_of_question_is_told(missing):
    there = LabelledQuestion("1", "Who?", (Reference("Ada", 0),))
    absent = LabelledQuestion("2", "Who else?", ())
    kinds = {
        "first half": [(there,), (there, absent)],
        "second half": [(there, absent), (absent,)],
        "both": [(there,), (absent,)],
        "one title": [(there, absent)],
    }[missing]
    paragraphs = [Paragraph(str(i), "Ada spoke.", asked) for i, asked in enumerate(kinds)]
    with pytest.raises(DatasetError, match="each half of the articles"):
        check_halves(paragraphs, held_out_titles(each.title for each in paragraphs))


def test_a_question_without_a_candidate_is_refused(questions, fitted):
    scores = report([*questions, Judged(True, ())], fitted)
    shown = report(questions, fitted)["shown"] * 2000 / 2001
    assert scores["shown"] == pytest.approx(shown, abs=0.06)

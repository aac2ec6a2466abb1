import math
import re

import numpy as np
import pytest

from qa.evaluation.chance import mcnemar, mean_interval, paired_interval
from qa.evaluation.confidence import (
    Bin,
    agreement,
    auc,
    calibration_error,
    reliability,
    risk_coverage,
    risk_coverage_area,
)
from qa.evaluation.metrics import best_over_references, contains_answer, exact_match, f1, is_right
from qa.evaluation.places import in_right_row
from qa.evaluation.retrieval_metrics import ndcg_at, recall_at, reciprocal_rank
from qa.text import normalize


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The  Aurus, Senat!", "aurus senat"),
        ("an apple a day", "apple day"),
        ("U.S.", "us"),
        ("Theodore", "theodore"),
        ("the", ""),
    ],
)
def test_normalize_as_squad_does(text, expected):
    assert normalize(text) == expected


def test_exact_match_ignores_case_articles_and_punctuation():
    assert exact_match("The Kremlin.", "kremlin") == 1.0
    assert exact_match("Kremlin spokesman", "kremlin") == 0.0


def test_f1_is_the_harmonic_mean_of_word_overlap():
    # 2 of 3 predicted words are right, 2 of 2 expected ones are there.
    assert f1("leader Kim Jong", "Kim Jong") == pytest.approx(2 * (2 / 3) * 1 / (2 / 3 + 1))
    assert f1("Moscow", "Pyongyang") == 0.0


def test_repeated_words_count_each_time():
    assert f1("car car", "car") == pytest.approx(2 / 3)


def test_an_empty_answer_is_right_only_without_references():
    assert best_over_references(f1, "", ()) == 1.0
    assert best_over_references(exact_match, "Kim", ()) == 0.0
    assert f1("", "Kim") == 0.0


def test_best_reference_counts():
    assert best_over_references(exact_match, "24%", ("24 percent", "24%")) == 1.0


def test_recall_and_reciprocal_rank_depend_on_the_first_relevant_passage():
    relevant = [False, False, True, True]
    assert [recall_at(relevant, k) for k in (1, 2, 3, 10)] == [0, 0, 1, 1]
    assert reciprocal_rank(relevant) == pytest.approx(1 / 3)
    assert reciprocal_rank([False]) == recall_at([], 5) == reciprocal_rank([]) == 0


def test_ndcg_discounts_by_the_logarithm_of_the_rank():
    # DCG = 1/log2(3) + 1/log2(5); the best order would give 1/log2(2) + 1/log2(3).
    expected = (1 / math.log2(3) + 1 / math.log2(5)) / (1 + 1 / math.log2(3))
    assert ndcg_at([False, True, False, True], 10) == pytest.approx(expected)
    assert ndcg_at([True, True, False], 10) == 1
    assert ndcg_at([False, True], 1) == 0  # the relevant one is below the cut
    assert ndcg_at([True, False], 10, total=2) == pytest.approx(1 / (1 + 1 / math.log2(3)))
    assert ndcg_at([True, True], 1, total=5) == 1
    assert ndcg_at([False, False], 10) == ndcg_at([], 10) == 0


def test_calibration_error_weights_each_bin_by_its_answers():
    probabilities, right = np.array([0.1, 0.15, 0.9, 1.0]), np.array([0, 1, 1, 1])
    assert reliability(probabilities, right) == [
        Bin(2, pytest.approx(0.125), 0.5),
        Bin(2, pytest.approx(0.95), 1.0),
    ]
    assert calibration_error(probabilities, right) == pytest.approx(0.5 * 0.375 + 0.5 * 0.05)
    assert calibration_error(np.array([1.0, 0.0]), np.array([1, 0])) == 0


def test_risk_grows_as_less_certain_answers_are_shown():
    coverage, risk = risk_coverage(np.array([0.2, 0.9, 0.5]), np.array([0, 1, 0]))
    assert coverage == pytest.approx([1 / 3, 2 / 3, 1])
    assert risk == pytest.approx([0, 1 / 2, 2 / 3])
    area = risk_coverage_area(np.array([0.2, 0.9, 0.5]), np.array([0, 1, 0]))
    assert area == pytest.approx((0 + 1 / 2 + 2 / 3) / 3)


def test_answers_of_equal_confidence_count_as_their_mean():
    for right in ([1, 0], [0, 1]):
        assert risk_coverage(np.array([0.5, 0.5]), np.array(right))[1] == pytest.approx([0.5, 0.5])


def test_bootstrap_intervals_cover_the_mean_and_are_deterministic():
    values = [0.0, 1.0] * 50
    low, high = mean_interval(values)
    # The standard error of the mean is 0.05.
    assert low == pytest.approx(0.5 - 1.96 * 0.05, abs=0.02)
    assert high == pytest.approx(0.5 + 1.96 * 0.05, abs=0.02)
    assert mean_interval(values) == (low, high)
    assert mean_interval([1.0, 1.0, 1.0]) == (1, 1)
    assert mean_interval([1.0]) is None


def test_the_paired_bootstrap_draws_pairs():
    numbers = np.arange(20.0)

    def apart(first, second):
        return float(np.abs(first - second).max())

    assert paired_interval(apart, numbers, numbers) == (0, 0)
    assert paired_interval(apart, numbers[:1], numbers[:1]) is None


@pytest.mark.parametrize(
    ("gained", "lost", "p"),
    [(0, 0, 1), (1, 0, 1), (3, 3, 1), (6, 0, 2 / 64), (1, 5, 2 * (1 + 6) / 64), (8, 2, 112 / 1024)],
)
def test_mcnemar_equals_the_sign_test_of_the_flips(gained, lost, p):
    assert mcnemar(gained, lost) == pytest.approx(p)
    assert mcnemar(lost, gained) == pytest.approx(p)


@pytest.mark.parametrize(
    ("text", "answer", "expected"),
    [
        ("It was Tanaka's clock.", "Tanaka", True),
        ("The Tanakas came.", "Tanaka", False),
        ("In the US Army.", "U.S.", True),
        ("“The Old Clock’s hands”", "an old clock", True),
        ("Nothing.", "", False),
        ("Nothing.", "—", False),
        ("The end.", "the", False),
        ("Grade A was given.", "A", True),
        ("Ada was given a grade.", "A", False),
        ("It grew by 5 %.", "%", True),
    ],
)
def test_a_text_contains_an_answer_as_words_or_normalized(text, answer, expected):
    assert contains_answer(text, answer) is expected


@pytest.mark.parametrize(
    ("answer", "reference", "expected"),
    [
        ("the green car", "green car", True),
        ("green car of", "green car", True),  # F1 0.8
        ("car", "green car", False),
        ("old mill in Rerik by the sea", "the mill", False),  # five words more
        ("mill in Rerik by sea", "the mill", True),  # four
        ("watermill", "mill", False),
        ("paid in Rerik, not the mill", "mill of Rerik", False),
        ("", "mill", False),
    ],
)
def test_a_right_answer_overlaps_or_has_few_words_more(answer, reference, expected):
    assert is_right(answer, reference) == float(expected)


def test_auc_is_the_share_of_ordered_pairs():
    positive = np.array([1, 1, 0, 0])
    assert auc(np.array([0.9, 0.3, 0.5, 0.1]), positive) == 3 / 4
    assert auc(np.array([0.9, 0.5, 0.5, 0.1]), positive) == 3.5 / 4  # a tie is one half
    assert auc(np.array([0.9, 0.8, 0.5, 0.1]), positive) == 1
    assert auc(np.array([0.9, 0.8]), np.array([1, 1])) == 0.5


TABLE = """Arrivals
Gate | Boat | Crew
1 | Ada Blum | 6
2 | Rosa Thal | 6
3 | The Adder | 9

Tenter Lane    2.07   steady
Mill Bridge    2.07   rising
She sailed with 6 in 1894.
The crew of the Ada Blum was 6.
"""


@pytest.mark.parametrize(
    ("question", "quoted", "expected"),
    [
        ("How many crew on Ada Blum?", "Ada Blum | 6", True),
        ("How many crew on Ada Blum?", "Rosa Thal | 6", False),
        ("ROSA THAL: crew", "Rosa Thal | 6", True),
        ("How many sailed?", "Ada Blum | 6", True),  # no row is nearer to the question
        ("How many sailed?", "Rosa Thal | 6", True),
        ("level at mill bridge", "Mill Bridge    2.07", True),
        ("level at mill bridge", "Tenter Lane    2.07", False),
        ("How many crew on Ada Blum?", "sailed with 6", True),  # prose
        ("crew of the Adder", "Adder | 9", True),  # the only row with the value
        ("crew of the Ada Blum", "Adder | 9", True),
    ],
)
def test_a_cell_is_right_in_the_row_nearest_to_the_question(question, quoted, expected):
    end = TABLE.index(quoted) + len(quoted)
    value = re.split(r"\s+", quoted)[-1]
    assert in_right_row(TABLE, end - len(value), end, question) is expected


def test_a_cell_at_the_end_of_a_text_is_in_its_row():
    text = "x | 6\ny | 6"
    assert in_right_row(text, len(text) - 1, len(text), "y")
    assert not in_right_row(text, len(text) - 1, len(text), "x")


def test_agreement_is_the_expected_f1_of_the_first_text():
    assert agreement(["the car"], [-7.0]) == 1.0
    assert agreement(["the car", "A car!"], [2.0, 1.0]) == pytest.approx(1.0)
    rivals = ["green car", "car", "Ada"]  # F1 of the first: 1, 2/3 and 0
    assert agreement(rivals, [0.0, 0.0, 0.0]) == pytest.approx((1 + 2 / 3) / 3)
    assert agreement(rivals, [1e4, 0.0, 0.0]) == pytest.approx(1.0)
    assert agreement([], []) == 0.0

import pytest

from qa.evaluation.metrics import best_over_references, exact_match, f1, normalize


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


def test_repeated_words_count_as_often_as_they_stand():
    assert f1("car car", "car") == pytest.approx(2 / 3)


def test_nothing_is_right_only_where_nothing_is_expected():
    assert best_over_references(f1, "", ()) == 1.0
    assert best_over_references(exact_match, "Kim", ()) == 0.0
    assert f1("", "Kim") == 0.0


def test_best_reference_counts():
    assert best_over_references(exact_match, "24%", ("24 percent", "24%")) == 1.0

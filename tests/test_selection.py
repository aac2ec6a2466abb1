import math

import numpy as np
import pytest
from scipy.optimize import check_grad

from qa.answers.candidates import Candidate
from qa.answers.question_words import content_stems, fit, has_name, stems
from qa.answers.selection import (
    ANSWER_FEATURES,
    ORDERING_FEATURES,
    QUOTED,
    Evidence,
    Selection,
)
from qa.errors import DatasetError
from qa.types import Hit, Passage, Pieces, Span, View
from training import fit_selection as fitting
from training.fit_selection import fit_selection

NONE = dict.fromkeys(ORDERING_FEATURES, 0.0)
QUESTION = "When did Kasimir Holt open the mill at Ulm?"
TEXTS = (
    "The mill at Ulm was opened by Kasimir Holt in 1704. It burnt down twice.",
    "Kasimir Holt was born on 9 May 1671. He moved to Ulm.",
    "A mill grinds corn.",
)
HITS = [
    Hit(Passage(f"{n}.txt", 0, len(text), text), 0.9 - n / 10, 0.5, n + 1, None)
    for n, text in enumerate(TEXTS)
]


def candidate(at, words, score=1.0, null=0.0, hits=HITS):
    passage = hits[at].passage
    start = passage.start + passage.text.index(words)
    span = Span(passage, start, start + len(words), score, null)
    return Candidate(span, hits[at], (), {})


def features(at, words, **scores):
    return Evidence.of(QUESTION, HITS).features(candidate(at, words, **scores))


def test_what_the_reader_cannot_see_is_compared_over_all_passages():
    right, wrong = features(0, "1704"), features(1, "9 May 1671")
    assert right["coverage"] == 0  # no sentence has more of the question
    assert wrong["coverage"] < -0.2
    assert (right["gap"], wrong["gap"]) == (0, pytest.approx(-0.1))
    assert (right["dense"], right["lexical"]) == (1, 0)
    assert features(0, "Kasimir Holt")["echo"] == 1
    assert features(0, "burnt down twice")["echo"] == 0
    assert features(0, "Kasimir Holt")["fit"] == -1  # "when"
    assert (right["fit"], right["single"], right["named"]) == (1, 1, 1)
    assert features(0, "1704", score=3.0, null=1.0)["margin"] == 2
    assert right["documents"] == pytest.approx(math.log(3))
    assert Evidence.of(QUESTION, HITS[:1] * 2).documents == 0
    assert Evidence.of(QUESTION, []).documents == 0


def test_a_rare_word_of_the_question_counts_for_more():
    evidence = Evidence.of("Which mill is at Ulm?", HITS)
    assert evidence.rarity["mill"] == evidence.rarity["ulm"] > 0
    assert Evidence.of("Which mill grinds?", HITS).rarity["grind"] > evidence.rarity["mill"]


def test_the_sentence_of_a_cell_is_its_row():
    source = "Mill | Opened\nUlm | 1704\nRiga | 1699"
    view = View(
        "Mill: Ulm; Opened: 1704.\nMill: Riga; Opened: 1699.",
        Pieces([(6, 14, 3), (19, 20, 4), (31, 25, 4), (45, 32, 4)]),
    )
    hits = [Hit(Passage("t.csv", 0, len(source), source, view=view), 0.9, 0.5, 1, 1)]
    evidence = Evidence.of("When did Riga open?", hits)
    ulm, riga = (evidence.features(candidate(0, year, hits=hits)) for year in ("1704", "1699"))
    assert riga["coverage"] == 0 > ulm["coverage"]


def test_a_reply_answers_before_the_message_that_it_quotes():
    text = "It is on Wednesday. It was said to be on Tuesday."
    quoted = (text.index("It was said"), len(text))
    hits = [Hit(Passage("a.eml", 0, len(text), text, quoted=(quoted,)), 0.9, 0.5, 1, 1)]
    by_score = Selection({**NONE, "score": 1.0})
    for lead, expected in ((QUOTED - 0.1, "Wednesday"), (QUOTED + 0.1, "Tuesday")):
        found = [
            candidate(0, "Tuesday", 3.0 + lead, hits=hits),
            candidate(0, "Wednesday", 3.0, hits=hits),
        ]
        first, _ = by_score.select(Evidence.of("When is it?", hits), found, 2)
        assert first.span.text == expected


def test_candidates_are_put_in_the_order_of_their_weighed_features():
    found = [candidate(1, "9 May 1671", 3.0), candidate(0, "1704", 2.5), candidate(2, "corn", 2.9)]
    by_score = Selection({**NONE, "score": 1.0})
    texts = [each.span.text for each in by_score.select(Evidence.of(QUESTION, HITS), found, 3)]
    assert texts == ["9 May 1671", "corn", "1704"]
    weighed = Selection({**NONE, "score": 1.0, "coverage": 5.0})
    first, second = weighed.select(Evidence.of(QUESTION, HITS), found, 2)
    assert (first.span.text, second.span.text) == ("1704", "9 May 1671")
    assert first.features.keys() == ANSWER_FEATURES | {"quoted"}
    ahead = 2.5 - (3.0 + 5.0 * second.features["coverage"])
    assert (first.features["behind"], second.features["behind"]) == (0, pytest.approx(-ahead))
    assert first.features["prior"] == pytest.approx(0)
    assert first.features["share"] > second.features["share"] > 0
    assert by_score.select(Evidence.of(QUESTION, HITS), [], 3) == []


def test_the_shares_of_all_candidates_sum_to_one():
    rows = [{**NONE, "score": float(score)} for score in (1, 5, 2, 5)]
    compared = Selection({**NONE, "score": 1.0}).compared(rows)
    assert sum(each["share"] for each in compared) == pytest.approx(1)
    assert [each["behind"] for each in compared] == [0, 0, -3, -4]
    assert compared[0]["share"] == pytest.approx(1 / (2 + math.exp(-3) + math.exp(-4)))


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        ("when was it sold", "in May", 1),
        ("when was it sold", "to a farmer", -1),
        ("How many rooms has it?", "eleven", 1),
        ("how much is the deposit", "£40", 1),
        ("how much is the deposit", "a refund", -1),
        ("Who sold it?", "Ada Blum", 1),
        ("who sold it", "without delay", -1),
        ("Who sold it?", "Örjan", 1),
        ("Why was it sold?", "it was damp", 0),
    ],
)
def test_the_kind_of_answer_a_question_wants(question, answer, expected):
    assert fit(question, answer) == expected


def test_words_are_compared_by_their_stems_without_function_words():
    assert content_stems("Where did the mills' owners move to?") == ["mill", "owner", "move"]
    assert stems("Opening OPENED") == {"openi", "opene"}
    assert has_name("what does Ada sell")
    assert has_name("what was sold in 1704")
    assert not has_name("What do I sell?")


def test_the_selection_is_recovered():
    rng = np.random.default_rng(0)
    true = {name: float(n - 2) for n, name in enumerate(sorted(ORDERING_FEATURES))}
    questions = []
    for _ in range(2000):
        rows = [
            dict(zip(true, map(float, rng.normal(size=len(true))), strict=True)) for _ in range(5)
        ]
        values = [Selection(true).score(row) + rng.gumbel() for row in rows]
        questions.append([(row, at == int(np.argmax(values))) for at, row in enumerate(rows)])
    nothing = [[(row, False) for row, _ in questions[0]], []]
    fitted = fit_selection([*questions, *nothing]).weights
    scale = np.mean([fitted[name] / true[name] for name in true if true[name]])
    assert 0.4 < scale <= 1.05  # the penalty shrinks them
    for name, weight in true.items():
        assert fitted[name] == pytest.approx(scale * weight, abs=0.12)


def test_the_gradient_of_the_selection_is_that_of_its_loss():
    rng = np.random.default_rng(1)
    rows, right = rng.normal(size=(7, 3)), np.array([1, 0, 0, 0, 1, 1, 0], dtype=bool)
    arguments = rows, right, np.array([0, 3])
    wrong_by = check_grad(
        lambda w: fitting._loss(w, *arguments)[0],
        lambda w: fitting._loss(w, *arguments)[1],
        np.array([0.5, -1.0, 2.0]),
    )
    assert wrong_by < 1e-5


def test_too_few_candidates_to_fit_to_say_so():
    with pytest.raises(DatasetError, match="--sample"):
        fit_selection([[(NONE, True)], [(NONE, False)], []])

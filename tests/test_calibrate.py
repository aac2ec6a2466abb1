import json
from dataclasses import replace

import numpy as np
import pytest

from qa.answers.candidates import Candidate, Ranking
from qa.answers.early_stop import EarlyStopping
from qa.answers.logistic import Logistic
from qa.answers.selection import ORDERING_FEATURES, Evidence, Selection
from qa.errors import DatasetError
from qa.networks.reader import OnnxReader
from qa.types import Hit, Passage, Span
from training.alone import asked_alone
from training.asked import read_corpus
from training.calibrate import Judged, fit, judge, leave_one_out
from training.operating_point import (
    MARGIN,
    MOST_FALSE,
    PARAGRAPHS,
    STRICTNESS,
    Outcomes,
    possible_of,
    report,
    threshold_of,
)
from training.reading import RecordedReader, WholeReading

EITHER_WAY = EarlyStopping(Logistic({}, 0.0), Logistic({}, 9.0))
_MORE = {"margin", "single", "dense", "lexical", "named", "documents"}
OTHERS = dict.fromkeys(ORDERING_FEATURES | _MORE, 0.0)


HITS = [Hit(Passage(name, 0, 4, name), 0.5, 0.5, 1, 1) for name in ("mill", "barn")]
PLACES = [frozenset({(name, 0, 4)}) for name in ("mill", "barn")]
EVIDENCE = Evidence.of("What was sold?", HITS)


def judged(rng, number, corpus):
    """Return questions, every other one unanswerable, whose best answer is right by its score."""
    questions = []
    for index in range(number):
        answerable = index % 2 == 0
        score = float(rng.normal(4.0 if answerable else 0.0, 2.0))
        right = answerable and score + float(rng.logistic()) > 2
        spans = [
            Span(hit.passage, 0, 4, each, 0.0)
            for hit, each in zip(HITS, (score - 3, score), strict=True)
        ]
        candidates = tuple(
            Candidate(span, hit, (), {**OTHERS, "score": span.score})
            for hit, span in zip(HITS, spans, strict=True)
        )
        second = RecordedReader(HITS, [[span] for span in spans])
        places = PLACES[1] if right else frozenset()
        helpful = frozenset({HITS[1].passage}) if right else frozenset()
        answered = (candidates, second, places, helpful)
        questions.append(Judged(corpus, answerable, EVIDENCE, *answered))
    return questions


@pytest.fixture(scope="module")
def questions():
    rng = np.random.default_rng(0)
    names = ("letters", "minutes", "manuals", PARAGRAPHS)
    return [each for name in names for each in judged(rng, 600, name)]


@pytest.fixture(scope="module")
def fitted(questions):
    return fit(questions, reader="x", second="y", ranking=Ranking(1.0), early_stopping=EITHER_WAY)


def test_the_thresholds_are_those_of_corpora_left_out(questions, fitted):
    calibration, found = fitted
    asked = found.whole.of(found.whole.corpus != PARAGRAPHS)
    absent = asked.probability[asked.answerable == 0]
    assert [share for share, _ in calibration.strictness] == list(STRICTNESS)
    for share, threshold in calibration.strictness:
        assert np.mean(absent >= threshold) == pytest.approx(MARGIN * (1 - share), abs=0.003)
    shown = asked.probability >= calibration.threshold
    wrong = shown & (asked.right == 0)
    assert shown[asked.answerable == 0].mean() <= MOST_FALSE
    assert wrong[asked.answerable == 1].mean() <= MOST_FALSE
    lower = asked.probability >= calibration.threshold - 0.01
    assert (
        lower[asked.answerable == 0].mean() > MOST_FALSE - 0.01
        or (lower & (asked.right == 0))[asked.answerable == 1].mean() > MOST_FALSE - 0.01
    )
    assert 0 < calibration.possible <= calibration.threshold


def test_no_corpus_is_judged_by_models_that_saw_it(questions):
    turned = [
        replace(each, corpus="turned", answerable=True, right=PLACES[0] | PLACES[1] - each.right)
        for each in questions[:300]
    ]
    both = [*questions[:600], *turned]
    found = leave_one_out(both).whole
    of_turned = found.of(found.corpus == "turned")
    # As the others have it, the higher score is right; here it is wrong.
    assert np.corrcoef(of_turned.probability, of_turned.right)[0, 1] < -0.2
    assert len(found.right) == len(both)


def test_candidates_are_shown_while_they_help_more_than_they_mislead():
    probability = np.array([0.9, 0.4, 0.35, 0.3, 0.2, 0.1])
    helps = np.array([1.0, 1, 0, 1, 0, 0])
    names = np.array(["a"] * 6)
    found = Outcomes(names, np.ones(6), probability, helps, helps)
    assert possible_of(found, 0.5) == 0.4  # the first of equal sums
    helps[2] = 1.0
    assert possible_of(Outcomes(names, np.ones(6), probability, helps, helps), 0.5) == 0.3
    assert possible_of(Outcomes(names, np.ones(6), probability, 0 * helps, 0 * helps), 0.5) == 0.5


def test_a_threshold_that_nothing_passes_is_one():
    nothing = np.zeros(4)
    sure = np.full(4, 0.99)
    found = Outcomes(np.array(["a"] * 4), np.array([0.0, 0, 1, 1]), sure, nothing, nothing)
    assert threshold_of(found) == 1.0


def test_what_is_reported(fitted):
    calibration, found = fitted
    scores = report(found.whole, threshold=calibration.threshold, possible=calibration.possible)
    assert list(scores) == ["all", "letters", "minutes", "manuals", PARAGRAPHS]
    assert (scores["all"]["questions"], scores["letters"]["answerable"]) == (1800, 300)
    assert scores["all"]["ece"] < 0.05
    assert scores["all"]["auc_absent"] > 0.9
    for each in scores.values():
        assert each["right_shown"] + each["wrong_shown"] == pytest.approx(
            100 - each["refused"], abs=0.2
        )


def test_a_corpus_asked_document_by_document_is_left_out_with_the_others(questions):
    turned = [
        replace(each, answerable=True, right=PLACES[0] | PLACES[1] - each.right)
        for each in questions[:600]
    ]
    both = questions[:1200]
    found = leave_one_out(both, turned)  # of the first corpus, and learnt from with it only
    before = leave_one_out(both)
    first, second = (before.whole.corpus == name for name in ("letters", "minutes"))
    assert np.array_equal(found.whole.probability[first], before.whole.probability[first])
    assert not np.array_equal(found.whole.probability[second], before.whole.probability[second])
    assert len(found.alone.right) == len(turned)
    assert len(before.alone.right) == 0


def test_one_corpus_is_too_few(questions):
    with pytest.raises(DatasetError, match="too few corpora"):
        fit(
            questions[:600],
            reader="x",
            second="y",
            ranking=Ranking(1.0),
            early_stopping=EITHER_WAY,
        )


def test_candidates_are_judged_by_their_places():
    text = "Ada Blum sold the mill. Ada Blum bought a barn."
    hit = Hit(Passage("a.txt", 0, len(text), text), 0.5, 0.5, 1, 1)
    spans = [[Span(hit.passage, 18, 22, 3.0, 0.0), Span(hit.passage, 42, 46, 2.0, 0.0)]]
    second = [[Span(hit.passage, 40, 46, 2.0, 0.0)]]
    right = frozenset({("a.txt", 42, 46), ("a.txt", 40, 46)})
    about = ("What did Ada buy?", right, "a", frozenset(), second)
    reading = WholeReading(("barn",), [hit], spans, *about)
    found = judge(reading, ranking=Ranking(0.0), early_stopping=EITHER_WAY)
    assert [right for _, right in found.rows()] == [False, True]
    assert found.helpful == {hit.passage}  # it contains the answer
    assert found.candidates[0].features["margin"] == 3.0
    looked_at = found.looked_at(Selection(dict.fromkeys(ORDERING_FEATURES, 1.0)))
    assert [each.span.text for each in looked_at] == ["mill", "barn", "a barn"]
    assert [found.is_right(each) for each in looked_at] == [False, True, True]


def test_a_question_is_asked_of_the_document_that_answers_it_alone():
    names = ("b.txt", "a.txt", "b.txt", "a.txt")
    ranks = ((1, None), (2, 3), (3, 1), (None, 2))
    hits = [
        Hit(Passage(name, at, at + 4, "mill"), 0.5, 0.5, *rank)
        for at, (name, rank) in enumerate(zip(names, ranks, strict=True))
    ]
    spans = [[Span(hit.passage, at, at + 4, 0.0, 0.0)] for at, hit in enumerate(hits)]
    whole = WholeReading(("mill",), hits, spans, "What?", documents=frozenset({"a.txt"}))
    alone = asked_alone(whole)
    assert [each.passage.start for each in alone.hits] == [1, 3]
    assert [(each.dense_rank, each.lexical_rank) for each in alone.hits] == [(1, 2), (None, 1)]
    assert (alone.spans, alone.second) == ([spans[1], spans[3]], [])
    absent = asked_alone(replace(whole, accepted=(), documents=frozenset(), second=spans))
    assert [each.passage.start for each in absent.hits] == [0, 2]
    assert absent.second == [spans[0], spans[2]]
    assert asked_alone(replace(whole, documents=frozenset({"c.txt"}))) is None
    assert asked_alone(replace(whole, accepted=(), hits=[], spans=[])) is None


def test_readings_of_a_corpus_are_kept_and_taken_up_again(tmp_path):
    corpus = tmp_path / "letters"
    (corpus / "docs").mkdir(parents=True)
    text = "The mill was sold by Ada Blum in 1704.\n"
    (corpus / "docs" / "a.txt").write_text(text)
    rows = "Mill,Sold\nUlm,1704\nRiga,1699\n"
    (corpus / "docs" / "b.csv").write_text(rows)
    asked = [
        {"id": "1", "question": "Who sold the mill?", "answers": ["Ada Blum"], "document": "a.txt"},
        {"id": "2", "question": "Who bought the mill?", "answers": []},
    ]
    (corpus / "questions.jsonl").write_text("\n".join(map(json.dumps, asked)))
    reader = OnnxReader()
    kept = tmp_path / "kept"
    first = read_corpus(corpus, reader, reader, sample=9, top_k=5, keep=kept)
    (corpus / "docs" / "a.txt").unlink()  # no longer needed
    again = read_corpus(corpus, reader, reader, sample=9, top_k=5, keep=kept)
    assert again == first
    (answerable,) = (each for each in first if each.accepted)
    start = text.index("Ada")
    assert ("a.txt", start, start + 8) in answerable.right
    assert answerable.second == answerable.spans  # by the same reader
    assert any(hit.passage.view for hit in answerable.hits)  # kept with its map

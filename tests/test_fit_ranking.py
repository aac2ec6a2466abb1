import numpy as np
import pytest
from scipy.optimize import check_grad

from qa.answers.candidates import Ranking
from qa.errors import DatasetError
from qa.types import Hit, Passage, Span
from training import fit_ranking as fitting
from training.fit_ranking import fit_ranking
from training.reading import WholeReading

RIGHT, WRONG = "Ichiro Tanaka", "the valley"
TRUE = Ranking(8.0)


def reading(rng, *, score_counts=1.0, passages=6):
    """Return a question whose right span was drawn by ``TRUE``, of one span to each passage."""
    hits = []
    for number in range(passages):
        passage = Passage(f"{number}.txt", 0, 40, "")
        hits.append(Hit(passage, float(rng.normal(0.7, 0.3)), 0.0, None, None))
    scores = rng.normal(2, 3, passages)
    values = score_counts * scores + [TRUE.prior(hit) for hit in hits]
    right = int(np.argmax(values + rng.gumbel(size=passages)))
    spans = []
    for number, hit in enumerate(hits):
        text = RIGHT if number == right else WRONG
        passage = Passage(hit.passage.document_id, 0, len(text), text)
        spans.append([Span(passage, 0, len(text), float(scores[number]), 0.0)])
    return WholeReading((RIGHT,), hits, spans)


def test_a_score_is_the_readers_and_the_weighted_retrievers():
    passage = Passage("a.txt", 0, 3, "car")
    span = Span(passage, 0, 3, 2.0, 0.0)
    near = Hit(passage, 0.75, 0.5, 1, None)
    assert TRUE.prior(near) == 6
    assert TRUE.score(span, near) == 8


def test_the_retrieval_weight_is_recovered():
    rng = np.random.default_rng(0)
    readings = [reading(rng) for _ in range(600)]
    nothing = [WholeReading((), each.hits, each.spans) for each in readings[:50]]
    fitted = fit_ranking([*readings, *nothing, WholeReading((RIGHT,), [], [])])
    assert fitted.retrieval_weight == pytest.approx(TRUE.retrieval_weight, rel=0.1)


def test_the_gradient_is_that_of_the_loss():
    rng = np.random.default_rng(1)
    questions = list(fitting._questions([reading(rng) for _ in range(20)]))
    for weights in (np.zeros(2), np.array([0.7, 6.0])):
        wrong_by = check_grad(
            lambda w: fitting._loss(w, questions)[0],
            lambda w: fitting._loss(w, questions)[1],
            weights,
        )
        assert wrong_by < 1e-5


def test_several_right_spans_share_what_is_made_great():
    features = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 2.0]])
    question = (features, np.array([True, True, False]))
    odds = np.exp([1.0, 2.0, 6.0])  # of weights 1 and 2
    weights = np.array([1.0, 2.0])
    loss, _ = fitting._loss(weights, [question])
    assert loss == pytest.approx(-np.log((odds[0] + odds[1]) / odds.sum()) + 1e-3 * 5)
    wrong_by = check_grad(
        lambda w: fitting._loss(w, [question])[0],
        lambda w: fitting._loss(w, [question])[1],
        weights,
    )
    assert wrong_by < 1e-5


def test_what_cannot_be_learnt_from_says_so():
    rng = np.random.default_rng(2)
    absent = [WholeReading((), each.hits, each.spans) for each in [reading(rng)]]
    with pytest.raises(DatasetError, match="--sample"):
        fit_ranking(absent)
    with pytest.raises(DatasetError, match="train the reader first"):
        fit_ranking([reading(rng, score_counts=-1.0) for _ in range(200)])

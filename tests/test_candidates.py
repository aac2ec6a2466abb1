import pytest

from qa.answers.candidates import Ranking, rank_candidates
from qa.types import Hit, Passage, Span

SCORE_ALONE = Ranking(0.0)

TEXT = "Kim Jong Un got a car. Later the KIM JONG UN museum opened."


def hit(document="a.txt", start=0, text=TEXT, *, near=0.5):
    return Hit(Passage(document, start, start + len(text), text), near, 0.7, 1, None)


def ranked_by_score(hits, spans):
    return rank_candidates(hits, spans, ranking=SCORE_ALONE)


def span(h, words, score, null=0.0):
    start = h.passage.start + h.passage.text.index(words)
    return Span(h.passage, start, start + len(words), score, null)


def test_the_better_of_two_overlapping_spans_is_kept():
    h = hit()
    ranked = ranked_by_score([h], [[span(h, "Kim Jong Un", 3), span(h, "Jong Un", 5)]])
    assert [c.span.text for c in ranked] == ["Jong Un"]


def test_the_same_place_read_in_two_passages_is_one_answer():
    first, second = hit(), hit(start=4, text=TEXT[4:])
    ranked = ranked_by_score([first, second], [[span(first, "car", 1)], [span(second, "car", 2)]])
    assert [(c.span.text, c.span.score, c.also) for c in ranked] == [("car", 2, ())]


def test_equal_answers_are_merged_and_every_place_is_kept():
    here, there = hit(), hit("b.txt", text="It was Kim Jong Un.")
    spans = [
        [span(here, "Kim Jong Un", 4), span(here, "KIM JONG UN", 2)],
        [span(there, "Kim Jong Un", 3)],
    ]
    (only,) = ranked_by_score([here, there], spans)
    assert [(s.passage.document_id, s.text) for s in only.also] == [
        ("b.txt", "Kim Jong Un"),
        ("a.txt", "KIM JONG UN"),
    ]


def test_a_span_below_its_null_score_adds_no_place():
    here, there = hit(), hit("b.txt", text="Kim Jong Un was born.")
    spans = [[span(here, "Kim Jong Un", 4)], [span(there, "Kim Jong Un", 1, null=6)]]
    (only,) = ranked_by_score([here, there], spans)
    assert only.also == ()


def test_the_lead_is_over_the_best_rival():
    h = hit()
    spans = [[span(h, "car", 5), span(h, "museum", 3), span(h, "got", 2)]]
    features = [each.features for each in ranked_by_score([h], spans)]
    assert [(f["margin"], f["lead"]) for f in features] == [(5, 2), (3, -2), (2, -3)]
    far = [[span(h, "car", 50), span(h, "museum", 3)]]
    features = [each.features for each in ranked_by_score([h], far)]
    assert [f["lead"] for f in features] == [10, -10]


def test_a_sole_answer_leads_by_its_score():
    h = hit()
    near = Ranking(100.0)
    for score in (4, -3):
        (only,) = rank_candidates([h], [[span(h, "car", score)]], ranking=near)
        assert only.features["lead"] == score


def test_the_retrieval_score_decides_between_passages():
    far, near = hit(near=0.4), hit("b.txt", text="A museum opened.", near=0.7)
    spans = [[span(far, "car", 5), span(far, "got", 4.5)], [span(near, "museum", 4)]]

    def order(retrieval_weight):
        found = rank_candidates([far, near], spans, ranking=Ranking(retrieval_weight))
        ahead = [each.features["lead"] for each in found]
        return list(zip((each.span.text for each in found), map(pytest.approx, ahead), strict=True))

    assert order(0.0) == [("car", 0.5), ("got", -0.5), ("museum", -1)]
    assert order(3.0) == [("car", 0.1), ("museum", -0.1), ("got", -0.5)]
    assert order(5.0) == [("museum", 0.5), ("car", -0.5), ("got", -1.0)]


def test_without_spans_there_are_no_candidates():
    assert ranked_by_score([hit()], [[]]) == []
    assert ranked_by_score([hit()], [None]) == []

from qa.candidates import rank_candidates
from qa.types import Hit, Passage, Span

TEXT = "Kim Jong Un got a car. Later the KIM JONG UN museum opened."


def hit(document="a.txt", start=0, text=TEXT, rank=1):
    return Hit(Passage(document, start, start + len(text), text), 0.5, 0.7, rank, None)


def span(h, words, score, null=0.0):
    start = h.passage.start + h.passage.text.index(words)
    return Span(h.passage, start, start + len(words), score, null)


def test_the_better_of_two_overlapping_spans_stays():
    h = hit()
    ranked = rank_candidates([h], [[span(h, "Kim Jong Un", 3), span(h, "Jong Un", 5)]], limit=3)
    assert [c.span.text for c in ranked] == ["Jong Un"]


def test_the_same_place_read_in_two_passages_is_one_answer():
    first, second = hit(), hit(start=4, text=TEXT[4:])
    ranked = rank_candidates(
        [first, second], [[span(first, "car", 1)], [span(second, "car", 2)]], limit=3
    )
    assert [(c.span.text, c.span.score, c.also) for c in ranked] == [("car", 2, ())]


def test_equal_answers_are_merged_and_every_place_is_kept():
    here, there = hit(), hit("b.txt", text="It was Kim Jong Un.")
    spans = [
        [span(here, "Kim Jong Un", 4), span(here, "KIM JONG UN", 2)],
        [span(there, "Kim Jong Un", 3)],
    ]
    (only,) = rank_candidates([here, there], spans, limit=3)
    assert [(s.passage.document_id, s.text) for s in only.also] == [
        ("b.txt", "Kim Jong Un"),
        ("a.txt", "KIM JONG UN"),
    ]


def test_a_place_the_reader_does_not_believe_is_no_support():
    here, there = hit(), hit("b.txt", text="Kim Jong Un was born.")
    spans = [[span(here, "Kim Jong Un", 4)], [span(there, "Kim Jong Un", 1, null=6)]]
    (only,) = rank_candidates([here, there], spans, limit=3)
    assert only.also == ()


def test_lead_is_over_the_best_other_answer_and_negative_behind_it():
    h = hit()
    ranked = rank_candidates([h], [[span(h, "car", 5), span(h, "museum", 3)]], limit=3)
    assert [c.features["lead"] for c in ranked] == [2, -2]
    (alone,) = rank_candidates([h], [[span(h, "car", 5), span(h, "museum", 3)]], limit=1)
    assert alone.features["lead"] == 2


def test_no_spans_no_candidates():
    assert rank_candidates([hit()], [[]], limit=3) == []

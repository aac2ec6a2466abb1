from dataclasses import replace

import numpy as np
import pytest

from benchmarks.early_stop import judge, read_all
from qa import QA
from qa.answers import candidates
from qa.answers import reading as loop
from qa.answers.calibration import Calibration
from qa.answers.early_stop import FEATURES, Prospects
from qa.answers.logistic import Logistic
from qa.answers.ranking import Ranking
from qa.answers.reading import FIRST
from qa.errors import DatasetError
from qa.evaluation.golden import GoldenQuestion
from qa.networks.reader import OnnxReader
from qa.types import Hit, Passage, Span
from training import reading
from training.fit_logistic import fit_logistic
from training.reading import WholeReading, changes, gains

TEXTS = [
    "The clock was carved by Ichiro Tanaka.",
    "The Elbe flows through Dresden.",
    "Nothing is known of it.",
    "The valley is green.",
    "One ICHIRO TANAKA, of Osaka, carved it.",
    "Ichiro Tanakas are many.",
    "“Ichiro Tanaka’s clock” is old—a wonder.",
]
HITS = [
    Hit(Passage(f"{n}.txt", 0, len(text), text), 0.5 - n / 50, 0.7 - n / 20, n + 1, n or None)
    for n, text in enumerate(TEXTS)
]
PASSAGES = [hit.passage for hit in HITS]
UNREAD = [None] * len(HITS)
RIVERS = ("Elbe", "Neckar", "Oder", "Saale", "Spree", "Weser")
NEVER, ALWAYS = Logistic({}, -9), Logistic({}, 9)
NOT_ONE, EVERY = Prospects(NEVER, ALWAYS), Prospects(ALWAYS, ALWAYS)


SCORE_ALONE = Ranking(0.0)
NEARER = Ranking(10.0)


def span(position, words, score, null=0.0):
    passage = HITS[position].passage
    start = passage.text.index(words)
    return Span(passage, start, start + len(words), score, null)


def seen(**spans):
    """Return the spans of all hits: ``p0=[…]`` those of the first, None for those not named."""
    return [spans.get(f"p{position}") for position in range(len(HITS))]


TWO = seen(p0=[span(0, "Ichiro Tanaka", 9)], p1=[span(1, "Dresden", 2)])


def only(bias=-5.0, **weights):
    return Prospects(Logistic(weights, bias), ALWAYS)


def next_to_read(hits, spans, *, prospects, ranking=SCORE_ALONE):
    return loop.next_to_read(hits, spans, ranking=ranking, prospects=prospects)


def rank_candidates(hits, spans, *, limit, ranking=SCORE_ALONE):
    return candidates.rank_candidates(hits, spans, ranking=ranking, limit=limit)


def features(hit, best, first, *, ranking=SCORE_ALONE):
    return loop.features(hit, best, first, ranking)


def stop_early(hits, spans, *, prospects, ranking=SCORE_ALONE):
    return loop.stop_early(hits, spans, ranking=ranking, prospects=prospects)


def fit_prospects(readings):
    return reading.fit_prospects(readings, SCORE_ALONE)


def shipped():
    return Calibration.load(reader=OnnxReader().fingerprint)


def test_the_nearest_are_read_before_anything_is_known():
    assert next_to_read(HITS, UNREAD, prospects=NOT_ONE) == [0, 1]
    assert next_to_read(HITS[:1], UNREAD[:1], prospects=NOT_ONE) == [0]
    assert next_to_read([], [], prospects=NOT_ONE) == []


def test_then_the_likeliest_and_as_many_as_were_read():
    assert next_to_read(HITS, TWO, prospects=EVERY) == [2, 3]
    assert next_to_read(HITS, TWO, prospects=only(repeats=9.0)) == [4, 6]
    four = [*TWO[:2], [], [], None, None, None]
    assert next_to_read(HITS, four, prospects=only(repeats=9.0, gap=2.5)) == [4, 6]
    nearest, farthest = only(9, lexical=-6.0, gap=50.0), only(5, needed=-1.0, gap=-50.0)
    assert next_to_read(HITS, four, prospects=nearest) == [4, 5, 6]
    assert next_to_read(HITS, four, prospects=farthest) == [6, 5, 4]


def test_reading_stops_where_none_is_likely():
    assert next_to_read(HITS, TWO, prospects=NOT_ONE) == []
    certain = Logistic({"needed": -1.0}, 5.0)  # 9 logits: 0.018; 8 logits: 0.047

    def worth(spans, limit):
        return next_to_read(HITS, spans, prospects=Prospects(certain, ALWAYS, min_change=limit))

    assert worth(TWO, 0.2) == []
    less = seen(p0=[span(0, "Ichiro Tanaka", 8)], p1=[])
    assert worth(less, 0.04) == [2, 3]
    assert worth(less, 0.3) == [4, 6]  # they repeat it
    assert worth(less, 0.6) == []


def test_reading_stops_where_nothing_is_to_be_gained():
    assert next_to_read(HITS, TWO, prospects=Prospects(ALWAYS, NEVER)) == []
    near = Logistic({"gap": 100.0}, 4.0)  # 0.5, 0.12, 0.02, 0.002 for HITS[2:6]

    def worth(limit):
        return next_to_read(HITS, TWO, prospects=Prospects(ALWAYS, near, min_gain=limit))

    assert worth(0.3) == [2]
    assert worth(0.05) == [2, 3]
    assert worth(0.6) == []
    # That it repeats the answer makes no difference here.
    four = [*TWO[:2], [], [], None, None, None]
    prospects = Prospects(ALWAYS, near, min_gain=0.05)
    assert next_to_read(HITS, four, prospects=prospects) == []


def test_without_an_answer_all_is_read():
    assert next_to_read(HITS, seen(p0=[], p1=[]), prospects=NOT_ONE) == [2, 3]
    assert next_to_read(HITS, [[]] * 4 + [None] * 3, prospects=NOT_ONE) == [4, 5, 6]
    assert next_to_read(HITS, [[]] * 7, prospects=EVERY) == []


def test_features_of_a_passage_that_has_not_been_read():
    best = rank_candidates(HITS[:2], TWO[:2], limit=1)[0]
    assert features(HITS[4], best, HITS[0]).keys() == FEATURES
    assert features(HITS[4], best, HITS[0]) == pytest.approx(
        {
            "needed": 9,
            "margin": 9,
            "lead": 7,
            "first_score": 0.5,
            "gap": -0.08,
            "lexical": 1 / 4,
            "repeats": 1,
        }
    )
    plural = features(HITS[5], best, HITS[0])
    assert plural["repeats"] == 0  # "Tanakas"
    assert features(HITS[0], best, HITS[0])["lexical"] == 0  # not found by words
    # The answer's passage has a score of 0.5 as a hit, the other one of 0.42.
    nearer = features(HITS[4], best, HITS[0], ranking=NEARER)
    assert nearer["needed"] == pytest.approx(9 + 5 - 4.2)


def test_an_answer_without_a_word_of_its_own_is_mentioned_nowhere():
    best = rank_candidates(HITS[:1], [[span(0, "The", 9)]], limit=1)
    assert [features(hit, each, HITS[0])["repeats"] for each in best for hit in HITS] == [0] * 7


def test_the_shipped_chances_rise_with_what_is_near_and_fall_with_what_is_found():
    best = rank_candidates(HITS[:2], TWO[:2], limit=1)[0]
    prospects = shipped().prospects
    known = features(HITS[2], best, HITS[0])
    for chance in (prospects.change, prospects.gain):
        assert set(chance.weights) == set(known)
        for name in known:
            assert (chance.weights[name] < 0) == (name in {"needed", "lead"}), name


def test_the_reader_asks_until_nothing_is_named():
    reader = OnnxReader()
    question = "Who carved the clock?"
    asked = []
    answers = [[0, 1], [5, 2], []]

    def ask(spans):
        asked.append(list(spans))
        return answers[len(asked) - 1]

    found = reader.read(question, PASSAGES, next_to_read=ask)
    whole = reader.read(question, PASSAGES)
    assert all(whole)
    assert asked[0] == UNREAD
    assert asked[1] == [*whole[:2], None, None, None, None, None]
    assert asked[2] == [*whole[:3], None, None, whole[5], None]
    assert found == [*whole[:3], [], [], whole[5], []]


def test_what_is_not_worth_reading_is_not_taken_apart(monkeypatch):
    reader = OnnxReader()
    taken = []
    rows = reader._rows
    monkeypatch.setattr(
        reader, "_rows", lambda *given: taken.append(list(given[2])) or rows(*given)
    )
    answers = iter([[0, 1], [5], []])
    reader.read("Who carved the clock?", PASSAGES, next_to_read=lambda _: next(answers))
    assert taken == [[0, 1], [5]]


def test_a_budget_is_spent_in_the_order_of_reading():
    reader = OnnxReader()
    long = Passage("long.txt", 0, 600, "Nothing of it is known. " * 25)
    passages = [PASSAGES[0], long, PASSAGES[4]]
    answers = [[0], [2], [1], []]

    def read(budget):
        left = iter(answers)
        found = reader.read(
            "Who carved it?", passages, max_tokens=budget, next_to_read=lambda _: next(left)
        )
        return [bool(spans) for spans in found]

    assert read(80) == [True, False, True]
    assert read(400) == [True, True, True]


def test_what_a_budget_does_not_reach_is_not_asked_about():
    asked = []

    def ask(spans):
        asked.append(list(spans))
        return [0, 1]

    found = OnnxReader().read("Who carved it?", PASSAGES, max_tokens=20, next_to_read=ask)
    assert [bool(spans) for spans in found] == [True, *[False] * 6]
    assert asked == [UNREAD]


def test_a_passage_that_overlaps_the_answer_does_not_repeat_it():
    text = "Nobody knows its age. The clock was carved by Ichiro Tanaka. The valley is green."
    start = text.index("The clock")
    parts = [Passage("one.txt", 0, start + 41, text[: start + 41])]
    parts.append(Passage("one.txt", start, len(text), text[start:]))
    other = Passage("two.txt", 0, len(text), text)
    hits = [Hit(passage, 0.5, 0.7, 1, 1) for passage in (*parts, other)]
    answer = text.index("Ichiro")
    best = rank_candidates(hits[:1], [[Span(parts[0], answer, answer + 13, 9, 0)]], limit=1)[0]
    assert [features(hit, best, hits[0])["repeats"] for hit in hits] == [0, 0, 1]


ACCEPTED = ("Ichiro Tanaka",)
WEAK = [[span(0, "The clock", 5)], [span(1, "Dresden", 4)], [span(2, "Nothing", 3)]]


def brings(before, found, accepted=ACCEPTED):
    """Return whether the spans of HITS[4], read after some, change the answer, and better it."""
    hits = HITS[: len(before)]
    one = rank_candidates(hits, before, limit=3)
    two = rank_candidates([*hits, HITS[4]], [*before, found], limit=3)
    return changes(one, two), gains(one, two, accepted)


def tanaka(score, null=9.0):
    return [span(4, "ICHIRO TANAKA", score, null)]


def test_what_a_right_answer_brings_where_there_was_none():
    assert brings(WEAK, tanaka(6)) == (True, True)
    assert brings(WEAK, tanaka(3.5)) == (False, True)  # among three
    assert brings(WEAK, tanaka(2)) == (False, False)
    assert brings(WEAK[:2], tanaka(2)) == (False, True)
    assert brings(WEAK, tanaka(6), accepted=()) == (True, False)  # it cannot be answered
    assert brings(WEAK, [span(4, "Osaka", 6)]) == (True, False)
    # A longer one in the same place scores more: the right one is never shown.
    longer = span(4, "One ICHIRO TANAKA, of Osaka, carved it", 7)
    assert brings(WEAK, [longer, *tanaka(6)]) == (True, False)


def test_what_an_answer_brings_that_was_there_already():
    second = [WEAK[0] + [span(0, "Ichiro Tanaka", 3)]]
    assert brings(second, tanaka(6)) == (True, True)  # now first
    assert brings(second, tanaka(4)) == (False, False)
    first = [[span(0, "Ichiro Tanaka", 3)]]
    assert brings(first, tanaka(2, null=1)) == (True, True)  # another place
    assert brings(first, tanaka(2, null=1), accepted=()) == (True, True)  # right or not
    assert brings(first, tanaka(2)) == (False, False)  # the reader does not believe it
    # The new one comes first, and the place before it is one that the reader does not believe.
    assert brings([[span(0, "Ichiro Tanaka", 3, null=8)]], tanaka(4)) == (False, False)


def test_the_same_characters_in_another_passage_are_no_other_place():
    text = "Nobody knows its age. The clock was carved by Ichiro Tanaka. The valley is green."
    parts = [Passage("one.txt", 0, 60, text[:60]), Passage("one.txt", 22, len(text), text[22:])]
    parts.append(Passage("two.txt", 0, len(text), text))
    hits = [Hit(passage, 0.5, 0.7, 1, 1) for passage in parts]
    answer = text.index("Ichiro")
    found = [
        [Span(part, answer, answer + 13, score, 0)]
        for part, score in zip(parts, (9, 10, 5), strict=True)
    ]
    one, overlapping = (rank_candidates(hits[:n], found[:n], limit=3) for n in (1, 2))
    elsewhere = rank_candidates(hits, found, limit=3)
    assert not changes(one, overlapping)
    assert not gains(one, overlapping, ACCEPTED)
    assert changes(overlapping, elsewhere)
    assert gains(overlapping, elsewhere, ACCEPTED)


def test_the_chances_are_fitted_to_what_was_not_yet_read():
    spans = [[span(0, "Ichiro Tanaka", 5)], [span(1, "Dresden", 1)], [], []]
    spans += [[span(4, "ICHIRO TANAKA", 4)], [span(5, "many", 0)], [span(6, "wonder", 1)]]
    wrong = [[span(0, "The clock", 1)], [], [], [], [span(4, "Osaka", 4)], [], []]

    def fitted(accepted):
        return fit_prospects(
            [WholeReading(ACCEPTED, HITS, spans), WholeReading(accepted, HITS, wrong)]
        )

    prospects = fitted(ACCEPTED)
    assert prospects.change.weights["repeats"] > 0  # of three with the words, one says the same
    assert prospects.change.weights["needed"] != 0
    best = rank_candidates(HITS[:2], spans[:2], limit=1)[0]
    for chance in (prospects.change, prospects.gain):
        chances = [chance.probability(features(hit, best, HITS[0])) for hit in HITS[2:]]
        assert max(chances) == chances[2]  # HITS[4]
    best = rank_candidates(HITS[:2], wrong[:2], limit=1)[0]
    known = features(HITS[4], best, HITS[0])
    # "Osaka" changes the answer, and betters it where it is right.
    assert prospects.gain.probability(known) < prospects.change.probability(known) / 2
    assert fitted(("Osaka",)).gain.probability(known) > 2 * prospects.gain.probability(known)


def test_too_few_questions_to_fit_to_say_so():
    nothing = WholeReading(ACCEPTED, HITS, [[span(0, "Ichiro Tanaka", 5)], *[[]] * 6])
    with pytest.raises(DatasetError, match="--sample"):
        fit_prospects([nothing])


def test_a_fitted_regression_gives_what_scikit_learn_gives():
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    numbers = np.random.default_rng(0).normal(size=(40, 2)) * (1, 50) + (3, -20)
    labels = list(numbers[:, 0] * 10 + numbers[:, 1] > 5)
    rows = [{"near": a, "far": b} for a, b in numbers]
    fitted = fit_logistic(rows, labels)
    known = make_pipeline(StandardScaler(), LogisticRegression(C=1.0)).fit(numbers, labels)
    expected = known.predict_proba(numbers)[:, 1]
    assert [fitted.probability(row) for row in rows] == pytest.approx(expected, abs=1e-4)


@pytest.fixture(scope="module")
def clocks(tmp_path_factory):
    """Return an index that names a carver twice, and between them a clock without one."""
    folder = tmp_path_factory.mktemp("clocks") / "documents"
    folder.mkdir()
    texts = {
        "made": "The old clock was carved by Ichiro Tanaka in 1894.",
        "asked": "Who carved the old clock? Who carved it, people ask. It is an old clock.",
        "again": "The mayor thanked Ichiro Tanaka, who carved the old clock of the town hall.",
        **{f"{river}": f"The {river} flows through a green valley." for river in RIVERS},
    }
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(f"{text}\n")
    index = folder.parent / "index"
    QA.build(folder, index)
    return QA.open(index)


def test_a_question_stops_early_and_still_finds_every_place(clocks):
    prediction = clocks.ask("Who carved the old clock?")
    assert prediction.answers[0].text == "Ichiro Tanaka"
    assert FIRST < prediction.passages_read < len(prediction.passages)
    places = {
        each.document_id for each in (prediction.answers[0].place, *prediction.answers[0].also_at)
    }
    assert places == {"made.txt", "again.txt"}
    assert not places <= {hit.passage.document_id for hit in prediction.passages[:FIRST]}
    # What the benchmark counts is what happens.
    reader = OnnxReader()
    asked = GoldenQuestion("1", prediction.question, ("Ichiro Tanaka",), ("made.txt",))
    found = judge(read_all([asked], clocks, reader), Calibration.load(reader=reader.fingerprint))
    read = prediction.passages_read / len(prediction.passages)
    assert found["passages_not_read"] == pytest.approx(100 * (1 - read), abs=0.1)
    assert found["places_kept"] == found["places"] == 1


def test_stopping_early_is_what_reading_does():
    prospects = shipped().prospects
    assert stop_early(HITS, [[]] * 7, prospects=prospects) == [[]] * 7  # nothing found: all read
    spans = [[span(0, "Ichiro Tanaka", 60)], *[[]] * 6]
    assert stop_early(HITS, spans, prospects=prospects) == [spans[0], [], *[None] * 5]
    # Much may beat what the reader itself does not believe, and is not likely to be right.
    poor = [[], [span(1, "Dresden", 0, null=20.0)], *[[]] * 5]
    assert stop_early(HITS, poor, prospects=prospects)[-1] is None
    assert stop_early(HITS, poor, prospects=replace(prospects, min_gain=0.0)) == poor
    everything = replace(prospects, min_change=0.0, min_gain=0.0)
    assert stop_early(HITS, spans, prospects=everything) == spans

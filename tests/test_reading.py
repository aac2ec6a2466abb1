from dataclasses import replace

import numpy as np
import pytest

from benchmarks.early_stop import judge, read_all
from qa import QA
from qa.answers import candidates
from qa.answers import early_stop as stopping
from qa.answers.calibration import Calibration
from qa.answers.candidates import Ranking
from qa.answers.early_stop import FEATURES, EarlyStopping
from qa.answers.logistic import Logistic
from qa.answers.reading import FIRST, LARGEST_ROUND, read
from qa.errors import DatasetError
from qa.evaluation.golden import GoldenQuestion
from qa.networks.reader import OnnxReader
from qa.types import Hit, Passage, Span
from training import reading
from training.fit_logistic import fit_logistic
from training.reading import RecordedReader, WholeReading, changes, gains

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
RIVERS = ("Elbe", "Neckar", "Oder", "Saale", "Spree", "Weser")
NEVER, ALWAYS = Logistic({}, -9), Logistic({}, 9)
NOT_ONE, EVERY = EarlyStopping(NEVER, ALWAYS), EarlyStopping(ALWAYS, ALWAYS)


SCORE_ALONE = Ranking(0.0)
NEARER = Ranking(10.0)


def span(position, words, score, null=0.0):
    passage = HITS[position].passage
    start = passage.text.index(words)
    return Span(passage, start, start + len(words), score, null)


def spans_of(**spans):
    """Return the spans of all hits: ``p0=[…]`` those of the first, none where not named."""
    return [spans.get(f"p{position}", []) for position in range(len(HITS))]


TWO = spans_of(p0=[span(0, "Ichiro Tanaka", 9)], p1=[span(1, "Dresden", 2)])


class WatchedReader(RecordedReader):
    """Keeps the positions of each round."""

    def __init__(self, hits, spans):
        super().__init__(hits, spans)
        self.rounds = []

    def read(self, question, passages, **limits):
        self.rounds.append([PASSAGES.index(passage) for passage in passages])
        return super().read(question, passages, **limits)


def rounds(spans, early_stopping, hits=HITS):
    """Return the positions read in each round."""
    reader = WatchedReader(hits, spans)
    read(reader, "", hits, ranking=SCORE_ALONE, early_stopping=early_stopping)
    return reader.rounds


def only(bias=-5.0, **weights):
    return EarlyStopping(Logistic(weights, bias), ALWAYS)


def rank_candidates(hits, spans, *, ranking=SCORE_ALONE):
    return candidates.rank_candidates(hits, spans, ranking=ranking)


def features(hit, best, first, *, ranking=SCORE_ALONE):
    return stopping.features(hit, best, first, ranking)


def fit_early_stopping(readings):
    return reading.fit_early_stopping(readings, SCORE_ALONE)


def shipped():
    return Calibration.load(reader=OnnxReader().fingerprint)


def test_the_nearest_are_read_before_anything_is_known():
    assert rounds(TWO, NOT_ONE) == [[0, 1]]
    assert rounds(TWO[:1], NOT_ONE, HITS[:1]) == [[0]]
    assert rounds([], NOT_ONE, []) == []


def test_each_round_reads_as_many_as_before_the_likeliest_first():
    assert rounds(TWO, EVERY) == [[0, 1], [2, 3], [4, 5, 6]]
    repeating = only(repeats=9.0)
    assert rounds(TWO, repeating) == [[0, 1], [4, 6]]
    assert rounds(TWO, only(repeats=9.0, gap=2.5)) == [[0, 1], [4, 6]]
    nearest, farthest = only(9, lexical=-6.0, gap=50.0), only(5, needed=-1.0, gap=-50.0)
    assert rounds(TWO, nearest) == [[0, 1], [2, 3], [4, 5, 6]]
    assert rounds(TWO, farthest) == [[0, 1], [6, 5], [4, 3, 2]]


def test_reading_stops_if_no_passage_is_likely_to_change_the_answer():
    certain = Logistic({"needed": -1.0}, 5.0)  # 9 logits: 0.018; 8 logits: 0.047

    def second_round(spans, limit):
        found = rounds(spans, EarlyStopping(certain, ALWAYS, min_change=limit))
        return found[1] if len(found) > 1 else []

    assert second_round(TWO, 0.2) == [4, 6]  # they repeat the answer: a hundredth will do
    assert second_round(TWO, 5.0) == []
    less = spans_of(p0=[span(0, "Ichiro Tanaka", 8)])
    assert second_round(less, 0.04) == [2, 3]
    assert second_round(less, 0.3) == [4, 6]  # they repeat it
    assert second_round(less, 6.0) == []


def test_reading_stops_if_nothing_is_to_be_gained():
    assert rounds(TWO, EarlyStopping(ALWAYS, NEVER)) == [[0, 1]]
    near = Logistic({"gap": 100.0}, 4.0)  # 0.5, 0.12, 0.02, 0.002 for HITS[2:6]

    def later(limit):
        return rounds(TWO, EarlyStopping(ALWAYS, near, min_gain=limit))[1:]

    assert later(0.3) == [[2]]
    assert later(0.05) == [[2, 3]]  # and not 4 and 6, though they repeat the answer
    assert later(0.6) == []


def test_without_an_answer_everything_is_read():
    assert rounds([[]] * 7, NOT_ONE) == [[0, 1], [2, 3], [4, 5, 6]]


def test_a_reading_has_what_was_read_and_the_candidates_of_it():
    recorded = RecordedReader(HITS, TWO)
    found = read(recorded, "", HITS, ranking=SCORE_ALONE, early_stopping=NOT_ONE)
    assert found.spans == (*TWO[:2], *[None] * 5)
    assert found.passages_read == 2
    assert [each.span.text for each in found.candidates] == ["Ichiro Tanaka", "Dresden"]


def test_a_round_has_a_largest_size():
    many = [
        Hit(Passage(f"{n}.txt", 0, 4, "Text"), 0.5, 0.5, n + 1, n + 1)
        for n in range(5 * LARGEST_ROUND)
    ]
    reader = RecordedReader(many, [[]] * len(many))
    sizes = []

    class Counted:
        fingerprint = ""

        def read(self, question, passages, **limits):
            sizes.append(len(passages))
            return reader.read(question, passages)

    read(Counted(), "", many, ranking=SCORE_ALONE, early_stopping=NOT_ONE)
    assert sum(sizes) == len(many)
    assert max(sizes) == LARGEST_ROUND


def test_candidates_are_ranked_once_a_round(monkeypatch):
    counted = []

    def count(hits, spans, *, ranking):
        counted.append(sum(each is not None for each in spans))
        return candidates.rank_candidates(hits, spans, ranking=ranking)

    monkeypatch.setattr("qa.answers.reading.rank_candidates", count)
    assert rounds(TWO, EVERY) == [[0, 1], [2, 3], [4, 5, 6]]
    assert counted == [2, 4, 7]


def test_features_of_a_passage_that_has_not_been_read():
    best = rank_candidates(HITS[:2], TWO[:2])[0]
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
    best = rank_candidates(HITS[:1], [[span(0, "The", 9)]])
    assert [features(hit, each, HITS[0])["repeats"] for each in best for hit in HITS] == [0] * 7


def test_the_shipped_chances_rise_with_what_is_near_and_fall_with_what_is_found():
    best = rank_candidates(HITS[:2], TWO[:2])[0]
    early_stopping = shipped().early_stopping
    known = features(HITS[2], best, HITS[0])
    for chance in (early_stopping.change, early_stopping.gain):
        assert set(chance.weights) == set(known)
        for name in ("first_score", "gap", "repeats"):
            assert chance.weights[name] > 0, name
        assert chance.weights["needed"] < 0


def test_a_passage_that_overlaps_the_answer_does_not_repeat_it():
    text = "Nobody knows its age. The clock was carved by Ichiro Tanaka. The valley is green."
    start = text.index("The clock")
    parts = [Passage("one.txt", 0, start + 41, text[: start + 41])]
    parts.append(Passage("one.txt", start, len(text), text[start:]))
    other = Passage("two.txt", 0, len(text), text)
    hits = [Hit(passage, 0.5, 0.7, 1, 1) for passage in (*parts, other)]
    answer = text.index("Ichiro")
    best = rank_candidates(hits[:1], [[Span(parts[0], answer, answer + 13, 9, 0)]])[0]
    assert [features(hit, best, hits[0])["repeats"] for hit in hits] == [0, 0, 1]


ACCEPTED = ("Ichiro Tanaka",)
WEAK = [[span(0, "The clock", 5)], [span(1, "Dresden", 4)], [span(2, "Nothing", 3)]]


def brings(before, found, accepted=ACCEPTED):
    """Return whether the spans of HITS[4], read after some, change the answer, and better it."""
    hits = HITS[: len(before)]
    one = rank_candidates(hits, before)[:3]
    two = rank_candidates([*hits, HITS[4]], [*before, found])[:3]
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
    one, overlapping = (rank_candidates(hits[:n], found[:n]) for n in (1, 2))
    elsewhere = rank_candidates(hits, found)
    assert not changes(one, overlapping)
    assert not gains(one, overlapping, ACCEPTED)
    assert changes(overlapping, elsewhere)
    assert gains(overlapping, elsewhere, ACCEPTED)


def test_the_chances_are_fitted_to_what_was_not_yet_read():
    spans = [[span(0, "Ichiro Tanaka", 5)], [span(1, "Dresden", 1)], [], []]
    spans += [[span(4, "ICHIRO TANAKA", 4)], [span(5, "many", 0)], [span(6, "wonder", 1)]]
    wrong = [[span(0, "The clock", 1)], [], [], [], [span(4, "Osaka", 4)], [], []]

    def fitted(accepted):
        return fit_early_stopping(
            [WholeReading(ACCEPTED, HITS, spans), WholeReading(accepted, HITS, wrong)]
        )

    early_stopping = fitted(ACCEPTED)
    # Of the three passages that repeat the answer, one says the same.
    assert early_stopping.change.weights["repeats"] > 0
    assert early_stopping.change.weights["needed"] != 0
    best = rank_candidates(HITS[:2], spans[:2])[0]
    for chance in (early_stopping.change, early_stopping.gain):
        chances = [chance.probability(features(hit, best, HITS[0])) for hit in HITS[2:]]
        assert max(chances) == chances[2]  # HITS[4]
    best = rank_candidates(HITS[:2], wrong[:2])[0]
    known = features(HITS[4], best, HITS[0])
    # "Osaka" changes the answer, and betters it where it is right.
    assert early_stopping.gain.probability(known) < early_stopping.change.probability(known) / 2
    assert fitted(("Osaka",)).gain.probability(known) > 2 * early_stopping.gain.probability(known)


def test_too_few_questions_to_fit_to_say_so():
    nothing = WholeReading(ACCEPTED, HITS, [[span(0, "Ichiro Tanaka", 5)], *[[]] * 6])
    with pytest.raises(DatasetError, match="--sample"):
        fit_early_stopping([nothing])


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
        "posed": "Who carved the old clock? Who was it that carved this old clock, nobody knows.",
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


def test_the_shipped_limits_stop_when_little_is_to_be_gained():
    def seen(spans, early_stopping):
        recorded = RecordedReader(HITS, spans)
        return read(recorded, "", HITS, ranking=SCORE_ALONE, early_stopping=early_stopping).spans

    shipped_limits = shipped().early_stopping
    assert seen([[]] * 7, shipped_limits) == ([],) * 7  # nothing found: everything is read
    spans = [[span(0, "Ichiro Tanaka", 60)], *[[]] * 6]
    assert seen(spans, shipped_limits) == (spans[0], [], *[None] * 5)
    everything = replace(shipped_limits, min_change=0.0, min_gain=0.0)
    assert seen(spans, everything) == tuple(spans)

import pytest

from benchmarks.early_stop import judge, read_all
from qa import QA
from qa.best_first import FEATURES, FIRST, LEAST_CHANCE, features, read_next
from qa.calibration import Calibration
from qa.candidates import rank_candidates
from qa.evaluation.golden import GoldenQuestion
from qa.logistic import Logistic
from qa.reader import OnnxReader
from qa.types import Hit, Passage, Span

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
NOT_ONE, EVERY = Logistic({}, -9), Logistic({}, 9)


def span(position, words, score, null=0.0):
    passage = HITS[position].passage
    start = passage.text.index(words)
    return Span(passage, start, start + len(words), score, null)


def seen(**spans):
    """Return the spans of all hits: ``p0=[…]`` those of the first, None for those not named."""
    return [spans.get(f"p{position}") for position in range(len(HITS))]


TWO = seen(p0=[span(0, "Ichiro Tanaka", 9)], p1=[span(1, "Dresden", 2)])


def only(**weights):
    return Logistic(weights, -5)


def test_the_nearest_are_read_before_anything_is_known():
    assert read_next(HITS, UNREAD, chance=NOT_ONE) == [0, 1]
    assert read_next(HITS[:1], UNREAD[:1], chance=NOT_ONE) == [0]
    assert read_next([], [], chance=NOT_ONE) == []


def test_then_the_likeliest_and_as_many_as_were_read():
    assert read_next(HITS, TWO, chance=EVERY) == [2, 3]
    assert read_next(HITS, TWO, chance=only(mentions=9.0)) == [4, 6]
    four = [*TWO[:2], [], [], None, None, None]
    assert read_next(HITS, four, chance=only(mentions=9.0, similarity=1.0)) == [4, 6]
    assert read_next(HITS, four, chance=only(lexical=-6.0, similarity=20.0)) == [4, 5, 6]
    assert read_next(HITS, four, chance=only(similarity=-20.0, score=1.4)) == [6, 5, 4]


def test_reading_stops_where_none_is_likely():
    assert read_next(HITS, TWO, chance=NOT_ONE) == []
    certain = Logistic({"score": -1.0}, 5.0)  # 9 logits: 0.018; 8 logits: 0.047
    assert read_next(HITS, TWO, chance=certain, least=0.06) == []
    less = seen(p0=[span(0, "Ichiro Tanaka", 8)], p1=[])
    assert read_next(HITS, less, chance=certain, least=0.04) == [2, 3]
    assert read_next(HITS, less, chance=certain, least=0.1) == [4, 6]  # they repeat it
    assert read_next(HITS, less, chance=certain, least=0.2) == []


def test_without_an_answer_all_is_read():
    assert read_next(HITS, seen(p0=[], p1=[]), chance=NOT_ONE) == [2, 3]
    assert read_next(HITS, [[]] * 4 + [None] * 3, chance=NOT_ONE) == [4, 5, 6]
    assert read_next(HITS, [[]] * 7, chance=EVERY) == []


def test_features_of_a_passage_that_has_not_been_read():
    best = rank_candidates(HITS[:2], TWO[:2], limit=1)[0]
    assert features(HITS[4], best, HITS[0]) == pytest.approx(
        {
            "score": 9,
            "lead": 7,
            "similarity": 0.5,
            "nearer": -0.2,
            "fused": -0.08,
            "lexical": 1 / 4,
            "mentions": 1,
        }
    )
    plural = features(HITS[5], best, HITS[0])
    assert plural["mentions"] == 0  # "Tanakas"
    assert tuple(plural) == FEATURES
    assert features(HITS[0], best, HITS[0])["lexical"] == 0  # not found by words


def test_an_answer_without_a_word_of_its_own_is_mentioned_nowhere():
    best = rank_candidates(HITS[:1], [[span(0, "The", 9)]], limit=1)
    assert [features(hit, each, HITS[0])["mentions"] for each in best for hit in HITS] == [0] * 7


def test_the_shipped_chance_rises_with_what_is_near_and_falls_with_what_is_found():
    chance = Calibration.load(reader=OnnxReader().fingerprint).reading
    assert set(chance.weights) == set(FEATURES)
    for name, weight in chance.weights.items():
        assert (weight < 0) == (name in ("score", "lead")), name


def test_the_reader_asks_until_nothing_is_named():
    reader = OnnxReader()
    question = "Who carved the clock?"
    asked = []
    answers = [[0, 1], [5, 2], []]

    def ask(spans):
        asked.append(list(spans))
        return answers[len(asked) - 1]

    found = reader.read(question, PASSAGES, read_next=ask)
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
    reader.read("Who carved the clock?", PASSAGES, read_next=lambda _: next(answers))
    assert taken == [[0, 1], [5]]


def test_a_budget_is_spent_in_the_order_of_reading():
    reader = OnnxReader()
    long = Passage("long.txt", 0, 600, "Nothing of it is known. " * 25)
    passages = [PASSAGES[0], long, PASSAGES[4]]
    answers = [[0], [2], [1], []]

    def read(budget):
        left = iter(answers)
        found = reader.read(
            "Who carved it?", passages, max_tokens=budget, read_next=lambda _: next(left)
        )
        return [bool(spans) for spans in found]

    assert read(80) == [True, False, True]
    assert read(400) == [True, True, True]


def test_a_question_stops_early_and_still_finds_every_place(tmp_path):
    folder = tmp_path / "documents"
    folder.mkdir()
    for number in range(6):
        text = f"The clock of room {number} stands in the hall. Its history is not known.\n"
        (folder / f"{number}.txt").write_text(text)
    (folder / "made.txt").write_text("The old clock was carved by Ichiro Tanaka in 1894.\n")
    (folder / "again.txt").write_text("Ichiro Tanaka carved the old clock for the mayor.\n")
    prediction = QA.build(folder, tmp_path / "index").ask("Who carved the old clock?")
    assert prediction.answers[0].text == "Ichiro Tanaka"
    assert FIRST <= prediction.passages_read < len(prediction.passages)
    places = (prediction.answers[0].place, *prediction.answers[0].also_at)
    assert {place.document_id for place in places} == {"made.txt", "again.txt"}
    # What the benchmark counts is what happens.
    reader = OnnxReader()
    asked = GoldenQuestion("1", prediction.question, ("Ichiro Tanaka",), ("made.txt",))
    found = judge(
        read_all([asked], QA.open(tmp_path / "index"), reader),
        Calibration.load(reader=reader.fingerprint),
        LEAST_CHANCE,
    )
    read = prediction.passages_read / len(prediction.passages)
    assert found["passages_not_read"] == pytest.approx(100 * (1 - read), abs=0.1)

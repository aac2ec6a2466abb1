import pytest

from benchmarks.early_stop import judge, read_all
from qa import QA
from qa.calibration import Calibration
from qa.evaluation.golden import GoldenQuestion
from qa.reader import ASK_AFTER, OnnxReader
from qa.stopping import DECISIVE, further_passages
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
    Hit(Passage(f"{n}.txt", 0, len(text), text), 0.5, 0.7, n + 1, None)
    for n, text in enumerate(TEXTS)
]


def span(position, words, score, null=0.0):
    passage = HITS[position].passage
    start = passage.text.index(words)
    return Span(passage, start, start + len(words), score, null)


MARGIN, LEAD = DECISIVE[4]


def test_after_a_decisive_answer_only_what_may_repeat_it_is_read():
    spans = [[span(0, "Ichiro Tanaka", LEAD + 1)], [span(1, "Dresden", 0, null=9)], [], []]
    assert further_passages(HITS, spans) == {4, 6}


def test_an_answer_without_a_word_of_its_own_may_stand_anywhere():
    spans = [[span(0, "The", LEAD + 1)], [span(1, "Dresden", 0, null=9)], [], []]
    assert further_passages(HITS, spans) == {4, 5, 6}


@pytest.mark.parametrize(
    ("other", "null"),
    [(1.5, 0.0), (0.0, LEAD + 1.5 - MARGIN)],
    ids=["another answer", "no answer here"],
)
def test_an_answer_that_is_nearly_matched_is_not_decisive(other, null):
    spans = [[span(0, "Ichiro Tanaka", LEAD + 1, null)], [span(1, "Dresden", other)], [], []]
    assert further_passages(HITS, spans) == {4, 5, 6}


def test_after_fewer_passages_an_answer_has_to_be_further_ahead():
    margin, lead = DECISIVE[2]
    assert margin > DECISIVE[4][0] and lead > LEAD
    few = [[span(0, "Ichiro Tanaka", 9, null=9 - margin)], [span(1, "Dresden", 9 - lead)]]
    assert further_passages(HITS, few) == {4, 6}
    for score, null in ((9 - lead + 0.5, 9 - margin), (9 - lead, 9.5 - margin)):
        less = [[span(0, "Ichiro Tanaka", 9, null)], [span(1, "Dresden", score)]]
        assert further_passages(HITS, less) == set(range(2, 7))
        assert further_passages(HITS, [*less, [], []]) == {4, 6}


def test_the_reader_asks_where_a_rule_answers():
    assert tuple(DECISIVE) == ASK_AFTER


def test_without_an_answer_all_is_read():
    assert further_passages(HITS, [[], [], [], []]) == {4, 5, 6}
    assert further_passages(HITS, []) == set(range(7))


@pytest.mark.parametrize("stop", ASK_AFTER)
def test_the_reader_asks_until_it_is_to_leave_some_out(stop):
    reader = OnnxReader()
    passages = [hit.passage for hit in HITS]
    question = "Who carved the clock?"
    asked = []

    def worth_reading(spans):
        asked.append(spans)
        return {5} if len(spans) == stop else set(range(len(spans), len(HITS)))

    found = reader.read(question, passages, worth_reading=worth_reading)
    whole = reader.read(question, passages)
    assert asked == [whole[:number] for number in ASK_AFTER if number <= stop]
    assert [i for i, spans in enumerate(found) if spans] == [*range(stop), 5]
    assert found[5] == whole[5]
    everything = reader.read(question, passages, worth_reading=lambda spans: range(10))
    assert everything == whole


def test_what_is_not_worth_reading_is_not_taken_apart(monkeypatch):
    reader = OnnxReader()
    taken = []
    rows = reader._rows
    monkeypatch.setattr(
        reader, "_rows", lambda *given: taken.append(list(given[2])) or rows(*given)
    )
    passages = [hit.passage for hit in HITS]
    reader.read("Who carved the clock?", passages, worth_reading=lambda _: {5})
    assert taken == [[0, 1], [5]]


def test_a_few_passages_are_read_without_asking():
    def never(spans):
        raise AssertionError

    reader = OnnxReader()
    few = [hit.passage for hit in HITS[: ASK_AFTER[0]]]
    assert all(reader.read("Who?", few, worth_reading=never))


def test_passages_that_are_passed_over_cost_nothing_of_the_budget():
    reader = OnnxReader()
    long = Passage("long.txt", 0, 600, "Nothing of it is known. " * 25)
    passages = [*(hit.passage for hit in HITS[:2]), long, HITS[4].passage]
    found = reader.read("Who carved it?", passages, max_tokens=80, worth_reading=lambda _: {3})
    assert found[3] and not found[2]


def test_a_question_stops_at_a_decisive_answer_and_still_finds_every_place(tmp_path):
    folder = tmp_path / "documents"
    folder.mkdir()
    for number in range(6):
        text = f"The clock of room {number} stands in the hall. Its history is not known.\n"
        (folder / f"{number}.txt").write_text(text)
    (folder / "made.txt").write_text("The old clock was carved by Ichiro Tanaka in 1894.\n")
    (folder / "again.txt").write_text("Ichiro Tanaka carved the old clock for the mayor.\n")
    prediction = QA.build(folder, tmp_path / "index").ask("Who carved the old clock?")
    assert prediction.answers[0].text == "Ichiro Tanaka"
    assert ASK_AFTER[0] <= prediction.passages_read < len(prediction.passages)
    places = (prediction.answers[0].place, *prediction.answers[0].also_at)
    assert {place.document_id for place in places} == {"made.txt", "again.txt"}
    # What the benchmark counts is what happens.
    reader = OnnxReader()
    asked = GoldenQuestion("1", prediction.question, ("Ichiro Tanaka",), ("made.txt",))
    found = judge(
        read_all([asked], QA.open(tmp_path / "index"), reader),
        Calibration.load(reader=reader.fingerprint),
        DECISIVE,
    )
    read = prediction.passages_read / len(prediction.passages)
    assert found["passages_not_read"] == pytest.approx(100 * (1 - read), abs=0.1)

"""The second look: the sentence of an answer, read by itself."""

import pytest

from qa import QA
from qa.answers.candidates import Candidate
from qa.answers.second_look import LOOK_FEATURES, LOOKED_AT, look_again
from qa.networks.reader import OnnxReader
from qa.types import Hit, Passage, Span

TEXT = (
    "The ferry to Skarholm leaves at half past six. Its captain is Edda Lunde. "
    "The mail boat leaves at noon. Its captain is Jonas Reh."
)
QUESTION = "When does the mail boat leave?"


@pytest.fixture(scope="module")
def reader():
    return OnnxReader()


def candidate(words, text=TEXT, heading="The harbour"):
    passage = Passage("harbour.txt", 0, len(text), text, heading=heading)
    start = text.index(words)
    span = Span(passage, start, start + len(words), 1.0, 0.0)
    return Candidate(span, Hit(passage, 0.9, 0.5, 1, 1), (), {"margin": 1.0})


def test_the_sentence_that_answers_is_surer_by_itself_than_another(reader):
    right, wrong = look_again(reader, QUESTION, [candidate("at noon"), candidate("half past six")])
    assert right.features["alone"] > wrong.features["alone"]
    assert (right.features["agrees"], right.features["margin"]) == (1.0, 1.0)
    assert right.span == candidate("at noon").span


def test_an_answer_that_its_sentence_does_not_give_disagrees(reader):
    (found,) = look_again(reader, QUESTION, [candidate("mail boat")])
    assert found.features["agrees"] == 0.0


def test_only_the_best_are_read_again_and_the_order_stays(reader):
    names = ("at noon", "half past six", "Edda Lunde", "Jonas Reh")
    found = look_again(reader, QUESTION, [candidate(name) for name in names])
    assert [each.span.text for each in found] == list(names)
    looked_at = [each.features.keys() >= LOOK_FEATURES for each in found]
    assert looked_at == [True] * LOOKED_AT + [False]
    assert look_again(reader, QUESTION, []) == []


def test_each_is_read_as_if_alone(reader):
    both = look_again(reader, QUESTION, [candidate("Edda Lunde"), candidate("at noon")])
    assert both[1] == look_again(reader, QUESTION, [candidate("at noon")])[0]


def test_a_quick_answer_is_one_without_it(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/harbour.txt").write_text(TEXT)
    qa = QA.build(tmp_path / "docs", tmp_path / "index")
    slow, quick = (qa.ask(QUESTION, threshold=0, quick=quick) for quick in (False, True))
    assert slow.answers[0].text == quick.answers[0].text == "at noon"
    assert slow.answers[0].probability != quick.answers[0].probability
    alone = qa.ask(QUESTION, threshold=0, max_answers=1)
    assert alone.answers == slow.answers[:1]

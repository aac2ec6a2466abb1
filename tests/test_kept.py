"""What is kept of a conversation, and how often it is drawn."""

from types import SimpleNamespace

import pytest
from serving import gradio_warnings, write_documents

from qa.collections import Corpus
from qa.pipeline import QA
from qa.retrieval.question import MAX_CHARACTERS
from qa.web.handlers import Handlers
from qa.web.opening import Opening
from qa.web.views import LONG_CHARACTERS, MAX_ASKED, MAX_TURNS, Turn, latest

pytestmark = [gradio_warnings, pytest.mark.usefixtures("networks")]

QUESTION = "Who designed the lighthouse of Rerik?"


@pytest.fixture(scope="module")
def handlers(tmp_path_factory):
    base = tmp_path_factory.mktemp("kept")
    folder = write_documents(base / "documents")
    qa = QA.build(folder, base / "index")
    corpus = Corpus(qa, folder=folder, index=base / "index", watching=False)
    yield Handlers(corpus, for_owner=True)
    corpus.close(60)


def sent(questions, **more):
    return SimpleNamespace(turns=[{"question": each} for each in questions], **more)


def test_a_conversation_is_opened_in_few_steps(handlers):
    steps = list(handlers.on_open((), None, sent([QUESTION] * 40)))
    assert [len(turns) for turns, _, _ in steps] == [0, 1, 4, 16, 40]
    last = len(steps[-1][1])
    # Gradio keeps all of them for a page that nobody has open any more.
    assert sum(len(talk) for _, talk, _ in steps) < 2 * last


def test_of_a_conversation_that_is_too_long_the_latest_questions_are_opened(handlers):
    given = sent([f"Who is number {number}?" for number in range(MAX_TURNS + 20)], view="answer/0")
    opening = Opening.of(given)
    assert len(opening.turns) == MAX_TURNS
    assert opening.turns[-1].question == f"Who is number {MAX_TURNS + 19}?"
    assert (opening.left_out, opening.address) == (20, "")
    long = sent(["Who? " * 9_000] * 10)
    assert len(Opening.of(long).turns) == MAX_ASKED // len("Who? " * 9_000)
    with pytest.warns(UserWarning, match="too long: it is shown without its first 6 questions"):
        list(handlers.on_open((), None, long))


def test_the_latest_question_is_kept_however_long_it_is():
    long = Turn("Who?", only=("x" * MAX_ASKED,))
    assert latest((Turn("When?"), long)) == (long,)
    assert latest((long, Turn("When?"))) == (Turn("When?"),)
    assert latest(()) == ()


def test_of_a_question_that_is_too_long_the_beginning_is_kept(handlers):
    endless = "a" * 900_000
    turns, drawn = (), []
    for question in (endless, QUESTION, endless):
        steps = list(handlers.on_question(question, turns, None, "[]"))
        drawn += [len(talk) for _turns, talk, _evidence, _box in steps]
        turns = steps[-1][0]
    assert [len(each.question) for each in turns] == [
        LONG_CHARACTERS + 2,
        len(QUESTION),
        LONG_CHARACTERS + 2,
    ]
    assert "900,000 characters" in turns[0].trouble
    assert max(drawn) < MAX_CHARACTERS
    *_, (opened, talk, _evidence) = handlers.on_open((), None, sent([endless]))
    assert len(opened[0].question) < 500
    assert "900,000 characters" in opened[0].trouble
    assert len(talk) < MAX_CHARACTERS


def test_a_conversation_keeps_its_latest_questions(handlers):
    turns = tuple(Turn(f"Who is number {number}?") for number in range(MAX_TURNS))
    *_, (turns, _talk, _evidence, _box) = handlers.on_question(QUESTION, turns, None, "[]")
    assert len(turns) == MAX_TURNS
    assert turns[0].question == "Who is number 1?"
    assert turns[-1].question == QUESTION

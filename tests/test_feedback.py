"""From a vote on the page to a golden question."""

import json
import os
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from qa.cli import main
from qa.errors import FeedbackError
from qa.evaluation.golden import check_golden, read_golden
from qa.feedback import FeedbackStore, Review, Vote, export, feedback_questions, review

TEXTS = {
    "clock.txt": "The clock was carved by Ichiro Tanaka in 1894.",
    "mill.txt": "Rosa Thal bought the mill.",
}
REVIEW = "`qa feedback review --index {}`"
WRITER = """
import sys
from qa.feedback import FeedbackStore, Vote
store = FeedbackStore(sys.argv[1])
for number in range(40):
    store.add(Vote(f"{sys.argv[2]}/{number}", "Who?", True, "Ada", "a.txt"))
"""


@pytest.fixture
def store(tmp_path):
    return FeedbackStore.beside(tmp_path / "index")


def vote(key, question, good, answer="", document=""):
    start = TEXTS[document].index(answer) if document else 0
    return Vote(key, question, good, answer, document, start, start + len(answer))


def documents_with(answer):
    return tuple(name for name, text in TEXTS.items() if answer in text)


def reviewed(store, *typed):
    """Review every open question with what an editor types; return how many were reviewed."""
    lines = iter(typed)
    return review(store, documents_with, read=lambda _: next(lines), write=lambda _: None)


def exported(store, path):
    count, left_out = export(store, path, TEXTS.get)
    questions = read_golden(path)
    assert len(questions) == count
    return questions, left_out


def test_the_first_vote_creates_the_file_beside_the_index(store, tmp_path):
    assert store.path == tmp_path / "index-feedback.sqlite"
    assert store.votes() == [] and store.reviews() == [] and store.given(["a/0"]) == {}
    store.withdraw("a/0")
    assert not store.path.exists()
    store.add(Vote("a/0", "Who?", True))
    assert store.path.exists()
    assert not (tmp_path / "index").exists()


def test_a_changed_vote_replaces_the_earlier_one(store):
    store.add(Vote("a/0", "Who?", True, "Ada", "a.txt", 3, 6))
    store.add(Vote("a/0", "Who?", False, "Ada", "a.txt", 3, 6))
    store.add(Vote("b/0", "Who \udcff?", True))
    first, second = store.votes()
    assert (first.is_good, first.answer, first.start, first.end) == (False, "Ada", 3, 6)
    assert second.question == "Who ??"
    assert store.given(["a/0", "b/0", "c/0"]) == {"a/0": False, "b/0": True}
    store.withdraw("a/0")
    assert store.given(["a/0", "b/0"]) == {"b/0": True}


def test_concurrent_threads_and_processes_lose_no_vote(store):
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(store.path), f"process{number}"])
        for number in range(3)
    ]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: store.add(Vote(f"thread/{n}", "Who?", False)), range(80)))
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    assert len(store.votes()) == 3 * 40 + 80


def test_votes_become_golden_questions_once_an_editor_confirms_them(store, tmp_path):
    for given in [
        vote("a/0", "Who carved the clock?", True, "Ichiro Tanaka", "clock.txt"),
        vote("b/0", "who carved  the clock", True, "Tanaka", "clock.txt"),
        vote("c/0", "What did the mill cost?", True),
        vote("d/0", "Who bought the mill?", False, "mill", "mill.txt"),
        vote("d/1", "Who bought the mill?", True, "Rosa Thal", "mill.txt"),
        vote("e/0", "When was it carved?", False),
    ]:
        store.add(given)
    with pytest.raises(FeedbackError, match=r"review the votes \(4 now\)"):
        export(store, tmp_path / "golden.jsonl", TEXTS.get)
    assert reviewed(store, "+", "+", "+", "+", "") == 3  # the last was called wrong alone
    questions, left_out = exported(store, tmp_path / "golden.jsonl")
    found = {question.question: question for question in questions}
    assert set(found) == {
        "Who carved the clock?",
        "What did the mill cost?",
        "Who bought the mill?",
    }
    clock = found["Who carved the clock?"]
    assert (clock.answers, clock.documents) == (("Ichiro Tanaka", "Tanaka"), ("clock.txt",))
    assert found["Who bought the mill?"].answers == ("Rosa Thal",)
    assert found["What did the mill cost?"].answers == ()
    assert "unanswerable" in found["What did the mill cost?"].tags
    assert left_out == [f"When was it carved? (not reviewed; run {REVIEW.format(store.index)})"]


@pytest.mark.parametrize(
    "votes",
    [
        [("Tanaka", True), ("Tanaka", False)],
        [("Tanaka", True), ("", True)],
        [("", True), ("", False)],
        [("Tanaka", False)],
    ],
)
def test_votes_that_disagree_propose_nothing(store, votes):
    for number, (answer, good) in enumerate(votes):
        document = "clock.txt" if answer else ""
        store.add(vote(f"a/{number}", "Who carved it?", good, answer, document))
    (asked,) = feedback_questions(store.votes(), store.reviews())
    assert not asked.is_settled
    assert asked.proposed is None


def test_an_editor_decides_and_wrong_answers_are_asked_for_again(store, tmp_path):
    for key, question in [
        ("a", "Who?"),
        ("b", "When?"),
        ("c", "Why?"),
        ("d", "How?"),
        ("e", "So?"),
    ]:
        store.add(vote(f"{key}/0", question, False, "clock", "clock.txt"))
    typed = iter(["Nobody", "Ichiro Tanaka | Tanaka", "-", "x", "", "1894"])
    written = []

    assert review(store, documents_with, read=lambda _: next(typed), write=written.append) == 4
    assert "    “Nobody” is in no document: copy it exactly from one" in written
    assert "    wrong: “clock” (clock.txt:4-9)" in written
    assert Review("Who?", ("Ichiro Tanaka", "Tanaka"), ("clock.txt",)) in store.reviews()
    questions, left_out = exported(store, tmp_path / "golden.jsonl")
    assert {question.question: question.answers for question in questions} == {
        "Who?": ("Ichiro Tanaka", "Tanaka"),
        "When?": (),
        "So?": ("1894",),
    }
    assert left_out == [f"How? (not reviewed; run {REVIEW.format(store.index)})"]


def test_the_end_of_the_input_loses_nothing(store):
    store.add(vote("a/0", "Who?", False))
    store.add(vote("b/0", "When?", False))
    typed = iter(["-"])

    def read(_):
        try:
            return next(typed)
        except StopIteration:
            raise EOFError from None

    assert review(store, lambda _: (), read=read, write=lambda _: None) == 1
    assert store.reviews() == [Review("Who?")]


def test_an_answer_whose_document_has_changed_is_left_out(store, tmp_path):
    store.add(vote("a/0", "Who carved it?", True, "Tanaka", "clock.txt"))
    store.add(Vote("b/0", "Who sold it?", True, "Ada", "gone.txt"))
    store.add(Vote("c/0", "What is it?", True, "A wooden clock", "clock.txt"))
    assert reviewed(store, "+", "+", "+") == 3
    questions, left_out = exported(store, tmp_path / "golden.jsonl")
    assert [question.question for question in questions] == ["Who carved it?"]
    assert left_out == [
        "Who sold it? (its document has changed)",
        "What is it? (its document has changed)",
    ]


def test_errors_name_a_remedy(store, tmp_path):
    with pytest.raises(FeedbackError, match=r"no reviewed question: vote on the page"):
        export(store, tmp_path / "golden.jsonl", TEXTS.get)
    store.add(vote("a/0", "Who carved it?", True, "Tanaka", "clock.txt"))
    assert reviewed(store, "+") == 1
    (tmp_path / "golden.jsonl").write_text("mine")
    with pytest.raises(FeedbackError, match="exists already: name a new file"):
        export(store, tmp_path / "golden.jsonl", TEXTS.get)
    assert (tmp_path / "golden.jsonl").read_text() == "mine"
    store.path.write_bytes(b"no database, but long enough to look like one" * 100)
    with pytest.raises(FeedbackError, match="move the file away"):
        store.add(vote("b/0", "Who?", True))
    absent = FeedbackStore(tmp_path / "absent" / "feedback.sqlite")
    with pytest.raises(FeedbackError, match="make its folder writable"):
        absent.add(vote("a/0", "Who?", True))


def test_a_store_of_another_version_is_not_touched(store):
    import sqlite3

    connection = sqlite3.connect(store.path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(FeedbackError, match="another version"):
        store.add(vote("a/0", "Who?", True))


def test_the_command_line(tmp_path, capsys):
    (tmp_path / "documents").mkdir()
    for name, text in TEXTS.items():
        (tmp_path / "documents" / name).write_text(text)
    index = ["--index", str(tmp_path / "index")]
    assert main(["build", str(tmp_path / "documents"), *index]) == 0
    capsys.readouterr()
    assert main(["feedback", "list", *index]) == 0
    assert "No feedback yet" in capsys.readouterr().out
    golden = str(tmp_path / "golden.jsonl")
    assert main(["feedback", "export", golden, *index]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 2
    assert f"`{shlex.join(['qa', 'serve', *index])}`" in error
    assert f"`{shlex.join(['qa', 'feedback', 'review', *index])}`" in error
    store = FeedbackStore.beside(tmp_path / "index")
    store.add(vote("a/0", "Who carved the clock?", False, "1894", "clock.txt"))
    store.add(vote("b/0", "Who bought the mill?", True, "Rosa Thal", "mill.txt"))
    done = subprocess.run(
        [sys.executable, "-m", "qa", "feedback", "review", *index],
        input="Ichiro Tanaka\n+\n",
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "1 of 2: Who carved the clock?" in done.stdout
    export = shlex.join(["qa", "feedback", "export", "FILE", *index])
    assert f"2 settled; `{export}` writes" in done.stdout
    assert main(["feedback", "list", *index]) == 0
    assert "(settled)\n    right: “Rosa Thal” (mill.txt:0-9)" in capsys.readouterr().out
    assert main(["feedback", "list", "--json", *index]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 2
    assert main(["feedback", "export", golden, *index]) == 0
    assert "2 golden questions" in capsys.readouterr().out
    check_golden(golden, read_golden(golden), TEXTS, TEXTS.__getitem__)
    store.settle(Review("Who bought the mill?", is_dropped=True))
    assert main(["feedback", "export", f"{golden}2", *index]) == 0
    assert "1 golden question written" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("harm", "remedy"),
    [
        ("locked", "end the program that holds it, and vote again"),
        ("no database", "move the file away; the next vote creates a new one"),
        ("a folder", "make its folder writable, and the file"),
    ],
)
def test_the_remedy_fits_what_is_wrong_with_the_file(tmp_path, monkeypatch, harm, remedy):
    import sqlite3
    from contextlib import closing

    from qa.errors import FeedbackError
    from qa.feedback import FeedbackStore, Vote
    from qa.feedback import store as module

    waited = []
    connect = sqlite3.connect

    def connects(path, timeout):
        waited.append(timeout)
        return connect(path, timeout=0)

    store = FeedbackStore(tmp_path / "votes.sqlite")
    if harm == "a folder":
        store.path.mkdir()
    else:
        store.add(Vote("1", "Who?", True))
    if harm == "no database":
        store.path.write_bytes(b"no database at all" * 100)
    with closing(connect(tmp_path / ("votes.sqlite" if harm == "locked" else "other"))) as other:
        if harm == "locked":
            other.execute("BEGIN EXCLUSIVE")
        monkeypatch.setattr(module.sqlite3, "connect", connects)
        with pytest.raises(FeedbackError) as caught:
            store.given(["1"])
        assert caught.value.remedy == remedy
        # An answer is not shown later because its marks cannot be read.
        assert waited == [module.MARKS_TIMEOUT_S]
        assert module.MARKS_TIMEOUT_S < 0.5

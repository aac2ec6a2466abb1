"""A connection to a store that breaks in the middle of a question: one line, and no half answer."""

import io
import json
import sys
from functools import partial

import pytest
from milvus_server import MilvusServer
from wire import Wire

from qa.builder import build
from qa.cli import main
from qa.errors import StoreUnreachable
from qa.index import open_index
from qa.milvus import StoreAddress, open_store, publish
from qa.pipeline import QA

pytest.importorskip("pymilvus", reason="the extra milvus is not installed")

pytestmark = pytest.mark.usefixtures("networks")

QUESTION = "Who painted the ferry of Wismar?"
TEXTS = {
    "ferry.txt": "The ferry of Wismar was painted by Ingeborg Lund in 1931. It carries nine cars.",
    "pier.txt": "The pier was built of oak. A storm took it in the winter of 1954.",
}
MORE = 10**9  # bytes than come back


@pytest.fixture(scope="module")
def server(tmp_path_factory, encoder):
    base = tmp_path_factory.mktemp("network")
    (base / "documents").mkdir()
    for name, text in TEXTS.items():
        (base / "documents" / name).write_text(text)
    build(base / "documents", base / "index", encoder=encoder)
    running = MilvusServer(base / "data").start()
    index = open_index(base / "index")
    publish(index, StoreAddress.parse(running.address))
    index.close()
    yield running
    running.kill()


@pytest.fixture
def wire(server, monkeypatch):
    # What says nothing is waited for so many seconds.
    monkeypatch.setattr("qa.milvus.open_store", partial(open_store, timeout_s=2))
    made = Wire(server.port)
    yield made
    made.close()


def asked(qa):
    """The answers, read from the store anew."""
    qa._index._kept.clear(), qa._index._document.cache_clear()
    return [(each.text, each.place) for each in qa.ask(QUESTION, threshold=0).answers]


@pytest.mark.parametrize("how", ["cut", "mute"])
def test_a_connection_that_breaks_in_a_question_gives_no_half_answer(wire, how):
    qa = QA.open(wire.address)
    asked(qa)  # what is read once is read
    wire.breaks_after(MORE, how)
    expected, whole = asked(qa), wire.came_back
    assert expected[0][0] == "Ingeborg Lund"
    for share in (0, 0.3, 0.7):
        wire.breaks_after(int(share * whole), how)
        with pytest.raises(StoreUnreachable, match=r"does not answer: start the store") as caught:
            asked(qa)
        assert "\n" not in str(caught.value)
        wire.mend()
        assert asked(qa) == expected
    qa.close()


def test_a_connection_that_breaks_while_a_store_is_opened_is_one_line(wire, capsys):
    wire.breaks_after(MORE, "cut")
    QA.open(wire.address).close()
    whole = wire.came_back
    for share in (0, 0.5, 0.9):
        wire.breaks_after(int(share * whole), "cut")
        assert main(["ask", QUESTION, "--store", wire.address]) == 2
        out, error = capsys.readouterr()
        problem, remedy = error.splitlines()
        assert (out, problem) == ("", f"qa: {wire.address} does not answer")
        assert "start the store" in remedy
        wire.mend()


def test_of_many_questions_those_are_answered_that_can_be(wire, capsys, monkeypatch):
    class Lines(io.StringIO):
        """Three questions; the connection breaks in the second and is there again for the third."""

        def readline(self, size=-1):
            line = super().readline(size)
            if '"id": 2' in line:
                wire.breaks_after(100, "cut")
            elif '"id": 3' in line:
                wire.mend()
            return line

    questions = [QUESTION, "When did a storm take the pier?", "How many cars does it carry?"]
    lines = [json.dumps({"id": n, "question": each}) for n, each in enumerate(questions, start=1)]
    monkeypatch.setattr(sys, "stdin", Lines("\n".join(lines) + "\n"))
    assert main(["ask", "--jsonl", "--store", wire.address]) == 1
    out, error = capsys.readouterr()
    first, second, third = map(json.loads, out.splitlines())
    assert error == ""
    assert first["answers"][0]["text"] == "Ingeborg Lund"
    assert (second["id"], second["line"], "answers" in second) == (2, 2, False)
    assert second["error"] == {
        "problem": f"{wire.address} does not answer",
        "remedy": "start the store, or correct its address, and repeat",
    }
    assert third["id"] == 3
    assert "error" not in third

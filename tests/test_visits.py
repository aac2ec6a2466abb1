"""What one visitor may have of Gradio's queue and of what it keeps."""

import json
import threading
from contextlib import ExitStack

import httpx
import pytest
from serving import gradio_warnings, questions_held, serving, write_documents
from waiting import until

from qa.access import visits
from qa.web.page import ASKING, OPENING

pytestmark = [gradio_warnings, pytest.mark.usefixtures("networks")]

QUESTION = "Who designed the lighthouse of Rerik?"
# Two visitors of this machine are two addresses.
MINE, OTHER = "127.0.0.1", "127.0.0.2"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    base = tmp_path_factory.mktemp("visits")
    with serving(write_documents(base / "documents"), base / "index") as running:
        yield running


@pytest.fixture
def at(served):
    """Return clients at addresses of this machine."""
    with ExitStack() as stack:

        def client(address):
            transport = httpx.HTTPTransport(local_address=address)
            made = httpx.Client(base_url=served.url, transport=transport, timeout=60)
            return stack.enter_context(made)

        yield client


@pytest.fixture
def held(served, monkeypatch):
    """Let questions wait until the test lets them go."""
    let_go = questions_held(served.corpus, QUESTION, monkeypatch)
    yield let_go
    let_go.set()
    until(lambda: not served.blocks._queue.event_ids_to_events)


def function(served, name):
    return next(n for n, each in served.blocks.fns.items() if each.name == name)


def join(served, client, name, session, data, **event):
    body = {"fn_index": function(served, name), "session_hash": session, "data": data, **event}
    return client.post("/gradio_api/queue/join", json=body)


def ask(served, client, session, question=QUESTION):
    return join(served, client, "on_question", session, [question, None, None, "[]"])


def opening(served, client, session, questions):
    turns = [{"question": each} for each in questions]
    return join(served, client, "on_open", session, [None, None], event_data={"turns": turns})


def told(client, session):
    """Return all that is sent to a session until its events are over."""
    with client.stream("GET", f"/gradio_api/queue/data?session_hash={session}") as stream:
        return stream.read().decode()


def test_one_visitor_has_a_share_of_the_queue_and_others_do_not_wait_for_it(served, at, held):
    mine, other = at(MINE), at(OTHER)
    answers = [ask(served, mine, f"mine{number}") for number in range(30)]
    share = ASKING // visits.SHARE
    assert [each.status_code for each in answers] == [200] * share + [503] * (30 - share)
    problem = answers[-1].json()
    assert problem["problem"] == f"{share} of your questions are being answered"
    assert problem["remedy"] == "ask again when one of them is"
    assert answers[-1].headers["retry-after"] == "2"
    assert ask(served, other, "other").status_code == 200
    until(lambda: not len(served.blocks._queue))  # nothing waits for a place in it
    held.set()
    assert "Ada Blum" in told(other, "other")
    until(lambda: not served.blocks._queue.event_ids_to_events)
    assert ask(served, mine, "mine0").status_code == 200


def test_joins_that_come_at_once_are_counted_too(served, at, held):
    mine = at(MINE)
    found = []
    threads = [
        threading.Thread(target=lambda n=n: found.append(ask(served, mine, f"once{n}")))
        for n in range(30)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert [each.status_code for each in found].count(200) <= ASKING // visits.SHARE


def test_conversations_that_are_opened_have_no_place_of_a_question(served, at, held):
    mine = at(MINE)
    found = [opening(served, mine, f"open{n}", [QUESTION] * 100) for n in range(4)]
    assert [each.status_code for each in found] == [200, 200, 503, 503]
    assert OPENING // visits.SHARE == 2
    assert ask(served, mine, "mine").status_code == 200
    until(lambda: not len(served.blocks._queue))


def test_events_that_are_over_do_not_count(served, at, monkeypatch):
    """Gradio fails to end an event if it cannot count it; its name is then kept for ever."""

    def fail(_records):
        raise ValueError

    mine, queue = at(MINE), served.blocks._queue
    with monkeypatch.context() as patch:
        patch.setattr(queue, "compute_analytics_summary", fail)
        for number in range(ASKING):
            assert ask(served, mine, f"over{number}").status_code == 200
            until(lambda: not any(queue.active_jobs) and not len(queue))
    assert len(queue.event_ids_to_events) <= visits.LEFT + 1
    queue.event_ids_to_events.clear()


def test_a_session_that_gradio_fails_at_is_refused(served, at):
    body = {"fn_index": function(served, "on_question"), "session_hash": "\ud800"}
    body["data"] = [QUESTION, None, None, "[]"]
    sent = {"content": json.dumps(body), "headers": {"content-type": "application/json"}}
    assert at(MINE).post("/gradio_api/queue/join", **sent).status_code == 422


# What Gradio keeps


def sessions(served):
    return set(served.blocks.state_holder.session_data)


def look(served, client, session):
    body = {"fn_index": function(served, "on_load"), "session_hash": session, "data": []}
    assert client.post("/gradio_api/run/predict", json=body).status_code == 200


def test_few_sessions_are_kept_that_no_page_has_open(served, at):
    mine, other = at(MINE), at(OTHER)
    look(served, other, "others")
    with mine.stream("GET", "/gradio_api/heartbeat/open"):
        look(served, mine, "open")
        for number in range(40):
            look(served, mine, f"left{number}")
        kept = {name.lstrip(":") for name in sessions(served)}
        assert {"open", "others", "left39"} <= kept
        assert sum(name.startswith("left") for name in kept) <= visits.LEFT + 1
    for number in range(40, 60):
        look(served, mine, f"left{number}")
    until(lambda: ":open" not in sessions(served))
    assert ":others" in sessions(served)


def test_of_too_many_sessions_whoever_has_the_most_loses_the_first(served, at, monkeypatch):
    monkeypatch.setattr(visits, "SESSIONS", 5)
    mine, other = at(MINE), at(OTHER)
    look(served, other, "others")
    with ExitStack() as stack:
        for number in range(8):
            stack.enter_context(mine.stream("GET", f"/gradio_api/heartbeat/page{number}"))
            look(served, mine, f"page{number}")
        kept = {name.lstrip(":") for name in sessions(served)}
        assert "others" in kept
        assert "page7" in kept
        assert {"page0", "page1"}.isdisjoint(kept)


def test_what_nobody_listens_to_is_not_kept_for_ever(served, at):
    mine, queue = at(MINE), served.blocks._queue
    for number in range(20):
        assert ask(served, mine, f"deaf{number}").status_code == 200
        until(lambda: not queue.event_ids_to_events)
    look(served, mine, "deaf19")
    for kept in (queue.pending_messages_per_session, queue.pending_event_ids_session):
        assert sum(name.startswith(":deaf") for name in kept) <= visits.LEFT + 1
    assert "Ada Blum" in mine.post("/api/ask", json={"question": QUESTION}).text

"""What one visitor cannot take from another: the page's doors, under load."""

import asyncio
import json
import logging
import os
import socket
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from serving import gradio_warnings, questions_held, serving, write_documents

from qa import Client
from qa.access import connections
from qa.access.connections import Connection, Seldom
from qa.access.origin import HOST
from qa.errors import QuestionError
from qa.retrieval.question import MAX_CHARACTERS
from qa.web.listener import listen

pytestmark = [gradio_warnings, pytest.mark.usefixtures("networks")]

ROOT = Path(__file__).parents[1]
CLOCK = "Who keeps the clock of Hamburg?"
QUESTION = "Who designed the lighthouse of Rerik?"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    base = tmp_path_factory.mktemp("load")
    with serving(write_documents(base / "documents"), base / "index", editable=True) as running:
        yield running


def opened(served):
    return socket.create_connection(("127.0.0.1", httpx.URL(served.url).port), timeout=60)


def is_closed(connection):
    """Wait until the other end closes the connection."""
    try:
        return not connection.recv(65_536) or is_closed(connection)
    except ConnectionResetError:
        return True


# Every door has the limit of a question


def test_a_question_has_a_length_at_every_door(served):
    question = "a" * (MAX_CHARACTERS + 1)
    too_long = f"the question has {MAX_CHARACTERS + 1:,} characters"
    qa = served.corpus.now.qa
    for ask in (qa.ask, qa.search):
        with pytest.raises(QuestionError, match=too_long):
            ask(question)
    assert httpx.post(f"{served.url}/api/ask", json={"question": question}).status_code == 422
    assert httpx.post(f"{served.url}/api/search", json={"question": question}).status_code == 422
    assert too_long[1:] in joined(served, "ask", [question, 10, 3, None])  # as a sentence
    # The words of an endless question are not looked at either.
    assert httpx.post(f"{served.url}/api/ask", content=b"a" * 1_000_001).status_code == 413


@pytest.mark.parametrize(
    "path",
    ["api/verify", "gradio_api/queue/join", "gradio_api/run/ask", "library/remove", "nothing", ""],
)
def test_a_body_has_a_limit_on_every_route(served, path):
    response = httpx.post(f"{served.url}/{path}", content=b" " * 1_000_001, timeout=60)
    assert response.status_code == 413


def test_the_route_around_the_queue_is_closed(served):
    for path in ("run/ask", "api/ask", "run/ask/"):
        sent = {"data": [QUESTION, 10, 3, None]}
        assert httpx.post(f"{served.url}/gradio_api/{path}", json=sent).status_code == 404


def joined(served, name, data):
    """Ask through Gradio's queue; return all that it sends."""
    sent = httpx.post(f"{served.url}/gradio_api/call/{name}", json={"data": data}, timeout=60)
    event = sent.json()["event_id"]
    return httpx.get(f"{served.url}/gradio_api/call/{name}/{event}", timeout=60).text


def test_the_parts_of_an_answer_are_sent_at_once():
    """Or the second waits until the first was acknowledged: 40 ms for each answer."""

    async def is_sent_at_once(listener):
        found = asyncio.get_running_loop().create_future()

        def connected(_, writer):
            accepted = writer.get_extra_info("socket")
            found.set_result(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        async with await asyncio.start_server(connected, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            writer.close()
            return await found

    with listen(HOST, 0) as listener:
        assert asyncio.run(is_sent_at_once(listener))


# Slow and idle visitors


def test_a_body_that_does_not_arrive_is_given_up(served, monkeypatch):
    monkeypatch.setattr("qa.api.bodies.WITHIN_S", 0.5)
    with opened(served) as connection:
        connection.sendall(
            b"POST /api/ask HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
            b'content-length: 20\r\n\r\n{"ques'
        )
        assert connection.recv(65_536).startswith(b"HTTP/1.1 408 ")
        assert is_closed(connection)


def test_a_body_that_breaks_off_is_no_defect_that_the_log_is_filled_with(served):
    logged = []
    handler = logging.Handler()
    handler.emit = logged.append
    logging.getLogger("uvicorn.error").addHandler(handler)
    try:
        with opened(served) as connection:
            connection.sendall(
                b"POST /api/ask HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
                b'content-length: 20\r\n\r\n{"ques'
            )
            time.sleep(0.2)
        time.sleep(0.5)
    finally:
        logging.getLogger("uvicorn.error").removeHandler(handler)
    assert [record.getMessage() for record in logged] == []


HEALTH = b"GET /api/health HTTP/1.1\r\nhost: 127.0.0.1\r\n"
CHUNKED = b"POST /api/ask HTTP/1.1\r\nhost: evil.example\r\ntransfer-encoding: chunked\r\n\r\n"
# What is sent at first, and once the answer to it has come.
STRANGE = {
    "the wish for HTTP/2": (HEALTH + b"connection: upgrade\r\nupgrade: h2c\r\n\r\n",),
    "the wish for a web socket": (HEALTH + b"connection: upgrade\r\nupgrade: websocket\r\n\r\n",),
    "a broken body after the answer": (CHUNKED, b"no length\r\n"),
    "a broken body after a part of it": (CHUNKED + b"1\r\nx\r\n", b"2\r\nxyz\r\n"),
    "a broken request after the answer": (HEALTH + b"\r\n", b"\0\1\2 /\r\n\r\n"),
}


@pytest.mark.parametrize("kind", STRANGE)
def test_a_strange_request_is_no_defect_that_the_log_is_filled_with(served, kind):
    logged = []
    handler = logging.Handler()
    handler.emit = logged.append
    loggers = [logging.getLogger(name) for name in ("uvicorn.error", "asyncio")]
    for logger in loggers:
        logger.addHandler(handler)
    try:
        for _ in range(3):
            with opened(served) as connection:
                for sent in STRANGE[kind]:
                    connection.sendall(sent)
                    assert connection.recv(65_536).startswith((b"HTTP/1.1 ", b""))
                connection.shutdown(socket.SHUT_WR)
                assert is_closed(connection)
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
    # That is said at most once a minute.
    messages = [record.getMessage() for record in logged]
    assert messages in ([], ["Invalid HTTP request received."])


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nhost: 127", b"\r\n", b"G"])
def test_a_request_that_does_not_arrive_is_given_up(served, monkeypatch, sent):
    monkeypatch.setattr(connections, "HEAD_S", 0.5)
    with opened(served) as connection:
        connection.sendall(sent)
        assert is_closed(connection)


def test_a_second_request_that_does_not_arrive_is_given_up_too(served, monkeypatch):
    monkeypatch.setattr(connections, "HEAD_S", 0.5)
    with opened(served) as connection:
        connection.sendall(b"GET /api/health HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\nGET / HTT")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")
        assert is_closed(connection)


def test_a_client_that_does_not_read_is_given_up(served, monkeypatch):
    monkeypatch.setattr(connections, "STALL_S", 0.5)
    with opened(served) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        request = b"GET /api/openapi.json HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            for _ in range(100_000):
                connection.sendall(request)
                time.sleep(0.001)


def test_room_is_made_by_who_waits_longest_and_then_by_who_has_the_most(served, monkeypatch):
    monkeypatch.setattr(Connection, "allowed", 10)
    idle = [opened(served) for _ in range(60)]
    for _ in range(3):
        assert httpx.get(f"{served.url}/api/health", timeout=60).status_code == 200
    assert is_closed(idle[0])
    for connection in idle:
        connection.close()


def test_a_server_with_few_files_answers_among_idle_connections(served):
    corpus = served.corpus  # whose index need not be built again
    # With a hard limit of 160 files there is room for 64 connections.
    code = f"""
    import resource
    resource.setrlimit(resource.RLIMIT_NOFILE, (160, 160))
    from qa.web.serving import serve
    serve({str(corpus.folder)!r}, {str(corpus.index)!r}, port={free_port()})
    """
    running = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
    )
    lines = []
    reading = threading.Thread(target=lambda: lines.extend(running.stderr), daemon=True)
    reading.start()
    try:
        while not any("running at" in line for line in lines):
            assert running.poll() is None, lines
            time.sleep(0.05)
        (line,) = (each for each in lines if "running at" in each)
        url = next(word for word in line.split() if word.startswith("http"))
        idle = []
        for _ in range(400):
            try:
                idle.append(socket.create_connection(("127.0.0.1", httpx.URL(url).port), 5))
            except OSError:
                break
        with Client(url, timeout_s=60) as client:
            until = time.monotonic() + 120
            while not client_is_ready(client) and time.monotonic() < until:
                time.sleep(0.2)
            assert client.ask(QUESTION, threshold=0, quick=True).answers[0].text == "Ada Blum"
        for connection in idle:
            connection.close()
    finally:
        running.terminate()
        running.wait(60)
        reading.join(60)
        running.stderr.close()
    assert sum(map(len, lines)) < 20_000, lines[:20]


def client_is_ready(client):
    return client._http.get("health/ready").status_code == 200


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_what_a_flood_logs_is_logged_seldom():
    now = 0.0
    seldom = Seldom(clock=lambda: now)

    def logged(message):
        return seldom.filter(logging.LogRecord("x", 40, "", 0, message, (), None))

    flood = "socket.accept() out of system resource\nsocket: <x>"
    assert [logged(flood) for _ in range(3)] == [True, False, False]
    assert logged("another error")
    assert logged("another error")
    now = 61.0
    assert logged(flood)


# Many at once


def test_a_vote_is_kept_however_many_questions_wait(tmp_path, monkeypatch):
    # A server of its own: what still waits in Gradio's queue at the end would disturb other tests.
    with serving(write_documents(tmp_path / "documents"), tmp_path / "index") as served:
        let_go = questions_held(served.corpus, QUESTION, monkeypatch)
        (vote,) = (each for each in served.blocks.fns.values() if each.name == "on_vote")
        assert vote.queue is False
        url = f"{served.url}/gradio_api"
        sent = {"data": [QUESTION, 10, 3, None]}
        try:
            with httpx.Client(timeout=60) as http:
                asked = [http.post(f"{url}/call/ask", json=sent) for _ in range(320)]
                assert {each.status_code for each in asked} == {200, 503}
                body = {"data": [None, None], "event_data": {"vote": "0/0/up", "view": ""}}
                body |= {"fn_index": vote._id, "session_hash": "abc", "trigger_id": None}
                votes = [http.post(f"{url}/run/predict", json=body) for _ in range(20)]
                assert {each.status_code for each in votes} == {200}
                assert http.get(f"{served.url}/api/health").status_code == 200
        finally:
            let_go.set()


def test_what_is_only_looked_up_does_not_wait_for_questions(served, monkeypatch):
    let_go = questions_held(served.corpus, QUESTION, monkeypatch)
    with ThreadPoolExecutor(8) as askers:
        asked = [
            askers.submit(httpx.post, f"{served.url}/api/ask", json={"question": QUESTION})
            for _ in range(8)
        ]
        try:
            while served.corpus.pool.running + served.corpus.pool.waiting < len(asked):
                time.sleep(0.01)
            for path in ("info", "documents", "documents/library.txt"):
                assert httpx.get(f"{served.url}/api/{path}").status_code == 200
            assert not any(each.done() for each in asked)
        finally:
            let_go.set()
        assert {each.result().status_code for each in asked} == {200}


def test_sixty_four_askers_during_rebuilds_are_all_answered_from_one_generation(tmp_path):
    keepers = "Alba Blum Cole".split()
    places = ("Hamburg", "Bamberg", "Homburg")
    folder = tmp_path / "documents"
    folder.mkdir()

    def write(number):
        for place in places:
            text = f"The clock of {place} is kept by {keepers[number]}.\n"
            (folder / f"{place}.txt").write_text(text, encoding="utf-8")

    write(0)
    with serving(folder, tmp_path / "index") as running:
        wrong, done, finished = [], [], threading.Event()
        until = time.monotonic() + 600

        def ask(number):
            with httpx.Client(base_url=f"{running.url}/api/", timeout=300) as http:
                while not finished.is_set() and time.monotonic() < until:
                    response = http.post("ask", json={"question": CLOCK, "top_k": 3, "quick": True})
                    if response.status_code != 200:
                        wrong.append(response.text)
                        continue
                    found = response.json()
                    named = {hit["text"].split()[-1] for hit in found["passages"]}
                    if len(named) > 1:  # of two generations
                        wrong.append(named)
                    done.append(named)

        with ThreadPoolExecutor(64) as askers:
            for number in range(64):
                askers.submit(ask, number)
            for number in range(1, len(keepers)):
                write(number)
                before = running.corpus.live.state.finished
                assert httpx.post(f"{running.url}/library/build", timeout=300).status_code == 202
                while running.corpus.live.state.finished == before and time.monotonic() < until:
                    time.sleep(0.05)
            last = f"{keepers[-1]}."
            while not any(last in named for named in done[-64:]) and time.monotonic() < until:
                time.sleep(0.05)
            finished.set()
        assert wrong == []
        assert len(done) >= 64
        assert any(last in named for named in done)


def test_one_visitors_batch_does_not_hold_up_another(served):
    body = "\n".join([json.dumps({"question": QUESTION})] * 100).encode()
    headers = {"content-type": "application/x-ndjson"}
    url = f"{served.url}/api/ask"
    with (
        httpx.stream("POST", url, content=body, headers=headers, timeout=300) as batch,
        Client(served.url) as other,
    ):
        lines = batch.iter_lines()
        assert "verdict" in json.loads(next(lines))
        assert other.ask(QUESTION).passages
        assert served.corpus.pool.waiting <= 1
        assert 1 + sum(1 for _ in lines) == 100


def test_an_asker_who_leaves_is_not_answered(served):
    pool, let_go = served.corpus.pool, threading.Event()
    held = [pool.submit(lambda: let_go.wait(120), "other") for _ in range(pool.workers)]
    try:
        while pool.running < pool.workers:
            time.sleep(0.01)
        with opened(served) as connection:
            body = json.dumps({"question": QUESTION}).encode()
            connection.sendall(
                b"POST /api/ask HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
                b"content-length: %d\r\n\r\n%s" % (len(body), body)
            )
            while not pool.waiting:
                time.sleep(0.01)
            (job,) = pool._lines
        until = time.monotonic() + 60
        while not job.future.cancelled() and time.monotonic() < until:
            time.sleep(0.01)
        assert job.future.cancelled()
    finally:
        let_go.set()
        for each in held:
            each.result(60)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such limit")
def test_as_many_files_as_the_system_allows():
    code = """
    import resource
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 256))
    from qa.access.connections import allowed_connections
    print(allowed_connections(), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, cwd=ROOT
    )
    assert done.stdout.split() == ["160", "256"]

"""The page without a browser: its guard, its API, its start and its rebuild."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from serving import gradio_warnings, made_app, serving, serving_corpus, write_documents
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from qa.access import Access, Guard, is_loopback
from qa.answers.serialize import prediction_to_dict
from qa.errors import IndexCorrupt, QAError, QuestionError
from qa.web.handlers import Handlers
from qa.web.listener import listen
from qa.web.serving import serve

pytestmark = gradio_warnings

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    base = tmp_path_factory.mktemp("page")
    with serving(write_documents(base / "documents"), base / "index") as running:
        yield running


@pytest.fixture(scope="module")
def corpus(served):
    return served.corpus


@pytest.fixture(scope="module")
def url(served):
    return served.url


@pytest.fixture(scope="module")
def client(url, tmp_path_factory):
    return Client(url, verbose=False, download_files=tmp_path_factory.mktemp("client"))


def guarded(host):
    app = Starlette(routes=[Route("/{path:path}", lambda _: PlainTextResponse("in"))])
    return TestClient(Guard(app, access=Access(host)), base_url="http://127.0.0.1:7860")


# Requests that are refused


@pytest.mark.parametrize(
    ("bound", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("127.0.0.1", {"host": "localhost:7860"}, 200),
        ("127.0.0.1", {"host": "LOCALHOST"}, 200),
        ("127.0.0.1", {"host": "[::1]:7860"}, 200),
        ("localhost", {"host": "127.0.0.1:7860"}, 200),
        ("127.0.0.1", {"host": "evil.example"}, 403),
        ("127.0.0.1", {"host": "127.0.0.1.evil.example:7860"}, 403),
        ("127.0.0.1", {"host": "192.168.1.7:7860"}, 403),
        ("127.0.0.1", {"host": "[::1"}, 403),
        ("127.0.0.1", {"host": ""}, 403),
        ("127.0.0.1", {"origin": "http://127.0.0.1:7860"}, 200),
        ("127.0.0.1", {"origin": "http://evil.example"}, 403),
        ("127.0.0.1", {"origin": "http://localhost:3000"}, 403),
        ("127.0.0.1", {"origin": "null"}, 403),
        ("127.0.0.1", {"host": "evil.example", "origin": "http://evil.example"}, 403),
        ("0.0.0.0", {"host": "192.168.1.7:7860", "origin": "http://192.168.1.7:7860"}, 200),
        ("0.0.0.0", {"host": "192.168.1.7:7860", "origin": "http://evil.example"}, 403),
    ],
)
def test_only_the_pages_own_visitors_are_answered(bound, headers, status):
    for method in ("GET", "POST", "OPTIONS"):
        response = guarded(bound).request(method, "/config", headers=headers)
        assert (response.status_code == 403) == (status == 403), method


def test_an_unknown_address_is_a_page_in_a_browser_and_a_problem_to_programs(url):
    for path in ("nothing", "a/b?c=d", "document/nothing"):
        seen = httpx.get(f"{url}/{path}", headers={"accept": "text/html,*/*;q=0.8"})
        assert (seen.status_code, seen.headers["content-type"]) == (404, "text/html; charset=utf-8")
        assert "There is no page at this address." in seen.text
        assert '<a href="/">' in seen.text
        read = httpx.get(f"{url}/{path}")
        assert (read.status_code, read.headers["content-type"]) == (404, "application/problem+json")
        assert read.json()["problem"] == "not found"


def test_endpoints_that_the_page_does_not_need_are_closed():
    for path in ("upload", "file=/etc/passwd", "file/etc/passwd", "proxy=http://evil.example"):
        assert guarded("127.0.0.1").get(f"/gradio_api/{path}").status_code == 403


def test_web_sockets_are_refused():
    with (
        pytest.raises(WebSocketDisconnect),
        guarded("127.0.0.1").websocket_connect("ws://127.0.0.1/x"),
    ):
        pass


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost"])
def test_loopback(host):
    assert is_loopback(host)
    assert not is_loopback(f"{host}.example")
    assert not is_loopback("0.0.0.0")


# What is served


def test_the_guard_protects_the_page(url, corpus):
    assert httpx.get(url).status_code == 200
    assert httpx.get(url, headers={"host": "evil.example"}).status_code == 403
    for path in ("notes.txt", "library.txt"):
        file = (corpus.folder / path).resolve()
        assert httpx.get(f"{url}/gradio_api/file={file}").status_code == 403


def test_the_browser_may_load_nothing_from_elsewhere(url):
    policy = httpx.get(url).headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http:" not in policy
    assert "https:" not in policy


def test_nothing_is_recorded_shared_or_opened(corpus, monkeypatch):
    for name, value in {
        "GRADIO_MCP_SERVER": "True",
        "GRADIO_RUN_HISTORY": "True",
        "GRADIO_SHARE": "True",
        "GRADIO_ALLOWED_PATHS": "/",
        "GRADIO_SSR_MODE": "True",
    }.items():
        monkeypatch.setenv(name, value)
    _, page = made_app(corpus)
    assert page.mcp_server is False
    assert page.run_history is False
    assert page.share is False
    assert page.ssr_mode is False
    assert page.analytics_enabled is False
    assert page.allowed_paths == []
    assert page.footer_links == []


def test_no_event_loop_is_left_open(corpus, monkeypatch):
    loops, make = [], asyncio.new_event_loop

    def recorded():
        loops.append(make())
        return loops[-1]

    monkeypatch.setattr(asyncio, "new_event_loop", recorded)
    thread = threading.Thread(target=made_app, args=[corpus])
    thread.start()
    thread.join()
    assert loops
    assert all(loop.is_closed() for loop in loops)


def test_no_font_or_style_comes_from_elsewhere(url):
    css = httpx.get(f"{url}/theme.css").text
    assert "--serif" in css  # ours is in it
    assert "@import" not in css
    assert "@font-face" not in css
    assert not re.search(r"url\(['\"]?(https?:)?//", css)


def test_several_questions_run_at_a_time(served):
    events = [each for each in served.blocks.fns.values() if each.concurrency_id in ("ask", "open")]
    # The box, the buttons and the API; a conversation that is opened keeps none of them waiting.
    assert sorted(each.concurrency_id for each in events) == ["ask", "ask", "ask", "open"]
    assert min(each.concurrency_limit for each in events) > served.corpus.pool.workers > 1


def test_two_questions_are_answered_at_the_same_time(corpus, client, monkeypatch):
    now, both = corpus.now, threading.Barrier(2, timeout=60)

    def ask(*arguments, **options):
        both.wait()  # breaks unless the other question is being answered too
        return now.qa.ask(*arguments, **options)

    monkeypatch.setattr(corpus, "now", replace(now, qa=SimpleNamespace(ask=ask)))
    questions = ["Who founded the library?", "Who designed the lighthouse?"]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda each: client.predict(each, api_name="/ask"), questions))
    assert [each["question"] for each in found] == questions


def test_a_full_queue_is_reported(corpus, monkeypatch, tmp_path):
    monkeypatch.setattr("qa.web.page.MAX_WAITING", 0)
    with serving_corpus(corpus) as running:
        client = Client(running.url, verbose=False, download_files=tmp_path)
        with pytest.raises(Exception, match="Queue is full"):
            client.predict("Who founded the library?", api_name="/ask")


# The API


def test_one_endpoint_is_public(client):
    described = client.view_api(return_format="dict", print_info=False)
    assert list(described["named_endpoints"]) == ["/ask"]
    assert described["unnamed_endpoints"] == {}
    parameters = described["named_endpoints"]["/ask"]["parameters"]
    assert [p["parameter_name"] for p in parameters] == [
        "question",
        "top_k",
        "max_answers",
        "threshold",
    ]


def test_the_api_returns_what_the_pipeline_returns(client, corpus):
    question = "Who founded the library?"
    found = client.predict(question, top_k=4, max_answers=2, threshold=0, api_name="/ask")
    expected = prediction_to_dict(corpus.now.qa.ask(question, top_k=4, max_answers=2, threshold=0))
    assert found.pop("timings_ms").keys() == expected.pop("timings_ms").keys()
    assert found == expected
    assert found["answers"]


def test_not_found_is_a_result_of_the_api(client):
    found = client.predict("Who founded the library?", threshold=1, api_name="/ask")
    assert found["found"] is False
    assert found["answers"] == []
    assert found["passages"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"question": "  "}, "The question is empty"),
        ({"question": 7}, "question must be text"),
        ({"question": "Who?", "top_k": 0}, "top_k must be 1 to 50"),
        ({"question": "Who?", "top_k": "ten"}, "top_k must be 1 to 50"),
        ({"question": "Who?", "max_answers": 0}, "max_answers must be 1 or more"),
        ({"question": "Who?", "threshold": 1.5}, "threshold must be 0 to 1"),
        ({"question": "Who?", "threshold": "high"}, "threshold must be 0 to 1"),
    ],
)
def test_an_invalid_request_is_an_error_in_one_line(client, arguments, message, capfd):
    with pytest.raises(AppError, match=message):
        client.predict(**arguments, api_name="/ask")
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("for_owner", [True, False])
def test_a_remedy_is_shown_to_those_who_can_follow_it(corpus, monkeypatch, for_owner):
    def message(error):
        def ask(*_, **__):
            raise error

        monkeypatch.setattr(corpus, "now", replace(corpus.now, qa=SimpleNamespace(ask=ask)))
        with pytest.raises(gr.Error) as caught:
            Handlers(corpus, for_owner=for_owner).ask("Who?")
        return caught.value.message

    damaged = message(IndexCorrupt("the index is damaged", "run `qa build seeds`"))
    owner, visitor = "The index is damaged. Run `qa build seeds`.", "The index is damaged."
    assert damaged == (owner if for_owner else visitor)
    assert message(QuestionError("too long", "shorten it")) == "Too long. Shorten it."
    no_match = message(QuestionError("no match", "change it; `qa info --index /srv/x` lists all"))
    assert ("/srv/x" in no_match) == for_owner
    assert no_match.startswith("No match. Change it")
    assert message(QAError("no remedy")) == "No remedy."
    moved = message(
        QAError(f"{corpus.index.resolve()}/words and /opt/models/reader.onnx are damaged")
    )
    owner, visitor = (
        str(corpus.index.resolve()),
        f"{corpus.index.name}/words and reader.onnx are damaged.",
    )
    assert owner in moved if for_owner else moved == visitor


# Rebuilding


def test_a_rebuild_adds_documents_while_questions_are_answered(tmp_path):
    folder = write_documents(tmp_path / "documents")
    with serving(folder, tmp_path / "index") as running:
        corpus = running.corpus
        client = Client(running.url, verbose=False, download_files=tmp_path)
        corpus.now = replace(corpus.now, qa=corpus.now.qa.with_threshold(0.25))
        before = corpus.now
        (folder / "tower.txt").write_text("The tower\n\nIt was sold to Ida Falk in 1999.\n")
        (folder / "library.txt").unlink()
        answered, stop = [], threading.Event()

        def ask():
            while not (answered and stop.is_set()):
                answered.append(client.predict("Who designed it?", api_name="/ask"))
                time.sleep(0.5)  # or the questions keep the build from its processor

        with ThreadPoolExecutor(1) as pool:
            asking = pool.submit(ask)
            try:
                note = rebuilt(running)
            finally:
                stop.set()
            asking.result()
        assert note == "The index is up to date: 1 added, 1 removed."
        documents = [entry.document.id for entry in corpus.now.library.entries]
        assert "tower.txt" in documents
        assert "library.txt" not in documents
        found = client.predict("Who bought the tower?", api_name="/ask")
        assert found["passages"][0]["document"] == "tower.txt"
        # A request that began before the swap keeps its index.
        assert before.qa.document("library.txt").text
        assert corpus.now.qa.threshold == 0.25
        assert rebuilt(running) == "Nothing has changed since the last build."


def rebuilt(running):
    """Ask for a build as the page does, wait for its end and return what is said of it."""
    finished = running.corpus.live.state.finished
    assert httpx.post(f"{running.url}/library/build").status_code == 202
    while (status := httpx.get(f"{running.url}/library/status").json())["finished"] == finished:
        time.sleep(0.05)
    assert status["activity"] == ""
    return status["note"] or status["trouble"]


# Starting and stopping


def test_a_taken_port_names_another():
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(QAError, match=rf"port {port} is taken: try `qa serve --port \d+`"):
            listen("127.0.0.1", port)


def test_the_port_in_the_remedy_is_free():
    with listen("127.0.0.1", 0) as taken, ExitStack() as stack:
        port = taken.getsockname()[1]
        with suppress(QAError):  # taken already, which is as good
            stack.enter_context(listen("127.0.0.1", port + 1))
        with pytest.raises(QAError) as caught:
            listen("127.0.0.1", port)
        named = int(re.search(r"--port (\d+)`", str(caught.value))[1])
        listen("127.0.0.1", named).close()


def test_another_address_serves_the_same_documents(tmp_path):
    folder, index = tmp_path / "my documents", tmp_path / "index"
    with listen("0.0.0.0", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(QAError) as caught:
            serve(folder, index, "0.0.0.0", port, strict=0.95, is_open=True)
    command = f"qa serve '{folder}' --index {index} --strict 0.95 --open --host 0.0.0.0 --port "
    assert re.fullmatch(rf"port {port} is taken: try `{re.escape(command)}\d+`", str(caught.value))
    with pytest.raises(QAError, match=r"--host 0\.0\.0\.0 --port \d+`"):
        listen("0.0.0.0", 99_999)


@pytest.mark.parametrize(("host", "port"), [("192.0.2.1", 7860), ("127.0.0.1", 99_999)])
def test_an_unavailable_address_is_an_error_with_a_remedy(host, port):
    with pytest.raises(QAError, match=r"try `qa serve --host 127\.0\.0\.1 --port \d+`") as caught:
        listen(host, port)
    assert "\n" not in str(caught.value)


@pytest.mark.posix
def test_app_py_serves_builds_and_stops(tmp_path):
    folder = write_documents(tmp_path / "documents")
    command = [sys.executable, "app.py", str(folder), "--index", str(tmp_path / "index")]
    with subprocess.Popen(
        [*command, "--port", "0", "--strict", "1"],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
    ) as process:
        found = re.fullmatch(r"Verbatim is running at (http://\S+) .*\n", process.stderr.readline())
        response = httpx.get(found[1])  # before there is an index
        report = ""
        while not report.startswith("4 documents"):
            report = process.stdout.readline()
            assert report
        while httpx.get(f"{found[1]}/library/status").json().get("summary", "")[:1] != "4":
            time.sleep(0.05)
        client = Client(found[1], verbose=False, download_files=tmp_path)
        strictly = client.predict("Who founded the library?", api_name="/ask")
        with httpx.stream("GET", f"{found[1]}/gradio_api/heartbeat/abc") as stream:
            next(stream.iter_text())
            process.send_signal(signal.SIGINT)  # with a page open
            _, told = process.communicate(timeout=120)
    assert response.status_code == 200
    assert strictly["found"] is False
    assert process.returncode == 0
    assert "Indexing passages: 4 of 4" in told
    assert "Traceback" not in told


def test_gradio_does_nothing_in_vain(tmp_path):
    """It would take twice as long until the page is there."""
    code = """
import sys
from pathlib import Path

opened = []
sys.addaudithook(lambda event, given: event == "open" and opened.append(str(given[0])))
from qa.pipeline import QA
from qa.collections import Corpus
from qa.web import create_app
from gradio.routes import App

made, configure = [], App.configure_app
App.configure_app = lambda app, blocks: (made.append(app), configure(app, blocks))
folder, index = map(Path, sys.argv[1:])
app = create_app(Corpus(QA.empty(folder), folder=folder, index=index, watching=False))
(page,) = made
assert app.routes[-1].app is page is page.get_blocks().app
assert opened and not [path for path in opened if path.endswith(".pyi")]
"""
    command = [sys.executable, "-c", code, str(tmp_path), str(tmp_path / "index")]
    subprocess.run(command, cwd=ROOT, check=True)

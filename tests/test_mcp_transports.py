"""The tools over both transports: a program that an assistant starts, and a path of the page."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import anyio
import httpx
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from serving import DOCUMENTS, gradio_warnings, made_app, serving_corpus, write_documents

from qa.access import Access
from qa.access.origin import HOST
from qa.cli import main
from qa.collections import Corpus
from qa.errors import CorpusError
from qa.library import State
from qa.pipeline import QA
from qa.web.routes.library import _status

pytestmark = [gradio_warnings, pytest.mark.usefixtures("networks")]
QUESTION = "Who designed the lighthouse of Rerik?"
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
LIST = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
HEADERS = {"content-type": "application/json", "accept": "application/json, text/event-stream"}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder of documents with its index."""
    made = tmp_path_factory.mktemp("transports")
    write_documents(made / "documents")
    QA.build(made / "documents", made / "index")
    return made


def command(place, *more):
    paths = [str(place / "documents"), "--index", str(place / "index")]
    return [sys.executable, "-m", "qa", "mcp", *paths, *more]


async def used(client, folder):
    """List the tools, ask, verify; check that the words are the document's."""
    assert (await client.list_tools()).tools[0].name == "ask"
    asked = await client.call_tool("ask", {"question": QUESTION, "strict": 0})
    answer = asked.structured_content["answers"][0]
    text = (folder / answer["document"]).read_text(encoding="utf-8")
    assert text[answer["start"] : answer["end"]] == answer["quotation"] == "Ada Blum"
    place = {name: answer[name] for name in ("document", "start", "sha256", "quotation")}
    verified = await client.call_tool("verify_quote", place)
    assert verified.structured_content["valid"]
    absent = await client.call_tool("ask", {"question": "How many moons does Jupiter have?"})
    assert absent.structured_content["verdict"] == "not found"


def test_a_client_lists_asks_and_verifies_over_standard_input(place):
    """As new clients do; the next test introduces itself as old ones."""
    program, *arguments = command(place)
    server = StdioServerParameters(
        command=program, args=arguments, env={"PYTHONPATH": os.pathsep.join(sys.path)}
    )

    async def run():
        async with Client(stdio_client(server), mode="auto") as client:
            await used(client, place / "documents")

    anyio.run(run)


@contextmanager
def started(*arguments):
    """Run ``qa mcp``; kill it in the end if it has not ended."""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(arguments, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def send(process, *messages):
    for message in messages:
        line = message if isinstance(message, bytes) else json.dumps(message).encode()
        process.stdin.write(line + b"\n")
    process.stdin.flush()


BROKEN = [
    *(b"no JSON", b"\xff\xfe", b"[]", b'{"jsonrpc": "2.0"}', b"null", b"1", b'"x"', b""),
    *(
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"\0" * 1_000,
        b" " * 1_000_000,
        b'{"jsonrpc": "2.0", "id',
    ),
    b'{"jsonrpc": "2.0", "method": "\\ud800"}',
    b'[{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}]',
]


def test_nothing_but_the_protocol_is_printed_and_closed_input_ends_it(place, tmp_path):
    """Also while a build runs beside it, and after lines that are none of the protocol's."""
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "a.txt").write_text(DOCUMENTS["lighthouse.txt"])
    with started(*command(tmp_path)) as process:
        send(process, INITIALIZE)
        assert json.loads(process.stdout.readline())["result"]["serverInfo"]["name"] == "verbatim"
        send(process, {"jsonrpc": "2.0", "method": "notifications/initialized"})
        send(process, *BROKEN)
        total, number = 0, 10
        while not total:  # until the build, which began with the server, is done
            number += 1
            time.sleep(0.1)  # or the questions keep the build from its processor
            arguments = {"name": "list_documents", "arguments": {}}
            send(process, {**LIST, "id": number, "method": "tools/call", "params": arguments})
            answer = json.loads(process.stdout.readline())
            assert answer["id"] == number
            total = answer["result"]["structuredContent"]["total"]
        assert total == 1
        process.stdin.close()
        assert process.stdout.read() == b""
        assert process.wait(120) == 0
        assert process.stderr.read() == b""
    assert (tmp_path / "index" / "CURRENT").exists()


def test_an_error_before_the_first_message_goes_to_stderr(tmp_path):
    (tmp_path / "documents").mkdir()
    missing = subprocess.run(
        command(tmp_path / "nowhere"), stdin=subprocess.DEVNULL, capture_output=True
    )
    assert (missing.returncode, missing.stdout) == (2, b"")
    assert b"there is no folder" in missing.stderr


@pytest.mark.posix
def test_a_signal_ends_it_although_the_input_is_open(place):
    with started(*command(place, "--no-watch")) as process:
        send(process, INITIALIZE)
        assert process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == -signal.SIGTERM


def test_the_configuration_of_an_assistant_is_printed(place, capsys, monkeypatch):
    monkeypatch.chdir(place)
    assert main(["mcp", "documents", "--index", "index", "--config"]) == 0
    entry = json.loads(capsys.readouterr().out)["mcpServers"]["verbatim"]
    folder, index = str(place / "documents"), str(place / "index")
    assert entry["args"] == ["mcp", folder, "--index", index]
    assert Path(entry["command"]).is_absolute()


@pytest.fixture(scope="module")
def url(place):
    """The address of a page that assistants may ask."""
    qa = QA.build(place / "documents", place / "index")
    corpus = Corpus(qa, folder=place / "documents", index=place / "index")
    with serving_corpus(corpus, mcp=True) as served:
        yield served.url


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_a_client_lists_asks_and_verifies_beside_the_page(url, place, mode):
    async def run():
        async with Client(f"{url}/mcp", mode=mode) as client:
            await used(client, place / "documents")

    anyio.run(run)
    assert "Verbatim" in httpx.get(url).text  # the page is there as well


def post(url, message=LIST, **headers):
    content = message if isinstance(message, bytes) else json.dumps(message).encode()
    return httpx.post(f"{url}/mcp", content=content, headers={**HEADERS, **headers})


def test_no_session_is_kept(url):
    opened = post(url, INITIALIZE)
    assert opened.status_code == 200
    assert "mcp-session-id" not in opened.headers
    tools = post(url).json()["result"]["tools"]  # without a word of introduction
    assert len(tools) == 5


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "evil.example:80"},
        {"host": "127.0.0.1.evil.example"},
        {"host": "localhost.evil.example:7860"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost.evil.example:80"},
        {"origin": "file://"},
    ],
)
def test_what_another_site_could_send_is_refused(url, headers):
    assert post(url, **headers).status_code in (403, 421)


def test_the_endpoint_itself_refuses_too(place):
    """Without the guard of the page: the checks of the protocol's own library are on."""
    from starlette.testclient import TestClient

    from qa.api.pool import Pool
    from qa.mcp.http import Endpoint
    from qa.mcp.source import Source
    from qa.pipeline import QA

    endpoint = Endpoint(Source(lambda: QA.open(place / "index")), Pool(1), is_local=True)

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            await receive()
            async with endpoint.lifespan(None):
                await send({"type": "lifespan.startup.complete"})
                await receive()
            await send({"type": "lifespan.shutdown.complete"})
        else:
            await endpoint(scope, receive, send)

    with TestClient(app, base_url="http://localhost:80") as client:
        statuses = [
            client.post("/mcp", json=LIST, headers={**HEADERS, **headers}).status_code
            for headers in (
                {},
                {"host": "evil.example"},
                {"host": "localhost.evil.example"},
                {"origin": "http://evil.example"},
                {"origin": "http://localhost"},
            )
        ]
    assert statuses == [200, 421, 421, 403, 200]


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (b"", 400),
        (b"no JSON", 400),
        (b'{"jsonrpc": "2.0"', 400),
        (b"\xff\xfe", 400),
        (b"[" * 100_000, 400),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": "\\ud800"}', 400),
        (b" " * 1_000_000, 413),
    ],
)
def test_what_is_no_message_has_a_clear_status(url, message, status):
    assert post(url, message).status_code == status


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "HEAD", "OPTIONS"])
def test_there_is_no_stream_to_hold_open(url, method):
    answer = httpx.request(method, f"{url}/mcp", headers={"accept": "text/event-stream"})
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_without_being_asked_for_there_is_no_endpoint(place, monkeypatch):
    qa = QA.build(place / "documents", place / "index")
    corpus = Corpus(qa, folder=place / "documents", index=place / "index")
    app, _ = made_app(corpus)
    assert "/mcp" not in [getattr(route, "path", "") for route in app.routes]
    asked = []
    monkeypatch.setattr("qa.web.serve", lambda *_, **given: asked.append(given["mcp"]))
    for more in ([], ["--mcp"]):
        assert main(["serve", str(place / "documents"), "--index", "x", *more]) == 0
    assert asked == [False, True]


def test_at_another_address_paths_are_not_told(place):
    qa = QA.build(place / "documents", place / "index")
    corpus = Corpus(qa, folder=place / "documents", index=place / "index")
    for host, for_owner in ((HOST, True), ("0.0.0.0", False)):
        app, _ = made_app(corpus, access=Access(host), mcp=True)
        (route,) = [route for route in app.routes if getattr(route, "path", "") == "/mcp"]
        source = route.app.source
        assert source.for_owner == for_owner
        # The assistant reads what the page says, and neither where that is on this machine.
        folder = place.resolve() / "documents"
        corpus.live.state = State(
            trouble=CorpusError(f"there is no folder {folder}", f"make {folder}")
        )
        page = _status(corpus, for_owner=for_owner)["trouble"]
        for told in (source.status(), page):
            assert f"here is no folder {folder if for_owner else 'documents'}" in told
            assert (str(place.resolve()) in told) == for_owner

"""Pages and APIs over an index in Milvus Lite: two behind one address, and a store that fails."""

import gc
import itertools
import json
import socket
import threading
from contextlib import ExitStack, contextmanager
from functools import partial

import httpx
import pytest
from milvus_server import MilvusServer
from serving import gradio_warnings, serving_corpus, write_documents
from waiting import until

from qa import builder
from qa.builder import build
from qa.cli import main
from qa.cli.build import _Copy, _reports
from qa.collections.stored import opened_store
from qa.errors import QAError, StoreUnreachable
from qa.index import open_index
from qa.milvus import StoreAddress, live_in_store, open_store, publish
from qa.milvus.client import Client
from qa.pipeline import QA
from qa.remote import publish_index
from qa.web.routes import UPLOAD

pytest.importorskip("pymilvus", reason="the extra milvus is not installed")
pytestmark = [gradio_warnings, pytest.mark.usefixtures("networks")]

QUESTION = "Who designed the lighthouse of Rerik?"
TOWER = "The tower\n\nThe tower was sold to Ida Falk in 1999.\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Documents, their index, and a server of Milvus Lite with a copy of it."""
    base = tmp_path_factory.mktemp("store")
    write_documents(base / "documents")
    server = MilvusServer(base / "data").start()
    yield base, server
    server.kill()


@pytest.fixture(scope="module")
def store(place, encoder):
    base, server = place
    build(base / "documents", base / "index", encoder=encoder)
    publish_index(base / "index", server.address)
    return server.address


@contextmanager
def served(store, votes):
    """A page over the index in a store."""
    corpora, _ = opened_store(store, votes)
    corpus = corpora[""]
    corpus.live.start()
    try:
        with serving_corpus(corpus) as running:
            yield running
    finally:
        corpus.live.stop()
        corpus.pages.close()


@contextmanager
def in_turn(urls):
    """One address whose connections go to several servers in turn; yields it and their counts."""
    ports = [httpx.URL(url).port for url in urls]
    turns, counts = itertools.cycle(range(len(ports))), [0] * len(ports)

    def pump(source, target):
        try:
            while data := source.recv(65_536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def forward(visitor, port):
        with visitor, socket.create_connection(("127.0.0.1", port)) as server:
            back = threading.Thread(target=pump, args=[server, visitor])
            back.start()
            pump(visitor, server)
            back.join()

    def accept(listener):
        while True:
            try:
                visitor, _ = listener.accept()
            except OSError:
                return
            turn = next(turns)
            counts[turn] += 1
            threading.Thread(target=forward, args=[visitor, ports[turn]]).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept, args=[listener], daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", counts
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="module")
def two(store, place):
    base, _ = place
    with ExitStack() as stack:
        pages = [stack.enter_context(served(store, base / f"votes-{n}")) for n in range(2)]
        address, counts = stack.enter_context(in_turn([page.url for page in pages]))
        yield pages, address, counts


def without_times(content):
    """The bytes of an answer, without how long it took."""
    values = json.loads(content)
    if isinstance(values, dict):
        values.pop("timings_ms", None)
    return json.dumps(values)


REQUESTS = [
    ("POST", "/api/ask", {"question": QUESTION}),
    ("POST", "/api/ask", {"question": QUESTION, "only": ["e*"], "threshold": 0}),
    ("POST", "/api/ask", {"question": "Who was the mayor of Paris?"}),
    ("POST", "/api/search", {"question": "bridges"}),
    ("GET", "/api/documents", None),
    ("GET", "/api/documents/lighthouse.txt", None),
    ("GET", "/api/info", None),
    ("GET", "/library/status", None),
]


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS)
def test_two_servers_behind_one_address_answer_alike(two, method, path, body):
    _, address, counts = two
    before = list(counts)
    answers = [httpx.request(method, f"{address}{path}", json=body, timeout=60) for _ in range(4)]
    assert [count - was for count, was in zip(counts, before, strict=True)] == [2, 2]
    assert {answer.status_code for answer in answers} == {200}
    assert len({without_times(answer.content) for answer in answers}) == 1
    assert len({answer.headers.get("etag") for answer in answers}) == 1


def test_the_answer_is_that_of_the_index_here_and_its_document_is_shown(two, place):
    base, _ = place
    _, address, _ = two
    here = QA.open(base / "index").ask(QUESTION)
    there = httpx.post(f"{address}/api/ask", json={"question": QUESTION}, timeout=60).json()
    assert [a["text"] for a in there["answers"]] == [a.text for a in here.answers]
    answer = here.answers[0]
    document = httpx.get(f"{address}/api/documents/{answer.document_id}").json()
    assert document["text"][answer.start : answer.end] == answer.text
    asked = {"id": answer.document_id, "sha256": document["sha256"], "number": 0}
    marks = f"{answer.start}-{answer.end}-answer"
    window = httpx.get(f"{address}/document/window", params={**asked, "marks": marks})
    assert window.status_code == 200
    assert answer.text in window.text


def test_what_cannot_be_done_there_says_so(two, place, store):
    (page, _), _, _ = two
    base, _ = place
    refused = httpx.put(f"{page.url}{UPLOAD}", params={"name": "a.txt"}, content=b"A.")
    assert refused.status_code == 403
    assert "may not be changed here" in refused.json()["detail"]
    assert httpx.post(f"{page.url}/library/build").status_code == 202
    trouble = httpx.get(f"{page.url}/library/status").json()["trouble"]
    assert "cannot build it" in trouble
    paths = (base / name for name in ("documents", "index"))
    folder, index = (path.resolve() for path in paths)
    assert f"`qa build {folder} --index {index} --store {store}`" in trouble


def test_both_follow_what_is_built_and_then_survive_a_store_that_fails(two, place, store, encoder):
    base, server = place
    pages, address, _ = two
    (base / "documents" / "tower.txt").write_text(TOWER)
    build(base / "documents", base / "index", encoder=encoder)
    publish_index(base / "index", store)
    for page in pages:
        until(lambda page=page: "tower.txt" in page.corpus.now.qa._index.document_ids())
        until(lambda page=page: page.corpus.live.state.note.endswith("1 added."))
    sold = {"question": "Who bought the tower?", "threshold": 0}
    assert "Ida Falk" in httpx.post(f"{address}/api/ask", json=sold, timeout=60).text
    sha256 = httpx.get(f"{address}/api/documents/tower.txt").json()["sha256"]
    server.kill()
    with httpx.Client(base_url=pages[0].url, timeout=60) as visitor:
        refused = visitor.post("/api/ask", json={"question": "What was lit in 1902?"})
        assert refused.status_code == 503
        assert refused.json()["problem"] == f"{store} does not answer"
        assert refused.json()["remedy"].startswith("start the store")
        assert set(refused.json()) == {"type", "title", "status", "detail", "problem", "remedy"}
        asked = {"id": "tower.txt", "sha256": sha256, "number": 0}
        pages[0].corpus.now.qa._index._document.cache_clear()  # or it would still be shown
        window = visitor.get("/document/window", params=asked)
        assert (window.status_code, window.json()["problem"]) == (
            503,
            "the documents cannot be read now",
        )
        until(lambda: "does not answer" in visitor.get("/library/status").json()["trouble"])
        assert visitor.get("/").status_code == 200
        server.start()
        until(lambda: not visitor.get("/library/status").json()["trouble"])
        assert "Ida Falk" in visitor.post("/api/ask", json=sold).text


def test_a_page_over_a_store_that_is_not_there_does_not_start(place, store, tmp_path, capsys):
    base, _ = place
    index = ["--index", str(tmp_path / "votes"), "--port", "0"]
    assert main(["serve", "--store", "http://127.0.0.1:9", *index]) == 2
    assert "does not answer" in capsys.readouterr().err
    assert main(["serve", "--store", f"{store}/nothing", *index]) == 2
    told = capsys.readouterr().err
    assert "there is no index in" in told
    assert "Traceback" not in told
    for more in ([str(base / "documents")], ["--editable"]):
        assert main(["serve", *more, "--store", store, *index]) == 2
        assert "neither builds an index nor changes documents" in capsys.readouterr().err
    away = base / "documents"
    away.rename(base / "away")
    try:
        assert main(["serve", "--store", store, *index]) == 2
        assert "share it with this machine at the same path" in capsys.readouterr().err
    finally:
        (base / "away").rename(away)


def test_a_watched_folder_is_copied_to_the_store_again_when_that_is_back(
    tmp_path, monkeypatch, encoder
):
    folder, index = tmp_path / "documents", tmp_path / "index"
    folder.mkdir()
    (folder / "tower.txt").write_text(TOWER)
    server = MilvusServer(tmp_path / "data").start()
    address = StoreAddress.parse(server.address)
    stop = threading.Event()
    monkeypatch.setattr(builder, "watch", partial(builder.watch, check_s=0.2, stop=stop))
    monkeypatch.setattr("qa.milvus.publish", partial(publish, timeout_s=2))
    reports = _reports(
        folder, index, watch=True, retry=False, workers=None, copy=_Copy(index, server.address)
    )
    assert next(reports).changed
    (folder / "mill.txt").write_text("Zbigniew ran the mill until 1912.")
    assert next(reports).changed
    assert "tower.txt" in documents_in(address)
    server.kill()
    error = next(reports)  # of the copy of what the second build wrote
    assert isinstance(error, StoreUnreachable)
    server.start()
    thread = threading.Thread(target=lambda: [None for _ in reports])
    thread.start()
    try:
        until(lambda: documents_in(address) == {"tower.txt", "mill.txt"})
    finally:
        stop.set()
        thread.join(60)
        server.kill()


def documents_in(address):
    try:
        opened = open_store(address, timeout_s=5)
    except QAError:
        return set()
    names = set(opened.document_ids())
    opened.close()
    return names


def test_an_index_of_a_store_is_closed_once_nobody_reads_it(place, store, monkeypatch):
    closed, close = [], Client.close

    def closing(client):
        closed.append(client)
        close(client)

    monkeypatch.setattr(Client, "close", closing)
    gc.collect()
    gc.disable()  # it does not wait for a collection of cycles
    try:
        opened = open_store(StoreAddress.parse(store))
        reading = opened.document
        del opened
        assert reading("lighthouse.txt").text == reading("lighthouse.txt").text
        assert closed == []
        del reading
        assert len(closed) == 1
        again = open_store(StoreAddress.parse(store))
        again.close()
        again.close()
        del again
        assert len(closed) == 2
    finally:
        gc.enable()


def test_what_is_open_knows_whether_it_is_the_newest(place, store):
    base, _ = place
    opened = open_store(StoreAddress.parse(store))
    assert opened.live() == opened.generation == live_in_store(StoreAddress.parse(store))
    opened.close()
    here = open_index(base / "index")
    assert here.live() == here.generation
    here.close()

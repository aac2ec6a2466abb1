"""What takes a thread of the page: a few requests at once, and each visitor in turn."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from serving import gradio_warnings, serving, write_documents
from waiting import until

from qa.access import Turns, Visitor
from qa.access.lines import Lines
from qa.access.turns import PLACES
from qa.access.visitor import KEY
from qa.web.page import ASKING, OPENING

pytestmark = gradio_warnings

MINE, OTHER = "127.0.0.1", "127.0.0.2"


# The lines


def taken(lines):
    return [lines.next() for _ in range(len(lines))]


def test_the_next_is_of_each_line_in_turn():
    lines = Lines()
    for name in ("a0", "a1", "a2", "b0", "c0", "c1"):
        lines.add(name[0], name)
    assert list(lines) == ["a0", "a1", "a2", "b0", "c0", "c1"]
    assert taken(lines) == ["a0", "b0", "c0", "a1", "c1", "a2"]
    with pytest.raises(KeyError):
        lines.next()


def test_the_last_of_the_longest_line_leaves_for_one_of_a_shorter():
    lines = Lines()
    assert lines.displaced("a") is None
    for name in ("a0", "a1", "a2", "b0"):
        lines.add(name[0], name)
    assert lines.displaced("a") is None
    assert lines.displaced("b") == "a2"
    assert lines.displaced("b") is None  # as long as theirs would be
    assert lines.displaced("c") == "a1"
    lines.keep(lambda name: name != "a0")
    assert taken(lines) == ["b0"]


# The middleware alone


class Held:
    """Turns before an application whose answers wait until each is let go."""

    def __init__(self, **options):
        self.began, self.answers = [], {}
        self.turns = Turns(self.answer, has_own=lambda scope: scope["path"] == "/own", **options)

    async def answer(self, scope, receive, send):
        name = scope["path"].lstrip("/")
        self.began.append(name)
        await self.answers.setdefault(name, asyncio.Event()).wait()
        if name.startswith("bad"):
            raise ZeroDivisionError
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await self.answers.setdefault(f"{name} read", asyncio.Event()).wait()

    def ask(self, name, *parts, method="GET"):
        """Begin a request of the visitor whose name is the first letter; a task with its status."""
        told, given = [], list(parts)

        async def receive():
            part = given.pop(0) if given else None
            if isinstance(part, asyncio.Event):
                await part.wait()
            return {"type": "http.request", "body": b"", "more_body": bool(given)}

        async def send(message):
            told.append(message.get("status"))

        async def asked():
            scope = {"type": "http", "path": f"/{name}", "method": method}
            scope[KEY] = Visitor(name[0])
            await self.turns(scope, receive, send)
            return told[0]

        return asyncio.ensure_future(asked())

    async def let(self, *names):
        for name in names:
            self.answers.setdefault(name, asyncio.Event()).set()
        for _ in range(20):
            await asyncio.sleep(0)


def held(test):
    """Run a coroutine with turns, two places and room for four."""
    return lambda: asyncio.run(test(Held(places=2, waiting=4)))


@held
async def test_requests_begin_in_turn(turns):
    for name in ("a0", "a1", "a2", "a3", "b0"):
        turns.ask(name)
    await turns.let()
    assert turns.began == ["a0", "a1"]
    await turns.let("a0", "a1")  # their answers begin, and are not read yet
    assert turns.began == ["a0", "a1", "a2", "b0"]
    await turns.let("a2")
    assert turns.began[-1] == "a3"


@held
async def test_a_place_is_free_after_a_defect_and_after_the_last(turns):
    bad = turns.ask("bad")
    await turns.let("bad")
    with pytest.raises(ZeroDivisionError):
        await bad
    for number in range(6):
        turns.ask(f"a{number}")
        await turns.let(f"a{number}")
    assert len(turns.began) == 7
    assert turns.turns._places.waiting == 0


@held
async def test_who_sends_slowly_has_no_place(turns):
    arrived = asyncio.Event()
    for name in ("a0", "a1"):
        turns.ask(name, arrived, arrived, method="POST")
    await turns.let()
    turns.ask("b0")
    await turns.let()
    assert turns.began == ["b0"]
    arrived.set()
    await turns.let("b0")
    assert turns.began == ["b0", "a0", "a1"]


@held
async def test_of_too_many_whoever_has_the_most_is_told_to_come_back(turns):
    mine = [turns.ask(f"a{number}") for number in range(6)]
    await turns.let()
    refused = turns.ask("a6")
    await turns.let()
    assert refused.result() == 503
    other = turns.ask("b0")
    await turns.let()
    assert mine[5].result() == 503
    assert not other.done()
    await turns.let("a0", "a1", "a2", "b0", "b0 read")
    assert other.result() == 200


@held
async def test_what_waits_elsewhere_has_no_place_here(turns):
    for name in ("a0", "a1", "own"):
        turns.ask(name)
    await turns.let()
    assert turns.began == ["a0", "a1", "own"]


@held
async def test_a_request_that_is_cancelled_gives_its_place_on(turns):
    tasks = [turns.ask(f"a{number}") for number in range(4)]
    await turns.let()
    tasks[2].cancel()
    await turns.let("a0")
    assert turns.began == ["a0", "a1", "a3"]
    tasks[3].cancel()
    tasks[1].cancel()
    turns.ask("b0")
    await turns.let()
    assert turns.began[-1] == "b0"


# The page


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    base = tmp_path_factory.mktemp("turns")
    folder = write_documents(base / "documents")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("qa.library.Live.request", lambda self: None)
        with serving(folder, base / "index", editable=True) as running:
            yield running


def at(served, address):
    transport = httpx.HTTPTransport(local_address=address)
    return httpx.Client(base_url=served.url, transport=transport, timeout=300)


def run(served, name, data):
    (number,) = (n for n, each in served.blocks.fns.items() if each.name == name)
    body = {"fn_index": number, "session_hash": "x", "data": data, "event_data": {"view": "talk"}}
    return "POST", "/gradio_api/run/predict", body


DOORS = {
    "a click": lambda served: run(served, "on_view", [None, None]),
    "a new page": lambda served: run(served, "on_load", []),
    "an export": lambda served: run(served, "on_export", [None, None]),
    "the list": lambda _: ("GET", "/library/list", None),
    "the state": lambda _: ("GET", "/library/status", None),
    "a removal": lambda _: ("POST", "/library/remove", {"path": "nothing.txt"}),
    "a build": lambda _: ("POST", "/library/build", None),
    "a file of Gradio's": lambda _: ("GET", "/theme.css", None),
}


@pytest.mark.parametrize("kind", DOORS)
def test_no_door_has_more_requests_of_one_visitor_than_places(served, monkeypatch, kind):
    """Hold what every request of the page asks for first; all others come through meanwhile."""
    may_go, inside = threading.Event(), []
    seen_by = served.corpus.seen_by

    def slow(visitor):
        inside.append(visitor)
        assert may_go.wait(300)
        return seen_by(visitor)

    monkeypatch.setattr(served.corpus, "seen_by", slow)
    method, path, body = DOORS[kind](served)
    many = 5 * PLACES
    with ThreadPoolExecutor(many) as askers, at(served, MINE) as mine, at(served, OTHER) as other:
        asked = [askers.submit(mine.request, method, path, json=body) for _ in range(many)]
        try:
            if kind != "a file of Gradio's":  # that asks for nothing, and is not held
                until(lambda: len(inside) >= PLACES)
            # What is asked is answered in the threads that are left.
            sent = {"question": "Who founded the library?", "quick": True}
            monkeypatch.setattr(served.corpus, "seen_by", seen_by)
            assert other.post("/api/ask", json=sent).status_code == 200
            assert other.get("/api/health").status_code == 200
            assert len(inside) <= PLACES
        finally:
            may_go.set()
        assert {each.result().status_code for each in asked} <= {200, 202, 404}


def test_the_places_and_the_questions_of_the_page_have_a_thread_each():
    assert PLACES + ASKING + OPENING <= 40

"""What is drawn and found for one visitor keeps no other waiting."""

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from serving import gradio_warnings, serving, write_documents
from waiting import until

pytestmark = [gradio_warnings, pytest.mark.usefixtures("networks")]

QUESTION = "Who designed the lighthouse of Rerik?"
NAME = "lighthouse.txt"
PICTURES = 60  # more than the threads of Gradio


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    base = tmp_path_factory.mktemp("views")
    with serving(write_documents(base / "documents"), base / "index") as running:
        yield running


class Held:
    """Draws when the test lets it, and keeps the numbers of the pages in that order."""

    def __init__(self):
        self.drawn, self.let_go = [], threading.Event()

    def picture(self, _document, page, *, large=False):
        assert self.let_go.wait(300)
        self.drawn.append(page)
        return b"a picture"


@pytest.fixture
def held(served, monkeypatch):
    drawing = Held()
    monkeypatch.setattr(served.corpus, "pages", drawing)
    yield drawing
    drawing.let_go.set()


def client(served, address):
    transport = httpx.HTTPTransport(local_address=address, limits=httpx.Limits(max_connections=99))
    return httpx.Client(base_url=served.url, transport=transport, timeout=httpx.Timeout(60))


def picture(served, visitor, number):
    sha256 = served.corpus.now.qa.document(NAME).sha256
    asked = {"id": NAME, "sha256": sha256, "number": number}
    return visitor.get("/document/picture", params=asked)


def test_pictures_of_one_visitor_keep_nobody_waiting(served, held):
    views = served.corpus.pool.views
    with (
        client(served, "127.0.0.1") as mine,
        client(served, "127.0.0.2") as other,
        ThreadPoolExecutor(PICTURES + 1) as askers,
    ):
        try:
            asked = [askers.submit(picture, served, mine, n) for n in range(PICTURES)]
            until(lambda: views.running + views.waiting == PICTURES)
            # Gradio's threads are free: for what is clicked, and for the list of documents.
            assert other.get("/library/list").status_code == 200
            joined = other.post("/gradio_api/call/ask", json={"data": [QUESTION, 10, 3, None]})
            told = other.get(f"/gradio_api/call/ask/{joined.json()['event_id']}")
            assert "Ada Blum" in told.text
            others = askers.submit(picture, served, other, 1_000)
            until(lambda: views.running + views.waiting == PICTURES + 1)
        finally:
            held.let_go.set()
        assert others.result().content == b"a picture"
        assert {each.result().status_code for each in asked} == {200}
    assert held.drawn.index(1_000) <= 2 * views.workers


def wanted(pool):
    """The calls that wait and were not given up."""
    calls = [job.future for job in pool._lines]
    return [future for future in calls if not future.cancelled()]


def test_a_picture_that_nobody_waits_for_is_not_drawn(served, held):
    views = served.corpus.pool.views
    with client(served, "127.0.0.1") as mine, ThreadPoolExecutor(PICTURES) as askers:
        impatient = httpx.Client(base_url=served.url, timeout=httpx.Timeout(60, read=0.5))

        def give_up(number):
            with pytest.raises(httpx.ReadTimeout):
                picture(served, impatient, number)

        for each in [askers.submit(give_up, number) for number in range(20)]:
            each.result()
        impatient.close()
        until(lambda: not wanted(views))
        last = askers.submit(picture, served, mine, 1_000)
        until(lambda: wanted(views))
        held.let_go.set()
        assert last.result().status_code == 200
    assert len(held.drawn) <= views.workers + 1


def test_who_asks_for_too_many_pictures_is_told_to_come_back(served, held, monkeypatch):
    views = served.corpus.pool.views
    monkeypatch.setattr(views, "limit", 4)
    with client(served, "127.0.0.1") as mine, ThreadPoolExecutor(8) as askers:
        asked = [askers.submit(picture, served, mine, n) for n in range(views.workers)]
        until(lambda: views.running == views.workers)
        asked += [askers.submit(picture, served, mine, n) for n in range(4)]
        until(lambda: views.waiting == 4)
        answer = picture(served, mine, 99)
        assert answer.status_code == 503
        assert answer.json()["detail"].startswith("4 requests are waiting. Ask again in ")
        assert int(answer.headers["retry-after"]) >= 1
        held.let_go.set()
        assert {each.result().status_code for each in asked} == {200}

"""Whatever goes wrong over HTTP is said in one form: problem details (RFC 9457)."""

import json
import socket

import httpx
import pytest
from serving import HOST, gradio_warnings, serving, write_documents
from starlette.testclient import TestClient

from qa.access import Access, Guard, Users, connections
from qa.access.refusals import MEDIA_TYPE, members_of
from qa.access.traffic import Traffic
from qa.access.turns import Places, Turns
from qa.api.problems import error_of, for_visitors, problem_of, problem_response, status_of
from qa.errors import Busy, IndexCorrupt, LibraryError, QuestionError
from qa.text import sentences
from qa.web.front import Front

pytestmark = gradio_warnings

MEMBERS = {"type", "title", "status", "detail", "problem", "remedy"}
HASH = "0" * 64


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    base = tmp_path_factory.mktemp("problems")
    with serving(write_documents(base / "documents"), base / "index", mcp=True) as running:
        yield running


def is_problem(response):
    """Check a response that is an error; return its members."""
    assert response.headers["content-type"] == MEDIA_TYPE
    said = response.json()
    assert said.keys() >= MEMBERS
    assert said["status"] == response.status_code
    assert said["problem"] and not said["problem"].endswith(".")
    assert said["detail"] == sentences(said["problem"], said["remedy"])
    if said["type"] == "about:blank":
        assert said["title"] == httpx.codes.get_reason_phrase(said["status"])
    return said


DOORS = {
    "no such page": ("GET", "/nothing", None, 404),
    "a method that is not there": ("POST", "/metrics", None, 404),
    "a file that is not there": ("GET", "/static/nothing.js", None, 404),
    "an asset that is not there": ("GET", "/assets/nothing.js", None, 404),
    "a question without one": ("POST", "/api/ask", {"question": ""}, 422),
    "no JSON": ("POST", "/api/ask", b"{", 400),
    "a document that is not there": ("GET", "/api/documents/nothing.txt", None, 404),
    "a number that is none": ("GET", "/api/documents?limit=x", None, 422),
    "a collection that is not there": ("POST", "/library/build?collection=x", None, 404),
    "a change that is not allowed": ("POST", "/library/remove", {"path": "notes.txt"}, 403),
    "a change without a path": ("POST", "/library/remove", {}, 422),
    "an upload that is not allowed": ("PUT", "/library/files?name=a.txt", b"x", 403),
    "a window of nothing": (
        "GET",
        f"/document/window?id=nothing.txt&sha256={HASH}&number=0",
        None,
        404,
    ),
    "a window of what has changed": (
        "GET",
        f"/document/window?id=notes.txt&sha256={HASH}&number=0",
        None,
        410,
    ),
    "a window that is not there": ("GET", "/document/window?id=NOTES&number=99", None, 404),
    "a window without a number": ("GET", "/document/window?id=NOTES", None, 422),
    "a picture of what has no pages": ("GET", "/document/picture?id=NOTES&number=1", None, 404),
    "a body of a megabyte": ("POST", "/library/remove", b" " * 1_000_001, 413),
    "an event that is not there": ("GET", "/gradio_api/call/ask/nothing", None, 404),
    "a function that is not there": ("POST", "/gradio_api/call/nothing", {"data": []}, 404),
    "an event without data": ("POST", "/gradio_api/call/ask", {"data": []}, 422),
    "the route around the queue": (
        "POST",
        "/gradio_api/run/ask",
        {"data": ["Who?", 1, 1, None]},
        404,
    ),
    "an upload to Gradio": ("POST", "/gradio_api/upload", b"x", 403),
    "the tools without a message": ("GET", "/mcp", None, 405),
    "another host": ("GET", "http://evil.example/", None, 403),
}


@pytest.mark.parametrize("kind", DOORS)
def test_every_door_says_what_is_wrong_in_one_form(served, kind):
    method, path, sent, status = DOORS[kind]
    notes = served.corpus.now.qa.document("notes.txt")
    path = path.replace("NOTES", f"notes.txt&sha256={notes.sha256}")
    headers = {}
    if path.startswith("http:"):
        headers, path = {"host": httpx.URL(path).host}, "/"
    body = {"content": sent} if isinstance(sent, bytes) else {"json": sent}
    if sent == b"{":
        headers["content-type"] = "application/json"
    response = httpx.request(method, served.url + path, headers=headers, timeout=60, **body)
    assert response.status_code == status, response.text
    is_problem(response)


def test_what_is_no_request_and_one_connection_too_many_are_told_so_too(served, monkeypatch):
    def told(sent):
        port = httpx.URL(served.url).port
        with socket.create_connection((HOST, port), timeout=60) as connection:
            connection.sendall(sent)
            return parsed(connection)

    assert is_problem(told(b"\0\r\n\r\n"))["status"] == 400
    monkeypatch.setattr("qa.access.connections.Connection.allowed", 0)
    full = is_problem(told(b""))
    assert full["problem"] == "too many connections are open"


def parsed(connection):
    """Read the raw answer of a connection that the server closes."""
    read = b""
    while part := connection.recv(65_536):
        read += part
    head, _, body = read.partition(b"\r\n\r\n")
    first, *lines = head.decode("ascii").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    assert int(headers["content-length"]) == len(body)
    return httpx.Response(int(first.split()[1]), headers=headers, content=body)


@pytest.mark.parametrize("path", ["/library/list", "/api/ask", "/nothing"])
def test_a_page_that_is_loaded_says_so(path):
    response = TestClient(Front(lambda: None)).get(path)
    assert is_problem(response)["problem"] == "the server is starting"
    assert (response.status_code, response.headers["retry-after"]) == (503, "2")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/x", 401), ("DELETE", "/login", 405), ("POST", "/x", 401)],
)
def test_the_guard_says_it_in_this_form(tmp_path, method, path, status):
    users = Users(tmp_path / "users.sqlite")
    users.add("ada", "correct horse battery")
    client = TestClient(Guard(None, access=Access(users=users)), base_url="http://127.0.0.1")
    response = client.request(method, path)
    assert response.status_code == status
    is_problem(response)


def test_so_do_turns():
    async def nothing(scope, receive, send):
        raise AssertionError

    response = TestClient(Turns(nothing, places=0, waiting=0)).get("/x")
    assert response.status_code == 503
    assert is_problem(response)["detail"] == "0 requests are waiting. Ask again in 2 s."


def busy_answers(tmp_path):
    """Every answer of something in front of the page that is busy for a moment."""
    users = Users(tmp_path / "users.sqlite")
    users.add("ada", "correct horse battery")
    guard = Guard(None, access=Access(users=users))
    guard._places = Places(0, 0)
    closing = Traffic(None)
    closing.is_closing = True
    yield "guard", TestClient(guard, base_url="http://127.0.0.1").get("/x")
    yield "turns", TestClient(Turns(None, places=0, waiting=0)).get("/x")
    yield "traffic", TestClient(closing).post("/x")
    yield "front", TestClient(Front(lambda: None)).get("/x")
    head, _, body = connections._FULL.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().splitlines()[1:])
    yield "connections", httpx.Response(503, headers=headers, content=body)


def test_whoever_is_busy_says_so_as_questions_do_that_wait(tmp_path):
    """A program reads when to come back, wherever in the server it is sent away."""
    names = []
    for name, response in busy_answers(tmp_path):
        is_problem(response)
        error = error_of(response.status_code, response.content)
        assert type(error) is Busy, name
        assert response.headers["retry-after"] == str(error.retry_after_s), name
        assert error.remedy == f"ask again in {error.retry_after_s} s", name
        names.append(name)
    assert len(names) == 5


def test_a_name_that_utf_8_cannot_write_is_told_of_all_the_same():
    error = IndexCorrupt("\udcff.txt differs", "build \udcff anew")
    response = problem_response(error)
    assert json.loads(response.body)["detail"] == "?.txt differs. Build ? anew."


def test_an_error_is_the_same_after_the_way_over_http():
    for error in (QuestionError("a", "b"), Busy("a", "b", retry_after_s=7), IndexCorrupt("a")):
        back = error_of(status_of(error), json.dumps(problem_of(error)).encode())
        assert (type(back), back.args) == (type(error), error.args)


def test_visitors_are_told_what_they_can_do_about_a_file():
    error = LibraryError("there is no room", "free some", status=413, for_visitors="tell the owner")
    told = problem_of(for_visitors(error))
    assert (told["status"], told["problem"]) == (413, "there is no room")
    assert told["remedy"] == "tell the owner"


def test_the_title_of_a_problem_without_a_type_is_that_of_its_status():
    assert members_of(410, "the document has changed")["title"] == "Gone"

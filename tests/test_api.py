"""The API, asked over HTTP of a page that is served for real."""

import gzip
import json
import select
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from serving import gradio_warnings, serving, write_documents

from qa import Client, errors
from qa.answers.deserialize import prediction_from_dict
from qa.answers.quotations import Quotation
from qa.answers.serialize import prediction_to_dict
from qa.api.app import create_api
from qa.api.bodies import MAX_BATCH, MAX_BODY
from qa.api.pool import Pool
from qa.api.problems import error_of, problem_of
from qa.errors import (
    Busy,
    IndexCorrupt,
    InvalidRequest,
    QAError,
    QuestionError,
    ServiceError,
)

pytestmark = gradio_warnings

ROOT = Path(__file__).parents[1]
QUESTION = "Who designed the lighthouse of Rerik?"
LONG = "Ada found “ünïcode” \U0001f600 here. " * 20_000


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    base = tmp_path_factory.mktemp("api")
    folder = write_documents(base / "documents", more={"long one.txt": LONG})
    with serving(folder, base / "index") as running:
        yield running


@pytest.fixture(scope="module")
def qa(served):
    return served.corpus.now.qa


@pytest.fixture(scope="module")
def http(served):
    with httpx.Client(base_url=f"{served.url}/api/", timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def client(served):
    with Client(served.url) as opened:
        yield opened


def without_times(values):
    return {**values, "timings_ms": {}}


# Answers


def test_the_answer_is_that_of_the_command_line(http, served):
    options = {"top_k": 4, "threshold": 0.0, "only": ["light*", "eng*"], "quick": True}
    found = http.post("ask", json={"question": QUESTION, **options}).json()
    command = [sys.executable, "-m", "qa", "ask", QUESTION, "--json", "--top-k", "4", "--quick"]
    command += ["--threshold", "0", "--only", "light*", "--only", "eng*"]
    printed = subprocess.run(
        [*command, "--index", served.corpus.index], capture_output=True, text=True, cwd=ROOT
    ).stdout
    assert without_times(found) == without_times(json.loads(printed))
    assert list(found) == list(json.loads(printed))
    assert found["answers"][0]["text"] == "Ada Blum"


def test_the_client_returns_what_the_library_returns(client, qa):
    for question in (QUESTION, "Who founded the library?", "Where is the treasure?"):
        here, there = qa.ask(question), client.ask(question)
        assert without_times(prediction_to_dict(there)) == without_times(prediction_to_dict(here))
        assert there == prediction_from_dict(prediction_to_dict(here))
        assert client.search(question, top_k=3).passages[0].passage.text == (
            qa.search(question, top_k=3).passages[0].passage.text
        )


def test_every_answer_is_a_quotation_of_the_document_that_the_api_returns(client):
    prediction = client.ask(QUESTION, threshold=0)
    assert prediction.answers
    for answer in prediction.answers:
        document = client.document(answer.document_id)
        assert document.text[answer.start : answer.end] == answer.text
        assert document.sha256 == answer.place.sha256


def test_filters_history_strictness_and_quick_reach_the_library(served, client, monkeypatch):
    now, asked = served.corpus.now, []

    def ask(question, **options):
        asked.append((question, options))
        return now.qa.ask(question)

    qa = SimpleNamespace(ask=ask, collections=(), threshold_for=now.qa.threshold_for)
    monkeypatch.setattr(served.corpus, "now", replace(now, qa=qa))
    first = client.ask(QUESTION)
    client.ask(
        *("When was it lit?",),
        **{"top_k": 7, "max_answers": 2, "strict": 0.9, "only": "l*", "since": "2020"},
        **{"until": "2021-03", "language": "en", "history": [first], "quick": True},
    )
    question, options = asked[-1]
    (earlier,) = options.pop("history")
    assert question == "When was it lit?"
    assert earlier.resolved_question == first.resolved_question
    assert earlier.answers[0].text == first.answers[0].text
    assert options == {
        "top_k": 7,
        "max_answers": 2,
        "threshold": now.qa.threshold_for(0.9),
        "only": "l*",
        "since": "2020",
        "until": "2021-03",
        "language": "en",
        "quick": True,
    }


def test_a_follow_up_is_asked_as_the_question_that_it_means(client, qa):
    first = qa.ask(QUESTION, threshold=0)
    here = qa.ask("When was it lit?", history=[first], threshold=0)
    there = client.ask("When was it lit?", history=[client.ask(QUESTION, threshold=0)], threshold=0)
    assert there.asked_otherwise
    assert there.resolved_question == here.resolved_question
    bare = client._post("ask", {"question": "and when?", "history": [{"question": QUESTION}]})
    assert bare["resolved_question"] != "and when?"


def test_not_found_is_a_result(http):
    response = http.post("ask", json={"question": QUESTION, "threshold": 1.0})
    assert response.status_code == 200
    assert response.json()["verdict"] in ("possible", "not found")


# Batches


def test_a_batch_is_answered_line_by_line_in_order(http, qa):
    lines = [
        json.dumps({"question": QUESTION}),
        '{"question": ""}',
        "{broken",
        '{"question": "Who?", "colour": "red"}',
        "",
        json.dumps({"question": "Who founded the library?", "max_answers": 1}),
    ]
    response = http.post(
        "ask",
        content="\n".join(lines).encode(),
        headers={"content-type": "application/x-ndjson; charset=utf-8"},
    )
    assert response.headers["content-type"] == "application/x-ndjson"
    found = [json.loads(line) for line in response.text.splitlines()]
    assert [each.get("status", 200) for each in found] == [200, 422, 400, 422, 200]
    assert without_times(found[0])["answers"] == prediction_to_dict(qa.ask(QUESTION))["answers"]
    assert found[1]["problem"] == "the question is empty"
    assert "colour" in found[3]["problem"]


def test_the_client_sends_batches(client, monkeypatch):
    monkeypatch.setattr("qa.api.client.BATCH", 2)
    found = list(client.ask_each([QUESTION, "", QUESTION], max_answers=1))
    assert found[0].answers == found[2].answers == client.ask(QUESTION, max_answers=1).answers
    assert isinstance(found[1], QuestionError)


def test_every_question_of_several_batches_has_the_same_options(client, qa, monkeypatch):
    monkeypatch.setattr("qa.api.client.BATCH", 2)
    first = qa.ask(QUESTION)
    options = {"history": [first], "threshold": 0.0, "max_answers": 1}
    found = list(client.ask_each(["and when?"] * 5, **options))
    assert [each.resolved_question for each in found] == [found[0].resolved_question] * 5
    assert found[0].resolved_question != "and when?"
    assert options["history"] == [first]


def test_a_batch_has_a_limit(http):
    body = b'{"question": "Who?"}\n' * 1_001
    response = http.post("ask", content=body, headers={"content-type": "application/x-ndjson"})
    assert response.status_code == 422
    assert "1,001 questions" in response.json()["problem"]


# Documents


def test_documents_are_listed_page_by_page(http, client, qa):
    ids = [each.id for each in qa.documents()]
    assert [each.id for each in client.documents()] == ids
    seen, after = [], ""
    while after is not None:
        page = http.get("documents", params={"limit": 2, "after": after}).json()
        assert page["total"] == len(ids)
        seen += [each["id"] for each in page["documents"]]
        after = page["next"]
    assert seen == ids
    chosen = http.get("documents", params={"only": ["l*", "eng*"], "since": "2020-05-03"}).json()
    assert [each["id"] for each in chosen["documents"]] == ["engineers.txt", "library.txt"]


def test_a_long_document_comes_in_parts(http, client, qa):
    name = "long one.txt"
    first = http.get(f"documents/{name}").json()
    assert first["end"] == len(first["text"]) < first["characters"]
    assert client.document(name).text == qa.document(name).text
    part = http.get(f"documents/{name}", params={"start": 10, "end": 21}).json()
    assert part["text"] == qa.document(name).text[10:21]
    assert http.get(f"documents/{name}", params={"start": 10**10}).json()["text"] == ""


@pytest.mark.parametrize("name", ["nothing.txt", "../library.txt", "..", "", "a\0b", "/etc/passwd"])
def test_an_unknown_document_is_a_key_error(client, http, name):
    with pytest.raises(KeyError):
        client.document(name)
    with pytest.raises(KeyError):
        client.is_outdated(name)


def test_the_tag_of_what_is_stored_changes_with_the_index(http, served, monkeypatch):
    for path in ("documents", "documents/library.txt", "info"):
        first = http.get(path)
        tag = first.headers["etag"]
        assert first.headers["cache-control"] == "private, no-cache"
        for known in (tag, f'W/{tag}, "other"', "*"):
            again = http.get(path, headers={"if-none-match": known})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == tag
        assert http.get(path, headers={"if-none-match": '"other"'}).status_code == 200
        now = served.corpus.now
        other = now.qa.with_threshold(0.123)
        monkeypatch.setattr(other._index, "generation", "g-other")
        changed = http.get(path, headers={"if-none-match": tag})
        monkeypatch.undo()
        assert changed.status_code == 200
        assert changed.headers["etag"] != tag


def test_what_is_served(http, client, qa):
    info = client.info()
    assert info["documents"] == len(qa.documents())
    assert info["generation"] == client.generation == qa.generation
    assert client.threshold == qa.threshold
    assert client.possible == qa.possible
    assert str(Path(qa.manifest.folder).resolve().parent) not in http.get("info").text


# Quotations


def test_quotations_are_checked_letter_by_letter(client, http, qa):
    answer = qa.ask(QUESTION, threshold=0).answers[0]
    place = (answer.document_id, answer.text, answer.start, answer.end, answer.place.sha256)
    quotation = Quotation(*place)
    assert client.check(quotation) == (quotation, "valid")
    assert client.check(Quotation(answer.document_id, answer.text))[1] == "valid"
    assert client.check(replace(quotation, start=answer.start + 1))[1] == "not a quotation"
    assert client.check(replace(quotation, text="Ada Plum"))[1] == "not a quotation"
    assert client.check(replace(quotation, text=""))[1] == "not a quotation"
    assert client.check(replace(quotation, document="gone.txt"))[1] == "gone"
    assert client.check(replace(quotation, sha256="0" * 64))[1] == "document changed"


def test_an_answer_and_a_conversation_are_checked_as_they_were_received(http):
    answered = http.post("ask", json={"question": QUESTION, "threshold": 0}).json()
    places = sum(1 + len(each["also_at"]) for each in answered["answers"])
    checked = http.post("verify", json=answered).json()
    assert checked["valid"] is True
    assert [each["verdict"] for each in checked["places"]] == ["valid"] * places
    talk = {"version": "0", "conversation": [answered, answered]}
    assert len(http.post("verify", json=talk).json()["places"]) == 2 * places
    answered["answers"][0]["text"] = "Ida Falk"
    assert http.post("verify", json=answered).json()["valid"] is False


def test_a_changed_file_is_said_to_be_changed(tmp_path):
    folder = write_documents(tmp_path / "documents")
    with serving(folder, tmp_path / "index") as running, Client(running.url) as client:
        quotation = Quotation("library.txt", "Paul Bode")
        tag = client._http.get("documents/library.txt").headers["etag"]
        assert client.check(quotation)[1] == "valid"
        assert not client.is_outdated("library.txt")
        (folder / "library.txt").write_text("It is another.\n", encoding="utf-8")
        assert client.check(quotation)[1] == "document changed"
        assert client.is_outdated("library.txt")
        again = client._http.get("documents/library.txt", headers={"if-none-match": tag})
        assert again.status_code == 200


# Bad input

BROKEN = {
    "no body": (b"", 400),
    "half an object": (b'{"question": "Who', 400),
    "deep": (b"[" * 100_000, 400),
    "broken UTF-8": (b'{"question": "\xff\xfe"}', 400),
    "UTF-16": ('{"question": "Who?"}'.encode("utf-16"), 400),
    "lone surrogate": (b'{"question": "\\ud800"}', 400),
    "two values": (b'{"question": "Who?"} {}', 400),
    "null byte": (b'\0{"question": "Who?"}', 400),
    "a list": (b"[]", 422),
    "a string": (b'"Who?"', 422),
    "null": (b"null", 422),
    "no question": (b"{}", 422),
    "a number as question": (b'{"question": 7}', 422),
    "null as question": (b'{"question": null}', 422),
    "an empty question": (b'{"question": " \\n "}', 422),
    "an endless question": (b'{"question": "' + b"a" * 50_001 + b'"}', 422),
    "endless words": (b'{"question": "' + b"a " * 20_000 + b'"}', 422),
    "an unknown field": (b'{"question": "Who?", "top_K": 3}', 422),
    "text as number": (b'{"question": "Who?", "top_k": "3"}', 422),
    "a fraction": (b'{"question": "Who?", "top_k": 3.5}', 422),
    "true as number": (b'{"question": "Who?", "top_k": true}', 422),
    "too many": (b'{"question": "Who?", "top_k": 51}', 422),
    "none": (b'{"question": "Who?", "max_answers": 0}', 422),
    "not a number": (b'{"question": "Who?", "threshold": NaN}', 422),
    "infinite": (b'{"question": "Who?", "threshold": 1e999}', 422),
    "above one": (b'{"question": "Who?", "strict": 1.01}', 422),
    "both": (b'{"question": "Who?", "strict": 0.5, "threshold": 0.5}', 422),
    "no date": (b'{"question": "Who?", "since": "soon"}', 422),
    "no such day": (b'{"question": "Who?", "until": "2024-02-31"}', 422),
    "no language": (b'{"question": "Who?", "language": "E1"}', 422),
    "no document": (b'{"question": "Who?", "only": "nothing/*"}', 422),
    "an empty pattern": (b'{"question": "Who?", "only": [""]}', 422),
    "a history of strings": (b'{"question": "Who?", "history": ["What?"]}', 422),
    "a long history": (
        json.dumps({"question": "Who?", "history": [{"question": "a"}] * 101}).encode(),
        422,
    ),
    "an invented verdict": (
        b'{"question": "Who?", "history": [{"question": "a", "verdict": "yes"}]}',
        422,
    ),
    "a huge number": (b'{"question": "Who?", "top_k": ' + b"9" * 5_000 + b"}", 400),
}


@pytest.mark.parametrize(("body", "status"), BROKEN.values(), ids=list(BROKEN))
def test_what_cannot_be_asked_is_a_problem(http, body, status, capfd):
    response = http.post("ask", content=body, headers={"content-type": "application/json"})
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    assert problem["problem"]
    assert problem["remedy"]
    assert not problem["problem"].endswith(".")
    assert len(response.content) < 2_000
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"quotations": [{"document": "a"}]}',
        b'{"quotations": [{"document": "a", "text": "b", "start": 1}]}',
        b'{"quotations": [{"document": "a", "text": "b", "start": -1, "end": 2}]}',
        b'{"conversation": {}}',
        b'{"answers": [1]}',
        b"[]",
    ],
)
def test_what_cannot_be_checked_is_a_problem(http, body):
    response = http.post("verify", content=body, headers={"content-type": "application/json"})
    assert response.status_code == 422
    assert response.json()["type"] == "urn:verbatim:InvalidRequest"


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("GET", "nothing", {}, 404),
        ("GET", "ask", {}, 405),
        ("DELETE", "documents", {}, 405),
        ("POST", "ask", {"content": b"{}"}, 415),
        ("POST", "ask", {"data": {"question": "Who?"}}, 415),
        ("POST", "ask", {"content": b"{}", "headers": {"content-type": "text/plain"}}, 415),
        ("GET", "documents/nothing.txt", {}, 404),
        ("GET", "documents?limit=0", {}, 422),
        ("GET", "documents?limit=many", {}, 422),
        ("GET", "documents?page=2", {}, 422),
        ("GET", "documents?since=soon", {}, 422),
        ("GET", "documents/library.txt?start=-1", {}, 422),
        ("GET", "documents/library.txt?start=0x10", {}, 422),
    ],
)
def test_what_is_not_in_the_interface_is_a_problem(http, method, path, options, status):
    response = http.request(method, path, **options)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["problem"]


@pytest.mark.parametrize("kind", ["application/json", "application/x-ndjson"])
@pytest.mark.parametrize("is_announced", [True, False])
def test_a_huge_body_is_refused_before_it_is_read(served, http, kind, is_announced):
    limit = MAX_BODY if kind == "application/json" else MAX_BATCH
    head = f"POST /api/ask HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: {kind}\r\n"
    size = "content-length: 100000000" if is_announced else "transfer-encoding: chunked"
    chunk = b" " * 65_536 if is_announced else b"10000\r\n" + b" " * 65_536 + b"\r\n"
    sent = 0
    with socket.create_connection(("127.0.0.1", httpx.URL(served.url).port), 60) as connection:
        connection.sendall(f"{head}{size}\r\n\r\n".encode())
        # As clients do: the answer is read as soon as it is there.
        while not select.select([connection], [], [], 0)[0] and sent < 100_000_000:
            connection.sendall(chunk)
            sent += len(chunk)
        response = ""
        while '"remedy"' not in response:
            response += connection.recv(65_536).decode()
    assert response.startswith("HTTP/1.1 413 ")
    assert f"the body has more than {limit:,} bytes" in response
    assert sent < 50_000_000
    assert http.get("health").status_code == 200


# Errors


@pytest.mark.parametrize("kind", ["application/json", "application/x-ndjson"])
@pytest.mark.parametrize("coding", ["gzip", "br", "identity, gzip", "x"])
def test_a_compressed_body_is_said_to_be_one(http, kind, coding):
    body = gzip.compress(b'{"question": "Who keeps the cellar?"}')
    headers = {"content-type": kind, "content-encoding": coding}
    response = http.post("ask", content=body, headers=headers)
    assert (response.status_code, response.headers["accept-encoding"]) == (415, "identity")
    assert response.json()["problem"] == "the body is compressed"
    assert "plain JSON" in response.json()["remedy"]


def test_a_body_may_begin_as_files_of_windows_do(http):
    body = b'\xef\xbb\xbf{"question": "Who keeps the cellar?"}\r\n'
    headers = {"content-type": "application/json", "content-encoding": "identity"}
    assert http.post("ask", content=body, headers=headers).status_code == 200
    both = http.post("ask", content=2 * body, headers={"content-type": "application/x-ndjson"})
    assert ["problem" in json.loads(line) for line in both.text.splitlines()] == [False, False]


@pytest.mark.parametrize("name", [n for n in dir(errors) if isinstance(getattr(errors, n), type)])
def test_an_error_survives_the_way_to_the_client(name):
    kind = getattr(errors, name)
    error = kind("it is broken", "repair it")
    members = problem_of(error)
    found = error_of(members["status"], json.dumps(members).encode())
    assert (type(found), found.problem, found.remedy) == (kind, "it is broken", "repair it")


@pytest.mark.parametrize("for_owner", [True, False])
def test_a_visitor_is_not_told_where_things_are_on_the_server(qa, for_owner):
    from starlette.testclient import TestClient

    def broken(*_, **__):
        raise IndexCorrupt("/srv/secret/index is damaged", "run `qa build /srv/secret`")

    pool = Pool(1)
    api = create_api(lambda _: SimpleNamespace(ask=broken), pool, for_owner=for_owner)
    found = TestClient(api).post("/ask", json={"question": "Who?"})
    assert found.status_code == 503
    assert ("secret" in found.text) == for_owner
    api = create_api(lambda _: qa, pool, for_owner=for_owner)
    nowhere = TestClient(api).post("/ask", json={"question": "Who?", "only": "nowhere/*"})
    assert nowhere.json()["problem"] == "no document matches only nowhere/*"
    assert ("qa info" in nowhere.text) == for_owner
    pool.stop()


def test_a_defect_is_a_problem_too(qa):
    from starlette.testclient import TestClient

    def broken(*_, **__):
        raise ZeroDivisionError

    pool = Pool(1)
    api = create_api(lambda _: SimpleNamespace(ask=broken), pool, for_owner=True)
    found = TestClient(api, raise_server_exceptions=False).post("/ask", json={"question": "Who?"})
    assert found.status_code == 500
    assert found.headers["content-type"] == "application/problem+json"
    pool.stop()


def test_the_client_raises_the_errors_of_the_library(client):
    with pytest.raises(QuestionError, match="the question is empty: write it in words"):
        client.ask(" ")
    with pytest.raises(QuestionError, match="no document matches only nowhere"):
        client.ask("Who?", only="nowhere/*")
    with pytest.raises(InvalidRequest, match="top_k"):
        client.ask("Who?", top_k=1_000)


def test_the_client_says_where_no_server_is(served):
    addresses = ["", "nowhere", "ftp://127.0.0.1", "http://[", "http://a b", "http://127.0.0.1:1"]
    for address in [*addresses, f"{served.url}/gradio_api"]:
        with pytest.raises(ServiceError), Client(address) as client:
            client.ask("Who?")


def test_a_busy_server_says_when_to_come_back(served, http, client, monkeypatch):
    busy = Busy("256 questions are waiting", "ask again in 3 s", retry_after_s=3)

    def submit(*_):
        raise busy

    monkeypatch.setattr(served.corpus.pool, "submit", submit)
    response = http.post("ask", json={"question": "Who?"})
    assert response.status_code == 503
    assert response.headers["retry-after"] == "3"
    with pytest.raises(Busy, match="ask again in 3 s") as caught:
        client.ask("Who?")
    assert caught.value.retry_after_s == 3
    assert http.get("health").status_code == 200


# Health and description


def test_health_is_answered_while_the_server_is_busy(http, served):
    assert http.get("health").json() | {"version": ""} == {
        "version": "",
        "live": True,
        "ready": True,
        "running": 0,
        "waiting": 0,
    }
    assert http.get("health/ready").status_code == 200


def test_the_description_says_what_everything_means(http):
    described = http.get("openapi.json").json()
    assert sorted(described["paths"]) == [
        "/ask",
        "/documents",
        "/documents/{document_id}",
        "/health",
        "/health/ready",
        "/info",
        "/search",
        "/verify",
    ]
    for path, operations in described["paths"].items():
        for operation in operations.values():
            assert operation["summary"], path
            assert operation["description"], path
            assert "200" in operation["responses"], path
            for parameter in operation.get("parameters", []):
                assert parameter.get("description") or parameter["in"] == "path"
    models = described["components"]["schemas"]
    for name, model in models.items():
        assert model["description"], name
        for field, schema in model["properties"].items():
            assert schema.get("description"), (name, field)
    references = json.dumps(described).split('"$ref": "#/components/schemas/')[1:]
    assert {each.partition('"')[0] for each in references} <= models.keys()
    assert models["Ask"]["additionalProperties"] is False


# A request for each status that an operation has of its own: what is sent, and with which headers.
JSON_TYPE = {"content-type": "application/json"}
NOWHERE = {"question": QUESTION, "collection": "nowhere"}
OWN = [
    *(
        (status, "POST", path, sent)
        for path in ("ask", "search", "verify")
        for status, sent in {
            400: {"content": b"{", "headers": JSON_TYPE},
            413: {"content": b" " * (MAX_BODY + 1), "headers": JSON_TYPE},
            415: {"content": b"{}", "headers": {"content-type": "text/plain"}},
            422: {"json": {"nothing": 1}},
        }.items()
    ),
    *((404, "POST", path, {"json": NOWHERE}) for path in ("ask", "search")),
    *((304, "GET", path, {}) for path in ("documents", "documents/library.txt", "info")),
    *(
        (404, "GET", path, {})
        for path in ("documents?collection=x", "documents/x", "info?collection=x")
    ),
    *(
        (422, "GET", path, {})
        for path in ("documents?limit=x", "documents/library.txt?start=x", "info?x=1")
    ),
]


def template_of(path):
    """Return the path as the description names it."""
    path = path.partition("?")[0]
    return "/documents/{document_id}" if path.startswith("documents/") else f"/{path}"


def documented(http):
    """Every operation with the statuses of its errors."""
    described = http.get("openapi.json").json()["paths"]
    return {
        (method.upper(), path): {int(each) for each in operation["responses"] if each >= "300"}
        for path, operations in described.items()
        for method, operation in operations.items()
    }


@pytest.mark.parametrize(("status", "method", "path", "sent"), OWN)
def test_a_status_that_is_described_is_given(http, status, method, path, sent):
    if status == 304:
        sent = {"headers": {"if-none-match": http.get(path).headers["etag"]}}
    assert http.request(method, path, **sent).status_code == status
    assert status in documented(http)[method, template_of(path)]


def test_no_other_status_is_described(http):
    """Each has a request above, but for those of the guard, a slow body, and a busy server."""
    given = {}
    for status, method, path, _ in OWN:
        given.setdefault((method, template_of(path)), set()).add(status)
    for (method, path), statuses in documented(http).items():
        is_health, is_asked = path.startswith("/health"), method == "POST"
        own = given.get((method, path), set()) | ({408} if is_asked else set())
        guard = {403} if is_health else {401, 403}
        busy = set() if path == "/health" else {503}
        assert statuses == own | guard | busy, path


def test_every_operation_that_can_be_busy_says_when_to_come_back(http, served, monkeypatch):
    """Also what only looks something up."""

    def full(*_):
        raise Busy("0 requests are waiting")

    for pool in (served.corpus.pool, served.corpus.pool.reads):
        monkeypatch.setattr(pool, "submit", full)
    asked = {"json": {"question": QUESTION}}, {"json": {"quotations": []}}
    answers = [
        *(http.post(path, **asked[path == "verify"]) for path in ("ask", "search", "verify")),
        *(http.get(path) for path in ("documents", "documents/library.txt", "info")),
    ]
    assert [(each.status_code, each.headers["retry-after"]) for each in answers] == [(503, "2")] * 6


def test_a_slow_body_is_given_up(http, served, monkeypatch):
    monkeypatch.setattr("qa.api.bodies.WITHIN_S", 0.1)
    address = httpx.URL(served.url)
    for path in ("ask", "search", "verify"):
        head = f"POST /api/{path} HTTP/1.1\r\nhost: {address.netloc.decode()}\r\n"
        head += "content-type: application/json\r\ncontent-length: 9\r\n\r\n"
        with socket.create_connection((address.host, address.port), timeout=120) as slow:
            slow.sendall(head.encode())
            assert slow.recv(100).startswith(b"HTTP/1.1 408 ")


def of_one_folder(values):
    """Without what is left out where no collections are served."""
    return {key: each for key, each in values.items() if key not in ("collection", "collections")}


def test_the_real_answers_are_those_described(http):
    from qa.api.answers import Answered, Searched
    from qa.api.stored import Health, Info, Listing, Opened, Verified

    asked = {"question": QUESTION}
    answered = http.post("ask", json=asked)
    for model, response in (
        (Answered, answered),
        (Searched, http.post("search", json=asked)),
        (Listing, http.get("documents")),
        (Opened, http.get("documents/library.txt")),
        (Info, http.get("info")),
        (Verified, http.post("verify", content=answered.content, headers=answered.headers)),
        (Health, http.get("health")),
    ):
        found = model.model_validate_json(response.content, strict=True)
        assert json.loads(found.model_dump_json(), object_hook=of_one_folder) == response.json()


def test_errors_of_the_library_have_a_status():
    assert problem_of(QAError("a"))["status"] == 503
    assert problem_of(QuestionError("a"))["status"] == 422

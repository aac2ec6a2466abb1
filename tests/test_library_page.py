"""The library of the page over HTTP: its list, uploads, and what they are refused for."""

import io
import json
import re
import socket
import zipfile
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace
from urllib.parse import quote

import httpx
import pytest
from gradio_client import Client
from serving import gradio_warnings, serving, write_documents
from sparing import light_work
from waiting import until

from qa.access import Access, Visitor
from qa.builder.members import MAX_BYTES
from qa.collections import Entry, Library, served_of
from qa.errors import LibraryError
from qa.index import DocumentSummary, SkippedFile
from qa.library import example_questions
from qa.library.files import INCOMING
from qa.library.questions import questions_of
from qa.pipeline import QA, _second_reader
from qa.retrieval.filters import DocumentFilter
from qa.types import Prediction
from qa.web.handlers import Handlers, patterns
from qa.web.listing import PAGE, Wanted, listing_of
from qa.web.opened import opened_corpora
from qa.web.render import conversation_html, library_html
from qa.web.routes.library import _refused
from qa.web.routes.uploads import UPLOADS
from qa.web.views import Turn, View

pytestmark = gradio_warnings


@pytest.fixture(scope="module", autouse=True)
def _light_work():
    with light_work():
        yield


@pytest.fixture
def reading(read_only, monkeypatch):
    """A page whose library is read only; what a test makes of its corpus is undone."""
    monkeypatch.setattr(read_only.corpus, "now", read_only.corpus.now)
    return read_only


@pytest.fixture(scope="module")
def read_only(tmp_path_factory):
    base = tmp_path_factory.mktemp("read-only")
    with serving(write_documents(base / "documents"), base / "index") as running:
        yield running


def library(*paths, skipped=()):
    entries = tuple(
        Entry(DocumentSummary(path, path.rpartition("/")[2].title(), "", "x", 1, 1, "", ""))
        for path in paths
    )
    return Library("papers", entries, skipped, len(entries), datetime(2026, 1, 2, 3, 4))


def paths(listing):
    return [row.entry.document.id for group in listing.groups for row in group.rows]


# The list


def test_the_list_is_cut_into_pages():
    many = library(*(f"{number:04}.txt" for number in range(5 * PAGE + 1)))
    last = listing_of(many, Wanted(page=99))
    assert (last.pages, last.wanted.page, last.found) == (6, 6, 501)
    assert paths(last) == ["0500.txt"]
    seen = [path for page in range(1, 7) for path in paths(listing_of(many, Wanted(page=page)))]
    assert seen == [entry.document.id for entry in many.entries]
    html = library_html(many, Wanted(page=2))
    assert "Page 2 of 6" in html
    assert html.count('data-view="') == PAGE


def test_the_list_is_searched_and_sorted():
    entries = (
        Entry(DocumentSummary("b/offer.txt", "An offer", "2024-05-01", "", 1, 1, "Ada Blum", "")),
        Entry(DocumentSummary("a/zoo.txt", "The zoo", "", "", 1, 1, "", "")),
        Entry(DocumentSummary("top.txt", "Über uns", "2025-01-01", "", 1, 1, "", "")),
    )
    papers = Library("papers", entries, (), 3, None)
    assert paths(listing_of(papers, Wanted())) == ["top.txt", "a/zoo.txt", "b/offer.txt"]
    assert paths(listing_of(papers, Wanted(sort="title")))[0] == "b/offer.txt"
    newest = paths(listing_of(papers, Wanted(sort="newest")))
    assert newest == ["top.txt", "b/offer.txt", "a/zoo.txt"]  # those without a date last
    assert paths(listing_of(papers, Wanted(search="BLUM offer"))) == ["b/offer.txt"]
    assert paths(listing_of(papers, Wanted(search="über"))) == ["top.txt"]
    assert "No document has “&lt;b&gt;”" in library_html(papers, Wanted(search="<b>"))
    assert Wanted.of("  x " + "y" * 999, "'; drop", -3) == Wanted(f"x {'y' * 198}", "folder", 1)


def test_a_tick_chooses_what_it_stands_beside():
    names = ["a/[1] what?.txt", "a/1 what!.txt", "a*/x.txt", "ab/x.txt", "a/deep/y.txt"]
    found = listing_of(library(*names), Wanted())

    def chosen(pattern):
        wanted = DocumentFilter((pattern,))
        return [name for name in names if wanted.matches(library(name).entries[0].document)]

    for group in found.groups:
        assert chosen(group.pattern) == [n for n in names if n.startswith(f"{group.folder}/")]
        assert group.count == len(chosen(group.pattern))
        for row in group.rows:
            assert chosen(row.pattern) == [row.entry.document.id]


def test_files_that_were_not_read_stand_beside_the_count_with_their_reasons():
    html = library_html(library("a.txt", skipped=(SkippedFile("b.pdf", "it is <b>bad</b>", 1, 1),)))
    assert '<a href="#unread" class="quiet">1 not read</a>' in html
    assert "<summary>1 file not read</summary>" in html
    assert "It is &lt;b&gt;bad&lt;/b&gt;." in html


def test_an_empty_library_greets():
    empty = library()
    can_change = SimpleNamespace(removed=list)
    assert "Drop files here" in library_html(empty, files=can_change)
    assert "Reading your documents" in library_html(empty, files=can_change, building=True)
    assert "No documents yet" in library_html(empty)
    assert "data-pick" not in library_html(empty)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ('["2024/*", "a.txt"]', ("2024/*", "a.txt")),
        ("[]", ()),
        (None, ()),
        ("{", ()),
        ('"a.txt"', ()),
        ("[1]", ()),
        ('[""]', ()),
        ({"a": 1}, ()),
    ],
)
def test_the_choice_of_documents_is_read(sent, read):
    assert patterns(sent) == read


def test_a_question_is_asked_of_the_chosen_documents(reading):
    corpus = reading.corpus
    corpus.now = corpus.now.__class__(corpus.now.qa.with_threshold(0), corpus.now.library)
    handlers = Handlers(corpus, for_owner=True)
    question = "Who designed the lighthouse of Rerik?"
    *_, (turns, html, _, _) = handlers.on_question(question, (), None, '["engineers.txt"]')
    prediction = turns[0].prediction
    assert {hit.passage.document_id for hit in prediction.passages} == {"engineers.txt"}
    assert "Only in engineers.txt" in html
    # A button of a turn asks what that turn asked, whatever is chosen now.
    for only, asked in (('["engineers.txt"]', ("engineers.txt",)), ("[]", ()), (None, ("a.txt",))):
        event = SimpleNamespace(question=question, guess=True, only=only)
        *_, (turns, _, _, _) = handlers.on_button((), None, '["a.txt"]', event)
        assert turns[0].only == asked
    *_, (turns, html, _, _) = handlers.on_question(question, (), None, '["absent.txt"]')
    assert "No document matches only absent.txt." in turns[0].trouble


# Uploads


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    base = tmp_path_factory.mktemp("library")
    folder = write_documents(base / "documents")
    with serving(folder, base / "index", editable=True) as running:
        yield running


def put(served, name, data, **headers):
    return httpx.put(
        f"{served.url}/library/files?name={quote(name)}", content=data, headers=headers
    )


def post(served, what, **body):
    headers = {"content-type": "application/json"}  # as browsers do, with escapes
    return httpx.post(f"{served.url}/library/{what}", content=json.dumps(body), headers=headers)


def indexed(served):
    return {entry.document.id for entry in served.corpus.now.library.entries}


def leftovers(served):
    return list(served.corpus.folder.glob(f"{INCOMING}*"))


def test_an_uploaded_document_is_asked_at_once(served, tmp_path):
    found = put(served, "new/tower.txt", b"The tower\n\nThe tower was sold to Ida Falk in 1999.\n")
    assert (found.status_code, found.json()) == (
        201,
        {"path": "new/tower.txt", "known": False, "earlier": ""},
    )
    until(lambda: "new/tower.txt" in indexed(served))
    client = Client(served.url, verbose=False, download_files=tmp_path)
    asked = client.predict("Who bought the tower?", 5, 3, 0, api_name="/ask")
    assert asked["passages"][0]["document"] == "new/tower.txt"
    again = put(served, "new/tower.txt", (served.corpus.folder / "new/tower.txt").read_bytes())
    assert again.json() == {"path": "new/tower.txt", "known": True, "earlier": ""}
    token = post(served, "remove", path="new/tower.txt").json()["token"]
    until(lambda: "new/tower.txt" not in indexed(served))
    assert "1 deleted file" in httpx.get(f"{served.url}/library/list").text
    assert post(served, "restore", token=token).json() == {"path": "new/tower.txt"}
    until(lambda: "new/tower.txt" in indexed(served))
    moved = post(served, "rename", path="new/tower.txt", to="../sold/tower.txt")
    assert moved.json() == {"path": "sold/tower.txt"}
    until(lambda: "sold/tower.txt" in indexed(served))
    token = post(served, "remove", path="sold").json()["token"]
    assert post(served, "forget", token=token).json() == {}
    assert post(served, "restore", token=token).status_code == 404


def test_an_upload_stays_in_the_folder(served):
    for name in ("../../out.txt", "/tmp/out.txt", "..\\..\\out.txt", "%2e%2e/out.txt"):
        path = put(served, name, b"stays inside").json()["path"]
        assert not path.startswith(("/", "."))
        assert (served.corpus.folder / path).read_bytes() == b"stays inside"
        post(served, "remove", path=path)
    assert put(served, "", b"x").status_code == 409
    assert put(served, "...", b"x").json()["detail"].startswith("The file has no name")


def test_a_bomb_is_said_to_be_one_and_harms_no_other_document(served):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(MAX_BYTES // 50_000_000 + 2):
            archive.writestr(f"{number}.txt", b"0" * 50_000_000)
    assert put(served, "bomb.zip", inner.getvalue()).status_code == 201
    until(lambda: served.corpus.now.library.skipped)
    until(lambda: served.corpus.live.state.activity is None)
    skipped = served.corpus.now.library.skipped
    assert all(file.path.startswith("bomb.zip") and file.reason for file in skipped)
    assert "library.txt" in indexed(served)
    post(served, "remove", path="bomb.zip")
    until(lambda: not served.corpus.now.library.skipped)


def test_an_upload_that_breaks_off_leaves_nothing(served):
    host, port = re.search(r"//(.+):(\d+)", served.url).groups()
    before = sorted(served.corpus.folder.iterdir())
    with socket.create_connection((host, int(port))) as connection:
        head = f"PUT /library/files?name=half.txt HTTP/1.1\r\nHost: {host}:{port}\r\n"
        connection.sendall(f"{head}Content-Length: 1000\r\n\r\nhalf of it".encode())
        until(lambda: leftovers(served))
    until(lambda: not leftovers(served))
    assert sorted(served.corpus.folder.iterdir()) == before


def test_slow_uploads_of_one_visitor_keep_no_other_out(served):
    host, port = re.search(r"//(.+):(\d+)", served.url).groups()
    other = httpx.HTTPTransport(local_address="127.0.0.2")
    with ExitStack() as stack, httpx.Client(transport=other, timeout=60) as visitor:
        slow = []
        for number in range(UPLOADS):
            connection = stack.enter_context(socket.create_connection((host, int(port)), 60))
            head = f"PUT /library/files?name=slow{number}.txt HTTP/1.1\r\nHost: {host}:{port}\r\n"
            connection.sendall(f"{head}Content-Length: 1000\r\n\r\n{'x' * number}".encode())
            slow.append(connection)
        until(lambda: len(leftovers(served)) == UPLOADS)
        mine = put(served, "mine.txt", b"The mill was sold.")
        assert mine.status_code == 503
        assert mine.json()["detail"] == "Too many uploads at once. Try again soon."
        assert mine.headers["retry-after"] == "2"
        found = visitor.put(
            f"{served.url}/library/files", params={"name": "theirs.txt"}, content=b"A mill."
        )
        assert found.status_code == 201
        assert slow[0].recv(65_536).startswith(b"HTTP/1.1 503 ")
        until(lambda: len(leftovers(served)) == UPLOADS - 1)
        for number, connection in enumerate(slow[1:], 1):  # the others are received
            connection.sendall(b"x" * (1000 - number))
            assert connection.recv(65_536).startswith(b"HTTP/1.1 201 ")
    assert leftovers(served) == []


def test_an_upload_that_is_too_large_is_refused(served, monkeypatch):
    monkeypatch.setattr(served.corpus.files, "max_bytes", 1000)
    found = put(served, "large.txt", b"x" * 1001)
    assert found.status_code == 413
    assert found.json()["detail"].startswith("The file large.txt has more than")

    def endless():
        for _ in range(100):
            yield b"x" * 100

    assert put(served, "large.txt", endless()).status_code == 413  # of no announced length
    assert leftovers(served) == []


def test_a_full_disk_is_a_clear_line(served, monkeypatch):
    monkeypatch.setattr(served.corpus.files, "reserve_bytes", 1 << 62)
    found = put(served, "letter.txt", b"x")
    assert found.json()["detail"] == (
        "There is no room on the disk for letter.txt. Free some space."
    )
    assert leftovers(served) == []


def test_only_the_page_itself_may_change_files(served):
    evil = {"origin": "http://evil.example"}
    assert put(served, "evil.txt", b"x", **evil).status_code == 403
    for path in ("remove", "restore", "forget", "rename", "build"):
        url = f"{served.url}/library/{path}"
        assert httpx.post(url, json={"path": "library.txt"}, headers=evil).status_code == 403
    # What a form of another website could send is not read as JSON.
    sent = httpx.post(
        f"{served.url}/library/remove",
        content='{"path": "library.txt"}',
        headers={"content-type": "text/plain"},
    )
    assert sent.status_code == 422
    assert "library.txt" in indexed(served)


@pytest.mark.parametrize(
    "path", ["../index/CURRENT", "/etc/hostname", ".removed", "", "a//b", "a\0/b", "a\ud800/b"]
)
def test_only_files_of_the_library_are_changed(served, path):
    for found in (post(served, "remove", path=path), post(served, "rename", path=path, to="x")):
        assert found.status_code == 404
        assert "problem" in found.json()


def test_what_a_visitor_from_elsewhere_is_told_is_true_and_can_be_done_there():
    large = LibraryError("the file is too large", "split it, or see to it", for_visitors="split it")
    shown, can_change = (
        Turn("?", Prediction("?", "?", (), "not found", ())),
        SimpleNamespace(removed=list),
    )
    for for_owner, place, remedy in (
        (True, "machine", "Split it, or"),
        (False, "server", "Split it."),
    ):
        assert remedy in _refused(large, for_owner=for_owner).body.decode()
        empty = library_html(library(), files=can_change, for_owner=for_owner)
        votes = conversation_html([shown], View(), document_ids=(), title=str, for_owner=for_owner)
        for html in (empty, votes):
            assert f"on this {place}" in html
            assert ("on this machine" in html) == for_owner


def test_a_library_that_is_read_only(reading):
    assert put(reading, "new.txt", b"x").status_code == 403
    for path, body in (
        ("remove", {"path": "library.txt"}),
        ("rename", {"path": "library.txt", "to": "x.txt"}),
        ("restore", {"token": "a"}),
        ("forget", {"token": "a"}),
    ):
        assert post(reading, path, **body).status_code == 403
    html = httpx.get(f"{reading.url}/library/list").text
    assert "data-pick" not in html
    assert "data-remove" not in html
    assert len(list(reading.corpus.folder.iterdir())) == 4


# What has changed meanwhile


def test_an_earlier_citation_of_a_changed_file_says_so(tmp_path):
    folder = write_documents(tmp_path / "documents")
    with serving(folder, tmp_path / "index") as running:
        corpus = running.corpus
        corpus.now = corpus.now.__class__(corpus.now.qa.with_threshold(0), corpus.now.library)
        handlers = Handlers(corpus, for_owner=True)
        *_, (turns, _, before, _) = handlers.on_question("Who founded the library?", (), None)
        view = SimpleNamespace(view="answer/0/0/0/")
        assert "has changed" not in before
        file = folder / turns[0].answers[0].document_id
        text = file.read_text()
        # The words themselves stay where they are; what is said of them is another thing.
        file.write_text(text.replace("was founded by", "was ruined by "))
        assert "changed since it was indexed" in handlers.on_view(turns, None, view)[1]
        post(running, "build")
        until(lambda: corpus.live.state.finished)
        assert "changed since you asked" in handlers.on_view(turns, None, view)[1]
        file.unlink()
        document = SimpleNamespace(view=f"document/0/0/0/{file.name}")
        assert "or is gone" in handlers.on_view(turns, None, document)[1]
        post(running, "build")
        until(lambda: corpus.live.state.finished > 1)
        for each in (view, SimpleNamespace(view=f"passage/0/0/0/{file.name}"), document):
            assert "It may have been renamed or deleted" in handlers.on_view(turns, None, each)[1]


# Questions to begin with


def test_questions_to_begin_with_are_answered_by_their_documents(tmp_path, monkeypatch):
    monkeypatch.setattr("qa.pipeline._second_reader", _second_reader)  # both choose them
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "fair.md").write_text(
        "# The summer fair\n\nDay of the fair: 14 June 2025\n\nAda Blum: I come too.\n"
    )
    (folder / "what.md").write_text(
        "# Rules\n\n## Who keeps the keys?\n\nThe keys are kept by Ida Falk, the caretaker.\n"
    )
    (folder / "code.md").write_text("# 4711-0815\n\nNothing is said here.\n")
    qa = QA.build(folder, tmp_path / "index")
    found = example_questions(qa)
    assert found
    for question in found:
        prediction = qa.ask(question)
        assert prediction.verdict == "answer"
        assert prediction.answers[0].text not in question
    assert "Who keeps the keys?" in found  # a heading that is a question
    assert not any("4711" in question or "Ada" in question for question in found)
    assert example_questions(qa, is_over=lambda: True) == ()


def test_questions_to_begin_with_are_looked_for_in_the_whole_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("qa.pipeline._second_reader", _second_reader)
    folder = tmp_path / "documents"
    folder.mkdir()
    for number in range(40):
        (folder / f"note {number:02}.txt").write_text(f"Note {number}\n\nNothing new on deck.\n")
    (folder / "organ.txt").write_text(
        "The organ of Lindow\n\nThe organ of Lindow was built in 1790. It was sold later on.\n"
    )
    (folder / "ship.txt").write_text(
        "Our ship\n\nThe ferry to Hiddensee was designed by Falk and Daughters in 1911.\n"
    )
    (folder / "walk.txt").write_text("Walks\n\nThe walk to the mill costs 12 euros a head.\n")
    found = example_questions(QA.build(folder, tmp_path / "index"))
    assert sorted(found) == [
        "How much does the walk to the mill cost?",
        "When was the organ of Lindow built?",
        "Who designed the ferry to Hiddensee?",
    ]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Ada Blum was born on 4 May 1871.", "When was Ada Blum born?"),
        ("The tales were written by Ida Falk.", "Who wrote the tales?"),
        ("The shop opens at 8:30 on weekdays.", "When does the shop open?"),
        ("A key to the gate costs 9 euros.", "How much does a key to the gate cost?"),
        ("The well was dug by Tobias Ruck.", "Who dug the well?"),
        ("# The handbook of the gardens", "What is the handbook of the gardens?"),
        ("Secretary general: Ida Falk", ""),
        ("Project manager: Ida Falk", "Who is the project manager?"),
        ("Date of delivery: 4 May", "What is the date of delivery?"),
        ("The man who said that the fair was held in 1903 lied.", ""),
        ("It was built in 1790. Work was begun in 1780.", ""),
        ("# Where is the key?\n\nThere.", "Where is the key?"),
        ("# Re: where is the key?\n\nThere.", ""),
    ],
)
def test_what_is_asked_about_a_text_is_good_english(read, text, asked):
    document = replace(read(text, "text.md"), title="")
    assert [question for _, question, _ in questions_of(document)] == [asked][: bool(asked)]


@pytest.mark.parametrize("named", ["", "coast"])
def test_questions_to_begin_with_are_not_counted_as_asked(tmp_path, monkeypatch, named):
    monkeypatch.setattr("qa.pipeline._second_reader", _second_reader)
    folder, heard = tmp_path / "documents", []
    folder.mkdir()
    (folder / "ship.txt").write_text(
        "Our ship\n\nThe ferry to Hiddensee was designed by the engineer Ida Falk in 1911.\n"
    )
    QA.build(folder, tmp_path / "index" / named)
    corpora, networks = opened_corpora(
        {named: folder},
        tmp_path / "index",
        strict=None,
        watching=False,
        editable=False,
        watchers=[heard.append],
    )
    served = served_of(corpora, networks, readers={}, access=Access(), watchers=[heard.append])
    now = served.seen_by(Visitor()).now
    try:
        until(lambda: served.seen_by(Visitor()).now.examples)
        assert heard == []
        now.qa.ask("Who designed the ferry?")
        assert [prediction.question for prediction in heard] == ["Who designed the ferry?"]
    finally:
        assert corpora[named].close()


def test_questions_to_begin_with_are_offered(reading):
    corpus = reading.corpus
    assert "Try one of these" not in Handlers(corpus, for_owner=True).on_load()[0]
    corpus.now = replace(corpus.now, examples=("Who keeps the <keys>?",))
    html = Handlers(corpus, for_owner=True).on_load()[0]
    assert 'data-ask="Who keeps the &lt;keys&gt;?"' in html
    assert httpx.get(f"{reading.url}/library/status").json()["examples"] == 1

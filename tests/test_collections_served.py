"""Several collections over HTTP: each route tells of a hidden one what it tells of none."""

import json
import re
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher
from serving import gradio_warnings, serving_collections
from waiting import until

from qa import Client
from qa.access import Access, Users, Visitor
from qa.builder import build
from qa.errors import NoCollection
from qa.web.handlers import Handlers
from qa.web.views import Turn

pytestmark = gradio_warnings

PASSWORD = "correct horse battery"
QUESTION = "Who designed the lighthouse of Rerik?"
TEXTS = {
    "press": {"rerik.txt": "The lighthouse of Rerik was designed by Ada Blum in 1902.\n"},
    "estate": {
        "brief.txt": "The lighthouse of Rerik was designed by Ida Falk, says the brief.\n",
        "gone.txt": "The keeper was dismissed in 1911.\n",
    },
    "sport": {"race.txt": "The race around the lighthouse was won by Rosa Thal.\n"},
}
# Ada and Ida may read all of it; for Ben and Eva there is no collection named estate.
READERS = {"estate": frozenset({"ada", "ida"})}
HIDDEN, MISSING = "estate", "etaste"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return tmp_path_factory.mktemp("collections")


@pytest.fixture(scope="module")
def served(base, encoder):
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("qa.access.users._hasher", lambda: cheap)
        users = Users(base / "users.sqlite")
        for name, role in (("ada", "edits"), ("ida", "reads"), ("ben", "reads"), ("eva", "edits")):
            users.add(name, PASSWORD, role)
    folders = {}
    for name, texts in TEXTS.items():
        folders[name] = base / f"{name}-documents"
        folders[name].mkdir()
        for path, text in texts.items():
            (folders[name] / path).write_text(text)
        build(folders[name], base / "index" / name, encoder=encoder)
    access = Access(users=users)
    with serving_collections(
        folders, base / "index", access=access, readers=READERS, mcp=True
    ) as running:
        yield running


@pytest.fixture(scope="module")
def tokens(served):
    users = Users(
        next(iter(served.corpus._collections.values())).corpus.folder.parent / "users.sqlite"
    )
    return {name: users.tokens.add(name) for name in ("ada", "ida", "ben", "eva")}


@pytest.fixture(scope="module")
def sent(served, tokens):
    """Send a request as a user: ``sent(name, "GET /path")``, or a triple with options."""
    with httpx.Client(base_url=served.url, timeout=120) as http:

        def send(name, request):
            method, path, *rest = request.split() if isinstance(request, str) else request
            options = dict(*rest)
            token = {"authorization": f"Bearer {tokens[name]}"}
            headers = token | options.pop("headers", {})
            return http.request(method, path, headers=headers, **options)

        yield send


@pytest.fixture
def corpora(served):
    return {name: each.corpus for name, each in served.corpus._collections.items()}


# A request about a collection, with its name in the place of NAME and the hash of a document in
# that of SHA. What is asked is answered to those who may read it.


def asked(path, **body):
    return "POST", path, {"json": {"question": QUESTION, **body}}


def tool(name, **arguments):
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
    accept = {"accept": "application/json, text/event-stream"}
    return (
        "POST",
        "/mcp",
        {"json": {**call, "params": {"name": name, "arguments": arguments}}, "headers": accept},
    )


def changed(what, **body):
    return "POST", f"/library/{what}", {"json": body}


BRIEF = {"id": "NAME/brief.txt", "sha256": "SHA"}
QUOTED = "The lighthouse of Rerik was designed by Ida Falk"
READING = {
    "ask": asked("/api/ask", collection="NAME"),
    "ask of several": asked("/api/ask", collection=["press", "NAME"]),
    "ask by pattern": asked("/api/ask", only=["NAME/*"], threshold=0),
    "ask by patterns": asked("/api/ask", only=["NAME/*", "press/*"], threshold=0),
    "ask many": (
        "POST",
        "/api/ask",
        {
            "content": json.dumps({"question": QUESTION, "collection": "NAME"}),
            "headers": {"content-type": "application/x-ndjson"},
        },
    ),
    "search": asked("/api/search", collection="NAME"),
    "search by pattern": asked("/api/search", only="NAME/*"),
    "documents": ("GET", "/api/documents?collection=NAME", {}),
    "documents by pattern": ("GET", "/api/documents?only=NAME/*", {}),
    "document": ("GET", "/api/documents/NAME/brief.txt", {}),
    "info": ("GET", "/api/info?collection=NAME", {}),
    "verify": (
        "POST",
        "/api/verify",
        {"json": {"quotations": [{"document": "NAME/brief.txt", "text": QUOTED}]}},
    ),
    "window": ("GET", "/document/window", {"params": {**BRIEF, "number": 0}}),
    "find": ("GET", "/document/find", {"params": {**BRIEF, "words": "Rerik"}}),
    "list": ("GET", "/library/list?search=NAME/", {}),
    "tool ask": tool("ask", question=QUESTION, only=["NAME/*"]),
    "tool search": tool("search", question=QUESTION, only=["NAME/*"]),
    "tool open_document": tool("open_document", document="NAME/brief.txt"),
    "tool list_documents": tool("list_documents", search="NAME/"),
    "tool verify_quote": tool("verify_quote", quotation=QUOTED, document="NAME/brief.txt"),
}
# Of these the answer is the same whoever may read it: a text has no pages.
DRAWING = {
    "page": ("GET", "/document/page", {"params": {**BRIEF, "number": 1}}),
    "picture": ("GET", "/document/picture", {"params": {**BRIEF, "number": 1}}),
}
CHANGING = {
    "build": ("POST", "/library/build?collection=NAME", {}),
    "upload": ("PUT", "/library/files?name=NAME/new.txt", {"content": b"The mill was sold."}),
    "rename": changed("rename", path="NAME/new.txt", to="NAME/mill.txt"),
    "remove": changed("remove", path="NAME/mill.txt"),
    "replace": changed("replace", path="NAME/new (2).txt", earlier="NAME/new.txt"),
    "restore": changed("restore", token="NAME/0123456789abcdef"),
    "forget": changed("forget", token="NAME/0123456789abcdef"),
}
# Routes that take nothing that could name a collection; what they tell is in other tests.
NAMELESS = {
    *("/", "/login", "/logout", "/favicon.ico", "/robots.txt", "/manifest.json", "/monitoring"),
    *("/api/health", "/api/health/ready", "/api/openapi.json", "/library/status"),
    *("/mcp", "/metrics"),
}


def filled(request, name, sha256):
    """Return a request about a collection of this name."""
    method, path, options = json.loads(json.dumps(request, default=bytes.decode))
    words = json.dumps([path, options]).replace("NAME", name).replace("SHA", sha256)
    path, options = json.loads(words)
    return method, path, options


def told(response, name):
    """Return all that a response tells, but for when and for the name that was asked for."""
    body, times = re.subn(r'"timings_ms":\{[^}]*\}', "", response.text.replace(name, "NAME"))
    left_out = {"date", "etag"} | ({"content-length"} if times else set())
    headers = {key: value for key, value in response.headers.items() if key not in left_out}
    return response.status_code, headers, body


@pytest.fixture(scope="module")
def sha256(served):
    return served.corpus.seen_by(Visitor("ada")).now.qa.document("estate/brief.txt").sha256


@pytest.mark.parametrize("kind", READING | DRAWING)
@pytest.mark.parametrize("who", ["ben", "eva"])
def test_a_hidden_collection_is_read_as_one_that_is_not_there(sent, sha256, kind, who):
    request = (READING | DRAWING)[kind]
    hidden = sent(who, filled(request, HIDDEN, sha256))
    missing = sent(who, filled(request, MISSING, sha256))
    assert told(hidden, HIDDEN) == told(missing, MISSING)
    for word in ("Falk", "keeper", "brief says"):
        assert word not in hidden.text.replace(QUOTED, "")
    if kind in READING:
        allowed = sent("ida", filled(request, HIDDEN, sha256))
        assert allowed.status_code == 200
        assert told(allowed, HIDDEN) != told(hidden, HIDDEN)


def test_all_that_a_reader_sees_of_a_collection_is_refused_alike(sent, corpora, sha256):
    folder = corpora["estate"].folder
    before = sorted(path.name for path in folder.rglob("*"))
    for request in CHANGING.values():
        hidden, missing = (filled(request, name, sha256) for name in (HIDDEN, MISSING))
        refusals = [sent("eva", each) for each in (hidden, missing)]
        assert told(refusals[0], HIDDEN) == told(refusals[1], MISSING)
        assert refusals[0].status_code == 404
        assert sent("ben", hidden).status_code == 403
    assert sorted(path.name for path in folder.rglob("*")) == before


def test_every_route_that_can_name_a_collection_is_in_the_table():
    listed = [
        line.split(maxsplit=2)
        for line in Path(__file__).with_name("routes.txt").read_text().splitlines()
        if not line.startswith("#")
    ]
    tried = {
        (method, path.partition("?")[0].replace("NAME/brief.txt", "{document_id:path}"))
        for method, path, _ in (READING | DRAWING | CHANGING).values()
    }
    left = {
        (method, path)
        for _, method, path in listed
        if path not in NAMELESS and not path.startswith(("/gradio_api", "/assets", "/static"))
    }
    # Files of Gradio's own, the same for everyone.
    left = {(method, path) for method, path in left if path.startswith(("/api", "/lib", "/doc"))}
    assert left - tried == set()


# What is told without a name


def test_nothing_that_is_listed_tells_of_a_hidden_collection(sent):
    for path in (
        *("/", "/config", "/api/info", "/api/documents", "/api/health", "/api/openapi.json"),
        *("/library/status", "/library/list", "/gradio_api/info"),
    ):
        response = sent("eva", f"GET {path}")
        assert response.status_code == 200, path
        assert re.search(r"\bestate\b|brief\.txt|Falk", response.text) is None, path
    listed = sent("eva", tool("list_documents")).json()
    names = [each["document"] for each in listed["result"]["structuredContent"]["documents"]]
    assert names == ["press/rerik.txt", "sport/race.txt"]


def test_what_may_be_read_is_listed(sent):
    info = sent("ida", "GET /api/info").json()
    assert [(each["name"], each["documents"]) for each in info["collections"]] == [
        ("estate", 2),
        ("press", 1),
        ("sport", 1),
    ]
    assert info["documents"] == 4
    assert sent("ida", "GET /library/status").json()["collections"] == ["estate", "press", "sport"]
    assert "estate/brief.txt" in sent("ida", "GET /library/list").text


# Answers


def test_an_answer_names_its_collection(sent):
    found = sent("ida", asked("/api/ask", threshold=0)).json()
    answers = found["answers"]
    assert {each["collection"] for each in answers} >= {"estate", "press"}
    for each in [*answers, *found["passages"]]:
        assert each["document"].startswith(f"{each['collection']}/")
    shares = [each["probability"] for each in answers]
    assert shares == sorted(shares, reverse=True)
    alone = asked("/api/ask", threshold=0, collection="estate")
    (best, *_) = sent("ida", alone).json()["answers"]
    assert best["collection"] == "estate"
    assert best["probability"] == next(
        each["probability"] for each in answers if each["collection"] == "estate"
    )


def test_the_client_asks_collections(served, tokens):
    with Client(served.url, token=tokens["ida"]) as client:
        assert client.collections == ("estate", "press", "sport")
        found = client.ask(QUESTION, threshold=0, collection="press")
        assert {each.document_id for each in found.answers} == {"press/rerik.txt"}
        again = client.ask(
            "And when?", threshold=0, history=[found], collection=["press", "estate"]
        )
        assert again.answers
        hits = client.search(QUESTION, collection=["estate", "sport"]).passages
        assert {hit.passage.document_id.split("/")[0] for hit in hits} == {"estate", "sport"}
        assert [each.id for each in client.documents(collection="press")] == ["press/rerik.txt"]
        assert client.document("estate/brief.txt").text == TEXTS["estate"]["brief.txt"]
        (one, other) = client.ask_each([QUESTION, QUESTION], collection="etaste")
        assert isinstance(one, NoCollection) and isinstance(other, NoCollection)
        with pytest.raises(NoCollection, match="there is no collection etaste"):
            client.ask(QUESTION, collection="etaste")
    with Client(served.url, token=tokens["ben"]) as client:
        assert client.collections == ("press", "sport")
        with pytest.raises(NoCollection, match="there is no collection estate"):
            client.ask(QUESTION, collection="estate")


def test_networks_are_loaded_once(corpora):
    pipelines = [corpus.now.qa for corpus in corpora.values()]
    assert len({id(qa._encoder) for qa in pipelines}) == 1
    for part in ("reader", "second", "calibration"):
        assert len({id(getattr(qa._answering, part)) for qa in pipelines}) == 1
    assert len({id(corpus.pool) for corpus in corpora.values()}) == 1


def test_one_folder_has_no_collections(corpora):
    qa = corpora["press"].now.qa
    assert qa.collections == ()
    assert qa.within([]) is qa
    with pytest.raises(NoCollection, match="there is no collection press"):
        qa.within(["press"])


# Changes


def test_the_tag_of_a_collection_changes_with_its_own_index(sent, corpora, base, encoder):
    def tags(who):
        paths = ("documents?collection=press", "documents?collection=sport", "documents")
        paths += ("documents/sport/race.txt", "info")
        return [sent(who, f"GET /api/{path}").headers["etag"] for path in paths]

    before = tags("ben")
    (corpora["press"].folder / "mill.txt").write_text("The mill was sold.")
    build(corpora["press"].folder, base / "index" / "press", encoder=encoder)
    until(lambda: sent("ben", "GET /api/info").json()["documents"] == 3)
    after = tags("ben")
    is_same = [one == other for one, other in zip(before, after, strict=True)]
    assert is_same == [False, True, False, True, False]
    # Who sees more has another tag of the whole.
    assert tags("ida")[:2] == after[:2]
    assert tags("ida")[2] != after[2]


def test_one_collection_is_built_by_its_name(sent, corpora, monkeypatch):
    asked = []
    for name, corpus in corpora.items():
        monkeypatch.setattr(corpus.live, "request", lambda name=name: asked.append(name))
    assert sent("eva", "POST /library/build?collection=sport").status_code == 202
    assert asked == ["sport"]
    assert sent("eva", "POST /library/build").status_code == 202
    assert asked == ["sport", "press", "sport"]  # all that Eva may read
    assert sent("ben", "POST /library/build?collection=sport").status_code == 403


def test_files_stay_in_their_collection(sent, corpora):
    def change(what, **body):
        return sent("eva", changed(what, **body))

    upload = ("PUT", "/library/files?name=sport/a/new.txt", {"content": b"The cup was won."})
    assert sent("eva", upload).json()["path"] == "sport/a/new.txt"
    newer = (*upload[:2], {"content": b"The cup was lost."})
    added = sent("eva", newer).json()
    assert added == {"path": "sport/a/new (2).txt", "known": False, "earlier": "sport/a/new.txt"}
    both = {key: added[key] for key in ("path", "earlier")}
    assert change("replace", **{**both, "earlier": "press/new.txt"}).status_code == 409
    token = change("replace", **both).json()["token"]
    assert (corpora["sport"].folder / "a" / "new.txt").read_bytes() == b"The cup was lost."
    assert change("restore", token=token).json() == {"path": "sport/a/new (2).txt"}
    assert change("remove", path="sport/a/new (2).txt").status_code == 200
    moved = change("rename", path="sport/a/new.txt", to="press/new.txt")
    assert moved.status_code == 409
    assert "another collection" in moved.json()["detail"]
    renamed = change("rename", path="sport/a/new.txt", to="sport/b/cup.txt")
    assert renamed.json() == {"path": "sport/b/cup.txt"}
    token = change("remove", path="sport/b/cup.txt").json()["token"]
    assert not (corpora["sport"].folder / "b" / "cup.txt").exists()
    assert "sport/b/cup.txt" in sent("eva", "GET /library/list").text
    assert change("restore", token=token).json() == {"path": "sport/b/cup.txt"}
    assert (corpora["sport"].folder / "b" / "cup.txt").exists()
    for path in ("sport", "sport/../press-documents/rerik.txt", "../x.txt", ""):
        assert change("remove", path=path).status_code == 404
    assert (
        change("remove", path="sport/nope.txt")
        .json()["detail"]
        .startswith("There is no file sport/nope.txt.")
    )
    assert sent("eva", ("PUT", "/library/files?name=x.txt", {"content": b"x"})).status_code == 404


# The page


@pytest.fixture
def page(served, monkeypatch):
    """Handle events as a user: ``page(name)`` are the handlers."""

    def of(name):
        monkeypatch.setattr("qa.web.handlers._visitor", lambda: Visitor(name))
        return Handlers(served.corpus, for_owner=False)

    return of


class Event:
    def __init__(self, **values):
        self.__dict__.update(values)


def last(events):
    return list(events)[-1]


@pytest.mark.parametrize(
    ("handler", "event"),
    [
        ("on_view", {"view": "document/0/0/0/NAME/brief.txt"}),
        ("on_view", {"view": "linked/0/10/0/NAME/brief.txt"}),
        ("on_open", {"document": "NAME/brief.txt", "start": 0, "end": 10}),
        ("on_open", {"turns": [{"question": QUESTION, "only": ["NAME/*"]}], "view": ""}),
    ],
)
def test_the_page_shows_a_hidden_collection_as_one_that_is_not_there(page, handler, event):
    def shown(who, name):
        filled = json.loads(json.dumps(event).replace("NAME", name))
        found = getattr(page(who), handler)((), None, Event(**filled))
        found = found if isinstance(found, tuple) else last(found)
        return repr(found[-2:]).replace(name, "NAME")

    assert shown("ben", HIDDEN) == shown("ben", MISSING)
    assert "Falk" not in shown("ben", HIDDEN)
    assert "Falk" in shown("ida", HIDDEN)


def test_the_page_names_the_collection_of_an_answer(page):
    def talk(who, only):
        return last(page(who).on_question(QUESTION, (), 0.0, only))[1]

    assert '<span class="collection">press</span>' in talk("ida", '["press/*"]')
    assert '<span class="collection">estate</span>' in talk("ida", '["estate/*"]')
    assert '<span class="collection">press</span>' in talk("ben", "[]")
    assert "estate" not in talk("ben", "[]")


def test_votes_are_kept_with_the_collection_of_the_answer(page, corpora):
    def votes():
        return {
            name: [(vote.document, vote.is_good) for vote in corpus.feedback.votes()]
            for name, corpus in corpora.items()
        }

    handlers = page("ben")
    turns = last(handlers.on_question(QUESTION, (), 0.0, '["press/*"]'))[0]
    handlers.on_vote(turns, 0.0, Event(vote="0/0/up", view=""))
    assert votes() == {"press": [("rerik.txt", True)], "estate": [], "sport": []}
    assert handlers._votes(turns) == {turns[0].vote_id(0): True}
    absent = last(handlers.on_question("What is a quark?", (), 0.99, '["sport/*"]'))[0]
    absent = (Turn("What?", absent[0].prediction, key=absent[0].key, only=("sport/*",)),)
    handlers.on_vote(absent, 0.99, Event(vote="0/0/down", view=""))
    assert votes()["sport"] == [("", False)]
    assert votes()["estate"] == []
    handlers.on_vote(turns, 0.0, Event(vote="0/0/none", view=""))
    assert votes()["press"] == []


def test_a_visitor_who_may_read_nothing_gets_an_empty_page(served, monkeypatch):
    nobody = Visitor("")
    holdings = served.corpus.seen_by(nobody)
    assert holdings.now.qa.ask(QUESTION).verdict == "not found"
    assert holdings.now.qa.search(QUESTION).passages == ()
    assert holdings.files is None
    monkeypatch.setattr("qa.web.handlers._visitor", lambda: nobody)
    evidence = Handlers(served.corpus, for_owner=False).on_load()[1]
    assert "Nothing is shared with you yet" in evidence

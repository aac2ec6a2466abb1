"""Attacks on every route of a page that is served for real, where people log in.

The routes are those of ``routes.txt``, which a test in ``test_access.py`` compares with the
application's own: a route that is new is attacked as soon as it is listed.
"""

import json
import re
import socket
import threading
import time
from base64 import b64decode
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote, unquote, urlencode, urljoin

import httpx
import pytest
from argon2 import PasswordHasher
from attacking import Answer, Attacker
from hostile import (
    ADVISORIES,
    ARGUMENTS,
    EVENTS,
    FORGOTTEN,
    HEADERS,
    LOGINS,
    MESSAGES,
    NEXT,
    PARAMETERS,
    VALUES,
    WORDS,
)
from loaded import networks_once
from serving import gradio_warnings, serving, write_documents

from qa.access import Access, Users
from qa.access.credentials import SESSION_S
from qa.access.metrics import Metrics
from qa.access.traffic import Log

pytestmark = gradio_warnings

PASSWORD = "correct horse battery"
SECRET = "the-secret-of-the-machine"
LISTED = [
    tuple(line.split(maxsplit=2))
    for line in Path(__file__).with_name("routes.txt").read_text().splitlines()
    if not line.startswith("#")
]
ROUTES = [
    (who, "POST" if method == "ANY" else method, re.sub(r"\{(\w+)(:\w+)?\}", "x", path))
    for who, method, path in LISTED
]
GUARDED = [(who, method, path) for who, method, path in ROUTES if who != "everyone"]
# These answer with a stream that has no end.
STREAMS = ("/gradio_api/queue/data", "/gradio_api/heartbeat", "/gradio_api/startup-events")


class Scene:
    """The server, its people, and what an attacker may have got hold of."""

    def __init__(self, base, running, users, lines):
        self.base, self.running, self.lines = base, running, lines
        self.port = httpx.URL(running.url).port
        self.attacker = Attacker(self.port)
        self.own = {"origin": running.url}
        opened = {name: users.sessions.open(users.with_password(name, PASSWORD)) for name in NAMES}
        self.cookie_name = opened["ada"][0]
        self.sessions = {name: value for name, (_, value) in opened.items()}
        self.tokens = {name: users.tokens.add(name) for name in NAMES}
        past = Users(users.path, clock=lambda: time.time() - SESSION_S - 1)
        self.expired = past.sessions.open(past.with_password("ada", PASSWORD))[1]
        self.old_token = past.tokens.add("ada", days=1)
        other = Users(base / "other.sqlite")
        other.add("ada", PASSWORD, "edits")
        self.other_name, self.other = other.sessions.open(other.with_password("ada", PASSWORD))
        self.other_token = other.tokens.add("ada")
        self.ended = users.sessions.open(users.with_password("ada", PASSWORD))[1]
        users.sessions.close({self.cookie_name: self.ended})
        users.remove("gone")

    def cookie(self, value, name=""):
        return {"cookie": f"{name or self.cookie_name}={value}"}

    def as_user(self, name):
        """Headers of the page itself, used by somebody who is logged in."""
        return {**self.cookie(self.sessions[name]), **self.own}

    def by_token(self, name):
        return {"authorization": f"Bearer {self.tokens[name]}"}

    def is_alive(self):
        return self.attacker.ask("GET", "/api/health").status == 200


NAMES = ("ada", "ben", "gone")


@pytest.fixture(scope="module")
def scene(tmp_path_factory, encoder):
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    base = tmp_path_factory.mktemp("attacks")
    (base / "secret.txt").write_text(SECRET, encoding="utf-8")
    folder = write_documents(base / "documents", more={MARKUP + ".txt": f"{MARKUP}\n\nIt is here."})
    with networks_once(encoder), pytest.MonkeyPatch.context() as patch:
        patch.setattr("qa.access.users._hasher", lambda: cheap)
        patch.setattr("qa.library.Live.request", lambda self: None)  # builds are not attacked
        users = Users(base / "users.sqlite")
        for name, role in zip(NAMES, ("edits", "reads", "edits"), strict=True):
            users.add(name, PASSWORD, role)
        lines = []
        options = {"mcp": True, "metrics": Metrics(), "log": Log(lines.append), "editable": True}
        with serving(folder, base / "index", access=Access(users=users), **options) as running:
            made = Scene(base, running, users, lines)
            yield made
            made.attacker.close()


def tried(scene, attempts, allowed, *, corpus=True, secrets=()):
    """Send each attempt; return those that are answered otherwise than allowed, or leak.

    An attempt is ``(method, target, headers, body)``. ``corpus`` is whether words of the
    documents count as a leak.
    """
    wrong = []
    for method, target, headers, *body in attempts:
        answer = scene.attacker.ask(method, target, headers, *body)
        sent = target + unquote(target) + b"".join(body).decode("utf-8", "replace")
        known = [word for word in (SECRET, str(scene.base), *secrets) if word not in sent]
        leaks = answer.leaks(*known, corpus=corpus)  # what was sent may be said again
        if answer.status not in allowed or leaks:
            wrong.append((method, target[:200], answer.status, leaks, answer.text[:300]))
    assert scene.is_alive()
    return wrong


# Nobody who is not logged in


STRANGERS = {
    "nothing": lambda s: {},
    "an empty cookie": lambda s: s.cookie(""),
    "a cookie that was changed": lambda s: s.cookie(f"x{s.sessions['ada'][1:]}"),
    "a cookie with another signature": lambda s: s.cookie(f"{s.sessions['ada'][:-2]}xx"),
    "a cookie without a signature": lambda s: s.cookie(s.sessions["ada"].partition(".")[0]),
    "a cookie in other letters": lambda s: s.cookie(s.sessions["ada"].swapcase()),
    "a cookie of another server": lambda s: s.cookie(s.other, s.other_name),
    "a cookie of another server under this one's name": lambda s: s.cookie(s.other),
    "a cookie under another name": lambda s: s.cookie(s.sessions["ada"], "verbatim-00000000"),
    "a cookie of HTTPS": lambda s: s.cookie(s.sessions["ada"], f"__Host-{s.cookie_name}"),
    "an expired cookie": lambda s: s.cookie(s.expired),
    "a cookie of a session that ended": lambda s: s.cookie(s.ended),
    "a cookie of a user who was removed": lambda s: s.cookie(s.sessions["gone"]),
    "a token in the cookie": lambda s: s.cookie(s.tokens["ada"]),
    "a cookie of 50 KB": lambda s: s.cookie("x" * 50_000),
    "a cookie that is no text": lambda s: s.cookie("\udcff\udcfe"),
    "a token of a user who was removed": lambda s: s.by_token("gone"),
    "a token of another server": lambda s: {"authorization": f"Bearer {s.other_token}"},
    "an expired token": lambda s: {"authorization": f"Bearer {s.old_token}"},
    "a token that was cut": lambda s: {"authorization": f"Bearer {s.tokens['ada'][:-1]}"},
    "a token in other letters": lambda s: {"authorization": f"Bearer {s.tokens['ada'].upper()}"},
    "a cookie as a token": lambda s: {"authorization": f"Bearer {s.sessions['ada']}"},
    "a token as a password": lambda s: {"authorization": f"Basic {s.tokens['ada']}"},
    "a wrong token beside the right cookie": lambda s: {
        **s.cookie(s.sessions["ada"]),
        "authorization": "Bearer x",
    },
    "two tokens": lambda s: [*2 * [("authorization", f"Bearer {s.tokens['ada']}")]],
    "the word of a proxy": lambda s: {
        "x-forwarded-user": "ada",
        "x-forwarded-for": "127.0.0.1",
        "remote-user": "ada",
        "x-real-ip": "127.0.0.1",
    },
    "a name that Gradio knows": lambda s: {
        "cookie": "access-token=ada; access-token-unsecure=ada; session=ada"
    },
}


@pytest.mark.parametrize("stranger", STRANGERS)
def test_a_stranger_gets_nothing_at_any_route(scene, stranger):
    sent = STRANGERS[stranger](scene)
    pairs = [*(sent.items() if isinstance(sent, dict) else sent), *scene.own.items()]
    attempts = [(method, path, pairs) for _, method, path in GUARDED]
    assert tried(scene, attempts, {401, 403}) == []


def test_a_token_is_not_taken_from_an_address(scene):
    token = scene.tokens["ada"]
    attempts = [
        (method, f"{path}?{name}={token}", {})
        for _, method, path in GUARDED
        for name in ("access_token",)
    ]
    assert tried(scene, attempts, {401, 403}) == []


METHODS = "GET HEAD POST PUT PATCH DELETE OPTIONS TRACE PROPFIND LOCK X get".split()


@pytest.mark.parametrize("method", METHODS)
def test_no_method_goes_around_the_login(scene, method):
    paths = {path for _, _, path in GUARDED} - {"/login"}
    attempts = [(method, path, scene.own) for path in sorted(paths)]
    assert tried(scene, attempts, {400, 401, 403, 405}) == []


OVERRIDES = ("x-http-method-override", "x-http-method", "x-method-override")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PROPFIND", "X"])
def test_who_may_read_changes_nothing_by_any_method(scene, method):
    closed = sorted({path for who, _, path in ROUTES if who in ("edits", "nobody")})
    attempts = [(method, path, scene.as_user("ben")) for path in closed if path != "/login/"]
    attempts += [
        ("GET", f"{path}?_method={method}", {**scene.as_user("ben"), name: method})
        for path in ("/library/build", "/library/remove", "/library/files")
        for name in OVERRIDES
    ]
    assert tried(scene, attempts, {403, 404, 405, 401}, corpus=False) == []


def test_nobody_reaches_what_is_closed(scene):
    attempts = [
        (method, path, scene.as_user("ada")) for who, method, path in ROUTES if who == "nobody"
    ]
    assert attempts
    assert tried(scene, attempts, {403}) == []


# Nothing of another site


ORIGINS = [
    *("http://evil.example", "null", "file://", "http://127.0.0.1", "https://127.0.0.1:1"),
    *("http://127.0.0.1.evil.example:{port}", "http://evil.example#http://127.0.0.1:{port}"),
    *("http://127.0.0.1:{port}@evil.example", "http://localhost:{port}", "chrome-extension://x"),
    *("http://127.0.0.1:{port}/", " http://127.0.0.1:{port}, http://evil.example", "*"),
]


@pytest.mark.parametrize("origin", ORIGINS)
def test_another_site_reaches_no_route(scene, origin):
    headers = {**scene.as_user("ada"), "origin": origin.format(port=scene.port)}
    attempts = [(method, path, headers) for _, method, path in share(ORIGINS, origin)]
    assert tried(scene, attempts, {403}) == []


def share(names, name, parts=3):
    """A part of the routes, another for the next name: each meets a third of all names."""
    return ROUTES[names.index(name) % parts :: parts]


def test_a_change_without_an_origin_needs_a_token(scene):
    attempts = [
        (method, path, {**scene.cookie(scene.sessions["ada"]), "content-type": kind}, b"{}")
        for _, method, path in GUARDED
        if method not in ("GET", "HEAD")
        for kind in ("text/plain", "application/json", "multipart/form-data; boundary=x")
    ]
    assert tried(scene, attempts, {403}) == []


HOSTS = [
    *(
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1.evil.example",
        "127.0.0.1:{port}.evil.example",
    ),
    *(
        "127.0.0.1@evil.example",
        "evil.example@127.0.0.1",
        "127.1.evil.example:{port}",
        "0x7f000001",
    ),
    *("2130706433", "017700000001", "localhost.evil.example", "localhost:{port}@evil.example"),
    *("127.0.0.1:{port}/evil", "127.0.0.1#", "127.0.0.1?", "127.0.0.1:99999999", "[::1", "", "*"),
    *(
        "10.0.0.1",
        "192.168.1.7:{port}",
        "metadata.internal",
        "127.0.0.1 evil.example",
        "127.0.0.1\t",
    ),
]


@pytest.mark.parametrize("host", HOSTS)
def test_under_another_name_there_is_no_page(scene, host):
    name = host.format(port=scene.port)
    headers = {**scene.as_user("ada"), "host": name}
    if name.strip() == "127.0.0.1":  # white space around a value belongs to the protocol
        headers["host"] = "127.0.0.1, evil.example"
    attempts = [(method, path, headers) for _, method, path in share(HOSTS, host)]
    assert tried(scene, attempts, {400, 403}) == []


# Paths


UP = "../" * 16
TARGETS = [
    "{up}{secret}",
    "/{secret}",
    "//{secret}",
    "....//....//....//{secret}",
    "..;/..;/{secret}",
    "{up}etc/passwd",
    "/etc/passwd",
    "/proc/self/environ",
    "/proc/self/fd/0",
    "file:///etc/passwd",
    "C:\\Windows\\win.ini",
    "\\\\server\\share\\x",
    "{url}/secret",
    "http:{url}",
    "http://169.254.169.254/latest/meta-data/",
    "{secret}\0.txt",
    "\0",
    "x" * 9_000,
    "x\r\nset-cookie: stolen=1",
    "~root/.ssh/id_rsa",
    ".",
    "..",
    "/",
    "\udcff",
    "${{jndi:ldap://x}}",
    "' OR 1=1 --",
    "*",
    "con",
    "\u202etxt.exe",
]
ENCODINGS = {
    "as it is": lambda text: quote(text, safe="/:.\\~*'${}=", errors="surrogateescape"),
    "encoded": lambda text: quote(text, safe="", errors="surrogateescape"),
    "encoded with its dots": lambda text: "".join(f"%{byte:02x}" for byte in raw(text)),
    "encoded twice": lambda text: quote(quote(text, safe="", errors="surrogateescape"), safe=""),
    "overlong": lambda text: quote(text, safe="", errors="surrogateescape").replace(".", "%c0%ae"),
    "with backslashes": lambda text: quote(text.replace("/", "\\"), errors="surrogateescape"),
}
PLACES = [
    *("/static/", "/assets/", "/svelte/", "/", "/api/documents/", "/pwa_icon/", "/monitoring/"),
    *("/gradio_api/file=", "/gradio_api/file/", "/gradio_api/proxy=", "/gradio_api//file="),
    *("//gradio_api/file=", "/gradio_api/./file=", "/x/../gradio_api/file=", "/file=", "/proxy="),
    *("/gradio_api/custom_component/x/client/component/", "/gradio_api/stream/x/0/0/"),
    *("/gradio_api/upload?upload_id=", "/gradio_api/deep_link?session_hash="),
    *("/document/picture?number=1&sha256=x&id=", "/document/window?number=0&sha256=x&id="),
    *("/document/find?sha256=x&words=&id=", "/document/page?number=1&sha256=x&id="),
    *(
        "/library/list?search=",
        "/library/list?page=",
        "/api/documents?after=",
        "/api/documents?only=",
    ),
    *("/config?deep_link=", "/?view=", "/?__theme=", "/gradio_api/call/ask/", "/login?next="),
]


def raw(text):
    return text.encode("utf-8", "surrogateescape")


@pytest.fixture(scope="module")
def bait():
    """A server that nobody may be sent to."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener


def targets(scene, bait):
    url = f"http://127.0.0.1:{bait.getsockname()[1]}"
    secret = str(scene.base / "secret.txt").lstrip("/")
    return [target.format(up=UP, secret=secret, url=url) for target in TARGETS]


@pytest.mark.parametrize("place", PLACES)
def test_no_path_leads_out_of_what_is_served(scene, bait, place):
    first, *others = targets(scene, bait)
    addresses = [f"{place}{encoded(first)}" for encoded in ENCODINGS.values()]
    addresses += [f"{place}{ENCODINGS['as it is'](target)}" for target in others]
    attempts = [("GET", address, scene.as_user("ada")) for address in addresses]
    # 200: a page, a list or a form that has nothing to do with the path.
    allowed = {200, *range(300, 309), *range(400, 451)}
    assert tried(scene, attempts, allowed, corpus=False, secrets=("stolen=1\n",)) == []
    with pytest.raises(BlockingIOError):
        bait.accept()


def test_a_name_leads_out_of_the_folder_in_no_route_that_writes(scene, bait):
    before = outside(scene)
    ada = {**scene.as_user("ada"), "content-type": "application/json"}
    attempts = []
    for target in targets(scene, bait):
        name = raw(target).decode("utf-8", "replace")
        attempts += [
            (
                "PUT",
                f"/library/files?name={quote(raw(target))}",
                scene.as_user("ada"),
                b"It is new.",
            ),
            ("POST", "/library/remove", ada, json.dumps({"path": name}).encode()),
            ("POST", "/library/rename", ada, json.dumps({"path": name, "to": "x.txt"}).encode()),
            (
                "POST",
                "/library/rename",
                ada,
                json.dumps({"path": "library.txt", "to": name}).encode(),
            ),
            ("POST", "/library/restore", ada, json.dumps({"token": name}).encode()),
            ("POST", "/library/forget", ada, json.dumps({"token": name}).encode()),
        ]
    allowed = {200, 201, *range(400, 451)}
    assert tried(scene, attempts, allowed, corpus=False) == []
    assert outside(scene) == before


def outside(scene):
    """What lies beside the folder of documents, with its bytes."""
    return {
        path: path.read_bytes()
        for path in scene.base.rglob("*")
        if path.is_file()
        and not path.is_relative_to(scene.base / "documents")
        and "sqlite" not in path.name
    }


# Bodies


JSON = {"content-type": "application/json"}
FORM = {"content-type": "multipart/form-data; boundary=b"}
BODIES = {
    "nothing": (JSON, b""),
    "no JSON": (JSON, b"question=x"),
    "half of JSON": (JSON, b'{"question": "x'),
    "a second object": (JSON, b'{"question": "x"}{"question": "y"}'),
    "a trailing comma": (JSON, b'{"question": "x",}'),
    "a mark of byte order": (JSON, b'\xef\xbb\xbf{"question": "x"}'),
    "UTF-16": (JSON, '{"question": "x"}'.encode("utf-16")),
    "broken UTF-8": (JSON, b'{"question": "\xff\xc0\xaf"}'),
    "half a pair": (JSON, b'{"question": "\\ud800", "path": "\\ud800", "data": ["\\ud800"]}'),
    "NUL": (JSON, b'{"question": "a\\u0000b", "path": "a\\u0000b", "token": "\\u0000"}'),
    "half a pair in a path": (
        JSON,
        b'{"path": "a/\\ud800/b", "to": "a/\\udfff", "token": "a/\\ud800"}',
    ),
    "NUL in a path": (JSON, b'{"path": "a/b\\u0000/c", "to": "a/\\u0000", "token": "a/\\u0000"}'),
    "depth": (JSON, b"[" * 100_000),
    "depth of objects": (JSON, b'{"data":' * 50_000),
    "a number without end": (JSON, b'{"fn_index": 1' + b"0" * 10_000 + b"}"),
    "no number": (JSON, b'{"question": NaN, "top_k": Infinity, "fn_index": -Infinity}'),
    "null": (JSON, b"null"),
    "a list": (JSON, b"[]"),
    "text": (JSON, b'"x"'),
    "a number": (JSON, b"1"),
    "unknown fields": (JSON, b'{"question": "x", "admin": true, "path": "x", "role": "edits"}'),
    "the fields of objects": (JSON, b'{"__proto__": {"a": 1}, "__class__": "x", "self": 1}'),
    "wrong types": (
        JSON,
        b'{"question": {"a": []}, "path": 1, "token": [], "data": {}, "fn_index": "x",'
        b' "session_hash": 5, "event_id": {}, "quotations": "x", "to": null, "top_k": "3"}',
    ),
    "a type that is not said": ({}, b'{"question": "x"}'),
    "text that is no JSON": ({"content-type": "text/plain"}, b'{"question": "x"}'),
    "XML": (
        {"content-type": "application/xml"},
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    ),
    "a pickle": ({"content-type": "application/octet-stream"}, b"cos\nsystem\n(S'id'\ntR."),
    "a form": ({"content-type": "application/x-www-form-urlencoded"}, b"username=ada&password=x"),
    "a form without its end": (FORM, b'--b\r\ncontent-disposition: form-data; name="files"'),
    "a form with a file": (
        FORM,
        b'--b\r\ncontent-disposition: form-data; name="files"; filename="../../x.txt"\r\n\r\n'
        b"x\r\n--b--\r\n",
    ),
    "a form without a boundary": ({"content-type": "multipart/form-data"}, b"--b\r\n\r\nx\r\n"),
    "a form of many fields": (
        {"content-type": "application/x-www-form-urlencoded"},
        b"&".join(b"a%d=1" % number for number in range(20_000)),
    ),
    "what says that it is packed": ({**JSON, "content-encoding": "gzip"}, b"\x1f\x8b\x08\x00x"),
    "a type of an unknown alphabet": ({"content-type": "application/json; charset=x"}, b"{}"),
    "UTF-7": ({"content-type": "application/json; charset=utf-7"}, b"+AHsAIg-question+ACIAOg-"),
    "UTF-32": (JSON, '{"question": "x"}'.encode("utf-32")),
    "a mark of byte order alone": (JSON, b"\xef\xbb\xbf"),
    "surrogates as bytes": (JSON, b'{"question": "\xed\xa0\x80", "path": "\xed\xbf\xbf"}'),
    "an overlong NUL": (JSON, b'{"question": "\xc0\x80", "path": "\xe0\x80\xaf"}'),
    "bytes beyond Unicode": (JSON, b'{"question": "\xf4\x90\x80\x80\xf8\x88\x80\x80\x80"}'),
    "a character cut in two": (JSON, b'{"question": "\xe2\x82'),
    "an escape cut in two": (JSON, b'{"question": "\\ud83d\\u12'),
    "bytes of control": (JSON, b'{"question": "\x00\x01\x1b[2J"}'),
    "a key twice": (JSON, b'{"question": "x", "question": {"a": 1}, "path": "x", "path": []}'),
    "many keys": (JSON, b"{" + b",".join(b'"%d": 1' % n for n in range(50_000)) + b"}"),
    "a long key": (JSON, b'{"' + b"x" * 500_000 + b'": 1}'),
    "a number of many digits": (JSON, b'{"top_k": ' + b"9" * 100_000 + b"}"),
    "a number too large": (JSON, b'{"top_k": 1e999999, "threshold": -1e-999999}'),
    "comments": (JSON, b'/* x */ {"question": "x"} // y'),
    "other quotation marks": (JSON, b"{'question': 'x'}"),
    "depth in a field": (JSON, b'{"question": ' + b"[" * 900 + b"]" * 900 + b"}"),
    "a long list": (JSON, b'{"only": [' + b'"x",' * 100_000 + b'"x"]}'),
    "lines of JSON": (
        {"content-type": "application/x-ndjson"},
        b'{"question": "x"}\n[]\nnull\n\xff\n{"question": 1}\n' + b"\n" * 1_000,
    ),
    "lines without end": ({"content-type": "application/x-ndjson"}, b"{" * 500_000),
    "what says that it is packed by br": ({**JSON, "content-encoding": "br"}, b"\x0b\x02\x80x\x03"),
    "a form of names": (
        FORM,
        b'--b\r\ncontent-disposition: form-data; name="' + b"x" * 100_000 + b'"\r\n\r\nx\r\n--b--',
    ),
    "a form of many parts": (
        FORM,
        b'--b\r\ncontent-disposition: form-data; name="x"\r\n\r\n\r\n' * 5_000 + b"--b--",
    ),
    "a form with headers": (FORM, b"--b\r\n" + b"x: y\r\n" * 20_000 + b"\r\nx\r\n--b--"),
    "a boundary without end": (
        {"content-type": f"multipart/form-data; boundary={'-' * 500}"},
        b"-" * 500_000,
    ),
    "a type of many parameters": (
        {"content-type": "application/json" + "; a=b" * 3_000},
        b'{"question": "x"}',
    ),
    "two types": ({"content-type": "application/json, text/plain"}, b'{"question": "x"}'),
    "a message to the tools": (JSON, b'[{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}]'),
    "more than a megabyte": (JSON, b'"' + b"x" * 1_000_001 + b'"'),
}
TAKING = [(who, method, path) for who, method, path in ROUTES if method in ("POST", "PUT")]


@pytest.mark.parametrize("kind", BODIES)
def test_no_body_breaks_a_route(scene, kind):
    headers, body = BODIES[kind]
    attempts = []
    for who, method, path in TAKING:
        if path in ("/login", "/logout") or (who == "nobody" and len(body) > 1_000_000):
            continue
        target = f"{path}?name=x.txt" if path == "/library/files" else path
        attempts.append((method, target, {**scene.by_token("ada"), **headers}, body))
    # 2xx: routes that take no body, a form of no fields, and an upload, which is bytes.
    allowed = {200, 201, 202, 204, 302, *range(400, 451)}
    assert tried(scene, attempts, allowed, corpus=False) == []


# Requests that are none


HEAD = "host: 127.0.0.1:{port}\r\n"
BROKEN = {
    "many headers": "GET / HTTP/1.1\r\n" + HEAD + "x: y\r\n" * 5_000 + "\r\n",
    "a long header": "GET / HTTP/1.1\r\n" + HEAD + f"x: {'y' * 300_000}\r\n\r\n",
    "a long address": f"GET /{'x' * 300_000} HTTP/1.1\r\n" + HEAD + "\r\n",
    "a long method": f"{'X' * 100_000} / HTTP/1.1\r\n" + HEAD + "\r\n",
    "no host": "GET / HTTP/1.1\r\n\r\n",
    "no host before 1.1": "GET / HTTP/1.0\r\n\r\n",
    "two hosts": "GET / HTTP/1.1\r\n" + HEAD + "host: evil.example\r\n\r\n",
    "two hosts turned around": "GET / HTTP/1.1\r\nhost: evil.example\r\n" + HEAD + "\r\n",
    "another host in the address": "GET http://evil.example/ HTTP/1.1\r\n"
    + "host: evil.example\r\n\r\n",
    "a host folded": "GET / HTTP/1.1\r\nhost:\r\n 127.0.0.1\r\n\r\n",
    "white space before a colon": "GET / HTTP/1.1\r\nhost : 127.0.0.1\r\n\r\n",
    "NUL in a header": "GET / HTTP/1.1\r\n" + HEAD + "x: a\0b\r\n\r\n",
    "a line feed alone": "GET / HTTP/1.1\n" + HEAD + "\n\n",
    "no version": "GET /\r\n\r\n",
    "version 9": "GET / HTTP/9.9\r\n" + HEAD + "\r\n",
    "the preface of version 2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "a proxy's request": "CONNECT 169.254.169.254:80 HTTP/1.1\r\n" + HEAD + "\r\n",
    "two lengths": "POST /api/ask HTTP/1.1\r\n"
    + HEAD
    + "content-length: 2\r\ncontent-length: 5\r\n\r\n{}",
    "a length below zero": "POST /api/ask HTTP/1.1\r\n" + HEAD + "content-length: -1\r\n\r\n{}",
    "a length that is none": "POST /api/ask HTTP/1.1\r\n" + HEAD + "content-length: ½\r\n\r\n{}",
    "a length and chunks": "POST /api/ask HTTP/1.1\r\n"
    + HEAD
    + "content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"
    + "GET /config HTTP/1.1\r\n\r\n",
    "chunks of a wrong size": "POST /api/ask HTTP/1.1\r\n"
    + HEAD
    + "transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "a chunk without end": "POST /api/ask HTTP/1.1\r\n"
    + HEAD
    + "transfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n{}",
    "chunks twice": "POST /api/ask HTTP/1.1\r\n"
    + HEAD
    + "transfer-encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "an encoding hidden": "POST /api/ask HTTP/1.1\r\n"
    + HEAD
    + "transfer-encoding: x-chunked\r\n\r\n0\r\n\r\n",
    "a body that breaks off": "POST /api/ask HTTP/1.1\r\n" + HEAD + "content-length: 99\r\n\r\n{",
    "another protocol": "GET / HTTP/1.1\r\n"
    + HEAD
    + "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: x\r\n"
    "sec-websocket-version: 13\r\n\r\n",
    "an upgrade to version 2": "GET / HTTP/1.1\r\n"
    + HEAD
    + "connection: upgrade\r\nupgrade: h2c\r\n\r\n",
    "many ranges": "GET /static/x HTTP/1.1\r\n"
    + HEAD
    + f"range: bytes={','.join(f'{n}-' for n in range(5_000))}\r\n\r\n",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_no_request_is_refused(scene, kind):
    answer = scene.attacker.raw(BROKEN[kind].replace("{port}", str(scene.port)).encode("latin-1"))
    assert answer.status in (0, 400, 401, 403, 404, 405, 408, 413, 414, 431, 501, 505)
    assert answer.leaks(SECRET, str(scene.base), corpus=True) == []
    assert scene.is_alive()


# What is shown


MARKUP = "<img src=x onerror=alert(1)>"
SHOWN = [
    MARKUP,
    '"><script>alert(1)</script>',
    "<svg/onload=alert(1)>",
    "</textarea><script>alert(1)</script>",
    "`${alert(1)}`",
    "{{constructor.constructor('alert(1)')()}}",
    "javascript:alert(1)",
    "' autofocus onfocus=alert(1) x='",
    "<a href='javascript:alert(1)'>x</a>",
    "<!--<img src=x onerror=alert(1)>-->",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\u202e<b>bold</b>",
]
# An element, or an attribute that the page would not write.
RUNS = re.compile(
    r"<(?:img src=x|script>alert|svg/onload|a href='javascript|b>bold)|' autofocus", re.I
)


@pytest.mark.parametrize("words", SHOWN)
def test_what_a_visitor_or_a_document_says_is_no_markup(scene, words):
    ada = scene.as_user("ada")
    document = scene.running.corpus.now.qa.document(f"{MARKUP}.txt")
    given = quote(words)
    place = f"sha256={document.sha256}&id={quote(document.id)}"
    for target in (
        "/library/list",
        f"/library/list?search={given}",
        f"/library/list?sort={given}",
        f"/document/window?{place}&number=0&marks={given}",
        f"/login?next={given}",
        f"/?{given}",
        f"/{given}",
        f"/document/window?id={given}&sha256={given}&number=0",
    ):
        answer = scene.attacker.ask("GET", target, ada)
        assert answer.status < 500
        if "text/html" in answer.head:
            assert not RUNS.search(answer.text), (target, answer.text)
            assert "content-security-policy" in answer.head.lower()
        assert "x-content-type-options: nosniff" in answer.head.lower()
    said = said_on_the_page(scene, words)
    assert not RUNS.search(said), said
    posted = {**scene.by_token("ben"), **JSON}
    question = json.dumps({"question": words, "quick": True}).encode()
    asked = scene.attacker.ask("POST", "/api/ask", posted, question)
    assert asked.status in (200, 422)
    assert "json" in asked.head


def said_on_the_page(scene, question):
    """Ask on the page, as its scripts do; return all HTML that comes back."""
    number = next(
        number
        for number, event in scene.running.blocks.fns.items()
        if getattr(event.fn, "__name__", "") == "on_question"
    )
    ben = scene.as_user("ben")
    with httpx.Client(base_url=scene.running.url, headers=ben, timeout=60) as client:
        sent = {"data": [question, None, None, None], "fn_index": number, "session_hash": "shown"}
        joined = client.post("/gradio_api/queue/join", json=sent)
        assert joined.status_code == 200, joined.text
        with client.stream("GET", "/gradio_api/queue/data?session_hash=shown") as stream:
            lines = [line for line in stream.iter_lines() if line.startswith("data:")]
    messages = [json.loads(line.removeprefix("data:")) for line in lines]
    return "\n".join(texts_of([each.get("output") for each in messages]))


def texts_of(value):
    """Yield every text in JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts_of(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts_of(each)


# What is kept of another visitor


def talked(scene, name, session, question="Who designed the lighthouse of Rerik?"):
    """Ask on a page of a user's, so that its conversation is kept."""
    return sent_to_page(scene, name, session, "on_question", [question, None, None, "[]"])


def function(scene, name):
    """Return the number of the page's function of a name."""
    return next(
        number
        for number, event in scene.running.blocks.fns.items()
        if getattr(event.fn, "__name__", "") == name
    )


def sent_to_page(scene, user, session, name, data, **event):
    """Run a function through the queue; return all that is sent to that session."""
    body = {"data": data, "fn_index": function(scene, name), "session_hash": session, **event}
    joined = scene.attacker.ask(
        "POST",
        "/gradio_api/queue/join",
        {**scene.as_user(user), **JSON},
        json.dumps(body).encode(),
    )
    assert joined.status == 200, joined.text
    return streamed(scene, user, f"/gradio_api/queue/data?session_hash={quote(session)}")


MOST_BEATS = 8  # of a stream that is waited for, so two minutes


def streamed(scene, user, target):
    """Read a stream to its end, or until a heart beats on: Gradio sends a beat each 15 s.

    The stream of a session whose events had ended before it was opened has nothing but beats, and
    no end.
    """
    options = {"base_url": scene.running.url, "headers": scene.as_user(user), "timeout": 120}
    told = ""
    with httpx.Client(**options) as client, client.stream("GET", target) as stream:
        for words in stream.iter_text():
            told += words
            if "/heartbeat/" in target or told.count("heartbeat") >= MOST_BEATS:
                break
    return told


def shown_at(scene, user, session):
    """Return what a page of this session shows, by a function that does not wait."""
    body = {
        "data": [None, None],
        "fn_index": function(scene, "on_view"),
        "event_data": {"view": "0/0"},
        "session_hash": session,
    }
    answer = scene.attacker.ask(
        "POST",
        "/gradio_api/run/predict",
        {**scene.as_user(user), **JSON},
        json.dumps(body).encode(),
    )
    assert answer.status == 200, answer.text
    return answer.text


PRIVATE = "Who designed the lighthouse of Rerik, Mr Quillfeather?"


@pytest.mark.parametrize(
    "said", ["ada-page", "ada:ada-page", "", ":ada-page", "ben:../ada:ada-page"]
)
def test_the_conversation_of_another_visitor_is_taken_by_no_name(scene, said):
    assert "Quillfeather" in talked(scene, "ada", said, PRIVATE)
    assert "Quillfeather" in shown_at(scene, "ada", said)
    assert "Quillfeather" not in shown_at(scene, "ben", said)
    exported = {"data": [None, None], "fn_index": function(scene, "on_export")}
    exported |= {"event_data": {"format": "json"}, "session_hash": said}
    for door in ("run/predict", "api/predict"):
        answer = scene.attacker.ask(
            "POST",
            f"/gradio_api/{door}",
            {**scene.as_user("ben"), **JSON},
            json.dumps(exported).encode(),
        )
        assert answer.status == 200
        (file,) = json.loads(answer.body)["data"]
        assert b"Quillfeather" not in b64decode(file.partition(" ")[2])
    assert "Quillfeather" in shown_at(scene, "ada", said)  # it was not ended either


@pytest.fixture
def waiting(scene, monkeypatch):
    """A question of Ada's that is being answered: its session and event. It ends with the test."""
    let_go, qa = threading.Event(), scene.running.corpus.now.qa
    found, began = qa.ask(PRIVATE), threading.Event()

    def ask(*_, **__):
        began.set()
        assert let_go.wait(120)
        return found

    now = scene.running.corpus.now
    held = SimpleNamespace(ask=ask, threshold=now.qa.threshold, possible=now.qa.possible)
    monkeypatch.setattr(scene.running.corpus, "now", replace(now, qa=held))
    body = {"data": [PRIVATE, 10, 3, None], "session_hash": "ada-calls"}
    called = scene.attacker.ask(
        "POST",
        "/gradio_api/call/ask",
        {**scene.as_user("ada"), **JSON},
        json.dumps(body).encode(),
    )
    assert began.wait(60)
    yield "ada-calls", json.loads(called.body)["event_id"], let_go
    let_go.set()


TAKERS = {
    "its event": ("GET", "/gradio_api/call/ask/EVENT", {}),
    "its event under another function": ("GET", "/gradio_api/call/on_question/EVENT", {}),
    "its session as an event": ("GET", "/gradio_api/call/ask/SESSION", {}),
    "its session below a name": ("GET", "/gradio_api/call/ask/ada:SESSION", {}),
    "its stream": ("GET", "/gradio_api/queue/data?session_hash=SESSION", {}),
    "its stream below a name": ("GET", "/gradio_api/queue/data?session_hash=ada:SESSION", {}),
    "its stream encoded": ("GET", "/gradio_api/queue/data?session%5Fhash=SESSION", {}),
    "its stream after another": (
        "GET",
        "/gradio_api/queue/data?session_hash=x&session_hash=SESSION",
        {},
    ),
    "its heartbeat": ("GET", "/gradio_api/heartbeat/SESSION", {}),
    "its end": (
        "POST",
        "/gradio_api/cancel",
        {"session_hash": "SESSION", "fn_index": 0, "event_id": "EVENT"},
    ),
    "its end in another session": (
        "POST",
        "/gradio_api/cancel",
        {"session_hash": "x", "fn_index": 0, "event_id": "EVENT"},
    ),
    "its end below a name": (
        "POST",
        "/gradio_api/cancel",
        {"session_hash": "ada:SESSION", "fn_index": 0, "event_id": "EVENT"},
    ),
    "a reset": ("POST", "/gradio_api/reset", {"event_id": "EVENT"}),
    "a call with its event": (
        "POST",
        "/gradio_api/call/ask",
        {"data": ["x", 1, 1, None], "session_hash": "SESSION", "event_id": "EVENT"},
    ),
}


@pytest.mark.parametrize("kind", TAKERS)
def test_what_another_visitor_waits_for_is_neither_taken_nor_ended(scene, waiting, kind):
    session, event, let_go = waiting
    method, target, body = json.loads(
        json.dumps(TAKERS[kind]).replace("SESSION", session).replace("EVENT", event)
    )
    if method == "GET":
        assert "Quillfeather" not in streamed(scene, "ben", target)
        let_go.set()
        assert "Quillfeather" not in streamed(scene, "ben", target)
    else:
        sent = json.dumps(body).encode()
        scene.attacker.ask(method, target, {**scene.as_user("ben"), **JSON}, sent)
        let_go.set()
    assert "Quillfeather" in streamed(scene, "ada", f"/gradio_api/call/ask/{event}")


@pytest.mark.parametrize("kind", EVENTS)
def test_no_event_gets_at_what_is_not_the_page_s(scene, kind):
    given, ben = EVENTS[kind], {**scene.as_user("ben"), **JSON}
    numbers = [given.get("fn_index")] if "fn_index" in given else list(scene.running.blocks.fns)
    session = f"events of {kind}"
    attempts = []
    for number in numbers:
        body = {"data": [None] * 4, "fn_index": number, "session_hash": session, **given}
        sent = json.dumps(body).encode()
        attempts += [
            ("POST", f"/gradio_api/{door}", ben, sent)
            for door in ("queue/join", "run/predict", "api/predict/", "call/ask", "cancel")
        ]
    allowed = {200, *range(400, 451)}
    assert tried(scene, attempts, allowed, corpus=False) == []
    told = streamed(scene, "ben", f"/gradio_api/queue/data?session_hash={quote(session)}")
    assert Answer(200, "", told.encode()).leaks(SECRET, str(scene.base)) == []


# The tools of assistants


TOOLS = ("ask", "search", "open_document", "list_documents", "verify_quote")
ACCEPTED = {**JSON, "accept": "application/json, text/event-stream"}


def message(method, params, number=1):
    sent = {"jsonrpc": "2.0", "id": number, "method": method}
    return json.dumps(sent if params is None else {**sent, "params": params}).encode()


@pytest.mark.parametrize("stranger", STRANGERS)
def test_a_stranger_has_no_tools(scene, stranger):
    sent = STRANGERS[stranger](scene)
    pairs = [*(sent.items() if isinstance(sent, dict) else sent), *ACCEPTED.items()]
    attempts = [
        ("POST", "/mcp", [*pairs, *origin], message(method, params))
        for origin in ([], [*scene.own.items()])
        for method, params in (
            ("initialize", {"protocolVersion": "2025-06-18", "capabilities": {}}),
            ("tools/list", {}),
            ("tools/call", {"name": "ask", "arguments": {"question": PRIVATE}}),
            ("tools/call", {"name": "list_documents", "arguments": {}}),
        )
    ]
    # 403: a cookie without an origin is another site's, or the browser of nobody.
    assert tried(scene, attempts, {401, 403}) == []


@pytest.mark.parametrize("kind", ARGUMENTS)
def test_no_argument_of_a_tool_leads_out_of_the_documents(scene, bait, kind):
    headers = {**scene.by_token("ben"), **ACCEPTED}
    attempts = [
        ("POST", "/mcp", headers, message("tools/call", {"name": tool, "arguments": given}))
        for tool in TOOLS
        for given in (ARGUMENTS[kind],)
    ]
    assert tried(scene, attempts, {200, 400, 413}, corpus=False) == []
    with pytest.raises(BlockingIOError):
        bait.accept()


@pytest.mark.parametrize("kind", MESSAGES)
def test_the_tools_have_no_message_but_theirs(scene, kind):
    method, params = MESSAGES[kind]
    sent = message(method, params)
    attempts = [
        ("POST", "/mcp", {**scene.by_token("ben"), **ACCEPTED, **more}, sent)
        for more in ({}, {"mcp-session-id": "1"}, {"mcp-protocol-version": "2025-06-18"})
    ]
    assert tried(scene, attempts, {200, 202, *range(400, 451)}) == []


# Words in every field


@pytest.mark.parametrize("kind", WORDS)
def test_words_are_words_in_every_field(scene, kind):
    words = WORDS[kind]
    headers = {**scene.by_token("ben"), **JSON}
    tools = {**scene.by_token("ben"), **ACCEPTED}
    short = words[:1_000]
    bodies = {
        "/api/ask": [
            {"question": words, "quick": True},
            {"question": "x", "only": short, "quick": True},
            {"question": "x", "since": short[:10], "language": short[:2], "collection": short[:64]},
            {"question": "x", "history": [{"question": words}]},
        ],
        "/api/search": [{"question": words}, {"question": "x", "only": [short]}],
        "/api/verify": [{"quotations": [{"document": short, "text": words, "sha256": short[:64]}]}],
        "/gradio_api/call/ask": [{"data": [words, 1, 1, None]}],
    }
    attempts = [
        ("POST", path, headers, json.dumps(body).encode())
        for path, several in bodies.items()
        for body in several
    ]
    attempts += [
        ("POST", "/mcp", tools, message("tools/call", {"name": name, "arguments": arguments}))
        for name, arguments in (
            ("search", {"question": words[:2_000], "only": [short]}),
            ("open_document", {"document": short}),
            ("list_documents", {"search": short}),
            ("verify_quote", {"quotation": words[:20_000], "document": short}),
        )
    ]
    # A question may be in words of the documents.
    assert tried(scene, attempts, {200, *range(400, 451)}, corpus=False) == []
    assert not list(scene.base.rglob("stolen*"))


@pytest.mark.parametrize("kind", VALUES)
def test_no_value_of_a_parameter_breaks_a_route(scene, kind):
    given = VALUES[kind].encode("utf-8", "surrogateescape")
    document = scene.running.corpus.now.qa.document("notes.txt")
    usual = {"id": document.id, "sha256": document.sha256, "number": 0}
    attempts = []
    for path, names in PARAMETERS.items():
        for name in names:
            others = usual if path.startswith("/document/") else {}
            query = urlencode({**others, name: given})
            again = f"{urlencode({name: given})}&{name}[]={quote(given)[:1000]}"
            attempts.append(("GET", f"{path}?{query}&{again}", scene.as_user("ben")))
    allowed = {200, *range(300, 309), *range(400, 451)}
    assert tried(scene, attempts, allowed, corpus=False, secrets=("stolen=1\n",)) == []


# Headers of every kind


@pytest.mark.parametrize("kind", HEADERS)
def test_no_header_opens_or_breaks_a_route(scene, kind):
    pairs = HEADERS[kind]
    attempts = [
        (method, path, [*scene.as_user("ben").items(), *pairs])
        for who, method, path in share(list(HEADERS), kind)
        if who in ("edits", "nobody") and path not in ("/login/",)
    ]
    assert tried(scene, attempts, {*range(400, 451)}) == []
    attempts = [
        (method, path, [*scene.own.items(), *pairs])
        for who, method, path in share(list(HEADERS), kind)
        if who != "everyone"
    ]
    assert tried(scene, attempts, {*range(400, 451), 303}) == []
    attempts = [
        (method, path, [*scene.as_user("ben").items(), *pairs])
        for who, method, path in share(list(HEADERS), kind)
        if who == "reads" and path != "/logout"
    ]
    allowed = {200, 206, *range(300, 309), *range(400, 451)}
    assert tried(scene, attempts, allowed, corpus=False, secrets=("evil.example",)) == []


# What is not there


@pytest.mark.parametrize("who", ["nobody", "ben", "ada"])
def test_nothing_was_forgotten_on_the_server(scene, who):
    headers = scene.own if who == "nobody" else scene.as_user(who)
    attempts = [(method, path, headers) for path in FORGOTTEN for method in ("GET", "POST")]
    # 200 where Gradio has a page or a script of that name; none tells of the machine.
    allowed = {401, 403} if who == "nobody" else {200, *range(300, 309), *range(400, 451)}
    assert tried(scene, attempts, allowed, corpus=who == "nobody") == []


@pytest.mark.parametrize("kind", ADVISORIES)
def test_what_was_published_of_gradio_is_not_so_here(scene, bait, kind):
    place = f"http://127.0.0.1:{bait.getsockname()[1]}"
    secret = str(scene.base / "secret.txt").lstrip("/")
    before = outside(scene)
    attempts = []
    for method, target, *given in ADVISORIES[kind]:
        body, kind_of = b"", {}
        if given and given[0] is None:  # an upload
            body = b'--b\r\ncontent-disposition: form-data; name="files"; filename="a.txt"\r\n\r\nx'
            body, kind_of = body + b"\r\n--b--\r\n", FORM
        elif given:
            words = json.dumps(given[0]).replace("SECRET", secret).replace("BAIT", place)
            body, kind_of = words.encode(), JSON
        target = target.replace("SECRET", secret).replace("BAIT", place)
        attempts += [
            (method, target, {**headers, **kind_of}, body)
            for headers in ({}, scene.own, scene.as_user("ben"), scene.as_user("ada"))
        ]
    allowed = {200, *range(300, 309), *range(400, 451)}
    wrong = tried(scene, attempts, allowed, corpus=False, secrets=("location: https://evil",))
    assert wrong == []
    told = streamed(scene, "ben", "/gradio_api/queue/data?session_hash=x")
    assert SECRET not in told
    assert outside(scene) == before
    with pytest.raises(BlockingIOError):
        bait.accept()


# Logging in


@pytest.mark.parametrize("kind", LOGINS)
def test_no_form_logs_in_without_a_password(scene, kind):
    given = LOGINS[kind]
    pairs = given if isinstance(given, list) else list(given.items())
    body = urlencode([(name, raw(value)) for name, value in pairs]).encode()
    form = {**scene.own, "content-type": "application/x-www-form-urlencoded"}
    answer = scene.attacker.ask("POST", "/login", form, body)
    assert answer.status in (400, 401, 413, 429)
    assert "set-cookie" not in answer.head.lower()
    assert answer.leaks(SECRET, str(scene.base), corpus=True) == []
    assert answer.body.decode().count("<form") == 1
    assert "$argon2id" not in answer.text


@pytest.mark.parametrize("wanted", NEXT)
def test_a_login_leads_nowhere_else(scene, wanted):
    form = {**scene.own, "content-type": "application/x-www-form-urlencoded"}
    body = urlencode({"name": "ada", "password": PASSWORD, "next": wanted}).encode()
    answer = scene.attacker.ask("POST", "/login", form, body)
    shown = scene.attacker.ask("GET", f"/login?{urlencode({'next': wanted})}", scene.own)
    (field,) = re.findall(r'name="next" value="([^"]*)"', shown.text)
    (to,) = re.findall(r"(?i)^location: (.*)$", answer.head, re.M) or [field]  # 429: too many
    for each in (to, field):
        assert not re.search(r"[^!-~]", each)  # a browser leaves tabs and line ends out
        assert urljoin(scene.running.url, each.replace("\\", "/")).startswith(scene.running.url)
        assert "alert" not in each and not each.startswith("//")


def test_the_numbers_tell_of_nobody(scene):
    for user in ("ada", "ben"):
        for headers in (scene.as_user(user), scene.by_token(user)):
            answer = scene.attacker.ask("GET", "/metrics", headers)
            assert answer.status == 200
            told = answer.body.decode()
            assert not re.search(r"ada|ben\b|notes|stolen|Rerik|select|token|/api/", told, re.I)
    assert scene.attacker.ask("POST", "/metrics", scene.as_user("ada")).status in (404, 405)


def test_nothing_of_all_this_is_in_the_log_that_should_not_be(scene):
    """The last of these tests: what the server wrote while it was attacked."""
    assert scene.lines
    secrets = {PASSWORD, SECRET, "Quillfeather", "Landgrave"}
    secrets |= {*scene.tokens.values(), *scene.sessions.values(), scene.other, scene.expired}
    for line in scene.lines:
        assert "\n" not in line and "\r" not in line
        assert line.isascii() and line.isprintable()
        assert json.loads(line)["event"] in ("request", "question")
        assert not [secret for secret in secrets if secret in line]

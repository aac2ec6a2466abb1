"""Who may see the page: users, passwords, sessions, tokens, and every route behind the guard."""

import asyncio
import re
import sqlite3
import stat
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY
from markupsafe import escape
from routes import routes_of
from serving import gradio_warnings, serving, write_documents
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from qa.access import Access, Guard, Users, Visitor, visitor_of
from qa.access import users as hashing
from qa.access.attempts import PER_ADDRESS, PER_BOTH, WINDOW_S, Attempts
from qa.access.credentials import DAY_S, SESSION_S
from qa.access.guard import CHECKS, WAITING
from qa.access.login import inside
from qa.access.metrics import Metrics
from qa.access.turns import Places
from qa.cli import main
from qa.errors import AccessError, Busy
from qa.web.serving import serve

pytestmark = gradio_warnings

HASHER = hashing._hasher
PASSWORD = "correct horse battery"
HOME = "http://127.0.0.1:7860"
OWN = {"origin": HOME}
LISTED = [
    tuple(line.split(maxsplit=2))
    for line in Path(__file__).with_name("routes.txt").read_text().splitlines()
    if not line.startswith("#")
]


@pytest.fixture(scope="module", autouse=True)
def cheap_hashes():
    """Hash at little cost, but by the same algorithm: a password costs 64 MB otherwise."""
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("qa.access.users._hasher", lambda: cheap)
        yield


class Clock:
    def __init__(self, now=1_000_000.0):
        self.now = now

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def users(tmp_path, clock):
    """Ada edits, Ben reads."""
    known = Users(tmp_path / "users.sqlite", clock=clock)
    known.add("ada", PASSWORD, "edits")
    known.add("ben", PASSWORD, "reads")
    return known


def tell(request):
    visitor = visitor_of(request.scope)
    client = request.scope["client"][0]
    root = request.scope.get("root_path", "")
    return JSONResponse(
        {"name": visitor.name, "client": client, "url": str(request.url), "r": root}
    )


def visiting(users, *, home=HOME, **options):
    """A browser before a guarded application that says who was let in."""
    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    app = Starlette(routes=[Route("/{path:path}", tell, methods=methods)])
    guard = Guard(app, access=Access(users=users, **options))
    return TestClient(guard, base_url=home, follow_redirects=False)


def log_in(client, name, password=PASSWORD, headers=OWN, **fields):
    form = {"name": name, "password": password, **fields}
    return client.post("/login", data=form, headers=headers)


def logged_in(users, name, **options):
    client = visiting(users, **options)
    assert log_in(client, name).status_code == 303
    return client


# Every route


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    base = tmp_path_factory.mktemp("access")
    users = Users(base / "users.sqlite")
    users.add("ada", PASSWORD, "edits")
    folder = write_documents(base / "documents")
    options = {"mcp": True, "metrics": Metrics(), "editable": True}
    with serving(folder, base / "index", access=Access(users=users), **options) as running:
        yield running


def filled(path):
    """A path with words in the place of its parameters."""
    return re.sub(r"\{(\w+)(:\w+)?\}", "x", path)


def test_every_route_is_listed(served):
    assert set(routes_of(served.app.routes)) == {(method, path) for _, method, path in LISTED}


@pytest.mark.parametrize(("who", "method", "path"), LISTED)
def test_a_stranger_reaches_no_route_but_the_login_page(served, who, method, path):
    with httpx.Client() as client:
        response = client.request(method, served.url + filled(path))
        page = client.request(method, served.url + filled(path), headers={"accept": "text/html"})
    if who == "everyone":
        assert response.status_code in (200, 403, 503)  # the form wants to know where it comes from
        return
    assert response.status_code == (403 if who == "nobody" else 401)
    if response.status_code == 401 and method != "HEAD":
        assert response.json()["remedy"] == "log in, or send a valid token"
    is_page = who != "nobody" and method in ("GET", "HEAD")
    assert page.status_code == (303 if is_page else response.status_code)
    if is_page:
        assert page.headers["location"].startswith("/login")
    for word in ("Rerik", "lighthouse", "notes.txt"):
        assert word not in response.text + page.text


@pytest.mark.parametrize(("who", "method", "path"), LISTED)
def test_a_role_reaches_its_own_routes_alone(people, who, method, path):
    method = "POST" if method == "ANY" else method
    for name in ("ada", "ben"):
        response = people[name].request(method, filled(path), headers=OWN)
        is_let_in = response.headers.get("content-type") == "application/json"
        if path in ("/login", "/logout"):
            continue  # the guard answers these itself
        assert is_let_in == (who in ("everyone", "reads") or (who == "edits" and name == "ada"))
        if not is_let_in:
            assert response.status_code == 403


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    users = Users(tmp_path_factory.mktemp("people") / "users.sqlite")
    users.add("ada", PASSWORD, "edits")
    users.add("ben", PASSWORD, "reads")
    return {name: logged_in(users, name) for name in ("ada", "ben")}


@pytest.mark.parametrize(
    "path",
    [
        *("/login/", "//login", "/login/x", "/Login", "/login%2f..%2f", "/login%00"),
        *(
            "/api/health/",
            "/api/health/x",
            "/api/health/ready/",
            "/api/healthy",
            "/api/health%2f..%2fask",
        ),
        *("/favicon.ico/", "/favicon.icon", "/login;/config", "/login%3f"),
    ],
)
def test_what_looks_like_a_public_path_is_not(users, path):
    client = visiting(users)
    assert client.get(f"{HOME}{path}").status_code == 401
    assert client.post(f"{HOME}{path}", headers=OWN).status_code == 401


def test_every_method_is_guarded(users):
    client = visiting(users)
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "GET ", "X"):
        for path in ("/", "/library/list", "/api/health"):
            status = client.request(method, path, headers=OWN).status_code
            assert status == (200 if (method, path) == ("OPTIONS", "/api/health") else 401)


# Sessions


def test_a_session_lasts_until_its_end(users, clock):
    client = logged_in(users, "ADA ")
    assert client.get("/x").json()["name"] == "ada"
    clock.now += SESSION_S - 1
    assert client.get("/x").status_code == 200
    clock.now += 1
    assert client.get("/x").status_code == 401


def test_a_cookie_is_kept_from_scripts_and_other_sites(users):
    response = log_in(visiting(users), "ada")
    cookie = response.headers["set-cookie"]
    assert re.match(r"verbatim-\w{8}=", cookie)
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    proxied = visiting(users, proxies=(), hosts=("docs.example.org",))
    over_https = {"origin": "https://docs.example.org", "host": "docs.example.org"}
    assert "; Secure" in log_in(proxied, "ada", headers=over_https).headers["set-cookie"]


def test_over_https_only_a_cookie_of_the_host_itself_is_taken(users):
    client = visiting(users, home=HOME.replace("http:", "https:"))
    response = log_in(client, "ada", headers={"origin": "https://127.0.0.1:7860"})
    name, value = response.headers["set-cookie"].partition(";")[0].split("=", 1)
    assert name.startswith("__Host-verbatim-")
    assert "; Secure" in response.headers["set-cookie"]
    assert client.get("/x").json()["name"] == "ada"
    client.cookies.clear()
    tossed = {"cookie": f"{name.removeprefix('__Host-')}={value}"}
    assert client.get("/x", headers=tossed).status_code == 401


def test_logging_out_ends_the_session_everywhere(users):
    client = logged_in(users, "ada")
    kept = dict(client.cookies)
    assert client.get("/logout").status_code == 405
    response = client.post("/logout", headers=OWN)
    assert (response.status_code, response.headers["location"]) == (303, "/login")
    assert not client.cookies
    client.cookies.update(kept)
    assert client.get("/x").status_code == 401


def test_a_removed_user_and_another_password_end_sessions_at_once(users):
    ada, ben = logged_in(users, "ada"), logged_in(users, "ben")
    token = users.tokens.add("ada")
    users.change("ada", password="another long one")
    assert ada.get("/x").status_code == 401
    assert log_in(ada, "ada").status_code == 401
    assert log_in(ada, "ada", "another long one").status_code == 303
    users.remove("ada")
    assert ada.get("/x").status_code == 401
    assert visiting(users).get("/x", headers=bearer(token)).status_code == 401
    users.add("ada", "another long one")  # somebody else of that name
    assert ada.get("/x").status_code == 401
    assert ben.get("/x").status_code == 200


def test_a_role_changes_at_once(users):
    ben = logged_in(users, "ben")
    assert ben.post("/library/build", headers=OWN).status_code == 403
    users.change("ben", role="edits")
    assert ben.post("/library/build", headers=OWN).status_code == 200


def changes(value):
    """Cookies that are nearly the right one."""
    body, _, signature = value.partition(".")
    yield from ("", ".", body, f".{signature}", f"{body}.", f"{value}x", value[:-1], value.upper())
    yield from (f"{body[:-1]}.{signature}", f'"{value}', f"{value}.{signature}", "null", "{}", "[]")
    yield from (value.replace(value[5], "A" if value[5] != "A" else "B", 1), "x" * 10_000)


def test_a_changed_cookie_is_nobodys(users):
    value = users.sessions.open(users.with_password("ada", PASSWORD))[1]
    name = users.sessions.close({})
    client = visiting(users)
    for changed in changes(value):
        for header in (f"{name}={changed}", f"{name}={changed}; {name}={changed}"):
            assert client.get("/x", headers={"cookie": header}).status_code == 401, changed
    raw = client.get("/x", headers={"cookie": f"{name}=\xff\xfe".encode("latin-1")})
    assert raw.status_code == 401
    assert client.get("/x", headers={"cookie": f"{name}={value}"}).status_code == 200


def test_a_cookie_of_another_server_is_nobodys(users, tmp_path):
    other = Users(tmp_path / "other.sqlite")
    other.add("ada", PASSWORD, "edits")
    _, value = other.sessions.open(other.with_password("ada", PASSWORD))
    name = users.sessions.close({})
    assert visiting(users).get("/x", headers={"cookie": f"{name}={value}"}).status_code == 401


def test_a_user_removed_while_logging_in_gets_no_session(users):
    ada = users.with_password("ada", PASSWORD)
    users.remove("ada")
    assert users.sessions.open(ada) is None


@pytest.mark.parametrize("check_s", [0, 3600])
def test_an_answer_that_is_being_sent_ends_with_its_session(users, monkeypatch, check_s):
    import anyio
    from starlette.responses import StreamingResponse

    async def stream(request):
        async def parts():
            yield "one"
            users.remove("ada")
            yield "two"

        return StreamingResponse(parts())

    async def slow(request):
        users.remove("ben")
        await anyio.sleep(0)
        return JSONResponse({"secret": 1})

    monkeypatch.setattr("qa.access.guard.CHECK_S", check_s)
    app = Starlette(routes=[Route("/stream", stream), Route("/slow", slow)])
    guard = Guard(app, access=Access(users=users))
    tokens = {name: users.tokens.add(name) for name in ("ada", "ben")}
    client = TestClient(guard, base_url=HOME)
    told = client.get("/stream", headers=bearer(tokens["ada"])).text
    assert told == ("one" if check_s == 0 else "onetwo")  # until it is looked up again
    response = client.get("/slow", headers=bearer(tokens["ben"]))
    assert response.status_code == 401
    assert "secret" not in response.text


def test_the_parts_of_an_answer_are_not_each_looked_up(users, monkeypatch):
    from starlette.responses import StreamingResponse

    async def stream(request):
        async def parts():
            for _ in range(100):
                yield "x"

        return StreamingResponse(parts())

    looked_up = []
    monkeypatch.setattr("qa.access.guard.CHECK_S", 3600)
    monkeypatch.setattr(
        "qa.access.guard.identify", lambda *_: looked_up.append(1) or Visitor("ada")
    )
    guard = Guard(Starlette(routes=[Route("/", stream)]), access=Access(users=users))
    assert TestClient(guard, base_url=HOME).get("/").text == "x" * 100
    assert len(looked_up) == 2  # when it is asked, and when the answer begins


# A file of users that is slow, or locked


def test_while_users_are_looked_up_others_are_answered(served, monkeypatch):
    may_go, going = threading.Event(), threading.Semaphore(0)

    def wait(*_):
        going.release()
        assert may_go.wait(300)

    monkeypatch.setattr("qa.access.guard.identify", wait)
    with ThreadPoolExecutor(8) as askers:
        asked = [askers.submit(httpx.get, f"{served.url}/api/info", timeout=300) for _ in range(8)]
        try:
            assert going.acquire(timeout=300)
            assert httpx.get(f"{served.url}/api/health", timeout=60).status_code == 200
            assert httpx.get(f"{served.url}/login", timeout=60).status_code == 200
            assert not any(each.done() for each in asked)
        finally:
            may_go.set()
        assert {each.result().status_code for each in asked} == {401}


def test_a_flood_of_wrong_tokens_keeps_nobody_elsewhere_waiting(users, monkeypatch):
    may_go, looked_up = threading.Event(), []

    def wait(scope, _):
        looked_up.append(scope["client"][0])
        assert may_go.wait(300)

    monkeypatch.setattr("qa.access.guard.identify", wait)
    guard = Guard(None, access=Access(users=users))

    async def flooded():
        def one(address):
            return asyncio.ensure_future(guard._identify({"client": (address, 1)}))

        flood = [one("10.0.0.1") for _ in range(CHECKS + WAITING)]
        late = one("10.0.0.1")
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await late
        other = one("10.0.0.2")
        await asyncio.sleep(0)
        may_go.set()
        await other
        await asyncio.gather(*flood, return_exceptions=True)

    asyncio.run(flooded())
    assert "10.0.0.2" in looked_up[: CHECKS + 2]


def test_who_would_wait_too_long_is_told_to_come_back(users):
    guard = Guard(Starlette(), access=Access(users=users))
    guard._places = Places(0, 0)
    response = TestClient(guard, base_url=HOME).get("/x")
    assert (response.status_code, response.headers["retry-after"]) == (503, "2")
    assert response.json()["detail"] == "0 requests are waiting. Ask again in 2 s."


def test_a_locked_file_of_users_is_told_of_and_comes_back(users, monkeypatch):
    monkeypatch.setattr("qa.access.database.TIMEOUT_S", 0.05)
    client = logged_in(users, "ada")
    with closing(sqlite3.connect(users.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        answer = client.get("/x")
        assert answer.status_code == 503
        assert answer.json()["problem"] == "nobody can log in at the moment"
        assert answer.headers["retry-after"] == "2"
        assert log_in(visiting(users), "ada").status_code == 503
        assert client.post("/logout", headers=OWN).status_code == 503
        other.execute("ROLLBACK")
    assert client.get("/x").status_code == 200
    assert client.post("/logout", headers=OWN).status_code == 303


# Tokens


def bearer(token):
    return {"authorization": f"Bearer {token}"}


def test_a_token_stands_for_its_user_until_it_ends(users, clock):
    client, token = visiting(users), users.tokens.add("ben", days=30)
    assert client.get("/x", headers=bearer(token)).json()["name"] == "ben"
    assert (
        client.post("/api/ask", headers=bearer(token)).status_code == 200
    )  # no browser: no origin
    assert client.post("/library/build", headers=bearer(token)).status_code == 403
    clock.now += 30 * DAY_S
    assert client.get("/x", headers=bearer(token)).status_code == 401
    token = users.tokens.add("ben")
    assert client.get("/x", headers=bearer(token)).status_code == 200
    assert users.tokens.revoke("ben") == 2
    assert client.get("/x", headers=bearer(token)).status_code == 401


def test_a_wrong_token_is_nobodys_even_beside_a_cookie(users):
    token, client = users.tokens.add("ada"), logged_in(users, "ada")
    wrong = [f"Basic {token}", token, "Bearer", "Bearer ", f"Bearer {token}x", f"Bearer {token} x"]
    wrong += [
        f"Bearer {token[:-1]}",
        f"Bearer {token.upper()}",
        "Bearer ' OR 1=1 --",
        "Bearer \xff",
    ]
    for given in wrong:
        sent = {"authorization": given.encode("latin-1")}
        assert client.get("/x", headers=sent).status_code == 401, given
    twice = [("authorization", f"Bearer {token}"), ("authorization", "Bearer x")]
    assert client.get("/x", headers=twice).status_code == 401
    response = client.get("/x", headers=bearer("x"))
    assert response.headers["www-authenticate"] == "Bearer"


def test_nothing_that_opens_the_page_is_stored(users):
    token = users.tokens.add("ada")
    _, value = users.sessions.open(users.with_password("ada", PASSWORD))
    stored = users.path.read_bytes()
    for secret in (token, token.removeprefix("verbatim_"), value, PASSWORD):
        assert secret.encode() not in stored
    assert b"$argon2id$" in stored


# Requests from elsewhere


@pytest.mark.parametrize(
    "path", ["/api/ask", "/library/build", "/logout", "/gradio_api/queue/join"]
)
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1"}, 403),
        ({"origin": "http://127.0.0.1:7861"}, 403),
        ({"origin": "http://127.0.0.1:7860.evil.example"}, 403),
        ({"origin": "file://127.0.0.1:7860"}, 403),
        ({"host": "evil.example", "origin": "http://evil.example"}, 403),
        ({"host": "127.0.0.1:7860@evil.example", "origin": HOME}, 403),
        ({"host": "evil.example:7860"}, 403),
        ({"host": "127.0.0.1:x", "origin": "http://127.0.0.1:x"}, 403),
        ({"x-forwarded-host": "127.0.0.1:7860", "host": "evil.example"}, 403),
        (OWN, 0),
    ],
)
def test_a_change_must_come_from_the_page(users, path, headers, status):
    response = logged_in(users, "ada").post(path, headers=headers)
    assert response.status_code == (status or (303 if path == "/logout" else 200))


def test_a_form_of_another_site_logs_nobody_in(users):
    client = visiting(users)
    for headers in ({}, {"origin": "http://evil.example"}, {"origin": "null"}):
        assert log_in(client, "ada", headers=headers).status_code == 403
    assert not client.cookies


@pytest.mark.parametrize(
    ("bound", "names", "host", "is_let_in"),
    [
        ("0.0.0.0", (), "192.168.1.7:7860", True),
        ("0.0.0.0", (), "[2001:db8::7]:7860", True),
        ("0.0.0.0", (), "localhost", True),
        ("0.0.0.0", (), "docs.example.org", False),
        ("0.0.0.0", ("docs.example.org",), "DOCS.example.org:443", True),
        ("0.0.0.0", ("docs.example.org",), "x.docs.example.org", False),
        ("0.0.0.0", ("docs.example.org",), "docs.example.org.evil.example", False),
        ("0.0.0.0", (), "192.168.1.7.evil.example", False),
        ("0.0.0.0", (), "0x7f000001", False),
        ("docs.example.org", (), "docs.example.org:7860", True),
        ("127.0.0.1", ("docs.example.org",), "docs.example.org", True),
        ("127.0.0.1", ("docs.example.org",), "192.168.1.7", False),
        ("127.0.0.1", (), "docs.example.org", False),
    ],
)
def test_only_names_that_nobody_else_owns_are_answered(bound, names, host, is_let_in):
    client = visiting(None, host=bound, hosts=names)
    assert (client.get("/x", headers={"host": host}).status_code == 200) == is_let_in
    twice = [("host", host), ("host", "127.0.0.1")]
    assert client.get("/x", headers=twice).status_code == 403


# Behind a proxy

FORWARDED = {
    "x-forwarded-for": "6.6.6.6, 10.1.2.3",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "docs.example.org",
}


def test_a_proxy_is_believed_only_where_it_was_named():
    known = Access.of("127.0.0.1", hosts=["docs.example.org"], proxies=["10.0.0.0/8", "127.0.0.1"])
    app = Starlette(routes=[Route("/{path:path}", tell)])
    guard = Guard(app, access=known)
    trusted = TestClient(guard, base_url=HOME, client=("10.0.0.9", 5)).get("/x", headers=FORWARDED)
    assert trusted.json()["url"] == "https://docs.example.org/x"
    assert trusted.json()["client"] == "6.6.6.6"
    foreign = TestClient(guard, base_url=HOME, client=("11.0.0.9", 5)).get("/x", headers=FORWARDED)
    assert foreign.json()["url"] == f"{HOME}/x"
    assert foreign.json()["client"] == "11.0.0.9"
    lying = {
        **FORWARDED,
        "x-forwarded-for": "127.0.0.1, 9.9.9.9",
        "x-forwarded-host": "evil.example",
    }
    client = TestClient(guard, base_url=HOME, client=("10.0.0.9", 5))
    assert client.get("/x", headers=lying).status_code == 403
    lying["x-forwarded-host"] = "docs.example.org"
    assert client.get("/x", headers=lying).json()["client"] == "9.9.9.9"


@pytest.mark.parametrize("sent", ["/docs/x", "/x"])
def test_the_page_may_stand_below_a_path(users, sent):
    client = visiting(users, root_path="/docs")
    assert client.get(sent).status_code == 401
    page = client.get(sent, headers={"accept": "text/html"})
    assert page.headers["location"] == "/docs/login?next=%2Fx"
    assert 'action="/docs/login"' in client.get("/docs/login").text
    form = {"name": "ada", "password": PASSWORD, "next": "/x"}
    response = client.post("/docs/login", data=form, headers=OWN)
    assert response.headers["location"] == "/docs/x"
    assert "Path=/docs/;" in response.headers["set-cookie"]
    cookie = response.headers["set-cookie"].partition(";")[0]
    assert client.get(sent, headers={"cookie": cookie}).json() == {
        "name": "ada",
        "client": "testclient",
        "url": f"{HOME}/docs/x",
        "r": "/docs",
    }
    assert client.get("/docs").headers["location"] == "/docs/"


@pytest.mark.parametrize(
    "given",
    [
        {"hosts": ["http://docs.example.org"]},
        {"hosts": ["docs.example.org:80"]},
        {"hosts": [""]},
        {"hosts": ["a b"]},
        {"proxies": ["docs.example.org"]},
        {"proxies": ["10.0.0.1/8"]},
        {"root_path": "/a/../b"},
        {"root_path": "http://docs.example.org"},
        {"root_path": "/a?b"},
    ],
)
def test_what_makes_no_sense_is_refused(given):
    with pytest.raises(AccessError):
        Access.of("127.0.0.1", **given)


# Logging in


@pytest.mark.parametrize(
    ("wanted", "to"),
    [
        ("/?q=Who%3F&doc=a.txt", "/?q=Who%3F&doc=a.txt"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/x\r\nset-cookie: a=b", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
        ("@evil.example", "/"),
        (".evil.example", "/"),
    ],
)
def test_after_logging_in_one_stays_on_the_page(users, wanted, to):
    assert inside(wanted) == to
    response = log_in(visiting(users), "ada", next=wanted)
    assert response.headers["location"] == to
    with_place = log_in(visiting(users), "ada", next=wanted, place="#12-40")
    assert with_place.headers["location"] == f"{to}#12-40"
    assert log_in(visiting(users), "ada", place="#x\r\n").headers["location"] == "/"


def test_the_form_says_nothing_of_who_is_known(users):
    client = visiting(users)
    unknown, wrong = log_in(client, "nobody", "x"), log_in(client, "ada", "x")
    assert unknown.status_code == wrong.status_code == 401
    assert unknown.text.replace("nobody", "ada") == wrong.text
    assert "There is no user of this name and password." in wrong.text


def test_of_what_was_typed_the_name_alone_comes_back_as_text(users):
    client = visiting(users)
    hostile = '"><script>alert(1)</script>'
    response = log_in(client, hostile, f"password{hostile}", next=f"/{hostile}")
    assert f'value="{escape(hostile)}"' in response.text
    assert "password&#34;" not in response.text
    assert "<script>alert" not in response.text
    assert "<script>alert" not in client.get("/login", params={"next": f"/{hostile}"}).text
    policy = response.headers["content-security-policy"]
    # Or a browser sends "Origin: null" with the form, which is refused.
    assert response.headers["referrer-policy"] == "same-origin"
    assert "default-src 'none'" in policy
    assert "script-src 'sha256-" in policy


def test_passwords_cannot_be_tried_one_after_the_other(users):
    client = visiting(users)
    for _ in range(PER_BOTH):
        assert log_in(client, "ada", "wrong wrong").status_code == 401
    refused = log_in(client, "ada")
    assert refused.status_code == 429
    assert 'value="ada"' in refused.text
    assert 0 < int(refused.headers["retry-after"]) <= WINDOW_S
    assert log_in(client, "ben").status_code == 303
    other = visiting(users)  # another server, or this one started anew
    assert log_in(other, "ada").status_code == 303


def test_attempts_are_counted_by_name_and_address(clock):
    attempts = Attempts(clock=clock)
    for _ in range(PER_BOTH):
        assert attempts.take("ada", "10.0.0.1") == 0
    assert attempts.take("ADA ", "10.0.0.1") == WINDOW_S
    assert attempts.take("ada", "10.0.0.2") == 0
    clock.now += WINDOW_S
    assert attempts.take("ada", "10.0.0.1") == 0
    attempts.forgive("ada", "10.0.0.1")
    for number in range(PER_ADDRESS):
        assert attempts.take(f"user{number}", f"2001:db8::{number}") == 0
    assert attempts.take("another", "2001:db8::ffff") > 0  # one network of IPv6
    assert attempts.take("another", "2001:db8:0:1::1") == 0


def test_a_long_form_is_not_read(users):
    client = visiting(users)
    assert log_in(client, "ada", "x" * 1_000_000).status_code == 413
    many = "&".join(f"a{number}=1" for number in range(50))
    assert client.post("/login", content=many, headers=OWN).status_code == 413
    for body in (b"\xff\xfe", b"%ff=%fe", b"", b"name", b"name=ada&password=%ED%A0%80"):
        assert client.post("/login", content=body, headers=OWN).status_code in (401, 413)


# The file of users


@pytest.mark.posix
def test_the_file_is_readable_by_its_owner_alone(users, tmp_path):
    assert stat.S_IMODE(users.path.stat().st_mode) == 0o600
    client = logged_in(users, "ada")
    users.path.chmod(0o644)
    with pytest.raises(AccessError, match="chmod 600"):
        users.all()
    assert client.get("/x").status_code == 503
    assert log_in(visiting(users), "ada").status_code == 503


@pytest.mark.parametrize("damage", ["remove", "empty", "text", "other"])
def test_without_its_file_nobody_gets_in(users, damage):
    client = logged_in(users, "ada")
    if damage == "remove":
        users.path.unlink()
    elif damage == "other":
        with sqlite3.connect(users.path) as connection:
            connection.execute("PRAGMA user_version = 99")
        connection.close()
    else:
        users.path.write_text("" if damage == "empty" else "This is not a database, " * 50)
    assert client.get("/x").status_code == 503
    assert visiting(users).get("/x").status_code == 503
    assert log_in(visiting(users), "ada").status_code == 503
    assert visiting(users).get("/login").status_code == 200


@pytest.mark.parametrize(
    "name", ["", " ", "a b", "ä", "a\nb", "../x", "a" * 65, "-x", "<b>", "a'b"]
)
def test_a_name_is_plain(users, name):
    with pytest.raises(AccessError, match="a user's name has"):
        users.add(name, PASSWORD)


@pytest.mark.parametrize("password", ["", "short12", "x" * 1_001])
def test_a_password_has_a_length(users, password):
    with pytest.raises(AccessError, match="a password has from 8"):
        users.add("eve", password)


def test_a_password_is_the_same_however_it_is_typed(users):
    users.add("eve", "Caf\u00e9 au lait")
    assert users.with_password("eve", "Cafe\u0301 au lait")
    assert not users.with_password("eve", "cafe au lait")
    users.add("zoe", "x" * 1_000)
    assert not users.with_password("zoe", "x" * 1_001)
    assert not users.with_password("zoe", "\ud800" * 9)


def test_a_password_costs_what_its_standard_says(users, monkeypatch):
    monkeypatch.setattr("qa.access.users._hasher", HASHER)
    users.add("eve", PASSWORD)
    hashed = users.with_password("eve", PASSWORD).password
    assert extract_parameters(hashed) == RFC_9106_LOW_MEMORY


# The command line


def run(capsys, monkeypatch, *arguments, password=PASSWORD):
    import io

    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{password}\n"))
    code = main(["user", *map(str, arguments)])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_users_are_kept_on_the_command_line(capsys, monkeypatch, tmp_path):
    def qa(*arguments, **options):
        return run(capsys, monkeypatch, *arguments, "--index", tmp_path / "index", **options)

    assert qa("list")[1] == "No users: everybody who can reach the page may see it.\n"
    assert qa("add", "Ada", "--role", "edits")[0] == 0
    code, _, error = qa("add", "ada")
    assert code == 2
    assert "qa user change ada" in error
    assert qa("add", "ben")[0] == 0
    code, token, _ = qa("token", "ben", "--label", "clippings", "--days", "9")
    assert token.startswith("verbatim_")
    assert qa("list")[1] == "ada  (edits)\nben  (reads, 1 token)\n"
    users = Users.beside(tmp_path / "index")
    assert users.tokens.user(token.strip()).name == "ben"
    assert qa("change", "ben", "--role", "edits")[0] == 0
    assert qa("change", "ben")[0] == 2
    assert qa("change", "ben", "--password", password="a better password")[0] == 0
    assert users.with_password("ben", "a better password").role == "edits"
    assert qa("token", "ben", "--revoke")[1] == "1 token revoked.\n"
    assert qa("remove", "eve")[0] == 2
    assert qa("remove", "ben")[0] == 0
    assert "Nobody can log in now" in qa("remove", "ada")[1]
    assert users.exist
    assert qa("list")[1] == "No users: nobody can log in.\n"


def test_others_see_nothing_unless_somebody_meant_it(tmp_path):
    index = tmp_path / "index"
    Access.beside(index).check()
    for access in (
        Access.beside(index, host="0.0.0.0"),
        Access.of("127.0.0.1", hosts=["docs.example.org"]),
        Access.of("127.0.0.1", proxies=["127.0.0.1"]),
        Access.of("127.0.0.1", root_path="/docs"),
    ):
        with pytest.raises(AccessError, match="anyone who can reach"):
            access.check()
        access.check(is_open=True)
        assert not access.for_owner
    with pytest.raises(AccessError, match="qa user add NAME"):
        serve(tmp_path, index, "0.0.0.0", 0)
    Users.beside(index).add("ada", PASSWORD)
    Access.beside(index, host="0.0.0.0").check()
    assert not Access.beside(index).for_owner
    with pytest.raises(AccessError, match="leave out --open"):
        Access.beside(index, host="0.0.0.0").check(is_open=True)

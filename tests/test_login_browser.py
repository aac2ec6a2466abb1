"""Logging in and out in headless Chromium, below a path behind a reverse proxy."""

import httpx
import pytest
from argon2 import PasswordHasher
from browsing import BORDER, CONTRAST, SIZES, VIEWS, WAIT_MS, ask, keep
from proxying import proxied
from serving import gradio_warnings, serving, write_documents
from sparing import light_work
from waiting import until

from qa.access import Access, Users

pytestmark = [pytest.mark.browser, gradio_warnings]

PASSWORD = "correct horse battery"
QUESTION = "Who designed the lighthouse of Rerik?"
PREFIX = "/office/docs"
LIBRARY = "document.dispatchEvent(new CustomEvent('look-at', { detail: 'library/0/0/0/' }))"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The page below a path, and its users."""
    base = tmp_path_factory.mktemp("login")
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    with light_work(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("qa.access.users._hasher", lambda: cheap)
        users = Users(base / "users.sqlite")
        access = Access(users=users, root_path=PREFIX)
        folder = write_documents(base / "documents")
        options = {"access": access, "editable": True, "mcp": True}
        with (
            serving(folder, base / "index", **options) as running,
            proxied(running.url, PREFIX) as place,
        ):
            yield running, place, users


@pytest.fixture
def users(served):
    """Ada edits, Ben reads; each test finds both."""
    _, _, known = served
    for name in [user.name for user in known.all()]:
        known.remove(name)
    known.add("ada", PASSWORD, "edits")
    known.add("ben", PASSWORD, "reads")
    return known


@pytest.fixture
def page(served, users, chromium):
    """A browser that is not logged in; in the end nothing was asked for outside the path."""
    _, place, _ = served
    with_errors = []
    context = chromium.new_context(reduced_motion="reduce", viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    page.on("pageerror", lambda error: with_errors.append(str(error)))
    yield page
    context.close()
    assert with_errors == []
    assert place.outside == []


def log_in(page, name, password=PASSWORD):
    page.fill("#name", name)
    page.fill("#password", password)
    page.keyboard.press("Enter")


def log_out(page):
    page.click("#visitor button")
    page.wait_for_selector("#password")


def who_has_asked(page, place, name):
    """Log in and ask, as a user; return the address of the page."""
    home = f"{place.url}{PREFIX}/"
    page.goto(home)
    log_in(page, name)
    page.wait_for_selector(f"#visitor >> text={name}")
    ask(page, QUESTION)
    page.wait_for_function("location.search")
    return home


def statuses(page, requests):
    """Send requests as the page's own scripts do; return their statuses."""
    send = "([method, path]) => fetch(path, { method }).then(answer => answer.status)"
    return [page.evaluate(send, list(each)) for each in requests]


CHANGES = [
    ("POST", "library/build"),
    ("PUT", "library/files?name=x.txt"),
    ("POST", "library/remove"),
    ("POST", "library/rename"),
    ("POST", "library/restore"),
    ("POST", "library/forget"),
]


def test_who_may_read_asks_and_changes_nothing(served, page):
    running, place, _ = served
    home = f"{place.url}{PREFIX}/"
    page.goto(f"{home}?q=Who+designed+the+lighthouse+of+Rerik%3F")
    assert page.url.startswith(f"{home}login?next=")
    log_in(page, "ben", "a wrong password")
    page.wait_for_selector(".said >> text=There is no user of this name and password.")
    assert page.input_value("#name") == "ben"
    assert page.evaluate("document.activeElement.id") == "password"
    assert page.get_attribute("#password", "aria-describedby") == "said"
    keep(page, "login-wrong")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector(".turn .footnote")  # what was wanted is what is shown then
    assert "Ada Blum" in page.inner_text(".turn")
    (cookie,) = page.context.cookies()
    assert (cookie["path"], cookie["httpOnly"]) == (f"{PREFIX}/", True)
    assert cookie["sameSite"] == "Lax"
    page.wait_for_selector("#visitor >> text=ben")
    assert page.locator("#rebuild").is_hidden()
    page.goto(home)
    page.wait_for_selector("#evidence .entry")
    for control in ("[data-remove]", "[data-rename]", ".pick-files", ".pick-folder"):
        assert page.locator(control).count() == 0
    assert statuses(page, CHANGES) == [403] * len(CHANGES)
    assert sorted(path.name for path in running.corpus.folder.iterdir()) == [
        *("engineers.txt", "library.txt", "lighthouse.txt", "notes.txt")
    ]
    ask(page, QUESTION)
    page.click(".turn:last-child [data-view]")
    page.wait_for_selector("#evidence .viewer mark")
    keep(page, "login-reads")

    log_out(page)
    assert page.url == f"{home}login"
    assert page.context.cookies() == []
    page.go_back()
    page.wait_for_selector("#password")  # not what was on the page
    assert page.locator(".turn").count() == 0
    page.context.add_cookies([cookie])
    page.goto(home)
    page.wait_for_selector("#password")  # the session has ended, not only the cookie


def test_who_may_edit_does_until_the_user_is_removed(served, users, page, tmp_path):
    _, place, _ = served
    home = f"{place.url}{PREFIX}/"
    page.goto(home)
    log_in(page, "ada")
    page.wait_for_selector("#evidence .entry")
    assert page.locator("#rebuild").is_visible()
    (tmp_path / "cup.txt").write_text("The cup was won by Rosa Thal.\n")
    page.set_input_files(".pick-files", tmp_path / "cup.txt")
    page.wait_for_selector(".library-note >> text=1 file added")
    page.wait_for_selector(".entry >> text=cup.txt")
    page.locator(".entry", has_text="cup.txt").hover()
    page.get_by_role("button", name="Delete cup.txt").click()
    page.wait_for_selector(".entry >> text=cup.txt", state="hidden")
    keep(page, "login-edits")
    ask(page, QUESTION)

    page.fill("#question textarea", "When was it lit?")
    users.remove("ada")
    page.keyboard.press("Enter")
    page.wait_for_selector("#password")
    for method, path in [*CHANGES, ("GET", "config"), ("GET", "document/find")]:
        sent = page.request.fetch(f"{home}{path}", method=method, headers={"origin": place.url})
        assert sent.status == 401
    assert page.locator(".turn").count() == 0
    log_in(page, "ada")
    page.wait_for_selector(".said")
    keep(page, "login-removed")


def talks(page):
    """What the dialog of earlier conversations lists, and whose it says they are."""
    page.get_by_role("button", name="History").click()
    whose = page.locator("#history .of-visitor").inner_text()
    listed = page.locator("#history .talk").all_inner_texts()
    keep(page, f"login-history-{len(listed)}")
    page.get_by_role("button", name="Close").click()
    return [each.split("\n")[0] for each in listed], whose


def test_nobody_sees_what_another_asked_in_the_same_browser(served, page):
    _, place, _ = served
    home = f"{place.url}{PREFIX}/"
    page.goto(home)
    before = '[{"id": "x", "at": 1, "turns": [{"question": "Of whom?", "only": []}]}]'
    page.evaluate("kept => localStorage.setItem('verbatim.conversations', kept)", before)
    log_in(page, "ada")
    page.wait_for_selector(".welcome")
    ask(page, QUESTION)
    page.wait_for_function("location.search")
    first = page.url
    ask(page, "Who came from Rostock?")
    page.wait_for_function("location.search.includes('Rostock')")
    page.wait_for_selector("#visitor >> text=ada")
    listed, whose = talks(page)
    assert listed == [QUESTION]
    assert whose == "These are the questions of ada. Others who log in here do not see them."
    other = page.context.new_page()
    other.set_default_timeout(WAIT_MS)
    other.goto(page.url)
    other.wait_for_selector("#visitor >> text=ada")
    other.wait_for_function("document.title.includes('Rostock')")  # it has asked, and kept that
    log_out(page)
    other.wait_for_selector("#password")  # without a way back to what was asked
    assert other.url == f"{home}login"
    other.close()

    log_in(page, "ben")
    page.wait_for_selector(".welcome")
    listed, whose = talks(page)
    assert (listed, "of ben." in whose) == ([], True)
    page.go_back()  # to the login page
    with page.expect_request(first.partition("#")[0]):
        page.go_back()
    page.wait_for_selector(".welcome")
    page.wait_for_selector("#visitor >> text=ben")
    page.wait_for_timeout(600)
    assert (page.url, page.locator(".turn").count()) == (home, 0)
    ask(page, "When was it lit?")
    page.wait_for_function("location.search")
    log_out(page)
    log_in(page, "ada")
    page.wait_for_selector(".welcome")
    assert talks(page)[0] == ["Who came from Rostock?", QUESTION]  # the other tab asked too
    assert page.evaluate("localStorage.getItem('verbatim.conversations')") == before


def test_a_page_is_left_when_another_logs_in_beside_it(served, page):
    _, place, _ = served
    home = who_has_asked(page, place, "ada")
    other = page.context.new_page()
    other.set_default_timeout(WAIT_MS)
    other.goto(f"{home}login")
    log_in(other, "ben")
    other.wait_for_selector("#visitor >> text=ben")
    other.close()
    page.wait_for_selector("#visitor >> text=ben")
    page.wait_for_selector(".welcome")
    assert (page.url, page.locator(".turn").count()) == (home, 0)


def test_a_page_is_left_when_its_first_look_finds_another_visitor(served, page):
    _, place, _ = served
    page.goto(f"{place.url}{PREFIX}/")
    log_in(page, "ada")
    page.wait_for_selector("#visitor >> text=ada")
    opened = []

    def look(route):
        answer = route.fetch()
        now = "ben" if len(opened) < 2 else "ada"  # who logged in while the page was on its way
        route.fulfill(response=answer, json={**answer.json(), "visitor": now})

    page.route("**/library/status", look)
    page.on("framenavigated", lambda frame: opened.append(frame.url))
    page.reload()
    until(lambda: page.wait_for_timeout(50) or len(opened) >= 2)
    page.wait_for_selector("#visitor >> text=ada")
    page.unroute_all(behavior="wait")


def test_what_a_visitor_may_do_follows_their_role(served, users, page):
    """What is asked, and where from, stays."""
    _, place, _ = served
    who_has_asked(page, place, "ben")
    controls = page.locator(".pick-files")
    for role, count in (("edits", 1), ("reads", 0)):
        users.change("ben", role=role)
        page.wait_for_selector("#rebuild", state="visible" if count else "hidden")
        page.wait_for_selector(".turn .footnote")
        page.evaluate(LIBRARY)
        page.wait_for_selector(".entry")
        assert controls.count() == count


def test_who_logs_out_is_not_brought_back_by_the_next_to_log_in(served, page):
    """A look at the library that is refused meanwhile would keep the question in the address."""
    _, place, _ = served
    home = who_has_asked(page, place, "ben")
    page.evaluate("""() => {
      const plain = window.fetch;
      window.fetch = async (path, options) => {
        const answer = await plain(path, options);
        if (path === "logout") {
          document.dispatchEvent(new CustomEvent("library-look"));
          await new Promise(done => setTimeout(done, 1500));
        }
        return answer;
      };
    }""")
    with page.expect_response(lambda answer: answer.status == 401):
        page.click("#visitor button")
    page.wait_for_selector("#password")
    assert page.url == f"{home}login"


@pytest.mark.parametrize(("size", "scheme"), [*VIEWS, ("wide", "dark")])
def test_the_login_page_is_seen_in_light_and_dark(served, page, size, scheme):
    _, place, _ = served
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{place.url}{PREFIX}/")
    log_in(page, "ben", "a wrong password")
    page.wait_for_selector(".said")
    for field in ("#name", "#password"):
        assert page.locator(field).evaluate(BORDER) >= 3
        assert page.locator(field).evaluate(CONTRAST) >= 4.5
    for part in (".said", "label", "button", ".motto", "h1", ".note"):
        assert page.locator(part).first.evaluate(CONTRAST) >= 4.5
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    keep(page, f"login-{size}-{scheme}")


@pytest.mark.parametrize("strips", [True, False])
def test_everything_is_below_the_path(served, users, strips):
    """Whether the proxy takes the path off or leaves it: nginx does either."""
    running, _, _ = served
    token = {"authorization": f"Bearer {users.tokens.add('ben')}"}
    with proxied(running.url, PREFIX, strips=strips) as place:
        with httpx.Client(base_url=place.url, headers=token, timeout=120) as client:
            assert client.get(PREFIX).headers["location"] == f"{PREFIX}/"
            home = client.get(f"{PREFIX}/")
            assert home.status_code == 200
            config = client.get(f"{PREFIX}/config").json()
            assert config["root"] == f"{place.url}{PREFIX}"
            for name in ("static/", "assets/"):
                assert f'="/{name}' not in home.text
            described = client.get(f"{PREFIX}/api/openapi.json").json()
            assert described["servers"] == [{"url": f"{PREFIX}/api"}]
            asked = client.post(f"{PREFIX}/api/ask", json={"question": QUESTION, "quick": True})
            assert asked.json()["passages"]
            called = client.post(
                f"{PREFIX}/gradio_api/call/ask", json={"data": [QUESTION, 10, 3, None]}
            )
            event = called.json()["event_id"]
            streamed = client.get(f"{PREFIX}/gradio_api/call/ask/{event}")
            assert "event: complete" in streamed.text
            listed = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
            accept = {"accept": "application/json, text/event-stream"}
            tools = client.post(f"{PREFIX}/mcp", json=listed, headers=accept)
            assert len(tools.json()["result"]["tools"]) == 5
            assert client.get(f"{PREFIX}/library/status").json()["visitor"] == "ben"
        stranger = httpx.get(f"{place.url}{PREFIX}/x?y=1", headers={"accept": "text/html"})
        assert stranger.headers["location"] == f"{PREFIX}/login?next=%2Fx%3Fy%3D1"
        assert place.outside == []

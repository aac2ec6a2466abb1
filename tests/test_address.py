"""Addresses of answers, Back and Forward, history, copying and export, in headless Chromium."""

import json
import re
import socket
from contextlib import suppress
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from browsing import ask, keep
from serving import gradio_warnings, serving, write_documents
from sparing import keeping, light_work
from waiting import until

from qa.answers.exported import check_answers

pytestmark = [pytest.mark.browser, gradio_warnings]

LIGHTHOUSE = "Who designed the lighthouse of Rerik?"
MILL = "Who bought the mill?"
GUIDE = """# The guide

## Opening

### In winter

The tower is closed from November to March, and the café opens on Sundays.
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    base = tmp_path_factory.mktemp("address")
    more = {"mill.txt": "The mill\n\nThe mill was bought by Rosa Thal in 1931.\n", "g/guide.md": ""}
    more.pop("g/guide.md")
    folder = write_documents(base / "documents", more={**more, "guide.md": GUIDE})
    with light_work(), serving(folder, base / "index") as running:
        qa = running.corpus.now.qa.with_threshold(0.0)
        object.__setattr__(running.corpus.now, "qa", qa)
        yield running


@pytest.fixture(scope="module")
def pages(chromium, served):
    with keeping(chromium, served.url) as kept:
        yield kept


@pytest.fixture
def visit(pages):
    with pages.lent() as visit:
        yield visit


def parts(page):
    """The question, the document and the place in the address of a page."""
    address = urlsplit(page.url)
    words = parse_qs(address.query)
    return words.get("q", [""])[0], words.get("doc", [""])[0], address.fragment


def shown(page, document_id):
    page.wait_for_selector(f"#evidence [data-document='{document_id}']")


def text_at(served, document_id, place):
    start, end = map(int, place.split("-"))
    return served.corpus.now.qa.document(document_id).text[start:end]


def test_an_answer_has_an_address_that_shows_it_to_others(visit, served):
    page = visit()
    ask(page, MILL)
    page.wait_for_function("location.hash")
    question, document_id, place = parts(page)
    assert (question, document_id) == (MILL, "mill.txt")
    assert "Rosa Thal" in text_at(served, document_id, place)
    assert page.title() == f"{MILL} – Verbatim"
    other = visit(url=page.url, wait="mark.answer")
    assert other.locator("mark.answer").text_content() == text_at(served, document_id, place)
    assert other.locator(".turn").count() == 1
    assert other.url == page.url


def test_back_and_forward_move_the_evidence_and_not_the_conversation(visit):
    page = visit()
    home = page.url
    ask(page, MILL)
    page.wait_for_function("location.hash")
    ask(page, LIGHTHOUSE)
    shown(page, "engineers.txt") if page.locator(
        "[data-document='engineers.txt']"
    ).count() else None
    page.wait_for_function("decodeURIComponent(location.search).includes('lighthouse')")
    latest = page.url
    page.go_back()
    shown(page, "mill.txt")
    assert parts(page)[0] == MILL
    assert page.locator(".turn").count() == 2
    page.go_forward()
    page.wait_for_selector("#evidence mark.answer:has-text('Ada Blum')")
    page.wait_for_timeout(300)
    assert page.url == latest
    page.get_by_role("button", name="All documents").click()
    page.wait_for_selector(".library")
    page.wait_for_function("!location.hash")
    page.go_back()
    page.wait_for_selector("#evidence mark.answer:has-text('Ada Blum')")
    for _ in range(2):
        page.go_back()
    page.wait_for_selector(".library")
    page.wait_for_timeout(300)
    assert page.url == home
    assert page.locator(".turn").count() == 2
    page.go_forward()
    shown(page, "mill.txt")


def test_a_reload_keeps_what_is_being_written(visit):
    page = visit()
    box = page.locator("#question textarea")
    box.fill("Who bought the")
    page.reload()
    page.wait_for_selector(".welcome")
    page.wait_for_function("document.querySelector('#question textarea').value")
    assert box.input_value() == "Who bought the"
    box.press_sequentially(" mill?")
    box.press("Enter")
    page.wait_for_selector(".turn .footnote")
    assert page.locator(".asked").all_text_contents() == [MILL]
    page.reload()
    page.wait_for_selector(".turn .footnote")
    assert box.input_value() == ""  # it was asked


def test_a_reload_shows_the_conversation_and_its_votes_again(visit, served):
    page = visit()
    ask(page, MILL)
    ask(page, LIGHTHOUSE)
    page.locator(".turn").first.locator(".citation").first.click()
    shown(page, "mill.txt")
    page.wait_for_function("location.search.includes('doc=mill')")
    page.locator(".turn").first.get_by_role("button", name="This answer is right").click()
    until(lambda: served.corpus.feedback.votes())
    page.reload()
    page.wait_for_selector(".turn:nth-child(2) .footnote")
    pressed = page.locator(".turn .thumb[aria-pressed=true]")
    assert pressed.count() == 1
    assert pressed.get_attribute("data-vote") == "0/0/up"
    pressed.click()  # it is the same vote, and can be withdrawn
    until(lambda: not served.corpus.feedback.votes())
    shown(page, "mill.txt")
    questions = page.locator(".asked").all_text_contents()
    assert questions == [MILL, LIGHTHOUSE]
    page.get_by_role("button", name="New conversation").click()
    page.wait_for_selector(".welcome")
    assert page.locator("#question textarea").evaluate("e => e === document.activeElement")
    page.wait_for_function("location.search === ''")
    page.go_back()
    page.wait_for_selector(".turn:nth-child(2) .footnote")


def test_the_history_is_opened_deleted_and_switched_off(visit):
    page = visit()
    ask(page, MILL)
    page.get_by_role("button", name="New conversation").click()
    page.wait_for_selector(".welcome")
    ask(page, LIGHTHOUSE)
    ask(page, "When was it lit?")
    page.get_by_role("button", name="History").click()
    talks = page.locator("#history .talk")
    assert [each.split("\n")[0] for each in talks.all_inner_texts()] == [LIGHTHOUSE, MILL]
    keep(page, "history")
    talks.nth(1).click()
    page.wait_for_selector(".turn:only-child .footnote")
    assert page.locator(".asked").all_text_contents() == [MILL]
    page.get_by_role("button", name="History").click()
    page.get_by_role("button", name=f"Delete “{LIGHTHOUSE}”").click()
    assert talks.count() == 1
    page.get_by_label("Keep my questions in this browser").uncheck()
    assert talks.count() == 0
    page.keyboard.press("Escape")
    ask(page, "Who wrote the notes?")
    page.wait_for_function("decodeURIComponent(location.search).includes('notes')")
    kept = page.evaluate("localStorage.getItem('verbatim.conversations')")
    assert json.loads(kept) == []
    page.get_by_role("button", name="History").click()
    assert page.get_by_text("Nothing is kept.").is_visible()


@pytest.mark.parametrize("with_clipboard", [True, False])
def test_a_quotation_is_copied_with_its_source_and_link(visit, with_clipboard):
    page = visit()
    if not with_clipboard:
        page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    ask(page, "When is the tower closed?")
    page.wait_for_function("location.hash")
    page.locator(".reply").get_by_role("button", name="Copy quote with source").click()
    page.wait_for_selector("text=Copied")
    assert page.locator("#said").inner_text() == "Copied"
    other = visit()
    copied = pasted(other if with_clipboard else page)
    quoted, link = copied.rsplit("\n", 1)
    # The section says where it is: nobody needs to know of which characters it is made, too.
    facts = page.locator(".sheet .facts span").all_inner_texts()
    assert "Opening › In winter" in facts
    assert not [fact for fact in facts if fact.startswith("characters")]
    assert re.fullmatch(
        r"“.*November to March.*” \(The guide, Opening › In winter, guide.md\)", quoted
    )
    assert link == page.url
    page.locator(".reply").get_by_role("button", name="Copy link").click()
    # It said "Copied" of the quotation before.
    until(lambda: pasted(page) == page.url)


def pasted(page):
    """What is pasted into the question box."""
    box = page.locator("#question textarea")
    box.fill("")
    box.press("Control+v")
    return box.input_value()


@pytest.mark.parametrize("form", ["Markdown", "Web page (HTML)", "JSON, for programs"])
def test_a_conversation_is_exported(visit, chromium, served, tmp_path, form):
    page = visit()
    ask(page, MILL)
    ask(page, "Who <b>designed</b> the lighthouse of `Rerik`?")
    for _ in range(2):  # the same file again
        page.locator("#export summary").click()
        with page.expect_download() as download:
            page.get_by_role("button", name=form).click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    text = path.read_text(encoding="utf-8")
    answer = served.corpus.now.qa.ask(MILL).answers[0]
    assert answer.text in text
    assert answer.place.sha256 in text
    if path.suffix == ".json":
        checked = check_answers(path, served.corpus.folder)
        assert len(checked) >= 2
        assert {place.verdict for place in checked} == {"valid"}
    else:
        assert f"mill.txt:{answer.start}-{answer.end}" in text
        assert "<b>designed" not in text.replace("\\<b\\>", "")
    if path.suffix == ".html":
        with_file = chromium.new_page()
        with_file.goto(path.as_uri())
        assert with_file.locator("blockquote").first.text_content() == answer.text
        link = with_file.locator("section a").first.get_attribute("href")
        with_file.close()
        # It leads to the words, also where they stand elsewhere now.
        for address in (link, link.replace(f"#{answer.start}-{answer.end}:", "#2-4:")):
            page = visit(url=address, wait=".document .passage")
            assert page.locator(".document .passage").text_content() == answer.text
            assert (
                "The shaded words are those that the link" in page.locator(".banner").inner_text()
            )


def test_a_very_long_question_has_an_address_that_can_be_opened_again(visit):
    page = visit()
    ask(page, f"{MILL} {'It stands by the river. ' * 300}")
    page.wait_for_function("location.hash")
    assert len(page.url) < 1_000
    assert parts(page)[1] == "mill.txt"
    page.reload()
    page.wait_for_selector(".turn .footnote")
    assert page.locator(".asked").text_content().startswith(MILL)


# Bad addresses


@pytest.mark.parametrize(
    ("query", "fragment", "selector", "said"),
    [
        ({"doc": "mill.txt"}, "4-8", ".banner", "The shaded words are those that the link"),
        ({"doc": "mill.txt"}, "4-99999999", ".banner", "a place that this document does not have"),
        ({"doc": "mill.txt"}, "4-8:~:text=Ada%20Bl%ff", ".banner", "The shaded words"),
        ({"doc": "mill.txt"}, "4-8:~:text=Nobody", ".banner", "a place that this document does"),
        ({"doc": "mill.txt"}, "9-4", ".document", "Rosa Thal"),
        ({"doc": "mill.txt"}, "99999999999999999999-4", ".document", "Rosa Thal"),
        ({"doc": "../../etc/passwd"}, "0-4", ".gone", "There is no document ../../etc/passwd"),
        ({"doc": "<img src=x onerror=hacked=1>"}, "0-4", ".gone", "<img src=x onerror=hacked=1>"),
        (
            {"q": "<script>hacked=1</script>?", "only": "<b>", "doc": "\u202e\x00"},
            "",
            ".turn",
            "<script>",
        ),
        ({"q": "why " * 5001}, "", ".trouble", "5,001 words"),
    ],
)
def test_bad_addresses_are_explained_and_do_no_harm(visit, served, query, fragment, selector, said):
    address = f"{served.url}/?{urlencode(query)}#{fragment}"
    page = visit(url=address, wait=selector)
    page.wait_for_function(
        "([selector, said]) => document.querySelector(selector).textContent.includes(said)",
        arg=[selector, said],
    )
    assert page.evaluate("typeof hacked") == "undefined"
    if "only" in query:
        page.get_by_role("button", name="Ask all documents").click()
    ask(page, MILL)
    page.wait_for_function("location.search.includes('mill%3F')")
    assert "Rosa Thal" in page.locator(".turn").last.inner_text()


def test_an_address_of_a_megabyte_is_refused_and_the_page_goes_on(visit, served):
    host = urlsplit(served.url)
    request = b"GET /?q=" + b"x" * 1_000_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with (
        socket.create_connection((host.hostname, host.port), timeout=60) as client,
        suppress(ConnectionError),  # the server need not read all of it
    ):
        client.sendall(request)
        assert client.recv(12) in (b"HTTP/1.1 400", b"HTTP/1.1 414")
    page = visit()
    ask(page, MILL)
    assert "Rosa Thal" in page.locator(".turn").last.inner_text()

"""Visits without a mouse: the focus is always somewhere, and seen."""

import pytest
from browsing import WAIT_MS, keep
from making import make_pdf
from serving import gradio_warnings, serving, write_documents
from sparing import keeping, light_work
from waiting import until

pytestmark = [pytest.mark.browser, gradio_warnings]

BACK = "Shift+Tab"
LINE = "The ferry to the island leaves the northern pier at a quarter past seven each day. "
# What has the focus; and what is wrong with it, if anything is.
FOCUS = """() => {
  const part = document.activeElement;
  if (part === document.body) return "nothing has the focus";
  const { top, bottom, width } = part.getBoundingClientRect();
  if (bottom <= 0 || top >= innerHeight || width === 0) return `${part.outerHTML} is out of view`;
  const frame = part.closest("#question .input-container"); // whose ring is inside it
  const { outlineStyle, outlineWidth } = getComputedStyle(part);
  const hasRing = frame
    ? getComputedStyle(frame).boxShadow !== "none"
    : outlineStyle !== "none" && parseFloat(outlineWidth) >= 1;
  return hasRing ? "" : `${part.outerHTML} has no ring`;
}"""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = write_documents(tmp_path_factory.mktemp("keyboard") / "documents")
    content = [("text", LINE * 5)] * 12
    pdf = make_pdf(
        [*content, ("text", "The ferry was designed by Ida Falk in 1911.")], title="Ferry"
    )
    (folder / "ferry.pdf").write_bytes(pdf)
    options = {"watching": True, "editable": True}
    with light_work(), serving(folder, folder.parent / "index", **options) as running:
        yield running


@pytest.fixture
def page(chromium, served):
    with keeping(chromium, served.url) as kept, kept.lent() as visit:
        yield visit()


def go(page, selector, key="Tab"):
    """Press a key until a part has the focus, which is seen wherever it comes."""
    for _ in range(120):
        page.keyboard.press(key)
        assert page.evaluate(FOCUS) == ""
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{key} does not come to {selector}")


def press(page, key, *, then):
    """Press a key and wait for what it leads to; the focus is then somewhere, and seen."""
    page.keyboard.press(key)
    page.wait_for_selector(then, timeout=WAIT_MS)
    until(lambda: page.evaluate(FOCUS) == "" or page.wait_for_timeout(50))


def begin(page, question):
    """Come to the question by the link that skips all else, and ask."""
    go(page, ".skip", BACK)
    press(page, "Enter", then="#question textarea:focus")
    page.keyboard.type(question)
    press(page, "Enter", then=".turn:last-child .footnote")
    assert page.evaluate("document.activeElement.tagName") == "TEXTAREA"


def test_a_question_is_asked_and_its_document_read_by_keyboard(page):
    begin(page, "Who designed the ferry?")
    page.keyboard.type("And when?")
    press(page, "Enter", then=".turn:nth-child(2) .footnote")
    # Open the first answer, page through its document, and search it.
    go(page, ".turn:first-child .citation", BACK)
    press(page, "Enter", then="[data-document='ferry.pdf'] .paper img")
    assert page.evaluate("document.activeElement.className") == "citation"
    go(page, "[data-turn='-1']")
    press(page, "Enter", then=".paper img[alt^='Page 1 ']")
    go(page, "[data-turn='1']")
    press(page, "Enter", then=".paper img[alt^='Page 2 ']")
    go(page, "[data-show='text']", BACK)
    press(page, "Enter", then=".document:not([hidden])")
    go(page, ".find-inside")
    page.keyboard.type("quarter past")
    page.wait_for_selector(".found-count:not(:empty)")
    press(page, "Enter", then=".found-count >> text=2 of")
    go(page, "[data-found='-1']")
    press(page, "Enter", then=".found-count >> text=1 of")
    go(page, "#evidence [data-view^='library']", BACK)
    press(page, "Enter", then=".library")


def test_documents_are_chosen_deleted_and_put_back_by_keyboard(page, served):
    go(page, "[data-only='lighthouse.txt']")
    press(page, " ", then="#only:not([hidden])")
    go(page, "[data-remove='library.txt']", BACK)
    press(page, "Enter", then=".library-note >> text=library.txt was deleted.")
    page.wait_for_selector("[data-remove='library.txt']", state="detached")
    until(lambda: page.evaluate(FOCUS) == "")
    go(page, ".library-note button", BACK)
    press(page, "Enter", then=".library-note >> text=library.txt is back.")
    assert (served.corpus.folder / "library.txt").exists()
    go(page, "[data-dismiss]", BACK)
    press(page, "Enter", then=".library:not(:has(.library-note:not([hidden])))")
    begin(page, "Who designed the lighthouse of Rerik?")
    assert page.locator(".asked-only").inner_text() == "Only in lighthouse.txt"
    keep(page, "keyboard")


def test_an_answer_is_copied_exported_and_found_again_by_keyboard(page):
    begin(page, "Who designed the lighthouse of Rerik?")
    go(page, "[data-copy='link']", BACK)
    press(page, "Enter", then=".reply >> text=Copied")
    go(page, "#export summary", BACK)
    press(page, "Enter", then="#export[open] .menu")
    go(page, "[data-format='html']")
    with page.expect_download() as download:
        press(page, "Enter", then="#export:not([open])")
    assert download.value.suggested_filename == "answers.html"
    go(page, "#open-history", BACK)
    press(page, "Enter", then="#history[open]")
    go(page, "#history .talk")
    press(page, "Escape", then="body:not(:has(#history[open]))")
    assert page.evaluate("document.activeElement.id") == "open-history"

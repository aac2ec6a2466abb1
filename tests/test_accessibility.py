"""The page for everyone: axe-core, the keyboard, and screen readers."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from browsing import CONTRAST, FAINT, VIEWS, ask, keep
from serving import gradio_warnings, serving, write_documents
from sparing import keeping, light_work

pytestmark = [pytest.mark.browser, gradio_warnings]

AXE = "4.11.0"
LIGHTHOUSE = "Who designed the lighthouse of Rerik?"
# All that axe-core finds wrong, however serious it is.
WRONG = """async () => {
  const found = await axe.run();
  return found.violations
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(", ")}`);
}"""
# Colours that paper has no reason to change.
COLOURS = """() => ["paper", "edge", "accent", "marker", "marker-edge", "warn"]
  .map(name => getComputedStyle(document.querySelector("#desk")).getPropertyValue(`--${name}`))"""


@pytest.fixture(scope="module")
def axe():
    """The script of axe-core, from npm, beside the environment of the tests."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed: axe-core cannot be had")
    folder = Path(sys.prefix) / f"axe-core-{AXE}"
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not script.is_file():
        command = [npm, "install", "--prefix", folder, "--no-save", "--ignore-scripts"]
        done = subprocess.run([*command, f"axe-core@{AXE}"], capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"npm could not get axe-core: {done.stderr[-200:]}")
    return script.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    base = tmp_path_factory.mktemp("accessibility")
    with light_work(), serving(write_documents(base / "documents"), base / "index") as running:
        yield running


@pytest.fixture(scope="module")
def pages(chromium, served):
    with keeping(chromium, served.url) as kept:
        yield kept


@pytest.fixture
def visit(pages):
    with pages.lent() as visit:
        yield visit


@pytest.mark.parametrize(("size", "scheme"), VIEWS)
def test_axe_finds_nothing(visit, axe, size, scheme):
    page = visit(size, scheme)
    page.evaluate(axe)
    wrong = {"welcome": page.evaluate(WRONG), "its borders": page.evaluate(FAINT)}
    ask(page, LIGHTHOUSE)
    page.wait_for_function("location.search")
    wrong |= {"answer": page.evaluate(WRONG), "borders beside it": page.evaluate(FAINT)}
    keep(page, f"axe-{size}-{scheme}-answer")
    ask(page, "What is the capital of Peru?")
    wrong["not found"] = page.evaluate(WRONG)
    keep(page, f"axe-{size}-{scheme}-not-found")
    page.locator("#export summary").click()
    wrong["export"] = page.evaluate(WRONG)
    page.get_by_role("button", name="History").click()
    wrong["history"] = page.evaluate(WRONG)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="All documents").click()
    page.locator(".tick").first.check()
    wrong |= {"documents": page.evaluate(WRONG), "borders of their list": page.evaluate(FAINT)}
    assert {state: found for state, found in wrong.items() if found} == {}


def test_the_page_works_by_keyboard_and_is_read_aloud(visit):
    page = visit()
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    focus = "document.activeElement.tagName"
    assert page.evaluate(focus) == "TEXTAREA"
    page.keyboard.type(LIGHTHOUSE)
    page.keyboard.press("Enter")
    page.wait_for_function("document.getElementById('said').textContent.includes('Ada Blum')")
    assert "Shown: " in page.locator("#said").text_content()
    page.locator("#question textarea").focus()
    page.keyboard.press("ArrowUp")
    assert page.input_value("#question textarea") == LIGHTHOUSE
    page.keyboard.press("Escape")
    assert page.input_value("#question textarea") == ""
    page.locator(".citation").last.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".citation:last-child[aria-current]")
    assert page.evaluate("document.activeElement.classList.contains('citation')")
    page.get_by_role("button", name="All documents").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".library")
    page.wait_for_function("document.activeElement !== document.body")


def test_the_page_has_a_description_and_an_icon_of_its_own(visit, served):
    page = visit()
    assert "own words" in page.locator("meta[name=description]").last.get_attribute("content")
    icon = page.request.get(f"{served.url}/favicon.ico")
    assert icon.ok
    assert b"#ffe98a" in icon.body()


def test_tab_comes_to_the_answer_before_the_library_is_built_anew(visit):
    page = visit()
    ask(page, LIGHTHOUSE)
    order = page.evaluate("""() => {
      const parts = [...document.querySelectorAll("a[href], button, summary, input, textarea")];
      return [".skip", ".citation", "#question textarea", ".place", "#rebuild"]
        .map(each => parts.indexOf(document.querySelector(each)));
    }""")
    assert -1 not in order
    assert order == sorted(order)
    top = page.locator("#rebuild").bounding_box()["y"]
    assert (
        top < page.locator(".citation").first.bounding_box()["y"]
    )  # drawn at the top all the same


def test_without_scripts_the_page_says_what_it_needs(chromium, served):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(served.url)
    said = page.evaluate("getComputedStyle(document.body, '::before').content")
    assert "Verbatim needs JavaScript: allow it" in said
    keep(page, "no-script")
    context.close()


def test_what_is_told_by_colour_alone_has_lines_where_colours_are_forced(visit):
    page = visit()
    ask(page, LIGHTHOUSE)
    page.get_by_role("button", name="This answer is right").click()
    page.emulate_media(forced_colors="active")
    for part in (".question", ".bar", ".thumb.up", "#question .submit-button", "[aria-current]"):
        drawn = page.locator(part).first.evaluate(
            "e => [getComputedStyle(e).borderTopWidth, getComputedStyle(e).outlineWidth,"
            " getComputedStyle(e).outlineStyle]"
        )
        assert drawn[0] != "0px" or (drawn[1] != "0px" and drawn[2] != "none"), part
    assert page.locator("mark.answer").first.evaluate(CONTRAST) >= 4.5
    page.locator(".sheet").evaluate("sheet => sheet.classList.add('possible')")
    assert page.locator("mark.answer").first.evaluate(CONTRAST) >= 4.5
    keep(page, "forced-colours")


def test_the_page_is_printed_whole_and_without_what_is_clicked(visit):
    page = visit(scheme="dark")
    for question in (LIGHTHOUSE, "What is the capital of Peru?", LIGHTHOUSE):
        ask(page, question)
    page.wait_for_selector("mark.answer")
    page.emulate_media(media="print")
    clicked = page.locator("button:visible, input:visible, textarea:visible, summary:visible")
    kept = clicked.evaluate_all("all => [...new Set(all.map(each => each.className))]")
    assert set(kept) <= {"citation", "closest", "place", "candidate"}  # what was found, and where
    # Nothing is cut off, or scrolls by itself.
    cut = """() => ["#conversation", "#evidence", ".sheet", ".document"].filter(name => {
      const part = document.querySelector(name);
      return part.scrollHeight > part.clientHeight + 1;
    })"""
    assert page.evaluate(cut) == []
    assert page.locator(".turn:visible").count() == 3
    # On white paper, whatever the page looks like, in the colours of the light page.
    on_paper = page.evaluate(COLOURS)
    page.emulate_media(media="screen")
    assert on_paper != page.evaluate(COLOURS)
    page.locator(".dark").evaluate_all("all => all.map(each => each.classList.remove('dark'))")
    assert on_paper == page.evaluate(COLOURS)
    page.emulate_media(media="print")
    paper = "part => getComputedStyle(part).backgroundColor"
    assert page.locator("body").evaluate(paper) == "rgb(255, 255, 255)"
    assert page.locator(".question").first.evaluate(CONTRAST) >= 7
    keep(page, "printed")

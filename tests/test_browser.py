"""The page as people meet it, in headless Chromium; screenshots go to QA_SCREENSHOTS."""

import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from serving import HOSTILE, gradio_warnings, serving, write_documents

from qa.answers.early_stop import EarlyStopping
from qa.answers.logistic import Logistic
from qa.errors import EmptyCorpus
from qa.web.conversation import EXAMPLES

pytestmark = [pytest.mark.browser, gradio_warnings]

SEEDS = Path(__file__).parents[1] / "seeds"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SIZES = {"wide": (1440, 900), "narrow": (390, 844)}
# The contrast of text with what is behind it, by the formula of WCAG 2.
CONTRAST = """element => {
  const rgb = colour => {
    const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number);
    return { rgb: [r, g, b], a };
  };
  const light = c => c.map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  let behind = element;
  const clear = part => rgb(getComputedStyle(part).backgroundColor).a === 0;
  while (behind && clear(behind)) behind = behind.parentElement;
  const one = light(rgb(getComputedStyle(element).color).rgb);
  const two = light(rgb(getComputedStyle(behind).backgroundColor).rgb);
  return (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
}"""
# How a pane stands to the part of it that should be seen.
IN_VIEW = """([inner, outer]) => {
  const a = document.querySelector(inner).getBoundingClientRect();
  const b = document.querySelector(outer).getBoundingClientRect();
  return a.top >= b.top && a.bottom <= b.bottom && a.height > 0;
}"""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    base = tmp_path_factory.mktemp("browser")
    # A long document, so that the answer is out of sight until the page scrolls to it.
    filler = "\n\n".join(f"Paragraph {n} says nothing of the matter." for n in range(80))
    long = f"The mill\n\n{filler}\n\nThe mill was bought by Rosa Thal in 1931.\n\n{filler}\n"
    example = (SEEDS / EXAMPLES[0][1]).read_text(encoding="utf-8")
    folder = write_documents(base / "documents", more={"mill.txt": long, EXAMPLES[0][1]: example})
    with serving(folder, base / "index") as running:
        yield running


@pytest.fixture(scope="module")
def chromium():
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("chromium is not installed: the page cannot be looked at")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, served):
    """Open the page; at the end nothing may have gone wrong or gone elsewhere."""
    opened, requested, wrong = [], [], []

    def open_page(size="wide", scheme="light"):
        width, height = SIZES[size]
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            reduced_motion="reduce",
            permissions=["clipboard-read", "clipboard-write"],
        )
        opened.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)  # a busy machine takes its time
        page.on("request", lambda request: requested.append(request.url))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console", lambda c: wrong.append(c.text) if c.type in ("error", "warning") else None
        )
        page.goto(served.url)
        page.wait_for_selector(".welcome")
        page.wait_for_selector(".library")
        return page

    open_page.wrong = wrong
    yield open_page
    for context in opened:
        context.close()
    assert requested
    assert [to for to in requested if not to.startswith((served.url, "data:"))] == []
    assert wrong == []


@pytest.fixture
def always(served, monkeypatch):
    """Answer whatever the probability, from all passages: these tests are not about the reader."""
    qa = served.corpus.now.qa.with_threshold(0.0)
    monkeypatch.setattr(served.corpus, "now", replace(served.corpus.now, qa=qa))
    all_of_them = EarlyStopping(Logistic({}, 9.0), Logistic({}, 9.0))
    every = replace(qa._calibration, early_stopping=all_of_them)
    monkeypatch.setattr(qa, "_calibration", every)
    monkeypatch.setattr("qa.pipeline.MIN_PROBABILITY", 0.0)


@pytest.fixture
def never(served, monkeypatch):
    qa = served.corpus.now.qa.with_threshold(1.01)
    monkeypatch.setattr(served.corpus, "now", replace(served.corpus.now, qa=qa))


def ask(page, question):
    count = page.locator(".turn").count()
    page.fill("#question textarea", question)
    page.keyboard.press("Enter")
    page.wait_for_selector(f".turn:nth-child({count + 1}) :is(.footnote, .trouble)")


def keep(page, name):
    """Save a screenshot for people to look at."""
    if folder := os.environ.get("QA_SCREENSHOTS"):
        page.wait_for_timeout(300)
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_an_example_is_answered_and_the_highlight_is_in_view(visit, served, always):
    page = visit()
    question, document_id = EXAMPLES[0]
    page.get_by_role("button", name=question).click()
    page.wait_for_selector(".sheet mark.answer")
    expected = served.corpus.now.qa.ask(question).answers[0]
    assert expected.document_id == document_id
    assert page.locator(".reply .words").text_content() == expected.text
    assert page.locator("mark.answer").text_content() == expected.text
    text = served.corpus.now.qa.document(document_id).text
    assert page.locator(".document").text_content() == text
    assert page.evaluate(IN_VIEW, ["mark.answer", ".document"])
    label = "getComputedStyle(document.querySelector('mark.last'), '::after').content"
    assert page.evaluate(label) == '"answer"'
    assert re.search(r"\w+ · \d+ %", page.locator(".sheet .claim").inner_text())
    assert page.input_value("#question textarea") == ""
    keep(page, "answer")


def test_the_page_scrolls_to_an_answer_far_down(visit, always):
    page = visit()
    ask(page, "Who bought the mill?")
    page.wait_for_selector("mark.answer")
    assert "Rosa Thal" in page.locator("mark.answer").text_content()
    assert page.evaluate("document.querySelector('.document').scrollTop") > 1000
    assert page.evaluate(IN_VIEW, ["mark.answer", ".document"])


def test_places_candidates_and_citations_move_the_evidence_by_keyboard(visit, always):
    page = visit()
    ask(page, "Who designed the lighthouse of Rerik?")
    title = page.locator(".sheet h2")
    first = title.inner_text()
    assert page.locator(".citation").count() == 2  # two documents say it
    page.locator(".place").focus()
    page.keyboard.press("Enter")
    page.wait_for_function(
        "name => document.querySelector('.sheet h2').innerText !== name", arg=first
    )
    assert "Ada Blum" in page.locator("mark.answer").text_content()
    assert page.evaluate(IN_VIEW, ["mark.answer", ".document"])
    assert page.locator(".citation[aria-current]").inner_text().startswith("2")
    page.locator(".citation").first.focus()
    page.keyboard.press("Space")
    page.wait_for_function(
        "name => document.querySelector('.sheet h2').innerText === name", arg=first
    )
    shown = page.locator(".sheet .words").inner_text()
    page.locator(".candidate").first.click()
    page.wait_for_function(
        "was => document.querySelector('.sheet .words').innerText !== was", arg=shown
    )
    page.get_by_role("button", name="Copy with source").click()
    page.wait_for_selector("text=Copied")
    assert re.fullmatch(
        r"“.*Ada Blum.*” \(.+\.txt:\d+-\d+\)", page.evaluate("navigator.clipboard.readText()")
    )


def test_an_older_citation_moves_the_evidence_alone_and_works_twice(visit, always):
    page = visit()
    ask(page, "Who bought the mill?")
    page.wait_for_selector("mark.answer")
    ask(page, "Who designed the lighthouse of Rerik?")
    page.evaluate("document.querySelector('#conversation').scrollTo(0, 0)")
    for _ in range(2):
        page.locator(".turn").first.locator(".citation").click()
        page.wait_for_function("document.querySelector('.sheet h2').innerText === 'The mill'")
        page.wait_for_timeout(200)
        assert page.evaluate("document.querySelector('#conversation').scrollTop") == 0
        assert page.evaluate(IN_VIEW, ["mark.answer", ".document"])
        page.evaluate("document.querySelector('.document').scrollTo(0, 0)")


def test_not_found_is_said_and_the_best_guess_is_one_click_away(visit, never):
    page = visit()
    ask(page, "What is the capital of Peru?")
    assert page.locator(".verdict").inner_text() == "Not found in these documents."
    assert "Not an answer" in page.locator(".sheet .banner").inner_text()
    assert page.locator("mark.answer").count() == 0
    assert page.evaluate(IN_VIEW, [".document .passage", ".document"])
    keep(page, "not-found")
    page.locator(".nearest").nth(1).click()
    page.wait_for_selector(".nearest:nth-child(2)[aria-current]")
    page.get_by_role("button", name="Show the best guess all the same").click()
    page.wait_for_selector(".caution")
    assert page.locator("mark.answer").count() == 1


def test_the_slider_moves_the_operating_point_by_keyboard(visit, served, monkeypatch):
    qa = served.corpus.now.qa
    question = "Who designed the lighthouse of Rerik?"
    probability = qa.ask(question, threshold=0).answers[0].probability
    # Whatever the reader makes of it, the answer lies between the slider's ends.
    points = ((0.5, probability / 2), (0.99, (1 + probability) / 2))
    monkeypatch.setattr(qa, "_calibration", replace(qa._calibration, strictness=points))
    page = visit()
    slider, words = page.get_by_label("Strictness"), page.locator(".strictness output")
    assert page.locator(".strictness").evaluate(CONTRAST) >= 4.5
    stands = int(slider.input_value())
    assert qa.threshold_for(stands / 100) == pytest.approx(qa.threshold, abs=0.02)
    assert words.inner_text() == (
        f"At most {100 - stands} in 100 questions without an answer here get one"
    )
    slider.press("End")
    assert words.inner_text().startswith("At most 1 in 100 ")
    assert slider.get_attribute("aria-valuetext") == words.inner_text()
    ask(page, question)  # the next question is judged by it
    assert page.locator(".verdict").count() == 1
    asked = page.locator(".footnote").inner_text()
    page.locator(".thumb.up").click()  # "not found" is right: said of that alone
    (vote,) = kept(page, served, 1)
    slider.press("Home")
    page.wait_for_selector("mark.answer")  # at once, without reading again
    assert "Ada Blum" in page.locator(".reply .words").inner_text()
    assert page.locator(".footnote").inner_text() == asked
    assert pressed(page, ".reply") == ["false", "false"]
    assert slider.evaluate("element => element === document.activeElement")
    slider.press("ArrowRight")
    assert words.inner_text().startswith("At most 99 in 100 ")
    slider.press("End")
    page.wait_for_selector(".verdict")
    assert pressed(page, ".reply") == ["true", "false"]
    assert page.locator("mark.answer").count() == 0
    served.corpus.feedback.withdraw(vote.id)
    keep(page, "slider")


def pressed(page, selector):
    return page.locator(f"{selector} .thumb").evaluate_all("all => all.map(e => e.ariaPressed)")


def kept(page, served, count):
    """Wait until that many votes are stored, and return them."""
    for _ in range(100):
        if len(votes := served.corpus.feedback.votes()) == count:
            return votes
        page.wait_for_timeout(50)
    raise AssertionError(f"{votes} instead of {count}")


def test_thumbs_are_kept_shown_and_withdrawn(visit, served, always):
    page, other = visit(), visit()
    for visitor in (page, other):
        ask(visitor, "Who designed the lighthouse of Rerik?")
        visitor.wait_for_selector("mark.answer")
        visitor.get_by_role("button", name="This answer is right").click()
        visitor.wait_for_selector(".reply .kept:visible")
    votes = kept(page, served, 2)
    answer = served.corpus.now.qa.ask("Who designed the lighthouse of Rerik?").answers[0]
    for vote in votes:
        assert vote.is_good
        assert (vote.answer, vote.document, vote.start) == (
            answer.text,
            answer.document_id,
            answer.start,
        )
    keep(page, "thumbs")
    page.locator(".candidate").first.click()
    page.wait_for_selector(".sheet .thumb")
    assert pressed(page, ".reply") == ["true", "false"]  # as the server remembers it
    page.locator(".sheet .thumb.down").click()
    assert {vote.is_good for vote in kept(page, served, 3)} == {True, False}
    for count in (2, 1):
        visitor = page if count == 2 else other
        visitor.locator(".reply .thumb.up").click()
        kept(page, served, count)
        assert pressed(visitor, ".reply") == ["false", "false"]
    page.locator(".sheet .thumb.down").press("Enter")  # withdrawn by keyboard
    kept(page, served, 0)


def test_a_thumb_on_not_found_and_the_other_way_round(visit, served, never):
    page = visit()
    ask(page, "What is the capital of Peru?")
    page.get_by_role("button", name="“Not found” is right").click()
    (vote,) = kept(page, served, 1)
    assert (vote.question, vote.is_good, vote.answer) == ("What is the capital of Peru?", True, "")
    page.get_by_role("button", name="“Not found” is wrong").click()
    page.wait_for_function("document.querySelector('.thumb.down').ariaPressed === 'true'")
    assert pressed(page, ".reply") == ["false", "true"]
    keep(page, "thumbs-not-found")
    for _ in range(100):
        (vote,) = kept(page, served, 1)
        if not vote.is_good:
            break
        page.wait_for_timeout(50)
    assert not vote.is_good
    served.corpus.feedback.withdraw(vote.id)


def test_a_vote_that_cannot_be_kept_is_told(visit, served, always, monkeypatch, tmp_path):
    page = visit()
    ask(page, "Who bought the mill?")
    page.wait_for_selector("mark.answer")
    monkeypatch.setattr(served.corpus.feedback, "path", tmp_path / "absent" / "x.sqlite")
    page.get_by_role("button", name="This answer is right").click()
    page.wait_for_selector(".toast-body")
    assert "Not kept" in page.locator(".toast-body").inner_text()
    page.wait_for_function("!document.querySelector('.thumb[aria-pressed=true]')")
    assert page.locator("mark.answer").count() == 1  # the evidence stays where it was
    visit.wrong.clear()


def test_hostile_documents_and_questions_are_shown_and_do_not_run(visit, served, always):
    page = visit()
    page.locator(".entry", has_text="notes.txt").click()
    page.wait_for_selector(".sheet")
    text = served.corpus.now.qa.document("notes.txt").text
    assert "<script>" in text and "${window.hacked=1}" in text
    assert page.locator(".document").text_content() == text
    attack = "<img src=x onerror='window.hacked=1'> ${window.hacked=1}"
    question = f"What is the password of the cellar? {attack}"
    ask(page, question)
    assert page.locator(".question").text_content() == f"Question: {question}"
    page.wait_for_selector("mark.answer")
    expected = served.corpus.now.qa.ask(question).answers[0]
    assert page.locator(".reply .words").text_content() == expected.text
    page.get_by_role("button", name="All documents").click()
    page.wait_for_selector(".library")
    assert HOSTILE.splitlines()[0] in page.locator(".library").text_content()
    assert page.evaluate("window.hacked") is None


def test_an_empty_question_is_told_kindly(visit):
    page = visit()
    ask(page, "?!")
    assert "The question is empty" in page.locator(".trouble").inner_text()
    assert "`" not in page.locator(".trouble").inner_text()  # no command: this is the page
    assert "Traceback" not in page.content()
    assert page.locator(".library").count() == 1


def test_a_blank_question_leaves_nothing_behind(visit):
    page = visit()
    page.fill("#question textarea", "  ")
    page.keyboard.press("Enter")
    page.wait_for_selector(".toast-body")
    assert "Write a question first." in page.locator(".toast-body").inner_text()
    keep(page, "blank")
    assert page.locator(".turn").count() == 0
    assert page.locator(".welcome").count() == 1
    ask(page, "?")
    assert page.locator(".question").count() == 1


@pytest.mark.parametrize("size", list(SIZES))
def test_a_long_question_leaves_its_answer_in_view(visit, always, size):
    page = visit(size)
    ask(page, "Who bought the mill? " + "It stands by the river, as many know. " * 100)
    page.wait_for_timeout(300)
    assert page.locator(".question").bounding_box()["height"] < 140
    assert page.locator(".reply .quote").bounding_box()["y"] < 400
    keep(page, f"{size}-long-question")
    whole = page.get_by_role("button", name="Whole question")
    whole.press("Enter")
    assert whole.get_attribute("aria-expanded") == "true"
    assert page.locator(".question").bounding_box()["height"] > 400
    assert page.locator(".asked").evaluate("e => getComputedStyle(e).overflowY") == "auto"
    assert page.locator(".reply .quote").bounding_box()["y"] < SIZES[size][1]  # still in view
    whole.press("Enter")
    assert page.locator(".question").bounding_box()["height"] < 140


def test_a_busy_page_says_so(visit, served, monkeypatch):
    page = visit()
    monkeypatch.setattr(served.blocks._queue, "max_size", 0)
    page.get_by_role("button", name=EXAMPLES[0][0]).click()
    page.wait_for_selector(".toast-body")
    assert "currently busy. Please try again" in page.locator(".toast-body").inner_text()
    keep(page, "busy")
    (complaint,) = visit.wrong
    assert "503" in complaint
    visit.wrong.clear()


def test_the_rebuild_button_brings_a_new_document(visit, served):
    corpus = served.corpus
    page = visit()
    (corpus.folder / "windmill.txt").write_text("The windmill\n\nIt burnt in 1870.\n")
    page.get_by_role("button", name="Rebuild").click()
    page.wait_for_selector(".library .banner")
    assert page.locator(".library .banner").inner_text() == "The index is up to date: 1 added."
    assert "windmill.txt" in page.locator(".library").inner_text()
    assert page.locator("#summary").inner_text().startswith("7 documents")
    assert page.get_by_role("button", name="Rebuild").is_enabled()


def test_a_rebuild_that_fails_is_a_warning(visit, served, monkeypatch):
    def fail(progress):
        raise EmptyCorpus("nothing to read: put documents there")

    monkeypatch.setattr(served.corpus, "rebuild", fail)
    page = visit()
    page.get_by_role("button", name="Rebuild").click()
    page.wait_for_selector(".library .banner")
    assert page.get_by_role("alert").inner_text() == (
        "The index stays as it was: nothing to read: put documents there."
    )
    banner = page.locator(".library .banner")
    warning = "element => getComputedStyle(element).backgroundColor"
    assert banner.evaluate(warning) == "rgb(251, 238, 230)"  # --warn-wash
    assert banner.evaluate(CONTRAST) >= 4.5
    keep(page, "rebuild-failed")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
def test_wide_and_narrow_light_and_dark(visit, always, size, scheme):
    page = visit(size, scheme)
    keep(page, f"{size}-{scheme}-welcome")
    ask(page, "Who designed the lighthouse of Rerik?")
    keep(page, f"{size}-{scheme}-answer")
    talk, source = (page.locator(f"#{name}").bounding_box() for name in ("talk", "source"))
    if size == "wide":
        assert source["x"] > talk["x"] + talk["width"]
        assert source["y"] + source["height"] <= SIZES[size][1]
        assert page.locator("#question").bounding_box()["y"] < SIZES[size][1] - 40
    else:
        assert source["y"] > talk["y"] + talk["height"]
        page.locator(".citation").first.click()
        page.wait_for_timeout(300)
        seen = page.locator("mark.answer").bounding_box()
        assert 0 < seen["y"] < SIZES[size][1] - seen["height"]
        keep(page, f"{size}-{scheme}-evidence")
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    texts = [
        ".question",
        ".reply .words",
        ".context",
        ".context b",
        ".chance",
        ".citation",
        ".place-in",
        ".footnote",
        ".quote-mark",
        ".sheet h2",
        ".facts",
        ".label",
        ".place",
        ".candidate",
        ".quiet",
        ".document",
        ".document .passage",
        "mark.answer",
        "#summary",
        "#rebuild",
        "textarea",
        "#question .submit-button",
        ".strictness label",
        ".strictness output",
    ]
    poor = {
        selector: round(contrast, 2)
        for selector in texts
        if (contrast := page.locator(selector).first.evaluate(CONTRAST)) < 4.5
    }
    assert poor == {}
    passage = page.locator(".document .passage").first
    for colour, least in (("soft", 4.5), ("paper", 1.25)):  # furniture on it; its shade by itself
        passage.evaluate("(element, name) => { element.style.color = `var(--${name})` }", colour)
        assert passage.evaluate(CONTRAST) >= least, colour


def test_the_ring_of_the_question_box_is_not_cut_off(visit):
    page = visit()
    page.locator("#question textarea").focus()
    box = page.locator("#question .input-container")
    shadow = box.evaluate("element => getComputedStyle(element).boxShadow")
    assert shadow.endswith("inset")


def test_a_finger_can_press_what_is_on_a_narrow_page(visit, served, always):
    page = visit("narrow")
    sizes = """elements => elements.map(e => [e.className, e.getBoundingClientRect().height])
      .filter(([, height]) => height < 44)"""
    small = []
    pressed = page.locator("button:visible, input[type=range]:visible")
    small += pressed.evaluate_all(sizes)
    ask(page, "Who designed the lighthouse of Rerik?")
    page.wait_for_selector("mark.answer")
    small += pressed.evaluate_all(sizes)
    page.locator(".candidate").first.click()
    page.wait_for_selector(".sheet .thumb")
    small += pressed.evaluate_all(sizes)
    assert small == []
    page.locator(".reply .thumb.up").click()
    (vote,) = kept(page, served, 1)
    page.wait_for_selector(".reply .kept:visible")
    line = page.locator(".reckoning .quiet, .reckoning .thumb")
    tops = line.evaluate_all("elements => elements.map(e => e.getBoundingClientRect().top)")
    assert len(tops) == 3
    assert max(tops) - min(tops) < 2  # on one line
    keep(page, "narrow-thumbs")
    served.corpus.feedback.withdraw(vote.id)


def test_every_control_has_a_name(visit, always):
    page = visit()
    ask(page, "Who designed the lighthouse of Rerik?")
    nameless = "elements => elements.filter(e => !e.innerText.trim() && !e.ariaLabel).length"
    assert page.locator("button:visible").evaluate_all(nameless) == 0
    assert page.get_by_label("Your question").count() == 1
    assert page.get_by_role("region", name="Document text").get_attribute("tabindex") == "0"
    assert page.get_by_role("log").count() == 1
    assert page.locator("footer").is_hidden()
    assert page.title() == "Verbatim"

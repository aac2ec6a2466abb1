"""The page in headless Chromium; screenshots go to the folder QA_SCREENSHOTS."""

import re
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from browsing import CONTRAST, IN_VIEW, IN_WINDOW, SHADE, SIZES, VIEWS, ask, keep
from serving import HOSTILE, gradio_warnings, serving, serving_corpus, write_documents
from sparing import keeping, light_work

from qa import QA
from qa.answers.calibration import Calibration
from qa.answers.early_stop import EarlyStopping
from qa.answers.logistic import Logistic
from qa.errors import QAError
from qa.index import open_index
from qa.networks.reader import OnnxReader
from qa.web.handlers import Handlers
from qa.web.render import EXAMPLES

pytestmark = [pytest.mark.browser, gradio_warnings]

SEEDS = Path(__file__).parents[1] / "seeds"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    base = tmp_path_factory.mktemp("browser")
    # A long document: its answer is out of sight until the page scrolls to it.
    filler = "\n\n".join(f"Paragraph {n} is about something else." for n in range(80))
    long = f"The mill\n\n{filler}\n\nThe mill was bought by Rosa Thal in 1931.\n\n{filler}\n"
    example = (SEEDS / EXAMPLES[0][1]).read_text(encoding="utf-8")
    folder = write_documents(base / "documents", more={"mill.txt": long, EXAMPLES[0][1]: example})
    with light_work(), serving(folder, base / "index") as running:
        yield running


@pytest.fixture(scope="module")
def pages(chromium, served):
    with keeping(chromium, served.url) as kept:
        yield kept


@pytest.fixture
def visit(pages):
    with pages.lent() as visit:
        yield visit


@pytest.fixture(scope="module")
def reader():
    return OnnxReader()


@pytest.fixture
def calibrate(served, encoder, reader, monkeypatch):
    """Let the page answer with another calibration."""
    opened = []

    def answer_with(threshold=None, **changes):
        calibration = replace(Calibration.load(reader=reader.fingerprint), **changes)
        opened.append(open_index(served.corpus.index))
        parts = {"encoder": encoder, "reader": reader, "calibration": calibration}
        qa = QA(opened[-1], **parts)
        if threshold is not None:
            qa = qa.with_threshold(threshold)
        monkeypatch.setattr(served.corpus, "now", replace(served.corpus.now, qa=qa))
        return qa

    yield answer_with
    for index in opened:
        index.close()


@pytest.fixture
def always(calibrate, monkeypatch):
    """Answer whatever the probability, from all passages: these tests are not about the reader."""
    calibrate(threshold=0.0, early_stopping=EarlyStopping(Logistic({}, 9.0), Logistic({}, 9.0)))
    monkeypatch.setattr("qa.pipeline.answering.MIN_PROBABILITY", 0.0)
    monkeypatch.setattr("qa.answers.verdict.LEAST_SHOWN", 0.0)


@pytest.fixture
def never(served, monkeypatch):
    qa = served.corpus.now.qa.with_threshold(1.01)
    monkeypatch.setattr(served.corpus, "now", replace(served.corpus.now, qa=qa))


def test_an_example_is_answered_and_the_highlight_is_in_view(visit, served, always):
    page = visit()
    question, document_id = EXAMPLES[0]
    page.get_by_role("button", name=question).click()
    page.wait_for_selector(".sheet mark.answer")
    expected = served.corpus.now.qa.ask(question, threshold=0).answers[0]
    assert expected.document_id == document_id
    assert page.locator(".reply .words").text_content() == expected.text
    assert page.locator("mark.answer").text_content() == expected.text
    text = served.corpus.now.qa.document(document_id).text
    assert page.locator(".document").text_content() == text
    assert page.evaluate(IN_VIEW, ["mark.answer", ".document"])
    label = "getComputedStyle(document.querySelector('mark.last'), '::after').content"
    assert page.evaluate(label) == '"answer"'
    assert re.search(r"\w+ · \d+%", page.locator(".sheet .claim").inner_text())
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


def test_an_older_citation_moves_the_evidence_alone_and_works_twice(visit, always):
    page = visit()
    ask(page, "Who bought the mill?")
    page.wait_for_selector("mark.answer")
    ask(page, "Who designed the lighthouse of Rerik?")
    page.evaluate("document.querySelector('#conversation').scrollTo(0, 0)")
    for _ in range(2):
        page.locator(".turn").first.locator(".citation").click()
        page.wait_for_function("document.querySelector('.sheet h2').innerText === 'The mill'")
        page.wait_for_function(IN_VIEW, arg=["mark.answer", ".document"])
        assert page.evaluate("document.querySelector('#conversation').scrollTop") == 0
        page.evaluate("document.querySelector('.document').scrollTo(0, 0)")


def test_a_citation_that_is_shown_already_is_not_shown_again_with_the_next_answer(visit, always):
    page = visit()
    ask(page, "Who designed the lighthouse of Rerik?")
    page.wait_for_selector("mark.answer")
    page.locator(".citation[aria-current]").click()
    ask(page, "Who bought the mill?")
    page.wait_for_function("document.querySelector('.sheet h2').innerText === 'The mill'")
    page.wait_for_timeout(600)
    assert page.locator(".sheet h2").inner_text() == "The mill"


def test_a_citation_on_a_phone_leads_to_its_words_also_from_a_lower_document(visit, always):
    page = visit("narrow")
    ask(page, "Who designed the lighthouse of Rerik?")
    ask(page, "Who bought the mill?")
    for turn, title in ((0, "lighthouse"), (1, "mill")):
        page.locator(".turn").nth(turn).locator(".citation").first.click()
        page.wait_for_selector(f".sheet:has-text('{title}') mark.answer")
    page.wait_for_function(IN_WINDOW, arg="mark.answer")
    # Far down in the document, and the way back is in view all the same.
    assert page.evaluate("document.querySelector('#evidence').getBoundingClientRect().top") < -1000
    back = page.locator(".ways [data-back]")
    assert 0 <= back.evaluate("button => button.getBoundingClientRect().top") < 20


def test_not_found_is_shown_and_the_best_guess_is_one_click_away(visit, never):
    page = visit()
    ask(page, "What is the capital of Peru?")
    assert page.locator(".verdict").inner_text() == "Not found in these documents."
    assert "No answer was found" in page.locator(".sheet .banner").inner_text()
    assert page.locator("mark.answer").count() == 0
    assert page.evaluate(IN_VIEW, [".document .passage", ".document"])
    keep(page, "not-found")
    # A heading that says what the title above it says is left out.
    for closest in page.locator(".closest").all():
        title = closest.locator(".title").inner_text()
        assert title not in closest.locator(".snippet").all_inner_texts()
    page.locator(".closest").nth(1).click()
    page.wait_for_selector(".closest:nth-child(2)[aria-current]")
    page.get_by_role("button", name="Show the best guess anyway").click()
    page.wait_for_selector(".caution")
    assert page.locator("mark.answer").count() == 1


def test_the_slider_moves_the_threshold_by_keyboard(visit, served, calibrate):
    question = "Who designed the lighthouse of Rerik?"
    probability = served.corpus.now.qa.ask(question, threshold=0).answers[0].probability
    # The answer is shown at one end of the slider and hidden at the other.
    points = ((0.5, probability / 2), (0.99, (1 + probability) / 2))
    qa = calibrate(strictness=points, possible=1.0)  # "possible" is tested elsewhere
    page = visit()
    slider, words = page.get_by_label("Strictness"), page.locator(".strictness output")
    assert page.locator(".strictness").evaluate(CONTRAST) >= 4.5
    position = int(slider.input_value())
    assert qa.threshold_for(position / 100) == pytest.approx(qa.threshold, abs=0.02)
    assert words.inner_text() == (
        f"At most {100 - position} in 100 unanswerable questions get a false answer"
    )
    with page.expect_response(lambda response: "/gradio_api/run/" in response.url):
        slider.press("End")
    assert words.inner_text().startswith("At most 1 in 100 ")
    assert slider.get_attribute("aria-valuetext") == words.inner_text()
    ask(page, question)  # it applies to the next question
    assert page.locator(".verdict").count() == 1
    asked = page.locator(".footnote").inner_text()
    page.locator(".thumb.up").click()  # a vote on "not found" alone
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
    return wait_for(page, served, lambda votes: len(votes) == count)


def wait_for(page, served, accepted):
    """Wait until the stored votes are accepted, and return them."""
    for _ in range(1200):  # a minute: only a vote that is never stored fails
        if accepted(votes := served.corpus.feedback.votes()):
            return votes
        page.wait_for_timeout(50)
    raise AssertionError(votes)


def test_votes_are_stored_shown_and_withdrawn(visit, served, always):
    page, other = visit(), visit()
    for visitor in (page, other):
        ask(visitor, "Who designed the lighthouse of Rerik?")
        visitor.wait_for_selector("mark.answer")
        visitor.get_by_role("button", name="This answer is right").click()
        visitor.wait_for_selector(".reply .kept:visible")
    votes = kept(page, served, 2)
    answer = served.corpus.now.qa.ask("Who designed the lighthouse of Rerik?", threshold=0).answers[
        0
    ]
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


def test_a_vote_on_not_found_can_be_reversed(visit, served, never):
    page = visit()
    ask(page, "What is the capital of Peru?")
    page.get_by_role("button", name="“Not found” is right").click()
    (vote,) = kept(page, served, 1)
    assert (vote.question, vote.is_good, vote.answer) == ("What is the capital of Peru?", True, "")
    page.get_by_role("button", name="“Not found” is wrong").click()
    page.wait_for_function("document.querySelector('.thumb.down').ariaPressed === 'true'")
    assert pressed(page, ".reply") == ["false", "true"]
    keep(page, "thumbs-not-found")
    (vote,) = wait_for(page, served, lambda votes: [each.is_good for each in votes] == [False])
    served.corpus.feedback.withdraw(vote.id)


def test_a_vote_that_cannot_be_stored_is_reported(visit, served, always, monkeypatch, tmp_path):
    page = visit()
    ask(page, "Who bought the mill?")
    page.wait_for_selector("mark.answer")
    monkeypatch.setattr(served.corpus.feedback, "path", tmp_path / "absent" / "x.sqlite")
    page.get_by_role("button", name="This answer is right").click()
    page.wait_for_selector(".lost")
    assert "Your vote was not saved" in page.locator(".lost").inner_text()
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
    expected = served.corpus.now.qa.ask(question, threshold=0).answers[0]
    assert page.locator(".reply .words").text_content() == expected.text
    page.get_by_role("button", name="All documents").click()
    page.wait_for_selector(".library")
    assert HOSTILE.splitlines()[0] in page.locator(".library").text_content()
    assert page.evaluate("window.hacked") is None


def test_an_empty_question_is_explained(visit):
    page = visit()
    ask(page, "?!")
    shown = page.locator(".trouble").inner_text()
    assert shown == "The question is empty. Write it in words."  # and no command
    assert "Traceback" not in page.content()
    assert page.locator(".library").count() == 1
    assert page.locator("#new-talk").is_enabled()
    assert page.locator("#export").is_hidden()  # there is nothing to be exported


def test_what_is_refused_does_not_keep_the_evidence_of_the_question_before(visit, always):
    page = visit()
    ask(page, "Who designed the lighthouse of Rerik?")
    page.wait_for_selector(".sheet mark.answer")
    ask(page, "?!")
    page.wait_for_selector(".library")
    assert page.locator(".sheet").count() == 0
    assert page.locator(".citation[aria-current]").count() == 0
    page.locator(".citation").first.click()
    page.wait_for_selector(".sheet mark.answer")


def test_a_blank_question_leaves_nothing_behind(visit):
    page = visit()
    page.fill("#question textarea", "  ")
    page.keyboard.press("Enter")
    page.wait_for_selector("textarea[placeholder='Write a question first']")  # in the box itself
    assert page.input_value("#question textarea") == ""
    keep(page, "blank")
    assert page.locator(".turn").count() == 0
    assert page.locator(".welcome").count() == 1
    ask(page, "?")
    assert page.locator(".question").count() == 1


@pytest.mark.parametrize("size", list(SIZES))
def test_a_long_question_leaves_its_answer_in_view(visit, always, size):
    page = visit(size)
    ask(page, "Who bought the mill? " + "It stands by the river, as many know. " * 100)
    page.wait_for_function(
        "document.querySelector('.reply .quote').getBoundingClientRect().y < 400"
    )
    assert page.locator(".question").bounding_box()["height"] < 140
    keep(page, f"{size}-long-question")
    whole = page.get_by_role("button", name="Whole question")
    whole.press("Enter")
    assert whole.get_attribute("aria-expanded") == "true"
    assert page.locator(".question").bounding_box()["height"] > 400
    assert page.locator(".asked").evaluate("e => getComputedStyle(e).overflowY") == "auto"
    assert page.locator(".reply .quote").bounding_box()["y"] < SIZES[size][1]  # still in view
    whole.press("Enter")
    assert page.locator(".question").bounding_box()["height"] < 140


@pytest.fixture
def gate(monkeypatch):
    """Lets no question be answered before it is set."""
    opened, ask = threading.Event(), Handlers._asked

    def wait(self, question):
        opened.wait(60)
        return ask(self, question)

    monkeypatch.setattr(Handlers, "_asked", wait)
    yield opened
    opened.set()


def test_a_question_asked_while_another_is_answered_comes_next(visit, always, gate):
    page = visit()
    box = "#question textarea"
    page.fill(box, "Who designed the lighthouse of Rerik?")
    page.keyboard.press("Enter")
    page.wait_for_selector(".pending")
    page.fill(box, "Who bought the mill?")
    page.get_by_role("button", name="Ask", exact=True).click()
    page.wait_for_selector("#question[data-held]")
    assert "asked next" in page.locator("#said").text_content()
    keep(page, "held")
    gate.set()
    page.wait_for_selector(".turn:nth-child(2) .footnote")
    assert page.locator(".asked").all_text_contents() == [
        "Who designed the lighthouse of Rerik?",
        "Who bought the mill?",
    ]
    assert page.input_value(box) == ""
    assert page.locator("#question[data-held]").count() == 0
    gate.clear()
    page.fill(box, "When was it bought?")
    page.keyboard.press("Enter")
    page.wait_for_selector(".pending")
    page.fill(box, "By whom")  # not asked yet
    gate.set()
    page.wait_for_selector(".turn:nth-child(3) .footnote")
    assert page.input_value(box) == "By whom"


def test_an_answer_does_not_come_into_a_conversation_that_was_begun_meanwhile(visit, always, gate):
    page = visit()
    page.fill("#question textarea", "Who designed the lighthouse of Rerik?")
    page.keyboard.press("Enter")
    page.wait_for_selector(".pending")
    page.get_by_role("button", name="New conversation").click()
    gate.set()
    page.wait_for_selector(".welcome")
    ask(page, "Who bought the mill?")
    assert page.locator(".asked").all_text_contents() == ["Who bought the mill?"]


@pytest.fixture
def late(monkeypatch):
    """Gradio is done with an event only some time after the answer was drawn."""

    def slow(handler):
        def stay(self, *arguments):
            yield from handler(self, *arguments)
            time.sleep(1)

        return stay

    for name in ("_answer", "_open"):
        monkeypatch.setattr(Handlers, name, slow(getattr(Handlers, name)))


def test_what_comes_as_soon_as_an_answer_is_drawn_is_not_lost(visit, always, late):
    page = visit()
    questions = ["Who designed the lighthouse of Rerik?", "Who bought the mill?"]
    for question in questions:
        ask(page, question)
    assert page.locator(".asked").all_text_contents() == questions
    assert page.input_value("#question textarea") == ""
    page.wait_for_selector("#talk:not([data-asking])")
    page.reload()
    page.wait_for_selector(".turn:nth-child(2) .footnote")
    page.get_by_role("button", name="New conversation").click()
    page.wait_for_selector(".welcome")
    for count in (1, 2):  # a button's question
        page.evaluate(
            """question => {
              const button = document.createElement("button");
              button.dataset.ask = question;
              document.querySelector("#conversation :is(.turns, .welcome)").append(button);
              button.click();
            }""",
            questions[count - 1],
        )
        page.wait_for_selector(f".turn:nth-child({count}) .footnote")
    assert page.locator(".asked").all_text_contents() == questions
    page.wait_for_selector("#talk:not([data-asking])")


def test_a_question_is_asked_again_of_what_was_read_meanwhile(visit, served, always):
    page = visit()
    notes = served.corpus.folder / "notes.txt"
    notes.write_text(notes.read_text(encoding="utf-8") + "\nThe keeper is called Hanna Voss.\n")
    question = "What is the keeper called?"
    ask(page, question)
    assert "notes.txt" in page.locator(".left-behind").inner_text()
    below = page.locator(".left-behind + *").bounding_box()["y"]
    banner = page.locator(".left-behind").bounding_box()
    assert below - banner["y"] - banner["height"] > 8
    page.get_by_role("button", name="Read them now").click()
    page.wait_for_selector("text=Ask again")
    page.evaluate("""document.dispatchEvent(
      new CustomEvent("library-choose", { detail: ["mill.txt"] }))""")
    page.get_by_role("button", name="Ask again").click()
    page.wait_for_selector(".turn:nth-child(2) .footnote")
    # Of what the turn asked, not of what was chosen meanwhile for other questions.
    assert page.locator(".turn:nth-child(2) .asked-only").count() == 0
    assert "Hanna Voss" in page.locator(".turn:nth-child(2)").inner_text()
    assert page.get_by_role("button", name="Read them now").count() == 0
    assert page.get_by_role("button", name="Ask again").count() == 1  # as the server draws it


def test_a_busy_page_says_so(visit, served, monkeypatch):
    monkeypatch.setattr("qa.web.page.MAX_WAITING", 0)
    with serving_corpus(served.corpus) as busy:
        page = visit(url=busy.url, scheme="dark")
        page.get_by_role("button", name=EXAMPLES[0][0]).click()
        page.wait_for_selector(".toast-body")
        assert "currently busy. Please try again" in page.locator(".toast-body").inner_text()
        keep(page, "busy")
        # Above the question: at the top right it would cover buttons of the documents.
        said = page.locator(".toast-body").bounding_box()
        assert said["y"] + said["height"] <= page.locator("#question").bounding_box()["y"]
        assert said["x"] + said["width"] <= page.locator("#evidence").bounding_box()["x"]
        assert page.locator(".toast-message-text").evaluate(CONTRAST) >= 4.5
        page.close()
    (complaint,) = visit.wrong
    assert "503" in complaint
    visit.wrong.clear()


def test_a_server_that_does_not_answer_is_waited_for(visit):
    page = visit()
    page.route("**/library/status", lambda route: route.abort())
    page.wait_for_selector("#activity:visible >> text=Waiting for the server")
    page.unroute("**/library/status")
    page.wait_for_selector("#activity", state="hidden")
    visit.wrong[:] = [each for each in visit.wrong if "ERR_FAILED" not in each]


def test_the_rebuild_button_adds_a_new_document(visit, served):
    corpus = served.corpus
    page = visit()
    (corpus.folder / "windmill.txt").write_text("The windmill\n\nIt burnt in 1870.\n")
    page.get_by_role("button", name="Rebuild").click()
    page.wait_for_selector(".library .banner")
    assert page.locator(".library .banner").inner_text() == "The index is up to date: 1 added."
    assert "windmill.txt" in page.locator(".library").inner_text()
    assert page.locator("#summary").inner_text().startswith("7 documents")
    page.wait_for_selector("#rebuild:enabled")
    assert page.get_by_role("button", name="Rebuild").is_enabled()


def test_a_rebuild_that_fails_is_a_warning(visit, served, monkeypatch):
    def fail(self, *arguments):
        raise QAError("the disk is full", "free some space")

    monkeypatch.setattr("qa.library.live.BackgroundBuild.run", fail)
    page = visit()
    (served.corpus.folder / "late.txt").write_text("The barn\n\nIt burnt in 1871.\n")
    page.get_by_role("button", name="Rebuild").click()
    banner = page.locator(".library .banner")
    banner.wait_for()
    assert banner.inner_text() == "The index was not updated: the disk is full. Free some space."
    assert banner.evaluate(CONTRAST) >= 4.5
    keep(page, "rebuild-failed")
    background = "element => getComputedStyle(element).backgroundColor"
    warning = banner.evaluate(background)
    monkeypatch.undo()
    (served.corpus.folder / "late.txt").unlink()
    page.get_by_role("button", name="Rebuild").click()
    page.get_by_text("Nothing has changed").wait_for()
    assert banner.evaluate(background) != warning  # a success does not look like a warning


@pytest.mark.parametrize(("size", "scheme"), VIEWS)
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
        page.wait_for_function(IN_WINDOW, arg="mark.answer")
        keep(page, f"{size}-{scheme}-evidence")
        page.locator("#export summary").click()
        menu = page.locator("#export .menu").bounding_box()
        assert 0 <= menu["x"] <= menu["x"] + menu["width"] <= SIZES[size][0]
        page.keyboard.press("Escape")
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    texts = [
        ".question",
        ".reply .words",
        ".context",
        ".context b",
        ".probability",
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
    paper = page.locator(".document").element_handle()
    assert passage.evaluate(SHADE, paper) >= 1.25
    furniture = page.locator(".document .furniture").first
    assert furniture.evaluate(CONTRAST, passage.element_handle()) >= 4.5  # as inside a passage


def test_the_box_and_the_choice_of_documents_stay_in_view_on_a_phone(visit, never):
    page = visit("narrow")
    for question in ("What is the capital of Peru?", "Who is the king of Spain?"):
        ask(page, question)
    page.get_by_role("button", name="All documents").click()
    page.locator(".tick").first.check()
    page.locator(".tick").nth(2).check()
    assert page.locator("#only b").inner_text()
    places = """() => ["filter", "question", "away"].map(id => {
      const { top, bottom, height } = document.getElementById(id).getBoundingClientRect();
      return height > 0 && top >= 0 && Math.floor(bottom) <= innerHeight;
    })"""
    page.evaluate("document.querySelector('#source').scrollIntoView()")
    page.wait_for_selector("#away:visible")
    assert page.evaluate(places) == [False, False, True]
    assert page.locator("#away b").inner_text() == page.locator("#only b").inner_text()
    keep(page, "narrow-chosen")
    page.locator("#away").get_by_role("button", name="Ask", exact=True).click()
    page.wait_for_selector("#away", state="hidden")
    assert page.locator("#question textarea").evaluate("e => e === document.activeElement")
    page.evaluate("scrollTo(0, 0)")  # the conversation is longer than the screen
    page.wait_for_function("scrollY === 0")
    assert page.evaluate(places) == [True, True, False]
    keep(page, "narrow-sticky")


def test_what_is_far_too_long_is_said_to_be_so(visit, always):
    page = visit()
    page.fill(".find", "x" * 250_000)
    page.wait_for_selector("text=No document has")
    assert page.evaluate("""() => {
      const library = document.querySelector(".library");
      return library.scrollWidth <= library.clientWidth;
    }""")
    page.fill(".find", "")
    page.locator("[data-view='document/0/0/0/mill.txt']").click()
    page.wait_for_selector(".document")
    page.fill(".find-inside", "mill " * 50_000)
    page.wait_for_selector(".found-count >> text=Not in this document")
    page.fill("#question textarea", "why " * 250_000)
    page.keyboard.press("Enter")
    page.wait_for_selector("#question[data-long]")
    assert "too long" in page.locator("#said").text_content()
    keep(page, "too-long")
    ask(page, "Who bought the mill?")
    assert page.locator("#question[data-long]").count() == 0
    assert page.locator(".turn").count() == 1


def test_the_ring_of_the_question_box_is_not_cut_off(visit):
    page = visit()
    page.locator("#question textarea").focus()
    box = page.locator("#question .input-container")
    shadow = box.evaluate("element => getComputedStyle(element).boxShadow")
    assert shadow.endswith("inset")


def test_touch_targets_of_a_narrow_page_are_large_enough(visit, served, always):
    page = visit("narrow")
    sizes = """elements => elements.map(e => [e.className, e.getBoundingClientRect().height])
      .filter(([, height]) => height < 44)"""
    small = []
    pressed = page.locator("button:visible, input[type=range]:visible")
    small += pressed.evaluate_all(sizes)
    touched = """tick => {
      const { x, y, width, height } = tick.getBoundingClientRect();
      const at = by => document.elementFromPoint(x + width / 2, y + height / 2 + by);
      return [-20, 20].every(by => at(by) === tick);
    }"""
    page.locator(".tick").first.scroll_into_view_if_needed()
    assert page.locator(".tick").first.evaluate(touched)
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
    assert len(tops) == 4
    assert len({round(top) for top in tops}) == 2  # copying on one line, thumbs on another
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
    assert page.title() == "Who designed the lighthouse of Rerik? – Verbatim"

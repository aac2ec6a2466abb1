"""The library in headless Chromium: upload, choose, delete, rename, and a build that all see."""

import pytest
from browsing import WAIT_MS
from serving import gradio_warnings, serving_live
from sparing import light_work
from waiting import SlowBuild, until

from qa.collections import Corpus
from qa.library import Files, open_library

pytestmark = [pytest.mark.browser, gradio_warnings]
TEXTS = {
    "tower.txt": "The tower\n\nThe tower was sold to Ida Falk in 1999.\n",
    "deep/mill.txt": "The mill\n\nThe mill was bought by Rosa Thal in 1931.\n",
    "deep/broken.pdf": "%PDF-1.7 nothing else",
}


@pytest.fixture
def served(tmp_path):
    folder = tmp_path / "papers"
    folder.mkdir()
    with light_work():
        corpus = Corpus(
            open_library(folder, tmp_path / "index"),
            folder=folder,
            index=tmp_path / "index",
            watching=True,
            files=Files(folder, reserve_bytes=0),
        )
        with serving_live(corpus) as running:
            yield running


@pytest.fixture
def page(served, chromium):
    wrong = []
    page = chromium.new_page(reduced_motion="reduce")
    page.set_default_timeout(WAIT_MS)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(served.url)
    page.wait_for_selector(".greeting.drop")
    yield page
    page.close()
    assert wrong == []


def test_documents_are_dropped_chosen_asked_deleted_and_put_back(served, page, tmp_path):
    corpus = served.corpus
    for name, text in TEXTS.items():
        file = tmp_path / "mine" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    page.set_input_files(".pick-folder", tmp_path / "mine")
    page.wait_for_selector(".entry >> nth=1")
    page.wait_for_selector("text=1 not read")
    until(lambda: len(corpus.now.library.entries) == 2)
    assert (corpus.folder / "mine/deep/mill.txt").read_text() == TEXTS["deep/mill.txt"]

    page.get_by_role("checkbox", name="Ask only the folder mine/deep").check()
    assert page.locator("#only").inner_text().startswith("Asking only mine/deep/")
    page.fill("#question textarea", "Who bought the tower?")
    page.keyboard.press("Enter")
    page.wait_for_selector(".turn .footnote")
    assert page.locator(".asked-only").inner_text() == "Only in mine/deep/"
    assert "tower.txt" not in page.locator("#evidence").inner_text()
    page.get_by_role("button", name="Ask all documents").click()
    assert page.locator("#only").is_hidden()

    page.get_by_role("button", name="All documents", exact=True).click()
    page.locator("[data-only='mine/tower.txt']").check()
    assert "The tower" in page.locator("#only").inner_text()
    page.locator(".entry", has_text="tower.txt").hover()
    page.get_by_role("button", name="Delete mine/tower.txt").click()
    page.wait_for_selector("#only", state="hidden")  # or nothing could be asked
    until(lambda: len(corpus.now.library.entries) == 1)
    page.wait_for_function("document.querySelectorAll('.entry').length === 1")
    page.get_by_role("button", name="Undo").click()
    page.wait_for_function("document.querySelectorAll('.entry').length === 2")
    assert (corpus.folder / "mine/tower.txt").read_text() == TEXTS["tower.txt"]

    page.locator(".entry", has_text="tower.txt").hover()
    page.get_by_role("button", name="Rename mine/tower.txt").click()
    page.keyboard.type("sold")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=mine/tower.txt is mine/sold.txt now.")
    until(lambda: (corpus.folder / "mine/sold.txt").exists())
    page.locator(".folder", has_text="mine/deep").hover()
    page.get_by_role("button", name="Rename the folder mine/deep").click()
    page.keyboard.type("high")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=mine/deep is mine/high now.")
    until(lambda: (corpus.folder / "mine/high/mill.txt").exists())
    page.fill(".find", "mill")
    page.wait_for_function("document.querySelectorAll('.entry').length === 1")
    assert page.evaluate("document.activeElement.className").startswith("find")


def test_a_build_is_seen_by_those_who_did_not_ask_for_it(served, page, monkeypatch):
    monkeypatch.setattr("qa.library.live.BackgroundBuild", SlowBuild)
    SlowBuild.going.clear()
    SlowBuild.may_end.clear()
    (served.corpus.folder / "tower.txt").write_text(TEXTS["tower.txt"])
    assert SlowBuild.going.wait(60)
    page.get_by_text("Reading files: 1 of 4").wait_for()
    page.get_by_text("Reading your documents").wait_for()  # instead of "Drop files here"
    assert page.locator("#activity progress").evaluate("bar => bar.value") == 0.25
    SlowBuild.may_end.set()
    page.locator(".entry", has_text="tower.txt").wait_for()
    page.wait_for_selector("#activity", state="hidden")
    assert page.locator("#summary").inner_text() == "1 document, 1 passage"

"""The library in headless Chromium: upload, choose, delete, rename, and a build that all see."""

import threading
from dataclasses import replace

import pytest
from browsing import IN_VIEW, WAIT_MS, keep
from loaded import BuildHere
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
    page.fill("#question textarea", "Who bought the tower?")
    page.keyboard.press("Enter")
    page.wait_for_selector(".turn .trouble >> text=There are no documents to ask yet.")
    page.click("#new-talk")
    for name, text in TEXTS.items():
        file = tmp_path / "mine" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    page.set_input_files(".pick-folder", tmp_path / "mine")
    page.wait_for_selector(".entry >> nth=1")
    page.wait_for_selector("text=1 not read")
    until(lambda: len(corpus.now.library.entries) == 2)
    assert (corpus.folder / "mine/deep/mill.txt").read_text() == TEXTS["deep/mill.txt"]

    assert page.get_by_text("Tick documents or folders to ask only these.").is_visible()
    tick = page.get_by_role("checkbox", name="Ask only the folder mine/deep")
    page.emulate_media(forced_colors="active")
    colour = "element => getComputedStyle(element).backgroundColor"
    empty = tick.evaluate(colour)
    tick.check()
    assert tick.evaluate(colour) != empty  # by colours of the visitor's system, too
    page.emulate_media(forced_colors="none")
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
    page.get_by_role("button", name="Rename or move mine/tower.txt").click()
    page.keyboard.type("deep")
    page.keyboard.press("End")
    for _ in ".txt":
        page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    page.wait_for_selector(".library-note.failed")
    assert page.input_value(".new-name") == "mine/deep"  # to be mended
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.wait_for_selector(".renaming", state="detached")
    assert page.evaluate("document.activeElement.dataset.rename") == "mine/tower.txt"
    page.keyboard.press("Enter")
    page.fill(".new-name", "mine/sold.txt")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_selector("text=mine/tower.txt is mine/sold.txt now.")
    until(lambda: (corpus.folder / "mine/sold.txt").exists())
    page.locator(".folder", has_text="mine/deep").hover()
    page.get_by_role("button", name="Rename or move the folder mine/deep").click()
    page.keyboard.type("high")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=mine/deep is mine/high now.")
    until(lambda: (corpus.folder / "mine/high/mill.txt").exists())
    page.fill(".find", "mill")
    page.wait_for_function("document.querySelectorAll('.entry').length === 1")
    assert page.evaluate("document.activeElement.className").startswith("find")


# What a visitor drops; a test has no folder to drop.
DROP = """files => {
  const carried = new DataTransfer();
  for (const [name, text] of Object.entries(files)) carried.items.add(new File([text], name));
  const options = { dataTransfer: carried, bubbles: true, cancelable: true };
  document.dispatchEvent(new DragEvent("dragover", options));
  document.dispatchEvent(new DragEvent("drop", options));
}"""


def test_files_are_dropped_on_an_open_document_and_what_failed_is_told_and_put_away(served, page):
    folder = served.corpus.folder
    (folder / "tower.txt").write_text(TEXTS["tower.txt"])
    page.locator(".entry").click()
    page.wait_for_selector(".sheet")
    trouble = "There is no room for huge.txt. Free some space."
    page.route(
        "**/library/files?name=huge.txt",
        lambda route: route.fulfill(status=409, json={"detail": trouble}),
    )
    page.evaluate(DROP, {"broken.pdf": TEXTS["deep/broken.pdf"], "huge.txt": "huge"})
    page.wait_for_selector(".library-note >> text=1 file added, 1 not added.")
    page.wait_for_selector(f".uploads >> text={trouble}")
    page.wait_for_selector(".uploads >> text=broken.pdf was added, but cannot be read. Damaged")
    keep(page, "library-not-added")
    line, close = (
        page.locator(part).first.bounding_box() for part in (".library-note", "[data-dismiss]")
    )
    failed = page.locator(".uploads .failed").first
    assert failed.bounding_box()["x"] == line["x"]
    assert failed.evaluate("line => getComputedStyle(line).backgroundColor") not in (
        "rgba(0, 0, 0, 0)",
        page.locator(".library").evaluate("list => getComputedStyle(list).backgroundColor"),
    )
    assert abs(line["y"] + line["height"] / 2 - close["y"] - close["height"] / 2) < 3
    page.get_by_role("button", name="Close", exact=True).click()
    assert page.locator(".news").is_hidden()
    assert page.evaluate("document.activeElement !== document.body")
    page.locator(".entry").click()
    page.get_by_role("button", name="All documents").click()
    page.wait_for_selector(".library")
    assert page.locator(".news").is_hidden()


def test_hidden_files_are_said_to_be_left_out(served, page):
    page.evaluate(DROP, {".profile": "hidden"})
    page.wait_for_selector(".library-note.failed >> text=1 hidden file left out.")
    page.evaluate(DROP, {".profile": "hidden", ".notes": "too", "tower.txt": TEXTS["tower.txt"]})
    page.wait_for_selector(".library-note.done >> text=1 file added, 2 hidden files left out.")
    assert [path.name for path in served.corpus.folder.glob("[!.]*")] == ["tower.txt"]


def test_a_new_version_of_a_file_is_named_and_replaces_the_earlier_one(served, page):
    folder = served.corpus.folder
    harbour = folder / "harbour.txt"
    harbour.write_text("The harbour\n\nThe harbour was dug in 1880.\n")
    page.wait_for_selector(".entry")
    newer = "The harbour\n\nThe harbour was dug in 1890.\n"
    page.evaluate(DROP, {"harbour.txt": newer})
    said = "harbour.txt is there already, with other contents. This one is named harbour (2).txt."
    page.wait_for_selector(f".uploads >> text={said}")
    page.wait_for_selector(".entry >> nth=1")
    keep(page, "library-numbered")
    page.get_by_role("button", name="Replace the earlier one").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=harbour.txt replaced. The earlier one is among the deleted files.")
    assert harbour.read_text() == newer
    page.wait_for_function("document.querySelectorAll('.entry').length === 1")
    keep(page, "library-replaced")
    assert page.evaluate("document.activeElement.textContent") == "Undo"
    page.keyboard.press("Enter")
    page.wait_for_selector("text=The earlier version is back.")
    assert "1880" in harbour.read_text()
    assert (folder / "harbour (2).txt").read_text() == newer
    page.wait_for_selector(".uploads >> text=Replace the earlier one")


def test_a_citation_of_a_document_that_was_deleted_says_so(served, page):
    for name in ("tower.txt", "sale.txt"):
        (served.corpus.folder / name).write_text(TEXTS["tower.txt"].replace("The tower\n", name))
    page.wait_for_selector(".entry >> nth=1")
    page.fill("#question textarea", "Who bought the tower?")
    page.keyboard.press("Enter")
    page.wait_for_selector(".turn .spread >> text=The same answer in 2 documents")
    page.get_by_role("button", name="All documents", exact=True).click()
    page.locator(".entry", has_text="sale.txt").hover()
    page.get_by_role("button", name="Delete sale.txt").click()
    page.wait_for_selector(".citation >> text=deleted")
    keep(page, "library-deleted-source")
    assert page.locator(".spread").count() == 0
    assert page.locator(".citation", has_text="deleted").count() == 1
    page.wait_for_selector(".library-note >> text=Undo")  # the list was not drawn anew
    page.get_by_role("button", name="Undo").click()
    page.wait_for_selector(".turn .spread >> text=The same answer in 2 documents")


def test_what_was_deleted_far_down_is_put_back_from_where_one_is(served, page):
    for number in range(30):
        (served.corpus.folder / f"{number:02}.txt").write_text(f"House {number}\n\nIt is green.\n")
    page.wait_for_selector(".entry >> nth=29")
    page.locator(".entry").last.hover()
    page.get_by_role("button", name="Delete 29.txt").click()
    undo = page.get_by_role("button", name="Undo")
    undo.wait_for()
    assert page.evaluate("document.querySelector('.library').scrollTop") > 500
    assert page.evaluate(IN_VIEW, [".library-note", ".library"])
    keep(page, "library-undo")
    undo.click()
    until(lambda: (served.corpus.folder / "29.txt").exists())


def test_undo_stays_when_a_build_that_knows_nothing_of_the_deletion_ends(served, page, monkeypatch):
    folder = served.corpus.folder
    for name in ("tower.txt", "mill.txt"):
        (folder / name).write_text(TEXTS["tower.txt"])
    page.wait_for_selector(".entry >> nth=1")
    page.wait_for_selector("#activity", state="hidden")
    has_read, may_end = threading.Event(), threading.Semaphore(0)

    class Reader(BuildHere):
        def run(self, *given):
            report = super().run(*given)
            has_read.set()
            assert may_end.acquire(timeout=300)
            return report

    monkeypatch.setattr("qa.library.live.BackgroundBuild", Reader)
    (folder / "house.txt").write_text("The house\n\nIt is green.\n")
    assert has_read.wait(60)
    page.wait_for_selector("#activity:visible")
    page.locator(".entry", has_text="tower.txt").hover()
    page.get_by_role("button", name="Delete tower.txt").click()
    page.wait_for_selector(".library-note >> text=tower.txt was deleted.")
    may_end.release()
    page.wait_for_selector(".entry >> text=house.txt")
    # Also where the server draws the list, as when it has found questions to begin with.
    served.corpus.now = replace(served.corpus.now, examples=("Who bought the tower?",))
    page.wait_for_selector(".example")
    keep(page, "library-leaving")
    assert page.locator(".entries > .leaving").inner_text().startswith("The tower\ntower.txt")
    page.get_by_role("button", name="Undo").click()
    page.wait_for_selector(".library-note >> text=tower.txt is back.")
    assert page.locator(".entries > .leaving").count() == 0
    for _ in range(3):
        may_end.release()


@pytest.mark.parametrize("by_touch", [True, False])
def test_what_is_said_of_files_suits_the_device(served, chromium, by_touch):
    # A device without a mouse cannot drop files.
    narrow = {"has_touch": True, "is_mobile": True, "viewport": {"width": 390, "height": 844}}
    page = chromium.new_page(reduced_motion="reduce", **(narrow if by_touch else {}))
    page.set_default_timeout(WAIT_MS)
    page.goto(served.url)
    page.wait_for_selector(".greeting.drop")
    said = "Add your files" if by_touch else "Drop files here"
    assert page.locator(".greeting h2").inner_text() == said
    keep(page, f"library-empty-{'touch' if by_touch else 'mouse'}")
    (served.corpus.folder / "tower.txt").write_text(TEXTS["tower.txt"])
    page.wait_for_selector(".entry")
    page.wait_for_selector(".library > .footnote", state="attached")
    hint = page.get_by_text("Files can be dropped anywhere on this page.")
    assert hint.is_visible() != by_touch
    # Nothing hovers there: what changes a document is seen at once.
    assert page.locator(".entries .changes").evaluate("e => getComputedStyle(e).opacity") == (
        "1" if by_touch else "0"
    )
    page.close()


def test_the_list_is_drawn_anew_around_what_is_focused(served, page):
    for number in range(120):
        (served.corpus.folder / f"{number:03}.txt").write_text(f"Mill {number} was sold in 1931.")
    page.wait_for_selector(".entry >> nth=99")
    focused = "document.activeElement.{}"
    page.get_by_role("button", name="Next").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".pages >> text=Page 2 of 2")
    # There is no further page: the way back is beside it.
    assert page.evaluate(focused.format("textContent")) == "Previous"
    page.locator("[data-only='110.txt']").focus()
    (served.corpus.folder / "late.txt").write_text("The late mill was sold in 1932.")
    page.wait_for_selector("text=121 documents")
    page.wait_for_selector("[data-only='late.txt']")
    assert page.evaluate(focused.format("dataset.only")) == "110.txt"
    rebuild = page.get_by_role("button", name="Rebuild")
    rebuild.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Nothing has changed since the last build.")
    assert page.evaluate(focused.format("id")) == "rebuild"


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

"""The open document in headless Chromium: pages, windows of a long text, tables, search."""

import json
import re
import urllib.error
import urllib.request
from urllib.parse import urlencode

import pytest
from browsing import IN_VIEW, IN_WINDOW, VIEWS, keep, visiting
from making import make_pdf, make_picture
from serving import HOSTILE, gradio_warnings, serving
from test_accessibility import WRONG, axe  # noqa: F401
from waiting import until

pytestmark = [pytest.mark.browser, gradio_warnings]

LINE = "The ferry to the island leaves the northern pier at a quarter past seven each day. "
DESIGNER = "The crossing was designed by Ada Blum."


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("viewer") / "documents"
    folder.mkdir()
    content = [("text", LINE * 5)] * 12
    pdf = make_pdf([*content, ("text", DESIGNER), ("text", LINE)], title="Handbook")
    (folder / "handbook.pdf").write_bytes(pdf)
    rows = [f"Club {n},Town {n},{100 + n} euro" for n in range(80)]
    rows[40] = "Gull rowing club,Husum,480 euro"
    (folder / "fees.csv").write_text("\n".join(["Club,City,Fee", *rows]), encoding="utf-8")
    entries = [f"Entry {n} of the log says that {LINE}" for n in range(600)]
    entries[300] += "The lighthouse was lit by Greta Holm. 🏽"
    (folder / "log.txt").write_text("The log\n\n" + "\n\n".join(entries), encoding="utf-8")
    names = [f"What was noted of it in the year {year}" for year in range(2010, 2018)]
    noted = [["Nothing that is worth a line"] * 8 for _ in range(3)]
    noted[1][7] = "Painted by Ida Falk"
    wide = "\n".join(map(",".join, [names, *noted]))
    (folder / "wide.csv").write_text(wide, encoding="utf-8")
    boats = [
        [f"Boat {n}", *(f"note {n} on what is in column {m}" for m in range(8))] for n in range(60)
    ]
    boats[45][7] = "Surveyed by Paula Reimers"
    columns = ["Boat", *(f"What the harbour office says of part {m}" for m in range(8))]
    fleet = "\n".join(map(",".join, [columns, *boats]))
    (folder / "fleet.csv").write_text(fleet, encoding="utf-8")
    make_picture(["The mill was built in 1790, as they say, by Rosa Thal."]).save(
        folder / "mill.png"
    )
    (folder / "notes.txt").write_text(HOSTILE, encoding="utf-8")
    lines = [f"The {each} pier was mended." for each in ("first", "second", "third", "fourth")]
    (folder / "piers.txt").write_text("\n\n".join(["The piers", *lines]), encoding="utf-8")
    with serving(folder, folder.parent / "index") as running:
        yield running


@pytest.fixture
def visit(chromium, served):
    with visiting(chromium, served.url) as open_page:

        def visit(name, words="", size="wide", scheme="light"):
            text = served.corpus.now.qa.document(name).text
            start = text.index(words)
            place = f"#{start}-{start + len(words)}" if words else ""
            return open_page(size, scheme, f"{served.url}/?doc={name}{place}", wait=".viewer")

        yield visit


def get(served, path, **values):
    return urllib.request.urlopen(f"{served.url}/document/{path}?{urlencode(values)}")


def test_a_page_of_a_pdf_is_drawn_with_its_words_boxed(visit):
    page = visit("handbook.pdf", "Ada Blum")
    page.wait_for_selector(".paper polygon.passage")
    page.wait_for_function(IN_VIEW, arg=[".paper polygon.passage", ".paper"])
    assert not page.locator(".document").is_visible()
    count = int(page.locator(".viewer").get_attribute("data-pages"))
    assert page.input_value(".page-number") == str(count) != "1"
    keep(page, "viewer-page")
    width = page.locator(".paper img").bounding_box()["width"]
    page.get_by_role("button", name="Larger").click()
    assert page.locator(".paper img").bounding_box()["width"] > 1.2 * width
    page.fill(".page-number", "2")
    page.keyboard.press("Enter")
    page.wait_for_selector(".paper img[alt^='Page 2 ']")
    page.get_by_role("button", name="Page before").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".paper img[alt^='Page 1 ']")
    # It leads no further, and has the focus still.
    assert page.get_by_role("button", name="Page before").get_attribute("aria-disabled") == "true"
    assert page.evaluate("document.activeElement.dataset.turn") == "-1"
    assert page.locator(".paper polygon").count() == 0
    page.fill(".find-inside", "ADA  blum")
    page.wait_for_selector(".paper polygon.now")
    assert page.input_value(".page-number") == str(count)
    page.get_by_role("button", name="Text", exact=True).click()
    page.wait_for_selector(".document .passage")
    assert page.locator(".document .passage").text_content() == "Ada Blum"
    page.wait_for_function(IN_VIEW, arg=[".document .passage", ".document"])


def test_a_link_to_a_page_shows_it_on_a_phone_below_two_rows_of_tools(visit):
    page = visit("handbook.pdf", "Ada Blum", size="narrow")
    page.wait_for_selector(".paper polygon.passage")
    page.wait_for_function("document.querySelector('#evidence').getBoundingClientRect().top < 200")
    rows = page.eval_on_selector_all(
        ".tools > span", "parts => parts.map(part => Math.round(part.getBoundingClientRect().top))"
    )
    assert len(set(rows)) == 2
    page.wait_for_function(IN_WINDOW, arg=".paper polygon.passage")
    # It is as wide as the screen, and scrolled with the page.
    fits = """paper => paper.scrollWidth <= paper.clientWidth
      && paper.scrollHeight <= paper.clientHeight + 1
      && paper.querySelector("img").offsetWidth > 300
      && document.body.scrollWidth <= innerWidth"""
    assert page.locator(".paper").evaluate(fits)
    keep(page, "viewer-narrow-page")
    page.get_by_role("button", name="Larger").click()
    paper = page.locator(".paper").element_handle()
    page.wait_for_function("paper => paper.scrollWidth > paper.clientWidth", arg=paper)
    assert page.evaluate("document.body.scrollWidth <= innerWidth")


def test_boxes_do_not_hide_the_words_where_colours_are_forced(visit):
    page = visit("handbook.pdf", "Ada Blum")
    page.wait_for_selector(".paper polygon.passage")
    page.emulate_media(forced_colors="active")
    fills = page.eval_on_selector_all(
        ".paper polygon", "boxes => boxes.map(box => getComputedStyle(box).fill)"
    )
    assert set(fills) == {"none"}


def test_all_of_a_long_document_is_reached_and_searched(visit, served):
    page = visit("log.txt")
    shown = served.corpus.now.qa.document("log.txt")
    windows = page.locator(".window")
    assert windows.count() > 3
    assert page.locator(".window[data-loaded]").count() < windows.count()
    page.fill(".find-inside", "greta holm")
    page.wait_for_function("document.querySelector('.found-count').textContent === '1 of 1'")
    found = page.evaluate("[...CSS.highlights.get('found-now')][0].toString()")
    assert found == "Greta Holm"
    box = page.evaluate(
        "(() => { const r = [...CSS.highlights.get('found-now')][0].getBoundingClientRect();"
        " const d = document.querySelector('.document').getBoundingClientRect();"
        " return r.top > d.top && r.bottom < d.bottom; })()"
    )
    assert box
    keep(page, "viewer-found")
    page.evaluate("document.querySelector('.document').scrollTo(0, 1e7)")
    page.wait_for_selector(".window:last-child[data-loaded]")
    last = page.locator(".window").last
    assert last.text_content() == shown.text[int(last.get_attribute("data-start")) :]


def test_on_a_phone_the_page_scrolls_and_not_the_text_in_it(visit):
    page = visit("log.txt", "Greta Holm", size="narrow")
    page.wait_for_function(IN_WINDOW, arg=".document .passage")
    assert page.evaluate("scrollY") > 1000
    text = page.locator(".document")
    assert text.evaluate("e => e.scrollHeight - e.clientHeight") <= 1
    page.fill(".find-inside", "Entry 590 of")
    page.wait_for_selector(".found-count >> text=1 of 1")
    page.wait_for_function("scrollY + innerHeight > document.body.scrollHeight * 0.9")
    assert page.evaluate(IN_WINDOW, ".find-inside")  # wherever the text is scrolled to
    keep(page, "narrow-text")
    page.click("[data-back]")
    page.wait_for_function(IN_WINDOW, arg="#question textarea")


def test_what_is_on_the_first_screen_is_shown_from_the_start(visit):
    page = visit("piers.txt", "fourth")
    page.wait_for_function(IN_VIEW, arg=[".document .passage", ".document"])
    page.wait_for_timeout(300)
    assert page.evaluate("document.querySelector('.document').scrollTop") == 0


def test_what_arrives_late_of_a_document_does_not_come_into_the_next(visit, served):
    page = visit("log.txt", "Greta Holm")
    page.fill(".find-inside", "ferry")
    page.wait_for_selector(".found-count:not(:empty)")
    held = []
    page.route(re.compile("/document/(window|page|find)"), lambda route: held.append(route))
    page.evaluate("document.querySelector('.document').scrollTo(0, 0)")
    page.wait_for_function("document.querySelector('.window:first-child:not([data-loaded])')")
    show = "id => document.dispatchEvent(new CustomEvent('look-at', { detail: id }))"
    page.evaluate(show, "document/0/0/0/handbook.pdf")
    page.wait_for_selector("[data-document='handbook.pdf'] .paper")
    until(lambda: page.wait_for_timeout(50) or any("id=handbook" in r.request.url for r in held))
    page.evaluate(show, "document/0/0/0/notes.txt")
    page.wait_for_selector("[data-document='notes.txt'] .document")
    assert len(held) > 1
    for route in held:
        route.fulfill(response=route.fetch())
    page.wait_for_timeout(300)
    text = served.corpus.now.qa.document("notes.txt").text
    assert page.locator(".document").text_content() == text
    assert page.locator(".sheet img").count() == 0
    assert page.input_value(".find-inside") == ""


@pytest.mark.parametrize(("size", "scheme"), VIEWS)
def test_a_table_is_a_table_and_axe_finds_nothing(visit, axe, size, scheme):  # noqa: F811
    page = visit("fees.csv", "480 euro", size, scheme)
    row = page.locator("tr.lit")
    assert [cell.text_content().strip("\n |") for cell in row.locator("td").all()] == [
        *("Gull rowing club", "Husum", "480 euro")
    ]
    assert page.locator("th.lit").first.text_content().strip(" |\n") == "Fee"
    page.evaluate(axe)
    wrong = {"table": page.evaluate(WRONG)}
    keep(page, f"viewer-table-{size}-{scheme}")
    page = visit("handbook.pdf", "Ada Blum", size, scheme)
    page.wait_for_selector(".paper img")
    page.evaluate(axe)
    wrong["page"] = page.evaluate(WRONG)
    keep(page, f"viewer-page-{size}-{scheme}")
    assert {state: found for state, found in wrong.items() if found} == {}


def test_the_rows_of_a_passage_are_shaded_as_a_whole(visit, served):
    text = served.corpus.now.qa.document("fees.csv").text
    rows = text[text.index("Gull rowing club") :].splitlines()[:2]
    page = visit("fees.csv", "\n".join(rows))
    page.wait_for_selector(".document td .passage")
    shades = page.locator("tr:has(.passage) > td").evaluate_all(
        "cells => cells.map(cell => getComputedStyle(cell).backgroundColor)"
    )
    assert len(shades) == 6
    assert len(set(shades)) == 1 and "rgba(0, 0, 0, 0)" not in shades
    word = page.locator("td .passage").first
    assert word.evaluate("e => getComputedStyle(e).backgroundColor") == "rgba(0, 0, 0, 0)"
    marked = """e => {
      e.innerHTML = '<mark class="answer passage">480 euro</mark>';
      return getComputedStyle(e.firstChild).backgroundColor;
    }"""
    assert page.locator("tr:has(.passage) > td").first.evaluate(marked) not in (
        *shades,
        "rgba(0, 0, 0, 0)",
    )


def test_words_far_right_in_a_table_are_brought_into_view(visit):
    page = visit("wide.csv", "Painted by Ida Falk", "narrow")
    page.wait_for_selector(".wide.scrolls")
    seen = """part => {
      const [place, frame] = [part, part.closest(".wide")].map(e => e.getBoundingClientRect());
      return place.left >= frame.left && place.right <= frame.right;
    }"""
    assert page.locator(".wide .passage").evaluate(seen)
    page.evaluate("document.querySelector('.wide').scrollLeft = 0")
    page.fill(".find-inside", "year 2013")
    page.wait_for_function("document.querySelector('.found-count').textContent === '1 of 1'")
    # No further than needed: what is before it in its row stays in view.
    beyond = """() => {
      const frame = document.querySelector(".wide").getBoundingClientRect();
      const { right } = [...CSS.highlights.get("found-now")][0].getBoundingClientRect();
      return (frame.right - right) / frame.width;
    }"""
    assert 0 <= page.evaluate(beyond) < 0.13
    page.evaluate("document.querySelector('.wide').scrollLeft = 0")
    page.fill(".find-inside", "ida falk")
    page.wait_for_function("[...CSS.highlights.get('found-now')].join() === 'Ida Falk'")
    assert page.locator(".wide .passage").evaluate(seen)
    button, tools = (page.locator(part).bounding_box() for part in ("[data-found='1']", ".tools"))
    assert button["x"] + button["width"] <= tools["x"] + tools["width"] - 16
    # No cell is a column of single words.
    assert page.locator("td:has(.passage)").bounding_box()["height"] < 70
    keep(page, "viewer-wide-table-narrow")


@pytest.mark.parametrize("size", ["wide", "narrow"])
def test_what_a_cell_is_about_stays_in_view(visit, size):
    page = visit("fleet.csv", "Surveyed by Paula Reimers", size)
    page.wait_for_selector(".wide.scrolls .passage")
    # The names of its row and of its column are seen, beside and above it.
    seen = """() => {
      const cell = document.querySelector("td:has(.passage)");
      const row = cell.parentElement;
      const column = cell.closest("table").rows[0].cells[cell.cellIndex];
      const isSeen = part => {
        const { left, top, width, height } = part.getBoundingClientRect();
        return part.contains(document.elementFromPoint(left + width / 2, top + height / 2));
      };
      return [cell, row.cells[0], column].map(isSeen);
    }"""
    page.wait_for_function(f"({seen})().join() === 'true,true,true'")
    frame = page.locator(".wide:has(.passage)").bounding_box()
    assert page.locator("tr:has(.passage) > td").first.bounding_box()["x"] == frame["x"]
    keep(page, f"viewer-fleet-{size}")
    # At the end of the table its names leave with it.
    last = page.locator(".wide:has(.passage) tr").last
    last.evaluate("row => row.scrollIntoView({ block: 'start' })")
    page.wait_for_function("""() => {
      const rows = [...document.querySelectorAll(".wide:has(.passage) tr")];
      const [names, last] = [rows[0], rows.at(-1)].map(row => row.cells[0].getBoundingClientRect());
      return names.bottom <= last.top + 1;
    }""")


def test_what_is_said_of_a_scan_stays_in_view_as_it_is_scrolled(visit):
    page = visit("mill.png", "Rosa Thal", "narrow", "dark")
    page.wait_for_selector(".paper polygon.passage")
    for _ in range(3):
        page.get_by_role("button", name="Larger").click()
    page.wait_for_function("document.querySelector('.paper').scrollLeft > 50")
    said, paper = (page.locator(part).bounding_box() for part in (".paper figcaption", ".paper"))
    assert said["x"] >= paper["x"]
    assert said["x"] + said["width"] <= paper["x"] + paper["width"] + 1
    for _ in range(4):
        page.get_by_role("button", name="Smaller").click()
    sheet = page.locator(".paper img").bounding_box()
    assert sheet["width"] < 0.8 * paper["width"]
    keep(page, "viewer-scan-narrow")


def test_a_hostile_document_is_shown_and_nothing_of_it_runs(visit, served):
    page = visit("notes.txt", "password")
    text = served.corpus.now.qa.document("notes.txt").text
    assert page.locator(".document").text_content() == text
    assert page.evaluate("window.hacked") is None


def test_only_what_is_indexed_is_served_and_as_it_was(served):
    log = served.corpus.now.qa.document("log.txt")
    known = {"id": log.id, "sha256": log.sha256}
    for path, status, values in (
        ("window", 404, {**known, "id": "../log.txt", "number": 0}),
        ("window", 404, {**known, "number": 10_000}),
        ("window", 404, {**known, "number": -1}),
        ("window", 410, {**known, "sha256": "0" * 64, "number": 0}),
        ("picture", 404, {**known, "number": 1}),
        ("picture", 404, {"id": "/etc/passwd", "sha256": "", "number": 1}),
        ("picture", 422, {**known, "number": "x"}),
    ):
        with pytest.raises(urllib.error.HTTPError) as caught:
            get(served, path, **values)
        assert caught.value.code == status
        caught.value.close()
    with get(served, "window", **known, number=0, marks="0-7-answer,<script>") as answer:
        html = answer.read().decode()
    assert '<mark class="answer last">The log</mark>' in html
    assert "script" not in html
    with get(served, "find", **known, words="x" * 5_000) as answer:
        assert json.load(answer) == {"count": 0, "places": []}

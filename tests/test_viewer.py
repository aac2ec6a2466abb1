"""A document as it is drawn: the whole text in windows, its structure, and search in it."""

import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import make_docx, make_eml, write
from test_evidence import HOSTILE, Drawn

from qa.loaders import load
from qa.text import cells_of
from qa.types import Block, Document
from qa.viewer import find, groups_of, marks_of, window_at, windows_of, written_marks
from qa.web.render import render

KINDS = ["answer", "also", "passage"]


def document(text, blocks=(), **known):
    return Document("a.txt", text, "0" * 64, "A", "", "seeds/a.txt", tuple(blocks), **known)


def html_of(shown, marks=(), size=16_000):
    windows = windows_of(shown, size)
    return [
        render("window.html", groups=groups_of(shown, window, marks)).removesuffix("\n")
        for window in windows
    ]


def drawn(shown, marks=(), size=16_000):
    return Drawn(f'<div class="document">{"".join(html_of(shown, marks, size))}</div>')


@st.composite
def documents(draw):
    """Texts with blocks of all kinds between which is anything at all, and pages."""
    text = draw(st.text(st.sampled_from("ab |-1.\n\r:<&\u2028é🏽"), max_size=90) | st.just(HOSTILE))
    spot = st.integers(0, len(text))
    edges = sorted(set(draw(st.lists(spot, max_size=9))))
    blocks = []
    for start, end in zip(edges[::2], edges[1::2], strict=False):
        kind = draw(st.sampled_from(["heading", "body", "row", "columns", "about", "furniture"]))
        cells = draw(st.sampled_from([(), ((start, start), (start, end)), ((0, end), (end, end))]))
        depth, number = draw(st.sampled_from([(0, 0), (1, 0), (2, 3), (1, -1)]))
        level = draw(st.integers(0, 3))
        blocks.append(Block(start, end, kind, level, cells, depth, number))
    pages = (0, *sorted(draw(st.lists(spot, max_size=3))))
    return document(text, blocks, pages=pages if draw(st.booleans()) else ())


@given(documents(), st.data(), st.sampled_from([5, 20, 16_000]))
def test_what_is_drawn_is_the_text_letter_by_letter(shown, data, size):
    spot = st.integers(0, len(shown.text))
    marks = data.draw(st.lists(st.tuples(spot, spot, st.sampled_from(KINDS)), max_size=5))
    marks = [mark for mark in marks if mark[0] < mark[1]]
    found = drawn(shown, marks, size)
    assert found.text.get("document", "") == shown.text
    assert not {"script", "img", "b"} & set(found.tags)


@given(st.text(st.sampled_from("ab \n"), max_size=60), st.data())
def test_marks_cover_what_they_should(text, data):
    spot = st.integers(0, len(text))
    marks = data.draw(st.lists(st.tuples(spot, spot, st.sampled_from(KINDS)), max_size=6))
    marks = [mark for mark in marks if mark[0] < mark[1]]
    found = drawn(document(text, [Block(0, len(text), "body")] if text.strip() else []), marks)
    gap = found.text.get("gap", "")
    for kind in KINDS:
        covered = {i for start, end, each in marks if each == kind for i in range(start, end)}
        words = "".join(text[i] for i in sorted(covered))
        assert found.text.get(kind, "") == words or gap
    assert marks_of(written_marks(marks)) == marks


def test_marks_that_no_one_could_make_are_left_out():
    assert marks_of("5-9-answer,9-5-also,x,1-2-<b>,1-2-script,0-3-passage") == [
        (5, 9, "answer"),
        (0, 3, "passage"),
    ]
    assert len(marks_of("0-1-also," * 5_000)) == 200


@given(st.text(st.sampled_from("ab \n"), max_size=400), st.lists(st.integers(0, 400)), st.data())
def test_windows_are_the_whole_text_and_none_is_long(text, spots, data):
    edges = sorted({min(spot, len(text)) for spot in spots})
    blocks = [Block(a, b, "body") for a, b in pairwise(edges)]
    size = data.draw(st.sampled_from([10, 50, 1_000]))
    windows = windows_of(document(text, blocks), size)
    assert "".join(text[window.start : window.end] for window in windows) == text
    longest = max(window.end - window.start for window in windows)
    assert longest <= 2 * size + max((b.end - b.start for b in blocks), default=0)
    for offset in {0, len(text) // 2, max(len(text) - 1, 0)}:
        window = windows[window_at(windows, offset)]
        assert window.start <= offset <= window.end


def test_a_row_is_cut_into_the_cells_that_it_was_made_of():
    for cells in (["a", "b"], ["", "b"], ["a", ""], ["", "", "c", "", ""], ["a b", "", "d"]):
        row = " | ".join(cells).strip()
        found = cells_of(row, 10)
        assert [row[start - 10 : end - 10] for start, end in found] == cells


def table_of(rows, header=True):
    text = "\n".join(" | ".join(row) for row in rows)
    blocks, at = [], 0
    for number, row in enumerate(rows):
        end = at + len(" | ".join(row))
        kind = "columns" if header and not number else "row"
        blocks.append(Block(at, end, kind, 1))
        at = end + 1
    return document(text, blocks)


def tags(html, name):
    """Return the attributes of each tag of a name."""
    found = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag, attributes):
            if tag == name:
                found.append(dict(attributes))

    Parser().feed(html)
    return found


def test_row_and_column_of_an_answer_are_lit():
    shown = table_of([["City", "Mayor", "Since"], ["Ulm", "Ada", "2001"], ["Bonn", "Kim", "2010"]])
    start = shown.text.index("Kim")
    (html,) = html_of(shown, [(start, start + 3, "answer")])
    assert [each.get("class") for each in tags(html, "th")] == [None, "lit", None]
    assert [each.get("class") for each in tags(html, "td")] == [None, "lit", None] * 2
    assert [each["class"].strip() for each in tags(html, "tr")] == ["columns", "", "lit"]


def test_a_long_table_names_its_columns_again():
    rows = [["City", "Mayor"], *([f"Town {n}", f"<b>Mayor {n}"] for n in range(60))]
    shown = table_of(rows)
    first, *others = html_of(shown, size=300)
    assert len(others) > 2
    assert "again" not in first
    for html in others:
        assert [each["data-name"] for each in tags(html, "th")] == ["City", "Mayor"]


def test_a_merged_cell_is_drawn_once():
    text = "North | Ada\nSouth\nAll year"
    blocks = [
        Block(0, 11, "row", 1, ((0, 5), (8, 11))),
        Block(12, 17, "row", 1, ((12, 17), (8, 11))),
        Block(18, 26, "row", 1, ((18, 26), (18, 26))),
    ]
    (html,) = html_of(document(text, blocks))
    assert [each.get("colspan") for each in tags(html, "td")] == [None] * 4 + ["2"]


def test_headings_are_nested_without_leaps():
    names = [("Book", 1), ("Part", 4), ("Chapter", 6), ("Next", 4), ("End", 1)]
    text = "\n".join(name for name, _ in names)
    blocks = []
    for name, level in names:
        at = text.index(name)
        blocks.append(Block(at, at + len(name), "heading", level))
    (html,) = html_of(document(text, blocks))
    assert re.findall(r"<h(\d)", html) == ["3", "4", "5", "4", "3"]
    assert re.findall(r"rank-(\d)", html) == ["1", "4", "6", "4", "1"]


MARKDOWN = """# Trip

Bring:

- a lamp
- a rope
  - of wool

    or hemp
- a map

Then:

3. go
4. rest
"""


def test_lists_of_markdown_keep_their_depth_and_numbers(tmp_path):
    (tmp_path / "trip.md").write_text(MARKDOWN, encoding="utf-8")
    shown = load(tmp_path / "trip.md", folder=tmp_path)
    found = {shown.text[b.start : b.end]: (b.depth, b.number) for b in shown.blocks if b.depth}
    assert found == {
        "a lamp": (1, 0),
        "a rope": (1, 0),
        "of wool": (2, 0),
        "or hemp": (2, -1),
        "a map": (1, 0),
        "go": (1, 3),
        "rest": (1, 4),
    }
    (html,) = html_of(shown)
    assert [each["class"] for each in tags(html, "li")] == [
        *("depth-1", "depth-1", "depth-2", "depth-2 further", "depth-1"),
        *("depth-1 numbered", "depth-1 numbered"),
    ]
    assert [each.get("value") for each in tags(html, "li")][-2:] == ["3", "4"]
    assert html.count("<ul") == 2


def test_lists_of_web_pages_keep_their_numbers(tmp_path):
    page = "<h1>Trip</h1><p>A walk over the dunes.</p><ol start=5><li>Go<li>Rest<p>long</ol>"
    (tmp_path / "trip.html").write_text(page, encoding="utf-8")
    shown = load(tmp_path / "trip.html", folder=tmp_path)
    found = {shown.text[b.start : b.end]: (b.depth, b.number) for b in shown.blocks if b.depth}
    assert found == {"Go": (1, 5), "Rest": (1, 6), "long": (1, -1)}


def test_a_mail_has_its_headers_and_a_word_document_its_headings(tmp_path):
    content = [("text", "The fair is in May."), ("text", "Subject: of no mail")]
    shown = load(write(tmp_path, "a.eml", make_eml(content, title="Fair")), folder=tmp_path)
    found = drawn(shown)
    assert "From:" in found.text["mail"]
    assert "May" not in found.text["mail"]
    assert "of no mail" not in found.text["mail"]
    parts = [("heading", "The fair"), ("text", "It is in May.")]
    shown = load(write(tmp_path, "a.docx", make_docx(parts)), folder=tmp_path)
    assert drawn(shown).text["heading"] == "The fair"


def test_pages_begin_where_they_do():
    shown = document("One two three", [Block(0, 13, "body")], pages=(0, 4, 8, 13))
    (html,) = html_of(shown, [(4, 7, "answer")])
    assert [each["data-page"] for each in tags(html, "span")] == ["1", "2", "3"]
    assert html.index('data-page="2"') < html.index("two")


@pytest.mark.parametrize(
    ("text", "words", "places"),
    [
        ("The mill. The Mill!", "the mill", ["The mill", "The Mill"]),
        ("two\n lines", "two lines", ["two\n lines"]),
        ("it’s “so”–so", 'it\'s "so"-so', ["it’s “so”–so"]),
        ("a.c abc", "a.c", ["a.c"]),
        ("anything", "  ", []),
    ],
)
def test_words_are_found_whatever_their_case_and_spaces(text, words, places):
    shown = document(text)
    count, found = find(shown, windows_of(shown), words)
    assert [text[each.start : each.end] for each in found] == places
    assert count == len(places)


def test_places_are_counted_as_a_browser_counts():
    text = "🏽 mill\n" * 10
    blocks = [Block(7 * n, 7 * n + 6, "body") for n in range(10)]
    shown = document(text, blocks, pages=(0, 35))
    windows = windows_of(shown, 14)
    count, found = find(shown, windows, "mill", most=7)
    assert (count, len(found)) == (10, 7)
    for each in found:
        part = text[windows[each.window].start : windows[each.window].end].encode("utf-16-le")
        assert part[2 * each.first : 2 * each.last].decode("utf-16-le") == "mill"
    assert [each.page for each in found] == [1] * 5 + [2] * 2

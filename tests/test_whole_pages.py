"""Nothing is lost in silence: web pages, PDF and Markdown against a dump of their words.

What belongs to a site and not to a page is left out, and is the only thing that is; it is named.
"""

import io
import re

import pytest
from lxml import html
from making import make_pdf

from qa.loaders import load
from qa.text import counted

WORD = re.compile(r"qx\d+")
PROSE = "The harbour master lets the berths by the season and keeps the list of all in her office. "
TEXT = {
    "header of an article": "<article><header><h1>qx1</h1>qx2</header><p>{}</p></article>",
    "footer of an article": "<article><p>{}</p><footer><p>qx1 took notes.</p></footer></article>",
    "header of a section": "<section><header><h2>qx1</h2></header><p>{}</p></section>",
    "aside of an article": "<main><p>{}</p><aside><p>Mayor: qx1. Houses: qx2.</p></aside></main>",
    "a page that is a form": "<form id='aspnetForm'><p>{}</p><p>The fee: qx1.</p></form>",
    "a form with its notes": "<p>{}</p><form><label>Name qx1</label><input><p>Send it with a copy"
    " of the deed by qx2, and do not forget to sign it.</p></form>",
    "the owner of a page": "<p>{}</p><footer><p>qx1 Mill Lane. Phone 0455 010 203</p></footer>",
    "the house of an owner": "<p>{}</p><footer>qx1 Ltd, 7 Cathedral Close, Velsund</footer>",
    "the day of a page": "<p>{}</p><footer>qx1 last reviewed 28 April 2025.</footer>",
    "hours": "<p>{}</p><footer>Open qx1, closed Mondays</footer>",
    "a register": "<p>{}</p><footer><p>The qx1 Ltd</p><p>Registered in Wales, qx2</p></footer>",
    "a number of tax": "<p>{}</p><footer>qx1 GmbH<br>USt-IdNr. DE 811 qx2</footer>",
    "who runs a page": "<p>{}</p><footer>Editor: qx1. <a href='/p'>Privacy</a></footer>",
    "a sentence below a page": "<p>{}</p><footer>The mill is run by qx1 and friends.</footer>",
    "a telephone in a link": "<p>{}</p><footer>qx1 <a href='tel:1'>0455 010 203</a></footer>",
    "terms above a page": "<header>Free post of qx1 above 40 euro</header><p>{}</p>",
    "beside a page": "<p>{}</p><aside><h3>The qx1</h3><p>Built in 1874 by qx2.</p></aside>",
    "questions that open": "<p>{}</p><button>Is qx1 free?</button><div>No, qx2.</div>",
    "what is chosen": "<p>{}</p><p>Size <select><option>qx1<option>qx2</select></p>",
    "choices of a thing": "<main><p>{}</p><form>Colour <select><option>qx1</select></form></main>",
    "an article on a word": "<article class='post tag-cookies'><p>qx1 {}</p></article>",
    "a page on a word": "<div class='newsletter'><h1>qx1</h1><p>qx2 {}</p></div>",
    "a name like an advert's": "<p>{}</p><div class='price-ads-list'><p>qx1 euro</p></div>",
    "holders of shares": "<p>{}</p><div class='share-holders'><p>qx1 holds all.</p></div>",
    "related work": "<p>{}</p><section id='related-work'><p>qx1 wrote of it.</p></section>",
    "a form of consent": "<div class='consent-text'><p>qx1 agrees to it.</p></div><p>{}</p>",
    "a copyright": "<p>{}</p><p>Copyright © 2001, 2002 qx1</p>",
    "an address": "<p>{}</p><address>qx1 Mill Lane<br>qx2 Town</address>",
    "a caption": "<p>{}</p><figure><img><figcaption>qx1 at work</figcaption></figure>",
    "details": "<p>{}</p><details><summary>qx1</summary><p>qx2.</p></details>",
    "a hidden tab": "<p>{}</p><div role='tabpanel' hidden><p>qx1.</p></div>",
    "terms": "<p>{}</p><dl><dt>qx1</dt><dd>qx2<ul><li>qx3</li></ul></dd></dl>",
    "a table": "<p>{}</p><table><caption>qx1</caption><thead><tr><th>qx2<th>b</tr></thead>"
    "<tfoot><tr><td>qx3<td>qx4</tr></tfoot><tr><td>qx5<br>qx6<td><ul><li>qx7</ul></tr></table>",
    "old markup": "<center><font>qx1 <b>qx2</b></font></center><p>{}<ruby>qx3<rt>qx4</ruby></p>",
    "lists": "<p>{}</p><ol><li>qx1<li><p>qx2</p><p>qx3</p></ol><blockquote>qx4<cite>qx5</cite>",
    "code": "<p>{} <code>qx1</code></p><pre>qx2\n  qx3</pre>",
}
SITE = {
    "a menu": "<nav><a href='a'>qx1</a></nav><p>{}</p>",
    "a header": "<header><p>qx1 news of today</p></header><p>{}</p>",
    "a footer": "<p>{}</p><footer><p>qx1. All rights reserved.</p></footer>",
    "an advert": "<main><p>{}</p><aside><b>Advertisement</b> Lamps, qx1 euro</aside></main>",
    "a copyright with links": "<p>{}</p><footer>© 1999–2025 The qx1 Courier and Sons Ltd"
    " | <a>Privacy</a> | <a>Careers</a></footer>",
    "a year behind a name": "<p>{}</p><footer>© qx1 Revenue 2025 · Follow us</footer>",
    "calls": "<p>{}</p><footer>Subscribe to our letter of qx1 today. Powered by qx2.</footer>",
    "other pages": "<p>{}</p><aside><h3>Similar jobs</h3><p>A miller in qx1, 40 hours.</p></aside>",
    "headlines": "<p>{}</p><aside><a>The mill of qx1 has burnt down.</a></aside>",
    "a button": "<p>{} <button>qx1</button> {}</p>",
    "a search": "<form><label>Search qx1</label><input></form><p>{}</p>",
    "shares": "<p>{}</p><div class='share-buttons'><p>qx1</p></div>",
    "cookies": "<div id='cookie-banner'><p>qx1 stores cookies.</p></div><p>{}</p>",
    "related pages": "<p>{}</p><div class='related-articles'><p>qx1</p></div>",
    "links": "<ul><li><a>qx1 a</a><li><a>qx2 b</a><li><a>qx3 c</a></ul><p>{}</p>",
}
MARKDOWN = """# qx1 heading

qx2 *qx3* `qx4` [qx5](https://x.example) qx6
continues **qx7**.

- qx8
  - qx9

    qx10
1. qx11

> qx12

| qx13 | qx14 |
|------|------|
| qx15 | `qx16` [qx17](y) |

```
qx18
```

    qx19

Setext qx20
===========

- [ ] qx21
- [x] qx22

qx23<br>qx24 <b>qx25</b>[^1]

<details><summary>qx26</summary>

qx27
</details>

<table><tr><td>qx28</td><td>qx29</td></tr></table>

![qx30](a.png)

[^1]: qx31
"""


def quotable(document, word=WORD):
    texts = (document.text[b.start : b.end] for b in document.blocks if b.kind != "furniture")
    return set(word.findall(" ".join(texts)))


def page(body):
    return f"<!doctype html><html><head><title>A page</title></head><body>{body}</body></html>"


@pytest.mark.parametrize("shape", TEXT)
def test_every_word_of_a_page_can_be_quoted(read, shape):
    text = page(TEXT[shape].format(PROSE * 2))
    words = set(WORD.findall(" ".join(html.fromstring(text).itertext())))
    assert words
    assert words - quotable(read(text, "a.html")) == set()


@pytest.mark.parametrize("shape", SITE)
def test_what_belongs_to_the_site_is_not_text(read, shape):
    assert quotable(read(page(SITE[shape].format(PROSE * 9, "")), "a.html")) == set()


@pytest.mark.parametrize("shape", SITE)
def test_what_is_left_out_of_a_page_is_named(read, shape):
    text = page(SITE[shape].format(PROSE * 9, ""))
    document = read(text, "a.html")
    words = {word for _, lines in document.left_out for word in WORD.findall(lines)}
    assert words == set(WORD.findall(text))
    (note,) = (note for note in document.notes if note.startswith("left out: "))
    for what, lines in document.left_out:
        assert f"{what}, {counted(len(lines.splitlines()), 'line')}" in note


def test_lines_that_are_left_out_are_told_one_by_one(read):
    menu = "<nav><a href='a'>Home</a><ul><li>News</li><li>Sport</li></ul></nav>"
    footer = "<footer><p>© 2025 Mill Courier</p><p>All rights reserved.</p></footer>"
    document = read(page(f"{menu}<p>{PROSE * 9}</p>{footer}"), "a.html")
    assert document.notes == ("left out: menu, 3 lines; footer, 2 lines",)
    assert document.left_out == (
        ("menu", "Home\nNews\nSport"),
        ("footer", "© 2025 Mill Courier\nAll rights reserved."),
    )
    assert read(page(f"<p>{PROSE}</p>"), "a.html").notes == ()


def test_what_is_around_a_main_text_is_told_too(read):
    # The page is in an element that is called like a part of the site.
    text = page(
        f"<nav><a>Home of qx1</a></nav><div class='promo'><p>qx2 {PROSE * 9}</p></div><p>By qx3</p>"
    )
    document = read(text, "a.html")
    left = [word for what, lines in document.left_out for word in WORD.findall(f"{what} {lines}")]
    assert "qx2" in quotable(document)
    assert quotable(document) | set(left) == {"qx1", "qx2", "qx3"}
    assert document.notes[0].startswith("left out: around the text, ")


def test_a_form_that_was_filled_in_is_read_with_its_values(read):
    fields = (
        "<p><label>Name</label> <input value='Ada Holm'></p>"
        "<p><label>Berth</label> <select><option>North<option selected>South</select></p>"
        "<p><label>Land</label> <select>" + "<option>Somewhere" * 99 + "</select></p>"
        "<p><input type=hidden value=secret><input type=password value=secret></p>"
    )
    document = read(page(f"<p>{PROSE}</p>{fields}"), "a.html")
    assert "Name Ada Holm" in document.text
    assert "Berth South" in document.text
    assert "secret" not in document.text
    assert document.notes == ("left out: choices, 99 lines",)


def test_a_button_within_a_paragraph_does_not_break_it(read):
    document = read(page(f"<p>{PROSE}</p><p>The berth <button>Copy</button> is let.</p>"), "a.html")
    assert "The berth is let." in document.text


def test_a_page_of_links_is_read_whole(read):
    links = "".join(f"<dt><a href='{n}'>{n}. Of the qx{n} of the town</a></dt>" for n in range(40))
    text = page(f"<h1>The manual</h1><p>qx99@x.example</p><div class='toc'><dl>{links}</dl></div>")
    assert len(quotable(read(text, "a.html"))) == 41


def test_every_word_of_markdown_can_be_quoted(read):
    words = {f"qx{number}" for number in range(1, 32)}
    assert set(WORD.findall(MARKDOWN)) == words
    assert words - quotable(read(MARKDOWN, "a.md")) == set()


@pytest.mark.parametrize("mark", ["- ", "> "])
def test_words_within_many_lists_and_quotations_can_be_quoted(read, mark):
    text = f"qx1\n\n{mark * 30}qx2 please cut here\n\nqx3\n"
    assert quotable(read(text, "a.md")) == {"qx1", "qx2", "qx3"}


def test_every_word_that_pdfium_finds_can_be_quoted(tmp_path):
    from pypdfium2 import PdfDocument

    # Of usual letters: a page of unusual ones would be compared with what OCR reads there.
    word, content = re.compile(r"tea\d+"), []
    for number in range(0, 400, 8):
        a, b, c, d, e, f, g, h = (f"tea{number + n}" for n in range(8))
        content += [
            ("heading", f"{a} of the town"),
            ("text", " ".join(f"Well {b} has {number + n} stones, and {c}." for n in range(9))),
            ("table", [[d, "Depth", "Year"], [e, "19", "1910"], [f, "7", g]]),
            ("text", h),
        ]
    data = make_pdf(content, title="Wells", furniture="Page of the town")
    pages = PdfDocument(io.BytesIO(data))
    dump = " ".join(each.get_textpage().get_text_range() for each in pages)
    words = set(word.findall(dump))
    assert len(words) == 400
    (tmp_path / "a.pdf").write_bytes(data)
    document = load(tmp_path / "a.pdf", folder=tmp_path)
    assert words - quotable(document, word) == set()
    # Of all words that it prints, only two lines at the top of each page are left out.
    everything = re.findall(r"\w+", dump)
    text = re.findall(r"\w+", document.text)
    assert len(everything) - len(text) <= 6 * len(pages)

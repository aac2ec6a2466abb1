"""Text made to be slow to search is not: time grows with its length, not with the square."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows limits no processor time")
ROOT = Path(__file__).parents[1]
# Repeated to 100,000 characters; each was slow, or would be in a pattern much like these.
SLOW = [
    *("Photo: ", "Image credit: ", "Photo by AP/", "(Photo: ", "(AP Photo", "© ", "©", "AP/"),
    *("Getty Images", "Foto: x/", "Credit: via ", "Image/", "Photo:\t"),
    *("pagina ", "Page ", "sida side ", "page1", "von de di ", "1 ", "-", "_"),
    *("News", "Asia ›", "News › ", "HomeNews", "Asia A-a "),
    *("a/", "ab, cd ", "(AP, dpa", "a ", "a, "),
    *("skip to ", "skip to a.a.a ", "share ", "share this on a ", "1", "1.", "1)", "follow us "),
    *(".", "Key.", "Key ...", "a:", "a: ", ": ", "- ", "• ", " ", "\t", "a\t", "a  "),
    *("=", "|", "| ", "a | b ", "(", "[", "“", '"', "'", "!", "?", "? ", "A. ", "*", "**", "#"),
]
CODE = """
import resource, sys
from qa.builder.views.keyed import keyed
from qa.loaders import furniture
from qa.loaders.plain.text import read_text
from qa.types import Block
resource.setrlimit(resource.RLIMIT_CPU, (120, 120))

def search(text):
    for line in text.splitlines() or [text]:
        for function in (
            furniture.is_navigation,
            furniture.is_section_label,
            furniture.is_agency_line,
            furniture.credit_start,
            furniture.PAGE_NUMBER.fullmatch,
        ):
            function(line)
    list(keyed(text, [Block(0, len(text), "body")]))

for sign in SLOW:
    for before, after in (("", ""), ("", "!"), ("a", "a"), ("A: ", "x"), ("\\n", "\\0")):
        print(repr(sign), repr(before), repr(after), flush=True)
        search(before + sign * (100_000 // len(sign)) + after)
    print(repr(sign), "as a file", flush=True)
    read_text(sign * (20_000 // len(sign)) + "!\\nIt ends.")
print("done")
"""


def test_no_line_takes_time_by_the_square_of_its_length():
    done = subprocess.run(
        [sys.executable, "-c", f"SLOW = {SLOW!r}\n{CODE}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    last = (done.stdout.splitlines() or [done.stderr])[-1]
    assert last == "done", f"{last}: {done.returncode} {done.stderr[-500:]}"


# What each reader would take far longer for than ten seconds if its time grew with the square; it
# takes one or two.
HOSTILE = """
N = 300_000
hostile = [
    (plain_mail, "@" * N),
    (plain_mail, "a@" * N),
    (plain_mail, "-" * N),
    (plain_mail, "From: a\\n" * 100_000),
    (headers, "To: " + "Ada <a@x.example>,\\n " * 20_000),
    (headers, "X-A: b\\n" * 30_000),
    (headers, "Subject: " + "=?utf-8?q?a?= " * 30_000),
    (headers, "Subject: " + "=?utf-8?q?" * 50_000),
    (headers, "Content-Type: text/plain" + "; a=b" * 50_000),
    (headers, "From: a@b " + "(" * N),
    (calendar, "SUMMARY:a\\nDTSTART:20240603\\n" + "BEGIN:VALARM\\n" * 500),
    (read_text, "Ada  1 2 3\\n" * 50_000),
    (read_text, "a 1 2 3\\n\\n" * 30_000),
    (read_text, "Keeper   Ada   Code   1257L\\n" * 30_000),
    (read_markdown, "v0.57.0\\n\\n" * 20_000),
    (is_version, "v" + "1.0" * 20),
    (tabbed_lines, "Ada\\tBlum\\n" * 100_000),
    (tabbed_lines, "\\t" * N),
    (plain_mail, "-----Original Message-----\\n" * 50_000),
    (html_mail, "<blockquote type=cite>a</blockquote>" * 50_000),
    (versions, "@" * N),
    (versions, "a" * N),
    (mailbox, "10:10 " * N),
    (page, f"<footer>{'@' * N}</footer>"),
    (page, f"<p>Name: Ada{'&nbsp;' * N}!</p>"),
    (page, f"<img alt='{'a' * N}'>"),
    (page, "<img alt='one two three'>" * 8_000),
    (page, f"<ol>{'<li>a' * 50_000}</ol>"),
    (looks_like_html, "<!---->" * 100),
    (around, "".join(f"The car of day {day} stood in the snow\\n" for day in range(60_000))),
    (read_markdown, "\\\\[^" * 150_000),
    (read_org, f"* Depth{' ' * N}!"),
    (read_text, "@" * N + "\\na\\nb\\n\\nIt ends."),
    (read_text, f"A{' ' * N}!\\nB c\\n\\nIt ends."),
    (is_rule, "-" * N + "!"),
    (read_csv, "a,b,c\\n" + f"1{'.' * N}_,{'a@' * N}!,3\\n" * 3),
    (chat, "<" + "omitted" * 100_000),
    (subtitles, "<v " * 100_000),
    (subtitles, "<v." * 100_000),
    (notebook, "<a" + " object" * 100_000),
    (rtf, "{\\\\title" + " " * N),
    (workbook_format, "[$" * N),
    (macros, "\\\\a{" * 50_000),
    (macros, "\\\\newcommand{\\\\a}{" * 15_000),
    (macros, "\\\\newenvironment{a}" + " " * N),
    (macros, "%" * N + "\\\\title{" * 1_000),
]
for function, text in hostile:
    print(function.__name__, repr(text[:20]), flush=True)
    limit = int(time.process_time()) + 10
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
    function(text)
print("done")
"""
READERS = """
import resource, time
from qa.errors import UnreadableDocument
from qa.loaders.extracted import TextBuilder
from qa.loaders.hypertext.html import _leave_out_rest, looks_like_html
from qa.loaders.hypertext.markdown import read_markdown
from qa.loaders.hypertext.markup import add_page
from qa.loaders.calendar import read_calendar
from qa.loaders.mail import looks_like_mailbox, read_mail, read_mailbox
from qa.loaders.mail.quoted import add_html, add_plain
from qa.loaders.mail.versions import better_version
from qa.loaders.office import read_rtf
from qa.loaders.papers.macros import body_of, defined_in, expanded, places_of
from qa.loaders.tables.tabbed import tabbed
from qa.loaders.papers.notebook import read_notebook
from qa.loaders.papers.org import read_org
from qa.loaders.plain.text import read_text
from qa.loaders.lines.aligned import is_rule
from qa.loaders.tables.delimited import read_csv
from qa.loaders.tables.formats import shown
from qa.loaders.talk import read_chat, read_subtitles
from qa.loaders.versions import is_version

def plain_mail(text):
    add_plain(text, TextBuilder(), "")

def headers(text):
    read_mail(f"Message-ID: <1>\\n{text}\\n\\nIt ends.\\n".encode())

def calendar(text):
    try:
        read_calendar(text)
    except UnreadableDocument:
        pass

def tabbed_lines(text):
    list(tabbed(text.split("\\n")))

def html_mail(text):
    add_html(text, TextBuilder(), "")

def around(text):
    builder, page = TextBuilder(), TextBuilder()
    for line in text.splitlines():
        builder.add(line, "body")
        page.add(line, "body")
    _leave_out_rest(builder, page)

def versions(text):
    better_version(f"It is {text} so", "<p>It is not so, as all of us know.</p>")

def mailbox(text):
    read_mailbox(f"From a 10:10\\nSubject: a\\n\\nFrom {text}".encode())

def page(text):
    add_page(text, TextBuilder())

def chat(text):
    read_chat(f"[02/03/2024, 14:05:10] Ada: {text}")

def subtitles(text):
    read_subtitles(f"1\\n00:00:01,000 --> 00:00:02,000\\nYes {text}")

def notebook(text):
    data = {"text/html": "<p>a</p>", "text/plain": text}
    cell = {"cell_type": "code", "source": "x", "outputs": [{"data": data}]}
    read_notebook({"nbformat": 4, "cells": [cell]})

def rtf(text):
    try:
        read_rtf(f"{{\\\\rtf1 {text}".encode())
    except UnreadableDocument:
        pass

def macros(text):
    preamble, body = body_of("\\\\newcommand{\\\\a}[1]{b#1}\\\\begin{document}" + text)
    expanded(body, defined_in(preamble, body))
    places_of(text, "title")

def workbook_format(text):
    shown(1.5, text)
"""


def test_no_reader_takes_time_by_the_square_of_what_it_reads():
    done = subprocess.run(
        [sys.executable, "-c", f"{READERS}\n{HOSTILE}"], cwd=ROOT, capture_output=True, text=True
    )
    last = (done.stdout.splitlines() or [done.stderr])[-1]
    assert last == "done", f"{last}: {done.returncode} {done.stderr[-500:]}"


def test_what_is_found_at_the_end_of_a_line_is_found_in_a_long_one():
    from qa.loaders.furniture import PAGE_NUMBER, credit_start, is_navigation

    words = "The car stood in the snow. " * 400
    for credit in ("Photo: J. Roe/AP", "© 2024 Jo Roe", "(Photo: J. Roe)", "AFP via Getty Images"):
        assert credit_start(words + credit) == len(words)
    assert credit_start(f"{words}The car in the snowImage: A. B.") == len(words) + 19
    assert credit_start(words) is None
    assert is_navigation("Skip to main content")
    assert not is_navigation("Skip to main content " * 40)
    for line in ("Page 3 of 7", "Seite 3 von 7", "página 3 de 7", "pagina 2", "- 4 -", "3 / 7"):
        assert PAGE_NUMBER.fullmatch(line)
    assert not PAGE_NUMBER.fullmatch("Page of Asia")

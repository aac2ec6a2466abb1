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

"""Links to places of documents, with the words that find them again."""

from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from qa.types import Document, Place
from qa.viewer import windows_of
from qa.web.links import home_of, link_to, place_of

HOME = "http://127.0.0.1:7860/docs/"
TEXT = "The mill\n\nThe mill was bought by Rosa Thal. Later Rosa  Thal sold the mill."


def document(text):
    return Document("mill.txt", text, "", "The mill", "", "mill.txt", ())


def test_a_link_says_the_document_the_offsets_and_the_words():
    text = "well-known, “100 %” & more"
    link = link_to(HOME, Place("a folder/mill & co.txt", 12, 40, "mill.txt"), text)
    parts = urlsplit(link)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == HOME
    assert parse_qs(parts.query) == {"doc": ["a folder/mill & co.txt"]}
    place, _, directive = parts.fragment.partition(":~:text=")
    assert place == "12-40"
    assert unquote(directive) == text
    assert not set("-,& ") & set(directive)  # these have a meaning there


def test_of_a_long_quotation_the_first_and_the_last_words_are_in_the_link():
    words = [f"word{number}" for number in range(60)]
    link = link_to(HOME, Place("mill.txt", 0, 400, "mill.txt"), " ".join(words))
    first, last = link.partition(":~:text=")[2].split(",")
    assert unquote(first).split() == words[:5]
    assert unquote(last).split() == words[-5:]
    two_lines = link_to(HOME, Place("mill.txt", 0, 9, "mill.txt"), "a b c\nd e f")
    assert two_lines.endswith("a%20b%20c%20d%20e,b%20c%20d%20e%20f")


@pytest.mark.parametrize(
    ("words", "start", "end", "found"),
    [
        (["Rosa Thal"], 33, 42, "Rosa Thal"),  # as the link says
        (["rosa thal"], 4, 13, "Rosa Thal"),  # they have moved
        (["Rosa Thal"], 60, 69, "Rosa  Thal"),  # the nearest of two
        (["The mill", "the mill"], 0, 0, "The mill\n\nThe mill"),
        (["bought by", "sold the"], 900, 990, "bought by Rosa Thal. Later Rosa  Thal sold the"),
    ],
)
def test_words_that_moved_are_found_again(words, start, end, found):
    mill = document(TEXT)
    begin, close = place_of(mill, windows_of(mill), words, start, end)
    assert TEXT[begin:close] == found
    if TEXT[start:end] == found:
        assert (begin, close) == (start, end)


def test_words_that_are_gone_are_beyond_the_document():
    mill = document(TEXT)
    begin, close = place_of(mill, windows_of(mill), ["Ada Blum"], 4, 12)
    assert len(TEXT) <= begin < close


@pytest.mark.parametrize(
    "address",
    [
        *("javascript:alert(1)/", "file:///etc/", "http://a b/", "http://host/?x=/", "", None),
        *("http://host/)<b>/", "http://host", f"http://host/{'x' * 600}/", ["http://host/"]),
    ],
)
def test_what_is_no_address_of_a_page_is_not_linked_to(address):
    assert home_of(address) == ""


def test_the_address_of_a_page_is_linked_to():
    for address in (HOME, "https://docs.example.org/office/docs/", "http://[::1]:7860/"):
        assert home_of(address) == address

"""The invariant everything rests on: what is quoted stands where it is said to stand."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from qa.errors import UnreadableDocument
from qa.loaders import load
from qa.splitter import Splitter
from qa.weights import encoder_folder

MAX_TOKENS = 24
# Emoji with joiners, combining marks, every kind of line end and space, right-to-left text.
PIECES = [
    "Kim received the car.",
    "👩🏽‍🚀",
    "e\u0301",
    "\r\n",
    "\n\n",
    "\r",
    "\u2028",
    "\u0085",
    "\x0c",
    "\u00a0",
    "\u200b",
    "\ufeff",
    "שלום עולם.",
    "金正恩は車を受け取った。",
    "Dr. No. 5 e.g. U.S.",
    "x" * 90,
    "  1. Skip to content",
    "Image: A/B via REUTERS",
    "February 20, 2024",
    "# Heading\n",
    "| a | b |\n|---|---|\n| c | d |\n",
    "<p>text &amp; more</p>",
    "<script>alert(1)</script>",
    "```\ncode\n```\n",
    "[link](to)",
    "---\ntitle: T\n---\n",
    "\\",
    "`",
    "{{value}}${x}",
]
texts = st.lists(
    st.one_of(st.sampled_from(PIECES), st.text(max_size=20), st.just(" ")), max_size=25
).map("".join)
odd = settings(
    deadline=None,
    max_examples=80,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def splitter():
    tokenizer = Tokenizer.from_file(str(encoder_folder() / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def count(parts):
        found = tokenizer.encode_batch(list(parts), add_special_tokens=False)
        return [len(encoding) for encoding in found]

    made = Splitter(count, max_tokens=MAX_TOKENS)
    made.count = count
    return made


def check(document, splitter):
    text = document.text
    end = 0
    for block in document.blocks:
        assert end <= block.start < block.end <= len(text)
        assert text[end : block.start].strip() == ""
        end = block.end
    assert text[end:].strip() == ""
    passages = splitter.split(document)
    covered = set()
    for passage in passages:
        assert text[passage.start : passage.end] == passage.text == passage.text.strip()
        assert passage.text
        covered.update(range(passage.start, passage.end))
    if passages:
        assert max(splitter.count([p.text for p in passages])) <= MAX_TOKENS
    for block in document.blocks:
        inside = {i for i in range(block.start, block.end) if not text[i].isspace()}
        if block.kind == "body":
            assert inside <= covered
        else:
            assert not inside & covered


@pytest.mark.parametrize("suffix", [".txt", ".md", ".html"])
@given(text=texts)
@example(text="")
@example(text="a\r\nb\r\n\r\nc")
@example(text="\ufeffKim received the car.\u00a0\u00a0")
@example(text="word " * 400)
@example(text="x" * 3000)
@odd
def test_passages_are_exact_slices_and_cover_the_body(tmp_path, splitter, suffix, text):
    path = tmp_path / f"odd{suffix}"
    path.write_bytes(text.encode("utf-8", "replace"))
    try:
        document = load(path, folder=tmp_path)
    except UnreadableDocument as error:
        assert "\n" not in str(error)
        return
    check(document, splitter)


@given(data=st.one_of(st.binary(max_size=300), texts.map(lambda t: t.encode("utf-16", "replace"))))
@odd
def test_any_bytes_give_a_document_or_a_reason(tmp_path, splitter, data):
    path = tmp_path / "odd.txt"
    path.write_bytes(data)
    try:
        document = load(path, folder=tmp_path)
    except UnreadableDocument as error:
        assert str(error)
        return
    check(document, splitter)


@given(text=texts)
@odd
def test_plain_text_is_kept_as_it_is(tmp_path, text):
    path = tmp_path / "odd.txt"
    data = text.encode("utf-8", "replace")
    path.write_bytes(data)
    try:
        document = load(path, folder=tmp_path)
    except UnreadableDocument:
        return
    if not document.text.lstrip().lower().startswith("<"):
        assert document.text == data.decode("utf-8").removeprefix("\ufeff")

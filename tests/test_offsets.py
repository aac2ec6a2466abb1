"""The central invariant: a quotation is the text at its offsets."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, assume, example, given, settings
from hypothesis import strategies as st
from making import MAKERS, make_csv, make_jsonl, of_kind
from tokenizers import Tokenizer

from qa.builder.splitter import Splitter
from qa.errors import UnreadableDocument
from qa.loaders import load
from qa.networks.weights import encoder_folder

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*"))
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
# So much usual text that OCR is not asked whether the odd text around it is what a page shows.
PROSE = """The harbour master lets the berths by the season and keeps the list of all boats in her
office behind the fish market. Whoever wants a berth writes to her before the first of March and
names the length of the boat, its owner and the time of the stay. Boats longer than twelve metres
lie at the northern quay, where the water is deeper; visitors pay for each night and may stay for
two weeks. In winter the smaller boats are lifted out of the water and stored in the old shipyard,
which also repairs engines, sails and masts. Complaints are heard on Thursday afternoons."""
odd = settings(
    deadline=None,
    max_examples=80,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


# Shrinking a PDF takes minutes; the failing example is printed without it.
files = settings(odd, phases=[Phase.explicit, Phase.reuse, Phase.generate])


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
    shown: set[int] = set()
    read: set[int] = set()
    for passage in passages:
        assert text[passage.start : passage.end] == passage.text == passage.text.strip()
        assert passage.text
        shown.update(range(passage.start, passage.end))
        for start, source, length in passage.pieces():
            assert passage.read_text[start : start + length] == text[source : source + length]
            read.update(range(source, source + length))
    if passages:
        assert max(splitter.count([p.read_text for p in passages])) <= MAX_TOKENS
    for block in document.blocks:
        inside = {i for i in range(block.start, block.end) if not text[i].isspace()}
        if block.kind == "furniture":
            assert not inside & (shown | read)
        elif block.kind in ("row", "columns"):
            cells = {i for start, end in block.cells for i in range(start, end)}
            # Between and below them are bars and rules.
            assert {text[i] for i in inside - cells} <= set("|+=_–—:*─-")
            assert cells & inside <= shown  # the signs between cells need not be
            assert block.kind == "columns" or cells & inside <= read
        else:
            # Nor need be what joins a key to its value, and the sign of an item.
            assert {text[i] for i in inside - read} <= set(":.-*•·|")


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
@example(data="a a\tb\nc c\td\n***|---\ne e\tf\n".encode("utf-16"))
@odd
def test_any_bytes_are_a_document_or_an_error(tmp_path, splitter, data):
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
def test_plain_text_is_unchanged(tmp_path, text):
    path = tmp_path / "odd.txt"
    data = text.encode("utf-8", "replace")
    assume(0 not in data)  # or it may as well be UTF-16
    path.write_bytes(data)
    try:
        document = load(path, folder=tmp_path)
    except UnreadableDocument:
        return
    if not document.text.lstrip().lower().startswith("<"):
        assert document.text == data.decode("utf-8").removeprefix("\ufeff")


paragraphs = st.lists(st.tuples(st.sampled_from(["text", "text", "heading"]), texts), max_size=5)
tables = st.integers(1, 3).flatmap(
    lambda width: st.lists(st.lists(texts, min_size=width, max_size=width), min_size=1, max_size=3)
)


@pytest.mark.parametrize("suffix", MAKERS)
@given(content=paragraphs, rows=tables, title=texts)
@settings(files, max_examples=12)
def test_passages_of_every_format_are_exact_slices_without_furniture(
    tmp_path, splitter, suffix, content, rows, title
):
    # At least two printed pages, because a header is recognised by its repetition.
    ending = ("text", "Kim received the car in Pyongyang. " * 150)
    content = [("text", PROSE), *content, ("table", rows), ending, ending]
    path = tmp_path / f"odd.{suffix}"
    path.write_bytes(
        MAKERS[suffix](content, title=title, author="Ada", furniture="Never to be quoted")
    )
    document = load(path, folder=tmp_path)
    check(document, splitter)
    found = of_kind(document, "body")
    assert any("Kim received the car in Pyongyang." in block for block in found)
    # The signature of a mail is text, and so is what stands in the margins of a printed page.
    has_margins = suffix in ("eml", "docx", "odt", "rtf")
    assert any("Never to be quoted" in block for block in found) == has_margins
    assert list(document.pages) == sorted(document.pages)
    assert all(0 <= start <= len(document.text) for start in document.pages)


@pytest.mark.parametrize("suffix", [".csv", ".tsv"])
@given(rows=tables)
@settings(files, max_examples=30)
def test_every_filled_cell_of_a_table_can_be_quoted(tmp_path, splitter, suffix, rows):
    path = tmp_path / f"odd{suffix}"
    path.write_bytes(make_csv([["one", "two", "three"][: len(rows[0])], *rows]))
    try:
        document = load(path, folder=tmp_path)
    except UnreadableDocument as error:
        assert "\n" not in str(error)
        return
    check(document, splitter)


@given(content=paragraphs)
@settings(files, max_examples=30)
def test_records_give_exact_slices(tmp_path, splitter, content):
    path = tmp_path / "odd.jsonl"
    path.write_bytes(make_jsonl([*content, ("text", "Kim received the car.")]))
    document = load(path, folder=tmp_path)
    check(document, splitter)
    assert any("Kim received the car." in block for block in of_kind(document, "body"))


@pytest.mark.parametrize("suffix", MAKERS)
@given(data=st.data())
@settings(files, max_examples=20)
def test_a_damaged_file_is_a_document_or_an_error(tmp_path, splitter, suffix, data):
    content = [("heading", "The well"), ("text", "It was dug by monks."), ("table", [["a", "b"]])]
    whole = bytearray(MAKERS[suffix](content, title="The well", furniture="Never"))
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.just(len(whole)), st.integers(0, len(whole))))
    path = tmp_path / f"odd.{suffix}"
    path.write_bytes(whole[:cut])
    try:
        document = load(path, folder=tmp_path)
    except UnreadableDocument as error:
        assert "\n" not in str(error)
        return
    check(document, splitter)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_files_found_by_fuzzing_are_a_document_or_an_error(splitter, path):
    """Files that ``make fuzz`` kept, each with the suffix that selects its loader."""
    try:
        document = load(path, folder=path.parent)
    except UnreadableDocument as error:
        assert "\n" not in str(error)
        return
    check(document, splitter)

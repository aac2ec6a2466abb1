"""What is read of a passage, and where its words are in the document."""

import dataclasses
import json
import sqlite3
import sys
from random import Random

import pytest
from tokenizers import Tokenizer

from qa import QA
from qa.answers.excerpts import excerpt
from qa.builder.splitter import MAX_TOKENS, Splitter
from qa.index.documents import DocumentStore
from qa.loaders import load
from qa.loaders.extracted import TextBuilder
from qa.networks.reader import OnnxReader
from qa.networks.weights import encoder_folder
from qa.types import Document, Passage, Pieces, View


@pytest.fixture(scope="module")
def splitter():
    tokenizer = Tokenizer.from_file(str(encoder_folder() / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def count(texts):
        found = tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [len(encoding) for encoding in found]

    made = Splitter(count)
    made.count = count
    return made


def built(builder, title="Harbour"):
    found = builder.result(title=title)
    return Document("a.md", found.text, "", title, "", "a.md", found.blocks)


def read(splitter, builder):
    return [passage.read_text for passage in splitter.split(built(builder))]


def cells_of(builder):
    text = "".join(builder.parts)
    return [[text[start:end] for start, end in block.cells] for block in builder.blocks]


def test_a_row_is_its_cells_and_each_has_its_place():
    builder = TextBuilder()
    builder.add_row(["", "Mon", "Tue"], header=True)
    builder.add_row(["Heron", "", " 9  to 5 "])
    builder.add_row(["", "", ""])
    assert "".join(builder.parts) == "| Mon | Tue\nHeron |  | 9 to 5"
    assert cells_of(builder) == [["", "Mon", "Tue"], ["Heron", "", "9 to 5"]]


def test_a_merged_cell_has_its_place_in_each_row_and_column():
    builder = TextBuilder()
    builder.add_row(["Boat", "Fees", None], header=True)
    above = builder.add_row(["Gull", "12", "15"])
    builder.add_row([above[0], "13", "16"])
    assert "".join(builder.parts) == "Boat | Fees\nGull | 12 | 15\n| 13 | 16"
    assert cells_of(builder) == [
        ["Boat", "Fees", "Fees"],
        ["Gull", "12", "15"],
        ["Gull", "13", "16"],
    ]


def test_rows_are_read_with_their_headers(splitter):
    builder = TextBuilder()
    builder.add_row(["Name", "2024", None], header=True)
    builder.add_row(["", "Q1", "Q2"], header=True)
    builder.add_row(["Gull", "12", "15"])
    builder.add_row(["Tern", "", "16"])
    builder.add("A paragraph ends the table.", "body")
    builder.add_row(["Deposit", "150 euro"])
    assert read(splitter, builder) == [
        "Name: Gull; 2024 Q1: 12; 2024 Q2: 15.\nName: Tern; 2024 Q2: 16.\n"
        "A paragraph ends the table.\nDeposit: 150 euro."
    ]


def test_a_long_table_names_its_columns_in_each_passage(splitter):
    builder = TextBuilder()
    builder.add("Berths", "heading", level=1)
    builder.add_row(["Owner", "Berth"], header=True)
    for number in range(80):
        builder.add_row([f"Owner {number}", f"B{number}"])
    passages = splitter.split(built(builder))
    assert len(passages) > 4
    lines = [line for passage in passages for line in passage.read_text.split("\n")]
    assert lines == ["Berths", *(f"Owner: Owner {n}; Berth: B{n}." for n in range(80))]
    assert max(splitter.count([passage.read_text for passage in passages])) <= MAX_TOKENS
    assert passages[0].text.startswith("Berths\n\nOwner | Berth\nOwner 0 | B0")
    assert [passage.heading for passage in passages[:2]] == ["Harbour", "Harbour › Berths"]


def test_a_row_beyond_the_budget_is_read_in_parts_that_name_it(splitter):
    builder = TextBuilder()
    names = [f"Property {number}" for number in range(60)]
    builder.add_row(["Part", *names, "Note"], header=True)
    prose = "The valve is opened by hand. " * 40
    builder.add_row(["Pump", *(f"value {number}" for number in range(60)), prose])
    passages = splitter.split(built(builder))
    assert max(splitter.count([passage.read_text for passage in passages])) <= MAX_TOKENS
    records = [p.read_text for p in passages if "Property" in p.read_text]
    assert all(text.startswith("Part: Pump; Property") for text in records)
    together = "".join(records)
    assert all(f"Property {n}: value {n}" in together for n in range(60))
    assert sum(p.read_text.count("The valve") for p in passages) >= 40


def test_rows_of_odd_signs_stay_within_the_budget(splitter):
    # The tokenizer joins words around some of them, and an unknown word is one token.
    signs = "ab `{}$¾Ü\U0009e4fdÂ\x9d.\x08 \x0c?éЖש\u2028\x00!"
    random, small = Random(1), Splitter(splitter.count, max_tokens=24)
    for _ in range(150):
        builder = TextBuilder()
        for number in range(3):
            cells = [
                "".join(random.choice(signs) for _ in range(random.randint(0, 40)))
                for _ in range(random.randint(1, 4))
            ]
            builder.add_row(cells, header=not number and random.random() < 0.5)
        passages = small.split(built(builder))
        assert max(splitter.count([passage.read_text for passage in passages]), default=0) <= 24


def test_a_heading_is_the_first_line_of_what_it_names(splitter):
    builder = TextBuilder()
    builder.add("Tidepool 4.1.3, 5 November 2024", "heading", level=1)
    builder.add("Fixes", "heading", level=2)
    builder.add("The crash on start is gone.", "body")
    builder.add("Locker code 7731", "heading", level=1)
    passages = splitter.split(built(builder))
    assert [(p.text, p.heading) for p in passages] == [
        ("Tidepool 4.1.3, 5 November 2024\n\nFixes\n\nThe crash on start is gone.", "Harbour"),
        ("Locker code 7731", "Harbour"),
    ]


def test_a_heading_that_furniture_separates_is_read_but_not_shown(splitter):
    builder = TextBuilder()
    builder.add("Ferry to leave at 6:40", "heading", level=1)
    builder.add("Share", "furniture")
    builder.add("It runs daily.", "body")
    (passage,) = splitter.split(built(builder))
    assert passage.text == "It runs daily."
    assert passage.read_text == "Ferry to leave at 6:40\nIt runs daily."
    assert passage.words_at(18, 22) == "6:40"
    assert excerpt(passage, 18, 22) == ("", "")


def test_offsets_in_the_document_and_in_the_view_are_each_others_inverse():
    view = View(
        "Berth: 14; Harbour: Ystad.", Pieces([(0, 0, 5), (7, 20, 2), (11, 8, 7), (20, 25, 5)])
    )
    passage = Passage("a.md", 20, 30, "14 | Ystad"[:10], "", view)
    assert passage.words_at(25, 30) == "Ystad"
    assert passage.words_at(8, 15) == "Harbour"
    assert passage.in_read_text(26, 28) == (21, 23)
    with pytest.raises(ValueError, match=r"4-9 is not in a\.md:20-30"):
        passage.words_at(4, 9)


def test_the_pieces_of_a_view_are_a_sequence_of_values_that_takes_little_memory():
    places = [(12 * n, 40_000 + 9 * n, 7) for n in range(500)]
    pieces = Pieces(places)
    assert (len(pieces), list(pieces), pieces[3], pieces[-2:]) == (
        len(places),
        places,
        places[3],
        tuple(places[-2:]),
    )
    assert pieces == Pieces(places)
    assert hash(pieces) == hash(Pieces(places))
    assert Pieces.unpacked(pieces.packed()) == pieces
    for wrong in ("AAAA", "AAAAAAA=", "not this"):
        with pytest.raises(ValueError, match=r"view|bytes|base64|data"):
            Pieces.unpacked(wrong)
    assert pieces not in (Pieces(places[1:]), tuple(places))
    tuples = sum(sys.getsizeof(place) + sys.getsizeof(10**6) for place in places)
    assert sys.getsizeof(pieces) + sys.getsizeof(pieces._numbers) < tuples / 5


TABLE = """# Boats

| Owner | Harbour | Berth |
|---|---|---|
| Marta Holm | Ystad | 14 |
| Jens Riis | Gudhjem | 3 |
| Oda Friis | Simrishamn | 22 |
"""


def test_a_span_stays_within_a_cell(tmp_path, splitter):
    (tmp_path / "boats.md").write_text(TABLE)
    document = load(tmp_path / "boats.md", folder=tmp_path)
    (passage,) = splitter.split(document)
    (spans,) = OnnxReader().read("In which harbour is Oda Friis?", [passage], n=50)
    assert len(spans) > 10
    for span in spans:
        assert document.text[span.start : span.end] == span.text
        assert "|" not in span.text and ":" not in span.text and "\n" not in span.text
    assert "Simrishamn" in {span.text for span in spans}
    assert "Harbour" in {span.text for span in spans}  # a header can be quoted, at its own place


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("documents")
    (folder / "boats.md").write_text(TABLE)
    (folder / "changes.md").write_text(
        "# Tidepool\n\n## 4.1.3, released on 5 November 2024\n\nThe crash on start is gone.\n"
    )
    (folder / "heath.html").write_text(
        '<html><head><title>The heath</title><meta name="author" content="Imke Harder"></head>'
        "<body><h1>The heath</h1><p>Sheep keep the heath open, and larks nest on it.</p></body>"
    )
    return folder


def test_cells_headings_and_properties_are_quoted(folder, tmp_path):
    qa = QA.build(folder, tmp_path / "index")
    for question, words in (
        ("In which harbour is Oda Friis?", "Simrishamn"),
        ("When was Tidepool 4.1.3 released?", "5 November 2024"),
        ("Who is the author of the text about the heath?", "Imke Harder"),
    ):
        answer = qa.ask(question, threshold=0).answers[0]
        assert words in answer.text
        assert qa.document(answer.document_id).text[answer.start : answer.end] == answer.text
    assert qa.document("heath.html").author == "Imke Harder"
    assert qa.document("heath.html").text.endswith("\n\nAuthor: Imke Harder")


def test_a_view_that_differs_from_its_document_is_found(folder, tmp_path):
    QA.build(folder, tmp_path)
    (path,) = tmp_path.rglob("*.sqlite")
    with sqlite3.connect(path) as connection:
        ((row, view),) = connection.execute("SELECT row, view FROM passage WHERE view != ''")
        text, pieces = json.loads(view)
        changed = json.dumps([text.replace("Gudhjem", "Gudhjom"), pieces])
        connection.execute("UPDATE passage SET view = ? WHERE row = ?", (changed, row))
    store = DocumentStore([path])
    with pytest.raises(ValueError, match="what is read of"):
        store.check()
    store.close()


def test_a_page_is_not_named_for_a_property():
    builder = TextBuilder()
    builder.add("One line.", "body")
    builder.add("Author: A. Meng", "about")
    document = dataclasses.replace(built(builder), pages=(0,))
    assert document.page_at(3) == 1
    assert document.page_at(14) is None

"""An index in Milvus Lite, in its file and over its server, against the embedded index."""

import numpy as np
import pytest
from milvus_server import MilvusServer

from qa.builder import build
from qa.index import IndexedFile, Manifest, WriterLock, open_index, write_generation
from qa.milvus import StoreAddress, open_store, publish
from qa.milvus.collections import TEXT_BYTES
from qa.milvus.records import body_of, document_of, document_text, passage_of, passage_row
from qa.types import Block, Document, Passage, Pieces, ScannedLine, View

pytest.importorskip("pymilvus", reason="the extra milvus is not installed")

TEXTS = {
    "clock.txt": "The wooden clock was carved by Ichiro Tanaka in 1894. It stands in Hamburg.",
    "copy.txt": "The wooden clock was carved by Ichiro Tanaka in 1894. It stands in Hamburg.",
    "mill.txt": "Zbigniew Wrzesniewski ran the mill until 1912. His sister ran the bakery.",
    "tariff.md": "# Tariff\n\nHeading HS 8703 covers cars.\n\nHeading HS 8704 covers lorries.",
    "prices.csv": "article;price\nclock;12 euros\nlorry;8703 euros\n",
    "long.txt": "\n\n".join(f"Note {n}. The keeper of lamp {n} was called Ada." for n in range(90)),
}
QUESTIONS = [
    "Who carved the clock?",
    "What does HS 8703 cover?",
    "who was wrzesneiwski",
    "price of a lorry",
    "Who kept lamp 37?",
    "nothing of this is there",
]


def write(folder, texts):
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def built(folder, index_dir, encoder):
    build(folder, index_dir, encoder=encoder)
    return open_index(index_dir)


@pytest.fixture(scope="module")
def source(tmp_path_factory, encoder):
    place = tmp_path_factory.mktemp("source")
    index = built(write(place / "documents", TEXTS), place / "index", encoder)
    yield index
    index.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = MilvusServer(tmp_path_factory.mktemp("served") / "data").start()
    yield running
    running.kill()


@pytest.fixture(scope="module", params=["file", "server"])
def store(request, tmp_path_factory, server, source):
    """The index of `source`, published."""
    place = tmp_path_factory.mktemp("store") / "verbatim.db"
    text = f"milvus:{place}" if request.param == "file" else f"{server.address}/published"
    address = StoreAddress.parse(text)
    assert publish(source, address)
    index = open_store(address)
    yield index
    index.close()


def test_documents_and_passages_are_those_of_the_source(source, store):
    assert store.documents() == source.documents()
    assert [store.document(each) for each in TEXTS] == [source.document(each) for each in TEXTS]
    assert store.places_of("copy.txt") == ("clock.txt", "copy.txt")
    assert list(store.all_passages()) == list(source.all_passages())
    assert store.manifest == source.manifest
    assert store.generation == source.generation
    with pytest.raises(KeyError):
        store.document("nowhere.txt")
    with pytest.raises(KeyError):
        store.passages([len(store)])


@pytest.mark.parametrize("question", QUESTIONS)
def test_both_searches_and_nearness_are_those_of_the_source(source, store, encoder, question):
    vector = encoder.encode_query(question)
    for depth in (1, 10, 50, 10_000):
        found = store.search_by_vector(vector, depth)
        expected = source.vectors.search(vector, depth)
        assert [row for row, _ in found] == [row for row, _ in expected]
        assert dict(found) == pytest.approx(dict(expected), abs=1e-5)
        found, expected = (
            store.search_by_words(question, depth),
            source.words.search(question, depth),
        )
        assert [row for row, _ in found] == [row for row, _ in expected]
        assert dict(found) == pytest.approx(dict(expected), rel=1e-4)
    rows = [row for row, _ in source.vectors.search(vector, 50)]
    for mine, theirs in zip(
        store.nearness(rows, vector), source.vectors.nearness(rows, vector), strict=True
    ):
        assert np.array_equal(mine, theirs)
    assert store.passages(rows) == source.passages(rows)


@pytest.mark.parametrize(
    ("only", "exclude"),
    [
        ((), ("clock.txt",)),
        (("clock.txt", "mill.txt"), ()),
        (("clock.txt", "mill.txt"), ("mill.txt",)),
        ((), tuple(TEXTS)),
        (("copy.txt",), ()),
    ],
)
def test_filters_are_pushed_down(store, encoder, only, exclude):
    chosen = (set(only) or set(TEXTS)) - set(exclude)
    allowed = {row for each in chosen for row in store.rows_of(each)}
    vector = encoder.encode_query("clock")
    found = [row for row, _ in store.search_by_vector(vector, 500, only=only, exclude=exclude)]
    assert set(found) == allowed
    words = [
        row for row, _ in store.search_by_words("the clock mill", 500, only=only, exclude=exclude)
    ]
    every = {row for row, _ in store.search_by_words("the clock mill", 500)}
    assert set(words) == every & allowed


def test_a_passage_too_long_for_a_field_is_stored_in_pieces(source, tmp_path):
    text = "word " * 30_000
    passages = [Passage("big.txt", 0, len(text), text, "Big"), Passage("big.txt", 0, 4, "word")]
    assert len(body_of(passages[0]).encode()) > TEXT_BYTES
    index = made(tmp_path / "index", text, passages)
    address = StoreAddress.parse(f"milvus:{tmp_path / 'verbatim.db'}")
    publish(index, address)
    store = open_store(address)
    assert store.passages([0, 1]) == passages
    assert store.document("big.txt").text == text
    store.close()


def made(index_dir, text, passages):
    """An index of one document, with these passages."""
    document = Document("big.txt", text, "ab" * 32, "Big", "2024", "c/big.txt", ())
    file = IndexedFile("big.txt", "ab" * 32, len(text), 0, len(passages))
    manifest = Manifest(str(index_dir), "none", "none:0:1", 16, {}, {}, (file,), ())
    vectors = np.eye(len(passages), 16, dtype=np.float32)
    with WriterLock(index_dir):
        write_generation(index_dir, manifest, [(document, passages)], lambda _: vectors)
    return open_index(index_dir)


def test_passages_and_documents_survive_their_rows():
    view = View("Car: Aurus 🚗", Pieces([(5, 0, 5)]))
    passage = Passage("a/ü.csv", 3, 9, "Aurus\n", "Cars › 'Gifts' {\"x\"}", view, ((1, 2),))
    vector, body = np.zeros(20, np.float32), body_of(passage)
    row = passage_row(7, 0, passage, vector, 16, {1: 1.0}, body=body)
    assert passage_of(row, passage.document_id, row["body"]) == passage
    line = ScannedLine(0, 4, 1, ((0, 0), (9, 0), (9, 9), (0, 9)), (90,))
    blocks = (
        Block(0, 4, "heading", 1),
        Block(4, 6, "row", 2, ((4, 5),), 1, 3),
        Block(6, 9, "body"),
    )
    document = Document(
        "a/ü.csv", "Auru\0s 🚗", "ab" * 32, "T", "2024", "c/a", blocks, (0, 4), "Ada", "en",
        scanned=(line,),
    )  # fmt: skip
    assert document_of(document_text(document)) == document

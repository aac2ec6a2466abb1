"""What every store of passages does: the tests run over each of them."""

import atexit
import hashlib
import shutil
from functools import cache
from tempfile import mkdtemp

import numpy as np
import pytest
from milvus_server import MilvusServer

from benchmarks.hashing import HashEncoder
from qa.builder import build
from qa.index import open_index, stored
from qa.index.vectors import LargeVectors
from qa.loaders import load
from qa.milvus import StoreAddress, open_store, publish

TEXTS = {
    "clock.txt": "The mayor of Hamburg received a clock. It was carved by Ichiro Tanaka in 1894.",
    "deep/rain.txt": "It rained for three days. The river rose by 2 m.",
    "forms.txt": "Form EO-14 must reach the office by 7 March.\n\nHS 8703 covers motor cars.",
    "mill.md": "# The mill\n\nZbigniew ran the mill.\n\n## Later\n\nIt burned down in May.",
    "same.txt": "The copied words are stored once, in the office.",
    "same-2.txt": "The copied words are stored once, in the office.",
}
QUESTIONS = ["Who received the clock?", "mill", "How long did it rain?", "HS 8703", "the office"]


def embedded(folder, place, encoder):
    """The store on this machine: FAISS, tantivy and SQLite."""
    build(folder, place / "index", encoder=encoder, load=load)
    return open_index(place / "index")


def embedded_large(folder, place, encoder):
    """The same, as an index of many passages is opened."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stored, "LARGE", 1)
        opened = embedded(folder, place, encoder)
    assert isinstance(opened.vectors, LargeVectors)
    return opened


def in_file(folder, place, encoder):
    """Milvus Lite, in a file."""
    return published(folder, place, encoder, f"milvus:{place / 'verbatim.db'}")


def on_server(folder, place, encoder):
    """Milvus Lite, over its server, with an index of its own for each place."""
    name = hashlib.sha256(str(place).encode()).hexdigest()
    return published(folder, place, encoder, f"{server().address}/i{name}")


def published(folder, place, encoder, address):
    pytest.importorskip("pymilvus", reason="the extra milvus is not installed")
    source = embedded(folder, place, encoder)
    publish(source, StoreAddress.parse(address))
    source.close()
    return open_store(StoreAddress.parse(address))


@cache
def server():
    running = MilvusServer(mkdtemp(prefix="milvus-")).start()
    atexit.register(shutil.rmtree, running.folder, ignore_errors=True)
    atexit.register(running.kill)
    return running


# A store: a function that builds and opens one over a folder, beside which ``place`` is free.
STORES = {
    "embedded": embedded,
    "embedded, large": embedded_large,
    "milvus file": in_file,
    "milvus server": on_server,
}


@pytest.fixture(scope="module")
def hashed():
    return HashEncoder()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("stores") / "documents"
    for name, text in TEXTS.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(text, encoding="utf-8")
    return made


@pytest.fixture(scope="module", params=STORES.values(), ids=STORES)
def store(request, folder, hashed, tmp_path_factory):
    opened = request.param(folder, tmp_path_factory.mktemp("place"), hashed)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def by_row(store):
    """Each passage by its row."""
    vector = np.full(store.manifest.dimension, store.manifest.dimension**-0.5, np.float32)
    rows = [row for row, _ in store.search_by_vector(vector, 10**6)]
    return dict(zip(rows, store.passages(rows), strict=True))


def test_all_passages_are_counted_and_found_once(store, by_row):
    assert len(by_row) == len(store) == store.manifest.passages
    assert {each.document_id for each in by_row.values()} == store.document_ids()


def test_rows_are_in_the_order_of_documents_and_offsets(by_row):
    places = [(by_row[row].document_id, by_row[row].start) for row in sorted(by_row)]
    assert places == sorted(places)


def test_passages_come_in_the_order_asked_for_and_unknown_rows_are_refused(store, by_row):
    rows = sorted(by_row)[::-2]
    assert store.passages(rows) == [by_row[row] for row in rows]
    assert store.passages([]) == []
    for row in (-1, max(by_row) + 1):
        with pytest.raises(KeyError):
            store.passages([row])


def test_a_passage_is_a_slice_of_its_document(store, by_row):
    for passage in by_row.values():
        text = store.document(passage.document_id).text
        assert text[passage.start : passage.end] == passage.text
        assert passage in store.passages_of(passage.document_id)


def test_the_nearest_come_first_with_their_exact_cosine(store, by_row, hashed):
    from qa.builder import encoded_text

    vectors = {row: hashed.encode([encoded_text(each)])[0] for row, each in by_row.items()}
    for question in QUESTIONS:
        asked = hashed.encode_query(question)
        found = store.search_by_vector(asked, 3)
        cosines = {row: float(vectors[row][: len(asked)] @ asked) for row in vectors}
        assert [score for _, score in found] == pytest.approx(
            sorted(cosines.values(), reverse=True)[:3], abs=1e-5
        )
        assert all(score == pytest.approx(cosines[row], abs=1e-5) for row, score in found)
        rows = sorted(by_row)
        nearness, _ = store.nearness(rows, asked)
        assert nearness == pytest.approx([cosines[row] for row in rows], abs=1e-5)


def test_nearness_does_not_depend_on_the_rows_beside_it(store, by_row, hashed):
    asked, rows = hashed.encode_query("the river"), sorted(by_row)
    whole = store.nearness(rows, asked)
    for place, row in enumerate(rows):
        alone = store.nearness([row], asked)
        assert [part.tobytes() for part in alone] == [part[[place]].tobytes() for part in whole]
    assert [part.shape for part in store.nearness([], asked)] == [(0,), (0,)]


def test_words_names_and_codes_are_found(store, by_row):
    for question, word in (
        ("8703", "HS 8703"),
        ("zbigniew", "Zbigniew"),
        ("Who carved clocks?", "carved"),
        ("eo-14 deadline", "EO-14"),
        ("Zbignew", "Zbigniew"),
    ):
        row, score = store.search_by_words(question, 5)[0]
        assert word in by_row[row].text
        assert score > 0
    assert store.search_by_words("quixotic", 5) == []


def test_a_misspelt_word_counts_once(folder, hashed, tmp_path):
    documents, found = tmp_path / "documents", {}
    documents.mkdir()
    lines = ["whose those chosen", "whose", "chosen and those", "close by", "a gate", "the mill"]
    for number, line in enumerate(lines):
        (documents / f"{number}.txt").write_text(f"{line}, {number}", encoding="utf-8")
    for name, make in STORES.items():
        (tmp_path / name).mkdir()
        opened = make(documents, tmp_path / name, hashed)
        for top_k in (1, 2, 3, 9):
            pairs = opened.search_by_words("Who chose the gate?", top_k, exclude={"1.txt"})
            expected = found.setdefault(top_k, pairs)
            assert [row for row, _ in pairs] == [row for row, _ in expected], name
            scores = [score for _, score in expected]
            assert [score for _, score in pairs] == pytest.approx(scores)
        opened.close()
    assert len(found[9]) == 5


def searches(store, hashed, question, top_k, **chosen):
    return (
        store.search_by_vector(hashed.encode_query(question), top_k, **chosen),
        store.search_by_words(question, top_k, **chosen),
    )


@pytest.mark.parametrize("names", [["forms.txt"], ["clock.txt", "same-2.txt"]])
@pytest.mark.parametrize("question", QUESTIONS)
def test_a_choice_of_documents_changes_no_score(store, by_row, hashed, names, question):
    for all_found, only, without in zip(
        searches(store, hashed, question, 100),
        searches(store, hashed, question, 100, only=names),
        searches(store, hashed, question, 100, exclude=set(names)),
        strict=True,
    ):
        inside = [pair for pair in all_found if by_row[pair[0]].document_id in names]
        outside = [pair for pair in all_found if pair not in inside]
        for found, wanted in ((only, inside), (without, outside)):
            assert [row for row, _ in found] == [row for row, _ in wanted]
            scores = [score for _, score in wanted]
            assert [score for _, score in found] == pytest.approx(scores)


def test_what_is_left_out_makes_room(store, hashed):
    names = store.document_ids() - {"mill.md"}
    asked = hashed.encode_query("Who received the clock?")
    rows = [row for row, _ in store.search_by_vector(asked, 1, exclude=names)]
    assert [each.document_id for each in store.passages(rows)] == ["mill.md"]
    assert store.search_by_vector(asked, 1, exclude=store.document_ids()) == []


@pytest.mark.parametrize(
    "question", ["AND", 'title:"x"^2 (', "\\", "誰", "x" * 5000, "\0", '" OR 1']
)
def test_no_character_of_a_question_is_special(store, question):
    assert len(store.search_by_words(question, 5)) <= 5


def test_the_same_question_finds_the_same(store, hashed):
    for question in QUESTIONS:
        first, again = (searches(store, hashed, question, 9) for _ in range(2))
        assert first == again


def test_a_copy_has_no_passages_and_is_a_document(store):
    assert store.document_ids() == TEXTS.keys() - {"same.txt"}
    assert [each.id for each in store.documents()] == sorted(TEXTS)
    assert store.places_of("same.txt") == ("same-2.txt", "same.txt")
    assert store.document("same.txt").text == store.document("same-2.txt").text


def test_what_is_open_stays_as_it_is_while_the_next_is_built(folder, hashed, tmp_path):
    for name, make in STORES.items():
        place = tmp_path / name
        place.mkdir()
        documents = place / "documents"
        documents.mkdir()
        (documents / "a.txt").write_text("The gate was painted green.", encoding="utf-8")
        before = make(documents, place, hashed)
        found = searches(before, hashed, "Which gate?", 9)
        (documents / "b.txt").write_text("The gate is in Kiel.", encoding="utf-8")
        after = make(documents, place, hashed)
        assert searches(before, hashed, "Which gate?", 9) == found
        assert (len(before), len(after)) == (1, 2)
        assert before.generation != after.generation
        before.close(), after.close()

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.builder import build
from qa.index import IndexedFile, Manifest, WriterLock, open_index, write_generation
from qa.networks.parts import unpacked
from qa.retrieval.hybrid import HybridSearch, fuse
from qa.types import Document, Passage

TEXTS = {
    "gift.txt": [
        "The governor of Osaka gave the mayor of Hamburg a wooden clock.",
        "The clock was carved by Ichiro Tanaka.",
    ],
    "tariff.txt": [
        "Heading HS 8703 covers motor cars.",
        "Heading HS 8704 covers lorries.",
        "Form EO-14 must reach the office by 7 March.",
        "Form EO-41 must reach the office by 9 March.",
    ],
    "weather.txt": ["It rained for three days.", "It rained for three days."],
    "people.txt": [
        "Zbigniew Wrzesniewski ran the mill.",
        "Zdzislaw Wisniewski ran the bakery.",
        "The physician examined the child and prescribed rest.",
    ],
}


def write(index_dir, texts, encoder):
    contents = []
    for name, lines in texts.items():
        text = "\n".join(lines)
        passages, start = [], 0
        for line in lines:
            passages.append(Passage(name, start, start + len(line), line, name))
            start += len(line) + 1
        contents.append((Document(name, text, "", name, "", name, ()), passages))
    manifest = Manifest(
        folder=str(index_dir.parent),
        encoder_name=encoder.name,
        encoder_fingerprint=encoder.fingerprint,
        dimension=encoder.dimension,
        settings={},
        libraries={},
        documents=tuple(IndexedFile(d.id, "", 0, 0, len(parts)) for d, parts in contents),
        skipped=(),
    )
    vectors = encoder.encode([passage.text for _, parts in contents for passage in parts])
    with WriterLock(index_dir):
        write_generation(index_dir, manifest, contents, lambda _: vectors)
    return open_index(index_dir, encoder_fingerprint=encoder.fingerprint)


@pytest.fixture(scope="module")
def index(tmp_path_factory, encoder):
    return write(tmp_path_factory.mktemp("retriever") / "index", TEXTS, encoder)


@pytest.fixture(scope="module")
def retriever(index, encoder):
    return HybridSearch(index, encoder)


def first(retriever, question):
    return retriever.search(question, 1)[0].passage.text


def test_vectors_find_passages_without_a_shared_word(retriever):
    hits = retriever.search("Which doctor treated somebody's daughter?", 1)
    assert hits[0].passage.text.startswith("The physician")


@pytest.mark.parametrize(
    ("question", "begin"),
    [
        ("HS 8703", "Heading HS 8703"),
        ("What does 8704 cover?", "Heading HS 8704"),
        ("eo-14 deadline", "Form EO-14"),
        ("When is form EO-41 due?", "Form EO-41"),
        ("9 March", "Form EO-41"),
        ("wrzesniewski", "Zbigniew"),
        ("What did Wiśniewski run?", "Zdzislaw"),
        ("Ichiro", "The clock was carved"),
    ],
)
def test_names_numbers_and_codes_are_found_by_words(retriever, question, begin):
    assert first(retriever, question).startswith(begin)


@pytest.mark.parametrize("typed", ["wrzesneiwski", "Wrzesniewsk", "wrzesniewsky", "wrzessniewski"])
def test_a_misspelt_name_is_found(index, typed):
    (row, _), *others = index.words.search(typed, 10)
    assert index.passages([row])[0].text.startswith("Zbigniew Wrzesniewski")
    assert others == []


@pytest.mark.parametrize(
    "typed",
    ["wrzesneiwksi", "milk", "clocks carved"],
    ids=["two slips", "too short: not the mill", "known by its stem"],
)
def test_only_long_unknown_words_match_similar_ones(index, typed):
    found = [index.passages([row])[0].text for row, _ in index.words.search(typed, 10)]
    assert all("clock" in text for text in found)


@pytest.mark.parametrize("typed", ["87033", "INV10024", "17299"])
def test_an_unknown_number_matches_no_similar_one(encoder, tmp_path, typed):
    (tmp_path / "documents").mkdir()
    text = "Invoice INV10023 names heading 87034 and 17295 clocks."
    (tmp_path / "documents" / "a.txt").write_text(text, encoding="utf-8")
    build(tmp_path / "documents", tmp_path / "index", encoder=encoder)
    stored = open_index(tmp_path / "index")
    assert stored.words.search("INV10023", 5)
    assert stored.words.search(typed, 5) == []


def test_a_hit_has_its_rank_in_each_search(index, retriever):
    (hit, *_) = retriever.search("8703", 3)
    assert hit.lexical_rank == 1
    words = {row for row, _ in index.words.search("8703", 50)}
    hits = retriever.search("8703", 20)
    assert sum(hit.lexical_rank is not None for hit in hits) == len(words) == 1
    assert all(hit.dense_rank is not None for hit in hits)  # fewer passages than candidates
    only = retriever.search("8703", 20, candidates=1)
    assert len(only) == 20 - 9


def test_the_fused_score_is_nearness_and_a_share_of_the_best_match(index, retriever, encoder):
    question = "Who carved the clock for Hamburg?"
    asked = encoder.encode_query(question)
    matches = dict(index.words.search(question, 50))
    hits = retriever.search(question, 20)
    by_rank = sorted(matches.values(), reverse=True)
    for hit in hits:
        match = by_rank[hit.lexical_rank - 1] if hit.lexical_rank else 0.0
        row = encoder.encode([hit.passage.text])[:, 384:]
        part = float((unpacked(row, 384)[0] @ asked).max())
        near = 0.5 * hit.similarity + 0.5 * part
        assert hit.score == pytest.approx(near + 0.4 * match / 40, abs=1e-6)
    assert 0 < by_rank[0] < 40  # so few passages that no word is rare
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_a_hit_by_words_alone_has_a_cosine_and_no_dense_rank(retriever, encoder, monkeypatch):
    monkeypatch.setattr("qa.retrieval.hybrid.LEXICAL_WEIGHT", 30.0)
    question = "Rain, storms and other weather, or Zdzislaw"
    named, _ = retriever.search(question, 2)
    assert "Zdzislaw" in named.passage.text
    assert (named.dense_rank, named.lexical_rank) != (None, 1)  # fifty are asked for
    named, _ = retriever.search(question, 2, candidates=2)
    assert (named.dense_rank, named.lexical_rank) == (None, 1)
    text, asked = encoder.encode([named.passage.text, question])[:, :384]
    assert named.similarity == pytest.approx(float(text @ asked), abs=1e-5)
    assert named.similarity + 1 < named.score <= named.similarity + 30


def test_fusion_counts_similarities_not_ranks():
    far = {0: 0.9, 1: 0.2, 2: 0.1}
    assert fuse(far, {1: 60.0, 0: 12.0}) == pytest.approx({0: 0.9 + 0.08, 1: 0.2 + 0.4, 2: 0.1})
    assert list(fuse(far, {1: 60.0})) == [0, 1, 2]
    close = {0: 0.5, 1: 0.2, 2: 0.1}
    assert list(fuse(close, {1: 60.0})) == [1, 0, 2]
    # The best match is of words that stand everywhere: a tenth of what a good one is worth.
    assert fuse(close, {1: 4.0}) == pytest.approx({0: 0.5, 1: 0.24, 2: 0.1})
    assert fuse(close, {}) == close
    assert fuse({}, {}) == {}


def test_ties_go_to_the_lower_row():
    assert list(fuse({7: 0.5, 3: 0.5, 5: 0.5}, {})) == [3, 5, 7]


def test_every_hit_has_its_cosine(retriever, encoder):
    question = "Who gave the clock?"
    vector = encoder.encode_query(question)
    for hit in retriever.search(question, 20, candidates=2):
        expected = float(encoder.encode([hit.passage.text])[0, :384] @ vector)
        assert hit.similarity == pytest.approx(expected, abs=1e-5)


def test_equal_passages_come_in_the_order_of_the_index(retriever):
    one, other = retriever.search("How long did it rain?", 2)
    assert (one.passage.document_id, one.passage.start) == ("weather.txt", 0)
    assert other.passage.start > 0
    assert one.similarity == other.similarity


def test_top_k_bounds_the_hits(retriever):
    total = sum(map(len, TEXTS.values()))
    for top_k in (1, 3, 100):
        assert len(retriever.search("clock", top_k)) == min(top_k, total)


def test_excluded_documents_make_room_for_others(retriever):
    hits = retriever.search("clock from Osaka", 3, exclude={"gift.txt"}, candidates=3)
    assert len(hits) == 3
    assert all(hit.passage.document_id != "gift.txt" for hit in hits)
    assert retriever.search("clock", 3, exclude=set(TEXTS)) == []


@given(out=st.sets(st.sampled_from(sorted(TEXTS))), candidates=st.integers(1, 12))
@settings(max_examples=25, deadline=None)
def test_excluding_documents_keeps_the_order_of_the_others(retriever, out, candidates):
    question = "Which form must reach the office?"
    full = retriever.search(question, 20, candidates=50)
    kept = [hit for hit in full if hit.passage.document_id not in out]
    dense = sorted(kept, key=lambda hit: hit.dense_rank)
    hits = retriever.search(question, 20, exclude=out, candidates=50)
    assert [hit.passage for hit in sorted(hits, key=lambda hit: hit.dense_rank)] == [
        hit.passage for hit in dense
    ]
    few = retriever.search(question, candidates, exclude=out, candidates=candidates)
    assert len(few) == min(candidates, len(kept))


@given(
    chosen=st.sets(st.sampled_from(sorted(TEXTS)), min_size=1),
    question=st.sampled_from(["clock", "HS 8703 or 8704", "Which form must reach the office?"]),
)
@settings(max_examples=25, deadline=None)
def test_excluding_documents_changes_no_score(index, encoder, chosen, question):
    full = index.words.search(question, 50)
    inside = {row for name in chosen for row in index.rows_of(name)}
    only = index.words.search(question, 50, only=chosen)
    assert only == [(row, pytest.approx(score)) for row, score in full if row in inside]
    without = index.words.search(question, 50, exclude=chosen)
    assert without == [(row, pytest.approx(score)) for row, score in full if row not in inside]
    vector = encoder.encode_query(question)
    near = index.vectors.search(vector, 50, exclude=[index.rows_of(name) for name in chosen])
    assert near == [pair for pair in index.vectors.search(vector, 50) if pair[0] not in inside]


@pytest.mark.parametrize("question", ["AND", 'title:"x"^2 (', "\ud800", "誰", "x" * 5000, "\0"])
def test_odd_questions_find_something_or_nothing(retriever, question):
    for hit in retriever.search(question, 5):
        assert np.isfinite(hit.similarity)


def test_the_same_question_gives_the_same_hits(retriever, index, encoder):
    question = "Who received a clock?"
    hits = retriever.search(question, 20)
    assert retriever.search(question, 20) == hits
    assert HybridSearch(index, encoder).search(question, 20) == hits


def test_a_cosine_does_not_depend_on_how_many_passages_are_asked_for(retriever):
    hits = retriever.search("clock", 20)
    assert retriever.search("clock", 1)[0] == hits[0]

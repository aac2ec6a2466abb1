"""Search by codes in a large index; tests lower the number of passages that makes it one."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.hashing import HashEncoder
from qa.builder import build as plain_build
from qa.cli import main
from qa.errors import IndexCorrupt
from qa.index import open_index, stored, verify
from qa.index.vectors import (
    CODES,
    CodeSearch,
    FaissVectors,
    LargeVectors,
    codes,
    large,
    write_vectors,
)
from qa.index.vectors.codes import coded, rotation
from qa.loaders import load
from qa.retrieval.hybrid import HybridSearch

build = partial(plain_build, load=load)
SIZE = 4_000
DIMENSION = 64


def near_one_another(count, dimension, seed=1):
    """Unit vectors in clusters, as those of texts are."""
    random = np.random.default_rng(seed)
    centres = random.standard_normal((count // 40 + 1, dimension))
    made = centres[random.integers(0, len(centres), count)]
    made = made + random.standard_normal((count, dimension))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    """Vectors and parts in three shards, one of them with a single row."""
    folder = tmp_path_factory.mktemp("vectors")
    parts = np.random.default_rng(5).integers(0, 256, (SIZE, DIMENSION))
    rows = np.concatenate([near_one_another(SIZE, DIMENSION), parts], axis=1, dtype=np.float32)
    bounds = [0, 1500, 1501, SIZE]
    keys = [f"{number:032x}" for number in range(3)]
    for key, (first, last) in zip(keys, pairwise(bounds), strict=True):
        write_vectors(folder, key, rows[first:last], DIMENSION)
    return folder, keys


@pytest.fixture(scope="module")
def flat(shards):
    return FaissVectors(*shards, DIMENSION)


@pytest.fixture
def by_codes(shards, monkeypatch):
    monkeypatch.setattr(large, "COMPARED", 100)
    return LargeVectors(*shards, DIMENSION)


QUESTIONS = near_one_another(60, DIMENSION, seed=1)


def test_the_rotation_keeps_lengths_and_angles():
    for dimension in (16, 64, 384, 20):
        turned = rotation(dimension)
        np.testing.assert_allclose(turned @ turned.T, np.eye(dimension), atol=1e-5)


@given(st.integers(1, 50), st.integers(0, 49))
@settings(max_examples=30)
def test_a_code_depends_on_its_vector_alone(count, place):
    vectors = near_one_another(50, 384)
    some = coded(vectors[place : place + count])
    assert some.tobytes() == coded(vectors)[place : place + count].tobytes()


def test_codes_order_vectors_as_their_cosines_do():
    vectors = near_one_another(2000, 384)
    search = CodeSearch([coded(vectors)], 384)
    blocks = CodeSearch((coded(vectors[first : first + 700]) for first in range(0, 2000, 700)), 384)
    assert len(search) == len(blocks) == 2000
    for question in near_one_another(20, 384, seed=1):
        nearest = np.argsort(-(vectors @ question))[:10]
        found = search.nearest(question, 100)
        assert set(nearest) <= set(found)
        # In blocks the same are found, but for those that are as near as the last of them.
        others = blocks.nearest(question, 100)
        assert len(set(others)) == 100
        assert others.tolist() == sorted(others)
        assert len(set(found) & set(others)) > 95


def test_nearly_all_of_the_nearest_are_found_with_their_exact_scores(flat, by_codes):
    found = missed = 0
    for question in QUESTIONS:
        wanted = flat.search(question, 10)
        pairs = by_codes.search(question, 10)
        scores = dict(flat.search(question, SIZE))
        assert all(scores[row] == score for row, score in pairs)
        assert pairs == sorted(pairs, key=lambda pair: (-pair[1], pair[0]))
        found += len(set(wanted) & set(pairs))
        missed += len(set(wanted) - set(pairs))
    assert found / (found + missed) >= 0.99


def test_codes_are_used_and_exact_search_does_without(shards, flat, by_codes, monkeypatch):
    monkeypatch.setattr(large.CodeSearch, "nearest", lambda *_: np.arange(100))
    assert all(row < 100 for row, _ in by_codes.search(QUESTIONS[0], 10))
    exact = LargeVectors(*shards, DIMENSION, exact=True)
    for question in QUESTIONS:
        assert exact.search(question, 50) == flat.search(question, 50)


def test_a_block_of_codes_at_a_time_is_in_memory_and_the_same_is_found(
    shards, by_codes, monkeypatch
):
    whole = [by_codes.search(question, 20) for question in QUESTIONS]
    monkeypatch.setattr(large, "_BLOCK", 1_500)
    blocks = []
    monkeypatch.setattr(large, "CodeSearch", lambda each, n: CodeSearch(map(noted, each), n))

    def noted(block):
        blocks.append(len(block))
        return block

    opened = LargeVectors(*shards, DIMENSION)
    assert blocks == [1_500, 2_500]
    assert [opened.search(question, 20) for question in QUESTIONS] == whole


@pytest.fixture
def opened_by(shards, monkeypatch):
    """Open the vectors in three blocks, one of them with a single row, for so many cores."""
    monkeypatch.setattr(large, "COMPARED", 100)
    monkeypatch.setattr(large, "_BLOCK", 1)

    def opened(cores):
        monkeypatch.setattr(codes, "cores", lambda: cores)
        return LargeVectors(*shards, DIMENSION)

    return opened


def test_the_same_is_found_on_any_number_of_cores(opened_by):
    one, two, many = map(opened_by, (1, 2, 7))
    for question in QUESTIONS:
        expected = one.search(question, 20)
        assert two.search(question, 20) == many.search(question, 20) == expected
        nearest = one._codes.nearest(question, 100).tobytes()
        for other in (two, many):
            assert other._codes.nearest(question, 100).tobytes() == nearest
    with ThreadPoolExecutor(4) as visitors:  # who share the threads of one index
        together = list(visitors.map(lambda question: two.search(question, 20), QUESTIONS))
    assert together == [one.search(question, 20) for question in QUESTIONS]


def test_blocks_are_scanned_side_by_side_by_threads_that_end_with_the_index(monkeypatch):
    monkeypatch.setattr(codes, "cores", lambda: 2)
    vectors = near_one_another(200, DIMENSION)
    search = CodeSearch((coded(vectors[first : first + 100]) for first in (0, 100)), DIMENSION)
    both = threading.Barrier(2, timeout=60)  # it breaks if one waits for the other to end

    class Waiting:
        ntotal = 100

        def __init__(self, index):
            self.index = index

        def search(self, *given):
            both.wait()
            return self.index.search(*given)

    search._indexes = [Waiting(index) for index in search._indexes]
    assert search.nearest(vectors[150], 200).tolist() == list(range(200))
    threads = list(search._threads._threads)
    assert len(threads) == 2
    del search
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)


def test_a_vector_that_is_no_number_finds_nothing(opened_by):
    nothing = np.full(DIMENSION, np.nan, np.float32)
    for cores in (1, 2):
        assert opened_by(cores)._codes.nearest(nothing, 100).tolist() == []


@pytest.mark.parametrize("share", [0.001, 0.05, 0.5, 0.95])
@pytest.mark.parametrize("as_only", [True, False])
def test_a_choice_of_rows_is_searched_whatever_its_size(flat, by_codes, share, as_only):
    bounds = range(0, SIZE, 4)
    kept = [range(at, at + 4) for at in bounds if at * 0.618 % 1 < share]
    left_out = [range(at, at + 4) for at in bounds if not at * 0.618 % 1 < share]
    chosen = {"only": kept} if as_only else {"exclude": left_out}
    inside = {row for rows in kept for row in rows}
    same = 0
    for question in QUESTIONS:
        wanted, found = flat.search(question, 10, **chosen), by_codes.search(question, 10, **chosen)
        assert len(found) == min(10, len(inside))
        assert all(row in inside for row, _ in found)
        same += len(set(wanted) & set(found)) / len(wanted)
    assert same / len(QUESTIONS) >= 0.99


def test_nothing_is_nearest_where_nothing_is_left(by_codes):
    assert by_codes.search(QUESTIONS[0], 10, exclude=[range(SIZE)]) == []
    assert by_codes.search(QUESTIONS[0], 0) == []
    assert len(by_codes.search(QUESTIONS[0], 10**6)) == SIZE


def test_rows_come_back_in_any_order_and_from_any_shard(flat, by_codes):
    rows = [SIZE - 1, 0, 1500, 1501, 1499, 0]
    np.testing.assert_array_equal(by_codes.reconstruct(rows), flat.reconstruct(rows))
    assert by_codes.reconstruct([]).shape == (0, 2 * DIMENSION)
    for ours, theirs in zip(
        by_codes.nearness(rows, QUESTIONS[0]), flat.nearness(rows, QUESTIONS[0]), strict=True
    ):
        assert ours.tobytes() == theirs.tobytes()


# Whole indexes


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "documents"
    made.mkdir()
    words = "gate clock mill river office green copper letter winter bridge".split()
    for number in range(60):
        lines = (
            " ".join(words[(number * k + line) % len(words)] for k in range(1, 8))
            for line in range(6)
        )
        (made / f"{number:02}.txt").write_text("\n\n".join(lines), encoding="utf-8")
    return made


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(stored, "LARGE", 10)
    monkeypatch.setattr(large, "COMPARED", 12)
    monkeypatch.setattr("qa.index.shards.PASSAGES", 9)


def answers(index_dir, encoder, **options):
    """What is found, and the files in which it is looked up."""
    index = open_index(index_dir, **options)
    try:
        search = HybridSearch(index, encoder)
        hits = [search.search(f"{word} of copper", 3, candidates=1) for word in ("gate", "mill")]
        folder = index_dir / index.generation / "vectors"
        return hits, type(index.vectors), {p.name: p.read_bytes() for p in folder.iterdir()}
    finally:
        index.close()


def test_a_grown_index_equals_one_built_anew(folder, tmp_path, small):
    encoder = HashEncoder()
    later = {name: (folder / name).read_bytes() for name in ("07.txt", "31.txt")}
    for name in later:
        (folder / name).unlink()
    build(folder, tmp_path / "grown", encoder=encoder)
    for name, data in later.items():
        (folder / name).write_bytes(data)
    (folder / "12.txt").write_text("A bridge of copper and a gate.", encoding="utf-8")
    build(folder, tmp_path / "grown", encoder=encoder)
    build(folder, tmp_path / "anew", encoder=encoder)
    grown, anew = (answers(tmp_path / name, encoder) for name in ("grown", "anew"))
    assert grown == anew
    assert grown[1] is LargeVectors


def test_an_index_becomes_large_without_being_written_again(folder, tmp_path, monkeypatch):
    encoder = HashEncoder()
    build(folder, tmp_path / "index", encoder=encoder)
    hits, kind, files = answers(tmp_path / "index", encoder)
    assert kind is FaissVectors
    monkeypatch.setattr(stored, "LARGE", 10)
    assert answers(tmp_path / "index", encoder, exact=True) == (hits, LargeVectors, files)
    assert not build(folder, tmp_path / "index", encoder=encoder).changed


def test_verify_finds_codes_of_other_vectors(folder, tmp_path, small, monkeypatch):
    other = lambda vectors: np.roll(coded(vectors), 1, axis=1)  # noqa: E731
    monkeypatch.setattr("qa.index.vectors.exact.coded", other)
    build(folder, tmp_path / "index", encoder=HashEncoder())
    monkeypatch.undo()
    with pytest.raises(IndexCorrupt, match="codes"):
        verify(tmp_path / "index")


def test_an_intact_large_index_is_verified(folder, tmp_path, small):
    build(folder, tmp_path / "index", encoder=HashEncoder())
    assert "intact" in verify(tmp_path / "index")


def test_an_index_without_codes_is_searched_exactly(folder, tmp_path, small, monkeypatch):
    encoder = HashEncoder()
    build(folder, tmp_path / "index", encoder=encoder)
    hits = answers(tmp_path / "index", encoder, exact=True)[0]
    # As an earlier release wrote it.
    monkeypatch.setattr("qa.index.vectors.exact.PER_BYTE", 10**9)
    (folder / "new.txt").write_text("Nothing else.", encoding="utf-8")
    build(folder, tmp_path / "old", encoder=encoder)
    (folder / "new.txt").unlink()
    build(folder, tmp_path / "old", encoder=encoder)
    found, kind, files = answers(tmp_path / "old", encoder)
    assert (found, kind) == (hits, FaissVectors)
    assert not any(name.endswith(CODES) for name in files)


def test_the_command_line_compares_all_vectors_if_it_is_told_to(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(stored, "LARGE", 1)
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "gate.txt").write_text("The gate was made by Ada Blum in 1911.")
    index = ["--index", str(tmp_path / "index")]
    assert main(["build", str(tmp_path / "documents"), *index]) == 0
    by_codes = []

    class Noted(LargeVectors):
        def search(self, *given, **options):
            by_codes.append(self._codes is not None)
            return super().search(*given, **options)

    monkeypatch.setattr(stored, "LargeVectors", Noted)
    for command in (["ask", "Who made the gate?"], ["search", "gate"]):
        for exactly in (True, False):
            by_codes.clear()
            assert main([*command, *(["--exact"] if exactly else []), *index]) in (0, 3)
            assert "gate.txt" in capsys.readouterr().out
            assert set(by_codes) == {not exactly}

"""What a build keeps in memory does not grow with the texts and vectors of a folder."""

import shutil
import tracemalloc
import zlib

import numpy as np
import pytest

from benchmarks.hashing import HashEncoder
from qa.builder import WRITING, build
from qa.index import open_index
from qa.index.journal import Journal
from qa.loaders import load

DIMENSION = 64
SENTENCES = 40


class QuickEncoder(HashEncoder):
    """A vector drawn by the text, and the words counted."""

    dimension = row_size = DIMENSION

    def encode(self, texts):
        chances = [np.random.default_rng(zlib.crc32(text.encode())) for text in texts]
        vectors = np.stack([chance.normal(size=DIMENSION) for chance in chances])
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def documents(folder, count):
    folder.mkdir()
    for number in range(count):
        lines = [
            f"In the year {number * SENTENCES + line} the keeper of lamp {line} wrote a long letter"
            f" about {'the weather and the ships that passed, ' * 4}and signed it."
            for line in range(SENTENCES)
        ]
        (folder / f"{number:04}.txt").write_text("\n\n".join(lines))
    return folder


def peak_of(folder, index, **options):
    """The most bytes that a build held at once, beyond what was there before it."""
    tracemalloc.start()
    try:
        build(folder, index, encoder=QuickEncoder(), load=load, **options)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.fixture
def small_shards(monkeypatch):
    monkeypatch.setattr("qa.index.shards.PASSAGES", 50)


def test_a_first_build_keeps_neither_texts_nor_vectors(tmp_path, small_shards):
    few, many = documents(tmp_path / "few", 8), documents(tmp_path / "many", 32)
    build(few, tmp_path / "warm", encoder=QuickEncoder(), load=load)
    small = peak_of(few, tmp_path / "small")
    stages = []
    large = peak_of(many, tmp_path / "large", progress=lambda *told: stages.append(told))
    index = open_index(tmp_path / "large")
    texts = sum(len(passage.text) for passage in index.all_passages())
    vectors = 4 * DIMENSION * len(index)
    index.close()
    print(small, large, texts, vectors, len(index))
    # Of the 36 more documents.
    assert large - small < (texts + vectors) * 3 / 4 / 4
    # Many shards are written one after the other, and it is told.
    written = [done for stage, done, _ in stages if stage == WRITING]
    assert len(written) > 3
    assert written == sorted(written)
    assert stages[-1] == (WRITING, len(index), len(index))


def test_what_an_interrupted_build_encoded_is_found_without_being_read_into_memory(
    tmp_path, small_shards
):
    folder, index = documents(tmp_path / "many", 12), tmp_path / "index"
    build(folder, index, encoder=QuickEncoder(), load=load)
    anew = peak_of(folder, tmp_path / "anew")
    with pytest.raises(KeyboardInterrupt):
        build(folder, tmp_path / "again", encoder=QuickEncoder(), load=load, progress=interrupt)
    journal = (tmp_path / "again" / ".encoded").stat().st_size
    resumed = peak_of(folder, tmp_path / "again")
    print(anew, resumed, journal)
    assert resumed - anew < journal / 4
    assert (tmp_path / "again" / "CURRENT").read_text() == (index / "CURRENT").read_text()
    assert not (tmp_path / "again" / ".texts").exists()


def interrupt(stage, done, total):
    if stage == WRITING:
        raise KeyboardInterrupt


def test_the_journal_keeps_parts_as_bytes_and_drops_what_was_cut_off(tmp_path):
    rows = np.hstack([np.eye(3, 4, dtype=np.float32), np.array([[0, 7], [255, 1], [9, 9]])])
    digests = [bytes([number]) * 32 for number in range(3)]
    journal = Journal(tmp_path, "key", 4, 6)
    journal.open()
    journal.add(zip(digests[:2], rows[:2].astype(np.float32), strict=True))
    journal.add(zip(digests[2:], rows[2:].astype(np.float32), strict=True))
    path = tmp_path / ".encoded"
    assert path.stat().st_size == 3 * (32 + 4 * 4 + 2 + 16)
    assert np.array_equal(journal.read([2, 0]), rows[[2, 0]])
    shutil.copy(path, tmp_path / "whole")
    path.write_bytes((tmp_path / "whole").read_bytes()[:-1])
    journal.open()
    assert journal.digests().tolist() == [b"", digests[1][:16]]  # numpy drops zeros at the end
    assert path.stat().st_size == 2 * (32 + 4 * 4 + 2 + 16)
    other = Journal(tmp_path, "another key", 4, 6)
    other.open()
    assert (len(other.digests()), path.stat().st_size) == (0, 0)

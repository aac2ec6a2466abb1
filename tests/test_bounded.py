"""What a build keeps in memory does not grow with the texts and vectors of a folder."""

import errno
import os
import shutil
import tracemalloc
import zlib
from importlib import import_module

import numpy as np
import pytest

from benchmarks.hashing import HashEncoder
from qa.builder import READING, WRITING, build
from qa.errors import StoredIndexError
from qa.index import DocumentWriter, open_index
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


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr("qa.loaders.parts.PART_BYTES", 4_000)
    monkeypatch.setattr("qa.loaders.parts._MAX_HEADER_BYTES", 1_000)
    monkeypatch.setattr("qa.loaders._HEAD_BYTES", 1_000)


def large_text(folder, size):
    lines = documents(folder, size // 8_000)
    text = "\n\n".join(path.read_text() for path in sorted(lines.glob("*.txt")))
    shutil.rmtree(folder)
    folder.mkdir()
    (folder / "log.txt").write_text(text)
    return folder


def test_of_a_large_text_only_a_part_is_in_memory_while_it_is_read(tmp_path, small_parts):
    few, many = large_text(tmp_path / "few", 16_000), large_text(tmp_path / "many", 64_000)

    def read(folder):
        """The most bytes that were held until all was read."""

        def progress(stage, done, total):
            if stage == READING:
                peaks.append(tracemalloc.get_traced_memory()[1])
                raise KeyboardInterrupt

        peaks = []
        with pytest.raises(KeyboardInterrupt):
            peak_of(folder, tmp_path / "index", progress=progress)
        return peaks[0]

    read(large_text(tmp_path / "warm", 8_000))  # some of it stays in memory for good
    small, large = read(few), read(many)
    more = (many / "log.txt").stat().st_size - (few / "log.txt").stat().st_size
    print(small, large, more)
    assert large - small < more / 2


def test_a_large_text_is_not_read_whole_to_find_its_parts(tmp_path, small_parts):
    path = tmp_path / "log.csv"
    path.write_text("Number,Sign\n" + "".join(f"{n},of the lamp\n" for n in range(100_000)))
    tracemalloc.start()
    try:
        document = load(path, folder=tmp_path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(document.members) > 100
    assert peak < path.stat().st_size / 2  # to hash a file takes 260 KB


def test_how_much_of_a_large_text_is_read_is_told_and_an_interrupt_leaves_the_index(
    tmp_path, small_parts, monkeypatch
):
    module = import_module("qa.builder.build")
    monkeypatch.setattr(module, "_MANY_BYTES", 1)
    monkeypatch.setattr(module, "_MB", 1_000)
    folder, index = large_text(tmp_path / "docs", 60_000), tmp_path / "index"
    told = []
    build(
        folder, index, encoder=QuickEncoder(), load=load, progress=lambda *each: told.append(each)
    )
    size = (folder / "log.txt").stat().st_size // 1_000
    inside = [each for each in told if each[0] == "reading log.txt, MB"]
    assert inside[0][1:] == (0, size)
    assert inside[-1][1:] == (size, size)
    assert len(inside) > 5
    assert inside == sorted(inside)
    before = (index / "CURRENT").read_text()
    (folder / "log.txt").write_text((folder / "log.txt").read_text() + "One line more.\n")

    def stop(stage, done, total):
        if 0 < done < total and stage.startswith("reading log.txt"):
            assert (index / ".texts").exists()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(folder, index, encoder=QuickEncoder(), load=load, progress=stop)
    assert (index / "CURRENT").read_text() == before
    assert not (index / ".texts").exists()


def test_a_disk_that_is_full_while_a_large_text_is_read_is_no_fault_of_the_text(
    tmp_path, small_parts, monkeypatch
):
    folder = large_text(tmp_path / "docs", 60_000)
    add = DocumentWriter.add

    def full(writer, document, passages):
        if "003" in document.id:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        add(writer, document, passages)

    monkeypatch.setattr(DocumentWriter, "add", full)
    with pytest.raises(StoredIndexError, match="No space left"):
        build(folder, tmp_path / "index", encoder=QuickEncoder(), load=load)


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

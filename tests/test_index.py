import errno
import gc
import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.errors import (
    IndexCorrupt,
    IndexLocked,
    IndexMismatch,
    IndexNotFound,
    StoredIndexError,
)
from qa.hashing import sha256_of
from qa.index import (
    ContainerFile,
    DocumentSummary,
    IndexedFile,
    Manifest,
    SkippedFile,
    WriterLock,
    open_index,
    read_manifest,
    shards_of,
    sweep,
    verify,
    write_generation,
)
from qa.index import generation as generation_module
from qa.index.lock import ReaderLock, unread
from qa.index.manifest import Shard
from qa.index.vectors import FaissVectors, write_vectors
from qa.index.words import WordIndex, join_segments, write_segment
from qa.networks.parts import PARTS, packed, unpacked
from qa.types import Block, Document, Passage

ELSEWHERE = "name another folder with --index"
TEXTS = {
    "cars.txt": "Customs\n\nHeading HS 8703 covers motor cars.\nForm EO-14 is due on 7 March.",
    "müller/naïve.txt": "Das Café gehört Frau Müller — seit 1894. 🚗 NUL\0here.",
    "two.txt": "Page one says little.\fPage two says more.",
}


def unit_vectors(count, dimension=16, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def in_turn(rows):
    """What returns these vectors, those of the next passages at each call."""
    rest = iter(rows)

    def rows_of(held):
        found = list(islice(rest, sum(len(passages) for _, passages in held)))
        return np.stack(found)

    return rows_of


def contents_of(texts):
    """Each line of each text as one passage."""
    contents = []
    for name, text in texts.items():
        passages, start = [], 0
        for line in text.splitlines(keepends=True):
            stripped = line.rstrip()
            if stripped:
                passages.append(
                    Passage(name, start, start + len(stripped), stripped, f"Title of {name}")
                )
            start += len(line)
        blocks = (Block(0, 3, "heading", 1), Block(3, len(text), "body"))
        pages = (0, text.index("\f") + 1) if "\f" in text else ()
        document = Document(
            name, text, "ab" * 32, f"Title of {name}", "2024-05-01", f"c/{name}", blocks, pages
        )
        contents.append((document, passages))
    return contents


def manifest_of(contents, folder, dimension=16):
    return Manifest(
        folder=str(folder),
        encoder_name="some encoder",
        encoder_fingerprint="some:encoder:256",
        dimension=dimension,
        settings={"max_tokens": 160},
        libraries={"one": "1.0"},
        documents=tuple(
            IndexedFile(document.id, document.sha256, 10, 20, len(passages))
            for document, passages in contents
        ),
        skipped=(SkippedFile("bad.pdf", "it is encrypted", 5, 6),),
        containers=(ContainerFile("all.zip", "cd" * 32, 7, 8, 0, ("1 file not read",)),),
    )


def write(index_dir, texts=TEXTS, folder=None):
    contents = contents_of(texts)
    count = sum(len(passages) for _, passages in contents)
    manifest = manifest_of(contents, folder or index_dir.parent / "documents")
    with WriterLock(index_dir):
        generation = write_generation(index_dir, manifest, contents, in_turn(unit_vectors(count)))
        sweep(index_dir)
    return generation


@pytest.fixture
def index_dir(tmp_path):
    write(tmp_path / "index")
    return tmp_path / "index"


def generations(index_dir):
    return sorted(path.name for path in index_dir.glob("g-*"))


def test_what_is_written_is_read_back(index_dir):
    contents = contents_of(TEXTS)
    passages = [passage for _, parts in contents for passage in parts]
    index = open_index(index_dir, encoder_fingerprint="some:encoder:256")
    assert [index.document(document.id) for document, _ in contents] == [d for d, _ in contents]
    assert list(index.all_passages()) == passages
    assert index.passages([3, 0, 3]) == [passages[3], passages[0], passages[3]]
    assert index.passages([1]) == [passages[1]]
    assert index.passages([]) == []
    np.testing.assert_array_equal(
        index.vectors.reconstruct(range(len(passages))), unit_vectors(len(passages))
    )
    rows = index.rows_of("müller/naïve.txt")
    assert index.passages(rows) == contents[1][1]
    assert index.documents()[0] == DocumentSummary(
        *("cars.txt", "Title of cars.txt", "2024-05-01", "c/cars.txt"),
        *(len(TEXTS["cars.txt"]), 3, contents[0][0].author, contents[0][0].language),
    )
    with pytest.raises(KeyError):
        index.document("absent")
    with pytest.raises(KeyError):
        index.passages([len(passages)])
    with pytest.raises(KeyError):
        index.rows_of("absent")


def test_the_manifest_is_read_back_and_summarised(index_dir):
    manifest = read_manifest(index_dir)
    contents = contents_of(TEXTS)
    written = manifest_of(contents, index_dir.parent / "documents")
    assert replace(manifest, shards=(), files=(), folder=written.folder) == written
    (shard,) = manifest.shards
    assert (shard.documents, shard.passages) == (3, 6)
    files = {file.path for file in manifest.files}
    assert files > {f"documents/{shard.key}.sqlite", f"vectors/{shard.key}.faiss"}
    shown = manifest.to_dict()
    assert json.loads(json.dumps(shown))["counts"] == {"documents": 3, "passages": 6}
    assert "passages    6" in manifest.summary()
    assert "bad.pdf: it is encrypted" in manifest.summary()


def test_the_readme_describes_this_format(index_dir):
    readme = (Path(__file__).parents[1] / "index" / "README.md").read_text(encoding="utf-8")
    manifest = json.loads(next(index_dir.rglob("manifest.json")).read_text())
    assert f"| `format` | version of this format: {manifest['format']} |" in readme
    keys = re.findall(r"^\| (`.+?`) \| ", readme, re.MULTILINE)
    assert sorted(re.findall(r"`(\w+)`", " ".join(keys))) == sorted(manifest)
    for key, described in re.findall(
        r"^\| `(documents|skipped|containers|shards|files)` \| (.+) \|$", readme, re.M
    ):
        assert set(re.findall(r"`(\w+)`", described)) == set(manifest[key][0]), key
    stored = sqlite3.connect(next(index_dir.rglob("*.sqlite")))
    for table in ("document", "passage"):
        columns = [name for _, name, *_ in stored.execute(f"PRAGMA table_info({table})")]
        described = re.search(rf"^Table `{table}`: (.+?)\.(?: |\n\n)", readme, re.M | re.S)[1]
        assert re.findall(r"`(\w+)`", described) == columns
    stored.close()


def test_index_and_corpus_can_be_moved_together(tmp_path):
    write(tmp_path / "old" / "index", folder=tmp_path / "old" / "documents")
    (tmp_path / "old").rename(tmp_path / "new")
    index = open_index(tmp_path / "new" / "index")
    assert index.folder == (tmp_path / "new" / "documents").resolve()
    assert str(tmp_path) not in next((tmp_path / "new").rglob("manifest.json")).read_text()


def test_the_folder_is_shown_relative_to_the_current_directory(tmp_path, monkeypatch):
    write(tmp_path / "index", folder=tmp_path / "documents")
    monkeypatch.chdir(tmp_path)
    assert read_manifest(tmp_path / "index").folder == "documents"


def test_texts_of_a_length_are_found_without_reading_all(index_dir):
    index = open_index(index_dir)
    asked = []
    index.texts._connections[0].set_trace_callback(asked.append)
    texts = [each.text for each in index.all_passages()]
    longest = max(map(len, texts))
    rows = [row for row, _ in index.texts.passages_as_long_as([longest])]
    plan = index.texts._select(0, f"EXPLAIN QUERY PLAN {asked[-1]}")
    assert "USING INDEX passage_length" in plan[0][3]
    assert rows == [row for row, text in enumerate(texts) if len(text) == longest]
    index.close()


def test_the_manifest_has_a_line_for_each_document(index_dir):
    (path,) = index_dir.glob("g-*/manifest.json")
    lines = path.read_text("ascii").splitlines()
    for document in json.loads(path.read_bytes())["documents"]:
        assert json.dumps(document, sort_keys=True) in [line.rstrip(",") for line in lines]


def test_a_missing_index_names_the_build_command(tmp_path):
    for call in (open_index, read_manifest, verify):
        with pytest.raises(IndexNotFound, match="qa build"):
            call(tmp_path / "absent")


def test_another_encoder_or_format_is_a_mismatch(index_dir, monkeypatch):
    with pytest.raises(IndexMismatch, match="qa build"):
        open_index(index_dir, encoder_fingerprint="other:encoder:256")
    monkeypatch.setattr("qa.index.manifest.FORMAT_VERSION", 99)
    folder = shlex.quote(read_folder(index_dir))
    with pytest.raises(IndexMismatch, match=rf"format \d+, not 99: run `qa build {folder} "):
        open_index(index_dir)


def read_folder(index_dir):
    (path,) = index_dir.glob("g-*/manifest.json")
    return str((index_dir / json.loads(path.read_bytes())["folder"]).resolve())


def stored_files(index_dir):
    return [
        path
        for path in sorted(index_dir.rglob("*"))
        if path.is_file() and path.stat().st_size and path.name != ".lock"
    ]


def test_any_flipped_byte_is_found(index_dir):
    files = stored_files(index_dir)
    assert len(files) > 8
    for path in files:
        whole = path.read_bytes()
        for position in {0, len(whole) // 2, len(whole) - 1}:
            damaged = bytearray(whole)
            damaged[position] ^= 0x04
            path.write_bytes(damaged)
            for call in (open_index, verify):
                with pytest.raises(IndexCorrupt, match="qa build"):
                    call(index_dir)
        path.write_bytes(whole)
    open_index(index_dir).close()


def test_any_missing_or_shortened_file_is_found(index_dir):
    for path in stored_files(index_dir):
        whole = path.read_bytes()
        path.write_bytes(whole[:-1])
        with pytest.raises(IndexCorrupt, match="qa build"):
            open_index(index_dir)
        path.unlink()
        with pytest.raises(StoredIndexError, match="qa build"):
            open_index(index_dir)
        path.write_bytes(whole)


@pytest.mark.parametrize("name", ["../other", "g-1-0000000000000000", "", "g-1"])
def test_a_pointer_elsewhere_is_not_followed(index_dir, name):
    (index_dir / "CURRENT").write_text(f"{name}\n")
    with pytest.raises(IndexCorrupt, match="qa build"):
        open_index(index_dir)


def test_stores_whose_rows_disagree_are_not_opened(tmp_path):
    contents = contents_of(TEXTS)
    manifest = manifest_of(contents, tmp_path)
    with WriterLock(tmp_path / "index"):
        write_generation(tmp_path / "index", manifest, contents, in_turn(unit_vectors(5)))
    with pytest.raises(IndexCorrupt, match="differ in length"):
        open_index(tmp_path / "index")


def test_verify_finds_what_hashes_cannot(tmp_path):
    """The hashes are right if the index was written wrongly."""
    ((document, passages), *others) = contents_of(TEXTS)
    wrong = [replace(passages[0], text="Another text"), *passages[1:]]
    contents = [(document, wrong), *others]
    manifest = manifest_of(contents, tmp_path)
    with WriterLock(tmp_path / "index"):
        write_generation(tmp_path / "index", manifest, contents, in_turn(unit_vectors(6)))
    with pytest.raises(
        IndexCorrupt, match=r"a passage of cars\.txt differs from its text\): run `qa build"
    ):
        verify(tmp_path / "index")
    contents = contents_of(TEXTS)
    with WriterLock(tmp_path / "index"):
        write_generation(tmp_path / "index", manifest, contents, in_turn(2 * unit_vectors(6)))
    with pytest.raises(IndexCorrupt, match="length one"):
        verify(tmp_path / "index")


def test_verify_reports_what_it_checked(index_dir):
    assert "3 documents, 6 passages" in verify(index_dir)


def test_a_generation_is_kept_while_it_is_read_and_removed_afterwards(index_dir):
    reader = open_index(index_dir)
    (first,) = generations(index_dir)
    write(index_dir, {"new.txt": "Entirely new."})
    write(index_dir, {"new.txt": "Entirely new again."})
    assert len(generations(index_dir)) == 2
    assert first in generations(index_dir)
    assert "HS 8703" in reader.passages([1])[0].text
    assert reader.words.search("8703", 5)
    reader.close()
    reader.close()
    with WriterLock(index_dir):
        sweep(index_dir)
    (last,) = generations(index_dir)
    assert last.startswith("g-3-")


def test_a_failed_build_leaves_the_index_unchanged(index_dir):
    before = {path: path.read_bytes() for path in stored_files(index_dir)}
    contents = contents_of({"x.txt": "A lone surrogate \ud800 has no UTF-8."})
    with WriterLock(index_dir), pytest.raises(UnicodeEncodeError):
        write_generation(
            index_dir, manifest_of(contents, index_dir), contents, in_turn(unit_vectors(1))
        )
    assert "HS 8703" in open_index(index_dir).passages([1])[0].text
    with WriterLock(index_dir):
        sweep(index_dir)
    assert {path: path.read_bytes() for path in stored_files(index_dir)} == before


@pytest.mark.parametrize(
    ("error", "reason", "remedy"),
    [
        (OSError(errno.ENOSPC, "No space"), "No space", "free some space and repeat"),
        (OSError(errno.EDQUOT, "Too much"), "Too much", "free some space and repeat"),
        (OSError(errno.EACCES, "Denied", "x"), "Denied", f"change its permissions, or {ELSEWHERE}"),
        (OSError(errno.EROFS, "Read-only"), "Read-only", ELSEWHERE),
        (RuntimeError("Failed"), "Failed", f"free some space and repeat, or {ELSEWHERE}"),
    ],
)
def test_a_disk_that_cannot_be_written_is_an_error_with_a_remedy(
    index_dir, monkeypatch, error, reason, remedy
):
    def fails(*arguments):
        raise error

    monkeypatch.setattr("qa.index.vectors.write_vectors", fails)
    with pytest.raises(StoredIndexError) as caught:
        write(index_dir)
    assert caught.value.problem == f"{index_dir} cannot be written ({reason})"
    assert caught.value.remedy == remedy
    assert "HS 8703" in open_index(index_dir).passages([1])[0].text


def test_a_reader_sees_one_generation_or_the_other_while_builds_swap_them(index_dir):
    stop = threading.Event()
    seen, failures = set(), []

    def read():
        while not stop.is_set():
            try:
                index = open_index(index_dir)
                texts = "".join(passage.text for passage in index.all_passages())
                seen.add(texts)
                index.close()
            except Exception as error:
                failures.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    written = set()
    for number in range(8):
        write(index_dir, {"a.txt": f"Text {number}."})
        written.add(f"Text {number}.")
    stop.set()
    reader.join()
    assert failures == []
    first = "".join(passage.text for _, parts in contents_of(TEXTS) for passage in parts)
    assert seen <= written | {first}


def test_an_index_that_nobody_closed_releases_its_generation(index_dir):
    index = open_index(index_dir)
    (held,) = index_dir.glob("g-*")
    with unread(held / "manifest.json") as is_free:
        assert not is_free
    del index
    gc.collect()
    with unread(held / "manifest.json") as is_free:
        assert is_free


@pytest.mark.posix
@pytest.mark.parametrize("removed", [True, False])
def test_who_opens_while_a_generation_is_looked_at_waits(index_dir, removed):
    (held,) = index_dir.glob("g-*")
    manifest, found = held / "manifest.json", []

    def read():
        try:
            found.append(ReaderLock(manifest))
        except FileNotFoundError as error:
            found.append(error)

    reader = threading.Thread(target=read)
    with unread(manifest) as is_free:
        assert is_free
        reader.start()
        reader.join(0.2)
        assert not found
        if removed:
            manifest.unlink()
    reader.join()
    if removed:
        assert isinstance(found[0], FileNotFoundError)
        return
    with unread(manifest) as is_free:
        assert not is_free


@pytest.mark.parametrize("read", [lambda path: open_index(path).manifest, read_manifest])
def test_a_pointer_read_just_before_a_build_swapped_it_is_read_again(index_dir, monkeypatch, read):
    from qa.index import generation

    stale = (index_dir / "CURRENT").read_bytes()
    write(index_dir, {"a.txt": "Second."})
    write(index_dir, {"a.txt": "Third."})  # its sweep removes the first generation
    pointers = iter([stale])
    now = generation._pointer
    monkeypatch.setattr(generation, "_pointer", lambda folder: next(pointers, now(folder)))
    assert read(index_dir).passages == 1
    assert not list(pointers)


def test_one_writer_at_a_time_and_its_lock_dies_with_it(tmp_path):
    code = """
import sys, time
from pathlib import Path
from qa.index import WriterLock
with WriterLock(Path(sys.argv[1])):
    print("locked", flush=True)
    time.sleep(60)
"""
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert other.stdout.readline().strip() == "locked"
        with pytest.raises(IndexLocked, match="repeat"), WriterLock(tmp_path):
            pass
    finally:
        other.kill()
        other.communicate()
    with WriterLock(tmp_path):
        pass


def test_a_file_in_place_of_the_index_is_an_error(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoredIndexError, match="--index"), WriterLock(tmp_path / "file"):
        pass


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0,
    reason="needs root, to become a user who may not write",
)
def test_reading_needs_no_write_permission(index_dir):
    with tempfile.TemporaryDirectory() as place:
        copy = Path(shutil.copytree(index_dir, Path(place) / "index"))
        for path in (Path(place), copy, *copy.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        before = sorted(copy.rglob("*"))
        code = (
            "import os, sys; from pathlib import Path; from qa.index import open_index\n"
            "import faiss, numpy, tantivy; os.setgid(65534); os.setuid(65534)\n"
            "assert not os.access(sys.argv[1], os.W_OK)\n"
            "print(open_index(Path(sys.argv[1])).words.search('8703', 3)[0][0])"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(copy)], capture_output=True, text=True
        )
        assert done.stdout.strip() == "1", done.stderr
        assert sorted(copy.rglob("*")) == before


# Vectors


@given(
    count=st.integers(1, 60),
    top_k=st.integers(1, 80),
    seed=st.integers(0, 1000),
    copies=st.integers(1, 3),
)
@settings(max_examples=60, deadline=None)
def test_vector_search_equals_brute_force(tmp_path_factory, count, top_k, seed, copies):
    vectors = np.tile(unit_vectors(count, 8, seed), (copies, 1))
    folder = tmp_path_factory.mktemp("vectors")
    keys = [f"{number}" for number in range(copies)]
    for key in keys:
        write_vectors(folder, key, vectors[:count], 8)
    store = FaissVectors(folder, keys, 8)
    query = unit_vectors(1, 8, seed + 1)[0]
    found = store.search(query, top_k)
    cosines = vectors @ query
    best = np.sort(cosines)[::-1][:top_k]
    assert len(found) == min(top_k, len(vectors))
    np.testing.assert_allclose([score for _, score in found], best, atol=1e-6)
    for row, score in found:
        assert score == pytest.approx(cosines[row], abs=1e-6)
    assert len({row for row, _ in found}) == len(found)
    assert found == sorted(found, key=lambda pair: (-pair[1], pair[0]))
    np.testing.assert_array_equal(store.reconstruct([0, len(vectors) - 1]), vectors[[0, -1]])


def test_a_query_of_nan_finds_nothing_rather_than_the_last_row(tmp_path):
    write_vectors(tmp_path, "key", unit_vectors(5), 16)
    store = FaissVectors(tmp_path, ["key"], 16)
    assert store.search(np.full(16, np.nan, np.float32), 3) == []
    assert store.search(unit_vectors(1)[0], 0) == []
    assert store.reconstruct([]).shape == (0, 16)


def rows_with_parts(count, seed=0):
    parts = [packed(unit_vectors(PARTS, 16, seed + row)) for row in range(count)]
    return np.concatenate([unit_vectors(count, 16, seed), np.stack(parts)], axis=1)


def test_parts_are_stored_in_a_byte_for_four_numbers(tmp_path):
    rows = rows_with_parts(7)
    for key, chosen in (("one", rows[:4]), ("other", rows[4:])):
        write_vectors(tmp_path, key, chosen, 16)
    store = FaissVectors(tmp_path, ["one", "other"], 16)
    assert (tmp_path / "one.parts").stat().st_size < 4 * PARTS * 16 / 4 + 200
    np.testing.assert_array_equal(store.reconstruct([6, 0, 1]), rows[[6, 0, 1]])
    question = rows[3, :16]
    assert store.search(question, 1)[0][0] == 3
    cosines, best = store.nearness([0, 5, 3], question)
    np.testing.assert_allclose(cosines, rows[[0, 5, 3], :16] @ question, atol=1e-6)
    expected = (unpacked(rows[:, 16:], 16) @ question).max(axis=1)
    np.testing.assert_allclose(best, expected[[0, 5, 3]], atol=1e-6)
    for row in range(7):  # to the bit, whatever is beside it
        assert store.nearness([2, row], question)[1][1] == store.nearness([row], question)[1][0]
    assert [each.shape for each in store.nearness([], question)] == [(0,), (0,)]


def test_parts_of_another_number_of_passages_are_not_opened(tmp_path):
    rows = rows_with_parts(4)
    write_vectors(tmp_path, "one", rows, 16)
    write_vectors(tmp_path, "other", rows[:3], 16)
    (tmp_path / "other.parts").replace(tmp_path / "one.parts")
    with pytest.raises(ValueError, match="differ in number"):
        FaissVectors(tmp_path, ["one"], 16)


# Words


def word_index(folder, texts, headings=None, *, each=1000):
    headings = headings or [""] * len(texts)
    passages = [
        Passage("a.txt", 0, len(text), text, heading)
        for text, heading in zip(texts, headings, strict=True)
    ]
    shards = []
    for number, first in enumerate(range(0, len(passages), each)):
        part = passages[first : first + each]
        shards.append(Shard(f"{99 - number:032x}", 1, len(part)))
        write_segment(folder, shards[-1].key, part)
    join_segments(folder, shards)
    return WordIndex(folder, shards)


def test_a_folder_is_removed_even_while_it_is_written_to(tmp_path, monkeypatch):
    remove, tries = shutil.rmtree, []

    def late(folder):
        tries.append(folder)
        if len(tries) == 1:
            raise OSError(errno.ENOTEMPTY, "Directory not empty", str(folder))
        remove(folder)

    monkeypatch.setattr("qa.index.words.shutil.rmtree", late)
    assert rows(word_index(tmp_path, ["The clock."]).search("clock", 1)) == [0]
    assert len(tries) == 2
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]


def rows(found):
    return [row for row, _ in found]


def test_words_match_by_stem_and_without_accents(tmp_path):
    words = word_index(tmp_path, ["He donated cars.", "Frau Müller in the café.", "Nothing here."])
    assert rows(words.search("Which CAR was donated?", 3)) == [0]
    assert rows(words.search("muller", 3)) == rows(words.search("MÜLLER cafe", 3)) == [1]
    assert words.search("zebra", 3) == []


def test_the_exact_word_comes_before_its_relatives(tmp_path):
    texts = ["They visited the universe.", "They visited Universal.", "They visited universities."]
    words = word_index(tmp_path, texts)
    assert words.search("universe", 3)[0][0] == 0
    assert words.search("Universal", 3)[0][0] == 1
    assert words.search("universities", 3)[0][0] == 2


def test_codes_match_as_a_whole_before_their_parts(tmp_path):
    texts = [
        "Form 14 mentions EO and also EO twice, form 12 too.",
        "Form EO-14 is due.",
        "Heading 8703 of the HS.",
        "Under HS 8703 cars are free.",
        "Chapter 87 of the HS, page 03.",
    ]
    words = word_index(tmp_path, texts)
    assert words.search("EO-14", 5)[0][0] == 1
    assert words.search("eo 14", 5)[0][0] == 1
    assert words.search("HS 8703", 5)[0][0] == 3
    assert set(rows(words.search("8703", 5))) == {2, 3}


def test_a_heading_counts_less_than_the_text(tmp_path):
    words = word_index(tmp_path, ["The library burned.", "It burned in May."], ["", "The library"])
    assert rows(words.search("library", 2)) == [0, 1]


@pytest.mark.parametrize("each", [1000, 9])
def test_equal_passages_come_in_the_order_of_rows(tmp_path, each):
    words = word_index(tmp_path, ["the same words"] * 300, each=each)
    assert rows(words.search("same words", 40)) == list(range(40))
    assert words._searcher.num_segments == -(-300 // each)


@given(question=st.text(max_size=60))
@settings(max_examples=80, deadline=None)
def test_the_word_index_can_be_asked_any_text(shared_words, question):
    for row, score in shared_words.search(question, 5):
        assert row in range(3)
        assert score > 0


@pytest.mark.parametrize(
    "question",
    ["IN AND OR NOT", '"', "title:x^2 [a TO b] (", "\\", "a* b? ~3 +x -y", "x" * 9999, "w " * 9999],
)
def test_no_character_of_a_question_is_special(shared_words, question):
    shared_words.search(question, 5)


@pytest.fixture(scope="module")
def shared_words(tmp_path_factory):
    return word_index(tmp_path_factory.mktemp("words"), ["in and or", "not x to b", "title w"])


# Shards


def seen(index_dir):
    """Everything that can be read from an index of these texts."""
    index = open_index(index_dir)
    count = len(index.texts)
    asked = [f"word{a} word{b} word{a * b % 50}" for a in range(9) for b in range(9)]
    try:
        return (
            [index.words.search(question, 15) for question in asked],
            [index.vectors.search(vector, 15) for vector in unit_vectors(9, seed=7)],
            list(index.all_passages()),
            index.passages(list(range(0, count, 7))[::-1]),
            [(index.document(each.id), index.rows_of(each.id)) for each in index.documents()],
        )
    finally:
        index.close()


def many_texts(count):
    return {
        f"{number:03}.txt": "\n".join(
            " ".join(f"word{(number + line * k) % 50}" for k in range(9))
            for line in range(1 + number % 5)
        )
        for number in range(count)
    }


def test_a_large_index_has_longer_shards_and_not_more(monkeypatch):
    monkeypatch.setattr("qa.index.shards.PASSAGES", 20)
    monkeypatch.setattr("qa.index.shards.MOST", 10)

    def shards(texts):
        return shards_of(manifest_of(contents_of(texts), Path("c")))

    texts = many_texts(1200)
    few, many = (shards(dict(list(texts.items())[:count])) for count in (50, 1200))
    assert sum(shard.passages for shard in many) > 10 * 20 * 16
    assert len(few) > 3
    assert len(many) < 30
    del texts["777.txt"]
    less = {shard.key for shard in shards(texts)}
    assert len({shard.key for shard in many} & less) >= len(many) - 2


def test_results_do_not_depend_on_where_shards_end(tmp_path, monkeypatch):
    monkeypatch.setattr("qa.index.shards.MOST", 10**9)
    found = []
    for size, least in ((10**9, 1), (20, 3), (1, 40)):
        monkeypatch.setattr("qa.index.shards.PASSAGES", size)
        write(tmp_path / str(size), many_texts(40))
        assert len(read_manifest(tmp_path / str(size)).shards) >= least
        found.append(seen(tmp_path / str(size)))
    assert found[0] == found[1] == found[2]


def test_a_change_leaves_most_shards_unchanged(monkeypatch):
    monkeypatch.setattr("qa.index.shards.PASSAGES", 40)

    def keys(texts):
        return {shard.key for shard in shards_of(manifest_of(contents_of(texts), Path("c")))}

    texts = many_texts(400)
    before = keys(texts)
    assert 15 < len(before) < 60
    for name in ("000a.txt", "200a.txt", "399a.txt"):
        assert len(keys(dict(sorted({**texts, name: "word1"}.items()))) - before) <= 2
    assert len(keys({name: text for name, text in texts.items() if name != "200.txt"}) - before) < 2


def test_kept_shards_are_linked_and_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr("qa.index.shards.PASSAGES", 20)
    write(tmp_path / "index", many_texts(90))
    expected = seen(tmp_path / "index")
    index = open_index(tmp_path / "index")
    shards = index.manifest.shards
    kept = index.files_of({shard.key for shard in shards})
    assert len(kept) == len(index.manifest.files) - 1  # words/meta.json is about all of them
    inodes = {path.relative_to(path.parents[1]): path.stat().st_ino for path in kept}
    manifest = manifest_of(contents_of(many_texts(90)), tmp_path / "documents")
    synced = []
    sync = generation_module._sync
    monkeypatch.setattr(
        generation_module, "_sync", lambda path: (synced.append(path.name), sync(path))
    )
    with WriterLock(tmp_path / "index"):
        generation = write_generation(
            tmp_path / "index", manifest, [], in_turn(unit_vectors(0)), kept=kept
        )
        index.close()
        sweep(tmp_path / "index")
    assert seen(tmp_path / "index") == expected
    assert {path: (generation / path).stat().st_ino for path in inodes} == inodes
    # Nor is it waited for them: they are on the disk already.
    assert synced.count("manifest.json") == synced.count("meta.json") == 1
    assert not {path.name for path in inodes} & set(synced)
    # Without hard links they are copied.
    monkeypatch.setattr(Path, "hardlink_to", lambda *_: (_ for _ in ()).throw(OSError(1, "no")))
    index = open_index(tmp_path / "index")
    kept = index.files_of({shard.key for shard in shards})
    with WriterLock(tmp_path / "index"):
        write_generation(tmp_path / "index", manifest, [], in_turn(unit_vectors(0)), kept=kept)
    index.close()
    assert seen(tmp_path / "index") == expected
    assert {path.name for path in inodes} <= set(synced)


# Freshness


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "documents"
    texts = {"a.txt": "Alpha.", "b.txt": "Beta."}
    folder.mkdir()
    for name, text in texts.items():
        (folder / name).write_text(text)
    contents = contents_of(texts)
    files = []
    for name in texts:
        stat = (folder / name).stat()
        files.append(IndexedFile(name, sha256_of(folder / name), stat.st_size, stat.st_mtime_ns, 1))
    manifest = replace(manifest_of(contents, folder), documents=tuple(files))
    with WriterLock(tmp_path / "index"):
        write_generation(tmp_path / "index", manifest, contents, in_turn(unit_vectors(2)))
    return folder, open_index(tmp_path / "index")


def test_changed_and_vanished_documents_are_outdated(corpus):
    folder, index = corpus
    both = ["a.txt", "b.txt"]
    assert index.outdated(both) == set()
    (folder / "a.txt").write_text("Omega.")
    assert index.outdated(both) == {"a.txt"}
    (folder / "b.txt").unlink()
    assert index.outdated(both) == {"a.txt", "b.txt"}
    (folder / "a.txt").write_text("Alpha.")
    assert index.outdated(both) == {"b.txt"}
    assert index.outdated([]) == set()


def test_a_touched_document_is_not_outdated_and_is_hashed_once(corpus, monkeypatch):
    folder, index = corpus
    os.utime(folder / "a.txt", ns=(1, 1))
    hashed = []

    def counted(path):
        hashed.append(path)
        return sha256_of(path)

    monkeypatch.setattr("qa.index.freshness.sha256_of", counted)
    for _ in range(3):
        assert index.outdated(["a.txt", "b.txt"]) == set()
    assert len(hashed) == 1


def test_a_change_that_keeps_size_and_time_is_seen(corpus):
    folder, index = corpus
    path = folder / "a.txt"
    before = path.stat()
    path.write_text("Omega.")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert index.outdated(["a.txt", "b.txt"]) == {"a.txt"}


def test_unchanged_documents_are_not_hashed(corpus, monkeypatch):
    _, index = corpus
    monkeypatch.setattr("qa.index.freshness.sha256_of", None)
    assert index.outdated(["a.txt", "b.txt"] * 5) == set()


def test_the_bytes_of_what_is_quoted_are_compared_whatever_the_clock_says(corpus, monkeypatch):
    folder, index = corpus
    path = folder / "a.txt"
    before = path.stat()
    path.write_text("Omega.")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    # As if the index had been built on a machine whose clock is a day ahead.
    monkeypatch.setattr(index._freshness, "_read_ns", path.stat().st_ctime_ns + 86_400 * 10**9)
    both = ["a.txt", "b.txt"]
    assert index.outdated(both) == set()
    assert index.refused == set()
    assert index.outdated(both, quoted=True) == {"a.txt"}
    assert index.outdated(both) == index.refused == {"a.txt"}  # it is known now
    path.write_text("Alpha.")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert index.outdated(both, quoted=True) == set()
    assert index.refused == set()
    monkeypatch.setattr("qa.index.freshness.sha256_of", None)
    assert index.outdated(both, quoted=True) == set()  # compared once


@pytest.mark.skipif(os.name == "nt", reason="Windows has no time of change")
@pytest.mark.parametrize("when", ["while it is built", "after it", "by another file"])
def test_a_change_with_its_time_set_back_is_never_quoted_and_always_built(tmp_path, when):
    from benchmarks.hashing import HashEncoder
    from qa.builder import ENCODING, build, is_stale
    from qa.loaders import load

    folder, index_dir = tmp_path / "documents", tmp_path / "index"
    folder.mkdir()
    path = folder / "a.txt"
    path.write_text("Alpha is first.")
    other = tmp_path / "other.txt"
    other.write_text("Omega is first.")
    before = path.stat()
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))

    def change():
        if when == "by another file":
            other.replace(path)
        else:
            path.write_text("Omega is first.")
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    def progress(stage, done, total):
        if stage == ENCODING and when == "while it is built" and done == total:
            change()

    build(folder, index_dir, encoder=HashEncoder(), load=load, progress=progress)
    if when != "while it is built":
        change()
    index = open_index(index_dir)
    assert index.outdated(["a.txt"]) == {"a.txt"}
    index.close()
    assert is_stale(folder, index_dir, HashEncoder.fingerprint)
    build(folder, index_dir, encoder=HashEncoder(), load=load)
    index = open_index(index_dir)
    assert index.document("a.txt").text.startswith("Omega")
    assert index.outdated(["a.txt"]) == set()
    assert not is_stale(folder, index_dir, HashEncoder.fingerprint)
    index.close()


def test_an_index_that_was_moved_with_its_documents_cites_where_they_are(tmp_path):
    from benchmarks.hashing import HashEncoder
    from qa.builder import build
    from qa.loaders import load

    before, after = tmp_path / "before", tmp_path / "after"
    (before / "documents").mkdir(parents=True)
    for name in ("a.txt", "copy.txt"):
        (before / "documents" / name).write_text("The lamp is lit.")
    build(before / "documents", before / "index", encoder=HashEncoder(), load=load)
    before.rename(after)
    index = open_index(after / "index")
    expected = {name: (after / "documents" / name).as_posix() for name in ("a.txt", "copy.txt")}
    assert {name: index.document(name).source for name in expected} == expected
    assert {each.id: each.source for each in index.documents()} == expected
    assert index.outdated(expected) == set()
    index.close()


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "free some space"),
        (OSError("An IO error: No space left on device (os error 28)"), "free some space"),
        (RuntimeError("write error: No space left on device"), "free some space"),
        (sqlite3.OperationalError("database or disk is full"), "free some space"),
        (OSError("failed to open: Permission denied (os error 13)"), "change its permissions"),
        (RuntimeError("could not open x for writing: Permission denied"), "change its permissions"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "change its perm"),
        (PermissionError(errno.EACCES, "Permission denied"), "change its permissions"),
        (OSError(errno.EROFS, "Read-only file system"), "name another folder"),
        (OSError(errno.ENAMETOOLONG, "File name too long"), "name another folder"),
    ],
)
def test_the_remedy_fits_what_cannot_be_written(tmp_path, error, remedy):
    from qa.index.writing import writing

    with pytest.raises(StoredIndexError) as caught, writing(tmp_path):
        raise error
    assert caught.value.remedy.startswith(remedy)

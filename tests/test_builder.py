import json
import os
import shutil
import sys
import threading
from dataclasses import replace
from functools import partial
from importlib import import_module

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.hashing import HashEncoder
from qa import builder
from qa.builder import ENCODING, READING, BuildReport, FileReport, encoded_text, is_stale
from qa.builder.corpus import states_of
from qa.builder.fingerprint import library_versions
from qa.builder.splitter import Splitter
from qa.builder.survey import survey
from qa.errors import EmptyCorpus, IndexLocked
from qa.index import IndexedFile, WriterLock, open_index, read_manifest, verify
from qa.loaders import load
from qa.retrieval.hybrid import HybridSearch
from qa.types import Passage

# Reading files in a child process is tested in test_sandbox.py.
build = partial(builder.build, load=load)

CLOCK = "The mayor of Hamburg received a clock. It was carved by Ichiro Tanaka in 1894.\n"
MILL = "# The mill\n\nZbigniew ran the mill. He sold it in May.\n\n## Later\n\nIt burned down.\n"
RAIN = "It rained for three days. The river rose by 2 m.\n"
QUESTIONS = ["Who received the clock?", "mill", "How long did it rain?", "1894", "who bought it"]


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "documents"
    (made / "deep").mkdir(parents=True)
    (made / "clock.txt").write_text(CLOCK, encoding="utf-8")
    (made / "mill.md").write_text(MILL, encoding="utf-8")
    (made / "deep" / "rain.txt").write_text(RAIN, encoding="utf-8")
    return made


def found(index_dir, encoder):
    """Everything that can be read from an index."""
    index = open_index(index_dir, encoder_fingerprint=encoder.fingerprint)
    retriever = HybridSearch(index, encoder)
    hits = [retriever.search(question, 50) for question in QUESTIONS]
    documents = [index.document(summary.id) for summary in index.documents()]
    vectors = index.vectors.reconstruct(range(len(index.vectors))).tobytes()
    index.close()
    return hits, documents, vectors


def generations(index_dir):
    return sorted(path.name for path in index_dir.glob("g-*"))


def test_a_build_reports_every_file(folder, tmp_path, encoder):
    (folder / "picture.txt").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    (folder / "empty.txt").write_bytes(b"")
    calls = []
    report = build(
        folder, tmp_path / "index", encoder=encoder, progress=lambda *args: calls.append(args)
    )
    status = {file.path: file.status for file in report.files}
    assert status == {
        "clock.txt": "indexed",
        "deep/rain.txt": "indexed",
        "empty.txt": "skipped",
        "mill.md": "indexed",
        "picture.txt": "skipped",
    }
    assert all(bool(file.reason) == (file.status == "skipped") for file in report.files)
    assert [call for call in calls if call[0] == READING] == [(READING, n, 5) for n in range(1, 6)]
    assert report.changed
    assert report.documents == 3
    assert report.encoded == report.passages == sum(file.passages for file in report.files)
    assert report.reused == 0
    assert calls[-1] == (ENCODING, report.encoded, report.encoded)
    assert "skipped  picture.txt: " in str(report)
    assert report.to_dict()["documents"] == 3
    manifest = read_manifest(tmp_path / "index")
    assert [file.path for file in manifest.skipped] == ["empty.txt", "picture.txt"]
    assert verify(tmp_path / "index")


def test_every_passage_occurs_in_its_document(folder, tmp_path, encoder):
    build(folder, tmp_path / "index", encoder=encoder)
    index = open_index(tmp_path / "index")
    passages = list(index.all_passages())
    for passage in passages:
        text = index.document(passage.document_id).text
        assert text[passage.start : passage.end] == passage.text
    assert {file.path: file.sha256 for file in index.manifest.documents} == {
        summary.id: index.document(summary.id).sha256 for summary in index.documents()
    }


def test_building_twice_changes_nothing(folder, tmp_path, encoder):
    first = build(folder, tmp_path / "index", encoder=encoder)
    before = generations(tmp_path / "index")
    second = build(folder, tmp_path / "index", encoder=encoder)
    assert (second.changed, second.encoded, second.reused) == (False, 0, first.passages)
    assert second.files == first.files
    assert generations(tmp_path / "index") == before
    assert "nothing changed" in str(second)


def test_only_what_changed_is_encoded(folder, tmp_path, encoder):
    first = build(folder, tmp_path / "index", encoder=encoder)
    (folder / "new.txt").write_text("Ada Blum bought the tower in 1999.", encoding="utf-8")
    second = build(folder, tmp_path / "index", encoder=encoder)
    assert (second.encoded, second.reused) == (1, first.passages)
    (folder / "clock.txt").rename(folder / "clock-renamed.txt")
    shutil.copy(folder / "new.txt", folder / "copy.txt")
    third = build(folder, tmp_path / "index", encoder=encoder)
    assert third.changed
    assert [name[:4] for name in generations(tmp_path / "index")] == ["g-3-"]


def test_a_deleted_file_is_removed_from_the_index(folder, tmp_path, encoder):
    build(folder, tmp_path / "index", encoder=encoder)
    (folder / "clock.txt").unlink()
    report = build(folder, tmp_path / "index", encoder=encoder)
    assert report.encoded == 0
    hits, documents, _ = found(tmp_path / "index", encoder)
    assert "clock.txt" not in {document.id for document in documents}
    assert "clock.txt" not in {hit.passage.document_id for some in hits for hit in some}


NAMES = st.sampled_from(["clock.txt", "mill.md", "mill.txt", "deep/rain.txt", "deep/new.md"])
BODIES = st.sampled_from([CLOCK, MILL, RAIN, CLOCK + "\n" + RAIN, "", "A short line.\n"])
CHANGES = st.one_of(
    st.tuples(st.sampled_from(["add", "edit"]), NAMES, BODIES),
    st.tuples(st.sampled_from(["rename", "copy"]), NAMES, NAMES),
    st.tuples(st.just("delete"), NAMES, st.none()),
)
STEPS = st.lists(st.lists(CHANGES, min_size=1, max_size=4), min_size=1, max_size=4)


def change(folder, verb, name, argument):
    path = folder / name
    if verb in ("add", "edit"):
        path.write_text(argument, encoding="utf-8")
    elif verb == "delete":
        path.unlink(missing_ok=True)
    elif path.exists() and verb == "rename":
        path.replace(folder / argument)
    elif path.exists() and name != argument:
        shutil.copy(path, folder / argument)


def grow(place, encoder, steps):
    """Build after each step; the index must equal that of a build from nothing."""
    folder = place / "documents"
    (folder / "deep").mkdir(parents=True)
    (folder / "always.txt").write_text("The bridge is in Remagen.\n", encoding="utf-8")
    build(folder, place / "grown", encoder=encoder)
    for step in steps:
        for verb, name, argument in step:
            change(folder, verb, name, argument)
        grown = build(folder, place / "grown", encoder=encoder)
    fresh = build(folder, place / "fresh", encoder=encoder)
    assert grown.files == fresh.files
    assert found(place / "grown", encoder) == found(place / "fresh", encoder)
    assert len(generations(place / "grown")) == 1
    verify(place / "grown")


@pytest.fixture
def small_shards(monkeypatch):
    """Shards so small that an index of a few files has several."""
    monkeypatch.setattr("qa.index.shards.PASSAGES", 3)


@given(steps=STEPS)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_grown_index_equals_one_built_from_nothing(tmp_path_factory, small_shards, steps):
    grow(tmp_path_factory.mktemp("growing"), HashEncoder(), steps)


@given(steps=STEPS)
@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_same_with_the_shipped_encoder(tmp_path_factory, encoder, steps):
    grow(tmp_path_factory.mktemp("growing"), encoder, steps)


def test_an_empty_or_missing_folder_keeps_the_index(folder, tmp_path, encoder):
    build(folder, tmp_path / "index", encoder=encoder)
    before = found(tmp_path / "index", encoder)
    (tmp_path / "empty").mkdir()
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    for name in ("empty", "absent", "pictures"):
        with pytest.raises(EmptyCorpus, match="qa build"):
            build(tmp_path / name, tmp_path / "index", encoder=encoder)
    assert found(tmp_path / "index", encoder) == before


def test_a_damaged_index_is_rebuilt(folder, tmp_path, encoder):
    build(folder, tmp_path / "index", encoder=encoder)
    before = found(tmp_path / "index", encoder)
    (stored,) = (tmp_path / "index").glob("g-*/documents/*.sqlite")
    stored.write_bytes(stored.read_bytes()[:-1])
    told = []
    report = build(folder, tmp_path / "index", encoder=encoder, on_anew=told.append)
    assert [f"{stored} is damaged" for _ in told] == [error.problem for error in told]
    assert len(told) == 1
    assert report.changed
    assert report.reused == 0
    assert found(tmp_path / "index", encoder) == before
    (tmp_path / "index" / "CURRENT").write_text("nonsense")
    build(folder, tmp_path / "index", encoder=encoder)
    assert len(generations(tmp_path / "index")) == 1
    assert found(tmp_path / "index", encoder) == before


class RenamedEncoder:
    """The real encoder under another fingerprint."""

    def __init__(self, encoder):
        self.name, self.fingerprint = "other", "other:1:256"
        self.dimension, self.row_size = encoder.dimension, encoder.row_size
        self.max_tokens, self.tokenizer = encoder.max_tokens, encoder.tokenizer
        self.encode, self.count_tokens = encoder.encode, encoder.count_tokens


def test_another_encoder_encodes_everything_again(folder, tmp_path, encoder):
    first = build(folder, tmp_path / "index", encoder=encoder)
    report = build(folder, tmp_path / "index", encoder=RenamedEncoder(encoder))
    assert report.changed
    assert report.encoded == first.passages


def test_other_settings_split_again_and_reuse_vectors_of_equal_texts(folder, tmp_path, encoder):
    (folder / "long.txt").write_text("One more sentence stands here. " * 40, encoding="utf-8")
    first = build(folder, tmp_path / "index", encoder=encoder)
    second = build(folder, tmp_path / "index", encoder=encoder, max_tokens=40)
    assert second.changed
    assert second.passages > first.passages
    assert second.reused > 0


def test_a_second_build_at_the_same_time_is_refused(folder, tmp_path, encoder):
    with WriterLock(tmp_path / "index"), pytest.raises(IndexLocked):
        build(folder, tmp_path / "index", encoder=encoder)
    build(folder, tmp_path / "index", encoder=encoder)


def test_the_system_is_asked_once_about_an_unchanged_file(tmp_path, monkeypatch):
    splitter = Splitter(lambda texts: [len(text.split()) for text in texts])

    def split(document):
        return document, splitter.split(document)

    path = tmp_path / "mill.txt"
    path.write_text("The mill was sold in 1912.\n", encoding="utf-8")
    files = {"mill.txt": path}
    ((first, _),) = survey(files, {}, tmp_path, load, split)
    for name in ("stat_of", "unfit"):  # beside what is asked while the file is hashed
        monkeypatch.setattr(f"qa.builder.survey.{name}", None)
    assert list(survey(files, {"mill.txt": [first]}, tmp_path, load, split)) == [(first, None)]


def test_the_model_of_languages_is_loaded_beside_other_work_if_there_is_something_new(
    folder, tmp_path, encoder, monkeypatch
):
    begun = []
    monkeypatch.setattr(sys.modules["qa.builder.build"], "begin_loading", lambda: begun.append(1))
    build(folder, tmp_path / "index", encoder=encoder)
    build(folder, tmp_path / "index", encoder=encoder)
    assert len(begun) == 1
    (folder / "new.txt").write_text("Ada Blum bought the tower.", encoding="utf-8")
    build(folder, tmp_path / "index", encoder=encoder)
    assert len(begun) == 2


def test_an_interrupted_build_leaves_the_index_unchanged(folder, tmp_path, encoder):
    build(folder, tmp_path / "index", encoder=encoder)
    before = found(tmp_path / "index", encoder)
    (folder / "new.txt").write_text("Ada Blum bought the tower.", encoding="utf-8")

    def interrupt(stage, done, total):
        if stage == ENCODING:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(folder, tmp_path / "index", encoder=encoder, progress=interrupt)
    assert found(tmp_path / "index", encoder) == before
    assert build(folder, tmp_path / "index", encoder=encoder).encoded == 0  # it was done already


def test_an_index_inside_the_corpus_is_not_a_document(folder, encoder):
    first = build(folder, folder / "index", encoder=encoder)
    second = build(folder, folder / "index", encoder=encoder)
    assert not second.changed
    assert second.files == first.files


def test_another_index_inside_the_corpus_is_not_indexed_and_files_beside_it_are(folder, tmp_path):
    for name in ("old", "deep"):
        build(folder, folder / name, encoder=HashEncoder())
    (folder / "old" / "notes.txt").write_text("It was copied in May.\n", encoding="utf-8")
    (folder / "CURRENT").write_text("The current runs to the west.\n", encoding="utf-8")
    for _ in range(2):  # a damaged index is one too
        report = build(folder, tmp_path / "index", encoder=HashEncoder())
        assert {file.path for file in report.files} == {
            *("CURRENT", "clock.txt", "deep/rain.txt", "mill.md", "old/notes.txt")
        }
        assert not is_stale(folder, tmp_path / "index", HashEncoder.fingerprint)
        for manifest in (folder / "old").rglob("manifest.json"):
            manifest.unlink()


@pytest.mark.parametrize("index", ["documents", "."])
def test_an_index_that_would_contain_the_documents_is_refused(folder, tmp_path, index):
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(EmptyCorpus, match=r"documents: name another with --index"):
        build(folder, tmp_path / index, encoder=HashEncoder())
    assert sorted(tmp_path.rglob("*")) == before


def test_a_file_in_place_of_a_folder_is_reported(folder, tmp_path):
    with pytest.raises(EmptyCorpus) as raised:
        build(folder / "clock.txt", tmp_path / "index", encoder=HashEncoder())
    assert str(raised.value) == (
        f"{folder / 'clock.txt'} is a file: name the folder that contains it, as in "
        f"`qa build {folder} --index {tmp_path / 'index'}`"
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows allows no such names")
def test_odd_names_are_reported(folder, tmp_path, encoder):
    (folder / "two\nlines.txt").write_text("A line.", encoding="utf-8")
    bad = os.fsencode(folder) + b"/caf\xe9.txt"
    try:
        with open(bad, "w", encoding="utf-8") as file:  # noqa: PTH123
            file.write("Café.")
    except OSError:
        pytest.skip("this file system takes no such names")
    report = build(folder, tmp_path / "index", encoder=encoder)
    lines = {file.path: file for file in report.files}
    assert lines["two\nlines.txt"].status == "indexed"
    assert lines["caf\\udce9.txt"].status == "skipped"
    assert "rename it" in lines["caf\\udce9.txt"].reason
    assert "two\\nlines.txt" in str(report)
    str(report).encode("utf-8")
    assert not build(folder, tmp_path / "index", encoder=encoder).changed
    assert not is_stale(folder, tmp_path / "index", encoder.fingerprint)


def test_a_file_that_breaks_its_parser_is_a_skipped_line(folder, tmp_path, encoder):
    def breaks(path, *, folder):
        if path.name == "clock.txt":
            raise RecursionError("too deep\nin here")
        return load(path, folder=folder)

    report = build(folder, tmp_path / "index", encoder=encoder, load=breaks)
    (line,) = (file for file in report.files if file.status == "skipped")
    assert line.path == "clock.txt"
    assert line.reason == "it cannot be read (RecursionError: too deep in here)"
    assert build(folder, tmp_path / "index", encoder=encoder).documents == 3


def test_staleness_follows_the_folder(folder, tmp_path, encoder):
    index_dir = tmp_path / "index"

    def stale():
        return is_stale(folder, index_dir, encoder.fingerprint)

    assert stale()
    build(folder, index_dir, encoder=encoder)
    assert not stale()
    assert is_stale(folder, index_dir, "another")
    assert is_stale(tmp_path / "elsewhere", index_dir, encoder.fingerprint)
    os.utime(folder / "clock.txt", ns=(1, 1))
    assert not stale()
    (folder / "clock.txt").write_text(CLOCK.replace("Hamburg", "Bamberg"), encoding="utf-8")
    assert stale()
    build(folder, index_dir, encoder=encoder)
    for change in (
        lambda: (folder / "new.bin").write_bytes(b"\0\1"),
        lambda: (folder / "new.bin").write_text("Now it is text.", encoding="utf-8"),
        lambda: (folder / "new.bin").unlink(),
        lambda: (folder / "clock.txt").rename(folder / "watch.txt"),
    ):
        change()
        assert stale()
        build(folder, index_dir, encoder=encoder)
        assert not stale()
    (index_dir / "CURRENT").unlink()
    assert stale()


def test_another_version_of_a_library_makes_it_stale(folder, tmp_path, encoder, monkeypatch):
    build(folder, tmp_path / "index", encoder=encoder)
    versions = dict.fromkeys(library_versions(), "0")
    module = import_module("qa.builder.build")
    monkeypatch.setattr(module, "library_versions", lambda: versions)
    assert is_stale(folder, tmp_path / "index", encoder.fingerprint)
    assert build(folder, tmp_path / "index", encoder=encoder).encoded > 0


def test_questions_are_answered_while_the_index_is_rebuilt(folder, tmp_path, encoder):
    build(folder, tmp_path / "index", encoder=encoder)
    index = open_index(tmp_path / "index")
    retriever = HybridSearch(index, encoder)
    expected = retriever.search(QUESTIONS[0], 10)
    wrong = []

    def ask():
        for _ in range(20):
            if retriever.search(QUESTIONS[0], 10) != expected:
                wrong.append(1)

    thread = threading.Thread(target=ask)
    thread.start()
    for number in range(4):
        (folder / "new.txt").write_text(f"Version {number} of it.", encoding="utf-8")
        assert build(folder, tmp_path / "index", encoder=encoder).changed
    thread.join()
    assert wrong == []
    index.close()


def test_the_heading_is_encoded_and_never_quoted():
    assert encoded_text(Passage("a", 0, 4, "Text", "Title › Part")) == "Title › Part\nText"
    assert encoded_text(Passage("a", 0, 4, "Text")) == "Text"


def test_a_report_lists_what_differs_from_the_previous_one(folder, tmp_path):
    first = build(folder, tmp_path / "index", encoder=HashEncoder())
    (folder / "clock.txt").write_text(CLOCK.replace("1894", "1895"), encoding="utf-8")
    (folder / "new.txt").write_text("It is new.", encoding="utf-8")
    (folder / "deep" / "rain.txt").unlink()
    second = build(folder, tmp_path / "index", encoder=HashEncoder())
    *lines, total = second.changes(first).split("\n")
    assert lines == [
        *("indexed  clock.txt: 1 passage", "indexed  new.txt: 1 passage"),
        "gone     deep/rain.txt",
    ]
    assert total == second.total
    assert second.changes(second) == second.total


def test_the_report_says_what_of_a_file_is_not_in_its_text(folder, tmp_path, encoder):
    notes = ("2 pictures without text", "1 attachment not read: plan\x1b.dwg")

    def notes_something(path, *, folder):
        return replace(load(path, folder=folder), notes=notes if path.name == "mill.md" else ())

    read = partial(builder.build, load=notes_something, encoder=encoder)
    report = read(folder, tmp_path / "index")
    lines = {file.path: file for file in report.files}
    assert {path: file.notes for path, file in lines.items() if file.notes} == {"mill.md": notes}
    assert str(lines["mill.md"]).endswith(
        ": 2 passages; 2 pictures without text; 1 attachment not read: plan\\x1b.dwg"
    )
    shown = json.loads(json.dumps(report.to_dict()))["files"]
    assert list(notes) in [file["notes"] for file in shown]
    # They are stored: an unchanged file is not read again, and its line is the same.
    assert read(folder, tmp_path / "index").files == report.files
    assert "  mill.md: 2 pictures without text" in read_manifest(tmp_path / "index").summary()
    index = open_index(tmp_path / "index")
    assert index.document("mill.md").notes == notes
    assert index.document("clock.txt").notes == ()
    index.close()


def test_a_report_adds_up():
    report = BuildReport("seeds", (), encoded=2, reused=3, changed=True, seconds=1.0)
    assert (report.passages, report.documents) == (5, 0)
    assert report.total.startswith("0 documents, 5 passages (2 encoded")
    one = BuildReport("seeds", (FileReport("a.txt", "indexed", 1),), 1, 0, True, 1.0)
    assert str(one).startswith("indexed  a.txt: 1 passage\n1 document, 1 passage (1 encoded")


def test_the_report_names_deleted_files_and_counts_hidden_ones(tmp_path):
    folder, index = tmp_path / "documents", tmp_path / "index"
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "config.txt").write_text("It is hidden.\n")
    (folder / ".notes.txt").write_text("It is hidden too.\n")
    for name in ("a.txt", "b.txt"):
        (folder / name).write_text(f"The name of this is {name}.\n")
    first = build(folder, index, encoder=HashEncoder(), load=load)
    assert (first.gone, first.hidden) == ((), 2)
    assert "; 2 hidden files left out" in first.total
    (folder / "a.txt").unlink()
    second = build(folder, index, encoder=HashEncoder(), load=load)
    assert second.gone == ("a.txt",)
    assert "gone     a.txt" in str(second).splitlines()
    assert second.to_dict()["gone"] == ("a.txt",)
    assert build(folder, index, encoder=HashEncoder(), load=load).gone == ()


def test_files_are_compared_ahead_each_with_its_time_before(tmp_path, monkeypatch):
    monkeypatch.setattr("qa.builder.corpus._HASHED", 7)
    files, known = [], {}
    for number in range(40):
        path = tmp_path / f"{number:02}.txt"
        path.write_text(f"It is number {number:02}.")
        files.append((path.name, path))
        if number % 3:
            size = path.stat().st_size + (number % 3 == 2)
            known[path.name] = [IndexedFile(path.name, "0" * 64, size, 0, 1)]
    files.append(("gone.txt", tmp_path / "gone.txt"))
    known["gone.txt"] = [IndexedFile("gone.txt", "0" * 64, 9, 0, 1)]

    def changing(path):
        path.write_text("It is another.")  # after its time was taken
        return path.name

    before = {name: path.stat() for name, path in files[:-1]}
    monkeypatch.setattr("qa.builder.corpus.sha256_of", changing)
    *states, gone = states_of(files, known, tmp_path)
    assert gone == (-1, -1, "")
    assert states == [
        (before[name].st_size, before[name].st_mtime_ns, name if number % 3 == 1 else "")
        for number, (name, _) in enumerate(files[:-1])
    ]

"""A process that serves a folder stays as large as it is, however often the index is rebuilt."""

import gc
import subprocess
import sys
import textwrap
import weakref
from pathlib import Path

import pytest
from serving import write_documents

from qa.builder import build
from qa.collections.corpus import Corpus
from qa.library import live
from qa.loaders import load
from qa.pipeline import QA

ROOT = Path(__file__).parents[1]
QUESTION = "Who designed the lighthouse of Rerik?"


@pytest.fixture
def corpus(tmp_path):
    folder, index = write_documents(tmp_path / "documents"), tmp_path / "index"
    made = Corpus(QA.build(folder, index), folder=folder, index=index)
    yield made
    made.pool.stop()
    made.pages.close()


def rebuilt(corpus, number, encoder):
    text = f"Version {number} was written by Ada Blum.\n"
    (corpus.folder / "new.txt").write_text(text, encoding="utf-8")
    build(corpus.folder, corpus.index, encoder=encoder, load=load)
    corpus.live._open_what_is_new()


def parts_of(corpus):
    """What an open index has in memory, each as a weak reference."""
    index = corpus.now.qa._index
    parts = (index, index.texts, index.vectors, index.words, corpus.now.windows)
    return [weakref.ref(part) for part in parts]


def test_nothing_of_an_index_is_kept_after_the_next_build(corpus, encoder):
    gone = []
    gc.collect()
    gc.disable()  # nothing may wait for a collection of cycles
    try:
        for number in range(3):
            now = corpus.now
            first = corpus.pool.run(lambda now=now: now.qa.ask(QUESTION, threshold=0))
            second = corpus.pool.run(
                lambda now=now, first=first: now.qa.ask("and when?", history=[first])
            )
            assert first.answers
            now.windows.of(now.qa.document("library.txt"))
            now.qa.search(QUESTION, only="light*")
            with pytest.raises(KeyError):
                now.qa.document("unknown")
            gone += parts_of(corpus)
            del now, first, second
            rebuilt(corpus, number, encoder)
        assert corpus.now.qa.ask("Who wrote version 2?", threshold=0).answers
        assert [part() for part in gone] == [None] * len(gone)
    finally:
        gc.enable()


def test_an_index_is_kept_as_long_as_somebody_uses_it(corpus, encoder):
    before = corpus.now.qa
    rebuilt(corpus, 0, encoder)
    assert corpus.now.qa is not before
    assert isinstance(before, QA)
    assert before.document("library.txt").text
    assert before.ask(QUESTION).outdated == ()


def test_free_memory_is_given_back_with_every_index(corpus, encoder, monkeypatch):
    given = []
    monkeypatch.setattr(live, "give_back", lambda: given.append(corpus.now.qa.generation))
    rebuilt(corpus, 0, encoder)
    assert given == [corpus.now.qa.generation]


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc is told to give memory back")
def test_what_is_free_between_what_is_used_is_given_back():
    code = """
    import ctypes, os
    from qa.library import give_back
    if not hasattr(ctypes.CDLL(None), "malloc_trim"):
        raise SystemExit(77)

    def resident_mb():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    kept = [bytes(100_000) for _ in range(1_000)]
    kept = kept[::50]
    before = resident_mb()
    give_back()
    print(before - resident_mb())
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode == 77:
        pytest.skip("this C library keeps free memory as it likes")
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) > 50

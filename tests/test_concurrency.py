"""Many readers, one writer, and the error of a second writer."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from benchmarks.hashing import HashEncoder
from qa.answers.calibration import Calibration
from qa.builder import ENCODING, BuildReport, build, watch
from qa.errors import EmptyCorpus, IndexLocked
from qa.index import WriterLock, open_index
from qa.loaders import load
from qa.networks.reader import OnnxReader
from qa.pipeline import QA

ROOT = Path(__file__).parents[1]
KEEPERS = "Alba Blum Cole Dorn Egan Falk Gray Holt Iver Jahn Kerr".split()
QUESTION = "Who keeps the clock of Hamburg?"
PLACES = ("Hamburg", "Bamberg", "Homburg")


def write_version(folder, number):
    """Every file of one version names one keeper."""
    for place in PLACES:
        text = f"The clock of {place} is kept by {KEEPERS[number]}.\n"
        (folder / f"{place}.txt").write_text(text, encoding="utf-8")


def built(folder):
    return build(folder, folder.parent / "index", encoder=HashEncoder(), load=load)


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "documents"
    made.mkdir()
    write_version(made, 0)
    built(made)
    return made


def test_a_thousand_questions_from_sixteen_threads_during_ten_rebuilds(folder):
    encoder, reader = HashEncoder(), OnnxReader()
    calibration = Calibration.load(reader=reader.fingerprint)

    def opened():
        index = open_index(folder.parent / "index", encoder_fingerprint=encoder.fingerprint)
        indexes.append(index)
        return QA(index, encoder=encoder, reader=reader, calibration=calibration)

    indexes, wrong = [], []
    now, built_so_far = opened(), 0
    asked, answered, versions = 0, 0, set()
    counting, finished = threading.Lock(), threading.Event()

    def ask():
        nonlocal asked, answered
        while not finished.is_set():
            with counting:
                asked += 1
            qa, oldest = now, built_so_far
            try:
                prediction = qa.ask(QUESTION, top_k=2, threshold=0)
            except Exception as error:
                wrong.append(error)
                continue
            newest = built_so_far + 1  # it may be live and not yet counted
            named = {hit.passage.text.split()[-1].rstrip(".") for hit in prediction.passages}
            named |= {answer.text.split()[-1].rstrip(".") for answer in prediction.answers}
            named &= set(KEEPERS)
            with counting:
                answered += bool(prediction.answers)
                versions.update(named)
            # All are of one version that was live meanwhile; there are none if files are newer.
            if len(named) > 1 or not named <= set(KEEPERS[max(oldest - 1, 0) : newest + 1]):
                wrong.append((named, oldest, newest))
            for answer in prediction.answers:
                text = qa.document(answer.document_id).text
                if text[answer.start : answer.end] != answer.text:
                    wrong.append(answer)

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for number in range(1, 11):
        write_version(folder, number)
        built(folder)
        now = opened()
        built_so_far = number
        until = time.monotonic() + 300
        # A question asked while files are newer than the index has no answer and is quick, so on
        # a slow machine most are of that kind: wait for a number of answered ones too.
        while (
            KEEPERS[number] not in versions or asked < 100 * number or answered < 20 * number
        ) and time.monotonic() < until:
            time.sleep(0.01)
    finished.set()
    for thread in threads:
        thread.join()
    for index in indexes:
        index.close()
    assert wrong == []
    assert asked >= 1000
    assert answered >= 200
    assert versions >= set(KEEPERS[1:])


def test_the_error_of_a_second_build_names_the_process_that_builds(folder):
    code = f"""
    import sys, time
    from pathlib import Path
    from qa.index import WriterLock
    with WriterLock(Path({str(folder.parent / "index")!r})):
        print("locked", flush=True)
        time.sleep(600)
    """
    other = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        assert other.stdout.readline() == "locked\n"
        with pytest.raises(IndexLocked, match=rf"\(process {other.pid}\).*: wait until it ends"):
            built(folder)
    finally:
        other.kill()
        other.communicate()
    with WriterLock(folder.parent / "index"):
        pass
    assert not built(folder).changed


# Ctrl-C


SLOW = """
import signal, sys, time
from pathlib import Path
from benchmarks.hashing import HashEncoder
from qa.builder import ENCODING, build

class Slow(HashEncoder):
    def encode(self, texts):
        time.sleep(0.2)
        return super().encode(texts)

def show(stage, done, total):
    if stage == ENCODING:
        print(done, total, flush=True)

# Tests in the background of a shell inherit that Ctrl-C is ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
build(Path(sys.argv[1]), Path(sys.argv[2]), encoder=Slow(), progress=show)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows sends Ctrl-C in another way")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_build_is_resumed(tmp_path, how):
    folder, index = tmp_path / "documents", tmp_path / "index"
    folder.mkdir()
    texts = "\n\n".join(
        f"Passage {number} tells of the number {number}. " * 20 for number in range(400)
    )
    (folder / "long.txt").write_text(texts, encoding="utf-8")
    running = subprocess.Popen(
        [sys.executable, "-c", SLOW, str(folder), str(index)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    )
    for _ in range(3):
        done, total = map(int, running.stdout.readline().split())
    os.killpg(running.pid, how)  # as a terminal does: to the child process too
    rest, _ = running.communicate()
    done = [done, *(int(line.split()[0]) for line in rest.splitlines())][-1]
    assert running.returncode != 0
    assert done < total
    encoder = HashEncoder()
    report = build(folder, index, encoder=encoder, load=load)
    # A chunk may have been stored and not yet reported.
    assert total - done - 32 <= report.encoded == len(encoder.encoded) <= total - done
    assert report.passages == total
    fresh = build(folder, tmp_path / "fresh", encoder=HashEncoder(), load=load)
    assert fresh.encoded == total
    assert vectors(index) == vectors(tmp_path / "fresh")
    assert not (index / ".encoded").exists()


def vectors(index_dir):
    index = open_index(index_dir)
    try:
        return index.vectors.reconstruct(range(len(index.vectors))).tobytes()
    finally:
        index.close()


def test_vectors_of_another_encoder_are_not_reused(folder):
    class Other(HashEncoder):
        fingerprint = "hashes:2:256"

    def stop(stage, done, total):
        if stage == ENCODING:
            raise KeyboardInterrupt

    index = folder.parent / "other"
    with pytest.raises(KeyboardInterrupt):
        build(folder, index, encoder=Other(), load=load, progress=stop)
    assert (index / ".encoded").stat().st_size > 0
    assert build(folder, index, encoder=HashEncoder(), load=load).encoded == len(PLACES)


# --watch


class Watcher:
    """Runs ``watch`` in a thread and keeps what it yields."""

    def __init__(self, folder, index):
        self.seen, self._stop = [], threading.Event()
        self._arguments = folder, index
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        folder, index = self._arguments
        reports = watch(folder, index, encoder=HashEncoder(), stop=self._stop, check_s=1)
        for report in reports:
            self.seen.append(report)

    def __enter__(self):
        self._thread.start()
        self.wait(1)
        return self

    def __exit__(self, *error):
        self._stop.set()
        self._thread.join(300)
        assert not self._thread.is_alive()

    def wait(self, count):
        self.wait_until(lambda: len(self.seen) >= count)
        return self.seen[count - 1]

    def wait_until(self, is_true):
        until = time.monotonic() + 300
        while not is_true() and time.monotonic() < until:
            time.sleep(0.02)
        assert is_true()


def documents(index_dir):
    index = open_index(index_dir)
    try:
        return sorted(index.indexed)
    finally:
        index.close()


def test_watching_keeps_the_index_up_to_date(tmp_path):
    folder = tmp_path / "documents"
    (folder / "deep").mkdir(parents=True)
    write_version(folder, 0)
    index = folder / "index"  # inside the watched folder: a build must not trigger a build
    names = sorted(f"{place}.txt" for place in PLACES)
    with Watcher(folder, index) as watcher:
        assert documents(index) == names
        (folder / "deep" / "new.txt").write_text("Kim found a new one.\n", encoding="utf-8")
        assert watcher.wait(2).encoded == 1
        assert documents(index) == sorted([*names, "deep/new.txt"])
        (folder / "deep" / "new.txt").rename(folder / "renamed.txt")
        watcher.wait_until(lambda: documents(index) == sorted([*names, "renamed.txt"]))
        for name in [*names, "renamed.txt"]:
            (folder / name).unlink()
        watcher.wait_until(lambda: isinstance(watcher.seen[-1], EmptyCorpus))
        (folder / "last.txt").write_text("It is the last.\n", encoding="utf-8")
        watcher.wait_until(lambda: documents(index) == ["last.txt"])
        watcher.wait_until(lambda: isinstance(watcher.seen[-1], BuildReport))
        reports = len(watcher.seen)
        time.sleep(1.5)  # longer than the interval between checks
        assert len(watcher.seen) == reports

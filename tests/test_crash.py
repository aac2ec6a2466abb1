"""A sample of ``python -m benchmarks.crash``, which tries every point."""

import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest

from benchmarks import crash
from benchmarks.faults import KINDS, Fault, can_inject, run
from benchmarks.hashing import HashEncoder
from qa.builder import build
from qa.loaders import load

pytestmark = [
    pytest.mark.skipif(
        not can_inject(), reason="needs Linux, where the kernel hands over system calls"
    ),
    # Python warns of a fork beside threads; the children end without returning here.
    pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning"),
]
EVERY = 101


@pytest.fixture
def place():
    with tempfile.TemporaryDirectory(dir=crash.MEMORY) as made:
        yield Path(made)


@pytest.fixture(params=crash.SCENARIOS)
def laboratory(request, place):
    return crash.Laboratory(place, request.param)


def test_a_build_that_is_killed_or_whose_disk_fails_loses_nothing(laboratory):
    calls = len(laboratory.calls())
    assert calls > 100
    verdicts = {fault: laboratory.strike(fault) for fault in crash.faults(calls, KINDS, EVERY)}
    assert [(fault, lost) for fault, lost in verdicts.items() if isinstance(lost, str)] == []
    struck = {fault.kind for fault, verdict in verdicts.items() if verdict}
    assert struck >= set(KINDS) - {"short write"}


def test_the_calls_of_native_code_are_seen(laboratory):
    calls = laboratory.calls()
    assert calls.count("pwrite64") > 5  # SQLite's
    assert calls.count("fdatasync") > 10  # tantivy's
    assert calls.count("fsync") > 10  # our own


def test_a_build_that_does_not_wait_for_the_disk_is_caught(place, monkeypatch):
    """The test of the test: a pointer emptied by a kill is neither before nor after."""

    def point_to(generation):
        (generation.parent / "CURRENT").write_bytes(b"")
        os.kill(os.getpid(), signal.SIGKILL)

    laboratory = crash.Laboratory(place, "changed folder")
    monkeypatch.setattr("qa.index.generation._point_to", point_to)
    verdict = laboratory.strike(Fault("kill", 1_000_000))
    assert isinstance(verdict, str)
    assert verdict.startswith("IndexCorrupt")


def test_a_killed_build_does_not_encode_again(place):
    folder, index = place / "documents", place / "index"
    folder.mkdir()
    index.mkdir()
    for number in range(100):
        (folder / f"{number}.txt").write_text(f"Number {number} is written here.", encoding="utf-8")

    def work():
        build(folder, index, encoder=HashEncoder(), load=load)

    calls = run(work, index, None).calls
    shutil.rmtree(index)
    index.mkdir()
    outcome = run(work, index, Fault("kill", len(calls) // 2))
    assert outcome.code == -signal.SIGKILL
    encoder = HashEncoder()
    report = build(folder, index, encoder=encoder, load=load)
    assert (report.changed, report.encoded, encoder.encoded) == (True, 0, [])

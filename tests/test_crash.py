"""A sample of ``python -m benchmarks.crash``, which tries every point."""

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
EVERY = 61


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
    """The test of the test: without fsync, a power cut loses what was live."""
    laboratory = crash.Laboratory(place, "changed folder")
    monkeypatch.setattr("qa.index.generation._sync", lambda path: None)
    after_the_swap = len(laboratory.calls()) - 5
    assert isinstance(laboratory.strike(Fault("power cut", after_the_swap)), str)


def test_a_writer_that_edits_in_place_is_caught(place, monkeypatch):
    """The test of the test: without the swap, a kill leaves neither before nor after."""

    def point_to(generation):
        (generation.parent / "CURRENT").write_text(f"{generation.name}\n", encoding="ascii")

    laboratory = crash.Laboratory(place, "changed folder")
    monkeypatch.setattr("qa.index.generation._point_to", point_to)
    calls = laboratory.calls()
    last_write = max(at for at, name in enumerate(calls, 1) if name == "write")
    # tantivy's threads make a call more or less from one build to the next.
    near = [laboratory.strike(Fault("kill", at)) for at in range(last_write - 1, last_write + 2)]
    assert any(isinstance(verdict, str) for verdict in near)


def test_a_killed_build_need_not_encode_again(place):
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

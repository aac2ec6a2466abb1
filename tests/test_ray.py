"""Builds on a cluster of Ray: three nodes on the loopback interface, of which two are killed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from qa.builder import ENCODING, READING, build
from qa.cluster import connection
from qa.cluster.workers import RayWorkers
from qa.index import journal
from qa.milvus import StoreAddress, live_in_store
from qa.networks.encoder import SentenceEncoder

ROOT = Path(__file__).parents[1]
# Three nodes have a dozen processes, which start slowly where others want the processors too.
pytestmark = [
    pytest.mark.alone,
    pytest.mark.posix,
    # Of Ray's own: what it opened is closed with its processes.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
    pytest.mark.filterwarnings(
        "ignore::FutureWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
    ),
]


@pytest.fixture(scope="module")
def nodes():
    """A cluster of three nodes of one processor each, to which this process is connected."""
    pytest.importorskip("pyarrow", reason="the extra ray is not installed")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"):
            patch.delenv(name, raising=False)
        patch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), *sys.path]))
        connection.go_local()
        try:
            ray = connection.imported()
        except connection.ExtraMissing:
            pytest.skip("the extra ray is not installed")
        cluster = None
        for _ in range(3):
            cluster = connection.start_node(cluster, store_bytes=100_000_000)
        connection.connect(ray, cluster.address)
        yield cluster
        ray.shutdown()
        cluster.shutdown()


def documents(folder, count):
    folder.mkdir()
    for number in range(count):
        text = "\n\n".join(
            f"Lamp {number}-{line} was lit by Ada{number} in {1800 + line}. It stands in Kiel."
            for line in range(12)
        )
        (folder / f"{number}.txt").write_text(text)
    return folder


def live(index):
    return (index / "CURRENT").read_text()


def test_what_killed_nodes_had_is_done_again_and_nothing_twice(nodes, tmp_path, encoder):
    folder = documents(tmp_path / "documents", 40)
    build(folder, tmp_path / "here", encoder=encoder)
    victims = {READING: list(nodes.worker_nodes)[:1], ENCODING: list(nodes.worker_nodes)[1:]}
    added, killed = [], []
    add = journal.Journal.add

    def noted(self, vectors):
        added.extend(digest for digest, _ in vectors)
        add(self, vectors)

    def kill(stage, done, total):
        if victims.get(stage) and 3 * done >= total > done:
            node = victims[stage].pop()
            nodes.remove_node(node, allow_graceful=False)
            killed.append((stage, done))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal.Journal, "add", noted)
        report = build(
            folder,
            tmp_path / "there",
            encoder=encoder,
            progress=kill,
            workers=RayWorkers(SentenceEncoder),
        )
    assert [stage for stage, _ in killed] == [READING, ENCODING]
    assert live(tmp_path / "there") == live(tmp_path / "here")
    assert len(added) == len(set(added)) == report.encoded


def test_an_interrupted_build_resumes(nodes, tmp_path, encoder):
    folder, index = documents(tmp_path / "documents", 60), tmp_path / "index"

    def interrupt(stage, done, total):
        if stage == ENCODING and 3 * done >= total > done:
            raise KeyboardInterrupt

    workers = RayWorkers(SentenceEncoder)
    with pytest.raises(KeyboardInterrupt):
        build(folder, index, encoder=encoder, progress=interrupt, workers=workers)
    report = build(folder, index, encoder=encoder)
    assert 0 < report.encoded < report.passages
    build(folder, tmp_path / "here", encoder=encoder)
    assert live(index) == live(tmp_path / "here")


def test_the_whole_command_builds_by_ray_and_copies_to_a_store(tmp_path, encoder):
    for name in ("ray", "pyarrow", "pymilvus"):
        pytest.importorskip(name, reason="an extra is not installed")
    folder = documents(tmp_path / "documents", 3)
    build(folder, tmp_path / "here", encoder=encoder)
    store = f"milvus:{tmp_path / 'verbatim.db'}"
    command = [sys.executable, "-m", "qa", "build", str(folder), "--index", str(tmp_path / "there")]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    done = subprocess.run(
        [*command, "--ray", "auto", "--store", store],
        env={**kept, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "3 documents" in done.stdout
    assert live(tmp_path / "there") == live(tmp_path / "here")
    assert live_in_store(StoreAddress.parse(store)) == live(tmp_path / "here").strip()

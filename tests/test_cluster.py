"""Builds whose files are read and whose passages are encoded elsewhere, without Ray itself."""

import io
import os
import shutil
import socket
import sys
import threading
import zipfile
from itertools import count
from types import SimpleNamespace

import numpy as np
import pytest
from waiting import until

from benchmarks.hashing import HashEncoder
from qa.builder import build
from qa.cli import main
from qa.cluster import AUTO, cluster, tasks, workers
from qa.cluster.workers import RayWorkers
from qa.errors import ExtraMissing, QAError
from qa.index import open_index, read_manifest

pytest.importorskip("pyarrow", reason="the extra ray is not installed")

CLOCK = "The mayor of Hamburg received a clock. It was carved by Ichiro Tanaka in 1894.\n"
MILL = "# The mill\n\nZbigniew ran the mill. He sold it in May.\n\n## Later\n\nIt burned down.\n"


def packed(**files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.txt"), text)
    return buffer.getvalue()


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "documents"
    (made / "deep").mkdir(parents=True)
    (made / "clock.txt").write_text(CLOCK)
    (made / "deep" / "copy.txt").write_text(CLOCK)
    (made / "deep" / "mill.md").write_text(MILL)
    # Its copies: one of a file before it, one of a file after it, and one within it.
    (made / "letters.zip").write_bytes(packed(a=CLOCK, b="A gate.", c="A gate.", d="It is red."))
    (made / "red.txt").write_text("It is red.")
    (made / "lamps.txt").write_text("\n\n".join(f"Lamp {n} is lit by Ada{n}." for n in range(90)))
    (made / "broken.pdf").write_bytes(b"%PDF-1.7 nothing else")
    (made / "empty.txt").write_bytes(b"")
    return made


class Answers:
    """What a cluster would answer: every task in this process, the last one first."""

    def __init__(self, node="10.0.0.7"):
        self.node, self.tables = node, []

    def mapped(self, tables, function, **arguments):
        self.tables += tables
        for table in reversed(tables):
            answer = function(table, **arguments)
            for node, problem in zip(
                answer[tasks.NODE].to_pylist(), answer[tasks.PROBLEM].to_pylist(), strict=True
            ):
                if problem:
                    raise workers._unfit(node, problem)
            yield answer

    def read(self):
        """The names of all files that were read by tasks."""
        read = [table for table in self.tables if tasks.NAME in table.column_names]
        return [name for table in read for name in table[tasks.NAME].to_pylist()]


@pytest.fixture
def answers(monkeypatch):
    made = Answers()
    monkeypatch.setattr(workers, "_mapped", made.mapped)
    monkeypatch.setattr(workers, "_check_nodes", lambda place: None)
    monkeypatch.setattr(workers, "_processors", lambda: 2)
    monkeypatch.setattr(tasks, "node_name", lambda: made.node)
    yield made
    tasks.KEPT.close()


def built(folder, index, **options):
    return build(folder, index, encoder=HashEncoder(), **options)


def elsewhere(folder, index, **options):
    return built(folder, index, workers=RayWorkers(HashEncoder), **options)


def live(index):
    return (index / "CURRENT").read_text()


def test_the_index_is_byte_for_byte_that_of_a_build_here(folder, tmp_path, answers):
    here = built(folder, tmp_path / "here")
    there = elsewhere(folder, tmp_path / "there")
    # The name has the hash of the manifest, and that the hashes of all files.
    assert live(tmp_path / "there") == live(tmp_path / "here")
    assert there.files == here.files
    assert (there.encoded, there.reused) == (here.encoded, here.reused)
    assert len(answers.read()) == 8
    copies = {file.path: file.copy_of for file in there.files if file.copy_of}
    assert copies == {
        "deep/copy.txt": "clock.txt",
        "letters.zip/a.txt": "clock.txt",
        "letters.zip/c.txt": "letters.zip/b.txt",
        "red.txt": "letters.zip/d.txt",
    }


def test_it_stays_so_whatever_changes_in_the_folder(folder, tmp_path, answers):
    here, there = tmp_path / "here", tmp_path / "there"
    built(folder, here), elsewhere(folder, there)
    changes = [
        lambda: (folder / "clock.txt").unlink(),  # the original of two copies
        lambda: (folder / "red.txt").rename(folder / "a.txt"),
        lambda: (folder / "lamps.txt").write_text("The last lamp went out."),
        lambda: (folder / "letters.zip").write_bytes(packed(b="A door.", d="It is red.")),
        lambda: os.utime(folder / "deep" / "mill.md", ns=(1, 1)),
        lambda: shutil.copy(folder / "a.txt", folder / "z.txt"),
    ]
    for change in changes:
        before = live(there)
        change()
        built(folder, here), elsewhere(folder, there)
        assert live(there) == live(here)
    assert live(there) != before


def test_what_is_known_is_neither_read_nor_encoded_again(folder, tmp_path, answers):
    elsewhere(folder, tmp_path / "index")
    answers.tables.clear()
    (folder / "new.txt").write_text("Lamp 7 is lit by Ada7.\n\nLamp 99 is lit by Bo.")
    report = elsewhere(folder, tmp_path / "index")
    assert set(answers.read()) == {"new.txt", "broken.pdf", "empty.txt"}
    assert report.encoded == 1


def test_an_interrupted_build_goes_on_and_encodes_every_text_once(folder, tmp_path, answers):
    index, stages = tmp_path / "index", []

    def interrupt(stage, done, total):
        if stage == "encoding passages":
            stages.append((done, total))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        elsewhere(folder, index, progress=interrupt)
    ((done, total),) = stages
    assert 0 < done < total
    assert elsewhere(folder, index).encoded == total - done
    built(folder, tmp_path / "here")
    assert live(index) == live(tmp_path / "here")


def test_a_file_that_vanishes_on_the_way_is_left_to_the_build(folder, tmp_path, answers):
    read = tasks.survey_file

    def vanishing(path, *arguments):
        if path.name == "red.txt":
            path.unlink(missing_ok=True)
        return read(path, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tasks, "survey_file", vanishing)
        report = elsewhere(folder, tmp_path / "index")
    (red,) = [file for file in report.files if file.path == "red.txt"]
    assert red.status == "skipped"


def test_a_node_with_other_files_ends_the_build(folder, tmp_path, answers, monkeypatch):
    monkeypatch.setattr(tasks, "stat_of", lambda path: (len(path.name), 0))
    with pytest.raises(QAError, match=r"10\.0\.0\.7 does not see .* as this machine does"):
        elsewhere(folder, tmp_path / "index")
    assert not (tmp_path / "index").exists()


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("_version", lambda: "another", "another version"),
        ("_encoder", lambda make: type("Other", (), {"fingerprint": "?"}), "another encoder"),
    ],
)
def test_a_node_with_another_version_ends_the_build(
    folder, tmp_path, answers, monkeypatch, name, value, problem
):
    monkeypatch.setattr(tasks, name, value)
    with pytest.raises(QAError, match=rf"10\.0\.0\.7 cannot help: .*{problem}") as caught:
        elsewhere(folder, tmp_path / "index")
    assert "same" in caught.value.remedy


def test_a_node_without_the_folder_says_so(folder, tmp_path, answers, monkeypatch):
    seen = []
    monkeypatch.setattr(workers, "_check_nodes", seen.append)
    monkeypatch.chdir(tmp_path)
    elsewhere(folder.relative_to(tmp_path), tmp_path / "index")
    (place,) = seen
    assert tasks.problem_of(place) == ""
    folder.rename(tmp_path / "away")
    assert tasks.problem_of(place) == "it has no folder documents"
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    moved = tasks.Place(place.reading, str(tmp_path / "nowhere"), place.lock)
    assert tasks.problem_of(moved) == f"it has no folder {tmp_path / 'nowhere'}"


def test_pages_of_ocr_are_kept_where_the_index_is_seen(folder, tmp_path, answers, monkeypatch):
    kept, keep = [], tasks.KEPT.sandbox

    def noted(reading, *, keeps_pages):
        kept.append(keeps_pages)
        return keep(reading, keeps_pages=keeps_pages)

    monkeypatch.setattr(tasks.KEPT, "sandbox", noted)
    elsewhere(folder, tmp_path / "index")
    assert set(kept) == {True}
    kept.clear()
    others = count()
    monkeypatch.setattr(tasks, "lock_of", lambda reading: (next(others), 0))
    elsewhere(folder, tmp_path / "other")
    assert set(kept) == {False}


def test_no_text_may_stay_without_a_vector(folder, tmp_path, answers, monkeypatch):
    encode = RayWorkers.encode
    monkeypatch.setattr(RayWorkers, "encode", lambda *given: list(encode(*given))[1:])
    with pytest.raises(RuntimeError, match="have no vector"):
        elsewhere(folder, tmp_path / "index")
    assert not (tmp_path / "index" / "CURRENT").exists()


def test_texts_go_in_windows_and_come_back_with_their_own_vectors(answers, monkeypatch):
    monkeypatch.setattr(workers, "_UNDER_WAY", 50)
    texts = [(bytes([n]) * 32, f"text {n}\0 {chr(0x1F600 + n)}") for n in range(210)]
    encoder = HashEncoder()
    found = {}
    for chunk in RayWorkers(HashEncoder).encode(iter(texts), encoder, len(texts)):
        found.update(chunk)
    assert found.keys() == dict(texts).keys()
    for digest, text in texts:
        assert np.array_equal(found[digest], encoder.encode([text])[0])


# Without a cluster


@pytest.fixture
def _environment(monkeypatch):
    for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("_environment")
def test_without_the_extra_the_command_says_how_to_install_it(folder, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ExtraMissing), cluster(AUTO):
        pass
    assert main(["build", str(folder), "--index", str(folder.parent / "i"), "--ray", "auto"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "qa: a build by Ray needs more libraries",
        "    run `pip install 'verbatim-qa[ray]'`",
    ]


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("127.0.0.1:9", "no cluster of Ray answers at 127.0.0.1:9"),
        ("127.0.0.1", "no address of a cluster"),
        ("ray://127.0.0.1:10001", "no address of a cluster"),
        ("host:port", "no address of a cluster"),
    ],
)
def test_an_address_where_no_cluster_is(folder, capsys, address, problem):
    index = folder.parent / "index"
    assert main(["build", str(folder), "--index", str(index), "--ray", address]) == 2
    error = capsys.readouterr().err
    assert problem in error
    assert "write --ray HOST:PORT or --ray auto" in error
    assert "Traceback" not in error
    assert not index.exists()


@pytest.fixture
def head(monkeypatch):
    """What listens as a head does, watched often; Ray itself is not asked."""
    left = []
    ray = SimpleNamespace(shutdown=lambda: left.append(True))
    monkeypatch.setattr("qa.cluster.connection.imported", lambda: ray)
    monkeypatch.setattr("qa.cluster.connection._connect", lambda *_: None)
    for name, value in {"LOOK_S": 0.05, "GONE_S": 0.1, "LAST_S": 0.05}.items():
        monkeypatch.setattr(f"qa.cluster.head.{name}", value)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        yield SimpleNamespace(address=address, kill=listener.close, left=left)


@pytest.mark.posix
def test_a_build_whose_head_is_killed_ends_with_a_remedy(
    folder, tmp_path, head, answers, monkeypatch, capsys
):
    """Ray would wait a minute for it, and then end the process without a word."""

    def mapped(tables, function, **arguments):
        yield from answers.mapped(tables[:1], function, **arguments)
        head.kill()
        threading.Event().wait(300)

    monkeypatch.setattr(workers, "_mapped", mapped)
    command = ["build", str(folder), "--index", str(tmp_path / "index"), "--ray", head.address]
    assert main(command) == 2
    assert capsys.readouterr().err.splitlines()[-2:] == [
        f"qa: the cluster at {head.address} is gone",
        "    start it again, and run the same command: the build goes on from there",
    ]
    assert not head.left  # it would wait for the head


@pytest.mark.posix
def test_in_another_thread_the_loss_of_the_head_is_logged(head, caplog):
    def wait():
        with cluster(head.address):
            head.kill()
            until(lambda: caplog.messages)

    thread = threading.Thread(target=wait)
    thread.start()
    thread.join(300)
    assert not thread.is_alive()
    (said,) = caplog.messages
    assert said.startswith(f"the cluster at {head.address} is gone: start it again")


def test_a_head_that_stays_is_left_in_the_end(head):
    with cluster(head.address):
        assert not head.left
    assert head.left == [True]


def test_a_folder_that_is_not_there_is_said_first(tmp_path, capsys):
    assert main(["build", str(tmp_path / "no"), "--index", str(tmp_path / "i"), "--ray", "x"]) == 2
    assert "there is no folder" in capsys.readouterr().err


def test_what_is_built_can_be_opened(folder, tmp_path, answers):
    elsewhere(folder, tmp_path / "index")
    index = open_index(tmp_path / "index")
    assert index.document("clock.txt").text == CLOCK
    assert len(index) == read_manifest(tmp_path / "index").passages
    index.close()

"""A served folder is kept indexed, whoever changes it, and nothing stops the page meanwhile."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from gradio_client import Client
from loaded import builds_here
from serving import gradio_warnings, serving, serving_live, write_documents
from starlette.requests import Request
from waiting import SlowBuild, until

from qa.access import Access
from qa.builder import BackgroundBuild, build
from qa.cli import main
from qa.collections import Corpus
from qa.errors import EmptyCorpus, IndexLocked, QAError
from qa.index import WriterLock, live_generation
from qa.library import Activity, Live, open_library
from qa.library.following import Following
from qa.library.progress import Pace
from qa.pipeline import QA

pytestmark = [gradio_warnings, pytest.mark.usefixtures("networks")]
ROOT = Path(__file__).parents[1]
TOWER = "The tower\n\nThe tower was sold to Ida Falk in 1999.\n"


def ids(corpus):
    return [entry.document.id for entry in corpus.now.library.entries]


def opened(folder, index, **options):
    return Corpus(open_library(folder, index), folder=folder, index=index, **options)


@pytest.fixture
def here():
    with builds_here():
        yield


@pytest.fixture
def folder(tmp_path):
    return write_documents(tmp_path / "documents")


# The folder changes


@pytest.mark.usefixtures("here")
def test_a_served_folder_is_watched(tmp_path):
    folder = tmp_path / "documents"
    folder.mkdir()
    with serving_live(opened(folder, tmp_path / "index", watching=True)) as running:
        corpus = running.corpus
        until(lambda: corpus.live.state.activity is None)
        assert ids(corpus) == []
        assert corpus.now.qa.ask("Who bought the tower?").verdict == "not found"
        assert httpx.get(running.url).status_code == 200  # an empty folder is not refused
        (folder / "tower.txt").write_text(TOWER)
        until(lambda: ids(corpus) == ["tower.txt"])
        answer = corpus.now.qa.ask("Who bought the tower?", threshold=0).answers[0]
        assert "Ida Falk" in answer.passage.text
        (folder / "tower.txt").rename(folder / "sold.txt")
        until(lambda: ids(corpus) == ["sold.txt"])
        (folder / "sold.txt").unlink()
        until(lambda: ids(corpus) == [])
        until(lambda: corpus.live.state.activity is None)
        assert corpus.live.state.trouble is None
        (folder / "sold.txt").write_text(TOWER)  # as indexed: nothing has to be built
        until(lambda: ids(corpus) == ["sold.txt"])


@pytest.mark.usefixtures("here")
@pytest.mark.skipif(os.name == "nt", reason="Windows has no time of change")
@pytest.mark.parametrize("watching", [True, False])
def test_a_file_that_was_refused_for_its_bytes_is_read_anew(folder, tmp_path, encoder, watching):
    """Also where no time tells of the change: the clock was wrong, or the index was copied."""
    build(folder, tmp_path / "index", encoder=encoder)
    path = folder / "lighthouse.txt"
    before = path.stat()
    path.write_text(path.read_text().replace("Ada Blum", "Ida Falk"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    tomorrow = path.stat().st_ctime_ns + 86_400 * 10**9
    os.utime(live_generation(tmp_path / "index") / "manifest.json", ns=(tomorrow, tomorrow))
    with serving_live(opened(folder, tmp_path / "index", watching=watching)) as running:
        corpus = running.corpus
        until(lambda: corpus.live.state.activity is None)
        first = corpus.now.qa.generation
        asked = corpus.now.qa.ask("Who designed the lighthouse of Rerik?", threshold=0)
        assert "lighthouse.txt" in asked.outdated
        if not watching:  # then on request alone
            corpus.live.request()
        until(lambda: corpus.now.qa.generation != first)
        again = corpus.now.qa.ask("Who designed the lighthouse of Rerik?", threshold=0)
        assert again.outdated == ()
        assert "Ida Falk" in corpus.now.qa.document("lighthouse.txt").text


@pytest.mark.usefixtures("here")
def test_files_that_cannot_be_read_are_listed_where_no_other_is(tmp_path):
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 nothing else")
    with serving_live(opened(folder, tmp_path / "index", watching=True)) as running:
        until(lambda: running.corpus.now.library.skipped)
        (file,) = running.corpus.now.library.skipped
        assert file.path == "broken.pdf"
        assert file.reason
        status = httpx.get(f"{running.url}/library/status").json()
        assert status["unread"] == "1 file not read"
        assert status["summary"] == "No documents yet"
        (folder / "tower.txt").write_text(TOWER)
        until(lambda: ids(running.corpus) == ["tower.txt"])


def test_a_folder_that_vanishes_is_said_and_comes_back(folder, tmp_path):
    with serving(folder, tmp_path / "index", watching=True) as running:
        corpus = running.corpus
        names = ids(corpus)
        folder.rename(tmp_path / "away")
        until(lambda: corpus.live.state.trouble is not None)
        assert "there is no folder" in corpus.live.state.trouble.problem
        assert ids(corpus) == names  # the index is kept
        (tmp_path / "away").rename(folder)
        until(lambda: corpus.live.state.trouble is None)
        assert ids(corpus) == names


def test_a_folder_that_vanishes_during_a_build_is_not_empty(folder, tmp_path, monkeypatch):
    with serving(folder, tmp_path / "index") as running:
        corpus = running.corpus
        names = ids(corpus)

        def vanish(given):
            given.rename(tmp_path / "away")
            raise EmptyCorpus("there are no documents", "add some")

        monkeypatch.setattr(corpus.live, "_run_build", vanish)
        (folder / "tower.txt").write_text(TOWER)
        corpus.live.request()
        until(lambda: corpus.live.state.trouble is not None)
        assert "there is no folder" in corpus.live.state.trouble.problem
        assert ids(corpus) == names


def test_a_build_by_another_process_is_picked_up(folder, tmp_path):
    index = tmp_path / "index"
    with serving(folder, index) as running:  # it does not watch its folder itself
        (folder / "tower.txt").write_text(TOWER)
        command = [sys.executable, "-m", "qa", "build", str(folder), "--index", str(index)]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        until(lambda: "tower.txt" in ids(running.corpus))
        until(lambda: running.corpus.live.state.finished == 1)
        assert running.corpus.live.state.note == "The index is up to date: 1 added."


@pytest.mark.usefixtures("here")
def test_another_build_is_waited_for(folder, tmp_path):
    index = tmp_path / "index"
    with serving(folder, index) as running:
        live = running.corpus.live
        (folder / "tower.txt").write_text(TOWER)
        with WriterLock(index):
            assert httpx.post(f"{running.url}/library/build").status_code == 202
            until(lambda: str(live.state.activity).startswith("Waiting for another build"))
            assert live.state.trouble is None
        until(lambda: "tower.txt" in ids(running.corpus))


@pytest.mark.usefixtures("here")
def test_a_damaged_index_is_built_again(folder, tmp_path, encoder):
    index = tmp_path / "index"
    build(folder, index, encoder=encoder)
    file = next((live_generation(index) / "vectors").iterdir())
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with serving_live(opened(folder, index, watching=True)) as running:
        until(lambda: len(ids(running.corpus)) == 4)
        assert running.corpus.now.qa.ask("Who designed the lighthouse?", threshold=0).answers


@pytest.mark.usefixtures("here")
def test_an_index_of_another_folder_is_not_served(folder, tmp_path, encoder):
    index, other = tmp_path / "index", tmp_path / "other"
    build(folder, index, encoder=encoder)
    other.mkdir()
    (other / "tower.txt").write_text(TOWER)
    corpus = opened(other, index, watching=True)
    assert ids(corpus) == []
    with serving_live(corpus):
        until(lambda: ids(corpus) == ["tower.txt"])


def test_builds_wait_for_one_another(tmp_path, monkeypatch):
    running, most, may_end = [], [], threading.Event()

    class Slow(BackgroundBuild):
        def run(self, folder, index, progress=None):
            running.append(folder)
            most.append(len(running))
            assert may_end.wait(60)
            running.remove(folder)

    monkeypatch.setattr("qa.library.live.BackgroundBuild", Slow)
    turn = threading.Lock()
    lives = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text("A text.")
        qa = QA.empty(tmp_path / name)
        lives.append(
            Live(
                qa,
                folder=tmp_path / name,
                index=tmp_path / f"index-{name}",
                on_open=lambda qa: None,
                watching=False,
                turn=turn,
            )
        )
    for live in lives:
        live.start()
        live.request()
    until(lambda: running)
    may_end.set()
    until(lambda: len(most) > 1)
    for live in lives:
        live.stop()
    assert most == [1, 1]


def test_a_request_is_not_lost_while_another_build_is_waited_for(folder, tmp_path, monkeypatch):
    found = []

    def update(live, *, asked):
        found.append(asked)
        if len(found) == 1:
            live.request()
            raise IndexLocked("another build is running")

    monkeypatch.setattr(Live, "_update", update)
    index = tmp_path / "index"
    live = Live(QA.empty(folder), folder=folder, index=index, on_open=lambda qa: None)
    live.start()
    until(lambda: True in found)
    live.stop()
    assert found[:2] == [False, True]


# The page meanwhile


@pytest.fixture
def slow(monkeypatch):
    monkeypatch.setattr("qa.library.live.BackgroundBuild", SlowBuild)
    SlowBuild.going.clear()
    SlowBuild.may_end.clear()
    yield SlowBuild
    SlowBuild.may_end.set()


def test_a_build_goes_on_when_whoever_asked_for_it_has_left(folder, tmp_path, slow):
    with serving(folder, tmp_path / "index") as running:
        (folder / "tower.txt").write_text(TOWER)
        with httpx.Client(base_url=running.url) as visitor:
            visitor.post("/library/build")
        assert slow.going.wait(60)  # and the visitor is gone
        client = Client(running.url, verbose=False, download_files=tmp_path)
        found = client.predict("Who designed the lighthouse?", 5, 3, 0, api_name="/ask")
        assert found["answers"]
        status = httpx.get(f"{running.url}/library/status").json()
        assert status["activity"] == "Reading files: 1 of 4"
        assert status["share"] == 0.25
        slow.may_end.set()
        until(lambda: "tower.txt" in ids(running.corpus))


def test_a_failed_build_is_told_without_paths_of_the_server(folder, tmp_path, monkeypatch):
    index = tmp_path / "index"

    def fail(self, *arguments):
        raise QAError(f"{index.resolve()} cannot be written", "change its permissions")

    monkeypatch.setattr("qa.library.live.BackgroundBuild.run", fail)
    with serving(folder, index) as running:
        (folder / "tower.txt").write_text(TOWER)
        httpx.post(f"{running.url}/library/build")
        until(lambda: running.corpus.live.state.finished)
        from qa.web.routes import library_routes

        def told(for_owner):
            routes = {
                route.path: route
                for route in library_routes(running.corpus, for_owner=for_owner).routes
            }
            return bytes(
                routes["/library/status"].endpoint(Request({"type": "http"})).body
            ).decode()

        assert "Change its permissions." in told(for_owner=True)
        assert "The index was not updated: index cannot be written." in told(for_owner=False)
        assert str(tmp_path) not in told(for_owner=False)
        assert len(ids(running.corpus)) == 4  # the index that is open goes on answering


@pytest.mark.parametrize("root", ["", "/docs"])
def test_the_port_answers_from_the_first_moment_on(root):
    from qa.access.origin import HOST
    from qa.web.listener import listen
    from qa.web.server import Server

    may_load, failed = threading.Event(), QAError("the model is missing", "install it")

    def load():
        assert may_load.wait(60)
        raise failed

    with listen(HOST, 0) as listener:
        url = f"http://{HOST}:{listener.getsockname()[1]}{root}"
        server = Server(load, access=Access(root_path=root))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        page = httpx.get(f"{url}/")
        assert page.status_code == 200
        assert "Starting" in page.text
        assert 'http-equiv="refresh"' in page.text  # it becomes the real one by itself
        assert httpx.get(f"{url}/library/status").json() == {"starting": True}
        assert httpx.get(f"{url}/api/health").json()["live"]
        assert httpx.get(f"{url}/gradio_api/info").status_code == 503
        assert httpx.get(url, headers={"host": "evil.example"}).status_code == 403
        may_load.set()
        thread.join(60)
        assert not thread.is_alive()
    assert server.front.error is failed  # raised by `serve`


# In the background


def test_a_build_in_the_background_is_the_same(folder, tmp_path, encoder):
    told = []
    report = BackgroundBuild().run(folder, tmp_path / "a", lambda *step: told.append(step))
    expected = build(folder, tmp_path / "b", encoder=encoder)
    assert report.files == expected.files
    assert (report.encoded, report.changed) == (expected.encoded, True)
    assert told[-1] == ("encoding passages", report.passages, report.passages)
    with WriterLock(tmp_path / "a"), pytest.raises(IndexLocked, match=str(os.getpid())):
        BackgroundBuild().run(folder, tmp_path / "a")
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "broken.pdf").write_bytes(b"%PDF-1.7 nothing else")
    with pytest.raises(EmptyCorpus) as caught:
        BackgroundBuild().run(empty, tmp_path / "c")
    assert [path for path, _ in caught.value.skipped] == ["broken.pdf"]


@pytest.mark.parametrize("ends_first", [False, True])
def test_a_build_that_is_stopped_says_so(folder, tmp_path, monkeypatch, ends_first):
    running = BackgroundBuild()
    running.stop()
    if ends_first:  # before it is told what to build
        monkeypatch.setattr(
            subprocess.Popen, "kill", lambda self: os.kill(self.pid, 9) or self.wait()
        )
    with pytest.raises(QAError, match="the build ended before it was done"):
        running.run(folder, tmp_path / "index")


@pytest.mark.posix
def test_a_build_that_is_killed_while_it_reports_says_so(folder, tmp_path, monkeypatch):
    half = "import os; os.write(1, b'[\"report\", {{'); os.kill(os.getpid(), 9)"
    monkeypatch.setattr("qa.builder.background._START", half)
    with pytest.raises(QAError, match="the build ended before it was done"):
        BackgroundBuild().run(folder, tmp_path / "index")


@pytest.mark.usefixtures("here")
def test_an_error_that_nobody_foresaw_is_said_and_tried_again(
    folder, tmp_path, monkeypatch, caplog
):
    def fail(*_):
        raise FileNotFoundError(2, "No such file", str(folder / "gone.txt"))

    with monkeypatch.context() as failing:
        failing.setattr("qa.library.live.is_stale", fail)
        with serving_live(opened(folder, tmp_path / "index", watching=True)) as running:
            live = running.corpus.live
            until(lambda: live.state.trouble is not None)
            assert "FileNotFoundError" in live.state.trouble.problem
            assert str(tmp_path) not in str(live.state.trouble)
            assert "Traceback" in caplog.text
            failing.undo()
            live.request()
            until(lambda: ids(running.corpus) and live.state.trouble is None)


def test_a_store_whose_library_fails_is_looked_at_again():
    answers = iter([RuntimeError("channel closed"), True])

    def is_live():
        found = next(answers, True)
        if isinstance(found, Exception):
            raise found
        looked.set()
        return found

    looked = threading.Event()
    qa = SimpleNamespace(is_live=is_live)
    following = Following(qa, store="http://localhost:1", on_open=lambda _: None, look_s=0.01)
    following.start()
    try:
        assert looked.wait(60)
        assert "RuntimeError" in following.state.trouble.problem
    finally:
        following.stop()


def test_an_index_that_is_followed_by_others_is_not_closed_under_who_reads_it():
    """However many follow it: how long a question takes, nobody knows."""

    class Generation:
        """A pipeline over an index that another has replaced, until the fourth."""

        manifest = SimpleNamespace(documents=(), skipped=())

        def __init__(self, number):
            self.number = number

        def is_live(self):
            return self.number == 3

        def reopened(self, _):
            return Generation(self.number + 1)

        def close(self):
            raise AssertionError("somebody may be reading it")

    opened, is_there = [], threading.Event()

    def on_open(qa):
        opened.append(weakref.ref(qa))
        if qa.is_live():
            is_there.set()

    first = Generation(0)
    following = Following(first, store="http://localhost:1", on_open=on_open, look_s=0.01)
    following.start()
    assert is_there.wait(60)
    following.stop()
    gc.collect()
    # Nothing of those between is kept; the first is still read.
    assert [each() is not None for each in opened] == [False, False, True]


@pytest.mark.posix
def test_a_build_in_the_background_ends_with_its_parent(folder, tmp_path):
    texts = "\n\n".join(f"Passage {number} is about {number}. " * 20 for number in range(20_000))
    (folder / "long.txt").write_text(texts)
    index = tmp_path / "index"
    code = (
        "import sys; from pathlib import Path; from qa.builder import BackgroundBuild\n"
        "def told(*step): print(step, flush=True)\n"
        "BackgroundBuild().run(Path(sys.argv[1]), Path(sys.argv[2]), told)"
    )
    command = [sys.executable, "-c", code, str(folder), str(index)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as parent:
        parent.stdout.readline()
        parent.kill()

    def is_free():
        try:
            with WriterLock(index):
                return True
        except IndexLocked:
            return False

    until(is_free)


# What is told


def test_the_time_left_is_that_of_the_pace_lately():
    now = 0.0
    pace = Pace(lambda: now)
    assert pace.at("reading files", 0, 1000).left_s is None  # not a guess
    for second in range(1, 101):
        now = second
        activity = pace.at("reading files", 2 * second, 1000)
    assert activity.left_s == pytest.approx(400)
    assert str(activity) == "Reading files: 200 of 1,000, about 7 minutes left"
    for second in range(101, 141):  # ten times as quick
        now = second
        activity = pace.at("reading files", 200 + 20 * (second - 100), 1000)
    assert activity.left_s == pytest.approx(0)
    now = 141
    assert pace.at("encoding passages", 5, 10).left_s is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (3, "a few seconds"),
        (31, "about 30 seconds"),
        (50, "about 1 minute"),
        (95, "about 2 minutes"),
        (3600, "about 1 h"),
        (5500, "about 1 h 30 min"),
    ],
)
def test_durations_are_as_coarse_as_the_estimate(seconds, words):
    assert str(Activity("x", 1, 2, seconds)) == f"X: 1 of 2, {words} left"


def test_the_page_of_a_scan_is_told():
    assert str(Activity("reading a.pdf by OCR, page", 2, 9)) == "Reading a.pdf by OCR, page 2 of 9"
    assert str(Activity("reading a.csv, MB", 20, 68)) == "Reading a.csv: 20 of 68 MB"


# What is left behind


def test_a_command_that_refuses_leaves_nothing(tmp_path, capsys):
    index, empty = tmp_path / "deep" / "index", tmp_path / "empty"
    empty.mkdir()
    assert main(["serve", str(tmp_path / "absent"), "--index", str(index), "--port", "0"]) == 2
    assert "there is no folder" in capsys.readouterr().err
    assert main(["build", str(empty), "--index", str(index)]) == 2
    assert not index.exists()
    index.mkdir(parents=True)
    (index / "README.md").write_text("The format of the index.\n")
    assert main(["build", str(empty), "--index", str(index)]) == 2
    assert [path.name for path in index.iterdir()] == ["README.md"]


def test_a_lock_that_is_removed_is_still_one_lock(tmp_path):
    """Many short builds that write nothing, side by side: never two at once."""
    inside, most, wrong = 0, 0, []
    counting = threading.Lock()

    def work():
        nonlocal inside, most
        for _ in range(200):
            try:
                with WriterLock(tmp_path / "index"):
                    with counting:
                        inside += 1
                        most = max(most, inside)
                    time.sleep(0)
                    with counting:
                        inside -= 1
            except IndexLocked:
                pass
            except Exception as error:
                wrong.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert most == 1


@pytest.mark.posix
def test_serving_ends_on_ctrl_c_while_it_starts(folder, tmp_path):
    command = [sys.executable, "app.py", str(folder), "--index", str(tmp_path / "index")]
    with subprocess.Popen(
        [*command, "--port", "0"],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert "Verbatim is running at" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=120)
    assert process.returncode == 0
    assert "Traceback" not in rest


@pytest.mark.posix
def test_ctrl_c_while_modules_are_loaded_shows_no_traceback():
    """Interrupted at the first import of the package, before any of its code can catch it."""
    code = (
        "import builtins, os, runpy, signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "real = builtins.__import__\n"
        "def interrupted(name, *rest):\n"
        "    if name.startswith('qa'): os.kill(os.getpid(), signal.SIGINT)\n"
        "    return real(name, *rest)\n"
        "builtins.__import__ = interrupted\n"
        "runpy.run_path('app.py', run_name='__main__')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stderr == ""
    assert done.returncode == -signal.SIGINT  # 130 in a shell

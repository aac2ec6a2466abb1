"""Builds into Milvus Lite: whole or not at all, whatever is killed, and whoever else writes."""

import base64
import json
import re
import shlex
import threading
from concurrent import futures
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
from milvus_server import MilvusServer

from qa.builder import build
from qa.cli import main
from qa.errors import (
    IndexCorrupt,
    IndexLocked,
    IndexMismatch,
    IndexNotFound,
    StoredIndexError,
    StoreUnreachable,
)
from qa.index import open_index
from qa.milvus import (
    StoreAddress,
    check_reachable,
    is_address,
    live_in_store,
    open_store,
    publish,
    stored_manifest,
    verify_store,
)
from qa.milvus.client import BUILD_S, QUESTION_S, TOKEN, Client
from qa.milvus.collections import collection_of, texts_of
from qa.milvus.records import HEADER, text_rows
from qa.pipeline import QA

pytest.importorskip("pymilvus", reason="the extra milvus is not installed")

pytestmark = pytest.mark.usefixtures("networks")

CLOCK = "The wooden clock was carved by Ichiro Tanaka in 1894. It stands in Hamburg."
MILL = "Zbigniew Wrzesniewski ran the mill until 1912. His sister ran the bakery."
LAMPS = "\n\n".join(f"Note {n}. The keeper of lamp {n} was called Ada{n}." for n in range(150))

NAMES = (f"index{number}" for number in count())  # one for each test that needs the server


def write(folder, **texts):
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        path = folder / f"{name}.txt"
        if text is None:
            path.unlink()
        else:
            path.write_text(text, encoding="utf-8")
    return folder


def rows(found):
    return [row for row, _ in found]


@pytest.fixture
def place(tmp_path, encoder):
    """Build a folder, and open the index: ``place(name="text")``; None removes a file."""

    def built(**texts):
        build(write(tmp_path / "documents", **texts), tmp_path / "index", encoder=encoder)
        return open_index(tmp_path / "index")

    return built


@pytest.fixture(scope="module")
def one_server(tmp_path_factory):
    running = MilvusServer(tmp_path_factory.mktemp("served") / "data").start()
    yield running
    running.kill()


@pytest.fixture
def server(one_server):
    """The server, which a test may kill, and the address of an index of its own there."""
    if one_server._process is None:
        one_server.start()
    return SimpleNamespace(
        address=f"{one_server.address}/{next(NAMES)}",
        folder=one_server.folder,
        kill=one_server.kill,
        start=one_server.start,
    )


@pytest.fixture
def file(tmp_path):
    return StoreAddress.parse(f"milvus:{tmp_path / 'verbatim.db'}")


def collections_in(address):
    client = Client(address)
    try:
        return set(client.collections())
    finally:
        client.close()


def test_each_build_is_another_generation_and_readers_keep_theirs(place, file):
    first = place(clock=CLOCK, copy=CLOCK, mill=MILL)
    assert publish(first, file)
    assert not publish(first, file)  # it is there
    before = open_store(file)
    second = place(clock=None, mill=MILL + " It burnt down.", lamps=LAMPS)
    publish(second, file)
    after = open_store(file)
    assert after.generation == second.generation != before.generation
    assert [each.id for each in after.documents()] == ["copy.txt", "lamps.txt", "mill.txt"]
    assert list(after.all_passages()) == list(second.all_passages())
    assert before.places_of("copy.txt") == ("clock.txt", "copy.txt")
    assert before.document("copy.txt").text == CLOCK
    assert list(before.all_passages()) == list(first.all_passages())
    publish(place(mill=None), file)
    assert len(collections_in(file)) == 4  # of the last two
    with pytest.raises(IndexNotFound, match="anew"):
        before.search_by_words("clock", 5)
    before.close()
    after.close()


def test_a_build_is_seen_whole_or_not_at_all(place, file):
    publish(place(mill=MILL), file)
    seen = set()

    def look(stage, done, total):
        reader = open_store(file)
        seen.add(reader.generation)
        assert [each.id for each in reader.documents()] == ["mill.txt"]
        reader.close()

    source = place(clock=CLOCK, lamps=LAMPS)
    publish(source, file, progress=look)
    assert len(seen) == 1
    reader = open_store(file)
    assert reader.generation == source.generation not in seen
    reader.close()


def test_a_server_killed_in_a_build_loses_nothing(place, server):
    address = StoreAddress.parse(server.address)
    publish(place(mill=MILL), address)
    source = place(clock=CLOCK, lamps=LAMPS)
    written = []

    def kill(stage, done, total):
        written.append(done)
        if len(written) == 2:
            server.kill()

    with pytest.raises(StoreUnreachable) as caught:
        publish(source, address, progress=kill, timeout_s=2)
    assert "does not answer" in caught.value.problem
    assert "\n" not in str(caught.value)
    server.start()
    reader = open_store(address)
    assert [each.id for each in reader.documents()] == ["mill.txt"]
    reader.close()
    assert publish(source, address)  # goes on
    reader = open_store(address)
    assert list(reader.all_passages()) == list(source.all_passages())
    assert rows(reader.search_by_words("lamp 117", 3)) == rows(
        source.search_by_words("lamp 117", 3)
    )
    reader.close()
    assert verify_store(address).endswith(f"intact: 3 documents, {len(source):,} passages")


def test_what_was_written_before_is_not_written_again(place, server, monkeypatch):
    address = StoreAddress.parse(server.address)
    source = place(clock=CLOCK, lamps=LAMPS)
    first = []
    write = Client.write

    def counted(self, name, batch, **options):
        if len(first) == 1:
            raise StoreUnreachable("the network broke")
        first.append(len(batch))
        write(self, name, batch, **options)

    monkeypatch.setattr(Client, "write", counted)
    with pytest.raises(StoreUnreachable):
        publish(source, address)
    with pytest.raises(IndexNotFound):
        open_store(address)
    again = []

    def all_of_them(self, name, batch, **options):
        again.append(len(batch))
        write(self, name, batch, **options)

    monkeypatch.setattr(Client, "write", all_of_them)
    publish(source, address)
    counts = []
    monkeypatch.setattr(Client, "write", write)
    for name in collections_in(address):
        if not name.startswith(address.name):
            continue
        client = Client(address)
        counts.append(client.count(name))
        client.close()
    assert sum(again) == sum(counts) - sum(first)


def test_a_server_killed_in_a_question_ends_it_in_one_line(place, server, encoder):
    address = StoreAddress.parse(server.address)
    publish(place(clock=CLOCK, mill=MILL), address)
    reader = open_store(address, timeout_s=2)
    vector = encoder.encode_query("Who carved the clock?")
    ((row, _), *_) = reader.search_by_vector(vector, 1)
    server.kill()
    for ask in (
        lambda: reader.nearness([row], vector),
        lambda: reader.search_by_words("clock", 1),
        lambda: reader.document("clock.txt"),
    ):
        with pytest.raises(StoreUnreachable, match=r"does not answer: start the store"):
            ask()
    server.start()
    reader.close()
    again = open_store(address)
    assert again.passages([row])[0].text.startswith("The wooden clock")
    again.close()


def test_what_takes_its_time_is_done_when_a_store_is_opened(place, file, monkeypatch):
    from milvus_lite.index.sparse_ip import SparseIpIndex
    from pymilvus import MilvusClient

    publish(place(clock=CLOCK, mill=MILL), file)
    made, limits = [], []
    build_words, search = SparseIpIndex.build, MilvusClient.search

    def noted(self, vectors, *given, **options):
        made.append(len(vectors))
        return build_words(self, vectors, *given, **options)

    def limited(self, *given, timeout, **options):
        limits.append((bool(made), timeout))
        return search(self, *given, timeout=timeout, **options)

    monkeypatch.setattr(SparseIpIndex, "build", noted)
    monkeypatch.setattr(MilvusClient, "search", limited)
    assert stored_manifest(file).passages == 2
    assert made == []  # nothing is asked of it
    reader = open_store(file)
    assert made == [2]
    assert limits.pop() == (False, BUILD_S)
    assert reader.search_by_words("clock", 1)
    assert (made, limits) == ([2], [(True, QUESTION_S)])
    reader.close()


def test_a_file_that_takes_too_long_says_what_helps(place, file, monkeypatch):
    from milvus_lite.index.sparse_ip import SparseIpIndex

    publish(place(clock=CLOCK, mill=MILL), file)
    reader = open_store(file, timeout_s=0.5)
    released = threading.Event()
    search = SparseIpIndex._search_prepared

    def late(self, *given, **options):
        released.wait()
        return search(self, *given, **options)

    with monkeypatch.context() as patch:
        patch.setattr(SparseIpIndex, "_search_prepared", late)
        with pytest.raises(StoreUnreachable, match=r"did not answer in time: repeat") as caught:
            reader.search_by_words("clock", 1)
        released.set()
    assert "start the store" not in str(caught.value)
    assert len(rows(reader.search_by_words("clock", 5))) == 1
    reader.close()


def test_of_two_builds_at_once_one_wins_whole(place, file):
    publish(place(mill=MILL), file)
    source, other = place(clock=CLOCK), place(lamps=LAMPS)
    with pytest.raises(IndexLocked, match="another build"):
        publish(source, file, progress=lambda *_: publish(other, file) and None)
    reader = open_store(file)
    assert reader.generation == other.generation
    assert list(reader.all_passages()) == list(other.all_passages())
    reader.close()


@pytest.mark.parametrize("is_first", [True, False])
def test_of_two_builds_that_end_at_once_one_stays(place, file, monkeypatch, is_first):
    if not is_first:
        publish(place(mill=MILL), file)
    source, other = place(clock=CLOCK), place(lamps=LAMPS)
    point_to, collections = Client.point_to, Client.collections
    waiting = []  # the client of the other, between its last look at the alias and its move

    def moved(self, collection):
        if waiting:
            point_to(self, collection)
        else:
            waiting.append((self, collection))
            with pytest.raises(IndexLocked, match="another build"):
                publish(source, file)

    def listed(self):
        found = collections(self)
        is_sweeping = self.target() == collection_of(file.name, source.generation)
        if len(waiting) == 1 and is_sweeping:
            waiting.append(point_to(*waiting[0]))
        return found

    with monkeypatch.context() as patch:
        patch.setattr(Client, "point_to", moved)
        patch.setattr(Client, "collections", listed)
        assert publish(other, file)
    assert len(waiting) == 2
    reader = open_store(file)
    assert reader.generation == other.generation
    assert list(reader.all_passages()) == list(other.all_passages())
    reader.close()


def test_a_build_that_ends_after_another_does_not_say_that_it_is_live(place, file, monkeypatch):
    source, other = place(clock=CLOCK), place(lamps=LAMPS)
    point_to, ended = Client.point_to, []

    def moved(self, collection):
        if not ended:
            ended.append(self)
            publish(other, file)
        point_to(self, collection)

    monkeypatch.setattr(Client, "point_to", moved)
    with pytest.raises(IndexLocked, match="another build"):
        publish(source, file)
    assert live_in_store(file) == other.generation


def test_what_another_build_of_the_same_made_live_is_not_dropped(place, file):
    source, told = place(clock=CLOCK), []

    def other(*_):
        if not told:
            told.append(publish(source, file))
            client = Client(file)
            (row,) = client.get(client.target(), [0], ["*"]).values()
            client.write(client.target(), [{**row, "row": 10_000}])
            client.close()

    with pytest.raises(IndexLocked, match="let nobody else write"):
        publish(source, file, progress=other)
    assert collections_in(file) >= {collection_of("verbatim", live_in_store(file))}
    assert publish(source, file)
    assert verify_store(file).endswith("intact: 1 document, 1 passage")


@pytest.mark.parametrize("extra", [True, False], ids=["more rows", "fewer rows"])
def test_a_collection_that_somebody_else_writes_to_is_refused(place, file, extra):
    source = place(clock=CLOCK, lamps=LAMPS)
    publish(source, file)
    client = Client(file)
    name = client.target()
    client.load(name)
    if extra:
        (row,) = client.get(name, [0], ["*"]).values()
        client.write(name, [{**row, "row": 10_000}])
    else:
        client._client.delete(name, ids=[0])
    with pytest.raises(IndexCorrupt, match="passages, not"):
        open_store(file)
    client.close()


def test_no_wrong_quote_comes_from_a_changed_text(place, file):
    source = place(clock=CLOCK, mill=MILL)
    publish(source, file)
    client = Client(file)
    texts = texts_of(client.target())
    client.load(texts)
    (row,) = client.get(texts, [0], ["*"]).values()
    client.write(texts, [{**row, "text": row["text"].replace("Ichiro", "Taro")}], again=True)
    client.close()
    reader = open_store(file)
    with pytest.raises(IndexCorrupt, match=r"clock\.txt is damaged"):
        reader.document("clock.txt")
    reader.close()
    with pytest.raises(IndexCorrupt):
        verify_store(file)


def test_another_format_another_encoder_and_another_collection_are_refused(place, file):
    source = place(clock=CLOCK)
    publish(source, file)
    with pytest.raises(IndexMismatch, match="another encoder"):
        open_store(file, encoder_fingerprint="other")
    client = Client(file)
    live = client.target()
    client.write(texts_of(live), list(text_rows(HEADER + 1, json.dumps({"format": 0}))), again=True)
    with pytest.raises(IndexMismatch, match="format 0"):
        open_store(file)
    client.point_to(texts_of(collection_of("verbatim", source.generation)))
    client.close()


def test_a_store_without_an_index_says_how_to_build_one(file):
    with pytest.raises(IndexNotFound, match=r"run `qa build FOLDER --store milvus:"):
        open_store(file)


def test_asking_makes_no_file(tmp_path):
    missing = StoreAddress.parse(f"milvus:{tmp_path / 'none' / 'missing.db'}")
    check = partial(check_reachable, to_ask=True)
    for ask in (open_store, stored_manifest, verify_store, live_in_store, check):
        with pytest.raises(IndexNotFound, match=r"run `qa build FOLDER --store milvus:"):
            ask(missing)
    assert list(tmp_path.iterdir()) == []


def test_a_file_open_in_another_process_is_refused(place, server, tmp_path):
    with pytest.raises(StoreUnreachable, match="another process"):
        open_store(StoreAddress.parse(f"milvus:{server.folder}"))
    (tmp_path / "plain.db").write_text("not a store")
    with pytest.raises(StoreUnreachable, match="cannot be opened"):
        open_store(StoreAddress.parse(f"milvus:{tmp_path / 'plain.db'}"))


def files_below(folder):
    return {path.relative_to(folder): path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_a_folder_of_something_else_stays_as_it_is(place, tmp_path, capsys):
    place(clock=CLOCK).close()
    documents, index = tmp_path / "documents", tmp_path / "index"
    build_it = ["build", str(documents), "--index", str(index)]
    for folder in (documents, index):
        before = files_below(folder)
        for command in (["ask", "Who?"], ["info"], ["verify"], ["serve", "--port", "0"], build_it):
            assert main([*command, "--store", f"milvus:{folder}"]) == 2
            out, error = capsys.readouterr()
            problem, remedy = error.splitlines()
            assert (out, problem) == ("", f"qa: milvus:{folder} is a folder of other files")
            assert "name another" in remedy
        assert files_below(folder) == before
    (tmp_path / "empty").mkdir()
    with pytest.raises(IndexNotFound):
        open_store(StoreAddress.parse(f"milvus:{tmp_path / 'empty'}"))
    assert files_below(tmp_path / "empty") == {}
    assert publish(open_index(index), StoreAddress.parse(f"milvus:{tmp_path / 'empty'}"))


def test_a_store_among_the_documents_is_no_document(place, tmp_path):
    address = StoreAddress.parse(f"milvus:{tmp_path / 'documents' / 'verbatim.db'}")
    publish(place(clock=CLOCK), address)
    publish(place(clock=CLOCK, mill=MILL), address)
    reader = open_store(address)
    assert [each.id for each in reader.documents()] == ["clock.txt", "mill.txt"]
    assert reader.manifest.skipped == ()
    reader.close()


def test_nobody_at_the_address(monkeypatch):
    with pytest.raises(StoreUnreachable, match=r"127\.0\.0\.1:9 does not answer"):
        open_store(StoreAddress.parse("http://127.0.0.1:9"))


@pytest.fixture
def guarded(tmp_path, monkeypatch):
    """Milvus Lite behind a check of the token, which it does not do itself."""
    import grpc
    from milvus_lite.adapter.grpc.servicer import MilvusServicer
    from milvus_lite.db import MilvusLite
    from pymilvus.grpc_gen import milvus_pb2_grpc

    wanted = base64.b64encode(b"root:secret").decode()

    class Check(grpc.ServerInterceptor):
        def intercept_service(self, continuation, details):
            if ("authorization", wanted) in map(tuple, details.invocation_metadata):
                return continuation(details)
            return grpc.unary_unary_rpc_method_handler(
                lambda request, context: context.abort(
                    grpc.StatusCode.UNAUTHENTICATED, "auth check failure, please check username"
                )
            )

    database = MilvusLite(str(tmp_path / "guarded"))
    running = grpc.server(futures.ThreadPoolExecutor(4), interceptors=[Check()])
    milvus_pb2_grpc.add_MilvusServiceServicer_to_server(MilvusServicer(database), running)
    port = running.add_insecure_port("127.0.0.1:0")
    running.start()
    yield f"http://127.0.0.1:{port}"
    running.stop(0).wait()
    database.close()


def test_the_token_comes_from_the_environment(guarded, place, tmp_path, monkeypatch, capsys):
    address = StoreAddress.parse(guarded)
    commands = [["ask", "Who?"], ["chat"], ["info"], ["verify"], ["build", str(tmp_path)]]
    for token in ("root:secret", "root:wrong", ""):
        monkeypatch.setenv(TOKEN, token)
        if token == "root:secret":
            assert publish(place(clock=CLOCK), address)
        else:
            with pytest.raises(StoreUnreachable, match=rf"token: set {TOKEN}") as caught:
                open_store(address)
            assert "secret" not in str(caught.value)
            for command in commands:
                assert main([*command, "--store", guarded]) == 2
                out, error = capsys.readouterr()
                problem, remedy = error.splitlines()
                assert (out, problem) == ("", f"qa: {address} does not accept the token")
                assert TOKEN in remedy


@pytest.mark.parametrize(
    ("text", "shown", "name"),
    [
        ("milvus:./a b.db", "milvus:a b.db", "verbatim"),
        ("milvus:~/v.db", f"milvus:{Path.home() / 'v.db'}", "verbatim"),
        ("http://host", "http://host:19530", "verbatim"),
        ("https://host:443/papers/", "https://host:443/papers", "papers"),
        ("http://[::1]:19530", "http://[::1]:19530", "verbatim"),
        ("http://host:0", "http://host:0", "verbatim"),  # nobody is there, nor at another port
    ],
)
def test_addresses(text, shown, name):
    assert is_address(text)
    address = StoreAddress.parse(text)
    assert (str(address), address.name) == (shown, name)


@pytest.mark.parametrize(
    "text",
    [
        "milvus:",
        "milvus:~no-one-has-this-name/v.db",
        "http://",
        "http://host:port",
        "http://root:secret@host",
        "http://host/a-b",
        "ftp://h",
    ],
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(StoredIndexError) as caught:
        StoreAddress.parse(text)
    assert caught.value.remedy
    assert "secret" not in str(caught.value)


def test_the_command_line_and_the_library_answer_from_the_store(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write(Path("documents"), clock=CLOCK, mill=MILL)
    here, store = ["--index", "kept"], ["--store", "milvus:verbatim.db"]
    assert main(["build", "documents", *here, *store]) == 0
    assert main(["verify", *store]) == 0
    assert "is intact: 2 documents" in capsys.readouterr().out
    answers = []
    for where in (here, store):
        assert main(["ask", "Who carved the clock?", "--threshold", "0", "--json", *where]) == 0
        found = json.loads(capsys.readouterr().out)
        found.pop("timings_ms"), found.pop("passages")
        answers.append(found)
    assert answers[0] == answers[1]
    assert main(["info", *store]) == 0
    assert main(["search", "mill", *store]) == 0
    assert "mill.txt" in capsys.readouterr().out
    (tmp_path / "documents" / "clock.txt").write_text("The clock is gone.")
    assert main(["ask", "Who carved the clock?", *store]) != 0
    said = capsys.readouterr().out
    assert "left out, changed or missing since the build: clock.txt" in said
    # As it is said, it brings the index up to date that the store was copied from, and no other.
    command = shlex.split(re.search(r"`(qa build [^`]*)`", said)[1])
    assert main(command[1:]) == 0
    assert "(1 encoded, 1 reused)" in capsys.readouterr().out
    assert main(["ask", "What is gone?", "--threshold", "0", *store]) == 0
    assert "left out" not in capsys.readouterr().out
    assert main(["ask", "Who?", "--store", "http://127.0.0.1:9"]) == 2
    error = capsys.readouterr().err
    assert "does not answer" in error
    assert "Traceback" not in error


def test_threads_share_an_open_store(place, file):
    source = place(clock=CLOCK, lamps=LAMPS)
    publish(source, file)
    reader = open_store(file)
    expected = source.search_by_words("lamp 7", 5)
    found = []

    def ask():
        for _ in range(5):
            found.append(reader.search_by_words("lamp 7", 5))
            reader.passages([row for row, _ in expected])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reader.close()
    assert list(map(rows, found)) == [rows(expected)] * 20


def without_scores(prediction):
    """A prediction and its passages; their scores may differ in the seventh digit."""
    assert all(hit.score for hit in prediction.passages)
    return replace(prediction, passages=()), [hit.passage for hit in prediction.passages]


def test_the_same_answers_and_no_half_ones(tmp_path, server, monkeypatch):
    folder = write(tmp_path / "documents", clock=CLOCK, copy=CLOCK, mill=MILL, lamps=LAMPS)
    local = QA.build(folder, tmp_path / "index")
    first = QA.build(folder, tmp_path / "index", store=server.address)
    second = QA.open(server.address)  # another page or API beside the same store
    for question in ("Who carved the clock?", "Who was Wrzesneiwski?", "Who kept lamp 117?", "x"):
        for options in ({}, {"only": "c*"}):
            expected = without_scores(local.ask(question, threshold=0.0, **options))
            assert without_scores(first.ask(question, threshold=0.0, **options)) == expected
            assert without_scores(second.ask(question, threshold=0.0, **options)) == expected
    server.kill()
    with pytest.raises(StoreUnreachable):
        second.ask("Who stands in Hamburg?")

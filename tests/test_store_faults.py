"""A store that fails, is somebody else's or was changed: one line each, and no wrong quote."""

import json
import shutil
from dataclasses import replace

import pytest

from qa.builder import build
from qa.cli import main
from qa.errors import IndexCorrupt, IndexMismatch, StoreUnreachable
from qa.index import open_index
from qa.index.manifest import FORMAT_VERSION
from qa.milvus import StoreAddress, open_store, publish, verify_store
from qa.milvus.client import Client
from qa.milvus.collections import passages_schema, texts_of
from qa.milvus.records import FORMAT, HEADER, TERMS, text_rows
from qa.networks.encoder import SentenceEncoder
from qa.pipeline import QA

pytest.importorskip("pymilvus", reason="the extra milvus is not installed")

pytestmark = pytest.mark.usefixtures("networks")

CLOCK = "The wooden clock was carved by Ichiro Tanaka in 1894. It stands in Hamburg."
MILL = "Zbigniew Wrzesniewski ran the mill until 1912. His sister ran the bakery."
QUESTION = "Who carved the wooden clock?"


@pytest.fixture(scope="module")
def source(tmp_path_factory, encoder):
    base = tmp_path_factory.mktemp("source")
    (base / "documents").mkdir()
    (base / "documents" / "clock.txt").write_text(CLOCK)
    (base / "documents" / "mill.txt").write_text(MILL)
    build(base / "documents", base / "index", encoder=encoder)
    index = open_index(base / "index")
    publish(index, StoreAddress.parse(f"milvus:{base / 'verbatim.db'}"))
    yield index
    index.close()


@pytest.fixture
def file(source, tmp_path):
    """A copy of the store, in a file of its own."""
    shutil.copytree(source.path.parent / "verbatim.db", tmp_path / "verbatim.db")
    return StoreAddress.parse(f"milvus:{tmp_path / 'verbatim.db'}")


@pytest.fixture
def client(file):
    opened = Client(file)
    live = opened.target()
    for name in (live, texts_of(live)):
        opened.load(name)
    yield opened
    opened.close()


def other_format(client):
    rows = list(text_rows(HEADER + 1, json.dumps({"format": 0})))
    client.write(texts_of(client.target()), rows, again=True)


def no_header(client):
    client._client.delete(texts_of(client.target()), ids=[HEADER])


def changed_header(client, change):
    texts = texts_of(client.target())
    (row,) = client.get(texts, [HEADER + 1], ["*"]).values()
    values = json.loads(row["text"])
    change(values)
    client.write(texts, list(text_rows(HEADER + 1, json.dumps(values))), again=True)


def fewer_places(client):
    changed_header(client, lambda values: values["places"].pop())


def endless_header(client):
    texts = texts_of(client.target())
    client.write(texts, list(text_rows(HEADER, f"{10**12} {'0' * 64}")), again=True)


def no_number_of_pieces(client):
    client.write(texts_of(client.target()), list(text_rows(HEADER, "many")), again=True)


def changed_row(client, **values):
    live = client.target()
    (row,) = client.get(live, [0], ["*"]).values()
    client.write(live, [{**row, **values}], again=True)


def changed_text(client):
    texts = texts_of(client.target())
    (row,) = client.get(texts, [0], ["*"]).values()
    client.write(texts, [{**row, "text": row["text"].replace("Ichiro", "Taro")}], again=True)


def changed_passage(client):
    (row,) = client.get(client.target(), [0], ["body"]).values()
    changed_row(client, body=row["body"].replace("Ichiro", "Taro"))


def changed_view(client):
    """What the reader reads in place of the passage is changed, not the passage."""
    (row,) = client.get(client.target(), [0], ["body"]).values()
    text, heading, _, quoted = json.loads(row["body"])
    view = "The wooden clock was carved by Taro.", [[0, 0, 5]]
    changed_row(client, body=json.dumps([text, heading, view, quoted]))


def changed_places(client):
    """The passage is one that is as long, a letter further."""
    (row,) = client.get(client.target(), [0], ["start", "end"]).values()
    changed_row(client, start=row["start"] + 1, end=row["end"] + 1)


def changed_vector(client):
    changed_row(client, vector=[1.0] + [0.0] * 383)


def endless_passage(client):
    body = json.dumps({"at": [0, 10**12], "sha256": "0" * 64})
    changed_row(client, body=body)


def impossible_terms(client):
    texts = texts_of(client.target())
    rows = client._client.query(texts, filter=f"row >= {TERMS}", output_fields=["*"])
    client.write(texts, [{**row, "passages": -1} for row in rows], again=True)


def broken_passage(client):
    changed_row(client, body="{")


def broken_parts(client):
    changed_row(client, parts="*")


def other_document(client):
    changed_row(client, document=99)


def more_rows(client):
    live = client.target()
    (row,) = client.get(live, [0], ["*"]).values()
    client.write(live, [{**row, "row": 10_000}])


def fewer_rows(client):
    client._client.delete(client.target(), ids=[0])


def fewer_texts(client):
    client._client.delete(texts_of(client.target()), ids=[0])


DAMAGE = [other_format, no_header, changed_text, changed_passage, broken_passage, broken_parts]
DAMAGE += [other_document, more_rows, fewer_rows, fewer_texts, fewer_places, endless_header]
DAMAGE += [no_number_of_pieces, changed_view, changed_places, changed_vector, endless_passage]
DAMAGE += [impossible_terms]
ids = [each.__name__ for each in DAMAGE]


@pytest.mark.parametrize("damage", DAMAGE, ids=ids)
def test_what_somebody_else_wrote_is_said_and_mended_by_a_build(
    damage, client, file, source, capsys
):
    damage(client)
    store, folder = ["--store", str(file)], str(source.folder)
    for command in (["ask", QUESTION, "--json"], ["search", QUESTION], ["verify"]):
        assert main([*command, *store]) == 2
        out, error = capsys.readouterr()
        assert "Taro" not in out
        problem, remedy = error.splitlines()
        assert problem.startswith("qa: ")
        assert "run `qa build" in remedy
    assert main(["build", folder, "--index", str(source.path), *store]) == 0
    capsys.readouterr()
    assert main(["ask", QUESTION, *store]) in (0, 3)
    assert "Ichiro Tanaka" in capsys.readouterr().out
    assert "is intact" in verify_store(file)


@pytest.mark.parametrize("damaged", ["*.parquet", "*.flat.idx", "schema.json", "aliases.json"])
def test_a_file_that_is_damaged_can_be_made_anew_as_is_said(damaged, file, source, capsys):
    (found, *_) = file.file.rglob(damaged)
    found.write_bytes(found.read_bytes()[: found.stat().st_size // 2])
    store, build_it = ["--store", str(file)], ["build", str(source.folder)]
    for command in (["ask", QUESTION], ["verify"], [*build_it, "--index", str(source.path)]):
        assert main([*command, *store]) == 2
        problem, remedy = capsys.readouterr().err.splitlines()
        assert problem.startswith(f"qa: {file} failed (")
        assert f"delete {file.file} and run `qa build FOLDER --store {file}`" in remedy
    shutil.rmtree(file.file)
    assert main([*build_it, "--index", str(source.path), *store]) == 0
    capsys.readouterr()
    assert main(["ask", QUESTION, *store]) in (0, 3)
    assert "Ichiro Tanaka" in capsys.readouterr().out


def other_manifest(client):
    changed_header(client, lambda values: values["manifest"].update(format=8))


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (other_format, f"format 0, not {FORMAT}"),
        (other_manifest, f"format 8, not {FORMAT_VERSION}"),
    ],
)
def test_an_index_of_another_format_is_one_line_in_every_command(
    other, said, client, file, source, tmp_path, capsys
):
    other(client)
    more = {
        "ask": [QUESTION],
        "search": [QUESTION],
        "serve": ["--port", "0", "--index", str(tmp_path / "votes")],
    }
    for command in ("ask", "search", "serve", "info", "verify", "chat"):
        assert main([command, *more.get(command, []), "--store", str(file)]) == 2, command
        out, error = capsys.readouterr()
        assert out == ""
        problem, remedy = error.splitlines()
        assert problem == f"qa: the index in {file} has {said}"
        assert remedy.strip() == f"run `qa build FOLDER --store {file}`"
    build_it = ["build", str(source.folder), "--index", str(source.path), "--store", str(file)]
    assert main(build_it) == 0
    assert capsys.readouterr().err == f"the index in {file} has {said}: it is built anew\n"
    assert main(build_it) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("damage", [more_rows, changed_passage, broken_passage, other_document])
def test_what_is_written_after_it_was_opened_is_not_quoted(damage, client, file):
    qa = QA.open(str(file))
    damage(client)
    for ask in (qa.ask, qa.search):
        with pytest.raises(IndexCorrupt) as caught:
            ask(QUESTION)
        assert "\n" not in str(caught.value)
    qa.close()


def test_a_network_that_breaks_in_a_question_gives_no_half_answer(file, source, monkeypatch):
    qa = QA.open(str(file))
    expected = QA.open(source.path).ask(QUESTION, threshold=0)
    calls, breaks_at = 0, 10**6

    def breaking(method):
        def call(self, *given, **options):
            nonlocal calls
            calls += 1
            if calls >= breaks_at:
                raise StoreUnreachable("the store does not answer", "start it")
            return method(self, *given, **options)

        return call

    for name in ("search", "get"):
        monkeypatch.setattr(Client, name, breaking(getattr(Client, name)))
    assert replace(qa.ask(QUESTION, threshold=0), passages=()) == replace(expected, passages=())
    needed = calls
    assert needed >= 5
    for call in range(1, needed + 1):
        calls, breaks_at = 0, call
        qa._index._kept.clear(), qa._index._document.cache_clear()  # as if just opened
        with pytest.raises(StoreUnreachable):
            qa.ask(QUESTION)
    qa.close()


@pytest.mark.parametrize("change", [changed_view, changed_passage, changed_text, fewer_rows])
def test_what_somebody_else_writes_during_a_question_is_never_read_with_the_rest(
    change, client, file, monkeypatch
):
    qa = QA.open(str(file))
    live = client.target()
    rows = {name: client.get(name, [0], ["*"])[0] for name in (live, texts_of(live))}
    expected = qa.ask(QUESTION, threshold=0).answers
    calls, changed_at = 0, 10**6

    def changing(method):
        def call(self, *given, **options):
            nonlocal calls
            calls += self is qa._index._client
            if calls == changed_at and self is not client:
                change(client)
            return method(self, *given, **options)

        return call

    for name in ("search", "get"):
        monkeypatch.setattr(Client, name, changing(getattr(Client, name)))
    outcomes, call, needed = set(), 0, 10**6
    while call <= needed:
        calls, changed_at = 0, call or 10**6
        qa._index._kept.clear(), qa._index._document.cache_clear()  # as if just opened
        try:
            assert qa.ask(QUESTION, threshold=0).answers == expected
            outcomes.add("as before")
        except IndexCorrupt as error:
            assert "\n" not in str(error)
            outcomes.add("refused")
        needed = needed if call else calls
        for name, row in rows.items():
            client.write(name, [row], again=True)
        call += 1
    assert outcomes == {"as before", "refused"}
    qa.close()


# A name that is something else's


def foreign_collection(client):
    client._client.drop_alias(client.address.name)
    client.create(client.address.name, *passages_schema(16, "FLAT"))


def foreign_alias(client):
    client.create("papers", *passages_schema(16, "FLAT"))
    client.point_to("papers")


@pytest.mark.parametrize("taken", [foreign_collection, foreign_alias])
def test_what_is_no_index_of_ours_is_left_alone(taken, client, file, source, capsys):
    taken(client)
    store = ["--store", str(file)]
    build_it = ["build", str(source.folder), "--index", str(source.path)]
    for command in (["ask", QUESTION], ["serve", "--port", "0"], build_it):
        assert main([*command, *store]) == 2
        problem, remedy = capsys.readouterr().err.splitlines()
        assert "which is no index of Verbatim" in problem
        assert "name another index" in remedy
    with pytest.raises(IndexMismatch):
        publish(source, file)
    assert (client.target() or file.name) in ("papers", file.name)
    assert file.name in client.collections() or client.target() == "papers"


@pytest.mark.parametrize("command", ["ask", "serve", "build", "info", "verify"])
def test_a_store_that_is_not_there_is_one_line(command, source, tmp_path, capsys):
    more = {
        "ask": [QUESTION],
        "serve": ["--port", "0", "--index", str(tmp_path / "votes")],
        "build": [str(source.folder), "--index", str(tmp_path / "index")],
    }
    assert main([command, *more.get(command, []), "--store", "http://127.0.0.1:9"]) == 2
    problem, remedy = capsys.readouterr().err.splitlines()
    assert problem == "qa: http://127.0.0.1:9 does not answer"
    assert "start the store" in remedy
    assert not (tmp_path / "index").exists()


def test_an_index_of_another_encoder_is_refused_by_those_who_ask(client, file, monkeypatch):
    monkeypatch.setattr("qa.networks.encoder.NAME", "another")
    monkeypatch.setattr("qa.pipeline.SentenceEncoder", SentenceEncoder)  # loaded anew
    with pytest.raises(IndexMismatch, match=r"another encoder .*run `qa build"):
        QA.open(str(file))
    index = open_store(file)  # as `qa info` does
    index.close()

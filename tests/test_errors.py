"""Every error has a problem and a remedy, and a command that a remedy names fixes the failure."""

import ast
import inspect
import json
import pickle
import re
import shlex
import shutil
from pathlib import Path

import pytest

import qa
from qa import errors
from qa.answers.calibration import Calibration
from qa.answers.exported import check_answers
from qa.builder import build
from qa.cli import main
from qa.errors import (
    AnswerFileError,
    EmptyCorpus,
    IndexCorrupt,
    IndexLocked,
    IndexMismatch,
    IndexNotFound,
    ModelCorrupt,
    ModelNotFound,
    QAError,
    QuestionError,
    StoredIndexError,
    UnreadableDocument,
)
from qa.index import WriterLock
from qa.index.manifest import FORMAT_VERSION
from qa.loaders import load
from qa.networks.encoder import SentenceEncoder
from qa.networks.reader import OnnxReader
from qa.networks.weights import MODELS, REINSTALL, RETRAIN
from qa.pipeline import QA

TEXT = "The clock was carved by Ichiro Tanaka in 1894. It was a gift to the mayor of Hamburg.\n"
ERRORS = {
    name: kind
    for name, kind in vars(errors).items()
    if inspect.isclass(kind) and issubclass(kind, QAError)
}


@pytest.mark.parametrize("kind", ERRORS.values(), ids=list(ERRORS))
def test_an_error_has_two_fields_and_can_be_pickled(kind):
    error = kind("it is broken", "repair it")
    assert str(error) == "it is broken: repair it"
    by_default = ": ask again in 2 s" if kind is errors.Busy else ""
    assert str(kind("it is broken")) == f"it is broken{by_default}"
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), copy.problem, copy.remedy) == (kind, "it is broken", "repair it")


def test_the_tree_in_the_docstring_is_the_tree_in_the_code():
    drawn, above = {}, []
    for branch, name in re.findall(r"^    ([│├└─ ]*)(\w+)", errors.__doc__, re.MULTILINE):
        depth = len(branch) // 3
        above[depth:] = [name]
        drawn[name] = above[depth - 1] if depth else "Exception"
    assert drawn == {name: kind.__base__.__name__ for name, kind in ERRORS.items()}


def raised():
    """Yield the place and the kind of each error made in qa/, and the text of its arguments."""
    for path in sorted(Path(qa.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ERRORS:
                texts = [
                    [part.value if isinstance(part, ast.Constant) else "…" for part in parts]
                    for parts in (getattr(each, "values", [each]) for each in node.args)
                ]
                fields = ["".join(map(str, text)) for text in texts]
                yield f"{path.name}:{node.lineno}", ERRORS[node.func.id], fields


def test_every_problem_and_remedy_is_one_line_without_a_full_stop():
    wrong, count = [], 0
    for place, kind, fields in raised():
        count += 1
        # Only of a file there may be nothing that could be done; a busy server has its own words.
        may_be_one = issubclass(kind, (UnreadableDocument, errors.Busy))
        if len(fields) != 2 and not (len(fields) == 1 and may_be_one):
            wrong.append((place, fields))
        wrong += [(place, text) for text in fields if not text or "\n" in text or text[-1] in ".:"]
    assert wrong == []
    assert count > 80


# Failures of each kind, each with the problem, the remedy, and the repair that it names.


@pytest.fixture(scope="module")
def intact(tmp_path_factory, encoder):
    """A folder of one document and its index."""
    place = tmp_path_factory.mktemp("intact")
    (place / "documents").mkdir()
    (place / "documents" / "clock.txt").write_text(TEXT, encoding="utf-8")
    build(place / "documents", place / "index", encoder=encoder)
    return place


@pytest.fixture
def place(intact, tmp_path, monkeypatch):
    """A copy of it, in a path that a shell has to quote, as the current directory."""
    copied = shutil.copytree(intact, tmp_path / "Anna's place")
    monkeypatch.chdir(copied)
    return copied


def failure(call):
    with pytest.raises(QAError) as caught:
        call()
    for text in (caught.value.problem, caught.value.remedy):
        assert "\n" not in text
        assert not text.endswith((".", ":"))
    return type(caught.value), caught.value.problem, caught.value.remedy


def no_index(place):
    shutil.rmtree(place / "index")


def damaged(pattern):
    def damage(place):
        (path,) = (place / "index").rglob(pattern)
        path.write_bytes(path.read_bytes()[:-1])

    return damage


def missing(pattern):
    def remove(place):
        (path,) = (place / "index").rglob(pattern)
        path.unlink()

    return remove


def another_format(place):
    (generation,) = (place / "index").glob("g-*")
    manifest = json.loads((generation / "manifest.json").read_text())
    _replace_manifest(generation, json.dumps({**manifest, "format": 1}))


def invalid_manifest(place):
    (generation,) = (place / "index").glob("g-*")
    _replace_manifest(generation, "[]")


def _replace_manifest(generation, text):
    """Write another manifest with the right hash."""
    from qa.index.generation import _hash

    (generation / "manifest.json").write_text(text)
    renamed = generation.with_name(f"g-1-{_hash(text.encode())}")
    generation.rename(renamed)
    (generation.parent / "CURRENT").write_text(f"{renamed.name}\n")


def another_encoder(place):
    encoder = SentenceEncoder()
    encoder.name, encoder.fingerprint = "Another", "another:0:256"
    build(place / "documents", place / "index", encoder=encoder)


BUILD = "run `qa build FOLDER --index index`"
BUILD_DOCUMENTS = "run `qa build documents --index index`"


@pytest.mark.parametrize(
    ("change", "kind", "problem", "remedy"),
    [
        (no_index, IndexNotFound, "there is no index in index", BUILD),
        (damaged("CURRENT"), IndexCorrupt, "index/CURRENT is damaged", BUILD),
        (damaged("manifest.json"), IndexCorrupt, "index/g-…/manifest.json is damaged", BUILD),
        (missing("manifest.json"), IndexCorrupt, "index/g-…/manifest.json is missing", BUILD),
        (invalid_manifest, IndexCorrupt, "the manifest of index cannot be read", BUILD),
        (
            *(another_format, IndexMismatch),
            *(f"index has format 1, not {FORMAT_VERSION}", BUILD_DOCUMENTS),
        ),
        (
            *(another_encoder, IndexMismatch),
            *("index was built with another encoder (Another)", BUILD_DOCUMENTS),
        ),
        (
            *(damaged("*.faiss"), IndexCorrupt),
            *("index/g-…/vectors/….faiss is damaged", BUILD_DOCUMENTS),
        ),
        (
            *(missing("*.sqlite"), IndexCorrupt),
            *("index/g-…/documents/….sqlite is missing", BUILD_DOCUMENTS),
        ),
    ],
)
def test_the_command_named_repairs_an_index(place, change, kind, problem, remedy):
    change(place)
    found, said, command = failure(lambda: QA.open("index"))
    hidden = re.sub(
        r"g-\d+-[0-9a-f]{16}|[0-9a-f]{32}", lambda m: "g-…" if "-" in m[0] else "…", said
    )
    assert (found, hidden, command) == (kind, problem, remedy)
    assert run_named(command.replace("FOLDER", "documents")) == 0
    assert QA.open("index").ask("Who carved the clock?", threshold=0).answers


def run_named(remedy):
    """Run the command that a remedy names in backticks."""
    (command,) = re.findall("`qa (.+)`", remedy)
    return main(shlex.split(command))


def emptied(place):
    (place / "documents" / "clock.txt").unlink()


def unreadable(place):
    (place / "documents" / "clock.txt").write_bytes(b"\x89PNG")


def no_folder(place):
    shutil.rmtree(place / "documents")


@pytest.mark.parametrize(
    ("change", "problem", "remedy"),
    [
        (
            *(emptied, "there is no readable document in documents (0 skipped)"),
            "put documents into it, then run `qa build documents --index index`",
        ),
        (
            unreadable,
            "there is no readable document in documents "
            "(1 skipped; clock.txt: damaged picture (PNG, JPEG or TIFF): save it again)",
            "put documents into it, then run `qa build documents --index index`",
        ),
        (
            *(no_folder, "there is no folder documents"),
            "create it, put documents into it, then run `qa build documents --index index`",
        ),
    ],
)
def test_the_command_named_builds_once_there_are_documents(place, change, problem, remedy):
    change(place)
    assert failure(lambda: build_shipped(place)) == (EmptyCorpus, problem, remedy)
    (place / "documents").mkdir(exist_ok=True)
    (place / "documents" / "new.txt").write_text(TEXT, encoding="utf-8")
    assert run_named(remedy) == 0
    assert QA.open("index").documents()[-1].id == "new.txt"


def build_shipped(place, folder="documents", index="index"):
    build(Path(folder), Path(index), encoder=SentenceEncoder())


def test_the_command_named_builds_the_folder_of_a_file(place):
    found = failure(lambda: build_shipped(place, "documents/clock.txt"))
    command = "`qa build documents --index index`"
    assert found == (
        *(EmptyCorpus, "documents/clock.txt is a file"),
        f"name the folder that contains it, as in {command}",
    )
    assert run_named(command) == 0


def test_an_index_may_not_contain_its_documents(place):
    assert failure(lambda: build_shipped(place, index=".")) == (
        *(EmptyCorpus, "the index would contain the documents in documents"),
        "name another with --index",
    )
    build_shipped(place, index="other")


def test_a_second_build_is_refused_until_the_first_one_ends(place):
    with WriterLock(place / "index"):
        kind, problem, remedy = failure(lambda: build_shipped(place))
    assert kind is IndexLocked
    assert re.fullmatch(r"another build \(process \d+\) is writing index", problem)
    assert remedy == "wait until it ends and repeat"
    build_shipped(place)


def test_a_file_in_place_of_the_index_is_not_overwritten(place):
    (place / "file").write_text("mine")
    assert failure(lambda: build_shipped(place, index="file")) == (
        *(StoredIndexError, "file cannot be written (File exists)"),
        "name another folder with --index",
    )


@pytest.fixture
def models(tmp_path):
    return shutil.copytree(MODELS, tmp_path / "models")


@pytest.mark.parametrize(
    ("name", "content", "kind", "problem"),
    [
        ("reader.json", None, ModelNotFound, "there is no reader in …"),
        ("reader.onnx", None, ModelNotFound, "…/reader.onnx cannot be read (No such …)"),
        ("tokenizer.json", b"{}", ModelCorrupt, "…/tokenizer.json is not the published file"),
        ("reader.json", b"{}", ModelCorrupt, "…/reader.json cannot be read ('format')"),
    ],
)
def test_a_model_that_is_not_the_published_one_names_how_to_get_it(
    models, name, content, kind, problem
):
    (models / name).unlink()
    if content is not None:
        (models / name).write_bytes(content)
    found, said, remedy = failure(lambda: OnnxReader(models))
    said = said.replace(str(models), "…").replace("file or directory", "…")
    assert (found, said, remedy) == (kind, problem, RETRAIN)
    shutil.copy(MODELS / name, models / name)
    OnnxReader(models)


def test_an_encoder_folder_without_a_model_names_the_command_that_fetches_one(tmp_path):
    assert failure(lambda: SentenceEncoder(tmp_path)) == (
        ModelNotFound,
        f"{tmp_path} contains no sentence-transformers model with a tokenizer.json",
        f"fetch one with `hf download NAME --local-dir {tmp_path}`",
    )


def test_a_calibration_of_another_reader_names_how_to_fit_it_again():
    reader = OnnxReader().fingerprint
    assert failure(lambda: Calibration.load(reader="another")) == (
        *(ModelCorrupt, f"{MODELS / 'calibration.json'} was fitted to another reader"),
        f"{REINSTALL}, or fit it again with `python -m training.calibrate`",
    )
    Calibration.load(reader=reader)


@pytest.mark.parametrize(
    ("question", "filters", "problem", "remedy"),
    [
        ("?", {}, "the question is empty", "write it in words"),
        (None, {}, "the question is None, not a text", "give it as a string"),
        (
            *("word " * 6_000, {}, "the question has 6,000 words"),
            "ask one of at most 5,000",
        ),
        (
            *("Who?", {"since": "May"}, "since is 'May'"),
            "write a date such as 2024-02-20, 2024-02 or 2024",
        ),
        ("Who?", {"threshold": 2.0}, "threshold is 2.0", "give a number from 0 to 1"),
        ("Who?", {"threshold": float("nan")}, "threshold is nan", "give a number from 0 to 1"),
        ("Who?", {"only": [""]}, "only is ''", "write a path or a pattern such as '2024/*'"),
        (
            *("Who?", {"only": "x/*"}, "no document matches only x/*"),
            "change the filter; `qa info --json --index index` lists all",
        ),
    ],
)
def test_a_question_that_cannot_be_asked_names_what_to_ask(
    place, question, filters, problem, remedy
):
    opened = QA.open("index")
    found = failure(lambda: opened.ask(question, **filters))
    assert found == (QuestionError, problem, remedy)


@pytest.mark.parametrize(
    ("content", "problem", "remedy"),
    [
        (b"", "empty, nothing to index", ""),
        (b"%PDF-1.4 broken", "damaged PDF", "open it and save it again"),
        (b"\x1f\x8b\x08", "a gzip archive", "unpack it"),
    ],
)
def test_a_file_that_cannot_be_read_names_what_to_do_with_it(tmp_path, content, problem, remedy):
    (tmp_path / "file.txt").write_bytes(content)
    found = failure(lambda: load(tmp_path / "file.txt", folder=tmp_path))
    assert found == (UnreadableDocument, problem, remedy)


def test_a_file_without_answers_names_the_command_that_saves_some(place, capsys):
    (place / "saved.json").write_text("[]")
    exported, documents = Path("saved.json"), Path("documents")
    found = failure(lambda: check_answers(exported, documents))
    command = 'qa ask --json "…" > saved.json'
    assert found == (
        AnswerFileError,
        "saved.json contains no answers",
        f"save one with `{command}`",
    )
    words = shlex.split(command.replace("…", "Who carved the clock?"))
    assert main(words[1 : words.index(">")]) == 0
    exported.write_text(capsys.readouterr().out)
    assert check_answers(exported, documents)[0].verdict == "valid"

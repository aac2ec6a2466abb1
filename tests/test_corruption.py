"""Opening an index and ``qa verify`` find every damaged byte before it is used."""

import json
import os
import shutil
from itertools import pairwise

import pytest

from benchmarks.hashing import HashEncoder
from qa.builder import build
from qa.cli import main
from qa.errors import IndexCorrupt, StoredIndexError
from qa.index import open_index, verify
from qa.index.generation import check_files, live_generation, manifest_of
from qa.loaders import load

TEXTS = {
    "clock.txt": "The mayor of Hamburg received a clock. It was carved in 1894.\n",
    "mill.md": "# The mill\n\nZbigniew ran the mill.\n\n## Later\n\nIt burned down.\n",
}


@pytest.fixture(scope="module")
def intact(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corruption") / "documents"
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    build(folder, folder.parent / "index", encoder=HashEncoder(), load=load)
    return folder.parent / "index"


@pytest.fixture
def index_dir(intact, tmp_path):
    return shutil.copytree(intact, tmp_path / "index")


def stored(index_dir):
    """Every file that an index is read from, so not the lock."""
    return sorted(path for path in index_dir.rglob("*") if path.is_file() and path.name != ".lock")


def opens(index_dir):
    """Do what opening does before any library sees a byte: read the pointer, compare hashes."""
    generation = live_generation(index_dir)
    check_files(generation, manifest_of(generation))


def is_found(call, index_dir):
    try:
        call(index_dir)
    except StoredIndexError as error:
        return "qa build" in str(error) and "\n" not in str(error)
    return False


def positions(size):
    """Every byte of a file's ends, and every seventh between, so that all bits are met."""
    return [at for at in range(size) if at < 128 or at >= size - 128 or at % 7 == 0]


def test_bytes_everywhere_in_every_file_are_checked_on_opening(index_dir):
    """One flipped bit in each: header, payload, padding, trailer, free pages."""
    missed, tried = [], 0
    for path in stored(index_dir):
        whole = path.read_bytes()
        with path.open("r+b", buffering=0) as file:
            for position in positions(len(whole)):
                byte = whole[position]
                os.pwrite(file.fileno(), bytes([byte ^ (1 << position % 8)]), position)
                if not is_found(opens, index_dir):
                    missed.append((path.name, position))
                os.pwrite(file.fileno(), bytes([byte]), position)
                tried += 1
    assert missed == []
    assert tried > 5_000
    open_index(index_dir).close()


@pytest.mark.parametrize("call", [open_index, verify])
def test_open_and_verify_find_a_flipped_bit(index_dir, call):
    for path in stored(index_dir):
        whole = path.read_bytes()
        for position in {0, len(whole) // 3, len(whole) - 1}:
            path.write_bytes(
                whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :]
            )
            assert is_found(call, index_dir), (path.name, position)
        path.write_bytes(whole)


@pytest.mark.parametrize("call", [open_index, verify])
def test_cut_lengthened_missing_and_swapped_files_are_found(index_dir, call):
    files = stored(index_dir)
    for path in files:
        whole = path.read_bytes()
        for wrong in (b"", whole[:-1], whole[: len(whole) // 2], whole + b"\0", whole * 2):
            path.write_bytes(wrong)
            assert is_found(call, index_dir), (path.name, len(wrong))
        path.unlink()
        assert is_found(call, index_dir), path.name
        path.mkdir()
        assert is_found(call, index_dir), path.name
        path.rmdir()
        path.write_bytes(whole)
    for one, other in pairwise(files):
        if one.read_bytes() == other.read_bytes():
            continue
        swap(one, other)
        assert is_found(call, index_dir), (one.name, other.name)
        swap(one, other)
    open_index(index_dir).close()


def swap(one, other):
    aside = one.with_name("aside")
    one.rename(aside)
    other.rename(one)
    aside.rename(other)


def test_files_of_another_generation_are_found(index_dir, tmp_path):
    """Each is intact and of the right format, and differs from what this manifest lists."""
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "rain.txt").write_text("It rained for three days.\n", encoding="utf-8")
    build(folder, tmp_path / "other", encoder=HashEncoder(), load=load)
    (ours,), (theirs,) = index_dir.glob("g-*"), (tmp_path / "other").glob("g-*")
    for pattern in ("documents/*.sqlite", "vectors/*.faiss", "words/*.idx", "manifest.json"):
        ((our, *_), (their, *_)) = sorted(ours.glob(pattern)), sorted(theirs.glob(pattern))
        whole = our.read_bytes()
        shutil.copy(their, our)
        with pytest.raises(IndexCorrupt, match="qa build"):
            open_index(index_dir)
        our.write_bytes(whole)
    shutil.rmtree(ours / "words")
    shutil.copytree(theirs / "words", ours / "words")
    with pytest.raises(IndexCorrupt, match="qa build"):
        open_index(index_dir)


def test_a_damaged_lock_and_journal_harm_nothing(index_dir, intact):
    (index_dir / ".lock").write_bytes(b"\xff" * 99)
    (index_dir / ".encoded").write_bytes(b"\xff" * 9999)
    open_index(index_dir).close()
    folder = intact.parent / "documents"
    assert not build(folder, intact, encoder=HashEncoder(), load=load).changed


# Exported answers


@pytest.fixture
def exported(intact, tmp_path):
    """An index, and a file as ``qa ask --json`` prints one, with a copy among the places."""
    folder = tmp_path / "documents"
    shutil.copytree(intact.parent / "documents", folder)
    (folder / "copy.txt").write_text(TEXTS["clock.txt"], encoding="utf-8")
    build(folder, tmp_path / "index", encoder=HashEncoder(), load=load)
    index = open_index(tmp_path / "index")
    document = index.document("clock.txt")
    index.close()
    start = document.text.index("a clock")
    place = {"text": "a clock", "sha256": document.sha256, "start": start, "end": start + 7}
    answer = {"document": "clock.txt", **place}
    answer["also_at"] = [{"document": "copy.txt", **place}]
    path = tmp_path / "answer.json"
    path.write_text(json.dumps({"answers": [answer]}), encoding="utf-8")
    return folder, path


def checked(exported, capsys):
    folder, path = exported
    code = main(["verify", "--index", str(folder.parent / "index"), "--answer", str(path)])
    shown = capsys.readouterr()
    assert shown.err == ""
    return code, [line.split("  ")[0] for line in shown.out.splitlines()]


def test_an_answer_of_a_collection_is_compared_with_its_own_folder(exported, capsys):
    folder, path = exported
    below = folder.parent / "indexes" / "press"
    below.parent.mkdir()
    (folder.parent / "index").rename(below)
    folder.rename(below.parent / "documents")  # an index knows where its documents are from itself
    answer = json.loads(path.read_text())["answers"][0]
    for name in ("press", "law"):  # of which one has no index here
        places = [{**each, "document": f"{name}/{each['document']}"} for each in answer["also_at"]]
        answers = [{**answer, "document": f"{name}/clock.txt", "also_at": places}]
        path.write_text(json.dumps({"answers": answers}), encoding="utf-8")
        arguments = ["verify", "--index", str(below.parent), "--answer", str(path)]
        assert main(arguments) == (name == "law")
        verdicts = [line.split("  ")[0] for line in capsys.readouterr().out.splitlines()]
        assert verdicts == 2 * (["valid"] if name == "press" else ["gone"])


def test_an_exported_answer_is_valid_changed_or_gone(exported, capsys):
    folder, _ = exported
    assert checked(exported, capsys) == (0, ["valid", "valid"])
    os.utime(folder / "clock.txt", ns=(1, 1))
    assert checked(exported, capsys) == (0, ["valid", "valid"])
    (folder / "copy.txt").write_text("Entirely new.", encoding="utf-8")
    assert checked(exported, capsys) == (1, ["valid", "document changed"])
    (folder / "clock.txt").unlink()
    assert checked(exported, capsys) == (1, ["gone", "document changed"])
    # The index is unchanged: only the files are compared.
    assert "clock.txt" in open_index(folder.parent / "index").indexed


@pytest.mark.parametrize(
    "change",
    [
        *({"text": "a crown"}, {"text": ""}, {"end": 3}, {"end": 10**30}),
        *({"start": 3}, {"start": -9}, {"start": 10**30}),
    ],
)
def test_an_altered_answer_is_not_a_quotation(exported, capsys, change):
    _, path = exported
    prediction = json.loads(path.read_text(encoding="utf-8"))
    prediction["answers"][0].update(change)
    path.write_text(json.dumps(prediction), encoding="utf-8")
    code, verdicts = checked(exported, capsys)
    assert code == 1
    assert verdicts[0] == "not a quotation"


def test_a_further_place_is_compared_with_its_own_words(exported, capsys):
    folder, path = exported
    text = (folder / "copy.txt").read_text(encoding="utf-8")
    first = text.split()[0]
    prediction = json.loads(path.read_text(encoding="utf-8"))
    prediction["answers"][0]["also_at"][0].update(text=first, start=0, end=len(first))
    path.write_text(json.dumps(prediction), encoding="utf-8")
    assert checked(exported, capsys) == (0, ["valid", "valid"])


@pytest.mark.parametrize("name", ["../answer.json", "/etc/passwd", "a\0b", "", ".", "x" * 5000])
def test_an_exported_answer_cannot_name_a_file_outside_the_folder(exported, capsys, name):
    _, path = exported
    prediction = json.loads(path.read_text(encoding="utf-8"))
    prediction["answers"][0]["document"] = name
    path.write_text(json.dumps(prediction), encoding="utf-8")
    code, verdicts = checked(exported, capsys)
    assert (code, verdicts[0]) == (1, "gone")


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b'{"answers": [{}]}', b"[" * 9999])
def test_an_invalid_file_of_answers_names_the_command_that_saves_one(exported, capsys, data):
    folder, path = exported
    path.write_bytes(data)
    arguments = ["verify", "--index", str(folder.parent / "index"), "--answer"]
    assert main([*arguments, str(path)]) == 2
    assert "qa ask --json" in capsys.readouterr().err
    assert main([*arguments, str(folder / "absent.json")]) == 2
    assert "qa ask --json" in capsys.readouterr().err

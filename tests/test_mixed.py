"""A folder of files of all formats, some damaged: each one is reported.

``QA_FILES=2000 pytest tests/test_mixed.py`` makes that many.
"""

import os
import random
from pathlib import Path

import pytest
from making import MAKERS, make_csv, make_jsonl, of_kind, plain

from benchmarks.hashing import HashEncoder
from qa.builder import build, is_stale
from qa.index import open_index, verify
from qa.loaders import find_files, load

SEEDS = Path(__file__).parents[1] / "seeds"
FILES = int(os.environ.get("QA_FILES", "200"))
MADE = {
    **{f".{suffix}": maker for suffix, maker in MAKERS.items()},
    ".txt": lambda content, title: f"{title}\n\n{plain(content)}\n".encode(),
    ".md": lambda content, title: f"# {title}\n\n{plain(content)}\n".encode(),
    ".csv": lambda content, title: make_csv([["title", "text"], *([title, t] for _, t in content)]),
    ".jsonl": lambda content, title: make_jsonl(content),
}


def damaged(data, how, chance):
    """Return a file with one kind of damage."""
    if how == "cut":
        return data[: chance.randrange(len(data))]
    if how == "flipped":
        broken = bytearray(data)
        for _ in range(20):
            broken[chance.randrange(len(broken))] ^= 1 << chance.randrange(8)
        return bytes(broken)
    if how == "overwritten":
        at = chance.randrange(len(data))
        return data[:at] + chance.randbytes(2_000) + data[at + 2_000 :]
    return {"empty": b"", "random": chance.randbytes(5_000), "zeros": bytes(5_000)}[how]


def write_mixed(folder, count):
    """Write ``count`` files; return the unique sentence of each intact one, and the copies."""
    chance = random.Random(2026)
    seeds = [
        load(path, folder=SEEDS) for path in find_files(SEEDS) if path.suffix in (".txt", ".md")
    ]
    paragraphs = [text for document in seeds for text in of_kind(document, "body")]
    accidents = ["cut", "flipped", "overwritten", "empty", "random", "zeros"]
    marks, copies = {}, {}
    data, previous = b"", folder
    for number in range(count):
        suffix = list(MADE)[number % len(MADE)]
        place = folder / f"{number % 7}" / ["letters", "reports 2024", "Ünïcode"][number % 3]
        place.mkdir(parents=True, exist_ok=True)
        mark = f"This is file number {number} of the archive in Porthaven."
        texts = [*chance.sample(paragraphs, chance.randint(2, 5)), mark]
        chance.shuffle(texts)
        path = place / f"{number:04}{suffix}"
        if number % 12 == 11 and number % 5:
            path = path.with_suffix(previous.suffix)
            copies[path.relative_to(folder).as_posix()] = previous.relative_to(folder).as_posix()
        else:
            content = [("heading", f"Part {number}"), *(("text", text) for text in texts)]
            data = MADE[suffix](content, title=f"Report {number}")
            if number % 5 == 4:
                data = damaged(data, accidents[number // 5 % len(accidents)], chance)
            else:
                marks[path.relative_to(folder).as_posix()] = mark
        path.write_bytes(data)
        previous = path
    return marks, copies


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mixed") / "documents"
    marks, copies = write_mixed(folder, FILES)
    report = build(folder, folder.parent / "index", encoder=HashEncoder())
    return folder, marks, copies, report


def test_every_file_is_a_line_of_the_report(mixed):
    folder, marks, copies, report = mixed
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert len(there) == FILES
    assert sorted(file.path for file in report.files) == sorted(there)
    lines = {file.path: file for file in report.files}
    assert [path for path in marks if lines[path].status != "indexed"] == []
    for path, other in copies.items():  # the first by its path is the original
        first, second = sorted([path, other])
        assert (lines[first].copy_of, lines[second].copy_of) == ("", first)
    for file in report.files:
        assert bool(file.reason) == (file.status == "skipped")
        assert "Error" not in file.reason, file
        assert "\n" not in str(file)
    skipped = [file for file in report.files if file.status == "skipped"]
    assert FILES // 12 < len(skipped) < FILES // 4
    assert len({file.reason for file in skipped}) > 3


def test_the_text_of_each_intact_file_is_indexed(mixed):
    folder, marks, _, report = mixed
    stored = {file.path: file.copy_of or file.path for file in report.files}
    index = open_index(folder.parent / "index")
    texts = {}
    for passage in index.all_passages():
        texts[passage.document_id] = texts.get(passage.document_id, "") + passage.text
    index.close()
    assert [path for path, mark in marks.items() if mark not in texts[stored[path]]] == []
    verify(folder.parent / "index")


def test_a_second_build_changes_nothing(mixed):
    folder, *_, report = mixed
    assert not is_stale(folder, folder.parent / "index", HashEncoder.fingerprint)
    again = build(folder, folder.parent / "index", encoder=HashEncoder())
    assert (again.changed, again.encoded) == (False, 0)
    assert again.files == report.files

"""The README cannot drift: its example runs, its commands exist, its numbers were measured."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from qa.cli import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    "benchmarks/README.md",
    "qa/milvus/README.md",
    "qa/models/README.md",
    "training/LOG.md",
]


def code_blocks(language):
    found = re.findall(r"^```(\w*)\n(.*?)^```$", README, flags=re.DOTALL | re.MULTILINE)
    return [block for name, block in found if name == language]


def test_the_python_example_runs(tmp_path, monkeypatch, capsys):
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    monkeypatch.chdir(tmp_path)
    (example,) = code_blocks("python")
    exec(compile(example, "README.md", "exec"), {})
    shown = capsys.readouterr().out
    assert "Kim Jong Un" in shown
    assert re.search(r"seeds/\S+:\d+-\d+", shown)


def test_the_terminal_session_is_what_the_program_prints(tmp_path, monkeypatch, capsys):
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    monkeypatch.chdir(tmp_path)
    assert main(["build", "seeds"]) == 0
    capsys.readouterr()
    (session,) = code_blocks("console")
    turns = re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]
    assert len(turns) >= 2
    for turn in turns:
        command, shown = turn.split("\n", 1)
        assert main(shlex.split(command)[1:]) in (0, 4)  # an answer, and "not found"
        printed = capsys.readouterr().out
        for line in shown.strip().splitlines():
            if line.strip() != "…":
                assert line.strip() in printed


def test_every_command_named_exists(capsys):
    for words in re.findall(
        r"`qa ([a-z]+(?: (?:reader|corpus|retrieval|list|review|export))?)", README
    ):
        assert main([*words.split(), "--help"]) == 0
        capsys.readouterr()
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    for target in re.findall(r"make ([a-z]+)", README):
        if target != "without":
            assert target in targets or target in {"without"}, target


@pytest.mark.parametrize("page", PAGES)
def test_every_file_and_picture_named_exists(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for path in re.findall(r"\]\(([^)#:]+)\)", text):
        assert ((ROOT / page).parent / path).exists(), path
    for path in re.findall(r"`((?:qa|tests|training|benchmarks|\.ci)/[\w./-]*)`", text):
        assert (ROOT / path).exists(), path


def test_every_name_in_the_tree_exists():
    tree = code_blocks("")[-1]
    for name in re.findall(r"^  ([a-z_]+(?:\.py|/))", tree, flags=re.MULTILINE):
        assert (ROOT / "qa" / name).exists(), name
    for name in re.findall(r"^([a-z_]+/)", tree, flags=re.MULTILINE):
        assert (ROOT / name).exists(), name


def test_every_module_of_the_package_is_in_the_tree():
    tree = code_blocks("")[-1]
    for path in (ROOT / "qa").iterdir():
        if not path.name.startswith("__") and path.name != "py.typed":
            assert f"  {path.name}" in tree, path.name


def test_the_numbers_are_the_newest_results():
    from benchmarks.table import MARKS, sections

    for (path, name), made in sections().items():
        begin, end = (mark.format(name) for mark in MARKS)
        between = path.read_text(encoding="utf-8").split(begin)[1].split(end)[0]
        assert between.strip() == made.strip(), f"{path}: run `python -m benchmarks.table`"


def test_what_newcomers_read_stays_short():
    assert len(README.splitlines()) <= 180
    assert len((ROOT / "qa/models/README.md").read_text(encoding="utf-8").splitlines()) <= 120


def test_no_file_has_a_conflict_marker():
    ours = ("README.md", "CHANGELOG.md", "qa", "training", "benchmarks", "tests", "seeds", "index")
    texts = [
        path
        for name in ours
        for path in ((ROOT / name).rglob("*") if (ROOT / name).is_dir() else [ROOT / name])
        if path.suffix in {".md", ".py", ".toml", ".txt", ".js", ".css", ".html", ".jsonl"}
    ]
    marker = re.compile(r"^(<{7}|>{7}) ", re.MULTILINE)
    assert len(texts) > 300
    assert not [path for path in texts if marker.search(path.read_text("utf-8", "replace"))]

"""Which corpora benchmarks.natural asks, and where their results are saved."""

from pathlib import Path

import pytest

from benchmarks import natural


@pytest.fixture
def everyday(tmp_path):
    for name in ("lake", "farm"):
        (tmp_path / "everyday" / name).mkdir(parents=True)
        (tmp_path / "everyday" / name / "questions.jsonl").touch()
    (tmp_path / "everyday" / "README.md").touch()
    return tmp_path / "everyday"


def test_without_corpora_those_of_the_repository_are_asked(everyday):
    kind, corpora = natural.chosen([], everyday)
    assert kind == "everyday"
    assert [corpus.name for corpus in corpora] == ["farm", "lake"]


def test_one_of_the_repository_does_not_replace_the_results_of_others(everyday, monkeypatch):
    monkeypatch.chdir(everyday.parent)
    assert natural.chosen([Path("everyday/lake")], everyday) == ("everyday", [everyday / "lake"])
    kind, corpora = natural.chosen([Path("everyday/lake"), Path("town")], everyday)
    assert kind == "natural"
    assert [corpus.name for corpus in corpora] == ["lake", "town"]


def test_the_results_are_saved_as_their_kind(everyday, monkeypatch):
    saved = []
    monkeypatch.setattr(natural, "save", lambda kind, results: saved.append((kind, results)))
    monkeypatch.setattr(
        natural, "measure", lambda corpora: {"corpora": [each.name for each in corpora]}
    )
    monkeypatch.setattr("sys.argv", ["natural", str(everyday.parent / "town")])
    natural.main()
    ((kind, results),) = saved
    assert kind == "natural"
    assert results["corpora"] == ["town"]

"""Golden questions in pytest, as a project of somebody else's runs them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from qa.pipeline import QA

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
# Named as its entry point is, so that it loads once whether Verbatim is installed or not.
PLUGIN = ("-p", "verbatim_pytest", "-p", "no:cacheprovider")
TEXT = "The clock was carved by Ichiro Tanaka in 1894. It stands in the town hall of Hamburg.\n"
UNSEEN = "import os, sys; print('qa' in sys.modules, 'numpy' in sys.modules, *os.environ)"


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    paths = [str(ROOT), str(ROOT / "qa" / "plugin"), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")


@pytest.fixture(scope="module")
def answer(tmp_path_factory):
    """What this reader answers, or None; asked before pytester begins to watch the imports."""
    folder = tmp_path_factory.mktemp("articles")
    (folder / "clock.txt").write_text(TEXT)
    prediction = QA.build(folder, tmp_path_factory.mktemp("asked")).ask("Who carved the clock?")
    return prediction.answers[0].text if prediction.found else None


@pytest.fixture
def project(answer, pytester):
    """The README's project: one question that goes right whatever the reader, one that cannot."""
    (example,) = re.findall(r"```ini\n(.*?)```", README, flags=re.DOTALL)
    pytester.path.joinpath("pytest.ini").write_text(example)
    folder = pytester.mkdir("articles")
    (folder / "clock.txt").write_text(TEXT)
    wrong = "Hamburg" if answer != "Hamburg" else "1894"
    write_golden(
        pytester,
        {"id": "right", "answers": [answer] if answer else []},
        {"id": "wrong", "answers": [wrong], "document": "clock.txt"},
        # The same question: a false answer wherever the first gets one.
        {"id": "absent", "answers": []},
    )
    return bool(answer)


def write_golden(pytester, *rows):
    folder = pytester.path / "golden"
    folder.mkdir(exist_ok=True)
    lines = [json.dumps({"question": "Who carved the clock?", **row}) + "\n" for row in rows]
    (folder / "questions.jsonl").write_text("".join(lines))


def test_each_question_is_a_test_and_a_miss_says_what_was_missed(pytester, project):
    path = pytester.path / "golden" / "questions.jsonl"
    bad = {"id": "bad", "question": "Who?", "answers": ["Rosa Thal"]}
    path.write_text(path.read_text() + json.dumps(bad) + "\n")
    result = pytester.runpytest_subprocess(*PLUGIN, "-v", "-rA")
    shown = str(result.stdout)
    assert re.search("questions.jsonl::right PASSED", shown)
    assert re.search("questions.jsonl::wrong FAILED", shown)
    assert re.search("expected  “(Hamburg|1894)”", shown)
    assert "passage   The clock was carved" in shown
    assert "line 4 (bad): the answer 'Rosa Thal' does not occur in any document" in shown
    assert "Traceback" not in shown
    assert result.ret == 1


def test_with_budgets_they_decide(pytester, project):
    result = pytester.runpytest_subprocess(
        *PLUGIN, "--qa-min-f1", "99.9", "--qa-max-false-answers", "0", "-rx"
    )
    shown = str(result.stdout)
    assert result.ret == 1
    outcomes = result.parseoutcomes()
    # Of the three questions "absent" goes wrong where "right" has an answer.
    assert outcomes["xfailed"] == (2 if project else 1)
    assert outcomes["failed"] == (2 if project else 1)
    assert re.search(r"F1 is [\d.]+, and should be 99.9; missed: \['wrong'", shown)
    assert ("were answered, and 0 % may be: ['absent']" in shown) == project


def test_a_budget_counts_the_questions_that_another_worker_of_xdist_asked(pytester, project):
    result = pytester.runpytest_subprocess(*PLUGIN, "-n", "2", "--qa-min-f1", "99.9")
    shown = str(result.stdout)
    assert "2 workers" in shown
    # Three questions and the budget, handed out in turn: no worker asks them all for itself.
    assert result.parseoutcomes()["xfailed"] == (2 if project else 1)
    told = re.search(r"F1 is ([\d.]+), and should be 99.9; missed: (.*)", shown)
    assert told[1] == ("33.33" if project else "66.67")
    assert "'wrong'" in told[2] and ("'absent'" in told[2]) == project


def test_what_goes_wrong_is_told_without_a_traceback(pytester, project):
    write_golden(pytester, {"id": "1", "answers": []}, {"id": "1", "answers": []})
    result = pytester.runpytest_subprocess(*PLUGIN)
    assert "line 2: the id '1' occurs twice" in str(result.stdout)
    assert result.ret == 2
    assert "Traceback" not in str(result.stdout)
    for given in ("101", "95%"):
        result = pytester.runpytest_subprocess(*PLUGIN, "--qa-min-f1", given)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        assert f"{given} is no number from 0 to 100, such as 95" in str(result.stderr)


@pytest.mark.parametrize("workers", [(), ("-n", "1")])
def test_a_pattern_that_no_file_fits_is_told_before_anything_is_asked(pytester, workers):
    write_golden(pytester, {"id": "1", "answers": []})
    patterns = "golden/*.jsonl gold/*.jsonl other.jsonl"
    pytester.path.joinpath("pytest.ini").write_text(f"[pytest]\nqa_golden = {patterns}\n")
    one = pytester.makepyfile("def test_one(): pass")
    result = pytester.runpytest_subprocess(*PLUGIN, *workers, str(one))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    said = str(result.stderr)
    assert "qa_golden names gold/*.jsonl other.jsonl, which no file below" in said
    assert "correct it, or make the file" in said
    assert "Traceback" not in said
    # Below the paths that pytest is given will do too.
    elsewhere = pytester.path.with_name(f"{pytester.path.name} elsewhere")
    (elsewhere / "gold").mkdir(parents=True)
    for name in ("other.jsonl", "gold/none.jsonl"):
        (elsewhere / name).write_text("")
    arguments = ["--rootdir", str(pytester.path), "-c", "pytest.ini", "--collect-only"]
    result = pytester.runpytest_subprocess(*PLUGIN, *arguments, str(elsewhere))
    assert result.ret != pytest.ExitCode.USAGE_ERROR


@pytest.mark.parametrize("workers", [(), ("-n", "1")])
def test_a_budget_without_a_question_fails(pytester, project, workers):
    one = pytester.makepyfile("def test_one(): pass")
    assert pytester.runpytest_subprocess(*PLUGIN, *workers, str(one)).ret == 0
    result = pytester.runpytest_subprocess(*PLUGIN, *workers, str(one), "--qa-min-f1", "50")
    assert result.parseoutcomes() == {"passed": 1, "failed": 1}
    said = str(result.stdout)
    assert "no golden question was collected: qa_golden names golden/*.jsonl" in said
    assert "Traceback" not in said


def test_an_index_whose_documents_changed_is_not_asked(pytester, project):
    QA.build(pytester.path / "articles", pytester.path / "kept")
    ini = "[pytest]\nqa_golden = golden/*.jsonl\nqa_index = kept\n"
    pytester.path.joinpath("pytest.ini").write_text(ini)
    (pytester.path / "articles" / "clock.txt").write_text("Nothing.")
    result = pytester.runpytest_subprocess(*PLUGIN)
    assert result.parseoutcomes() == {"failed": 3}
    assert "changed or gone since the build, and so not asked: clock.txt" in str(result.stdout)


def test_it_costs_nothing_where_it_is_not_used(pytester, monkeypatch):
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)  # this very process has it from `qa`
    pytester.makepyfile(f"def test_one():\n    {UNSEEN}\n")
    (pytester.path / "rows.jsonl").write_text("{}\n")
    result = pytester.runpytest_subprocess(*PLUGIN, "-s")
    result.assert_outcomes(passed=1)
    (line,) = re.findall(r"^(?:.* )?(False False .*)$", str(result.stdout), flags=re.MULTILINE)
    assert "HF_HUB_OFFLINE" not in line.split()


def test_the_entry_point_names_what_is_there():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (module,) = project["project"]["entry-points"]["pytest11"].values()
    code = f"import {module}, sys; print({module}.pytest_addoption, 'qa' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("False\n")

"""Golden questions in pytest, as another project runs them."""

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
# Under the name of its entry point, so that it loads once, installed or not.
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
    """What this reader answers, or None; asked before pytester records the imports."""
    folder = tmp_path_factory.mktemp("articles")
    (folder / "clock.txt").write_text(TEXT)
    prediction = QA.build(folder, tmp_path_factory.mktemp("asked")).ask("Who carved the clock?")
    return prediction.answers[0].text if prediction.found else None


@pytest.fixture
def project(answer, pytester):
    """The README's project: a question that passes whatever the reader, and one that fails."""
    (example,) = re.findall(r"```ini\n(.*?)```", README, flags=re.DOTALL)
    pytester.path.joinpath("pytest.ini").write_text(example)
    folder = pytester.mkdir("articles")
    (folder / "clock.txt").write_text(TEXT)
    wrong = "Hamburg" if answer != "Hamburg" else "1894"
    write_golden(
        pytester,
        {"id": "right", "answers": [answer] if answer else []},
        {"id": "wrong", "answers": [wrong], "document": "clock.txt"},
        # The same question: a false answer if the first has an answer.
        {"id": "absent", "answers": []},
    )
    return bool(answer)


def write_golden(pytester, *rows):
    folder = pytester.path / "golden"
    folder.mkdir(exist_ok=True)
    lines = [json.dumps({"question": "Who carved the clock?", **row}) + "\n" for row in rows]
    (folder / "questions.jsonl").write_text("".join(lines))


def run(pytester, workers, *arguments):
    """Run pytest: here, where the networks are loaded already, or in processes of its own."""
    if workers:
        return pytester.runpytest_subprocess(*PLUGIN, *workers, *arguments)
    # The plugin is loaded already, by the run that this is a part of.
    quiet = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
    return pytester.runpytest_inprocess(*PLUGIN, *quiet, *arguments)


def test_each_question_is_a_test_and_a_miss_says_what_was_missed(pytester, project):
    path = pytester.path / "golden" / "questions.jsonl"
    bad = {"id": "bad", "question": "Who?", "answers": ["Rosa Thal"]}
    path.write_text(path.read_text() + json.dumps(bad) + "\n")
    result = run(pytester, (), "-v", "-rA")
    shown = str(result.stdout)
    assert re.search("questions.jsonl::right PASSED", shown)
    assert re.search("questions.jsonl::wrong FAILED", shown)
    assert re.search("expected  “(Hamburg|1894)”", shown)
    assert "passage   The clock was carved" in shown
    assert "line 4 (bad): the answer 'Rosa Thal' does not occur in any document" in shown
    assert "Traceback" not in shown
    assert result.ret == 1


def test_budgets_decide(pytester, project):
    result = run(pytester, (), "--qa-min-f1", "99.9", "--qa-max-false-answers", "0", "-rx")
    shown = str(result.stdout)
    assert result.ret == 1
    outcomes = result.parseoutcomes()
    # "absent" fails where "right" has an answer.
    assert outcomes["xfailed"] == (2 if project else 1)
    assert outcomes["failed"] == (2 if project else 1)
    assert re.search(r"F1 is [\d.]+, below 99.9; missed: \['wrong'", shown)
    assert ("were answered, over 0 %: ['absent']" in shown) == project


def test_a_budget_counts_the_questions_of_all_workers_of_xdist(pytester, project):
    result = pytester.runpytest_subprocess(*PLUGIN, "-n", "2", "--qa-min-f1", "99.9")
    shown = str(result.stdout)
    assert "2 workers" in shown
    # Three questions and the budget, distributed in turn: no worker is given them all.
    assert result.parseoutcomes()["xfailed"] == (2 if project else 1)
    failure = re.search(r"F1 is ([\d.]+), below 99.9; missed: (.*)", shown)
    assert failure[1] == ("33.33" if project else "66.67")
    assert "'wrong'" in failure[2] and ("'absent'" in failure[2]) == project


def test_errors_are_reported_without_a_traceback(pytester, project):
    write_golden(pytester, {"id": "1", "answers": []}, {"id": "1", "answers": []})
    result = run(pytester, ())
    assert "line 2: the id '1' occurs twice" in str(result.stdout)
    assert result.ret == 2
    assert "Traceback" not in str(result.stdout)
    for given in ("101", "95%"):
        result = run(pytester, (), "--qa-min-f1", given)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        assert f"{given} is not a number from 0 to 100, such as 95" in str(result.stderr)


@pytest.mark.parametrize("workers", [(), ("-n", "1")])
def test_a_pattern_without_a_matching_file_is_a_usage_error(pytester, workers):
    write_golden(pytester, {"id": "1", "answers": []})
    patterns = "golden/*.jsonl gold/*.jsonl other.jsonl"
    pytester.path.joinpath("pytest.ini").write_text(f"[pytest]\nqa_golden = {patterns}\n")
    one = pytester.makepyfile("def test_one(): pass")
    result = run(pytester, workers, str(one))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    output = str(result.stderr)
    assert "qa_golden names gold/*.jsonl other.jsonl, which matches no file below" in output
    assert "correct it, or create the file" in output
    assert "Traceback" not in output
    # A match below the given paths is enough.
    elsewhere = pytester.path.with_name(f"{pytester.path.name} elsewhere")
    (elsewhere / "gold").mkdir(parents=True)
    for name in ("other.jsonl", "gold/none.jsonl"):
        (elsewhere / name).write_text("")
    arguments = ["--rootdir", str(pytester.path), "-c", "pytest.ini", "--collect-only"]
    result = run(pytester, (), *arguments, str(elsewhere))
    assert result.ret != pytest.ExitCode.USAGE_ERROR


@pytest.mark.parametrize("workers", [(), ("-n", "1")])
def test_a_budget_without_a_question_fails(pytester, project, workers):
    one = pytester.makepyfile("def test_one(): pass")
    assert run(pytester, workers, str(one)).ret == 0
    result = run(pytester, workers, str(one), "--qa-min-f1", "50")
    assert result.parseoutcomes() == {"passed": 1, "failed": 1}
    output = str(result.stdout)
    assert "no golden question was collected: qa_golden names golden/*.jsonl" in output
    assert "Traceback" not in output


def test_an_index_whose_documents_changed_is_not_asked(pytester, project):
    QA.build(pytester.path / "articles", pytester.path / "kept")
    ini = "[pytest]\nqa_golden = golden/*.jsonl\nqa_index = kept\n"
    pytester.path.joinpath("pytest.ini").write_text(ini)
    (pytester.path / "articles" / "clock.txt").write_text("Nothing.")
    result = run(pytester, ())
    assert result.parseoutcomes() == {"failed": 3}
    assert "changed or missing since the build: clock.txt" in str(result.stdout)


def test_without_golden_files_qa_is_not_imported(pytester, monkeypatch):
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)  # set here by `qa`
    pytester.makepyfile(f"def test_one():\n    {UNSEEN}\n")
    (pytester.path / "rows.jsonl").write_text("{}\n")
    result = pytester.runpytest_subprocess(*PLUGIN, "-s")
    result.assert_outcomes(passed=1)
    (line,) = re.findall(r"^(?:.* )?(False False .*)$", str(result.stdout), flags=re.MULTILINE)
    assert "HF_HUB_OFFLINE" not in line.split()


def test_the_entry_point_can_be_imported():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (module,) = project["project"]["entry-points"]["pytest11"].values()
    code = f"import {module}, sys; print({module}.pytest_addoption, 'qa' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("False\n")

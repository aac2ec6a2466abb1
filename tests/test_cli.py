import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import pytest

from qa.builder import build
from qa.cli import main, terminal
from qa.cli.ask import print_prediction
from qa.networks.encoder import SentenceEncoder
from qa.networks.weights import encoder_folder
from qa.types import Answer, Passage, Place, Prediction

TEXT = """A clock for Hamburg

On Tuesday the governor of Osaka gave the mayor of Hamburg a wooden clock.
It was carved by Ichiro Tanaka in 1894.
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    made = tmp_path_factory.mktemp("cli")
    (made / "documents").mkdir()
    (made / "documents" / "clock.txt").write_text(TEXT, encoding="utf-8")
    (made / "documents" / "picture.txt").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    assert main(["build", str(made / "documents"), "--index", str(made / "index")]) == 0
    return made


@pytest.fixture
def run(place, capsys):
    def call(*arguments):
        code = main([*arguments, "--index", str(place / "index")])
        return (code, *capsys.readouterr())

    return call


def problem_and_remedy(error):
    """Return the two lines of an error, without their marks."""
    problem, remedy = error.splitlines()
    assert problem.startswith("qa: ") and problem[4].strip()
    assert remedy.startswith("    ") and remedy[4].strip()
    return problem[4:], remedy[4:]


def test_build_reports_every_file(run, place):
    code, out, _ = run("build", str(place / "documents"))
    assert code == 0
    assert "clock.txt" in out
    assert "picture.txt" in out
    assert "skipped" in out


def test_the_rate_is_told_from_the_first_step_on(monkeypatch, capsys):
    times = iter([100.0, 104.0])
    monkeypatch.setattr(terminal, "time", SimpleNamespace(monotonic=lambda: next(times)))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    show = terminal.counter()
    for done in (0, 4):
        show("reading log.txt, MB", done, 200)
    assert "MB 4 of 200 (1.0/s, 196 s left)" in capsys.readouterr().err


def test_a_terminal_is_told_the_rate_and_the_time_left(monkeypatch, capsys):
    times = iter([100.0, 104.0, 110.0, 111.0])
    monkeypatch.setattr(terminal, "time", SimpleNamespace(monotonic=lambda: next(times)))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    show = terminal.counter()
    # What an interrupted build encoded is no part of the rate.
    for done in (50, 70, 100):
        show("encoding passages", done, 100)
    first, second, last = (part for part in capsys.readouterr().err.split("encoding passages ")[1:])
    assert first.startswith("50 of 100 ")
    assert "left" not in first
    assert second.startswith("70 of 100 (5.0/s, 6 s left)")
    assert last.startswith("100 of 100 (5.0/s, 0 s left)")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False)
    show("encoding passages", 1, 2)
    assert capsys.readouterr().err == ""


def test_ask_prints_the_quotation_and_its_place(run):
    code, out, _ = run("ask", "Who carved the clock?", "--threshold", "0")
    assert code == 0
    assert "“Ichiro Tanaka”" in out
    assert "clock.txt:" in out


def test_ask_json_has_the_documented_shape(run, place):
    code, out, _ = run("ask", "--json", "Who carved the clock?", "--threshold", "0")
    assert code == 0
    shown = json.loads(out)
    assert {
        "version",
        "question",
        "resolved_question",
        "verdict",
        "found",
        "answers",
        "candidates",
        "passages",
        "passages_read",
        "timings_ms",
    } <= set(shown)
    answer = shown["answers"][0]
    assert {
        "text",
        "probability",
        "document",
        "start",
        "end",
        "page",
        "passage",
        "also_at",
    } <= set(answer)
    text = (place / "documents" / answer["document"]).read_text(encoding="utf-8")
    assert text[answer["start"] : answer["end"]] == answer["text"] == "Ichiro Tanaka"
    passage = answer["passage"]
    assert text[passage["start"] : passage["end"]] == passage["text"]


@pytest.mark.parametrize("verb", ["ask", "search"])
def test_documents_are_chosen_by_path_date_and_language(run, verb):
    for fitting in (["--only", "clock.*"], ["--language", "en"], ["--only", "x", "--only", "*"]):
        assert "clock.txt:" in run(verb, "Who carved the clock?", *fitting)[1]
    for other in (["--only", "x"], ["--language", "de"], ["--since", "2024"], ["--until", "2024"]):
        code, out, error = run(verb, "Who carved the clock?", *other)
        assert (code, out) == (2, "")
        assert f"{other[0][2:]} {other[1]}" in problem_and_remedy(error)[0]


def test_ask_reports_that_nothing_was_found(run):
    code, out, _ = run("ask", "How many moons does Jupiter have?")
    assert code == 4
    assert "Not found in these documents." in out
    assert "clock.txt:" in out  # the nearest passage


def test_ask_shows_what_is_possible_with_a_reservation(run):
    code, out, _ = run("ask", "Who carved the clock?", "--threshold", "1")
    assert code == 3
    assert out.startswith("No answer is certain enough. Possibly here:\n")
    assert "clock.txt:" in out
    assert "    “Ichiro Tanaka”  " in out
    assert "Not found" not in out


@pytest.mark.parametrize(
    ("question", "threshold", "code", "verdict"),
    [
        ("Who carved the clock?", "0", 0, "answer"),
        ("Who carved the clock?", "1", 3, "possible"),
        ("How many moons does Jupiter have?", "1", 4, "not found"),
    ],
)
def test_each_verdict_has_its_exit_code_and_its_lists(run, question, threshold, code, verdict):
    found, out, _ = run("ask", "--json", question, "--threshold", threshold)
    shown = json.loads(out)
    assert (found, shown["verdict"]) == (code, verdict)
    assert shown["found"] == bool(shown["answers"]) == (verdict == "answer")
    assert bool(shown["candidates"]) == (verdict == "possible")


def test_search_and_info_and_verify(run):
    code, out, _ = run("search", "wooden clock")
    assert code == 0
    assert "clock.txt:" in out
    shown = json.loads(run("search", "wooden clock", "--json")[1])
    assert shown["version"] == version("verbatim-qa")
    assert shown["passages"][0]["document"] == "clock.txt"
    code, out, _ = run("info")
    assert code == 0
    assert "documents   1\n" in out
    assert "picture.txt" in out  # what was skipped stays known
    assert json.loads(run("info", "--json")[1])["version"] == version("verbatim-qa")
    assert ", 1 document, 1 passage\n" in run("verify")[1]


@pytest.fixture(scope="module")
def outdated(tmp_path_factory):
    """An index and its documents, of which one is unchanged, one removed and six changed."""
    made = tmp_path_factory.mktemp("outdated")
    (made / "documents").mkdir()
    for number in range(8):
        text = f"Clock {number} was carved by hand.\n"
        (made / "documents" / f"{number}.txt").write_text(text)
    assert main(["build", str(made / "documents"), "--index", str(made / "index")]) == 0
    (made / "documents" / "0.txt").unlink()
    for number in range(1, 7):
        (made / "documents" / f"{number}.txt").write_text("Another.\n")
    return made


@pytest.mark.parametrize("verb", ["ask", "search"])
def test_documents_left_out_are_listed_in_one_line(outdated, capsys, verb):
    arguments = [verb, "Who carved the clock?", "--index", str(outdated / "index")]
    build = shlex.join(["qa", "build", str(outdated / "documents"), *arguments[-2:]])
    assert main(arguments) in ((0, 3, 4) if verb == "ask" else (0,))
    out = capsys.readouterr().out
    expected = "(left out, changed or missing since the build: {}; run `{}`)\n\n"
    assert out.startswith(expected.format("0.txt, 1.txt, 2.txt, 3.txt, 4.txt and 2 more", build))
    assert out.count("qa build") == 1
    assert main([*arguments, "--only", "[67].txt"]) in (0, 3, 4)
    assert capsys.readouterr().out.startswith(expected.format("6.txt", build))
    assert main([*arguments, "--only", "7.txt"]) in (0, 3, 4)
    assert "left out" not in capsys.readouterr().out


def test_a_search_without_passages_says_so(outdated, capsys):
    arguments = ["search", "Who carved the clock?", "--index", str(outdated / "index")]
    assert main([*arguments, "--only", "6.txt"]) == 0
    assert capsys.readouterr().out.endswith("\n\nNo passage is left to show.\n")
    assert main([*arguments, "--only", "6.txt", "--json"]) == 0
    out, error = capsys.readouterr()
    assert json.loads(out)["passages"] == []
    assert json.loads(out)["outdated"] == ["6.txt"]
    assert "changed or missing since the build: 6.txt" in error


@pytest.mark.parametrize("verb", ["ask", "search"])
def test_a_missing_folder_is_reported_as_missing(outdated, tmp_path, capsys, verb):
    away = (outdated / "documents").rename(tmp_path / "away")
    try:
        code = main([verb, "Who carved the clock?", "--index", str(outdated / "index")])
        assert code == 2  # not "not found": the documents were not looked at
    finally:
        away.rename(outdated / "documents")
    out, error = capsys.readouterr()
    folder = outdated / "documents"
    assert out == ""
    assert f"the folder of the documents, {folder}, is not there" in error
    assert f"`qa build FOLDER --index {outdated / 'index'}`" in error


def test_eval_corpus_and_reader(run, place, tmp_path, capsys):
    golden = tmp_path / "golden.jsonl"
    rows = [
        {"id": "1", "question": "Who carved the clock?", "answers": ["Ichiro Tanaka"]},
        {"id": "2", "question": "How tall is the mayor?", "answers": []},
    ]
    golden.write_text("".join(json.dumps(row) + "\n" for row in rows))
    code, out, _ = run("eval", "corpus", "--questions", str(golden), "--json")
    assert code == 0
    scores = json.loads(out)
    assert scores["questions"] == 2
    assert scores["best_em"] == 100
    assert scores["recall_at"]["1"] == 100
    assert [row["id"] for row in scores["rows"]] == ["1", "2"]
    before = tmp_path / "before.json"
    before.write_text(out)
    report = tmp_path / "report.html"
    code, out, _ = run(
        *("eval", "corpus", "--questions", str(golden), "--top-k", "5"),
        *("--against", str(before), "--html", str(report)),
    )
    assert code == 0
    assert "0 gained, 0 lost; may be chance" in out
    assert "How tall is the mayor?" in report.read_text() or "None." in report.read_text()
    # The files of the report and of the earlier run are checked before anything is asked.
    for extra in (["--html", str(tmp_path / "no" / "r.html")], ["--against", str(report)]):
        code, out, error = run("eval", "corpus", "--questions", str(golden), *extra)
        assert (code, out) == (2, "")
        assert problem_and_remedy(error)[1]
    code, out, _ = run(
        *("eval", "retrieval", "--questions", str(golden), "--json", "--html", str(report))
    )
    assert code == 0
    assert "recall@50" in report.read_text()
    scores = json.loads(out)
    assert (scores["questions"], scores["mrr"], scores["ndcg_at_10"]) == (1, 100, 100)
    # An answer that only the file contains counts as a miss, and is reported.
    page = place / "documents" / "page.html"
    page.write_text("<p>A page with some text in it.</p><nav>Hokusai of Edo</nav>")
    assert run("build", str(place / "documents"))[0] == 0
    lost = {"id": "3", "question": "Who?", "answers": ["Hokusai"], "document": "page.html"}
    golden.write_text(json.dumps({**lost, "also": [], "why": "in the menu", "tags": ["person"]}))
    code, out, error = run("eval", "corpus", "--questions", str(golden), "--json")
    assert code == 0
    assert error == "not extracted from its file: the answer of 1 question, 3\n"
    scores = json.loads(out)
    assert (scores["stages"]["not retrieved"], scores["best_right"]) == (1, 0)
    assert scores["recall_at"]["20"] == scores["by_tag"]["person"]["recall_at_20"] == 0
    page.unlink()
    assert run("build", str(place / "documents"))[0] == 0
    rows[0]["answers"] = ["Hokusai"]
    golden.write_text("".join(json.dumps(row) + "\n" for row in rows))
    code, out, error = run("eval", "corpus", "--questions", str(golden))
    assert (code, out) == (2, "")
    problem, remedy = problem_and_remedy(error)
    assert problem.endswith("line 1 (1): the answer 'Hokusai' does not occur in any document")
    assert remedy.startswith("write it as the document does")
    paragraphs = tmp_path / "paragraphs.jsonl"
    answers = [{"text": "Ichiro Tanaka", "answer_start": TEXT.index("Ichiro")}]
    qas = [{"id": "1", "question": "Who carved the clock?", "answers": answers}]
    paragraphs.write_text(json.dumps({"title": "", "context": TEXT, "qas": qas}))
    assert main(["eval", "reader", str(paragraphs), "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert (scores["em"], scores["f1"], scores["questions"]) == (100, 100, 1)
    # The reader was trained on these rewordings: both outputs say so.
    assert main(["eval", "robustness", str(paragraphs), "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert "trained on questions reworded by these rules" in scores["note"]
    assert scores["as written"]["questions"] == 1
    assert main(["eval", "robustness", str(paragraphs)]) == 0
    assert scores["note"] in capsys.readouterr().out


def test_an_error_has_a_problem_and_a_remedy(run, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.jsonl").write_text("{}\n")
    absent = str(tmp_path / "absent")
    for arguments, remedy in [
        (["ask", "Who?", "--index", absent], "qa build"),
        (["info", "--index", absent], "qa build"),
        (["search", "Who?", "--index", absent], "qa build"),
        (["verify", "--index", absent], "qa build"),
        (["build", str(tmp_path / "empty"), "--index", absent], "empty"),
        (["build", str(tmp_path / "nowhere"), "--index", absent], "nowhere"),
        (["eval", "reader", str(tmp_path / "bad.jsonl")], "line 1"),
    ]:
        assert main(arguments) == 2, arguments
        out, err = capsys.readouterr()
        assert out == ""
        assert remedy in " ".join(problem_and_remedy(err))
    # No command: the page shows the same to visitors who cannot run any.
    empty = ("the question is empty", "write it in words")
    long = ("the question has 10,000 words", "ask one of at most 5,000")
    for question, expected in [("", empty), ("   ", empty), ("word " * 10_000, long)]:
        code, out, err = run("ask", question)
        assert (code, out) == (2, "")
        assert problem_and_remedy(err) == expected


def test_an_index_that_cannot_be_used_is_built_anew_and_that_is_said_first(
    place, tmp_path, capsys, monkeypatch
):
    index = tmp_path / "index"
    shutil.copytree(place / "index", index)
    with monkeypatch.context() as patch:
        patch.setattr("qa.index.manifest.FORMAT_VERSION", 99)
        assert main(["build", str(place / "documents"), "--index", str(index)]) == 0
    out, error = capsys.readouterr()
    assert re.fullmatch(r".*index has format \d+, not 99: it is built anew\n", error)
    assert "1 document, " in out
    assert main(["build", str(place / "documents"), "--index", str(tmp_path / "new")]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("command", ["ask", "search", "chat", "serve", "info", "verify", "mcp"])
def test_an_index_of_another_format_is_one_line(command, place, capsys, monkeypatch):
    monkeypatch.setattr("qa.index.manifest.FORMAT_VERSION", 99)
    more = {"ask": ["Who?"], "search": ["Who?"], "serve": ["--port", "0"]}
    index = place / "index"
    assert main([command, *more.get(command, []), "--index", str(index)]) == 2
    out, error = capsys.readouterr()
    assert out == ""
    problem, remedy = problem_and_remedy(error)
    assert re.fullmatch(rf"{re.escape(str(index))} has format \d+, not 99", problem)
    assert remedy == f"run `qa build {place / 'documents'} --index {index}`"


def test_an_index_of_another_encoder_is_refused(place, tmp_path, capsys):
    other = tmp_path / "other-model"
    shutil.copytree(encoder_folder(), other)
    settings = json.loads((other / "sentence_bert_config.json").read_text())
    settings["max_seq_length"] = 128
    (other / "sentence_bert_config.json").write_text(json.dumps(settings))
    build(place / "documents", tmp_path / "index", encoder=SentenceEncoder(other))
    assert main(["ask", "Who carved the clock?", "--index", str(tmp_path / "index")]) == 2
    error = capsys.readouterr().err
    assert "another encoder" in error
    command = f"qa build {place / 'documents'} --index {tmp_path / 'index'}"
    assert f"run `{command}`" in error
    assert main(command.split()[1:]) == 0
    asked = ["ask", "Who carved the clock?", "--threshold", "0"]
    assert main([*asked, "--index", str(tmp_path / "index")]) == 0


@pytest.mark.parametrize("file", ["CURRENT", "manifest.json", "*.faiss"])
def test_the_command_that_an_error_names_repairs_the_index(tmp_path, capsys, file):
    documents, index = tmp_path / "Anna's papers", tmp_path / "my index"
    documents.mkdir()
    (documents / "clock.txt").write_text(TEXT, encoding="utf-8")
    for kept in (0, -1):
        assert main(["build", str(documents), "--index", str(index)]) == 0
        (damaged,) = index.rglob(file)
        damaged.write_bytes(damaged.read_bytes()[:kept])
        capsys.readouterr()
        assert main(["ask", "Who carved the clock?", "--index", str(index)]) == 2
        (command,) = re.findall("`qa (.+)`", capsys.readouterr().err)
        words = [str(documents) if word == "FOLDER" else word for word in shlex.split(command)]
        assert main(words) == 0
        asked = ["ask", "Who carved the clock?", "--threshold", "0"]
        assert main([*asked, "--index", str(index)]) == 0


def test_without_a_folder_the_documents_of_the_index_are_built(
    place, tmp_path, capsys, monkeypatch
):
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "other.txt").write_text("Ada Blum bought the tower.\n")
    shutil.copytree(place / "documents", tmp_path / "a" / "documents")
    monkeypatch.chdir(tmp_path / "a")
    index = ["--index", str(tmp_path / "mine")]
    for folder in ("../a/documents", str(tmp_path / "a" / "documents")):
        assert main(["build", folder, *index]) == 0
        assert main(["build", *index]) == 0
        assert "nothing changed" in capsys.readouterr().out
    monkeypatch.chdir(tmp_path)
    served = []
    monkeypatch.setattr("qa.web.serve", lambda folder, *_, **__: served.append(str(folder)))
    assert main(["serve", *index]) == 0
    assert served == [str(tmp_path / "a" / "documents")]
    (tmp_path / "a").rename(tmp_path / "away")
    assert main(["build", *index]) == 2
    assert f"there is no folder {served[0]}" in capsys.readouterr().err
    # Without an index, the seeds are built.
    assert main(["build"]) == 0
    assert "other.txt" in capsys.readouterr().out


@pytest.mark.parametrize("verb", ["build", "serve"])
@pytest.mark.parametrize("damage", ["emptied", "closed", "removed"])
def test_where_the_folder_of_an_index_is_unknown_the_remedy_asks_for_it(
    place, tmp_path, capsys, monkeypatch, verb, damage
):
    shutil.copytree(place / "index", tmp_path / "index")
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "other.txt").write_text("Ada Blum bought the tower.\n")
    monkeypatch.chdir(tmp_path)
    current = tmp_path / "index" / "CURRENT"
    if damage == "emptied":
        current.write_bytes(b"")
    elif damage == "removed":
        current.unlink()
    else:  # root may read everything
        read = Path.read_bytes

        def refused(path):
            if path.name == "CURRENT":
                raise PermissionError(13, "Permission denied")
            return read(path)

        monkeypatch.setattr(Path, "read_bytes", refused)
    before = sorted(tmp_path.rglob("*"))
    assert main([verb]) == 2
    error = " ".join(problem_and_remedy(capsys.readouterr().err))
    assert "run `qa build FOLDER --index index`" in error
    assert ("change its permissions" in error) == (damage == "closed")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_failed_build_leaves_the_index_as_it_was(run, place, tmp_path):
    (tmp_path / "empty").mkdir()
    assert run("build", str(tmp_path / "empty"))[0] == 2
    assert "Ichiro Tanaka" in run("ask", "Who carved the clock?", "--threshold", "0")[1]


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["ask", "Who?", "--strict", "95%"], "95% is not a number from 0 to 1, such as 0.95"),
        (["ask", "Who?", "--threshold", "nan"], "nan is not a number from 0 to 1, such as 0.95"),
        (["ask", "Who?", "--threshold", "0", "--strict", "0"], "exclude each other"),
        (["ask", "Who?", "--top-k", "x"], "'x' is not a valid integer"),
        (["ask", "Who?", "--top-k", "0"], "0 is not in the range x>=1"),
        (["ask"], "Missing argument 'QUESTION'"),
        (["asks"], "No such command 'asks'"),
        (["eval", "corpus"], "Missing option '--questions'"),
    ],
)
def test_a_wrong_call_names_what_is_wrong_and_the_help(capsys, monkeypatch, arguments, wanted):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert main(arguments) == 2
    out, error = capsys.readouterr()
    problem, remedy = problem_and_remedy(error)
    assert out == ""
    assert wanted in problem
    assert not problem.endswith(".")
    words = remedy.removeprefix("run `qa ").removesuffix("`").split()
    assert main(words) == 0
    assert capsys.readouterr().out.startswith("Usage: qa")


@pytest.mark.parametrize(
    "command",
    "build ask search info verify serve eval feedback eval-reader eval-corpus eval-retrieval "
    "eval-robustness feedback-list feedback-review feedback-export".split(),
)
def test_help_of_every_command(capsys, command):
    words = command.split("-")
    assert main([*words, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: qa {' '.join(words)} ")


def test_help_lists_the_commands_by_section_and_the_exit_codes(capsys):
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    sections = {
        title: re.findall(r"^  (\w+) ", body, flags=re.MULTILINE)
        for title, body in re.findall(r"^(\w+):\n((?:  .*\n)+)", shown, flags=re.MULTILINE)
    }
    assert sections["Index"] == ["build", "info", "verify"]
    assert sections["Ask"] == ["ask", "chat", "search", "open"]
    assert sections["Serve"] == ["serve", "user", "mcp"]
    assert sections["Measure"] == ["eval", "feedback"]
    codes = shown.split("Exit codes:\n")[1].split("\n\n")[0]
    assert re.findall(r"^ +(\d+) ", codes, flags=re.MULTILINE) == [
        "0",
        "1",
        "2",
        "3",
        "4",
        "70",
        "130",
    ]
    # Without a command, the help is the answer to a mistake.
    assert main([]) == 2
    assert capsys.readouterr().err == shown


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"qa {version('verbatim-qa')}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_of_shells(capsys, monkeypatch, shell):
    monkeypatch.setenv("_QA_COMPLETE", f"{shell}_source")
    assert main([]) == 0
    assert f"_QA_COMPLETE={shell}_complete" in capsys.readouterr().out
    monkeypatch.setenv("_QA_COMPLETE", f"{shell}_complete")
    monkeypatch.setenv("COMP_WORDS", "qa ev" if shell != "fish" else "qa")
    monkeypatch.setenv("COMP_CWORD", "1" if shell != "fish" else "ev")
    assert main([]) == 0
    assert "eval" in capsys.readouterr().out


def test_completion_is_named_in_the_help(capsys):
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    for shell in ("bash", "zsh", "fish"):
        assert f"_QA_COMPLETE={shell}_source qa" in shown


def test_markup_and_wide_characters_are_printed_literally(tmp_path, capsys):
    folder, index = tmp_path / "[red]名前", str(tmp_path / "[bold]index")
    folder.mkdir()
    text = "The [bold]clock[/bold] 時計 was carved by [link=x]Ichiro Tanaka[/link] :smile:.\n"
    (folder / "[b]*x*`.txt").write_text(text, encoding="utf-8")
    assert main(["build", str(folder), "--index", index]) == 0
    assert "[b]*x*`.txt" in capsys.readouterr().out
    question = "-- Who carved the [bold]clock[/bold] 時計?"
    assert main(["ask", "--threshold", "0", "--index", index, "--", question]) == 0
    out = capsys.readouterr().out
    assert text.strip() in " ".join(out.replace("│", "").split())
    assert f"{folder}/[b]*x*`.txt:" in out
    assert "\x1b" not in out
    assert main(["ask", "--index", f"{index} [red]", "Who?"]) == 2
    assert f"{index} [red]" in capsys.readouterr().err


@pytest.mark.posix
def test_a_closed_pipe_is_no_error(place):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "qa", "info", "--index", str(place / "index")],
        stdout=write,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        check=False,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


def test_an_interruption_says_how_to_resume(run, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("qa.builder.build", interrupted)
    code, _, error = run("build", "seeds")
    assert code == 130
    assert problem_and_remedy(error) == ("interrupted", "run the same command to resume")
    monkeypatch.setattr("qa.pipeline.QA.open", interrupted)
    code, _, error = run("ask", "Who received the car?")
    assert (code, error) == (130, "qa: interrupted\n")


def test_no_question_on_standard_input_is_said(run, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("\n \n"))
    code, _, error = run("ask", "-")
    assert code == 2
    assert problem_and_remedy(error) == ("standard input has no question", "write one a line")


def test_a_file_that_the_system_refuses_is_named(run, monkeypatch):
    def refused(*_, **__):
        raise PermissionError(13, "Permission denied", "index/CURRENT")

    monkeypatch.setattr("qa.pipeline.QA.open", refused)
    code, _, error = run("ask", "Who received the car?")
    assert code == 2
    assert error.startswith("qa: index/CURRENT cannot be used (Permission denied)\n")


def test_python_dash_m_and_exit_codes(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "qa", "ask", "Who?", "--index", "absent"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_help_loads_no_heavy_library():
    code = (
        "import sys; from qa.cli import main; main(['--help']); "
        "print(*sorted({'torch', 'faiss', 'tantivy', 'onnxruntime', 'gradio', 'rich', 'scipy', "
        "'jinja2'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.split() == []


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_character_that_the_terminal_lacks_is_escaped(place, encoding):
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    command = [sys.executable, "-m", "qa", "ask", "Who carved the clock?"]
    done = subprocess.run(
        [*command, "--threshold", "0", "--index", str(place / "index")],
        env=environment,
        capture_output=True,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"Ichiro Tanaka" in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_that_cannot_be_written_is_reported(place):
    command = [sys.executable, "-m", "qa", "info", "--index", str(place / "index")]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert done.stderr.startswith(b"qa: the output cannot be written")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_control_characters_of_a_name_are_escaped(tmp_path, capsys):
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "a\n\x1b[31m.txt").write_text(TEXT, encoding="utf-8")
    index = str(tmp_path / "index")
    assert main(["build", str(folder), "--index", index]) == 0
    for words in (["ask", "Who carved the clock?", "--threshold", "0"], ["search", "clock"]):
        capsys.readouterr()
        assert main([*words, "--index", index]) == 0
        out, _ = capsys.readouterr()
        assert "\x1b" not in out
        assert "a\\n\\x1b[31m.txt" in out


def test_a_file_is_explained_without_building(run, tmp_path):
    file = tmp_path / "boats.md"
    file.write_text(
        "# Boats\n\nAll berths are let.\n\n| Owner | Berth |\n|---|---|\n| Holm | 14 |\n"
    )
    code, out, _ = run("build", "--explain", str(file))
    assert code == 0
    assert "heading 1  Boats" in out
    assert "columns    Owner | Berth" in out
    assert "     Owner: Holm; Berth: 14." in out
    assert "1 passage;" in out
    code, out, _ = run("build", "--explain", str(file), "--json")
    explained = json.loads(out)
    assert [block["kind"] for block in explained["blocks"]] == ["heading", "body", "columns", "row"]
    assert explained["blocks"][3]["cells"] == ["Holm", "14"]
    assert explained["passages"][0]["read"].endswith("Owner: Holm; Berth: 14.")
    assert not list(tmp_path.glob("g-*"))


def test_what_is_left_out_of_a_page_is_explained(run, tmp_path):
    file = tmp_path / "mill.html"
    file.write_text(
        "<nav><a href='/'>Home</a></nav><p>The mill grinds oats.</p><footer>Follow us</footer>"
    )
    code, out, _ = run("build", "--explain", str(file))
    assert code == 0
    assert "note: left out: menu, 1 line; footer, 1 line" in out
    assert "Left out, line by line:\n  menu: Home\n  footer: Follow us\n" in out
    code, out, _ = run("build", "--explain", str(file), "--json")
    assert json.loads(out)["left_out"] == [
        {"what": "menu", "text": "Home"},
        {"what": "footer", "text": "Follow us"},
    ]


def test_a_file_in_an_archive_is_explained(run, tmp_path):
    path = tmp_path / "letters.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("2024/note.txt", TEXT)
    code, out, _ = run("build", "--explain", str(path))
    assert code == 0
    assert "  a document of its own: 2024/note.txt\n" in out
    code, out, _ = run("build", "--explain", f"{path}/2024/note.txt", "--json")
    assert code == 0
    assert json.loads(out)["document"] == "letters.zip/2024/note.txt"
    code, _, error = run("build", "--explain", f"{path}/2025.txt")
    assert code == 2
    assert f"qa: there is no such file in {path}\n" in error


def test_a_file_that_a_build_would_skip_is_explained_by_its_reason(run, place, tmp_path):
    code, _, error = run("build", "--explain", str(place / "documents" / "picture.txt"))
    assert code == 2
    assert "PNG" in problem_and_remedy(error)[0]
    code, _, error = run("build", "--explain", str(tmp_path / "missing.txt"))
    assert code == 2
    assert "missing" in error or "cannot be read" in error


def test_what_is_printed_is_what_the_page_shows(capsys):
    passage = Passage("a.txt", 0, 12, "Kim, Ada, It")

    def found(start, end, chance):
        place = Place("a.txt", start, end, "seeds/a.txt")
        return Answer(passage.text[start:end], place, chance, passage)

    answers = (found(0, 3, 0.9), found(5, 8, 0.1), found(10, 12, 0.02))
    for chosen in ({"answers": answers}, {"candidates": answers}):
        verdict = "answer" if "answers" in chosen else "possible"
        print_prediction(
            None,
            Prediction("Who?", "Who?", **{"answers": (), **chosen}, verdict=verdict, passages=()),
        )
        out = capsys.readouterr().out
        assert ("“Ada”" in out, "“It”" in out) == (True, False)

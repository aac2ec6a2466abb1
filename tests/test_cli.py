import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from qa.builder import build
from qa.cli import main
from qa.networks.encoder import SentenceEncoder
from qa.networks.weights import encoder_folder

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


def test_build_reports_every_file(run, place):
    code, out, _ = run("build", str(place / "documents"))
    assert code == 0
    assert "clock.txt" in out
    assert "picture.txt" in out
    assert "skipped" in out


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
        "question",
        "resolved_question",
        "found",
        "answers",
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


def test_ask_says_not_found(run):
    code, out, _ = run("ask", "Who carved the clock?", "--threshold", "1")
    assert code == 0
    assert "Not found in these documents." in out
    assert "clock.txt:" in out  # the nearest passage


def test_search_and_info_and_verify(run):
    code, out, _ = run("search", "wooden clock")
    assert code == 0
    assert "clock.txt:" in out
    assert json.loads(run("search", "wooden clock", "--json")[1])[0]["document"] == "clock.txt"
    code, out, _ = run("info")
    assert code == 0
    assert "documents   1\n" in out
    assert "picture.txt" in out  # what was skipped stays known
    assert json.loads(run("info", "--json")[1])
    assert ", 1 document, 1 passage\n" in run("verify")[1]


@pytest.fixture(scope="module")
def outdated(tmp_path_factory):
    """An index with its documents, all but one of which changed or went."""
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
def test_what_was_left_out_is_told_in_a_line(outdated, capsys, verb):
    arguments = [verb, "Who carved the clock?", "--index", str(outdated / "index")]
    build = shlex.join(["qa", "build", str(outdated / "documents"), *arguments[-2:]])
    assert main(arguments) == 0
    out = capsys.readouterr().out
    told = "(left out, changed or gone since the build: {}; run `{}`)\n\n"
    assert out.startswith(told.format("0.txt, 1.txt, 2.txt, 3.txt, 4.txt and 2 more", build))
    assert out.count("qa build") == 1
    assert main([*arguments, "--only", "[67].txt"]) == 0
    assert capsys.readouterr().out.startswith(told.format("6.txt", build))
    assert main([*arguments, "--only", "7.txt"]) == 0
    assert "left out" not in capsys.readouterr().out


def test_a_search_that_has_nothing_left_says_so(outdated, tmp_path, capsys):
    arguments = ["search", "Who carved the clock?", "--index", str(outdated / "index")]
    assert main([*arguments, "--only", "6.txt"]) == 0
    assert capsys.readouterr().out.endswith("\n\nNo passage is left to show.\n")
    assert main([*arguments, "--only", "6.txt", "--json"]) == 0
    out, error = capsys.readouterr()
    assert json.loads(out) == []
    assert "changed or gone since the build: 6.txt" in error


@pytest.mark.parametrize("verb", ["ask", "search"])
def test_a_folder_that_is_gone_is_told_as_that(outdated, tmp_path, capsys, verb):
    away = (outdated / "documents").rename(tmp_path / "away")
    try:
        assert main([verb, "Who carved the clock?", "--index", str(outdated / "index")]) == 0
    finally:
        away.rename(outdated / "documents")
    line, *_ = capsys.readouterr().out.splitlines()
    assert f"{outdated / 'documents'}, the documents' folder, is gone; put it back, or run" in line
    assert f"`qa build FOLDER --index {outdated / 'index'}`" in line


def test_eval_corpus_and_reader(run, tmp_path, capsys):
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
    # What the report and the comparison want is looked at before anything is asked.
    for extra in (["--html", str(tmp_path / "no" / "r.html")], ["--against", str(report)]):
        code, out, error = run("eval", "corpus", "--questions", str(golden), *extra)
        assert (code, out, error.count("\n")) == (2, "", 1)
    code, out, _ = run(
        *("eval", "retrieval", "--questions", str(golden), "--json", "--html", str(report))
    )
    assert code == 0
    assert "recall@50" in report.read_text()
    scores = json.loads(out)
    assert (scores["questions"], scores["mrr"], scores["ndcg_at_10"]) == (1, 100, 100)
    rows[0]["answers"] = ["Hokusai"]
    golden.write_text("".join(json.dumps(row) + "\n" for row in rows))
    code, out, error = run("eval", "corpus", "--questions", str(golden))
    assert (code, out, error.count("\n")) == (2, "", 1)
    assert "line 1 (1): the answer 'Hokusai' does not occur in any document" in error
    paragraphs = tmp_path / "paragraphs.jsonl"
    answers = [{"text": "Ichiro Tanaka", "answer_start": TEXT.index("Ichiro")}]
    qas = [{"id": "1", "question": "Who carved the clock?", "answers": answers}]
    paragraphs.write_text(json.dumps({"title": "", "context": TEXT, "qas": qas}))
    assert main(["eval", "reader", str(paragraphs), "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert (scores["em"], scores["f1"], scores["questions"]) == (100, 100, 1)


def test_what_goes_wrong_is_one_line_with_the_remedy(run, tmp_path, capsys):
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
        assert err.startswith("qa: ")
        assert err.count("\n") == 1
        assert remedy in err
    for question in ("", "   ", "word " * 10_000):
        code, out, err = run("ask", question)
        assert (code, out) == (2, "")
        assert err.count("\n") == 1
        assert "qa ask" in err


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
    mend = f"qa build {place / 'documents'} --index {tmp_path / 'index'}"
    assert f"run `{mend}`" in error
    # What it says is what mends it.
    assert main(mend.split()[1:]) == 0
    assert main(["ask", "Who carved the clock?", "--index", str(tmp_path / "index")]) == 0


@pytest.mark.parametrize("file", ["CURRENT", "manifest.json", "*.faiss"])
def test_the_command_that_an_error_names_mends_the_index(tmp_path, capsys, file):
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
        assert main(["ask", "Who carved the clock?", "--index", str(index)]) == 0


def test_without_a_folder_the_documents_of_the_index_are_taken(
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
    # Only where there is no index are they the seeds.
    assert main(["build"]) == 0
    assert "other.txt" in capsys.readouterr().out


@pytest.mark.parametrize("verb", ["build", "serve"])
@pytest.mark.parametrize("damage", ["emptied", "closed", "removed"])
def test_an_index_that_does_not_say_of_which_folder_it_is_asks_for_it(
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
    error = capsys.readouterr().err
    assert error.count("\n") == 1
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
        (["--strict", "95%"], "95% is no number from 0 to 1, such as 0.95"),
        (["--threshold", "nan"], "nan is no number from 0 to 1, such as 0.95"),
        (["--top-k", "x"], "x is no whole number of 1 or more"),
        (["--top-k", "0"], "0 is no whole number of 1 or more"),
    ],
)
def test_a_number_that_does_not_fit_says_which_would(capsys, arguments, wanted):
    with pytest.raises(SystemExit) as left:
        main(["ask", "Who?", *arguments])
    assert left.value.code == 2
    assert wanted in capsys.readouterr().err


def test_help_of_every_verb(capsys):
    for verb in ("build", "ask", "search", "info", "verify", "serve", "eval", "feedback"):
        with pytest.raises(SystemExit) as left:
            main([verb, "--help"])
        assert left.value.code == 0
        assert verb in capsys.readouterr().out


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

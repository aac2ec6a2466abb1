"""How the command line behaves: pipes, lines of JSON, the clipboard, colours, ``qa open``."""

import base64
import io
import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from qa.cli import last, main, opening
from qa.cli.batch import MAX_LINE, answered
from qa.cli.clipboard import copy
from qa.cli.opening import line_of
from qa.cli.programs import program_for
from qa.cli.screen import BOLD, PLAIN, Screen, emit, literal_json
from qa.errors import QAError

# Sequences that clear the screen, set the title and paste, in 7 and 8 bits; direction; tags.
HOSTILE = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202e\u2066\u2028\U000e0041\x08\r"
ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
CLOCK = "The clock of Hamburg was carved by Ichiro Tanaka in 1894.\n"
QUESTION = "Who carved the clock of Hamburg?"
ABSENT = "How many moons does Jupiter have?"
NAME = "evil\x1b[2J\nname\u202e.txt" if sys.platform != "win32" else "evil.txt"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    made = tmp_path_factory.mktemp("manners")
    (made / "documents").mkdir()
    (made / "documents" / "a clock.txt").write_text(f"A clock\n\nA line.\n\n{CLOCK}")
    keeper = f"The keeper {HOSTILE} of the tower is Ada {HOSTILE} Blum since 1902.\n\n"
    # With more of them in proportion, it would be no text.
    keeper += "".join(f"The tower has a door of the number {n}.\n\n" for n in range(1_000))
    (made / "documents" / NAME).write_bytes(keeper.encode())
    (made / "documents" / f"un{NAME}").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    assert main(["build", str(made / "documents"), "--index", str(made / "index")]) == 0
    return made


@pytest.fixture
def run(place, capsys, monkeypatch):
    def call(*arguments, given=""):
        monkeypatch.setattr("sys.stdin", io.StringIO(given))
        code = main([*arguments, "--index", str(place / "index")])
        return (code, *capsys.readouterr())

    return call


def test_questions_come_from_standard_input_a_line_each(run):
    lines = f"\ufeff{QUESTION}\r\n\n{ABSENT}\n"
    for arguments in (["ask", "-"], ["ask"]):
        code, out, _ = run(*arguments, "--strict", "0.5", given=lines)
        assert code == 4  # the highest of 0 and 4
        assert out.index(f"? {QUESTION}\n") < out.index("“Ichiro Tanaka”") < out.index(ABSENT)
    code, out, error = run("ask", "-", "--json", given=f"{QUESTION}\n?!\n{ABSENT}\n")
    assert code == 2  # one of them is no question
    assert "the question is empty" in error
    assert [json.loads(line)["question"] for line in out.splitlines()] == [QUESTION, ABSENT]


def test_without_a_question_that_is_said(run, monkeypatch):
    code, out, error = run("ask", given="\n \n")
    assert (code, out) == (2, "")
    assert "Missing argument 'QUESTION'" in error

    class Terminal(io.StringIO):
        def isatty(self):
            return True

        def readline(self, size=-1):
            raise AssertionError("a question is waited for on a terminal")

    monkeypatch.setattr("sys.stdin", Terminal())
    assert main(["ask"]) == 2


def test_lines_of_json_are_answered_in_order(run):
    lines = [
        {"question": QUESTION, "id": 7, "threshold": 0},
        {"question": ABSENT},
        {"question": QUESTION, "only": "nothing*", "id": {"a": [1]}},
        {"question": "?", "id": "x"},
        {"question": QUESTION, "colour": 3},
        {"question": 3},
        {"question": QUESTION, "strict": 2},
        {"question": QUESTION, "strict": 0.5, "threshold": 0.5},
        {"question": QUESTION, "threshold": 1},
    ]
    given = "\ufeff" + "\n".join(json.dumps(line) for line in lines) + "\n\n[]\nno JSON\n{"
    code, out, error = run("ask", "--jsonl", "--strict", "0.5", given=given)
    assert (code, error) == (1, "")
    results = [json.loads(line) for line in out.splitlines()]
    assert [each.get("verdict") for each in results] == [
        "answer",
        "not found",
        *[None] * 6,
        "possible",
        *[None] * 3,
    ]
    assert [each["id"] for each in results if "id" in each] == [7, {"a": [1]}, "x"]
    errors = [(each["line"], each["error"]) for each in results if "error" in each]
    assert [line for line, _ in errors] == [3, 4, 5, 6, 7, 8, 11, 12, 13]
    assert all(each["problem"] and each["remedy"] for _, each in errors)
    _, out, _ = run("ask", "--json", "--threshold", "0", QUESTION)
    single = json.loads(out)
    single.pop("timings_ms"), results[0].pop("timings_ms")
    assert {**single, "id": 7} == results[0]
    assert run("ask", "--jsonl", given=json.dumps({"question": ABSENT}))[0] == 0


def test_a_line_without_an_end_is_refused_without_being_kept():
    read = []

    class Endless(io.StringIO):
        def readline(self, size=-1):
            assert 0 < size <= MAX_LINE
            read.append(size)
            return super().readline(size)

    lines = Endless("x" * (3 * MAX_LINE + 5) + '\n{"question": "Who?"}\n')
    first, second = answered(lines, lambda question, _: {"question": question})
    assert (first[1], first[0]["line"]) == (False, 1)
    assert f"more than {MAX_LINE:,} characters" in first[0]["error"]["problem"]
    assert second == ({"question": "Who?"}, True)
    assert len(read) == 6


def test_options_that_exclude_each_other_are_named(run):
    for more in (["Who?"], ["--copy"], ["--json"]):
        code, out, error = run("ask", "--jsonl", *more)
        assert (code, out) == (2, "")
        assert "--jsonl" in error


@pytest.mark.parametrize(
    "arguments",
    [
        ["build"],
        ["info"],
        ["verify"],
        ["ask", "Who is the keeper of the tower?", "--threshold", "0"],
        ["ask", "Who is the keeper of the tower?", "--threshold", "1"],
        ["ask", ABSENT],
        ["ask", f"Who is the keeper {HOSTILE}?"],
        ["ask", QUESTION, "--only", HOSTILE],
        ["ask", QUESTION, "--since", HOSTILE],
        ["ask", "--top-k", HOSTILE, QUESTION],
        ["search", "keeper of the tower"],
        ["feedback", "list"],
        ["build", f"/nowhere/{HOSTILE.replace(chr(0), '')}"],
        [HOSTILE],
        ["ask", "-"],
        ["chat"],
        ["open"],
    ],
    ids=lambda arguments: " ".join(arguments)[:20].encode("unicode_escape").decode(),
)
def test_nothing_that_a_terminal_acts_on_is_printed(run, arguments):
    if arguments == ["open"]:
        run("ask", "Who is the keeper of the tower?", "--threshold", "0")
    lines = f"Who is the keeper of the tower?\nWho is the keeper {HOSTILE}?\n"
    code, out, error = run(*arguments, given=lines)
    assert out or error
    if code == 0 and arguments[0] in ("ask", "search"):
        assert r"\x1b[2J" in out  # of the document, written out
    assert not ACTING.search(out), ACTING.search(out)
    assert not ACTING.search(error), ACTING.search(error)


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask", "--json", "Who is the keeper of the tower?", "--threshold", "0"],
        ["search", "--json", "keeper of the tower"],
        ["build", "--json"],
        ["info", "--json"],
    ],
)
def test_json_has_every_character_and_a_terminal_acts_on_none(run, arguments):
    _, out, _ = run(*arguments)
    assert not ACTING.search(out)
    assert "\x1b[2J" in strings_of(json.loads(out))


def strings_of(value):
    """Return all strings of a value of JSON, one after another."""
    if isinstance(value, dict):
        return strings_of([*value, *value.values()])
    return "".join(map(strings_of, value)) if isinstance(value, list) else str(value)


def test_json_keeps_its_value():
    value = {"text": HOSTILE, "other": "é 👩‍🚀 \t\n"}
    text = json.dumps(value, ensure_ascii=False)
    assert json.loads(literal_json(text)) == value
    assert "👩‍🚀" in literal_json(text)


def test_a_defect_is_printed_without_sequences_too(run, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError(HOSTILE)

    monkeypatch.setattr("qa.pipeline.QA.open", fail)
    code, _, error = run("ask", QUESTION)
    assert code == 70
    assert "RuntimeError" in error and not ACTING.search(error)


class Tty(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "wanted"),
    [
        (Tty, {"TERM": "xterm"}, "\x1b[1mx\\x1b[1m\x1b[0m\n"),
        (Tty, {"TERM": "xterm", "NO_COLOR": ""}, "\x1b[1mx\\x1b[1m\x1b[0m\n"),
        (Tty, {"TERM": "xterm", "NO_COLOR": "1"}, "x\\x1b[1m\n"),
        (Tty, {"TERM": "dumb"}, "x\\x1b[1m\n"),
        (Tty, {}, "x\\x1b[1m\n"),
        (io.StringIO, {"TERM": "xterm"}, "x\\x1b[1m\n"),
    ],
)
def test_styles_are_for_terminals_that_want_them(monkeypatch, stream, environment, wanted):
    for name in ("TERM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    out = stream()
    monkeypatch.setattr("sys.stdout", Screen(out))
    emit(BOLD, "x\x1b[1m", PLAIN)  # a text in the words of a style is a text
    assert out.getvalue() == wanted


@pytest.mark.posix
def test_on_a_real_terminal_there_are_styles_and_no_others(place):
    import pty

    main_end, end = pty.openpty()
    command = [sys.executable, "-m", "qa", "ask", "Who is the keeper of the tower?"]
    environment = {**os.environ, "TERM": "xterm"}
    environment.pop("NO_COLOR", None)
    child = subprocess.Popen(
        [*command, "--threshold", "0", "--index", str(place / "index")],
        stdin=end,
        stdout=end,
        stderr=end,
        env=environment,
    )
    os.close(end)
    printed = b""
    while True:
        try:
            part = os.read(main_end, 4096)
        except OSError:  # how Linux tells the end
            break
        if not part:
            break
        printed += part
    os.close(main_end)
    assert child.wait() == 0
    text = printed.decode()
    assert "\x1b[1m“" in text
    assert set(re.findall("\x1b[^m]*m?", text)) == {"\x1b[1m", "\x1b[2m", "\x1b[0m"}
    assert not ACTING.search(re.sub("\x1b\\[[012]m|\r\n", "", text))


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """A path with these programs alone, which keep what they are given."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()

    def make(name, code=0):
        program = tmp_path / "bin" / name
        kept = tmp_path / f"{name}.kept"
        program.write_text(
            f"#!{sys.executable}\nimport sys\n"
            f"open({str(kept)!r}, 'w').write(repr(sys.argv[1:]) + sys.stdin.read())\n"
            f"sys.exit({code})\n"
        )
        program.chmod(0o755)
        return kept

    return make


@pytest.mark.posix
@pytest.mark.skipif(sys.platform != "linux", reason="names the programs of Linux")
def test_the_clipboard_is_the_system_s_or_the_terminal_s(programs, tmp_path, monkeypatch):
    terminal = tmp_path / "tty"
    terminal.touch()
    monkeypatch.setattr("qa.cli.clipboard.TERMINAL", terminal)
    kept = programs("xclip")
    programs("wl-copy", code=1)
    windows = {"DISPLAY": ":0", "WAYLAND_DISPLAY": "w", "TERM": "xterm"}
    assert copy("Ada\x1b[2J\nBlum", windows) == "xclip"  # wl-copy has failed
    assert kept.read_text() == "['-selection', 'clipboard']Ada[2J\nBlum"
    assert terminal.read_bytes() == b""
    # By SSH it is the clipboard of the terminal's machine, whatever is here.
    for environment in ({**windows, "SSH_TTY": "/dev/pts/1"}, {"TERM": "xterm"}):
        terminal.write_bytes(b"")
        assert copy("Ada Blüm", environment) == "the terminal"
        sent = terminal.read_bytes()
        assert sent.startswith(b"\x1b]52;c;") and sent.endswith(b"\x07")
        assert base64.b64decode(sent[7:-1]).decode() == "Ada Blüm"
    for environment in ({"TERM": "linux"}, {}):
        with pytest.raises(QAError, match="there is no clipboard here") as error:
            copy("Ada", environment)
        assert error.value.remedy
    with pytest.raises(QAError):  # more than terminals take
        copy("x" * 100_000, {"TERM": "xterm"})
    monkeypatch.setattr("qa.cli.clipboard.TERMINAL", tmp_path / "none" / "tty")
    with pytest.raises(QAError):
        copy("Ada", {"TERM": "xterm"})


def test_an_answer_is_copied_with_its_source(run, monkeypatch):
    copied = []
    monkeypatch.setattr("qa.cli.ask.copy", lambda text, _: copied.append(text) or "a program")
    code, _, error = run("ask", "--copy", QUESTION, "--threshold", "0")
    assert (code, error) == (0, "(copied by a program)\n")
    assert re.fullmatch(r"“Ichiro Tanaka” \(.*a clock\.txt:\d+-\d+\)", copied[0])
    code, _, error = run("ask", "--copy", ABSENT)
    assert (code, len(copied)) == (4, 1)
    assert "nothing was copied" in error


def test_where_there_is_no_clipboard_the_answer_is_printed_all_the_same(run, monkeypatch):
    def fail(*_):
        raise QAError("there is no clipboard here", "install xclip")

    monkeypatch.setattr("qa.cli.ask.copy", fail)
    code, out, error = run("ask", "--copy", QUESTION, "--threshold", "0")
    assert code == 2
    assert "“Ichiro Tanaka”" in out
    assert error == "qa: there is no clipboard here\n    install xclip\n"


def open_last(capsys, *arguments):
    code = main(["open", *arguments])
    return (code, *capsys.readouterr())


def test_the_place_of_the_last_answer_is_opened(run, place, capsys, monkeypatch):
    ran = []
    monkeypatch.setattr("qa.cli.opening._run", lambda program: ran.append(program.command))
    monkeypatch.setenv("EDITOR", "code --wait")
    monkeypatch.delenv("VISUAL", raising=False)
    run("ask", QUESTION, "--threshold", "0")
    path = str(place / "documents" / "a clock.txt")
    code, out, _ = open_last(capsys)
    assert (code, out) == (0, f"{path}:5\n    │ Ichiro Tanaka\n")
    assert ran == [("code", "--wait", "--goto", f"{path}:5")]
    assert open_last(capsys, "--print")[:2] == (0, out)
    assert len(ran) == 1
    # Neither question nor answer is kept, and nobody else may read where it was.
    kept = last.state_folder() / last.FILE
    assert "Tanaka" not in kept.read_text() and "carved" not in kept.read_text()
    if sys.platform != "win32":
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    code, _, error = open_last(capsys, "9")
    assert code == 2 and "the last answer has" in error
    # A search leaves its passages, and what was not found no place at all.
    run("search", QUESTION)
    assert "The clock of Hamburg" in open_last(capsys, "--print")[1].replace("\n    │ ", " ")
    run("ask", ABSENT)
    code, _, error = open_last(capsys)
    assert code == 2 and "there is no last answer with a place" in error


def test_where_it_cannot_be_opened_it_is_said_where_it_is(run, place, capsys, monkeypatch):
    run("ask", QUESTION, "--threshold", "0")
    monkeypatch.setattr("qa.cli.opening.program_for", lambda *_, **__: None)
    code, _, error = open_last(capsys)
    path = place / "documents" / "a clock.txt"
    assert code == 2
    assert f"open {path}:5" in error


def test_what_has_changed_since_is_not_opened(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("qa.cli.opening._run", lambda program: pytest.fail("it was opened"))
    documents, index = tmp_path / "documents", ["--index", str(tmp_path / "index")]
    documents.mkdir()
    (documents / "clock.txt").write_text(CLOCK)
    assert main(["build", str(documents), *index]) == 0
    assert main(["ask", QUESTION, "--threshold", "0", *index]) == 0
    capsys.readouterr()
    (documents / "clock.txt").write_text(f"Another clock. {CLOCK}")
    assert "has changed since the answer" in open_last(capsys)[2]
    assert main(["build", str(documents), *index]) == 0
    assert "was indexed anew since the answer" in open_last(capsys)[2]
    (documents / "clock.txt").write_text(CLOCK)
    assert main(["build", str(documents), *index]) == 0
    (documents / "clock.txt").unlink()
    assert "is no longer there" in open_last(capsys)[2]
    (last.state_folder() / last.FILE).write_text('[{"index": 3}]')
    assert "there is no last answer" in open_last(capsys)[2]


def test_a_document_in_an_archive_is_found_in_it(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "letters.zip").touch()
    found = opening._file(tmp_path, "a/letters.zip/2024/offer.txt")
    assert found == (tmp_path / "a" / "letters.zip", "2024/offer.txt")


@pytest.mark.parametrize(
    ("words", "before", "line"),
    [
        ("b", "", 2),
        ("b", "1\n2\n3\n4\n", 4),
        ("b\nc", "1\n2\n3\n", 4),
        ("x", "", None),
        (" ", "", None),
    ],
)
def test_the_line_is_that_of_the_words_nearest_to_their_place(words, before, line):
    assert line_of("a\nb\nc\nb b\n", words, before) == line


@pytest.mark.posix
@pytest.mark.skipif(sys.platform != "linux", reason="names the programs of Linux")
@pytest.mark.parametrize(
    ("name", "environment", "installed", "on_terminal", "wanted"),
    [
        ("a.txt", {"EDITOR": "vim -R"}, [], True, ["vim", "-R", "+7", "/d/a.txt"]),
        ("a.txt", {"EDITOR": "vim", "VISUAL": "kate"}, [], False, ["kate", "/d/a.txt"]),
        ("a.txt", {"EDITOR": "vim"}, ["less"], False, None),
        ("a.txt", {}, ["less"], True, ["less", "+7g", "/d/a.txt"]),
        ("a.txt", {"EDITOR": "'"}, ["less"], True, ["less", "+7g", "/d/a.txt"]),
        ("a.txt", {"DISPLAY": ":0"}, ["xdg-open"], True, ["xdg-open", "/d/a.txt"]),
        ("a.pdf", {"DISPLAY": ":0"}, ["xdg-open"], True, ["xdg-open", "/d/a.pdf"]),
        (
            "a.pdf",
            {"WAYLAND_DISPLAY": "w"},
            ["evince", "xdg-open"],
            True,
            ["evince", "--page-index=3", "/d/a.pdf"],
        ),
        ("a.pdf", {"EDITOR": "vim"}, ["less", "evince"], True, None),
        # What the system might run in place of showing it.
        ("a.desktop", {"DISPLAY": ":0", "EDITOR": "vim"}, ["xdg-open", "less"], True, None),
        ("a", {"DISPLAY": ":0"}, ["xdg-open", "less"], True, None),
        ("-rf.txt", {"EDITOR": "nano"}, [], True, ["nano", "+7", "/d/-rf.txt"]),
    ],
)
def test_the_program_is_one_that_is_there(
    programs, name, environment, installed, on_terminal, wanted
):
    for program in installed:
        programs(program)
    found = program_for(Path("/d") / name, 3, 7, environment, on_terminal=on_terminal)
    assert (list(found.command) if found else None) == wanted

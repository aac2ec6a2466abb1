"""Documents, names of files and questions cannot control what shows them."""

import json
import os
import re
import unicodedata

import pytest

from qa.answers.serialize import prediction_to_dict
from qa.cli.commands import main
from qa.feedback import FeedbackStore
from qa.feedback.store import Vote
from qa.pipeline import QA
from qa.text import json_literal, printable
from qa.web.conversation_file import conversation_file
from qa.web.render import conversation_html, evidence_html, render
from qa.web.views import Turn, View

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such names of files")
SIGNS = {
    "escape": "\x1b[2J",
    "title of the terminal": "\x1b]0;pwned\x07",
    "link of the terminal": "\x1b]8;;http://evil\x1b\\",
    "one-byte CSI": "\x9b31m",
    "bell": "\x07",
    "backspace": "\x08\x08",
    "return": "paid\rPAID",
    "delete": "\x7f",
    "right-to-left override": "\u202e001\u202c",
    "left-to-right override": "\u202dx\u202c",
    "embedding": "\u202bx\u202c",
    "open isolate": "\u2067x",
    "closed isolate": "\u2069\u2069",
    "byte order mark": "\ufeff",
    "zero width space": "\u200b",
    "tags": "\U000e0041\U000e0042",
    "hangul filler": "\u3164",
    "line separator": "\u2028",
}
QUESTION = "Who keeps the {} lamp?"
SAID = "Ingrid {} Holm keeps the lamp of the pier."


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """An index of documents that attack, with one vote on each."""
    place = tmp_path_factory.mktemp("display")
    folder = place / "documents"
    folder.mkdir()
    for number, sign in enumerate(SIGNS.values()):
        name = f"invoice {number} {sign.replace('/', '')}fdp.txt"
        text = f"Lamp {number} {sign}\n\n{SAID.format(sign)}\n\nFor {number} years.\n"
        (folder / name).write_text(text, encoding="utf-8", newline="")
    (folder / "two\nlines: paid, page 3.txt").write_text("Nothing else.", encoding="utf-8")
    (folder / "bad \x1b[31m\u202e.xml").write_text("<?xml version='1.0'?><a/>", encoding="utf-8")
    store = FeedbackStore.beside(place / "index")
    for number, sign in enumerate(SIGNS.values()):
        store.add(Vote(str(number), QUESTION.format(sign), True, SAID.format(sign), f"{sign}.txt"))
    (place / "answers.json").write_text(
        json.dumps(
            {
                "answers": [
                    {
                        "document": f"{sign}.txt",
                        "sha256": "",
                        "start": 0,
                        "end": 9,
                        "text": SAID.format(sign),
                        "also_at": [],
                    }
                    for sign in SIGNS.values()
                ]
            }
        ),
        encoding="utf-8",
    )
    return place


COMMANDS = {
    "build": ("build", "documents"),
    "build again": ("build",),
    "build --json": ("build", "--json"),
    "info": ("info",),
    "info --json": ("info", "--json"),
    "verify --answer": ("verify", "--answer", "answers.json"),
    "feedback list": ("feedback", "list"),
    "feedback list --json": ("feedback", "list", "--json"),
    "ask": ("ask", QUESTION.format("\x1b[2J\u202e"), "--threshold", "0"),
    "ask --json": ("ask", QUESTION.format("\x9b\u202e"), "--threshold", "0", "--json"),
    "search": ("search", QUESTION.format("\x1b\u2028"), "--top-k", "30"),
    "search --json": ("search", QUESTION.format("\x9b"), "--top-k", "30", "--json"),
    "error": ("build", "no\x1b[2J\u202esuch\nfolder"),
    "explain": ("build", "--explain", "documents/invoice 0 \x1b[2Jfdp.txt"),
}


@pytest.fixture(scope="module")
def outputs(served):
    """What each command prints, on both streams."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(served)
        for name, arguments in COMMANDS.items():
            import contextlib
            import io

            out, err = io.StringIO(), io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                main(list(arguments))
            found[name] = out.getvalue(), err.getvalue()
    return found


def controls(text):
    """The characters that would control a terminal, but not what scripts need."""
    kept = "\n\t\u200c\u200d\xad"
    return {
        sign
        for sign in text
        if sign not in kept and unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_prints_what_controls_a_terminal(outputs, command):
    out, err = outputs[command]
    assert out + err
    assert controls(out + err) == set()


@pytest.mark.parametrize("command", [name for name in COMMANDS if "--json" in name])
def test_json_has_the_same_values_all_the_same(outputs, command):
    assert isinstance(json.loads(outputs[command][0]), dict)


def test_json_of_a_question_has_it_letter_by_letter(outputs):
    assert json.loads(outputs["ask --json"][0])["question"] == QUESTION.format("\x9b\u202e")


def test_a_name_of_two_lines_stands_on_one(outputs):
    (line,) = [line for line in outputs["build"][0].splitlines() if "two" in line]
    assert r"two\nlines: paid, page 3.txt" in line


@pytest.mark.parametrize("sign", SIGNS)
def test_a_name_is_marked_where_it_is_not_seen(sign):
    assert controls(printable(f"a {SIGNS[sign]} b")) == set()
    written = json_literal(json.dumps(SIGNS[sign], ensure_ascii=False))
    assert json.loads(written) == SIGNS[sign]
    assert controls(written) == set()


# The page and what is saved from it.


@pytest.fixture(scope="module")
def shown_page(served, outputs):
    qa = QA.open(served / "index")
    turns = []
    for sign in SIGNS.values():
        question = QUESTION.format(sign)
        turns.append(Turn(question, qa.ask(question, threshold=0.0, quick=True)))
    return qa, turns


def bare(html):
    """HTML without its tags, and without the marks of what is not seen."""
    return re.sub(r"<[^>]*>", "", re.sub(r'<span class="sign"[^>]*>.*?</span>', "", html))


def test_the_page_marks_what_is_not_seen_and_keeps_it(shown_page):
    qa, turns = shown_page
    html = conversation_html(turns, View(), document_ids=[], title=lambda name: name)
    assert controls(bare(html)) <= {"\r"}
    assert 'data-sign="U+202E"' in html
    assert "\u202e" in re.sub(r"<[^>]*>", "", html)
    for document in qa.documents():
        view = View(kind="document", document_id=document.id)
        sheet = evidence_html(turns, view, document=qa.document)
        assert controls(bare(sheet)) <= {"\r"}


@pytest.mark.parametrize("form", ["md", "html", "json"])
def test_a_saved_conversation_marks_what_is_not_seen(shown_page, form):
    qa, turns = shown_page
    text = conversation_file(turns, form, document=qa.document)
    assert controls(bare(text) if form == "html" else text) <= {"\r"}
    if form == "json":
        saved = json.loads(text)["conversation"]
        assert saved == json.loads(json.dumps([prediction_to_dict(t.prediction) for t in turns]))


def test_attributes_and_style_are_left_alone():
    html = render("conversation_file.html", answered=[])
    assert "sign" in html
    from qa.web.render import _signed

    given = '<b title="a > \u202e">x \u202e y</b><title>\u202e</title><p>\u202e'
    assert _signed(given) == (
        '<b title="a > \u202e">x <span class="sign" data-sign="U+202E">\u202e</span> y</b>'
        '<title>\u202e</title><p><span class="sign" data-sign="U+202E">\u202e</span>'
    )

"""The comparison with other systems: its figures by hand, its processes for real."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.peers.child import PEERS_PYTHON, Child
from benchmarks.peers.scores import Reply, abstention, score, time_ratio
from benchmarks.peers.table import markdown

ROOT = Path(__file__).parents[1]
PYTHON = ROOT / PEERS_PYTHON


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system has no /proc")
def test_memory_is_a_systems_own_and_not_that_of_what_started_it():
    """A child's ``getrusage`` begins with its parent's peak; /proc tells its own."""
    code = "from benchmarks.peers.worker import _Peak; print(_Peak().mib)"
    fat = (
        "import subprocess, sys; held = bytearray(600 << 20); "
        f"print(subprocess.check_output([sys.executable, '-c', {code!r}], text=True))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", fat], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert 5 < int(ran.stdout) < 300


def replies(*rows, score="probability", ms=10.0):
    """Return replies of ``(is answerable, answer, confidence)``; "Ada" is right."""
    return [
        Reply(
            ("Ada",) if there else (),
            answer,
            {} if confidence is None else {score: confidence},
            (False, True),
            ms * (turn + 1),
            turn // 2,
        )
        for turn, (there, answer, confidence) in enumerate(rows)
    ]


# As shipped, from 0.5 on, three of four are answered and one of two falsely.
OURS = replies(
    (True, "Ada", 0.9),
    (True, "Ada", 0.8),
    (False, "Rerik", 0.6),
    (True, "Rerik", 0.5),
    (True, "Ada", 0.2),
    (False, "Ada", 0.1),
)


def test_abstention_is_compared_at_the_coverage_at_which_verbatim_ships():
    own = abstention(OURS, OURS, threshold=0.5)
    assert (own["coverage"], own["false_answers"], own["is_elsewhere"]) == (75, 50, False)
    # Its bar is its own: three of its answerable ones are covered from 7 on.
    other = replies(
        (True, "Ada", 9),
        (True, "Ada", 8),
        (False, "Rerik", 5),
        (True, "Rerik", 7),
        (True, "Ada", 1),
        (False, "Ada", 6),
        score="best",
    )
    found = abstention(other, OURS, threshold=0.5)
    assert (found["score"], found["coverage"], found["false_answers"]) == ("best", 75, 0)
    assert found["verbatim_false_answers"] == 50


def test_the_score_that_serves_a_system_best_counts():
    rows = [
        Reply(reply.accepted, reply.answer, {"bad": -c, "good": c}, (), 1.0, 0)
        for reply in OURS
        for c in reply.confidences.values()
    ]
    assert abstention(rows, OURS, threshold=0.85)["score"] == "good"


def test_a_system_that_refuses_by_itself_is_compared_at_what_it_covers():
    other = replies(
        (True, "Ada", None),
        (True, "", None),
        (False, "Rerik", None),
        (True, "", None),
        (True, "", None),
        (False, "", None),
    )
    found = abstention(other, OURS, threshold=0.5)
    assert (found["coverage"], found["false_answers"], found["is_elsewhere"]) == (25, 50, True)
    assert (found["verbatim_coverage"], found["verbatim_false_answers"]) == (25, 0)


def test_what_is_scored_is_the_best_answer_and_the_first_five_passages():
    scores = score(OURS, reads=True)
    assert (scores["em"], scores["f1"], scores["recall_at_5"]) == (75, 75, 100)
    assert scores["ms_median"] == 35
    assert "em" not in score(OURS, reads=False)


def test_times_are_compared_block_by_block():
    rows = [(True, "Ada", 0.9)] * 6
    slow = [*replies(*rows[:2], ms=1000), *replies(*rows, ms=20)[2:]]  # what else ran meanwhile
    assert time_ratio(slow, replies(*rows)) == 2


def test_the_table_says_where_another_is_ahead():
    ours = {
        **score(OURS, reads=True),
        **abstention(OURS, OURS, threshold=0.5),
        "time_over_verbatim": 1.0,
        "build_s": 5.0,
        "index_mib": 1.0,
        "peak_mib": 500,
        "setting": "as shipped",
        "versions": {"faiss-cpu": "1"},
    }
    other = {
        **ours,
        "em": 80.0,
        "peak_mib": 600,
        "errors": 3,
        "is_elsewhere": True,
        "coverage": 50.0,
    }
    corpus = {"questions": 6, "unanswerable": 2, "documents": 1, "passages": 9}
    corpus["systems"] = {"verbatim": ours, "haystack": other}
    machine = {"cores": 2, "arch": "x86_64", "processor": "Abacus 7"}
    shown = markdown({"commit": "abc", "block": 10, "machine": machine, "seeds": corpus})
    assert "Ahead of Verbatim: Haystack (EM 80.0 to 75.0).\n" in shown
    assert "on 2 x86_64 cores (Abacus 7)" in shown
    assert "50 (at 50 %; ours 50)" in shown
    assert "exception on 3 questions" in shown


def test_a_system_that_dies_ends_the_run_and_says_why(tmp_path):
    child = Child("absent", python=Path(sys.executable), log=tmp_path / "log")
    with pytest.raises(SystemExit, match="absent died") as told:
        child.request(ask="Who?")
    assert "No module named" in str(told.value)


@pytest.mark.skipif(not PYTHON.exists(), reason="`make bench-peers` makes the environment")
def test_a_system_answers_from_its_own_process(tmp_path):
    rows = [
        {"id": name, "heading": "Towns", "text": text}
        for name, text in [("a", "A clock was carved."), ("b", "The mill burned down.")]
    ]
    (tmp_path / "passages.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    child = Child("bm25", python=PYTHON, log=tmp_path / "log")
    names = ("place", "documents", "encoder", "reader")
    built = child.request(build={**dict.fromkeys(names, str(tmp_path)), "index": "bm25"})
    assert built["load_s"] > 0 and not built["reads"]
    assert child.request(ask="Which mills burned?")["passages"][0] == "b"
    assert child.request(end=True)["peak_mib"] > 10
    child.end()

"""The comparison with other systems: scores checked by hand, real processes."""

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
def test_peak_memory_excludes_the_parent_process():
    """A child's ``getrusage`` starts at its parent's peak; /proc has its own."""
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


def test_abstention_is_compared_at_verbatims_coverage():
    own = abstention(OURS, OURS, threshold=0.5)
    assert (own["coverage"], own["false_answers"], own["is_elsewhere"]) == (75, 50, False)
    # Its threshold is on its own score: from 7 on, three of its answerable questions are covered.
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


def test_the_score_with_the_fewest_false_answers_counts():
    rows = [
        Reply(reply.accepted, reply.answer, {"bad": -c, "good": c}, (), 1.0, 0)
        for reply in OURS
        for c in reply.confidences.values()
    ]
    assert abstention(rows, OURS, threshold=0.85)["score"] == "good"


def test_a_system_that_refuses_by_itself_is_compared_at_its_own_coverage():
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


def test_scores_are_those_of_the_best_answer_and_five_passages():
    scores = score(OURS, reads=True)
    assert (scores["em"], scores["f1"], scores["recall_at_5"]) == (75, 75, 100)
    assert scores["ms_median"] == 35
    assert "em" not in score(OURS, reads=False)


def test_times_are_compared_block_by_block():
    rows = [(True, "Ada", 0.9)] * 6
    slow = [*replies(*rows[:2], ms=1000), *replies(*rows, ms=20)[2:]]  # other load on the machine
    assert time_ratio(slow, replies(*rows)) == 2


def test_the_table_names_what_others_do_better():
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


def test_a_system_that_dies_ends_the_run_with_its_log(tmp_path):
    child = Child("absent", python=Path(sys.executable), log=tmp_path / "log")
    with pytest.raises(SystemExit, match="absent died") as caught:
        child.request(ask="Who?")
    assert "No module named" in str(caught.value)


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

"""Follow-ups of conversations: ``python -m benchmarks.followup CORPUS…``.

A corpus is a folder with ``docs/``, ``questions.jsonl`` and ``dialogues.jsonl``, whose lines are
``{"id", "turns": [{"question", "resolved", "answers", "document"}]}``: ``resolved`` is the
stand-alone question that a turn means.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.saved import commit, save
from qa.evaluation.datasets import read_rows
from qa.evaluation.golden import read_golden
from qa.evaluation.metrics import best_over_references, is_right
from qa.pipeline import QA
from qa.types import Prediction

# Questions of ``questions.jsonl`` asked in the middle of each dialogue: they stand alone.
OTHERS = 6


@dataclass(frozen=True, slots=True)
class Turn:
    """A later turn of a dialogue, asked as typed and as its stand-alone wording.

    ``alone`` is asked without, ``changed`` says whether it is asked otherwise with the earlier
    turns.
    """

    accepted: tuple[str, ...]
    typed: Prediction
    alone: Prediction
    changed: bool

    def right(self, prediction: Prediction) -> bool:
        """Return whether a right answer is shown; for an absent one, whether none is."""
        if not self.accepted:
            return not prediction.found
        return prediction.found and self.best_right(prediction)

    def best_right(self, prediction: Prediction) -> bool:
        """Return whether the best answer, shown or possible, is right."""
        best = (*prediction.answers, *prediction.candidates)[:1]
        return bool(best) and best_over_references(is_right, best[0].text, self.accepted) > 0


def ask_dialogues(qa: QA, corpus: Path) -> tuple[list[Turn], list[bool]]:
    """Return the later turns of all dialogues, and for questions that stand alone if changed.

    The history of a turn are the predictions for the turns before it, right or wrong.
    """
    others = [each.question for each in read_golden(corpus / "questions.jsonl")]
    turns, changed = [], []
    for number, (_, dialogue) in enumerate(read_rows(corpus / "dialogues.jsonl")):
        history: list[Prediction] = []
        for turn in dialogue["turns"]:
            typed = qa.ask(turn["question"], history=history)
            if history:
                alone = qa.ask(turn["resolved"])
                after = qa.ask(turn["resolved"], history=history)
                is_changed = after.resolved_question != alone.resolved_question
                turns.append(Turn(tuple(turn["answers"]), typed, alone, is_changed))
            history.append(typed)
        for at in range(OTHERS):
            question = others[(number * OTHERS + at) * 7 % len(others)]
            after = qa.ask(question, history=history[:2])
            changed.append(after.resolved_question != qa.ask(question).resolved_question)
    return turns, changed


def scores(turns: Sequence[Turn], changed: Sequence[bool]) -> dict[str, Any]:
    """Return counts, shares in percent, and two shares of what is right as stand-alone question.

    ``share`` counts what is right as typed; ``kept`` only what is right in both wordings.
    """
    there = [each for each in turns if each.accepted]
    absent = [each for each in turns if not each.accepted]
    typed = sum(each.right(each.typed) for each in there)
    alone = sum(each.right(each.alone) for each in there)
    kept = sum(each.right(each.typed) and each.right(each.alone) for each in there)
    extra = [each.typed.timings_ms["total"] - each.alone.timings_ms["total"] for each in turns]
    return {
        "answerable": len(there),
        "absent": len(absent),
        "right_shown": _percent(typed, len(there)),
        "right_shown_alone": _percent(alone, len(there)),
        "share": round(typed / alone, 3) if alone else None,
        "kept": round(kept / alone, 3) if alone else None,
        "best_right": _percent(sum(each.best_right(each.typed) for each in there), len(there)),
        "best_right_alone": _percent(
            sum(each.best_right(each.alone) for each in there), len(there)
        ),
        "wrong_shown": _percent(
            sum(e.typed.found and not e.right(e.typed) for e in there), len(there)
        ),
        "wrong_shown_alone": _percent(
            sum(e.alone.found and not e.right(e.alone) for e in there), len(there)
        ),
        "absent_answered": _percent(sum(each.typed.found for each in absent), len(absent)),
        "absent_answered_alone": _percent(sum(each.alone.found for each in absent), len(absent)),
        "stand_alone": len(turns) + len(changed),
        "stand_alone_changed": _percent(
            sum(each.changed for each in turns) + sum(changed), len(turns) + len(changed)
        ),
        "resolved_changed": _percent(sum(each.changed for each in turns), len(turns)),
        "extra_ms_median": round(median(extra), 1),
    }


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None


def measure(corpora: Sequence[Path]) -> dict[str, Any]:
    """Ask all dialogues of every corpus; return the scores of all and by corpus."""
    all_turns: list[Turn] = []
    all_changed: list[bool] = []
    by_corpus = {}
    for corpus in corpora:
        with tempfile.TemporaryDirectory() as index:
            qa = QA.build(corpus / "docs", Path(index, "index"))
            turns, changed = ask_dialogues(qa, corpus)
        by_corpus[corpus.name] = scores(turns, changed)
        print(corpus.name, by_corpus[corpus.name], flush=True)
        all_turns += turns
        all_changed += changed
    return {"all": scores(all_turns, all_changed), "corpora": by_corpus}


def main() -> None:
    """Measure on the corpora given; write the results by commit."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.followup", description=main.__doc__)
    parser.add_argument("corpora", type=Path, nargs="+", help="folders with dialogues.jsonl")
    options = parser.parse_args()
    head = {"commit": commit(), "date": datetime.now(UTC).isoformat(timespec="seconds")}
    save("followup", head | measure(options.corpora))


if __name__ == "__main__":
    main()

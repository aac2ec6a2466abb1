"""Golden questions as pytest's tests: a package of its own, not a part of ``qa``.

pytest imports it at every start in an environment where Verbatim is installed, in
projects too that have nothing to do with it. So it imports nothing of ``qa`` until
a golden file is met: that would cost time, and switch off the network of libraries
which those projects may use (``qa.offline``).
"""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

BUDGETS = ("qa-min-f1", "qa-max-false-answers")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what says which files hold golden questions, and the budgets."""
    parser.addini(
        "qa_golden", "files of golden questions, as patterns such as golden/*.jsonl", "args", []
    )
    parser.addini("qa_folder", "folder of documents; indexed before the first question", default="")
    parser.addini("qa_index", "index to ask, where there is no qa_folder", default="index")
    group = parser.getgroup("verbatim", "golden questions about documents")
    group.addoption(
        "--qa-min-f1",
        type=_percent,
        metavar="PERCENT",
        help="F1 that the questions of each file must reach; single misses are then allowed",
    )
    group.addoption(
        "--qa-max-false-answers",
        type=_percent,
        metavar="PERCENT",
        help="unanswerable questions that may be answered; single misses are then allowed",
    )


def pytest_sessionstart(session: pytest.Session) -> None:
    """Refuse a pattern of ``qa_golden`` that no file fits: nothing would be asked of it."""
    config = session.config
    patterns = config.getini("qa_golden")
    if not patterns or hasattr(config, "workerinput"):  # xdist's workers need not look again
        return
    idle = set(patterns)
    for path in _files(config):
        idle -= {pattern for pattern in idle if path.match(pattern)}
        if not idle:
            return
    named = " ".join(pattern for pattern in patterns if pattern in idle)
    raise pytest.UsageError(
        f"qa_golden names {named}, which no file below {config.rootpath} fits: "
        "correct it, or make the file"
    )


def _files(config: pytest.Config) -> Iterator[Path]:
    """Yield the files below pytest's root and the paths given, whether collected or not."""
    given = [config.invocation_params.dir / arg.partition("::")[0] for arg in config.args]
    left_out = config.getini("norecursedirs")
    for top in (config.rootpath, *given):
        if top.is_file():
            yield top
        for place, folders, names in os.walk(top):
            folders[:] = [
                name for name in folders if not any(fnmatch(name, each) for each in left_out)
            ]
            yield from (Path(place, name) for name in names)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a file that a pattern of ``qa_golden`` names."""
    if not any(file_path.match(pattern) for pattern in parent.config.getini("qa_golden")):
        return None
    from qa.evaluation.items import GoldenFile

    return GoldenFile.from_parent(parent, path=file_path)


@pytest.hookimpl(tryfirst=True)  # before -k and -m leave tests out
def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> None:
    """Add a test that fails where a budget is given and there is no question to spend it on."""
    options = session.config.option
    given = options.qa_min_f1 is not None or options.qa_max_false_answers is not None
    if given and not any(item.name in BUDGETS for item in items):
        items.append(IdleBudgetItem.from_parent(session, name="qa-budget"))


class IdleBudgetItem(pytest.Item):
    """A budget without questions: an empty set proves nothing."""

    def runtest(self) -> None:
        """Fail."""
        patterns = " ".join(self.config.getini("qa_golden")) or "no file"
        pytest.fail(
            f"a budget is given and no golden question was collected: qa_golden names {patterns}; "
            "correct it, or the paths that pytest is given",
            pytrace=False,
        )

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return where the test stands, for the heading of its failure."""
        return self.path, None, self.name


def _percent(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"{text} is no number from 0 to 100, such as 95")
    return value

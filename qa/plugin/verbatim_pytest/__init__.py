"""A plugin of pytest that runs golden questions as tests; a package outside ``qa``.

pytest imports it at every start wherever Verbatim is installed, also in unrelated
projects. So it imports ``qa`` only once a golden file is collected: the import takes time
and disables network access in libraries that those projects may use (``qa.offline``).
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
    """Add the settings of golden questions, and the budgets."""
    parser.addini(
        "qa_golden", "files of golden questions, as patterns such as golden/*.jsonl", "args", []
    )
    parser.addini("qa_folder", "folder of documents, indexed before the first question", default="")
    parser.addini("qa_index", "index to ask, without a qa_folder", default="index")
    group = parser.getgroup("verbatim", "golden questions about documents")
    group.addoption(
        "--qa-min-f1",
        type=_percent,
        metavar="PERCENT",
        help="lowest F1 of the questions of each file; single misses are then allowed",
    )
    group.addoption(
        "--qa-max-false-answers",
        type=_percent,
        metavar="PERCENT",
        help="highest share of unanswerable questions answered; single misses are then allowed",
    )


def pytest_sessionstart(session: pytest.Session) -> None:
    """Raise a usage error for a pattern of ``qa_golden`` that matches no file."""
    config = session.config
    patterns = config.getini("qa_golden")
    if not patterns or hasattr(config, "workerinput"):  # checked before xdist's workers start
        return
    idle = set(patterns)
    for path in _files(config):
        idle -= {pattern for pattern in idle if path.match(pattern)}
        if not idle:
            return
    named = " ".join(pattern for pattern in patterns if pattern in idle)
    raise pytest.UsageError(
        f"qa_golden names {named}, which matches no file below {config.rootpath}: "
        "correct it, or create the file"
    )


def _files(config: pytest.Config) -> Iterator[Path]:
    """Yield the files below pytest's root and the given paths, collected or not."""
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
    """Collect a file that matches a pattern of ``qa_golden``."""
    if not any(file_path.match(pattern) for pattern in parent.config.getini("qa_golden")):
        return None
    from qa.evaluation.items import GoldenFile

    return GoldenFile.from_parent(parent, path=file_path)


@pytest.hookimpl(tryfirst=True)  # before -k and -m deselect tests
def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> None:
    """Add a failing test if a budget is given and no golden question was collected."""
    options = session.config.option
    given = options.qa_min_f1 is not None or options.qa_max_false_answers is not None
    if given and not any(item.name in BUDGETS for item in items):
        items.append(IdleBudgetItem.from_parent(session, name="qa-budget"))


class IdleBudgetItem(pytest.Item):
    """A budget without questions, which would otherwise pass."""

    def runtest(self) -> None:
        """Fail."""
        patterns = " ".join(self.config.getini("qa_golden")) or "no file"
        pytest.fail(
            f"a budget is given and no golden question was collected: qa_golden names {patterns}; "
            "correct it, or the paths given to pytest",
            pytrace=False,
        )

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return the location of the test, for the heading of its failure."""
        return self.path, None, self.name


def _percent(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 0 to 100, such as 95")
    return value

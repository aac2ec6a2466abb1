"""What the owner of a served page sees in the terminal of its builds."""

from __future__ import annotations

import sys
import time
from dataclasses import replace

from qa.builder import BuildReport
from qa.errors import QAError
from qa.library import Activity, State

# A line about a build that is running at most so often.
TELL_S = 5.0


class Terminal:
    """Prints reports of builds to stdout, progress and errors to stderr.

    ``name`` is that of the collection, empty where there is one folder alone.
    """

    def __init__(self, name: str = "") -> None:
        self._name = name
        self._told = -TELL_S
        self._stage = ""
        self._trouble = ""
        self._report: BuildReport | None = None

    def on_state(self, state: State) -> None:
        """Print how far a build is, now and then, and an error once."""
        if state.activity is not None:
            self._on_activity(state.activity)
        if state.trouble is None:
            self._trouble = ""
        elif str(state.trouble) != self._trouble:
            self._trouble = str(state.trouble)
            self._print_error(state.trouble)

    def on_report(self, report: BuildReport) -> None:
        """Print a report, of a later build what differs."""
        if self._name:
            print(f"{self._name}:", flush=True)
        print(report.changes(self._report) if self._report else report, flush=True)
        self._report = report

    def _on_activity(self, activity: Activity) -> None:
        is_end = activity.total and activity.done >= activity.total
        is_new = activity.stage != self._stage and activity.total
        if is_end or is_new or (activity.total and time.monotonic() - self._told >= TELL_S):
            self._told, self._stage = time.monotonic(), activity.stage
            print(replace(activity, name=self._name), file=sys.stderr, flush=True)

    def _print_error(self, error: QAError) -> None:
        name = f" {self._name}:" if self._name else ""
        print(f"qa:{name} {error.problem}", file=sys.stderr)
        if error.remedy:
            print(f"    {error.remedy}", file=sys.stderr, flush=True)

"""What the owner of a served page sees in the terminal of its builds."""

from __future__ import annotations

import sys
import time

from qa.builder import BuildReport
from qa.errors import QAError
from qa.library import Activity, State

# A line about a build that is running at most so often.
TELL_S = 5.0


class Terminal:
    """Prints reports of builds to stdout, progress and errors to stderr."""

    def __init__(self) -> None:
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
            _print_error(state.trouble)

    def on_report(self, report: BuildReport) -> None:
        """Print a report, of a later build what differs."""
        print(report.changes(self._report) if self._report else report, flush=True)
        self._report = report

    def _on_activity(self, activity: Activity) -> None:
        is_end = activity.total and activity.done >= activity.total
        is_new = activity.stage != self._stage and activity.total
        if is_end or is_new or (activity.total and time.monotonic() - self._told >= TELL_S):
            self._told, self._stage = time.monotonic(), activity.stage
            print(activity, file=sys.stderr, flush=True)


def _print_error(error: QAError) -> None:
    print(f"qa: {error.problem}", file=sys.stderr)
    if error.remedy:
        print(f"    {error.remedy}", file=sys.stderr, flush=True)

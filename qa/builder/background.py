"""Build in a child process, so that a build neither slows nor stops what this process does."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from qa import errors
from qa.builder.build import build
from qa.builder.embedding import Progress
from qa.builder.report import BuildReport, FileReport
from qa.errors import EmptyCorpus, QAError
from qa.index import build_command

# Questions come first: the child runs at a lower priority.
NICENESS = 10
# Progress is told at most so often.
TELL_S = 0.1
_START = "import sys; sys.path[:] = {path!r}; from {module} import serve; serve()"


class BackgroundBuild:
    """One build in a child process; ``stop`` may be called from another thread."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def run(self, folder: Path, index_dir: Path, progress: Progress | None = None) -> BuildReport:
        """Bring an index up to date with a folder, as :func:`qa.builder.build` does.

        Raises what that raises, and :class:`~qa.errors.QAError` if the child ended before it was
        done; what it had encoded is not encoded again.
        """
        code = _START.format(path=sys.path, module=__name__)
        # In a session of its own: Ctrl-C ends the parent, which ends the child.
        child = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self._child = child
        if self._stopped:
            child.kill()
        assert child.stdin is not None
        assert child.stdout is not None
        with child:
            # The pipe stays open: its end tells the child that its parent is gone.
            try:
                child.stdin.write(json.dumps([str(folder), str(index_dir)]).encode() + b"\n")
                child.stdin.flush()
            except BrokenPipeError:  # it has ended; closed here, or the same would be raised below
                with contextlib.suppress(BrokenPipeError):
                    child.stdin.close()
            for line in child.stdout:
                if not line.endswith(b"\n"):
                    break  # it was ended while it wrote
                kind, *values = json.loads(line)
                if kind == "report":
                    return _report(values[0])
                if kind == "error":
                    raise _error(*values)
                if progress is not None:
                    progress(*values)
        raise QAError(
            f"the build ended before it was done (exit code {child.returncode})",
            f"run {build_command(index_dir, folder)} to see why",
        )

    def stop(self) -> None:
        """End the build; one that starts later ends at once."""
        self._stopped = True
        if self._child is not None:
            self._child.kill()


def serve() -> None:
    """Run the child: read the folders from stdin, and tell progress and outcome on stdout."""
    from qa.networks.encoder import SentenceEncoder

    folder, index_dir = map(Path, json.loads(sys.stdin.buffer.readline()))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if hasattr(os, "nice"):  # not on Windows
        os.nice(NICENESS)
    # What libraries print must not mix with what is told.
    told = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)

    def tell(*values: object) -> None:
        told.write(json.dumps(values).encode("ascii") + b"\n")
        told.flush()

    last = 0.0

    def progress(stage: str, done: int, total: int) -> None:
        nonlocal last
        if done >= total or time.monotonic() - last >= TELL_S:
            last = time.monotonic()
            tell("progress", stage, done, total)

    try:
        report = build(folder, index_dir, encoder=SentenceEncoder(), progress=progress)
    except QAError as error:
        skipped = error.skipped if isinstance(error, EmptyCorpus) else ()
        tell("error", type(error).__name__, error.problem, error.remedy, skipped)
    else:
        tell("report", report.to_dict())


def _end_with_parent() -> None:
    # Not through `sys.stdin`, whose lock would be held when the interpreter ends.
    while os.read(0, 4096):
        pass
    os._exit(1)


def _report(values: dict[str, Any]) -> BuildReport:
    files = tuple(FileReport(**{**file, "notes": tuple(file["notes"])}) for file in values["files"])
    counts = ("folder", "encoded", "reused", "changed", "seconds", "hidden")
    kept = {name: values[name] for name in counts}
    return BuildReport(files=files, gone=tuple(values["gone"]), **kept)


def _error(name: str, problem: str, remedy: str, skipped: list[list[str]]) -> QAError:
    if name == EmptyCorpus.__name__:
        return EmptyCorpus(problem, remedy, skipped=tuple((path, why) for path, why in skipped))
    kind: type[QAError] = getattr(errors, name, QAError)
    return kind(problem, remedy)

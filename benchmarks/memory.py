"""The memory of a process, as Linux reports it."""

from __future__ import annotations

from pathlib import Path


def status_kib(field: str, pid: str = "self") -> int:
    """Return a field of ``/proc/PID/status``; 0 if the field or the process does not exist."""
    try:
        status = Path("/proc", pid, "status").read_text(encoding="ascii", errors="replace")
        return int(status.split(f"{field}:")[1].split()[0])
    except (OSError, IndexError):  # a process that has ended has no memory
        return 0

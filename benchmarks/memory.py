"""What Linux says of a process's memory."""

from __future__ import annotations

from pathlib import Path


def status_kib(field: str, pid: str = "self") -> int:
    """Return a field of ``/proc/PID/status``; 0 where that, or the process, is not there."""
    try:
        status = Path("/proc", pid, "status").read_text(encoding="ascii", errors="replace")
        return int(status.split(f"{field}:")[1].split()[0])
    except (OSError, IndexError):  # one that has ended has no memory left to tell of
        return 0

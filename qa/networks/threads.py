"""The one place where thread counts are set.

PyTorch, FAISS and scikit-learn each bring their own OpenMP runtime. Two runtimes whose teams
spin while they wait for the same cores make each other 10 to 100 times slower. So no library
gets a team: every call runs on one thread, and the stages run several calls side by side on
``cores()`` threads. Results then do not depend on a thread count either.
"""

from __future__ import annotations

import os
import sys
from math import ceil
from pathlib import Path

_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def cores() -> int:
    """Return how many cores this process may use, by its affinity and its container's quota."""
    if hasattr(os, "sched_getaffinity"):
        allowed = len(os.sched_getaffinity(0))
    else:
        allowed = os.cpu_count() or 1
    try:
        quota, period = _QUOTA.read_text(encoding="ascii").split()
        allowed = min(allowed, ceil(int(quota) / int(period)))
    except (OSError, ValueError):  # no quota ("max"), or no such file
        pass
    return max(allowed, 1)


def limit_threads() -> None:
    """Limit PyTorch, FAISS and OpenCV, if loaded, to one thread per call.

    Call it after importing one of them, and in each thread that calls PyTorch: OpenMP keeps
    its count per thread.
    """
    # If it is unset, tokenizers warns on stderr whenever the process forks.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)
    if faiss := sys.modules.get("faiss"):
        faiss.omp_set_num_threads(1)
    if cv2 := sys.modules.get("cv2"):
        cv2.setNumThreads(1)

"""Results, saved under the commit they were measured at."""

from __future__ import annotations

import json
import platform
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qa.networks.threads import cores

RESULTS = Path(__file__).parent / "results"


def commit() -> str:
    """Return the short hash of the commit, marked if the working tree differs from it."""
    try:
        return subprocess.run(
            ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def machine() -> dict[str, Any]:
    """Return what times depend on: the gain of int8 varies with the processor."""
    try:
        cpuinfo = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        cpuinfo = ""
    name = re.search(r"^model name\s*: (.+)$", cpuinfo, flags=re.MULTILINE)
    return {
        "cores": cores(),
        "arch": platform.machine(),
        "os": platform.system(),
        "processor": name[1] if name else "",
    }


def named(machine: Mapping[str, Any]) -> str:
    """Return a description of the machine: "2 x86_64 cores (AMD EPYC)"."""
    words = f"{machine['cores']} {machine['arch']} cores"
    return f"{words} ({machine['processor']})" if machine.get("processor") else words


def save(kind: str, results: Mapping[str, Any]) -> Path:
    """Show results, write them as ``KIND-COMMIT.json`` and return the file."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{kind}-{results['commit']}.json"
    text = json.dumps(results, indent=2) + "\n"
    path.write_text(text, encoding="utf-8")
    print(text)
    return path

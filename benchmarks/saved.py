"""Results, saved by the commit that they were measured at."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def commit() -> str:
    """Return the short hash of the commit, marked where the tree differs from it."""
    try:
        return subprocess.run(
            ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def save(kind: str, results: Mapping[str, Any]) -> Path:
    """Show results, write them as ``KIND-COMMIT.json`` and return the file."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{kind}-{results['commit']}.json"
    text = json.dumps(results, indent=2) + "\n"
    path.write_text(text, encoding="utf-8")
    print(text)
    return path

"""Nothing leaves the machine: what the libraries would send is switched off first."""

from __future__ import annotations

import os

# Each is read when its library is first imported, so they are set before any is.
# ONNX Runtime reports to its maker from Linux too since 2026, and only the
# variable (its name changed once) stops it before the first event; Gradio has
# analytics and a version check; the hub libraries look for newer files.
SWITCHES = {
    "ORT_DISABLE_TELEMETRY": "1",
    "ORT_TELEMETRY_DISABLED": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
}


def keep_silent() -> None:
    """Set the switches for this process and its children, whatever they were before."""
    os.environ.update(SWITCHES)

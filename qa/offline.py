"""Switches off telemetry and downloads in the libraries: nothing leaves the machine."""

from __future__ import annotations

import os

# A library reads its switches when it is first imported, so they are set before any import.
# Since 2026 ONNX Runtime sends telemetry from Linux too, and only the variable (its name changed
# once) prevents the first event. Gradio has analytics and a version check. The hub libraries
# look for newer files.
SWITCHES = {
    "ORT_DISABLE_TELEMETRY": "1",
    "ORT_TELEMETRY_DISABLED": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
}


def go_offline() -> None:
    """Set the switches for this process and its children, whatever their values were."""
    os.environ.update(SWITCHES)

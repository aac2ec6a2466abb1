"""The clipboard: by a program of the system, or by the terminal itself."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from qa.errors import QAError

TIMEOUT_S = 5
# Some terminals drop longer ones.
MAX_SENT = 70_000
TERMINAL = Path("/dev/tty")
# Terminals that do not know the sequence.
_WITHOUT = ("", "dumb", "linux")
# What is pasted may be pasted into a terminal.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def copy(text: str, environment: Mapping[str, str]) -> str:
    """Put a text on the clipboard, and return by what: a program, or "the terminal".

    Control characters but tab and line feed are left out. Raises QAError where there is neither.
    """
    text = _CONTROLS.sub("", text)
    for command in _programs(environment):
        if shutil.which(command[0]) and _ran(command, text):
            return command[0]
    if environment.get("TERM", "") not in _WITHOUT and _sent(text):
        return "the terminal"
    raise QAError(
        "there is no clipboard here",
        "install wl-clipboard or xclip, or use a terminal that takes OSC 52",
    )


def _programs(environment: Mapping[str, str]) -> Iterator[list[str]]:
    """Yield the commands that may do it here, the likeliest first."""
    if "SSH_CONNECTION" in environment or "SSH_TTY" in environment:
        return  # the clipboard of the other machine is of no use; that of the terminal is
    if sys.platform == "darwin":
        yield ["pbcopy"]
    elif sys.platform == "win32":
        yield ["clip"]
    else:
        if "WAYLAND_DISPLAY" in environment:
            yield ["wl-copy"]
        if "DISPLAY" in environment:
            yield ["xclip", "-selection", "clipboard"]
            yield ["xsel", "--clipboard", "--input"]
        yield ["termux-clipboard-set"]
        if "WSL_DISTRO_NAME" in environment:
            yield ["clip.exe"]


def _ran(command: list[str], text: str) -> bool:
    encoding = "utf-16" if command[0].startswith("clip") else "utf-8"
    try:
        done = subprocess.run(
            command,
            input=text.encode(encoding, "replace"),
            # A program that stays to serve the clipboard would keep ours open.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _sent(text: str) -> bool:
    """Send the sequence OSC 52 to the terminal, if there is one; whether it is taken is unknown."""
    encoded = base64.b64encode(text.encode("utf-8", "replace"))
    if len(encoded) > MAX_SENT:
        return False
    try:
        with TERMINAL.open("wb", buffering=0) as terminal:
            terminal.write(b"\x1b]52;c;" + encoded + b"\x07")
    except OSError:
        return False
    return True

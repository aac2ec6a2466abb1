"""Which program opens a file, and how it is told the page or the line."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# Formats of which lines mean something to an editor, and others that may be handed to the system:
# a file of another name might be run, not shown.
LINES = frozenset(".txt .md .markdown .csv .tsv .log .json .jsonl .tex .org .srt .vtt .ics".split())
SHOWN = LINES | frozenset(
    ".pdf .docx .odt .rtf .epub .pptx .odp .xlsx .xls .ods .png .jpg .jpeg .tif .tiff .htm "
    ".html .eml".split()
)
_VIEWERS = (("evince", "--page-index={}"), ("okular", "--page={}"), ("zathura", "--page={}"))
_IN_WINDOWS = frozenset("code codium gedit gnome-text-editor kate subl".split())
_PLUS_LINE = frozenset("emacs emacsclient gedit joe kak mg micro nano nvim vi view vim".split())


@dataclass(frozen=True, slots=True)
class Program:
    """A command; ``in_terminal`` is whether it needs the terminal until it ends."""

    command: tuple[str, ...]
    in_terminal: bool


def program_for(
    path: Path,
    page: int | None,
    line: int | None,
    environment: Mapping[str, str],
    *,
    on_terminal: bool,
) -> Program | None:
    """Return what opens a file of an absolute path here; None if nothing is known that does."""
    suffix, name = path.suffix.lower(), str(path)
    editor = _editor(name, line, environment) if suffix in LINES else None
    if editor is not None and (on_terminal or not editor.in_terminal):
        return editor
    if suffix in SHOWN and _has_windows(environment):
        if suffix == ".pdf" and page and sys.platform not in ("darwin", "win32"):
            for viewer, option in _VIEWERS:
                if shutil.which(viewer):
                    return Program((viewer, option.format(page), name), in_terminal=False)
        opener = {"darwin": "open", "win32": "explorer"}.get(sys.platform, "xdg-open")
        if shutil.which(opener):
            return Program((opener, name), in_terminal=False)
    if suffix in LINES and on_terminal and shutil.which("less"):
        return Program(("less", f"+{line or 1}g", name), in_terminal=True)
    return None


def _editor(name: str, line: int | None, environment: Mapping[str, str]) -> Program | None:
    try:
        words = shlex.split(environment.get("VISUAL") or environment.get("EDITOR") or "")
    except ValueError:  # an open quotation mark
        return None
    if not words:
        return None
    editor = Path(words[0]).name
    if line and editor in ("code", "codium"):
        words += ["--goto", f"{name}:{line}"]
    elif line and editor == "subl":
        words.append(f"{name}:{line}")
    else:
        words += [f"+{line}", name] if line and editor in _PLUS_LINE else [name]
    return Program(tuple(words), in_terminal=editor not in _IN_WINDOWS)


def _has_windows(environment: Mapping[str, str]) -> bool:
    return sys.platform in ("darwin", "win32") or bool(
        environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")
    )

"""The look: no font, style or script from anywhere but this machine."""

from __future__ import annotations

from pathlib import Path

from gradio.themes import Base

SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")
STYLES = [Path(__file__).parent / f"{name}.css" for name in ("style", "library", "viewer", "print")]


class Theme(Base):
    """Gradio's base theme with the page's own style sheet after it."""

    def __init__(self) -> None:
        super().__init__(font=SANS, font_mono=MONO)
        self.name = "verbatim"
        self.custom_css = "\n".join(each.read_text(encoding="utf-8") for each in STYLES)

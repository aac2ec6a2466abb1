"""What a file says of its pictures and formulas, in words."""

from __future__ import annotations

import re
from typing import Any

from qa.loaders.printed.line import RAISED

# Fewer words name a sign or a button: "logo", "Follow us".
_MIN_WORDS = 3
_MAX_CHARACTERS = 500
_FILE_NAME = re.compile(r"\S\.(?:jpe?g|png|gif|svg|webp|bmp|tiff?|emf|wmf)\b", re.IGNORECASE)
_GENERATED = re.compile(
    r"\s*(?:AI-generated content may be incorrect|Description automatically"
    r" generated)[\w\s]*\.?\s*",
    re.IGNORECASE,
)
# Elements of MathML, and of the formulas of Word, by what they do to their parts.
_RAISED = {"msup", "sSup"}
_LOWERED = {"msub", "sSub"}
_FRACTIONS = {"mfrac", "f"}
_ROOTS = {"msqrt", "rad"}
_UNREAD = {*"annotation annotation-xml ctrlPr".split()}
_PROPERTIES = re.compile(r"\w+Pr")


def picture_text(description: str | None) -> str:
    """Return the words that describe a picture; empty if they say nothing or are a file's name."""
    text = " ".join((description or "").split())
    if _GENERATED.search(text) or _FILE_NAME.search(text) or len(text.split()) < _MIN_WORDS:
        return ""
    return text[:_MAX_CHARACTERS]


def formula_text(node: Any) -> str:
    """Return a formula of MathML or Word in one line: "x² + a/(b + 1)"."""
    return " ".join(_linear(node).split())


def _linear(node: Any) -> str:
    name = _name(node)
    if name in _UNREAD or _PROPERTIES.fullmatch(name):
        return ""
    parts = [each for each in node if _name(each) and not _PROPERTIES.fullmatch(_name(each))]
    inner = [_linear(each) for each in parts]
    if name in _RAISED and len(inner) == 2:
        base, power = inner[0], inner[1].strip()
        if power in ("∘", "°"):
            return f"{base}°"
        plain = all(ord(sign) in RAISED for sign in power)
        return base + (power.translate(RAISED) if plain else f"^{_grouped(power)}")
    if name in _LOWERED and len(inner) == 2:
        return f"{inner[0]}_{_grouped(inner[1])}"
    if name in _FRACTIONS and len(inner) == 2:
        return f"{_grouped(inner[0])}/{_grouped(inner[1])}"
    if name in _ROOTS:
        return f"√{_grouped(''.join(inner[-1:] if name == 'rad' else inner))}"
    if name == "t":
        return node.text or ""
    words = (node.text or "").strip() if not parts else ""
    if name == "mo" and words in ("=", "<", ">", "+", "−", "-", "≤", "≥", "≈", "→", "±"):
        return f" {words} "
    if name == "mtext":
        return f" {words} "
    return words + (" " if name == "mtd" else "").join(inner)


def _grouped(text: str) -> str:
    text = text.strip()
    return text if re.fullmatch(r"[\w.]*", text) else f"({text})"


def _name(node: Any) -> str:
    return node.tag.rsplit("}", 1)[-1] if isinstance(node.tag, str) else ""

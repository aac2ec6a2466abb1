"""Number the sections, tables, figures and formulas of a LaTeX document as its printed page does.

References to them are labels in the source, and numbers on the page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"(?<!\\)%[^\n]*"
    r"|\\(?P<section>chapter|section|subsection|subsubsection)(?P<star>\*?)(?=\s*[\[{])"
    r"|\\(?P<edge>begin|end)\{(?P<name>[a-zA-Z]{1,20})\*?\}"
    r"|\\(?P<caption>caption)(?=\s*[\[{])"
    r"|\\label\s*\{(?P<label>[^{}]{1,100})\}"
    r"|\\(?P<appendix>appendix)\b"
    r"|\\(?P<matter>front|main|back)matter\b"
    r"|\\(?P<item>item)(?![a-zA-Z])"
)
_UNNUMBERED = re.compile(r"\\setcounter\s*\{secnumdepth\}\s*\{\s*(?P<depth>-?\d+)\s*\}")
_LEVELS = ("chapter", "section", "subsection", "subsubsection")
_FLOATS = {
    **dict.fromkeys(("table", "longtable", "wraptable", "sidewaystable"), "Table"),
    **dict.fromkeys(("figure", "wrapfigure", "sidewaysfigure"), "Figure"),
}
_FORMULAS = {"equation", "align", "gather", "multline", "eqnarray", "alignat"}
_NUMBERED = {*_FLOATS, *_FORMULAS}
_LISTS = {"enumerate", "itemize", "description"}
_MAX_OPEN = 20
_CODE = {"verbatim", "lstlisting", "minted", "comment"}
_OTHER_LANGUAGE = re.compile(r"\\usepackage\s*\[(?![^\]]*english)[^\]]*\]\s*\{babel\}")


@dataclass(slots=True)
class References:
    """What each label names, as in ("Table", "2"), and the names of captions in their order.

    ``sections`` are the numbers of headings, by where these are in the body.
    """

    labels: dict[str, tuple[str, str]] = field(default_factory=dict)
    captions: list[str] = field(default_factory=list)
    sections: dict[int, str] = field(default_factory=dict)

    def shown(self, labels: str, *, is_named: bool) -> str:
        """Return what stands for labels, with commas between several; empty if unknown."""
        names = map(str.strip, labels.split(","))
        found = [self.labels[name] for name in names if name in self.labels]
        texts = [f"{kind} {number}" if is_named and kind else number for kind, number in found]
        return ", ".join(texts)


def references_in(preamble: str, body: str) -> References:
    """Return the numbers of what has labels in the body of a document.

    Captions have no names where the document is in another language than English.
    """
    found = References()
    counts = dict.fromkeys((*_LEVELS, "Table", "Figure", "Equation"), 0)
    is_english = not _OTHER_LANGUAGE.search(preamble)
    depth = _UNNUMBERED.search(preamble)
    deepest = int(depth["depth"]) if depth else 3 - ("\\chapter" in body)
    open_names: list[str] = []
    items: list[int] = []  # of the numbered lists that are open
    section = ("", "")
    caption: tuple[str, str] | None = None
    is_appendix = is_unnumbered = False
    for token in _TOKEN.finditer(body):
        inside = next((n for n in reversed(open_names) if n in _NUMBERED), "")
        if any(name in _CODE for name in open_names) and token["edge"] != "end":
            continue
        if token["section"] and not token["star"]:
            if is_unnumbered or _LEVELS.index(token["section"]) > deepest:
                continue
            number = _section(counts, token["section"], is_appendix=is_appendix)
            section = "Section", number
            found.sections[token.start()] = number
        elif token["matter"]:
            is_unnumbered = token["matter"] != "main"
        elif token["item"]:
            if items and _list_of(open_names) == "enumerate":
                items[-1] += 1
        elif token["edge"] == "begin":
            open_names.append(token["name"])
            if token["name"] == "enumerate":
                items.append(0)
            del open_names[:-_MAX_OPEN]
            caption = None
            if token["name"] == "equation":
                counts["Equation"] += 1
        elif token["edge"] == "end" and token["name"] in open_names:
            if token["name"] == "enumerate" and items:
                items.pop()
            del open_names[len(open_names) - 1 - open_names[::-1].index(token["name"]) :]
        elif token["caption"]:
            kind = _FLOATS.get(inside, "")
            if kind:
                counts[kind] += 1
                caption = kind, str(counts[kind])
            named = caption is not None and kind and is_english
            found.captions.append(f"{kind} {counts[kind]}: " if named else "")
        elif token["appendix"]:
            is_appendix = True
            counts |= dict.fromkeys(_LEVELS, 0)
        elif label := token["label"]:
            if inside in _FORMULAS:
                counts["Equation"] += inside != "equation"
                found.labels[label] = "Equation", str(counts["Equation"])
            else:
                in_item = not inside and items and _list_of(open_names) == "enumerate"
                item = ("Item", str(items[-1])) if in_item else section
                found.labels[label] = caption if inside and caption else item
    return found


def _list_of(open_names: Sequence[str]) -> str:
    """Return the innermost list of open environments."""
    return next((name for name in reversed(open_names) if name in _LISTS), "")


def _section(counts: dict[str, int], name: str, *, is_appendix: bool) -> str:
    """Count a section and return its number, such as "2.1"."""
    level = _LEVELS.index(name)
    counts[name] += 1
    counts |= dict.fromkeys(_LEVELS[level + 1 :], 0)
    numbers = [counts[each] for each in _LEVELS[: level + 1]]
    numbers = numbers if numbers[0] else numbers[1:]
    first = chr(ord("A") + numbers[0] - 1) if is_appendix and numbers[0] else str(numbers[0])
    return ".".join([first, *map(str, numbers[1:])])

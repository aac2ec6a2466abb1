"""Read LaTeX with pylatexenc, as the words of the printed page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from qa.loaders.dates import find_date
from qa.loaders.extracted import Extracted, TextBuilder
from qa.loaders.papers.curriculum import person_in
from qa.loaders.papers.forms import (
    ARGUMENTS,
    CODE,
    CV_ENTRIES,
    ENVIRONMENTS,
    HEADINGS,
    HEADS,
    ITEMS,
    MATH,
    OTHER_FILES,
    REFERENCES,
    RULES,
    SEPARATORS,
    SKIPPED,
    TABLES,
    TITLED,
    UNIT_LAST,
    UNITS,
    UNSEEN,
    WRAPPING,
)
from qa.loaders.papers.macros import body_of, defined_in, expanded, places_of
from qa.loaders.papers.references import References, references_in
from qa.loaders.papers.units import unit
from qa.loaders.tables.grid import Cell, add_grid
from qa.text import counted

# What a small raised circle is written as.
_DEGREE = re.compile(r"\^\s*∘")
_SOURCE = re.compile(r"\A(?:\s*%[^\n]*\n)*\s*\\(?:documentclass|documentstyle|begin\{document\})")
_MAX_STATED = 5_000  # characters of a title
_MAX_AUTHORS = 200
_COUNT = re.compile(r"-?\d{1,4}")
_PARAGRAPH_END = re.compile(r"\n[ \t]*\n")


def looks_like_latex(text: str) -> bool:
    """Return whether a text begins as a LaTeX document does, comments aside."""
    return _SOURCE.match(text[:5_000]) is not None


def read_latex(text: str) -> Extracted:
    """Return headings, paragraphs, items, rows, formulas and notes; notes follow their paragraph.

    Macros that the document defines are read as what they stand for.
    """
    preamble, body = body_of(text)
    named = {name: _stated(text, name) for name in ("title", "subtitle", "author", "affil", "date")}
    macros = defined_in(preamble, body)
    parts = [[expanded(each, macros) for each in found] for found in named.values()]
    body = expanded(body, macros)
    reader = _Reader(body, references_in(preamble, body))
    title, subtitle, date = (
        reader.words(_parsed(found[-1])) if found else "" for found in (*parts[:2], parts[-1])
    )
    authors = [each for source in parts[2] for each in reader.authors(_parsed(source))]
    builder = reader.builder
    name, stated = person_in(preamble)
    person = reader.words(_parsed(name))
    builder.add(person, "heading", level=1)
    builder.add(
        " ".join(filter(None, (title, subtitle))),
        "body" if person else "heading",
        level=0 if person else 1,
    )
    for source in stated:
        builder.add_content(reader.words(_parsed(source)))
    is_one_line = all(len(lines) == 1 for lines in authors)
    names = ", ".join(lines[0] for lines in authors)
    builder.add_content(names if is_one_line else "\n".join("\n".join(each) for each in authors))
    for source in parts[3]:
        builder.add_content(reader.words(_parsed(source)))
    builder.add_content(date)
    reader.add(_parsed(body))
    if reader.others:
        builder.notes.append(
            f"{counted(len(reader.others), 'part')} in other files: {', '.join(reader.others)}"
        )
    if reader.pictures:
        builder.notes.append(f"{counted(reader.pictures, 'picture')} without text")
    return builder.result(
        title=person or title or reader.first or builder.first_heading(),
        author=names or person,
        date=find_date(date),
    )


def _stated(source: str, name: str) -> list[str]:
    """Return the arguments of a macro such as ``title``, each in its braces."""
    found = []
    for place in places_of(source, name)[:_MAX_AUTHORS]:
        node = next(iter(_parsed(source[place : place + _MAX_STATED], first=True)), None)
        group = _arguments(node)[-1:]
        found += [each.latex_verbatim() for each in group]
    return found


@lru_cache(maxsize=1)
def _known() -> Any:
    """Return the macros and environments whose form is known."""
    from pylatexenc.latexwalker import get_default_latex_context_db
    from pylatexenc.macrospec import std_environment, std_macro

    known = get_default_latex_context_db()
    macros = [std_macro(name, form) for name, form in ARGUMENTS.items()]
    environments = [std_environment(name, form) for name, form in ENVIRONMENTS.items()]
    known.add_context_category("more", macros=macros, environments=environments, prepend=True)
    return known


def _parsed(source: str, *, first: bool = False) -> list[Any]:
    """Return the nodes of a source, or the first of them; what cannot be parsed is passed over."""
    from pylatexenc.latexwalker import LatexWalker, LatexWalkerError

    walker = LatexWalker(source, latex_context=_known(), tolerant_parsing=True)
    found: list[Any] = []
    place = 0
    while place < len(source):
        try:
            nodes, start, length = walker.get_latex_nodes(
                pos=place, read_max_nodes=1 if first else None
            )
        except LatexWalkerError:
            nodes, start, length = [], place, 0
        found += [node for node in nodes if node is not None]
        if first:
            break
        place = max(start + length, place + 1)
    return found


class _Reader:
    """Appends nodes of a source to a builder, paragraph by paragraph."""

    def __init__(self, text: str, references: References) -> None:
        from pylatexenc.latex2text import LatexNodes2Text

        self._references = references
        self._captions = iter(references.captions)

        self.builder = TextBuilder()
        self.first = ""  # the first heading, without its number
        self.others: list[str] = []
        self.pictures = 0
        self._text = text
        self._plain = LatexNodes2Text(math_mode="text", keep_comments=False)
        self._words: list[str] = []
        self._notes: list[str] = []
        self._numbers: int | None = None  # of the items of the list that is open
        self._is_described = False

    def add(self, nodes: Sequence[Any]) -> None:
        """Append nodes; what is left of a paragraph is appended too."""
        for node in nodes:
            self._add_node(node)
        self._flush()

    def words(self, nodes: Sequence[Any]) -> str:
        """Return the words of nodes in one line."""
        text = " ".join("".join(map(self._inline, filter(None, nodes))).split())
        return text.replace(" , ", ", ")

    def authors(self, nodes: Sequence[Any]) -> list[list[str]]:
        """Return the lines of each author: the name, and what is said of them."""
        found: list[list[list[Any]]] = [[[]]]
        for node in nodes[0].nodelist if nodes and hasattr(nodes[0], "nodelist") else nodes:
            name = getattr(node, "macroname", "")
            if name in SEPARATORS:
                found.append([[]])
            elif name in ("\\", "newline"):
                found[-1].append([])
            else:
                found[-1][-1].append(node)
        authors = [[*filter(None, (self.words(line) for line in lines))] for lines in found]
        return [lines for lines in authors if lines]

    def _flush(self) -> None:
        self.builder.add_content(" ".join("".join(self._words).split()))
        self._words.clear()
        for note in self._notes:
            self.builder.add_content(note)
        self._notes.clear()

    def _add_node(self, node: Any) -> None:
        name = getattr(node, "macroname", "")
        if (environment := getattr(node, "environmentname", "")) and environment != "document":
            self._add_environment(node, environment.rstrip("*"))
        elif name in HEADINGS:
            self._flush()
            words = self.words(_arguments(node)[-1:])
            self.first = self.first or words
            number = self._references.sections.get(node.pos, "")
            self.builder.add(f"{number} {words}", "heading", level=HEADINGS[name])
        elif name in CV_ENTRIES:
            self._flush()
            first, *rest = [self.words([each]) for each in _arguments(node) if _is_braced(each)]
            self._words.append(": ".join(filter(None, (first, ", ".join(filter(None, rest))))))
            self._flush()
        elif name in ("question", "subpart"):  # of an examination
            self._flush()
        elif name in ("item", "bibitem", "par", "caption", "subcaption", "captionof"):
            self._flush()
            if name == "item" and self.builder.items:
                self.builder.items[-1] = self._next_item()
            shown = [] if name in ("bibitem", "par") else _arguments(node)
            label = self.words(shown[-1:])
            if name == "item" and self._is_described:
                label = label.removeprefix("[").removesuffix("]")
            if name == "bibitem":  # as it is cited
                label = f"[{self.words(_arguments(node)[-1:])}]"
            named = next(self._captions, "") if name == "caption" else ""
            self._words.append(f"{named}{label} ")
            if "caption" in name:
                self._flush()
        elif type(node).__name__ == "LatexCharsNode":
            first, *more = _PARAGRAPH_END.split(node.chars)
            self._words.append(first)
            for paragraph in more:
                self._flush()
                self._words.append(paragraph)
        elif type(node).__name__ == "LatexSpecialsNode" and node.specials_chars == "\n\n":
            self._flush()
        elif name in WRAPPING and _has_parts(inner := _nodes(_arguments(node)[-1:])):
            self.add(inner)
        elif type(node).__name__ == "LatexGroupNode" and _has_parts(node.nodelist):
            self.add(node.nodelist)
        else:
            self._words.append(self._inline(node))

    def _add_environment(self, node: Any, name: str) -> None:
        if name in SKIPPED:
            self.pictures += name != "comment"
            return
        self._flush()
        if name in TABLES:
            self._add_table(node.nodelist)
        elif name in CODE:
            source = self._text[node.pos : node.pos + node.len]
            inner = re.sub(r"\A\\begin\{[^}]*\}(?:\[[^\]]*\])?|\\end\{[^}]*\}\Z", "", source)
            self.builder.add(inner.strip("\n"), "body")
        elif name in MATH:
            self.builder.add_content(self._shown(node))
        elif name in ITEMS or name == "description":
            self._add_list(node.nodelist, name)
        else:
            nodes = node.nodelist
            if name == "abstract":
                self.builder.add("Abstract", "heading", level=2)
            elif name in TITLED and nodes and type(nodes[0]).__name__ == "LatexGroupNode":
                self.builder.add(self.words(nodes[:1]), "heading", level=TITLED[name])
                nodes = nodes[1:]
            self.add(nodes)

    def _add_list(self, nodes: Sequence[Any], name: str) -> None:
        outside = self._numbers, self._is_described
        self._numbers, self._is_described = 0 if ITEMS.get(name) else None, name == "description"
        if name in ITEMS:
            self.builder.items.append(0)
        self.add(nodes)
        if name in ITEMS:
            self.builder.items.pop()
        self._numbers, self._is_described = outside

    def _next_item(self) -> int:
        if self._numbers is None:
            return 0
        self._numbers += 1
        return self._numbers

    def _add_table(self, nodes: Sequence[Any]) -> None:
        """Append a table; of the headers and footers of a long one, those of its first page."""
        captions = list(_macros(nodes, "caption"))
        for caption in captions[:1]:
            self._add_node(caption)
        nodes = [node for node in nodes if node not in captions]
        parts: dict[str, list[Any]] = {}
        part: list[Any] = []
        for node in nodes:
            if getattr(node, "macroname", "") in HEADS:
                parts[node.macroname], part = part, []
            else:
                part.append(node)
        head = parts.get("endfirsthead", parts.get("endhead", []))
        nodes = [*head, *part, *parts.get("endlastfoot", [])]
        rules = [n.macroname for n in nodes if getattr(n, "macroname", "") in RULES]
        is_ruled = "midrule" in rules or rules.count("hline") > 1
        rows = list(self._rows(nodes))
        add_grid(rows, self.builder, is_likely=is_ruled)
        self._flush()

    def _rows(self, nodes: Sequence[Any]) -> Iterator[list[Cell]]:
        """Yield rows without the empty cells that keep the place of those merged over rows."""
        covered: dict[int, int] = {}  # by column, the rows left
        for row in _lifted(list(self._full_rows(nodes))):
            column = 0
            kept: list[Cell] = []
            left = {each: count - 1 for each, count in covered.items() if count > 1}
            for cell in row:
                if cell.text or column not in covered:
                    kept.append(cell)
                    left.pop(column, None)
                    if cell.down > 1:
                        below = range(column, column + cell.across)
                        left |= dict.fromkeys(below, cell.down - 1)
                column += cell.across
            covered = left
            yield kept

    def _full_rows(self, nodes: Sequence[Any]) -> Iterator[list[Cell]]:
        row: list[Cell] = []
        cell: list[Any] = []

        def closed() -> Cell:
            inside, spans = cell, {"multicolumn": 1, "multirow": 1}
            while merged := next((n for n in inside if getattr(n, "macroname", "") in spans), None):
                arguments = _arguments(merged)
                count = self.words(
                    arguments[:1] if merged.macroname == "multicolumn" else arguments[-3:-2]
                )
                spans[merged.macroname] = int(count) if _COUNT.fullmatch(count) else 1
                inside = _nodes(arguments[-1:])
            return Cell(self.words(inside), spans["multicolumn"], spans["multirow"])

        for node in nodes:
            if getattr(node, "macroname", "") in ("\\", "tabularnewline"):
                row.append(closed())
                if any(each.text for each in row):
                    yield row
                row, cell = [], []
            elif getattr(node, "specials_chars", "") == "&":
                row.append(closed())
                cell = []
            else:
                cell.append(node)
        row.append(closed())
        if any(each.text for each in row):
            yield row

    def _inline(self, node: Any) -> str:
        """Return the words of a node within a line."""
        name = getattr(node, "macroname", "")
        if name in OTHER_FILES:
            self.others.append(self.words(_arguments(node)[-1:]))
        if name == "includegraphics":
            self.pictures += 1
        if name in REFERENCES:
            label = "".join(each.latex_verbatim() for each in _nodes(_arguments(node)[-1:]))
            number = self._references.shown(label, is_named=name not in ("ref", "eqref"))
            number = f"({number})" if number and name == "eqref" else number
            return f"{number}{getattr(node, 'macro_post_space', '')}"
        if name in UNSEEN or name in OTHER_FILES:
            return getattr(node, "macro_post_space", "")
        if name in ("footnote", "footnotetext", "thanks"):
            self._notes.append(self.words(_arguments(node)[-1:]))
            return ""
        if "cite" in name:
            return f"[{self.words(_arguments(node)[-1:])}]"
        if name in ("\\", "newline", "linebreak", "newblock", *SEPARATORS):
            return ", " if name in SEPARATORS else " "
        if name == "S":
            return "§"
        if name in WRAPPING:
            return f"{self.words(_arguments(node)[-1:])}{node.macro_post_space}"
        if name in UNITS:
            braced = [each for each in _arguments(node) if _is_braced(each)]
            shown = [self.words([each]) for each in braced]
            if name in UNIT_LAST:
                shown[-1:] = [unit(each.latex_verbatim()) for each in braced[-1:]]
            return f"{' '.join(filter(None, shown))}{node.macro_post_space}"
        kind = type(node).__name__
        if kind == "LatexGroupNode" and node.delimiters[0] == "[":
            return f"[{''.join(map(self._inline, node.nodelist))}]"
        inner = getattr(node, "nodelist", None)
        if kind in ("LatexGroupNode", "LatexEnvironmentNode") and inner is not None:
            return "".join(map(self._inline, inner))
        arguments = _arguments(node)
        if arguments and name.startswith(("text", "emph", "gls", "Gls", "ac")):
            return f"{self.words(arguments[-1:])}{node.macro_post_space}"
        return self._shown(node)

    def _shown(self, node: Any) -> str:
        """Return what pylatexenc makes of a node: accents, symbols, formulas."""
        try:
            return _DEGREE.sub("°", str(self._plain.nodelist_to_text([node])))
        except (IndexError, AttributeError, TypeError, ValueError, KeyError):
            return ""  # its arguments are not what the macro expects


def _arguments(node: Any) -> list[Any]:
    """Return the arguments of a macro that are there."""
    found = getattr(getattr(node, "nodeargd", None), "argnlist", None) or []
    return [each for each in found if each is not None]


def _nodes(arguments: Sequence[Any]) -> list[Any]:
    """Return what is in the braces of arguments, or the arguments themselves."""
    found: list[Any] = []
    for each in arguments:
        found += getattr(each, "nodelist", None) or [each]
    return found


def _lifted(rows: Sequence[list[Cell]]) -> Sequence[list[Cell]]:
    """Return rows, cells that are merged with empty ones above them at the top of these."""
    for number, row in enumerate(rows):
        column = 0
        for place, cell in enumerate(row):
            if cell.down < -1 and (top := number + cell.down + 1) >= 0:
                above = [_at(each, column) for each in rows[top:number]]
                if all(at is not None and not at.text for at in above):
                    rows[top][:] = [
                        replace(cell, down=-cell.down) if at is above[0] else at for at in rows[top]
                    ]
                    row[place] = replace(cell, text="", down=1)
            column += cell.across
    return rows


def _at(row: Sequence[Cell], column: int) -> Cell | None:
    """Return the cell of a row that begins in a column."""
    begin = 0
    for cell in row:
        if begin == column:
            return cell
        begin += cell.across
    return None


def _is_braced(node: Any) -> bool:
    return getattr(node, "delimiters", ("", ""))[0] != "["


def _has_parts(nodes: Sequence[Any]) -> bool:
    """Return whether there are headings, paragraphs, items or environments among nodes."""
    return any(
        getattr(node, "environmentname", "")
        or getattr(node, "macroname", "") in HEADINGS
        or getattr(node, "macroname", "") in ("item", "par", "caption")
        or _PARAGRAPH_END.search(getattr(node, "chars", "") or "")
        or getattr(node, "specials_chars", "") == "\n\n"
        for node in nodes
    )


def _macros(nodes: Sequence[Any], name: str) -> Iterator[Any]:
    return (node for node in nodes if getattr(node, "macroname", "") == name)

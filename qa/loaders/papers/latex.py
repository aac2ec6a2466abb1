"""Read LaTeX with pylatexenc, as the words of the printed page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from qa.loaders.dates import find_date
from qa.loaders.extracted import Extracted, TextBuilder
from qa.loaders.tables.grid import Cell, add_grid
from qa.text import counted

_SOURCE = re.compile(r"\A(?:\s*%[^\n]*\n)*\s*\\(?:documentclass|documentstyle|begin\{document\})")
_HEADINGS = {
    **{"part": 1, "chapter": 1, "section": 2, "subsection": 3, "subsubsection": 4},
    **{"paragraph": 5, "subparagraph": 6, "frametitle": 2},
}
_TABLES = {"tabular", "tabular*", "tabularx", "tabulary", "longtable", "array", "supertabular"}
_RULES = {"hline", "midrule"}
_CODE = {"verbatim", "lstlisting", "minted", "Verbatim", "alltt"}
_MATH = {"equation", "align", "gather", "multline", "eqnarray", "displaymath", "math", "alignat"}
_SKIPPED = {"comment", "filecontents", "tikzpicture", "picture"}
# Macros whose arguments are not printed, or not here.
_UNSEEN = set(
    "label ref pageref eqref autoref cref usepackage documentclass newcommand renewcommand "
    "providecommand def newenvironment bibliographystyle bibliography includegraphics hline cline "
    "toprule midrule bottomrule cmidrule vspace hspace setlength input include title author date "
    "pagestyle thispagestyle maketitle tableofcontents newpage clearpage centering hfill "
    "setcounter addtocounter graphicspath hypersetup color definecolor".split()
)
# The form of arguments that pylatexenc does not know: "[" is one that may be left out.
_ARGUMENTS = {
    **dict.fromkeys(("multicolumn", "multirow"), "{{{"),
    **dict.fromkeys(("href", "textcolor", "texorpdfstring"), "{{"),
    **dict.fromkeys(("url", "thanks", "frametitle", "subfile", "date", "title", "author"), "{"),
    **dict.fromkeys(("mbox", "underline", "bibitem", "includegraphics"), "[{"),
    **dict.fromkeys(("cite", "citep", "citet", "citeauthor", "autocite", "textcite"), "*[[{"),
    **dict.fromkeys(("caption", "footnote", "footnotetext"), "[{"),
    **dict.fromkeys(("ref", "autoref", "cref", "eqref", "label", "pageref"), "{"),
}
_ENVIRONMENTS = {
    **dict.fromkeys(("thebibliography", "multicols", "minted", "subfigure", "wraptable"), "[{"),
    **dict.fromkeys(("tabularx", "tabulary", "tabular*"), "{[{"),
    **dict.fromkeys(("longtable", "minipage", "supertabular"), "[{"),
    **dict.fromkeys(("lstlisting", "figure", "table", "frame"), "["),
}
_OTHER_FILES = {"input", "include", "subfile"}
_PARAGRAPH_END = re.compile(r"\n[ \t]*\n")


def looks_like_latex(text: str) -> bool:
    """Return whether a text begins as a LaTeX document does, comments aside."""
    return _SOURCE.match(text[:5_000]) is not None


def read_latex(text: str) -> Extracted:
    """Return headings, paragraphs, items, rows, formulas and notes; notes follow their paragraph.

    Macros that the document defines are not expanded; their arguments are read.
    """
    from pylatexenc.latexwalker import LatexWalker, get_default_latex_context_db
    from pylatexenc.macrospec import std_environment, std_macro

    known = get_default_latex_context_db()
    macros = [std_macro(name, form) for name, form in _ARGUMENTS.items()]
    environments = [std_environment(name, form) for name, form in _ENVIRONMENTS.items()]
    known.add_context_category("more", macros=macros, environments=environments, prepend=True)
    walker = LatexWalker(text, latex_context=known, tolerant_parsing=True)
    nodes, _, _ = walker.get_latex_nodes()
    reader = _Reader(text)
    stated = {
        name: reader.words(_arguments(node)[-1:])
        for name in ("title", "author", "date")
        for node in _macros(nodes, name)
    }
    body = next((n for n in _environments(nodes) if n.environmentname == "document"), None)
    builder = reader.builder
    builder.add(stated.get("title", ""), "heading", level=1)
    for name in ("author", "date"):
        builder.add_content(stated.get(name, ""))
    reader.add(nodes if body is None else body.nodelist)
    if reader.others:
        builder.notes.append(
            f"{counted(len(reader.others), 'part')} in other files: {', '.join(reader.others)}"
        )
    if reader.pictures:
        builder.notes.append(f"{counted(reader.pictures, 'picture')} without text")
    return builder.result(
        title=stated.get("title", "") or builder.first_heading(),
        author=stated.get("author", ""),
        date=find_date(stated.get("date", "")),
    )


class _Reader:
    """Appends nodes of a source to a builder, paragraph by paragraph."""

    def __init__(self, text: str) -> None:
        from pylatexenc.latex2text import LatexNodes2Text

        self.builder = TextBuilder()
        self.others: list[str] = []
        self.pictures = 0
        self._text = text
        self._plain = LatexNodes2Text(math_mode="text", keep_comments=False)
        self._words: list[str] = []
        self._notes: list[str] = []

    def add(self, nodes: Sequence[Any]) -> None:
        """Append nodes; what is left of a paragraph is appended too."""
        for node in nodes:
            self._add_node(node)
        self._flush()

    def words(self, nodes: Sequence[Any]) -> str:
        """Return the words of nodes in one line."""
        text = " ".join("".join(map(self._inline, filter(None, nodes))).split())
        return text.replace(" , ", ", ")

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
        elif name in _HEADINGS:
            self._flush()
            self.builder.add(self.words(_arguments(node)[-1:]), "heading", level=_HEADINGS[name])
        elif name in ("item", "bibitem", "par", "caption"):
            self._flush()
            shown = _arguments(node) if name in ("item", "caption") else []
            self._words.append(self.words(shown[-1:]) + " ")
            if name == "caption":
                self._flush()
        elif type(node).__name__ == "LatexCharsNode":
            first, *more = _PARAGRAPH_END.split(node.chars)
            self._words.append(first)
            for paragraph in more:
                self._flush()
                self._words.append(paragraph)
        elif type(node).__name__ == "LatexSpecialsNode" and node.specials_chars == "\n\n":
            self._flush()
        elif type(node).__name__ == "LatexGroupNode" and any(_environments(node.nodelist)):
            self.add(node.nodelist)
        else:
            self._words.append(self._inline(node))

    def _add_environment(self, node: Any, name: str) -> None:
        if name in _SKIPPED:
            self.pictures += name != "comment"
            return
        self._flush()
        if name in _TABLES:
            rules = [n.macroname for n in node.nodelist if getattr(n, "macroname", "") in _RULES]
            is_ruled = "midrule" in rules or rules.count("hline") > 1
            add_grid(list(self._rows(node.nodelist)), self.builder, is_likely=is_ruled)
        elif name in _CODE:
            source = self._text[node.pos : node.pos + node.len]
            inner = re.sub(r"\A\\begin\{[^}]*\}(?:\[[^\]]*\])?|\\end\{[^}]*\}\Z", "", source)
            self.builder.add(inner.strip("\n"), "body")
        elif name in _MATH:
            self.builder.add_content(self._shown(node))
        else:
            if name == "abstract":
                self.builder.add("Abstract", "heading", level=2)
            self.add(node.nodelist)

    def _rows(self, nodes: Sequence[Any]) -> Iterator[list[Cell]]:
        row: list[Cell] = []
        cell: list[Any] = []

        def closed() -> Cell:
            merged = next(_macros(cell, "multicolumn"), None)
            inside = cell if merged is None else _arguments(merged)[-1:]
            across = "1" if merged is None else self.words(_arguments(merged)[:1])
            return Cell(self.words(inside), int(across) if across.isdigit() else 1)

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
        if name in _OTHER_FILES:
            self.others.append(self.words(_arguments(node)[-1:]))
        if name == "includegraphics":
            self.pictures += 1
        if name in _UNSEEN or name in _OTHER_FILES:
            return getattr(node, "macro_post_space", "")
        if name in ("footnote", "footnotetext", "thanks"):
            self._notes.append(self.words(_arguments(node)[-1:]))
            return ""
        if name.startswith("cite"):
            return f"[{self.words(_arguments(node)[-1:])}]"
        if name in ("\\", "newline", "and", "linebreak"):
            return ", " if name == "and" else " "
        if name in ("href", "textcolor", "url"):
            return self.words(_arguments(node)[-1:])
        kind = type(node).__name__
        if kind == "LatexGroupNode" and node.delimiters[0] == "[":
            return f"[{''.join(map(self._inline, node.nodelist))}]"
        inner = getattr(node, "nodelist", None)
        if kind in ("LatexGroupNode", "LatexEnvironmentNode") and inner is not None:
            return "".join(map(self._inline, inner))
        arguments = _arguments(node)
        if arguments and name.startswith(("text", "emph", "under", "mbox")):
            return f"{self.words(arguments[-1:])}{node.macro_post_space}"
        return self._shown(node)

    def _shown(self, node: Any) -> str:
        """Return what pylatexenc makes of a node: accents, symbols, formulas."""
        try:
            return str(self._plain.nodelist_to_text([node]))
        except (IndexError, AttributeError, TypeError, ValueError, KeyError):
            return ""  # its arguments are not what the macro expects


def _arguments(node: Any) -> list[Any]:
    """Return the arguments of a macro that are there."""
    found = getattr(getattr(node, "nodeargd", None), "argnlist", None) or []
    return [each for each in found if each is not None]


def _macros(nodes: Sequence[Any], name: str) -> Iterator[Any]:
    return (node for node in nodes if getattr(node, "macroname", "") == name)


def _environments(nodes: Sequence[Any]) -> Iterator[Any]:
    return (node for node in nodes if getattr(node, "environmentname", ""))

"""Prepare the source of a LaTeX document: its body, with the macros that it defines expanded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_BEGIN, _END = r"\begin{document}", r"\end{document}"
_NAME = r"(?:\{\s*+\\([A-Za-z@]++)\s*+\}|\\([A-Za-z@]++))"
_DEFINED = re.compile(
    r"\\(?:(?:re)?newcommand|providecommand|DeclareRobustCommand)\*?\s*+"
    + _NAME
    + r"\s*+(?:\[(\d)\])?\s*+(\[[^\[\]{}]{0,200}\])?\s*+(?=\{)"
)
_DEF = re.compile(r"\\[gex]?def\s*+\\([A-Za-z@]++)\s*+((?:#\d)*+)(?=\{)")
_OPERATOR = re.compile(r"\\DeclareMathOperator\*?\s*+" + _NAME + r"\s*+(?=\{)")
_ENVIRONMENT = re.compile(
    r"\\(?:re)?newenvironment\*?\s*+\{[^{}]{1,100}\}\s*+(?:\[\d\])?\s*+"
    r"(?:\[[^\[\]{}]{0,200}\])?\s*+(?=\{)"
)
_MACRO = re.compile(r"\\([A-Za-z@]++)")
_TOKEN = re.compile(r"\\.|[{}]|%[^\n]*", re.DOTALL)
_PARAMETER = re.compile(r"#(\d)")
_SPACE = re.compile(r"[ \t]*\n?[ \t]*")
# Programs of TeX, whose outcome is not their text.
_PROGRAM = re.compile(r"\\(?:if|else|fi|csname|expandafter|futurelet|let|def|@|new|the\b)|@|##")
# Rules of tables that have arguments in round brackets, or spaces.
_RULE = re.compile(
    r"\\(?:cmidrule|cline|hhline|cdashline|specialrule|addlinespace)\b[ \t]*+"
    r"(?:\([^()\n]{0,20}\))?(?:\[[^\[\]\n]{0,40}\])?(?:\([^()\n]{0,20}\))?(?:\{[^{}\n]{0,40}\}){0,3}"
)
_MAX_LINE = 500
_MAX_BODY = 2_000
_MAX_EXPANDED = 10_000  # characters of one macro, with its arguments
_MAX_ADDED = 2_000_000  # characters that a source may grow by
_MAX_DEPTH = 20
_ROUNDS = 4  # macros within macros


@dataclass(frozen=True, slots=True)
class Macro:
    """What a macro stands for; ``default`` is that of its first argument, None without one."""

    body: str
    arguments: int = 0
    default: str | None = None


def body_of(source: str) -> tuple[str, str]:
    """Return what is before the body of a document, and the body; all is body without one."""
    start = next(_places(source, _BEGIN), None)
    if start is None:
        return "", source
    start += len(_BEGIN)
    end = source.rfind(_END, start)
    return source[:start], source[start : len(source) if end < 0 else end]


def places_of(source: str, macro: str) -> list[int]:
    """Return where a macro with an argument stands in a source, comments aside."""
    found = re.compile(rf"\\{macro}\s{{0,20}}(?=[\[{{])")
    return [each.start() for each in found.finditer(source) if not _is_comment(source, each)]


def defined_in(*sources: str) -> Mapping[str, Macro]:
    """Return the macros that sources define, by name; later ones count."""
    macros: dict[str, Macro] = {}
    for source in sources:
        _define(source, _braces(source), macros)
    return _resolved(macros)


def expanded(source: str, macros: Mapping[str, Macro]) -> str:
    """Return a source without its definitions, and with what macros stand for.

    Macros that are small programs stay, and so does what would make the text many times longer.
    """
    parts, last = [], 0
    for start, end in sorted(_define(source, _braces(source), {})):
        if start >= last:
            parts.append(source[last:start])
            last = end
    source = _RULE.sub("", "".join([*parts, source[last:]]))
    return _Expansion(source, macros, _braces(source)).of(0, len(source)) if macros else source


def _places(source: str, words: str) -> Iterator[int]:
    found = re.finditer(re.escape(words), source)
    return (each.start() for each in found if not _is_comment(source, each))


def _is_comment(source: str, found: re.Match[str]) -> bool:
    """Return whether a place is behind a per cent sign in its line, which begins a comment."""
    before = source[max(found.start() - _MAX_LINE, 0) : found.start()].rpartition("\n")[2]
    return "%" in before and re.search(r"(?<!\\)%", before) is not None


def _braces(source: str) -> Mapping[int, int]:
    """Return where each brace that opens a group is closed."""
    opened: list[int] = []
    closed: dict[int, int] = {}
    for found in _TOKEN.finditer(source):
        if found.group() == "{":
            opened.append(found.start())
        elif found.group() == "}" and opened:
            closed[opened.pop()] = found.start()
    return closed


def _define(
    source: str, braces: Mapping[int, int], macros: dict[str, Macro]
) -> list[tuple[int, int]]:
    """Add the definitions of a source; return where they stand in it."""
    spans = []
    for form in (_DEFINED, _DEF, _OPERATOR, _ENVIRONMENT):
        for found in form.finditer(source):
            end = braces.get(found.end())
            if end is None or _is_comment(source, found):
                continue
            body = source[found.end() + 1 : end]
            if form is _ENVIRONMENT:  # what begins it, and what ends it
                second = _SPACE.match(source, end + 1)
                end = braces.get(second.end() if second else end, end)
            elif form is _DEF:
                _add(macros, found[1], Macro(body, len(found[2]) // 2))
            elif form is _OPERATOR:
                _add(macros, found[1] or found[2], Macro(rf"\mathrm{{{body}}}"))
            else:
                default = None if found[4] is None else found[4][1:-1]
                _add(macros, found[1] or found[2], Macro(body, int(found[3] or 0), default))
            spans.append((found.start(), end + 1))
    return spans


def _add(macros: dict[str, Macro], name: str, macro: Macro) -> None:
    if len(macro.body) > _MAX_BODY or _PROGRAM.search(macro.body):
        macros.pop(name, None)
        return
    body = re.sub(r"(?<!\\)%[^\n]*\n?\s*", "", macro.body).replace(r"\xspace", "")
    macros[name] = Macro(body, macro.arguments, macro.default)


def _resolved(macros: Mapping[str, Macro]) -> Mapping[str, Macro]:
    """Return macros with those without arguments in them expanded, without those in themselves."""
    known = {name: each for name, each in macros.items() if name not in _MACRO.findall(each.body)}
    for _ in range(_ROUNDS):
        plain = {name: each.body for name, each in known.items() if not each.arguments}

        def shown(found: re.Match[str], plain: Mapping[str, str] = plain) -> str:
            return plain.get(found[1], found[0])

        bodies = {name: _MACRO.sub(shown, each.body) for name, each in known.items()}
        known = {
            name: Macro(bodies[name], each.arguments, each.default)
            for name, each in known.items()
            if len(bodies[name]) <= _MAX_BODY
        }
    return known


@dataclass(slots=True)
class _Expansion:
    """Expands the macros of a source, in one walk over it."""

    source: str
    macros: Mapping[str, Macro]
    braces: Mapping[int, int]
    added: int = 0

    def of(self, start: int, end: int, depth: int = 0) -> str:
        """Return a part of the source with its macros expanded."""
        parts = []
        last = start
        while found := _MACRO.search(self.source, last, end):
            parts.append(self.source[last : found.start()])
            macro = self.macros.get(found[1])
            shown, last = found[0], found.end()
            if macro is not None and depth <= _MAX_DEPTH:
                shown, last = self._one(found, macro, depth)
            parts.append(shown)
        parts.append(self.source[last:end])
        return "".join(parts)

    def _one(self, found: re.Match[str], macro: Macro, depth: int) -> tuple[str, int]:
        """Return what a macro stands for, and where its arguments end."""
        spans: list[tuple[int, int]] = []
        end = found.end()
        for number in range(macro.arguments):
            space = _SPACE.match(self.source, end)
            start = space.end() if space else end
            if number == 0 and macro.default is not None:
                closed = self.source.find("]", start, start + _MAX_LINE)
                is_given = self.source.startswith("[", start) and closed >= 0
                spans.append((start + 1, closed) if is_given else (end, end))
                end = closed + 1 if is_given else end
                continue
            close = self.braces.get(start)
            if close is None:
                return found[0], found.end()
            spans.append((start + 1, close))
            end = close + 1
        arguments = [self.of(*span, depth + 1) for span in spans]
        if macro.default is not None and spans and spans[0][0] == spans[0][1]:
            arguments[0] = macro.default

        def argument(parameter: re.Match[str]) -> str:
            number = int(parameter[1])
            return arguments[number - 1] if 0 < number <= len(arguments) else ""

        shown = _PARAMETER.sub(argument, macro.body) if arguments else macro.body
        self.added += max(len(shown) - (end - found.start()), 0)
        if len(shown) > _MAX_EXPANDED or self.added > _MAX_ADDED:
            shown = found[0] + "".join(f"{{{each}}}" for each in arguments)
        return shown, end

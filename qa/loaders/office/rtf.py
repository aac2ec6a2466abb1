"""Read Rich Text Format with striprtf."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from qa.errors import UnreadableDocument
from qa.loaders.bold import Paragraph, bold_headings
from qa.loaders.dates import find_date
from qa.loaders.extracted import Extracted, TextBuilder
from qa.loaders.furniture import PAGE_NUMBER
from qa.loaders.plain.text import read_text
from qa.loaders.tables.grid import Cell, add_grid
from qa.loaders.tables.tabbed import tabbed

_FIELD = r"\{{\\{name}\s([^{{}}]*)\}}"
_CREATED = re.compile(r"\{\\creatim\\yr(\d{4})\\mo(\d{1,2})\\dy(\d{1,2})")

# Groups that striprtf drops, and what is said of their text; those of pages come last.
_MOVED = {
    r"{\footnote": "",
    r"{\*\annotation": "Comment: ",
    r"{\shptxt": "",
    r"{\header": "Page header: ",
    r"{\footer": "Page footer: ",
}
_TOKEN = re.compile(
    r"\\[\\{}]|\{\\(?:footnote|\*\\annotation|shptxt|(?:header|footer)[lrf]?)(?![a-z])|[{}]|\\par(?![a-z])"
)
# striprtf writes a bar after each cell, as after no other text with these marks before it.
_CELL = re.compile(r"\\\\|\\(?:nest)?cell(?![a-z])|\\trhdr(?![a-z])")
_END_OF_CELL, _HEADER = "\x1f", "\x1e"
# What begins and ends bold type, and the signs that stand for it in the text.
_TYPE = re.compile(r"\\[\\{}]|[{}]|\\b(?P<off>0)?1?(?![a-z\d])|\\plain(?![a-z])")
_BOLD, _LIGHT = "\x1d", "\x1c"
_BOLD_MARKS = {_BOLD: r"\'1d", _LIGHT: r"\'1c"}
_MARKED = re.compile(f"[{_BOLD}{_LIGHT}]")
_MARKS = {r"\cell": r"\'1f", r"\nestcell": r"\'1f", r"\trhdr": r"\'1e"}


def read_rtf(data: bytes) -> Extracted:
    """Return the running text and the rows of tables.

    A footnote, comment or text box follows its paragraph. Headers and footers of pages come last.
    """
    source = data.decode("latin-1")  # RTF is ASCII, with escapes
    marked = _CELL.sub(lambda found: _MARKS.get(found.group(), "") + found.group(), source)
    text = TextBuilder()
    rows: list[Sequence[str]] = []
    headers = 0
    paragraphs: list[tuple[int, Paragraph]] = []  # each with its block
    held: list[Paragraph] = []  # read and not yet appended
    is_bold = False

    def add_table(rows: Sequence[Sequence[str]], headers: int | None = None) -> None:
        paragraphs.append((-1, Paragraph("", is_other=True)))
        add_grid([[Cell(each) for each in row] for row in rows], text, headers=headers)

    def end_paragraphs() -> None:
        begin = {start: (end, found) for start, end, found in tabbed([p.text for p in held])}
        end = 0
        for number, paragraph in enumerate(held):
            if number in begin:
                end, found = begin[number]
                add_table(found)
            elif number >= end:
                text.add(paragraph.text, "body")
                paragraphs.append((len(text.blocks) - 1, paragraph))
        held.clear()

    for marked_line in _plain(_with_weights(_move_notes(marked))).split("\n"):
        line, is_whole, is_bold = _weighed(marked_line, is_bold)  # a paragraph is one line
        if line.endswith(f"{_END_OF_CELL}|"):
            end_paragraphs()
            headers += _HEADER in line and headers == len(rows)
            rows.append(line.replace(_HEADER, "").split(f"{_END_OF_CELL}|")[:-1])
            continue
        if rows:
            add_table(rows, headers or None)
            rows, headers = [], 0
        line = line.replace(_HEADER, "").strip()
        if line:
            held.append(Paragraph(line, is_bold=is_whole))
    end_paragraphs()
    if rows:
        add_table(rows, headers or None)
    title = _mark_bold(text, paragraphs)
    extracted = read_text("".join(text.parts), text.blocks)
    created = _CREATED.search(source)
    return replace(
        extracted,
        title=_stated(source, "title") or title or extracted.title,
        author=_stated(source, "author"),
        saved=find_date("-".join(created.groups())) if created else "",
    )


def _with_weights(source: str) -> str:
    """Return a source with a sign in its text where bold type begins or ends."""
    parts: list[str] = []
    above: list[bool] = []  # of the groups that are open
    is_bold = False
    at = 0
    for found in _TYPE.finditer(source):
        token, before = found.group(), is_bold
        if token == "{":
            above.append(is_bold)
        elif token == "}":
            is_bold = above.pop() if above else False
        elif token[1] in "bp":
            is_bold = token[1] == "b" and not found["off"]
        if is_bold != before:
            # Behind the end of a group; before a word, whose space belongs to it.
            place = found.end() if token == "}" else found.start()
            parts += [source[at:place], _BOLD_MARKS[_BOLD if is_bold else _LIGHT]]
            at = place
    return "".join([*parts, source[at:]])


def _weighed(line: str, is_bold: bool) -> tuple[str, bool, bool]:
    """Return a line without signs, whether all of it is bold, and whether what follows is."""
    light = []
    at = 0
    for found in _MARKED.finditer(line):
        light.append("" if is_bold else line[at : found.start()])
        is_bold, at = found.group() == _BOLD, found.end()
    light.append("" if is_bold else line[at:])
    plain = _MARKED.sub("", line)
    return plain, bool(plain.strip()) and not "".join(light).strip(), is_bold


def _mark_bold(text: TextBuilder, paragraphs: Sequence[tuple[int, Paragraph]]) -> str:
    """Make headings of paragraphs in bold that name what is below them; return the title."""
    found = bold_headings([paragraph for _, paragraph in paragraphs])
    for position, level in found.items():
        block = paragraphs[position][0]
        text.blocks[block] = replace(text.blocks[block], kind="heading", level=level)
    return " ".join(paragraphs[position][1].text for position, n in found.items() if n == 1)


def _move_notes(source: str) -> str:
    """Move each footnote, comment and text box behind its paragraph, which striprtf drops in place.

    Headers and footers of pages come last, each text once.
    """
    parts: list[str] = []
    notes: list[str] = []
    margins: dict[str, None] = {}
    at = begun = depth = 0
    said = ""
    for found in _TOKEN.finditer(source):
        token = found.group()
        if begun:
            depth += (token[0] == "{") - (token == "}")
            if depth == 0:
                text = source[begun : found.start()]
                if not said.startswith("Page"):
                    notes.append(f"{{{said}{text}\\par}}")
                elif not PAGE_NUMBER.fullmatch(_plain(f"{{\\rtf1 {text}}}")):
                    margins[f"{{{said}{text}\\par}}"] = None
                at, begun = found.end(), 0
        elif (name := token[:8] if token[2:8] in ("header", "footer") else token) in _MOVED:
            parts.append(source[at : found.start()])
            at, begun, depth, said = found.start(), found.end(), 1, _MOVED[name]
        elif token == r"\par" and notes:
            parts += [source[at : found.end()], *notes]
            at = found.end()
            notes.clear()
    rest, end, after = source[at:].rpartition("}")
    last = [*notes, *margins]
    return "".join([*parts, rest, *(["\\par", *last] if last else []), end, after])


def _plain(source: str) -> str:
    from striprtf.striprtf import rtf_to_text

    try:
        text = str(rtf_to_text(source, errors="replace"))
    except Exception as error:  # striprtf raises many kinds of errors
        raise UnreadableDocument("damaged RTF", "open it and save it again") from error
    # Characters beyond the first plane are surrogate pairs.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "")


def _stated(source: str, name: str) -> str:
    found = re.search(_FIELD.format(name=name), source[:20_000])
    try:
        return " ".join(_plain("{\\rtf1\\ansi " + found.group(1) + "}").split()) if found else ""
    except UnreadableDocument:  # the text may still be intact
        return ""

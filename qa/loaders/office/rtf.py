"""Read Rich Text Format with striprtf."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from qa.errors import UnreadableDocument
from qa.loaders.dates import find_date
from qa.loaders.extracted import Extracted, TextBuilder
from qa.loaders.furniture import PAGE_NUMBER
from qa.loaders.plain.text import read_text
from qa.loaders.tables.grid import Cell, add_grid

_FIELD = r"\{{\\{name}\s+([^{{}}]*)\}}"
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

    def end_table() -> None:
        nonlocal headers
        add_grid([[Cell(each) for each in row] for row in rows], text, headers=headers or None)
        rows.clear()
        headers = 0

    for line in _plain(_move_notes(marked)).split("\n"):  # a paragraph is one line
        if line.endswith(f"{_END_OF_CELL}|"):
            headers += _HEADER in line and headers == len(rows)
            rows.append(line.replace(_HEADER, "").split(f"{_END_OF_CELL}|")[:-1])
            continue
        if rows:
            end_table()
        text.add(line.replace(_HEADER, ""), "body")
    if rows:
        end_table()
    extracted = read_text("".join(text.parts), text.blocks)
    created = _CREATED.search(source)
    return replace(
        extracted,
        title=_stated(source, "title") or extracted.title,
        author=_stated(source, "author"),
        date=extracted.date or (find_date("-".join(created.groups())) if created else ""),
    )


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

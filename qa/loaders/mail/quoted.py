"""Tell what a message says from what it quotes of earlier ones, in plain text and HTML.

The earlier messages at the end of a reply come under headings of their own: the line that names
their sender ("On Monday Otto wrote:"), so that the reply is a passage of its own. Lines that a
reply quotes to answer them one by one stay where they are, above the answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby, islice, takewhile
from itertools import count as numbers_from
from typing import Any

from qa.loaders.extracted import Range, TextBuilder
from qa.loaders.hypertext.bold import has_headings, mark_bold
from qa.loaders.hypertext.markup import add_markup, paragraphs_of
from qa.loaders.lines.aligned import AlignedRow, aligned_rows
from qa.loaders.lines.rules import is_rule
from qa.types import BlockKind

_PREFIX = re.compile(r"[ \t]?(?:>[ \t]?)+")
_SIGNATURE = re.compile(r"^[> \t]*-- ?$", re.MULTILINE)
_EMPTY_LINES = re.compile(r"\n[ \t>]*\n")
_WROTE = re.compile(
    r"(?:On|Am|Le|El|Il|Op|Den|Em|Dne|W dniu)\s.{4,250}"
    r"\b(?:wrote|schrieb\b.{0,120}|a écrit|escribió|ha scritto|schreef\b.{0,120}|skrev\b.{0,120}"
    r"|escreveu|napsal\(a\)|pisze)\s?:"
    r"|[^\n:@]{2,120}(?:mailto:)?[^\s:@]{1,80}@\S++[^\n:]{0,60}"
    r"(?:wrote|schrieb|a écrit|escribió)\s?:",
    re.DOTALL,
)
_WROTE_LINE = re.compile(r"[^\n]{1,150}\b(?:wrote|writes|schrieb|a écrit|escribió|ha scritto)\s?:")
_RULE = re.compile(
    r"[-_\s]*---\s?(?:Original Message|Original Appointment|Ursprüngliche Nachricht"
    r"|Message d'origine|Mensaje original|Messaggio originale|Oorspronkelijk bericht)\s?-{3,}",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"-{3,}\s?(?:Forwarded [Mm]essage|Weitergeleitete Nachricht|Message transféré)\s?-{3,}"
    r"|(?:Begin forwarded message|Anfang der weitergeleiteten Nachricht)\s?:",
    re.IGNORECASE,
)
_SENDER = r"(?:From|Von|De|Da|Van|Från|Fra|Od)"
_NAMES = (
    r"(?:Sent|Date|To|Cc|Subject|Gesendet|Datum|An|Betreff|Envoyé|À|Objet|Enviado|Para|Asunto"
    r"|Inviato|A|Oggetto|Verzonden|Aan|Onderwerp|Skickat|Till|Ämne|Sendt|Til|Emne)"
)
_FIELDS = re.compile(
    rf"\*?{_SENDER}\s?:\*?\s.{{2,200}}?(?:\s\*?{_NAMES}\s?:\*?\s.{{1,200}}?){{2}}", re.DOTALL
)
_FIELD_LINE = re.compile(rf"\*?(?:{_SENDER}|{_NAMES})\s?:", re.IGNORECASE)
# Earlier text that is no longer than this, with the reply below it, is what the reply is about.
_INLINE_WORDS = 60
_MAX_HEAD = 1200
_RULING = "_-=* \t\n"
_HEADING = 3
# The characters of private use that a mark may be; two of them do not occur in the message.
_MARKS = range(0xF0000, 0xFFFFE)
_QUOTES = re.compile(r"\b(?:gmail_quote|yahoo_quoted|protonmail_quote|moz-cite|cite)\b")


@dataclass(frozen=True, slots=True)
class Shown:
    """A block of a message; ``depth`` counts the messages that it was quoted in.

    A ``head`` names the sender of what comes after it. ``cells`` of a row, and its ``start``,
    are offsets in the text that it was read from.
    """

    text: str
    depth: int = 0
    kind: BlockKind = "body"
    level: int = 0
    cells: tuple[Range, ...] = ()
    start: int = 0
    is_head: bool = False


def add_plain(text: str, builder: TextBuilder, author: str) -> None:
    """Append plain text; ``author`` wrote what is not quoted."""
    _append(list(_below_heads(_paragraphs(text))), builder, author)


def add_html(text: str, builder: TextBuilder, author: str) -> None:
    """Append the text of an HTML page; ``author`` wrote what is not quoted."""
    _append(list(_below_heads(blocks_of_html(text))), builder, author)


def blocks_of_html(text: str) -> list[Shown]:
    """Return the blocks of an HTML page, with the depth that its markup shows."""
    from lxml import etree, html

    data = text.encode("utf-8", "replace")
    try:
        tree = html.document_fromstring(data, parser=html.HTMLParser(encoding="utf-8"))
    except (etree.LxmlError, ValueError):
        return []
    own = set(etree.tostring(tree, encoding="unicode"))
    begin, end = islice((mark for mark in map(chr, _MARKS) if mark not in own), 2)
    marks = str.maketrans("", "", begin + end)
    body = tree.find("body")
    body = tree if body is None else body
    paragraphs = list(paragraphs_of(body))
    if not has_headings(paragraphs):
        mark_bold(paragraphs)
    for node in list(tree.iter("blockquote", "div")):
        names = f"{node.get('type', '')} {node.get('class', '')}".lower()
        if _QUOTES.search(names) and node.getparent() is not None:
            _mark(node, begin, end)
    page = TextBuilder()
    add_markup(body, page)
    whole = "".join(page.parts)
    shown = []
    depth = 0
    for block in page.blocks:
        words = whole[block.start : block.end]
        if words in (begin, end):
            depth = max(depth + (1 if words == begin else -1), 0)
            continue
        text = words.translate(marks)
        is_whole = text == words
        kind: BlockKind = block.kind if is_whole else "body"
        cells = block.cells if is_whole else ()
        level = block.level if is_whole else 0
        if kind == "heading":
            level = min(level + 1, 6)  # below the subject
        shown.append(Shown(text, depth, kind, level, cells, block.start))
    return shown


def _mark(node: Any, begin: str, end: str) -> None:
    """Put a paragraph of a mark before and after an element."""
    from lxml import etree

    before, after = etree.Element("p"), etree.Element("p")
    before.text, after.text = begin, end
    node.addprevious(before)
    node.addnext(after)  # which takes the words behind the element along


def _paragraphs(text: str) -> Iterator[Shown]:
    """Yield paragraphs of plain text, one for each depth of quotation, and the rows of tables."""
    text = _SIGNATURE.sub("", text.replace("\r\n", "\n"))
    tables = numbers_from(1)
    for paragraph in _EMPTY_LINES.split(text):
        for depth, lines in groupby(paragraph.split("\n"), _depth):
            own = [line[len(_prefix(line)) :] for line in lines]
            for shown in _with_rows(own, tables):
                yield replace(shown, depth=depth)


def _with_rows(lines: Sequence[str], tables: Iterator[int]) -> Iterator[Shown]:
    """Yield the lines of a paragraph as they are, and those of a table one by one."""
    starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
    rows: dict[int, list[AlignedRow]] = {}
    for row in aligned_rows(list(zip(starts, lines, strict=False))):
        rows.setdefault(row.line, []).append(row)
    numbers: dict[int, int] = {}
    plain: list[str] = []
    for number, line in enumerate(lines):
        if number not in rows:
            if not (number - 1 in rows and is_rule(line)):
                plain.append(line)
            continue
        if plain:
            yield Shown("\n".join(plain))
            plain = []
        for row in rows[number]:
            table = numbers.setdefault(row.table, 0) or next(tables)
            numbers[row.table] = table
            start = starts[number] + len(line) - len(line.lstrip())
            end = starts[number] + len(line.rstrip())
            if len(rows[number]) > 1:  # a name with its value
                start, end = row.extent(start)
            text = line[start - starts[number] : end - starts[number]]
            kind: BlockKind = "columns" if row.is_header else "row"
            yield Shown(text, 0, kind, table, row.cells, start)
    if plain:
        yield Shown("\n".join(plain))


def _depth(line: str) -> int:
    return _prefix(line).count(">")


def _prefix(line: str) -> str:
    found = _PREFIX.match(line)
    return found.group() if found else ""


def _below_heads(blocks: Iterable[Shown]) -> Iterator[Shown]:
    """Yield the blocks, those that name a sender as heads, with the depth that these give.

    Below a rule ("Original Message") and below the headers of an earlier message everything is
    quoted; below those of a forwarded message it is not.
    """
    below = 0
    is_forwarded = False
    found = [block for block in blocks if block.text.strip()]
    depths = [*(block.depth for block in found[1:]), 0]
    for block, following in zip(found, depths, strict=False):
        if block.kind != "body":
            yield replace(block, depth=block.depth + below)
            continue
        is_before_quote = following > block.depth and block.depth == 0
        for before, head in _parted(block.text, is_before_quote=is_before_quote):
            if before.strip(_RULING):
                yield replace(block, text=before, depth=block.depth + below)
            if not head:
                continue
            if _FORWARDED.match(head):
                is_forwarded = True
                yield replace(block, text=head, depth=block.depth + below, is_head=True)
            elif is_forwarded and _FIELDS.match(head):
                is_forwarded = False
                yield replace(block, text=head, depth=block.depth + below)
            else:
                if _RULE.match(head) or _FIELDS.match(head) or following <= block.depth:
                    below = 1  # there may be no other sign that what comes is quoted
                depth = max(block.depth + below, following)
                yield replace(block, text=head, depth=depth, is_head=True)


def _parted(text: str, *, is_before_quote: bool) -> Iterator[tuple[str, str]]:
    """Yield parts of a text, each with the line or lines below it that name an earlier sender.

    Below the last part there may be none.
    """
    lines = text.split("\n")
    starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
    begin = place = 0
    while place < len(lines):
        end = _end_of_head(lines, place, text[starts[place] : starts[place] + _MAX_HEAD])
        if end > place:
            yield "\n".join(lines[begin:place]), "\n".join(lines[place:end]).strip()
            begin = end
        place = max(end, place + 1)
    rest = lines[begin:]
    for count in range(min(len(rest), 3), 0, -1):
        last = "\n".join(rest[-count:]).strip()
        is_short = is_before_quote and count == 1 and _WROTE_LINE.fullmatch(last)
        if is_short or _WROTE.fullmatch(last):
            yield "\n".join(rest[:-count]), last
            return
    yield "\n".join(rest), ""


def _end_of_head(lines: Sequence[str], place: int, text: str) -> int:
    """Return the number of the line after those at a place that name an earlier sender.

    It is the place itself if none do; ``text`` begins there.
    """
    line = lines[place]
    if _RULE.match(line.strip()) or _FORWARDED.match(line.strip()):
        return place + 1
    if not _FIELD_LINE.match(line) or not _FIELDS.match(text):
        return place
    following = islice(lines, place + 1, None)
    return place + 1 + sum(1 for _ in takewhile(_FIELD_LINE.match, following))


def _append(blocks: Sequence[Shown], builder: TextBuilder, author: str) -> None:
    runs = [(is_quoted, list(run)) for is_quoted, run in groupby(blocks, lambda b: b.depth > 0)]
    below = False
    moved: list[tuple[int, int, int]] = []
    for place, (is_quoted, run) in enumerate(runs):
        is_last = place == len(runs) - 1
        words = sum(len(block.text.split()) for block in run)
        if not is_quoted and below:
            builder.add(author or "Reply", "heading", level=_HEADING)
            below = False
        elif is_quoted and (is_last or words > _INLINE_WORDS):
            below = True
            if not run[0].is_head:
                builder.add("Quoted", "heading", level=_HEADING)
        for block in run:
            if block.is_head and (below or not is_quoted):
                builder.add(block.text, "heading", level=_HEADING)
            else:
                _copy(block, builder, moved)


def _copy(block: Shown, builder: TextBuilder, moved: list[tuple[int, int, int]]) -> None:
    """Append a block; ``moved`` are the places where earlier ones were, and are now."""
    if block.kind == "body":
        first = len(builder.blocks)
        builder.add_content(block.text)
        for place in range(first, len(builder.blocks)):
            if builder.blocks[place].kind == "body":
                builder.blocks[place] = replace(builder.blocks[place], level=block.depth)
        return
    start = builder.add(block.text, block.kind, level=block.level)
    moved.append((block.start, block.start + len(block.text), start))
    if block.cells:
        cells = tuple(_moved(cell, moved) for cell in block.cells)
        builder.blocks[-1] = replace(builder.blocks[-1], cells=cells)


def _moved(cell: Range, moved: Sequence[tuple[int, int, int]]) -> Range:
    for start, end, new in reversed(moved):
        if start <= cell[0] and cell[1] <= end:
            return cell[0] - start + new, cell[1] - start + new
    new = moved[-1][2]
    return new, new

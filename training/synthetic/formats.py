"""Made documents as files: text, Markdown, HTML, CSV, JSON, Excel, Word and mail."""

from __future__ import annotations

import csv
import html
import io
import json
import random
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from training.synthetic.marks import shown_length
from training.synthetic.parts import Grid, Heading, Lines, Pairs, Part

Write = Callable[[Sequence[Part], random.Random], bytes]


def formats_of(parts: Sequence[Part]) -> tuple[str, ...]:
    """Return the suffixes that a document can have, likelier ones more often."""
    grids = [part for part in parts if isinstance(part, Grid)]
    if any(grid.merged for grid in grids):
        return ("html", "html", "docx")
    if any(grid.spans for grid in grids):
        return ("html", "html", "md", "docx")
    if grids:
        plain = ("csv", "csv", "tsv", "json", "xlsx", "xlsx") if grids[0].header else ("csv",)
        return ("md", "md", "md", "html", "html", "txt", "docx", "eml", *plain)
    return ("txt", "txt", "txt", "md", "md", "html", "html", "eml", "docx")


def write(parts: Sequence[Part], suffix: str, seed: int) -> bytes:
    """Return the bytes of a file; the same arguments give the same bytes."""
    return _WRITERS[suffix](parts, random.Random(seed))


def _text(parts: Sequence[Part], rng: random.Random) -> bytes:
    return _as_text(parts, rng).encode()


def _as_text(parts: Sequence[Part], rng: random.Random) -> str:
    underline, bullet = rng.random() < 0.3, rng.choice(("- ", "* ", "• ", "  "))
    sign = rng.choice(("  ", " | ", "\t"))
    shown = []
    for part in parts:
        if isinstance(part, Heading):
            shown.append(part.text)
            if underline and part.level == 1:
                shown[-1] += f"\n{'=' * shown_length(part.text)}"
        elif isinstance(part, Lines):
            shown.append("\n".join((bullet if part.bullets else "") + each for each in part.lines))
        elif isinstance(part, Pairs):
            shown.append("\n".join(_pair_lines(part)))
        else:
            shown.append("\n".join(_grid_lines(part, sign)))
    return "\n\n".join(shown) + "\n"


def _pair_lines(part: Pairs) -> list[str]:
    width = max(shown_length(label) for label, _ in part.pairs) + 2
    lines = []
    for label, value in part.pairs:
        room = width - shown_length(label)
        lines.append(
            {
                "colon": f"{label}: {value}",
                "bold": f"{label}: {value}",
                "dotted": f"{label} {'.' * (room + 3)} {value}",
                "aligned": f"{label}:{' ' * room}{value}",
                "form": f"{label}  [ {value} ]",
            }[part.style].rstrip()
        )
    return lines


def _grid_lines(grid: Grid, sign: str) -> list[str]:
    rows = [*grid.header[-1:], *grid.rows]
    widths = [max(map(shown_length, column)) for column in zip(*rows, strict=True)]
    lines = [grid.caption] if grid.caption else []
    for row in rows:
        cells = row
        if sign == "  ":
            cells = tuple(
                cell + " " * (width - shown_length(cell) + 1)
                for cell, width in zip(row, widths, strict=True)
            )
        lines.append(sign.join(cells).rstrip())
    return lines


def _markdown(parts: Sequence[Part], rng: random.Random) -> bytes:
    shown = []
    for part in parts:
        if isinstance(part, Heading):
            shown.append(f"{'#' * part.level} {part.text}")
        elif isinstance(part, Lines):
            if part.bullets:
                shown.append("\n".join(f"- {each}" for each in part.lines))
            else:
                shown.append("\n\n".join(part.lines))
        elif isinstance(part, Pairs):
            if part.style == "bold":
                shown.append("\n".join(f"- **{label}:** {value}" for label, value in part.pairs))
            else:
                shown.append(
                    "  \n".join(f"{label}: {value}".rstrip() for label, value in part.pairs)
                )
        else:
            header = grid_header(part)
            rule = "|" + "---|" * len(header)
            rows = [_bars(header), rule, *(_bars(row) for row in part.rows)]
            shown.append("\n".join(([part.caption, ""] if part.caption else []) + rows))
    return ("\n\n".join(shown) + "\n").encode()


def grid_header(grid: Grid) -> tuple[str, ...]:
    """Return one header row; nested headers are joined, and a table without one has blanks."""
    if not grid.header:
        return ("",) * len(grid.rows[0])
    if not grid.spans:
        return grid.header[0]
    above = [
        text for text, span in zip(grid.header[0], grid.spans, strict=True) for _ in range(span)
    ]
    return tuple(f"{a} {b}".strip() for a, b in zip(above, grid.header[1], strict=True))


def _bars(row: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in row)} |"


def _html(parts: Sequence[Part], rng: random.Random) -> bytes:
    as_list, shown = rng.random() < 0.5, []
    for part in parts:
        if isinstance(part, Heading):
            shown.append(f"<h{part.level}>{html.escape(part.text)}</h{part.level}>")
        elif isinstance(part, Lines):
            tag = "li" if part.bullets else "p"
            lines = "\n".join(f"<{tag}>{html.escape(each)}</{tag}>" for each in part.lines)
            shown.append(f"<ul>\n{lines}\n</ul>" if part.bullets else lines)
        elif isinstance(part, Pairs):
            shown.append(_html_pairs(part, as_list=as_list))
        else:
            shown.append(_html_grid(part))
    title = next(part.text for part in parts if isinstance(part, Heading))
    body = "\n".join(shown)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title></head>\n<body><main>\n{body}\n</main></body></html>\n"
    ).encode()


def _html_pairs(part: Pairs, *, as_list: bool) -> str:
    pairs = [(html.escape(label), html.escape(value)) for label, value in part.pairs]
    if as_list:
        inner = "\n".join(f"<dt>{label}</dt><dd>{value}</dd>" for label, value in pairs)
        return f"<dl>\n{inner}\n</dl>"
    if part.style == "aligned":
        inner = "\n".join(f"<tr><th>{label}</th><td>{value}</td></tr>" for label, value in pairs)
        return f"<table>\n{inner}\n</table>"
    inner = "<br>\n".join(f"<b>{label}:</b> {value}" for label, value in pairs)
    return f"<p>{inner}</p>"


def _html_grid(grid: Grid) -> str:
    lines = [f"<caption>{html.escape(grid.caption)}</caption>"] if grid.caption else []
    for number, row in enumerate(grid.header):
        spans = grid.spans if grid.spans and number == 0 else (1,) * len(row)
        cells = [
            f'<th colspan="{span}">{html.escape(text)}</th>'
            for text, span in zip(row, spans, strict=True)
        ]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    depth = row_spans(grid)
    for row, span in zip(grid.rows, depth, strict=True):
        cells = [f"<td>{html.escape(text)}</td>" for text in row]
        if span != 1:
            cells[0] = f'<td rowspan="{span}">{html.escape(row[0])}</td>' if span else ""
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return "<table>\n" + "\n".join(lines) + "\n</table>"


def row_spans(grid: Grid) -> list[int]:
    """Return how many rows the first cell of each row covers, 0 where one above covers it."""
    if not grid.merged:
        return [1] * len(grid.rows)
    names = [plain(row[0]) for row in grid.rows]
    spans: list[int] = []
    for i, name in enumerate(names):
        if i and names[i - 1] == name:
            spans.append(0)
        else:
            following = next((j for j in range(i, len(names)) if names[j] != name), len(names))
            spans.append(following - i)
    return spans


def plain(text: str) -> str:
    """Return a text without the characters that mark its cells."""
    return "".join(sign for sign in text if not "\ue000" <= sign <= "\uf8ff")


def _csv(parts: Sequence[Part], rng: random.Random) -> bytes:
    return _delimited(parts, rng.choice(",,,;"))


def _tsv(parts: Sequence[Part], rng: random.Random) -> bytes:
    return _delimited(parts, "\t")


def _delimited(parts: Sequence[Part], delimiter: str) -> bytes:
    grid = next(part for part in parts if isinstance(part, Grid))
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
    writer.writerows([*([grid_header(grid)] if grid.header else []), *grid.rows])
    return file.getvalue().encode()


def _json(parts: Sequence[Part], rng: random.Random) -> bytes:
    grid = next(part for part in parts if isinstance(part, Grid))
    title = next(part.text for part in parts if isinstance(part, Heading))
    names = grid_header(grid)
    rows = [dict(zip(names, row, strict=True)) for row in grid.rows]
    value = {"title": title, "rows": rows} if rng.random() < 0.5 else rows
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def _xlsx(parts: Sequence[Part], rng: random.Random) -> bytes:
    import xlsxwriter

    grid = next(part for part in parts if isinstance(part, Grid))
    title = next(part.text for part in parts if isinstance(part, Heading))
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    book.set_properties({"created": datetime(2025, 3, 3, tzinfo=UTC)})
    sheet = book.add_worksheet("".join(" " if s in "[]:*?/\\'" else s for s in title)[:31])
    for i, row in enumerate([grid_header(grid), *grid.rows]):
        for j, text in enumerate(row):
            sheet.write_string(i, j, text)
    book.close()
    return _undated(file)


def _docx(parts: Sequence[Part], rng: random.Random) -> bytes:
    from docx import Document

    document = Document()
    for part in parts:
        if isinstance(part, Heading):
            document.add_heading(part.text, part.level)
        elif isinstance(part, Lines):
            for line in part.lines:
                document.add_paragraph(line, "List Bullet" if part.bullets else None)
        elif isinstance(part, Pairs):
            for line in _pair_lines(part):
                document.add_paragraph(line)
        else:
            _docx_grid(document, part)
    file = io.BytesIO()
    document.save(file)
    return _undated(file)


def _undated(file: io.BytesIO) -> bytes:
    """Return a zip archive with one date for all entries, so that its bytes do not change."""
    packed = io.BytesIO()
    with zipfile.ZipFile(file) as read, zipfile.ZipFile(packed, "w") as written:
        for name in read.namelist():
            entry = zipfile.ZipInfo(name)
            written.writestr(entry, read.read(name), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _docx_grid(document: object, grid: Grid) -> None:
    rows = [*([grid_header(grid)] if grid.header else []), *grid.rows]
    table = document.add_table(len(rows), len(rows[0]))  # type: ignore[attr-defined]
    spans = [*([1] if grid.header else []), *row_spans(grid)]
    for i, row in enumerate(rows):
        for j, text in enumerate(row):
            if j or spans[i]:
                table.cell(i, j).text = text
    for i, span in enumerate(spans):
        if span > 1:
            text = table.cell(i, 0).text
            table.cell(i, 0).merge(table.cell(i + span - 1, 0)).text = text


def _mail(parts: Sequence[Part], rng: random.Random) -> bytes:
    title = next(part.text for part in parts if isinstance(part, Heading))
    rest = [part for part in parts if not (isinstance(part, Heading) and part.level == 1)]
    sender = rng.choice(("office", "list", "anna", "team"))
    day = rng.choice(("Mon, 3", "Tue, 4", "Thu, 6"))
    return (
        f"From: {sender}@mail.example\nTo: all@mail.example\nSubject: {plain(title)}\n"
        f"Date: {day} Mar 2025 09:{rng.randint(10, 59)}:00 +0000\n"
        "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
        f"Content-Transfer-Encoding: 8bit\n\n{_as_text(rest, rng)}"
    ).encode()


_WRITERS: dict[str, Write] = {
    "txt": _text,
    "md": _markdown,
    "html": _html,
    "csv": _csv,
    "tsv": _tsv,
    "json": _json,
    "docx": _docx,
    "xlsx": _xlsx,
    "eml": _mail,
}

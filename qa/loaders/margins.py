"""The headers and footers of a document's pages, as text at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from qa.loaders.extracted import TextBuilder
from qa.loaders.furniture import PAGE_NUMBER


def add_margins(builder: TextBuilder, lines_of: Callable[[str], Iterable[str]]) -> None:
    """Append what ``lines_of`` gives for "header" and "footer", each line once.

    Lines that only count pages, and empty ones, are left out.
    """
    seen: set[str] = set()
    for kind in ("header", "footer"):
        lines = []
        for line in lines_of(kind):
            if line not in seen and not PAGE_NUMBER.fullmatch(line):
                lines.append(line)
                seen.add(line)
        if lines:
            builder.add(f"Page {kind}", "heading", level=1)
        for line in lines:
            builder.add(line, "body")

"""Read Jupyter notebooks: text, code, and what the code wrote.

nbformat, the format's own library, brings a validator of JSON schemas; the cells are plain JSON.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from qa.loaders.extracted import Extracted, TextBuilder
from qa.loaders.hypertext.markdown import add_markdown
from qa.loaders.hypertext.markup import add_page

# What stands for something that is only drawn: "<IPython.core.display.HTML object>".
_OBJECT = re.compile(r"<(?=[^<>\n]*>\Z)[^<>\n]+ object[^<>\n]*>")


def is_notebook(value: Any) -> bool:
    """Return whether a JSON value is a notebook, of any version of the format."""
    return isinstance(value, dict) and "nbformat" in value and bool(_cells(value))


def read_notebook(value: Mapping[str, Any]) -> Extracted:
    """Return the cells in order; code, and its outputs as text or tables."""
    builder = TextBuilder()
    for cell in _cells(value):
        source = _text(cell.get("source", cell.get("input")))
        kind = cell.get("cell_type")
        if kind == "markdown":
            add_markdown(source, builder)
        elif kind == "heading":  # version 3
            level = str(cell.get("level", 1))
            builder.add(source, "heading", level=int(level) if level.isdigit() else 1)
        else:
            builder.add(source, "body")
        for output in cell.get("outputs") or ():
            if isinstance(output, dict):
                _add_output(output, builder)
    metadata = value.get("metadata")
    stated = metadata if isinstance(metadata, dict) else {}
    authors = [
        each.get("name", "") if isinstance(each, dict) else each
        for each in stated.get("authors") or ()
    ]
    return builder.result(
        title=str(stated.get("title") or "") or builder.first_heading(),
        author=", ".join(each for each in authors if isinstance(each, str) and each),
    )


def _cells(value: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    sheets = value.get("worksheets")
    sheet = sheets[0] if isinstance(sheets, list) and sheets else value
    cells = sheet.get("cells") if isinstance(sheet, dict) else None
    return [cell for cell in cells if isinstance(cell, dict)] if isinstance(cells, list) else []


def _add_output(output: Mapping[str, Any], builder: TextBuilder) -> None:
    """Append one output in the richest of its forms that is text."""
    kind = output.get("output_type")
    if kind in ("error", "pyerr"):
        builder.add(f"{output.get('ename', '')}: {output.get('evalue', '')}", "body")
        return
    data = output.get("data")
    forms: Mapping[str, Any] = data if isinstance(data, dict) else output
    page, plain = _text(forms.get("text/html", forms.get("html"))), _text(forms.get("text/plain"))
    if "<table" in page or (page and (not plain or _OBJECT.fullmatch(plain.strip()))):
        add_page(page, builder)  # a data frame, whose plain text cuts off columns
    elif markdown := _text(forms.get("text/markdown")):
        add_markdown(markdown, builder)
    else:
        latex = _text(forms.get("text/latex", forms.get("latex")))
        builder.add(plain or _text(forms.get("text")) or latex, "body")


def _text(value: Any) -> str:
    """Return a text that may be a list of its lines."""
    lines = value if isinstance(value, list) else [value]
    return "".join(line for line in lines if isinstance(line, str))

"""Rich Text Format, by striprtf."""

from __future__ import annotations

import re
from dataclasses import replace

from qa.errors import UnreadableDocument
from qa.loaders.dates import find_date
from qa.loaders.extracted import Extracted
from qa.loaders.text import read_text

_FIELD = r"\{{\\{name}\s+([^{{}}]*)\}}"
_CREATED = re.compile(r"\{\\creatim\\yr(\d{4})\\mo(\d{1,2})\\dy(\d{1,2})")


def read_rtf(data: bytes) -> Extracted:
    """Return the running text; rows of a table become lines with " | " between the cells."""
    from striprtf.striprtf import rtf_to_text

    source = data.decode("latin-1")  # RTF is ASCII; what is not, it escapes
    try:
        text = rtf_to_text(source, errors="replace")
    except Exception as error:  # striprtf raises whatever it trips over
        raise UnreadableDocument("damaged RTF: open it and save it again") from error
    # Characters beyond the first plane come in two halves.
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    lines = []
    for line in text.replace("\0", "").split("\n"):
        if line.endswith("|"):
            line = " | ".join(cell.strip() for cell in line.split("|") if cell.strip())
        lines.append(line)
    extracted = read_text("\n\n".join(lines))  # a line here is a whole paragraph
    created = _CREATED.search(source)
    return replace(
        extracted,
        title=_stated(source, "title") or extracted.title,
        author=_stated(source, "author"),
        date=extracted.date or (find_date("-".join(created.groups())) if created else ""),
    )


def _stated(source: str, name: str) -> str:
    from striprtf.striprtf import rtf_to_text

    found = re.search(_FIELD.format(name=name), source[:20_000])
    if not found:
        return ""
    return " ".join(rtf_to_text("{\\rtf1\\ansi " + found.group(1) + "}", errors="replace").split())

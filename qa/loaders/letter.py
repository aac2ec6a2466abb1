"""Find what a letter is about, which names it better than the sender above does."""

from __future__ import annotations

import re
from collections.abc import Sequence

_SALUTATION = re.compile(
    r"(?:dear|to whom it may concern|sehr geehrte[rns]?|liebe[rs]?|guten tag|hallo|cher|chère|chers"
    r"|madame|monsieur|mesdames|estimad[oa]s?|querid[oa]s?|prezad[oa]s?|gentile|egregi[oa]|beste"
    r"|geachte|kära|kære|kjære)\b[^.?]{0,60}",
    re.IGNORECASE,
)
_SALUTATION_ENDS = (",", ":", "!", "Sir", "Madam", "Sirs", "concern")
_SUBJECT = re.compile(
    r"(?:re|subject|betreff|betr|betrifft|objet|asunto|assunto|oggetto|onderwerp|betreft|ämne|emne)"
    r"\s?:\s*\S.{1,140}",
    re.IGNORECASE,
)
# So many lines may be above the salutation: addresses, a date, references.
_MAX_ABOVE = 30
_MAX_CHARACTERS = 100


def subject_of(
    lines: Sequence[str], stands_out: Sequence[bool], *, above: bool = False
) -> int | None:
    """Return the position of the line that names the subject of a letter, None if none does.

    It says so ("Re: Your lease") above the salutation or right below it, or is a line below it
    that ``stands_out``, in bold or capitals; with ``above`` that may be right above it too.
    """
    for place, line in enumerate(lines[: _MAX_ABOVE + 1]):
        if place and _SALUTATION.fullmatch(line) and line.endswith(_SALUTATION_ENDS):
            break
    else:
        return None
    for position, line in enumerate(lines[: place + 2]):
        if _SUBJECT.fullmatch(line):
            return position
    below = place + 1
    if _is_subject(lines, stands_out, below) and below + 1 < len(lines):
        return below
    if above and place > 1 and _is_subject(lines, stands_out, place - 1):
        return None if stands_out[place - 2] else place - 1
    return None


def _is_subject(lines: Sequence[str], stands_out: Sequence[bool], place: int) -> bool:
    return (
        place < len(lines)
        and stands_out[place]
        and len(lines[place]) <= _MAX_CHARACTERS
        and not lines[place].endswith((".", "!", "?", ",", ";", ":"))
        and not (place + 1 < len(lines) and stands_out[place + 1])
    )

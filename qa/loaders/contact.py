"""What mail and telephones are addressed with, in a line of text."""

from __future__ import annotations

# Within a line. Each begins where a word does: of a line without spaces the search would else
# begin at each of its letters.
MAIL = r"(?<!\S)\S[^\s@]*+@\S[^\s.]*+\.\S"
TELEPHONE = r"(?<![\d-])(?:\+|\(?0)\d(?:[ ()/-]{0,2}\d){6,}(?!\d)"
# A mail address and nothing else.
MAIL_ALONE = r"[^\s@]++@[^\s@]+\.\w+"

"""Pure functions of strings: normalise, compare, count and list in words."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterable, Sequence
from pathlib import Path

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = frozenset(string.punctuation)
# Widths of letters in a usual typeface, those of Helvetica in thousandths of its size.
_WIDTHS = {
    letter: width
    for letters, width in {
        "ijl'’": 222,
        "ftI .,:;!/[]|": 278,
        "r()-–*“”": 333,
        "cksvxyzJ": 500,
        "FTZ+=": 611,
        "ABEKPSVXY&": 667,
        "CDHNRUw": 722,
        "GOQ": 778,
        "mM": 833,
        "%": 889,
        "W": 944,
        "@—": 1000,
    }.items()
    for letter in letters
}
_USUAL_WIDTH = 556
MAX_LISTED = 5
# A first word that is no name: those of files and servers have dots, digits or strokes.
_WORD = re.compile(r"[a-z]+(?:['’-][a-z]+)*(?![\w/@:\\-]|\.\w)")
_ENDS = (".", "!", "?", "…")
# An absolute path up to its last stroke; not what follows the name of a server.
_ABOVE = re.compile(r"(?<![\w.:/~-])(?:[A-Za-z]:[\\/]|/)(?:[^\s/\\\"'`]+[/\\])+(?=[^\s/\\\"'`])")


def counted(count: int, noun: str) -> str:
    """Return a count with its noun: "1 passage" or "19 passages"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def listed(names: Sequence[str]) -> str:
    """Return the first ``MAX_LISTED`` names and how many follow: "a, b, c, d, e and 2 more"."""
    more = len(names) - MAX_LISTED
    return ", ".join(names[:MAX_LISTED]) + (f" and {more:,} more" if more > 0 else "")


def sentence(text: str) -> str:
    """Return a message as it stands alone: it begins with a capital and ends with a full stop.

    A name at its beginning, such as that of a file, is left as it is written.
    """
    if _WORD.match(text):
        text = text[0].upper() + text[1:]
    return text if not text or text.endswith(_ENDS) else f"{text}."


def sentences(*texts: str) -> str:
    """Return messages one after another, each as a sentence; empty ones are left out."""
    return " ".join(map(sentence, filter(None, texts)))


def without_surrogates(text: str) -> str:
    """Return a text with "?" for each lone surrogate, which UTF-8 cannot encode.

    They come from a command line that is not UTF-8, from a browser's JSON, or from a damaged
    file.
    """
    return text.encode("utf-8", "replace").decode("utf-8")


def without_places(text: str, folders: Iterable[Path] = ()) -> str:
    """Return a message without where its files are on this machine: names stand for paths.

    ``folders`` are those that the message may name; any other absolute path is shortened too, as
    far as it has no spaces.
    """
    absolute = {path for each in folders for path in (each.absolute(), each.resolve())}
    for path in sorted(absolute, key=lambda path: len(str(path)), reverse=True):
        if path.name:
            text = text.replace(str(path), path.name)
    return _ABOVE.sub("", text)


# What is not seen and changes what is: control characters, overrides of the direction, letters
# without a form. Not what scripts need: joiners, and marks of direction.
UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b"
    "\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e01ef]"
)


def printable(text: str) -> str:
    """Return a line of text with an escape for each character in it that is not seen."""
    return "".join(
        sign
        if sign.isprintable() and not UNSEEN.match(sign)
        else sign.encode("unicode_escape").decode()
        for sign in text
    )


def json_literal(text: str) -> str:
    """Return JSON with an escape for what is not seen: the same values."""
    return UNSEEN.sub(lambda found: json.dumps(found[0])[1:-1], text)


def normalize(text: str) -> str:
    """Lower-case ``text`` and drop ASCII punctuation, English articles and extra space.

    Source: the official SQuAD v1.1 evaluation script (Rajpurkar et al., 2016).
    """
    text = "".join(character for character in text.lower() if character not in _PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", text).split())


def type_width(text: str) -> int:
    """Return about how wide a text is in print, in thousandths of the size of its type."""
    return sum(_WIDTHS.get(letter, _USUAL_WIDTH) for letter in text)


def cells_of(row: str, start: int = 0) -> tuple[tuple[int, int], ...]:
    """Return the places of the cells in a row that is written as they are, joined by " | ".

    ``start`` is where the row begins; an empty cell is ``(x, x)``.
    """
    # The white space of an empty cell at either end is not part of the row.
    first, last = " " * row.startswith("|"), " " * row.endswith("|")
    end, offset = start + len(row), start - len(first)
    places = []
    for cell in f"{first}{row}{last}".split(" | "):
        begin = min(max(offset, start), end)
        places.append((begin, min(begin + len(cell), end)))
        offset += len(cell) + len(" | ")
    return tuple(places)


def mentions(text: str, phrase: str) -> bool:
    """Return whether a phrase occurs in a text, word for word; False for a phrase without a word.

    "Tanaka" occurs in "Tanaka's", and does not occur in "Tanakas". Case, punctuation and
    articles make no difference, as in the comparison of answers.
    """
    wanted = _words(phrase)
    if not wanted.strip():
        return False
    text = text.casefold()
    # The quick test first: most texts lack one of the words.
    return all(word in text for word in wanted.split()) and wanted in _words(text)


def _words(text: str) -> str:
    words = re.findall(r"\w+", text.casefold())
    return f" {' '.join(word for word in words if word not in ('a', 'an', 'the'))} "

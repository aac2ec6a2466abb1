"""Which characters belong together: a number with its sign, a telephone number, a file name.

The tokenizer makes a word of every punctuation mark, so that "07-1315" is three words. A person
quotes it whole or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

_CURRENCY = "$€£¥₹₽₺₩฿"
_CURRENCY_CODE = "(?:AUD|BRL|CAD|CHF|CNY|CZK|DKK|EUR|GBP|HUF|INR|JPY|NOK|NZD|PLN|SEK|USD|ZAR)"
_SPACE = "[ \u00a0\u202f]"
_RAISED = "⁰¹²³⁴-⁹"
# What is not ticked is no answer without its empty box: "☐ Kennel cough", "[ ] Solar cell".
_BOX = r"(?:☐|\[ ?\])"
_ANY_BOX = r"[☐☑☒]|\[[ xX]?\]"
# Tried in this order at each character, so the longer kinds come before the number.
_KINDS = (
    rf"{_BOX}[ \t]*[^\s☐☑☒]+(?:(?:[ \t]+(?!{_ANY_BOX})[^\s☐☑☒|;]+){{0,7}}"
    rf"(?=[ \t]*(?:{_ANY_BOX}|[\n|;]|\.?$)))?",
    # Addresses: a URL without the punctuation of its sentence, an e-mail address, a handle.
    r'(?:(?:https?|ftp|file)://|mailto:|www\.)[^\s<>"“”|]*[\w/=&#~+-]',
    r"(?<![\w+%-])\w+(?:[.+%-]\w+)*@\w+(?:[.-]\w+)*",
    r"(?<![\w@#])[@#]\w+(?:[.-][^\W\d]\w*)*",
    # File names and paths, identifiers with underscores.
    r"(?<![\w~./\\-])(?:[A-Za-z]:)?[~./\\]*(?:[\w-]+[./\\]+)*[\w-]+"
    r"\.(?:[a-z][a-z0-9]{0,4}|[A-Z][A-Z0-9]{1,4})(?![\w])",
    r"(?<![\w./\\-])(?:~|[A-Za-z]:)?[/\\][\w.-]*\w(?:[/\\][\w.-]*\w)+",
    r"(?<!\w)[^\W_]+(?:_+[^\W_]+)+(?!\w)",
    # Dates with a short name of the month.
    r"(?<!\w)\d{1,2}-(?:[A-Z][a-z]{2}|[A-Z]{3})-\d{2,4}(?!\w)",
    # Telephone numbers: international, with an area code in brackets, with a leading zero.
    r"(?<!\w)\+(?=(?:\D{0,2}\d){8})\d{1,3}(?:[ .-]?(?:\d{1,8}|\(\d{1,5}\))){1,6}(?!\w)",
    r"\(0\d{0,5}\)[ -]?\d{2,8}(?:[ .-]\d{2,8})*(?!\w)",
    r"\(\d{3}\)[ -]?\d{3}[ .-]\d{4}(?!\w)",
    r"(?<![\w.,])0\d(?: \d\d){4,5}(?!\w)",
    r"(?<![\w.,])0\d{1,4}(?: | ?/ ?)\d{3,8}(?:[ -]\d{3,8}){0,3}(?!\w)",
    # Postcodes (United Kingdom) and bank accounts (IBAN).
    r"(?<!\w)[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}(?!\w)",
    r"(?<!\w)[A-Z]{2}\d{2}(?: [A-Z\d]{4}){3,7}(?: [A-Z\d]{1,3})?(?!\w)",
    # Paragraphs and forms: "12(3)(b)", "N-208(b)".
    r"(?<![\w.,/-])(?:[A-Z]{1,4}-?)?\d{1,4}[A-Z]?(?:\((?:\d{1,2}|[a-zA-Z]|[ivx]{1,4})\))+(?!\w)",
    # Names that contain punctuation.
    r"(?<!\w)(?:[A-Za-z]\.)+[A-Za-z](?!\w)",
    r"(?<!\w)[A-Z]+&[A-Z]+(?!\w)",
    r"(?<!\w)[A-Z]['’][A-Z]\w+",
    r"(?<!\w)[A-Za-z](?:\+\+|#)(?!\w)",
    # Numbers with sign, currency, unit: dates, times, prices, fractions, versions among them.
    rf"(?:(?<![\w.,)%-])[-−+±])?(?:(?:[A-Z]{{0,3}}[{_CURRENCY}]|\b{_CURRENCY_CODE}){_SPACE}?[-−]?)?"
    r"(?<!\w)v?\.?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)"
    r"(?:[.:/'’]\d+|[\u00a0\u202f\u2009]\d{3}(?!\d))*(?:,\d{1,2}(?![\d,.]))?\w*"
    rf"(?:[°º]{_SPACE}?[CF]?\b|/[A-Za-z]{{1,2}}\b|{_SPACE}?[%‰{_CURRENCY}](?! ?\w)"
    rf"|{_SPACE}{_CURRENCY_CODE}\b|{_SPACE}?[ap]\.?m\b|{_SPACE}(?:m|b|tr)illion\b)*",
)
_WHOLE = re.compile("|".join(f"(?:{kind})" for kind in _KINDS), re.MULTILINE)
_TITLE = r"(?:Dr|Mrs?|Ms|Prof|St|[^\W\d_])\."
_PARTICLES = frozenset("da de del der di du la of the und van von".split())
_MONTH = (
    "(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    r"|Sep(?:t(?:ember)?)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_WEEKDAY = "(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?"
# The whole of a value, after a key or a header: a name of several words, a date, a number with
# its unit, a telephone or account number in groups.
_VALUE = re.compile(
    rf"(?<=[:;] )[ \t]*(?:(?P<name>(?:(?:{_TITLE}|[^\W\d_][\w'’-]*) ){{1,4}}[^\W\d_][\w'’-]*)"
    r"(?=[ \t]*(?:[;.]?[ \t]*$|[;,.] |[(<|]))"
    rf"|(?P<value>(?:{_WEEKDAY},? )?"
    rf"(?:\d{{1,2}}(?:st|nd|rd|th|\.)? {_MONTH}|{_MONTH} \d{{1,2}})(?:,? \d{{4}})?"
    rf"|[{_CURRENCY}]?\d[\d.,]* [^\W\d_{_RAISED}]{{1,12}}[²³]?"
    r"|\+?\d{2,5}(?: \d{2,5}){2,6})(?=[ \t]*(?:[;.]?[ \t]*$|; |\. )))",
    re.MULTILINE,
)
# A number in groups after a word that says so: "call 455 010 203", "account no. 12 3456 7890".
_GROUPED = re.compile(
    r"\b(?:phone|tel|telephone|mobile|fax|call|ring|dial|hotline|account|no|nr|number|ref)"
    r"(?:\.|:|\b)(?: is| us| at| on| me)? ?(\d{2,5}(?: \d{2,5}){2,6})(?![\w.,])",
    re.IGNORECASE,
)
# The number of a note, apart from what it is about: "$320 ¹".
_NOTE = re.compile(rf"(?<=\s)[{_RAISED}]{{1,3}}(?![\w⁺⁻])")
_JOINED = re.compile(r"(?<![\w_])[^\W_]+(?:[-‐‑–/][^\W_]+)+(?!\w)")
_JOINT = re.compile(r"[-‐‑–/]")
_YEAR = re.compile(r"1\d{3}s?|2[01]\d\ds?")


def number_words(
    text: str,
    words: Sequence[int | None],
    offsets: Sequence[tuple[int, int]],
    pieces: Iterable[int],
) -> list[int]:
    """Return the ascending number of each token's word, tokens of one thing sharing it.

    ``words``, ``offsets`` and ``pieces`` are, for each token of ``text``, the tokenizer's
    number of its word, its characters, and the number of its piece: no thing is in two.
    """
    things = _merged([*whole_things(text), *whole_values(text)])
    numbers: list[int] = []
    at = 0
    before: tuple[int | None, int | None, int] = None, None, -1
    for word, (start, end), piece in zip(words, offsets, pieces, strict=True):
        while at < len(things) and things[at][1] <= start:
            at += 1
        thing = at if at < len(things) and things[at][0] < end else None
        together = word == before[0] or (thing is not None and thing == before[1])
        grows = not (together and piece == before[2])
        numbers.append((numbers[-1] if numbers else -1) + grows)
        before = word, thing, piece
    return numbers


def whole_things(text: str) -> list[tuple[int, int]]:
    """Return the parts of a text that are quoted whole, as ``(start, end)`` in order.

    Telephone numbers, codes, file names, e-mail and web addresses, handles, dates in figures,
    prices with their sign, numbers with an attached unit. No word of letters alone and no range
    is one: "Vienna's", "German-born", "20-year" and "1914–1918" may be quoted in part.
    """
    found = [match.span() for match in _WHOLE.finditer(text)]
    grouped = [match.span(1) for match in _GROUPED.finditer(text)]
    return _merged([*found, *grouped, *_codes(text)])


def note_numbers(text: str) -> list[tuple[int, int]]:
    """Return the numbers of notes that stand apart, which nobody quotes, as ``(start, end)``."""
    return [match.span() for match in _NOTE.finditer(text)]


def whole_values(text: str) -> list[tuple[int, int]]:
    """Return the values of keys that are quoted whole, as ``(start, end)`` in order.

    "Author: Imke Harder", "Ends: Friday 6 June 2031", "Weight: 12 kg". Half a name, a date or a
    measure is no value; of one that says more, such as "12 kg, with its stand", a part may be.
    """
    return [
        match.span("name" if match["name"] else "value")
        for match in _VALUE.finditer(text)
        if not match["name"] or _is_name(match["name"].split())
    ]


def _merged(found: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return places in order, those that overlap as one."""
    things: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if things and start < things[-1][1]:
            things[-1] = (things[-1][0], max(end, things[-1][1]))
        else:
            things.append((start, end))
    return things


def _codes(text: str) -> Iterator[tuple[int, int]]:
    """Yield the codes among words joined by hyphens and slashes: "07-1315", "KX-12", "3–1"."""
    for match in _JOINED.finditer(text):
        start, end = match.span()
        # Between parts of numbers: "3.5-4.2", "£1,000-2,000", "9:00–17:00".
        if text[start - 1 : start] in tuple(".,:") or re.match(r"[.,:]\d", text[end : end + 2]):
            continue
        parts = _JOINT.split(match[0])
        if all(part.isdecimal() for part in parts) and "/" not in match[0]:
            if len(parts) > 2 or not _is_range(*parts):
                yield start, end
        elif _is_code(parts):
            yield start, end
        else:
            at = start
            for left, right in pairwise(parts):
                if _is_numbered(left, right):
                    yield at, at + len(left) + 1 + len(right)
                at += len(left) + 1


def _is_name(words: Sequence[str]) -> bool:
    return all(word[0].isupper() or word in _PARTICLES for word in words) and words[0][0].isupper()


def _is_range(first: str, last: str) -> bool:
    """Return whether two numbers with a hyphen are from … to: "10-15", "1914-18", "724-43"."""
    if first[0] == "0" or (last[0] == "0" and len(first) != 4):
        return False
    if len(last) == 2 and (_YEAR.fullmatch(first) or len(first) == 3):
        return True
    lengths = len(first), len(last)
    return int(first) < int(last) and lengths[1] - lengths[0] in (0, 1) and lengths != (3, 4)


def _is_code(parts: Sequence[str]) -> bool:
    """Return whether parts are all capitals and figures, and both occur: "HR-INV-2024"."""
    figures = [any(map(str.isdigit, part)) for part in parts]
    letters = [any(map(str.isalpha, part)) for part in parts]
    return any(figures) and any(letters) and all(part == part.upper() for part in parts)


def _is_numbered(name: str, figures: str) -> bool:
    """Return whether a name with a number is one: "Covid-19", and not "Mid-1990s"."""
    named = len(name) > 1 and name.isalpha() and name.istitle()
    return named and figures.isdecimal() and not _YEAR.fullmatch(figures)

"""Read address cards (vCard, VCF): each card is a form under the name of whom it is of."""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator
from typing import Any

from qa.errors import UnreadableDocument
from qa.loaders.extracted import Extracted, TextBuilder
from qa.text import counted

# The fields that people read, in this order; keys, pictures and what is for programs are not.
_FIELDS = {
    "N": "Name",
    "NICKNAME": "Nickname",
    "TITLE": "Job title",
    "ROLE": "Role",
    "ORG": "Organisation",
    "TEL": "Telephone",
    "EMAIL": "E-mail",
    "IMPP": "Messenger",
    "ADR": "Address",
    "LABEL": "Address label",
    "BDAY": "Birthday",
    "ANNIVERSARY": "Anniversary",
    "URL": "Web page",
    "LANG": "Language",
    "RELATED": "Related",
    "MEMBER": "Member",
    "CATEGORIES": "Categories",
    "NOTE": "Note",
    "REV": "Revised",
}
_PICTURES = {"PHOTO", "LOGO", "SOUND"}
# The types of a number or an address that say something; "pref" and "voice" do not.
_TYPES = "home work cell mobile fax pager video car text".split()
_SCHEME = re.compile(r"(?:tel|mailto|sip|xmpp):", re.IGNORECASE)
_DAY = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:T.*)?")
_QUOTED = "QUOTED-PRINTABLE"
_MAX_HEAD = 200


def looks_like_cards(text: str) -> bool:
    """Return whether a text begins as an address card does."""
    return text[:200].lstrip("\ufeff \t\r\n").upper().startswith("BEGIN:VCARD")


def read_cards(text: str) -> Extracted:
    """Return the cards, each under its name, in lines of a name and a value."""
    builder = TextBuilder()
    cards, pictures = 0, 0
    for fields in _cards(text):
        cards += 1
        pictures += sum(name in _PICTURES for name, _, _ in fields)
        names = [value for name, _, value in fields if name == "FN"]
        builder.add(_joined(names[0]) if names else "", "heading", level=1)
        lines = [f"Name: {_joined(name)}" for name in names[1:]]
        for key, label in _FIELDS.items():
            for name, types, value in fields:
                if name == key and (said := _shown(key, value)):
                    kind = f" ({', '.join(types)})" if types else ""
                    lines.append(f"{label}{kind}: {said}")
        builder.add("\n".join(lines), "body")
    if not cards:
        raise UnreadableDocument("damaged address card", "export it again")
    if pictures:
        builder.notes.append(f"{counted(pictures, 'picture')} without text")
    return builder.result(title=builder.first_heading() if cards == 1 else "")


_Card = list[tuple[str, list[str], str]]


def _cards(text: str) -> Iterator[_Card]:
    """Yield the fields of each card: name, types and value."""
    from icalendar import parser

    parsing: Any = parser  # it has no types
    card: _Card | None = None
    for line in parsing.Contentlines.from_ical("\n".join(_unbroken(text))):
        head, colon, value = str(line).partition(":")
        # vCard 2.1 writes the values of parameters alone: "TEL;WORK;VOICE:".
        name, *given = head.split(";")
        bare = [each for each in given if "=" not in each]
        head = ";".join([name, *(each for each in given if "=" in each)])
        try:
            name, parameters, value = parsing.Contentline(f"{head}{colon}{value}").parts()
        except ValueError:
            continue
        name = name.rpartition(".")[2].upper()
        if name == "BEGIN":
            card = []
        elif name == "END" and card is not None:
            yield card
            card = None
        elif card is not None:
            stated = {str(key).upper(): _listed(values) for key, values in parameters.items()}
            if _QUOTED in [each.upper() for each in (*stated.get("ENCODING", []), *bare)]:
                value = _decoded(value, stated.get("CHARSET", ["utf-8"])[0])
            types = [each.lower() for each in (*stated.get("TYPE", []), *bare)]
            card.append((name, [each for each in types if each in _TYPES], value))


def _unbroken(text: str) -> Iterator[str]:
    """Yield lines, those in one that quoted-printable breaks with "="."""
    kept: list[str] = []
    for line in text.splitlines():
        kept.append(line)
        if line.endswith("=") and _QUOTED in kept[0][:_MAX_HEAD].partition(":")[0].upper():
            kept[-1] = line[:-1]
            continue
        yield "".join(kept)
        kept = []
    yield "".join(kept)


def _listed(values: object) -> list[str]:
    given = values if isinstance(values, list) else [values]
    return [word for value in given for word in str(value).split(",")]


def _decoded(value: str, charset: str) -> str:
    data = quopri.decodestring(value.encode("utf-8", "replace"))
    try:
        return data.decode(charset, "replace")
    except LookupError:
        return data.decode("utf-8", "replace")


def _shown(key: str, value: str) -> str:
    """Return a value as people write it."""
    if key in ("BDAY", "ANNIVERSARY", "REV") and (day := _DAY.fullmatch(value.strip())):
        return "-".join(day.groups())
    if key == "N":  # family, given, further names, before and after the name
        family, given, further, before, after = [*value.split(";"), *[""] * 5][:5]
        return _joined(" ".join((before, given, further, family, after)))
    parts = value.split(";") if key in ("ADR", "ORG") else [value]
    return ", ".join(filter(None, map(_joined, (_SCHEME.sub("", part, 1) for part in parts))))


def _joined(text: str) -> str:
    return " ".join(text.split())

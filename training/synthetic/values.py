"""Cells of a column, drawn after its specification in the style of one document.

A specification is a list, ``value ~ other name; value``, or ``@kind arguments``.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from training.synthetic import names

_ATTEMPTS = 40
_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
_UNITED = {"int", "dec"}


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its text, and what a question may call it."""

    text: str
    mentions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Style:
    """How one document writes money, dates, times and units."""

    money: str
    date: str
    time: str
    dash: str
    capital: bool
    unit_in_header: bool
    thousands: bool
    year: int

    @property
    def money_header(self) -> str:
        """What a header adds where amounts stand without their currency."""
        return self.money[1:] if self.money.startswith("(") else ""


def draw_style(rng: random.Random) -> Style:
    """Return a random style."""
    return Style(
        money=rng.choice(("£", "£", "€", "$", "GBP ", "# €", "# EUR", "(£)", "(€)", "(EUR)")),
        date=rng.choice(("d month y", "d month y", "iso", "slashes", "dots", "day", "us", "short")),
        time=rng.choice(("colon", "colon", "dot", "ampm")),
        dash=rng.choice(("–", "-", " to ", " – ")),
        capital=rng.random() < 0.6,
        unit_in_header=rng.random() < 0.4,
        thousands=rng.random() < 0.5,
        year=rng.randint(2019, 2027),
    )


def header_suffix(spec: str, style: Style) -> str:
    """Return what a header says of the unit of its cells, as " (kg)"; empty where they have it."""
    kind, *arguments = spec.split()
    if kind == "@money":
        return f" ({style.money_header}" if style.money_header else ""
    unit = _unit(kind, arguments)
    return f" ({unit})" if unit and style.unit_in_header else ""


def draw_cells(
    spec: str, count: int, style: Style, rng: random.Random, *, distinct: bool
) -> list[Cell]:
    """Return cells of one column; ``distinct`` ones are fewer where the list has no more."""
    if not spec.startswith("@"):
        pool = [listed(each, style) for each in spec.split(";")]
        if distinct:
            return rng.sample(pool, min(count, len(pool)))
        return [rng.choice(pool) for _ in range(count)]
    kind, *arguments = spec[1:].split()
    cells: list[Cell] = []
    taken: set[str] = set()
    for _ in range(count * _ATTEMPTS):
        if len(cells) == count:
            break
        cell = _KINDS[kind](arguments, style, rng)
        if not taken.intersection(cell.mentions):
            cells.append(cell)
            taken.update(cell.mentions if distinct or kind in _NAMED else ())
    return cells


def listed(entry: str, style: Style) -> Cell:
    """Return the cell of an entry of a list."""
    text, *others = (part.strip() for part in entry.split("~"))
    shown = text[0].upper() + text[1:] if style.capital else text
    return Cell(shown, (text, *others))


def _unit(kind: str, arguments: list[str]) -> str:
    if kind.lstrip("@") not in _UNITED:
        return ""
    return " ".join(arguments[2 if kind.endswith("int") else 3 :])


def _money(arguments: list[str], style: Style, rng: random.Random) -> Cell:
    low, high = float(arguments[0]), float(arguments[1])
    step = float(arguments[2]) if len(arguments) > 2 else 1.0
    amount = low + step * rng.randint(0, int((high - low) / step))
    digits = f"{amount:,.2f}" if step < 1 or rng.random() < 0.3 else f"{amount:,.0f}"
    if not style.thousands:
        digits = digits.replace(",", "")
    if style.money.startswith("("):
        return Cell(
            digits, (digits, f"{style.money[1:-1]}{'' if len(style.money) == 3 else ' '}{digits}")
        )
    text = style.money.replace("#", digits) if "#" in style.money else style.money + digits
    return Cell(text, (text,))


def _int(arguments: list[str], style: Style, rng: random.Random) -> Cell:
    number = rng.randint(int(arguments[0]), int(arguments[1]))
    digits = f"{number:,}" if style.thousands and number > 9999 else str(number)
    return _measured(digits, _unit("@int", arguments), style)


def _dec(arguments: list[str], style: Style, rng: random.Random) -> Cell:
    digits = f"{rng.uniform(float(arguments[0]), float(arguments[1])):.{arguments[2]}f}"
    return _measured(digits, _unit("@dec", arguments), style)


def _measured(digits: str, unit: str, style: Style) -> Cell:
    whole = f"{digits} {unit}".strip()
    return Cell(digits if style.unit_in_header else whole, (whole,))


def _date(arguments: list[str], style: Style, rng: random.Random) -> Cell:
    years = [int(each) for each in arguments] or [style.year, style.year]
    begin = date(years[0], 1, 1)
    day = begin + timedelta(days=rng.randrange((date(years[1], 12, 31) - begin).days))
    month, weekday = names.MONTHS[day.month - 1], names.WEEKDAYS[day.weekday()]
    text = {
        "d month y": f"{day.day} {month} {day.year}",
        "iso": day.isoformat(),
        "slashes": f"{day:%d/%m/%Y}",
        "dots": f"{day.day}.{day.month}.{day.year}",
        "day": f"{weekday[:3]} {day.day} {month} {day.year}",
        "us": f"{month} {day.day}, {day.year}",
        "short": f"{day.day} {month[:3]} {day.year}",
    }[style.date]
    return Cell(text, (f"{day.day} {month} {day.year}", text))


def _month(arguments: list[str], style: Style, rng: random.Random) -> Cell:
    years = [int(each) for each in arguments] or [style.year, style.year]
    year, month = rng.randint(*years), rng.randint(1, 12)
    text = f"{month:02}/{year}" if style.date in ("slashes", "dots") else ""
    text = text or f"{names.MONTHS[month - 1]} {year}"
    return Cell(text, (text,))


def _clock(minutes: int, style: Style) -> str:
    hour, minute = divmod(minutes, 60)
    if style.time == "ampm":
        shown = f"{(hour - 1) % 12 + 1}" + (f".{minute:02}" if minute else "")
        return f"{shown} {'am' if hour < 12 else 'pm'}"
    return f"{hour:02}:{minute:02}" if style.time == "colon" else f"{hour}.{minute:02}"


def _time(arguments: list[str], style: Style, rng: random.Random) -> Cell:
    step = int(arguments[2]) if len(arguments) > 2 else 5
    low, high = 60 * int(arguments[0]), 60 * int(arguments[1])
    text = _clock(rng.randrange(low, high, step), style)
    return Cell(text, (text,))


def _span(arguments: list[str], style: Style, rng: random.Random) -> Cell:
    low, high = 2 * int(arguments[0]), 2 * int(arguments[1])
    begin = rng.randint(low, high - 4)
    end = rng.randint(begin + 2, high)
    text = f"{_clock(30 * begin, style)}{style.dash}{_clock(30 * end, style)}"
    return Cell(text, (text,))


def _person(arguments: list[str], style: Style, rng: random.Random) -> Cell:
    first, last = names.first(rng), names.last(rng)
    return Cell(f"{first} {last}", (f"{first} {last}", first, last))


def _doctor(arguments: list[str], style: Style, rng: random.Random) -> Cell:
    first, last = names.first(rng), names.last(rng)
    text = rng.choice((f"Dr {last}", f"Dr {first} {last}", f"Sister {last}"))
    return Cell(text, (text, f"{text.split()[0]} {last}", last))


def _titled(arguments: list[str], style: Style, rng: random.Random) -> Cell:
    title, last = names.titled(rng).split()
    if rng.random() < 0.2:
        return Cell(f"Dr {names.first(rng)} {last}", (f"Dr {last}", last))
    return Cell(f"{title} {last}", (f"{title} {last}", last))


def _plain(
    draw: Callable[[random.Random], str],
) -> Callable[[list[str], Style, random.Random], Cell]:
    def drawn(arguments: list[str], style: Style, rng: random.Random) -> Cell:
        text = draw(rng)
        return Cell(text, (text,))

    return drawn


def _organisation(arguments: list[str], style: Style, rng: random.Random) -> Cell:
    text = names.organisation(arguments[0], rng)
    return Cell(text, (text,))


def _phone(rng: random.Random) -> str:
    return rng.choice(
        (
            f"01632 960 {rng.randint(100, 999)}",
            f"020 7946 0{rng.randint(100, 999)}",
            f"(555) 01{rng.randint(10, 99)}-{rng.randint(1000, 9999)}",
            f"07700 900{rng.randint(100, 999)}",
            f"+44 1632 960{rng.randint(100, 999)}",
            f"555-01{rng.randint(10, 99)}",
            f"+49 30 23125 {rng.randint(100, 999)}",
            f"0191 498 0{rng.randint(100, 999)}",
        )
    )


def _email(rng: random.Random) -> str:
    user = f"{names.first(rng)[0]}.{names.last(rng)}".lower()
    user = rng.choice((user, names.last(rng).lower(), rng.choice(("office", "info", "orders"))))
    return f"{user}@{names.place(rng).lower()}.{rng.choice(('example', 'test', 'example.org'))}"


def _code(arguments: list[str], style: Style, rng: random.Random) -> Cell:
    text = re.sub("#", lambda _: str(rng.randint(0, 9)), " ".join(arguments))
    text = re.sub("@", lambda _: rng.choice(_LETTERS), text)
    return Cell(text, (text,))


def _dims(arguments: list[str], style: Style, rng: random.Random) -> Cell:
    low, high, unit, count = int(arguments[0]), int(arguments[1]), arguments[2], int(arguments[3])
    sign = rng.choice((" x ", " × "))
    text = f"{sign.join(str(rng.randint(low, high)) for _ in range(count))} {unit}"
    return Cell(text, (text,))


def _range(arguments: list[str], style: Style, rng: random.Random) -> Cell:
    low = rng.randint(int(arguments[0]), int(arguments[1]))
    text = f"{low}{style.dash}{low + rng.randint(1, 1 + low)}"
    return Cell(text, (text,))


def _year(arguments: list[str], style: Style, rng: random.Random) -> Cell:
    text = str(rng.randint(int(arguments[0]), int(arguments[1])))
    return Cell(text, (text,))


def _digits(rng: random.Random) -> str:
    return str(rng.randint(1000, 9999))


def _rank(rng: random.Random) -> str:
    number = rng.randint(1, 20)
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number, 'th') }"


_KINDS: dict[str, Callable[[list[str], Style, random.Random], Cell]] = {
    "money": _money,
    "int": _int,
    "dec": _dec,
    "date": _date,
    "month": _month,
    "time": _time,
    "span": _span,
    "year": _year,
    "person": _person,
    "doctor": _doctor,
    "titled": _titled,
    "org": _organisation,
    "code": _code,
    "dims": _dims,
    "range": _range,
    "first": _plain(names.first),
    "place": _plain(names.place),
    "street": _plain(names.street),
    "address": _plain(names.address),
    "team": _plain(names.team),
    "weekday": _plain(lambda rng: rng.choice(names.WEEKDAYS)),
    "phone": _plain(_phone),
    "email": _plain(_email),
    "rank": _plain(_rank),
    "url": _plain(lambda rng: f"www.{names.place(rng).lower()}.example"),
    "iban": _plain(lambda rng: f"GB{rng.randint(10, 99)} VERB {_digits(rng)} {_digits(rng)}"),
    "ip": _plain(lambda rng: f"10.{rng.randint(0, 9)}.{rng.randint(0, 99)}.{rng.randint(2, 254)}"),
    "score": _plain(lambda rng: f"{rng.randint(0, 6)}–{rng.randint(0, 5)}"),
    "laptime": _plain(lambda rng: f"{rng.randint(31, 59)}:{rng.randint(0, 59):02}"),
    "version": _plain(lambda rng: f"{rng.randint(0, 9)}.{rng.randint(0, 12)}.{rng.randint(0, 9)}"),
}
# Two people of one name in a table would be confused.
_NAMED = frozenset(
    "person doctor titled first org phone email address code version ip team url street".split()
)

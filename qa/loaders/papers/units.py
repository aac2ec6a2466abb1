"""Units of LaTeX's siunitx, as they are printed."""

from __future__ import annotations

import re

_NAME = re.compile(r"\\([a-zA-Z]+)(?:\{([^{}]*)\})?|([^\s\\{}~]+)")
_PREFIXES = {
    **{"tera": "T", "giga": "G", "mega": "M", "kilo": "k", "hecto": "h", "deca": "da"},
    **{"deci": "d", "centi": "c", "milli": "m", "micro": "µ", "nano": "n", "pico": "p"},
}
_UNITS = {
    **{"metre": "m", "meter": "m", "gram": "g", "kilogram": "kg", "tonne": "t", "litre": "l"},
    **{"liter": "l", "second": "s", "minute": "min", "hour": "h", "day": "d", "hectare": "ha"},
    **{"kelvin": "K", "celsius": "°C", "degreeCelsius": "°C", "degree": "°", "percent": "%"},
    **{"ampere": "A", "volt": "V", "watt": "W", "joule": "J", "newton": "N", "pascal": "Pa"},
    **{"hertz": "Hz", "mole": "mol", "candela": "cd", "ohm": "Ω", "coulomb": "C", "farad": "F"},
    **{"tesla": "T", "becquerel": "Bq", "sievert": "Sv", "electronvolt": "eV", "decibel": "dB"},
    **{"byte": "B", "arcminute": "′", "arcsecond": "″", "siemens": "S", "lumen": "lm", "lux": "lx"},
}
_BEFORE = {"square": "²", "cubic": "³"}
_BEHIND = {"squared": "²", "cubed": "³"}
_PREFIX_LETTERS = set(_PREFIXES.values())


def unit(source: str) -> str:
    r"""Return a unit that macros spell out: ``\cubic\metre\per\second`` is "m³/s".

    What is not known is its own name, as of ``\km``.
    """
    parts: list[str] = []
    power = ""
    for name, argument, literal in _NAME.findall(source):
        if literal:
            parts.append(literal.replace(".", " "))
        elif name == "per":
            parts.append("/")
        elif name in _BEFORE:
            power = _BEFORE[name]
        elif name in _BEHIND:
            parts.append(_BEHIND[name])
        elif name in ("tothe", "raiseto"):
            parts.append(f"^{argument}")
        elif name in _PREFIXES:
            parts.append(_PREFIXES[name])
        else:
            apart = " " if parts and parts[-1][-1:].isalpha() and not _is_prefix(parts) else ""
            parts.append(f"{apart}{_UNITS.get(name, name)}{power}")
            power = ""
    return "".join(parts)


def _is_prefix(parts: list[str]) -> bool:
    return parts[-1] in _PREFIX_LETTERS

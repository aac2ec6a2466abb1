"""Put accents that a PDF draws as signs of their own onto their letters, as old LaTeX made them."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Mapping
from typing import Any
from unicodedata import normalize

# By the sign that a font draws, the mark on a letter that it is.
_MARKS = {
    **{"`": "\u0300", "´": "\u0301", "^": "\u0302", "ˆ": "\u0302", "~": "\u0303", "˜": "\u0303"},
    **{"¯": "\u0304", "˘": "\u0306", "˙": "\u0307", "¨": "\u0308", "˚": "\u030a", "˝": "\u030b"},
    **{"ˇ": "\u030c", "¸": "\u0327", "˛": "\u0328"},
}
_SIGN = re.compile(f"[{re.escape(''.join(_MARKS))}]")
_DOTLESS = {"ı": "i", "ȷ": "j"}
# A letter begins no further than this share of its width behind the one before it in a word.
_GAP = 0.25


def joined_accents(handle: Any, count: int) -> Mapping[int, str]:
    """Return what characters of a page are to be read as, by index: letters with their accents.

    An accent is on the letter before or behind it that it is drawn over; it is read as nothing,
    and so is a space that PDFium puts before it within a word.
    """
    import pypdfium2.raw as pdfium

    buffer = ctypes.create_string_buffer(2 * count + 2)
    pdfium.FPDFText_GetText(handle, 0, count, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)))
    if not _SIGN.search(buffer.raw.decode("utf-16-le", "replace")):
        return {}
    codes = [pdfium.FPDFText_GetUnicode(handle, index) for index in range(count)]
    text = "".join(chr(code) if code < 0xD800 else " " for code in codes)
    joined: dict[int, str] = {}
    for found in _SIGN.finditer(text):
        index = found.start()
        for letter in (index + 1, index - 1):
            if letter in joined or not _is_over(pdfium, handle, index, letter, count):
                continue
            plain = _DOTLESS.get(text[letter], text[letter])
            whole = normalize("NFC", plain + _MARKS[text[index]])
            if plain.isalpha() and len(whole) == 1:
                joined |= {index: "", letter: whole}
                if letter > index and _is_within_word(pdfium, handle, index, letter):
                    joined[index - 1] = ""
                break
    return joined


def _is_over(pdfium: Any, handle: Any, index: int, letter: int, count: int) -> bool:
    """Return whether the middle of an accent is between the sides of a letter."""
    if not 0 <= letter < count:
        return False
    left, right = _sides(pdfium, handle, index)
    first, last = _sides(pdfium, handle, letter)
    return left < right and first < (left + right) / 2 < last


def _is_within_word(pdfium: Any, handle: Any, index: int, letter: int) -> bool:
    """Return whether there is a space before an accent and none before its letter."""
    if index < 2 or pdfium.FPDFText_IsGenerated(handle, index - 1) != 1:
        return False
    if pdfium.FPDFText_GetUnicode(handle, index - 1) != ord(" "):
        return False
    _, before = _sides(pdfium, handle, index - 2)
    first, last = _sides(pdfium, handle, letter)
    return abs(first - before) < _GAP * (last - first)


def _sides(pdfium: Any, handle: Any, index: int) -> tuple[float, float]:
    box = pdfium.FS_RECTF()
    pdfium.FPDFText_GetLooseCharBox(handle, index, ctypes.byref(box))
    return box.left, box.right

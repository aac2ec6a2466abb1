"""Names of uploaded files, rebuilt so that they are harmless on every system."""

from __future__ import annotations

import re
import unicodedata

from qa.errors import LibraryError

# The limits of common file systems, with room for a number at the end.
_MAX_BYTES = 200
_MAX_PARTS = 12
_MAX_PATH_BYTES = 800
# What Windows does not allow in names, and the names of its devices, whatever their suffix.
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])", re.IGNORECASE)


def rebuilt(name: str) -> str:
    """Return the relative path, with ``/``, under which a file is stored.

    Whatever leads out of the folder, hides the file, names a device or is invisible is left out
    or replaced. Raises :class:`~qa.errors.LibraryError` if nothing is left.
    """
    parts = [_part(part) for part in re.split(r"[/\\]", unicodedata.normalize("NFC", name))]
    kept = [part for part in parts if part]
    path = "/".join(kept)
    if not kept:
        raise LibraryError("the file has no name that can be used", "rename it")
    if len(kept) > _MAX_PARTS or len(path.encode("utf-8")) > _MAX_PATH_BYTES:
        raise LibraryError(
            f"the path of {kept[-1]} is too long", "shorten the names of its folders"
        )
    return path


def numbered(path: str, number: int) -> str:
    """Return a path with a number before its suffix, as in ``offer (2).pdf``."""
    folder, slash, name = path.rpartition("/")
    stem, suffix = _split(name)
    return f"{folder}{slash}{stem} ({number}){suffix}"


def _part(part: str) -> str:
    visible = "".join(
        " " if unicodedata.category(letter) in ("Zl", "Zp", "Zs") else letter
        for letter in part
        if unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )
    # A leading dot hides a file, and Windows drops dots and spaces at the end.
    name = _FORBIDDEN.sub("_", " ".join(visible.split())).lstrip(". ").rstrip(". ")
    stem, suffix = _split(name)
    if _DEVICE.fullmatch(name.partition(".")[0].rstrip()):
        stem, suffix = f"_{stem}", suffix
    while len(f"{stem}{suffix}".encode()) > _MAX_BYTES:
        stem, suffix = (stem[:-1], suffix) if len(stem) > 1 else (stem, suffix[:-1])
    return f"{stem.rstrip()}{suffix}"


def _split(name: str) -> tuple[str, str]:
    stem, dot, suffix = name.rpartition(".")
    return (stem, f".{suffix}") if stem and dot else (name, "")

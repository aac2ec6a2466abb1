"""The versions of the libraries that are installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from importlib import metadata
from pathlib import Path


def versions_of(names: tuple[str, ...]) -> dict[str, str]:
    """Return the versions of packages by name, of those that are installed.

    They are looked for once, and again when a package was added or removed since: to find and
    parse their descriptions takes as long as a small build.
    """
    return dict(_versions_in(tuple(_changes_of_folders()), names))


def _changes_of_folders() -> Iterator[tuple[str, int]]:
    """Yield where packages are looked for, and when one was last added or removed there."""
    for folder in sys.path:
        with suppress(OSError):
            yield folder, Path(folder).stat().st_mtime_ns


@lru_cache(maxsize=1)
def _versions_in(folders: tuple[tuple[str, int], ...], names: tuple[str, ...]) -> Mapping[str, str]:
    versions = {}
    for name in names:
        with suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    return versions

"""Tells a file of Milvus Lite, which is a folder, from folders of anything else."""

from __future__ import annotations

from pathlib import Path

_LOCK = "LOCK"
_FOLDERS = "collections", "databases"
# What else it makes, before or after these.
_OTHERS = {".database-staging", "aliases.json"}


def is_milvus_lite(place: Path) -> bool:
    """Return whether a folder is a file of Milvus Lite."""
    return (place / _LOCK).is_file() and all((place / name).is_dir() for name in _FOLDERS)


def may_become_milvus_lite(place: Path) -> bool:
    """Return whether Milvus Lite may write to a folder: nothing of anybody else is in it."""
    if is_milvus_lite(place) or not place.is_dir():
        return True
    return {path.name for path in place.iterdir()} <= {_LOCK, *_FOLDERS, *_OTHERS}

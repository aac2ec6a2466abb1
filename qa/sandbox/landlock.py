"""Landlock: a process of Linux gives up the files, and the connections, that it does not need."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterable
from pathlib import Path

# The numbers of these system calls are the same on all processors but Alpha.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_GET_VERSION = 1
_PATH_BENEATH = 1
_READ_FILE, _READ_FOLDER = 1 << 2, 1 << 3
# How many rights of files each version knows: the first ones are 13.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
_ALL_FILE_RIGHTS = 16
_NET_VERSION, _SCOPE_VERSION = 4, 6
_NET_RIGHTS = 0b11  # bind and connect by TCP
_SCOPES = 0b11  # abstract sockets of other processes, and signals to them


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("files", ctypes.c_uint64),
        ("net", ctypes.c_uint64),
        ("scopes", ctypes.c_uint64),
    )


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def landlock_version() -> int:
    """Return the version of Landlock in this kernel, 0 if it has none."""
    if sys.platform != "linux":
        return 0
    return max(_call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_GET_VERSION)), 0)


def allow_reading(paths: Iterable[Path]) -> None:
    """Allow this thread, and those that it starts, to read these files and folders only.

    Nothing can be written, made, removed or run, whatever the permissions; files that are open
    already stay so. The thread must have given up new privileges. Raises OSError.
    """
    version = landlock_version()
    ruleset = _Ruleset(
        files=(1 << _FILE_RIGHTS.get(version, _ALL_FILE_RIGHTS)) - 1,
        net=_NET_RIGHTS if version >= _NET_VERSION else 0,
        scopes=_SCOPES if version >= _SCOPE_VERSION else 0,
    )
    size = 8 if version < _NET_VERSION else 16 if version < _SCOPE_VERSION else 24
    rules = _checked(_CREATE_RULESET, ctypes.byref(ruleset), ctypes.c_size_t(size), 0)
    try:
        for path in paths:
            _allow(rules, path)
        _checked(_RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)


def _allow(rules: int, path: Path) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # not on this system
        return
    try:
        rights = _READ_FILE | _READ_FOLDER if path.is_dir() else _READ_FILE
        rule = _PathBeneath(allowed=rights, parent=place)
        _checked(_ADD_RULE, rules, _PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(place)


def _call(number: int, *arguments: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    return int(libc.syscall(ctypes.c_long(number), *arguments))


def _checked(number: int, *arguments: object) -> int:
    result = _call(number, *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result

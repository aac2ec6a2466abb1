"""Seccomp: a process of Linux gives up all system calls but some."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

from qa.sandbox.syscalls import FREE, Condition, conditions

# By processor: the column of its numbers, the number of the call that sets a filter, and the
# kernel's name for it.
_PROCESSORS = {"x86_64": (0, 317, 0xC000003E), "aarch64": (1, 277, 0xC00000B7)}
_SET_MODE_FILTER, _ALL_THREADS = 1, 1
# Instructions of BPF: load a word, jump if equal or if a bit is set, return.
_LOAD, _IF_EQUAL, _IF_BITS, _RETURN = 0x20, 0x15, 0x45, 0x06
_ALLOW, _KILL, _FAIL = 0x7FFF0000, 0x80000000, 0x00050000
# Offsets of what the filter sees: the number, the processor, the lower half of each argument.
_NUMBER, _PROCESSOR = 0, 4

_Instruction = tuple[int, int, int, int]


class _Filter(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("jump_true", ctypes.c_uint8),
        ("jump_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("filters", ctypes.POINTER(_Filter)))


def has_seccomp() -> bool:
    """Return whether the calls of this processor are known, and the kernel filters calls."""
    if sys.platform != "linux" or platform.machine() not in _PROCESSORS or sys.maxsize < 2**32:
        return False
    try:
        return "\nSeccomp:" in Path("/proc/self/status").read_text("ascii", "replace")
    except OSError:
        return False


def forbid_calls() -> None:
    """Let all threads of this process make only the calls that reading a file needs.

    It must have given up new privileges. Raises OSError.
    """
    column, number, processor = _PROCESSORS[platform.machine()]
    instructions = list(_instructions(column, processor))
    filters = (_Filter * len(instructions))(*(_Filter(*each) for each in instructions))
    program = _Program(len(instructions), filters)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(ctypes.c_long(number), _SET_MODE_FILTER, _ALL_THREADS, ctypes.byref(program)):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _instructions(column: int, processor: int) -> Iterator[_Instruction]:
    yield _LOAD, 0, 0, _PROCESSOR
    yield _IF_EQUAL, 1, 0, processor
    yield _RETURN, 0, 0, _KILL
    yield _LOAD, 0, 0, _NUMBER
    for numbers in FREE.values():
        if numbers[column] >= 0:
            yield _IF_EQUAL, 0, 1, numbers[column]
            yield _RETURN, 0, 0, _ALLOW
    for condition in conditions(os.getpid()):
        if condition.numbers[column] >= 0:
            body = list(_tested(condition))
            yield _IF_EQUAL, 0, len(body), condition.numbers[column]
            yield from body
    # As if the kernel were older: libraries then do without, or fail.
    yield _RETURN, 0, 0, _FAIL | errno.ENOSYS


def _tested(condition: Condition) -> Iterator[_Instruction]:
    yield _LOAD, 0, 0, 16 + 8 * condition.argument
    for value in condition.values:
        if condition.test == "one of":
            yield _IF_EQUAL, 0, 1, value
        else:
            has = condition.test == "any of"
            yield _IF_BITS, int(not has), int(has), value
        yield _RETURN, 0, 0, _ALLOW
    yield _RETURN, 0, 0, _FAIL | errno.EACCES

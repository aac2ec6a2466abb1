"""The walls around the process that reads files: what it gives up before it reads the first."""

from __future__ import annotations

import ctypes
import os
import signal
import site
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from qa.sandbox.landlock import allow_reading, landlock_version
from qa.sandbox.seccomp import forbid_calls, has_seccomp

_SET_DEATH_SIGNAL, _SET_NO_NEW_PRIVILEGES = 1, 38
# What Python and libraries in C read: other libraries, fonts, time zones, and what the machine is.
_SYSTEM = (
    *("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib"),
    *("/nix/store", "/gnu/store", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d"),
    *("/usr/share/fonts", "/usr/local/share/fonts", "/usr/share/zoneinfo", "/usr/share/locale"),
    *("/etc/localtime", "/etc/mime.types", "/dev/null", "/dev/zero", "/dev/urandom"),
    *("/proc/cpuinfo", "/proc/meminfo", "/proc/self", "/sys/devices/system", "/sys/fs/cgroup"),
)
_PACKAGES = {"site-packages", "dist-packages"}


@dataclass(frozen=True, slots=True)
class Walls:
    """What surrounds a process: Landlock, by its version (0 is none), and seccomp."""

    landlock: int
    seccomp: bool

    def __str__(self) -> str:
        if self.landlock and self.seccomp:
            return "no file but the one it reads, no writing, no network, no other program"
        if self.landlock:
            return "no file but the one it reads, no writing, no other program"
        if self.seccomp:
            return "no writing, no network, no other program; it could read other files"
        return "limits of time and memory alone; it could do what its user may"


def walls_here() -> Walls:
    """Return the walls that this system has."""
    return Walls(landlock_version(), has_seccomp())


def describe_walls() -> str:
    """Return in words what the process that reads files may do on this system."""
    return str(walls_here())


def raise_walls(also: Iterable[Path] = ()) -> Walls:
    """Give up what reading a file does not need; return what surrounds this process from now on.

    What is left to be read are Python and its libraries, some files of the system, and ``also``.
    The process must not have started threads yet. Raises OSError where the kernel has walls and
    refuses to raise them: a file is then better not read.
    """
    walls = walls_here()
    if walls.landlock or walls.seccomp:
        _control(_SET_NO_NEW_PRIVILEGES, 1)
    if walls.landlock:
        allow_reading([*_libraries(), *map(Path, _SYSTEM), *also])
    if walls.seccomp:
        forbid_calls()
    return walls


def end_with(parent: int) -> None:
    """Let the kernel kill this process when its parent ends, also a parent that has ended.

    On Linux alone; elsewhere a child that reads notices it when it has read its file, or at
    its alarm.
    """
    if sys.platform == "linux":
        _control(_SET_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def _libraries() -> Iterator[Path]:
    """Yield the folders of Python, of the installed packages and of this one."""
    paths = sysconfig.get_paths()
    yield from {Path(paths[name]) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    for prefix in {sys.prefix, sys.base_prefix, sys.base_exec_prefix}:
        yield from (Path(prefix, name) for name in ("lib", "lib64", "pyvenv.cfg"))
    with suppress(AttributeError):  # as in an old virtual environment
        yield from map(Path, site.getsitepackages())
    # Not every folder of the path: the first may be the current one, with anything in it.
    yield from (path for path in map(Path, sys.path) if path.name in _PACKAGES)
    yield Path(__file__).parents[1]


def _control(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    zero = ctypes.c_ulong(0)
    if libc.prctl(option, ctypes.c_ulong(value), zero, zero, zero):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))

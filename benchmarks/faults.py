"""Faults in system calls: a process is stopped, or its disk fails, at a chosen call.

The Linux kernel itself hands over each call that changes a disk (seccomp's user
notification), so that those of native code (SQLite, FAISS, tantivy) count like
Python's own. Nothing is compiled, and no tool is needed.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import select
import signal
import socket
import struct
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

# Names and numbers of the calls that change a disk, by architecture.
CALLS = {
    "x86_64": {
        1: "write", 18: "pwrite64", 20: "writev", 296: "pwritev", 285: "fallocate",
        326: "copy_file_range", 40: "sendfile", 77: "ftruncate", 74: "fsync", 75: "fdatasync",
        2: "open", 257: "openat", 82: "rename", 264: "renameat", 316: "renameat2", 87: "unlink",
        263: "unlinkat", 83: "mkdir", 258: "mkdirat", 84: "rmdir", 90: "chmod", 268: "fchmodat",
        86: "link", 265: "linkat",
    },
    "aarch64": {
        64: "write", 68: "pwrite64", 66: "writev", 70: "pwritev", 47: "fallocate",
        285: "copy_file_range", 71: "sendfile", 46: "ftruncate", 82: "fsync", 83: "fdatasync",
        56: "openat", 38: "renameat", 276: "renameat2", 35: "unlinkat", 34: "mkdirat",
        53: "fchmodat", 37: "linkat",
    },
}.get(platform.machine(), {})  # fmt: skip
# On a file descriptor, the first argument; the others name paths.
ON_FILES = {
    "write", "pwrite64", "writev", "pwritev", "fallocate", "copy_file_range", "sendfile",
    "ftruncate", "fsync", "fdatasync",
}  # fmt: skip
WRITES = ON_FILES - {"fsync", "fdatasync"}
# The position of the flags of those calls that count only where they make a file.
_FLAGS = {"open": 1, "openat": 2}
_SECCOMP = {"x86_64": 317, "aarch64": 277}.get(platform.machine(), 0)
_PIDFD_GETFD = 438
_LIBC = ctypes.CDLL(None, use_errno=True)

Kind = Literal["kill", "power cut", "ENOSPC", "EIO", "disk full", "short write"]
KINDS: tuple[Kind, ...] = ("kill", "power cut", "ENOSPC", "EIO", "disk full", "short write")


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault at the call numbered ``at``, counted from 1.

    ``kill`` stops the process before the call; ``power cut`` also empties each
    file that was written and not yet synced; ``ENOSPC`` and ``EIO`` make this
    call fail, ``disk full`` this one and all later ones that need room; a
    ``short write`` writes half of what it is given.
    """

    kind: Kind
    at: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a process ended: its exit code (negative: the signal), and its calls by name."""

    code: int
    calls: tuple[str, ...]
    struck: bool


def can_inject() -> bool:
    """Return whether the kernel can hand over system calls: Linux, outside strict containers."""
    if sys.platform != "linux" or not CALLS:
        return False
    try:
        return run(lambda: None, Path("/nowhere"), None).code == 0
    except OSError:
        return False


def run(work: Callable[[], object], folder: Path, fault: Fault | None) -> Outcome:
    """Run a function in a forked process whose changes below a folder pass through here.

    Its exit code is 0, 1 after an exception that is no defect
    (:class:`~qa.errors.QAError`), 3 after any other.
    """
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        _work(work, theirs)
    theirs.close()
    with ours:
        _, descriptors, _, _ = socket.recv_fds(ours, 1, 1)
    if not descriptors:
        os.waitpid(child, 0)
        raise OSError(errno.ENOSYS, "the kernel does not hand over system calls")
    supervisor = _Supervisor(child, descriptors[0], folder.resolve(), fault)
    try:
        supervisor.serve()
    finally:
        os.close(descriptors[0])
    _, status = os.waitpid(child, 0)
    if fault is not None and fault.kind == "power cut" and supervisor.struck:
        _lose(folder, supervisor.unsynced)
    code = os.waitstatus_to_exitcode(status)
    return Outcome(code, tuple(supervisor.calls), supervisor.struck)


def _work(work: Callable[[], object], channel: socket.socket) -> None:
    """Run in the child: hand over the calls, do the work, exit without cleaning up."""
    from qa.errors import QAError

    code = 3
    try:
        listener = _install()
        socket.send_fds(channel, [b"1"], [listener])
        channel.close()
        os.close(listener)
        try:
            work()
            code = 0
        except QAError as error:
            code = 1 if "\n" not in str(error) else 3
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _install() -> int:
    """Ask the kernel to hand over this process's calls; return the descriptor to read them from."""
    load, equal, anybit, give_back = 0x20, 0x15, 0x45, 0x06
    program = [(load, 0, 0, 0)]
    for number, name in CALLS.items():
        if name in _FLAGS:  # the low half of its flags: does it make a file?
            flags = 16 + 8 * _FLAGS[name]
            program += [(equal, 0, 4, number), (load, 0, 0, flags), (anybit, 0, 1, os.O_CREAT)]
            program += [(give_back, 0, 0, 0x7FC00000), (give_back, 0, 0, 0x7FFF0000)]
        else:
            program += [(equal, 0, 1, number), (give_back, 0, 0, 0x7FC00000)]
    program.append((give_back, 0, 0, 0x7FFF0000))
    raw = b"".join(struct.pack("HBBI", *each) for each in program)
    buffer = ctypes.create_string_buffer(raw, len(raw))
    described = ctypes.create_string_buffer(
        struct.pack("HxxxxxxP", len(program), ctypes.addressof(buffer))
    )
    no_new_privileges, filter_mode, new_listener = 38, 1, 8
    _LIBC.prctl(no_new_privileges, 1, 0, 0, 0)
    listener = int(_LIBC.syscall(_SECCOMP, filter_mode, new_listener, described))
    if listener < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return listener


class _Supervisor:
    """Decides each call of a process: let through, failed, cut short, or fatal."""

    def __init__(self, child: int, listener: int, folder: Path, fault: Fault | None) -> None:
        self._child, self._listener = child, listener
        self._folder, self._fault = str(folder), fault
        self.calls: list[str] = []
        self.unsynced: set[int] = set()
        self.struck = self.killed = False

    def serve(self) -> None:
        """Answer until the process has ended."""
        import fcntl  # Windows lacks it, and must be able to import this module

        poll = select.poll()
        poll.register(self._listener, select.POLLIN)
        while not poll.poll()[0][1] & select.POLLHUP:
            notice = bytearray(80)
            try:
                fcntl.ioctl(self._listener, 0xC0502100, notice, True)
                number, thread, _, call, _, _, *arguments = struct.unpack("QIIiIQ6Q", notice)
                value, error, carry_on = self._decide(CALLS[call], thread, arguments)
                if self.killed:  # an answer could still let the call through
                    continue
                answer = struct.pack("QqiI", number, value, -error, int(carry_on))
                fcntl.ioctl(self._listener, 0xC0182101, bytearray(answer), True)
            except FileNotFoundError:  # it was killed meanwhile
                continue

    def _decide(self, name: str, thread: int, arguments: list[int]) -> tuple[int, int, bool]:
        """Return the value and the error number of a call, or that it is to be carried out."""
        inode = 0
        if name in ON_FILES:
            place = Path(f"/proc/{thread}/fd/{arguments[0]}")
            if not str(place.readlink()).startswith(self._folder):
                return 0, 0, True  # a pipe, say
            inode = place.stat().st_ino
        fault = self._fault
        self.calls.append(name)
        if fault is not None and len(self.calls) >= fault.at:
            due = len(self.calls) == fault.at
            if due and fault.kind in ("kill", "power cut"):
                self.struck = self.killed = True
                os.kill(self._child, signal.SIGKILL)
                return 0, 0, True
            if due and fault.kind in ("ENOSPC", "EIO"):
                self.struck = True
                return 0, getattr(errno, fault.kind), False
            if fault.kind == "disk full" and name in WRITES | {"open", "openat", "mkdir", "link"}:
                self.struck = True
                return 0, errno.ENOSPC, False
            if due and fault.kind == "short write" and name in ("write", "pwrite64"):
                written = self._write_half(name, arguments)
                self.struck = written > 0
                self.unsynced.add(inode)
                return written, 0, not written
        if name in WRITES:
            self.unsynced.add(inode)
        elif name in ON_FILES:
            self.unsynced.discard(inode)
        return 0, 0, True

    def _write_half(self, name: str, arguments: list[int]) -> int:
        """Write the first half of what a call was given, through its own open file."""
        half = arguments[2] // 2
        with Path(f"/proc/{self._child}/mem").open("rb") as memory:
            memory.seek(arguments[1])
            data = memory.read(half)
        process = os.pidfd_open(self._child)
        shared = int(_LIBC.syscall(_PIDFD_GETFD, process, arguments[0], 0))
        os.close(process)
        if shared < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        try:
            if name == "write":
                return os.write(shared, data)
            return os.pwrite(shared, data, arguments[3])
        finally:
            os.close(shared)


def _lose(folder: Path, inodes: set[int]) -> None:
    """Empty every file written but never synced, as a file system may after a power cut."""
    for path in folder.rglob("*"):
        if path.is_file() and path.stat().st_ino in inodes:
            os.truncate(path, 0)

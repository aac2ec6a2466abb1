"""The system calls that reading a file needs; all others fail as if the kernel had none."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

# The numbers on x86-64 and on 64-bit ARM; -1 where there is no such call.
FREE = {
    # Files that are open, and memory.
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "close_range": (436, 436),
    "lseek": (8, 62),
    "pread64": (17, 67),
    "pwrite64": (18, 68),
    "readv": (19, 65),
    "writev": (20, 66),
    "preadv": (295, 69),
    "fadvise64": (221, 223),
    "readahead": (187, 213),
    "dup": (32, 23),
    "dup2": (33, -1),
    "dup3": (292, 24),
    "pipe": (22, -1),
    "pipe2": (293, 59),
    "poll": (7, -1),
    "ppoll": (271, 73),
    "select": (23, -1),
    "pselect6": (270, 72),
    "recvmsg": (47, 212),  # by which the open files come
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "mremap": (25, 216),
    "msync": (26, 227),
    "mincore": (27, 232),
    "madvise": (28, 233),
    "brk": (12, 214),
    # What is known of files by name. Reading them is Landlock's business.
    "fstat": (5, 80),
    "newfstatat": (262, 79),
    "stat": (4, -1),
    "lstat": (6, -1),
    "statx": (332, 291),
    "access": (21, -1),
    "faccessat": (269, 48),
    "faccessat2": (439, 439),
    "readlink": (89, -1),
    "readlinkat": (267, 78),
    "getcwd": (79, 17),
    "getdents64": (217, 61),
    "statfs": (137, 43),
    "fstatfs": (138, 44),
    # Signals, clocks and limits of its own.
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "rt_sigpending": (127, 136),
    "rt_sigtimedwait": (128, 137),
    "rt_sigsuspend": (130, 133),
    "sigaltstack": (131, 132),
    "pause": (34, -1),
    "restart_syscall": (219, 128),
    "alarm": (37, -1),
    "getitimer": (36, 102),
    "setitimer": (38, 103),
    "nanosleep": (35, 101),
    "clock_nanosleep": (230, 115),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "gettimeofday": (96, 169),
    "time": (201, -1),
    "times": (100, 153),
    "getrlimit": (97, 163),
    "setrlimit": (160, 164),
    "getrusage": (98, 165),
    # Who and where it is.
    "getpid": (39, 172),
    "getppid": (110, 173),
    "gettid": (186, 178),
    "getuid": (102, 174),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getegid": (108, 177),
    "getgroups": (115, 158),
    "getresuid": (118, 148),
    "getresgid": (120, 150),
    "getpgrp": (111, -1),
    "getpgid": (121, 155),
    "getsid": (124, 156),
    "getpriority": (140, 141),
    "sysinfo": (99, 179),
    "uname": (63, 160),
    "getcpu": (309, 168),
    "getrandom": (318, 278),
    "arch_prctl": (158, -1),
    # Threads.
    "futex": (202, 98),
    "set_robust_list": (273, 99),
    "get_robust_list": (274, 100),
    "set_tid_address": (218, 96),
    "rseq": (334, 293),
    "membarrier": (324, 283),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "sched_setaffinity": (203, 122),
    "sched_getparam": (143, 121),
    "sched_getscheduler": (145, 120),
    "sched_get_priority_max": (146, 125),
    "sched_get_priority_min": (147, 126),
    "get_mempolicy": (239, 236),
    "exit": (60, 93),
    "exit_group": (231, 94),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A call that is allowed if one of its arguments, counted from 0, fits.

    It must be ``one of`` the values, or have ``any of`` or ``none of`` the bits.
    """

    numbers: tuple[int, int]
    argument: int
    test: Literal["one of", "any of", "none of"]
    values: tuple[int, ...]


# What would change a file.
_CHANGING = 0o1 | 0o2 | os.O_CREAT | os.O_TRUNC | 0o20000000  # the last is O_TMPFILE
_CLONE_THREAD = 0x10000
# Names of threads and of memory.
_PRCTL = (15, 16, 0x53564D41)
# TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIOCLEX, FIONCLEX: what asks, and never TIOCSTI, which
# types into the terminal.
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5451, 0x5450)
# F_DUPFD to F_SETLKW, F_DUPFD_CLOEXEC: none that sends signals.
_FCNTL = (*range(8), 1030)


def conditions(process: int) -> tuple[Condition, ...]:
    """Return the calls of a process that are allowed with some arguments."""
    return (
        Condition((2, -1), 1, "none of", (_CHANGING,)),  # open
        Condition((257, 56), 2, "none of", (_CHANGING,)),  # openat
        Condition((56, 220), 0, "any of", (_CLONE_THREAD,)),  # clone: threads, no processes
        Condition((62, 129), 0, "one of", (process,)),  # kill
        Condition((234, 131), 0, "one of", (process,)),  # tgkill
        Condition((302, 261), 0, "one of", (0, process)),  # prlimit64
        Condition((157, 167), 0, "one of", _PRCTL),
        Condition((16, 29), 1, "one of", _IOCTL),
        Condition((72, 25), 1, "one of", _FCNTL),
    )

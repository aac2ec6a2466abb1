"""Code that runs in the process that reads files gets nowhere: each attack is tried for real."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from qa.errors import UnreadableDocument
from qa.opening import opened
from qa.sandbox import Sandbox, describe_walls
from qa.sandbox.walls import walls_here
from qa.types import Pieces

ROOT = Path(__file__).parents[1]
POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no such things")
WALLED = pytest.mark.skipif(
    not (walls_here().landlock >= 6 and walls_here().seccomp),
    reason="this kernel lacks Landlock or seccomp",
)

# Each attack succeeds unless it raises. `secret`, `place`, `port`, `boss` are given.
ATTACKS = {
    # Reading what is not its file.
    "read a neighbour": "open(secret).read()",
    "read a neighbour through its descriptor": "os.open('../secret.txt', 0, dir_fd=descriptor)",
    "read the list of users": "open('/etc/passwd').read()",
    "read the host's name file": "open('/etc/hostname').read()",
    "read its own file by name": "open(path).read()",
    "read its file through /proc": "open(f'/proc/self/fd/{descriptor}').read()",
    "list the folder": "os.listdir(place)",
    "list the root": "os.listdir('/')",
    "list the home": "os.listdir(os.path.expanduser('~'))",
    "list the temporary folder": "os.listdir('/tmp')",
    "walk up by chdir": "os.chdir('/'); open('etc/passwd').read()",
    "walk up by fchdir": "os.fchdir(os.open('/usr/lib', os.O_RDONLY)); open('../../etc/passwd')",
    "change the root": "os.chroot(place)",
    "read the memory of its parent": "open(f'/proc/{boss}/mem', 'rb').read(1)",
    "read the environment of its parent": "open(f'/proc/{boss}/environ').read()",
    "read the command line of its parent": "open(f'/proc/{boss}/cmdline').read()",
    "read the files of its parent": "os.listdir(f'/proc/{boss}/fd')",
    "map a neighbour": "mmap.mmap(os.open(secret, os.O_RDONLY), 0, prot=mmap.PROT_READ)",
    "read by openat2": "call(437, -100, secret.encode(), bytes(24), 24)",
    "read by a handle": "call(303, -100, secret.encode(), bytes(136), bytes(8), 0)",
    "open by a handle": "call(304, -100, bytes(136), 0)",
    "read through a link": "os.symlink(secret, place + '/link')",
    "ask for passwords of the environment": "os.environ['A_PASSWORD']",
    "receive another file": "read_again()",
    # Writing.
    "write into the folder": "open(place + '/new.txt', 'w').write('x')",
    "write over its file": "open(path, 'w')",
    "append to a neighbour": "open(secret, 'a').write('x')",
    "write to its descriptor": "os.write(descriptor, b'x')",
    "write through /proc": "os.open(f'/proc/self/fd/{descriptor}', os.O_WRONLY)",
    "write to the temporary folder": "open('/tmp/from the sandbox', 'w').write('x')",
    "write to shared memory": "open('/dev/shm/from the sandbox', 'w').write('x')",
    "write a temporary file": "tempfile.TemporaryFile()",
    "write into the packages": "open(os.path.dirname(json.__file__) + '/x.py', 'w')",
    "write to its own memory": "open('/proc/self/mem', 'r+b')",
    "set its own score": "open('/proc/self/oom_score_adj', 'w').write('0')",
    "make a file that has no name": "os.open(place, os.O_TMPFILE | os.O_WRONLY)",
    "make a file by creat": "call(85, (place + '/x').encode(), 0o600)",
    "make a folder": "os.mkdir(place + '/made')",
    "make a pipe": "os.mkfifo(place + '/pipe')",
    "make a device": "os.mknod(place + '/zero', 0o20600, os.makedev(1, 5))",
    "link": "os.link(secret, place + '/second.txt')",
    "rename": "os.rename(secret, place + '/other.txt')",
    "remove": "os.unlink(secret)",
    "remove a folder": "os.rmdir(place + '/empty')",
    "cut off": "os.truncate(secret, 0)",
    "cut off its descriptor": "os.ftruncate(descriptor, 0)",
    "reserve": "os.posix_fallocate(descriptor, 0, 10)",
    "change permissions": "os.chmod(secret, 0o777)",
    "change permissions by descriptor": "os.fchmod(descriptor, 0o777)",
    "change the owner": "os.chown(secret, 1, 1)",
    "change the owner by descriptor": "os.fchown(descriptor, 1, 1)",
    "change times": "os.utime(secret, (1, 1))",
    "change times by descriptor": "os.utime(descriptor, (1, 1))",
    "set an attribute": "os.setxattr(secret, 'user.x', b'x')",
    "set an attribute by descriptor": "os.setxattr(descriptor, 'user.x', b'x')",
    "lock the file for others": "fcntl.flock(descriptor, fcntl.LOCK_EX)",
    "make memory with a name": "os.memfd_create('x')",
    "sync the disks": "call(162); raise_unless(call(162) == 0)",
    # The network, and other processes.
    "connect": "socket.create_connection(('127.0.0.1', port), 2)",
    "connect by IPv6": "socket.socket(socket.AF_INET6).connect(('::1', port))",
    "send a datagram": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', port))",
    "listen": "socket.create_server(('127.0.0.1', 0))",
    "resolve a name": "socket.getaddrinfo('localhost', port) and socket.socket()",
    "open a raw socket": "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
    "open a netlink socket": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    "connect to a local socket": "socket.socket(socket.AF_UNIX).connect(place + '/socket')",
    "connect to an abstract socket": "socket.socket(socket.AF_UNIX).connect('\\0walls')",
    "make a pair of sockets": "socket.socketpair()",
    "send through the channel of files": "channel().send(b'x')",
    "send a file through the channel": "socket.send_fds(channel(), [b'x'], [descriptor])",
    "fork": "os.fork() or os._exit(0)",
    "vfork": "call(58)",
    "clone a process": "call(56, 17, 0, 0, 0, 0)",
    "clone by clone3": "call(435, bytes(64), 64)",
    "run a program": "subprocess.run(['/bin/true'], check=True)",
    "spawn a program": "os.posix_spawn('/bin/true', ['true'], {})",
    "run a shell": "raise_unless(os.system('true') == 0)",
    "become a program": "os.execv('/bin/true', ['true'])",
    "become Python": "os.execv(sys.executable, [sys.executable, '-c', ''])",
    "become its descriptor": "os.execve(descriptor, ['x'], {})",
    "start a process of multiprocessing": "multiprocessing.get_context('fork').Process().start()",
    "kill its parent": "os.kill(boss, 0)",
    "stop its parent": "os.kill(boss, signal.SIGCONT)",
    "signal its group": "os.killpg(0, 0)",
    "signal all": "os.kill(-1, 0)",
    "signal by tkill": "call(200, boss, 0)",
    "signal by tgkill": "call(234, boss, boss, 0)",
    "signal by a queue": "call(129, boss, 0, bytes(128))",
    "signal by a descriptor": "os.pidfd_open(boss)",
    "let the kernel signal its parent": "fcntl.fcntl(descriptor, fcntl.F_SETOWN, boss)",
    "choose another signal": "fcntl.fcntl(descriptor, 10, 9)",
    "trace its parent": "call(101, 16, boss, 0, 0)",
    "read its parent's memory": "call(310, boss, bytes(16), 1, bytes(16), 1, 0)",
    "write its parent's memory": "call(311, boss, bytes(16), 1, bytes(16), 1, 0)",
    "slow down its parent": "os.setpriority(os.PRIO_PROCESS, boss, 19)",
    "slow down all of its user": "os.setpriority(os.PRIO_USER, 0, 19)",
    "schedule in real time": "os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))",
    "limit its parent": "resource.prlimit(boss, resource.RLIMIT_NOFILE, (3, 3))",
    "lift its limit of memory": "resource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
    "type into the terminal": "fcntl.ioctl(0, 0x5412, b'x')",
    "take the terminal": "fcntl.ioctl(0, 0x540E, 0)",
    "open the terminal": "open('/dev/tty', 'rb+', buffering=0)",
    "leave its session": "os.setsid()",
    "leave its group": "os.setpgid(0, 0)",
    # The kernel.
    "become another user": "os.setuid(65534)",
    "become another group": "os.setgid(65534)",
    "leave its namespace": "call(272, 0x10000000)",
    "enter a namespace": "call(308, descriptor, 0)",
    "mount": "call(165, b'none', place.encode(), b'tmpfs', 0, 0)",
    "unmount": "call(166, b'/proc', 0)",
    "pivot": "call(155, b'.', b'.')",
    "load a program into the kernel": "call(321, 0, bytes(120), 120)",
    "watch performance": "call(298, bytes(120), 0, -1, -1, 0)",
    "use io_uring": "call(425, 8, bytes(120))",
    "handle page faults": "call(323, 0)",
    "add a key": "call(248, b'user', b'x', b'x', 1, -3)",
    "read keys": "call(250, 0, -3, 0)",
    "load a module": "call(175, bytes(8), 8, b'')",
    "restart": "call(169, 0xfee1dead, 672274793, 0, 0)",
    "set the name of the machine": "call(170, b'x', 1)",
    "set the clock": "time.clock_settime(time.CLOCK_REALTIME, time.time())",
    "swap": "call(167, b'/x', 0)",
    "use ports": "call(172, 3)",
    "change the loader of old programs": "call(134, b'/x')",
    "share memory": "call(29, 1234, 100, 0o1600)",
    "queue messages": "call(240, b'x', 0o101, 0o600, 0)",
    "use semaphores": "call(64, 1234, 1, 0o1600)",
    "watch files": "call(254, call(294, 0), b'/', 2)",
    "use quotas": "call(179, 0, b'/', 0, 0)",
    "get its privileges back": "call(157, 38, 0, 0, 0, 0)",
    "outlive its parent": "call(157, 1, 0, 0, 0, 0)",
    "loosen the filter": "call(317, 1, 0, bytes(16))",
    "set another filter by prctl": "call(157, 22, 2, bytes(16), 0, 0)",
    "call as a 32-bit program of x32": "call(0x40000000 + 2, secret.encode(), 0, 0)",
    "call what the kernel does not have yet": "call(900)",
    "try a new ruleset": "call(446, 0, 0)",
}
LOADER = f"""
import contextlib, ctypes, fcntl, json, mmap, multiprocessing, os, resource, signal, socket
import stat, subprocess
import sys, tempfile, threading, time
from qa.loaders import load as read
from qa.types import Block, Document

ATTACKS = {ATTACKS!r}

def call(*arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    given = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    result = libc.syscall(*given)
    if result < 0:
        raise OSError(ctypes.get_errno(), "no")
    return result

def raise_unless(condition):
    if not condition:
        raise OSError

def load(path, *, folder, descriptor=None):
    if path.name != "attacks.json":
        return read(path, folder=folder, descriptor=descriptor)

    def opened(number):
        return socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, fileno=os.dup(number))

    def channel():
        return next(opened(number) for number in range(3, 64) if is_socket(number))

    def is_socket(number):
        with contextlib.suppress(OSError):
            return stat.S_ISSOCK(os.fstat(number).st_mode)

    def read_again():
        for number in range(3, 64):
            try:
                channel = opened(number)
                channel.setblocking(False)
                raise_unless(socket.recv_fds(channel, 1, 1)[1])
                return
            except OSError:
                pass
        raise OSError

    given = json.loads(os.pread(descriptor, 10_000, 0))
    found = {{}}
    for name in given.pop("wanted", ATTACKS):
        attack = ATTACKS[name]
        scope = {{**globals(), **locals(), **given, "path": str(path)}}
        try:
            exec(attack, scope)
            found[name] = "through"
        except BaseException as error:
            found[name] = type(error).__name__
    # What libraries need goes on.
    thread = threading.Thread(target=found.__setitem__, args=("a thread", "ran"))
    thread.start()
    thread.join()
    text = json.dumps(found)
    return Document(path.name, text, "", "", "", "", (Block(0, len(text), "body"),))
"""


@pytest.fixture(scope="module")
def tried(tmp_path_factory):
    """What each attack came to, by name."""
    place = tmp_path_factory.mktemp("walls")
    (place / "evil_loader.py").write_text(LOADER, encoding="utf-8")
    folder = place / "documents"
    (folder / "empty").mkdir(parents=True)
    (folder / "good.txt").write_text("The lamp is lit.", encoding="utf-8")
    secret = folder / "secret.txt"
    secret.write_text("The secret.", encoding="utf-8")
    before = secret.stat()
    heard = []
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.1)
    local = socket.socket(socket.AF_UNIX)
    local.bind(str(folder / "socket"))
    local.listen()
    abstract = socket.socket(socket.AF_UNIX)
    abstract.bind("\0walls")
    abstract.listen()
    given = {
        "secret": str(secret),
        "place": str(folder),
        "port": server.getsockname()[1],
        "boss": os.getpid(),
    }
    (folder / "attacks.json").write_text(json.dumps(given), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(place)
        patch.setenv("A_PASSWORD", "hunter2")
        with Sandbox(loader="evil_loader") as sandbox:
            found = json.loads(sandbox.load(folder / "attacks.json", folder=folder).text)
            after = sandbox.load(folder / "good.txt", folder=folder)
    with server, local, abstract, contextlib.suppress(TimeoutError):
        heard.append(server.accept())
    assert after.text == "The lamp is lit."
    assert not heard
    assert secret.read_text(encoding="utf-8") == "The secret."
    now = secret.stat()
    assert (now.st_mode, now.st_mtime_ns) == (before.st_mode, before.st_mtime_ns)
    assert {path.name for path in folder.iterdir()} == {
        *("attacks.json", "empty", "good.txt", "secret.txt", "socket")
    }
    return found


@WALLED
@pytest.mark.parametrize("attack", ATTACKS)
def test_code_in_the_process_that_reads_gets_nowhere(tried, attack):
    assert tried[attack] != "through"


@WALLED
def test_no_attack_failed_for_a_reason_of_its_own(tried):
    """A misspelt attack would prove nothing."""
    wrong = {"NameError", "SyntaxError", "TypeError", "AttributeError", "ImportError"}
    assert [name for name, outcome in tried.items() if outcome in wrong] == []
    assert tried["a thread"] == "ran"
    assert "no file but the one it reads" in describe_walls()


# Those of them that do no harm, and work where there is no wall.
HARMLESS = [
    *("read a neighbour", "read the list of users", "read its own file by name", "list the root"),
    *("walk up by chdir", "read the command line of its parent", "map a neighbour", "fork"),
    *("ask for passwords of the environment", "write into the folder", "make a folder"),
    *("make a pipe", "link", "change permissions", "change times", "change times by descriptor"),
    *("lock the file for others", "make memory with a name", "connect", "listen"),
    *("make a pair of sockets", "run a program", "spawn a program", "run a shell"),
    *("kill its parent", "signal by a descriptor", "share memory", "watch files"),
]


@WALLED
def test_the_same_attacks_succeed_without_walls(tmp_path):
    secret, path = tmp_path / "secret.txt", tmp_path / "own.json"
    secret.write_text("The secret.", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as server:
        given = {
            "secret": str(secret),
            "place": str(tmp_path),
            "port": server.getsockname()[1],
            "boss": os.getpid(),
            "wanted": HARMLESS,
        }
        path.write_text(json.dumps(given), encoding="utf-8")
        (tmp_path / "evil_loader.py").write_text(LOADER, encoding="utf-8")
        code = f"""
        import evil_loader, os, pathlib
        path = pathlib.Path({str(path)!r}).rename({str(tmp_path / "attacks.json")!r})
        descriptor = os.open(path, os.O_RDONLY)
        print(evil_loader.load(path, folder=path.parent, descriptor=descriptor).text)
        """
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)],
            cwd=tmp_path,
            env={
                **os.environ,
                "A_PASSWORD": "x",
                "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]),
            },
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert {name: found[name] for name in HARMLESS} == dict.fromkeys(HARMLESS, "through")


LIAR = r"""
import os, sys, time
from qa.loaders import load as read
from qa.loaders.ocr.kept import KEPT

def tell(*lines):
    for number in range(3, 64):
        try:
            if "pipe" in os.readlink(f"/proc/self/fd/{number}"):
                for line in lines:
                    os.write(number, line)
        except OSError:
            pass

def load(path, *, folder, descriptor=None):
    document = read(path, folder=folder, descriptor=descriptor)
    if path.stem == "another":
        object.__setattr__(document, "id", "other.txt")
    if path.stem == "garbage":
        tell(b"no json\n")
    if path.stem == "list":
        tell(b"[[]]\n")
    if path.stem == "pages":
        tell(b'["page", 1, 3]\n', b'["page", 1, 3]\n')
    if path.stem == "many pages":
        tell(b'["page", 1, 100000000]\n')
    if path.stem == "floods":
        while True:
            tell(b"x" * 60_000)
    if path.stem == "closes":
        for number in range(3, 64):
            try:
                os.close(number)
            except OSError:
                pass
        time.sleep(60)
    if path.stem == "keeps":
        KEPT.get().store.keep("../" * 12 + "tmp/kept", "x")
        KEPT.get().store.keep("0" * 40, "x")
    if path.stem == "finds":
        assert KEPT.get().store.find("0" * 40) is None
        assert KEPT.get().store.find("../secret") is None
    return document
"""
LIES = ["another", "garbage", "list", "pages", "many pages", "floods", "closes"]


@WALLED
@pytest.mark.parametrize("lie", LIES)
def test_a_child_that_lies_loses_its_file(lie, tmp_path, monkeypatch):
    from qa.sandbox import process

    monkeypatch.setattr(process, "MAX_ANSWER_BYTES", 10_000_000)
    monkeypatch.setattr(process, "_END_S", 0.5)
    folder = liar(tmp_path, monkeypatch, lie, "good")
    with Sandbox(loader="liar", timeout_s=20) as sandbox:
        with pytest.raises(UnreadableDocument):
            sandbox.load(folder / f"{lie}.txt", folder=folder)
        assert sandbox.load(folder / "good.txt", folder=folder).text == "good is here."


@WALLED
def test_what_a_child_keeps_is_for_the_same_file_alone(tmp_path, monkeypatch):
    folder = liar(tmp_path, monkeypatch, "keeps", "finds")
    with Sandbox(loader="liar", pages=tmp_path / "pages") as sandbox:
        for name in ("keeps.txt", "finds.txt"):
            sandbox.load(folder / name, folder=folder)
    (kept,) = (tmp_path / "pages").rglob("*/*")
    assert kept.name == "0" * 40
    assert not Path("/tmp/kept").exists()


def liar(place, monkeypatch, *names):
    (place / "liar.py").write_text(LIAR, encoding="utf-8")
    monkeypatch.syspath_prepend(place)
    folder = place / "documents"
    folder.mkdir()
    for name in names:
        (folder / f"{name}.txt").write_text(f"{name} is here.", encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "part",
    [
        (-1, 3, "", None, []),
        (0, 99, "", None, []),
        (3, 3, "", None, []),
        (0, 3, "", ["forged", Pieces([(0, 0, 6)]).packed()], []),
        (0, 3, "", ["abc", Pieces([(0, 4, 3)]).packed()], []),
        (0, 3, "", ["here", Pieces([(0, -5, 4)]).packed()], []),
        (0, 3, "", ["", Pieces([(0, 99, 3)]).packed()], []),
        (0, 3, "", ["It", "AAAA"], []),
        (0, 3, "", ["It", [[0, 0, 2]]], []),
    ],
)
def test_a_passage_that_is_not_in_its_document_is_refused(part):
    from qa.builder.inside import _passage
    from qa.types import Document

    with pytest.raises(UnreadableDocument):
        _passage(Document("a", "It stands here.", "", "", "", "", ()), *part)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_child_that_hangs_ends_with_its_parent_at_once(tmp_path):
    """Not at its alarm, which would ring in minutes."""
    (tmp_path / "hanging_loader.py").write_text(
        "def load(path, **given):\n    while True: pass\n", encoding="utf-8"
    )
    (tmp_path / "hangs.txt").write_text("It hangs.", encoding="utf-8")
    code = f"""
    import sys, threading, time
    from pathlib import Path
    sys.path.insert(0, {str(tmp_path)!r})
    from qa.sandbox import Sandbox
    sandbox = Sandbox(loader="hanging_loader")
    path = Path({str(tmp_path / "hangs.txt")!r})
    threading.Thread(target=sandbox.load, args=[path], kwargs={{"folder": path.parent}}).start()
    while sandbox._files is None: time.sleep(0.01)
    print(sandbox._child.pid, flush=True)
    time.sleep(600)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, cwd=ROOT
    ) as parent:
        child = int(parent.stdout.readline())
        wait_for(lambda: spent_s(child) > 0.5 and state(child) == "R")
        parent.kill()
    wait_for(lambda: state(child) in ("", "Z"))


def state(process):
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="ascii")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[0]


def spent_s(process):
    stat = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


def wait_for(condition):
    for _ in range(600):
        if condition():
            return
        time.sleep(0.1)
    pytest.fail("it did not happen")


# A file that is not what it was a moment before.


@POSIX
@pytest.mark.parametrize("swapped", ["file", "folder", "pipe", "device", "folder itself"])
def test_a_link_that_is_swapped_in_after_the_look_is_not_followed(tmp_path, monkeypatch, swapped):
    folder, outside = tmp_path / "documents", tmp_path / "outside"
    (folder / "inner").mkdir(parents=True)
    outside.mkdir()
    (outside / "a.txt").write_text("The secret.", encoding="utf-8")
    path = folder / "inner" / "a.txt"
    path.write_text("Public.", encoding="utf-8")
    looked = os.path.realpath

    def swaps(name, **options):
        found = looked(name, **options)
        if Path(name) == path and path.is_file() and not path.is_symlink():
            path.unlink()
            if swapped == "folder":
                path.parent.rmdir()
                path.parent.symlink_to(outside)
            elif swapped == "pipe":
                os.mkfifo(path)
            elif swapped == "device":
                path.symlink_to("/dev/zero")
            elif swapped == "folder itself":
                path.mkdir()
            else:
                path.symlink_to(outside / "a.txt")
        return found

    monkeypatch.setattr(os.path, "realpath", swaps)
    with pytest.raises(UnreadableDocument), opened(path, folder):
        pytest.fail("it was opened")


@POSIX
@pytest.mark.parametrize(
    "target", ["../outside.txt", "/etc/passwd", "/dev/zero", "/proc/self/environ", "..", "loop"]
)
def test_a_link_out_of_the_folder_is_never_opened(tmp_path, target):
    folder = tmp_path / "documents"
    folder.mkdir()
    (tmp_path / "outside.txt").write_text("The secret.", encoding="utf-8")
    (folder / "loop").symlink_to(target)
    with pytest.raises((UnreadableDocument, OSError)), opened(folder / "loop", folder):
        pytest.fail("it was opened")


@POSIX
def test_a_link_within_the_folder_is_followed(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "a.txt").write_text("Here.", encoding="utf-8")
    (tmp_path / "b.txt").symlink_to("inner/a.txt")
    (tmp_path / "c").symlink_to("inner")
    for name in ("b.txt", "c/a.txt"):
        with opened(tmp_path / name, tmp_path) as descriptor:
            assert os.read(descriptor, 10) == b"Here."


@POSIX
def test_every_kind_of_file_is_read_within_the_walls_as_without_them():
    from qa.loaders import find_files, load

    for folder in (ROOT / "tests" / "corpus", ROOT / "seeds"):
        with Sandbox() as sandbox:
            for path in find_files(folder):
                try:
                    expected = load(path, folder=folder)
                except UnreadableDocument as error:
                    with pytest.raises(UnreadableDocument) as caught:
                        sandbox.load(path, folder=folder)
                    assert caught.value.problem == error.problem
                else:
                    assert sandbox.load(path, folder=folder) == expected

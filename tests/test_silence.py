"""Nothing leaves the machine: build and ask with every non-loopback socket forbidden."""

import subprocess
import sys

# An audit hook sees every connect and name lookup of the process, and cannot be removed.
CODE = """
import sys

def guard(event, arguments):
    if event == "socket.connect":
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else "unix"
        if host not in ("127.0.0.1", "::1", "unix"):
            print("CONNECT", host, flush=True)
            raise PermissionError(host)
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
        if host not in ("127.0.0.1", "::1", "localhost", "", None):
            print("LOOKUP", host, flush=True)
            raise PermissionError(host)

sys.addaudithook(guard)
"""
ASK = """
from qa import QA
qa = QA.build(sys.argv[1], sys.argv[2])
print(len(qa.ask("Who carved the clock?", threshold=0).answers))
"""
ESCAPE = """
import socket
try:
    socket.create_connection(("192.0.2.1", 9), timeout=1)
except PermissionError:
    print("stopped")
"""


def run(code, *arguments):
    command = [sys.executable, "-c", CODE + code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_guard_does_stop_what_leaves():
    assert run(ESCAPE).split() == ["CONNECT", "192.0.2.1", "stopped"]


def test_building_and_asking_open_no_connection(tmp_path):
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "clock.txt").write_text(
        "The clock was carved by Ichiro Tanaka in 1894. It stands in Hamburg."
    )
    out = run(ASK, tmp_path / "documents", tmp_path / "index")
    assert int(out) > 0  # and neither CONNECT nor LOOKUP was printed

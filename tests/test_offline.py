"""Nothing leaves the machine: build and ask with every non-loopback socket forbidden."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from qa.offline import SWITCHES

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
ENCODE = """
from pathlib import Path
from qa.networks.encoder import SentenceEncoder
from training.restore import restore_encoder
restore_encoder(Path(sys.argv[1]))
print(len(SentenceEncoder(sys.argv[1]).encode(["Who carved the clock?"])))
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


def test_the_guard_stops_a_connection():
    assert run(ESCAPE).split() == ["LOOKUP", "192.0.2.1", "stopped"]


@pytest.fixture
def documents(tmp_path):
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "clock.txt").write_text(
        "The clock was carved by Ichiro Tanaka in 1894. It stands in Hamburg."
    )
    return tmp_path / "documents"


def test_building_and_asking_open_no_connection(documents, tmp_path):
    out = run(ASK, documents, tmp_path / "index")
    assert int(out) > 0  # and neither CONNECT nor LOOKUP was printed


def test_an_encoder_of_sentence_transformers_opens_no_connection(tmp_path):
    assert run(ENCODE, tmp_path / "model").split() == ["1"]


def test_no_system_call_connects_and_no_device_id_is_written(documents, tmp_path):
    """What native code does: an audit hook does not see ONNX Runtime's own sockets."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed: native connections cannot be watched")
    home = tmp_path / "home"
    home.mkdir()
    trace = tmp_path / "trace"
    calls = "trace=connect,sendto,sendmsg,sendmmsg"
    command = [
        strace,
        "-f",
        "--seccomp-bpf",
        "-qq",
        "-e",
        calls,
        "-o",
        str(trace),
        sys.executable,
        "-c",
    ]
    code = "import sys\n" + ASK + "import time; time.sleep(3)"  # an uploader would wait a little
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in SWITCHES and not name.startswith("XDG_") and name != "CI"
    }
    subprocess.run(
        [*command, code, str(documents), str(tmp_path / "index")],
        env={**environment, "HOME": str(home)},
        check=True,
        capture_output=True,
    )
    reached = [line for line in trace.read_text().splitlines() if re.search(r"AF_INET6?\b", line)]
    assert [line for line in reached if "127.0.0.1" not in line and "::1" not in line] == []
    assert not list(home.rglob("*deviceid*"))

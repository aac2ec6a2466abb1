"""Milvus Lite as a server of its own on the loopback interface, which a test can kill."""

import os
import socket
import subprocess
import sys
import time

LIMIT_S = 120


class MilvusServer:
    """Serves a folder at a port that stays the same when it is started again."""

    def __init__(self, folder):
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self._process = None

    def start(self):
        command = [sys.executable, "-m", "milvus_lite", "server", "--data-dir", self.folder]
        command += ["--host", "127.0.0.1", "--port", self.port]
        self._process = subprocess.Popen(
            [*map(os.fspath, map(str, command))],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + LIMIT_S
        while time.monotonic() < end and self._process.poll() is None:
            with socket.socket() as probe:
                if not probe.connect_ex(("127.0.0.1", self.port)):
                    return self
            time.sleep(0.05)
        raise RuntimeError("Milvus Lite did not start")

    def kill(self):
        """End it at once, as a failing machine would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

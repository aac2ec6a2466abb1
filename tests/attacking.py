"""Requests as an attacker sends them, byte for byte, and what no answer may contain."""

import http.client
import socket
from dataclasses import dataclass

# Words of documents, which only those who are let in may see.
CORPUS = ("Rerik", "lighthouse", "Landgrave", "keeper", "notes.txt", "library.txt")
# What the machine has besides: code, folders, accounts.
MACHINE = ("Traceback", "site-packages", "qa/access", 'File "', "root:x:0", "PATH=", "sqlite3.")


@dataclass(frozen=True)
class Answer:
    """What came back; status 0 if the connection was closed without a word."""

    status: int
    head: str
    body: bytes

    @property
    def text(self):
        return self.head + self.body.decode("utf-8", "replace")

    def leaks(self, *secrets, corpus=False):
        """Return what of the machine, and unless allowed of the corpus, is in it."""
        words = (*MACHINE, *secrets, *(CORPUS if corpus else ()))
        text = self.text  # decoded once
        return [word for word in words if word in text]


class Attacker:
    """Sends requests to a server on this machine, over one connection while it lasts."""

    def __init__(self, port, timeout_s=60):
        self.port, self.timeout_s = port, timeout_s
        self._connection = None

    def ask(self, method, target, headers=(), body=b""):
        """Send a request with its target as it is; headers is a dictionary or a list of pairs."""
        pairs = list(headers.items() if isinstance(headers, dict) else headers)
        names = {name.lower() for name, _ in pairs}
        if "host" not in names:
            pairs.insert(0, ("host", f"127.0.0.1:{self.port}"))
        if (body or method in ("POST", "PUT")) and not names & {
            "content-length",
            "transfer-encoding",
        }:
            pairs.append(("content-length", str(len(body))))
        head = "".join(f"{name}: {value}\r\n" for name, value in pairs)
        sent = f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode("utf-8", "surrogateescape") + body
        for is_last in (False, True):
            is_new = self._connection is None
            if is_new:
                self._connection = self.opened()
            try:
                self._connection.sendall(sent)
                answer = self.read(self._connection, method)
            except ConnectionError:
                answer = Answer(0, "", b"")
            if answer.status or is_new or is_last:
                break
            self.close()  # it had been closed meanwhile
        is_kept = answer.status and "connection: close" not in answer.head.lower()
        if not is_kept or "event-stream" in answer.head:
            self.close()
        return answer

    def raw(self, sent):
        """Send bytes over a connection of their own; return the first answer."""
        with self.opened() as connection:
            try:
                connection.sendall(sent)
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            try:
                return self.read(connection, "GET")
            except ConnectionError:
                return Answer(0, "", b"")

    def opened(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=self.timeout_s)

    def read(self, connection, method):
        try:
            response = http.client.HTTPResponse(connection, method=method)
            response.begin()
        except (http.client.HTTPException, ConnectionError):
            return Answer(0, "", b"")
        head = "".join(f"{name}: {value}\n" for name, value in response.getheaders())
        is_stream = "event-stream" in head
        body = b"" if is_stream else response.read()
        return Answer(response.status, head, body)

    def close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None

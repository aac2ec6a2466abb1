"""A wire to a server on the loopback interface, which a test can cut."""

import socket
import threading
from contextlib import suppress


class Wire:
    """Forwards connections to a port until so many bytes came back; it can be mended.

    What is ``cut`` is closed at once, what is ``mute`` stays open and says nothing more.
    """

    def __init__(self, port):
        self._port = port
        self._open = []
        self._lock = threading.Lock()
        self.came_back, self._left, self._how = 0, None, ""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def breaks_after(self, came_back, how):
        """Break after so many more bytes have come back from the server."""
        with self._lock:
            self.came_back, self._left, self._how = 0, came_back, how

    def mend(self):
        """Forward again; what was connected before has to connect anew."""
        with self._lock:
            self._left, self._how = None, ""
        self._close_all()

    def close(self):
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # or it would accept one visitor more
        self._listener.close()
        self._close_all()

    def _accept(self):
        while True:
            try:
                visitor, _ = self._listener.accept()
            except OSError:
                return
            try:
                if self._is_broken() and self._how == "cut":
                    raise ConnectionAbortedError
                server = socket.create_connection(("127.0.0.1", self._port))
            except OSError:
                visitor.close()
                continue
            with self._lock:
                self._open += [visitor, server]
            for source, target in ((visitor, server), (server, visitor)):
                back = source is server
                threading.Thread(target=self._pump, args=(source, target, back)).start()

    def _is_broken(self):
        return self._left is not None and self.came_back >= self._left

    def _pump(self, source, target, back):
        with suppress(OSError):
            while data := source.recv(4_096):
                with self._lock:
                    if back and self._left is not None:
                        data = data[: max(0, self._left - self.came_back)]
                    self.came_back += len(data) if back else 0
                    broken = self._is_broken()
                if back or not broken:
                    target.sendall(data)
                if broken and self._how == "cut":
                    self._close_all()
        with suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)

    def _close_all(self):
        with self._lock:
            opened, self._open = self._open, []
        for each in opened:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

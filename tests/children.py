"""One child process that reads the files of many builds, since each takes a second to start."""

import sys
import threading
from typing import ClassVar

from qa.builder.inside import ReadingSandbox
from qa.sandbox import Sandbox, process


class KeptSandbox(ReadingSandbox):
    """A sandbox whose child, when a build has ended well, reads for the next of the same kind."""

    _kept: ClassVar = None

    def _start(self):
        if self._kept and self._lives_on():
            kind, child, files = KeptSandbox._kept
            if kind == self._kind() and child.poll() is None:
                self._child, self._files, KeptSandbox._kept = child, files, None
                return child
        return super()._start()

    def __exit__(self, kind, error, traceback):
        if kind is None and self._child is not None and self._lives_on():
            self.end()
            KeptSandbox._kept = self._kind(), self._child, self._files
            self._child = self._files = None
        super().__exit__(kind, error, traceback)

    def _kind(self):
        limits = self.timeout_s, self.turns, self.cpu_s, self.memory_mb
        setup = self._setup.line() if self._setup else b""
        return self._loader, setup, limits, tuple(sys.path), process._environment()

    @staticmethod
    def _lives_on():
        """Whether this thread does: the kernel ends a child with the thread that started it."""
        return threading.current_thread() is threading.main_thread()

    @staticmethod
    def end():
        """End the child that is kept."""
        if KeptSandbox._kept:
            sandbox = Sandbox()
            _, sandbox._child, sandbox._files = KeptSandbox._kept
            KeptSandbox._kept = None
            sandbox.close()

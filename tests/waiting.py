"""For tests that wait: until something is true, and a build that waits for them."""

import threading
import time

from loaded import BuildHere


def until(is_true):
    """Wait until something is true; only what never becomes true fails."""
    end = time.monotonic() + 300
    while not is_true() and time.monotonic() < end:
        time.sleep(0.05)
    assert is_true()


class SlowBuild(BuildHere):
    """Waits for the test between its start and its end."""

    going, may_end = threading.Event(), threading.Event()

    def run(self, folder, index_dir, progress=None):
        progress("reading files", 1, 4)
        self.going.set()
        assert self.may_end.wait(300)
        return super().run(folder, index_dir, progress)

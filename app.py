"""Serve the page: python app.py, the same as `qa serve`."""

import signal
import sys

# Ctrl-C while the modules are loaded ends it at once, without a traceback of half of them.
INTERRUPT = signal.getsignal(signal.SIGINT)
if INTERRUPT is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from qa.cli import main  # noqa: E402

signal.signal(signal.SIGINT, INTERRUPT)

if __name__ == "__main__":
    sys.exit(main(["serve", *sys.argv[1:]]))

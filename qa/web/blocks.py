"""Gradio's blocks for a page that is mounted: their application is made once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gradio.routes import App


@contextmanager
def without_applications() -> Iterator[None]:
    """Let Gradio make no application for blocks meanwhile; to mount them makes theirs.

    It makes one, with all routes, when blocks begin, when they end and when their queue is set
    up, which was half the time that a page took to start. None of them answers a request.
    """
    made = App.create_app
    App.create_app = staticmethod(lambda *_, **__: None)  # type: ignore[assignment]
    try:
        yield
    finally:
        App.create_app = staticmethod(made)  # type: ignore[method-assign]

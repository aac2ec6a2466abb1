"""The shipped networks, loaded once for all pipelines that a file of tests opens."""

from contextlib import contextmanager
from functools import cache

import pytest

from qa import pipeline


@contextmanager
def without_second_reader():
    """Let no pipeline have the second reader, which is slow."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "_second_reader", lambda calibration: None)
        yield


@contextmanager
def networks_once(encoder):
    """Let every pipeline have this encoder and one reader, and none a second.

    To load them takes half a second each time.
    """
    with without_second_reader(), pytest.MonkeyPatch.context() as patch:
        for module in ("qa.pipeline", "qa.networks.encoder"):
            patch.setattr(f"{module}.SentenceEncoder", lambda model=None: encoder)
        patch.setattr(pipeline, "OnnxReader", cache(pipeline.OnnxReader))
        yield

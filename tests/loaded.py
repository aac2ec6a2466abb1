"""What spares tests most of a start: networks that are loaded once, builds without a child."""

from contextlib import contextmanager
from functools import cache

import pytest

from qa import pipeline
from qa.builder import BackgroundBuild, build
from qa.loaders import load
from qa.networks.encoder import SentenceEncoder


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


class BuildHere(BackgroundBuild):
    """A build in this process: the two children of another take seconds, and have their tests."""

    def run(self, folder, index_dir, progress=None):
        return build(folder, index_dir, encoder=_encoder(), progress=progress, load=load)


@cache
def _encoder():
    return SentenceEncoder()


@contextmanager
def builds_here():
    """Let what is served be built in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("qa.library.live.BackgroundBuild", BuildHere)
        yield

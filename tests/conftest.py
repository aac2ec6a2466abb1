import gc
from dataclasses import replace
from functools import cache
from importlib import import_module

import httpx
import pytest
from browsing import browser
from children import KeptSandbox
from httpx._config import DEFAULT_TIMEOUT_CONFIG
from hypothesis import HealthCheck, settings
from loaded import networks_once

from qa.loaders import load
from qa.networks.encoder import SentenceEncoder
from qa.networks.weights import MODELS, Model, read_model

# Names that a file which serves or connects has imported.
_CONNECTING = frozenset(("httpx", "socket", "serving", "served_of", "Client", "asyncio", "browser"))
# A busy machine is slow, which is no failure.
settings.register_profile("verbatim", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("verbatim")
# Each call of httpx.get and the like would read all certificates of the world anew, for plain HTTP.
httpx._transports.default.create_ssl_context = cache(httpx.create_ssl_context)
for phase in ("connect", "read", "write", "pool"):  # 5 s each, unless a test has its own
    setattr(DEFAULT_TIMEOUT_CONFIG, phase, 120.0)


# Files that take longest, so that workers which begin with them end at the same time; and before
# these what forks, since a process that has grown forks slowly.
_LONGEST = tuple(
    f"test_{name}.py"
    for name in (
        *("crash", "golden", "training", "live", "pipeline", "cli", "load", "page", "browser"),
        *("corruption", "offline", "ocr", "cluster", "mcp_transports", "builder", "attacks"),
        *("address", "viewer_browser", "errors", "index", "sandbox", "conversation", "mcp"),
        *("concurrency", "library_browser", "store_served", "operations", "wheel", "ocr_build"),
        *("collections_served", "access", "train_encoder", "pytest_plugin", "members"),
        *("store_faults", "collections_browser", "second_reader", "teacher", "mixed"),
        *("train_finding", "milvus_builds", "library_page", "accessibility", "memory"),
    )
)


def pytest_collection_modifyitems(items):
    """Begin with the files that take longest; the others keep their order."""
    places = {name: place for place, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(places)))


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Look for garbage among what tests make, and not among all modules that they import.

    Nor while these are imported, a sixth of whose time it would be.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _nothing_in_the_home_folder(tmp_path_factory):
    """Keep what commands remember of the last answer out of the user's own folder."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_STATE_HOME", "LOCALAPPDATA"):
            patch.setenv(name, str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _networks_are_loaded_once():
    """Keep sessions of ONNX Runtime, which pipelines share, from one test to the next.

    And the shipped models, whose files are read and hashed once: a copy of them, which a test
    may damage, each time.
    """
    kept, load = {}, Model.session

    def session(model):
        return kept.setdefault(model.sha256, load(model)) if model.sha256 else load(model)

    @cache
    def shipped(name):
        model = read_model(name)
        model.session()
        return replace(model, network=b"")  # the session has it, and it is large

    def read(name, *, folder=MODELS):
        return shipped(name) if folder == MODELS else read_model(name, folder=folder)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Model, "session", session)
        for module in ("encoder", "reader"):
            patch.setattr(f"qa.networks.{module}.read_model", read)
        yield


@pytest.fixture(scope="session", autouse=True)
def _one_child_reads_for_many_builds():
    """Keep the child of a build for the next; how a child starts and ends has its own tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_module("qa.builder.build"), "ReadingSandbox", KeptSandbox)
        yield
        KeptSandbox.end()


@pytest.fixture(scope="module", autouse=True)
def _nothing_left_open(request):
    """Collect garbage after each file that serves or connects, and so may leave something open.

    What was not closed there fails its last test, no other.
    """
    yield
    if not _CONNECTING.isdisjoint(vars(request.module)):
        gc.collect()


@pytest.fixture
def read(tmp_path):
    """Write a file and load it: ``read(text or bytes, name)``."""

    def write_and_load(content, name="file.txt"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return load(path, folder=tmp_path)

    return write_and_load


@pytest.fixture(scope="session")
def encoder():
    """The shipped encoder, loaded once for all tests that need it."""
    return SentenceEncoder()


@pytest.fixture(scope="module")
def networks(encoder):
    """Pipelines of a file with one encoder, one reader and no second one, by ``usefixtures``."""
    with networks_once(encoder):
        yield


@pytest.fixture(scope="module")
def chromium():
    """Headless Chromium, for tests of the page."""
    with browser() as running:
        yield running

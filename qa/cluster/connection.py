"""Connect to a cluster of Ray, or start one on this machine."""

from __future__ import annotations

import logging
import os
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from qa.cluster.head import is_reachable, place_of, watched
from qa.cluster.workers import RayWorkers
from qa.errors import ExtraMissing, QAError
from qa.networks.encoder import SentenceEncoder
from qa.networks.threads import cores
from qa.types import Encoder

AUTO = "auto"
LOOPBACK = "127.0.0.1"
# Ray asks people whether it may count its uses, and sends it; each node has a switch of its own.
_SILENT = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_DISABLE_IMPORT_WARNING": "1"}
# On other systems than Linux it is at the loopback interface alone by default.
_ON_LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
_PORTS = (
    *("metrics_agent_port", "metrics_export_port"),
    *("dashboard_agent_listen_port", "runtime_env_agent_port"),
)
# What is under way: some thousand files or texts, read once.
_STORE_BYTES = 300_000_000


@contextmanager
def cluster(
    address: str, *, make_encoder: Callable[[], Encoder] = SentenceEncoder
) -> Iterator[RayWorkers]:
    """Connect to the cluster of Ray at an address, or start one here for ``auto``, until the end.

    One that is started here has all processors of this machine, listens on the loopback interface
    alone, asks for a secret that its processes know, and ends with this process. Another must
    have this machine as one of its nodes. ``make_encoder`` is called in each worker: a class or
    function that can be imported there.

    Raises :class:`~qa.errors.ExtraMissing` without the libraries, and
    :class:`~qa.errors.QAError` where nothing answers, or no longer.
    """
    if address != AUTO:
        _check_reachable(address)
    with ExitStack() as stack:
        ray = _started(stack) if address == AUTO else imported()
        if address == AUTO:
            stack.callback(ray.shutdown)
        else:
            _connect(ray, address)
            stack.enter_context(watched(address, ray.shutdown))
        yield RayWorkers(make_encoder)


def go_silent() -> None:
    """Set the switches of Ray for this process and its children; before it is imported."""
    os.environ.update(_SILENT)


def go_local() -> None:
    """Keep Ray on the loopback interface, behind a secret; before it is imported."""
    os.environ.update(_ON_LOOPBACK)
    os.environ.setdefault("RAY_AUTH_MODE", "token")
    if not any(name in os.environ for name in ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")):
        os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)


def start_node(nodes: Any = None, *, processors: int = 1, store_bytes: int = _STORE_BYTES) -> Any:
    """Start a cluster of one node, or a node more of ``nodes``, on the loopback interface.

    Return the cluster. Ports are chosen here: a node that chooses them itself waits 15 seconds for
    its processes to tell them, and gives up on a machine that is busy.
    """
    from ray.cluster_utils import Cluster

    nodes = nodes or Cluster()
    nodes.add_node(
        num_cpus=processors,
        node_ip_address=LOOPBACK,
        include_dashboard=False,
        include_log_monitor=False,
        object_store_memory=store_bytes,
        **dict(zip(_PORTS, _free_ports(len(_PORTS)), strict=True)),
    )
    return nodes


def connect(ray: Any, address: str) -> None:
    """Connect this process to a cluster, quietly."""
    ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)


def _started(stack: ExitStack) -> Any:
    go_local()
    ray = imported()
    try:
        nodes = start_node(processors=cores())
        stack.callback(nodes.shutdown)
        connect(ray, nodes.address)
    except Exception as error:  # Ray raises its own, and plain ones
        raise QAError(
            f"Ray did not start here ({_first_line(error)})",
            "build without --ray, or when the machine is less busy",
        ) from error
    return ray


def _connect(ray: Any, address: str) -> None:
    try:
        connect(ray, address)
    except Exception as error:
        raise QAError(
            f"the cluster at {address} does not accept this process ({_first_line(error)})",
            "run the command on one of its nodes, with its version of Ray and Python, and with "
            "its RAY_AUTH_MODE and RAY_AUTH_TOKEN",
        ) from error


def imported() -> Any:
    """Return Ray, quiet and without telemetry; raise ExtraMissing if it is not installed."""
    go_silent()
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise ExtraMissing(
            "a build by Ray needs more libraries", "run `pip install 'verbatim-qa[ray]'`"
        ) from error
    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    return ray


def _check_reachable(address: str) -> None:
    """Raise QAError unless something listens at an address; Ray itself would wait for a minute."""
    remedy = "start it with `ray start --head`, or write --ray HOST:PORT or --ray auto"
    try:
        place = place_of(address)
    except ValueError as error:
        raise QAError(f"{address!r} is no address of a cluster of Ray", remedy) from error
    if not is_reachable(*place):
        raise QAError(f"no cluster of Ray answers at {address}", remedy)


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((LOOPBACK, 0))
        return [each.getsockname()[1] for each in sockets]


def _first_line(error: Exception) -> str:
    lines = [" ".join(line.split()) for line in str(error).splitlines() if line.strip()]
    return lines[0][:200] if lines else type(error).__name__

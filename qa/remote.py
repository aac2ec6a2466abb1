"""Indexes and builds on other machines: a store, and a cluster.

What speaks to them is imported only where it is used: most indexes are in a folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from qa.builder import Progress, Workers
from qa.errors import StoredIndexError
from qa.index import OpenIndex, open_index
from qa.networks.encoder import SentenceEncoder
from qa.types import Encoder


def check_store(
    store: str,
    *,
    to_ask: bool = False,
    on_anew: Callable[[StoredIndexError], None] | None = None,
) -> None:
    """Raise StoreUnreachable unless the store at an address answers: before a build begins.

    With ``to_ask``, no file is made for it: before it is served. ``on_anew`` is called where there
    is an index that the build replaces because it cannot be used, with the reason.
    """
    from qa.milvus import StoreAddress, check_reachable

    check_reachable(StoreAddress.parse(store), to_ask=to_ask, on_anew=on_anew)


@contextmanager
def workers_of(ray: str | None, encoder: str | Path | None = None) -> Iterator[Workers | None]:
    """Connect to the cluster of Ray at an address for a build, until its end; None for none.

    See :func:`qa.cluster.cluster`; ``encoder`` is that of :meth:`QA.open`, at the same path on all
    machines.
    """
    if not ray:
        yield None
        return
    from qa.cluster import cluster

    with cluster(ray, make_encoder=partial(SentenceEncoder, encoder)) as workers:
        yield workers


def publish_index(index: str | Path, store: str, progress: Progress | None = None) -> bool:
    """Write the live generation of an index to a store; return whether it was not there yet.

    ``store`` is an address (:class:`~qa.milvus.StoreAddress`); see :func:`qa.milvus.publish`.
    """
    from qa.milvus import StoreAddress, publish

    source = open_index(Path(index))
    try:
        return publish(source, StoreAddress.parse(store), progress=progress)
    finally:
        source.close()


def open_stored(index: str | Path, encoder: Encoder, *, exact: bool = False) -> OpenIndex:
    """Open the index in a folder, or in the store at an address, which is always exact."""
    from qa.milvus import StoreAddress, is_address, open_store

    if isinstance(index, str) and is_address(index):
        return open_store(StoreAddress.parse(index), encoder_fingerprint=encoder.fingerprint)
    return open_index(Path(index), encoder_fingerprint=encoder.fingerprint, exact=exact)

"""An index in Milvus: in a file, on one server or on a cluster, behind one client.

A build writes each generation whole into collections of its own and then moves one alias; see
:mod:`qa.milvus.publish`. The libraries are in the extra ``milvus``.
"""

from qa.milvus.address import StoreAddress, is_address
from qa.milvus.index import MilvusIndex
from qa.milvus.opening import (
    check_reachable,
    live_in_store,
    open_store,
    stored_manifest,
    verify_store,
)
from qa.milvus.publish import publish

__all__ = [
    "MilvusIndex",
    "StoreAddress",
    "check_reachable",
    "is_address",
    "live_in_store",
    "open_store",
    "publish",
    "stored_manifest",
    "verify_store",
]

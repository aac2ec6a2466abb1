"""The index on disk: written as whole generations, checked when opened.

Its format is described in ``index/README.md``.
"""

from qa.index.commands import build_command, index_command
from qa.index.documents import Contents, DocumentStore, DocumentSummary, DocumentWriter
from qa.index.generation import (
    CURRENT,
    live_generation,
    parts_of_index,
    read_manifest,
    read_time_ns,
    sweep,
    write_generation,
)
from qa.index.journal import SHORT, Journal
from qa.index.lock import WriterLock
from qa.index.manifest import ContainerFile, CorpusFile, IndexedFile, Manifest, SkippedFile
from qa.index.milvus_lite import is_milvus_lite, may_become_milvus_lite
from qa.index.opened import OpenIndex
from qa.index.shards import shards_of
from qa.index.stored import StoredIndex, empty_index, open_index, verify
from qa.index.writing import opened_privately, writing

__all__ = [
    "CURRENT",
    "SHORT",
    "ContainerFile",
    "Contents",
    "CorpusFile",
    "DocumentStore",
    "DocumentSummary",
    "DocumentWriter",
    "IndexedFile",
    "Journal",
    "Manifest",
    "OpenIndex",
    "SkippedFile",
    "StoredIndex",
    "WriterLock",
    "build_command",
    "empty_index",
    "index_command",
    "is_milvus_lite",
    "live_generation",
    "may_become_milvus_lite",
    "open_index",
    "opened_privately",
    "parts_of_index",
    "read_manifest",
    "read_time_ns",
    "shards_of",
    "sweep",
    "verify",
    "write_generation",
    "writing",
]

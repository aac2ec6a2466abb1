"""Which documents changed since they were indexed."""

from __future__ import annotations

from collections.abc import Iterable

from qa.hashing import sha256_of
from qa.index.stored import StoredIndex


def outdated_documents(index: StoredIndex, document_ids: Iterable[str]) -> set[str]:
    """Return the ids of those documents whose file changed or vanished since the build.

    A file with the indexed size and time counts as unchanged. A file whose time alone differs
    is hashed, once for each new time.
    """
    return {document_id for document_id in document_ids if _is_outdated(index, document_id)}


def _is_outdated(index: StoredIndex, document_id: str) -> bool:
    indexed = index.indexed[document_id]
    path = index.folder / document_id
    try:
        stat = path.stat()
        found = (stat.st_size, stat.st_mtime_ns)
        if found in ((indexed.size, indexed.mtime_ns), index.unchanged.get(document_id)):
            return False
        if stat.st_size != indexed.size or sha256_of(path) != indexed.sha256:
            return True
    except OSError:
        return True
    index.unchanged[document_id] = found
    return False

"""Which documents share files: shards that a change elsewhere in the folder does not touch."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from qa.index.manifest import IndexedFile, Manifest, Shard

# Passages per shard, roughly: few enough to be written quickly, many enough for few files.
PASSAGES = 3_000
# With more shards than this, a search would visit too many and a reader open too many files.
MOST = 300
# Sizes vary less if a short shard seldom ends and a long one often does.
_SHORT, _LONG = 1 / 4, 4


def shards_of(manifest: Manifest) -> tuple[Shard, ...]:
    """Return the shards of the documents in a manifest, in order.

    Whether a shard ends with a document depends on the document's path and length and on the
    size of the shard so far. So a document that is added, changed or removed alters its own
    shard, and seldom the next one. The key is a hash of everything that decides the content of
    a shard's files. Where there would be more than ``MOST``, all are twice as long, or four times:
    a folder that grows past such a number has all of its files written again, once.
    """
    settings = (
        manifest.encoder_fingerprint,
        manifest.dimension,
        sorted(manifest.settings.items()),
        sorted(manifest.libraries.items()),
    )
    stored = [file for file in manifest.documents if not file.copy_of]
    return tuple(
        Shard(
            key=_digest(repr((settings, [(file.path, file.sha256) for file in files]))).hex(),
            documents=len(files),
            passages=sum(file.passages for file in files),
        )
        for files in _grouped(stored, _length(sum(file.passages for file in stored)))
    )


def _length(passages: int) -> int:
    """Return how many passages a shard has, roughly, in an index of so many."""
    length = PASSAGES
    while passages > MOST * length:
        length *= 2
    return length


def _grouped(files: Sequence[IndexedFile], length: int) -> Iterator[list[IndexedFile]]:
    group: list[IndexedFile] = []
    passages = 0
    for file in files:
        group.append(file)
        passages += file.passages
        chance = (_SHORT if passages < length else _LONG) * file.passages / length
        if int.from_bytes(_digest(file.path)) < chance * 2**128:
            yield group
            group, passages = [], 0
    if group:
        yield group


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8")).digest()[:16]

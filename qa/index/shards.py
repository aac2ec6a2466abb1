"""Which documents share files: stretches that a change elsewhere in the folder leaves alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from qa.index.manifest import IndexedFile, Manifest, Shard

# About so many to a shard: few enough to be written in a moment, enough for few files in all.
PASSAGES = 3_000
# Shards come out more alike when few documents may end a short one, and many a long one.
_SHORT, _LONG = 1 / 4, 4


def shards_of(manifest: Manifest) -> tuple[Shard, ...]:
    """Return the shards of the documents that a manifest lists, in their order.

    A document's own path and length decide, with what the shard holds so far,
    whether a shard ends with it, so that one that comes, changes or goes alters
    its own shard and seldom the next.
    The key is made from all that decides what the files of a shard hold.
    """
    circumstances = (
        manifest.encoder_fingerprint,
        manifest.dimension,
        sorted(manifest.settings.items()),
        sorted(manifest.libraries.items()),
    )
    return tuple(
        Shard(
            key=_digest(repr((circumstances, [(file.path, file.sha256) for file in files]))).hex(),
            documents=len(files),
            passages=sum(file.passages for file in files),
        )
        for files in _stretches([file for file in manifest.documents if not file.copy_of])
    )


def _stretches(files: Sequence[IndexedFile]) -> Iterator[list[IndexedFile]]:
    stretch: list[IndexedFile] = []
    held = 0
    for file in files:
        stretch.append(file)
        held += file.passages
        chance = (_SHORT if held < PASSAGES else _LONG) * file.passages / PASSAGES
        if int.from_bytes(_digest(file.path)) < chance * 2**128:
            yield stretch
            stretch, held = [], 0
    if stretch:
        yield stretch


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8")).digest()[:16]

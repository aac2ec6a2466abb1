"""Which documents share files: stretches that a change elsewhere in the folder leaves alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from qa.index.manifest import IndexedFile, Manifest, Shard

# So many in the mean: few enough to be written in a moment, enough for few files in all.
PASSAGES = 4_096


def shards_of(manifest: Manifest) -> tuple[Shard, ...]:
    """Return the shards of the documents that a manifest lists, in their order.

    A document's own path and length decide whether a shard ends with it, so that
    one that comes, changes or goes alters its own shard and at most the next.
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
    for file in files:
        stretch.append(file)
        # A share of 1 / PASSAGES of all passages end a shard, whichever these are.
        if int.from_bytes(_digest(file.path)) * PASSAGES < file.passages << 128:
            yield stretch
            stretch = []
    if stretch:
        yield stretch


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8")).digest()[:16]

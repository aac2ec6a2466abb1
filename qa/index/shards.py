"""Which documents share files: shards that a change elsewhere in the folder does not touch."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from qa.index.manifest import IndexedFile, Manifest, Shard

# Passages per shard, roughly: few enough to be written quickly, many enough for few files.
PASSAGES = 3_000
# Sizes vary less if a short shard seldom ends and a long one often does.
_SHORT, _LONG = 1 / 4, 4


def shards_of(manifest: Manifest) -> tuple[Shard, ...]:
    """Return the shards of the documents in a manifest, in order.

    Whether a shard ends with a document depends on the document's path and length and on the
    size of the shard so far. So a document that is added, changed or removed alters its own
    shard, and seldom the next one. The key is a hash of everything that decides the content of
    a shard's files.
    """
    settings = (
        manifest.encoder_fingerprint,
        manifest.dimension,
        sorted(manifest.settings.items()),
        sorted(manifest.libraries.items()),
    )
    return tuple(
        Shard(
            key=_digest(repr((settings, [(file.path, file.sha256) for file in files]))).hex(),
            documents=len(files),
            passages=sum(file.passages for file in files),
        )
        for files in _grouped([file for file in manifest.documents if not file.copy_of])
    )


def _grouped(files: Sequence[IndexedFile]) -> Iterator[list[IndexedFile]]:
    group: list[IndexedFile] = []
    passages = 0
    for file in files:
        group.append(file)
        passages += file.passages
        chance = (_SHORT if passages < PASSAGES else _LONG) * file.passages / PASSAGES
        if int.from_bytes(_digest(file.path)) < chance * 2**128:
            yield group
            group, passages = [], 0
    if group:
        yield group


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8")).digest()[:16]

"""What decides, beside the documents themselves, what an index holds."""

from __future__ import annotations

import hashlib
import importlib.metadata
from pathlib import Path

from qa.index import Manifest

MAX_TOKENS = 160
OVERLAP_SENTENCES = 1

# A version of any of these may change a vector, or what is read from a file.
_ENCODING = ("onnxruntime", "sentence-transformers", "transformers", "tokenizers", "torch")
_READING = (
    *("charset-normalizer", "trafilatura", "lxml", "markdown-it-py", "sentencex"),
    *("pypdfium2", "mammoth", "striprtf", "py3langid"),
)
_LIBRARIES = ("verbatim-qa", *_ENCODING, *_READING, "faiss-cpu", "tantivy")
# The same for our own code, which changes between releases too.
_CODE = (
    "builder",
    "index",
    "loaders",
    "networks/encoder.py",
    "networks/sentence_network.py",
    "networks/transformer_network.py",
    "networks/weights.py",
)


def settings_of(folder: Path, max_tokens: int) -> dict[str, str | int]:
    """Return what shapes the documents and passages beside their files."""
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for entry in _CODE:
        for path in sorted([package / entry, *(package / entry).rglob("*.py")]):
            if path.is_file():
                digest.update(path.read_bytes())
    return {
        "folder": folder.as_posix(),  # as given: it is part of each document's source
        "max_tokens": max_tokens,
        "overlap_sentences": OVERLAP_SENTENCES,
        "code": digest.hexdigest(),
    }


def library_versions() -> dict[str, str]:
    """Return the versions of the libraries whose change would change an index."""
    versions = {}
    for name in _LIBRARIES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def identity(manifest: Manifest) -> tuple[object, ...]:
    """Return all that decides what a generation holds."""
    return (
        Path(manifest.folder).resolve(),
        manifest.encoder_fingerprint,
        manifest.settings,
        manifest.libraries,
        # The size too: one taken before a file changed under its reader is to be mended.
        [(file.path, file.sha256, file.size) for file in manifest.documents],
        # Its time too: by this alone one is known to have changed.
        manifest.skipped,
    )


def encoding(manifest: Manifest) -> tuple[object, ...]:
    """Return all that decides a text's vector."""
    return manifest.encoder_fingerprint, [manifest.libraries.get(name) for name in _ENCODING]

"""What decides the content of an index beside the documents themselves."""

from __future__ import annotations

import hashlib
import importlib.metadata
from pathlib import Path

from qa.builder.splitter import OVERLAP_SENTENCES
from qa.index import Manifest

# Another version of one of these may change a vector, or the text read from a file.
_ENCODING = ("onnxruntime", "sentence-transformers", "transformers", "tokenizers", "torch")
_READING = (
    *("charset-normalizer", "trafilatura", "lxml", "markdown-it-py", "sentencex"),
    *("pypdfium2", "mammoth", "striprtf", "py3langid"),
)
_LIBRARIES = ("verbatim-qa", *_ENCODING, *_READING, "faiss-cpu", "tantivy")
# Our own code that does, which changes between releases too.
_CODE = (
    "builder",
    "index",
    "loaders",
    "networks/encoder.py",
    "networks/sentence_network.py",
    "networks/transformer_network.py",
    "networks/weights.py",
)


def build_settings(folder: Path, max_tokens: int) -> dict[str, str | int]:
    """Return the settings that decide documents and passages beside the files."""
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for entry in _CODE:
        for path in sorted([package / entry, *(package / entry).rglob("*.py")]):
            if path.is_file():
                digest.update(path.read_bytes())
    return {
        "folder": folder.as_posix(),  # as given, since each document's source begins with it
        "max_tokens": max_tokens,
        "overlap_sentences": OVERLAP_SENTENCES,
        "code": digest.hexdigest(),
    }


def library_versions() -> dict[str, str]:
    """Return the versions of the libraries on which an index depends."""
    versions = {}
    for name in _LIBRARIES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def content_key(manifest: Manifest) -> tuple[object, ...]:
    """Return everything that decides the content of a generation."""
    return (
        Path(manifest.folder).resolve(),
        manifest.encoder_fingerprint,
        manifest.settings,
        manifest.libraries,
        # Sizes too: one taken before a file changed while it was read is corrected.
        [(file.path, file.sha256, file.size) for file in manifest.documents],
        # Times too: most skipped files have no hash.
        manifest.skipped,
    )


def vector_key(manifest: Manifest) -> tuple[object, ...]:
    """Return everything beside its text that decides a vector."""
    return manifest.encoder_fingerprint, [manifest.libraries.get(name) for name in _ENCODING]

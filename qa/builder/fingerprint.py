"""What decides the content of an index, besides the documents themselves."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

from qa.builder.splitter import OVERLAP_SENTENCES
from qa.index import Manifest
from qa.index.libraries import versions_of

# Another version of one of these may change a vector, or the text read from a file.
_ENCODING = ("onnxruntime", "sentence-transformers", "transformers", "tokenizers", "torch")
_READING = (
    *("charset-normalizer", "trafilatura", "htmldate", "justext", "lxml", "markdown-it-py"),
    *("sentencex", "numpy"),
    *("pypdfium2", "mammoth", "striprtf", "python-calamine", "pylatexenc", "python-oxmsg"),
    *("compressed-rtf", "icalendar", "py3langid", "rapidocr", "opencv-python-headless", "pillow"),
)
_LIBRARIES = ("verbatim-qa", *_ENCODING, *_READING, "faiss-cpu", "tantivy")
# Our own code on which a vector depends, and all on which an index does: both change between
# releases too.
_ENCODING_CODE = (
    "builder/embedding.py",
    "networks/encoder.py",
    "networks/sentence_network.py",
    "networks/transformer_network.py",
    "networks/weights.py",
)
_CODE = ("builder", "index", "loaders", "sandbox", "networks/ocr.py", *_ENCODING_CODE)


def build_settings(folder: Path, max_tokens: int) -> dict[str, str | int]:
    """Return the settings that decide documents, passages and vectors, besides the files."""
    return {
        "folder": folder.as_posix(),  # as given, since each document's source begins with it
        "max_tokens": max_tokens,
        "overlap_sentences": OVERLAP_SENTENCES,
        "code": _digest(_CODE),
        "encoding_code": _digest(_ENCODING_CODE),
    }


def _digest(entries: Sequence[str]) -> str:
    """Return one hash for the code of these files and folders of the package."""
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for entry in entries:
        for path in sorted([package / entry, *(package / entry).rglob("*.py")]):
            if path.is_file():
                digest.update(path.read_bytes())
    return digest.hexdigest()


def library_versions() -> dict[str, str]:
    """Return the versions of the libraries on which an index depends."""
    # Mail, CSV and encodings are read by the standard library.
    return {"python": platform.python_version(), **versions_of(_LIBRARIES)}


def version_of(settings: Mapping[str, str | int], libraries: Mapping[str, str]) -> str:
    """Return one short hash for all code that an index depends on, ours and the libraries'."""
    return hashlib.sha256(repr((settings["code"], dict(libraries))).encode()).hexdigest()[:16]


def version_here() -> str:
    """Return that of this process."""
    return version_of({"code": _digest(_CODE)}, library_versions())


def content_key(manifest: Manifest) -> tuple[object, ...]:
    """Return everything that decides the content of a generation."""
    return (
        Path(manifest.folder).resolve(),
        manifest.encoder_fingerprint,
        manifest.settings,
        manifest.libraries,
        # Sizes too: one taken before a file changed while it was read is corrected.
        [(file.path, file.sha256, file.size) for file in manifest.documents],
        [(file.path, file.sha256, file.size) for file in manifest.containers],
        # Times too: most skipped files have no hash.
        manifest.skipped,
    )


def vector_key(manifest: Manifest) -> tuple[object, ...]:
    """Return everything that decides a vector, besides its text."""
    return (
        manifest.encoder_fingerprint,
        manifest.settings.get("encoding_code"),
        [manifest.libraries.get(name) for name in _ENCODING],
    )

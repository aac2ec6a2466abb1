"""A million passages of text: articles, and copies of them with other names and numbers.

In a copy each name and number is another of the same length, so that it has the same passages at
the same places, and none of it has to be split again. Of the vectors, those of some passages are
real; the others are drawn about these, as :mod:`benchmarks.vectors` does.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.vectors import drawn
from qa.builder import encoded_text
from qa.builder.corpus import stat_of
from qa.builder.inside import splitting_here
from qa.builder.splitter import MAX_TOKENS
from qa.builder.survey import Examined
from qa.builder.workers import Encoded, Reading, Texts
from qa.index import Contents, IndexedFile
from qa.loaders import load
from qa.networks.encoder import SentenceEncoder
from qa.types import Encoder, Passage

_NAME = re.compile(r"\b[A-Z][a-z]+\b")
_CHUNK = 256


def articles(text: Path) -> Iterator[tuple[str, str]]:
    """Yield the id and the text of each article in a file of them."""
    if text.is_dir():
        (text,) = sorted(text.glob("*.jsonl.gz"))
    with gzip.open(text, "rt", encoding="utf-8") as lines:
        for number, article in enumerate(map(json.loads, lines)):
            name = re.sub(r"\W+", " ", article["title"])[:60].strip()
            whole = "\n\n".join([article["title"], *article["paragraphs"]]) + "\n"
            yield f"{number // 500:02}/{number:05} {name}.txt", whole


class Names:
    """Other names of the same length and about the same frequency, for each copy."""

    def __init__(self, texts: Iterator[str]) -> None:
        names: Counter[str] = Counter()
        plain: set[str] = set()
        for text in texts:
            names.update(_NAME.findall(text))
            plain.update(re.findall(r"\b[a-z]+\b", text))
        by_length: dict[int, list[str]] = {}
        for name, _ in sorted(names.items(), key=lambda pair: (-pair[1], pair[0])):
            if name.lower() not in plain:
                by_length.setdefault(len(name), []).append(name)
        self._place = {name: n for each in by_length.values() for n, name in enumerate(each)}
        self._by_length = by_length

    def exchanged(self, text: str, copy: int) -> str:
        """Return a text with other names and numbers, as long as it is; copy 0 is the text."""
        if not copy:
            return text

        def other(found: re.Match[str]) -> str:
            name = found.group()
            if (place := self._place.get(name)) is None:
                return name
            others = self._by_length[len(name)]
            return others[(place + copy) % len(others)]

        turned = {str(digit): str((digit * 3 + copy) % 10) for digit in range(10)}
        return _NAME.sub(other, text).translate(str.maketrans(turned))


class CopyWorkers:
    """Reads the files of copies for a build: each article is split once. It encodes nothing."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._split = splitting_here(encoder, MAX_TOKENS)

    def read(
        self,
        files: Mapping[str, Path],
        reading: Reading,
        progress: Callable[[int, int], None] | None = None,
    ) -> Iterator[tuple[str, list[Examined]]]:
        """Yield what each file contains, as the protocol says."""
        groups: dict[str, list[str]] = {}
        for name in sorted(files):
            # "copy-03/07/03511 Ship.txt" and "copy-00/07/03511 Ship.txt" are of one article.
            groups.setdefault(name.partition("/")[2], []).append(name)
        done = 0
        for group in groups.values():
            original: Contents | None = None
            for name in group:
                document = load(files[name], folder=reading.folder)
                if original is None or not name.startswith("copy-"):
                    document, passages = self._split(document)
                    original = document, passages
                else:
                    first, parts = original
                    document = replace(first, id=name, text=document.text, sha256=document.sha256,
                                       title=document.title, source=document.source)  # fmt: skip
                    passages = [_moved(each, document.text, document.title, name) for each in parts]
                size, mtime_ns = stat_of(files[name])
                file = IndexedFile(name, document.sha256, size, mtime_ns, len(passages))
                yield name, [(file, (document, passages))]
                done += 1
                if progress is not None:
                    progress(done, len(files))

    def encode(self, texts: Texts, encoder: Encoder, total: int) -> Encoded:
        """Yield the vectors of texts, as the protocol says."""
        waiting: list[tuple[bytes, str]] = []
        for each in texts:
            waiting.append(each)
            if len(waiting) == _CHUNK:
                yield _encoded(waiting, encoder)
                waiting = []
        if waiting:
            yield _encoded(waiting, encoder)


def _moved(passage: Passage, text: str, title: str, name: str) -> Passage:
    """Return the passage of a copy at the same place; all are under the title."""
    heading = title if passage.heading else ""
    words = text[passage.start : passage.end]
    return replace(passage, document_id=name, text=words, heading=heading, view=None, quoted=())


def _encoded(
    waiting: Sequence[tuple[bytes, str]], encoder: Encoder
) -> list[tuple[bytes, NDArray[np.float32]]]:
    vectors = encoder.encode([text for _, text in waiting])
    return [(digest, vector) for (digest, _), vector in zip(waiting, vectors, strict=True)]


class DrawnEncoder:
    """The vectors that are known, and others that are drawn about those of ``foreign`` texts.

    Drawn ones depend on the text. The parts are those of a foreign text. ``folder`` is that of
    :func:`encode_some`.
    """

    def __init__(self, folder: Path) -> None:
        encoder = SentenceEncoder()
        self.name, self.fingerprint = encoder.name, encoder.fingerprint
        self.dimension, self.row_size = encoder.dimension, encoder.row_size
        self.max_tokens, self.tokenizer = encoder.max_tokens, encoder.tokenizer
        self.count_tokens, self.encode_query = encoder.count_tokens, encoder.encode_query
        digests, self._rows, foreign = _read_known(folder)
        self._known = {digest: row for row, digest in enumerate(digests)}
        self._foreign = self._rows[foreign]
        self.real = self.drawn = 0

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one row per text, shape ``(texts, row_size)``."""
        digests = [_digest(text) for text in texts]
        random = np.random.default_rng(int.from_bytes(digests[0][:8]))
        around = self._foreign[:, : self.dimension]
        rows = self._foreign[random.integers(0, len(self._foreign), len(texts))]
        rows[:, : self.dimension] = drawn(around, len(texts), random)
        for place, digest in enumerate(digests):
            if (row := self._known.get(digest)) is not None:
                rows[place] = self._rows[row]
                self.real += 1
            else:
                self.drawn += 1
        return rows


def encode_some(
    folder: Path,
    own: Sequence[str],
    foreign: Sequence[str],
    encoder: Encoder,
    told: Callable[[int], Any],
) -> None:
    """Encode texts into files in a folder; what is there is not encoded again.

    ``foreign`` texts are those that others may be drawn about.
    """
    folder.mkdir(parents=True, exist_ok=True)
    done = 32 * ((folder / "digests").stat().st_size // 32) if (folder / "digests").exists() else 0
    for first in range(done // 32, len(own) + len(foreign), _CHUNK):
        texts = [*own, *foreign][first : first + _CHUNK]
        with (folder / "rows").open("r+b" if first else "wb") as file:
            file.seek(first * 4 * encoder.row_size)
            file.write(encoder.encode(texts).astype("<f4").tobytes())
        with (folder / "digests").open("ab") as file:
            file.write(b"".join(map(_digest, texts)))
        (folder / "own").write_text(str(len(own)), encoding="ascii")
        told(first + len(texts))


def texts_of(paths: Sequence[Path], folder: Path, encoder: Encoder) -> Iterator[str]:
    """Yield what is encoded of each passage of some files."""
    split = splitting_here(encoder, MAX_TOKENS)
    for path in paths:
        for passage in split(load(path, folder=folder))[1]:
            yield encoded_text(passage)


def _read_known(folder: Path) -> tuple[list[bytes], NDArray[np.float32], slice]:
    data = (folder / "digests").read_bytes()
    digests = [data[first : first + 32] for first in range(0, len(data) - 31, 32)]
    size = SentenceEncoder().row_size
    rows = np.fromfile(folder / "rows", "<f4", len(digests) * size).reshape(-1, size)
    own = int((folder / "own").read_text(encoding="ascii"))
    return digests, rows.astype(np.float32), slice(own, None)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8")).digest()

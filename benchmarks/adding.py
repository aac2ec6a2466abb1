"""One document more in a large index: processor time by the number of passages.

``python -m benchmarks.adding PASSAGES… --folder DIR`` makes an index of so many passages of drawn
words, with vectors drawn by their texts, then adds a document and removes it again. The slope
between two sizes tells what a million costs; what is in DIR already is used again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.drawing import DrawnByText
from qa.builder import build
from qa.builder.corpus import stat_of
from qa.builder.survey import Examined
from qa.builder.workers import Encoded, Reading, Texts
from qa.index import IndexedFile, stored
from qa.types import Block, Document, Passage

# As in articles of Wikipedia: 50 passages of 700 characters a file.
_PASSAGES, _WORDS, _VOCABULARY = 50, 110, 50_000
_NEW = "zz added later.txt"


class ParagraphWorkers:
    """Reads files whose paragraphs are their passages; it encodes in this process."""

    def read(
        self,
        files: Mapping[str, Path],
        reading: Reading,
        progress: Callable[[int, int], None] | None = None,
    ) -> Iterator[tuple[str, list[Examined]]]:
        """Yield what each file contains, as the protocol says."""
        for name, path in files.items():
            text = path.read_text("utf-8")
            sha256 = hashlib.sha256(text.encode()).hexdigest()
            ends = [at for at in range(len(text)) if text.startswith("\n\n", at)]
            starts = [0, *(end + 2 for end in ends)]
            places = list(zip(starts, [*ends, len(text)], strict=True))
            blocks = tuple(Block(start, end, "body") for start, end in places)
            document = Document(name, text, sha256, path.stem, "", str(path), blocks)
            passages = [Passage(name, *place, text[slice(*place)], path.stem) for place in places]
            file = IndexedFile(name, sha256, *stat_of(path), len(passages))
            yield name, [(file, (document, passages))]

    def encode(self, texts: Texts, encoder: DrawnByText, total: int) -> Encoded:
        """Yield the vectors of texts, as the protocol says."""
        for digest, text in texts:
            yield [(digest, encoder.encode([text])[0])]


def write_documents(folder: Path, passages: int) -> None:
    """Write files of drawn words, so that there are so many passages."""
    vocabulary = np.array([f"w{number:x}" for number in range(_VOCABULARY)])
    for number in range(passages // _PASSAGES):
        path = folder / f"{number // 500:03}" / f"{number:06}.txt"
        if path.exists():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        chance = np.random.default_rng(number)
        drawn = np.minimum(chance.zipf(1.3, (_PASSAGES, _WORDS)), _VOCABULARY) - 1
        path.write_text("\n\n".join(" ".join(words) for words in vocabulary[drawn]), "utf-8")


def measure(passages: int, place: Path, times: int) -> dict[str, Any]:
    """Return the least processor time of adding a document, of removing it, and of nothing."""
    folder, index = place / f"{passages}", place / f"{passages}-index"
    write_documents(folder, passages)
    encoder = DrawnByText(parts=True)
    results: dict[str, Any] = {"load": os.getloadavg()[0]}
    if not (index / "CURRENT").exists():
        used = time.process_time()
        build(folder, index, encoder=encoder, workers=ParagraphWorkers())
        results["first_cpu_s"] = round(time.process_time() - used, 1)
    new = folder / _NEW
    for what in ("unchanged", "add", "remove") * times:
        new.unlink(missing_ok=True)
        if what == "add":
            words = (folder / "000" / "000000.txt").read_text("utf-8").split()[:1_000]
            new.write_text("A new one\n\n" + " ".join(words[::-1]), "utf-8")
        began, used = time.perf_counter(), time.process_time()
        report = build(folder, index, encoder=encoder, workers=ParagraphWorkers())
        found = round(time.process_time() - used, 2), round(time.perf_counter() - began, 2)
        results[what] = min(results.get(what, found), found)
        results["passages"] = report.passages
    return results


def main() -> None:
    """Measure each size, and print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.adding", description=__doc__)
    parser.add_argument("passages", type=int, nargs="+")
    parser.add_argument("--folder", type=Path, required=True, help="where all is made and kept")
    parser.add_argument("--times", type=int, default=3, help="default: %(default)s")
    options = parser.parse_args()
    stored.LARGE = min(stored.LARGE, *options.passages)  # all are opened as large ones are
    found = [measure(each, options.folder, options.times) for each in options.passages]
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()

"""How many words OCR reads rightly, and how fast: ``python -m benchmarks.ocr``.

The documents in ``seeds/`` are printed in several types, in one column and in two, drawn at
200 dots an inch, clean, and tilted by 2° with noise. A word is right if it stands in the text
in its order.
"""

from __future__ import annotations

import io
import os
import re
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.memory import status_kib
from benchmarks.saved import commit, machine, save
from qa.loaders import load
from qa.loaders.ocr import read_picture
from qa.types import Document

SEEDS = Path("seeds")
NAMES = ("armoured-train.txt", "hongqi.txt", "gifts-of-state.md", "sanctions-on-north-korea.md")
# Type, size in points, and columns.
SETTINGS = (("Times-Roman", 11, 1), ("Helvetica", 10, 1), ("Times-Roman", 10, 2), ("Courier", 9, 1))
DPI = 200


def main() -> None:
    """Measure and write ``benchmarks/results/ocr-COMMIT.json``."""
    pages = list(_pages())
    read_picture(_png(pages[0][1]))  # loads the networks
    results: dict[str, Any] = {
        "commit": commit(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "load": [round(each, 1) for each in os.getloadavg()],
        "pages": len(pages),
    }
    for kind, drawn in (("clean", _png), ("tilted", _poor)):
        right = words = 0
        began, busy = time.perf_counter(), time.process_time()
        for text, page in pages:
            expected = text.split()
            found = read_picture(drawn(page)).text.replace(" | ", " ").split()
            right += _in_order(expected, found)
            words += len(expected)
        count = len(pages)
        results[kind] = {
            "words": words,
            "right": round(100 * right / words, 2),
            "seconds_a_page": round((time.perf_counter() - began) / count, 2),
            "processor_seconds_a_page": round((time.process_time() - busy) / count, 2),
        }
    results["peak_mib"] = round(status_kib("VmHWM") / 1024)
    print(f"saved as {save('ocr', results)}")


def _pages() -> Iterator[tuple[str, Image.Image]]:
    """Yield the words of a page and its picture: one page of each document in each setting."""
    from pypdfium2 import PdfDocument

    for number, name in enumerate(NAMES):
        document = load(SEEDS / name, folder=SEEDS)
        font, size, columns = SETTINGS[number % len(SETTINGS)]
        printed = PdfDocument(_printed(document, font, size, columns))
        for page in printed:
            words = re.sub(r"\s+", " ", page.get_textpage().get_text_bounded())
            yield words.strip(), page.render(scale=DPI / 72).to_pil().convert("RGB")


def _printed(document: Document, font: str, size: int, columns: int) -> bytes:
    """Return the paragraphs of a document as the first page of a PDF."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph

    body = ParagraphStyle("body", fontName=font, fontSize=size, leading=1.3 * size, spaceAfter=size)
    title = ParagraphStyle("title", parent=body, fontSize=1.5 * size, leading=2 * size)
    width, height = (A4[0] - 100 - 20 * (columns - 1)) / columns, A4[1] - 120
    frames = [Frame(50 + each * (width + 20), 60, width, height) for each in range(columns)]
    flow = []
    for block in document.blocks:
        if block.kind in ("heading", "body"):
            words = (
                document.text[block.start : block.end].replace("&", "&amp;").replace("<", "&lt;")
            )
            flow.append(Paragraph(words, title if block.kind == "heading" else body))
    file = io.BytesIO()
    made = BaseDocTemplate(file, pagesize=A4, invariant=True)
    made.addPageTemplates([PageTemplate(frames=frames)])
    made.build(flow)
    return file.getvalue()


def _png(page: Image.Image) -> bytes:
    file = io.BytesIO()
    page.save(file, "PNG", compress_level=1)
    return file.getvalue()


def _poor(page: Image.Image) -> bytes:
    """Return a page as a poor scanner makes it: tilted, grey, noisy and compressed."""
    noise = np.random.default_rng(7)
    tilted = page.rotate(2, resample=Image.Resampling.BICUBIC, fillcolor="white").convert("L")
    values = np.asarray(tilted) * 0.85 + 25 + noise.normal(0, 18, (page.height, page.width))
    specks = noise.random(values.shape)
    values[specks < 0.001], values[specks > 0.999] = 0, 255
    file = io.BytesIO()
    Image.fromarray(values.clip(0, 255).astype("uint8")).save(file, "JPEG", quality=75)
    return file.getvalue()


def _in_order(expected: Sequence[str], found: Sequence[str]) -> int:
    matcher = SequenceMatcher(None, expected, found, autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks())


if __name__ == "__main__":
    main()

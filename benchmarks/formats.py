"""The same thirty facts in each format: ``python -m benchmarks.formats``.

A format is one document and thirty questions, asked as people ask who have not seen the headers.
Prose is what the reader was made for; what another format has less, its form costs.
"""

from __future__ import annotations

import argparse
import io
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.saved import commit, save
from qa.evaluation.corpus import ask_corpus
from qa.evaluation.golden import GoldenQuestion
from qa.networks.reader import OnnxReader
from qa.pipeline import QA
from training.synthetic.formats import write
from training.synthetic.parts import Grid, Heading, Lines, Pairs, Part

TITLE = "Bridges over the Marl"
COLUMNS = ("Bridge", "Opened", "Span", "Engineer", "Material", "Toll for lorries")
BRIDGES = (
    ("Otter Bridge", "1874", "212 m", "Josef Hallam", "wrought iron", "6.20 crowns"),
    ("Nuns' Bridge", "1531", "38 m", "Brother Anselm", "sandstone", "1.75 crowns"),
    ("Viaduct of Tarn", "1909", "540 m", "Ilka Moreau", "granite", "11.40 crowns"),
    ("Kestrel Span", "1968", "330 m", "Pedro Sanz", "steel", "8.90 crowns"),
    ("Weir Footbridge", "2012", "64 m", "Aoi Takeda", "larch", "0.50 crowns"),
    ("New Ferry Bridge", "1993", "415 m", "Ruth Achebe", "concrete", "9.60 crowns"),
)
ASKED = (
    "When was the {} first used?",
    "How long is the {}?",
    "Who designed the {}?",
    "What is the {} built of?",
    "What does a truck pay to cross the {}?",
)
PROSE = (
    "The {} was opened in {}. It has a span of {}. Its engineer was {}. It is built of {}. "
    "Lorries pay a toll of {} to cross it."
)


def prose() -> list[Part]:
    """Return the facts as a paragraph a bridge."""
    return [Heading(TITLE, 1), Lines(tuple(PROSE.format(*row) for row in BRIDGES))]


def table() -> list[Part]:
    """Return the facts as a table."""
    return [Heading(TITLE, 1), Grid((COLUMNS,), BRIDGES)]


def records() -> list[Part]:
    """Return the facts as labelled lines, a group of them for each bridge."""
    return [Heading(TITLE, 1), *(Pairs(tuple(zip(COLUMNS, row, strict=True))) for row in BRIDGES)]


def headings() -> list[Part]:
    """Return the facts as labelled lines, each bridge under its heading."""
    parts: list[Part] = [Heading(TITLE, 1)]
    for name, *values in BRIDGES:
        parts += [Heading(name), Pairs(tuple(zip(COLUMNS[1:], values, strict=True)), "bold")]
    return parts


def pdf() -> bytes:
    """Return the table as a PDF."""
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

    file = io.BytesIO()
    title = Paragraph(TITLE, getSampleStyleSheet()["Heading1"])
    SimpleDocTemplate(file, invariant=1).build([title, Table([COLUMNS, *BRIDGES])])
    return file.getvalue()


def slide() -> bytes:
    """Return the table as a presentation of one slide."""
    from pptx import Presentation
    from pptx.util import Inches

    presentation = Presentation()
    page = presentation.slides.add_slide(presentation.slide_layouts[5])
    page.shapes.title.text = TITLE
    rows = [COLUMNS, *BRIDGES]
    shape = page.shapes.add_table(len(rows), len(COLUMNS), 0, Inches(2), Inches(9), Inches(4))
    for i, row in enumerate(rows):
        for j, text in enumerate(row):
            shape.table.cell(i, j).text = text
    file = io.BytesIO()
    presentation.save(file)
    return file.getvalue()


def _of(parts: Callable[[], list[Part]], suffix: str) -> Callable[[], bytes]:
    return lambda: write(parts(), suffix, 1)


FORMATS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "prose": ("txt", _of(prose, "txt")),
    "key-value lines": ("txt", _of(records, "txt")),
    "headings": ("md", _of(headings, "md")),
    **{
        name: (suffix, _of(table, suffix))
        for name, suffix in {
            "CSV": "csv",
            "TSV": "tsv",
            "JSON": "json",
            "Markdown": "md",
            "HTML": "html",
            "DOCX": "docx",
            "XLSX": "xlsx",
            "mail": "eml",
        }.items()
    },
    "PDF": ("pdf", pdf),
    "PPTX": ("pptx", slide),
}


def questions() -> list[GoldenQuestion]:
    """Return a question for each fact."""
    return [
        GoldenQuestion(f"{i}-{j}", asked.format(row[0]), (row[j],))
        for i, row in enumerate(BRIDGES)
        for j, asked in enumerate(ASKED, start=1)
    ]


def measure() -> dict[str, Any]:
    """Return how many of thirty are right in each format: as best answer, and as shown."""
    scores = {}
    for name, (suffix, made) in FORMATS.items():
        with tempfile.TemporaryDirectory() as temporary:
            docs = Path(temporary, "docs")
            docs.mkdir()
            (docs / f"bridges.{suffix}").write_bytes(made())
            qa = QA.build(docs, Path(temporary, "index"))
            outcomes = ask_corpus(questions(), qa)
        scores[name] = {
            "right": sum(each.best_right for each in outcomes),
            "shown": sum(each.best_right and each.found for each in outcomes),
            "wrong shown": sum(each.found and not each.best_right for each in outcomes),
        }
    return scores


def main() -> None:
    """Measure, and write the results by commit."""
    argparse.ArgumentParser(prog="python -m benchmarks.formats", description=__doc__).parse_args()
    results = {
        "commit": commit(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "reader": OnnxReader().fingerprint,
        "formats": measure(),
    }
    save("formats", results)


if __name__ == "__main__":
    main()

"""Write corpora of made documents and questions: ``python -m training.synthetic OUTPUT``."""

from __future__ import annotations

import argparse
import json
import random
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from training.command import at_least_one, run
from training.synthetic.made import make_document
from training.synthetic.passages import Passages
from training.synthetic.questions import Asked, Asker
from training.synthetic.schema import HELD, Schema, load_letterhead, load_schemas

_SCHEMAS, _DOCUMENTS = 5, 3
# Filled in by one row, such forms are kept by the dozen.
_SINGLE_DOCUMENTS = 5


def schemas_to_train_on() -> list[Schema]:
    """Return all schemas but those that a reader is measured on."""
    return [schema for schema in load_schemas() if schema.name not in HELD]


def write_corpora(
    output: Path, schemas: Sequence[Schema], prefix: str, *, count: int, asked: int, seed: int
) -> Counter[str]:
    """Write ``count`` corpora that use each schema equally often; return counts of their kinds.

    ``asked`` questions, two in five of which have no answer, are asked on each document.
    """
    letterhead = load_letterhead()
    rng = random.Random(seed)
    kinds: Counter[str] = Counter()
    queue: list[Schema] = []
    for number in range(count):
        folder = output / f"{prefix}-{number:02}"
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "docs").mkdir(parents=True)
        documents = []
        for _ in range(_SCHEMAS):
            if not queue:
                queue = rng.sample(list(schemas), len(schemas))
            schema = queue.pop()
            for _ in range(_SINGLE_DOCUMENTS if schema.single else _DOCUMENTS):
                made = make_document(schema, letterhead, folder / "docs", rng)
                documents += [made] if made else []
        asker = Asker(documents, letterhead, rng)
        passages = Passages(folder / "docs")
        rows: list[dict[str, object]] = []
        for document in documents:
            about = document.sheet.schema.name, f"{document.suffix}-{document.form}"
            each = asked // 2 if document.sheet.schema.single else asked
            for asked_one in asker.ask(
                document, present=each - each * 2 // 5, absent=each * 2 // 5
            ):
                one = passages.readable(asked_one)
                if one is None:
                    continue
                rows.append(_row(f"{folder.name}-{len(rows):03}", one, about))
                kinds[one.kind] += 1
                kinds[f"in {about[1]}"] += 1
        lines = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
        (folder / "questions.jsonl").write_text(lines, encoding="utf-8")
        (folder / "dialogues.jsonl").write_text("", encoding="utf-8")
    return kinds


def _row(name: str, asked: Asked, about: tuple[str, str]) -> dict[str, object]:
    row: dict[str, object] = {
        "id": name,
        "question": asked.question,
        "answers": [asked.answer] if asked.places else [],
        "document": asked.document,
        "tags": ["table", *about, asked.kind],
    }
    if asked.places:
        row["places"] = asked.places
    else:
        row["why"] = asked.kind
    return row


def main() -> None:
    """Write corpora to train on, and ``held`` ones of other schemas to measure with."""
    parser = argparse.ArgumentParser(prog="python -m training.synthetic", description=main.__doc__)
    parser.add_argument("output", type=Path, help="receives a folder for each corpus, and held/")
    parser.add_argument("--corpora", type=at_least_one, default=40)
    parser.add_argument("--held", type=at_least_one, default=4)
    parser.add_argument("--asked", type=at_least_one, default=20, help="questions a document")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    held = [schema for schema in load_schemas() if schema.name in HELD]
    for output, chosen, prefix, count, seed in (
        (options.output, schemas_to_train_on(), "synth", options.corpora, options.seed),
        (options.output / "held", held, "held", options.held, options.seed + 1),
    ):
        kinds = write_corpora(output, chosen, prefix, count=count, asked=options.asked, seed=seed)
        print(json.dumps({prefix: sum(n for k, n in kinds.items() if k[:3] != "in ")} | kinds))


if __name__ == "__main__":
    run(main)

"""Hard negatives: the passages that keyword search confuses with the right one."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import replace

import tantivy

from qa.evaluation.metrics import normalize
from qa.train.examples import Context, Example

_WORD = re.compile(r"\w+")


def add_negatives(
    examples: Sequence[Example],
    contexts: Sequence[Context],
    *,
    share: float,
    seed: int,
    candidates: int = 8,
) -> list[Example]:
    """Give a ``share`` of the answerable examples one hard negative.

    The negative is the best BM25 hit for the question, among ``candidates``,
    in which no accepted answer occurs (checked on normalised text).
    """
    schema = tantivy.SchemaBuilder()
    schema.add_text_field("text", stored=False, tokenizer_name="en_stem")
    schema.add_integer_field("row", stored=True)
    index = tantivy.Index(schema.build())
    writer = index.writer(heap_size=128_000_000, num_threads=1)
    for row, context in enumerate(contexts):
        writer.add_document(tantivy.Document(text=context.text, row=row))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()
    normalized: dict[int, str] = {}
    rng = random.Random(seed)
    result = []
    for example in examples:
        if example.answers and rng.random() < share:
            # Lower case, or IN, AND and OR would be taken as the query language.
            words = " ".join(_WORD.findall(example.question.lower()))
            query = index.parse_query(words, ["text"]) if words else None
            wanted = [normalize(text) for text in example.references]
            for _score, address in searcher.search(query, candidates).hits if query else []:
                row = searcher.doc(address)["row"][0]
                if row not in normalized:
                    normalized[row] = f" {normalize(contexts[row].text)} "
                if not any(f" {text} " in normalized[row] for text in wanted):
                    example = replace(example, negative=row)
                    break
        result.append(example)
    return result

"""The same questions of both stores, and Milvus' own fusions of vectors and words beside ours.

``python -m benchmarks.stores CORPUS…``: a corpus is a folder with ``docs/`` and
``questions.jsonl``. Milvus Lite runs in this process, on a file in a temporary folder. With
``--searches`` no passage is read: only the passages that are found, and their scores, are compared,
on which the answers depend.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean, median
from typing import Any

from benchmarks.saved import commit, machine, save
from qa.builder import encoded_text
from qa.evaluation.corpus import relevant_passages
from qa.evaluation.golden import GoldenQuestion, read_golden
from qa.milvus import MilvusIndex, StoreAddress, open_store
from qa.milvus.client import Client
from qa.milvus.collections import VECTOR, WORDS
from qa.networks.encoder import SentenceEncoder
from qa.pipeline import QA
from qa.retrieval.hybrid import HybridSearch
from qa.types import Hit, Passage, Prediction

_DEPTH, _READ = 50, 20
# Milvus' function splits words itself; it knows no stems in Milvus Lite.
_FUNCTION = "milvus_bm25"
Search = Callable[[str], list[Passage]]


def same_answers(questions: Sequence[GoldenQuestion], here: QA, there: QA) -> dict[str, Any]:
    """Return the share of questions with the same answers from the same passages, and the rest.

    Scores of passages may differ in the seventh digit: BM25 is summed in another order.
    """
    others: list[str] = []
    seconds: tuple[list[float], list[float]] = ([], [])
    for question in questions:
        found = []
        for qa, spent in zip((here, there), seconds, strict=True):
            began = time.perf_counter()
            found.append(qa.ask(question.question, threshold=0.0))
            spent.append(time.perf_counter() - began)
        if len({repr(_without_scores(each)) for each in found}) > 1:
            others.append(question.id)
    return {
        "questions": len(questions),
        "same": round(100 * (1 - len(others) / len(questions)), 2),
        "others": others,
        "ms_embedded": round(1000 * median(seconds[0]), 1),
        "ms_milvus": round(1000 * median(seconds[1]), 1),
    }


def same_passages(questions: Sequence[GoldenQuestion], here: QA, there: QA) -> dict[str, Any]:
    """Return the share of questions for which the same passages are found in the same order."""
    others, apart = [], 0.0
    for question in questions:
        found = [qa.search(question.question).passages for qa in (here, there)]
        if len({repr([hit.passage for hit in hits]) for hits in found}) > 1:
            others.append(question.id)
        else:
            apart = max(apart, *(abs(a.score - b.score) for a, b in zip(*found, strict=True)), 0.0)
    return {
        "questions": len(questions),
        "same": round(100 * (1 - len(others) / len(questions)), 2),
        "others": others,
        "scores_differ_by_at_most": apart,
    }


def _without_scores(prediction: Prediction) -> tuple[object, ...]:
    return (
        prediction.verdict,
        prediction.answers,
        prediction.candidates,
        [hit.passage for hit in prediction.passages],
    )


def recalls(questions: Sequence[GoldenQuestion], search: Search) -> dict[str, Any]:
    """Return how often a passage with the answer is among the first, in percent."""
    ranks, spent = [], []
    for question in (each for each in questions if each.answers and not each.after):
        began = time.perf_counter()
        found = search(question.question)
        spent.append(time.perf_counter() - began)
        hits = [Hit(passage, 0.0, 0.0, None, None) for passage in found]
        ranks.append(relevant_passages(hits, question))
    at = {f"recall_at_{k}": round(100 * mean(any(r[:k]) for r in ranks), 1) for k in (1, 5, 20)}
    return {**at, "ms": round(1000 * median(spent), 1)}


def fusions(
    store: MilvusIndex, address: StoreAddress, encoder: SentenceEncoder
) -> dict[str, Search]:
    """Return our fusion and those of Milvus, each as a search for passages."""
    from pymilvus import AnnSearchRequest, RRFRanker, WeightedRanker

    client = Client(address)
    ours, lite, name = HybridSearch(store, encoder), client._client, client.target()
    _write_function(lite, store)

    def ranked(collection: str, ranker: Any) -> Search:
        def search(question: str) -> list[Passage]:
            words: Any = question if collection == _FUNCTION else store.words_vector(question)
            vector = encoder.encode_query(question)
            requests = [
                AnnSearchRequest([each], field, {"metric_type": metric}, _DEPTH)
                for each, field, metric in (
                    (vector, VECTOR, "IP"),
                    (words, WORDS, "BM25" if collection == _FUNCTION else "IP"),
                )
                if each is not None
            ]
            hits = lite.hybrid_search(collection, requests, ranker, _READ, output_fields=["row"])
            return store.passages([int(hit["row"]) for hit in hits[0]])

        return search

    def by_ours(question: str) -> list[Passage]:
        return [hit.passage for hit in ours.search(question, _READ)]

    return {
        "ours": by_ours,
        "RRFRanker(60)": ranked(name, RRFRanker(60)),
        "WeightedRanker(0.7, 0.3)": ranked(name, WeightedRanker(0.7, 0.3)),
        "BM25 function, RRFRanker(60)": ranked(_FUNCTION, RRFRanker(60)),
        "BM25 function, WeightedRanker(0.7, 0.3)": ranked(_FUNCTION, WeightedRanker(0.7, 0.3)),
    }


def _write_function(lite: Any, store: MilvusIndex) -> None:
    """Write the passages to a collection whose words Milvus itself splits and counts."""
    from pymilvus import DataType, Function, FunctionType

    schema = lite.create_schema(auto_id=False)
    schema.add_field("row", DataType.INT64, is_primary=True)
    schema.add_field(VECTOR, DataType.FLOAT_VECTOR, dim=store.manifest.dimension)
    schema.add_field("text", DataType.VARCHAR, max_length=65_535, enable_analyzer=True)
    schema.add_field(WORDS, DataType.SPARSE_FLOAT_VECTOR)
    schema.add_function(Function("bm25", FunctionType.BM25, ["text"], [WORDS]))
    indexes = lite.prepare_index_params()
    indexes.add_index(VECTOR, index_type="FLAT", metric_type="IP")
    indexes.add_index(WORDS, index_type="SPARSE_INVERTED_INDEX", metric_type="BM25")
    lite.create_collection(_FUNCTION, schema=schema, index_params=indexes)
    rows = range(len(store))
    texts = map(encoded_text, store.passages(rows))
    vectors = store.vectors(rows)
    lite.insert(
        _FUNCTION,
        [
            {"row": row, "text": text, VECTOR: vector}
            for row, text, vector in zip(rows, texts, vectors, strict=True)
        ],
    )
    lite.load_collection(_FUNCTION)


def measure(corpora: Sequence[Path], sample: int | None, *, searches: bool) -> dict[str, Any]:
    """Return the results of each corpus; with ``searches``, of what is found alone."""
    encoder = SentenceEncoder()
    results: dict[str, Any] = {}
    for corpus in corpora:
        questions = read_golden(corpus / "questions.jsonl")[:sample]
        with tempfile.TemporaryDirectory() as place:
            text = f"milvus:{Path(place, 'verbatim.db')}"
            there = QA.build(corpus / "docs", Path(place, "index"), store=text)
            here = QA.open(Path(place, "index"))
            if searches:
                results[corpus.name] = same_passages(questions, here, there)
                print(corpus.name, results[corpus.name], flush=True)
                continue
            address = StoreAddress.parse(text)
            store = open_store(address)
            results[corpus.name] = {
                "passages": len(store),
                "answers": same_answers(questions, here, there),
                "fusions": {
                    name: recalls(questions, search)
                    for name, search in fusions(store, address, encoder).items()
                },
            }
        print(corpus.name, results[corpus.name], flush=True)
    return results


def main() -> None:
    """Measure, and save the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpora", type=Path, nargs="+", metavar="CORPUS")
    parser.add_argument("--sample", type=int, metavar="N", help="only so many questions of each")
    parser.add_argument("--searches", action="store_true", help="compare what is found alone")
    given = parser.parse_args()
    results = measure(given.corpora, given.sample, searches=given.searches)
    if given.searches:
        return
    now = datetime.now(UTC).isoformat(timespec="seconds")
    save("stores", {"commit": commit(), "date": now, "machine": machine(), "corpora": results})


if __name__ == "__main__":
    main()

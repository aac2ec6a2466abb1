"""Hard negatives: the passages that our own retrieval confuses with the right one."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import faiss
import numpy as np
import tantivy
import torch
from numpy.typing import NDArray

from qa.evaluation.metrics import contains_answer
from qa.networks.weights import encoder_folder
from qa.retrieval.hybrid import fuse
from training.networks import ATTENTION, BFLOAT16, DEVICE
from training.questions import Questions

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

# About as many as a passage of the index has; the rest of a longer paragraph is cut.
PASSAGE_TOKENS = 128
# Hits of each kind of search that are looked through for a negative.
_DEPTH = 8
_WORD = re.compile(r"\w+")


def with_negatives(questions: Questions, *, share: float, seed: int) -> Questions:
    """Give a ``share`` of the answerable questions one hard negative.

    The negative is the best hit for the question in which no accepted answer occurs. Hits are
    fused as ``qa.retrieval.hybrid.HybridSearch`` fuses them, by vectors and by the stems of the
    text alone. The same arguments give the same negatives, on one machine.
    """
    rng = random.Random(seed)
    train = list(questions.train)
    chosen = [i for i, e in enumerate(train) if e.answers and rng.random() < share]
    if not chosen:
        return questions.with_train(train, negatives=share)
    texts = [context.text for context in questions.contexts]
    asked = [train[i].question for i in chosen]
    by_words = _by_words(texts, asked)
    vectors, asked_vectors = _embedded(texts, asked)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    _scores, by_vectors = index.search(asked_vectors, min(_DEPTH, len(texts)))
    for i, vector, lexical, dense in zip(chosen, asked_vectors, by_words, by_vectors, strict=True):
        found = [*map(int, dense), *lexical]
        cosines = dict(zip(found, map(float, vectors[found] @ vector), strict=True))
        for row in fuse(cosines, lexical):
            if not any(contains_answer(texts[row], answer) for answer in train[i].references):
                train[i] = replace(train[i], negative=row)
                break
    return questions.with_train(train, negatives=share)


def _embedded(*texts: Sequence[str]) -> list[NDArray[np.float32]]:
    """Return unit vectors of each list of texts, ``(texts, width)``, by the original encoder.

    Its float32 weights are quicker in batches than the shipped file, which reads one text at a
    time.
    """
    from sentence_transformers import SentenceTransformer

    encoder: SentenceTransformer = SentenceTransformer(
        str(encoder_folder()), device=DEVICE, model_kwargs={"attn_implementation": ATTENTION}
    )
    encoder.max_seq_length = PASSAGE_TOKENS
    with torch.autocast(DEVICE, dtype=torch.bfloat16, enabled=BFLOAT16):
        vectors = [
            encoder.encode(
                list(each), batch_size=64, normalize_embeddings=True, convert_to_tensor=True
            )
            for each in texts
        ]
    return [each.float().cpu().numpy() for each in vectors]


def _by_words(texts: Sequence[str], questions: Sequence[str]) -> list[dict[int, float]]:
    """Return each question's best texts, and the BM25 score of each."""
    schema = tantivy.SchemaBuilder()
    schema.add_text_field("text", stored=False, tokenizer_name="en_stem")
    schema.add_integer_field("row", stored=True)
    index = tantivy.Index(schema.build())
    writer = index.writer(heap_size=128_000_000, num_threads=1)
    for row, text in enumerate(texts):
        writer.add_document(tantivy.Document(text=text, row=row))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()
    rankings = []
    for question in questions:
        # Lower case, or IN, AND and OR would be taken as the query language.
        words = " ".join(_WORD.findall(question.lower()))
        hits = searcher.search(index.parse_query(words, ["text"]), _DEPTH).hits if words else []
        rankings.append({int(searcher.doc(place)["row"][0]): float(score) for score, place in hits})
    return rankings

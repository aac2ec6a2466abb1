"""Question in, passages out: meaning and words, fused."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import inf

import numpy as np

from qa.index import StoredIndex
from qa.threads import cores
from qa.types import Encoder, Hit

# Chosen on labelled questions outside the test sets; the paper has 60, for longer
# rankings. A smaller k trusts the first ranks more.
FUSION_K = 5


def ranks_of(ranking: Sequence[int]) -> dict[int, int]:
    """Return the rank of each row, from 1."""
    return {row: rank for rank, row in enumerate(ranking, start=1)}


def fuse(dense: Mapping[int, int], lexical: Mapping[int, int]) -> dict[int, float]:
    """Return the score of each row by its ranks in two searches, best first.

    By reciprocal rank (Cormack, Clarke and Büttcher, SIGIR 2009)::

        score(passage) = Σ 1 / (k + rank of the passage in the search),  k = 5

    over the searches that returned it. Only ranks count, so that a cosine and a
    BM25 score need no common scale. Ties go to the better rank by words, since a
    name or number that matches is seldom there by chance; then to the passage
    that stands first.
    """
    scores = {
        row: sum(1 / (FUSION_K + ranks[row]) for ranks in (dense, lexical) if row in ranks)
        for row in {**dense, **lexical}
    }
    order = sorted(scores, key=lambda row: (-scores[row], lexical.get(row, inf), row))
    return {row: scores[row] for row in order}


class Retriever:
    """Finds the passages of an index that are nearest to a question.

    Two searches are made, by vectors and by words, and their rankings are fused:
    see :func:`fuse`.
    """

    def __init__(self, index: StoredIndex, encoder: Encoder) -> None:
        self._index = index
        self._encoder = encoder
        # Words are looked up while the question is encoded, which leaves a core idle.
        self._pool = ThreadPoolExecutor(cores(), thread_name_prefix="words")

    def search(
        self,
        question: str,
        top_k: int = 20,
        *,
        candidates: int = 50,
        exclude: Collection[str] = (),
    ) -> list[Hit]:
        """Return the ``top_k`` nearest passages, nearest first.

        Each search gives ``candidates`` passages. Those of the documents in
        ``exclude`` are left out, and the next ones move up to their ranks.
        """
        # A question may come with lone surrogates, which have no UTF-8 and no token.
        question = question.encode("utf-8", "replace").decode("utf-8")
        depth = max(candidates, top_k)
        stored = self._index.texts.names()
        left = stored - set(exclude) if exclude else stored
        if not left:
            return []
        # Named are those to leave out, or those left where they are fewer.
        chosen = {"only": left} if len(left) < len(exclude) else {"exclude": exclude}
        by_words = self._pool.submit(self._index.words.search, question, depth, **chosen)
        vector = self._encoder.encode_query(question)
        passed_over = [self._index.rows_of(document_id) for document_id in exclude]
        rankings = (
            self._index.vectors.search(vector, depth, exclude=passed_over),
            by_words.result(),
        )
        dense, lexical = (ranks_of([row for row, _ in ranking]) for ranking in rankings)
        scores = fuse(dense, lexical)
        rows = list(scores)[:top_k]
        # Summed row by row, so that a cosine does not depend on the rows beside it.
        cosines = np.sum(self._index.vectors.reconstruct(rows) * vector, axis=1)
        return [
            Hit(passage, scores[row], float(cosine), dense.get(row), lexical.get(row))
            for row, passage, cosine in zip(rows, self._index.passages(rows), cosines, strict=True)
        ]

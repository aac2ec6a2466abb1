"""Question in, passages out: meaning and words, fused."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from qa.index import StoredIndex
from qa.types import Encoder, Hit

# Chosen on labelled pools outside the test sets. A small k trusts the first ranks
# more; words weigh more because a name or number that matches is seldom by chance.
FUSION_K = 10
DENSE_WEIGHT = 1.0
LEXICAL_WEIGHT = 1.5


class Retriever:
    """Finds the passages of an index that are nearest to a question.

    Two searches are made, by vectors and by words, and their rankings are fused
    by reciprocal rank (Cormack, Clarke and Büttcher, SIGIR 2009)::

        score(passage) = Σ weight of the search / (k + rank of the passage in it)

    over the searches that returned it. The paper has k = 60 and equal weights;
    here k = 10, and 1 for meaning against 1.5 for words. Only ranks count, so
    that a cosine and a BM25 score need no common scale. Ties go to the passage
    that stands first.
    """

    def __init__(self, index: StoredIndex, encoder: Encoder) -> None:
        self._index = index
        self._encoder = encoder

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
        without = {row for document_id in exclude for row in self._index.rows_of(document_id)}
        wanted = max(candidates, top_k)
        depth = wanted + len(without)
        (vector,) = self._encoder.encode([question])
        rankings = [
            [row for row, _ in found if row not in without][:wanted]
            for found in (
                self._index.vectors.search(vector, depth),
                self._index.words.search(question, depth),
            )
        ]
        dense, lexical = (
            {row: rank for rank, row in enumerate(ranking, start=1)} for ranking in rankings
        )
        scores: dict[int, float] = {}
        for ranks, weight in ((dense, DENSE_WEIGHT), (lexical, LEXICAL_WEIGHT)):
            for row, rank in ranks.items():
                scores[row] = scores.get(row, 0.0) + weight / (FUSION_K + rank)
        rows = sorted(scores, key=lambda row: (-scores[row], row))[:top_k]
        # Summed row by row, so that a cosine does not depend on the rows beside it.
        cosines = np.sum(self._index.vectors.reconstruct(rows) * vector, axis=1)
        return [
            Hit(passage, scores[row], float(cosine), dense.get(row), lexical.get(row))
            for row, passage, cosine in zip(rows, self._index.passages(rows), cosines, strict=True)
        ]

"""Hybrid search: by vectors and by words, fused."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from qa.networks.threads import cores
from qa.text import without_surrogates
from qa.types import Encoder, Hit, PassageStore

# The weight of the best match by words against the cosine. Words are a help for questions typed
# by people with the text before them, and lead astray where people ask in their own words.
# Chosen on training files of six kinds, on the half of SQuAD v2.0 dev that the probability is
# fitted to, and on seeds/ (training/LOG.md).
LEXICAL_WEIGHT = 0.4
# A best match with a BM25 score below this counts for less: a question in other words than the
# text's, or one asked of a few documents, where no word is rare, shares only common words with
# its best match. Chosen on natural questions and the same half of SQuAD v2.0 dev.
WEAK_MATCH = 40.0
# The share of a passage's nearest part in its cosine: one sentence that answers is enough.
# Chosen on natural questions.
PART_WEIGHT = 0.5


def ranks_of(ranking: Sequence[tuple[int, float]]) -> dict[int, int]:
    """Return the rank of each row, from 1."""
    return {row: rank for rank, (row, _) in enumerate(ranking, start=1)}


def fuse(cosines: Mapping[int, float], lexical: Mapping[int, float]) -> dict[int, float]:
    """Return the score of each row by its cosine and its BM25 score, best first.

    A linear combination, which orders as a convex one does (Bruch, Gai and Ingber, TOIS
    2023)::

        score(passage) = cosine + 0.4 · BM25 / max(highest BM25 found, 40)

    with a BM25 of 0 for a row that the search by words did not return: -1 to 1.4, comparable
    among the passages of one question. Unlike a fusion of ranks it keeps how much nearer one
    passage is than the next. Ties go to the lower row.
    """
    most = max((WEAK_MATCH, *lexical.values()))
    scores = {
        row: cosine + LEXICAL_WEIGHT * lexical.get(row, 0.0) / most
        for row, cosine in cosines.items()
    }
    return {row: scores[row] for row in sorted(scores, key=lambda row: (-scores[row], row))}


class HybridSearch:
    """Finds the passages of a store nearest to a question, by vectors and by words.

    The two results are fused: see :func:`fuse`. Safe to share between threads.
    """

    def __init__(self, store: PassageStore, encoder: Encoder) -> None:
        self._store = store
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

        Each of the two searches returns ``candidates`` passages. Those of the documents in
        ``exclude`` are skipped, and the next ones take their ranks.
        """
        question = without_surrogates(question)
        depth = max(candidates, top_k)
        stored = self._store.document_ids()
        left = stored - set(exclude) if exclude else stored
        if not left:
            return []
        # The shorter list goes into the query: documents to skip, or those that are left.
        chosen = {"only": left} if len(left) < len(exclude) else {"exclude": exclude}
        by_words = self._pool.submit(self._store.search_by_words, question, depth, **chosen)
        vector = self._encoder.encode_query(question)
        by_meaning = self._store.search_by_vector(vector, depth, **chosen)
        dense, lexical = ranks_of(by_meaning), ranks_of(by_words.result())
        found = list({**dense, **lexical})
        of_passages, of_parts = self._store.nearness(found, vector)
        cosines = dict(zip(found, map(float, of_passages), strict=True))
        near = (1 - PART_WEIGHT) * of_passages + PART_WEIGHT * of_parts
        scores = fuse(dict(zip(found, map(float, near), strict=True)), dict(by_words.result()))
        rows = list(scores)[:top_k]
        return [
            Hit(passage, scores[row], cosines[row], dense.get(row), lexical.get(row))
            for row, passage in zip(rows, self._store.passages(rows), strict=True)
        ]

"""Choose answer spans from a reader's start and end logits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MAX_ANSWER_TOKENS = 30
# The penalty in logits per e-fold of a span's words. A sum of logits prefers a long span to
# the words in it that answer, and some training sets mark long answers. Chosen on the
# articles of SQuAD v2.0 dev that the probability is fitted to: see qa/models/README.md.
LENGTH_PRIOR = 0.4


def best_spans(
    start_logits: NDArray[np.float32],
    end_logits: NDArray[np.float32],
    *,
    words: NDArray[np.int64] | None = None,
    pieces: NDArray[np.int64] | None = None,
    n: int = 5,
    max_answer_tokens: int = MAX_ANSWER_TOKENS,
) -> list[tuple[int, int, float]]:
    """Return the ``n`` best spans as ``(first, last, score)``, best first.

    Both inputs have shape ``(tokens,)`` and contain only the tokens that an answer may use (no
    question, no special tokens). ``first`` and ``last`` are indices into them, both inclusive.
    ``score`` (higher is better) is ``start_logits[first] + end_logits[last]`` minus
    ``LENGTH_PRIOR`` times the logarithm of the span's number of words. The raw sum, after Clark
    & Gardner (2018), is comparable across passages; a softmax per passage is not. ``words``,
    shape ``(tokens,)``, is the ascending number of each token's word; without it each token is
    a word. ``pieces``, of the same shape, is the number of the piece of text that each token
    belongs to, -1 for none: a span stays within one. Ties are broken by position, so the result
    depends on the inputs alone.
    """
    tokens = len(start_logits)
    if tokens == 0:
        return []
    # Row i, column k is the span of k + 1 tokens that starts at token i: a band of the full
    # (tokens, tokens) matrix, so that memory grows with the length and not with its square.
    width = min(max_answer_tokens, tokens)
    padded = np.concatenate([end_logits, np.full(width - 1, -np.inf, dtype=end_logits.dtype)])
    ends = np.lib.stride_tricks.sliding_window_view(padded, width)
    scores = start_logits[:, None] + ends - _length_priors(words, width)
    if pieces is not None:
        padded = np.concatenate([pieces, np.full(width - 1, -1)])
        same = np.lib.stride_tricks.sliding_window_view(padded, width) == pieces[:, None]
        scores[~same | (pieces < 0)[:, None]] = -np.inf
    scores = scores.ravel()
    wanted = min(n, int(np.isfinite(scores).sum()))
    if wanted == 0:
        return []
    # All spans that reach the n-th best score, so that ties are broken by position below.
    best = np.flatnonzero(scores >= np.partition(scores, -wanted)[-wanted])
    order = best[np.lexsort((best, -scores[best]))][:wanted]
    return [(int(i // width), int(i // width + i % width), float(scores[i])) for i in order]


def _length_priors(words: NDArray[np.int64] | None, width: int) -> NDArray[np.float32]:
    """Return the penalty of each span of the band, shape ``(1 or tokens, width)``."""
    if words is None:
        counted = np.arange(width)[None]
    else:
        padded = np.concatenate([words, np.full(width - 1, words[-1])])
        counted = np.lib.stride_tricks.sliding_window_view(padded, width) - words[:, None]
    # A word has at least one token, so a span has at most as many words as tokens.
    by_words = LENGTH_PRIOR * np.log(np.arange(1, width + 1))
    priors: NDArray[np.float32] = by_words.astype(np.float32)[counted]
    return priors

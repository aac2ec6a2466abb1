"""Choosing answer spans from a reader's start and end logits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MAX_ANSWER_TOKENS = 30
# Logits that a span loses for each e-fold of its words. A sum of logits prefers a stretch to
# the words in it that answer, and some training sets mark long answers. Chosen on the
# articles of SQuAD v2.0 dev that the probability is fitted to: see qa/models/README.md.
LENGTH_PRIOR = 0.4


def best_spans(
    start_logits: NDArray[np.float32],
    end_logits: NDArray[np.float32],
    *,
    words: NDArray[np.int64] | None = None,
    n: int = 5,
    max_answer_tokens: int = MAX_ANSWER_TOKENS,
) -> list[tuple[int, int, float]]:
    """Return the ``n`` best spans as ``(first, last, score)``, best first.

    Both inputs have shape ``(tokens,)`` and hold only the tokens an answer may
    use (no question, no special tokens). ``first`` and ``last`` are indices into
    them, both inclusive; ``score`` is ``start_logits[first] + end_logits[last]``, the
    raw sum of Clark & Gardner (2018), which compares across passages where a softmax
    per passage does not, less ``LENGTH_PRIOR`` times the logarithm of the span's
    words (higher is better). ``words`` numbers the word that each token belongs to,
    ``(tokens,)``, upwards; without it each token is one. Ties are broken by
    position, so the result depends on nothing but the logits and the words.
    """
    tokens = len(start_logits)
    if tokens == 0:
        return []
    # Row i, column k is the span of k + 1 tokens that starts at token i: a band
    # of the full (tokens, tokens) matrix, so memory grows with length, not its square.
    width = min(max_answer_tokens, tokens)
    padded = np.concatenate([end_logits, np.full(width - 1, -np.inf, dtype=end_logits.dtype)])
    ends = np.lib.stride_tricks.sliding_window_view(padded, width)
    scores = (start_logits[:, None] + ends - _length_priors(words, width)).ravel()
    wanted = min(n, int(np.isfinite(scores).sum()))
    if wanted == 0:
        return []
    # All that reach the least of the best, so that it is not left to chance which of equals do.
    best = np.flatnonzero(scores >= np.partition(scores, -wanted)[-wanted])
    order = best[np.lexsort((best, -scores[best]))][:wanted]
    return [(int(i // width), int(i // width + i % width), float(scores[i])) for i in order]


def _length_priors(words: NDArray[np.int64] | None, width: int) -> NDArray[np.float32]:
    """Return what each span of the band loses: ``(1 or tokens, width)``."""
    if words is None:
        counted = np.arange(width)[None]
    else:
        padded = np.concatenate([words, np.full(width - 1, words[-1])])
        counted = np.lib.stride_tricks.sliding_window_view(padded, width) - words[:, None]
    # A word has at least one token, so that a span has at most as many words as tokens.
    by_words = LENGTH_PRIOR * np.log(np.arange(1, width + 1))
    priors: NDArray[np.float32] = by_words.astype(np.float32)[counted]
    return priors

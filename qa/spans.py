"""Choosing answer spans from a reader's start and end logits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MAX_ANSWER_TOKENS = 30


def best_spans(
    start_logits: NDArray[np.float32],
    end_logits: NDArray[np.float32],
    *,
    n: int = 5,
    max_answer_tokens: int = MAX_ANSWER_TOKENS,
) -> list[tuple[int, int, float]]:
    """Return the ``n`` best spans as ``(first, last, score)``, best first.

    Both inputs have shape ``(tokens,)`` and hold only the tokens an answer may
    use (no question, no special tokens). ``first`` and ``last`` are indices into
    them, both inclusive; ``score`` is ``start_logits[first] + end_logits[last]``
    (higher is better), the raw sum of Clark & Gardner (2018), which compares
    across passages where a softmax per passage does not. Ties are broken by
    position, so the result depends on nothing but the logits.
    """
    tokens = len(start_logits)
    if tokens == 0:
        return []
    # Row i, column k is the span of k + 1 tokens that starts at token i: a band
    # of the full (tokens, tokens) matrix, so memory grows with length, not its square.
    width = min(max_answer_tokens, tokens)
    padded = np.concatenate([end_logits, np.full(width - 1, -np.inf, dtype=end_logits.dtype)])
    ends = np.lib.stride_tricks.sliding_window_view(padded, width)
    scores = (start_logits[:, None] + ends).ravel()
    wanted = min(n, int(np.isfinite(scores).sum()))
    if wanted == 0:
        return []
    best = np.argpartition(-scores, wanted - 1)[:wanted]
    order = best[np.lexsort((best, -scores[best]))]
    return [(int(i // width), int(i // width + i % width), float(scores[i])) for i in order]

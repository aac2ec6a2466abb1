import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from qa.spans import best_spans

logits = st.integers(1, 24).flatmap(
    lambda tokens: st.tuples(
        *[
            arrays(
                np.float32,
                tokens,
                elements=st.one_of(st.floats(-9, 9, width=32), st.just(float("-inf"))),
            )
        ]
        * 2
    )
)


@given(logits, st.integers(1, 12), st.integers(1, 8))
@settings(deadline=None)
def test_equals_a_search_of_all_spans(pair, n, width):
    starts, ends = pair
    everything = [
        (first, last, float(starts[first] + ends[last]))
        for first in range(len(starts))
        for last in range(first, min(len(starts), first + width))
        if np.isfinite(starts[first] + ends[last])
    ]
    expected = sorted(everything, key=lambda span: -span[2])[:n]
    found = best_spans(starts, ends, n=n, max_answer_tokens=width)
    assert [span[2] for span in found] == [span[2] for span in expected]
    assert set(found) <= set(everything)
    assert len(set(found)) == len(found)


def test_no_tokens_no_spans():
    empty = np.zeros(0, dtype=np.float32)
    assert best_spans(empty, empty) == []


def test_all_forbidden_gives_nothing():
    forbidden = np.full(4, -np.inf, dtype=np.float32)
    assert best_spans(forbidden, forbidden) == []


def test_ties_go_to_the_first_place():
    flat = np.zeros(5, dtype=np.float32)
    assert best_spans(flat, flat, n=1)[0][:2] == (0, 0)

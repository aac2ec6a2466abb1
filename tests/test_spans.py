import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from qa.networks.spans import LENGTH_PRIOR, best_spans

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


@given(logits, st.data(), st.integers(1, 12), st.integers(1, 8))
@settings(deadline=None)
def test_equals_a_search_of_all_spans(pair, data, n, width):
    starts, ends = pair
    steps = st.lists(st.integers(0, 1), min_size=len(starts), max_size=len(starts))
    words = data.draw(st.none() | steps.map(np.cumsum))
    word = range(len(starts)) if words is None else words
    priors = (LENGTH_PRIOR * np.log(np.arange(1, 25))).astype(np.float32)
    everything = [
        (first, last, float(starts[first] + ends[last] - priors[word[last] - word[first]]))
        for first in range(len(starts))
        for last in range(first, min(len(starts), first + width))
        if np.isfinite(starts[first] + ends[last])
    ]
    # Python's sort is stable: equal spans stay ordered by start, then by end.
    expected = sorted(everything, key=lambda span: -span[2])[:n]
    assert best_spans(starts, ends, words=words, n=n, max_answer_tokens=width) == expected


@given(st.integers(30, 200).flatmap(lambda n: arrays(np.int8, (2, n), elements=st.integers(0, 1))))
@settings(deadline=None)
def test_the_first_of_many_equal_spans_are_returned(pair):
    starts, ends = pair.astype(np.float32)
    everything = best_spans(starts, ends, n=len(starts) * 30)
    assert everything == sorted(everything, key=lambda span: (-span[2], *span[:2]))
    for n in (1, 5):
        assert best_spans(starts, ends, n=n) == everything[:n]


def test_the_length_prior_counts_words_and_not_tokens():
    starts = np.array([4.0, -9.0, 4.1, -9.0], dtype=np.float32)
    ends = np.array([-9.0, -9.0, -9.0, 5.0], dtype=np.float32)
    assert best_spans(starts, ends, n=1)[0][:2] == (2, 3)
    starts[0] = 4.1 + LENGTH_PRIOR * np.log(2) + 0.01  # more than a second word costs
    assert best_spans(starts, ends, words=np.array([0, 0, 1, 1]), n=1)[0][:2] == (0, 3)
    assert best_spans(starts, ends, words=np.array([0, 1, 2, 2]), n=1)[0][:2] == (2, 3)


def test_no_tokens_give_no_spans():
    empty = np.zeros(0, dtype=np.float32)
    assert best_spans(empty, empty) == []


def test_infinite_logits_give_no_spans():
    forbidden = np.full(4, -np.inf, dtype=np.float32)
    assert best_spans(forbidden, forbidden) == []


def test_ties_go_to_the_first_place():
    flat = np.zeros(5, dtype=np.float32)
    assert best_spans(flat, flat, n=1)[0][:2] == (0, 0)

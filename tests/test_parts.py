"""The parts of a passage that have vectors of their own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.networks.parts import PARTS, packed, packed_size, sentences, token_parts, unpacked

TEXT = """Opening hours
The library opens at nine on weekdays. On Saturdays it opens at ten.
Room: Reading room; Floor: 2; Seats: 40
Yes.
"""


def test_sentences_and_lines_are_apart_and_short_ones_joined():
    found = [TEXT[start:end].strip() for start, end in sentences(TEXT)]
    assert found == [
        "Opening hours\nThe library opens at nine on weekdays.",
        "On Saturdays it opens at ten.",
        "Room: Reading room; Floor: 2; Seats: 40\nYes.",
    ]


def offsets_of(text):
    """A token a word, between two special ones."""
    words, place = [], 0
    for word in text.split():
        place = text.index(word, place)
        words.append((place, place + len(word)))
        place += len(word)
    return [(0, 0), *words, (0, 0)]


def test_each_part_is_whole_sentences():
    offsets = offsets_of(TEXT)
    parts = token_parts(TEXT, offsets)
    assert [TEXT[offsets[first][0] : offsets[last - 1][1]] for first, last in parts] == [
        "Opening hours\nThe library opens at nine on weekdays.",
        "On Saturdays it opens at ten.",
        "Room: Reading room; Floor: 2; Seats: 40\nYes.",
    ]


@given(
    st.lists(st.sampled_from(["A dog barked in the yard.", "Rain.", "\n", "x" * 40]), max_size=60)
)
def test_parts_are_few_and_cover_every_token_once(pieces):
    text = " ".join(pieces)
    offsets = offsets_of(text)
    parts = token_parts(text, offsets)
    assert 1 <= len(parts) <= PARTS
    if text.strip():
        covered = [token for first, last in parts for token in range(first, last)]
        assert covered == list(range(1, len(offsets) - 1))


@pytest.mark.parametrize("sentence", ["One more sentence stands in this place. "])
def test_groups_are_of_about_one_size(sentence):
    offsets = offsets_of(sentence * 24)
    sizes = [last - first for first, last in token_parts(sentence * 24, offsets)]
    assert len(sizes) == PARTS
    assert max(sizes) <= 2 * min(sizes)


def test_a_text_cut_by_the_encoder_has_the_parts_that_are_left():
    offsets = offsets_of(TEXT)
    assert token_parts(TEXT, offsets[:8]) == [(1, 8)]
    assert token_parts("", [(0, 0), (0, 0)]) == [(0, 2)]


def test_packed_vectors_take_two_bits_a_number_and_keep_their_direction():
    vectors = np.random.default_rng(0).normal(size=(PARTS, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    row = packed(vectors)
    assert row.shape == (packed_size(384),)
    assert set(row) <= set(range(256))
    (back,) = unpacked(row[None], 384)
    cosines = np.sum(back * vectors, axis=1) / np.linalg.norm(back, axis=1)
    assert cosines.min() > 0.9
    # What was unpacked is packed as the same bytes.
    np.testing.assert_array_equal(packed(back), row)
    levels = np.array([[-1, -0.01, 0.01, 1] * 4], np.float32)
    np.testing.assert_allclose(
        unpacked(packed(levels)[None], 16)[0, 0, :4], np.array([-1.5, -0.5, 0.5, 1.5]) / 4
    )

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.index.manifest import Shard
from qa.index.words import WordIndex, join_segments, write_segment
from qa.milvus.bm25 import (
    EXACT,
    PRESENT,
    Analyzer,
    Near,
    Question,
    Statistics,
    close_to,
    dimension,
    surplus,
    term_id,
)
from qa.types import Passage, Pieces, View

KEY = "0123456789abcdef0123456789abcdef"
LINES = [
    "The governor of Osaka gave the mayor of Hamburg a wooden clock, carved by Ichiro Tanaka.",
    "Heading HS 8703 covers motor cars; heading HS 8704 covers lorries and their trailers.",
    "Form EO-14 must reach the office by 7 March, form EO-41 by 9 March.",
    "Zbigniew Wrzesniewski ran the mill of Zdzisław Wiśniewski.",
    "It rained. It rained. It rained for three days, and rained again on the café.",
    " ".join(f"lorem{number} ipsum dolor" for number in range(70)),
    "",
]
QUESTIONS = [
    "Who carved the clock?",
    "What does HS 8703 cover?",
    "form EO-14 or EO-41 due March 9",
    "Wrzesneiwski",
    "who runned the mil of Wisniewski",
    "lorem3 ipsum dolor rained",
    "rained rained rained cafe",
    "nothing whatsoever",
    "loremo dolar",  # the first stands for ten words of one passage
    "?!",
]


def passages_of(lines, heading=""):
    return [Passage("a.txt", 0, len(line), line, heading) for line in lines]


def both(passages, folder):
    """The embedded index of words over some passages, and the vectors of the same."""
    folder.mkdir()
    write_segment(folder, KEY, passages)
    shards = [Shard(KEY, 1, len(passages))]
    join_segments(folder, shards)
    split, statistics = Analyzer(), Statistics()
    for passage in passages:
        statistics.add(split.terms(passage))
    vectors = [statistics.vector(split.terms(passage)) for passage in passages]
    return WordIndex(folder, shards), statistics, vectors


def scores(question, statistics, vectors):
    """The products of a question's vector with those of the passages, as Milvus returns them."""
    asked, known = Question.of(question, Analyzer()), statistics.frequencies
    assert set(asked.terms()) >= {
        term_id(EXACT, word) for word in asked.words
    }  # all that is looked up is named before
    near = []
    for word in asked.misspelt(known):
        others = tuple(w for w in sorted(close_to(word)) if term_id(EXACT, w) in known)
        counts = [sum(dimension(PRESENT, w) in vector for w in others) for vector in vectors]
        several = {row: count for row, count in enumerate(counts) if count > 1}
        near.append(Near(others, sum(map(bool, counts)), several))
    wanted, too_much = asked.vector(known, near, len(vectors)), surplus(near, len(vectors))
    products = (
        (
            row,
            sum(weight * vector.get(place, 0.0) for place, weight in wanted.items())
            - too_much.get(row, 0.0),
        )
        for row, vector in enumerate(vectors)
    )
    return sorted(((r, s) for r, s in products if s > 0), key=lambda pair: (-pair[1], pair[0]))


def same(found, expected):
    assert [row for row, _ in found] == [row for row, _ in expected]
    assert [score for _, score in found] == pytest.approx(
        [score for _, score in expected], rel=1e-4
    )


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_score_is_that_of_the_embedded_index(tmp_path, question):
    passages = passages_of(LINES[:3], "Gifts of 1894") + passages_of(LINES[3:], "Mills, cars 1894")
    words, statistics, vectors = both(passages, tmp_path / "words")
    same(scores(question, statistics, vectors), words.search(question, 50))


def test_headings_and_what_is_read_count_as_in_the_embedded_index(tmp_path):
    view = View("Car: Aurus. Price: 8703 roubles.", Pieces([(5, 0, 5)]))
    passages = [
        Passage("a.csv", 0, 11, "Aurus\t8703\n", "Prices › Cars", view),
        Passage("a.csv", 11, 20, "Lada\t12\n", "Prices"),
    ]
    words, statistics, vectors = both(passages, tmp_path / "words")
    for question in ("price of the car", "Prices", "8703 roubles", "Lada"):
        same(scores(question, statistics, vectors), words.search(question, 50))


words = st.sampled_from(
    "mill Mills milling 8703 hs eo 14 café clock clocks carved a the 7 x".split()
)
texts = st.lists(words, max_size=60).map(" ".join)


@settings(max_examples=25)
@given(lines=st.lists(texts, min_size=1, max_size=6), question=texts)
def test_any_texts_score_as_in_the_embedded_index(tmp_path_factory, lines, question):
    folder = tmp_path_factory.mktemp("words") / "words"
    index, statistics, vectors = both(passages_of(lines, "the mill"), folder)
    found = dict(scores(question, statistics, vectors))
    expected = dict(index.search(question, 50))
    assert found == pytest.approx(expected, rel=1e-4)


def test_close_words_are_one_letter_away():
    assert {"cat", "at", "tac"} & close_to("act") == {"cat", "at"}
    assert {"fact", "acts", "art", "ac", "act", ""} & close_to("act") == {
        "fact",
        "acts",
        "art",
        "ac",
    }
    assert "müll" in close_to("müllü")

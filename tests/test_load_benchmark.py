"""What the benchmark of many askers counts as wrong."""

import httpx
import pytest

from benchmarks.load import OF_ALL_TOWNS, TOWNS, Asked, versions, write


def passages(*texts):
    return {"question": OF_ALL_TOWNS, "passages": [{"text": text} for text in texts]}


@pytest.fixture
def written(tmp_path):
    """The texts of the towns in two versions."""
    texts = []
    for version in (7, 8):
        write(tmp_path, version)
        texts.append([(tmp_path / f"{town}.txt").read_text("utf-8") for town in TOWNS])
    return texts


def test_an_answer_of_two_indexes_is_seen(written):
    old, new = written
    assert versions(passages(*old)) == {"7"}
    assert versions(passages(*new, "A text without one.")) == {"8"}
    assert versions(passages(old[0], *new[1:])) == {"7", "8"}


def test_what_is_no_answer_of_one_index_to_ones_own_question_is_counted(written):
    old, new = written
    asked = Asked()
    asked.add(OF_ALL_TOWNS, httpx.Response(200, json=passages(*new)), 3.0)
    asked.add(OF_ALL_TOWNS, httpx.Response(200, json=passages(old[0], new[1])), 4.0)
    asked.add("Who?", httpx.Response(200, json=passages()), 5.0)
    asked.add(OF_ALL_TOWNS, httpx.Response(503), 6.0)
    assert asked.times == [3.0, 4.0, 5.0]
    assert asked.mixed == 1
    assert asked.wrong == {"another question": 1, "503": 1}

import re
import sys
from fnmatch import fnmatchcase

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from qa import QA
from qa.errors import QuestionError
from qa.index import DocumentSummary
from qa.retrieval.filters import DocumentFilter
from qa.retrieval.patterns import MAX_CHARACTERS, MAX_WILD, Patterns, tokens


@pytest.mark.parametrize(
    ("given", "document_id", "date", "matches"),
    [
        ({}, "a.txt", "", True),
        ({"only": ["2024/*"]}, "2024/may/a.txt", "", True),
        ({"only": ["2024/*"]}, "2023/a.txt", "", False),
        ({"only": ["*.md", "a.*"]}, "a.txt", "", True),
        ({"only": ["A.*"]}, "a.txt", "", False),
        ({"since": "2024-02"}, "a.txt", "2024-02-01", True),
        ({"since": "2024-02"}, "a.txt", "2024-01-31", False),
        ({"since": "2024-02-20"}, "a.txt", "2024-02-20", True),
        ({"until": "2024-02-20"}, "a.txt", "2024-02-20", True),
        ({"until": "2024"}, "a.txt", "2024-12-31", True),
        ({"until": "2024"}, "a.txt", "2025-01-01", False),
        ({"since": "2024"}, "a.txt", "", False),
        ({"until": "2024"}, "a.txt", "", False),
        ({"until": "2024-02-29"}, "a.txt", "2024-02-29", True),
        ({"only": ["b*"], "since": "2024"}, "a.txt", "2024-05-01", False),
        ({"language": "en"}, "a.txt", "", True),
        ({"language": "EN"}, "a.txt", "", True),
        ({"language": "de"}, "a.txt", "", False),
    ],
)
def test_which_documents_match(given, document_id, date, matches):
    document = DocumentSummary(document_id, "", date, document_id, 1, 1, "", "en")
    assert DocumentFilter(**given).matches(document) == matches


@drawn(
    st.lists(st.text("ab[]!-*?^/\\", min_size=1, max_size=8), max_size=3),
    st.text("ab[]!-*?^/\\", max_size=8),
)
def test_patterns_are_those_of_shells(only, path):
    assert Patterns(only).match(path) == any(fnmatchcase(path, each) for each in only)


HOSTILE = ["*" * 9_000, "[" * 9_000, "[!" * 4_500, "*a" * 4_500, "*?" * 4_500, "*[ab]" * 1_800]


@pytest.mark.parametrize("pattern", HOSTILE)
def test_a_pattern_is_read_once_and_not_from_each_of_its_characters_on(pattern):
    """By the lines that are run: a clock tells little on a busy machine."""
    counted = 0

    def count(frame, event, _):
        nonlocal counted
        counted += event == "line"
        assert counted < 40 * len(pattern)
        return count if "patterns" in frame.f_code.co_filename else None

    before = sys.gettrace()
    sys.settrace(count)
    try:
        assert sum(map(len, tokens(pattern))) <= len(pattern)
    finally:
        sys.settrace(before)
    assert Patterns([pattern]).match("b" * 50 + "/c") == (pattern == "*" * 9_000)


def test_paths_are_looked_up_and_patterns_are_limited():
    paths = [f"[{name}].txt".replace("[", "[[]") for name in range(50_000)]
    assert Patterns(paths)._wild == []
    assert Patterns(paths).match("[49999].txt")
    for many in (
        [f"{name}*" for name in range(MAX_WILD + 1)],
        ["a*" * MAX_CHARACTERS],
        ["*?" * (MAX_CHARACTERS // 4), "?" * MAX_CHARACTERS],
    ):
        with pytest.raises(QuestionError, match="too many patterns"):
            DocumentFilter(only=many)
    assert DocumentFilter(only=["*"] * 10_000)


def test_a_document_of_unknown_language_matches_no_language():
    document = DocumentSummary("a.txt", "", "", "a.txt", 1, 1, "", "")
    assert DocumentFilter().matches(document)
    assert not DocumentFilter(language="en").matches(document)


@pytest.mark.parametrize(
    "value",
    [
        *("yesterday", "20240220", "2024-2-1", "2024-02-20T10:00"),
        *("2024-13", "2024-00", "2024-02-31", "2023-02-29", "0000", "٢٠٢٤"),
    ],
)
def test_an_invalid_date_says_how_to_write_one(value):
    with pytest.raises(QuestionError, match=r"since.*2024-02-20"):
        DocumentFilter(since=value)


@pytest.mark.parametrize("value", ["english", "e", "en-GB"])
def test_an_invalid_language_says_how_to_write_one(value):
    with pytest.raises(QuestionError, match="two letters such as en"):
        DocumentFilter(language=value)


def test_an_empty_pattern_says_how_to_write_one():
    with pytest.raises(QuestionError, match=r"write a path or a pattern such as '2024/\*'"):
        DocumentFilter(only=["2024/*", ""])


@pytest.fixture(scope="module")
def qa(tmp_path_factory):
    folder = tmp_path_factory.mktemp("documents")
    (folder / "2023").mkdir()
    (folder / "2024").mkdir()
    for year, name in (("2023", "Ada Blum"), ("2024", "Ida Falk")):
        text = f"The mayor\n\n5 March {year}\n\nThe town elected {name} as its mayor on Sunday.\n"
        (folder / year / "vote.txt").write_text(text)
    (folder / "notes.txt").write_text("The mayor\n\nThe town elected Otto Reis as its mayor.\n")
    return QA.build(folder, tmp_path_factory.mktemp("index") / "index")


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ({"only": ["2023/*"]}, "Ada Blum"),
        ({"since": "2024"}, "Ida Falk"),
        ({"until": "2023-12"}, "Ada Blum"),
        ({"only": "notes.txt"}, "Otto Reis"),
    ],
)
def test_only_matching_documents_are_retrieved_and_quoted(qa, given, answer):
    prediction = qa.ask("Who was elected mayor?", threshold=0, **given)
    assert prediction.answers[0].text == answer
    assert len(prediction.passages) == 1
    (hit,) = qa.search("Who was elected mayor?", **given).passages
    assert answer in hit.passage.text
    assert (hit.dense_rank, hit.lexical_rank) == (1, 1)


def test_documents_are_chosen_by_language(tmp_path):
    (tmp_path / "vote.txt").write_text(
        "The vote\n\nOn Sunday the town elected Ada Blum as its new mayor, by a narrow margin.\n"
    )
    (tmp_path / "wahl.txt").write_text(
        "Die Wahl\n\nAm Sonntag hat die Stadt Ida Falk knapp zur neuen Bürgermeisterin gewählt.\n"
    )
    qa = QA.build(tmp_path, tmp_path / "index")
    assert {each.id: each.language for each in qa.documents()} == {
        "vote.txt": "en",
        "wahl.txt": "de",
    }
    for language, document in (("en", "vote.txt"), ("de", "wahl.txt")):
        (hit,) = qa.search("Who was elected mayor?", language=language).passages
        assert hit.passage.document_id == document
    with pytest.raises(QuestionError, match="no document matches language fr"):
        qa.ask("Who was elected mayor?", language="fr")


def test_a_filter_that_matches_nothing_is_an_error(qa):
    with pytest.raises(QuestionError, match="no document"):
        qa.ask("Who was elected mayor?", only=["2022/*"])


def test_the_command_that_lists_the_documents_is_about_this_index(qa):
    command = f"`qa info --json --index {qa._index.path}`"
    with pytest.raises(QuestionError, match=re.escape(command)):
        qa.search("Who was elected mayor?", only="2022/*")

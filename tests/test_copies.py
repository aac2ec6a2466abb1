"""Identical files are indexed once and cited at every place."""

import json

import pytest

from benchmarks.hashing import HashEncoder
from qa.answers.calibration import Calibration
from qa.answers.serialize import prediction_to_dict
from qa.builder import build, is_stale
from qa.collections import OpenIndex
from qa.errors import DatasetError
from qa.evaluation.corpus import ask_corpus, check_current, retrieve_corpus
from qa.evaluation.golden import GoldenQuestion
from qa.index import open_index, verify
from qa.loaders import load
from qa.networks.reader import OnnxReader
from qa.pipeline import QA
from qa.retrieval.hybrid import HybridSearch
from qa.web.render import library_html

CLOCK = "The mayor of Hamburg received a clock. It was carved by Ichiro Tanaka in 1894.\n"
QUESTION = "Who carved the clock in 1894?"


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "documents"
    for name in ("a", "b", "c"):
        (made / name).mkdir(parents=True)
        (made / name / "clock.txt").write_text(CLOCK, encoding="utf-8")
    (made / "rain.txt").write_text("It rained for three days.\n", encoding="utf-8")
    return made


def built(folder):
    return build(folder, folder.parent / "index", encoder=HashEncoder(), load=load)


def opened(folder):
    encoder, reader = HashEncoder(), OnnxReader()
    index = open_index(folder.parent / "index", encoder_fingerprint=encoder.fingerprint)
    calibration = Calibration.load(reader=reader.fingerprint)
    return QA(index, encoder=encoder, reader=reader, calibration=calibration)


def places(qa):
    (answer, *_) = qa.ask(QUESTION, threshold=0).answers
    assert answer.text == "Ichiro Tanaka"
    for place in (answer.place, *answer.also_at):
        assert qa.document(place.document_id).text[place.start : place.end] == answer.text
    return [place.source.rpartition("documents/")[2] for place in (answer.place, *answer.also_at)]


def test_copies_are_stored_once_and_cited_everywhere(folder):
    report = built(folder)
    assert {file.path: file.copy_of for file in report.files} == {
        "a/clock.txt": "",
        "b/clock.txt": "a/clock.txt",
        "c/clock.txt": "a/clock.txt",
        "rain.txt": "",
    }
    assert report.documents == 4
    assert "indexed  b/clock.txt: the same as a/clock.txt" in str(report)
    index = open_index(folder.parent / "index")
    hits = HybridSearch(index, HashEncoder()).search(QUESTION, 10)
    assert {hit.passage.document_id for hit in hits} == {"a/clock.txt", "rain.txt"}
    assert len(index.texts) == report.passages == len(hits)
    index.close()
    assert places(opened(folder)) == [f"{name}/clock.txt:56-69" for name in "abc"]
    verify(folder.parent / "index")
    assert not built(folder).changed


def test_a_copy_that_changed_or_vanished_is_not_cited(folder):
    built(folder)
    qa = opened(folder)
    (folder / "b" / "clock.txt").write_text(CLOCK.replace("1894", "1895"), encoding="utf-8")
    assert places(qa) == ["a/clock.txt:56-69", "c/clock.txt:56-69"]
    (folder / "a" / "clock.txt").unlink()  # its text still occurs in another
    assert places(qa) == ["c/clock.txt:56-69"]
    assert qa.search(QUESTION).passages[0].passage.document_id == "c/clock.txt"
    (folder / "c" / "clock.txt").unlink()  # and now nowhere
    prediction = qa.ask(QUESTION, threshold=0)
    assert prediction.outdated == ("a/clock.txt", "b/clock.txt", "c/clock.txt")
    assert "Ichiro Tanaka" not in [answer.text for answer in prediction.answers]


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        ("a/*", ["a/clock.txt"]),
        ("b/*", ["b/clock.txt"]),
        (["c/*", "b/*"], ["b/clock.txt", "c/clock.txt"]),
        ("*", ["a/clock.txt", "b/clock.txt", "c/clock.txt"]),
    ],
)
def test_a_copy_is_asked_and_cited_by_its_own_path(folder, only, expected):
    built(folder)
    qa = opened(folder)
    prediction = qa.ask(QUESTION, threshold=0, only=only)
    (answer, *_) = prediction.answers
    assert answer.text == "Ichiro Tanaka"
    assert [place.document_id for place in (answer.place, *answer.also_at)] == expected
    assert answer.passage.document_id == expected[0]
    hits = [*prediction.passages, *qa.search(QUESTION, only=only).passages]
    assert {hit.passage.document_id for hit in hits} <= {expected[0], "rain.txt"}


def test_a_changed_copy_chosen_by_a_filter_is_not_replaced_by_another(folder):
    built(folder)
    qa = opened(folder)
    (folder / "b" / "clock.txt").write_text("Entirely new.", encoding="utf-8")
    prediction = qa.ask(QUESTION, threshold=0, only="b/*")
    assert (prediction.found, prediction.passages) == (False, ())
    assert prediction.outdated == ("b/clock.txt",)


def test_a_list_of_documents_shows_copies_with_their_contents(folder):
    built(folder)
    qa = opened(folder)
    assert [(each.id, each.source, each.passages) for each in qa.documents()] == [
        *((f"{name}/clock.txt", f"{folder}/{name}/clock.txt", 1) for name in "abc"),
        ("rain.txt", f"{folder}/rain.txt", 1),
    ]


def test_the_page_names_the_original_of_a_copy(folder):
    built(folder)
    library = OpenIndex.of(opened(folder), folder.parent / "index").library
    assert library.summary == "4 documents, 2 passages"
    html = library_html(library)
    assert "c/clock.txt, a copy of a/clock.txt" in html
    assert ">a/clock.txt<" in html


def test_when_the_first_copy_is_removed_the_next_takes_its_place(folder):
    built(folder)
    (folder / "a" / "clock.txt").unlink()
    report = built(folder)
    assert {file.path: file.copy_of for file in report.files} == {
        "b/clock.txt": "",
        "c/clock.txt": "b/clock.txt",
        "rain.txt": "",
    }
    assert report.encoded == 0
    assert places(opened(folder)) == ["b/clock.txt:56-69", "c/clock.txt:56-69"]
    assert not is_stale(folder, folder.parent / "index", HashEncoder.fingerprint)


def test_the_same_bytes_in_another_format_are_not_a_copy(folder):
    (folder / "clock.md").write_text(CLOCK, encoding="utf-8")
    assert {file.path: file.copy_of for file in built(folder).files}["clock.md"] == ""


def test_a_program_sees_the_hash_of_each_place(folder):
    built(folder)
    shown = json.loads(json.dumps(prediction_to_dict(opened(folder).ask(QUESTION, threshold=0))))
    answer = shown["answers"][0]
    hashes = {place["sha256"] for place in (answer, *answer["also_at"])}
    assert len(hashes) == 1
    assert len(hashes.pop()) == 64


def test_a_golden_question_may_name_a_copy(folder):
    built(folder)
    golden = GoldenQuestion("1", QUESTION, ("Ichiro Tanaka",), ("c/clock.txt",))
    (asked,) = ask_corpus([golden], opened(folder), threshold=0.0)
    (looked,) = retrieve_corpus([golden], opened(folder))
    for outcome in (asked, looked):
        assert outcome.relevant[0]
        assert outcome.relevant_total == 1
        assert outcome.stage == "right"
    absent = GoldenQuestion("1", QUESTION, ("Ichiro Tanaka",), ("gone.txt",))
    with pytest.raises(DatasetError, match=r"1: there is no document 'gone.txt'"):
        ask_corpus([absent], opened(folder))


def test_an_outdated_index_is_not_evaluated(folder):
    built(folder)
    check_current(opened(folder))
    (folder / "rain.txt").write_text("It snowed.\n", encoding="utf-8")
    with pytest.raises(
        DatasetError,
        match=r"missing since the build: rain\.txt: run `qa build .*documents --index .*`",
    ):
        check_current(opened(folder))

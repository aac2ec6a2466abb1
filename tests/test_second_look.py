"""The second look: another reader reads the passages of the best answers again."""

import json
import logging
import shutil

import pytest

from qa import QA
from qa.answers.candidates import Candidate
from qa.answers.second_look import (
    COMPARED,
    LOOK_FEATURES,
    LOOKED_AT,
    distinct,
    look_again,
)
from qa.answers.selection import ANSWER_FEATURES, Evidence
from qa.cli import main
from qa.networks.weights import MODELS
from qa.types import Hit, Passage, Span
from qa.web.opened import opened_corpora

TEXTS = (
    "The ferry to Skarholm leaves at half past six. Its captain is Edda Lunde.",
    "The mail boat leaves at noon. Its captain is Jonas Reh.",
    "The harbour office opens at eight, and shuts at noon on Fridays.",
)
QUESTION = "When does the mail boat leave?"
HITS = [
    Hit(Passage(f"{number}.txt", 0, len(text), text), 0.9 - number / 10, 0.5, 1, 1)
    for number, text in enumerate(TEXTS)
]
EVIDENCE = Evidence.of(QUESTION, HITS)


def span(number, words, score=1.0, null=0.0):
    start = TEXTS[number].index(words)
    return Span(HITS[number].passage, start, start + len(words), score, null)


def candidate(number, words, score=1.0):
    found = Candidate(span(number, words, score), HITS[number], (), {})
    compared = {"behind": 0.0, "share": 0.5, "prior": 0.1}
    return Candidate(found.span, found.hit, (), EVIDENCE.features(found) | compared)


class Scripted:
    """A reader that finds the given spans, and remembers what it was asked to read."""

    fingerprint = "scripted"

    def __init__(self, *spans):
        self.spans, self.asked = spans, []

    def read(self, question, passages, *, n=5, max_tokens=0):
        self.asked.append((question, list(passages), n))
        return [[each for each in self.spans if each.passage == p][:n] for p in passages]


def features(found, words):
    return next(each.features for each in found if each.span.text == words)


def test_the_passages_of_the_best_candidates_are_read_once_each():
    second = Scripted(*(span(number, "noon") for number in (1, 2)))
    found = [candidate(1, "noon"), candidate(1, "Jonas Reh"), candidate(2, "eight")]
    look_again(second, EVIDENCE, [*found, candidate(0, "half past six")])
    assert second.asked == [(QUESTION, [HITS[1].passage, HITS[2].passage], COMPARED)]
    assert LOOKED_AT == 2
    assert look_again(second, EVIDENCE, []) == []


def test_what_speaks_for_a_candidate_after_the_second_look():
    second = Scripted(span(1, "noon", 6.0, -2.0), span(1, "at noon", 5.0, -2.0), span(2, "eight"))
    found = look_again(second, EVIDENCE, [candidate(1, "at noon"), candidate(2, "noon")])
    same = features(found, "at noon")
    assert same["second_own"] == 7.0 and same["second_near"] == 8.0
    assert same["second_lead"] == 5.0  # ahead of the best of the other passage
    assert same["second_agrees"] == same["first_agrees"] == 1.0  # one is in the other
    other = next(each.features for each in found if each.span.passage == HITS[2].passage)
    assert other["second_lead"] == -5.0
    assert other["second_own"] == other["second_near"] == 0.0  # behind all that was compared
    assert all(
        each.features.keys() == ANSWER_FEATURES | LOOK_FEATURES | {"quoted"} for each in found
    )


def test_the_best_span_of_the_second_reader_joins_the_candidates():
    second = Scripted(span(1, "noon", 6.0, -2.0), span(1, "Jonas Reh", 1.0, -2.0))
    first = candidate(1, "Jonas Reh", score=3.0)
    old, new = look_again(second, EVIDENCE, [first])
    assert (old.span, new.span) == (first.span, second.spans[0])
    # The first reader's features are those of its best candidate there, the others its own.
    assert (new.features["score"], new.features["share"]) == (3.0, 0.5)
    assert new.features["fit"] == 1.0 and first.features["fit"] < 1.0
    assert (new.features["first_agrees"], new.features["second_agrees"]) == (0.0, 1.0)
    # A place that is a candidate already does not join again.
    assert len(look_again(second, EVIDENCE, [candidate(1, "noon")])) == 1


def test_what_was_not_read_again_stays_behind():
    second = Scripted(span(1, "noon"))
    rest = candidate(0, "Edda Lunde")
    found = look_again(second, EVIDENCE, [rest, candidate(1, "noon")])
    assert [each.span.text for each in found] == ["noon", "Edda Lunde"]
    assert found[1] == rest


def test_an_answer_is_listed_once():
    longer, elsewhere = candidate(1, "at noon"), candidate(2, "noon")
    scored = [(candidate(1, "noon"), 0.9), (longer, 0.8), (elsewhere, 0.7)]
    ((kept, probability),) = distinct([*scored, (elsewhere, 0.6)])
    assert (kept.span, kept.also, probability) == (scored[0][0].span, (elsewhere.span,), 0.9)
    assert distinct([]) == []


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "docs").mkdir()
    for number, text in enumerate(TEXTS):
        (tmp_path / f"docs/{number}.txt").write_text(text)
    return tmp_path


def test_a_quick_answer_is_one_without_it(folder):
    qa = QA.build(folder / "docs", folder / "index")
    slow, quick = (qa.ask(QUESTION, threshold=0, quick=quick) for quick in (False, True))
    assert "noon" in slow.answers[0].text and "noon" in quick.answers[0].text
    assert slow.answers[0].probability != quick.answers[0].probability
    alone = qa.ask(QUESTION, threshold=0, max_answers=1)
    assert alone.answers == slow.answers[:1]
    opened = QA.open(folder / "index", quick=True)
    assert opened.ask(QUESTION, threshold=0).answers == quick.answers


def test_chat_and_the_page_leave_it_out_on_request(folder, monkeypatch):
    QA.build(folder / "docs", folder / "index").close()
    seen = []
    monkeypatch.setattr("qa.cli.chat._read", lambda: None)  # no question
    monkeypatch.setattr(
        "qa.pipeline.QA.open", lambda index, *, quick=False: seen.append(quick) or None
    )
    for more in (["--quick"], []):
        assert main(["chat", "--index", str(folder / "index"), *more]) == 0
    assert seen == [True, False]
    monkeypatch.undo()
    served = {}
    monkeypatch.setattr("qa.web.serve", lambda *_, **options: served.update(options))
    assert main(["serve", str(folder / "docs"), "--index", str(folder / "index"), "--quick"]) == 0
    assert served["quick"]
    for index in ("index", "none"):  # one that is there, and a folder that is yet to be read
        corpora, networks = opened_corpora(
            {"": folder / "docs"},
            folder / index,
            strict=None,
            watching=False,
            editable=False,
            watchers=(),
            quick=served["quick"],
        )
        assert corpora[""].now.qa._answering.second is networks._answering.second is None
        corpora[""].pages.close()


def test_pipelines_of_a_process_share_the_second_reader(folder):
    first = QA.build(folder / "docs", folder / "index")._answering.second
    assert first is QA.open(folder / "index")._answering.second is not None


def test_without_its_file_questions_are_answered_and_one_line_says_so(folder, monkeypatch, caplog):
    quick = QA.build(folder / "docs", folder / "index", quick=True).ask(QUESTION, threshold=0)
    for change, said in (
        (lambda models: (models / "second_reader.json").unlink(), "there is no second_reader"),
        (lambda models: flip(models / "second_reader-1.onnx"), "not the published files"),
        (refit, "fitted to another second reader"),
    ):
        models = shutil.copytree(MODELS, folder / said.replace(" ", "-"))
        change(models)
        with monkeypatch.context() as patch, caplog.at_level(logging.WARNING):
            caplog.clear()
            qa = opened(folder, models, patch)
        (line,) = (record.getMessage() for record in caplog.records)
        assert "answers are not looked at twice" in line and said in line and "\n" not in line
        assert qa.ask(QUESTION, threshold=0).answers == quick.answers


def opened(folder, models, patch):
    """Open an index with the second reader and the calibration of a folder of models."""
    from qa import pipeline

    reader, load = pipeline.OnnxReader, pipeline.Calibration.load
    patch.setattr(pipeline, "_shared_second_reader", pipeline._shared_second_reader.__wrapped__)
    patch.setattr(pipeline, "OnnxReader", lambda **options: reader(models, **options))
    patch.setattr(pipeline.Calibration, "load", lambda **options: load(folder=models, **options))
    return QA.open(folder / "index")


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def refit(models):
    stored = json.loads((models / "calibration.json").read_text())
    (models / "calibration.json").write_text(json.dumps({**stored, "second_reader": "0" * 64}))

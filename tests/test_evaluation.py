"""Outcomes, scores, comparisons and reports, from questions with known outcomes."""

import json
import math
import re
import shutil
import sys
from dataclasses import replace

import pytest

from qa.errors import DatasetError, QAError
from qa.evaluation.comparison import comparable, compare, comparison_text, read_run
from qa.evaluation.corpus import corpus_scores, relevant_passages
from qa.evaluation.golden import GoldenQuestion
from qa.evaluation.outcomes import MISSES, RIGHT, Outcome
from qa.evaluation.reader import ask_reader, best_null_threshold, reader_scores
from qa.evaluation.report import report_html
from qa.evaluation.table import table
from qa.types import Hit, Passage, Span

HOSTILE = "<script>alert(1)</script> ${x} {{ 7 * 7 }}"


def outcome(key, accepted, candidates, found, relevant=(True,), confidence=0.6, **others):
    return Outcome(
        key,
        f"Question {key}?",
        accepted,
        candidates,
        found=found,
        confidence=confidence,
        calibrated=True,
        relevant=relevant,
        timings_ms={"retrieve": 2.0, "read": 8.0, "total": 10.0},
        **others,
    )


# One of each stage, an exact match, and two correct refusals.
OUTCOMES = [
    outcome("a", ("Ada Blum",), ("Ada Blum", "Rerik"), True, (False, True), 0.9, tags=("person",)),
    outcome("b", ("Ada Blum",), ("architect Ada Blum",), True, passage="The architect Ada Blum."),
    outcome("c", ("Ada Blum",), ("Rerik", "Kassel", "Ada Blum"), True, tags=("person",)),
    outcome("d", ("Ada Blum",), ("Rerik",), True, (False, False)),
    outcome("e", ("Ada Blum",), ("Ada Blum",), False, confidence=0.2, place_right=False),
    outcome(
        *("f", (), (HOSTILE,), True, (), 0.7),
        **{"passage": f"It says {HOSTILE}.", "source": "x.txt:8-9", "tags": ("absent",)},
    ),
    outcome("g", (), ("Rerik",), False, (), 0.1),
    outcome("h", (), (), False, (), 0.0),
]


@pytest.fixture(scope="module")
def scores():
    return corpus_scores(OUTCOMES, top_k=10, threshold=0.5)


def test_every_miss_is_attributed_to_a_stage():
    assert [one.stage for one in OUTCOMES] == [
        RIGHT,
        "overlapping",
        "not selected",
        "not retrieved",
        "refused",
        "answered but absent",
        RIGHT,
        RIGHT,
    ]
    assert {one.stage for one in OUTCOMES} == {RIGHT, *MISSES}


def test_a_wrong_answer_below_the_threshold_counts_as_not_selected():
    assert outcome("x", ("Ada Blum",), ("Rerik",), False).stage == "not selected"


def test_scores_equal_those_computed_by_hand(scores):
    assert (scores["questions"], scores["answerable"], scores["unanswerable"]) == (8, 5, 3)
    assert scores["em"] == 37.5  # a, g, h of eight
    assert scores["f1"] == 47.5  # and b: 2 · (2/3 · 1) / (2/3 + 1) = 0.8
    assert scores["best_em"] == 40  # a, e of five
    assert scores["best_f1"] == 56
    assert scores["top3_em"] == 60  # and c
    assert scores["top3_right"] == 80  # and b, whose F1 is 0.8
    assert scores["coverage_at_80"] == pytest.approx(1 / 8)  # a alone: f is wrong
    assert scores["answered_but_absent"] == pytest.approx(33.33)
    assert scores["best_right"] == 60  # a, b, e of five
    assert scores["best_right_in_place"] == 40  # e is from another place
    shares = (scores["right_shown"], scores["wrong_shown"], scores["refused_but_there"])
    assert shares == (40, 40, 20)  # a, b | c, d | e
    # a (0.9), b (0.6), e (0.2) against f (0.7), g (0.1), h (0.0).
    assert scores["right_against_absent_auc"] == pytest.approx((3 + 2 + 2) / 9, abs=1e-4)
    assert scores["recall_at"] == {"1": 60, "5": 80, "10": 80, "20": 80}
    assert scores["mrr"] == 70  # (1/2 + 1 + 1 + 0 + 1) / 5
    assert scores["ms"]["read"] == {"median": 8, "p95": 8}
    assert (scores["ms_median"], scores["ms_p95"]) == (10, 10)
    assert scores["misses"] == ["b", "c", "d", "e", "f"]
    assert scores["stages"] == {RIGHT: 3, **dict.fromkeys(MISSES, 1)}
    assert scores["by_tag"]["person"]["em"] == 50
    person, absent = scores["by_tag"]["person"], scores["by_tag"]["absent"]
    assert (person["right_shown"], person["wrong_shown"], person["best_right"]) == (50, 50, 50)
    assert person["answered_but_absent"] is None
    assert (absent["answered_but_absent"], absent["right_shown"]) == (100, None)
    low, high = scores["intervals"]["em"]
    assert 0 <= low < 37.5 < high <= 100
    # a, b (F1 0.8) and e are right; by confidence: a | f | b, c, d as their mean | e | g | h.
    risks = [0, 1 / 2, *((1 + k * 2 / 3) / (2 + k) for k in (1, 2, 3)), 3 / 6, 4 / 7, 5 / 8]
    assert scores["risk_coverage_auc"] == pytest.approx(sum(risks) / 8, abs=1e-4)
    json.dumps(scores)


def test_recall_beyond_the_passages_read_is_that_of_the_deeper_search():
    deep = [
        outcome(
            "a", ("A",), ("A",), True, (False,) * 10, relevant_deep=(False,) * 14 + (True,) * 6
        ),
        outcome("b", ("B",), ("B",), True, (True,) * 10, relevant_deep=(True,) * 20),
    ]
    scores = corpus_scores(deep, top_k=10, threshold=0.5)
    assert scores["recall_at"] == {"1": 50, "5": 50, "10": 50, "20": 100}
    assert scores["mrr"] == 50  # of the passages that may be read
    assert deep[0].stage == "right"


def test_without_unanswerable_questions_there_is_no_auc():
    scores = corpus_scores(OUTCOMES[:3], top_k=10, threshold=0.5)
    assert scores["right_against_absent_auc"] is None
    assert "AUC" not in table(scores)


def test_the_null_threshold_is_fitted_on_one_half_and_evaluated_on_the_other():
    def asked(title, confidence, accepted=("Ada",)):
        return Outcome(
            f"{title}{confidence}", "Who?", accepted, ("Ada",), confidence > 0, confidence, False,
            (True,), source=title, timings_ms={"read": 1},
        )  # fmt: skip

    first = [asked("A", 5), asked("A", 3), asked("A", 2.5, ()), asked("A", -1), asked("A", -2, ())]
    assert best_null_threshold(first) == pytest.approx(2.75)
    assert best_null_threshold([asked("A", 1), asked("A", 2)]) < 1  # answer all
    assert best_null_threshold([asked("A", 1, ())]) > 1  # answer none
    assert best_null_threshold([]) == 0
    second = [asked("B", 4), asked("B", 2), asked("B", 1, ())]
    scores = reader_scores([*first, *second], file="x.jsonl")
    half = scores["second_half"]
    assert "second half of the titles" in table(scores)
    assert (half["null_threshold"], half["questions"]) == (2.75, 3)
    assert half["f1"] == half["em"] == pytest.approx(66.67)  # 2 is refused
    assert half["answered_but_absent"] == 0


def test_the_baseline_of_calibration_is_the_sigmoid_of_the_margin():
    given = [
        Outcome("a", "Who?", ("Ada",), ("Ada",), True, 3.0, False, (True,), timings_ms={"read": 1})
    ]
    absent = replace(given[0], accepted=(), found=False, confidence=-1e3)
    scores = reader_scores([*given, absent], file="x.jsonl")
    assert "ece" not in scores  # it has no probability of its own
    assert scores["sigmoid_ece"] == pytest.approx((1 - 1 / (1 + math.exp(-3))) / 2, abs=1e-4)
    assert scores["risk_coverage_auc"] == 0.25
    assert "ECE of the bare sigmoid" in table(scores)
    scores = reader_scores(given * 2, file="x.jsonl")
    assert (scores["em"], scores["file"], scores["ms_total"]) == (100, "x.jsonl", 2)
    assert scores["risk_coverage_auc"] == 0
    # Without unanswerable questions, the margin over null means nothing.
    assert not {"answerable_em", "sigmoid_ece"} & set(scores)


def test_the_confidence_of_a_reader_is_the_agreement_of_its_best_spans(tmp_path):
    text = "The clock was carved by Ichiro Tanaka of Osaka."
    at = text.index("Ichiro")

    class Reader:
        def read(self, question, passages, *, n):
            passage = passages[0]
            places = [(at, at + 13, 3.0), (at + 7, at + 13, 2.0), (at + 17, at + 22, 1.0)]
            return [[Span(passage, *place, 5.0) for place in places]]

    def answers_of(text):
        return [{"text": text, "answer_start": 0}] if text else []

    def asked(answers):
        qas = [
            {"id": str(n), "question": "Who?", "answers": answers_of(a)}
            for n, a in enumerate(answers)
        ]
        path = tmp_path / "q.jsonl"
        path.write_text(json.dumps({"context": text, "qas": qas}))
        return ask_reader(path, Reader())

    (sure,) = asked(["Ichiro Tanaka"])
    odds = [math.exp(score) for score in (3, 2, 1)]
    assert sure.found
    assert sure.confidence == pytest.approx((odds[0] + 2 / 3 * odds[1]) / sum(odds))
    # With unanswerable questions, it is the margin over null.
    assert [(each.found, each.confidence) for each in asked(["Osaka", ""])] == [(False, -2.0)] * 2


def test_relevant_passages_are_in_a_document_named():
    hits = [
        Hit(Passage(name, 0, len(text), text), 1.0, 1.0, 1, 1)
        for name, text in [("a.txt", "By Ada Blum."), ("b.txt", "By ada, blum!"), ("b.txt", "Adam")]
    ]
    assert relevant_passages(hits, GoldenQuestion("1", "Who?", ("Ada Blum",))) == (
        True,
        True,
        False,
    )
    owned = [replace(hits[0], passage=Passage("a.txt", 0, 14, "It’s Ada Blum's"))]
    assert relevant_passages(owned, GoldenQuestion("1", "Who?", ("Ada Blum",))) == (True,)
    within = GoldenQuestion("1", "Who?", ("Ada",), ("b.txt",))
    assert relevant_passages(hits, within) == (False, True, False)


def test_the_table_names_every_score(scores):
    shown = table(scores)
    for words in ("EM ", "recall@5", "nDCG@10", "person", "not retrieved", "retrieve", "95 %"):
        assert words in shown
    assert max(map(len, shown.splitlines())) <= 110


def rows(*changes):
    made = comparable(one.to_dict() for one in OUTCOMES)
    for number, change in changes:
        made[number] = {**made[number], **change}
    return made


def test_flips_are_listed_with_their_significance():
    old = rows((0, {"em": 0.0, "f1": 0.0, "answer": ""}), (4, {"em": 1.0, "f1": 1.0}))
    compared = compare(rows(), old)
    assert [(flip["id"], flip["gained"]) for flip in compared["flips"]] == [
        ("a", True),
        ("e", False),
    ]
    assert (compared["gained"], compared["lost"], compared["em_p"]) == (1, 1, 1)
    assert (compared["em_difference"], compared["f1_difference"]) == (0, 0)
    assert not compared["em_more_than_chance"] and not compared["f1_more_than_chance"]
    shown = comparison_text(compared)
    assert "+ a: Question a?\n      not found → “Ada Blum”" in shown
    assert "1 gained, 1 lost; may be chance" in shown


def test_many_flips_one_way_are_significant():
    new = comparable(outcome(str(n), ("Ada",), ("Ada",), True).to_dict() for n in range(10))
    old = [{**row, "em": float(n > 5), "f1": float(n > 5)} for n, row in enumerate(new)]
    compared = compare(new, old)
    assert compared["em_p"] == pytest.approx(2 / 64, abs=1e-4)
    assert compared["em_more_than_chance"] and compared["f1_more_than_chance"]
    assert compared["f1_difference"] == 60
    assert compare(old, new)["f1_interval"][1] < 0


def test_an_answer_that_normalizes_to_nothing_is_not_right_when_refused():
    refused = outcome("a", ("A",), ("the",), False)
    assert (refused.em, refused.f1, refused.stage) == (0, 0, "refused")


def test_outcomes_of_retrieval_alone_have_no_answer():
    looked = outcome("a", ("A",), (), False, (False, True), is_read=False, passage="Some words.")
    missed = replace(looked, relevant=(False,))
    assert (looked.stage, missed.stage) == (RIGHT, "not retrieved")
    assert not {"em", "f1", "answer", "found"} & looked.to_dict().keys()
    page = report_html({"questions": 2}, [looked, missed], title="x")
    assert page.count('class="card miss"') == 1
    assert "Some words." in page


def test_few_changes_of_f1_are_not_significant():
    few = compare(rows(), rows((0, {"f1": 0.5}), (1, {"f1": 0.1})))
    assert few["f1_interval"][0] >= 0
    assert few["f1_p"] == 0.5
    assert "may be chance (sign flips, p = 0.500)" in comparison_text(few)
    many = [{"f1": 1.0, "em": 1.0} for _ in range(8)]
    keyed = [{**rows()[0], **row, "id": str(n)} for n, row in enumerate(many)]
    worse = [{**row, "f1": 0.5, "em": 0.0} for row in keyed]
    assert compare(keyed, worse)["f1_p"] == round(2 / 2**8, 4)
    assert compare(keyed, worse)["f1_more_than_chance"]
    assert compare(keyed, keyed)["f1_p"] == 1


def test_the_comparison_reports_questions_of_one_run_only():
    old = rows((0, {"question": "Other?"}), (1, {"accepted": ["Other"]}), (2, {"id": "z"}))
    compared = compare(rows(), old)
    assert compared["compared"] == 5
    assert (compared["changed"], compared["only_new"], compared["only_old"]) == (
        ["a", "b"],
        ["c"],
        ["z"],
    )
    assert "left out, only in this run: 1 (c)" in comparison_text(compared)
    with pytest.raises(DatasetError, match="no question in common"):
        compare(rows()[:1], rows()[1:])


def test_an_invalid_saved_run_is_an_error(tmp_path):
    path = tmp_path / "old.json"
    saved = {"kind": "reader", "rows": [one.to_dict() for one in OUTCOMES]}
    for text in ("{", "[]", '{"rows": [{}]}', '{"rows": 3}', json.dumps(saved)):
        path.write_text(text)
        with pytest.raises(DatasetError, match="qa eval corpus … --json > FILE"):
            read_run(path, kind="corpus")
    with pytest.raises(DatasetError, match="cannot read"):
        read_run(tmp_path / "absent", kind="corpus")
    assert len(read_run(path, kind="reader")) == 8


@pytest.fixture(scope="module")
def page(scores):
    compared = compare(rows(), rows((0, {"em": 0.0, "f1": 0.0, "answer": HOSTILE})))
    return report_html(scores, OUTCOMES, title=HOSTILE, compared=compared)


def test_the_report_is_self_contained_and_escapes_everything(page):
    assert page.count("<svg") == 4
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; ${x} {{ 7 * 7 }}" in page
    assert re.findall(r'(?:src|href)="(?!#)[^"]*"', page) == []
    named = set(re.findall(r"https?://[\w./]+", page))
    assert named <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }  # names, unfetched
    assert "@import" not in page and "<link" not in page


def test_the_report_shows_each_miss_with_its_passage(page):
    for stage in MISSES:
        assert f"<h3>{stage} <span" in page
    assert "The <mark>architect Ada Blum</mark>." in page
    assert page.count('class="card miss"') == 5
    assert "gained</b> Question a?" in page


def test_the_same_figures_make_the_same_report(scores, page):
    again = report_html(scores, OUTCOMES, title="x")
    assert again == report_html(scores, OUTCOMES, title="x")


def test_without_matplotlib_the_error_names_the_package_to_install(scores, monkeypatch):
    for name in ("matplotlib", "matplotlib.backends.backend_svg", "matplotlib.figure"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(QAError, match=r"pip install 'verbatim-qa\[report\]'"):
        report_html(scores, OUTCOMES, title="x")


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_opens_in_a_browser_without_requests(page, tmp_path, scheme):
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed: the report cannot be displayed")
    from playwright.sync_api import sync_playwright

    (tmp_path / "report.html").write_text(page, encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        shown = browser.new_page(color_scheme=scheme, viewport={"width": 390, "height": 844})
        requested, wrong = [], []
        shown.on("request", lambda request: requested.append(request.url))
        shown.on("console", lambda message: wrong.append(message.text))
        shown.goto((tmp_path / "report.html").as_uri())
        behind = shown.evaluate("getComputedStyle(document.body).backgroundColor")
        width = shown.evaluate("document.documentElement.scrollWidth")
        marks = shown.locator("mark").all_text_contents()
        browser.close()
    assert len(requested) == 1
    assert wrong == []
    assert HOSTILE in marks
    assert width <= 390
    brightness = sum(map(int, re.findall(r"\d+", behind))) / (3 * 255)
    assert brightness > 0.9 if scheme == "light" else brightness < 0.1

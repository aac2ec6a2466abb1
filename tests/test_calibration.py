import json
import math

import pytest

from qa.answers.calibration import Calibration
from qa.answers.candidates import Candidate, Ranking
from qa.answers.early_stop import EarlyStopping
from qa.answers.logistic import Logistic
from qa.answers.second_look import LOOK_FEATURES
from qa.answers.selection import Selection
from qa.errors import ModelCorrupt, ModelNotFound
from qa.networks.reader import OnnxReader
from qa.networks.weights import MODELS
from qa.types import Hit, Passage, Span

NONE = Logistic({}, 0.0)
EITHER_WAY = EarlyStopping(NONE, NONE)
SCORE_ALONE = Ranking(0.0)
CHANCES = ("answer", "looked", "change", "gain")


def calibrated(answer, strictness=(), looked=NONE):
    selection = Selection({"score": 1.0})
    parts = (SCORE_ALONE, selection, answer, looked, EITHER_WAY)
    return Calibration(*parts, 0.5, "reader", "second", strictness)


def probabilities(calibration, *margins, at_least=0.0):
    passage = Passage("a.txt", 0, 26, "abcdefghijklmnopqrstuvwxyz")
    hit = Hit(passage, 0.5, 0.5, 1, 1)
    found = [
        Candidate(Span(passage, at, at + 1, 0.0, 0.0), hit, (), {"margin": margin})
        for at, margin in enumerate(margins, start=1)
    ]
    return [chance for _, chance in calibration.calibrate(found, at_least=at_least)]


def test_probability_is_the_logistic_function_and_never_overflows():
    calibration = calibrated(Logistic({"margin": 2.0}, -1.0))
    assert probabilities(calibration, 1.0) == [pytest.approx(1 / (1 + math.exp(-1)))]
    assert probabilities(calibration, 1e6, -1e6) == [1.0, 0.0]
    assert probabilities(calibration) == []


def test_no_candidate_is_more_probable_than_the_one_before_it():
    calibration = calibrated(Logistic({"margin": 1.0}, 0.0))
    first, second, third = probabilities(calibration, 1.0, 3.0, -1.0)
    assert first == second == pytest.approx(1 / (1 + math.exp(-1)))
    assert third == pytest.approx(1 / (1 + math.exp(1)))


def test_a_second_look_decides_which_of_those_looked_at_comes_first():
    looked = Logistic({"second_own": 1.0}, 0.0)
    calibration = calibrated(Logistic({"margin": 1.0}, 0.0), looked=looked)
    passage = Passage("a.txt", 0, 13, "car barge tug")
    hit = Hit(passage, 0.5, 0.5, 1, 1)
    zero = dict.fromkeys(LOOK_FEATURES, 0.0)
    looks = ({**zero, "second_own": -1.0}, {**zero, "second_own": 2.0}, {})
    found = [
        Candidate(Span(passage, start, end, 0.0, 0.0), hit, (), {"margin": 9.0} | look)
        for (start, end), look in zip(((0, 3), (4, 9), (10, 13)), looks, strict=True)
    ]
    scored = calibration.calibrate(found)
    assert [each.span.text for each, _ in scored] == ["barge", "car", "tug"]
    second, first = (1 / (1 + math.exp(-margin)) for margin in (-1.0, 2.0))
    # What was not looked at again is no more probable than what was.
    assert [chance for _, chance in scored] == pytest.approx([first, second, second])


def test_a_second_look_is_worth_it_where_there_may_be_an_answer():
    calibration = calibrated(Logistic({"margin": 1.0}, 0.0))
    passage = Passage("a.txt", 0, 3, "car")
    hit = Hit(passage, 0.5, 0.5, 1, 1)
    for margin, is_worth_it in ((-2.0, True), (-2.5, False)):
        first = Candidate(Span(passage, 0, 3, 0.0, 0.0), hit, (), {"margin": margin})
        assert calibration.is_worth_it([first]) is is_worth_it
    assert not calibration.is_worth_it([])


def test_later_candidates_below_a_probability_are_dropped():
    calibration = calibrated(Logistic({"margin": 1.0}, 0.0))
    assert len(probabilities(calibration, -1.0, -2.0, -3.0, at_least=0.1)) == 2
    assert len(probabilities(calibration, -9.0, -10.0, at_least=0.1)) == 1  # the first stays


def test_strictness_is_interpolated_between_its_points():
    calibration = calibrated(NONE, ((0.5, 0.2), (0.9, 0.6)))
    for strict, threshold in ((0, 0), (0.25, 0.1), (0.5, 0.2), (0.7, 0.4), (0.95, 0.8), (1, 1)):
        assert calibration.threshold_for(strict) == pytest.approx(threshold)
        assert calibration.strict_for(threshold) == pytest.approx(strict)


def test_the_shipped_one_belongs_to_the_shipped_reader():
    reader = OnnxReader()
    calibration = Calibration.load(reader=reader.fingerprint)
    assert 0 < calibration.possible < calibration.threshold < 1
    # More evidence, more probability.
    for name in ("margin", "share", "behind"):
        assert calibration.answer.weights[name] > 0, name
    for name in ("second_near", "second_agrees"):
        assert calibration.looked.weights[name] > 0, name
    for name in ("score", "gap", "coverage", "fit"):
        assert calibration.selection.weights[name] > 0, name
    assert calibration.answer.weights["echo"] < 0  # what the question says is no answer to it
    assert calibration.ranking.retrieval_weight > 0
    with pytest.raises(ModelCorrupt, match="another reader"):
        Calibration.load(reader="0" * 64)


def test_its_thresholds_keep_their_promises_on_corpora_left_out():
    stored = json.loads((MODELS / "calibration.json").read_text())
    everything = stored["left_out"]["all"]
    assert everything["questions"] >= 500
    assert everything["absent_answered"] <= 7
    assert everything["wrong_shown"] <= 7
    assert everything["ece"] < 0.06
    assert everything["possible_helps"] > 50  # candidates help more often than they mislead


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "[]",
        '{"weights": {}, "bias": 0, "threshold": 0.2, "reader": "x"}',  # the former format
        "[" * 100_000,
    ],
)
def test_a_damaged_file_names_the_command_that_replaces_it(tmp_path, content):
    (tmp_path / "calibration.json").write_text(content)
    with pytest.raises(ModelCorrupt, match=r"training\.calibrate"):
        Calibration.load(reader="x", folder=tmp_path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("retrieval_weight", "far"),
        ("retrieval_weight", math.nan),
        ("answer", 1),
        ("answer", {"weights": [], "bias": 0}),
        ("change", {"weights": {}}),
        ("gain", {"weights": {"margin": "much"}, "bias": 0}),
        ("retrieval_weight", 10**400),
        ("threshold", math.inf),
        ("threshold", "0.5"),
        ("threshold", -0.1),
        ("threshold", 1.1),
        ("possible", -0.1),
        ("strictness", [[0.5]]),
        ("strictness", [[0.5, 9]]),
        ("strictness", [[0.5, 0.6], [0.9, 0.3]]),
        ("strictness", [[0.9, 0.3], [0.5, 0.6]]),
        ("selection", {"score": 1}),
    ],
)
def test_an_invalid_value_names_the_command_that_replaces_it(tmp_path, key, value):
    stored = json.loads((MODELS / "calibration.json").read_text())
    (tmp_path / "calibration.json").write_text(json.dumps({**stored, key: value}))
    with pytest.raises(ModelCorrupt, match=r"training\.calibrate"):
        Calibration.load(reader=stored["reader"], folder=tmp_path)


@pytest.mark.parametrize(
    ("chance", "changed"),
    [
        *(
            (chance, {"mood": 1.0})
            for chance in ("answer", "looked", "change", "gain", "selection")
        ),
        *((chance, {"margin": None}) for chance in ("answer", "looked", "change", "gain")),
        ("looked", {"second_own": None}),
        ("selection", {"echo": None}),
    ],
)
def test_weights_of_other_features_are_refused_before_a_question_meets_them(
    tmp_path, chance, changed
):
    stored = json.loads((MODELS / "calibration.json").read_text())
    where = stored if chance == "selection" else stored[chance]
    key = "selection" if chance == "selection" else "weights"
    weights = {**where[key], **changed}
    where[key] = {k: weight for k, weight in weights.items() if weight is not None}
    (tmp_path / "calibration.json").write_text(json.dumps(stored))
    with pytest.raises(ModelCorrupt, match=rf"missing or unknown features: {next(iter(changed))}'"):
        Calibration.load(reader=stored["reader"], folder=tmp_path)


@pytest.mark.parametrize("chance", CHANCES)
def test_a_chance_without_a_bias_is_refused(tmp_path, chance):
    stored = json.loads((MODELS / "calibration.json").read_text())
    del stored[chance]["bias"]
    (tmp_path / "calibration.json").write_text(json.dumps(stored))
    with pytest.raises(ModelCorrupt, match="bias"):
        Calibration.load(reader=stored["reader"], folder=tmp_path)


@pytest.mark.parametrize(
    "key",
    [
        "retrieval_weight",
        "answer",
        "change",
        "gain",
        "threshold",
        "possible",
        "reader",
        "second_reader",
        "strictness",
        "selection",
    ],
)
def test_a_missing_key_is_named(tmp_path, key):
    stored = json.loads((MODELS / "calibration.json").read_text())
    (tmp_path / "calibration.json").write_text(json.dumps(stored))
    fingerprint = OnnxReader().fingerprint
    Calibration.load(reader=fingerprint, folder=tmp_path)
    del stored[key]
    (tmp_path / "calibration.json").write_text(json.dumps(stored))
    with pytest.raises(ModelCorrupt, match=key):
        Calibration.load(reader=fingerprint, folder=tmp_path)


def test_a_missing_file_names_the_command_that_creates_it(tmp_path):
    with pytest.raises(ModelNotFound, match=r"training\.calibrate"):
        Calibration.load(reader="x", folder=tmp_path)

import json
import shutil

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, numpy_helper
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info

from qa.errors import ModelCorrupt, ModelNotFound
from qa.networks.reader import OnnxReader
from qa.networks.weights import MODELS
from qa.types import Passage

INPUTS = ("input_ids", "token_type_ids")
LOGITS = ("start_logits", "end_logits")


@pytest.fixture(scope="module")
def reader():
    return OnnxReader()


def passage(text, start=0):
    return Passage("a.txt", start, start + len(text), text)


GIFT = passage(
    "On Tuesday the governor of Osaka gave the mayor of Hamburg a wooden clock. "
    "It was carved by Ichiro Tanaka in 1894.",
    start=1000,
)
RIVER = passage("The Elbe rises in the Giant Mountains and flows through Dresden.")


def best(reader, question, text):
    return reader.read(question, [text])[0][0]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Who carved the clock?", "Ichiro Tanaka"),
        ("who carved the clock", "Ichiro Tanaka"),
        ("When was the clock carved?", "1894"),
        ("Which river flows through Dresden?", None),
    ],
)
def test_reads(reader, question, answer):
    span = best(reader, question, GIFT)
    if answer is None:
        assert span.score < span.null_score
    else:
        assert span.text == answer
        assert span.score > span.null_score


def test_offsets_are_those_of_the_document(reader):
    span = best(reader, "Who carved the clock?", GIFT)
    assert GIFT.text[span.start - 1000 : span.end - 1000] == span.text


def test_raw_scores_put_the_right_passage_first(reader):
    spans = reader.read("Who carved the clock?", [RIVER, GIFT])
    assert spans[1][0].score > spans[0][0].score


def test_a_passage_reads_the_same_whatever_its_neighbours(reader):
    alone = reader.read("Who carved the clock?", [GIFT])[0]
    among = reader.read("Who carved the clock?", [RIVER, passage("x " * 400), GIFT, RIVER])[2]
    assert alone == among


def test_an_answer_far_down_a_long_passage_is_found(reader):
    text = "Nothing of note happened that day in the valley. " * 60 + GIFT.text
    span = best(reader, "Who carved the clock?", passage(text))
    assert span.text == "Ichiro Tanaka"


def test_a_span_is_compared_with_the_null_of_its_own_window(reader, monkeypatch):
    nulls = {"Weber": set(), "Tanaka": set(), "": set()}
    run = reader._run

    def remember(ids, types):
        starts, ends = run(ids, types)
        read = reader._tokenizer.decode(ids[0])
        name = next((name for name in nulls if name.lower() in read), "")
        nulls[name].add(float(starts[0]) + float(ends[0]))
        return starts, ends

    monkeypatch.setattr(reader, "_run", remember)
    filler = "Nothing of note happened that day in the valley. " * 40
    text = f"{GIFT.text} {filler} The other clock was carved by Anna Weber in 1911. {filler}"
    spans = reader.read("Who carved the other clock?", [passage(text)], n=50)[0]
    assert spans[0].text == "Anna Weber"
    for name in ("Weber", "Tanaka"):
        found = {span.null_score for span in spans if name in span.text}
        assert found and found <= nulls[name]
    assert min(nulls[""]) < max(nulls["Weber"])  # a window without an answer may have a lower one


def test_no_passages_give_no_spans(reader):
    assert reader.read("Who?", []) == []


@given(st.text(max_size=200), st.text(max_size=400))
@example("", "")
@example("?", "word")
@example("誰が車を受け取りましたか", "金正恩は車を受け取った。")
@example("who " * 5000, "short")
@example("who", "nospaces" * 500)
@example("who", "單" * 3000)
@example("כ", "word")
@example("?", "\u200b\u0301")
@example(
    "who", "\ud800 lone surrogate".encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
)
@settings(max_examples=40, deadline=None)
def test_any_text_gives_spans_that_occur_in_it(reader, question, text):
    for span in reader.read(question, [passage(text, 7)])[0]:
        assert span.text == text[span.start - 7 : span.end - 7]
        assert span.text


@pytest.fixture
def copy(tmp_path):
    folder = tmp_path / "models"
    folder.mkdir()
    for name in ("reader.onnx", "reader.json", "tokenizer.json"):
        shutil.copy(MODELS / name, folder / name)
    return folder


@pytest.mark.parametrize("name", ["reader.onnx", "tokenizer.json"])
def test_a_flipped_byte_is_found_before_use(copy, name):
    data = bytearray((copy / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copy / name).write_bytes(data)
    with pytest.raises(ModelCorrupt, match=r"reinstall Verbatim"):
        OnnxReader(copy)


@pytest.mark.parametrize("name", ["reader.onnx", "reader.json", "tokenizer.json"])
def test_a_missing_file_is_named(copy, name):
    (copy / name).unlink()
    with pytest.raises(ModelNotFound, match="reinstall Verbatim"):
        OnnxReader(copy)


def test_foreign_weights_with_a_right_hash_are_rejected(copy):
    from qa.hashing import sha256_of

    (copy / "reader.onnx").write_bytes(b"not a network")
    description = json.loads((copy / "reader.json").read_text())
    description["weights_sha256"] = sha256_of(copy / "reader.onnx")
    (copy / "reader.json").write_text(json.dumps(description))
    with pytest.raises(ModelCorrupt, match="no usable reader"):
        OnnxReader(copy)


def describe(folder):
    """Write a description of the files in the folder, as an export does."""
    from qa.hashing import sha256_of

    description = json.loads((folder / "reader.json").read_text())
    description["weights_sha256"] = sha256_of(folder / "reader.onnx")
    description["tokenizer_sha256"] = sha256_of(folder / "tokenizer.json")
    (folder / "reader.json").write_text(json.dumps(description))


def test_a_tokenizer_that_is_not_text_is_rejected(copy):
    (copy / "tokenizer.json").write_bytes(b"\xff")
    describe(copy)
    with pytest.raises(ModelCorrupt, match=r"not UTF-8 .*: reinstall Verbatim"):
        OnnxReader(copy)


def test_a_network_with_logits_of_another_shape_is_rejected(copy):
    ids, types = (make_tensor_value_info(name, TensorProto.INT64, [1, "tokens"]) for name in INPUTS)
    logits = [make_tensor_value_info(name, TensorProto.FLOAT, [1, 1]) for name in LOGITS]
    zero = numpy_helper.from_array(np.zeros((1, 1), np.float32), "zero")
    nodes = [make_node("Identity", ["zero"], [name]) for name in LOGITS]
    graph = make_graph(nodes, "reader", [ids, types], logits, [zero])
    network = make_model(graph, opset_imports=[make_opsetid("", 20)], ir_version=9)
    (copy / "reader.onnx").write_bytes(network.SerializeToString())
    describe(copy)
    with pytest.raises(ModelCorrupt, match=r"no usable reader \(logits \(1,\) for 5 tokens"):
        OnnxReader(copy)


def test_another_network_is_rejected(copy):
    shutil.copy(MODELS / "encoder.onnx", copy / "reader.onnx")
    describe(copy)
    with pytest.raises(ModelCorrupt, match=r"no usable reader .*: reinstall Verbatim"):
        OnnxReader(copy)


@pytest.mark.parametrize(
    "change",
    [
        lambda tokens: tokens["model"]["vocab"].update(unheardof=len(tokens["model"]["vocab"])),
        # The last word of the vocabulary, so that every other keeps its number.
        lambda tokens: tokens["model"]["vocab"].pop(
            max(tokens["model"]["vocab"], key=tokens["model"]["vocab"].get)
        ),
        lambda tokens: (
            # Under another name, so that there are as many tokens.
            tokens["model"]["vocab"].update({"</s>": tokens["model"]["vocab"].pop("[SEP]")}),
            tokens.update(added_tokens=[], post_processor=None),
        ),
        lambda tokens: tokens.update(model={"type": "WordLevel"}),
    ],
    ids=["more tokens than the network knows", "fewer tokens", "no [SEP]", "no tokenizer"],
)
def test_a_tokenizer_that_does_not_fit_the_network_is_rejected(copy, change):
    tokenizer = json.loads((copy / "tokenizer.json").read_text(encoding="utf-8"))
    change(tokenizer)
    (copy / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    describe(copy)
    with pytest.raises(ModelCorrupt, match="no usable reader"):
        OnnxReader(copy)


def test_pipelines_share_the_network(reader):
    other = OnnxReader()
    assert other._session is reader._session


def test_reading_stays_within_its_budget_and_begins_with_the_first_passage(reader, monkeypatch):
    read = []
    run = reader._run
    monkeypatch.setattr(reader, "_run", lambda ids, types: read.append(ids.size) or run(ids, types))
    long = passage("Nothing of note happened that day in the valley. " * 1100)  # 10,000 words
    found = reader.read("Who carved the clock?", [GIFT, long, RIVER], max_tokens=1000)
    assert 1000 - 256 < sum(read) <= 1000
    assert found[0][0].text == "Ichiro Tanaka"
    assert found[1]
    assert found[2] == []  # beyond the budget


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 2}', "[" * 100_000])
def test_a_damaged_description_is_rejected(copy, content):
    (copy / "reader.json").write_text(content)
    with pytest.raises(ModelCorrupt, match=r"reader\.json"):
        OnnxReader(copy)


def test_the_heading_is_read_and_never_quoted(reader):
    text = "It was carved in 1894 and stands in the town hall. The governor had it repaired."
    bare = Passage("a.txt", 0, len(text), text)
    headed = Passage("a.txt", 0, len(text), text, "The wooden clock of Hamburg › Its history")
    question = "When was the wooden clock of Hamburg carved?"
    without, within = reader.read(question, [bare, headed])
    assert within[0].text == "1894"
    # Only the heading says what "it" is: with it the score is higher.
    assert within[0].score - within[0].null_score > without[0].score - without[0].null_score
    for span in reader.read("What is the heading?", [headed])[0]:
        assert text[span.start : span.end] == span.text
    long = Passage("a.txt", 0, len(text), text, "clock " * 500)
    assert reader.read(question, [long])[0][0].text == "1894"

"""The second reader: from a teacher to files of limited size, and back to answers."""

import hashlib
import json
import shutil
import sys

import numpy as np
import onnx
import pytest
import torch
from networks import mpnet_tokenizer
from safetensors.torch import save_file
from transformers import MPNetConfig, MPNetForQuestionAnswering

from qa.errors import ModelCorrupt, ModelNotFound
from qa.networks.reader import OnnxReader
from qa.networks.weights import SECOND_READER, encoder_folder
from qa.types import Passage
from training import export
from training.networks import load_reader, load_tokenizer
from training.rows import Row
from training.smoothing import Smoothed, smooth
from training.teacher import export as command
from training.teacher.checkpoint import write_checkpoint
from training.teacher.export import RowTeacher, export_second_reader
from training.teacher.network import load_teacher
from training.teacher.recipe import Recipe
from training.teacher.restore import restore_second_reader
from training.teacher.run import Run
from training.teacher.units import ROWS

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning"),
    pytest.mark.filterwarnings("ignore:.*axis name. tokens"),
]
TEXT = "The mail boat leaves Edda Lunde's pier at half past six in summer."


@pytest.fixture(scope="module")
def teacher_folder(tmp_path_factory):
    """An MPNet of two small layers with random weights, its word pieces in another order."""
    folder = tmp_path_factory.mktemp("teacher")
    large = mpnet_tokenizer(load_tokenizer(), seed=2)
    config = MPNetConfig(
        vocab_size=large.get_vocab_size(),
        hidden_size=36,
        num_hidden_layers=2,
        num_attention_heads=12,
        intermediate_size=48,
        max_position_embeddings=514,
        initializer_range=0.3,
    )
    torch.manual_seed(3)
    network = MPNetForQuestionAnswering(config)
    with torch.no_grad():
        for weight in network.parameters():  # equal ones would be stored once
            if weight.ndim == 1:
                weight.add_(torch.randn_like(weight), alpha=0.1)
    save_file(network.state_dict(), folder / "model.safetensors")
    config.save_pretrained(folder)
    large.save(str(folder / "tokenizer.json"))
    return folder


def rows(count):
    """Rows of a question and a passage, to be read while layers are smoothed."""
    texts = (f"Who is number {number}?" for number in range(count))
    found = (load_tokenizer().encode(text, TEXT).ids for text in texts)
    return [Row(ids, 8, 8, 8, {0: 1.0}, {0: 1.0}, at, 0.0) for at, ids in enumerate(found)]


def write_rows(path, count):
    """Write such rows as ``training.teacher.mix`` does."""
    written = rows(count)
    each = dict.fromkeys(("heading_start", "window_start", "first_token"), np.full(count, 8))
    targets = {"target_row": np.arange(count), "target_position": np.zeros(count, int)}
    shares = dict.fromkeys(("target_start", "target_end"), np.ones(count))
    path.parent.mkdir(parents=True)
    np.savez(
        path,
        ids=np.concatenate([row.ids for row in written]),
        ends=np.cumsum([len(row.ids) for row in written]),
        unit=np.arange(count),
        prior=np.zeros(count),
        guided=np.zeros(count, bool),
        **each,
        **targets,
        **shares,
    )


@pytest.fixture(scope="module")
def trained(teacher_folder):
    """The teacher's weights as if its upper layer and its head had been trained."""
    state = load_teacher(teacher_folder).network.state_dict()
    return {name: weight * 1.01 if is_trained(name) else weight for name, weight in state.items()}


def is_trained(name):
    return "layer.1." in name or "qa_outputs" in name


@pytest.fixture(scope="module")
def exported(tmp_path_factory, teacher_folder, trained):
    models = tmp_path_factory.mktemp("models")
    teacher = load_teacher(teacher_folder, precision="fp32")
    teacher.network.load_state_dict(trained)
    teacher.network.train(False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "PART_BYTES", 400_000)
        export_second_reader(teacher, rows(3), models, {"weights": "random"})
    return models


@pytest.fixture
def models(exported, tmp_path):
    return shutil.copytree(exported, tmp_path / "models")


def test_the_exported_file_can_be_trained_further(teacher_folder, trained, exported, tmp_path):
    restore_second_reader(teacher_folder, tmp_path, models=exported)
    begun = load_teacher(teacher_folder).network.state_dict()
    for name, weight in load_teacher(tmp_path).network.state_dict().items():
        assert (weight - trained[name]).norm() <= 0.05 * trained[name].norm(), name
        assert torch.equal(weight, begun[name]) is not is_trained(name), name


def test_another_network_is_not_restored_as_the_second_reader(teacher_folder, models, tmp_path):
    whole = b"".join(path.read_bytes() for path in sorted(models.glob("second_reader-*.onnx")))
    network = onnx.load_model_from_string(whole)
    for node in network.graph.node:
        node.input[:] = [name.replace("layer.1.", "layer.7.") for name in node.input]
    for tensor in network.graph.initializer:
        tensor.name = tensor.name.replace("layer.1.", "layer.7.")
    changed = network.SerializeToString()
    (models / "second_reader.onnx").write_bytes(changed)
    path = models / "second_reader.json"
    stored = {"weights_sha256": hashlib.sha256(changed).hexdigest(), "parts": 1}
    path.write_text(json.dumps({**json.loads(path.read_text()), **stored}))
    with pytest.raises(ModelCorrupt, match="no exported second reader"):
        restore_second_reader(teacher_folder, tmp_path / "restored", models=models)


@pytest.mark.parametrize("tokens", [2, 57, 511])
def test_the_exported_network_is_the_one_of_transformers(teacher_folder, tokens):
    teacher = load_teacher(teacher_folder, precision="fp32")
    teacher.network.train(False)
    ids = torch.randint(1000, 20000, (1, tokens), generator=torch.Generator().manual_seed(tokens))
    with torch.inference_mode():
        found = RowTeacher(teacher).eval()(ids, torch.zeros_like(ids))
        expected = teacher.network(input_ids=teacher.table[ids], attention_mask=ids > 0)
    for mine, theirs in zip(found, (expected.start_logits, expected.end_logits), strict=True):
        assert torch.allclose(mine, theirs, atol=1e-5)


def test_smoothing_changes_nothing_but_what_int8_loses(teacher_folder):
    teacher = load_teacher(teacher_folder, precision="fp32")
    teacher.network.train(False)
    layers = teacher.network.mpnet.encoder.layer
    with torch.no_grad():
        for layer in layers:  # the outliers of a trained network
            layer.attention.LayerNorm.weight[5] = 60.0
    ids = teacher.table[torch.tensor([rows(1)[0].ids])]

    def logits():
        with torch.inference_mode():
            return teacher.network(ids).start_logits

    exact = logits()
    before = rounded(layers[1].intermediate.dense, ids, teacher.network)
    smooth(layers, logits)
    assert torch.allclose(logits(), exact, atol=1e-4)
    assert isinstance(layers[1].attention.attn.q, Smoothed)
    after = rounded(layers[1].intermediate.dense, ids, teacher.network)
    assert after < before / 2


def rounded(layer, ids, network):
    """Return what is lost where the states that enter a linear layer are rounded to int8."""
    states = []
    linear = getattr(layer, "linear", layer)
    hook = linear.register_forward_hook(lambda _, given, result: states.append((given[0], result)))
    with torch.inference_mode():
        network(ids)
        hook.remove()
        ((given, result),) = states
        scale = given.abs().max() / 127
        return float((linear((given / scale).round() * scale) - result).abs().mean())


def test_a_network_in_parts_is_read_as_one(models):
    parts = sorted(models.glob("second_reader-*.onnx"))
    assert len(parts) > 2 and all(part.stat().st_size <= 400_000 for part in parts)
    description = json.loads((models / "second_reader.json").read_text())
    assert description["parts"] == len(parts)
    (spans,) = OnnxReader(models, name=SECOND_READER).read("When?", [Passage("", 0, 66, TEXT)])
    assert spans and all(TEXT[span.start : span.end] == span.text for span in spans)


def test_parts_that_are_missing_cut_or_in_another_order_are_found(models):
    first, second = models / "second_reader-1.onnx", models / "second_reader-2.onnx"
    one, two = first.read_bytes(), second.read_bytes()
    first.write_bytes(two)
    second.write_bytes(one)
    with pytest.raises(ModelCorrupt, match=r"second_reader-1.onnx and second_reader-2.onnx"):
        OnnxReader(models, name=SECOND_READER)
    first.write_bytes(one)
    second.write_bytes(two[:-1])
    with pytest.raises(ModelCorrupt, match="are not the published files"):
        OnnxReader(models, name=SECOND_READER)
    second.unlink()
    with pytest.raises(ModelNotFound, match=r"second_reader-2.onnx cannot be read"):
        OnnxReader(models, name=SECOND_READER)


@pytest.mark.parametrize("parts", [0, -1, "2", 1.5, None, 10**9])
def test_an_odd_number_of_parts_is_refused(models, parts):
    description = json.loads((models / "second_reader.json").read_text())
    (models / "second_reader.json").write_text(json.dumps({**description, "parts": parts}))
    with pytest.raises(ModelCorrupt, match="parts"):
        OnnxReader(models, name=SECOND_READER)


def test_the_command_exports_a_checkpoint(tmp_path, monkeypatch, capsys, teacher_folder):
    recipe = Recipe(frozen=1)
    checkpoint = write_checkpoint(Run(load_teacher(teacher_folder), recipe), tmp_path)
    write_rows(tmp_path / "data" / "train" / ROWS, 3)
    folders = (teacher_folder, checkpoint, tmp_path / "data", tmp_path / "models")
    arguments = list(map(str, folders))
    monkeypatch.setattr(sys, "argv", ["export", *arguments, "--weights", "model"])
    command.main()
    assert "second_reader.onnx" in capsys.readouterr().out
    made_of = json.loads((tmp_path / "models" / "second_reader.json").read_text())["training"]
    assert made_of["step"] == 0 and made_of["recipe"]["frozen"] == 1
    OnnxReader(tmp_path / "models", name=SECOND_READER)


def test_the_small_reader_is_no_second_one(tmp_path):
    load_reader(encoder_folder()).save_pretrained(tmp_path / "small")
    load_tokenizer().save(str(tmp_path / "small" / "tokenizer.json"))
    with pytest.raises(ModelCorrupt, match="is an MPNet"):
        export_second_reader(load_teacher(tmp_path / "small"), rows(1), tmp_path / "models", {})

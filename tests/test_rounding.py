"""Rounding in training against what ONNX Runtime makes of the same weights."""

import numpy as np
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper, save
from onnxruntime.quantization import QuantType, quantize_dynamic
from transformers import BertConfig, BertForQuestionAnswering

from qa.networks.weights import Model
from training.rounding import RealTokens, RoundedLinear, add_rounding


@pytest.fixture
def layer():
    torch.manual_seed(3)
    made = torch.nn.Linear(48, 32)
    made.weight.data[:, 5] *= 20
    return made.eval()


def rounded(layer, states, mask=None):
    copy = RoundedLinear(48, 32)
    copy.load_state_dict(layer.state_dict())
    copy.real_tokens = RealTokens(mask)
    return copy(states)


def test_a_rounded_layer_computes_what_the_int8_file_does(layer, tmp_path):
    states = torch.randn(1, 9, 48)
    product = helper.make_node("MatMul", ["states", "weight"], ["product"])
    graph = helper.make_graph(
        [product],
        "layer",
        [helper.make_tensor_value_info("states", TensorProto.FLOAT, [1, 9, 48])],
        [helper.make_tensor_value_info("product", TensorProto.FLOAT, [1, 9, 32])],
        [numpy_helper.from_array(layer.weight.detach().numpy().T.copy(), "weight")],
    )
    opset = helper.make_opsetid("", 20)
    plain, int8 = tmp_path / "float.onnx", tmp_path / "int8.onnx"
    save(helper.make_model(graph, opset_imports=[opset], ir_version=10), plain)
    quantize_dynamic(plain, int8, per_channel=True, weight_type=QuantType.QInt8)
    session = Model(int8.read_bytes(), "", "").session()
    (product,) = session.run(None, {"states": states.numpy()})
    expected = product + layer.bias.detach().numpy()
    found, exact = rounded(layer, states).detach(), layer(states).detach()
    difference = np.abs(expected - exact.numpy()).max()
    assert difference > 1e-3
    assert np.abs(expected - found.numpy()).max() < difference / 100


def test_a_text_is_rounded_without_its_neighbours_and_padding(layer):
    states = torch.randn(2, 7, 48)
    states[1] *= 50
    states[0, 5:] *= 30
    mask = torch.tensor([[1, 1, 1, 1, 1, 0, 0], [1] * 7])
    both, alone = rounded(layer, states, mask), rounded(layer, states[:1, :5])
    assert torch.allclose(both[0, :5], alone[0], atol=1e-5)


def test_gradients_pass_the_rounding(layer):
    states = torch.randn(1, 4, 48, requires_grad=True)
    layer.zero_grad()
    layer(states).sum().backward()
    plain = states.grad.clone()
    states.grad = None
    rounded(layer, states).sum().backward()
    assert torch.allclose(states.grad, plain, rtol=0.05, atol=0.02 * float(plain.abs().max()))


def test_a_whole_network_rounds_and_keeps_its_weights():
    torch.manual_seed(1)
    config = BertConfig(
        hidden_size=24, num_hidden_layers=2, num_attention_heads=2, intermediate_size=40
    )
    network = BertForQuestionAnswering(config).eval()
    ids = torch.arange(100, 112)[None]
    names, before = list(network.state_dict()), network(input_ids=ids).start_logits
    add_rounding(network).mask = torch.ones_like(ids)
    after = network(input_ids=ids).start_logits
    assert 0 < float((after - before).detach().abs().max()) < 0.1
    assert list(network.state_dict()) == names

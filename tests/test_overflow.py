"""Products of 8-bit integers: exact on every processor, by its fastest kernels that are."""

import numpy as np
import pytest
from onnx import TensorProto, helper, load_model_from_string

from qa.networks import overflow, weights
from qa.networks.weights import read_model


class Saturating:
    """What a processor without VNNI computes: pairs of products are added in 16 bits."""

    def run(self, _, given):
        a, b = (given[name].astype(np.int64) for name in "ab")
        pairs = a[:, ::2, None] * b[None, ::2] + a[:, 1::2, None] * b[None, 1::2]
        return [np.minimum(pairs, 2**15 - 1).sum(axis=1)]


class Exact:
    def run(self, _, given):
        return [given["a"].astype(np.int64) @ given["b"]]


def test_the_product_is_one_of_unsigned_states_and_signed_weights():
    network = load_model_from_string(overflow._PRODUCT)
    kinds = {"a": TensorProto.UINT8, "b": TensorProto.INT8, "c": TensorProto.INT32}
    values = [helper.make_tensor_value_info(name, kind, None) for name, kind in kinds.items()]
    node = helper.make_node("MatMulInteger", ["a", "b"], ["c"])
    assert network.graph == helper.make_graph([node], "g", values[:2], values[2:])


def test_an_overflow_is_seen():
    assert overflow._is_inexact(Saturating())
    assert not overflow._is_inexact(Exact())


@pytest.fixture
def session(monkeypatch):
    """Sessions of the first reader, on processors that are said to overflow or not."""

    def made(overflows):
        monkeypatch.setattr(weights, "products_overflow", lambda: overflows)
        return read_model("reader")._session()

    return made


@pytest.mark.parametrize("overflows", [False, True])
def test_only_where_products_overflow_are_other_kernels_chosen(session, overflows):
    options = session(overflows).get_session_options()
    try:
        entry = options.get_session_config_entry(overflow.EXACT)
    except RuntimeError:  # there is no such entry
        entry = ""
    assert (entry == "1") is overflows


def test_what_this_processor_is_said_to_need_changes_no_logit(session):
    ids = np.random.default_rng(5).integers(1000, 20000, (1, 90))
    given = {"input_ids": ids, "token_type_ids": np.zeros_like(ids)}
    needed, exact = (
        session(overflows).run(None, given) for overflows in (overflow.products_overflow(), True)
    )
    for found, expected in zip(needed, exact, strict=True):
        assert np.array_equal(found, expected)

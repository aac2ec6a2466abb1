import json
import os
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from qa.errors import ModelCorrupt, ModelNotFound
from qa.networks.encoder import SentenceEncoder
from qa.networks.parts import PARTS, unpacked
from qa.networks.threads import cores, limit_threads
from qa.networks.weights import read_model

TEXTS = [
    "The governor gave the mayor a wooden clock.",
    "Who received the clock?",
    "x",
    "",
    "HS 8703 covers motor cars; 昔々 café naïve 🚗. " * 12,
]


def test_vectors_of_texts_and_their_parts_are_unit_float32(encoder):
    rows = encoder.encode(TEXTS)
    assert rows.shape == (len(TEXTS), encoder.row_size)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows[:, : encoder.dimension], axis=1), 1, atol=1e-5)
    parts = unpacked(rows[:, encoder.dimension :], encoder.dimension)
    assert parts.shape == (len(TEXTS), PARTS, encoder.dimension)
    np.testing.assert_allclose(np.linalg.norm(parts, axis=2), 1, atol=0.2)
    assert encoder.encode([]).shape == (0, encoder.row_size)


def test_a_question_is_nearer_to_its_passage(encoder):
    passage, question, other = encoder.encode(
        ["The mayor received a clock.", "Who was given a clock?", "Rain fell in Peru all week."]
    )[:, : encoder.dimension]
    assert passage @ question > other @ question + 0.3


def test_a_sentence_that_answers_is_nearer_than_its_passage(encoder):
    filler = "The baker of the village closed his shop for two weeks in August. "
    text = 4 * filler + "\n\nRefunds are paid within ten days.\n\n" + 4 * filler
    (row,) = encoder.encode([text])
    vector = encoder.encode_query("when are refunds paid")
    parts = unpacked(row[None, encoder.dimension :], encoder.dimension)[0] @ vector
    assert parts.max() > row[: encoder.dimension] @ vector + 0.02
    assert parts.max() > sorted(parts)[-2] + 0.1


def test_a_vector_depends_on_its_text_alone(encoder):
    together = encoder.encode(TEXTS)
    np.testing.assert_array_equal(encoder.encode(TEXTS[::-1])[::-1], together)
    for text, vector in zip(TEXTS, together, strict=True):
        np.testing.assert_array_equal(encoder.encode([text])[0], vector)


def test_a_question_has_the_vector_of_the_same_text(encoder):
    for text in (*TEXTS, "word " * 1000):
        vector = encoder.encode_query(text)
        assert (vector.shape, vector.dtype) == ((encoder.dimension,), np.float32)
        np.testing.assert_array_equal(vector, encoder.encode([text])[0, : encoder.dimension])


def test_threads_get_the_same_vectors(encoder):
    expected = encoder.encode(TEXTS)
    wrong = []

    def work():
        if not np.array_equal(encoder.encode(TEXTS), expected):
            wrong.append(threading.current_thread())

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_long_text_is_cut_at_the_limit(encoder):
    begin = "word " * (encoder.max_tokens - 2)
    one, other = encoder.encode([begin, begin + "something else entirely"])
    np.testing.assert_array_equal(one, other)


def test_tokens_are_counted_beyond_the_limit_without_special_ones(encoder):
    assert encoder.count_tokens(["", "word", "word word", "unbelievably"])[:3] == [0, 1, 2]
    assert encoder.count_tokens(["word " * 1000, "word " * 254]) == [1000, 254]
    # Two special tokens fill the limit of 256: one word more changes nothing, one less does.
    full, more, less = encoder.encode(["word " * count for count in (254, 255, 253)])
    np.testing.assert_array_equal(full, more)
    assert not np.array_equal(full, less)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """The shipped model in float32, as any other local folder."""
    from training.restore import restore_encoder  # and PyTorch, when it is needed

    folder = tmp_path_factory.mktemp("model") / "mine"
    restore_encoder(folder)
    return folder


def test_another_folder_is_another_encoder(encoder, tmp_path, model):
    model = shutil.copytree(model, tmp_path / "mine")
    other = SentenceEncoder(model)
    assert (other.name, other.dimension, other.max_tokens) == ("mine", 384, 256)
    assert other.fingerprint != encoder.fingerprint
    assert other.fingerprint == SentenceEncoder(str(model)).fingerprint
    # The same network in float32.
    assert other.row_size == other.dimension
    cosines = np.sum(other.encode(TEXTS) * encoder.encode(TEXTS)[:, : other.dimension], axis=1)
    assert cosines.min() > 0.97
    np.testing.assert_array_equal(other.encode_query(TEXTS[1]), other.encode(TEXTS[1:2])[0])
    (model / "vocab.txt").write_text("more\n", encoding="utf-8")
    assert other.fingerprint != SentenceEncoder(model).fingerprint


def test_a_folder_without_a_usable_model_is_an_error(tmp_path, model):
    with pytest.raises(ModelNotFound) as caught:
        SentenceEncoder(tmp_path)
    assert caught.value.remedy == f"fetch one with `hf download NAME --local-dir {tmp_path}`"
    model = shutil.copytree(model, tmp_path / "model")
    whole = (model / "tokenizer.json").read_text(encoding="utf-8")
    more = json.loads(whole)
    more["model"]["vocab"]["unheardof"] = len(more["model"]["vocab"])
    for content in ("{}", "no tokenizer", json.dumps(more)):
        (model / "tokenizer.json").write_text(content, encoding="utf-8")
        with pytest.raises(ModelCorrupt, match="name another"):
            SentenceEncoder(model)
    (model / "tokenizer.json").write_text(whole, encoding="utf-8")
    (model / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ModelCorrupt, match="name another"):
        SentenceEncoder(model)


@pytest.mark.parametrize("change", ["no tokenizer", "more tokens", "fewer tokens", "no network"])
def test_an_invalid_shipped_model_is_an_error(tmp_path, monkeypatch, change):
    model = read_model("encoder")
    tokenizer = json.loads(model.tokenizer)
    vocabulary = tokenizer["model"]["vocab"]
    if change == "more tokens":
        vocabulary["unheardof"] = len(vocabulary)
    elif change == "fewer tokens":
        del vocabulary[max(vocabulary, key=vocabulary.get)]
    elif change == "no tokenizer":
        tokenizer = {}
    network = b"" if change == "no network" else model.network
    changed = replace(model, network=network, tokenizer=json.dumps(tokenizer), sha256="")
    monkeypatch.setattr("qa.networks.encoder.read_model", lambda *_, **__: changed)
    with pytest.raises(ModelCorrupt, match="reinstall Verbatim"):
        SentenceEncoder()


def test_the_shipped_encoder_loads_no_torch_and_leaves_libraries_one_thread_each():
    code = """
import sys
from qa.networks.encoder import SentenceEncoder
import qa.cli, qa.pipeline
encoder = SentenceEncoder()
encoder.count_tokens(["one two"])
encoder.encode_query("one two?")
vectors = encoder.encode(["one"] * 8)
assert not {"torch", "transformers", "sentence_transformers"} & sys.modules.keys()
import faiss
index = faiss.IndexFlatIP(384)
index.add(vectors[:, :384].copy())
index.search(vectors[:1, :384].copy(), 3)
print(len(__import__("os").listdir("/proc/self/task")) if sys.platform == "linux" else 0)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    # The main thread and one worker a core; numpy's BLAS may idle beside them. There is no
    # OpenMP team per worker and library.
    assert int(done.stdout) <= 1 + 3 * cores() + 4


def test_cores_are_those_this_process_may_use(monkeypatch, tmp_path):
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert 1 <= cores() <= allowed
    quota = tmp_path / "cpu.max"
    monkeypatch.setattr("qa.networks.threads._QUOTA", quota)
    for text, expected in (("max 100000", allowed), ("50000 100000", 1), ("nonsense", allowed)):
        quota.write_text(text, encoding="ascii")
        assert cores() == expected


def test_no_library_gets_a_team_of_threads(model):
    import faiss
    import torch

    encoder = SentenceEncoder(model)
    assert encoder._pool.submit(torch.get_num_threads).result() == 1
    torch.set_num_threads(2)
    faiss.omp_set_num_threads(2)
    limit_threads()
    assert (torch.get_num_threads(), faiss.omp_get_max_threads()) == (1, 1)


@pytest.mark.alone
def test_searching_between_encodings_does_not_slow_them(model):
    """Two OpenMP runtimes that wait for the same cores made this 10 to 100 times slower."""
    import faiss

    encoder = SentenceEncoder(model)
    vectors = np.tile(encoder.encode(TEXTS), (400, 1))
    index = faiss.IndexFlatIP(encoder.dimension)
    index.add(vectors)

    def seconds(search):
        best = []
        for _ in range(12):
            began = time.perf_counter()
            encoder.encode([TEXTS[0]])
            best.append(time.perf_counter() - began)
            if search:
                index.search(vectors[:64], 10)
        return min(best)

    seconds(search=True)
    assert seconds(search=True) < 5 * seconds(search=False)

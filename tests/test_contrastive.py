import gzip
import json
import math
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from qa.errors import ModelCorrupt
from qa.networks.encoder import SentenceEncoder
from qa.networks.sentence_network import SentenceNetwork
from qa.networks.weights import MODELS, encoder_folder, read_model
from training import contrastive
from training import encoder as encoders
from training.commands import load_tokenizer
from training.contrastive import TEMPERATURE, contrastive_loss, recall, vectors_of
from training.examples import MIX, load_examples
from training.loop import Recipe
from training.negatives import PASSAGE_TOKENS
from training.pairs import PairEpoch, asked_once, padded
from training.restore import restore_encoder

pytestmark = pytest.mark.alone

SPECIAL = (101, 102)


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Every set of the mix, each with towns of its own; questions use other words than texts."""
    target = tmp_path_factory.mktemp("data")
    for name in MIX:
        with gzip.open(target / f"{name}.jsonl.gz", "wt") as file:
            for number in range(12):
                context = "It rained. " * 60 * (number % 2) + f"Ms {name}{number} opened a bridge."
                answer = f"{name}{number}"
                there = [{"text": answer, "answer_start": context.index(answer)}]
                qas = [
                    {"id": f"{number}", "question": f"Who built {name}{number}?", "answers": there},
                    {"id": f"{number}b", "question": "Who closed it?", "answers": []},
                ]
                file.write(json.dumps({"title": "Rain", "context": context, "qas": qas}) + "\n")
    return target


@pytest.fixture(scope="module")
def data(folder, tokenizer):
    mix = {"squad": 1.0, "squad-rejoined": 1.0, "qed": 1.0}
    contexts, examples, held_out = load_examples(folder, tokenizer, seed=1, mix=mix)
    return contexts, examples + held_out


def test_each_question_of_a_paragraph_is_asked_once(data):
    contexts, examples = data
    twin = next(e.context for e in examples if contexts[e.context].source == "squad-rejoined")
    beside = [replace(e, negative=(e.context if e.context % 2 else twin)) for e in examples]
    once = asked_once([*beside, *beside], contexts)
    assert len(once) == 24  # those of squad and of qed; twins and unanswerable ones are left out
    assert all(each.answers for each in once)
    assert {contexts[each.context].source for each in once} == {"squad", "qed"}
    kept = [each.negative for each in once if each.negative >= 0]
    assert kept and twin not in kept


def test_a_batch_has_its_questions_own_passages_first_and_an_answer_in_each(data, tokenizer):
    contexts, examples = data
    pairs = asked_once(examples, contexts)
    pairs = [replace(each, negative=pairs[i - 1].context) for i, each in enumerate(pairs)]
    pairs[1:] = [replace(each, negative=-1) for each in pairs[1:]]
    epoch = PairEpoch(pairs, contexts, special=SPECIAL, size=10, seed=3)
    assert len(epoch) == 2  # the four that are left wait
    seen = []
    for position in range(2):
        batch = epoch[position]
        again = PairEpoch(pairs, contexts, special=SPECIAL, size=10, seed=3)[position]
        assert torch.equal(batch.passages.ids, again.passages.ids)
        assert batch.passages.ids.shape[1] <= PASSAGE_TOKENS
        assert len(batch.questions.ids) == 10
        for row, owner in enumerate(batch.owners[:10].tolist()):
            length = int(batch.passages.mask[row].sum())
            ids = batch.passages.ids[row, :length].tolist()
            assert (ids[0], ids[-1]) == SPECIAL
            assert not batch.passages.mask[row, length:].any()
            (example,) = [each for each in pairs if each.context == owner]
            first, last = next(iter(example.answers))
            answer = tokenizer.decode(contexts[owner].ids[first : last + 1].tolist())
            assert answer in tokenizer.decode(ids)
            seen.append(owner)
        beside = batch.owners[10:].tolist()
        assert len(batch.passages.ids) == len(batch.owners)
        assert beside == ([pairs[0].negative] if pairs[0].context in seen[-10:] else [])
    assert len(set(seen)) == 20
    other = PairEpoch(pairs, contexts, special=SPECIAL, size=10, seed=4)
    assert other[0].owners.tolist() != epoch[0].owners.tolist()
    # Fewer than a batch are one.
    assert len(PairEpoch(pairs[:3], contexts, special=SPECIAL, size=10, seed=3)) == 1
    assert len(PairEpoch([], contexts, special=SPECIAL, size=10, seed=3)) == 0


def test_the_loss_is_of_the_own_passage_among_all_but_those_of_its_paragraph():
    questions = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    passages = torch.tensor([[0.6, 0.8], [0.8, 0.6], [1.0, 0.0]])
    apart = contrastive_loss(questions, passages, torch.tensor([1, 2, 3]))

    def of(*cosines):
        return -math.log(
            math.exp(cosines[0] / TEMPERATURE) / sum(math.exp(c / TEMPERATURE) for c in cosines)
        )

    assert float(apart) == pytest.approx((of(0.6, 0.8, 1.0) + of(0.6, 0.8, 0.0)) / 2, rel=1e-5)
    # The third is of the first question's own paragraph: not wrong for that one.
    same = contrastive_loss(questions, passages, torch.tensor([1, 2, 1]))
    assert float(same) == pytest.approx((of(0.6, 0.8) + of(0.6, 0.8, 0.0)) / 2, rel=1e-5)


def test_vectors_are_those_of_sentence_transformers(tokenizer):
    network = contrastive.load(encoder_folder()).eval()
    texts = ["Who received the car?", "A longer text, so that the other one is padded."]
    rows = [np.array(tokenizer.encode(t, add_special_tokens=False).ids, np.int32) for t in texts]
    with torch.inference_mode():
        ours = vectors_of(network[0].auto_model, padded(rows, SPECIAL), bfloat16=False)
    theirs = network.encode(texts, normalize_embeddings=True, convert_to_tensor=True)
    assert torch.allclose(ours, theirs.cpu(), atol=1e-5)


def test_training_brings_questions_to_their_paragraphs_and_goes_on(data, tokenizer, tmp_path):
    contexts, examples = data
    # Those that begin with what is asked: that is where the validation looks.
    pairs = [
        each for each in asked_once(examples, contexts) if len(contexts[each.context].ids) < 100
    ]
    recipe = Recipe(steps=5, learning_rate=1e-4, cooldown=0.95, averaging=10, frozen=True)
    given = {"tokenizer": tokenizer, "recipe": recipe, "size": 6}

    def trained(output, **more):
        network = contrastive.load(encoder_folder())
        contrastive.train(network, pairs, pairs, contexts, **given, output=output, **more)
        return network[0].auto_model

    def loss(body):
        batch = PairEpoch(pairs, contexts, special=SPECIAL, size=12, seed=1)[0]
        with torch.inference_mode():
            both = [
                vectors_of(body, each, bfloat16=False) for each in (batch.questions, batch.passages)
            ]
        return float(contrastive_loss(*both, batch.owners))

    start = contrastive.load(encoder_folder())[0].auto_model.eval()
    body = trained(tmp_path / "run").eval()
    assert loss(body) < loss(start) / 2
    asked = {"special": SPECIAL, "bfloat16": False}
    # One question is put to a paragraph that it was not asked of.
    asked_of_another = [replace(pairs[0], context=pairs[1].context), *pairs[1:]]
    found = recall(body, asked_of_another, contexts, **asked)
    assert found["questions"] == 12 and found["recall@1"] == 91.67 <= found["recall@5"]
    log = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert log[-1]["event"] == "validation of the average" and log[-1]["step"] == 5
    words = [each.embeddings.word_embeddings.weight for each in (start, body)]
    assert torch.equal(*words)
    contrastive.train(
        contrastive.load(encoder_folder()),
        pairs,
        [],
        contexts,
        **given,
        output=tmp_path / "parts",
        checkpoint_every=2,
        stop_after=2,
    )
    parts = trained(tmp_path / "parts")
    assert all(torch.equal(each, parts.state_dict()[k]) for k, each in body.state_dict().items())


def test_the_command_leaves_a_model_that_an_index_can_be_built_with(
    folder, tmp_path, monkeypatch, capsys
):
    words = [str(folder), "--output", str(tmp_path / "run"), "--steps", "2", "--size", "8"]
    monkeypatch.setattr("sys.argv", ["training.contrastive", *words, "--device", "cpu"])
    contrastive.main()
    checkpoint = tmp_path / "run" / "checkpoint"
    assert str(checkpoint) in capsys.readouterr().out
    encoder, shipped = SentenceEncoder(checkpoint), SentenceEncoder()
    vector = encoder.encode_query("Who received the car?")
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    cosine = float(vector @ shipped.encode_query("Who received the car?"))
    assert 0.5 < cosine < 0.9999
    made = json.loads((checkpoint / "training.json").read_text())
    assert made["recipe"]["steps"] == 2 and made["questions_a_step"] == 8
    assert 0 < made["with_a_negative"] < 96
    # What is done is not said to have been done otherwise.
    for option, value in (("--learning-rate", "1e-4"), ("--size", "9")):
        with monkeypatch.context() as patch, pytest.raises(SystemExit, match="begun with another"):
            patch.setattr("sys.argv", [*sys.argv, option, value])
            contrastive.main()
    assert json.loads((checkpoint / "training.json").read_text()) == made


# PyTorch's exporter, of its own parts.
@pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")
def test_what_was_trained_ships_in_int8_and_comes_back_in_float32(tmp_path, monkeypatch, capsys):
    network = contrastive.load(encoder_folder()).eval()
    with torch.no_grad():  # another one than that which ships
        network[0].auto_model.encoder.layer[-1].output.LayerNorm.weight[:96] *= -1
    checkpoint, models = tmp_path / "checkpoint", tmp_path / "models"
    network.save_pretrained(str(checkpoint), create_model_card=False)
    words = ["training.encoder", str(checkpoint), "--models", str(models)]
    monkeypatch.setattr("sys.argv", words)
    with pytest.raises(SystemExit):
        encoders.main()
    assert "is no checkpoint of training.contrastive" in capsys.readouterr().err
    (checkpoint / "training.json").write_text('{"steps": 2}')
    # A reader's checkpoint says how it was made too.
    modules = (checkpoint / "modules.json").rename(tmp_path / "modules.json")
    with pytest.raises(SystemExit):
        encoders.main()
    assert "is no checkpoint of training.contrastive" in capsys.readouterr().err
    assert not models.exists()
    modules.rename(checkpoint / "modules.json")
    encoders.main()
    # It has the tokenizer of the reader, to the byte, and says how it was made.
    assert (models / "tokenizer.json").read_bytes() == (MODELS / "tokenizer.json").read_bytes()
    assert json.loads((models / "encoder.json").read_text())["training"] == {"steps": 2}
    file = (models / "encoder.onnx").read_bytes()
    assert len(file) < 23e6 and b"modeling_bert.py" not in file
    texts = ["Who received the car?", "The mayor of Emden opened the bridge over the canal."]
    int8 = SentenceNetwork(read_model("encoder", folder=models))
    vectors = np.stack([int8.encode_document(text) for text in texts])
    expected = network.encode(texts, normalize_embeddings=True)
    assert np.sum(vectors * expected, axis=1).min() > 0.98
    shipped = SentenceEncoder().encode_query(texts[0])
    assert vectors[0] @ shipped < 0.95
    restore_encoder(tmp_path / "back", models=models)
    back = SentenceEncoder(tmp_path / "back")
    assert np.sum(vectors * back.encode(texts), axis=1).min() > 0.99
    # A reader is no encoder.
    (models / "encoder.onnx").write_bytes((MODELS / "reader.onnx").read_bytes())
    (models / "encoder.json").write_bytes((MODELS / "reader.json").read_bytes())
    with pytest.raises(ModelCorrupt, match="no encoder of ours"):
        restore_encoder(tmp_path / "none", models=models)

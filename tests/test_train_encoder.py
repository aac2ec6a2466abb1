"""The encoder: what it is trained on, its training, and its file in int8."""

import gzip
import json
import random
from dataclasses import replace

import numpy as np
import pytest
import torch

from qa.errors import ModelCorrupt
from qa.networks.encoder import SentenceEncoder
from qa.networks.sentence_network import SentenceNetwork
from qa.networks.weights import MODELS, encoder_folder, read_model
from training.checkpoint import finish, read_made_of
from training.encoder import (
    PASSAGE_TOKENS,
    asked_once,
    passage_of,
    train_encoder,
    triplets,
    validate,
)
from training.export import export_encoder
from training.loop import Schedule
from training.networks import load_tokenizer
from training.questions import load_questions
from training.restore import restore_encoder

SETS = ("squad", "squad-rejoined", "qed")


def network_in(folder):
    """The network of a folder, by a library that each worker would else import as it collects."""
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu")


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer()


@pytest.fixture(scope="module")
def questions(tmp_path_factory, tokenizer):
    """Three sets, each with towns of its own; questions use other words than texts."""
    folder = tmp_path_factory.mktemp("data")
    for name in SETS:
        with gzip.open(folder / f"{name}.jsonl.gz", "wt") as file:
            for number in range(12):
                context = "It rained. " * 60 * (number % 2) + f"Ms {name}{number} opened a bridge."
                answer = f"{name}{number}"
                there = [{"text": answer, "answer_start": context.index(answer)}]
                qas = [
                    {"id": f"{number}", "question": f"Who built {name}{number}?", "answers": there},
                    {"id": f"{number}b", "question": "Who closed it?", "answers": []},
                ]
                file.write(json.dumps({"title": "Rain", "context": context, "qas": qas}) + "\n")
    loaded = load_questions(folder, tokenizer, seed=1, mix=dict.fromkeys(SETS, 1.0))
    return replace(loaded, train=[*loaded.train, *loaded.held_out], held_out=loaded.train)


def test_each_question_of_a_paragraph_is_asked_once(questions):
    once = asked_once([*questions.train, *questions.train], questions)
    assert len(once) == 24  # those of squad and of qed; twins and unanswerable ones are left out
    assert all(each.answers for each in once)
    assert {questions.contexts[each.context].source for each in once} == {"squad", "qed"}


def test_a_passage_has_the_length_of_the_indexs_and_an_answer_in_it(questions, tokenizer):
    for seed, example in enumerate(asked_once(questions.train, questions)):
        rng = random.Random(seed)
        text = passage_of(example.context, example.answers, questions, tokenizer, rng)
        assert len(tokenizer.encode(text).ids) <= PASSAGE_TOKENS
        assert example.references[0] in text


def test_each_question_has_a_passage_that_answers_it_and_one_that_does_not(questions, tokenizer):
    encoder = network_in(encoder_folder())
    made = triplets(questions, tokenizer, encoder, seed=1)
    assert made.column_names == ["question", "passage", "negative"]
    assert len(made) >= 12
    for row in made:
        answer = row["question"].removeprefix("Who built ").removesuffix("?")
        assert answer in row["passage"].split()
        assert answer not in row["negative"].split()


def test_training_brings_questions_to_their_paragraphs_and_resumes(
    questions, tokenizer, tmp_path, capsys
):
    from sentence_transformers import SentenceTransformerTrainer

    short = [e for e in questions.train if len(questions.contexts[e.context].ids) < 100]
    questions = replace(questions, train=short, held_out=short)
    schedule = Schedule(4, learning_rate=1e-4, tokens_per_batch=4 * PASSAGE_TOKENS)

    def trained(folder):
        train_encoder(questions, schedule, folder, start=encoder_folder(), save_every=2)
        return network_in(folder)

    def distance(encoder):
        """Return how far questions are from their own passages, less than from others'."""
        asked = asked_once(questions.train, questions)
        rng = random.Random(1)
        texts = [passage_of(e.context, e.answers, questions, tokenizer, rng) for e in asked]
        one = encoder.encode([e.question for e in asked], normalize_embeddings=True)
        other = encoder.encode(texts, normalize_embeddings=True)
        cosines = one @ other.T
        return float(cosines.mean() - np.diag(cosines).mean())

    start = network_in(encoder_folder())
    whole = trained(tmp_path / "whole")
    assert distance(whole) < distance(start)
    after = whole.state_dict()
    words, attention = (
        [network[0].auto_model.get_parameter(name) for network in (start, whole)]
        for name in (
            "embeddings.word_embeddings.weight",
            "encoder.layer.0.attention.self.query.weight",
        )
    )
    assert torch.equal(*words) and not torch.equal(*attention)
    scores = read_made_of(tmp_path / "whole")["scores"]
    assert 0 < scores["recall@1"] <= scores["recall@5"] <= 100
    # Interrupted after the first checkpoint, it ends where the unbroken run does.
    step = SentenceTransformerTrainer.training_step
    taken = iter(range(1, 100))

    def interrupted(self, *given, **named):
        if next(taken) == 4:
            raise KeyboardInterrupt
        return step(self, *given, **named)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(SentenceTransformerTrainer, "training_step", interrupted)
        trained(tmp_path / "parts")
    assert (tmp_path / "parts" / "state" / "checkpoint-2").is_dir()
    parts = trained(tmp_path / "parts").state_dict()
    assert all(torch.allclose(each, parts[name], atol=1e-6) for name, each in after.items())
    # What is done is not done again, and not with another schedule.
    capsys.readouterr()
    trained(tmp_path / "whole")
    assert "train_loss" not in capsys.readouterr().out
    schedule = replace(schedule, learning_rate=2e-4)
    with pytest.raises(ModelCorrupt, match="other settings"):
        trained(tmp_path / "whole")


def test_recall_counts_the_questions_that_find_their_paragraph(questions, tokenizer):
    encoder = network_in(encoder_folder())
    short = [e for e in questions.train if len(questions.contexts[e.context].ids) < 100]
    found = validate(encoder, replace(questions, held_out=short))
    # Two questions are put to each other's paragraphs.
    asked = asked_once(short, questions)
    swapped = [
        replace(asked[0], context=asked[1].context),
        replace(asked[1], context=asked[0].context),
    ]
    wrong = [*swapped, *asked[2:]]
    worse = validate(encoder, replace(questions, held_out=wrong))
    assert worse["recall@1"] < found["recall@1"] <= found["recall@5"]
    assert validate(encoder, replace(questions, held_out=[])) == {}


# PyTorch's exporter, of its own parts.
@pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")
def test_what_was_trained_ships_in_int8_and_comes_back_in_float32(tmp_path):
    network = network_in(encoder_folder())
    with torch.no_grad():  # another one than that which ships
        network[0].auto_model.encoder.layer[-1].output.LayerNorm.weight[:96] *= -1
    checkpoint, models = tmp_path / "checkpoint", tmp_path / "models"
    network.save_pretrained(str(checkpoint), create_model_card=False)
    finish(checkpoint, {"steps": 2})
    export_encoder(checkpoint, models)
    # It has the tokenizer of the reader, to the byte, and says how it was made.
    assert (models / "tokenizer.json").read_bytes() == (MODELS / "tokenizer.json").read_bytes()
    assert json.loads((models / "encoder.json").read_text())["training"]["steps"] == 2
    file = (models / "encoder.onnx").read_bytes()
    assert len(file) < 23e6 and b"modeling_bert.py" not in file
    texts = ["Who received the car?", "The mayor of Emden opened the bridge over the canal."]
    int8 = SentenceNetwork(read_model("encoder", folder=models))
    vectors = np.stack([int8.encode_document(text) for text in texts])[:, :384]
    expected = network.encode(texts, normalize_embeddings=True)
    assert np.sum(vectors * expected, axis=1).min() > 0.98
    shipped = SentenceEncoder().encode_query(texts[0])
    assert vectors[0] @ shipped < 0.95
    restore_encoder(tmp_path / "back", models=models)
    back = SentenceEncoder(tmp_path / "back")
    assert np.sum(vectors * back.encode(texts), axis=1).min() > 0.99
    # A reader is not an encoder.
    (models / "encoder.onnx").write_bytes((MODELS / "reader.onnx").read_bytes())
    (models / "encoder.json").write_bytes((MODELS / "reader.json").read_bytes())
    with pytest.raises(ModelCorrupt, match="not an exported encoder"):
        restore_encoder(tmp_path / "none", models=models)

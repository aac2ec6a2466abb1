"""Losses, the loop, and the recipe as a whole."""

import gzip
import json
import math
import random
from dataclasses import replace

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer

from qa.errors import ModelCorrupt, ModelNotFound
from qa.hashing import sha256_of
from qa.networks.encoder import SentenceEncoder
from qa.networks.reader import OnnxReader
from qa.networks.spans import LENGTH_PRIOR
from qa.networks.weights import ENCODER_NAME, MODELS, encoder_folder
from qa.types import Passage
from training import checkpoint, negatives, recipe
from training import restore as restoring
from training.batches import Batches
from training.checkpoint import average, is_made, read_made_of, write_checkpoint
from training.distillation import Ensemble
from training.loop import Schedule, train
from training.networks import RowDropout, load_reader, load_tokenizer
from training.objective import distillation_loss, span_loss, with_prior
from training.questions import MIX, Context, Example, Questions
from training.reader import DISTILLATION, reader_loss
from training.restore import restore
from training.rows import Batch, collate, make_row
from training.teacher.recipe import Recipe
from training.validation import on_both_kinds, validate


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer()


def ids(rng, number):
    return np.array([rng.randint(1000, 20000) for _ in range(number)], dtype=np.int32)


@pytest.fixture(scope="module")
def rows():
    """Twelve questions, every third without an answer, every other one with a negative."""
    rng = random.Random(1)
    made = []
    for group in range(12):
        question = ids(rng, 5)
        answers = {} if group % 3 == 0 else {(2, 3): 2, (5, 5): 1}
        contexts = [answers, {}] if group % 2 else [answers]
        for answer in contexts:
            context = ids(rng, rng.randint(12, 30))
            made.append(make_row(question, context, answer, rng=rng, group=group))
    return made


@pytest.fixture
def batch(rows):
    return collate(rows)


def random_logits(batch, seed=0):
    torch.manual_seed(seed)
    return torch.randn(batch.input_ids.shape), torch.randn(batch.input_ids.shape)


def test_the_loss_is_the_one_the_docstring_states(rows, batch):
    logits = random_logits(batch)
    expected = alone = 0.0
    for values, targets in zip(logits, (batch.start_targets, batch.end_targets), strict=True):
        values, targets = values.numpy().astype(float), targets.numpy()
        allowed = batch.candidate.numpy()
        per_row = []
        for i in range(len(rows)):
            log_z = np.log(np.exp(values[i][allowed[i]]).sum())
            per_row.append(log_z - (targets[i] * values[i]).sum())
        shared = 0.0
        groups = batch.group.numpy()
        for group in set(groups):
            members = [i for i in range(len(rows)) if groups[i] == group]
            answered = [i for i in members if targets[i, 0] == 0]
            if len(members) > 1 and answered:
                spans = np.concatenate([values[i, 1:][allowed[i, 1:]] for i in members])
                (gold,) = answered
                shared += np.log(np.exp(spans).sum()) - (targets[gold] * values[gold]).sum()
        alone += np.mean(per_row)
        expected += np.mean(per_row) + shared / (groups.max() + 1)
    assert float(span_loss(logits, batch)) == pytest.approx(expected / 2, rel=1e-4)
    assert float(span_loss(logits, batch, shared=False)) == pytest.approx(alone / 2, rel=1e-4)


def test_padding_does_not_change_the_loss(batch):
    logits = random_logits(batch)
    wider = Batch(
        *(torch.nn.functional.pad(each, (0, 16)) if each.ndim == 2 else each for each in batch)
    )
    padded = tuple(torch.nn.functional.pad(side, (0, 16), value=50.0) for side in logits)
    assert float(span_loss(padded, wider)) == pytest.approx(float(span_loss(logits, batch)))


def test_a_prior_is_added_to_no_answer_alone(batch):
    prior = torch.linspace(-1, 2, len(batch.input_ids))
    logits = random_logits(batch)
    for before, after in zip(logits, with_prior(logits, batch._replace(prior=prior)), strict=True):
        assert torch.equal(before[:, 1:], after[:, 1:])
        assert torch.allclose((after - before)[:, 0], prior, atol=1e-5)


def small_reader(folder, tokenizer, seed):
    """Write a reader whose span head is drawn by a seed."""
    torch.manual_seed(seed)
    write_checkpoint(load_reader(encoder_folder()), folder, tokenizer, {"seed": seed})
    return folder


def test_a_student_matches_the_mean_of_its_teachers(batch, tokenizer, tmp_path):
    batch = batch._replace(prior=torch.linspace(-1, 2, len(batch.input_ids)))
    folders = [small_reader(tmp_path / str(seed), tokenizer, seed) for seed in (1, 2, 3)]
    one, two, third = (Ensemble([folder])(batch) for folder in folders)
    both = Ensemble(folders[:2])(batch)
    # Asked with what the paragraph gives away added, as students are.
    assert not torch.allclose(
        one[0],
        Ensemble(folders[:1])(batch._replace(prior=torch.zeros(len(batch.input_ids))))[0],
    )
    for side in range(2):
        assert torch.allclose(both[side], (one[side] + two[side]) / 2, atol=1e-6)
        assert not both[side][~batch.candidate].any()
    # A third is asked only whether there is an answer.
    asked = Ensemble(folders[:2], null_reader=folders[2])(batch)
    for side in range(2):
        null = (one[side][:, 0] + two[side][:, 0] + third[side][:, 0]) / 3
        assert torch.allclose(asked[side][:, 0], null, atol=1e-6)
        assert torch.allclose(asked[side].sum(1), torch.ones(len(null)), atol=1e-5)
        where, before = asked[side][:, 1:], both[side][:, 1:]
        assert torch.allclose(
            where / where.sum(1, keepdim=True), before / before.sum(1, keepdim=True), atol=1e-5
        )
    # The loss is least for the teacher's own logits, where it is the entropy.
    own = tuple(side.clamp(min=1e-30).log() for side in both)
    entropy = -sum((side * side.clamp(min=1e-30).log()).sum() for side in both) / len(both[0]) / 2
    least = float(distillation_loss(own, both, batch))
    assert least == pytest.approx(float(entropy), rel=1e-4)
    assert least < float(distillation_loss(random_logits(batch), both, batch))


def test_a_teacher_has_its_share_of_the_loss(batch):
    logits, targets = random_logits(batch), random_logits(batch, seed=1)
    targets = tuple(side.softmax(dim=1) for side in targets)
    alone = reader_loss(logits, batch)
    taught = reader_loss(logits, batch, lambda _: targets)
    matched = distillation_loss(logits, targets, batch)
    expected = (1 - DISTILLATION) * alone + DISTILLATION * matched
    assert float(taught) == pytest.approx(float(expected), rel=1e-5)
    # What the paragraph alone gives away is added in training.
    prior = batch._replace(prior=torch.full((len(batch.input_ids),), 3.0))
    assert float(reader_loss(logits, prior)) != pytest.approx(float(alone), rel=1e-3)


def test_whether_there_is_an_answer_is_judged_within_a_paragraph():
    rng = random.Random(4)
    contexts = []
    for year in (1901, 1902, 1903):
        text = f"{year} the bridge was opened"
        words = [(i, word) for i, word in enumerate(text.split())]
        starts = np.cumsum([0, *(len(word) + 1 for _, word in words)])[:-1].astype(np.int32)
        ends = (starts + [len(word) for _, word in words]).astype(np.int32)
        number = np.array([year, *ids(rng, len(words) - 1)], dtype=np.int32)
        contexts.append(Context(text, number, starts, ends, number[:0], "made"))
    present = [
        Example("What?", ids(rng, 3), position, {(2, 2): 1}, ("bridge",)) for position in range(3)
    ]
    absent = [Example("Who?", ids(rng, 3), position, {}, ()) for position in range(2)]
    paired = [present[0], absent[0], present[1], absent[1]]
    assert on_both_kinds([*paired, present[2]]) == paired

    def sure(batch):
        """Be surer of an answer where there is one, and surest of all on the first paragraph."""
        there = batch.start_targets[:, 0] == 0
        on_first = (batch.input_ids == 1901).any(dim=1)
        logits = batch.start_targets + batch.end_targets
        logits[:, 0] = -1.0 * there - 10.0 * on_first
        return logits, logits

    held_out = Questions(contexts, [], [*present, *absent], {})
    scores = validate(sure, held_out)
    assert scores["questions"] == 3
    assert scores["em"] == scores["f1"] == 100
    assert scores["null_auc"] == 1.0  # over both paragraphs together 0.75
    nothing = Questions(contexts, [], present, {})
    assert validate(sure, nothing)["null_auc"] == 0.0


def test_the_learning_rate_rises_stays_and_falls_to_zero():
    schedule = Schedule(100, 1e-4, tokens_per_batch=1, cooldown=0.4)
    rates = [schedule.learning_rate_at(step) for step in range(101)]
    assert rates[0] < rates[2] < rates[5] == rates[60] == schedule.learning_rate
    assert rates[80] == pytest.approx(schedule.learning_rate / 2)
    assert rates[100] == 0


def test_dropout_leaves_out_features_of_whole_rows_and_only_in_training():
    network = load_reader(encoder_folder(), dropout=0.5)
    changed = [module for module in network.modules() if isinstance(module, RowDropout)]
    assert len(changed) == 1 + 2 * 6  # after the embeddings, and twice in each layer
    assert {module.probability for module in changed} == {0.5}
    dropout = RowDropout(0.25)
    hidden = torch.ones(40, 3, 50)
    left = dropout.train()(hidden)
    assert torch.equal(left[:, 0], left[:, 2])
    assert not torch.equal(left[0], left[1])
    assert left.unique().tolist() == pytest.approx([0.0, 4 / 3])
    assert float(left.mean()) == pytest.approx(1, abs=0.1)
    assert torch.equal(dropout.train(False)(hidden), hidden)


class MadeBatches(Batches):
    """Batches of rows that exist already."""

    def __init__(self, rows, seed):
        self._made = rows
        super().__init__([40] * len(rows), [1] * len(rows), tokens_per_batch=200, seed=seed)

    def rows_at(self, number, position, rng):
        return [replace(self._made[position], group=number)]


class Tiny(torch.nn.Module):
    """The smallest network with dropout that gives logits."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.words = torch.nn.Embedding(30000, 8)
        self.frozen = torch.nn.Embedding(30000, 8).requires_grad_(False)
        self.dropout = RowDropout(0.2)
        self.head = torch.nn.Linear(8, 2)

    def logits(self, batch):
        hidden = self.words(batch.input_ids) + self.frozen(batch.input_ids)
        return self.head(self.dropout(hidden)).unbind(dim=-1)


def run_tiny(rows, folder, *, steps=45, stop_at=None, **others):
    """Train a tiny network; ``stop_at`` interrupts the run in the middle of a step."""
    network = Tiny()
    taken = iter(range(1, 1000))

    def loss_of(batch):
        if next(taken) == stop_at:
            raise KeyboardInterrupt
        return span_loss(network.logits(batch), batch)

    schedule = Schedule(steps, 1e-2, tokens_per_batch=200, averaging=20)
    batches = MadeBatches(rows, seed=1)
    return train(network, batches, loss_of, schedule, folder, save_every=8, **others)


def test_a_run_that_is_interrupted_and_resumed_ends_where_an_unbroken_one_does(rows, tmp_path):
    scores = iter(range(100))
    whole = run_tiny(rows, tmp_path / "whole", scores_of=lambda network: {"score": next(scores)})
    for stop_at in (20, 30):  # the second in what was left of the first
        with pytest.raises(KeyboardInterrupt):
            run_tiny(rows, tmp_path / "parts", stop_at=stop_at - 16 * (stop_at == 30))
    parts = run_tiny(rows, tmp_path / "parts")
    for name, weights in whole.state_dict().items():
        assert torch.equal(weights, parts.state_dict()[name]), name
    assert torch.equal(whole.frozen.weight, Tiny().frozen.weight)
    assert not torch.equal(whole.words.weight, Tiny().words.weight)
    log = [json.loads(line) for line in (tmp_path / "parts/log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in log if line["event"] == "start"] == [0, 16, 24]
    log = [json.loads(line) for line in (tmp_path / "whole/log.jsonl").read_text().splitlines()]
    assert log[-1] == {"event": "validation", "step": 45, "score": 0}
    # With all steps taken there is nothing left to do.
    again = run_tiny(rows, tmp_path / "parts", stop_at=1)
    assert torch.equal(again.head.weight, parts.head.weight)


def test_the_average_follows_the_weights(rows, tmp_path):
    weights = []

    def watched(folder, averaging):
        network = Tiny()

        def loss_of(batch):
            weights.append(network.head.bias.detach().clone())
            return span_loss(network.logits(batch), batch)

        schedule = Schedule(41, 1e-2, tokens_per_batch=200, averaging=averaging, cooldown=0.0)
        average = train(network, MadeBatches(rows, 1), loss_of, schedule, folder)
        return average.head.bias, network.head.bias

    last, trained = watched(tmp_path / "last", 1)
    assert torch.equal(last, trained)
    weights.clear()
    mean, trained = watched(tmp_path / "mean", 20)
    expected = weights[1]
    for step in (11, 21, 31):  # the weights after steps 10, 20 and 30, of which each counts half
        expected = (expected + weights[step]) / 2
    assert torch.allclose(mean, (expected + trained) / 2, atol=1e-6)


def test_what_cannot_be_trained_on_is_reported(rows, tmp_path):
    network = Tiny()
    with pytest.raises(ModelCorrupt, match="not finite"):
        train(
            network,
            MadeBatches(rows, 1),
            lambda batch: span_loss(network.logits(batch), batch) * math.nan,
            Schedule(2, 1e-2, tokens_per_batch=200),
            tmp_path / "nan",
        )
    run_tiny(rows, tmp_path, steps=8)
    whole = (tmp_path / "state").read_bytes()
    for damaged in (b"", b"something else", whole[:-100]):
        (tmp_path / "state").write_bytes(damaged)
        with pytest.raises(ModelCorrupt, match="remove it to begin again"):
            run_tiny(rows, tmp_path, steps=8)


def test_a_folder_without_a_network_cannot_be_started_from(tmp_path):
    with pytest.raises(ModelNotFound, match="is not a checkpoint: train it first"):
        load_reader(tmp_path)
    (tmp_path / "config.json").write_bytes((encoder_folder() / "config.json").read_bytes())
    (tmp_path / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ModelCorrupt, match="cannot be read"):
        load_reader(tmp_path)


def test_a_mean_is_of_the_weights_and_says_of_which(tmp_path, tokenizer):
    folders = [small_reader(tmp_path / str(seed), tokenizer, seed) for seed in (1, 2, 3)]
    heads = [load_reader(folder).qa_outputs.weight for folder in folders]
    mean = average(folders, tmp_path / "mean")
    assert torch.allclose(load_reader(mean).qa_outputs.weight, sum(heads) / 3)
    assert [each["seed"] for each in read_made_of(mean)["mean_of"]] == [1, 2, 3]
    assert read_made_of(encoder_folder()) == ENCODER_NAME
    assert read_made_of(tmp_path) == str(tmp_path)


def test_a_checkpoint_is_complete_without_a_state_and_of_what_it_was_begun_with(
    tmp_path, tokenizer
):
    folder = small_reader(tmp_path / "reader", tokenizer, 1)
    assert is_made(folder, {"seed": 1})
    with pytest.raises(ModelCorrupt, match="other settings: give another --output"):
        is_made(folder, {"seed": 2})
    (folder / "state").write_bytes(b"")  # as where the checkpoint was being written
    assert not is_made(folder, {"seed": 1})
    begun = tmp_path / "begun"
    assert not is_made(begun, {"seed": 1})
    assert not is_made(begun, {"seed": 1})
    with pytest.raises(ModelCorrupt, match="other settings"):
        is_made(begun, {"seed": 2})


@pytest.fixture
def data(tmp_path):
    """Every training set with some questions, and a file of text."""
    folder = tmp_path / "data"
    folder.mkdir()
    names = ["Anna Maria Berg", "Otto Lind", "Karl Ek"]
    for name in MIX:
        with gzip.open(folder / f"{name}.jsonl.gz", "wt") as file:
            for number in range(8):
                answer = f"Mayor {number} {name}"
                answers = [{"text": answer, "answer_start": 0}]
                asked = {"id": f"{number}", "question": f"Who spoke in {number}?"}
                absent = {"id": f"{number}u", "question": "Who sang?", "answers": []}
                context = (
                    f"{answer} spoke to {names[number % 3]} of the council in the year {number}. "
                    "It had been closed for longer than anybody there could remember."
                )
                qas = [asked | {"answers": answers}, absent]
                row = {"title": name, "context": context, "qas": qas}
                file.write(json.dumps(row) + "\n")
    cloze = (
        "The Bridge of Sighs was built in Venice by Antonio Contino after long debate. Visitors "
        "to Venice cross the Bridge of Sighs each morning when the gates are opened."
    )
    (folder / "text.jsonl").write_text(json.dumps({"paragraphs": [cloze, cloze]}))
    return folder


@pytest.fixture
def shallow(tmp_path, monkeypatch):
    """Begin training with the encoder's first layer: exporting all six takes most of a minute."""
    network = SentenceTransformer(str(encoder_folder()), device="cpu", local_files_only=True)
    body = network[0].auto_model
    body.encoder.layer = body.encoder.layer[:1]
    body.config.num_hidden_layers = 1
    network.save_pretrained(str(tmp_path / "shallow"), create_model_card=False)
    for module in (recipe, checkpoint, negatives, restoring):
        monkeypatch.setattr(module, "encoder_folder", lambda: tmp_path / "shallow")


# PyTorch's exporter, of its own parts, and of two inputs of one length.
@pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")
@pytest.mark.filterwarnings("ignore:.*axis name. tokens")
def test_the_whole_recipe_makes_both_models_and_resumes_where_it_was_interrupted(
    data, shallow, tmp_path, monkeypatch, capsys
):
    def small(*steps, **given):
        return Schedule(*steps, **given | {"tokens_per_batch": 400})

    trained = []
    real = recipe.train_reader

    def train_reader(questions, schedule, folder, **given):
        if folder.name == "student22" and "student22" not in trained:
            trained.append("student22")
            raise KeyboardInterrupt
        trained.append(folder.name)
        return real(questions, schedule, folder, **given)

    monkeypatch.setattr(recipe, "Schedule", small)
    monkeypatch.setattr(recipe, "cores", lambda: 1)  # other tests run beside it
    monkeypatch.setattr(recipe, "train_reader", train_reader)
    transfers = recipe.with_transfers
    monkeypatch.setattr(
        recipe, "with_transfers", lambda *given, count, seed: transfers(*given, count=9, seed=seed)
    )
    output, models = tmp_path / "out", tmp_path / "models"
    words = [str(data), str(data / "text.jsonl"), "--output", str(output), "--most-steps", "2"]
    monkeypatch.setattr("sys.argv", ["recipe", *words, "--models", str(models)])
    missing = data / "qed.jsonl.gz"
    missing.rename(data / "elsewhere")
    with pytest.raises(SystemExit):
        recipe.main()
    assert f"not found: {missing}" in capsys.readouterr().err
    (data / "elsewhere").rename(missing)
    with pytest.raises(KeyboardInterrupt):
        recipe.main()
    readers = ["reader1", "reader2", "reader3", "student21", "student22"]
    assert trained == readers
    logs = {path: path.read_text() for path in output.glob("*/log.jsonl")}
    assert {path.parent.name for path in logs} == {"text", *readers[:-1]}
    assert not models.exists()
    assert not list(output.glob("*/state"))
    recipe.main()
    # What was done is not done again.
    assert all(path.read_text() == log for path, log in logs.items())
    # What ships says how it was made, from the original encoder on.
    students = read_made_of(output / "reader")["mean_of"]
    assert [student["schedule"]["seed"] for student in students] == [21, 22]
    assert students[1]["start"]["start"] == ENCODER_NAME
    assert [each["schedule"]["seed"] for each in students[0]["start"]["mean_of"]] == [1, 2, 3]
    assert json.loads((models / "reader.json").read_text())["training"]["mean_of"] == students
    made = json.loads((models / "encoder.json").read_text())["training"]
    assert (made["schedule"]["steps"], made["data_seed"]) == (2, 11)
    # Both files run in the product.
    text = "Mayor 3 spoke to Otto Lind of the council."
    (spans,) = OnnxReader(models).read("Who spoke?", [Passage("", 0, len(text), text)])
    assert spans
    vector = SentenceEncoder(output / "encoder").encode_query("Who spoke?")
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    restore(tmp_path / "back", models=models)
    assert torch.allclose(
        load_reader(tmp_path / "back").qa_outputs.weight,
        load_reader(output / "reader").qa_outputs.weight,
        atol=1e-2,
    )
    # A reader of another origin teaches whether there is an answer.
    trained[:] = ["student22"]
    monkeypatch.setattr("sys.argv", [*words, "--before", str(output / "reader1")])
    monkeypatch.setattr("sys.argv", ["recipe", *words, "--before", str(output / "reader1")])
    monkeypatch.setattr(recipe, "export_reader", lambda reader, models: reader)
    monkeypatch.setattr(recipe, "export_encoder", lambda encoder, models: encoder)
    recipe.main()
    assert trained[-1] == "whether" and str(output / "whether") in capsys.readouterr().out
    made = read_made_of(output / "whether")
    assert made["null_teacher"] == str(output / "reader1") and made["balanced"]
    # A corpus with people's own questions.
    corpus = tmp_path / "corpora" / "home"
    (corpus / "docs").mkdir(parents=True)
    (corpus / "docs" / "roof.md").write_text("# Roof\n\nThe roof was tiled by Jan Brandt.\n")
    asked = {"id": "1", "question": "Who tiled it?", "answers": ["Jan Brandt"]}
    (corpus / "questions.jsonl").write_text(json.dumps(asked | {"document": "roof.md"}))
    (corpus / "dialogues.jsonl").write_text("")
    monkeypatch.setattr(recipe, "FIT", ("home",))
    monkeypatch.setattr(recipe, "with_authored", lambda corpora: (corpora, None))
    corpora = recipe.write_corpora
    monkeypatch.setattr(
        recipe, "write_corpora", lambda *given, **_: corpora(*given, count=1, asked=2, seed=1)
    )
    monkeypatch.setattr(
        recipe, "Recipe", lambda **given: Recipe(**given, tokens_per_batch=400, accumulate=1)
    )
    monkeypatch.setattr("sys.argv", ["recipe", *words, "--natural", str(tmp_path / "corpora")])
    for _ in range(2):  # nothing is left to do the second time
        recipe.main()
        assert str(output / "natural") in capsys.readouterr().out
    made = read_made_of(output / "natural")
    assert made["start"]["mean_of"] == students and made["recipe"]["cooldown"] == 2
    counts = json.loads((output / "mix" / "counts.json").read_text())
    assert counts["natural_tokens"] > 0 and counts["made_tokens"] > 0
    assert counts["labelled_share"] == 0.2
    # Another order is not taken for done.
    monkeypatch.setattr("sys.argv", ["recipe", *words[:-1], "3"])
    with pytest.raises(ModelCorrupt, match="encoder was begun with other settings"):
        recipe.main()


def test_the_shipped_reader_is_restored_as_a_checkpoint_with_its_logits(tmp_path):
    restore(tmp_path)
    model = load_reader(tmp_path).train(False)
    tokenizer = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    question = "Who opened the bridge?"
    text = "In 1931 the mayor of Emden, Ida Falk, opened the bridge over the canal."
    encoded = tokenizer.encode(question, text)
    with torch.inference_mode():
        output = model(
            input_ids=torch.tensor([encoded.ids]),
            token_type_ids=torch.tensor([encoded.type_ids]),
        )
    best = OnnxReader().read(question, [Passage("", 0, len(text), text)])[0][0]
    null = float(output.start_logits[0, 0] + output.end_logits[0, 0])
    assert null == pytest.approx(best.null_score, abs=1.0)
    first = encoded.char_to_token(best.start, 1)
    last = encoded.char_to_token(best.end - 1, 1)
    score = float(output.start_logits[0, first] + output.end_logits[0, last])
    prior = LENGTH_PRIOR * math.log(len(best.text.split()))
    assert score - prior == pytest.approx(best.score, abs=1.0)


def test_a_network_of_another_make_cannot_be_restored(tmp_path):
    from onnx import TensorProto, helper

    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    node = helper.make_node("Identity", ["x"], ["y"])
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    graph = helper.make_graph([node], "g", [value], [result])
    product = helper.make_node("MatMulInteger", ["x", "w_quantized"], ["y"])
    quantised = helper.make_graph([product], "g", [value], [result])
    (tmp_path / "tokenizer.json").write_bytes((MODELS / "tokenizer.json").read_bytes())
    for network in (
        helper.make_model(graph).SerializeToString(),
        helper.make_model(quantised).SerializeToString(),
        b"no network",
    ):
        (tmp_path / "reader.onnx").write_bytes(network)
        hashes = {
            "format": 1,
            "weights_sha256": sha256_of(tmp_path / "reader.onnx"),
            "tokenizer_sha256": sha256_of(tmp_path / "tokenizer.json"),
        }
        (tmp_path / "reader.json").write_text(json.dumps(hashes))
        with pytest.raises(ModelCorrupt, match="not an exported reader"):
            restore(tmp_path / "out", models=tmp_path)

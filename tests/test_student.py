"""The shipped reader's network on rows of several passages, with itself as its guide."""

import json

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertForQuestionAnswering

from qa.errors import ModelCorrupt
from training.checkpoint import STATE
from training.networks import hidden_states, load_reader, load_tokenizer, span_logits
from training.objective import allowed
from training.rows import CLS, SEP, Row
from training.teacher import label, student, train
from training.teacher.labels import Labels
from training.teacher.network import finished, load_teacher
from training.teacher.recipe import Place, Recipe, learning_rate
from training.teacher.run import Run
from training.teacher.units import ROWS, About, Rows, Unit, write_units

ABOUT = About("Who?", "six words", ("one",), "squad")
RECIPE = Recipe(learning_rate=1e-2, warmup=2, tokens_per_batch=128, averaging=3, dropout=0.0)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """A checkpoint of the shipped reader's kind, two layers of random weights."""
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "intermediate_size": 64}
    return random_reader(tmp_path_factory.mktemp("start"), seed=1, **sizes)


def random_reader(folder, *, seed, certainty=1, **sizes):
    """Write a reader of random weights; with more certainty its logits differ more."""
    config = BertConfig(vocab_size=30522, num_attention_heads=2, **sizes)
    torch.manual_seed(seed)
    network = BertForQuestionAnswering(config)
    with torch.no_grad():
        network.qa_outputs.weight *= certainty
    network.save_pretrained(folder)
    load_tokenizer().save(str(folder / "tokenizer.json"))
    return folder


def row(word, *, position=0, guided):
    """A question of one token about six; without a position, one that has no answer."""
    window = np.arange(2000, 2006)
    ids = np.array([CLS, word, SEP, *window, SEP], dtype=np.int32)
    target = {3 + position: 1.0} if position is not None else {0: 1.0}
    return Row(ids, 3, 3, 0, target, target, 0, 0.0, guided)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Labelled questions of one passage, which are guided, and others of two, which are not."""
    folder = tmp_path_factory.mktemp("data")
    units = []
    for number in range(40):
        labelled = row(3000 + number, position=number % 6, guided=True)
        natural = [
            row(4000 + number, position=number % 6, guided=False),
            row(4000 + number, position=None, guided=False),
        ]
        units += [Unit((labelled,), (ABOUT,)), Unit(tuple(natural), (ABOUT, ABOUT))]
    write_units(folder / "train", units)
    return folder


@pytest.fixture(scope="module")
def rows(data):
    return Rows(data / "train" / ROWS)


def new_run(start, *, guide=True, recipe=RECIPE, workers=1):
    return Run(
        load_teacher(start, precision="fp32", dropout=recipe.dropout),
        recipe,
        workers=workers,
        guide=load_teacher(start, precision="fp32") if guide else None,
    )


def test_the_small_network_reads_its_own_rows(start, rows):
    batch = rows.batch(range(6))
    small = load_teacher(start, precision="fp32")
    small.network.train(False)
    reader = load_reader(start).train(False)
    with torch.inference_mode():
        for own, expected in zip(
            small.logits(batch), span_logits(reader, hidden_states(reader, batch)), strict=True
        ):
            assert torch.allclose(own, expected, atol=0.02)  # one of them may be in bfloat16
            assert own.std() > 0.05


def test_only_guided_rows_are_compared_with_the_guide(start, rows):
    labelled, natural = rows.batch(range(0, 8, 2)), rows.batch(range(1, 8, 2))
    assert labelled.guided.all() and not natural.guided.any()
    alone, guided = new_run(start, guide=False), new_run(start)
    for batch, is_compared in ((labelled, True), (natural, False)):
        without, beside = float(alone.step([batch])), float(guided.step([batch]))
        if is_compared:
            # A start's cross-entropy with itself is its entropy, near that of seven places.
            assert beside - without == pytest.approx(np.log(7), abs=0.1)
            guided = new_run(start)
            alone = new_run(start, guide=False)
        else:
            assert beside == pytest.approx(without)


def test_a_guide_keeps_a_reader_near_to_what_it_said(start, rows):
    batch = rows.batch(range(0, 16, 2))
    before = load_teacher(start, precision="fp32")
    before.network.train(False)
    moved = []
    for guidance in (0.0, 20.0):
        run = new_run(start, recipe=Recipe(**{**vars_of(RECIPE), "guidance": guidance}))
        for _ in range(8):
            run.step([batch])
        run.teacher.network.train(False)
        with torch.inference_mode():
            sides = zip(run.teacher.logits(batch), before.logits(batch), strict=True)
            moved.append(sum(float((now - then).abs().mean()) for now, then in sides))
    assert moved[1] < 0.5 * moved[0]


@pytest.fixture
def teacher(tmp_path):
    """Another reader, of other weights, and its labels of all rows."""
    sizes = {"hidden_size": 24, "num_hidden_layers": 1, "intermediate_size": 32}
    return random_reader(tmp_path / "teacher", seed=2, certainty=40, **sizes)


@pytest.fixture
def labels(tmp_path, monkeypatch, teacher, data):
    command = ["label", teacher, data / "train" / ROWS, tmp_path / "labels"]
    options = ["--rows-per-file", "50", "--precision", "fp32"]
    monkeypatch.setattr("sys.argv", [*map(str, command), *options])
    label.main()
    return tmp_path / "labels"


def test_stored_logits_are_those_of_the_teacher(labels, teacher, data, rows):
    stored = Labels(labels, data)
    batch = rows.batch([3, 70, 11, 41])
    with torch.inference_mode():
        said = finished(teacher, precision="fp32").logits(batch)
    real = batch.attention_mask.bool()
    for found, expected in zip(stored.logits(batch), said, strict=True):
        assert found.shape == expected.shape
        assert torch.allclose(found[real], expected[real], atol=0.01)


def test_a_student_comes_near_to_the_labels_on_every_row(tmp_path, start, data, labels, teacher):
    recipe = Recipe(**{**vars_of(RECIPE), "guidance": 20.0})
    taught = student.train_student(
        start, data, tmp_path / "taught", steps=60, recipe=recipe, workers=1, labels=labels
    )
    alone = student.train_student(
        start, data, tmp_path / "alone", steps=60, recipe=recipe, workers=1
    )
    batch = Rows(data / "train" / ROWS).batch(range(1, 30, 2))
    assert not batch.guided.any()  # not labelled by people

    def said(folder):
        with torch.inference_mode():
            sides = finished(folder, precision="fp32").logits(batch)
        return [allowed(side, batch).log_softmax(dim=1) for side in sides]

    def distance(folder):
        return sum(
            float((theirs.exp() * (theirs - own)).sum(dim=1).mean())
            for own, theirs in zip(said(folder), said(teacher), strict=True)
        )

    assert distance(taught) < 0.6 * distance(alone)


def test_labels_of_other_rows_or_incomplete_ones_are_refused(tmp_path, labels, data):
    write_units(tmp_path / "other" / "train", [Unit((row(3000, guided=True),), (ABOUT,))])
    with pytest.raises(ModelCorrupt, match="no labels of"):
        Labels(labels, tmp_path / "other")
    with pytest.raises(ModelCorrupt, match="no labels of"):
        Labels(tmp_path / "nothing", data)
    first, *_, last = sorted(labels.glob("logits-*.npz"))
    last.unlink()
    with pytest.raises(ModelCorrupt, match="lacks the labels of 20 rows"):
        Labels(labels, data)
    first.unlink()
    with pytest.raises(ModelCorrupt, match="lacks the file before logits-000001"):
        Labels(labels, data)


def vars_of(recipe):
    return {name: getattr(recipe, name) for name in recipe.__slots__}


def test_the_rate_rises_and_falls_to_zero():
    recipe = Recipe(learning_rate=1.0, warmup=2, cooldown=10)
    rates = [learning_rate(recipe, Place(step=step)) for step in range(11)]
    assert rates == pytest.approx([0.5, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0])


def test_a_student_is_trained_once_and_resumes(tmp_path, monkeypatch, start, data):
    def trained(folder, **options):
        return student.train_student(
            start, data, folder, steps=6, recipe=RECIPE, workers=1, **options
        )

    whole = trained(tmp_path / "whole")
    real = Run.step

    def interrupted(self, batches):
        if self.place.step == 3:
            raise KeyboardInterrupt
        return real(self, batches)

    # A checkpoint after each step.
    real_train = train.train
    monkeypatch.setattr(
        student, "train", lambda *given, last: real_train(*given, last=last, checkpoint_minutes=0)
    )
    with monkeypatch.context() as patch:
        patch.setattr(Run, "step", interrupted)
        with pytest.raises(KeyboardInterrupt):
            trained(tmp_path / "cut")
    assert (tmp_path / "cut" / STATE).is_dir()
    cut = trained(tmp_path / "cut")
    assert not (cut / STATE).exists()
    one, two = (load_reader(folder).state_dict() for folder in (whole, cut))
    assert all(torch.equal(one[name], two[name]) for name in one)
    before = load_reader(start).state_dict()
    assert not torch.equal(one["qa_outputs.weight"], before["qa_outputs.weight"])
    words = "bert.embeddings.word_embeddings.weight"
    assert torch.equal(one[words], before[words])
    log = [json.loads(line) for line in (cut / "log.txt").read_text().splitlines()]
    assert [line["event"] for line in log].count("start") == 2
    # What is made is not made again, and not out of something else.
    monkeypatch.setattr(student, "train", None)
    assert trained(cut) == cut
    with pytest.raises(ModelCorrupt, match="begun with other settings"):
        student.train_student(start, data, cut, steps=7, recipe=RECIPE)

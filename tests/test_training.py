import gzip
import itertools
import json
import math
import random
import re
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from qa.errors import DatasetError, ModelCorrupt, ModelNotFound
from qa.evaluation.datasets import LabelledQuestion, Paragraph, Reference
from qa.hashing import sha256_of
from qa.networks.reader import OnnxReader
from qa.networks.spans import LENGTH_PRIOR
from qa.networks.weights import ENCODER_NAME, MODELS, encoder_folder
from qa.types import Passage
from training import average, contrastive, negatives, recipe, unanswerable
from training import encoder as encoders
from training import pretrain as pretraining
from training import reader as command
from training.attention import NAME
from training.batches import Batch, collate, draw_heading, lay_out, plan_epoch
from training.commands import keep, load_tokenizer
from training.distillation import distillation_loss, soft_targets
from training.dropout import RowDropout, add_dropout
from training.examples import (
    MIX,
    UNANSWERABLE_REPEATS,
    add_made,
    emphasised,
    is_held_out,
    load_examples,
    make_sequence,
    of_whether,
    reworded,
    token_span,
)
from training.loop import Recipe, learning_rate_at, moving_average
from training.loop import run as train_in_a_loop
from training.negatives import add_negatives, embedder, remembered
from training.objective import span_loss, with_prior
from training.pretrain import ClozeEpoch, masked_tokens, pretrain
from training.priors import with_priors
from training.recurring import BLANK, clozes_of, draw_cloze, read_clozes
from training.restore import restore
from training.trainer import new_model, train
from training.transfers import transfer_paragraphs
from training.unanswerable import token_embeddings, unanswerable_examples
from training.validation import of_both_kinds, validate

pytestmark = pytest.mark.alone

NAMES = ["Aachen", "Bremen", "Cuxhaven", "Dessau", "Emden", "Fulda", "Gera", "Halle"]


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer()


@pytest.fixture(scope="module")
def data(tmp_path_factory, tokenizer):
    folder = tmp_path_factory.mktemp("data")
    rows = []
    for number, name in enumerate(NAMES * 5):
        context = (
            f"In {1900 + number} the mayor of {name} opened a bridge. " + "It rained. " * number
        )
        answers = [{"text": name, "answer_start": context.index(name)}]
        question = f"Whose mayor opened a bridge in {1900 + number}?"
        qas = [
            {"id": f"{number}", "question": question, "answers": answers},
            {"id": f"{number}u", "question": "Who closed it?", "answers": []},
        ]
        rows.append({"title": name, "context": context, "qas": qas})
    with gzip.open(folder / "towns.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    return load_examples(folder, tokenizer, seed=1, mix={"towns": 1.0})


def special(tokenizer):
    return tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")


def test_token_spans_cover_the_reference_and_wrong_offsets_are_refused(data):
    contexts, examples, _ = data
    for example in examples:
        context = contexts[example.context]
        for first, last in example.answers:
            assert context.text[context.starts[first] : context.ends[last]] in example.references
    assert token_span(contexts[0], Reference("Aachen", 1)) is None


def test_revisions_of_a_paragraph_fall_on_one_side():
    text = "one two three four five six seven eight nine"
    sides = {is_held_out(Paragraph("", text + tail, ())) for tail in ("", " ten", " eleven")}
    assert len(sides) == 1
    held = sum(is_held_out(Paragraph("", f"{n} {text}", ())) for n in range(3000))
    assert 30 <= held <= 100  # about 2 %


def test_a_cut_window_holds_the_answer(data, tokenizer):
    contexts, examples, _ = data
    rng = random.Random(1)
    for example in examples:
        row = make_sequence(
            example.question_ids,
            contexts[example.context],
            example.answers,
            special=special(tokenizer),
            rng=rng,
            max_tokens=40,
        )
        assert len(row.ids) <= 40
        assert sum(row.start_targets.values()) == pytest.approx(1)
        if example.answers:
            (start,), (end,) = row.start_targets, row.end_targets
            assert (
                tokenizer.decode(row.ids[start : end + 1].tolist()) == example.references[0].lower()
            )
        else:
            assert row.start_targets == {0: 1.0}


def test_a_heading_is_read_and_no_answer_lies_in_it(data, tokenizer):
    contexts, examples, _ = data
    example = next(example for example in examples if example.answers)
    heading = contexts[example.context].heading_ids
    assert tokenizer.decode(heading.tolist()) == f"{example.references[0].lower()}."
    row = make_sequence(
        example.question_ids,
        contexts[example.context],
        example.answers,
        special=special(tokenizer),
        rng=random.Random(1),
        heading_ids=heading,
    )
    assert row.ids[row.heading_start : row.window_start].tolist() == heading.tolist()
    assert min(row.start_targets) >= row.window_start
    batch = collate([row])
    assert batch.token_type_ids[0, row.heading_start - 1] == 0
    assert batch.token_type_ids[0, row.heading_start] == 1
    assert not batch.candidate[0, row.heading_start : row.window_start].any()


def test_headings_are_a_contexts_own_another_contexts_words_or_none(data):
    contexts, _, _ = data
    rng = random.Random(2)
    drawn = [draw_heading(3, contexts, rng).tolist() for _ in range(1000)]
    own, other = contexts[3].heading_ids.tolist(), contexts[4].ids[:12].tolist()
    assert 550 < drawn.count(own) < 650
    assert 110 < drawn.count(other) < 190
    assert drawn.count(own) + drawn.count(other) + drawn.count([]) == 1000


def test_questions_are_reworded_by_share_and_their_ids_with_them(data, tokenizer):
    _, examples, _ = data
    assert reworded(examples, tokenizer, share=0, seed=1) == list(examples)
    changed = reworded(examples, tokenizer, share=1, seed=1)
    assert [e.context for e in changed] == [e.context for e in examples]
    assert sum(a.question != b.question for a, b in zip(changed, examples, strict=True)) > (
        len(examples) / 2
    )
    for example in changed:
        ids = tokenizer.encode(example.question, add_special_tokens=False).ids
        assert example.question_ids.tolist() == ids


def test_a_question_without_an_answer_comes_more_often(data):
    _, examples, _ = data
    answered = sum(bool(example.answers) for example in examples)
    assert len(examples) - answered == UNANSWERABLE_REPEATS * answered


def test_made_questions_ask_of_giver_and_receiver_and_their_answers_stand_there(data, tokenizer):
    texts = [
        "The bridge was opened by Anna Maria Berg, and by Otto Lind and Karl Ek of the council. "
        "It had been closed for longer than anybody could remember. Nobody knows why it was.",
        "In the north, Ida Holm and Per Dahl went by boat to see the mayor of the town. "
        "They came home in the evening of the same day, tired and content.",
    ]
    made = transfer_paragraphs(texts, count=200, seed=1)
    assert made == transfer_paragraphs(texts, count=200, seed=1)
    assert made != transfer_paragraphs(texts, count=200, seed=2)
    kinds = Counter()
    for paragraph in made:
        for question in paragraph.questions:
            kinds[question.id[-1]] += 1
            assert "{" not in question.question + paragraph.context + paragraph.title
            for reference in question.references:
                end = reference.start + len(reference.text)
                assert paragraph.context[reference.start : end] == reference.text
    assert set(kinds) == {"r", "g", "t", "u"}
    assert min(kinds.values()) >= 50

    contexts, examples, _ = data
    longer = list(contexts)
    make = partial(transfer_paragraphs, count=0, seed=1)
    joined = add_made(examples, longer, tokenizer, make, source="transfers")
    assert (joined, longer) == (list(examples), list(contexts))


def test_a_made_receiver_is_the_one_to_whom_the_sentence_gives():
    texts = [
        "It was built by Anna Berg and Otto Lind and Karl Ek of the town in the north. "
        "It had been closed for longer than anybody could remember. Nobody knows why it was."
    ]
    checked = 0
    for paragraph in transfer_paragraphs(texts, count=1500, seed=3):
        said = re.search(r"(\w+ \w+) gave (?:a|the) [\w -]+ to (.*)", paragraph.context)
        answers = {
            question.id[-1]: question.texts[0] for question in paragraph.questions if question.texts
        }
        if said and "g" in answers and " who " not in paragraph.context:
            assert said[1] == answers["g"]
            assert answers["r"] in said[2]
            checked += 1
    assert checked >= 10


@pytest.fixture(scope="module")
def asked_of_towns(tokenizer):
    """Build contexts and examples whose questions share names, numbers and words with the text."""
    paragraphs = []
    for number, (name, other) in enumerate(zip(NAMES, NAMES[1:] + NAMES[:1], strict=True)):
        context = (
            f"The largest mill of {name} was built in {1901 + number} by Otto Lind, who came "
            f"from {other}. It was sold before the war."
        )
        answers = (Reference("Otto Lind", context.index("Otto")),)
        questions = [
            f"Who built the mill of {name}?",
            f"Who built a mill in {1901 + number}?",
            "Who built the largest mill?",
        ]
        labelled = [LabelledQuestion(f"{number}{q}", q, answers) for q in questions]
        labelled.append(LabelledQuestion(f"{number}u", f"Who painted {name}?", ()))
        paragraphs.append(Paragraph(name, context, tuple(labelled)))
    contexts = []
    examples = add_made([], contexts, tokenizer, lambda _: paragraphs, source="made")
    return contexts, examples


def test_an_exchanged_name_number_or_word_leaves_a_question_without_an_answer(
    asked_of_towns, tokenizer
):
    contexts, examples = asked_of_towns
    make = partial(
        unanswerable_examples,
        examples,
        contexts,
        tokenizer,
        words=token_embeddings(encoder_folder()),
        count=100,
    )
    made = make(seed=1)
    assert [e.question for e in made] == [e.question for e in make(seed=1)]
    assert [e.question for e in made] != [e.question for e in make(seed=2)]
    kinds = Counter()
    for example in made:
        assert not example.answers and not example.references
        assert example.negative == -1
        assert tokenizer.decode(list(example.question_ids)) == example.question.lower()
        text = contexts[example.context].text
        before = [e.question for e in examples if e.context == example.context]
        assert example.question not in before
        if "n't" in example.question or "never" in example.question:
            kinds["negation"] += 1
        elif "smallest" in example.question or "destroyed" in example.question:
            kinds["antonym"] += 1
        elif found := re.search(r"mill of (.+)\?", example.question):
            kinds["name"] += 1
            assert found[1] not in before[0]
        else:
            kinds["number"] += 1
            assert re.search(r"in (\d+)\?", example.question)[1] not in text
    assert kinds["name"] and kinds["number"] and kinds["antonym"]
    # What has no answer is not asked again, and no answer is put into a question.
    assert not any("painted" in e.question or "Lind" in e.question for e in made)


@pytest.mark.parametrize("few", [100, 4])
def test_a_name_gives_way_to_any_that_is_like_it(asked_of_towns, tokenizer, monkeypatch, few):
    contexts, _ = asked_of_towns
    monkeypatch.setattr(unanswerable, "_FEW", few)  # beyond, they are searched by lists
    monkeypatch.setattr(unanswerable, "_LISTS", 2)
    names = unanswerable._Names(contexts, tokenizer, token_embeddings(encoder_folder()))
    question, text = "Who built the mill of Gera?", "The mill of Gera is old."
    drawn = Counter(names.exchanged(question, text, random.Random(n)) for n in range(60))
    put = {made.removeprefix("Who built the mill of ").rstrip("?") for made in drawn}
    assert put <= set(names._names) - {"Gera"} and len(put) > 1
    # There are fewer than were searched for, and what stands for "none" is no name.
    assert drawn.most_common(1)[0][1] < 45


def test_only_some_questions_are_negated():
    negated = [
        (unanswerable._negated("Who was born in Gera?", "", random.Random(n))) for n in range(20)
    ]
    assert set(negated) == {"Who was never born in Gera?", "Who wasn't born in Gera?"}
    assert unanswerable._negated("What did Otto not sell?", "", random.Random(0)) is None
    assert (
        unanswerable._negated("Where can one sit?", "", random.Random(0)) == "Where can't one sit?"
    )
    tried = [
        list(unanswerable._shuffled({"name": max, "number": min, "antonym": sum}, random.Random(n)))
        for n in range(2000)
    ]
    assert 60 < sum(rules == [unanswerable._negated] for rules in tried) < 180


def test_our_attention_is_the_attention_of_the_library():
    from transformers import BertConfig, BertModel

    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=50,
        hidden_size=24,
        num_hidden_layers=2,
        num_attention_heads=3,
        intermediate_size=32,
        attn_implementation="sdpa",
    )
    ids = torch.randint(0, 50, (3, 10))
    mask = torch.ones_like(ids)
    mask[1, 6:] = 0
    mask[2, 1:] = 0
    theirs = BertModel(config).eval()
    expected = theirs(input_ids=ids, attention_mask=mask).last_hidden_state
    theirs.set_attn_implementation(NAME)
    found = theirs(input_ids=ids, attention_mask=mask).last_hidden_state
    assert torch.allclose(found[mask.bool()], expected[mask.bool()], atol=1e-5)


@pytest.fixture(scope="module")
def embed():
    return embedder(encoder_folder(), device="cpu", bfloat16=False)


def test_negatives_do_not_hold_the_answer(data, embed):
    contexts, examples, _ = data
    with_negatives = add_negatives(examples, contexts, share=1.0, seed=1, embed=embed)
    chosen = [e for e in with_negatives if e.negative >= 0]
    assert len(chosen) > 3 / 4 * sum(bool(e.answers) for e in examples)
    for example in chosen:
        assert example.answers
        assert example.references[0] not in contexts[example.negative].text


def test_negatives_come_from_meaning_as_well_as_from_words(data, embed):
    contexts, examples, _ = data
    asked = replace(examples[0], question="Which rulers inaugurated a crossing over water?")
    (found,) = add_negatives([asked], contexts, share=1.0, seed=1, embed=embed)
    assert found.negative >= 0  # no word of it stands in any context


def test_a_resumed_run_has_the_negatives_it_began_with(data, embed, tmp_path):
    contexts, examples, _ = data
    path = tmp_path / "run" / "negatives.npy"
    chosen = remembered(
        path,
        examples,
        lambda: add_negatives(examples, contexts, share=0.5, seed=1, embed=embed),
    )
    assert sum(e.negative >= 0 for e in chosen) > 3
    assert remembered(path, examples, lambda: pytest.fail("chosen anew")) == chosen
    with pytest.raises(ModelCorrupt, match="name another file"):
        remembered(path, examples[1:], lambda: [])
    # Whatever its name; and one that was cut off is told.
    remembered(tmp_path / "mine", examples, lambda: chosen)
    assert remembered(tmp_path / "mine", examples, lambda: pytest.fail("anew")) == chosen
    np.save(path, np.int64(7))
    with pytest.raises(ModelCorrupt, match="is of other data"):
        remembered(path, examples, lambda: [])
    for damaged in (b"", path.read_bytes()[:40], b"something else"):
        path.write_bytes(damaged)
        with pytest.raises(ModelCorrupt, match="cannot be read"):
            remembered(path, examples, lambda: [])


def test_an_epoch_holds_every_example_once_and_is_the_same_again(data):
    contexts, examples, _ = data
    plan = plan_epoch(examples, contexts, tokens_per_batch=400, seed=5)
    assert sorted(i for batch in plan for i in batch) == list(range(len(examples)))
    assert plan == plan_epoch(examples, contexts, tokens_per_batch=400, seed=5)
    assert plan != plan_epoch(examples, contexts, tokens_per_batch=400, seed=6)


def test_the_loss_is_the_one_the_docstring_states(data, tokenizer, embed):
    contexts, examples, _ = data
    examples = add_negatives(examples, contexts, share=0.5, seed=1, embed=embed)
    rows = lay_out(
        list(range(12)), examples, contexts, special=special(tokenizer), question_mark=0, seed=1
    )
    batch = collate(rows)
    torch.manual_seed(0)
    logits = [torch.randn(batch.input_ids.shape), torch.randn(batch.input_ids.shape)]
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
    assert len(rows) > 12  # some questions have a negative beside them
    assert float(span_loss(*logits, batch)) == pytest.approx(expected / 2, rel=1e-4)
    assert float(span_loss(*logits, batch, shared=False)) == pytest.approx(alone / 2, rel=1e-4)


def test_a_student_matches_the_mean_of_its_teachers_where_an_answer_stands(data, tokenizer):
    contexts, examples, _ = data
    absent = next(i for i, example in enumerate(examples) if not example.answers)
    there = [i for i, example in enumerate(examples) if example.answers][:3]
    rows = lay_out(
        [*there, absent], examples, contexts, special=special(tokenizer), question_mark=0, seed=1
    )
    batch = collate(rows)
    windows = batch.candidate.clone()
    windows[:, 0] = False  # whether there is an answer is not asked of teachers
    torch.manual_seed(0)
    first, second, student = (
        (torch.randn(batch.input_ids.shape), torch.randn(batch.input_ids.shape)) for _ in range(3)
    )
    targets = soft_targets([first, second], batch, lambda teacher, _: teacher)
    expected = 0.0
    for side in range(2):
        for row, allowed in enumerate(windows):
            teachers = [logits[side][row][allowed].softmax(0) for logits in (first, second)]
            mean = (teachers[0] + teachers[1]) / 2
            assert torch.allclose(targets[side][row][allowed], mean, atol=1e-6)
            assert not targets[side][row][~allowed].any()
            own = student[side][row][allowed].log_softmax(0)
            if row < 3:
                expected -= float((mean * own).sum()) / len(rows) / 2
    assert float(distillation_loss(student, targets, batch)) == pytest.approx(expected, rel=1e-4)
    # Asked whether as well, they judge with what the paragraph gives away added, as students do.
    batch = replace(batch, prior=torch.tensor([0.0, 0.5, -1.0, 2.0]))
    wholly = soft_targets([first], batch, lambda teacher, _: teacher, null=True)
    judged = with_prior(*first, batch)
    for side in range(2):
        for row, allowed in enumerate(batch.candidate):
            expected_row = judged[side][row][allowed].softmax(0)
            assert torch.allclose(wholly[side][row][allowed], expected_row, atol=1e-6)
    # Others may be asked whether, and nothing else.
    both = soft_targets(
        [first], batch, lambda teacher, _: teacher, null=True, null_teachers=[second]
    )
    for side in range(2):
        absents = [
            with_prior(*teacher, batch)[side][row][allowed].softmax(0)[0]
            for row, allowed in enumerate(batch.candidate)
            for teacher in (first, second)
        ]
        means = torch.stack(absents).view(-1, 2).mean(1)
        assert torch.allclose(both[side][:, 0], means, atol=1e-6)
        assert torch.allclose(both[side].sum(1), torch.ones(len(rows)), atol=1e-6)
        where, before = both[side][:, 1:], wholly[side][:, 1:]
        assert torch.allclose(
            where / where.sum(1, keepdim=True), before / before.sum(1, keepdim=True), atol=1e-5
        )
    matched = distillation_loss(judged, wholly, batch, null=True)
    entropy = -sum((t * t.clamp(min=1e-30).log()).sum() for t in wholly) / len(rows) / 2
    assert float(matched) == pytest.approx(float(entropy), rel=1e-4)
    least = float(distillation_loss(first, soft_targets([first], batch, lambda t, _: t), batch))
    other = float(distillation_loss(second, soft_targets([first], batch, lambda t, _: t), batch))
    assert least < other


def test_whether_there_is_an_answer_is_learnt_of_as_many_with_one_as_without(data):
    contexts, examples, _ = data
    sources = ["squad", "qed"]
    contexts = [replace(each, source=sources[i % 2]) for i, each in enumerate(contexts)]
    absent = [each for each in examples if not each.answers][:30]
    once = {(each.context, each.question) for each in absent}
    there = [each for each in examples if each.answers] * 8
    made = [replace(absent[0], question=f"made {number}") for number in range(4)]
    chosen = of_whether([*absent, *there], made, contexts, seed=1)
    count = Counter((each.context, each.question) for each in chosen if not each.answers)
    assert {count[key] for key in once} == {2}
    assert all(count[made[0].context, each.question] == 1 for each in made)
    answered = Counter(contexts[each.context].source for each in chosen if each.answers)
    assert sum(answered.values()) == sum(count.values()) == 2 * len(once) + len(made)
    assert answered["qed"] == round(0.15 * sum(count.values()))
    again = of_whether([*absent, *there], made, contexts, seed=1)
    assert [each.question for each in again] == [each.question for each in chosen]


def test_rows_keep_to_a_window_and_still_hold_their_answers(data, tokenizer):
    contexts, examples, _ = data
    answered = [i for i, e in enumerate(examples) if e.answers]
    rows = lay_out(
        answered,
        examples,
        contexts,
        special=special(tokenizer),
        question_mark=0,
        seed=1,
        window=48,
    )
    assert max(len(row.ids) for row in rows) == 48
    assert all(row.start_targets.keys() != {0} for row in rows)


CLOZE = (
    "The Bridge of Sighs was built in Venice by Antonio Contino after long debate. It is short. "
    "Visitors to Venice cross the Bridge of Sighs each morning when the gates are opened."
)


OTHER = (
    "The gates of Venice are opened by Antonio Contino, who was long in debate with nobody. "
    "Nobody has seen Antonio Contino smile before the gates were opened in the morning."
)


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "text.jsonl.gz"
    with gzip.open(path, "wt") as file:
        for paragraphs in ([CLOZE, "Nothing recurs here.", OTHER], [OTHER]):
            file.write(json.dumps({"title": "", "paragraphs": paragraphs}) + "\n")
    return path


def test_blanks_are_what_another_sentence_says_and_are_filled_by_it(tokenizer):
    clozes = clozes_of(CLOZE, tokenizer)
    blank = tokenizer.token_to_id(BLANK)
    whole = clozes.ids.tolist()
    asked = set()
    for seed in range(40):
        cloze = draw_cloze(clozes, random.Random(seed), blank=blank)
        words = cloze.words.tolist()
        asked.add(tokenizer.decode(words))
        for first, last in cloze.answers:
            assert cloze.context_ids[first : last + 1].tolist() == words
        question = cloze.question_ids.tolist()
        assert blank in question
        filled = [id_ for each in question for id_ in (words if each == blank else [each])]
        # The sentence stood where the rest of the paragraph closes over it.
        rest = cloze.context_ids.tolist()
        assert any(rest[:at] + filled + rest[at:] == whole for at in range(len(rest) + 1))
    assert {"bridge of sighs", "venice"} <= asked
    assert asked.isdisjoint({"of", "the", "in"})
    for nothing in ("", "Nothing recurs here. This is short.", "Venice again. It is Venice."):
        assert clozes_of(nothing, tokenizer) is None  # the last asks nothing: it is too short


def test_words_that_are_no_tokens_of_their_own_are_blanked_with_the_token_they_are_in(tokenizer):
    # A combining accent ends a word for one and not for the other: "cafe", "s" and "cafés".
    cafes = "cafe\u0301s"
    text = (
        f"The {cafes} of the old town are known to all of the people who live there now. "
        f"Some very very very good {cafes} were closed by the mayor, who was very very sad of it."
    )
    clozes = clozes_of(text, tokenizer)
    blank = tokenizer.token_to_id(BLANK)
    for places in clozes.blanks:
        assert all(first <= last < len(clozes.ids) for first, last in places)
        assert all(one[1] < other[0] for one, other in itertools.pairwise(places))
    for seed in range(30):
        cloze = draw_cloze(clozes, random.Random(seed), blank=blank)
        assert len(cloze.words) and cloze.answers
        assert blank in cloze.question_ids


def test_a_long_sentence_is_cut_around_its_blank(tokenizer):
    long = (
        f"Venice {'and more ' * 60}built the Rialto. Who built the Rialto is not known to us all."
    )
    clozes = clozes_of(long, tokenizer)
    blank = tokenizer.token_to_id(BLANK)
    drawn = [draw_cloze(clozes, random.Random(seed), blank=blank) for seed in range(20)]
    assert max(len(cloze.question_ids) for cloze in drawn) == 64
    assert all(blank in cloze.question_ids for cloze in drawn)


def test_text_is_read_in_its_order_and_what_is_no_text_is_named(text, tokenizer, tmp_path):
    found = read_clozes(text, tokenizer, workers=2)
    assert [clozes.article for clozes in found] == [0, 0, 1]
    expected = clozes_of(CLOZE, tokenizer)
    assert found[0].ids.tolist() == expected.ids.tolist()
    assert found[0].blanks == expected.blanks
    rows = {
        "line 1: no article": [{"paragraphs": "one text"}],
        "line 2: no article": [{"paragraphs": [CLOZE]}, [1]],
        "says something twice": [{"paragraphs": ["Nothing recurs here."]}],
    }
    path = tmp_path / "broken.jsonl"
    for said, lines in rows.items():
        path.write_text("\n".join(json.dumps(line) for line in lines))
        with pytest.raises(DatasetError, match=f"broken.jsonl.*{said}"):
            read_clozes(path, tokenizer)
    with pytest.raises(DatasetError, match="absent"):
        read_clozes(tmp_path / "absent.jsonl", tokenizer)


def test_a_blank_is_asked_of_its_paragraph_or_of_one_that_does_not_fill_it(text, tokenizer):
    clozes = read_clozes(text, tokenizer) * 20
    cls, sep = special(tokenizer)

    def epoch(seed):
        return ClozeEpoch(
            clozes,
            special=(cls, sep),
            blank=tokenizer.token_to_id(BLANK),
            tokens_per_batch=400,
            window=256,
            seed=seed,
        )

    batches = [epoch(1)[i] for i in range(len(epoch(1)))]
    assert sum(len(batch.input_ids) for batch in batches) == len(clozes) == 60
    absent = sum(int(batch.start_targets[:, 0].sum()) for batch in batches)
    assert 1 <= absent <= 20
    for batch in batches:
        assert torch.allclose(batch.start_targets.sum(1), torch.ones(len(batch.input_ids)))
    again = epoch(1)[0]
    assert torch.equal(again.input_ids, batches[0].input_ids)
    assert not torch.equal(epoch(2)[0].input_ids[0, :9], batches[0].input_ids[0, :9])


def test_masked_are_tokens_of_windows_that_no_blank_asks_for(data, tokenizer):
    contexts, examples, _ = data
    rows = lay_out(
        list(range(30)), examples, contexts, special=special(tokenizer), question_mark=0, seed=1
    )
    batch, blank = collate(rows), tokenizer.token_to_id(BLANK)
    torch.manual_seed(0)
    masked, chosen, right = masked_tokens(batch, blank=blank)
    before, after = batch.input_ids.flatten(), masked.input_ids.flatten()
    assert len(chosen) == int(0.15 * len(before))
    asked = chosen[right != -100]
    assert len(asked) == len(chosen)  # there is enough to ask for
    assert torch.equal(right, before[chosen])
    width = batch.input_ids.shape[1]
    for position in asked.tolist():
        row = rows[position // width]
        place = position % width
        assert row.window_start <= place < len(row.ids) - 1
        assert place not in row.start_targets and place not in row.end_targets
    changed = (before != after).nonzero().flatten()
    assert set(changed.tolist()) <= set(asked.tolist())
    assert 0.7 < float((after[asked] == blank).float().mean()) < 0.9
    assert torch.equal(masked.start_targets, batch.start_targets)
    # Where a batch is all question, little is asked and nothing else is touched.
    short = torch.zeros_like(batch.candidate)
    for each, row in zip(short, rows, strict=True):
        each[row.window_start : row.window_start + 3] = True
    few, chosen, right = masked_tokens(replace(batch, candidate=short), blank=blank)
    assert 0 < int((right != -100).sum()) <= 3 * len(rows)
    untouched = chosen[right == -100]
    assert torch.equal(few.input_ids.flatten()[untouched], before[untouched])


def test_text_is_trained_on_and_gives_a_checkpoint_to_start_from(text, tokenizer, tmp_path):
    clozes = read_clozes(text, tokenizer) * 4
    recipe = Recipe(steps=4, learning_rate=3e-4, tokens_per_batch=300, cooldown=0.5)
    given = {"start": encoder_folder(), "tokenizer": tokenizer, "recipe": recipe}
    model = pretrain(clozes, **given, output=tmp_path / "run")
    log = (tmp_path / "run" / "log.jsonl").read_text().splitlines()
    assert json.loads(log[-1])["step"] == 4
    model.save_pretrained(tmp_path / "checkpoint")
    kept = new_model(tmp_path / "checkpoint").state_dict()
    assert all(torch.equal(kept[name], each) for name, each in model.state_dict().items())
    start = new_model(encoder_folder()).state_dict()
    words = "bert.embeddings.word_embeddings.weight"
    assert not torch.equal(kept[words], start[words])
    pretrain(clozes, **given, output=tmp_path / "parts", checkpoint_every=2, stop_after=2)
    parts = pretrain(clozes, **given, output=tmp_path / "parts").state_dict()
    assert all(torch.equal(parts[name], each) for name, each in kept.items())
    # A run goes on with what it was begun with, or not at all.
    pretrain(clozes, **given, output=tmp_path / "other", checkpoint_every=1, stop_after=1)
    with pytest.raises(ModelCorrupt, match="begun with other data"):
        pretrain(clozes * 2, **given, output=tmp_path / "other")
    with pytest.raises(DatasetError, match="nothing to train on"):
        pretrain([], **given, output=tmp_path / "nothing")


def test_padding_does_not_change_the_loss(data, tokenizer):
    contexts, examples, _ = data
    rows = lay_out([0, 1], examples, contexts, special=special(tokenizer), question_mark=0, seed=1)
    batch = collate(rows)
    torch.manual_seed(0)
    starts, ends = torch.randn(batch.input_ids.shape), torch.randn(batch.input_ids.shape)
    wider = Batch(
        *(
            torch.nn.functional.pad(getattr(batch, name), (0, 16))
            if name not in ("group", "prior")
            else getattr(batch, name)
            for name in Batch.__slots__
        )
    )
    padded = [torch.nn.functional.pad(logits, (0, 16), value=50.0) for logits in (starts, ends)]
    assert float(span_loss(*padded, wider)) == pytest.approx(float(span_loss(starts, ends, batch)))


def test_what_a_paragraph_gives_away_is_taken_out(data, tokenizer):
    contexts, examples, _ = data
    contexts = [replace(each, source=f"set {i % 2}") for i, each in enumerate(contexts)]
    answered = {each.context: each for each in examples if each.answers}
    # Nine in ten questions of the first set have no answer, one in two of the second.
    both = [
        replace(each, answers={} if number < (5 if position % 2 else 9) else each.answers)
        for position, each in answered.items()
        for number in range(10)
    ]
    priors = {contexts[each.context].source: each.prior for each in with_priors(both, contexts)}
    beside = replace(both[0], negative=3)
    # Beside each other both kinds stand.
    assert with_priors([*both, beside], contexts)[-1] == beside
    assert priors["set 0"] > 0.3  # though both have more without than with an answer
    assert priors["set 1"] < -0.3
    same = [each for each in examples if each.answers]
    assert with_priors(same, contexts) == same  # nothing can be told from one kind


def test_a_prior_is_added_to_no_answer_alone(data, tokenizer):
    contexts, examples, _ = data
    known = [replace(examples[0], prior=2.0), replace(examples[1], prior=-1.0)]
    rows = lay_out([0, 1], known, contexts, special=special(tokenizer), question_mark=0, seed=1)
    batch = collate(rows)
    logits = torch.randn(batch.input_ids.shape), torch.randn(batch.input_ids.shape)
    for before, after in zip(logits, with_prior(*logits, batch), strict=True):
        assert torch.equal(before[:, 1:], after[:, 1:])
        assert (after - before)[:, 0].tolist() == pytest.approx([2.0, -1.0])


def test_whether_there_is_an_answer_is_judged_within_a_paragraph(data, tokenizer):
    contexts, examples, _ = data
    first, second, third = [each for each in examples if each.answers][:3]
    absent = [replace(each, answers={}, references=()) for each in (first, second)]
    paired = of_both_kinds([first, absent[0], second, absent[1], third])
    assert paired == [first, absent[0], second, absent[1]]

    class Sure(torch.nn.Module):
        """Is surer of an answer where there is one, and surest of all on the first paragraph."""

        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(1))

        def forward(self, batch):
            there = batch.start_targets[:, 0] == 0
            on_first = batch.input_ids == int(first_number)
            logits = batch.start_targets + batch.end_targets
            logits[:, 0] = -1.0 * there - 10.0 * on_first.any(dim=1)
            return logits, logits

    first_number = contexts[first.context].ids[1]  # its year, which no other has
    scores, flipped = (
        validate(
            Sure(), [first, second], pairs, contexts, special=special(tokenizer), logits=Sure()
        )
        for pairs in (paired, [replace(each, answers={}) for each in (first, second)])
    )
    assert scores["questions"] == 2
    assert scores["em"] == scores["f1"] == 100
    assert scores["null_auc"] == 1.0  # over both paragraphs together 0.75
    assert flipped["null_auc"] == 0.0  # nothing to compare


def test_the_learning_rate_rises_stays_and_falls_to_zero():
    recipe = Recipe(steps=100, warmup=0.1, cooldown=0.4)
    rates = [learning_rate_at(step, recipe) for step in range(101)]
    assert rates[0] < rates[5] < rates[10] == rates[60] == recipe.learning_rate
    assert rates[80] == pytest.approx(recipe.learning_rate / 2)
    assert rates[100] == 0


def test_dropout_leaves_out_features_of_whole_rows_and_only_in_training():
    network = new_model(encoder_folder())
    add_dropout(network, 0.5)
    dropout = network.base_model.encoder.layer[0].output.dropout
    assert dropout.probability == 0.5
    dropout = RowDropout(0.25)
    hidden = torch.ones(40, 3, 50)
    left = dropout.train()(hidden)
    assert torch.equal(left[:, 0], left[:, 2])
    assert not torch.equal(left[0], left[1])
    assert left.unique().tolist() == pytest.approx([0.0, 4 / 3])
    assert float(left.mean()) == pytest.approx(1, abs=0.1)
    assert torch.equal(dropout.eval()(hidden), hidden)
    changed = [m for m in network.modules() if isinstance(m, RowDropout)]
    assert len(changed) == 1 + 2 * 6  # after the embeddings, and twice in each layer


def test_training_adds_what_a_paragraph_gives_away(data, tokenizer, tmp_path, monkeypatch):
    contexts, examples, held_out = data
    added = []
    monkeypatch.setattr(
        "training.trainer.with_prior",
        lambda starts, ends, batch: added.append(batch.prior) or with_prior(starts, ends, batch),
    )
    train(
        contexts,
        [replace(example, prior=0.5, negative=-1) for example in examples[:4]],
        held_out[:4],
        start=encoder_folder(),
        tokenizer=tokenizer,
        recipe=Recipe(steps=1),
        output=tmp_path,
    )
    assert [prior.tolist() for prior in added] == [[0.5] * 4]


def test_an_average_is_the_mean_at_first_and_then_a_moving_one():
    weights = [torch.tensor([float(number)]) for number in range(1, 101)]
    mean = weights[0].clone()
    for count, new in enumerate(weights[1:3], start=1):
        moving_average(100)([mean], [new], torch.tensor(count))
    assert float(mean) == pytest.approx(2)  # of 1, 2 and 3
    moving_average(100)([mean], [torch.tensor([12.0])], torch.tensor(50))
    assert float(mean) == pytest.approx(3)  # a tenth of what is new
    moving_average(1)([mean], [torch.tensor([7.0])], torch.tensor(50))
    assert float(mean) == pytest.approx(7)  # all of it, and no more


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # of Python 3.12 and later
def test_a_run_cut_off_and_resumed_ends_where_an_unbroken_one_does(
    data, tokenizer, tmp_path, monkeypatch
):
    monkeypatch.setattr("training.loop._AVERAGE_EVERY", 1)
    contexts, examples, held_out = data

    def run(output, steps, stop=None, workers=0, mood="glad"):
        recipe = Recipe(steps=steps, tokens_per_batch=300, warmup=0.2, averaging=20, frozen=True)
        return train(
            contexts,
            examples[:20],
            held_out,
            start=encoder_folder(),
            tokenizer=tokenizer,
            recipe=recipe,
            given={"mood": mood, "teachers": ["a"]},
            output=output,
            workers=workers,
            checkpoint_every=2,
            stop_after=stop,
        )

    whole = run(tmp_path / "whole", 4)
    run(tmp_path / "parts", 4, stop=2, workers=1)  # who makes the batches makes no difference
    parts = run(tmp_path / "parts", 4)
    for one, other in zip(whole, parts, strict=True):  # the model, and the average
        weights = other.state_dict()
        assert all(torch.equal(each, weights[name]) for name, each in one.state_dict().items())
    start = new_model(encoder_folder()).state_dict()
    same = {name for name, each in whole[0].state_dict().items() if torch.equal(each, start[name])}
    assert same == {"bert.embeddings.word_embeddings.weight"}  # which is frozen
    lines = (tmp_path / "parts" / "log.jsonl").read_text().splitlines()
    log = [json.loads(line) for line in lines]
    assert [line["step"] for line in log if line["event"] == "start"] == [0, 2]
    with pytest.raises(ModelCorrupt, match="another mood: give another --output"):
        run(tmp_path / "parts", 4, mood="sad")
    monkeypatch.setattr("training.loop.asdict", lambda recipe: {**asdict(recipe), "seed": 9})
    with pytest.raises(ModelCorrupt, match="another seed: give another --output"):
        run(tmp_path / "parts", 4)


@dataclass(frozen=True)
class Number:
    """A batch of the smallest training there is."""

    input_ids: torch.Tensor

    def to(self, device):
        return self


def test_what_cannot_be_trained_on_says_so(tmp_path):
    model = torch.nn.Linear(1, 1)
    epoch = [Number(torch.ones(1)), Number(torch.full((1,), math.nan))]

    def run(steps):
        return train_in_a_loop(
            model,
            lambda _: epoch,
            lambda batch: model(batch.input_ids).sum(),
            recipe=Recipe(steps=steps),
            output=tmp_path,
        )

    run(1)
    with pytest.raises(ModelCorrupt, match="no number any more at step 2"):
        run(2)
    whole = (tmp_path / "checkpoint.pt").read_bytes()
    for damaged in (b"", b"something else", whole[:-100]):
        (tmp_path / "checkpoint.pt").write_bytes(damaged)
        with pytest.raises(ModelCorrupt, match="remove it to begin anew"):
            run(2)


@pytest.mark.parametrize(
    ("training", "option", "value", "said"),
    [
        (command, "--window", "0", "0 is no whole number of 160 or more"),
        (command, "--window", "700", "more than the network's 512 positions"),
        (command, "--dropout", "1", "1 is not from 0 to below 1"),
        (command, "--cooldown", "-3", "-3 is not between 0 and 1"),
        (command, "--learning-rate", "-1", "-1 is no number over 0"),
        (command, "--learning-rate", "nan", "nan is no number over 0"),
        (command, "--emphasis", "(", "( is no regular expression"),
        (contrastive, "--size", "0", "0 is no whole number of 1 or more"),
        (contrastive, "--steps", "two", "two is no whole number of 1 or more"),
        (contrastive, "--workers", "-1", "-1 is no whole number of 0 or more"),
        (contrastive, "--epochs", "nan", "nan is no number over 0"),
        (contrastive, "--epochs", "-1", "-1 is no number over 0"),
        (contrastive, "--negatives", "5", "5 is not between 0 and 1"),
        (contrastive, "--device", "gpu", "gpu is neither cpu nor cuda"),
    ],
)
def test_an_option_that_is_none_is_told_in_one_line(
    monkeypatch, capsys, training, option, value, said
):
    monkeypatch.setattr("sys.argv", ["a training", "data", f"{option}={value}"])
    with pytest.raises(SystemExit):
        training.main()
    assert said in capsys.readouterr().err.splitlines()[-1]


def test_to_leave_out_every_set_is_not_to_leave_out_none(monkeypatch, capsys, tmp_path, tokenizer):
    assert load_examples(tmp_path, tokenizer, seed=1, mix={}) == ([], [], [])
    monkeypatch.setattr("sys.argv", ["training", str(tmp_path), "--without", *MIX])
    with pytest.raises(SystemExit):
        command.main()
    assert "--without: leaves no training set" in capsys.readouterr().err


def test_an_emphasis_that_no_question_has_is_told(data):
    examples = data[1]
    chosen = emphasised(examples, "^whose", seed=1)
    assert len(chosen) == 2 * sum(e.question.startswith("Whose") for e in chosen) > 0
    with pytest.raises(DatasetError, match="no question matches 'zebra'"):
        emphasised(examples, "zebra", seed=1)


def test_a_folder_without_a_network_is_no_start(tmp_path):
    with pytest.raises(ModelNotFound, match="is no checkpoint: train it first"):
        new_model(tmp_path)
    (tmp_path / "config.json").write_bytes((encoder_folder() / "config.json").read_bytes())
    (tmp_path / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ModelCorrupt, match="cannot be read"):
        new_model(tmp_path)


def test_legs_of_one_data_seed_read_the_same_questions(tmp_path, monkeypatch):
    with gzip.open(tmp_path / "squad.jsonl.gz", "wt") as file:
        for number in range(40):
            answers = [{"text": f"Mayor {number}", "answer_start": 0}]
            qas = [{"id": str(number), "question": "Who spoke?", "answers": answers}]
            row = {"title": "", "context": f"Mayor {number} spoke.", "qas": qas}
            file.write(json.dumps(row) + "\n")
    read = []

    def instead(contexts, examples, held_out, **given):
        read.append([example.references for example in examples])
        raise SystemExit

    monkeypatch.setattr(command, "train", instead)
    monkeypatch.setattr(command, "MIX", {"squad": 0.5})
    fixed = ["--negatives", "0", "--transfers", "0", "--no-priors", "--steps", "1"]
    for seeds in (["1", "--data-seed", "7"], ["2", "--data-seed", "7"], ["7"], ["2"]):
        output = str(tmp_path / f"leg{len(read)}")
        words = [str(tmp_path), "--output", output, *fixed, "--seed", *seeds]
        monkeypatch.setattr("sys.argv", ["training", *words])
        with pytest.raises(SystemExit):
            command.main()
    assert read[0] == read[1] == read[2]
    assert read[0] and read[0] != read[3]


def test_the_whole_recipe_makes_a_reader_and_goes_on_where_it_was_cut_off(
    text, tmp_path, monkeypatch, capsys
):
    for name in command.MIX:
        with gzip.open(tmp_path / f"{name}.jsonl.gz", "wt") as file:
            for number in range(8):
                answers = [{"text": f"Mayor {number}", "answer_start": 0}]
                asked = {"id": str(number), "question": "Who spoke?", "answers": answers}
                absent = {"id": f"{number}u", "question": "Who sang?", "answers": []}
                context = f"Mayor {number} spoke of {name}."
                row = {"title": "", "context": context, "qas": [asked, absent]}
                file.write(json.dumps(row) + "\n")
    exported, shipped, begun = [], [], []

    def export(checkpoint, models, *, training):
        exported.append((checkpoint, models))
        return models / "reader.onnx"

    def here(words, check, **_):
        """Do in this process, which is quicker, what is asked of another one."""
        assert check and words[:2] == [sys.executable, "-m"]
        if words[2] == "training.average" and not begun.count("training.average"):
            begun.append(words[2])
            raise subprocess.CalledProcessError(1, words)
        begun.append(words[2])
        with monkeypatch.context() as patch:
            patch.setattr("sys.argv", words[2:])
            modules[words[2]].main()

    modules = {
        "training": command,
        "training.average": average,
        "training.contrastive": contrastive,
        "training.encoder": encoders,
        "training.negatives": negatives,
        "training.pretrain": pretraining,
    }
    for module in (command, average):
        monkeypatch.setattr(module, "export_reader", export)
    monkeypatch.setattr(
        encoders,
        "export_encoder",
        lambda models, *, checkpoint: shipped.append((checkpoint, models)),
    )
    monkeypatch.setattr("subprocess.run", here)
    small = ["--tokens-per-batch", "400", "--transfers", "0"]
    monkeypatch.setattr(recipe, "_SCHEDULE", [*recipe._SCHEDULE, *small])
    words = [str(tmp_path), str(text), "--output", str(tmp_path / "out"), "--models", "shipped"]
    saved = []
    monkeypatch.setattr("training.loop.save", lambda *_, **position: saved.append(position))
    words += ["--device", "cpu", "--checkpoint-every", "1"]
    for training in ("encoder", "text", "reader", "student", "whether"):
        words += [f"--{training}-steps", "2"]
    monkeypatch.setattr("sys.argv", ["training.recipe", *words])
    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr("sys.argv", [*sys.argv, "--side-by-side"])
        recipe.main()
    assert "for a GPU" in capsys.readouterr().err
    missing = tmp_path / "qed.jsonl.gz"
    missing.rename(tmp_path / "elsewhere")
    with pytest.raises(SystemExit):
        recipe.main()
    assert f"not there: {missing}" in capsys.readouterr().err
    assert not begun
    (tmp_path / "elsewhere").rename(missing)
    with pytest.raises(SystemExit, match="goes on from here"):
        recipe.main()
    first = ["training.negatives", "training.pretrain", "training.contrastive"]
    assert begun == [*first, *3 * ["training.reader"], "training.average"]
    # Each of the two steps of five trainings was kept, as was asked for.
    assert len(saved) == 10
    assert not exported and not shipped  # what is made on the way is not
    begun[:] = ["training.average"]  # which fails no more
    recipe.main()
    taught = ["training.average", *2 * ["training.reader"], "training.average"]
    assert begun[1:] == [*taught, "training.encoder"]
    out = tmp_path / "out"
    assert shipped == [(out / "encoder" / "checkpoint", Path("shipped"))]
    made = json.loads((out / "encoder" / "checkpoint" / "training.json").read_text())
    assert (made["recipe"]["steps"], made["data_seed"]) == (2, 11)
    assert exported[-1] == (out / "reader", Path("shipped"))
    # What is shipped says how it was made, from the encoder on.
    students = json.loads((out / "reader" / "training.json").read_text())["mean_of"]
    assert [student["recipe"]["seed"] for student in students] == [21, 22]
    assert students[1]["start"]["start"] == ENCODER_NAME
    assert [seed["recipe"]["seed"] for seed in students[0]["start"]["mean_of"]] == [1, 2, 3]
    # Another reader, where there is one, teaches whether there is an answer.
    begun[:] = ["training.average"]  # which fails no more
    other = out / "seed1" / "checkpoint"
    with monkeypatch.context() as patch:
        patch.setattr("sys.argv", [*sys.argv, "--null-teacher", str(other)])
        recipe.main()
    assert begun[1:] == [*2 * ["training.average"], "training.reader", "training.encoder"]
    assert exported[-1] == (out / "whether" / "checkpoint", Path("shipped"))
    made = json.loads((out / "whether" / "checkpoint" / "training.json").read_text())
    assert made["null_teachers"] == [str(other)] and made["whether"]
    # Another order is not taken for done.
    monkeypatch.setattr("sys.argv", [*sys.argv, "--text-steps", "3"])
    with pytest.raises(SystemExit, match="made of other things"):
        recipe.main()
    made = new_model(out / "reader").state_dict()
    students = [new_model(out / f"student{i}" / "checkpoint").state_dict() for i in (1, 2)]
    for name, weights in made.items():
        assert torch.allclose(weights, (students[0][name] + students[1][name]) / 2, atol=1e-6)


def test_trainings_that_do_not_need_each_other_run_at_once_if_asked(tmp_path, monkeypatch):
    def stages(*names):
        return [recipe.Stage(name, (), tmp_path / name / "checkpoint") for name in names]

    meeting = threading.Barrier(3)
    begun, said = [], []

    def together(words, check, stdout=None, stderr=None):
        begun.append(words[2])
        if stdout:
            meeting.wait(timeout=10)
            stdout.write(f"{words[2]} speaks")
        if words[2] in "ad":
            raise subprocess.CalledProcessError(1, words)
        (tmp_path / words[2] / "checkpoint").mkdir(parents=True)

    def run(*groups, side_by_side):
        begun.clear()
        said.clear()
        for each in recipe.run(list(groups), side_by_side=side_by_side):
            said.append((each, *begun))

    monkeypatch.setattr("subprocess.run", together)
    with pytest.raises(subprocess.CalledProcessError):
        run(stages("a", "b", "d"), stages("c"), side_by_side=True)
    # What began beside those that failed was not lost, and what needs them did not begin.
    assert sorted(begun) == ["a", "b", "d"] and (tmp_path / "b" / "done.json").is_file()
    assert [words for words, *_ in said[-2:]] == [
        f"failed: {tmp_path / name / 'output.txt'} says why" for name in "ad"
    ]
    assert (tmp_path / "b" / "output.txt").read_text() == "b speaks"
    # In turn, each is said when it begins, and the first failure is the end.
    with pytest.raises(subprocess.CalledProcessError):
        run(stages("b", "e", "a", "f"), stages("c"), side_by_side=False)
    assert begun == ["e", "a"]
    assert [(words.split(":")[0], *before) for words, *before in said] == [
        ("1 of 5",),
        ("2 of 5",),
        ("3 of 5", "e"),
    ]
    # One that left a mark and nothing else is done again.
    (tmp_path / "b" / "checkpoint").rmdir()
    run(stages("b"), side_by_side=False)
    assert begun == ["b"]


def test_a_mean_is_of_the_shares_that_are_asked_for(monkeypatch, capsys, tmp_path, tokenizer):
    nets = [new_model(encoder_folder()) for _ in range(3)]
    folders = [tmp_path / str(number) for number in range(3)]
    for net, folder in zip(nets, folders, strict=True):
        keep(net, folder, tokenizer, training={"name": folder.name})
    average.average(tmp_path / "mean", folders, shares=[0.5, 0.3, 0.2])
    made = new_model(tmp_path / "mean").qa_outputs.weight
    expected = sum(
        share * net.qa_outputs.weight for share, net in zip((0.5, 0.3, 0.2), nets, strict=True)
    )
    assert torch.allclose(made, expected)
    assert not torch.allclose(made, nets[0].qa_outputs.weight)
    for shares, said in (
        (["1"], "one for each checkpoint"),
        (["0.5", "0.3", "0.3"], "one for each checkpoint"),
        (["nan", "nan", "nan"], "nan is not between 0 and 1"),
    ):
        words = ["average", str(tmp_path / "other"), *map(str, folders), "--shares", *shares]
        monkeypatch.setattr("sys.argv", words)
        with pytest.raises(SystemExit):
            average.main()
        assert said in capsys.readouterr().err
    monkeypatch.setattr("sys.argv", ["average", str(tmp_path / "other"), str(tmp_path / "none")])
    with pytest.raises(SystemExit, match="is no checkpoint of ours: train it first"):
        average.main()


def test_the_shipped_reader_is_restored_as_a_checkpoint_with_its_logits(tmp_path):
    restore(tmp_path)
    model = new_model(tmp_path).eval()
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


def test_a_network_of_another_make_is_no_reader_to_restore(tmp_path):
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
        with pytest.raises(ModelCorrupt, match="no reader of ours"):
            restore(tmp_path / "out", models=tmp_path)

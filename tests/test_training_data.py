"""What trainings read: questions as rows and batches, made questions, negatives, blanks."""

import gzip
import itertools
import json
import random
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from qa.errors import DatasetError
from qa.evaluation.datasets import LabelledQuestion, Paragraph, Reference
from qa.networks.weights import encoder_folder
from training import unanswerable
from training.batches import packed
from training.loop import Schedule
from training.negatives import with_negatives
from training.networks import load_tokenizer
from training.pretrain import ClozeBatches, mask_tokens
from training.priors import with_priors
from training.questions import (
    UNANSWERABLE_REPEATS,
    Questions,
    balanced,
    is_held_out,
    load_questions,
    reworded,
    token_span,
)
from training.reader import QuestionBatches
from training.recurring import clozes_of, draw_cloze, read_clozes
from training.rows import MASK, QUESTION_MARK, collate, draw_heading, make_row, rows_of
from training.transfers import question_templates, transfer_paragraphs, with_transfers
from training.unanswerable import unanswerable_examples

GOLDEN = Path(__file__).parent / "golden"
NAMES = ["Aachen", "Bremen", "Cuxhaven", "Dessau", "Emden", "Fulda", "Gera", "Halle"]


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer()


@pytest.fixture(scope="module")
def questions(tmp_path_factory, tokenizer):
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
    return load_questions(folder, tokenizer, seed=1, mix={"towns": 1.0})


def rows_for(questions, positions, seed=1):
    rng = random.Random(seed)
    examples = [questions.train[position] for position in positions]
    return [
        row
        for number, example in enumerate(examples)
        for row in rows_of(number, example, questions.contexts, rng=rng)
    ]


def test_token_spans_cover_the_reference_and_wrong_offsets_are_refused(questions):
    for example in questions.train:
        context = questions.contexts[example.context]
        for first, last in example.answers:
            assert context.text[context.starts[first] : context.ends[last]] in example.references
    assert token_span(questions.contexts[0], Reference("Aachen", 1)) is None


def test_revisions_of_a_paragraph_fall_on_one_side():
    text = "one two three four five six seven eight nine"
    sides = {is_held_out(Paragraph("", text + tail, ())) for tail in ("", " ten", " eleven")}
    assert len(sides) == 1
    held = sum(is_held_out(Paragraph("", f"{n} {text}", ())) for n in range(3000))
    assert 30 <= held <= 100  # about 2 %


def test_a_share_of_a_set_is_drawn_by_the_seed(tmp_path, tokenizer):
    with gzip.open(tmp_path / "squad.jsonl.gz", "wt") as file:
        for number in range(40):
            answers = [{"text": f"Mayor {number}", "answer_start": 0}]
            qas = [{"id": str(number), "question": "Who spoke?", "answers": answers}]
            row = {"title": "", "context": f"Mayor {number} spoke.", "qas": qas}
            file.write(json.dumps(row) + "\n")
    drawn = [
        [
            e.references
            for e in load_questions(tmp_path, tokenizer, seed=s, mix={"squad": 0.5}).train
        ]
        for s in (7, 7, 2)
    ]
    assert drawn[0] == drawn[1] != drawn[2]
    assert 10 < len(drawn[0]) < 30


def test_a_cut_window_contains_the_answer(questions, tokenizer):
    rng = random.Random(1)
    for example in questions.train:
        row = make_row(
            example.question_ids,
            questions.contexts[example.context].ids,
            example.answers,
            rng=rng,
            max_tokens=40,
        )
        assert len(row.ids) <= 40
        assert sum(row.start_targets.values()) == pytest.approx(1)
        if example.answers:
            (start,), (end,) = row.start_targets, row.end_targets
            answer = tokenizer.decode(row.ids[start : end + 1].tolist())
            assert answer == example.references[0].lower()
        else:
            assert row.start_targets == {0: 1.0}


def test_a_heading_is_read_and_no_answer_is_in_it(questions, tokenizer):
    example = next(example for example in questions.train if example.answers)
    context = questions.contexts[example.context]
    assert tokenizer.decode(context.heading_ids.tolist()) == f"{example.references[0].lower()}."
    row = make_row(
        example.question_ids,
        context.ids,
        example.answers,
        rng=random.Random(1),
        heading_ids=context.heading_ids,
    )
    assert row.ids[row.heading_start : row.window_start].tolist() == context.heading_ids.tolist()
    assert min(row.start_targets) >= row.window_start
    batch = collate([row])
    assert batch.token_type_ids[0, row.heading_start - 1] == 0
    assert batch.token_type_ids[0, row.heading_start] == 1
    assert not batch.candidate[0, row.heading_start : row.window_start].any()


def test_headings_are_a_contexts_own_another_contexts_words_or_none(questions):
    contexts = questions.contexts
    rng = random.Random(2)
    drawn = [draw_heading(3, contexts, rng).tolist() for _ in range(1000)]
    own, other = contexts[3].heading_ids.tolist(), contexts[4].ids[:12].tolist()
    assert 550 < drawn.count(own) < 650
    assert 110 < drawn.count(other) < 190
    assert drawn.count(own) + drawn.count(other) + drawn.count([]) == 1000


def test_some_questions_lose_their_question_mark(questions):
    rows = rows_for(questions, [0] * 400)
    unmarked = sum(QUESTION_MARK not in row.ids[: row.heading_start] for row in rows)
    assert 25 < unmarked < 80  # one in eight


def test_questions_are_reworded_by_share_and_their_ids_with_them(questions, tokenizer):
    same = reworded(questions, tokenizer, share=0, seed=1)
    assert same.train == list(questions.train)
    changed = reworded(questions, tokenizer, share=1, seed=1).train
    assert [e.context for e in changed] == [e.context for e in questions.train]
    pairs = zip(changed, questions.train, strict=True)
    assert sum(a.question != b.question for a, b in pairs) > len(changed) / 2
    for example in changed:
        ids = tokenizer.encode(example.question, add_special_tokens=False).ids
        assert example.question_ids.tolist() == ids


def test_a_question_without_an_answer_comes_more_often(questions):
    answered = sum(bool(example.answers) for example in questions.train)
    assert len(questions.train) - answered == UNANSWERABLE_REPEATS * answered


TEXTS = [
    "The bridge was opened by Anna Maria Berg, and by Otto Lind and Karl Ek of the council. "
    "It had been closed for longer than anybody could remember. Nobody knows why it was.",
    "In the north, Ida Holm and Per Dahl went by boat to see the mayor of the town. "
    "They came home in the evening of the same day, tired and content.",
]


def test_made_questions_ask_both_sides_and_their_answers_are_in_the_text(questions, tokenizer):
    made = transfer_paragraphs(TEXTS, count=300, seed=1)
    assert made == transfer_paragraphs(TEXTS, count=300, seed=1)
    assert made != transfer_paragraphs(TEXTS, count=300, seed=2)
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
    named = replace(questions.contexts[0], text=TEXTS[0])
    asked = replace(questions, contexts=[named, *questions.contexts[1:]])
    more = with_transfers(asked, tokenizer, count=5, seed=1)
    assert [context.source for context in more.contexts[-5:]] == ["transfers"] * 5
    assert more.train[: len(asked.train)] == list(asked.train)
    assert len(more.train) >= len(asked.train) + 10 and more.made_of["transfers"] == 5


def test_a_made_receiver_is_the_one_to_whom_the_sentence_transfers():
    checked = 0
    for paragraph in transfer_paragraphs(TEXTS, count=1500, seed=3):
        said = re.search(r"(\w+ \w+) (?:has )?sold (?:a|the) [\w -]+? to (.*)", paragraph.context)
        answers = {
            question.id[-1]: question.texts[0] for question in paragraph.questions if question.texts
        }
        if said and "g" in answers and " who" not in paragraph.context:
            assert said[1] in answers["g"]
            assert answers["r"] in said[2]
            checked += 1
    assert checked >= 10


def words_of(question):
    return re.findall(r"\w+", question.lower())


# What carries no content; the question words among them.
FUNCTION_WORDS = frozenset(
    "a an the of to in on at by for from with and or not it its is are was were be been do does "
    "did has have had can may will would who whom whose what which where when why how much many "
    "one else there that this made".split()
)


def content_ngrams(words, n=4):
    content = [word for word in words if word not in FUNCTION_WORDS]
    return {tuple(content[i : i + n]) for i in range(len(content) - n + 1)}


def test_no_made_question_is_one_that_scores_are_reported_on():
    golden = [
        words_of(json.loads(line)["question"])
        for path in sorted(GOLDEN.glob("*.jsonl"))
        for line in path.read_text().splitlines()
    ]
    assert len(golden) > 200
    templates = sorted(set(question_templates()))
    assert len(templates) > 200
    for template in templates:
        pattern = " ".join(words_of(re.sub(r"\{\w+\}", "slot", template)))
        wildcards = re.compile(pattern.replace("slot", r"\w+(?: \w+)*"))
        matched = [words for words in golden if wildcards.fullmatch(" ".join(words))]
        assert not matched, template
    made = {
        tuple(words_of(question.question))
        for paragraph in transfer_paragraphs(TEXTS, count=4000, seed=5)
        for question in paragraph.questions
    }
    assert len(made) > 2000
    assert not made & {tuple(words) for words in golden}
    ngrams = set().union(*map(content_ngrams, golden))
    assert ngrams
    assert not [words for words in made if content_ngrams(words) & ngrams]
    vehicles = {"car", "cars", "limousine", "saloon", "vehicle", "gift", "present"}
    assert not vehicles & {word for words in made for word in words}


@pytest.fixture(scope="module")
def asked_of_towns(tokenizer):
    """Questions that share names, numbers and words with their paragraphs."""
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
    return Questions([], [], [], {}).with_paragraphs(paragraphs, tokenizer, "made")


def test_an_exchanged_name_number_or_word_leaves_a_question_without_an_answer(
    asked_of_towns, tokenizer
):
    def make(seed):
        start = encoder_folder()
        return unanswerable_examples(asked_of_towns, tokenizer, start=start, count=100, seed=seed)

    made = make(seed=1)
    assert [e.question for e in made] == [e.question for e in make(seed=1)]
    assert [e.question for e in made] != [e.question for e in make(seed=2)]
    kinds = Counter()
    for example in made:
        assert not example.answers and not example.references
        assert example.negative == -1
        assert tokenizer.decode(list(example.question_ids)) == example.question.lower()
        text = asked_of_towns.contexts[example.context].text
        before = [e.question for e in asked_of_towns.train if e.context == example.context]
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
    # Unanswerable questions are not asked again, and no question contains its answer.
    assert not any("painted" in e.question or "Lind" in e.question for e in made)


def test_only_some_questions_are_negated():
    negated = [
        unanswerable._negated("Who was born in Gera?", "", random.Random(n)) for n in range(20)
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


def test_as_many_questions_with_an_answer_as_without(questions):
    sources = ["squad", "qed"]
    contexts = [replace(c, source=sources[i % 2]) for i, c in enumerate(questions.contexts)]
    absent = [each for each in questions.train if not each.answers][:30]
    once = {(each.context, each.question) for each in absent}
    present = [each for each in questions.train if each.answers] * 8
    made = [replace(absent[0], question=f"made {number}") for number in range(4)]
    both = replace(questions, contexts=contexts, train=[*absent, *present])
    chosen = balanced(both, made, seed=1).train
    count = Counter((each.context, each.question) for each in chosen if not each.answers)
    assert {count[key] for key in once} == {2}
    assert all(count[made[0].context, each.question] == 1 for each in made)
    answered = Counter(contexts[each.context].source for each in chosen if each.answers)
    assert sum(answered.values()) == sum(count.values()) == 2 * len(once) + len(made)
    assert answered["qed"] == round(0.15 * sum(count.values()))
    again = balanced(both, made, seed=1).train
    assert [each.question for each in again] == [each.question for each in chosen]


def test_negatives_do_not_contain_the_answer(questions):
    chosen = with_negatives(questions, share=1.0, seed=1).train
    found = [e for e in chosen if e.negative >= 0]
    assert len(found) > 3 / 4 * sum(bool(e.answers) for e in questions.train)
    for example in found:
        assert example.answers
        assert example.references[0] not in questions.contexts[example.negative].text
    # A resumed run has the negatives it began with.
    assert with_negatives(questions, share=1.0, seed=1).train == chosen
    assert with_negatives(questions, share=0.0, seed=1).train == list(questions.train)


def test_negatives_come_from_meaning_as_well_as_from_words(questions):
    asked = replace(questions.train[0], question="Which rulers inaugurated a crossing over water?")
    (found,) = with_negatives(questions.with_train([asked]), share=1.0, seed=1).train
    assert found.negative >= 0  # none of its words occurs in any context


def test_an_epoch_has_every_position_once_and_is_the_same_again():
    sizes = [random.Random(n).randint(10, 90) for n in range(300)]
    rows = [1 + n % 2 for n in range(300)]
    plan = packed(sizes, rows, tokens_per_batch=400, seed=5)
    assert sorted(i for batch in plan for i in batch) == list(range(300))
    assert plan == packed(sizes, rows, tokens_per_batch=400, seed=5)
    assert plan != packed(sizes, rows, tokens_per_batch=400, seed=6)
    for batch in plan:
        assert sum(rows[i] for i in batch) * max(sizes[i] for i in batch) <= 400


def test_batches_go_on_from_one_epoch_to_the_next(questions):
    schedule = Schedule(9, 1e-4, tokens_per_batch=2000, seed=3)
    batches = QuestionBatches(questions, schedule)
    seen = Counter()
    step = 0
    while sum(seen.values()) < 2 * len(questions.train):
        seen.update(batches.plan(step))
        step += 1
    assert set(seen.values()) == {2}
    again = QuestionBatches(questions, schedule)
    assert torch.equal(again[step - 1].input_ids, batches[step - 1].input_ids)
    with pytest.raises(DatasetError, match="nothing to train on"):
        QuestionBatches(questions.with_train([]), schedule)


CLOZE = (
    "The Bridge of Sighs was built in Venice by Antonio Contino after long debate. It is short. "
    "Visitors to Venice cross the Bridge of Sighs each morning when the gates are opened."
)
OTHER = (
    "The gates of Venice are opened by Antonio Contino, who was long in debate with nobody. "
    "Nobody has seen Antonio Contino smile before the gates were opened in the morning."
)


def test_blanks_are_words_of_another_sentence_and_are_filled_by_it(tokenizer):
    clozes = clozes_of(CLOZE, tokenizer)
    whole = clozes.ids.tolist()
    asked = set()
    for seed in range(40):
        cloze = draw_cloze(clozes, random.Random(seed))
        words = cloze.words.tolist()
        asked.add(tokenizer.decode(words))
        for first, last in cloze.answers:
            assert cloze.context_ids[first : last + 1].tolist() == words
        question = cloze.question_ids.tolist()
        assert MASK in question
        filled = [id_ for each in question for id_ in (words if each == MASK else [each])]
        # The sentence was where the rest of the paragraph closes over it.
        rest = cloze.context_ids.tolist()
        assert any(rest[:at] + filled + rest[at:] == whole for at in range(len(rest) + 1))
    assert {"bridge of sighs", "venice"} <= asked
    assert asked.isdisjoint({"of", "the", "in"})
    for nothing in ("", "Nothing recurs here. This is short.", "Venice again. It is Venice."):
        assert clozes_of(nothing, tokenizer) is None  # the last one's sentences are too short


def test_words_that_share_a_token_are_blanked_with_it(tokenizer):
    # A combining accent ends a word for one and not for the other: "cafe", "s" and "cafés".
    cafes = "cafe\u0301s"
    text = (
        f"The {cafes} of the old town are known to all of the people who live there now. "
        f"Some very very very good {cafes} were closed by the mayor, who was very very sad of it."
    )
    clozes = clozes_of(text, tokenizer)
    for places in clozes.blanks:
        assert all(first <= last < len(clozes.ids) for first, last in places)
        assert all(one[1] < other[0] for one, other in itertools.pairwise(places))
    for seed in range(30):
        cloze = draw_cloze(clozes, random.Random(seed))
        assert len(cloze.words) and cloze.answers
        assert MASK in cloze.question_ids


def test_a_long_sentence_is_cut_around_its_blank(tokenizer):
    long = (
        f"Venice {'and more ' * 60}built the Rialto. Who built the Rialto is not known to us all."
    )
    clozes = clozes_of(long, tokenizer)
    drawn = [draw_cloze(clozes, random.Random(seed)) for seed in range(20)]
    assert max(len(cloze.question_ids) for cloze in drawn) == 64
    assert all(MASK in cloze.question_ids for cloze in drawn)


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "text.jsonl.gz"
    with gzip.open(path, "wt") as file:
        for paragraphs in ([CLOZE, "Nothing recurs here.", OTHER], [OTHER]):
            file.write(json.dumps({"title": "", "paragraphs": paragraphs}) + "\n")
    return path


def test_text_is_read_in_its_order_and_bad_lines_are_named(text, tokenizer, tmp_path):
    found = read_clozes(text, tokenizer, workers=2)
    assert [clozes.article for clozes in found] == [0, 0, 1]
    expected = clozes_of(CLOZE, tokenizer)
    assert found[0].ids.tolist() == expected.ids.tolist()
    assert found[0].blanks == expected.blanks
    rows = {
        "line 1: not an article": [{"paragraphs": "one text"}],
        "line 2: not an article": [{"paragraphs": [CLOZE]}, [1]],
        "no paragraph in which words recur": [{"paragraphs": ["Nothing recurs here."]}],
    }
    path = tmp_path / "broken.jsonl"
    for problem, lines in rows.items():
        path.write_text("\n".join(json.dumps(line) for line in lines))
        with pytest.raises(DatasetError, match=f"broken.jsonl.*{problem}"):
            read_clozes(path, tokenizer)
    with pytest.raises(DatasetError, match="absent"):
        read_clozes(tmp_path / "absent.jsonl", tokenizer)


def test_a_blank_is_put_to_its_paragraph_or_to_one_that_does_not_fill_it(text, tokenizer):
    clozes = read_clozes(text, tokenizer) * 20

    def batches(seed):
        schedule = Schedule(1, 1e-4, tokens_per_batch=400, seed=seed)
        return ClozeBatches(clozes, schedule)

    first, seen = [], 0
    while seen < len(clozes):
        first.append(batches(1)[len(first)])
        seen += len(first[-1].input_ids)
    assert seen == len(clozes) == 60
    absent = sum(int(batch.start_targets[:, 0].sum()) for batch in first)
    assert 1 <= absent <= 20
    for batch in first:
        assert torch.allclose(batch.start_targets.sum(1), torch.ones(len(batch.input_ids)))
    assert torch.equal(batches(1)[0].input_ids, first[0].input_ids)
    assert not torch.equal(batches(2)[0].input_ids[0, :9], first[0].input_ids[0, :9])


def test_masked_are_tokens_of_windows_that_no_blank_asks_for(questions):
    rows = rows_for(questions, range(30))
    batch = collate(rows)
    torch.manual_seed(0)
    masked, chosen, right = mask_tokens(batch)
    before, after = batch.input_ids.flatten(), masked.input_ids.flatten()
    assert len(chosen) == int(0.15 * len(before))
    asked = chosen[right != -100]
    assert len(asked) == len(chosen)  # the windows have enough
    assert torch.equal(right, before[chosen])
    width = batch.input_ids.shape[1]
    for position in asked.tolist():
        row = rows[position // width]
        place = position % width
        assert row.window_start <= place < len(row.ids) - 1
        assert place not in row.start_targets and place not in row.end_targets
    changed = (before != after).nonzero().flatten()
    assert set(changed.tolist()) <= set(asked.tolist())
    assert 0.7 < float((after[asked] == MASK).float().mean()) < 0.9
    assert torch.equal(masked.start_targets, batch.start_targets)
    # Where a batch is nearly all question, little is asked and nothing else is touched.
    short = torch.zeros_like(batch.candidate)
    for each, row in zip(short, rows, strict=True):
        each[row.window_start : row.window_start + 3] = True
    few, chosen, right = mask_tokens(batch._replace(candidate=short))
    assert 0 < int((right != -100).sum()) <= 3 * len(rows)
    untouched = chosen[right == -100]
    assert torch.equal(few.input_ids.flatten()[untouched], before[untouched])


def test_what_a_paragraph_gives_away_becomes_its_prior(questions):
    contexts = [replace(c, source=f"set {i % 2}") for i, c in enumerate(questions.contexts)]
    answered = {each.context: each for each in questions.train if each.answers}
    # Nine in ten questions of the first set have no answer, one in two of the second.
    both = [
        replace(each, answers={} if number < (5 if position % 2 else 9) else each.answers)
        for position, each in answered.items()
        for number in range(10)
    ]
    asked = replace(questions, contexts=contexts, train=both)
    priors = {contexts[each.context].source: each.prior for each in with_priors(asked).train}
    assert priors["set 0"] > 0.3  # though both have more without than with an answer
    assert priors["set 1"] < -0.3
    # An example with a negative has paragraphs of both kinds, and no prior.
    beside = replace(both[0], negative=3)
    assert with_priors(asked.with_train([*both, beside])).train[-1] == beside
    same = [each for each in questions.train if each.answers]
    assert with_priors(questions.with_train(same)).train == same  # one kind says nothing

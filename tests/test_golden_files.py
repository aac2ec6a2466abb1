"""The documents that come with Verbatim, and their golden questions."""

import os
import re
from collections import Counter
from pathlib import Path

import pytest
from make_seeds import make_seeds

from qa.evaluation.golden import read_golden
from qa.loaders import load

MADE = {".pdf", ".docx", ".odt", ".epub", ".eml", ".csv"}
ROOT = Path(__file__).parents[1]
SEEDS = ROOT / "seeds"
GOLDEN = ROOT / "tests" / "golden"
FILES = sorted(path for path in SEEDS.rglob("*") if path.is_file())
PRICE = re.compile(r"[$€£₽]\s?\d|\b(dollars?|euros?|roubles?|rubles?|pounds sterling)\b", re.I)


def quotable(path, folder):
    """Return the text of each block that may be quoted, NBSP as a space."""
    document = load(path, folder=folder)
    return [
        document.text[block.start : block.end].replace("\xa0", " ")
        for block in document.blocks
        if block.kind != "furniture"
    ]


def occurs_in(answer, blocks):
    return any(answer in block for block in blocks)


def words(text):
    return re.findall(r"\w+", text.lower())


@pytest.fixture(scope="module")
def seeds():
    return {path.relative_to(SEEDS).as_posix(): quotable(path, SEEDS) for path in FILES}


@pytest.fixture(scope="module")
def article():
    shared = os.environ.get("QA_SHARED")
    if not shared:
        pytest.skip("QA_SHARED is not set: the acceptance article is not available")
    (path,) = Path(shared, "acceptance").glob("*.txt")
    return path


def test_seeds_are_a_folder_of_all_main_formats(seeds):
    assert len(seeds) >= 20
    assert max(map(len, seeds)) <= 40
    suffixes = Counter(Path(name).suffix for name in seeds)
    assert set(suffixes) == {".txt", ".md", ".html", *MADE}
    assert suffixes.most_common(1)[0][0] == ".txt"
    total = sum(len(words("\n".join(blocks))) for blocks in seeds.values())
    assert 7500 <= total <= 11000


def test_every_seed_names_the_sources_of_its_facts(seeds):
    for name, blocks in seeds.items():
        assert "\n".join(blocks).count("Where these facts stand: ") == 1, name


def test_the_made_seeds_are_reproducible(tmp_path):
    for folder in ("once", "again"):
        (tmp_path / folder).mkdir()
        make_seeds(tmp_path / folder)
    made = sorted((tmp_path / "once").iterdir())
    assert {path.suffix for path in made} == MADE
    for path in made:
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name
        # Another version of zlib compresses to other bytes: compare the text too.
        ours, stored = load(path, folder=path.parent), load(SEEDS / path.name, folder=SEEDS)
        assert (ours.text, ours.blocks) == (stored.text, stored.blocks), "run tests/make_seeds.py"


def test_no_seed_contains_a_price(seeds):
    for name, blocks in seeds.items():
        assert PRICE.search("\n".join(blocks)) is None, name


def test_one_seed_contains_who_received_the_car(seeds):
    named = {name for name, blocks in seeds.items() if "received the car" in " ".join(blocks)}
    assert named == {"gift-of-an-aurus.txt"}


@pytest.mark.parametrize(
    ("name", "answerable", "unanswerable"), [("seeds", 110, 40), ("acceptance", 20, 8)]
)
def test_questions_are_many_and_well_formed(name, answerable, unanswerable):
    questions = read_golden(GOLDEN / f"{name}.jsonl")  # raises on bad JSON and on twice an id
    assert len({question.question.lower() for question in questions}) == len(questions)
    assert sum(bool(question.answers) for question in questions) >= answerable
    assert sum(not question.answers for question in questions) >= unanswerable
    for question in questions:
        assert question.question.endswith("?"), question.id
        assert bool(question.documents) == bool(question.answers), question.id
        assert ("unanswerable" in question.tags) == (not question.answers), question.id
        assert len(set(question.answers)) == len(question.answers), question.id
        assert all(answer == answer.strip() != "" for answer in question.answers), question.id


def test_accepted_answers_occur_in_their_seed(seeds):
    for question in read_golden(GOLDEN / "seeds.jsonl"):
        for answer in question.answers:
            assert any(occurs_in(answer, seeds[name]) for name in question.documents), (
                question.id,
                answer,
            )


def test_every_seed_is_asked_about(seeds):
    asked = {name for q in read_golden(GOLDEN / "seeds.jsonl") for name in q.documents}
    assert asked == set(seeds)


@pytest.mark.shared
def test_accepted_answers_occur_in_the_article(article):
    blocks = quotable(article, article.parent)
    for question in read_golden(GOLDEN / "acceptance.jsonl"):
        assert set(question.documents) <= {"article.txt"}
        for answer in question.answers:
            assert occurs_in(answer, blocks), (question.id, answer)


@pytest.mark.shared
def test_no_sentence_of_the_article_is_copied_here(article):
    original = words(article.read_text(encoding="utf-8"))
    runs = {tuple(original[i : i + 8]) for i in range(len(original) - 7)}
    assert len(runs) > 300
    texts = {path.name: load(path, folder=SEEDS).text for path in FILES}
    texts |= {path.name: path.read_text(encoding="utf-8") for path in GOLDEN.glob("*.jsonl")}
    for name, text in texts.items():
        kept = words(text)
        copied = [kept[i : i + 8] for i in range(len(kept) - 7) if tuple(kept[i : i + 8]) in runs]
        assert copied == [], name

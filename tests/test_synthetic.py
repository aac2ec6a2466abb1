"""Made documents with tables and forms, and the questions on their cells."""

import json
import random
from collections import Counter

import pytest

from benchmarks.formats import BRIDGES, FORMATS, questions
from qa.loaders import load
from training.networks import load_tokenizer
from training.synthetic.__main__ import write_corpora
from training.synthetic.formats import formats_of, write
from training.synthetic.marks import Marks
from training.synthetic.parts import Grid, Heading, Pairs
from training.synthetic.rows import units_of
from training.synthetic.schema import HELD, load_letterhead, load_schemas, slots
from training.synthetic.values import draw_cells, draw_style
from training.teacher.layout import Layout

SCHEMAS = load_schemas()
PRESENT = {"forward", "backward", "two", "letterhead"}
SUFFIXES = ("csv", "docx", "eml", "html", "json", "md", "tsv", "txt", "xlsx")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    write_corpora(folder, SCHEMAS, "synth", count=1, asked=10, seed=3)
    return folder


def questions_in(folder):
    for path in sorted(folder.glob("*/questions.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield path.parent / "docs", json.loads(line)


def test_every_question_of_a_schema_can_be_filled_in():
    assert len(SCHEMAS) == len({schema.name for schema in SCHEMAS}) >= 90
    assert {schema.name for schema in SCHEMAS} > HELD
    for schema in SCHEMAS:
        names = {column.name for column in schema.columns}
        assert {*schema.pivot, *schema.heading, *schema.keys} <= names, schema.name
        assert schema.total in {*names, ""}, schema.name
        for column in schema.columns:
            for template in column.asked:
                assert set(slots(template)) <= names - {column.name}, (schema.name, template)
        for line in schema.lines:
            assert set(slots(line)) <= names, (schema.name, line)
    for column in load_letterhead():
        assert all(slots(template) == ("org",) for template in column.asked), column.name


def test_every_value_can_be_drawn():
    rng = random.Random(5)
    for schema in SCHEMAS:
        for column in schema.columns:
            for cell in draw_cells(column.values, 6, draw_style(rng), rng, distinct=True):
                assert cell.text.strip() == cell.text != ""
                assert all(cell.mentions)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_cells_are_found_where_the_loader_puts_them(tmp_path, suffix):
    def parts(mark):
        rows = ((mark((0, "a"), "Elm"), mark((0, "b"), "7")), (mark((1, "a"), "Oak"), "7"))
        pairs = Pairs((("Keeper", mark((2, "k"), "7")),))
        grid = Grid((("Tree", "Height"),), rows)
        return [Heading("Trees of 1907", 1), grid, *([] if suffix == "csv" else [pairs])]

    marks = Marks()
    path = tmp_path / f"trees.{suffix}"
    path.write_bytes(write(parts(marks.mark), suffix, 1))
    text, places = marks.places(load(path, folder=tmp_path).text)
    path.write_bytes(write(parts(lambda key, cell: cell), suffix, 1))
    assert load(path, folder=tmp_path).text == text
    found = {key: {text[start:end] for start, end in each} for key, each in places.items()}
    assert found[0, "b"] == {"7"} and found[1, "a"] == {"Oak"}
    # The height of the oak is written the same, and is another cell.
    (start, _), *_ = places[0, "b"]
    assert "Elm" in text[max(0, start - 20) : start] and "Oak" not in text[:start]


def test_answers_stand_where_the_question_says(made):
    kinds = Counter()
    for docs, row in questions_in(made):
        kinds[row["tags"][3]] += 1
        document = load(docs / row["document"], folder=docs)
        assert bool(row["answers"]) == ("places" in row) != ("why" in row)
        for start, end in row.get("places", ()):
            assert [document.text[start:end]] == row["answers"]
    absent = sum(kinds[kind] for kind in kinds if kind not in PRESENT)
    assert 0.3 < absent / kinds.total() < 0.5
    assert {"forward", "backward", "letterhead", "no-row", "elsewhere"} <= {*kinds}


def test_the_same_seed_makes_the_same_files(made, tmp_path):
    write_corpora(tmp_path, SCHEMAS, "synth", count=1, asked=10, seed=3)
    names = sorted(path.relative_to(made) for path in made.rglob("*") if path.is_file())
    assert names == sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file())
    assert all((made / name).read_bytes() == (tmp_path / name).read_bytes() for name in names)


def test_rows_point_at_the_cell_in_what_is_read(made):
    tokenizer = load_tokenizer()
    layout = Layout(tokenizer)
    rng = random.Random(1)
    answered = 0
    for unit in units_of(made, "synth-00", layout, negatives=2, rng=rng):
        asked = unit.about[0]
        present = [row for row in unit.rows if 0 not in row.start_targets]
        assert bool(present) == bool(asked.answers)
        for row in present:
            (first,), (last,) = row.start_targets, row.end_targets
            said = tokenizer.decode(row.ids[first : last + 1].tolist())
            wanted = tokenizer.decode(tokenizer.encode(asked.answers[0]).ids)
            assert said.replace(" ", "") == wanted.replace(" ", "")
            answered += 1
    assert answered > 20


def test_a_merged_table_is_written_where_cells_can_be_merged():
    grid = Grid((("Day", "Who"),), (("Mon", "Ann"), ("Mon", "Ben")), merged=True)
    assert set(formats_of([Heading("Rota", 1), grid])) == {"html", "docx"}
    page = write([Heading("Rota", 1), grid], "html", 1).decode()
    assert page.count("Mon") == 1 and 'rowspan="2"' in page


def test_the_thirty_facts_stand_in_every_format(tmp_path):
    for number, (suffix, made) in enumerate(FORMATS.values()):
        path = tmp_path / f"{number}.{suffix}"
        path.write_bytes(made())
        text = load(path, folder=tmp_path).text
        missing = [cell for row in BRIDGES for cell in row if cell not in text]
        assert missing == [], path.name
    asked = questions()
    assert len({each.question for each in asked}) == len({each.answers for each in asked}) == 30

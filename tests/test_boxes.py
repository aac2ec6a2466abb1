"""Boxes of forms are read as what they say, and quoted as they are printed."""

import pytest

from qa.builder.splitter import Splitter
from qa.builder.views.boxes import ticked_first
from qa.builder.views.records import view_of
from qa.loaders import load
from qa.networks.reader import OnnxReader

FORM = """Hire of the hall

Hirer ☐ member ☒ guest

Needs: ☐ stage ☒ kitchen ☒ forty chairs ☐ projector

Paid: ☐ Yes ☒ No
"""


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("Day: ☐ Friday ☒ Saturday", "Day: Saturday; not ticked: ☐ Friday"),
        ("☑ tea, ☐ cake", "tea; not ticked: ☐ cake"),
        ("Diet: ☐ vegan ☐ halal", "Diet: not ticked: ☐ vegan; ☐ halal"),
        ("- [x] Waterproof box", "Waterproof box"),
        ("[ ] Solar cell", "not ticked: [ ] Solar cell"),
        # Boxes after their words, and what is none.
        ("Yes ☒ No ☐", "Yes ☒ No ☐"),
        ("Newsletter ☒", "Newsletter ☒"),
        ("rows[x] and a[ ] of it", "rows[x] and a[ ] of it"),
        (
            "☐ " + "Mind that this goes on for long. " * 5,
            "☐ " + "Mind that this goes on for long. " * 5,
        ),
    ],
)
def test_what_is_ticked_comes_first(line, read):
    text = f"Above\n{line}\nBelow"
    view = view_of(text, [ticked_first(text, (6, 6 + len(line)))])
    assert view.text == read
    assert all(
        view.text[start : start + length] == text[source : source + length]
        for start, source, length in view.pieces
    )


def words(texts):
    return [len(text.split()) for text in texts]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("form.txt", FORM),
        (
            "form.csv",
            "Hirer,☐ member ☒ guest\nNeeds,☐ stage ☒ kitchen ☒ forty chairs\nPaid,☐ Yes ☒ No",
        ),
        (
            "form.md",
            "| What | Which |\n|--|--|\n| Paid | ☐ Yes ☒ No |\n| Needs | ☐ stage ☒ kitchen |",
        ),
    ],
)
def test_an_answer_is_never_a_box_that_is_empty(tmp_path, name, content):
    (tmp_path / name).write_text(content, encoding="utf-8")
    passages = Splitter(words).split(load(tmp_path / name, folder=tmp_path))
    read = "\n".join(passage.read_text for passage in passages)
    assert "No; not ticked: ☐ Yes." in read
    reader = OnnxReader()
    for question in ("Has the hall been paid for?", "What do they need for the day?"):
        for spans in reader.read(question, passages, n=60):
            assert all(
                not span.text.startswith(("Yes", "stage", "projector", "member")) for span in spans
            )


def test_what_is_ticked_is_the_answer(tmp_path):
    (tmp_path / "form.txt").write_text(FORM, encoding="utf-8")
    passages = Splitter(words).split(load(tmp_path / "form.txt", folder=tmp_path))
    (spans,) = OnnxReader().read("Has the hall been paid?", passages)
    assert spans[0].text == "No"

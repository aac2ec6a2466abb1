"""Printed lines joined into paragraphs."""

import pytest

from qa.loaders.printed.layout import arrange
from qa.loaders.printed.line import Line

RIGHT = 520


def paragraphs(*lines):
    """Return the paragraphs of lines of full width; one that ends in "<" is short."""
    printed = []
    for number, text in enumerate(lines):
        right = 200 if text.endswith("<") else RIGHT
        cell = text.removesuffix("<")
        printed.append(Line((cell,), ((72, right),), 0, 700 - 14 * number, 10, False, False, 842))
    found = arrange([printed], title="", author="", saved="")
    return [" ".join(found.text[block.start : block.end].split()) for block in found.blocks]


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("A season ticket for the ferry costs a pensioner of the island", "60. Bring a photo."),
        ("The oldest of the trees that stand in the park was planted in", "17) and felled in May"),
        ("The mill, which had stood empty since the flood of the river", "– a ruin – was sold."),
        ("All of the rooms that face the yard are numbered from one to", "8. The others are let."),
    ],
)
def test_a_number_or_dash_at_the_start_of_a_line_may_belong_to_its_sentence(above, below):
    assert paragraphs(above, below) == [f"{above} {below}"]


def test_items_of_lists_stay_apart():
    items = ["1. Sweep the yard and the way to the gate", "2. Close the shutters of the hall<"]
    assert paragraphs(*items) == [item.removesuffix("<") for item in items]
    items = ["– a lamp for the way from the jetty to the hut", "– a rope of twenty metres<"]
    assert paragraphs("You need all of these for the walk:", *items) == [
        "You need all of these for the walk:",
        items[0],
        items[1].removesuffix("<"),
    ]
    # A number within an item is no item.
    assert paragraphs("3. The fee that each of the members pays is", "60. Guests pay more.") == [
        "3. The fee that each of the members pays is 60. Guests pay more."
    ]


@pytest.mark.parametrize(
    ("names", "kind"), [(("The mill", "The weir"), "furniture"), (("Soup", "Pike"), "body")]
)
def test_contents_of_a_scan_are_known_by_their_dots(names, kind):
    texts = [f"{name} ........ {page}" for name, page in zip(names, (3, 9), strict=True)]
    texts.append("The mill and the weir belong to the town.")
    lines = [
        Line((text,), ((60, 400),), 0, 700 - 40 * number, 10, False, False, 842)
        for number, text in enumerate(texts)
    ]
    found = arrange([lines], title="", author="", saved="")
    assert [block.kind for block in found.blocks] == [kind, kind, "body"]


def placed(page, *lines):
    """Lines of a page: ``(left, bottom, text)``, of 5 points a letter, with a size if not 10."""
    return [
        Line(
            (text,), ((left, left + 5 * len(text)),), page, bottom, *size or [10], False, False, 842
        )
        for left, bottom, text, *size in lines
    ]


TERM = "Weir      The wall across the river below the mill, which was built by the"


def test_a_term_and_the_indented_lines_about_it_are_one_paragraph():
    lines = placed(
        0, (60, 700, TERM), (85, 688, "monks and holds back the water of all of the dry years.")
    )
    found = arrange([lines], title="", author="", saved="")
    assert found.text == f"{TERM} monks and holds back the water of all of the dry years."
    indented = placed(0, (60, 700, TERM), (85, 688, "The mill is older than the wall."))
    assert len(arrange([indented], title="", author="", saved="").blocks) == 2


def test_numbers_of_pages_are_known_by_counting_with_the_pages():
    texts = ["The mill stood empty for all of the years that", "followed the flood of the river."]
    pages = [
        placed(number, (60, 700, text), (280, 180, str(number + first)))
        for number, text in enumerate(texts)
        for first in [4]
    ]
    assert arrange(pages, title="", author="", saved="").text == " ".join(texts)
    pages[1] = placed(1, (60, 700, texts[1]), (280, 180, "97"))  # does not count with them
    assert "97" in arrange(pages, title="", author="", saved="").text


def test_a_title_is_larger_than_headings_by_more_than_fonts_differ():
    lines = placed(
        0,
        *((60, 740, "The Mill at Orr", 16), (60, 700, "Origin", 16.5)),
        *((60, 680 - 12 * number, "It was built by monks who came there.") for number in range(9)),
    )
    assert arrange([lines], title="", author="", saved="").title == "The Mill at Orr"


def test_no_note_at_the_foot_continues_a_row():
    cells = ("Residents", "4,120", "3,988", "3,871")
    row = Line(
        cells,
        tuple((60 + 90 * n, 110 + 90 * n) for n in range(4)),
        *(0, 400, 10),
        *[False] * 2,
        842,
    )
    note = placed(0, (60, 120, "2 as counted in May"))
    blocks = arrange([[row, *note]], title="", author="", saved="").blocks
    assert len(blocks) == 2

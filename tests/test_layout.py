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
    found = arrange([printed], title="", author="", date="")
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

"""Which headings a place is said to be under."""

from qa.answers.sections import section_of
from qa.types import Block, Document

PARTS = [("heading", 1, "Lease"), ("heading", 2, "4 Money"), ("heading", 3, "4.1 Rent")]
PARTS += [("body", 0, "It is paid monthly."), ("heading", 3, "4.2 Deposit"), ("body", 0, "None.")]


def lease():
    blocks, text = [], ""
    for kind, level, words in PARTS:
        blocks.append(Block(len(text), len(text) + len(words), kind, level))
        text += f"{words}\n"
    return Document("lease.txt", text, "", "Lease", "", "lease.txt", tuple(blocks))


def test_a_place_is_under_the_headings_above_it():
    document = lease()
    assert section_of(document, document.text.index("monthly")) == "4 Money › 4.1 Rent"
    assert section_of(document, document.text.index("None")) == "4 Money › 4.2 Deposit"
    assert section_of(document, 0) == ""  # its title


def test_the_words_of_a_heading_are_in_its_own_section():
    document = lease()
    assert section_of(document, document.text.index("Deposit")) == "4 Money › 4.2 Deposit"
    assert section_of(document, document.text.index("4 Money")) == "4 Money"

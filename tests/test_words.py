import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.networks.reader import OnnxReader, stretches
from qa.networks.words import number_words, whole_things, whole_values
from qa.types import Passage

WHOLE = """
0455/010 203 | 0455 / 0102030 | (0)455 010 203 | 04 55 01 02 03 44 | N-208(b) | 12(3)(b) | 7(iv)
+31 20 555 0172 | (0141) 555-0199 | 0161 555 0123 | 555-0163 | 1-888-555-0142 | 01 55 50 01 23
09-2214 | QX-77 | HR/2031/04 | INV-2031-0007 | Covid-19 | 3-1
price_list.final.pdf | notes-2031.TXT | /srv/data/run.log | src/core/io.py | user_id
j.doe+x@mill.example | @mill-lane | #harvest | https://mill.example/a?b=1&c=2 | www.mill.example
2031-04-09 | 09/04/2031 | 9.4.2031 | 9-Apr-2031 | 7:45 | 7:45 p.m | 6pm
£14.50 | US$5.3m | € 20 | 20 € | EUR 35 | -$40 | 12.5% | 40 % | −7°C | 2.5kg | 60km/h | 1,200.50
1.200,50 € | $5 million | 3.5 billion | 1/2 | v1.4.2 | G.R.R | D.C | AT&T | O'Hara | EH9 9ZZ | C++
"""
IN_PARTS = """
Vienna's | German-born | 1914–1918 | 1914-18 | 10-15 | 20-year | and/or | don't | mid-1990s
it was.Then | 8 kg | April 9 | 5, 6 | UK-based | part-time | post-1945 | page 3. | _bold_
"""


def cases(text):
    return [case.strip() for line in text.split("\n") for case in line.split("|") if case.strip()]


@pytest.mark.parametrize("thing", cases(WHOLE))
@pytest.mark.parametrize("around", ["It is {}.", "({})", "{}, then", "a|{}|b", "“{}”: no"])
def test_is_one_thing(thing, around):
    start = around.index("{}")
    assert (start, start + len(thing)) in whole_things(around.format(thing))


@pytest.mark.parametrize("words", cases(IN_PARTS))
def test_may_be_quoted_in_part(words):
    text = f"So {words} it is."
    joint = text.index(words) + max(words.find(mark) for mark in "'’-–/., _")
    assert not any(start < joint < end - 1 for start, end in whole_things(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Author: Imke Harder", "Imke Harder"),
        ("Owner: Marta de la Rue; Berth: 14.", "Marta de la Rue"),
        ("Signed by: Dr. Lu Meng\nOn: Monday", "Dr. Lu Meng"),
        ("Engineer: Mr Basil Quill, architect", "Mr Basil Quill"),
        ("From: Ann Lee <ann@mill.example>", "Ann Lee"),
        ("Ends: Friday 6 June 2031; Days: 3.", "Friday 6 June 2031"),
        ("Weight: 12.5 kg", "12.5 kg"),
        ("Fax: 455 010 203", "455 010 203"),
        ("Please ring 455 010 203 at once.", "455 010 203"),
    ],
)
def test_a_value_is_one_thing(text, value):
    start = text.index(value)
    found = [*whole_values(text), *whole_things(text)]
    assert (start, start + len(value)) in found


@pytest.mark.parametrize(
    "text",
    [
        "Weight: 12 kg, with its stand",
        "Author: unknown, of the north",
        "Rosa Quint met Marta Holm on 6 June 2031.",
        "She paid 12 20 31 and 44 for them",
        "Days: Mon, Tue",
    ],
)
def test_prose_and_longer_values_may_be_quoted_in_part(text):
    assert not any(
        " " in text[slice(*place)] for place in [*whole_values(text), *whole_things(text)]
    )


def test_two_sums_side_by_side_stay_two():
    text = "£ 20 £ 35, 8–12%, $10–$15 and 3.5–4.2"
    found = [text[start:end] for start, end in whole_things(text)]
    assert found == ["£ 20", "£ 35", "8", "12%", "$10", "$15", "3.5", "4.2"]


@given(st.text("aB1.-/@_$+(' \u00e9\u4e2d#", max_size=60))
def test_things_are_in_order_and_apart(text):
    ends = 0
    for start, end in whole_things(text):
        assert ends <= start < end <= len(text)
        assert text[start:end].strip()
        ends = end


@given(st.text("aB1.-/@_$+(' \u00e9", max_size=60))
def test_numbers_grow_by_one_and_never_within_a_word(text):
    offsets = [(at, at + 1) for at, character in enumerate(text) if not character.isspace()]
    words = [sum(text[:start].count(mark) for mark in " .-/@_$+('") for start, _ in offsets]
    numbers = number_words(text, words, offsets, [0] * len(words))
    assert set(np.diff([-1, *numbers])) <= {0, 1}
    assert all(
        len({n for n, w in zip(numbers, words, strict=True) if w == word}) == 1
        for word in set(words)
    )


def test_no_thing_is_in_two_pieces():
    text, offsets = "£ 20", [(0, 1), (2, 4)]
    assert number_words(text, [0, 1], offsets, [0, 0]) == [0, 0]
    assert number_words(text, [0, 1], offsets, [0, 1]) == [0, 1]


@pytest.fixture(scope="module")
def reader():
    return OnnxReader()


@pytest.mark.parametrize(
    ("question", "text", "thing"),
    [
        ("What is the mill's number?", "The mill: (0141) 555-0199, open daily.", "(0141) 555-0199"),
        ("Which code opens the shed?", "The shed opens with the code 09-2214.", "09-2214"),
        ("Who runs the feed?", "The feed is run by @mill-lane since May.", "@mill-lane"),
        ("Who wrote the text?", "Author: Imke Harder\nDate: 2031-09-14", "Imke Harder"),
        ("When does it end?", "Ends: Friday 6 June 2031; Fee: 3 euro.", "Friday 6 June 2031"),
        ("How much was the bill?", "The bill of £1,245.60 was paid in May.", "£1,245.60"),
        (
            "Which file has all prices?",
            "See price-list_2031.pdf for all prices.",
            "price-list_2031.pdf",
        ),
    ],
)
def test_the_reader_quotes_things_whole(reader, question, text, thing):
    spans = reader.read(question, [Passage("a.txt", 0, len(text), text)], n=40)[0]
    start = text.index(thing)
    end = start + len(thing)
    assert spans[0].start <= start and end <= spans[0].end
    for span in spans:
        assert not start < span.start < end
        assert not start < span.end < end


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("A ticket of the ferry costs a pensioner\n60. Bring a photo.", 1),
        ("Bring these:\n1. a rope\n2. a lamp\n3. boots", 7),
        ("The rent is due.\n12. The deposit is kept apart.", 2),
        ("7. The gate is shut\n8. The key is with Bram", 4),
        ("(a) The gate is shut.\n\n(b) The key is with Bram.", 4),
        ("2.1 The gate is shut.\n\n2.2 The key is with Bram.", 4),
        ("(a) keep no pets except one cat;\n(b) not smoke indoors;", 4),
        ("(i) the roof,\n(ii) the drains", 2),
        ("2.1 It begins in June.\n2.2 It ends in May.", 4),
        ("The town grew from 1.5 to\n2.1 million.", 1),
        ("2.5 metres of rope\n\n3.5 metres of chain", 2),
        ("2030 was dry.\n\n2031 was wet.", 2),
        ("7. ABROAD\n   You pay the way here.", 2),
        ("OATS, NOT HIDES:\r\nOLD TANNERY\r\nThe town has sold it.", 2),
        ("The mill is run by\nBBC news.", 1),
    ],
)
def test_no_quotation_leaves_its_item_or_heading(text, count):
    assert len(stretches(Passage("a.txt", 0, len(text), text))) == count


TERMS = """Terms of the mill flat

1. The rent is 640 euro and due on the third.

2. The tenant may keep one cat.

3. The stairs are swept every second Saturday."""


@pytest.mark.parametrize(
    ("question", "text", "never"),
    [
        ("What does clause 2 say about pets?", TERMS, r"\d\. \w"),
        ("When are the stairs swept?", TERMS, r"\d\. \w"),
        ("What is the fee?", "Mooring\n\nFee: $320 ¹\nDeposit: 40 euro ²\n\n¹ a year", "[¹²]"),
        ("How much is a place?", "A place costs 320 euro ¹ a year, in advance ².", r"^[¹²]|[¹²]$"),
        ("What has the dog had?", "Had: ☒ Rabies ☐ Distemper ☐ Kennel cough", "^(?:Dis|Ken|co)"),
        ("What does it have?", "- [x] Waterproof box\n- [ ] Solar cell", "^(?:Solar|cell)"),
    ],
)
def test_numbers_of_items_and_notes_are_left_out_and_an_empty_box_is_not(
    reader, question, text, never
):
    spans = reader.read(question, [Passage("a.txt", 0, len(text), text)], n=60)[0]
    assert len(spans) > 4
    assert [span.text for span in spans if re.search(never, span.text)] == []


def test_what_is_not_ticked_can_be_quoted_with_its_box(reader):
    text = "Had: ☒ Rabies ☐ Distemper ☐ Kennel cough"
    spans = reader.read("Has it had distemper?", [Passage("a.txt", 0, len(text), text)], n=60)[0]
    assert {"Rabies", "☐ Distemper", "☐ Kennel cough"} <= {span.text for span in spans}


def test_the_number_of_an_item_can_be_quoted(reader):
    spans = reader.read("Which clause is of cats?", [Passage("a", 0, len(TERMS), TERMS)], n=60)[0]
    assert any(span.text in ("2", "2.") for span in spans)

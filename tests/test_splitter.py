from itertools import pairwise

import pytest
from tokenizers import Tokenizer

from qa.builder.splitter import Splitter
from qa.networks.weights import encoder_folder
from qa.types import Block, Document


@pytest.fixture(scope="module")
def count():
    tokenizer = Tokenizer.from_file(str(encoder_folder() / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return lambda texts: [
        len(encoding) for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=False)
    ]


def document(text, blocks=None):
    blocks = blocks or [Block(0, len(text), "body")]
    return Document("a.txt", text, "", "Title", "", "a.txt", tuple(blocks))


def paragraphs(*parts):
    text, blocks = "", []
    for part in parts:
        kind = "heading" if part.startswith("#") else "furniture" if part == "~" else "body"
        blocks.append(Block(len(text), len(text) + len(part), kind, 2))
        text += part + "\n\n"
    return document(text, blocks)


def texts(passages):
    return [passage.text for passage in passages]


@pytest.mark.parametrize(
    "sentence",
    [
        "Mr. Kim met officers of the U.S. Army in Washington.",
        "No. 5 is on p. 3 of the report.",
        'He asked, "Is it true?" and left.',
        "It closed at 5 p.m. on Friday.",
        "The code HS 8703.10 covers it.",
    ],
)
def test_abbreviations_and_numbers_do_not_end_a_sentence(count, sentence):
    around = "The morning was cold and nobody had come to the harbour yet."
    split = Splitter(count, max_tokens=20, overlap_sentences=0).split
    assert texts(split(document(f"{around} {sentence} {around}"))) == [around, sentence, around]


def test_passages_are_whole_sentences_within_the_budget(count):
    text = " ".join(f"This is sentence number {n} of many." for n in range(40))
    passages = Splitter(count, max_tokens=40).split(document(text))
    assert max(count(texts(passages))) <= 40
    assert all(t.startswith("This") and t.endswith("many.") for t in texts(passages))


def test_one_sentence_is_repeated_inside_a_paragraph(count):
    text = " ".join(f"This is sentence number {n} of many." for n in range(12))
    passages = Splitter(count, max_tokens=40).split(document(text))
    for before, after in pairwise(passages):
        assert before.start < after.start < before.end < after.end
        assert text[after.start : before.end].count("This") == 1


def test_no_sentence_is_repeated_between_paragraphs(count):
    long = "A paragraph of its own that says a good deal about one thing, at some length."
    passages = Splitter(count, max_tokens=24).split(paragraphs(long, long, long))
    assert texts(passages) == [long] * 3


def test_short_paragraphs_share_a_passage(count):
    (passage,) = Splitter(count, max_tokens=60).split(paragraphs("One thing.", "Another."))
    assert passage.text == "One thing.\n\nAnother."


def test_no_passage_crosses_headings_or_furniture(count):
    made = paragraphs("One.", "# First", "Two.", "~", "Three.", "# Second", "Four.")
    passages = Splitter(count, max_tokens=60).split(made)
    assert [(p.text, p.heading) for p in passages] == [
        ("One.", "Title"),
        ("# First\n\nTwo.", "Title"),
        ("Three.", "Title › # First"),
        ("# Second\n\nFour.", "Title"),
    ]


@pytest.mark.parametrize(
    ("name", "title", "heading"),
    [
        (
            "law/sla-wharnley.txt",
            "Service level agreement",
            "Service level agreement (sla wharnley)",
        ),
        ("mill_bridge.md", "News of the mill bridge", "News of the mill bridge"),
        ("scan 0042-b.pdf", "Minutes", "Minutes (scan 0042 b)"),
        ("0042.pdf", "Minutes", "Minutes"),
        (".txt", "Minutes", "Minutes"),
    ],
)
def test_the_words_of_a_files_name_are_in_the_heading(count, name, title, heading):
    text = f"{title}\n\nOne.\n\nTwo."
    at = len(title) + 2
    blocks = [Block(0, len(title), "heading", 1), Block(at, at + 4, "body")]
    blocks += [Block(at + 4, at + 4, "furniture"), Block(at + 6, at + 10, "body")]
    made = Document(name, text, "", title, "", name, tuple(blocks))
    first, second = Splitter(count, max_tokens=60).split(made)
    assert second.heading == heading
    assert first.heading == (heading[len(title) + 2 : -1] if heading != title else "")


def test_a_sentence_beyond_the_budget_is_cut_between_words(count):
    text = "and so on " * 60
    passages = Splitter(count, max_tokens=30).split(document(text))
    assert all(set(t.split()) <= {"and", "so", "on"} for t in texts(passages))
    assert " ".join(texts(passages)).split() == text.split()


def test_text_without_a_space_is_cut_too(count):
    passages = Splitter(count, max_tokens=30).split(document("汉" * 200))
    assert "".join(texts(passages)) == "汉" * 200


@pytest.mark.parametrize("sign", ["\x0c", "\x85", "\x1f"], ids=["form feed", "next line", "unit"])
def test_words_that_run_together_are_counted_together(count, sign):
    # The encoder's tokenizer deletes the sign, and "quickzebra" is three tokens.
    parts = ["quick", "zebra"] * 40
    assert count(["quick", "zebra", f"quick{sign}zebra"]) == [1, 1, 3]
    blocks = [Block(6 * n, 6 * n + 5, "body") for n in range(80)]
    passages = Splitter(count, max_tokens=24).split(document(sign.join(parts), blocks))
    assert 14 < max(count([passage.text for passage in passages])) <= 24
    assert "".join(passage.text for passage in passages).replace(sign, "") == "".join(parts)


def test_a_piece_is_within_the_budget_even_if_a_longer_one_has_fewer_tokens(count):
    # A word with a sign that the vocabulary lacks is one token, whatever its length. The last white
    # space before the budget ends is the one that the tokenizer takes out of that word.
    known = "zebra quick " * 11 + "\xda3\xa2"
    longer = f"{known}\x1c\U000ad940{'b' * 60}!"
    assert count([known, longer, f"{longer}!"]) == [25, 24, 25]
    passages = Splitter(count, max_tokens=24).split(document(f"{longer}!!! {'zebra ' * 30}"))
    assert max(count([passage.text for passage in passages])) <= 24


class Counted:
    """Counts the characters that a function is given, the measure of its work."""

    def __init__(self, function):
        self.function = function
        self.characters = 0

    def __call__(self, texts):
        self.characters += sum(len(text) for text in texts)
        return self.function(texts)


def characters_tokenized(count, text, blocks=None):
    counted = Counted(count)
    assert Splitter(counted).split(document(text, blocks)) or not text.strip("\u200b\n")
    return counted.characters


@pytest.mark.parametrize(("part", "sign"), [("\u200b", "\n"), ("\U000ad940", "\x0c")])
def test_sentences_of_few_tokens_are_tokenized_in_linear_work(count, part, sign):
    # No token each, or one for all together, so the budget never ends their passage.
    def work(parts):
        blocks = [Block(2 * n, 2 * n + 1, "body") for n in range(parts)]
        return characters_tokenized(count, sign.join([part] * parts), blocks)

    assert work(4_000) < 2.2 * work(2_000)


def test_a_long_paragraph_is_tokenized_in_linear_work(count):
    text = "The council met on Monday and agreed to repair the bridge over the river. " * 14_000
    assert characters_tokenized(count, text) < 4 * len(text)


def test_a_paragraph_of_a_megabyte_is_segmented_in_parts(monkeypatch):
    # The work of sentencex grows with the square of its input.
    import sentencex

    given = []
    segment = sentencex.get_sentence_boundaries

    def recorded(language, text):
        given.append(len(text))
        return segment(language, text)

    monkeypatch.setattr(sentencex, "get_sentence_boundaries", recorded)
    text = "The `first *sign **is here\n" * 40_000
    passages = Splitter(lambda texts: [len(text.split()) for text in texts]).split(document(text))
    assert sum(length**2 for length in given) < 50_000 * len(text)
    joined = "".join("".join(each.text.split()) for each in passages)
    assert len(joined) >= len("".join(text.split()))
    for each in passages:
        assert text[each.start : each.end] == each.text


class Asked(Block):
    """A block that counts how often its kind is asked for."""

    __slots__ = ()
    count = 0

    @property
    def kind(self):
        Asked.count += 1
        return Block.kind.__get__(self)

    @kind.setter
    def kind(self, value):
        Block.kind.__set__(self, value)


@pytest.mark.parametrize("kind", ["body", "row"])
def test_twice_the_text_takes_twice_the_work(kind):
    def work(paragraphs):
        line = "It is deep. " * 20
        places = ((at, at + len(line) - 1) for at in range(0, paragraphs * len(line), len(line)))
        blocks = tuple(Asked(*place, kind, 0, (place,)) for place in places)
        document = Document("a.txt", line * paragraphs, "", "A", "", "a.txt", blocks)
        splitter = Splitter(lambda texts: [len(each.split()) for each in texts])
        Asked.count = 0
        assert len(splitter.split(document)) >= paragraphs / 3
        return Asked.count

    assert work(400) < 2.2 * work(200)

"""The HTML of the page's panes: text in, HTML out."""

import json
import re
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.answers.excerpts import excerpt, opening
from qa.collections import Entry, Library
from qa.errors import QAError
from qa.index import DocumentSummary, SkippedFile
from qa.text import sentence
from qa.types import Answer, Document, Hit, Passage, Place, Prediction
from qa.web import render as rendering
from qa.web.render import (
    EXAMPLES,
    conversation_html,
    evidence_html,
    library_html,
    strictness_html,
)
from qa.web.views import Turn, View
from qa.web.wording import BANDS, language, likelihood, percentage, said, spread

SEEDS = Path(__file__).parents[1] / "seeds"
HOSTILE = (
    "<script>hacked()</script> `tick` ${hacked()} {{hacked}} <img src=x onerror='hacked()'>\n"
    '\t  "two  spaces" **bold** $$x^2$$ &amp; &lt; \r\n</div></mark></section> –é\u0301🏽'
)
# Pieces of names and texts that HTML, JavaScript or a template engine could take for its own.
RISKY = ["<script>", "</div>", "<b>", "-->", "&lt;", "&", '"', "'", "`", "${", "{{", "{%", "{#"]
RISKY += ["}", "}}", "%}", "#}", "\\", "/", " ", "\r", "\u2028", "x"]


class Drawn(HTMLParser):
    """Reads HTML as a browser does: the text by class, and whether all tags are closed."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        assert "\r" not in html  # a browser reads it as a line feed, this parser does not
        self.open, self.tags, self.buttons, self.text = [], [], [], {}
        self.feed(html)
        self.close()
        assert self.open == []

    def words(self, name):
        """Return the text of a class as people read it: white space between tags is one space."""
        return " ".join(self.text.get(name, "").split())

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.tags.append(tag)
        if tag not in ("input", "img"):  # they contain nothing
            self.open.append((tag, set((found.get("class") or "").split())))
        if tag == "button":
            self.buttons.append(found)

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        names = {name for _, classes in self.open for name in classes}
        for name in {"all", *names}:
            self.text[name] = self.text.get(name, "") + data


def document(text, blocks=(), name="a.txt", **known):
    source = f"seeds/{name}"
    return Document(name, text, "0" * 64, "A <b>title</b>", "2024-02-20", source, blocks, **known)


def answer(shown, words, probability=0.9, also_at=()):
    start = shown.text.index(words)
    place = Place(shown.id, start, start + len(words), shown.source)
    passage = Passage(shown.id, 0, len(shown.text), shown.text)
    return Answer(words, place, probability, passage, tuple(also_at))


def prediction(*answers, hits=(), question="Who?"):
    verdict = "answer" if answers else "not found"
    return Prediction(question, question, answers, verdict, tuple(hits), {"total": 12.0})


# Probabilities


@pytest.mark.parametrize(
    ("probability", "shown", "words"),
    [
        (1.0, 100, "virtually certain"),
        (0.9999, 99, "virtually certain"),
        (0.93, 93, "very likely"),
        (0.895, 90, "very likely"),
        (0.894, 89, "likely"),
        (0.5, 50, "about as likely as not"),
        (0.1, 10, "unlikely"),
        (0.0001, 1, "very unlikely"),
        (0.0, 0, "very unlikely"),
    ],
)
def test_a_probability_in_words_and_figures(probability, shown, words):
    assert percentage(probability) == shown
    assert likelihood(probability) == words


@given(st.floats(0, 1), st.floats(0, 1))
def test_words_and_figures_never_disagree(one, other):
    order = [words for _, words in BANDS]
    if percentage(one) == percentage(other):
        assert likelihood(one) == likelihood(other)
    elif percentage(one) > percentage(other):
        assert order.index(likelihood(one)) <= order.index(likelihood(other))


# Text


@given(st.text())
def test_text_comes_back_letter_by_letter(text):
    shown = document(text)
    view = View("document", document_id=shown.id)
    drawn = Drawn(evidence_html([], view, document=lambda _: shown))
    assert drawn.text.get("document", "") == text


def panes(text):
    """Draw every pane with the same text wherever text comes from outside."""
    shown = Document(text, text, "0" * 64, text, text, text, (), author=text, language=text)
    place = Place(text, 0, len(text), text)
    passage = Passage(text, 0, len(text), text)
    found = [Answer(text, place, 0.9, passage, (place,)), Answer(text, place, 0.2, passage)]
    hit = Hit(passage, 1.0, 0.5, 1, 1)
    plain = " ".join(text.split())
    turns = [
        Turn(text, replace(prediction(*found, question=text), resolved_question=f"not {text}")),
        Turn(
            text,
            replace(
                prediction(hits=[hit], question=text), resolved_question=plain, outdated=(text,)
            ),
        ),
        Turn(text, trouble=text),
        Turn(text),
    ]
    name = text.replace("/", "|")  # a folder would be a part of the list by itself
    summary = DocumentSummary(name, text, text, text, len(text), 1, text, text)
    skipped = (SkippedFile(text, text, 1, 0),)
    library = Library(text, (Entry(summary, text),), skipped, 1, datetime(2026, 11, 27))
    yield conversation_html(turns, View("answer"), document_ids=(), title=lambda _: text)
    yield library_html(library)
    for view in (View("answer"), View("passage", 1), View("document", document_id=text)):
        yield evidence_html(turns, view, document={text: shown}.__getitem__)


@given(st.lists(st.sampled_from(RISKY), min_size=1, max_size=12).map("".join))
def test_no_text_changes_the_structure_of_the_page(text):
    for pane, plain in zip(panes(text), panes("x"), strict=True):
        # A sign that would not be seen is marked, and nothing else is changed.
        pane = re.sub('<span class="sign" data-sign="[^"]*">(.)</span>', r"\1", pane)
        drawn, expected = Drawn(pane), Drawn(plain)
        assert drawn.tags == expected.tags
        assert [button.keys() for button in drawn.buttons] == [b.keys() for b in expected.buttons]
        for name, shown in expected.text.items():
            if set(shown) == {"x"}:  # nothing but text from outside
                assert drawn.text[name].replace("/", "|") == text.replace("/", "|") * len(shown)
        for button in drawn.buttons:
            if button["class"] == "entry":
                assert View.at(button["data-view"]).document_id == text.replace("/", "|")


@given(st.text(st.sampled_from("ab \n"), max_size=900), st.integers(0, 900), st.integers(0, 900))
def test_an_excerpt_is_the_text_around_a_stretch(text, one, other):
    start, end = sorted((min(one, len(text)), min(other, len(text))))
    before, after = excerpt(Passage("a.txt", 50, 50 + len(text), text), 50 + start, 50 + end)
    assert text[:start].endswith(before.removeprefix("… "))
    assert text[end:].startswith(after.removesuffix(" …"))
    assert len(before) + len(after) < 260


@given(st.text(st.sampled_from("ab \n"), max_size=900))
def test_an_opening_is_the_first_paragraphs(text):
    parts = [part for part, _ in opening(Passage("a.txt", 50, 50 + len(text), text))]
    paragraphs = [part for part in text.split("\n\n") if part.strip("\n")][: len(parts)]
    assert parts[:-1] == paragraphs[:-1]
    assert not parts or paragraphs[-1].startswith(parts[-1].removesuffix(" …"))
    assert sum(map(len, parts)) < 250


LEASE = (
    "It ends in May.\n\n4.2 Deposit\nThe deposit is 900 euro,\nto be paid in May.\n4.3 Keys\nTwo."
)
HEADINGS = [
    (7 + LEASE.index(words), 7 + LEASE.index(words) + len(words))
    for words in ("4.2 Deposit", "4.3 Keys")
]


def test_a_heading_is_apart_from_the_text_below_it():
    passage = Passage("a.txt", 7, 7 + len(LEASE), LEASE)
    assert opening(passage, HEADINGS) == [
        ("It ends in May.", False),
        ("4.2 Deposit", True),
        ("\nThe deposit is 900 euro,\nto be paid in May.\n", False),
        ("4.3 Keys", True),
        ("\nTwo.", False),
    ]
    start = 7 + LEASE.index("900 euro")
    before, after = excerpt(passage, start, start + len("900 euro"), HEADINGS)
    assert (before, after) == ("The deposit is ", ",\nto be paid in May.")
    assert excerpt(passage, *HEADINGS[0], HEADINGS) == ("", "")


@given(st.integers(0, 400), st.integers(0, 400), st.integers(200, 400))
def test_a_heading_alters_no_word_of_an_opening(one, other, length):
    text = ("It ends in May.\nTwo keys are left. " * 12)[:length]
    heading = (7 + min(one, other), 7 + max(one, other))
    parts = [part for part, _ in opening(Passage("a.txt", 7, 7 + length, text), [heading])]
    words = "".join("".join(parts).removesuffix(" …").split())
    assert words
    assert "".join(text.split()).startswith(words)


def test_the_headings_of_the_closest_passages_are_drawn_apart():
    shown = document(LEASE)
    passage = Passage(shown.id, 0, len(LEASE), LEASE)
    headings = [(start - 7, end - 7) for start, end in HEADINGS]
    hit = Hit(passage, 0.5, 0.5, 1, 1)
    drawn = Drawn(
        conversation_html(
            [Turn("Who?", prediction(hits=(hit,)))],
            View(),
            document_ids=[],
            title=str,
            headings=lambda passage: headings,
        )
    )
    assert drawn.text["headline"] == "4.2 Deposit4.3 Keys"


# Views


@given(
    st.builds(
        View,
        st.sampled_from(["answer", "passage", "document"]),
        *[st.integers(0, 999_999)] * 3,
        st.text(),
    )
)
def test_an_address_leads_back_to_its_view(view):
    assert View.at(view.address) == view


@given(st.one_of(st.none(), st.integers(), st.text(), st.lists(st.text())))
def test_an_invalid_address_leads_to_the_library(address):
    assert View.at(address).kind in {"library", "answer", "passage", "document"}
    assert View.at("answer/-1/0/0/") == View.at("answer/²/0/0/") == View.at("who/0/0/0/") == View()


# Evidence


def test_the_answer_is_marked_in_the_whole_document():
    text = "Before.\n\nThe car went to Kim.\n\nAfter."
    shown = document(text, author="Ada Blum", language="de")
    turns = [Turn("Who?", prediction(answer(shown, "Kim", 0.93)))]
    drawn = Drawn(evidence_html(turns, View("answer"), document=lambda _: shown))
    assert drawn.text["document"] == shown.text
    assert drawn.text["answer"] == drawn.text["words"] == "Kim"
    assert "very likely · 93%" in drawn.text["claim"]
    assert drawn.words("facts") == "Ada Blum 20 February 2024 German a.txt"
    assert "A <b>title</b>" in drawn.text["sheet"]


def test_what_is_not_in_the_text_of_a_document_is_said():
    shown = replace(document("Text."), notes=("2 pictures without text", "<b> not read"))
    drawn = Drawn(evidence_html([], View("document"), document=lambda _: shown))
    assert drawn.words("footnote") == "About this text: 2 pictures without text; <b> not read"
    drawn = Drawn(evidence_html([], View("document"), document=lambda _: document("Text.")))
    assert "footnote" not in drawn.text


def test_only_what_is_known_of_a_document_is_shown():
    shown = replace(document("Text."), date="")
    drawn = Drawn(evidence_html([], View("document"), document=lambda _: shown))
    assert drawn.words("facts") == "a.txt"
    entries = [
        Entry(DocumentSummary("a.txt", "A", "2024-02-20", "seeds/a.txt", 5, 1, "Ada Blum", "tlh")),
        Entry(DocumentSummary("b.txt", "B", "", "seeds/b.txt", 5, 1, "", "fr"), copy_of="c.txt"),
    ]
    library = Library("seeds", tuple(entries), (), 1, datetime(2026, 11, 27))
    drawn = Drawn(library_html(library))
    assert drawn.words("entries") == (
        "A a.txt Ada Blum Klingon 20 February 2024 B b.txt, a copy of c.txt French"
    )
    assert language("xx") == "xx"


def test_other_places_and_candidates_are_buttons_that_lead_there():
    one, two = document("Kim has it. So says Kim."), document("It is KIM.", name="b.txt")
    also = (Place("b.txt", 6, 9, "seeds/b.txt", page=3), Place("a.txt", 20, 23, "seeds/a.txt"))
    answers = (answer(one, "Kim", 0.9, also), answer(two, "It", 0.2))
    turns = [Turn("Who?", prediction(*answers))]
    documents = {"a.txt": one, "b.txt": two}

    def draw(view):
        return Drawn(evidence_html(turns, view, document=documents.__getitem__))

    first = draw(View("answer"))
    assert "b.txt, page 3" in first.text["place"]
    assert first.text["candidate"] == "“It”20%"
    assert first.text["also"] == "Kim"
    (place,) = [b for b in first.buttons if b.get("data-view") == "answer/0/0/1/"]
    moved = draw(View.at(place["data-view"]))
    assert moved.text["document"] == two.text
    assert moved.text["answer"] == moved.text["words"] == "KIM"  # as that document writes it
    (other,) = [b for b in first.buttons if b["class"] == "candidate"]
    assert draw(View.at(other["data-view"])).text["answer"] == "It"


def test_hostile_text_stays_text_everywhere():
    shown = document(HOSTILE)
    hit = Hit(Passage("a.txt", 0, len(HOSTILE), HOSTILE), 1.0, 0.5, 1, 1)
    turns = [
        Turn(HOSTILE, prediction(answer(shown, HOSTILE))),
        Turn(HOSTILE, prediction(hits=[hit], question=HOSTILE)),
        Turn(HOSTILE, trouble=HOSTILE),
        Turn(HOSTILE),
    ]
    for view in (View("answer"), View("passage", 1), View("document", document_id="a.txt")):
        drawn = Drawn(evidence_html(turns, view, document=lambda _: shown))
        assert drawn.text["document"] == HOSTILE
        assert not {"script", "img", "b"} & set(drawn.tags)
    talk = Drawn(conversation_html(turns, View("answer"), document_ids=(), title=lambda _: HOSTILE))
    assert talk.text["words"] == HOSTILE
    assert talk.text["question"].count(HOSTILE) == 4
    assert not {"script", "img"} & set(talk.tags)


def test_a_close_passage_is_not_called_an_answer():
    shown = document("The car is black.")
    hit = Hit(Passage("a.txt", 0, 17, shown.text), 1.0, 0.5, 1, 1)
    turns = [Turn("Who?", prediction(hits=[hit]))]
    drawn = Drawn(evidence_html(turns, View("passage"), document=lambda _: shown))
    assert "No answer was found" in drawn.text["banner"]
    assert drawn.text["passage"] == shown.text
    assert "answer" not in drawn.text


def test_a_document_that_changed_since_is_not_quoted():
    old, new = document("The car went to Kim."), document("The car went to Pak.")
    hit = Hit(Passage("a.txt", 0, 20, old.text), 1.0, 0.5, 1, 1)
    also = [Place("a.txt", 16, 19, "seeds/a.txt")]
    other = answer(document("So says Kim.", name="b.txt"), "Kim", also_at=also)
    turns = [
        Turn("Who?", prediction(answer(old, "Kim"), hits=[hit])),
        Turn("Who?", prediction(other)),
    ]
    for view in (View("answer"), View("passage"), View("answer", turn=1, place=1)):
        drawn = Drawn(evidence_html(turns, view, document=lambda _: new))
        assert "has changed" in drawn.text["banner"]
        assert not {"answer", "passage", "words"} & set(drawn.text)


@pytest.mark.parametrize(
    "view",
    [
        View(),
        View("answer", 9),
        View("answer", 0, 9),
        View("answer", 0, 0, 9),
        View("passage", 0, 9),
    ],
)
def test_a_view_of_something_missing_is_a_key_error(view):
    shown = document("The car went to Kim.")
    turns = [Turn("Who?", prediction(answer(shown, "Kim")))]
    with pytest.raises(KeyError):
        evidence_html(turns, view, document={"a.txt": shown}.__getitem__)


@pytest.mark.parametrize("kind", ["document", "linked"])
def test_a_link_to_a_document_that_is_not_there_says_so(kind):
    view = View(kind, document_id="../../etc/passwd", start=0, end=4)
    drawn = Drawn(evidence_html((), view, document={}.__getitem__))
    assert "There is no document ../../etc/passwd" in drawn.text["banner"]


@pytest.mark.parametrize(
    ("start", "end", "shaded"), [(16, 19, "Kim"), (0, 19, "The car went to Kim"), (16, 99, None)]
)
def test_a_linked_place_is_shaded_if_the_document_has_it(start, end, shaded):
    shown = document("The car went to Kim")
    view = View.at(View("linked", document_id="a.txt", start=start, end=end).address)
    drawn = Drawn(evidence_html((), view, document={"a.txt": shown}.__getitem__))
    assert drawn.text.get("passage") == shaded
    assert ("does not have" in drawn.text["banner"]) == (shaded is None)


# Conversation


def talk(*turns, current=None, document_ids=(), **options):
    options = {"document_ids": document_ids, "title": str.upper, **options}
    return Drawn(conversation_html(turns, current or View(), **options))


def test_the_reply_quotes_in_context_and_cites():
    shown = document("The car went to Kim. He was pleased.")
    also = (Place("b.txt", 6, 9, "seeds/b.txt"),)
    turn = Turn("Who?", prediction(answer(shown, "Kim", 0.7, also)))
    drawn = talk(turn, current=View("answer"))
    assert drawn.text["quote"] == "“Kim”"
    assert drawn.text["context"] == shown.text
    assert "likely · 70%" in drawn.text["reckoning"]
    assert drawn.text["citation"] == "1A.TXT2B.TXT"
    first, second = [b for b in drawn.buttons if b["class"] == "citation"]
    assert first["aria-current"] == "true"
    assert "aria-current" not in second
    quote, link = [b for b in drawn.buttons if "data-copy" in b]
    assert (quote["data-words"], quote["data-source"]) == ("Kim", "a.txt")
    assert quote["data-document"] == link["data-document"] == "a.txt"
    assert quote["data-place"] == link["data-place"] == "16-19"


def test_sources_with_the_same_title_show_their_files():
    shown = document("The car went to Kim. Kim was pleased.")
    also = [Place(name, 6, 9, f"seeds/{name}") for name in ("x/b.txt", "x/b.txt", "c.txt")]
    titles = {"a.txt": "Cars", "x/b.txt": "Cars", "c.txt": "Gifts"}
    turns = [
        Turn("Who?", prediction(answer(shown, "Kim", 0.7, also))),
        Turn("Who?", prediction(answer(shown, "Kim", 0.7))),
        Turn(
            "Who?",
            prediction(hits=[Hit(Passage(name, 0, 5, "Text."), 1.0, 0.5, 1, 1) for name in titles]),
        ),
    ]
    drawn = [
        Drawn(conversation_html([turn], View(), document_ids=(), title=titles.__getitem__))
        for turn in turns
    ]
    # Offsets only where the same file is named twice: to people they say little.
    assert drawn[0].text["place-in"] == "a.txtx/b.txt, characters 6–9x/b.txt, characters 6–9"
    assert "place-in" not in drawn[1].text  # no other source has the title
    assert drawn[2].text["closest"] == "Carsa.txtText.Carsx/b.txtText.GiftsText."


def test_a_document_that_was_deleted_is_said_to_be_and_does_not_count():
    shown = document("The car went to Kim. Kim was pleased.")
    also = [Place(name, 6, 9, f"seeds/{name}") for name in ("b.txt", "c.txt")]
    turn = Turn("Who?", prediction(answer(shown, "Kim", 0.7, also)))
    assert "The same answer in 3 documents" in talk(turn).text["spread"]
    drawn = talk(turn, is_gone={"b.txt"}.__contains__)
    assert drawn.text["spread"] == "The same answer in 2 documents"
    assert drawn.text["place-in"] == "deleted"
    assert "spread" not in talk(turn, is_gone={"b.txt", "c.txt"}.__contains__).text
    kept = {"a.txt": shown, "c.txt": document("It is Kim.", name="c.txt")}
    pane = Drawn(evidence_html([turn], View("answer"), document=kept.__getitem__))
    assert pane.text["place"] == "b.txt, deletedc.txt"


@pytest.mark.parametrize("question", ["Who? " * 1000, "One\nline\nafter\nthe\nother?"])
def test_a_long_question_can_be_seen_whole(question):
    drawn = talk(Turn(question))
    assert drawn.text["asked"] == question
    assert drawn.text["whole"] == "Whole question"
    assert "whole" not in talk(Turn("Who?")).text


def test_not_found_offers_the_closest_passages_and_the_best_guess():
    hits = [Hit(Passage(f"{n}.txt", 0, 5, f"Text {n}."), 1.0, 0.5, n, n) for n in range(5)]
    drawn = talk(Turn("Who?", prediction(hits=hits)))
    assert drawn.text["verdict"] == "Not found in these documents."
    assert "It may still be in one of the closest passages:" in drawn.text["reply"]
    assert [b["data-view"] for b in drawn.buttons if b["class"] == "closest"] == [
        "passage/0/0/0/",
        "passage/0/1/0/",
        "passage/0/2/0/",
    ]
    (guess,) = [b for b in drawn.buttons if "data-guess" in b]
    assert guess["data-ask"] == "Who?"
    assert "words" not in drawn.text


def test_a_turn_is_shown_at_the_threshold_of_the_visitor():
    hit = Hit(Passage("a.txt", 0, 5, "Text."), 1.0, 0.5, 1, 1)
    found = prediction(answer(document("The car went to Kim."), "Kim", 0.7), hits=[hit])
    turn, probability = Turn("Who?", found, key="k"), 0.7
    assert turn.at(probability, 0.1) == turn
    refused = turn.at(probability + 0.01, probability + 0.01)
    assert not refused.prediction.found
    assert refused.prediction.answers == ()
    assert refused.prediction.passages == found.passages
    assert refused.vote_id(0) != turn.vote_id(0)  # a vote on the answer is not one on "not found"
    guess = Turn("Who?", found, best_guess=True)
    assert guess.at(1.0, 1.0) == guess
    assert not guess.at(0.0, 0.0).best_guess  # likely enough: no longer a guess
    for other in (Turn("Who?"), Turn("?", trouble="empty")):
        assert other.at(1.0, 1.0) == other


def test_possible_answers_are_drawn_apart_from_answers_and_open_in_their_documents():
    shown = document("The car went to Kim. Kim lent it to Ada.")
    turn = Turn("Who?", prediction(answer(shown, "Kim", 0.2), answer(shown, "Ada", 0.1)), key="k")
    turn = turn.at(0.5, 0.15)
    assert (turn.is_possible, [each.text for each in turn.answers]) == (True, ["Kim", "Ada"])
    drawn = talk(turn)
    assert drawn.text["verdict"] == "Possibly here"
    assert "words" not in drawn.text  # no large quotation
    assert "Not found" not in drawn.text["reply"]
    cards = [b["data-view"] for b in drawn.buttons if b["class"] == "closest"]
    assert cards == ["answer/0/0/0/", "answer/0/1/0/"]
    votes = [b["data-vote"] for b in drawn.buttons if "data-vote" in b]
    assert votes == ["0/0/up", "0/0/down", "0/1/up", "0/1/down"]
    html = evidence_html([turn], View.at(cards[1]), document=lambda _: shown)
    assert 'class="sheet possible"' in html
    assert Drawn(html).text["answer"] == "Ada"
    assert turn.at(0.5, 0.15).vote_id(1) == "k/1"
    # "Likely" would contradict that none is certain enough.
    assert drawn.text["probability"] == "Probability 20%Probability 10%"
    assert "Probability 10%" in Drawn(html).words("claim")


def test_what_is_very_unlikely_is_no_other_candidate():
    shown = document("The car went to Kim. Kim lent it to Ada, and The landlord is away.")
    likely, second, third = (
        answer(shown, words, chance)
        for words, chance in (("Kim", 0.9), ("Ada", 0.1), ("The", 0.09))
    )
    turn = Turn("Who?", prediction(likely, second, third))
    drawn = Drawn(evidence_html([turn], View("answer"), document=lambda _: shown))
    assert drawn.text["candidate"] == "“Ada”10%"
    alone = Turn("Who?", prediction(third, answer(shown, "car", 0.05))).at(0.5, 0.05)
    assert [each.text for each in alone.answers] == ["The"]  # one stays
    cards = [b["data-view"] for b in talk(alone).buttons if b["class"] == "closest"]
    assert cards == ["answer/0/0/0/"]


@pytest.mark.parametrize(("strict", "passed"), [(0, 100), (0.5, 50), (0.7, 30), (0.959, 5), (1, 1)])
def test_the_slider_promises_no_more_than_was_measured(strict, passed):
    html = strictness_html(strict)
    assert f'value="{100 - passed}"' in html
    words = f"At most {passed} in 100 unanswerable questions get a false answer"
    assert f'aria-valuetext="{words}"' in html
    assert words in re.sub("<[^>]+>", "", html)


def test_a_best_guess_an_error_and_a_pending_question_are_labelled():
    shown = document("The car went to Kim.")
    guess = Turn("Who?", prediction(answer(shown, "Kim", 0.06)), best_guess=True)
    assert "Best guess" in talk(guess).text["caution"]
    # Beside the document too it is not called an answer.
    sheet = evidence_html([guess], View("answer"), document=lambda _: shown)
    assert 'class="sheet possible guess"' in sheet
    sure = evidence_html(
        [replace(guess, best_guess=False)], View("answer"), document=lambda _: shown
    )
    assert 'class="sheet"' in sure
    assert talk(Turn("", trouble="the question is empty")).text["trouble"]
    assert "Reading" in talk(Turn("Who?")).text["pending"]


def test_examples_are_offered_if_their_document_is_indexed():
    assert "example" not in talk(document_ids=["mine.txt"]).text
    drawn = talk(document_ids=[document_id for _, document_id in EXAMPLES])
    assert [b["data-ask"] for b in drawn.buttons] == [question for question, _ in EXAMPLES]
    for _, document_id in EXAMPLES:
        assert (SEEDS / document_id).is_file()


@pytest.mark.parametrize(
    ("read", "words"), [(2, "2 passages read in"), (1, "1 of 2 passages read in")]
)
def test_the_footnote_says_how_many_passages_were_read(read, words):
    shown = document("It is old.")
    hit = Hit(Passage(shown.id, 0, 10, shown.text), 0.5, 0.5, 1, 1)
    found = replace(prediction(hits=(hit, hit)), passages_read=read)
    assert talk(Turn("Who?", found)).text["footnote"].startswith(words)


@pytest.mark.parametrize(("total", "words"), [(7.4, "7 ms."), (999, "999 ms."), (3524, "3.5 s.")])
def test_the_footnote_says_how_long_it_took(total, words):
    found = replace(prediction(), timings_ms={"total": total})
    assert talk(Turn("Who?", found)).text["footnote"].strip().endswith(f"read in {words}")


def test_outdated_documents_are_named():
    found = prediction()
    found = Prediction("Who?", "Who?", (), "not found", (), {}, outdated=("old.txt",))
    drawn = talk(Turn("Who?", found), document_ids=["old.txt"])
    assert "Not searched, because changed or deleted" in drawn.text["banner"]
    assert "old.txt" in drawn.text["banner"]
    assert [b for b in drawn.buttons if "data-mend" in b]
    drawn = talk(Turn("Who?", found), document_ids=["old.txt"], can_mend=False)
    assert not [b for b in drawn.buttons if "data-mend" in b]


@pytest.mark.parametrize(("known", "is_outdated"), [((), True), (("old.txt",), False)])
def test_what_was_left_out_can_be_asked_when_it_was_read_or_is_gone(known, is_outdated):
    found = Prediction("Who?", "Who sang?", (), "not found", (), {}, outdated=("old.txt",))
    turn = Turn("Who?", found, only=("press/*", '"b".txt'))
    drawn = talk(turn, document_ids=known, is_outdated=lambda document_id: is_outdated)
    (again,) = [b for b in drawn.buttons if b.get("data-ask") == "Who sang?"]
    assert json.loads(again["data-only"]) == ["press/*", '"b".txt']
    assert "data-mend" not in again


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("it is empty", "It is empty."),
        ("a link, not a file: remove it", "A link, not a file: remove it."),
        ("it can't be read (no XML)", "It can't be read (no XML)."),
        ("Ask again.", "Ask again."),
        ("reading it failed …", "Reading it failed …"),
        ("already-known file", "Already-known file."),
        ("stopped.", "Stopped."),
        # What begins with a name keeps it.
        ("notes.txt is empty", "notes.txt is empty."),
        ("press/notes is empty", "press/notes is empty."),
        ("press: it is empty", "press: it is empty."),
        ("max-2.md is empty", "max-2.md is empty."),
        ("`qa build` again", "`qa build` again."),
        ("école is empty", "école is empty."),
        ("", ""),
    ],
)
def test_a_message_that_stands_alone_is_a_sentence(text, shown):
    assert sentence(text) == shown


def test_an_error_is_said_in_sentences():
    assert said(QAError("there is no file a.txt", "reload")) == "There is no file a.txt. Reload."
    assert said(QAError("a.txt is gone")) == "a.txt is gone."


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["a.txt"], ""),
        (["a.txt", "a.txt"], "The same answer in 2 places of one document"),
        (["a.txt", "b.txt", "c.txt"], "The same answer in 3 documents"),
        (["a.txt", "b.txt", "b.txt"], "The same answer in 3 places of 2 documents"),
    ],
)
def test_equal_answers_are_counted_by_place_and_document(names, words):
    places = [Place(name, number, number + 1, name) for number, name in enumerate(names)]
    assert spread(places) == words
    found = answer(document("So says Kim.", name=names[0]), "Kim")
    found = replace(found, place=places[0], also_at=tuple(places[1:]))
    drawn = Drawn(
        conversation_html([Turn("Who?", prediction(found))], View(), document_ids=[], title=str)
    )
    assert drawn.words("spread") == words


def test_a_citation_names_page_or_section_and_the_date_of_its_file():
    found = answer(document("So says Kim."), "Kim")
    place = replace(found.place, date="2024-02-20T09:00")
    also = (replace(place, document_id="b.txt", page=7, date=""),)
    drawn = Drawn(
        conversation_html(
            [Turn("Who?", prediction(replace(found, place=place, also_at=also)))],
            View(),
            document_ids=[],
            title=lambda name: "A" if name == "a.txt" else "B",
            section=lambda place: "Opening › <i>In winter</i>",
        )
    )
    assert drawn.text["place-in"] == "Opening › <i>In winter</i>, 20 February 2024page 7"


def test_the_first_visitor_waits_for_no_template(monkeypatch):
    environment = rendering._ENVIRONMENT
    environment.cache.clear()
    rendering.prepare()
    monkeypatch.setattr(environment, "compile", None)  # a template that is not ready fails
    long = document("A permit costs 40 euro.\n", name="bank.txt")
    assert "40 euro" in evidence_html(
        [], View("document", document_id="bank.txt"), document=lambda _: long
    )
    environment.cache.clear()
    with pytest.raises(TypeError):
        rendering.render("gone.html", view=View())

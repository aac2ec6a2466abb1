"""A conversation that is saved says all that the page says of its answers."""

import json
from dataclasses import replace

import pytest
from test_disagreement import answer

from qa.types import Disagreement, Document, Prediction
from qa.web.conversation_file import conversation_file
from qa.web.views import Turn

QUESTION = "What do guests pay?"


def saved(turn, form, home=""):
    """Return a conversation of one turn as a file; its documents have no headings."""
    turns = [turn, Turn("Refused?", trouble="Too many wait.")]
    return conversation_file(
        turns,
        form,
        document=lambda name: Document(name, "", "", "", "", name, ()),
        collections=("press", "law"),
        home=home,
    )


@pytest.fixture
def prediction():
    sides = tuple(
        answer(
            f"press/{year}.txt", f"Guests pay {fee} euro.", f"{fee} euro", title="Dues", date=day
        )
        for year, fee, day in ((2024, 17, "2024-02-01"), (2022, 14, "2022-02-01"))
    )
    return Prediction(
        QUESTION,
        QUESTION,
        sides[1:],
        "answer",
        (),
        {"total": 1.0},
        outdated=("press/keys.txt",),
        disagreement=Disagreement(sides, "replaces"),
    )


@pytest.mark.parametrize("form", ["md", "html"])
def test_what_limits_an_answer_is_saved_with_it(prediction, form):
    text = saved(Turn(QUESTION, prediction, only=("press/*",)), form).replace("\\", "")
    assert "Only in the collection press." in text
    assert "Not searched, because changed or deleted after the last build: press/keys.txt." in text
    # What another document says against it, the newest first.
    answered, _, against = text.partition("Your documents disagree")
    assert "14 euro" in answered
    assert "Dues, 1 February 2022" in answered
    assert "says that it replaces or amends another" in against
    assert 0 <= against.index("17 euro") < against.index("14 euro")
    assert "Refused?" not in text


@pytest.mark.parametrize("form", ["md", "html"])
def test_a_best_guess_is_not_saved_as_an_answer(prediction, form):
    alone = replace(prediction, outdated=(), disagreement=None)
    text = saved(Turn(QUESTION, alone, best_guess=True), form)
    assert "Best guess: too uncertain to count as an answer." in text
    assert "disagree" not in text
    assert "Best guess" not in saved(Turn(QUESTION, alone), form)


def test_json_says_how_it_was_asked(prediction):
    turn = Turn(QUESTION, prediction, only=("press/*",), best_guess=True)
    (asked,) = json.loads(saved(turn, "json"))["conversation"]
    assert asked["only"] == ["press/*"]
    assert asked["best_guess"] is True
    (asked,) = json.loads(saved(Turn(QUESTION, prediction), "json"))["conversation"]
    assert not {"only", "best_guess"} & asked.keys()


@pytest.mark.parametrize(
    ("form", "linked"),
    [
        ("html", '<a href="http://localhost:7860/?doc=press%2F2022.txt#11-18:~:text=14%20euro">'),
        ("md", "](<http://localhost:7860/?doc=press%2F2022.txt#11-18:~:text=14%20euro>)"),
    ],
)
def test_a_quotation_is_linked_to_its_place_where_the_page_is_known(prediction, form, linked):
    assert linked in saved(Turn(QUESTION, prediction), form, "http://localhost:7860/")
    assert "doc=" not in saved(Turn(QUESTION, prediction), form)

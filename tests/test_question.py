import pytest

from qa.evaluation.golden import read_golden
from qa.evaluation.perturbations import long_winded
from qa.retrieval.question import asking_part

GOLDEN = "tests/golden/seeds.jsonl"


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("Hi! Who received the car? Thanks a lot.", "Who received the car?"),
        ("Please help me. By whom was it built?", None),  # leans on what "it" is
        ("Please help me. By whom was the mill built?", "By whom was the mill built?"),
        ("I have a question: which car is green?", "which car is green?"),
        ("I have a question about cars: which one is green?", None),
        ("Who received the car? I mean the black limousine, please.", None),
        ("I was fired without notice. What can be claimed?", None),
        ("Putin gave a car, I think. Who received the car?", None),
        ("Hello, about Ödön: who was the winner?", None),
        ("Please: who signed? Not the lawyer, thanks.", None),
        ("I read about the Aurus. Who received the car?", None),  # a name
        ("Sorry, I mean the gift of 1972. Who received the car?", None),  # a number
        ("the train was late: who complained?", None),  # a fact
        ("Kim got a car. Who is his sister?", None),
        ("Hello. Who got the car? And when?", None),
        ("What did Dr. Smith do?", None),
        ("Who met mr. smith?", None),
        ("hello there", None),
        ("", None),
    ],
)
def test_politeness_alone_is_left_out(question, asked):
    assert asking_part(question) == (asked or question)


def test_no_golden_question_is_cut_and_their_wrapping_is():
    questions = [golden.question for golden in read_golden(GOLDEN)]
    assert [question for question in questions if asking_part(question) != question] == []
    wrapped = [(question, asking_part(long_winded(question))) for question in questions]
    bare = [1 for question, part in wrapped if part.casefold() == question.casefold()]
    assert len(bare) > 0.8 * len(questions)

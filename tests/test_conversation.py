"""Follow-ups: what they mean is asked, and what stands alone is left as it is."""

import json
import re
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa import QA
from qa.answers.choice import (
    Continued,
    choose,
    is_settled,
    mixed,
    talked_of,
    weighed,
)
from qa.cli import main
from qa.errors import DatasetError
from qa.evaluation.corpus import ask_corpus
from qa.evaluation.golden import GoldenQuestion, conversation, read_golden
from qa.retrieval.conversation.readings import readings, stand_alone
from qa.retrieval.conversation.turns import Turn, is_person, topic
from qa.types import Passage, Prediction
from qa.web.render import conversation_html
from qa.web.views import Turn as PageTurn
from qa.web.views import View

LIGHTHOUSE = """The lighthouse of Korso

The lighthouse of Korso was built by Matilda Orrey in 1887. It is 41 metres high. Its lamp was
made in Trieste by the firm Bellini. Matilda Orrey was born in Gdansk and died of typhoid in 1902.

The harbour office sells tickets for the lighthouse. A ticket costs 6 euros for adults and 2 euros
for children. The lighthouse is closed in January because storms flood the causeway.
"""
BAKERY = """Bakery news

Tomas Wend opened the bakery in Hill Street in 1999. The oven was bought in Ghent for 8,400 euros.
The rye loaf costs 4.20 euros, and the spelt loaf costs 5.10 euros.
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    made = tmp_path_factory.mktemp("talk")
    (made / "documents").mkdir()
    (made / "documents" / "lighthouse.txt").write_text(LIGHTHOUSE, encoding="utf-8")
    (made / "documents" / "bakery.txt").write_text(BAKERY, encoding="utf-8")
    QA.build(made / "documents", made / "index")
    return made


@pytest.fixture(scope="module")
def qa(built):
    return QA.open(built / "index")


def first_reading(question, asked, answer):
    return readings(question, [Turn(asked, answer)])[0].question


@pytest.mark.parametrize(
    ("asked", "question", "meant"),
    [
        # what is said of a subject is no part of it
        ("When was the harbour of Lindow dug?", "who is its master?", "the harbour of Lindow's"),
        ("How is the tower of Ebel lit at night?", "when was it restored?", "the tower of Ebel"),
        ("How heavy is the bell of St Anne cast in Gent?", "who rang it?", "the bell of St Anne"),
        ("How long is the ferry to Poel delayed?", "why is it late?", "the ferry to Poel"),
        ("What was the old mill of Aske used for?", "who owns it?", "the old mill of Aske"),
        ("How wide is the lock at Torn?", "when was it built?", "the lock at Torn"),
        # nor is a noun before a preposition the verb
        (
            "When does the night train to Basel leave?",
            "when does it stop?",
            "the night train to Basel",
        ),
        (
            "How much does a day ticket for the zoo cost?",
            "who sells it?",
            "a day ticket for the zoo",
        ),
        # what was given, and not to whom, nor when
        ("Who gave the car to Kim Jong Un?", "what did it cost?", "the car"),
        ("Who showed the visitors the cave?", "how deep is it?", "the cave"),
        (
            "Who drives the school bus to Nyborg on Fridays?",
            "how old is it?",
            "the school bus to Nyborg",
        ),
        ("Who was awarded the silver cup?", "who made it?", "the silver cup"),
        # whose depth it is, and what was done by whom
        ("What is the depth of the lock at Mirow?", "when was it built?", "the lock at Mirow"),
        ("When did Tobias Ruck dig the well?", "how deep is it?", "the well"),
        (
            "When did Tobias Ruck dig the well?",
            "where does the key to its cover hang?",
            "the well's",
        ),
        (
            "What colour is the door of the chapel painted?",
            "how high is it?",
            "the door of the chapel",
        ),
        (
            "Which firm built the bridge over the Vell?",
            "how long is it?",
            "the bridge over the Vell",
        ),
    ],
)
def test_where_what_was_talked_of_ends(asked, question, meant):
    answers = {"Who": "Ruta Lindqvist", "Which": "Hask and Daughters", "colour": "blue"}
    answers |= {"used": "storing grain"}
    pronoun = r"\bits\b" if " its " in question else r"\bit\b"
    expected = re.sub(pronoun, meant, question)
    answer = next((said for word, said in answers.items() if word in asked), "1871")
    assert first_reading(question, asked, answer) == expected


def test_who_did_what_was_done():
    asked = "When was the greenhouse repaired?"
    assert first_reading("who did it?", asked, "in May") == "by whom was the greenhouse repaired?"


def test_last_year_is_replaced_by_this_year():
    asked = "How many boats were moored in the basin last year?"
    meant = "How many boats were moored in the basin this year?"
    assert first_reading("and this year?", asked, "140") == meant


@pytest.mark.parametrize(
    "question",
    ["How many clients have a comma in their name?", "What did the critic pay for his ticket?"],
)
def test_whose_it_is_may_be_said_before(question):
    assert first_reading(question, "How high is the tower?", "41 metres") == question


@pytest.mark.parametrize(
    ("asked", "answer", "question", "meant"),
    [
        # pronouns
        (
            "Who built the mill at Aske?",
            "Ruta Lindqvist",
            "where was she born?",
            "where was Ruta Lindqvist born?",
        ),
        ("Who built the mill?", "Ruta Lindqvist", "her age?", "What is Ruta Lindqvist's age?"),
        (
            "When was the Vell bridge opened?",
            "May 1931",
            "who designed it?",
            "who designed the Vell bridge?",
        ),
        (
            "How long does the Vell tunnel stay closed?",
            "two years",
            "and what are its opening hours?",
            "what are the Vell tunnel's opening hours?",
        ),
        ("Which boat goes to Osk?", "the Bluebell", "when's it due?", "when's the Bluebell due?"),
        (
            "What is the rent on the Dale estate?",
            "900 euros",
            "who lives there?",
            "who lives on the Dale estate?",
        ),
        # an asking phrase alone
        (
            "Why was the Vell bridge closed?",
            "rust",
            "and when?",
            "when was the Vell bridge closed?",
        ),
        (
            "Who sold the mill to Ruta?",
            "Ira Benn",
            "at what price?",
            "at what price was it that Ira Benn sold the mill to Ruta?",
        ),
        # another thing
        (
            "What does the rye loaf cost?",
            "4 euros",
            "what about the spelt loaf?",
            "What does the spelt loaf cost?",
        ),
        (
            "How many chairs were ordered in March?",
            "40",
            "and tables?",
            "How many tables were ordered in March?",
        ),
        (
            "How many chairs were ordered in March?",
            "40",
            "and in June?",
            "How many chairs were ordered in June?",
        ),
        (
            "Who repairs the pump at Aske?",
            "Ira Benn",
            "phone number?",
            "What is the phone number of the pump at Aske?",
        ),
        (
            "How long is the pump guaranteed?",
            "2 years",
            "and the hose?",
            "How long is the hose guaranteed?",
        ),
        # of several, without the noun
        (
            "What happened to the first draft of the map?",
            "lost",
            "and the second?",
            "What happened to the second draft of the map?",
        ),
        (
            "Which keeper do they want instead?",
            "Ira Benn",
            "who paid the first one?",
            "who paid the first keeper?",
        ),
        (
            "Which loaf has rye in it?",
            "the Korso",
            "how much is that one?",
            "how much is the Korso?",
        ),
        # what takes the place of nothing is added
        (
            "What does a canoe cost a day?",
            "8 euros",
            "and for members?",
            "What does a canoe cost a day for members?",
        ),
        (
            "What does a canoe cost with a guide?",
            "30 euros",
            "and without?",
            "What does a canoe cost without a guide?",
        ),
        (
            "Who meets the ferry?",
            "Ira Benn",
            "and if it is late?",
            "Who meets the ferry if the ferry is late?",
        ),
        # what a question asks about, not what it mentions by the way
        (
            "How much of the grant is for the roof?",
            "900 euros",
            "and the windows?",
            "How much of the grant is for the windows?",
        ),
        (
            "Which key opens the box with the maps?",
            "the brass one",
            "and the tall cupboard?",
            "Which key opens the tall cupboard?",
        ),
        (
            "Who mends the pump at Aske?",
            "Ira Benn",
            "same for the hose",
            "Who mends the hose at Aske?",
        ),
        (
            "What did the rye loaf cost before April?",
            "3 euros",
            "and the spelt loaf now?",
            "What did the spelt loaf cost?",
        ),
        # what happened, and the value that was asked for
        (
            "Who sold the mill to Ruta?",
            "Ira Benn",
            "when was that?",
            "when was it that Ira Benn sold the mill to Ruta?",
        ),
        (
            "How high is the fence by the weir?",
            "2 metres",
            "what was it before the flood?",
            "How high is the fence by the weir before the flood?",
        ),
        (
            "How much did the club get?",
            "900 euros",
            "how much of that was for boats?",
            "how much was for boats?",
        ),
        # somebody of somebody
        (
            "Who kept the lighthouse at Korso?",
            "Tomas Wend",
            "and his sister, what did he write to her?",
            "what did Tomas Wend write to Tomas Wend's sister?",
        ),
        (
            "Who mends the pump?",
            "Ira Benn",
            "and the hose, who does that?",
            "Who mends the hose?",
        ),
        # one is not several, and people in general are nobody who was named
        (
            "What did Ruta Lindqvist call the boat?",
            "Bluebell",
            "where did they keep her?",
            "where did they keep Ruta Lindqvist?",
        ),
        (
            "When did Oskar leave Vell?",
            "in 1931",
            "where did he go?",
            "where did Oskar go?",
        ),
        # people and a thing
        (
            "What was Ruta Lindqvist's next film called?",
            "The Mill",
            "where will she shoot it?",
            "where will Ruta Lindqvist shoot The Mill?",
        ),
        (
            "Who is building on the Dale site?",
            "Benn Foods",
            "who sold it to them?",
            "who sold the Dale site to Benn Foods?",
        ),
        (
            "Why does the harbour office record calls?",
            "to settle arguments",
            "how long do they keep them?",
            "how long do the harbour office keep calls?",
        ),
        (
            "Which port does the new server use?",
            "8480",
            "why did they change it?",
            "why did they change the new server?",
        ),
        # a place did nothing that "he" did
        (
            "Where was Ira Benn held prisoner?",
            "Stalag Nord",
            "whom did he marry?",
            "whom did Ira Benn marry?",
        ),
        # a sentence is not what "it" means
        (
            "What can be taken with the syrup?",
            "Use water",
            "why is it bad?",
            "why is the syrup bad?",
        ),
        # a correction
        (
            "How many died on the Bluebell according to the report of 3 June?",
            "41",
            "no, I meant the corrected number",
            "How many died on the Bluebell, the corrected number?",
        ),
        (
            "Who is the thief in the first draft of The Silver Heron?",
            "Ira Benn",
            "no, the newer one",
            "Who is the thief of The Silver Heron, the newer one?",
        ),
        (
            "What did the lease cost in 2019?",
            "900 euros",
            "no, I meant in 2023",
            "What did the lease cost, in 2023?",
        ),
    ],
)
def test_what_a_follow_up_means(asked, answer, question, meant):
    assert first_reading(question, asked, answer) == meant


def test_a_topic_is_taken_up_again():
    turns = [
        Turn("Who owns the Vell tunnel?", "Ira Benn"),
        Turn("Where does Ira Benn live?", "Osk"),
    ]
    read = readings("back to the tunnel: how long is it?", turns)
    assert read[0].question == "how long is the Vell tunnel?"


@pytest.mark.parametrize(
    "question",
    [
        "Who designed the Vell bridge?",
        "How many metres is the lighthouse of Korso high?",
        "When did Ada Blum say that she would retire from the board of the company?",
        "Is there a discount for members of the club?",
        "What is the weather like this summer in Vell?",
        "Wann wurde die Brücke eröffnet?",
        "¿Y cuándo la abrieron?",
        "Et pourquoi est-elle fermée ?",
        "Also wer hat das gesagt?",
        "なぜですか",
    ],
)
def test_what_stands_alone_is_left_byte_for_byte(question):
    read = readings(question, [Turn("Who built the mill at Aske?", "Ruta Lindqvist")])
    assert read[0].question == question
    assert not read[0].is_marked


def test_nothing_is_a_follow_up_in_a_conversation_in_another_language():
    read = readings("and when?", [Turn("Wer hat die Mühle gebaut?", "Ruta Lindqvist")])
    assert [each.question for each in read] == ["and when?"]


def test_nothing_is_a_follow_up_without_a_history():
    assert [each.question for each in readings("and when?", [])] == ["and when?"]


@settings(max_examples=200)
@given(
    st.lists(
        st.sampled_from("and what about he it there one then no, back to: why ? 's the, - ".split())
        | st.text(max_size=6),
        max_size=8,
    ).map(" ".join),
    st.text(max_size=30),
    st.text(max_size=20),
)
def test_any_text_has_a_reading(question, asked, answer):
    read = readings(question, [Turn(asked, answer), Turn(question, answer)])
    assert 1 <= len(read) <= 2


@pytest.mark.parametrize(
    ("asked", "about"),
    [
        ("When was the Vell bridge opened?", "the Vell bridge"),
        ("What did the canoe club charge a family?", "the canoe club"),
        ("How long does the repair of the pump take?", "the repair of the pump"),
        ("price of the oak table", "the oak table"),
        ("Who operated on Ira's hand?", "Ira's hand"),
        ("Who is building on the Dale site?", "the Dale site"),
        ("What is wrong with the willow?", "the willow"),
        ("Who will lead the club until May?", "the club until May"),
        ("Is there a ceiling?", "a ceiling"),
        ("What did the treasurer say about the roof?", "the roof"),
        ("When was it that Ira sold the Dale mill?", "the Dale mill"),
        ("When was the code withdrawn?", "the code"),
        ("Why is the syrup so bad?", "the syrup"),
        ("When does the bus run, the newer time please?", "the bus"),
    ],
)
def test_the_topic_of_a_question(asked, about):
    assert topic(asked) == about


def test_people_are_told_from_other_names():
    assert is_person("Ruta Lindqvist")
    assert is_person("Dr R. Lindqvist, head of the clinic")
    for other in ("Vell Bridge", "12 May 1931", "4 euros", "the mill", "Ruta", "Benn & Sons Ltd"):
        assert not is_person(other)


def test_a_follow_up_is_asked_as_what_it_means(qa):
    first = qa.ask("Who built the lighthouse of Korso?", threshold=0.0)
    assert first.answers[0].text == "Matilda Orrey"
    second = qa.ask("where was she born?", history=[first], threshold=0.0)
    assert second.question == "where was she born?"
    assert second.resolved_question == "where was Matilda Orrey born?"
    assert second.answers[0].text == "Gdansk"
    assert second.asked_otherwise


def test_the_question_shown_gives_the_same_answer_by_itself(qa):
    history = [qa.ask("How high is the lighthouse of Korso?", threshold=0.0)]
    for question in ("who built it?", "and why is it closed in January?"):
        prediction = qa.ask(question, history=history, threshold=0.0)
        again = qa.ask(prediction.resolved_question, threshold=0.0)
        assert again.answers[0].place == prediction.answers[0].place
        assert (again.talked_of, prediction.talked_of) == ("", "lighthouse.txt")
        history.append(prediction)


def test_a_follow_up_looks_first_at_the_document_of_the_last_answer(qa):
    history = [qa.ask("What does the rye loaf cost?", threshold=0.0)]
    asked = qa.ask("and how much is it for children?", history=history, threshold=0.0)
    assert asked.talked_of == "bakery.txt"
    alone = qa.search(asked.resolved_question).passages
    here = {hit.passage.document_id: hit.score for hit in asked.passages}
    before = {hit.passage.document_id: hit.score for hit in alone}
    assert here["bakery.txt"] > before["bakery.txt"]
    assert here["lighthouse.txt"] == before["lighthouse.txt"]
    assert list(here.values()) == sorted(here.values(), reverse=True)
    # Not where the filter leaves it out, nor after a correction: that may mean another.
    other = qa.ask("and for children?", history=history, only="lighthouse.txt")
    assert other.asked_otherwise
    assert other.talked_of == ""
    assert qa.ask("no, I meant the ticket", history=history).talked_of == ""


def test_where_nothing_was_found_the_nearest_document_is_talked_of(qa):
    refused = qa.ask("Who painted the oven of the bakery?", threshold=1.0)
    assert not refused.found
    assert talked_of([replace(refused, answers=(), candidates=())]) == "bakery.txt"
    assert talked_of([]) == ""


def candidate(name, text):
    return SimpleNamespace(span=SimpleNamespace(text=text, passage=Passage(name, 0, 1, "x")))


def test_an_answer_is_weighed_by_where_it_is_and_by_what_was_said(qa):
    said = qa.ask("What does the rye loaf cost?", threshold=0.0)
    here, there = candidate("a.txt", "5 euros"), candidate("b.txt", "6 euros")
    again = candidate("a.txt", said.answers[0].text)
    scored = [(again, 0.6), (there, 0.5), (here, 0.45)]
    found = weighed(scored, Continued([said], "a.txt"))
    probabilities = {each.span.text: probability for each, probability in found}
    assert max(probabilities, key=probabilities.get) == "5 euros"
    assert probabilities["5 euros"] > 0.45
    assert probabilities["6 euros"] < 0.5
    assert probabilities[said.answers[0].text] < 0.6
    assert weighed([(here, 0.45)], Continued([said], ""))[0][1] == pytest.approx(0.45)


def test_wordings_find_together_what_more_of_them_find_likely():
    meadow, barn, loft = (candidate("a.txt", text) for text in ("the meadow", "a barn", "a loft"))
    as_asked = [(meadow, 0.5), (barn, 0.4)]
    as_typed = [(candidate("b.txt", "A barn."), 0.8), (loft, 0.6)]
    found = mixed(as_asked, as_typed, as_asked)
    assert [each.span.text for each, _ in found] == ["a barn", "the meadow", "a loft"]
    surer = mixed(as_asked, as_typed, [(barn, 0.7)])
    assert surer[0][0] is barn
    assert surer[0][1] > found[0][1]
    assert mixed(as_asked, as_asked, as_asked)[0][1] > 0.5
    assert mixed([], [], []) == []


def test_a_stand_alone_question_is_answered_as_without_a_history(qa):
    history = [qa.ask("Who built the lighthouse of Korso?")]
    for question in (
        "Where was the oven of the bakery bought?",
        "What does the rye loaf cost?",
        "Who opened the bakery in Hill Street?",
    ):
        with_history, without = qa.ask(question, history=history), qa.ask(question)
        assert with_history == replace(without, question=question)
        assert with_history.resolved_question == question


def test_what_may_stand_alone_gives_way_to_a_sure_answer_alone(qa):
    said = qa.ask("Who built the lighthouse of Korso?", threshold=0.0)
    sure, unsure = [(candidate("a.txt", "Ira Benn"), 0.9)], [(candidate("a.txt", "Osk"), 0.3)]
    assert choose([[], unsure], 0.5) == 0
    assert choose([[], sure], 0.5) == 1
    assert choose([sure, sure], 0.5) == 0
    assert is_settled(sure, [], at_least=0.5)
    assert not is_settled(unsure, [], at_least=0.5)
    assert not is_settled([], [], at_least=0.5)
    again = [(candidate("a.txt", said.answers[0].text), 0.9)]
    assert not is_settled(again, [said], at_least=0.5)  # the last answer again


def test_a_follow_up_is_also_read_as_typed_unless_it_is_likely(built, monkeypatch):
    asked = QA.open(built / "index")
    read, answering = [], asked._answering
    reader = answering.reader

    class Recording:
        fingerprint = reader.fingerprint

        def read(self, question, passages, **options):
            read.append(question)
            return reader.read(question, passages, **options)

    monkeypatch.setattr(asked, "_answering", replace(answering, reader=Recording()))
    history = [asked.ask("Who built the lighthouse of Korso?", threshold=0.0)]
    read.clear()
    likely = asked.ask("where was she born?", history=history)
    assert likely.found
    assert set(read) == {"where was Matilda Orrey born?"}
    read.clear()
    absent = asked.ask("which ship did she sail on?", history=history)
    assert not absent.found
    # Other wordings are read in the same passages, and the likeliest stand-alone one is shown.
    wordings = ["which ship did Matilda Orrey sail on?", "which ship did she sail on?"]
    assert list(dict.fromkeys(read))[:2] == wordings
    assert absent.resolved_question == wordings[0]


def test_chat_prints_the_question_that_was_asked(built, monkeypatch, capsys):
    class Typed:
        def __init__(self, lines):
            self.lines = iter([*lines, ""])

        def isatty(self):
            return False

        def readline(self, size=-1):
            return next(self.lines)

    monkeypatch.setattr("sys.stdin", Typed(["Who built the lighthouse of Korso?\n", "when?\n"]))
    assert main(["chat", "--index", str(built / "index")]) == 0
    out = capsys.readouterr().out
    assert "“Matilda Orrey”" in out
    asked = "when was it that Matilda Orrey built the lighthouse of Korso?"
    assert f"(asked: {asked} (looked first in lighthouse.txt))" in out
    # An empty line starts anew, and a line without a word is no question.
    monkeypatch.setattr(
        "sys.stdin", Typed(["Who built the lighthouse of Korso?\n", "\n", "?!\n", "when?\n"])
    )
    assert main(["chat", "--json", "--index", str(built / "index")]) == 0
    printed = capsys.readouterr()
    assert "the question is empty" in printed.err
    shown = [json.loads(line) for line in printed.out.splitlines()]
    assert [each["question"].strip() for each in shown] == [
        "Who built the lighthouse of Korso?",
        "when?",
    ]
    assert shown[1]["resolved_question"] == "when?"


def test_golden_questions_follow_up_others(tmp_path, qa):
    path = tmp_path / "golden.jsonl"
    rows = [
        {"id": "1", "question": "Who built the lighthouse of Korso?", "answers": ["Matilda Orrey"]},
        {"id": "2", "question": "What does the rye loaf cost?", "answers": ["4.20 euros"]},
        {"id": "3", "question": "where was she born?", "answers": ["Gdansk"], "after": "1"},
    ]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    questions = read_golden(path)
    assert [each.after for each in questions] == ["", "", "1"]
    assert [each.id for each in conversation(questions[2], questions)] == ["1", "3"]
    outcomes = ask_corpus(questions, qa, threshold=0.0)
    assert [each.best for each in outcomes][2] == "Gdansk"
    meant = replace(questions[2], question="where was Matilda Orrey born?", after="")
    typed = replace(questions[2], after="")
    confidences = [ask_corpus([each], qa, threshold=0.0)[0].confidence for each in (meant, typed)]
    assert outcomes[2].confidence > max(confidences)


def test_a_golden_question_follows_up_an_earlier_line(tmp_path):
    path = tmp_path / "golden.jsonl"
    row = {"id": "1", "question": "and when?", "answers": [], "after": "2"}
    later = {"id": "2", "question": "Who built it?", "answers": []}
    path.write_text(f"{json.dumps(row)}\n{json.dumps(later)}\n", encoding="utf-8")
    with pytest.raises(DatasetError, match="line 1: no line before it has the id '2'"):
        read_golden(path)


def test_a_golden_question_stands_alone_by_default():
    assert GoldenQuestion("1", "Who?", ()).after == ""


def test_the_page_asks_what_a_follow_up_means_for_its_best_guess(qa):
    history = [qa.ask("Who built the lighthouse of Korso?", threshold=0.0)]
    refused = qa.ask("where was she born?", history=history, threshold=1.0)
    refused = replace(refused, verdict="not found", candidates=())
    shown = conversation_html(
        (PageTurn(refused.question, refused),), View(), document_ids=["lighthouse.txt"], title=str
    )
    assert 'data-ask="where was Matilda Orrey born?"' in shown
    assert 'data-ask="where was she born?"' not in shown


@pytest.mark.parametrize("endless", ["his " * 4_900, "his," * 12_000, "his " * 50 + "'" * 40_000])
def test_an_endless_turn_stands_alone_and_refers_to_nothing(endless):
    """Each took minutes, and with that the place of another's question."""
    earlier = Prediction(endless, endless, (), "not found", ())
    (reading,) = stand_alone(endless, [earlier])
    assert reading.question == endless
    assert stand_alone("Who is he?", [earlier] * 12)

"""Documents that contradict each other are shown side by side, and no others."""

import json
from dataclasses import replace

import pytest
from test_evidence import Drawn

from qa import QA
from qa.answers.calibration import Calibration
from qa.answers.candidates import rank_candidates
from qa.answers.changes import changes
from qa.answers.deserialize import prediction_from_dict
from qa.answers.disagreement import disagreeing, disagreement
from qa.answers.reading import Reading
from qa.answers.rivals import rivals
from qa.answers.selection import Evidence
from qa.answers.serialize import prediction_to_dict
from qa.answers.verdict import judge
from qa.networks.reader import OnnxReader
from qa.types import Answer, Document, Hit, Passage, Place, Prediction, Span
from qa.web import wording
from qa.web.render import conversation_html
from qa.web.views import Turn, View


def answer(name, text, words, probability=0.5, *, title="", date="", heading=""):
    start = text.index(words)
    place = Place(name, start, start + len(words), name, text=words, title=title, date=date)
    return Answer(words, place, probability, Passage(name, 0, len(text), text, heading))


def told(question, one, other, **known):
    """Whether two documents, each a text and the answer in it, disagree about a question."""
    found = [answer("a.txt", *one, **known), answer("b.txt", *other)]
    return disagreeing(question, found, threshold=0.6) == (1,)


PERMIT = "A parking permit costs {} a year."


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("40 euro", "55 euro"),
        ("EUR 1,000", "EUR 1,100"),
        ("£40", "£ 55.00"),
        ("12 per cent", "14%"),
        ("three weeks", "5 weeks"),
        ("3 May 2021", "4 May 2021"),
        ("8 am", "9:30 am"),
        ("1894", "1896"),
        ("6", "8 tickets"),
        ("first Tuesday", "the second Wednesday"),
        ("once a month", "every two weeks"),
        ("6 months", "one year"),
        ("1 hour 50 minutes", "1 hour 25 minutes"),
        ("first Tuesday 22:00", "the second Wednesday"),
        ("three times", "twice"),
        ("64.85", "$66.20 a barrel"),
        ("deck 6", "deck 7"),
        ("40 to 60 %", "50 to 70 %"),
        ("by 2040", "2031"),
    ],
)
def test_different_values_of_one_kind_disagree(one, other):
    sides = [(PERMIT.format(each), each) for each in (one, other)]
    assert told("How much is a parking permit?", *sides)
    assert told("How much is a parking permit?", *sides[::-1])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("40 euro", "40.00 euros"),
        ("1,000", "1000"),
        ("40 euro", "40 euro or less"),
        ("three weeks", "3 weeks"),
        ("48 hours", "10 minutes"),
        ("40 euro", "12 per cent"),
        ("Ada Blum", "Kim Lund"),
        ("much", "40 euro"),
        ("8 May 1948", "May 1948"),
        ("12 months", "one year"),
        ("weekly", "every 7 days"),
        ("the first Tuesday", "first Tuesday of the month"),
        ("first Tuesday", "first Tuesday, 22:00"),
        ("in 2031", "2031"),
    ],
)
def test_equal_values_and_other_kinds_do_not(one, other):
    sides = [(PERMIT.format(each), each) for each in (one, other)]
    assert not told("How much is a parking permit?", *sides)


def test_names_are_compared_where_a_name_is_asked_for():
    lead = "The museum is led by {} since the spring."
    one, other = ((lead.format(each), each) for each in ("Ada Blum", "Kim Lund"))
    assert told("Who leads the museum?", one, other)
    ada, kim = ((lead.format(each), each) for each in ("Ada Blum", "Kim Blum"))
    assert told("Who leads the museum?", ada, kim)
    assert not told("Who leads the museum?", ada, (lead.format("A. Blum"), "A. Blum"))
    assert not told("Why is the museum led by Ada Blum?", one, other)
    assert not told("Who leads the museum?", one, (lead.format("Dr Ada Blum"), "Dr Ada Blum"))
    assert not told("Who leads the museum?", one, (lead.format("two"), "two"))
    assert not told("Who leads the museum?", one, (lead.format("somebody else"), "somebody else"))


def test_what_is_unlikely_and_in_a_sentence_about_something_else_does_not():
    permit = (PERMIT.format("40 euro"), "40 euro", 0.6)
    assert not told(
        "What is a parking permit?", permit, ("A ticket to the zoo is 9 euro.", "9 euro", 0.07)
    )
    other = ("A parking permit for lorries of firms costs 300 euro.", "300 euro", 0.07)
    assert told("How much is a parking permit?", permit, other)
    # The other document does not say so of the year that is asked for.
    older = ("In 2021 a parking permit cost 30 euro a year.", "30 euro")
    newer = ("In 2024 a parking permit cost 40 euro a year.", "40 euro")
    assert not told("How much was a parking permit in 2024?", newer, older)
    assert told("How much was a parking permit?", newer, older)


def test_one_document_does_not_contradict_itself_nor_what_is_unlikely():
    text = "A parking permit costs 40 euro. A parking permit for two costs 70 euro."
    found = [answer("a.txt", text, "40 euro"), answer("a.txt", text, "70 euro")]
    question = "How much is a parking permit?"
    assert disagreeing(question, found, threshold=0.6) == ()
    sides = [answer(name, PERMIT.format(name), name, 0.25) for name in ("40 euro", "55 euro")]
    assert disagreeing(question, sides, threshold=0.6) == ()
    assert disagreeing(question, sides, threshold=0.5) == (1,)
    copy = replace(sides[1], also_at=(sides[0].place,))
    assert disagreeing(question, [sides[0], copy], threshold=0.5) == ()
    assert disagreeing(question, [], threshold=0.5) == ()


class Marked:
    """A reader that finds what is between asterisks, sure of it by as many logits as given."""

    def __init__(self, logits):
        self.logits, self.read_of = logits, []

    def read(self, question, passages, n=5):
        self.read_of += [passage.document_id for passage in passages]
        return [self.span(passage) for passage in passages]

    def span(self, passage):
        start, end = passage.text.index("*") + 1, passage.text.rindex("*")
        return [Span(passage, start, end, self.logits, 0.0)]


def rivals_of(reader, *texts, spans=()):
    passages = [Passage(f"{at}.txt", 0, len(text), text) for at, text in enumerate(texts)]
    hits = [Hit(each, 0.9 - at / 100, 0.9, at + 1, at + 1) for at, each in enumerate(passages)]
    read = [reader.span(passages[0]), *spans, *[None] * (len(hits) - 1 - len(spans))]
    question = "How much is a parking permit?"
    calibration = Calibration.load(reader=OnnxReader().fingerprint)
    candidates = rank_candidates(hits, read, ranking=calibration.ranking)
    found = rivals(
        Evidence.of(question, hits),
        (candidates[0], 0.9),
        Reading(tuple(read), tuple(candidates)),
        reader=reader,
        calibration=calibration,
    ).found
    return [candidate.span.text for candidate, _ in found]


def test_the_nearest_of_other_documents_are_read_for_what_contradicts_the_best_answer():
    permits = [PERMIT.format(f"*{each} euro*") for each in (40, 55, 40, 60, 70)]
    permits.insert(2, "A parking permit costs *little*.")
    sure = Marked(9.0)
    # One has no amount, and is not read; of three others one says the same as the best, and the
    # last is too far.
    assert sorted(rivals_of(sure, *permits)) == ["55 euro", "60 euro"]
    assert sure.read_of == ["1.txt", "3.txt", "4.txt"]
    # The reader does not believe it, unless the sentence is the same but for the amount.
    others = [permits[0], "Lorries pay *90 euro* for permits.", permits[1]]
    assert rivals_of(Marked(-1.0), *others) == ["55 euro"]
    assert rivals_of(Marked(-9.0), *others) == []
    # What was read is not read again; and no passage for an answer that is not compared.
    again = Marked(9.0)
    passage = Passage("1.txt", 0, len(permits[1]), permits[1])
    assert rivals_of(again, *permits[:2], spans=[again.span(passage)]) == ["55 euro"]
    assert again.read_of == []
    long = PERMIT.format("*what the council decides each spring after a meeting of all*")
    assert rivals_of(again, long, permits[1]) == []
    assert again.read_of == []


FEE = "Fees\n\nA permit costs 40 euro a year."


@pytest.mark.parametrize(
    ("newer", "told"),
    [
        ("The fee for a permit is now 55 euro instead of 40 euro.", "55 euro"),
        ("Permit: before 40 euro; now 55 euro.", "55 euro"),
        ("The fee for a permit went up from 40 euro to 55 euro.", "55 euro"),
        # Two amounts, and no change.
        ("A permit costs 40 euro, and 55 euro with a plate.", ""),
        # The change is that of something else.
        ("A boat costs 55 euro instead of 45 euro. A permit costs 40 euro.", ""),
        ("The zoo takes 55 euro instead of 40 euro.", ""),
    ],
)
def test_a_document_that_names_the_former_value_contradicts_the_one_that_has_it(newer, told):
    # The reader is sure of the older value in both documents.
    old, new = Passage("a", 0, len(FEE), FEE), Passage("b", 0, len(newer), newer)
    spans = [
        Span(passage, (at := passage.text.index(words)), at + len(words), score, 0.0)
        for passage, words, score in (
            (old, "40 euro", 9.0),
            *((new, words, score) for words, score in (("40 euro", 8.0), ("55 euro", -3.0))),
        )
        if words in passage.text
    ]
    question = "How much does a permit for residents cost?"
    for best in spans[:2]:
        found = changes(question, best, spans)
        assert [span.text for span in found or ()] == (["40 euro", told] if told else [])
        assert not found or [span.passage.document_id for span in found] == ["a", "b"]


def test_what_a_document_answers_better_elsewhere_is_not_its_change():
    newer = "A permit costs 60 euro. The stamp on a permit costs 3 euro instead of 2 euro."
    older = "The stamp on a permit costs 2 euro."
    passages = [Passage(name, 0, len(text), text) for name, text in (("a", older), ("b", newer))]
    spans = [
        Span(passage, (at := passage.text.index(words)), at + len(words), score, 0.0)
        for passage, words, score in (
            (passages[0], "2 euro", 5.0),
            (passages[1], "3 euro", 4.0),
            (passages[1], "60 euro", 9.0),
        )
    ]
    assert changes("How much is a permit?", spans[0], spans) is None
    assert changes("How much is a permit?", spans[0], spans[:2]) == tuple(spans[:2])


TEXTS = {
    "parking 2022.txt": """Parking rules

3 March 2022

A resident's parking permit costs 40 euro a year. It is shown behind the windscreen.
""",
    "parking 2024.txt": """Parking rules

5 May 2024

A resident's parking permit costs 55 euro a year. It is sent by post.
""",
    "lease.txt": """Contract of the Kestrel workshop

The notice period for the lease of the workshop is three months. The rent is due on the third.
""",
    "lease 2.txt": """Amendment to the contract of the Kestrel workshop

This amends the contract of the Kestrel workshop. The notice period for the lease of the
workshop is six months.
""",
    "ferry.txt": "The ferry to Talheim\n\nThe ferry to Talheim carries 90 passengers.\n",
    "ferry news.txt": """News from the lake

The ferry to Talheim was rebuilt in spring. It carries 120 passengers instead of 90 passengers.
""",
    "bridge.txt": "The bridge of Talheim\n\nThe bridge of Talheim was opened in 1894.\n",
}


@pytest.fixture(scope="module")
def qa(tmp_path_factory):
    base = tmp_path_factory.mktemp("disagreement")
    (base / "documents").mkdir()
    for name, text in TEXTS.items():
        (base / "documents" / name).write_text(text, encoding="utf-8")
    return QA.build(base / "documents", base / "index")


def test_the_newest_comes_first_and_what_replaces_another_is_noticed(qa):
    found = qa.ask("How much is a resident's parking permit?").disagreement
    assert [each.text.split()[0] for each in found.answers] == ["55", "40"]
    assert found.relation == "same title"
    for each in found.answers:
        text = qa.document(each.document_id).text
        assert text[each.start : each.end] == each.text
    found = qa.ask("What is the notice period for the workshop's lease?").disagreement
    assert [each.document_id for each in found.answers] == ["lease 2.txt", "lease.txt"]
    assert found.relation == "replaces"
    found = qa.ask("How many passengers does the ferry to Talheim carry?").disagreement
    assert {(each.text.split()[0], each.document_id) for each in found.answers} == {
        ("90", "ferry.txt"),
        ("120", "ferry news.txt"),
    }
    assert qa.ask("When was the bridge of Talheim opened?").disagreement is None
    assert qa.ask("Who painted the ceiling of the zoo?").disagreement is None


@pytest.mark.parametrize(
    ("newer", "older", "relation"),
    [
        ("These rules replace the harbour dues of 2022.", "", "replaces"),
        ("This notice cancels the harbour dues that were in force.", "", "replaces"),
        ("The harbour dues of 2022 are amended here.", "", "replaces"),
        # What tells of itself that it is replaced replaces nothing.
        ("", "These harbour dues are replaced by those of 2024.", "same title"),
        ("", "", "same title"),
    ],
)
def test_what_replaces_another_says_so_of_itself(newer, older, relation):
    text = "{} Guests pay harbour dues of {} a night."
    sides = [
        answer(name, text.format(said, dues), dues, title="Harbour dues", date=date)
        for name, date, said, dues in (
            ("22.txt", "2022-02-01", older, "14 euro"),
            ("24.txt", "2024-02-01", newer, "17 euro"),
        )
    ]
    found = disagreement(
        "What do guests pay?", sides, threshold=0.6, document=documents(*sides).__getitem__
    )
    assert found.relation == relation
    assert [each.document_id for each in found.answers] == ["24.txt", "22.txt"]


@pytest.mark.parametrize(
    ("date", "relation", "said"),
    [
        ("2021-05-03", "same title", "They have the same title and different dates. The newest"),
        ("", "", "Different answers to your question."),
    ],
)
def test_none_is_the_newest_where_an_age_is_unknown(date, relation, said):
    text = "The permit for a resident costs {} a year. It is a parking permit."
    sides = [
        answer("a.txt", text.format("40 euro"), "40 euro", title="Permit", date=date),
        answer("b.txt", text.format("55 euro"), "55 euro", title="Permit", date="2024-05-03"),
    ]
    found = disagreement(
        "What is the permit?", sides, threshold=0.6, document=documents(*sides).__getitem__
    )
    assert found.relation == relation
    assert wording.told(found).startswith(said)
    assert ("newest" in wording.told(found)) == bool(date)


def documents(*answers):
    found = {}
    for each in answers:
        place = each.place
        text = each.passage.text
        found[place.document_id] = Document(
            *(place.document_id, text, "", place.title, place.date, place.document_id, ())
        )
    return found


def test_it_is_in_json_and_on_the_page_and_not_with_not_found():
    risky = "<script>Permit</script> costs {} a year. It is a parking permit."
    sides = [
        answer("<b>.txt", risky.format("40 euro"), "40 euro", title="<i>Old", date="2021-05-03"),
        answer("b.txt", risky.format("55 euro"), "55 euro", title="New", date="2024-05-03"),
    ]
    found = disagreement(
        "What is the permit?", sides, threshold=0.6, document=documents(*sides).__getitem__
    )
    assert [each.text for each in found.answers] == ["55 euro", "40 euro"]
    question = "What is the permit?"
    prediction = Prediction(
        question, question, tuple(sides), "answer", (), {"total": 1.0}, disagreement=found
    )
    stored = json.loads(json.dumps(prediction_to_dict(prediction)))
    assert stored["disagreement"]["relation"] == ""
    again = prediction_from_dict(stored).disagreement
    assert [each.text for each in again.answers] == ["55 euro", "40 euro"]
    html = conversation_html(
        [Turn(question, prediction)], View(), document_ids=[], title=lambda name: f"T {name}"
    )
    drawn = Drawn(html)
    assert drawn.text["side"].index("55 euro") < drawn.text["side"].index("40 euro")
    assert "3 May 2024" in drawn.text["side"]
    assert not {"script", "i"} & set(drawn.tags)
    views = [each["data-view"] for each in drawn.buttons if "side" in each["class"]]
    assert [View.at(view).document_id for view in views] == ["b.txt", "<b>.txt"]
    # Of possible answers it is said before they are shown.
    unsure = Turn(question, judge(prediction, threshold=0.9, possible=0.1))
    drawn = conversation_html([unsure], View(), document_ids=[], title=lambda name: name)
    assert drawn.count("Your documents disagree") == 1
    assert drawn.index("Your documents disagree") < drawn.index('class="candidates"')
    assert judge(prediction, threshold=0.9, possible=0.8).disagreement is None
    assert judge(prediction, threshold=0.9, possible=0.1).disagreement is found

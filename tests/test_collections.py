"""Several collections: asked as one, and nobody sees that one is there that they may not read."""

from dataclasses import replace
from fnmatch import fnmatchcase
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.access import Users, Visitor
from qa.cli import main
from qa.collections import Collection, Collections, Federation, folders_of, readers_of
from qa.collections.patterns import below
from qa.errors import AccessError, CorpusError, NoCollection, QAError, QuestionError
from qa.index import DocumentSummary
from qa.library import Activity, State
from qa.types import Answer, Document, Hit, Passage, Place, Prediction

PASSWORD = "correct horse battery"


# Patterns below a folder


@given(
    st.text("ab/*?[]!-", max_size=8),
    st.text("ab", min_size=1, max_size=2),
    st.text("ab/[]-", min_size=1, max_size=5),
)
def test_patterns_below_a_folder_match_what_the_whole_pattern_does(pattern, folder, path):
    found = any(fnmatchcase(path, each) for each in below([pattern], folder))
    assert found == fnmatchcase(f"{folder}/{path}", pattern)


def test_of_many_stars_the_last_is_left():
    assert below(["*" * 900 + "x"], "press") == ("*x", "x")
    assert below(["*p*r*e*s*s*/*a"], "press") == ("*a", "a")
    assert below(["*?" * 300], "press") == ("*?" * 294, "?" + "*?" * 293)


# A question over several


def answer(text, probability, document="a.txt"):
    passage = Passage(document, 0, len(text), text)
    return Answer(text, Place(document, 0, len(text), document, text=text), probability, passage)


class Asked:
    """A collection that answers as told, by the words of the question."""

    def __init__(
        self, answers=(), *, documents=("a.txt",), generation="g-1", meant="", failing=None
    ):
        self.answers, self.generation, self.meant = answers, generation, meant
        self.failing = failing
        self.names, self.calls = documents, []
        self.threshold, self.possible = 0.5, 0.1

    def documents(self):
        return [DocumentSummary(name, "", "2020", name, 1, 1, "", "en") for name in self.names]

    def ask(self, question, *, only=(), history=(), threshold=None, max_answers=3, **_):
        self.calls.append((question, only, len(history)))
        shown = [each for turn in history for each in turn.answers]
        if self.failing:
            raise self.failing
        meant = self.meant if history and self.meant else question
        hits = tuple(Hit(each.passage, each.probability, 0.0, 1, None) for each in self.answers)
        answers = tuple(self.answers)[:max_answers]
        found = Prediction(question, meant, answers, "answer", hits, {"total": 1.0})
        return replace(found, talked_of=shown[0].document_id if shown else "")


def federation(**members):
    return Federation(members, networks=Asked())


def test_the_most_probable_answer_of_any_collection_comes_first():
    press, law = (
        Asked([answer("in May", 0.6), answer("on Monday", 0.2)]),
        Asked([answer("in June", 0.9)]),
    )
    found = federation(press=press, law=law).ask("When?", max_answers=2)
    assert [(each.text, each.document_id) for each in found.answers] == [
        ("in June", "law/a.txt"),
        ("in May", "press/a.txt"),
    ]
    assert found.answers[0].passage.document_id == "law/a.txt"
    assert found.verdict == "answer"
    assert [hit.passage.document_id for hit in found.passages] == [
        "law/a.txt",
        "press/a.txt",
        "press/a.txt",
    ]


def test_the_verdict_is_that_of_the_thresholds():
    both = federation(press=Asked([answer("in May", 0.3)]), law=Asked())
    assert both.ask("When?").verdict == "possible"
    assert both.ask("When?", threshold=0.25).verdict == "answer"
    assert federation(press=Asked([answer("in May", 0.05)])).ask("When?").verdict == "not found"


def test_answers_in_the_same_words_are_one_with_all_places():
    press, law = (
        Asked([answer("In May", 0.6)]),
        Asked([answer("in may.", 0.7), answer("June", 0.4)]),
    )
    first, second = federation(press=press, law=law).ask("When?").answers
    assert (first.text, first.place.document_id) == ("in may.", "law/a.txt")
    assert [place.document_id for place in first.also_at] == ["press/a.txt"]
    assert second.text == "June"


TIMES = {
    "press": "The ferry to the island of Hiddensee leaves the pier of Stralsund at 9:15.",
    "law": "The ferry to the island of Hiddensee leaves the pier of Stralsund at 10:30.",
    "sport": "The race of the yachts begins at 11:00.",
}


@pytest.mark.parametrize(
    ("probabilities", "disagree"),
    [
        ({"press": 0.8, "law": 0.6}, ["press/a.txt", "law/a.txt"]),
        ({"press": 0.6, "law": 0.8, "sport": 0.9}, None),  # the first is on something else
        ({"press": 0.4, "law": 0.4}, None),  # none of both is an answer
        ({"press": 0.8}, None),
    ],
)
def test_collections_that_contradict_each_other_are_said_to(probabilities, disagree):
    def asked(name, probability):
        text = TIMES[name]
        start = text.rindex("at ") + 3
        place = Place("a.txt", start, len(text) - 1, "a.txt", text=text[start:-1])
        passage = Passage("a.txt", 0, len(text), text)
        member = Asked([Answer(text[start:-1], place, probability, passage)])
        member.document = lambda _: Document("a.txt", text, "0" * 64, "", "", "a.txt", ())
        return member

    members = {name: asked(name, probability) for name, probability in probabilities.items()}
    found = federation(**members).ask("When does the ferry to Hiddensee leave?").disagreement
    assert (found and [each.document_id for each in found.answers]) == disagree


def test_only_collections_with_chosen_documents_are_asked():
    press, law = Asked(documents=("2024/a.txt",)), Asked(documents=("2023/a.txt",))
    both = federation(press=press, law=law)
    both.ask("When?", only=["*/2024/*"])
    assert press.calls == [("When?", ("*/2024/*", "/2024/*", "2024/*"), 0)]
    assert law.calls == []
    with pytest.raises(QuestionError, match="no document matches only board"):
        both.ask("When?", only="board/*")
    with pytest.raises(QuestionError, match="no document matches since 2021"):
        both.ask("When?", since="2021")


def test_a_question_that_cannot_be_asked_is_refused_as_by_one_index():
    press = Asked()
    with pytest.raises(QuestionError):
        federation(press=press).ask(" ")
    assert press.calls == []
    trouble = CorpusError("the folder is not there", "put it back")
    with pytest.raises(CorpusError):  # and "not found" is not said of documents not looked at
        federation(press=Asked(failing=trouble), law=Asked([answer("May", 0.9)])).ask("When?")


def test_a_follow_up_is_asked_everywhere_as_what_it_means_where_it_is_answered_best():
    press = Asked([answer("in May", 0.9)], meant="When was the car sold?")
    law = Asked([answer("in June", 0.4)], meant="When was the law passed?")
    earlier = [Prediction("Who?", "Who?", (), "not found", ())]
    found = federation(press=press, law=law).ask("And when?", history=earlier)
    assert found.resolved_question == "When was the car sold?"
    assert press.calls == [("And when?", (), 1)]
    assert law.calls == [("And when?", (), 1), ("When was the car sold?", (), 0)]


def test_a_follow_up_goes_on_about_the_document_of_its_collection():
    both = federation(press=Asked([answer("Ada", 0.9)]), law=Asked([answer("Ida", 0.4)]))
    first = both.ask("Who?")
    assert (first.answers[0].document_id, first.talked_of) == ("press/a.txt", "")
    assert both.ask("And when?", history=[first]).talked_of == "press/a.txt"


def test_what_was_answered_is_told_once():
    told = []
    both = Federation({"a": Asked(), "b": Asked()}, networks=Asked(), watchers=[told.append])
    both.ask("When?")
    both.within(["a"]).ask("When?")
    assert [each.question for each in told] == ["When?", "When?"]


def test_within_some_collections():
    both = federation(press=Asked(), law=Asked(generation="g-7"))
    assert both.collections == ("law", "press")
    assert both.within([]) is both.within(["law", "press"]) is both
    assert both.within(["law"]).collections == ("law",)
    with pytest.raises(NoCollection, match="there is no collection board"):
        both.within(["law", "board"])
    # A tag of one collection is another when that one was built.
    assert both.within(["law"]).generation == "law:g-7"
    other = federation(press=Asked(generation="g-2"), law=Asked(generation="g-7"))
    assert other.within(["law"]).generation == "law:g-7"
    assert other.generation != both.generation


def test_ids_are_in_order_whatever_the_names():
    several = federation(**{"law": Asked(), "law-old": Asked(), "a": Asked()})
    ids = [each.id for each in several.documents()]
    assert ids == sorted(ids) == ["a/a.txt", "law-old/a.txt", "law/a.txt"]


# Who may read what


def open_collections(**readers):
    def corpus(name):
        state = State(Activity("reading files", 1, 2)) if name == "law" else State()
        return SimpleNamespace(live=SimpleNamespace(state=state), places=(), is_ready=name != "law")

    return Collections(
        [Collection(name, corpus(name), allowed) for name, allowed in readers.items()],
        pool=None,
        networks=Asked(),
        has_login=True,
    )


def names_of(shelf):
    return tuple(shelf._corpora)


def test_a_visitor_sees_what_they_may_read():
    served = open_collections(press=None, law=frozenset({"ada"}), board=frozenset({"ada", "ben"}))
    assert names_of(served.seen_by(Visitor("ada"))) == ("press", "law", "board")
    assert names_of(served.seen_by(Visitor("ben", may_edit=True))) == ("press", "board")
    assert names_of(served.seen_by(Visitor("eva"))) == ("press",)
    assert names_of(served.seen_by(Visitor())) == ()  # nobody has logged in
    assert served.seen_by(Visitor("eva")) is served.seen_by(Visitor("ida"))


def test_neither_readiness_nor_progress_tells_of_a_collection_that_is_hidden():
    served = open_collections(press=None, law=frozenset({"ada"}))
    assert served.is_ready
    assert served.seen_by(Visitor("ben")).live.state.activity is None
    assert str(served.seen_by(Visitor("ada")).live.state.activity) == "law: Reading files: 1 of 2"
    assert not open_collections(law=None).is_ready


# What is written on the command line


@pytest.fixture
def place(tmp_path):
    for name in ("articles", "cases", "cases/old"):
        (tmp_path / name).mkdir()
    (tmp_path / "same").symlink_to(tmp_path / "articles")
    return tmp_path


def test_folders_by_name(place):
    given = [f"press={place / 'articles'}", f"case-law={place / 'cases'}"]
    found = folders_of(given, place / "index")
    assert found == {"press": place / "articles", "case-law": place / "cases"}
    with_sign = folders_of(["a=b=c"], place / "index")
    assert str(with_sign["a"]) == "b=c"


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (["press"], "press is not a collection"),
        (["press="], "press= is not a collection"),
        (["=articles"], " is not a name"),
        (["Press=articles"], "Press is not a name"),
        (["a_b=articles"], "a_b is not a name"),
        (["../a=articles"], "../a is not a name"),
        (["-a=articles"], "-a is not a name"),
        ([f"{'a' * 65}=articles"], "is not a name"),
        (["press=articles", "press=cases"], "there are two collections named press"),
        (["press=articles", "law=articles"], "press and law are the same folder"),
        (["press=articles", "law=same"], "press and law are the same folder"),
        (["law=cases", "old=cases/old"], "the folder of old is inside that of law"),
        (["old=cases/old", "law=cases"], "the folder of old is inside that of law"),
        (["all=."], "the indexes would be among the documents of all"),
    ],
)
def test_folders_that_are_refused(place, monkeypatch, given, problem):
    monkeypatch.chdir(place)
    with pytest.raises(QAError) as refused:
        folders_of(given, place / "index")
    assert problem in refused.value.problem
    assert refused.value.remedy


@pytest.fixture
def users(tmp_path):
    known = Users(tmp_path / "users.sqlite")
    for name in ("ada", "ben"):
        known.add(name, PASSWORD)
    return known


def test_readers_by_collection(users):
    found = readers_of(["law=ada, Ben", "board=ada", "board=ben"], ["law", "board", "a"], users)
    assert found == {"law": {"ada", "ben"}, "board": {"ada", "ben"}}
    assert readers_of([], ["law"], None) == {}


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("law=eva", "there is no user eva"),
        ("law=ada,eva", "there is no user eva"),
        ("board=ada", "there is no collection board"),
        ("law", "law allows nobody"),
        ("law=,", "law=, allows nobody"),
        ("law=a b", "a user's name has letters"),
    ],
)
def test_readers_that_are_refused(users, given, problem):
    with pytest.raises(AccessError) as refused:
        readers_of([given], ["law"], users)
    assert refused.value.problem.startswith(problem)
    assert refused.value.remedy


def test_readers_without_a_login_are_refused():
    with pytest.raises(AccessError, match="there are no users"):
        readers_of(["law=ada"], ["law"], None)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["articles", "--collection", "press=articles"], "a folder is given beside collections"),
        (["articles", "--allow", "press=ada"], "there are no users"),
        (["--collection", "press=articles", "--allow", "press=ada"], "there are no users"),
        (["--collection", "press=missing"], "there is no folder missing"),
    ],
)
def test_the_command_says_what_is_wrong(place, monkeypatch, capsys, options, problem):
    monkeypatch.chdir(place)
    assert main(["serve", "--port", "0", *options]) == 2
    assert problem in capsys.readouterr().err


def test_the_command_serves_collections(place, monkeypatch):
    monkeypatch.chdir(place)
    users = Users.beside(place / "index")
    users.add("ada", PASSWORD)
    asked = {}
    monkeypatch.setattr(
        "qa.web.serve", lambda *given, **options: asked.update(given=given, **options)
    )
    given = ["--collection", "press=articles", "--collection", "law=cases", "--allow", "law=ada"]
    assert main(["serve", *given]) == 0
    folders, index = asked["given"]
    assert {name: str(folder) for name, folder in folders.items()} == {
        "press": "articles",
        "law": "cases",
    }
    assert str(index) == "index"
    assert asked["readers"] == {"law": {"ada"}}

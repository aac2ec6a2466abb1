import json
import threading
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from qa import QA
from qa.answers.logistic import Logistic
from qa.answers.selection import ORDERING_FEATURES, Selection
from qa.answers.serialize import prediction_to_dict
from qa.answers.verdict import judge
from qa.errors import EmptyCorpus, IndexNotFound, QuestionError
from qa.retrieval.question import MAX_WORDS

LIBRARY = """The library of Kassel

The library was founded by Landgrave William IV in 1580. Its reading room was rebuilt
after the war by the architect Paul Bode. The oldest book in the library is a copy of the
Hildebrandslied, written around the year 830.
"""
BRIDGE = """The bridge at Remagen

The Ludendorff Bridge at Remagen was built by Russian prisoners of war between 1916 and 1919.
American troops captured it on 7 March 1945. It collapsed ten days later.
"""


def written(folder, **more):
    folder.mkdir()
    for name, text in {"library": LIBRARY, "bridge": BRIDGE, **more}.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def folder(tmp_path):
    return written(tmp_path / "documents")


@pytest.fixture
def built(folder, tmp_path):
    """An index for a test that changes the documents."""
    return QA.build(folder, tmp_path / "index")


@pytest.fixture(scope="module")
def qa(tmp_path_factory):
    """One index for the tests that only ask."""
    base = tmp_path_factory.mktemp("asked")
    return QA.build(written(base / "documents"), base / "index")


@pytest.fixture(scope="module")
def shared_qa(tmp_path_factory):
    """The same with an odd document."""
    base = tmp_path_factory.mktemp("shared")
    odd = f"word\n\n{'nospaces' * 400}\n\n一\n"
    return QA.build(written(base / "documents", odd=odd), base / "index")


def asked(qa, question):
    prediction = qa.ask(question, threshold=0)
    return prediction.answers[0]


def test_an_answer_is_a_quotation_with_its_place(qa):
    answer = asked(qa, "Who founded the library?")
    assert "William IV" in answer.text
    assert answer.document_id == "library.txt"
    document = qa.document(answer.document_id)
    assert document.text[answer.start : answer.end] == answer.text
    assert answer.source.endswith(f"library.txt:{answer.start}-{answer.end}")


def test_every_answer_to_every_question_is_a_quotation(qa):
    for question in ("Who built it?", "When?", "library", "Paul Bode 1580", "Remagen?", "ten"):
        prediction = qa.ask(question, threshold=0)
        for answer in prediction.answers:
            for place in (answer.place, *answer.also_at):
                text = qa.document(place.document_id).text[place.start : place.end]
                assert text.casefold() == answer.text.casefold()
            assert 0 <= answer.probability <= 1


def test_the_same_question_gives_the_same_bytes(folder, tmp_path):
    results = []
    for name in ("one", "two"):
        qa = QA.build(folder, tmp_path / name)
        for _ in range(2):
            shown = prediction_to_dict(qa.ask("Who rebuilt the reading room?", threshold=0))
            shown.pop("timings_ms")
            results.append(shown)
    assert all(result == results[0] for result in results)


def test_not_found_is_a_result_with_the_nearest_passages(qa):
    prediction = qa.ask("Who founded the library?", threshold=1)
    assert not prediction.found
    assert prediction.answers == ()
    assert prediction.passages


def test_the_verdict_follows_the_thresholds(qa):
    sure = qa.ask("Who founded the library?", threshold=0)
    assert (sure.verdict, sure.found, sure.candidates) == ("answer", True, ())
    unsure = qa.ask("Who founded the library?", threshold=1)
    assert (unsure.verdict, unsure.found, unsure.answers) == ("possible", False, ())
    assert unsure.candidates == sure.answers
    limits = {"threshold": 0.5, "possible": 0.2}
    for probability, verdict in ((0.5, "answer"), (0.2, "possible"), (0.1, "not found")):
        answers = tuple(replace(each, probability=probability) for each in sure.answers)
        judged = judge(replace(sure, answers=answers), **limits)
        assert judged.verdict == verdict
        assert (bool(judged.answers), bool(judged.candidates)) == (
            verdict == "answer",
            verdict == "possible",
        )
    assert judge(replace(sure, answers=()), threshold=0, possible=0).verdict == "not found"


def test_a_threshold_of_zero_always_answers(qa):
    assert qa.ask("What is the capital of Peru?", threshold=0).found


def test_a_deleted_or_changed_file_is_never_quoted(built, folder):
    (folder / "library.txt").unlink()
    prediction = built.ask("Who founded the library?", threshold=0)
    assert prediction.outdated == ("library.txt",)
    assert all(hit.passage.document_id == "bridge.txt" for hit in prediction.passages)
    (folder / "bridge.txt").write_text(BRIDGE.replace("ten days", "two weeks"), encoding="utf-8")
    prediction = built.ask("When did it collapse?", threshold=0)
    assert prediction.outdated == ("bridge.txt", "library.txt")
    assert prediction.answers == ()
    assert not prediction.found


def test_a_search_leaves_changed_files_out_and_says_so(built, folder):
    assert built.search("Who founded the library?").outdated == ()
    (folder / "library.txt").unlink()
    found = built.search("Who founded the library?")
    assert found.outdated == ("library.txt",)
    assert {hit.passage.document_id for hit in found.passages} == {"bridge.txt"}


def test_the_threshold_cannot_be_changed_under_another_thread(qa):
    with pytest.raises(AttributeError):
        qa.threshold = 0.5
    strict = qa.with_threshold(1.0)
    assert (strict.threshold, strict.ask("Who founded the library?").found) == (1.0, False)
    assert qa.threshold < 1.0
    assert qa.ask("Who founded the library?").found


def test_an_answer_says_what_is_known_about_its_document(folder, tmp_path):
    html = (
        "<html lang='en'><head><title>The tower</title><meta name='author' content='Ida Falk'>"
        "<meta property='article:published_time' content='2024-05-01'></head><body><article>"
        "<p>The old tower of the town was sold to Ada Blum in the spring of 1999, and she had "
        "it painted white from the bottom to the top.</p></article></body></html>"
    )
    (folder / "tower.html").write_text(html, encoding="utf-8")
    answer = asked(QA.build(folder, tmp_path / "index"), "Who was the tower sold to?")
    assert answer.text == "Ada Blum"
    place = answer.place
    assert (place.title, place.author, place.date) == ("The tower", "Ida Falk", "2024-05-01")
    assert place.language == "en"


@pytest.mark.usefixtures("built")
def test_incremental_equals_full(folder, tmp_path):
    (folder / "library.txt").unlink()
    (folder / "bridge.txt").write_text(BRIDGE.replace("ten days", "two weeks"), encoding="utf-8")
    (folder / "new.md").write_text("# Tower\n\nThe tower was sold to Ada Blum in 1999.\n")
    incremental = QA.build(folder, tmp_path / "index")
    full = QA.build(folder, tmp_path / "fresh")
    for question in ("Who bought the tower?", "When did it collapse?", "Who founded the library?"):
        one, other = incremental.ask(question, threshold=0), full.ask(question, threshold=0)
        assert one == other  # timings are not compared


@pytest.mark.parametrize("question", ["", "  \n", "?!", "…"])
def test_an_empty_question_is_refused(qa, question):
    with pytest.raises(QuestionError, match="empty"):
        qa.ask(question)
    with pytest.raises(QuestionError, match="empty"):
        qa.search(question)


def test_an_endless_question_is_refused_and_a_long_one_is_not(qa):
    with pytest.raises(QuestionError, match="10,000 words"):
        qa.ask("word " * 10_000)
    qa.ask("library " * MAX_WORDS)


@pytest.mark.parametrize(
    "question",
    ["AND OR NOT", 'title:"x"^2 (', "\\ a", "IN [a TO b]", "x" * 5000, "\x00 a", "誰が?", "é̂‍🏽 a"],
)
def test_odd_questions_are_answered_or_not_found(qa, question):
    qa.ask(question)


@given(
    st.one_of(
        st.text(max_size=80),
        st.characters(codec=None).map(str),
        st.lists(st.sampled_from("who built the bridge 誰 мост γέφυρα \ud800 %s".split())).map(
            " ".join
        ),
    )
)
@example("x")
@example("who \ud800")
@example("wort " * MAX_WORDS)
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_question_is_answered_refused_or_not_found(shared_qa, question):
    try:
        prediction = shared_qa.ask(question, threshold=0)
    except QuestionError:
        assert not any(map(str.isalnum, question)) or len(question.split()) > MAX_WORDS
        return
    json.dumps(prediction_to_dict(prediction), ensure_ascii=False).encode()
    for answer in prediction.answers:
        text = shared_qa.document(answer.document_id).text
        assert text[answer.start : answer.end] == answer.text


def test_politeness_is_not_asked(shared_qa):
    polite = "Hello, I hope you can help me: who founded the library? Thank you very much."
    assert shared_qa.ask(polite).resolved_question == "who founded the library?"
    plain = shared_qa.ask("who founded the library?", threshold=0)
    assert shared_qa.ask(polite, threshold=0).answers == plain.answers


def test_threads_get_what_one_thread_gets(qa):
    questions = ["Who founded the library?", "Who built the bridge?", "When was it captured?"]
    expected = {question: qa.ask(question, threshold=0) for question in questions}
    wrong = []

    def work():
        for question in questions:
            if qa.ask(question, threshold=0) != expected[question]:
                wrong.append(question)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_damaged_index_is_built_again(folder, tmp_path):
    index = tmp_path / "index"
    QA.build(folder, index)
    (vectors,) = index.glob("g-*/vectors/*.faiss")
    vectors.write_bytes(vectors.read_bytes()[:-1])
    assert asked(QA.build(folder, index), "Who founded the library?").text


def test_no_index_and_no_documents_say_what_to_do(tmp_path):
    with pytest.raises(IndexNotFound, match="qa build"):
        QA.open(tmp_path / "absent")
    (tmp_path / "empty").mkdir()
    with pytest.raises(EmptyCorpus):
        QA.build(tmp_path / "empty", tmp_path / "index")


def test_answers_come_in_the_order_of_the_ranking(shared_qa, monkeypatch):
    question = "Who opened the library, and who built the bridge?"
    answering = shared_qa._answering
    # The margin alone would order them otherwise.
    by_margin = Logistic({"margin": 1.0}, 0.0)

    def answers(weight_of_gap):
        selection = Selection(dict.fromkeys(ORDERING_FEATURES, 0.0) | {"gap": weight_of_gap})
        calibration = replace(answering.calibration, selection=selection, answer=by_margin)
        monkeypatch.setattr(shared_qa, "_answering", replace(answering, calibration=calibration))
        found = shared_qa.ask(question, threshold=0, max_answers=5, quick=True).answers
        probabilities = [answer.probability for answer in found]
        assert probabilities == sorted(probabilities, reverse=True)
        return [answer.passage for answer in found]

    nearest = [hit.passage for hit in shared_qa.search(question).passages]
    far_apart = [nearest.index(passage) for passage in answers(1e6)]
    assert far_apart == sorted(far_apart)
    backwards = [nearest.index(passage) for passage in answers(-1e6)]
    assert backwards == sorted(backwards, reverse=True)
    assert far_apart[0] < backwards[0]


@pytest.mark.parametrize("number", [0, -1])
def test_numbers_below_one_are_refused(shared_qa, number):
    question = "Who opened the library?"
    for ask in (
        lambda: shared_qa.ask(question, max_answers=number),
        lambda: shared_qa.ask(question, top_k=number),
        lambda: shared_qa.search(question, top_k=number),
    ):
        with pytest.raises(QuestionError, match=f"is {number}: give a number from 1 on"):
            ask()

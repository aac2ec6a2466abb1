"""What happens on a question and on a click."""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import gradio as gr
from gradio.context import LocalContext
from markupsafe import escape
from starlette.types import Scope

from qa.access import Visitor, turn_of, visitor_of
from qa.answers.serialize import prediction_to_dict
from qa.api.problems import for_visitors
from qa.collections import Holdings, OpenIndex, Served
from qa.errors import Busy, FeedbackError, QAError, QuestionError, StoredIndexError
from qa.feedback import Vote
from qa.text import counted, sentence, without_places, without_surrogates
from qa.types import Prediction
from qa.web.conversation_file import TYPES, conversation_file
from qa.web.links import home_of, place_of
from qa.web.opening import Opening
from qa.web.render import conversation_html, evidence_html, library_html, strictness_html
from qa.web.views import VISIT, Turn, View, latest
from qa.web.wording import said

Turns = tuple[Turn, ...]
# The share of unanswerable questions that get no answer; None before the visitor moves the slider.
Strict = float | None

MAX_TOP_K = 50
TALK = "talk"
WRITE_FIRST = "Write a question first"
MAX_ONLY = 1_000
# While a conversation is opened, it is shown after so many questions. Gradio keeps all that it
# sends until somebody has heard it: the conversation a hundred times, each time longer.
SHOWN_AFTER = (0, 1, 4, 16, 64)


class Handlers:
    """The page's event handlers over what is served; they store nothing about a visitor.

    ``for_owner``: visitors are at this machine, so they can follow the remedy of any error.
    """

    def __init__(self, served: Served, *, for_owner: bool) -> None:
        self._served = served
        self._for_owner = for_owner

    @property
    def _corpus(self) -> Holdings:
        """What the visitor whose event is handled may read."""
        return self._served.seen_by(_visitor())

    def on_load(self) -> tuple[str, str, str]:
        """Return the conversation, evidence and strictness of a fresh page."""
        now = self._corpus.now
        strictness = strictness_html(now.qa.strict_for(now.qa.threshold))
        return (
            self._talk(now, (), View()),
            self._library(now),
            strictness,
        )

    def on_question(
        self, question: str | None, turns: Turns, strict: Strict, only: object = None
    ) -> Iterator[tuple[Turns, Any, Any, Any]]:
        """Yield the turns, the conversation, the evidence and the emptied question box.

        ``only`` is JSON of the patterns of the documents that are asked, none for all.
        """
        asked = Turn(without_surrogates(question or ""), only=patterns(only))
        yield from self._answer(asked, turns, strict)

    def on_button(
        self, turns: Turns, strict: Strict, only: object, event: gr.EventData
    ) -> Iterator[tuple[Turns, Any, Any, Any]]:
        """Do the same for a button: an example, or a question of a turn that is asked once more.

        The documents that such a turn asked come with the event.
        """
        asked = Turn(
            without_surrogates(_said(event, "question")),
            best_guess=getattr(event, "guess", False) is True,
            only=patterns(_said(event, "only") or only),
        )
        yield from self._answer(asked, turns, strict)

    def on_open(
        self, _turns: Turns, strict: Strict, event: gr.EventData
    ) -> Iterator[tuple[Turns, Any, Any]]:
        """Ask the questions of another conversation anew, and show its place.

        Documents may have changed since: nothing of an answer is kept in the browser.
        """
        yield from self._open(Opening.of(event), strict)

    def on_export(self, turns: Turns, strict: Strict, event: gr.EventData) -> Any:
        """Return the conversation as a file, its type, name and text in Base64 after a number."""
        now = self._corpus.now
        form = wanted if (wanted := _said(event, "format")) in TYPES else "json"
        text = conversation_file(
            _seen(now, turns, strict),
            form,
            document=now.qa.document,
            collections=now.library.collections,
            home=home_of(_said(event, "home")),
        )
        file = json.dumps({"type": TYPES[form], "name": f"answers.{form}", "text": text})
        # The number makes the value another one when the same file is wanted again.
        return f"{secrets.token_hex(4)} {b64encode(file.encode()).decode()}"

    def on_strict(self, turns: Turns, strict: Strict, sent: Any) -> tuple[Strict, Any, Any]:
        """Return the strictness, and the conversation and evidence where it changes them.

        What is sent is a share as text: Gradio would fail at a number that is none.
        """
        now, wanted = self._corpus.now, _share(sent)
        if wanted is None:
            return strict, gr.skip(), gr.skip()
        before, after = _seen(now, turns, strict), _seen(now, turns, wanted)
        if before == after:
            return wanted, gr.skip(), gr.skip()
        view = View.of_latest(after)
        return wanted, self._talk(now, after, view), self._evidence(now, after, view)

    def on_view(self, turns: Turns, strict: Strict, event: gr.EventData) -> tuple[str, Any]:
        """Return the conversation and the evidence with another view current.

        The view "talk" is the conversation alone, as it is after a build.
        """
        wanted = _said(event, "view")
        now = self._corpus.now
        turns = _seen(now, turns, strict)
        if wanted == TALK:
            return self._talk(now, turns, View()), gr.skip()
        view = View.at(wanted)
        return self._talk(now, turns, view), self._evidence(now, turns, view)

    def on_vote(self, turns: Turns, strict: Strict, event: gr.EventData) -> tuple[Any, Any]:
        """Store a vote, or withdraw it; an invalid one is ignored.

        The page shows the pressed thumb at once. Where it could not be stored, the conversation
        and the evidence are drawn again without it, and say so.
        """
        turns = _seen(self._corpus.now, turns, strict)
        try:
            self._read_vote(turns, event)
        except FeedbackError as error:
            problem = f"Your vote was not saved: {error.problem}"
            lost = escape(self._message(FeedbackError(problem, error.remedy)))
            now, view = self._corpus.now, View.at(_said(event, "view"))
            changed = f"<!-- {secrets.token_hex(4)} -->"  # equal HTML would not be drawn again
            alert = f'<p class="lost trouble" role="alert">{lost}</p>'
            talk = f"{self._talk(now, turns, view)}{alert}{changed}"
            # Evidence without a current view shows no thumbs.
            return talk, f"{self._evidence(now, turns, view)}{changed}" if _said(
                event, "view"
            ) else gr.skip()
        return gr.skip(), gr.skip()

    def ask(
        self,
        question: str,
        top_k: int = 10,
        max_answers: int = 3,
        threshold: float | None = None,
    ) -> dict[str, Any]:
        """Answer a question in the documents' own words.

        Returns the same JSON as `qa ask --json`; offsets are code points of the
        document's text, end exclusive.
        """
        if not isinstance(question, str):
            raise gr.Error("question must be text", print_exception=False)
        if not (isinstance(top_k, int) and 1 <= top_k <= MAX_TOP_K):
            raise gr.Error(f"top_k must be 1 to {MAX_TOP_K}", print_exception=False)
        if not (isinstance(max_answers, int) and max_answers >= 1):
            raise gr.Error("max_answers must be 1 or more", print_exception=False)
        if not (threshold is None or (isinstance(threshold, int | float) and 0 <= threshold <= 1)):
            raise gr.Error("threshold must be 0 to 1, or null", print_exception=False)
        try:
            qa = self._corpus.now.qa
            prediction = self._asked(
                lambda: qa.ask(question, top_k=top_k, max_answers=max_answers, threshold=threshold)
            )
        except QAError as error:
            raise gr.Error(self._message(error), print_exception=False) from error
        return prediction_to_dict(prediction)

    def _open(self, wanted: Opening, strict: Strict) -> Iterator[tuple[Turns, Any, Any]]:
        if wanted.left_out:
            gr.Warning(
                "This conversation is too long: it is shown without its first"
                f" {counted(wanted.left_out, 'question')}."
            )
        now = self._corpus.now
        turns: Turns = ()
        for asked in wanted.turns:
            shown = _seen(now, turns, strict)
            if len(turns) in SHOWN_AFTER:
                yield turns, self._talk(now, (*shown, asked.shortened), View()), gr.skip()
            turns = (*turns, self._answered(now, asked, shown))
        seen = _seen(now, turns, strict)
        view = _placed(now, wanted).view(seen)
        yield turns, self._talk(now, seen, view), self._evidence(now, seen, view)

    def _answer(
        self, asked: Turn, turns: Turns, strict: Strict
    ) -> Iterator[tuple[Turns, Any, Any, Any]]:
        if not asked.question.strip():
            # Said in the box, where the visitor looks.
            yield turns, gr.skip(), gr.skip(), gr.Textbox("", placeholder=WRITE_FIRST)
            return
        now = self._corpus.now
        shown = _seen(now, turns, strict)
        yield turns, self._talk(now, (*shown, asked.shortened), View()), gr.skip(), ""
        turn = self._answered(now, asked, shown)
        turns = latest((*turns, turn))
        seen = _seen(now, turns, strict)
        view = View.of_latest(seen)
        # Also after one that was refused: what is shown beside it would be taken for its evidence.
        # In the box is what was typed meanwhile.
        yield turns, self._talk(now, seen, view), self._evidence(now, seen, view), gr.skip()

    def _answered(self, now: OpenIndex, asked: Turn, shown: Turns) -> Turn:
        if not now.library.entries:
            return replace(asked.shortened, trouble=self._without_documents())
        history = [turn.prediction for turn in shown if turn.prediction is not None]
        try:
            prediction = self._asked(
                lambda: now.qa.ask(asked.question, threshold=0.0, history=history, only=asked.only)
            )
        except QAError as error:
            return replace(asked.shortened, trouble=self._message(error))
        # A vote is on the answers too: they may be others when the question is asked again.
        places = [(answer.place, answer.also_at) for answer in prediction.answers]
        digest = hashlib.sha256(repr(places).encode("utf-8", "surrogatepass")).hexdigest()[:16]
        visit = asked.key or secrets.token_hex(VISIT // 2)
        return replace(asked, prediction=prediction, key=visit + digest)

    def _without_documents(self) -> str:
        if self._corpus.live.state.activity is not None:
            return "The documents are still being read. Ask again when they are."
        return "There are no documents to ask yet."

    def _asked(self, ask: Callable[[], Prediction]) -> Prediction:
        """Ask when it is the visitor's turn; raises Busy if too many wait."""
        scope = _scope()
        return self._served.pool.run(ask, turn_of(scope) if scope else "")

    def _read_vote(self, turns: Turns, event: gr.EventData) -> None:
        match _said(event, "vote").split("/"):
            case [turn, item, "up" | "down" | "none" as verdict] if all(
                number.isascii() and number.isdigit() and len(number) < 7 for number in (turn, item)
            ):
                self._vote(turns, int(turn), int(item), verdict)

    def _vote(self, turns: Turns, number: int, item: int, verdict: str) -> None:
        turn = turns[number] if number < len(turns) else None
        if turn is None or turn.prediction is None:
            return
        vote_id, is_good = turn.vote_id(item), verdict == "up"
        prediction = turn.prediction
        if item < len(turn.answers):
            answer = turn.answers[item]
            vote = Vote(
                vote_id,
                turn.question,
                is_good,
                answer.text,
                answer.document_id,
                answer.start,
                answer.end,
            )
        elif item == 0 and prediction.verdict == "not found":
            vote = Vote(vote_id, turn.question, is_good)
        else:
            return
        feedback = self._corpus.feedback_on(turn.only)
        if verdict == "none":
            feedback.withdraw(vote_id)
        else:
            feedback.add(vote)

    def _votes(self, turns: Turns) -> dict[str, bool]:
        """Return the votes given on these turns; none where they cannot be read."""
        ids = [
            turn.vote_id(item)
            for turn in turns
            if turn.prediction is not None
            for item in range(max(len(turn.answers), 1))
        ]
        try:
            return self._corpus.feedback_on().given(ids)
        except FeedbackError:  # reported on voting; answers are shown all the same
            return {}

    def _message(self, error: QAError) -> str:
        """Return what is wrong, and how to fix it where the reader of the page can.

        Any visitor can ask another question. Commands and files are for the owner, who
        alone reaches a page served on loopback.
        """
        if self._for_owner:
            return said(error)
        can_mend = isinstance(error, QuestionError | Busy)
        if can_mend:
            return said(for_visitors(error))
        return sentence(without_places(error.problem, self._corpus.places))

    def _talk(self, now: OpenIndex, turns: Turns, current: View) -> str:
        known = {entry.document.id for entry in now.library.entries}
        return conversation_html(
            turns,
            current,
            document_ids=known,
            is_gone=lambda document_id: document_id not in known,
            examples=now.examples,
            title=now.title,
            section=now.section,
            headings=now.headings,
            cells=now.cells,
            votes=self._votes(turns),
            collections=now.library.collections,
            is_outdated=now.qa.is_outdated,
            can_mend=self._may_edit(),
            for_owner=self._for_owner,
        )

    def _may_edit(self) -> bool:
        # Without a request, a test or a program calls: what the corpus allows is allowed.
        return _scope() is None or _visitor().may_edit

    def _library(self, now: OpenIndex) -> str:
        is_building = self._corpus.live.state.activity is not None
        files = self._corpus.files if self._may_edit() else None
        return library_html(
            now.library, files=files, building=is_building, for_owner=self._for_owner
        )

    def _evidence(self, now: OpenIndex, turns: Turns, view: View) -> str:
        try:
            return evidence_html(
                turns,
                view,
                document=now.qa.document,
                is_outdated=now.qa.is_outdated,
                is_drawable=self._corpus.pages.is_drawable,
                windows=now.windows.of,
                votes=self._votes(turns[view.turn :][:1]),
                for_owner=self._for_owner,
            )
        except KeyError:  # the list of documents, or something that no longer exists
            return self._library(now)
        except StoredIndexError as error:  # of a store that does not answer
            raise gr.Error(self._message(error), print_exception=False) from error


def _said(event: gr.EventData, name: str) -> str:
    """Return a value that a browser sent; empty where it is no text."""
    value = getattr(event, name, "")
    return value if isinstance(value, str) else ""


def _share(sent: object) -> float | None:
    try:
        share = float(sent) if isinstance(sent, str | int | float) else -1.0
    except (ValueError, OverflowError):
        return None
    return share if 0 <= share <= 1 else None


def _scope() -> Scope | None:
    """Return the scope of the request whose event is handled; None without one."""
    request = LocalContext.request.get(None)
    return request.request.scope if request and request.request else None


def _visitor() -> Visitor:
    scope = _scope()
    return Visitor() if scope is None else visitor_of(scope)


def patterns(only: object) -> tuple[str, ...]:
    """Return the patterns in the JSON that the page sends; none where it is not valid."""
    try:
        found = json.loads(only) if isinstance(only, str) else []
    except ValueError:
        return ()
    is_valid = isinstance(found, list) and all(isinstance(each, str) and each for each in found)
    return tuple(found[:MAX_ONLY]) if is_valid else ()


def _placed(now: OpenIndex, wanted: Opening) -> Opening:
    """Return what is to be opened, at the place where the document has the words of the link."""
    if not wanted.words or not wanted.document_id:
        return wanted
    try:
        document = now.qa.document(wanted.document_id)
    except (KeyError, StoredIndexError):  # said where it is shown
        return wanted
    windows = now.windows.of(document)
    start, end = place_of(document, windows, wanted.words, wanted.start, wanted.end)
    return replace(wanted, start=start, end=end)


def _seen(now: OpenIndex, turns: Turns, strict: Strict) -> Turns:
    """Return the turns as shown at a strictness."""
    threshold = now.qa.threshold if strict is None else now.qa.threshold_for(strict)
    return tuple(turn.at(threshold, now.qa.possible) for turn in turns)

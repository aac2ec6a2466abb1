"""What the interface returns, and takes back as history: the JSON of `qa ask --json`, typed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Offset = Annotated[int, Field(ge=0, le=10**11)]
Verdict = Literal["answer", "possible", "not found"]
ID = (
    "The document's id: its path below the folder. Where several collections are served, it begins "
    "with the collection's name."
)
COLLECTION = "The collection that it is in; left out where one folder is served."


class Model(BaseModel):
    """A JSON object: no value of another type is converted, and no unknown field is taken."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Word(Model):
    """A word that was read by OCR."""

    word: str = Field(description="The word as it was read.")
    confidence: Share = Field(description="How certain the recognition is.")


class Place(Model):
    """Where in a document words stand: `text` is the document's text from `start` to `end`."""

    text: str = Field(description="The document's own words, character by character.")
    document: str = Field(description=ID)
    collection: str = Field("", description=COLLECTION)
    sha256: str = Field("", description="Hash of the file's bytes when it was indexed.")
    start: Offset = Field(description="First character, in code points of the document's text.")
    end: Offset = Field(description="Character after the last one.")
    page: int | None = Field(None, description="Page from 1; null where a format has no pages.")
    title: str = Field("", description="The document's title; empty if unknown.")
    date: str = Field("", description="The document's date, ISO 8601; empty if unknown.")
    author: str = Field("", description="The document's author; empty if unknown.")
    language: str = Field("", description="ISO 639-1 code; empty if unknown.")
    ocr: list[Word] = Field([], description="Words that OCR read; empty for a file with text.")


class Passage(Model):
    """A part of a document that was read."""

    text: str = Field(description="The document's own words, character by character.")
    start: Offset = Field(description="First character, in code points of the document's text.")
    end: Offset = Field(description="Character after the last one.")
    heading: str = Field("", description="Title and headings above it, joined with ` › `.")


class Answer(Place):
    """A quotation that answers, with its place."""

    probability: Share = Field(
        description="How likely it is right. Calibrated: of the answers with 0.8, four in five "
        "were right on questions held out for measuring."
    )
    passage: Passage | None = Field(None, description="The passage that it was found in.")
    also_at: list[Place] = Field([], description="Other places that say the same.")


class Hit(Passage):
    """A passage that was retrieved, with its scores."""

    document: str = Field(description=ID)
    collection: str = Field("", description=COLLECTION)
    score: float = Field(description="Fused score of both searches; higher is nearer.")
    similarity: float = Field(description="Cosine of its meaning to the question's, -1 to 1.")
    dense_rank: int | None = Field(description="Rank by meaning from 1; null if not among them.")
    lexical_rank: int | None = Field(description="Rank by words from 1; null if not among them.")


class Disagreement(Model):
    """Answers of documents that contradict each other."""

    relation: Literal["replaces", "same title", ""] = Field(
        "",
        description="`replaces`: the first document says that it replaces or amends another. "
        "`same title`: they have one title and other dates.",
    )
    answers: list[Answer] = Field(description="One of each document, the newest first.")


class Answered(Model):
    """What the documents say to a question. Not found is a result, never an error.

    It may be sent back as it is, as an item of `history`; of that only `question` is needed.
    """

    version: str = Field("", description="The version of Verbatim that answered.")
    question: str = Field(description="The question as it was sent.")
    resolved_question: str = Field(
        "", description="The question as it was asked of the documents: a follow-up stands alone."
    )
    talked_of: str = Field(
        "",
        description="The document that was looked at first, as a follow-up goes on about it; "
        "empty if none was.",
    )
    verdict: Verdict = Field(
        "not found",
        description="`answer`: the answers are certain enough. `possible`: none is, but the "
        "candidates are worth a look. `not found`: the documents do not say.",
    )
    found: bool = Field(False, description="Whether the verdict is `answer`.")
    answers: list[Answer] = Field([], description="Quotations, best first; only for `answer`.")
    candidates: list[Answer] = Field([], description="The same for `possible`.")
    disagreement: Disagreement | None = Field(
        None, description="Documents that contradict the best answer; null if none does."
    )
    passages: list[Hit] = Field([], description="The passages nearest to the question.")
    passages_read: int = Field(0, description="How many of them were read.")
    outdated: list[str] = Field(
        [], description="Documents left out because they changed or vanished since the build."
    )
    timings_ms: dict[str, float] = Field({}, description="Milliseconds of each stage, and total.")


class Searched(Model):
    """The passages nearest to a question, nearest first, unread."""

    version: str = Field(description="The version of Verbatim that searched.")
    question: str = Field(description="The question as it was sent.")
    resolved_question: str = Field(description="The question as it was searched for.")
    passages: list[Hit] = Field(description="Nearest first.")
    outdated: list[str] = Field(
        description="Documents left out because they changed or vanished since the build."
    )


class Problem(BaseModel):
    """What went wrong and what helps, as problem details of RFC 9457."""

    type: str = Field(description="`urn:verbatim:` and the error's name, or `about:blank`.")
    title: str = Field(description="What this type of problem is.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="Problem and remedy in one line.")
    problem: str = Field(description="What is wrong.")
    remedy: str = Field(description="What helps; empty where nothing is known to.")
    retry_after_s: int | None = Field(None, description="When to ask again, if that helps.")

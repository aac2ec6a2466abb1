"""What the interface is sent."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Discriminator, Field, Tag, model_validator

from qa.api.answers import Answered, Model, Offset, Share
from qa.retrieval.patterns import MAX_WILD
from qa.retrieval.question import MAX_CHARACTERS

MAX_TOP_K = 50
MAX_PATTERNS = 1_000
MAX_PATTERN = 1_000
MAX_HISTORY = 100
MAX_QUOTATIONS = 1_000
MAX_QUOTED = 100_000
MAX_LISTED = 1_000

MAX_COLLECTIONS = 100

Pattern = Annotated[str, Field(min_length=1, max_length=MAX_PATTERN)]
Name = Annotated[str, Field(min_length=1, max_length=64)]
Date = Annotated[str, Field(max_length=10)]


class Chosen(Model):
    """The collections that are meant, where a server has several."""

    collection: Name | list[Name] = Field(
        [],
        max_length=MAX_COLLECTIONS,
        description="Only these collections, where several are served; all that the caller may "
        "read if it is left out.",
        examples=["press", ["press", "law"]],
    )


class Filtered(Chosen):
    """A question, and the documents that it is asked of."""

    question: str = Field(
        max_length=MAX_CHARACTERS,
        description="What you want to know, in your own words.",
        examples=["Who received the car?"],
    )
    top_k: int = Field(
        10, ge=1, le=MAX_TOP_K, description="How many of the nearest passages are looked at."
    )
    only: Pattern | list[Pattern] = Field(
        [],
        max_length=MAX_PATTERNS,
        description="Ask only documents whose path matches one of these shell patterns; `*` "
        f"crosses folders. At most {MAX_WILD} with `*`, `?` or `[`.",
        examples=[["2024/*", "letters.zip/*"]],
    )
    since: Date = Field(
        "", description="Ask only documents of this date or later.", examples=["2024-02"]
    )
    until: Date = Field(
        "", description="Ask only documents up to this date, inclusive.", examples=["2024"]
    )
    language: str = Field(
        "",
        max_length=2,
        description="Ask only documents in this language, an ISO 639-1 code.",
        examples=["en"],
    )


class Search(Filtered):
    """A search for passages, without an answer."""


class Ask(Filtered):
    """A question, how strictly it is answered, and what was asked before."""

    max_answers: int = Field(3, ge=1, le=MAX_TOP_K, description="How many answers at most.")
    threshold: Share | None = Field(
        None, description="The lowest probability shown as an answer; null for the server's."
    )
    strict: Share | None = Field(
        None,
        description="The same as a share: at 0.95 one in twenty questions that the documents do "
        "not answer gets an answer. Excludes `threshold`.",
    )
    history: list[Answered] = Field(
        [],
        max_length=MAX_HISTORY,
        description="What was answered before, oldest first, as it was received. A follow-up such "
        "as `and when?` is then asked as the question that it means.",
    )
    quick: bool = Field(False, description="Leave out the second look at the best answers.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.threshold is not None and self.strict is not None:
            raise ValueError("threshold and strict exclude each other")
        return self


class Quotation(Model):
    """Words that a document is said to contain.

    Without `start` and `end` they are looked for in the whole document, without `sha256` it may
    have changed since it was quoted.
    """

    document: str = Field(max_length=10_000, description="The document's id.")
    text: str = Field(max_length=MAX_QUOTED, description="The words, character by character.")
    start: Offset | None = Field(None, description="First character; null if it is not known.")
    end: Offset | None = Field(None, description="Character after the last one.")
    sha256: str = Field("", max_length=64, description="Hash of the file that was quoted.")

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.start is None) != (self.end is None):
            raise ValueError("start and end belong together")
        return self


class Quotations(Model):
    """Quotations to check."""

    quotations: list[Quotation] = Field(
        max_length=MAX_QUOTATIONS, description="Checked one by one, in this order."
    )


class Conversation(Model):
    """A conversation as the page exports it."""

    version: str = Field("", description="The version of Verbatim that answered.")
    conversation: list[Answered] = Field(max_length=MAX_HISTORY, description="Its answers.")


def _kind(given: Any) -> str:
    """Return which of the models of :data:`Quoted` an object is meant to be."""
    named = given if isinstance(given, dict) else {}
    return next((key for key in ("quotations", "conversation") if key in named), "answers")


Quoted = Annotated[
    Annotated[Quotations, Tag("quotations")]
    | Annotated[Conversation, Tag("conversation")]
    | Annotated[Answered, Tag("answers")],
    Discriminator(_kind),
]


# Values of a query are text, so numbers are converted.


class ChosenQuery(Model, strict=False):
    """The collections that are meant, where a server has several."""

    collection: list[Name] = Field(
        [],
        max_length=MAX_COLLECTIONS,
        description="Only these collections, where several are served; all that the caller may "
        "read if it is left out.",
    )


class DocumentsQuery(ChosenQuery):
    """Which documents are listed."""

    only: list[Pattern] = Field([], max_length=100, description="Patterns of paths, as in `ask`.")
    since: Date = Field("", description="Of this date or later.")
    until: Date = Field("", description="Up to this date, inclusive.")
    language: str = Field("", max_length=2, description="ISO 639-1 code.")
    after: str = Field("", max_length=10_000, description="`next` of the page before.")
    limit: int = Field(100, ge=1, le=MAX_LISTED, description="How many at most.")


class DocumentQuery(Model, strict=False):
    """Which part of a document's text is returned, 200,000 characters at most."""

    start: int = Field(0, ge=0, le=10**11, description="First character, in code points.")
    end: int | None = Field(None, ge=0, le=10**11, description="Character after the last one.")

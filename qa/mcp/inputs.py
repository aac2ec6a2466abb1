"""What an assistant may ask for; their descriptions are all that it knows of the tools."""

from __future__ import annotations

import json
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

MAX_QUESTION = 2_000
MAX_QUOTATION = 20_000
MAX_PATTERNS = 100
MAX_NAME = 1_000
MAX_ANSWERS = 10
MAX_PASSAGES = 20
MAX_LISTED = 200
MAX_CHARACTERS = 20_000
_MAX_OFFSET = 10**11


def _listed(value: Any) -> Any:
    """Return a list for one pattern, and for a list that was sent as a string of JSON."""
    if not isinstance(value, str):
        return value
    if value.startswith("["):
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            pass
        else:
            return found
    return [value] if value else []


_Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
_Date = Annotated[str, Field(max_length=10)]
_Question = Annotated[str, Field(min_length=1, max_length=MAX_QUESTION)]


class Input(BaseModel):
    """The arguments of a tool; one that is not known is refused, not overlooked."""

    model_config = ConfigDict(extra="forbid")


class Filtered(Input):
    """A question, and the documents that it is asked of."""

    question: _Question
    only: Annotated[
        list[_Name],
        BeforeValidator(_listed, json_schema_input_type=list[_Name]),
        Field(
            max_length=MAX_PATTERNS,
            description="Ask only documents whose path matches one of these shell patterns, as "
            "in 2024/* or letters.zip/*. All documents if it is empty.",
        ),
    ] = []
    since: Annotated[
        _Date,
        Field(description="Ask only documents of this date or later: 2024-02-20, 2024-02 or 2024."),
    ] = ""
    until: Annotated[_Date, Field(description="Ask only documents up to this date.")] = ""
    language: Annotated[
        str,
        Field(max_length=2, description="Ask only documents in this language: en, de (ISO 639-1)."),
    ] = ""


class Ask(Filtered):
    """A question to the documents."""

    question: Annotated[
        _Question,
        Field(
            description="One question that can be understood by itself, in English: with names "
            "in place of pronouns, without instructions."
        ),
    ]
    max_answers: Annotated[int, Field(ge=1, le=MAX_ANSWERS, description="Answers at most.")] = 3
    strict: Annotated[
        float | None,
        Field(
            ge=0,
            le=1,
            allow_inf_nan=False,
            description="Share of the questions that the documents do not answer to refuse: 0.95 "
            "gives fewer and surer answers. Leave it out for the usual.",
        ),
    ] = None


class Search(Filtered):
    """Words whose nearest passages are wanted."""

    question: Annotated[_Question, Field(description="A question, or the words of a topic.")]
    limit: Annotated[int, Field(ge=1, le=MAX_PASSAGES, description="Passages at most.")] = 5


class OpenDocument(Input):
    """A part of a document."""

    document: Annotated[_Name, Field(description="Its path, as the other tools return it.")]
    start: Annotated[
        int,
        Field(ge=0, le=_MAX_OFFSET, description="First character, from 0; see next_start."),
    ] = 0
    page: Annotated[
        int | None,
        Field(ge=1, le=10**6, description="Begin at this page, from 1, in place of start."),
    ] = None
    length: Annotated[
        int, Field(ge=1, le=MAX_CHARACTERS, description="Characters to return at most.")
    ] = 4_000

    @model_validator(mode="after")
    def _one_beginning(self) -> Self:
        if self.page is not None and self.start:
            raise ValueError("start and page exclude each other")
        return self


class ListDocuments(Input):
    """A part of the list of documents."""

    search: Annotated[
        str,
        Field(
            max_length=MAX_NAME,
            description="Only documents with each of these words in title, path or author.",
        ),
    ] = ""
    start: Annotated[
        int, Field(ge=0, le=_MAX_OFFSET, description="How many to leave out; see next_start.")
    ] = 0
    limit: Annotated[int, Field(ge=1, le=MAX_LISTED, description="Documents at most.")] = 50


class VerifyQuote(Input):
    """A quotation to compare with the documents."""

    quotation: Annotated[
        str,
        Field(
            min_length=1,
            max_length=MAX_QUOTATION,
            description="The words, letter by letter, without quotation marks around them.",
        ),
    ]
    document: Annotated[
        str,
        Field(
            max_length=MAX_NAME,
            description="The path of the document that is said to have them. If it is left out, "
            "only documents with passages near to these words are looked at.",
        ),
    ] = ""
    start: Annotated[
        int | None,
        Field(
            ge=0,
            le=_MAX_OFFSET,
            description="Where in the document they are said to begin; anywhere if left out.",
        ),
    ] = None
    sha256: Annotated[
        str, Field(max_length=64, description="The hash that was returned with the quotation.")
    ] = ""

    @model_validator(mode="after")
    def _place_in_a_document(self) -> Self:
        if not self.document and (self.start is not None or self.sha256):
            raise ValueError("start and sha256 need a document")
        return self

"""What the interface returns of the index: documents, quotations that were checked, state."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from qa.api.answers import Model, Share

Checked = Literal["valid", "document changed", "gone", "cannot be read", "not a quotation"]
Version = Annotated[str, Field(description="The version of Verbatim that answered.")]
Generation = Annotated[
    str, Field(description="The generation of the index; it is new after each build.")
]
OrEmpty = Annotated[str, Field(description="Empty if unknown.")]
LanguageCode = Annotated[str, Field(description="ISO 639-1 code; empty if unknown.")]
Sha256 = Annotated[str, Field(description="Hash of the file's bytes when it was indexed.")]


class Listed(Model):
    """A document of the index."""

    id: str = Field(description="Its path below the folder, by which it is opened.")
    title: OrEmpty
    date: str = Field(description="ISO 8601; empty if unknown.")
    author: OrEmpty
    language: LanguageCode
    sha256: Sha256
    characters: int = Field(description="Length of its text, in code points.")
    passages: int = Field(description="How many passages it was split into.")
    copy_of: str = Field(description="The document with the same bytes, if it is a copy of one.")
    inside: str = Field(description="The file that it is in, such as an archive; else empty.")


class Listing(Model):
    """A part of the list of documents, in the order of ids."""

    version: Version
    generation: Generation
    total: int = Field(description="How many documents match, on all pages of the list.")
    documents: list[Listed] = Field(description="These are on this page.")
    next: str | None = Field(description="Send it as `after` for the next page; null on the last.")


class Opened(Model):
    """A document's text, or a part of it, exactly as quotations are cut from it."""

    version: Version
    generation: Generation
    id: str = Field(description="Its path below the folder.")
    title: OrEmpty
    date: str = Field(description="ISO 8601; empty if unknown.")
    author: OrEmpty
    language: LanguageCode
    sha256: Sha256
    characters: int = Field(description="Length of the whole text, in code points.")
    pages: list[int] = Field(description="Where pages begin; empty where a format has none.")
    notes: list[str] = Field(description="What of the file is not in its text.")
    outdated: bool = Field(description="Whether the file changed or vanished since the build.")
    start: int = Field(description="First character of `text`, in code points.")
    end: int = Field(description="Character after its last one.")
    text: str = Field(description="The document's own words between both.")


class Skipped(Model):
    """A file that could not be indexed."""

    path: str = Field(description="Its path below the folder.")
    reason: str = Field(description="Why it cannot be read.")


class Served(Model):
    """One of several collections."""

    name: str = Field(description="Its name, with which the ids of its documents begin.")
    generation: Generation
    documents: int = Field(description="How many documents are indexed.")


class Info(Model):
    """What is served."""

    version: Version
    generation: Generation
    documents: int = Field(description="How many documents are indexed.")
    passages: int = Field(description="How many passages they have.")
    skipped: list[Skipped] = Field(description="Files that could not be indexed; 1,000 at most.")
    threshold: Share = Field(description="The lowest probability shown as an answer.")
    possible: Share = Field(description="The lowest probability shown as a possible answer.")
    collections: list[Served] = Field(
        [], description="Those that the caller may read; left out where one folder is served."
    )


class CheckedQuotation(Model):
    """A quotation, and whether it is one."""

    document: str = Field(description="The document's id.")
    start: int | None = Field(description="Where it was found, or said to be.")
    end: int | None = Field(description="Character after the last one.")
    text: str = Field(description="The words that were checked.")
    verdict: Annotated[
        Checked,
        Field(
            description="`valid`: the unchanged document has these words there. `document "
            "changed`: the file is another one by now. `gone`: there is no such document. `not a "
            "quotation`: the words are not there."
        ),
    ]


class Verified(Model):
    """Quotations that were checked, in the order in which they were sent."""

    version: Version
    generation: Generation
    valid: bool = Field(description="Whether all are valid.")
    places: list[CheckedQuotation] = Field(description="One for each place of each quotation.")


class Health(Model):
    """Whether the server lives, and whether it can answer."""

    version: Version
    live: bool = Field(description="True: it answers requests.")
    ready: bool = Field(description="Whether questions are answered: the index is open.")
    running: int = Field(description="Questions being answered now.")
    waiting: int = Field(description="Questions that wait.")

"""The tools, each a function from what is asked for to what is found; none changes anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from qa.asking import Askable
from qa.mcp.inputs import Ask, Input, ListDocuments, OpenDocument, Search, VerifyQuote
from qa.mcp.outputs import Asked, FoundPassage, Listed, Listing, Opened, Searched, Verified
from qa.mcp.places import about, fields_of, quotation_of
from qa.mcp.source import Source, ToolError
from qa.mcp.verifying import verified
from qa.text import counted, printable
from qa.types import Document, Prediction

NOTHING = "There are no documents to ask yet."
NOT_FOUND = "Not found: no answer was found in these documents. Do not answer from them."
POSSIBLE = (
    "Not certain: no answer is certain enough. The candidates may answer; say that they may not."
)


def ask(source: Source, asked: Ask) -> Asked:
    """Answer a question."""
    qa = source.qa()
    prediction = qa.ask(
        asked.question,
        max_answers=asked.max_answers,
        threshold=None if asked.strict is None else qa.threshold_for(asked.strict),
        only=asked.only,
        since=asked.since,
        until=asked.until,
        language=asked.language,
    )
    return Asked(
        verdict=prediction.verdict,
        message=_said(qa, prediction),
        answers=[quotation_of(qa, answer) for answer in prediction.answers],
        candidates=[quotation_of(qa, answer) for answer in prediction.candidates],
        left_out=list(prediction.outdated),
        status=source.status(),
    )


def search(source: Source, wanted: Search) -> Searched:
    """Find the nearest passages."""
    qa = source.qa()
    found = qa.search(
        wanted.question,
        top_k=wanted.limit,
        only=wanted.only,
        since=wanted.since,
        until=wanted.until,
        language=wanted.language,
    )
    passages = []
    for hit in found.passages:
        passage = hit.passage
        place = fields_of(qa.document(passage.document_id), passage.start, passage.end)
        passages.append(
            FoundPassage(**place, quotation=passage.text, similarity=round(hit.similarity, 4))
        )
    near = f"The nearest {counted(len(passages), 'passage')}; none was judged to answer."
    return Searched(
        message=near if passages else _nothing(qa, "Nothing was found."),
        passages=passages,
        left_out=list(found.outdated),
        status=source.status(),
    )


def open_document(source: Source, wanted: OpenDocument) -> Opened:
    """Return a part of a document's text."""
    qa = source.qa()
    document = _document(qa, wanted.document)
    start, length = _start(document, wanted), len(document.text)
    if start > length:
        raise ToolError(
            f"the text has {length:,} characters, so none at {start:,}", "begin further ahead"
        )
    end = min(start + wanted.length, length)
    return Opened(
        **about(document),
        message=f"Characters {start:,} to {end:,} of {length:,}.",
        start=start,
        end=end,
        characters=length,
        page=document.page_at(start),
        pages=len(document.pages),
        quotation=document.text[start:end],
        next_start=end if end < length else None,
        notes=list(document.notes),
    )


def list_documents(source: Source, wanted: ListDocuments) -> Listing:
    """Return a part of the list of documents."""
    qa = source.qa()
    words = wanted.search.casefold().split()
    hashes = {file.path: file.sha256 for file in qa.manifest.documents}
    matching = [
        each
        for each in qa.documents()
        if all(word in f"{each.title} {each.id} {each.author}".casefold() for word in words)
    ]
    total, end = len(matching), wanted.start + wanted.limit
    shown = matching[wanted.start : end]
    return Listing(
        message=f"{counted(len(shown), 'document')} of {total:,}." if total else _nothing(qa),
        total=total,
        documents=[
            Listed(
                document=each.id,
                sha256=hashes[each.id],
                title=each.title,
                date=each.date,
                author=each.author,
                language=each.language,
                characters=each.characters,
            )
            for each in shown
        ],
        next_start=end if end < total else None,
        unread=len(qa.manifest.skipped),
        status=source.status(),
    )


def verify_quote(source: Source, claimed: VerifyQuote) -> Verified:
    """Compare a quotation with the documents."""
    return verified(source.qa(), claimed, status=source.status())


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool as it is offered: its name, what it is for, and its types.

    ``is_read`` is whether it only looks something up, and so need not wait for questions.
    """

    name: str
    title: str
    description: str
    takes: type[Input]
    gives: type[BaseModel]
    call: Callable[[Source, Any], BaseModel]
    is_read: bool = False


TOOLS = (
    Tool(
        "ask",
        "Ask the documents",
        "Answer a question from the user's documents by quoting them. It returns exact quotations "
        "with document, offsets, page or section and a calibrated probability, or says that no "
        "answer was found. Quote them exactly and name the document; if the verdict is not found, "
        "say so. It finds statements; it does not summarise, count or compare.",
        Ask,
        Asked,
        ask,
    ),
    Tool(
        "search",
        "Search the documents",
        "Find the passages nearest to a question or topic, without judging whether they answer. "
        "Use it to look around, or after ask has found nothing.",
        Search,
        Searched,
        search,
    ),
    Tool(
        "open_document",
        "Read a document",
        "Read a part of a document's text, as it was extracted from the file: from a character or "
        "a page on.",
        OpenDocument,
        Opened,
        open_document,
        is_read=True,
    ),
    Tool(
        "list_documents",
        "List the documents",
        "List the documents that can be asked, with title, date, author and language.",
        ListDocuments,
        Listing,
        list_documents,
        is_read=True,
    ),
    Tool(
        "verify_quote",
        "Check a quotation",
        "Check whether words stand letter by letter in a document as its file is now. Use it "
        "before you quote anything that did not come from ask in this conversation.",
        VerifyQuote,
        Verified,
        verify_quote,
    ),
)


def _said(qa: Askable, prediction: Prediction) -> str:
    if prediction.verdict == "answer":
        return f"Found: {counted(len(prediction.answers), 'quotation')}."
    return POSSIBLE if prediction.verdict == "possible" else _nothing(qa, NOT_FOUND)


def _nothing(qa: Askable, otherwise: str = "No document matches.") -> str:
    return otherwise if qa.manifest.documents else NOTHING


def _document(qa: Askable, document_id: str) -> Document:
    """Return a document whose file is still the one that was read; raise ToolError for others."""
    try:
        document = qa.document(document_id)
    except KeyError:
        raise ToolError(
            f"there is no document {printable(document_id)}", "use list_documents for their paths"
        ) from None
    if qa.is_outdated(document_id):
        raise ToolError(
            f"the file of {printable(document_id)} has changed since it was read",
            "try again when the index is up to date",
        )
    return document


def _start(document: Document, wanted: OpenDocument) -> int:
    if wanted.page is None:
        return wanted.start
    if wanted.page > len(document.pages):
        raise ToolError(
            f"the document has {counted(len(document.pages), 'page')}",
            "name one of them, or a start in characters",
        )
    return document.pages[wanted.page - 1]

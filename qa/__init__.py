"""Verbatim answers questions about a folder of documents in the documents' own words."""

from qa.offline import go_offline

go_offline()

from qa.api.client import Client  # noqa: E402
from qa.errors import QAError  # noqa: E402
from qa.pipeline import QA  # noqa: E402
from qa.types import Answer, Document, Hit, Passage, Place, Prediction, SearchResult  # noqa: E402

__all__ = [
    "QA",
    "Answer",
    "Client",
    "Document",
    "Hit",
    "Passage",
    "Place",
    "Prediction",
    "QAError",
    "SearchResult",
]

"""Verbatim answers questions about a folder of documents in the documents' own words."""

from importlib import import_module
from typing import TYPE_CHECKING

from qa.offline import go_offline

go_offline()

if TYPE_CHECKING:
    from qa.api.client import Client
    from qa.errors import QAError
    from qa.pipeline import QA
    from qa.types import Answer, Document, Hit, Passage, Place, Prediction, SearchResult

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
_MODULES = {"QA": "qa.pipeline", "Client": "qa.api.client", "QAError": "qa.errors"}


def __getattr__(name: str) -> object:
    """Import a public name when it is used: the processes that read files need none of them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_MODULES.get(name, "qa.types")), name)
    globals()[name] = value
    return value

"""Collections: folders that one server serves, each with its own index, feedback and readers."""

from qa.collections.corpus import Corpus
from qa.collections.federation import Federation
from qa.collections.holdings import Holdings, Served
from qa.collections.open_index import Entry, Library, OpenIndex
from qa.collections.options import folders_of, readers_of
from qa.collections.served import Collection, Collections, served_of

__all__ = [
    "Collection",
    "Collections",
    "Corpus",
    "Entry",
    "Federation",
    "Holdings",
    "Library",
    "OpenIndex",
    "Served",
    "folders_of",
    "readers_of",
    "served_of",
]

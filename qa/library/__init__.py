"""A folder of documents that is kept indexed while questions are asked."""

from qa.library.examples import example_questions
from qa.library.files import Files, Incoming, Removed
from qa.library.following import Following
from qa.library.heap import give_back
from qa.library.live import Listener, Live, State, open_library
from qa.library.progress import Activity

__all__ = [
    "Activity",
    "Files",
    "Following",
    "Incoming",
    "Listener",
    "Live",
    "Removed",
    "State",
    "example_questions",
    "give_back",
    "open_library",
]

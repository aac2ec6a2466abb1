"""A folder of documents that is kept indexed while questions are asked."""

from qa.library.live import Listener, Live, State, open_library
from qa.library.progress import Activity

__all__ = ["Activity", "Listener", "Live", "State", "open_library"]

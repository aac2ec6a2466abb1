"""What is looked at of a document: its pages, its text in parts, and what is searched in it."""

from qa.viewer.boxes import boxes_of
from qa.viewer.lines import Group
from qa.viewer.marks import Mark, marks_of, written_marks
from qa.viewer.pages import PageViewer
from qa.viewer.search import Found, find
from qa.viewer.structure import groups_of
from qa.viewer.windows import Window, Windows, window_at, windows_of

__all__ = [
    "Found",
    "Group",
    "Mark",
    "PageViewer",
    "Window",
    "Windows",
    "boxes_of",
    "find",
    "groups_of",
    "marks_of",
    "window_at",
    "windows_of",
    "written_marks",
]

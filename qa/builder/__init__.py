"""Build a stored index from a folder of documents; only what changed is processed."""

from qa.builder.background import BackgroundBuild
from qa.builder.build import READING, WRITING, build, is_stale
from qa.builder.corpus import check_folder, stamp_of
from qa.builder.embedding import ENCODING, Progress, encoded_text
from qa.builder.explanation import Explanation, explain
from qa.builder.members import load_document, locate
from qa.builder.report import BuildReport, FileReport
from qa.builder.watch import changes, watch
from qa.builder.workers import Workers

__all__ = [
    "ENCODING",
    "READING",
    "WRITING",
    "BackgroundBuild",
    "BuildReport",
    "Explanation",
    "FileReport",
    "Progress",
    "Workers",
    "build",
    "changes",
    "check_folder",
    "encoded_text",
    "explain",
    "is_stale",
    "load_document",
    "locate",
    "stamp_of",
    "watch",
]

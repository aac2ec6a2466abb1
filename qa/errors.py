"""The errors Verbatim raises on purpose.

::

    QAError
    ├─ QuestionError                  an empty question
    ├─ CorpusError                    the folder of documents
    │  ├─ EmptyCorpus
    │  └─ UnreadableDocument
    │     └─ ReadingStopped
    ├─ StoredIndexError               what is on disk
    │  ├─ IndexNotFound
    │  ├─ IndexCorrupt
    │  ├─ IndexMismatch
    │  └─ IndexLocked
    ├─ ModelError                     weights and tokenizers
    │  ├─ ModelNotFound
    │  └─ ModelCorrupt
    ├─ DatasetError                   labelled questions
    ├─ FeedbackError                  what visitors said of the answers
    └─ AnswerFileError                answers given earlier

Each has a problem and a remedy, one line each. The command line prints both and catches
:class:`QAError` alone: anything else is a defect of Verbatim itself.
"""

from __future__ import annotations


class QAError(Exception):
    """Base of every error a user can fix.

    ``problem`` says what is wrong, ``remedy`` what to do about it, empty where nothing can be
    done; neither ends in a full stop.
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(problem, remedy)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem}: {self.remedy}" if self.remedy else self.problem


class QuestionError(QAError):
    """The question cannot be asked."""


class CorpusError(QAError):
    """The folder of documents cannot be indexed."""


class EmptyCorpus(CorpusError):
    """No readable document stands in the folder."""


class UnreadableDocument(CorpusError):
    """One file cannot be read; the message says why."""


class ReadingStopped(UnreadableDocument):
    """Reading one file took too long or too much, and would again."""


class StoredIndexError(QAError):
    """The stored index cannot be used."""


class IndexNotFound(StoredIndexError):
    """There is no index at the path."""


class IndexCorrupt(StoredIndexError):
    """A stored file is missing or is not what was written."""


class IndexMismatch(StoredIndexError):
    """The index was built by another format version or another encoder."""


class IndexLocked(StoredIndexError):
    """Another build is writing the index."""


class ModelError(QAError):
    """A model cannot be loaded."""


class ModelNotFound(ModelError):
    """The model's files are absent."""


class ModelCorrupt(ModelError):
    """The model's files are not those that were published."""


class DatasetError(QAError):
    """A file of labelled questions cannot be read."""


class FeedbackError(QAError):
    """The feedback cannot be read or kept."""


class AnswerFileError(QAError):
    """A file of exported answers cannot be read."""

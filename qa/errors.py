"""The errors that Verbatim raises on purpose.

::

    QAError
    ├─ QuestionError                  a question, or its filters, that cannot be asked
    │  └─ NoCollection
    ├─ CorpusError                    the folder of documents
    │  ├─ EmptyCorpus
    │  └─ UnreadableDocument
    │     └─ ReadingStopped
    ├─ StoredIndexError               the index on disk
    │  ├─ IndexNotFound
    │  ├─ IndexCorrupt
    │  ├─ IndexMismatch
    │  ├─ IndexLocked
    │  └─ StoreUnreachable            a server that keeps the index
    ├─ ModelError                     weights and tokenizers
    │  ├─ ModelNotFound
    │  └─ ModelCorrupt
    ├─ DatasetError                   labelled questions
    ├─ LibraryError                   files that are uploaded, removed or renamed
    ├─ FeedbackError                  votes on answers
    ├─ AccessError                    users, their roles, and where the page may be served
    ├─ AnswerFileError                answers exported earlier
    ├─ ExtraMissing                   libraries of an extra that is not installed
    └─ ServiceError                   a server of Verbatim that is asked over HTTP
       ├─ InvalidRequest
       └─ Busy

The command line prints problem and remedy and catches :class:`QAError` alone: anything else is
a defect of Verbatim itself.
"""

from __future__ import annotations

# When to come back to a server that is busy, where nothing better is known; seconds.
AGAIN_S = 2


class QAError(Exception):
    """Base of every error that a user can fix.

    ``problem`` says what is wrong. ``remedy`` is an instruction that fixes it, empty where none
    is known. Both are one line without a full stop at the end.
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(problem, remedy)  # both, or the error could not be unpickled
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem}: {self.remedy}" if self.remedy else self.problem


class QuestionError(QAError):
    """The question cannot be asked."""


class NoCollection(QuestionError):
    """There is no such collection."""


class CorpusError(QAError):
    """The folder of documents cannot be indexed."""


class EmptyCorpus(CorpusError):
    """The folder contains no readable document.

    ``skipped`` are the paths of its files, each with the reason why it cannot be read.
    """

    def __init__(
        self, problem: str, remedy: str = "", *, skipped: tuple[tuple[str, str], ...] = ()
    ) -> None:
        super().__init__(problem, remedy)
        self.skipped = skipped


class UnreadableDocument(CorpusError):
    """A file cannot be read."""


class ReadingStopped(UnreadableDocument):
    """Reading a file exceeded a limit of time or memory, and would do so again."""


class StoredIndexError(QAError):
    """The stored index cannot be used."""


class IndexNotFound(StoredIndexError):
    """There is no index at the path."""


class IndexCorrupt(StoredIndexError):
    """A stored file is missing or differs from what was written."""


class IndexMismatch(StoredIndexError):
    """The index was built by another format version or another encoder."""


class StoreUnreachable(StoredIndexError):
    """The server that keeps the index does not answer, or refuses."""


class IndexLocked(StoredIndexError):
    """Another build is writing the index."""


class ModelError(QAError):
    """A model cannot be loaded."""


class ModelNotFound(ModelError):
    """The model's files are missing."""


class ModelCorrupt(ModelError):
    """The model's files differ from the published ones, or are not a usable model."""


class DatasetError(QAError):
    """A file of labelled questions cannot be read or used."""


class LibraryError(QAError):
    """A file of the served folder cannot be stored, removed or renamed.

    ``status`` is the one of HTTP. ``for_visitors`` is the remedy for those who do not own the
    folder, where it is another one for them.
    """

    def __init__(
        self, problem: str, remedy: str = "", *, status: int = 409, for_visitors: str | None = None
    ) -> None:
        super().__init__(problem, remedy)
        self.status = status
        self.for_visitors = remedy if for_visitors is None else for_visitors


class FeedbackError(QAError):
    """The feedback cannot be read or stored."""


class AccessError(QAError):
    """Who may reach the page cannot be read, changed or left open."""


class AnswerFileError(QAError):
    """A file of exported answers cannot be read."""


class ServiceError(QAError):
    """A server cannot be asked, or refuses to answer."""


class InvalidRequest(ServiceError):
    """The request is not one that the server takes."""


class Busy(ServiceError):
    """The server is busy for a moment; ask again in ``retry_after_s``, as it says by default."""

    def __init__(self, problem: str, remedy: str = "", *, retry_after_s: int = AGAIN_S) -> None:
        super().__init__(problem, remedy or f"ask again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


class ExtraMissing(QAError):
    """The libraries of an extra are needed and not installed."""

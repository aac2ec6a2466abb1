"""What a page is over: one folder, or what a visitor may read of several collections."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from qa.access import Visitor
    from qa.api.pool import Pool
    from qa.collections.open_index import OpenIndex
    from qa.feedback import Vote
    from qa.library import Removed, State
    from qa.library.files import Stored
    from qa.types import Document, ScannedLine


class Served(Protocol):
    """What a server serves; ``pool`` is where questions are answered, whoever asks them.

    ``has_collections`` is whether it is several, however many of them a visitor sees.
    """

    pool: Pool
    has_collections: bool

    @property
    def is_ready(self) -> bool:
        """Whether questions are answered."""

    def seen_by(self, visitor: Visitor) -> Holdings:
        """Return what a visitor may read; nothing of the rest can be told from it."""


class Holdings(Protocol):
    """Documents with their open index, and what else belongs to them.

    A request reads ``now`` once. ``files`` is None where visitors may not change the documents.
    ``places`` are folders of the server, whose paths are no visitor's business.
    """

    @property
    def now(self) -> OpenIndex:
        """The index that answers now."""

    @property
    def files(self) -> Changing | None:
        """Changes the documents' files."""

    @property
    def live(self) -> Building:
        """Keeps the index up to date."""

    def building(self, collection: str) -> Building:
        """Return what keeps one collection up to date; raises NoCollection for any other name."""

    @property
    def pages(self) -> Drawing:
        """Draws pages of the documents."""

    @property
    def places(self) -> Sequence[Path]:
        """The folders of documents and indexes."""

    def feedback_on(self, only: Sequence[str] = ()) -> Voting:
        """Return where votes are kept on answers from documents that match these patterns."""


class Changing(Protocol):
    """Changes files, as :class:`~qa.library.Files` does."""

    def receive(self, name: str, size: int | None = ...) -> Arriving:
        """Begin an upload."""

    def remove(self, path: str) -> Removed:
        """Put a file or a folder where it is not read, and can be put back from."""

    def replace(self, earlier: str, path: str) -> Removed:
        """Give a file the path of an earlier one, which is removed."""

    def restore(self, token: str) -> Stored:
        """Put back what was removed."""

    def forget(self, token: str) -> None:
        """Delete for good what was removed."""

    def removed(self) -> list[Removed]:
        """Return what was removed and can be put back, the latest first."""

    def rename(self, path: str, name: str) -> Stored:
        """Give a file or a folder another path."""


class Arriving(Protocol):
    """An upload in progress, as :class:`~qa.library.Incoming` is."""

    def write(self, data: bytes) -> None:
        """Append some bytes."""

    def keep(self) -> Stored:
        """Store the file under its name."""

    def abort(self) -> None:
        """Remove what was received and not kept."""


class Building(Protocol):
    """Builds in the background, as :class:`~qa.library.Live` does."""

    @property
    def state(self) -> State:
        """What is going on."""

    def request(self) -> None:
        """Bring the index up to date soon."""


class Drawing(Protocol):
    """Draws pages, as :class:`~qa.viewer.PageViewer` does."""

    def is_drawable(self, document: Document) -> bool:
        """Return whether a document has pages that can be drawn."""

    def picture(self, document: Document, page: int, *, large: bool = ...) -> bytes:
        """Return the picture of a page, as JPEG."""

    def places(self, document: Document, page: int) -> tuple[ScannedLine, ...]:
        """Return where the words of a page are."""


class Voting(Protocol):
    """Keeps votes, as :class:`~qa.feedback.FeedbackStore` does."""

    def add(self, vote: Vote) -> None:
        """Store a vote."""

    def withdraw(self, vote_id: str) -> None:
        """Delete a vote, if there is one with this id."""

    def given(self, vote_ids: Collection[str]) -> dict[str, bool]:
        """Return whether each of these votes is good; ids without a vote are left out."""

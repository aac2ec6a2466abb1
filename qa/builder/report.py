"""The report of a build, file by file."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from qa.text import counted, printable


@dataclass(frozen=True, slots=True)
class FileReport:
    """The outcome of one file, or of one inside another.

    A file that only contains others, such as an archive, is ``opened``: so many ``documents``
    in it are indexed, each with a line of its own. ``reason`` says why a file was skipped, with
    the remedy. ``copy_of`` is the file with the same bytes whose passages are stored for both.
    ``sha256`` is empty for a skipped file. ``notes`` say what of a file is not in its text.
    """

    path: str
    status: Literal["indexed", "skipped", "opened"]
    passages: int = 0
    reason: str = ""
    copy_of: str = ""
    sha256: str = ""
    notes: tuple[str, ...] = ()
    documents: int = 0

    def __str__(self) -> str:
        what = self.reason or counted(self.passages, "passage")
        if self.status == "opened":
            what = counted(self.documents, "document")
        elif self.copy_of:
            what = f"the same as {self.copy_of}"
        parts = "; ".join(map(printable, (what, *self.notes)))
        return f"{self.status:7}  {printable(self.path)}: {parts}"


@dataclass(frozen=True, slots=True)
class BuildReport:
    """The outcome of a build; ``changed`` is false if the index was up to date.

    ``encoded`` and ``reused`` add up to the passages of the index. ``gone`` are the files of the
    build before that are not in the folder any more, ``hidden`` counts files and folders that
    are left out because their names begin with a dot.
    """

    folder: str
    files: tuple[FileReport, ...]
    encoded: int
    reused: int
    changed: bool
    seconds: float
    gone: tuple[str, ...] = ()
    hidden: int = 0

    @property
    def documents(self) -> int:
        """How many files were indexed."""
        return sum(file.status == "indexed" for file in self.files)

    @property
    def passages(self) -> int:
        """How many passages the index contains."""
        return self.encoded + self.reused

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        return {**asdict(self), "documents": self.documents, "passages": self.passages}

    def changes(self, before: BuildReport) -> str:
        """Return the lines that differ from an earlier report, and the total."""
        old = {file.path: file for file in before.files}
        new = {file.path for file in self.files}
        lines = [str(file) for file in self.files if old.get(file.path) != file]
        lines += [f"gone     {printable(path)}" for path in old if path not in new]
        return "\n".join([*lines, self.total])

    @property
    def total(self) -> str:
        """The totals, in one line."""
        total = (
            f"{counted(self.documents, 'document')}, {counted(self.passages, 'passage')} "
            f"({self.encoded:,} encoded, {self.reused:,} reused), "
            f"{sum(file.status == 'skipped' for file in self.files):,} skipped, "
            f"{self.seconds:.1f} s"
        )
        if self.hidden:
            total += f"; {counted(self.hidden, 'hidden file')} left out"
        if not self.changed:
            total += "; nothing changed"
        return total

    def __str__(self) -> str:
        gone = [f"gone     {printable(path)}" for path in self.gone]
        return "\n".join([*map(str, self.files), *gone, self.total])

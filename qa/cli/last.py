"""The places of the last answer, kept between two commands for ``qa open``."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qa.errors import QAError

if TYPE_CHECKING:
    from qa.types import Hit, Place, Prediction

MAX_PLACES = 20
FILE = "last-answer.json"


@dataclass(frozen=True, slots=True)
class Remembered:
    """A place in a document of an index; ``page`` is None for a format without pages.

    ``index`` is its absolute path or its address, ``folder`` is absolute. ``sha256`` is empty
    for a passage.
    """

    index: str
    folder: str
    document: str
    start: int
    end: int
    page: int | None
    sha256: str


def remember(index: Path | str, folder: Path, places: list[Place | Hit]) -> None:
    """Keep these places in place of earlier ones; where nothing can be written, do without.

    A string is the address of an index elsewhere. Neither the question nor a word of a document
    is kept.
    """
    address = index if isinstance(index, str) else str(index.resolve())
    kept = [_remembered(address, folder.resolve(), place) for place in places[:MAX_PLACES]]
    with suppress(OSError):
        state_folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        part = state_folder() / f"{FILE}.{os.getpid()}"
        with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            json.dump([asdict(place) for place in kept], file)
        part.replace(state_folder() / FILE)


def recall() -> list[Remembered]:
    """Return the places of the last answer, best first; raise QAError where there are none."""
    try:
        kept = json.loads((state_folder() / FILE).read_text(encoding="utf-8"))
        places = [Remembered(**each) for each in kept]
    except (OSError, ValueError, TypeError):
        places = []
    if not places:
        raise QAError("there is no last answer with a place", 'ask first: `qa ask "…"`')
    return places


def places_of(prediction: Prediction) -> list[Place | Hit]:
    """Return the places of the answers, or of the possible ones, as they are printed."""
    return [answer.place for answer in prediction.answers or prediction.candidates]


def state_folder() -> Path:
    """Return the folder in which programs keep what they remember of this user."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "verbatim-qa"


def _remembered(index: str, folder: Path, found: Place | Hit) -> Remembered:
    from qa.types import Place

    if isinstance(found, Place):
        place = found.document_id, found.start, found.end, found.page, found.sha256
    else:
        passage = found.passage
        place = passage.document_id, passage.start, passage.end, None, ""
    return Remembered(index, str(folder), *place)

"""Exported answers, compared with the files as they are now."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.answers.quotations import Validity
from qa.builder import load_document
from qa.errors import AnswerFileError, UnreadableDocument
from qa.hashing import sha256_of
from qa.sandbox import Sandbox
from qa.text import printable


@dataclass(frozen=True, slots=True)
class CheckedPlace:
    """One place of an exported answer, and whether it is still a quotation.

    ``cannot be read``: the file is unchanged, but reading it fails or takes too long now. ``not
    a quotation``: the words are not at the place. The answer was altered, or written by another
    version of Verbatim.
    """

    document: str
    start: int
    end: int
    text: str
    verdict: Validity

    def __str__(self) -> str:
        place = printable(f"{self.document}:{self.start}-{self.end}")
        return f"{self.verdict:16}  {place}  “{printable(' '.join(self.text.split()))}”"


def check_answers(exported: Path, folder: Path | Mapping[str, Path]) -> list[CheckedPlace]:
    """Compare each answer that `qa ask --json` printed with its file below a folder.

    A conversation that was saved from the page is read too. Where several collections were asked,
    ``folder`` is that of each by its name.

    Every place of an answer is checked, by the file's hash and letter by letter; no index is
    needed. Raises :class:`~qa.errors.AnswerFileError` for any other file.
    """
    try:
        places = list(_places(json.loads(exported.read_bytes())))
    except OSError as error:
        raise AnswerFileError(
            f"{exported} cannot be read ({error.strerror})", "name what `qa ask --json` printed"
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise AnswerFileError(
            f"{exported} contains no answers", f'save one with `qa ask --json "…" > {exported}`'
        ) from error
    with Sandbox() as sandbox:
        return [
            CheckedPlace(
                document,
                start,
                end,
                text,
                _verdict(sandbox, folder, document, sha256, start, end, text),
            )
            for document, sha256, start, end, text in places
        ]


def _places(content: Any) -> Iterator[tuple[str, str, int, int, str]]:
    """Yield document, hash, start, end and words of each place of each answer or candidate."""
    if "conversation" in content:
        for prediction in content["conversation"]:
            yield from _places_of(prediction)
    else:
        yield from _places_of(content)


def _places_of(prediction: Any) -> Iterator[tuple[str, str, int, int, str]]:
    # A file written before there were candidates has none.
    for answer in (*prediction["answers"], *prediction.get("candidates", ())):
        for place in (answer, *answer["also_at"]):
            yield (
                str(place["document"]),
                str(place["sha256"]),
                int(place["start"]),
                int(place["end"]),
                str(place["text"]),
            )


def _verdict(
    sandbox: Sandbox,
    above: Path | Mapping[str, Path],
    document: str,
    sha256: str,
    start: int,
    end: int,
    text: str,
) -> Validity:
    if isinstance(above, Path):
        folder = above
    else:
        collection, _, document = document.partition("/")
        if collection not in above:
            return "gone"
        folder = above[collection]
    path = folder / document
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            return "gone"
        if path.is_file() and sha256_of(path) != sha256:
            return "document changed"
        found = load_document(sandbox.load, folder, document)
    except (OSError, ValueError, RuntimeError):  # an invalid name, or a circular link
        return "gone"
    except UnreadableDocument:
        return "cannot be read"
    if found.sha256 != sha256:
        return "document changed"
    return "valid" if text and found.text[start:end] == text else "not a quotation"

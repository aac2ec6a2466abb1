"""``qa open``: the document of the last answer, at its place, in the user's own program."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click

from qa.cli.last import Remembered, recall
from qa.cli.options import COUNT
from qa.cli.programs import LINES, Program, program_for
from qa.cli.terminal import indented
from qa.errors import QAError
from qa.hashing import sha256_of
from qa.text import counted, printable


@click.command("open")
@click.argument("number", type=COUNT, default=1)
@click.option("--print", "only_print", is_flag=True, help="Say where it is; open nothing.")
def open_last(number: int, only_print: bool) -> int:
    """Open the document of the last answer at its page or line.

    NUMBER is that of an answer, or of a passage after a search, as they were printed. PDF
    viewers and editors that can be told a page or a line are; VISUAL or EDITOR names the editor.
    """
    places = recall()
    if number > len(places):
        raise QAError(f"the last answer has {counted(len(places), 'place')}", "give a lower number")
    place = places[number - 1]
    path, inside, page, line, words = _found(place)
    where = f"{path}:{line}" if line else f"{path}, page {page}" if page else str(path)
    where = printable(f"{where}, in it {inside}" if inside else where)
    print(where)
    print(indented(words))
    if only_print:
        return 0
    program = program_for(path, page, line, os.environ, on_terminal=sys.stdout.isatty())
    if program is None:
        raise QAError(
            f"no program was found here that opens {printable(path.name)}", f"open {where}"
        )
    _run(program)
    return 0


def _found(place: Remembered) -> tuple[Path, str, int | None, int | None, str]:
    """Return file, path within it, page, line and words of a place; QAError if it is not there."""
    from qa.index import build_command, open_index
    from qa.pipeline import QA

    index = Path(place.index)
    ask_again = f"run {build_command(index, place.folder)} and ask again"
    try:
        opened = (
            open_index(index).document if index.is_absolute() else QA.open(place.index).document
        )
        document = opened(place.document)
    except KeyError:
        document = None
    if document is None or place.sha256 not in ("", document.sha256):
        raise QAError(f"{printable(place.document)} was indexed anew since the answer", ask_again)
    folder = Path(place.folder)
    path, inside = _file(folder, place.document)
    if not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
        raise QAError(f"{printable(place.document)} is no longer there", ask_again)
    if not inside and sha256_of(path) != document.sha256:
        raise QAError(f"{printable(place.document)} has changed since the answer", ask_again)
    words = document.text[place.start : place.end]
    line = None
    if not inside and path.suffix.lower() in LINES:
        line = line_of(path.read_text("utf-8", "replace"), words, document.text[: place.start])
    return path, inside, document.page_at(place.start), line, words


def _file(folder: Path, document: str) -> tuple[Path, str]:
    """Return the file on the disk, and the path of the document within it, if it is in one."""
    parts = document.split("/")
    for count in range(len(parts), 0, -1):
        path = folder.joinpath(*parts[:count])
        if path.is_file():
            return path, "/".join(parts[count:])
    return folder / document, ""


def line_of(text: str, words: str, before: str) -> int | None:
    """Return the line, from 1, on which words stand in a file; None if they do not.

    Of several places it is that nearest to where they stand in the extracted text.
    """
    first = words.strip().partition("\n")[0]
    near = before.count("\n") + 1
    lines = [number for number, line in enumerate(text.split("\n"), 1) if first and first in line]
    return min(lines, key=lambda number: (abs(number - near), number), default=None)


def _run(program: Program) -> None:
    """Run a program: one that needs the terminal until it ends, any other beside this one."""
    try:
        if program.in_terminal:
            sys.stdout.flush()
            subprocess.run(program.command)
        else:
            subprocess.Popen(
                program.command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
    except OSError as error:
        raise QAError(
            f"{printable(program.command[0])} cannot be run ({error.strerror})",
            "name another program in EDITOR",
        ) from error

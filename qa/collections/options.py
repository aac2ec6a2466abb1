"""Collections as they are written on a command line: ``NAME=FOLDER``, and ``NAME=USER,USER``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import combinations
from pathlib import Path

from qa.access import Users, checked_name
from qa.errors import AccessError, CorpusError, QAError

NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")


def folders_of(given: Iterable[str], index: Path) -> dict[str, Path]:
    """Return the folder of each collection by its name.

    ``index`` is the folder of their indexes. Raises :class:`~qa.errors.QAError` for a name that is
    none or given twice, and :class:`~qa.errors.CorpusError` for folders that are not apart:
    whoever may read one collection would read documents of another.
    """
    folders: dict[str, Path] = {}
    for each in given:
        name, equals, folder = each.partition("=")
        if not equals or not folder:
            raise QAError(f"{each} is not a collection", "write NAME=FOLDER, as in press=articles")
        if not NAME.fullmatch(name):
            raise QAError(
                f"{name} is not a name of a collection",
                "write lower-case letters, digits and hyphens, as in press or case-law",
            )
        if name in folders:
            raise QAError(f"there are two collections named {name}", "give one another name")
        folders[name] = Path(folder)
    _check_apart(folders)
    for name, place in folders.items():
        if index.resolve().is_relative_to(place.resolve()):
            raise CorpusError(
                f"the indexes would be among the documents of {name}", "name another with --index"
            )
    return folders


def readers_of(
    given: Iterable[str], names: Iterable[str], users: Users | None
) -> dict[str, frozenset[str]]:
    """Return the users who may read each collection that not everybody may.

    Raises :class:`~qa.errors.AccessError` where nobody logs in, and for a collection or a user
    that does not exist.
    """
    known = {user.name for user in users.all()} if users else set()
    readers: Mapping[str, frozenset[str]] = {}
    for each in given:
        if users is None:
            raise AccessError(
                "only users who log in can be allowed a collection, and there are no users",
                "add them with `qa user add NAME`",
            )
        name, equals, listed = each.partition("=")
        wanted = frozenset(checked_name(user) for user in listed.split(",") if user.strip())
        if not equals or not wanted:
            raise AccessError(f"{each} allows nobody", "write NAME=USER,USER, as in law=ada,ben")
        if name not in names:
            raise AccessError(f"there is no collection {name}", "give it with --collection")
        for user in sorted(wanted - known):
            raise AccessError(f"there is no user {user}", f"run `qa user add {user}` first")
        readers = {**readers, name: readers.get(name, frozenset()) | wanted}
    return dict(readers)


def _check_apart(folders: Mapping[str, Path]) -> None:
    real = {name: folder.resolve() for name, folder in folders.items()}
    for one, other in combinations(folders, 2):
        if real[one] == real[other]:
            raise CorpusError(f"{one} and {other} are the same folder", "give each its own")
        for outer, inner in ((one, other), (other, one)):
            if real[inner].is_relative_to(real[outer]):
                raise CorpusError(
                    f"the folder of {inner} is inside that of {outer}", "put them side by side"
                )

"""The collections of one server, and who may read which."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from qa.access import Access, Visitor
from qa.api.pool import Pool
from qa.collections.corpus import Corpus
from qa.collections.federation import Federation
from qa.collections.holdings import Served
from qa.collections.shelf import Opened, Shelf
from qa.pipeline import QA
from qa.types import Prediction


@dataclass(frozen=True, slots=True)
class Collection:
    """A folder that is served beside others, by a name.

    ``readers`` are the names of the users who may read it, None for everybody who is let in.
    """

    name: str
    corpus: Corpus
    readers: frozenset[str] | None = None


class Collections:
    """Several collections; implements ``Served``.

    A visitor sees what they may read and nothing else: for them the others do not exist. With
    ``has_login`` someone without a name may read none. ``networks`` is a pipeline whose networks
    all of them have; ``watchers`` are told of each question that is answered.
    """

    has_collections = True

    def __init__(
        self,
        collections: Sequence[Collection],
        *,
        pool: Pool,
        networks: QA,
        has_login: bool,
        watchers: Sequence[Callable[[Prediction], None]] = (),
    ) -> None:
        self.pool = pool
        self._collections = {each.name: each for each in collections}
        self._has_login = has_login
        self._networks, self._watchers = networks, watchers
        # By the names of what may be read; there are at most as many as users.
        self._shelves: dict[tuple[str, ...], Shelf] = {}

    @property
    def is_ready(self) -> bool:
        """Whether the collections are that everybody may read; of others nothing is told."""
        open_to_all = [each for each in self._collections.values() if each.readers is None]
        return all(each.corpus.is_ready for each in open_to_all)

    def seen_by(self, visitor: Visitor) -> Shelf:
        """Return the collections that a visitor may read."""
        names = tuple(name for name, each in self._collections.items() if self._may(visitor, each))
        if names not in self._shelves:
            corpora = {name: self._collections[name].corpus for name in names}
            self._shelves.setdefault(names, Shelf(corpora, self._federation))
        return self._shelves[names]

    def _may(self, visitor: Visitor, collection: Collection) -> bool:
        if self._has_login and not visitor.name:
            return False
        return collection.readers is None or visitor.name in collection.readers

    def _federation(self, opened: Opened) -> Federation:
        members = {name: each.qa for name, each in opened.items()}
        return Federation(members, networks=self._networks, watchers=self._watchers)


def served_of(
    corpora: Mapping[str, Corpus],
    networks: QA,
    *,
    readers: Mapping[str, frozenset[str]],
    access: Access,
    watchers: Sequence[Callable[[Prediction], None]] = (),
) -> Served:
    """Return what a page is over: the one folder, or several by name."""
    if set(corpora) == {""}:
        return corpora[""]
    return Collections(
        [Collection(name, corpus, readers.get(name)) for name, corpus in corpora.items()],
        pool=next(iter(corpora.values())).pool,
        networks=networks,
        has_login=access.users is not None,
        watchers=watchers,
    )

"""The collections that a visitor may read, as if each were a folder of one library."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice, zip_longest
from pathlib import Path

from qa.asking import no_collection
from qa.collections.corpus import Corpus
from qa.collections.federation import Federation
from qa.collections.holdings import Arriving, Building, Changing
from qa.collections.open_index import Entry, Library, OpenIndex
from qa.collections.patterns import below
from qa.collections.placed import joined, parted, skipped_in, summary_in
from qa.errors import LibraryError, QAError
from qa.feedback import Vote
from qa.library import Removed, State
from qa.library.examples import EXAMPLES
from qa.library.files import Stored
from qa.library.names import rebuilt
from qa.text import listed
from qa.types import Document, ScannedLine

Opened = Mapping[str, OpenIndex]


class Shelf:
    """Some collections by name; implements ``Holdings`` over all of them.

    ``federate`` makes one pipeline of theirs. Nothing of any other collection is known here.
    """

    def __init__(
        self, corpora: Mapping[str, Corpus], federate: Callable[[Opened], Federation]
    ) -> None:
        self._corpora, self._federate = corpora, federate
        self._lock = threading.Lock()
        self._made_of: tuple[OpenIndex, ...] | None = None
        self._now: OpenIndex | None = None
        self.live, self.pages = _Builds(corpora), _Pages(corpora)
        self.places: tuple[Path, ...] = tuple(
            place for corpus in corpora.values() for place in corpus.places
        )

    @property
    def now(self) -> OpenIndex:
        """The indexes that answer now, as one; it is made anew when one of them is."""
        opened = {name: corpus.now for name, corpus in self._corpora.items()}
        made_of = tuple(opened.values())
        with self._lock:
            is_same = self._made_of is not None and all(
                one is other for one, other in zip(made_of, self._made_of, strict=True)
            )
            if self._now is None or not is_same:
                federation = self._federate(opened)
                in_order = {name: opened[name] for name in federation.collections}
                library = _library(in_order)
                self._now = OpenIndex(federation, library, _examples(in_order))
                self._made_of = made_of
            return self._now

    @property
    def files(self) -> Changing | None:
        """The files of all collections; None where none of them may be changed."""
        files = {name: corpus.files for name, corpus in self._corpora.items() if corpus.files}
        return _Files(files) if files else None

    def building(self, collection: str) -> Building:
        """Return what keeps one collection up to date; raises NoCollection for any other name."""
        if collection not in self._corpora:
            raise no_collection(collection)
        return self._corpora[collection].live

    def feedback_on(self, only: Sequence[str] = ()) -> _Votes:
        """Return the stores of the collections in which these patterns match documents."""
        names = [name for name in self._corpora if not only or below(only, name)]
        return _Votes({name: self._corpora[name] for name in names})


class _Builds:
    """What is going on in several libraries."""

    def __init__(self, corpora: Mapping[str, Corpus]) -> None:
        self._corpora = corpora

    @property
    def state(self) -> State:
        """What is going on: the first activity, every note, the first trouble."""
        states = {name: corpus.live.state for name, corpus in self._corpora.items()}
        if len(states) == 1:
            return next(iter(states.values()))
        active = ((name, each.activity) for name, each in states.items() if each.activity)
        failed = ((name, each.trouble) for name, each in states.items() if each.trouble)
        return State(
            activity=next((replace(each, name=name) for name, each in active), None),
            note=" ".join(f"{name}: {each.note}" for name, each in states.items() if each.note),
            trouble=next(
                (QAError(f"{name}: {each.problem}", each.remedy) for name, each in failed),
                None,
            ),
            finished=sum(each.finished for each in states.values()),
        )

    def request(self) -> None:
        """Bring all indexes up to date soon."""
        for corpus in self._corpora.values():
            corpus.live.request()


class _Pages:
    """Draws pages of the documents of several collections."""

    def __init__(self, corpora: Mapping[str, Corpus]) -> None:
        self._corpora = corpora

    def is_drawable(self, document: Document) -> bool:
        """Return whether a document has pages that can be drawn."""
        corpus, local = self._of(document)
        return corpus.pages.is_drawable(local)

    def picture(self, document: Document, page: int, *, large: bool = False) -> bytes:
        """Return the picture of a page."""
        corpus, local = self._of(document)
        return corpus.pages.picture(local, page, large=large)

    def places(self, document: Document, page: int) -> tuple[ScannedLine, ...]:
        """Return where the words of a page are."""
        corpus, local = self._of(document)
        return corpus.pages.places(local, page)

    def _of(self, document: Document) -> tuple[Corpus, Document]:
        name, local = parted(document.id)
        return self._corpora[name], replace(document, id=local)


class _Files:
    """The files of several collections; nothing moves from one into another."""

    def __init__(self, files: Mapping[str, Changing]) -> None:
        self._files = files

    def receive(self, name: str, size: int | None = None) -> Arriving:
        """Begin an upload into the collection that its path begins with."""
        collection, path = parted(rebuilt(name))
        return _Arriving(collection, self._of(collection).receive(path, size))

    def remove(self, path: str) -> Removed:
        """Put a file or a folder where it is not read."""
        collection, local = parted(path)
        return _removed(collection, self._of(collection).remove(local))

    def replace(self, earlier: str, path: str) -> Removed:
        """Give a file the path of an earlier one of its collection, which is removed."""
        (to, former), (collection, local) = parted(earlier), parted(path)
        files = self._of(collection)
        if to != collection:
            raise _elsewhere(path, collection)
        return _removed(collection, files.replace(former, local))

    def restore(self, token: str) -> Stored:
        """Put back what was removed."""
        collection, local = parted(token)
        return _stored(collection, self._of(collection).restore(local))

    def forget(self, token: str) -> None:
        """Delete for good what was removed."""
        collection, local = parted(token)
        self._of(collection).forget(local)

    def removed(self) -> list[Removed]:
        """Return what was removed and can be put back, the latest first."""
        found = [
            _removed(collection, each)
            for collection, files in self._files.items()
            for each in files.removed()
        ]
        return sorted(found, key=lambda each: each.at, reverse=True)

    def rename(self, path: str, name: str) -> Stored:
        """Give a file or a folder another path within its collection."""
        collection, local = parted(path)
        files, (to, wanted) = self._of(collection), parted(rebuilt(name))
        if to != collection:
            raise _elsewhere(path, collection)
        return _stored(collection, files.rename(local, wanted))

    def _of(self, collection: str) -> Changing:
        if collection in self._files:
            return self._files[collection]
        raise LibraryError(
            f"there is no collection {collection}",
            f"begin the file's path with one of {listed([f'{each}/' for each in self._files])}",
            status=404,
        )


class _Arriving:
    """An upload into a collection."""

    def __init__(self, collection: str, incoming: Arriving) -> None:
        self._collection, self._incoming = collection, incoming
        self.write, self.abort = incoming.write, incoming.abort

    def keep(self) -> Stored:
        """Store the file under its name."""
        return _stored(self._collection, self._incoming.keep())


class _Votes:
    """The votes of several collections: each in that of its answer."""

    def __init__(self, corpora: Mapping[str, Corpus]) -> None:
        self._stores = {name: corpus.feedback for name, corpus in corpora.items()}

    def add(self, vote: Vote) -> None:
        """Store a vote; one on "not found" in all collections that were asked."""
        name, local = parted(vote.document)
        for each, store in self._stores.items():
            if each == name or not vote.document:
                store.add(replace(vote, document=local))

    def withdraw(self, vote_id: str) -> None:
        """Delete a vote, if there is one with this id."""
        for store in self._stores.values():
            store.withdraw(vote_id)

    def given(self, vote_ids: Collection[str]) -> dict[str, bool]:
        """Return whether each of these votes is good; ids without a vote are left out."""
        return dict(
            chain.from_iterable(store.given(vote_ids).items() for store in self._stores.values())
        )


def _library(opened: Opened) -> Library:
    entries = tuple(
        Entry(
            summary_in(name, entry.document),
            joined(name, entry.copy_of),
            joined(name, entry.inside),
        )
        for name, each in opened.items()
        for entry in each.library.entries
    )
    return Library(
        folder=listed(list(opened)),
        entries=entries,
        skipped=tuple(
            skipped_in(name, file) for name, each in opened.items() for file in each.library.skipped
        ),
        passages=sum(each.library.passages for each in opened.values()),
        built=max(filter(None, (each.library.built for each in opened.values())), default=None),
        collections=tuple(opened),
    )


def _examples(opened: Opened) -> tuple[str, ...]:
    """Return questions to begin with: of each collection the surest, then the next."""
    in_turn = chain.from_iterable(zip_longest(*(each.examples for each in opened.values())))
    return tuple(islice(dict.fromkeys(filter(None, in_turn)), EXAMPLES))


def _removed(collection: str, removed: Removed) -> Removed:
    return Removed(joined(collection, removed.token), joined(collection, removed.path), removed.at)


def _stored(collection: str, stored: Stored) -> Stored:
    earlier = stored.earlier and joined(collection, stored.earlier)
    return replace(stored, path=joined(collection, stored.path), earlier=earlier)


def _elsewhere(path: str, collection: str) -> LibraryError:
    return LibraryError(
        f"the path {path} cannot be moved into another collection",
        f"begin its new name with {collection}/",
    )

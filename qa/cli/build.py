"""``qa build``, ``qa info`` and ``qa verify``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qa.cli.options import PATH, folder_argument, index_option, json_option, store_option
from qa.cli.terminal import counter, print_error, print_json
from qa.defaults import FOLDER
from qa.errors import IndexNotFound, QAError, StoredIndexError

if TYPE_CHECKING:
    from qa.builder import BuildReport, Workers


@click.command()
@folder_argument
@click.option("--watch", is_flag=True, help="Keep running, and build at each change.")
@click.option(
    "--retry", is_flag=True, help="Retry files that took too long or too much memory before."
)
@click.option(
    "--explain",
    type=PATH,
    metavar="FILE",
    help="Build nothing; show how this file is read, and what is left out of it.",
)
@index_option
@click.option(
    "--store",
    metavar="ADDRESS",
    help="Write the index to Milvus too, from where others ask it: milvus:FILE.db, "
    "http://HOST:19530 or http://HOST:19530/NAME.",
)
@click.option(
    "--ray",
    metavar="ADDRESS",
    help="Read and encode on all machines of the cluster of Ray at HOST:PORT, of which this is "
    "one; auto starts one on this machine.",
)
@json_option("Print the report as JSON.")
def build(
    folder: Path | None,
    watch: bool,
    retry: bool,
    explain: Path | None,
    index: Path,
    store: str | None,
    ray: str | None,
    as_json: bool,
) -> None:
    """Bring the index up to date with a folder of documents."""
    from qa.remote import check_store, workers_of

    if explain is not None:
        from qa import builder
        from qa.networks.encoder import SentenceEncoder

        explanation = builder.explain(explain, SentenceEncoder())
        print_json(explanation.to_dict()) if as_json else print(explanation)
        return
    if store:
        check_store(store, on_anew=_say_anew)
    folder = documents_folder(folder, index)
    if ray:  # which takes its time to start
        from qa.builder import check_folder

        check_folder(folder, index)
    copy = _Copy(index, store)
    with workers_of(ray) as workers:
        reports = _reports(folder, index, watch=watch, retry=retry, workers=workers, copy=copy)
        before: BuildReport | None = None
        told = ""
        for report in reports:
            if isinstance(report, QAError):
                if str(report) != told:  # a store is tried again and again
                    print_error(report)
                told = str(report)
                continue
            told = ""
            if as_json:
                print_json(report.to_dict())
            else:
                print(report.changes(before) if before else report, flush=True)
            if watch and before is None:
                print(f"watching {folder}; Ctrl-C ends it", file=sys.stderr)
            before = report


class _Copy:
    """Copies the index to a store, if there is one; what failed is done at the next call."""

    def __init__(self, index: Path, store: str | None) -> None:
        self._index, self._store = index, store
        self.is_due = False

    def make(self) -> None:
        """Copy the index, if that is due."""
        from qa.remote import publish_index

        if self.is_due and self._store:
            publish_index(self._index, self._store, counter())
        self.is_due = False


def _reports(
    folder: Path, index: Path, *, watch: bool, retry: bool, workers: Workers | None, copy: _Copy
) -> Iterator[BuildReport | QAError]:
    """Build and copy once, or after each change."""
    from qa import builder
    from qa.networks.encoder import SentenceEncoder

    encoder, progress = SentenceEncoder(), counter()
    if not watch:
        report = builder.build(
            folder,
            index,
            encoder=encoder,
            progress=progress,
            retry=retry,
            workers=workers,
            on_anew=_say_anew,
        )
        copy.is_due = True
        copy.make()
        yield report
        return
    for built in builder.watch(
        folder,
        index,
        encoder=encoder,
        progress=progress,
        retry=retry,
        workers=workers,
        meanwhile=copy.make,
        on_anew=_say_anew,
    ):
        yield built
        if not isinstance(built, QAError):
            copy.is_due = True
            try:
                copy.make()
            except QAError as error:
                yield error  # and tried again soon


def _say_anew(error: StoredIndexError) -> None:
    print(f"{error.problem}: it is built anew", file=sys.stderr)


@click.command()
@index_option
@store_option
@json_option("Print everything as JSON.")
def info(index: Path, store: str | None, as_json: bool) -> None:
    """Show what the index contains and how it was built."""
    from qa.index import read_manifest
    from qa.milvus import StoreAddress, stored_manifest
    from qa.sandbox import describe_walls

    manifest = stored_manifest(StoreAddress.parse(store)) if store else read_manifest(index)
    if as_json:
        print_json({**manifest.to_dict(), "sandbox": describe_walls()})
    else:
        print(manifest.summary())
        print(f"sandbox     {describe_walls()}")


@click.command()
@click.option(
    "--answer",
    type=PATH,
    metavar="FILE",
    help="Check what `qa ask --json` printed, or a conversation that was saved from the page as "
    "JSON, against the documents instead; "
    "exit code 1 where a quotation is no longer valid.",
)
@index_option
@store_option
def verify(answer: Path | None, index: Path, store: str | None) -> int:
    """Check every byte of the index against its hashes."""
    from qa.index import read_manifest
    from qa.index import verify as verify_index
    from qa.milvus import StoreAddress, stored_manifest, verify_store

    address = StoreAddress.parse(store) if store else None
    if answer is None:
        print(verify_store(address) if address else verify_index(index))
        return 0
    from qa.answers.exported import check_answers

    of_collections = {} if address else _folders_below(index)
    if of_collections:
        checked = check_answers(answer, of_collections)
    else:
        manifest = stored_manifest(address) if address else read_manifest(index)
        checked = check_answers(answer, Path(manifest.folder))
    print("\n".join(map(str, checked)) or "no answers: the result was “not found”")
    return int(any(place.verdict != "valid" for place in checked))


def _folders_below(index: Path) -> dict[str, Path]:
    """Return the folder of each collection whose index is below; none where one is built here."""
    from qa.index import CURRENT, read_manifest

    if (index / CURRENT).exists():
        return {}
    below = sorted(path.parent for path in index.glob(f"*/{CURRENT}"))
    return {path.name: Path(read_manifest(path).folder) for path in below}


def documents_folder(given: Path | None, index: Path) -> Path:
    """Return the folder given, or else the one that the index was built from."""
    from qa.index import read_manifest

    if given is not None:
        return given
    try:
        manifest = read_manifest(index)
    except IndexNotFound:
        if any(index.glob("g-*")):  # a damaged index: which generation is live is unknown
            raise
        return Path(FOLDER)
    # The path as given to that build, if it still leads there: the settings are then unchanged.
    written = Path(str(manifest.settings.get("folder", manifest.folder)))
    folder = Path(manifest.folder)
    return written if written.resolve() == folder.resolve() else folder

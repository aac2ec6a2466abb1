"""Bring a stored index up to date with a folder of documents."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing, nullcontext
from functools import partial
from itertools import islice
from pathlib import Path

from qa.builder.corpus import (
    check_folder,
    corpus_files,
    count_hidden,
    differs,
    new_files,
)
from qa.builder.embedding import Progress, embed
from qa.builder.fingerprint import (
    build_settings,
    content_key,
    library_versions,
    vector_key,
    version_of,
)
from qa.builder.inside import ReadingSandbox, Split, setup_of, splitting_here
from qa.builder.language import begin_loading
from qa.builder.put_away import PutAway
from qa.builder.report import BuildReport, FileReport
from qa.builder.splitter import MAX_TOKENS
from qa.builder.survey import Examined, record_of, survey
from qa.builder.workers import Reading, Workers
from qa.errors import EmptyCorpus, IndexNotFound, StoredIndexError
from qa.index import (
    ContainerFile,
    Contents,
    CorpusFile,
    Journal,
    Manifest,
    SkippedFile,
    StoredIndex,
    WriterLock,
    build_command,
    open_index,
    read_manifest,
    read_time_ns,
    shards_of,
    sweep,
    write_generation,
)
from qa.sandbox import Load
from qa.text import printable
from qa.types import Encoder

READING, WRITING = "reading files", "writing passages"
# The pages that an unfinished build read by OCR.
PAGES = ".pages"
# Of the files inside a file it is told how many megabytes are read, if they have so many bytes.
_MANY_BYTES = 10_000_000
_MB = 1_000_000
# The clock of a file system may be behind by so much.
_CLOCKS_NS = 1_000_000_000


def build(
    folder: Path,
    index_dir: Path,
    *,
    encoder: Encoder,
    max_tokens: int = MAX_TOKENS,
    progress: Progress | None = None,
    load: Load | None = None,
    retry: bool = False,
    workers: Workers | None = None,
    on_anew: Callable[[StoredIndexError], None] | None = None,
) -> BuildReport:
    """Bring an index up to date with a folder of documents.

    Unchanged files are not read again, and passages whose text is stored keep their vectors.
    The result equals that of a build from nothing, since a vector depends on its passage
    alone. Identical files are stored once. A file that cannot be read is reported as skipped;
    one whose reading exceeded a limit is read again only after it changes, or with ``retry``.
    An interrupted build is resumed: what it encoded is not encoded again, and no page that OCR
    read is read again.

    ``max_tokens`` limits a passage. ``progress`` is called with the stage (``READING``,
    ``ENCODING``, or ``WRITING`` if it takes long), the number of files or passages done, and
    their total, within a scan with
    "reading scan.pdf by OCR, page" and the pages, and within a file of others or a large text with
    "reading log.csv, MB" and the megabytes. ``load`` reads one file; without it, files are
    read and split in a child process with limits. ``workers`` read and encode, and this process
    only writes; the index is the same. ``on_anew`` is called first where there is an index that
    cannot be used, with the reason: it has another format, or is damaged.

    Raises :class:`~qa.errors.EmptyCorpus` if no file can be indexed, or if the index would
    contain the documents, and :class:`~qa.errors.IndexLocked` while another build runs. The
    stored index then remains unchanged.
    """
    began, read_ns = time.perf_counter(), time.time_ns() - _CLOCKS_NS
    check_folder(folder, index_dir)
    settings = build_settings(folder, max_tokens)
    libraries = library_versions()
    with WriterLock(index_dir):
        previous = _previous(index_dir, on_anew)
        with nullcontext() if previous is None else closing(previous):
            known = _known(previous, settings, libraries, retry=retry)
            files = corpus_files(folder, index_dir)
            if not workers and files.keys() - known.keys():
                begin_loading()  # while the folder is compared, and the first file is read
            before = _files_of(previous, folder)
            setup, version = setup_of(encoder, max_tokens), version_of(settings, libraries)
            reading = Reading(folder, setup, index_dir / PAGES / version, version)
            with PutAway(index_dir) as texts:
                examined = _read(
                    files,
                    known,
                    reading,
                    texts,
                    load=load,
                    split=splitting_here(encoder, max_tokens) if load else None,
                    workers=workers,
                    progress=progress,
                )
                indexed = [found for found in examined if isinstance(found, tuple)]
                skipped = [found for found in examined if isinstance(found, SkippedFile)]
                containers = [found for found in examined if isinstance(found, ContainerFile)]
                if not indexed:
                    raise _nothing_to_index(folder, skipped, index_dir)
                manifest = Manifest(
                    folder=str(folder),
                    encoder_name=encoder.name,
                    encoder_fingerprint=encoder.fingerprint,
                    dimension=encoder.dimension,
                    settings=settings,
                    libraries=libraries,
                    documents=tuple(file for file, _ in indexed),
                    skipped=tuple(skipped),
                    containers=tuple(containers),
                )
                changed = previous is None or content_key(previous.manifest) != content_key(
                    manifest
                )
                encoded = 0
                journal = Journal(
                    index_dir, vector_key(manifest), encoder.dimension, encoder.row_size
                )
                if changed:
                    fresh = {file.path for file, contents in indexed if contents is not None}
                    keeping = index_dir, manifest, texts, fresh, previous
                    encoded = _write(*keeping, encoder, journal, progress, workers, read_ns)
            journal.remove()
            shutil.rmtree(index_dir / PAGES, ignore_errors=True)
        sweep(index_dir)
    return BuildReport(
        folder=str(folder),
        files=tuple(_reported(found) for found in examined),
        encoded=encoded,
        reused=manifest.passages - encoded,
        changed=changed,
        seconds=round(time.perf_counter() - began, 3),
        gone=tuple(sorted(before - files.keys())),
        hidden=count_hidden(folder),
    )


def is_stale(folder: Path, index_dir: Path, encoder_fingerprint: str) -> bool:
    """Return whether ``build`` with its defaults would change the index.

    Sizes and times are compared first, and hashes if a time alone differs, or a file was touched
    after the documents began to be read. An index that is
    missing or cannot be read is stale.
    """
    try:
        manifest = read_manifest(index_dir)
    except StoredIndexError:
        return True
    if (
        manifest.encoder_fingerprint != encoder_fingerprint
        or manifest.settings != build_settings(folder, MAX_TOKENS)
        or manifest.libraries != library_versions()
    ):
        return True
    known = {path: files[0] for path, files in manifest.by_file().items()}
    corpus = corpus_files(folder, index_dir)
    if corpus.keys() != known.keys():
        return True
    read_ns = read_time_ns(index_dir)
    return any(differs(path, known[each], read_ns) for each, path in corpus.items())


def _known(
    previous: StoredIndex | None,
    settings: Mapping[str, str | int],
    libraries: Mapping[str, str],
    *,
    retry: bool,
) -> dict[str, list[CorpusFile]]:
    """Return what an index knows of each file, which need not be read again if it is unchanged.

    That is nothing where files were read otherwise then. With ``retry`` those are left out whose
    reading exceeded a limit.
    """
    if previous is None:
        return {}
    manifest = previous.manifest
    if (manifest.settings, manifest.libraries) != (settings, libraries):
        return {}
    known = manifest.by_file()
    if not retry:
        return known
    stopped = {file.inside or file.path for file in manifest.skipped if file.sha256}
    return {path: files for path, files in known.items() if path not in stopped}


def _read(
    files: Mapping[str, Path],
    known: Mapping[str, list[CorpusFile]],
    reading: Reading,
    texts: PutAway,
    *,
    load: Load | None,
    split: Split | None,
    workers: Workers | None,
    progress: Progress | None,
) -> list[Examined]:
    """Return what each file is, in the order of their paths; their contents are in ``texts``.

    ``load`` and ``split`` read here, without them a child process does.
    """
    on_reading = progress and partial(progress, READING)
    elsewhere: dict[str, list[Examined]] = {}
    if workers:
        new = new_files(files, known, reading.folder)
        for name, found in workers.read(new, reading, on_reading):
            elsewhere[name] = [texts.put_found(each) for each in found]
    on_page = progress and partial(_tell_page, progress)
    with ReadingSandbox(reading.setup, pages=reading.pages, on_page=on_page) as sandbox:
        surveyed = survey(
            files,
            known,
            reading.folder,
            load or sandbox.load,
            split or sandbox.split,
            on_reading,
            elsewhere,
            texts.put,
            progress and partial(_tell_member, progress),
        )
        return sorted(surveyed, key=_path_of)


def _write(
    index_dir: Path,
    manifest: Manifest,
    texts: PutAway,
    fresh: Collection[str],
    previous: StoredIndex | None,
    encoder: Encoder,
    journal: Journal,
    progress: Progress | None,
    workers: Workers | None,
    read_ns: int,
) -> int:
    """Write a generation that keeps the shards it can; return how many passages were encoded.

    The contents of the ``fresh`` documents are in ``texts``, of the others in ``previous``.
    """
    shards = shards_of(manifest)
    kept = previous.files_of({shard.key for shard in shards}) if previous else {}
    keys = {file.shard for file in kept.values()}
    originals = iter([file.path for file in manifest.documents if not file.copy_of])
    written = [
        document_id
        for shard in shards
        for document_id in islice(originals, shard.documents)
        if shard.key not in keys
    ]

    def contents_of(document_id: str) -> Contents:
        if previous is None or document_id in fresh:
            return texts.contents(document_id)
        return previous.texts.contents(document_id)

    unchanged = {each for each in written if each not in fresh}
    rows_of, encoded = embed(
        written, contents_of, unchanged, previous, manifest, encoder, journal, progress, workers
    )
    write_generation(
        index_dir,
        manifest,
        map(contents_of, written),
        rows_of,
        kept=kept,
        read_ns=read_ns,
        progress=progress and partial(progress, WRITING),
    )
    return encoded


def _files_of(previous: StoredIndex | None, folder: Path) -> set[str]:
    """Return the files that an index was built from, if they were of this folder."""
    if previous is None or previous.folder != folder.resolve():
        return set()
    return set(previous.manifest.by_file())


def _previous(
    index_dir: Path, on_anew: Callable[[StoredIndexError], None] | None
) -> StoredIndex | None:
    """Return the existing index, None if there is none that can be used."""
    try:
        # No question is asked of it, so it need not be searched quickly.
        return open_index(index_dir, exact=True)
    except IndexNotFound:
        return None
    except StoredIndexError as error:
        if on_anew is not None:
            on_anew(error)
        return None


def _reported(found: Examined) -> FileReport:
    if isinstance(found, SkippedFile):
        return FileReport(found.path, "skipped", reason=found.reason)
    if isinstance(found, ContainerFile):
        return FileReport(
            found.path,
            "opened",
            documents=found.documents,
            sha256=found.sha256,
            notes=found.notes,
        )
    file, _ = found
    return FileReport(
        file.path,
        "indexed",
        passages=file.passages,
        copy_of=file.copy_of,
        sha256=file.sha256,
        notes=file.notes,
    )


def _path_of(found: Examined) -> str:
    return record_of(found).path


def _tell_page(progress: Progress, name: str, page: int, pages: int) -> None:
    progress(f"reading {printable(name)} by OCR, page", page, pages)


def _tell_member(progress: Progress, name: str, done: int, total: int) -> None:
    if total >= _MANY_BYTES:
        progress(f"reading {printable(name)}, MB", done // _MB, total // _MB)


def _nothing_to_index(folder: Path, skipped: Sequence[SkippedFile], index_dir: Path) -> EmptyCorpus:
    command = build_command(index_dir, folder)
    first = f"; {skipped[0].path}: {skipped[0].reason}" if skipped else ""
    return EmptyCorpus(
        f"there is no readable document in {folder} ({len(skipped)} skipped{first})",
        f"put documents into it, then run {command}",
        skipped=tuple((file.path, file.reason) for file in skipped),
    )

"""Open what is live in a store, and check it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from qa.errors import IndexCorrupt, IndexMismatch, IndexNotFound, StoredIndexError
from qa.index import Manifest, is_milvus_lite
from qa.milvus.address import StoreAddress, store_command
from qa.milvus.bm25 import Analyzer, Statistics
from qa.milvus.client import BUILD_S, QUESTION_S, Client
from qa.milvus.collections import WORDS, generation_of, texts_of
from qa.milvus.file_server import check_file
from qa.milvus.index import MilvusIndex
from qa.milvus.records import HEADER, Header
from qa.text import counted


def open_store(
    address: StoreAddress,
    *,
    encoder_fingerprint: str | None = None,
    timeout_s: float = QUESTION_S,
    to_ask: bool = True,
) -> MilvusIndex:
    """Open the live generation of a store; no question to it may take longer than ``timeout_s``.

    With ``to_ask`` it is made ready for that, which may take as long as a call of a build.

    Raises :class:`~qa.errors.StoreUnreachable`, :class:`~qa.errors.IndexNotFound`,
    :class:`~qa.errors.IndexCorrupt` for collections with other rows than were written, and
    :class:`~qa.errors.IndexMismatch` for another format version or another encoder.
    """
    client, opening_s = _existing(address, timeout_s), max(timeout_s, BUILD_S)
    try:
        collection = _live(client)
        for name in (collection, texts_of(collection)):
            client.load(name, timeout_s=opening_s)
        header = _header(client, texts_of(collection))
        index = MilvusIndex(client, collection, header)
        manifest = index.manifest
        if encoder_fingerprint not in (None, manifest.encoder_fingerprint):
            raise IndexMismatch(
                f"{address} was built with another encoder ({manifest.encoder_name})",
                f"run {index.command('build', manifest.folder)}",
            )
        if (found := client.count(collection)) != manifest.passages:
            raise IndexCorrupt(
                f"the index in {address} has {found:,} passages, not {manifest.passages:,}",
                f"run {index.command('build', manifest.folder)}",
            )
        if to_ask:
            # Milvus Lite makes its index of words when it is first searched: of 20,000 passages
            # that takes longer than a question may.
            client.search(collection, WORDS, {0: 1.0}, 1, timeout_s=opening_s)
    except BaseException:
        client.close()
        raise
    return index


def check_reachable(
    address: StoreAddress,
    *,
    to_ask: bool = False,
    on_anew: Callable[[StoredIndexError], None] | None = None,
) -> None:
    """Raise StoreUnreachable unless a store answers, and IndexMismatch if its name is taken.

    With ``to_ask``, raise IndexNotFound for a file that is not there, and what :func:`open_store`
    does for an index of another format or one that cannot be read. Without, the file is made, and
    ``on_anew`` is called with that error: a build replaces the index.
    """
    client = _existing(address) if to_ask else Client(address)
    try:
        collection = check_name(client)
        if not collection or not (to_ask or on_anew):  # nobody wants to know more of it
            return
        try:
            client.load(texts_of(collection), timeout_s=BUILD_S)
            _header(client, texts_of(collection))
        except (IndexCorrupt, IndexMismatch, IndexNotFound) as error:
            if to_ask or not on_anew:
                raise
            on_anew(error)
    finally:
        client.close()


def stored_manifest(address: StoreAddress) -> Manifest:
    """Return the manifest of the live generation of a store."""
    index = open_store(address, to_ask=False)
    index.close()
    return index.manifest


def live_in_store(address: StoreAddress) -> str:
    """Return the name of the live generation of a store."""
    client = _existing(address)
    try:
        return generation_of(address.name, _live(client))
    finally:
        client.close()


def _existing(address: StoreAddress, timeout_s: float = QUESTION_S) -> Client:
    """Connect to a store that is there: Milvus Lite would make a file that is not."""
    if address.file is not None and not address.file.is_file():
        check_file(address)
        if not is_milvus_lite(address.file):
            raise _nothing_in(address)
    return Client(address, timeout_s=timeout_s)


def _live(client: Client) -> str:
    if not (collection := check_name(client)):
        raise _nothing_in(client.address)
    return collection


def _nothing_in(address: StoreAddress) -> IndexNotFound:
    return IndexNotFound(
        f"there is no index in {address}", f"run {store_command(address, 'build', 'FOLDER')}"
    )


def check_name(client: Client) -> str:
    """Return the collection that the index's name points to; empty if nothing has that name.

    Raises :class:`~qa.errors.IndexMismatch` where it is the name of something else.
    """
    where = client.address
    collection = client.target()
    if collection and generation_of(where.name, collection):
        return collection
    if collection or where.name in client.collections():
        raise IndexMismatch(
            f"{where.name} in {where} is {collection or 'a collection'}, "
            "which is no index of Verbatim",
            "name another index, as in http://HOST:19530/NAME",
        )
    return ""


def _header(client: Client, texts: str) -> Header:
    first = client.get(texts, [HEADER], ("text",))
    pieces, _, checksum = str(first[HEADER]["text"] if first else "").partition(" ")
    try:
        text = client.text(texts, HEADER + 1, int(pieces))
    except (LookupError, ValueError):
        text = ""
    return Header.from_json(text, checksum, client.address)


def verify_store(address: StoreAddress) -> str:
    """Check every text and relation of a store; return a line on what was checked.

    These are the hashes of documents and passages, that each passage occurs in its document at its
    place, that each vector has length one, that its parts can be read, and how many passages
    contain each term.
    """
    index = open_store(address, to_ask=False)
    split, statistics = Analyzer(), Statistics()
    try:
        for document_id in index.document_ids():
            text = index.document(document_id).text  # its hash is checked
            rows = index.rows_of(document_id)
            for passage in index.passages(rows):
                statistics.add(split.terms(passage))
                if text[passage.start : passage.end] != passage.text:
                    raise index.damaged(f"a passage of {document_id} differs from its text")
            index.nearness(rows, np.zeros(index.manifest.dimension, np.float32))  # reads parts
            if not np.allclose(np.linalg.norm(index.vectors(rows), axis=1), 1.0, atol=1e-4):
                raise index.damaged(f"a vector of {document_id} does not have length one")
        if index.frequencies(statistics.frequencies) != statistics.frequencies:
            raise index.damaged("its terms are not those of its passages")
        manifest = index.manifest
    finally:
        index.close()
    return (
        f"{address} is intact: {counted(len(manifest.documents), 'document')}, "
        f"{counted(manifest.passages, 'passage')}"
    )

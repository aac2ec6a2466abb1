"""The words of an index in tantivy: BM25 over stems, exact words and headings."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate, pairwise
from math import log1p
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from qa.index.manifest import Shard
from qa.types import Passage

FOLDER = "words"
_META, _LOCK = "meta.json", ".lock"
MAX_TERMS = 256

# The weight of a match in each field. Exact words distinguish "Universal" from "university";
# a heading is shared by many passages.
STEM_WEIGHT = 1.0
EXACT_WEIGHT = 0.5
HEADING_WEIGHT = 0.6
# A word that no passage contains matches words at edit distance 1 (a swap of two letters
# included). Shorter words are close to too many others. The second number bounds the work for a
# question made of misspellings.
FUZZY_LETTERS = 5
MAX_FUZZY = 16
# Two consecutive words, one of them with a digit: "HS 8703", "EO-14", "7 March".
CODE_WEIGHT = 1.0

_MAX_WORD = 64
_DIGIT = re.compile(r"\d")


def write_segment(folder: Path, key: str, passages: Sequence[Passage]) -> None:
    """Write the inverted index of a shard's passages, as files named by its key."""
    import tantivy

    place = folder / key
    place.mkdir()
    try:
        index = tantivy.Index(_schema(), str(place))
        _register(index)
        # One thread and a large heap give one segment, in the order of the rows.
        writer = index.writer(heap_size=1_000_000_000, num_threads=1)
        for passage in passages:
            text, heading = [passage.read_text], [passage.heading]
            writer.add_document(
                tantivy.Document(
                    stem=text, exact=text, heading=heading, document=[passage.document_id]
                )
            )
        writer.commit()
        writer.wait_merging_threads()
    except ValueError as error:  # tantivy raises it when the disk is full
        raise OSError(str(error)) from error
    (segment,) = json.loads((place / _META).read_bytes())["segments"]
    name = UUID(segment["segment_id"]).hex
    for file in place.glob(f"{name}.*"):
        file.rename(folder / f"{key}{file.suffix}")
    _remove(place)


def _remove(folder: Path) -> None:
    """Remove a folder in which a thread of tantivy may still write or delete files.

    Such a change makes the removal fail, so it is tried again.
    """
    for _ in range(100):
        try:
            shutil.rmtree(folder)
            return
        except OSError as error:
            if error.errno not in {errno.ENOTEMPTY, errno.ENOENT}:
                raise
            time.sleep(0.05)
    shutil.rmtree(folder)


def join_segments(folder: Path, shards: Sequence[Shard]) -> None:
    """Join the segments in a folder into one inverted index, in the order of their shards."""
    import tantivy

    try:
        tantivy.Index(_schema(), str(folder))
    except ValueError as error:
        raise OSError(str(error)) from error
    meta = json.loads((folder / _META).read_bytes())
    meta["segments"] = [
        {"segment_id": str(UUID(shard.key)), "max_doc": shard.passages, "deletes": None}
        for shard in shards
    ]
    (folder / _META).write_text(json.dumps(meta), encoding="ascii")
    for file in (*folder.glob(".*.json"), *folder.glob(f"*{_LOCK}")):
        file.unlink()  # only a writer needs it


class WordIndex:
    """Search for passages by their words; safe to share between threads.

    ``shards`` are those whose segments were joined in ``folder``. Document frequencies are
    counted over all of them, so scores do not depend on where shards end.
    """

    def __init__(self, folder: Path, shards: Sequence[Shard]) -> None:
        import tantivy

        with _writable(folder) as place:
            self._index = tantivy.Index.open(str(place))
            # A generation never changes, so no thread has to watch its folder.
            self._index.config_reader(reload_policy="manual")
            _register(self._index)
            self._schema = self._index.schema
            self._searcher = self._index.searcher()
        self._first_rows = list(accumulate((shard.passages for shard in shards), initial=0))
        self._stems = analyzer(stemmed=True)
        self._words = analyzer(stemmed=False)

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def search(
        self,
        question: str,
        top_k: int,
        *,
        only: Collection[str] = (),
        exclude: Collection[str] = (),
    ) -> list[tuple[int, float]]:
        """Return ``(row, score)`` by BM25, best first, lower rows first in a tie.

        The question is split by the analyzers of the passages and never parsed as a query, so
        no character in it is special. ``only`` and ``exclude`` are ids of documents: if given,
        results are limited to ``only`` and are never in ``exclude``. Document frequencies are
        counted over all documents.
        """
        import tantivy

        top_k = min(top_k, len(self))
        clauses = [(tantivy.Occur.Should, query) for query in self._queries(question)]
        if top_k < 1 or not clauses:
            return []
        query = tantivy.Query.boolean_query(clauses)
        if only:
            # Score 0: which document it is must not count.
            chosen = tantivy.Query.const_score_query(self._of_documents(only), 0.0)
            query = tantivy.Query.boolean_query(
                [(tantivy.Occur.Must, query), (tantivy.Occur.Must, chosen)]
            )
        if exclude:
            query = tantivy.Query.boolean_query(
                [
                    (tantivy.Occur.Must, query),
                    (tantivy.Occur.MustNot, self._of_documents(exclude)),
                ]
            )
        hits = self._searcher.search(query, top_k, count=False).hits
        found = [
            (self._first_rows[place.segment_ord] + int(place.doc), float(score))
            for score, place in hits
        ]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))

    def _of_documents(self, names: Collection[str]) -> Any:
        """Return the query for the passages of these documents."""
        from tantivy import Query

        return Query.term_set_query(self._schema, "document", sorted(names))

    def _queries(self, question: str) -> Iterator[Any]:
        """Yield one weighted query per distinct term of the question."""
        from tantivy import Query

        stemmed, words = self._stems.analyze(question), self._words.analyze(question)
        stems = list(dict.fromkeys(stemmed))[:MAX_TERMS]
        for term in stems:
            yield Query.boost_query(Query.term_query(self._schema, "stem", term), STEM_WEIGHT)
            yield Query.boost_query(Query.term_query(self._schema, "heading", term), HEADING_WEIGHT)
        for term in list(dict.fromkeys(words))[:MAX_TERMS]:
            yield Query.boost_query(Query.term_query(self._schema, "exact", term), EXACT_WEIGHT)
        pairs = dict.fromkeys(pairwise(words))
        codes = [pair for pair in pairs if _DIGIT.search(pair[0] + pair[1])]
        for pair in codes[:MAX_TERMS]:
            phrase = Query.phrase_query(self._schema, "exact", list(pair))
            yield Query.boost_query(phrase, CODE_WEIGHT)
        unknown = [
            word
            for word, stem in dict.fromkeys(zip(words, stemmed, strict=True))
            if len(word) >= FUZZY_LETTERS
            and not _DIGIT.search(word)  # a similar code or number is a different one
            and not self._searcher.doc_freq("exact", word)
            and not self._searcher.doc_freq("stem", stem)
            and not self._searcher.doc_freq("heading", stem)
        ]
        for word in unknown[:MAX_FUZZY]:
            near = Query.fuzzy_term_query(self._schema, "exact", word, distance=1)
            # Each match scores 1, so it is weighted by the IDF of BM25.
            found: Any = self._searcher.search(near, limit=1)
            idf = log1p((len(self) - found.count + 0.5) / (found.count + 0.5))
            yield Query.boost_query(near, (STEM_WEIGHT + EXACT_WEIGHT) * idf)


@contextmanager
def _writable(folder: Path) -> Iterator[Path]:
    """Yield a folder with these files in which tantivy can create its lock while it opens them.

    It needs a lock even to read, which a read-only disk or another user's index does not allow.
    """
    if os.access(folder, os.W_OK):
        yield folder
        return
    with TemporaryDirectory() as place:
        # A lock that an earlier reader left there is as little to be written.
        for file in (each for each in folder.iterdir() if each.suffix != _LOCK):
            (Path(place) / file.name).symlink_to(file.resolve())
        yield Path(place)


def _schema() -> Any:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("stem", tokenizer_name="stem", index_option="freq")
    builder.add_text_field("exact", tokenizer_name="exact", index_option="position")
    builder.add_text_field("heading", tokenizer_name="stem", index_option="freq")
    builder.add_text_field("document", tokenizer_name="raw", index_option="basic")
    return builder.build()


def _register(index: Any) -> None:
    """Register the analyzers of an index: tantivy stores only their names."""
    index.register_tokenizer("stem", analyzer(stemmed=True))
    index.register_tokenizer("exact", analyzer(stemmed=False))


def analyzer(*, stemmed: bool) -> Any:
    """Return an analyzer that gives lower-case words without accents, stemmed if asked."""
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

    builder = (
        TextAnalyzerBuilder(Tokenizer.simple())
        .filter(Filter.remove_long(_MAX_WORD))
        .filter(Filter.lowercase())
        .filter(Filter.ascii_fold())
    )
    if stemmed:
        builder = builder.filter(Filter.stemmer("english"))
    return builder.build()

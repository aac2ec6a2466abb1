"""The folders that are served, opened."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from qa.api.pool import Pool
from qa.collections import Corpus
from qa.collections.stored import opened_store
from qa.library import Files, open_library
from qa.networks.threads import cores
from qa.pipeline import QA
from qa.types import Prediction
from qa.web.terminal import Terminal


def opened_corpora(
    folders: Mapping[str, Path],
    index: Path,
    *,
    strict: float | None,
    watching: bool,
    editable: bool,
    watchers: Sequence[Callable[[Prediction], None]],
    store: str = "",
    quick: bool = False,
) -> tuple[dict[str, Corpus], QA]:
    """Return a corpus for each folder, and a pipeline without documents that has their networks.

    Networks and threads are one for all. Each index is in the folder of its name below ``index``.
    One folder alone is named "": then its own pipeline tells ``watchers`` what it answers.
    ``strict``, ``store`` and ``quick`` are those of :func:`qa.web.serving.serve`.
    """
    if store:
        listener = Terminal("")
        return opened_store(
            store, index, strict=strict, watchers=watchers, listener=listener, quick=quick
        )
    pool, turn = Pool(max(cores(), 2)), threading.Lock()
    corpora: dict[str, Corpus] = {}
    networks: QA | None = None
    for name, folder in folders.items():
        qa = open_library(folder, index / name, networks=networks, quick=quick)
        if strict is not None:
            qa = qa.with_threshold(qa.threshold_for(strict))
        networks = networks or qa.without_documents(folder, ())
        for watcher in watchers if name == "" else ():
            qa = qa.observed(watcher)
        files = Files(folder, collection=name) if editable else None
        if files is not None:
            files.sweep()
        corpora[name] = Corpus(
            qa,
            folder=folder,
            index=index / name,
            watching=watching,
            listener=Terminal(name),
            files=files,
            with_examples=True,
            pool=pool,
            turn=turn,
        )
    if networks is None:
        raise ValueError("no folder is served")
    return corpora, networks

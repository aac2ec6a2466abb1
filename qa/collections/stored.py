"""An index in a store that others build, opened to be served."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from qa.api.pool import Pool
from qa.collections.corpus import Corpus
from qa.errors import CorpusError
from qa.library import Listener
from qa.networks.threads import cores
from qa.pipeline import QA
from qa.types import Prediction


def opened_store(
    store: str,
    index: Path,
    *,
    strict: float | None = None,
    watchers: Sequence[Callable[[Prediction], None]] = (),
    listener: Listener | None = None,
    quick: bool = False,
) -> tuple[dict[str, Corpus], QA]:
    """Return a corpus over the index in a store, by the name "", and a pipeline without documents.

    Its files are not changed from here. Votes are kept beside ``index``. ``strict`` and ``quick``
    are those of :func:`qa.web.serving.serve`; ``watchers`` are told of each answer. Raises
    :class:`~qa.errors.CorpusError` where the folder of the documents is not there.
    """
    qa = QA.open(store, quick=quick)
    folder = Path(qa.manifest.folder)
    if not folder.is_dir():
        qa.close()
        raise CorpusError(
            f"the folder of the documents, {folder}, is not there",
            "share it with this machine at the same path: no file that changed is quoted",
        )
    if strict is not None:
        qa = qa.with_threshold(qa.threshold_for(strict))
    networks = qa.without_documents(folder, ())
    for watcher in watchers:
        qa = qa.observed(watcher)
    corpus = Corpus(
        qa,
        folder=folder,
        index=index,
        listener=listener,
        with_examples=True,
        pool=Pool(max(cores(), 2)),
        store=store,
    )
    return {"": corpus}, networks

"""Keep an index up to date with its folder."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from qa.builder.build import build, is_stale
from qa.builder.embedding import Progress
from qa.builder.report import BuildReport
from qa.builder.workers import Workers
from qa.errors import QAError, StoredIndexError
from qa.types import Encoder

# How often to look even if no change was reported: network drives report none.
CHECK_S = 30.0


def watch(
    folder: Path,
    index_dir: Path,
    *,
    encoder: Encoder,
    progress: Progress | None = None,
    retry: bool = False,
    stop: threading.Event | None = None,
    check_s: float = CHECK_S,
    workers: Workers | None = None,
    meanwhile: Callable[[], None] | None = None,
    on_anew: Callable[[StoredIndexError], None] | None = None,
) -> Iterator[BuildReport | QAError]:
    """Build, then build again whenever the folder changes; yield each report.

    ``retry`` applies to the first build, whose errors are raised. Errors of later builds (an
    emptied folder, another build running) are yielded, and the build is tried again at the
    next change or after ``check_s`` seconds. ``workers`` and ``on_anew`` are those of
    :func:`build`.
    ``meanwhile`` is called where nothing had to be built; its errors are yielded too. Ends when
    ``stop`` is set, or with KeyboardInterrupt.
    """

    def once(*, retry: bool = False) -> BuildReport:
        return build(
            folder,
            index_dir,
            encoder=encoder,
            progress=progress,
            retry=retry,
            workers=workers,
            on_anew=on_anew,
        )

    yield once(retry=retry)
    for _ in changes(folder, index_dir, stop=stop, check_s=check_s):
        try:
            if is_stale(folder, index_dir, encoder.fingerprint):
                yield once()
            elif meanwhile is not None:
                meanwhile()
        except QAError as error:
            yield error


def changes(
    folder: Path,
    index_dir: Path,
    *,
    stop: threading.Event | None = None,
    check_s: float = CHECK_S,
) -> Iterator[None]:
    """Yield whenever a file of the corpus may have changed, and every ``check_s`` seconds.

    Several changes within half a second are one. Hidden files and those of the index do not
    count. Ends when ``stop`` is set, or with KeyboardInterrupt. Raises OSError if the folder
    cannot be watched.
    """
    import watchfiles

    root, index = folder.resolve(), index_dir.resolve()

    def wanted(_: watchfiles.Change, path: str) -> bool:
        place = Path(path).resolve()
        if place.is_relative_to(index):
            return False
        inside = place.relative_to(root).parts if place.is_relative_to(root) else ()
        return not any(part.startswith(".") for part in inside)

    for _ in watchfiles.watch(
        folder,
        watch_filter=wanted,
        debounce=500,
        rust_timeout=int(1000 * check_s),
        yield_on_timeout=True,
        stop_event=stop,
        raise_interrupt=True,
        ignore_permission_denied=True,
    ):
        yield

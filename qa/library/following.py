"""Answer from an index in a store that others build."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

from qa.errors import IndexNotFound, QAError, StoredIndexError
from qa.library.live import LOOK_S, Listener, State, changes_between, unexpected
from qa.pipeline import QA


class Following:
    """Opens each generation that a store gets; it builds nothing.

    An earlier one is not closed here: a question may still be asked of it, for as long as it takes.

    ``on_open`` is called with the pipeline that answers from then on. While the store does not
    answer, the state says so, and the pipeline that is open stays.
    """

    def __init__(
        self,
        qa: QA,
        *,
        store: str,
        on_open: Callable[[QA], None],
        listener: Listener | None = None,
        look_s: float = LOOK_S,
    ) -> None:
        self.store, self._look_s = store, look_s
        self._qa, self._on_open, self._listener = qa, on_open, listener
        self._state = State()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="following", daemon=True)

    @property
    def state(self) -> State:
        """What is going on."""
        return self._state

    def start(self) -> None:
        """Begin to look for new generations."""
        self._thread.start()

    def stop(self) -> None:
        """End; what is open is closed when nobody has it any more."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(30)

    def request(self) -> None:
        """Say where the index is built: not here."""
        self._tell(
            QAError(
                "this page reads an index in a store, and cannot build it",
                f"run {self._qa.build_command()} where the documents are",
            )
        )

    def _work(self) -> None:
        while not self._stop.wait(self._look_s):
            try:
                self._open_what_is_new()
            except QAError as error:
                self._fail(error)
            except Exception as error:  # a defect, or a library of the store; tried again
                self._fail(unexpected(error, self._state.trouble))
            else:
                if isinstance(self._state.trouble, StoredIndexError):
                    self._set(replace(self._state, trouble=None))

    def _fail(self, error: QAError) -> None:
        """Say why nothing is opened, once."""
        if str(error) != str(self._state.trouble):
            self._tell(error)

    def _open_what_is_new(self) -> None:
        try:
            if self._qa.is_live():
                return
        except IndexNotFound:
            pass  # said below, unless there is another
        before, after = self._qa, self._qa.reopened(self.store)
        self._qa = after
        self._on_open(after)
        self._set(
            State(None, changes_between(before.manifest, after.manifest), None, self._finished())
        )

    def _tell(self, error: QAError) -> None:
        self._set(State(None, "", error, self._finished()))

    def _finished(self) -> int:
        return self._state.finished + 1

    def _set(self, state: State) -> None:
        self._state = state
        if self._listener is not None:
            self._listener.on_state(state)

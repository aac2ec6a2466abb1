"""The page, served for real on a free port of this machine."""

import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from qa.access import Access
from qa.access.origin import HOST
from qa.collections import Corpus, served_of
from qa.library import Files
from qa.pipeline import QA
from qa.web.application import create_app
from qa.web.listener import listen
from qa.web.opened import opened_corpora
from qa.web.server import Server

# Gradio counts its events with pandas, in ways that pandas deprecates.
gradio_warnings = pytest.mark.filterwarnings(
    "ignore:.*no_silent_downcasting:DeprecationWarning",
    "ignore:The copy keyword is deprecated:DeprecationWarning",
)

DOCUMENTS = {
    "library.txt": """The library of Kassel

1 March 2021

The library was founded by Landgrave William IV in 1580. Its reading room was rebuilt
after the war by the architect Paul Bode.
""",
    "lighthouse.txt": """The lighthouse of Rerik

2 May 2020

The lighthouse of Rerik was designed by Ada Blum. It was lit for the first time in 1902.

Photo: Ida Falk/Reuters
""",
    "engineers.txt": """Engineers of the coast

3 May 2020

Many came from Rostock. The lighthouse of Rerik was designed by Ada Blum. She also drew bridges.

Photo: Ida Falk/Reuters
""",
}
# A hostile document: it must be shown, and none of it may run.
HOSTILE = """<img src=x onerror="window.hacked=1"> The keeper's notes

The password of the cellar is `${window.hacked=1}` <script>window.hacked=1</script> {{constructor}}.
"Two  spaces"\tand a tab, **bold**, $$x^2$$, &amp; and </div></section> are shown as written.
"""


def write_documents(folder, *, more=None):
    folder.mkdir()
    for name, text in {**DOCUMENTS, "notes.txt": HOSTILE, **(more or {})}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@dataclass
class Served:
    """A running page: its corpus, its Gradio blocks, and its address."""

    corpus: Corpus
    blocks: Any
    url: str
    app: Any = None


def made_app(corpus, **options):
    """Return the application and its blocks."""
    app = create_app(corpus, **options)
    return app, app.routes[-1].app.get_blocks()


@contextmanager
def serving(folder, index, *, watching=False, editable=False, access=None, **options):
    """Serve a folder of documents, built before; stop the server at the end."""
    qa = QA.build(folder, index)
    files = Files(folder, reserve_bytes=0) if editable else None
    corpus = Corpus(qa, folder=folder, index=index, watching=watching, files=files)
    with serving_live(corpus, access, **options) as running:
        yield running


@contextmanager
def serving_live(corpus, access=None, **options):
    """Serve a corpus whose index is kept up to date; stop both at the end."""
    corpus.live.start()
    try:
        with serving_corpus(corpus, access, **options) as running:
            yield running
    finally:
        corpus.live.stop()


@contextmanager
def serving_corpus(corpus, access=None, *, log=None, metrics=None, **options):
    """Serve an open corpus, the page with these options; stop the server at the end."""
    app, blocks = made_app(corpus, access=access, metrics=metrics, **options)
    with listen(HOST, 0) as listener:
        server = Server(lambda: app, access=access, log=log, metrics=metrics)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while server.front.page is None and thread.is_alive():
                thread.join(0.02)
            yield Served(corpus, blocks, f"http://{HOST}:{listener.getsockname()[1]}", app)
        finally:
            server.stop()
            thread.join(60)
            assert not thread.is_alive()


@contextmanager
def serving_collections(folders, index, *, access=None, readers=None, watchers=(), **options):
    """Serve several folders by name, each built before; stop all of it at the end."""
    corpora, networks = opened_corpora(
        folders, index, strict=None, watching=False, editable=True, watchers=watchers
    )
    for corpus in corpora.values():
        corpus.files.reserve_bytes = 0
        corpus.live.start()
    try:
        served = served_of(
            corpora, networks, readers=readers or {}, access=access or Access(), watchers=watchers
        )
        with serving_corpus(served, access, **options) as running:
            yield running
    finally:
        for corpus in corpora.values():
            corpus.live.stop()
            corpus.pages.close()


def questions_held(corpus, question, monkeypatch):
    """Let every question wait for the event returned; the answers are those to this one."""
    now, let_go = corpus.now, threading.Event()
    answered = now.qa.ask(question)

    def ask(*_, **__):
        assert let_go.wait(300)
        return answered

    held = type("Held", (), {"ask": ask, "__getattr__": lambda _, name: getattr(now.qa, name)})()
    monkeypatch.setattr(corpus, "now", replace(now, qa=held))
    return let_go

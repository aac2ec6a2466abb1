"""Scans in a build: their limits are those of a page, and no page is read twice."""

import io
import json
from hashlib import blake2b

import numpy as np
import pytest
from making import make_picture

from benchmarks.hashing import HashEncoder
from qa.builder import READING, build
from qa.index import open_index
from qa.loaders.ocr.kept import KeptPages
from qa.networks.ocr import OcrLine, OcrPage
from qa.sandbox import Sandbox
from qa.sandbox.pages import PageFolder

PAGES = [
    ["The lamp at the end of the pier", "was replaced by Ingrid Holm."],
    ["It shines since June."],
]


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "documents"
    made.mkdir()
    first, second = map(make_picture, PAGES)
    file = io.BytesIO()
    first.save(file, "TIFF", save_all=True, append_images=[second])
    (made / "lamp.tiff").write_bytes(file.getvalue())
    return made


def text_of(index_dir, encoder):
    index = open_index(index_dir, encoder_fingerprint=encoder.fingerprint)
    document = index.document("lamp.tiff")
    index.close()
    return document


def test_an_interrupted_build_goes_on_with_the_pages_that_it_read(folder, tmp_path):
    index_dir = tmp_path / "index"

    told = []

    def stop(stage, done, total):
        told.append((stage, done, total))
        if stage == READING:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(folder, index_dir, encoder=HashEncoder(), progress=stop)
    pages = "reading lamp.tiff by OCR, page"
    assert told == [(pages, 1, 2), (pages, 2, 2), (READING, 1, 1)]
    kept = sorted((index_dir / ".pages").glob("*/*/*"))
    assert len(kept) == 2
    # Another name in one of the pages, with a valid check: it is taken from there.
    (changed,) = [path for path in kept if b"Ingrid" in path.read_bytes()]
    data = changed.read_bytes()[20:].replace(b"Ingrid", b"Astrid")
    changed.write_bytes(blake2b(data, digest_size=20).digest() + data)
    report = build(folder, index_dir, encoder=HashEncoder())
    assert str(report.files[0]).endswith("read by OCR")
    document = text_of(index_dir, HashEncoder())
    assert "Astrid Holm" in document.text
    assert not (index_dir / ".pages").exists()


def test_a_build_stores_the_places_of_what_was_read(folder, tmp_path):
    build(folder, tmp_path / "index", encoder=HashEncoder())
    before = text_of(tmp_path / "index", HashEncoder())
    (folder / "other.txt").write_text("It rains in the valley.", encoding="utf-8")
    build(folder, tmp_path / "index", encoder=HashEncoder())
    assert text_of(tmp_path / "index", HashEncoder()) == before
    assert [line.page for line in before.scanned] == [1, 1, 2]


def test_a_kept_page_that_is_damaged_is_read_again(tmp_path):
    page = OcrPage((OcrLine("a word", ((0.0, 0.0),) * 4, (0.9, 0.8)),), 1, 30, 20)
    picture = make_picture(["x"])
    read, told = [], []

    def reading():
        read.append(1)
        return page

    store = PageFolder(tmp_path / "pages")
    with (tmp_path / "scan.tiff").open("wb") as file:
        store.turn_to("scan.tiff", file.fileno())
    kept = KeptPages(store, lambda *page: told.append(page))
    assert kept.page(np.asarray(picture), 3, 40, reading) == page
    assert kept.page(np.asarray(picture), 3, 40, reading) == page
    assert len(read) == 1
    (stored,) = (tmp_path / "pages").glob("*/*")
    assert json.loads(stored.read_bytes()[20:])[0][0][0] == "a word"
    stored.write_bytes(stored.read_bytes()[:-3])
    assert kept.page(np.asarray(picture), 3, 40, reading) == page
    assert len(read) == 2
    assert told == [(3, 40)] * 3


def test_each_page_has_the_whole_time(tmp_path, monkeypatch):
    (tmp_path / "slow_pages.py").write_text(
        "import time\n"
        "from qa.loaders.ocr.kept import KEPT\n"
        "from qa.types import Block, Document\n"
        "def load(path, *, folder, descriptor=None):\n"
        "    for page in range(4):\n"
        "        time.sleep(1)\n"
        "        KEPT.get().on_page(page + 1, 4)\n"
        "    return Document(path.name, 'It.', '', '', '', '', (Block(0, 3, 'body'),))\n",
        encoding="utf-8",
    )
    (tmp_path / "a.txt").write_text("It.", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    told = []
    limits = {"timeout_s": 3, "on_page": lambda *page: told.append(page)}
    with Sandbox(loader="slow_pages", **limits) as sandbox:
        assert sandbox.load(tmp_path / "a.txt", folder=tmp_path).text == "It."
    assert told == [("a.txt", page, 4) for page in range(1, 5)]

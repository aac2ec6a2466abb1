"""The page shows the picture of a scanned page, with boxes around the words that are quoted."""

import base64
import io
import re
from dataclasses import replace

import pytest
from making import make_picture, zipped
from PIL import Image

from benchmarks.hashing import HashEncoder
from qa.builder import build, page_picture
from qa.index import open_index
from qa.types import Answer, Block, Document, Passage, Place, Prediction, ScannedLine
from qa.web.render import evidence_html
from qa.web.scan import first_scan, scan_of
from qa.web.views import Turn, View

TEXT = "Rent of the mill\n\nIt was paid by Ada Blum."
SCANNED = (
    ScannedLine(0, 16, 1, ((1000, 1000), (2600, 1000), (2600, 1500), (1000, 1500)), (99,) * 4),
    # A tilted line of 24 letters, each 100 units wide, that runs downwards.
    ScannedLine(
        *(18, 42, 1),
        ((1000, 2000), (3400, 2240), (3400, 2740), (1000, 2500)),
        (100, 98, 97, 96, 60, 88),
    ),
)
DOCUMENT = Document(
    *("rent.png", TEXT, "0" * 64, "Rent", "", "documents/rent.png"),
    (Block(0, 16, "heading", 1), Block(18, 42, "body")),
    (0,),
    scanned=SCANNED,
)
JPEG = b"\xff\xd8\xff picture"


def test_words_are_boxed_by_their_share_of_the_line():
    start = TEXT.index("Ada")
    scan = scan_of(DOCUMENT, [(start, start + 8, "answer"), (18, 42, "passage")], lambda *_: JPEG)
    assert scan.page == 1
    assert scan.source == f"data:image/jpeg;base64,{base64.b64encode(JPEG).decode()}"
    assert scan.confidence == 0.6  # "Ada", the less certain of the two words
    (passage, under), (answer, over) = scan.boxes
    assert (under, over) == ("passage", "answer")
    assert passage == "1000,2000 3400,2240 3400,2740 1000,2500"
    # From the sixteenth letter to the end of the twenty-third, and half a letter more.
    assert answer == "2450,2145 3350,2235 3350,2735 2450,2645"


def test_text_that_ocr_did_not_read_has_no_picture():
    asked = []
    document = Document(*("a.txt", TEXT, "", "", "", "a.txt"), (Block(0, 16, "body"),))
    assert scan_of(document, [(0, 4, "answer")], lambda *where: asked.append(where)) is None
    assert asked == []
    assert scan_of(DOCUMENT, [], lambda *_: JPEG) is None
    assert scan_of(DOCUMENT, [(0, 4, "answer")], lambda *_: None) is None


def test_the_evidence_shows_the_scan_above_the_text():
    start = TEXT.index("Ada")
    place = Place("rent.png", start, start + 8, "documents/rent.png", page=1, text="Ada Blum")
    answer = Answer("Ada Blum", place, 0.9, Passage("rent.png", 18, 42, TEXT[18:]))
    prediction = Prediction("Who paid?", "Who paid?", (answer,), "answer", ())
    html = evidence_html(
        [Turn("Who paid?", prediction)],
        View("answer"),
        document=lambda _: DOCUMENT,
        picture=lambda document_id, page: JPEG if (document_id, page) == ("rent.png", 1) else None,
    )
    figure = re.search(r"<figure.*</figure>", html, re.S)[0]
    assert html.index("<figure") < html.index('<div class="document"')
    assert 'src="data:image/jpeg;base64,' in figure
    assert re.findall(r'polygon class="(\w+)"', figure) == ["passage", "answer"]
    assert "confidence in the least clear word is 60%" in figure


def test_a_scan_is_shown_with_its_first_page_where_nothing_is_quoted():
    html = evidence_html(
        [],
        View("document", document_id="rent.png"),
        document=lambda _: DOCUMENT,
        picture=lambda document_id, page: JPEG if (document_id, page) == ("rent.png", 1) else None,
    )
    figure = re.search(r"<figure.*</figure>", html, re.S)[0]
    assert 'src="data:image/jpeg;base64,' in figure
    assert "polygon" not in figure
    assert "boxed" not in figure
    assert first_scan(DOCUMENT, lambda *_: None) is None
    assert first_scan(replace(DOCUMENT, scanned=()), lambda *_: JPEG) is None


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A build over a scan, a PDF and an archive with the scan in it."""
    place = tmp_path_factory.mktemp("scans")
    folder = place / "documents"
    folder.mkdir()
    pages = [
        make_picture(["The mill was built in 1790."]),
        make_picture(["It burnt down in 1911."]),
    ]
    file = io.BytesIO()
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:])
    (folder / "mill.tiff").write_bytes(file.getvalue())
    (folder / "papers.zip").write_bytes(zipped({"old/mill 2.tiff": file.getvalue() + b"\0"}))
    pages[0].save(folder / "mill.pdf", "PDF")
    build(folder, place / "index", encoder=HashEncoder())
    index = open_index(place / "index", encoder_fingerprint=HashEncoder.fingerprint)
    yield folder, index
    index.close()


@pytest.mark.parametrize(
    ("name", "page"),
    [("mill.tiff", 1), ("mill.tiff", 2), ("mill.pdf", 1), ("papers.zip/old/mill 2.tiff", 2)],
)
def test_the_picture_of_a_page_is_drawn_from_its_file(built, name, page):
    folder, index = built
    document = index.document(name)
    drawn = page_picture(folder, name, page, document.sha256)
    picture = Image.open(io.BytesIO(drawn)).convert("L")
    line = next(line for line in document.scanned if line.page == page)
    (left, top), _, (right, bottom), _ = (
        (x * picture.width // 10_000, y * picture.height // 10_000) for x, y in line.corners
    )
    inside = picture.crop((left, top, right, bottom))
    dark = sum(value < 128 for value in picture.tobytes())
    assert sum(value < 128 for value in inside.tobytes()) > 0.95 * dark > 100
    assert page_picture(folder, name, 7, document.sha256) is None


def test_a_file_that_changed_has_no_picture(built):
    folder, index = built
    (folder / "mill copy.tiff").write_bytes((folder / "mill.tiff").read_bytes() + b"\0")
    document = index.document("mill.tiff")
    assert page_picture(folder, "mill copy.tiff", 1, document.sha256) is None
    assert page_picture(folder, "missing.tiff", 1, document.sha256) is None

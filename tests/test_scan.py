"""Pages of scans and PDF files are drawn, with boxes around the words that are quoted."""

import io
import re
from dataclasses import replace
from statistics import mean

import pytest
from making import font_file, make_pdf, make_picture, zipped
from PIL import Image, ImageFont

from benchmarks.hashing import HashEncoder
from qa.builder import build
from qa.errors import UnreadableDocument
from qa.index import open_index
from qa.loaders.ocr.places import aligned
from qa.networks.ocr import OcrLine, OcrPage
from qa.types import Block, Document, ScannedLine
from qa.viewer import PageViewer, boxes_of

TEXT = "Rent of the mill\n\nIIII MMMM paid Ada Blum."
SCANNED = (
    ScannedLine(0, 16, 1, ((1000, 1000), (2600, 1000), (2600, 1500), (1000, 1500)), (99,) * 4),
    # A tilted line of 24 letters, 2,400 units wide, that runs downwards.
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


def test_words_are_boxed_by_their_share_of_the_width_of_the_line():
    start = TEXT.index("MMMM")
    marks = [(start, start + 4, "answer"), (18, 42, "passage")]
    (passage, under), (answer, over) = boxes_of(TEXT, DOCUMENT.scanned, marks)
    assert (under, over) == ("passage", "answer")
    assert passage == "1000,2000 3400,2240 3400,2740 1000,2500"
    # From 1,390 thousandths of the size of the type to 4,722, of 11,781; and a little more. By the
    # count of letters it would be from 1,500 to 1,900.
    assert answer == "1268,2027 1977,2098 1977,2598 1268,2527"
    assert boxes_of(TEXT, DOCUMENT.scanned, [(200, 210, "answer")]) == []


def test_part_of_a_scanned_line_is_placed_by_the_width_of_its_letters():
    corners = ((0.0, 0.0), (4722.0, 0.0), (4722.0, 100.0), (0.0, 100.0))
    line = OcrLine("IIII MMMM", corners, (0.9, 0.8))
    page = OcrPage((line,), 0, 4722, 100)
    (found,) = aligned("MMMM", 0, 4, page, 1, [line])
    assert [x for x, _ in found.corners] == [2944, 10_000, 10_000, 2944]


def test_words_of_a_scan_are_boxed_where_ocr_saw_their_letters():
    # Of a typewriter, whose I is as wide as its M.
    edges = ((0.0, 0.44), (0.56, 1.0))
    corners = ((0.0, 0.0), (900.0, 0.0), (900.0, 100.0), (0.0, 100.0))
    line = OcrLine("IIII MMMM", corners, (0.9, 0.8), edges)
    page = OcrPage((line,), 0, 900, 100)
    text = "IIII MMMM"
    (found,) = aligned(text, 0, 9, page, 1, [line])
    assert found.edges == ((0, 4400), (5600, 10_000))
    boxes = boxes_of(text, [found], [(0, 4, "also"), (5, 9, "answer"), (7, 9, "now")])
    # Within a word by the width of its letters; and a tenth of a letter more on either side.
    assert [(points.split(",")[0], points.split()[1].split(",")[0]) for points, _ in boxes] == [
        ("0", "4567"),
        ("5433", "10000"),
        ("7633", "10000"),
    ]


def test_words_beside_each_other_share_a_box_and_lines_do_not():
    def word(start, end, left, right, top):
        corners = ((left, top), (right, top), (right, top + 100), (left, top + 100))
        return ScannedLine(start, end, 1, corners, ())

    words = [word(0, 3, 100, 200, 100), word(4, 7, 230, 330, 100), word(8, 11, 100, 200, 250)]
    boxes = boxes_of("Ada Blum and", words, [(0, 11, "passage")])
    assert boxes == [
        ("100,100 330,100 330,200 100,200", "passage"),
        ("100,250 200,250 200,350 100,350", "passage"),
    ]


SENTENCE = "The mill was built in 1790."
PARAGRAPH = "The ferry to the island leaves the northern pier at a quarter past seven each day. "


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A build over a scan, PDF files with and without a text layer, and an archive with a scan."""
    place = tmp_path_factory.mktemp("scans")
    folder = place / "documents"
    folder.mkdir()
    pages = [
        make_picture([SENTENCE]),
        make_picture(["It burnt down in 1911."]),
    ]
    file = io.BytesIO()
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:])
    (folder / "mill.tiff").write_bytes(file.getvalue())
    (folder / "papers.zip").write_bytes(zipped({"old/mill 2.tiff": file.getvalue() + b"\0"}))
    pages[0].save(folder / "mill.pdf", "PDF")
    content = [("heading", "The ferry"), *[("text", PARAGRAPH * 4)] * 14]
    table = [["Class", "Fare"], ["Adult", "12 euro"], ["Child", "5 euro"], ["Dog", "3 euro"]]
    (folder / "ferry.bin").write_bytes(make_pdf([*content, ("table", table)]))
    (folder / "notes.txt").write_text("The ferry\n\nIt is green.", encoding="utf-8")
    build(folder, place / "index", encoder=HashEncoder())
    index = open_index(place / "index", encoder_fingerprint=HashEncoder.fingerprint)
    viewer = PageViewer(folder)
    yield folder, index, viewer
    viewer.close()
    index.close()


def dark(picture):
    return sum(value < 128 for value in picture.convert("L").tobytes())


@pytest.mark.parametrize(
    ("name", "page"),
    [("mill.tiff", 1), ("mill.tiff", 2), ("mill.pdf", 1), ("papers.zip/old/mill 2.tiff", 2)],
)
def test_the_picture_of_a_page_is_drawn_from_its_file(built, name, page):
    _, index, viewer = built
    document = index.document(name)
    assert viewer.is_drawable(document)
    picture = Image.open(io.BytesIO(viewer.picture(document, page)))
    (line,) = viewer.places(document, page)
    (left, top), _, (right, bottom), _ = (
        (x * picture.width // 10_000, y * picture.height // 10_000) for x, y in line.corners
    )
    assert dark(picture.crop((left, top, right, bottom))) > 0.95 * dark(picture) > 100
    with pytest.raises(UnreadableDocument):
        viewer.picture(document, 7)


def test_the_boxes_of_words_on_a_scan_are_where_the_words_are(built):
    _, index, viewer = built
    document = index.document("mill.tiff")
    font = ImageFont.truetype(font_file("Vera.ttf"), 30)  # as make_picture writes
    lines = viewer.places(document, 1)
    before, after = [], []
    for word in re.finditer(r"\S+", SENTENCE):
        start = document.text.index(SENTENCE) + word.start()
        ((points, _),) = boxes_of(document.text, lines, [(start, start + len(word[0]), "answer")])
        left, right = (int(point.split(",")[0]) * 0.11 for point in points.split()[:2])  # of 1100
        begin = 60 + font.getlength(SENTENCE[: word.start()])
        ink = font.getbbox(word[0])
        letter = font.getlength(SENTENCE) / len(SENTENCE)
        before.append((left - begin - ink[0]) / letter)
        after.append((right - begin - ink[2]) / letter)
    assert -0.2 < mean(before[1:]) < 0.05  # the first begins with the line
    assert -0.05 < mean(after[:-1]) < 0.2


def test_words_of_a_text_layer_are_found_on_their_page(built):
    _, index, viewer = built
    document = index.document("ferry.bin")
    assert viewer.is_drawable(document)
    assert not viewer.is_drawable(index.document("notes.txt"))
    assert len(document.pages) > 1
    page = len(document.pages)
    start = document.text.index("12 euro")
    places = viewer.places(document, page)
    words = [document.text[place.start : place.end] for place in places]
    assert words == document.text[document.pages[page - 1] :].replace("|", " ").split()
    picture = Image.open(io.BytesIO(viewer.picture(document, page, large=True)))
    ((points, kind),) = boxes_of(document.text, places, [(start, start + 7, "answer")])
    assert kind == "answer"
    corners = [tuple(map(int, point.split(","))) for point in points.split()]
    box = [
        round(share * side / 10_000)
        for share, side in zip((*corners[0], *corners[2]), picture.size * 2, strict=True)
    ]
    # The words are in the box, and nothing is to the right of it in the last column.
    assert dark(picture.crop(box)) > 50
    assert dark(picture.crop((box[2], box[1], picture.width, box[3]))) == 0


def test_what_was_drawn_is_kept_in_bounded_memory(built):
    folder, index, _ = built
    viewer = PageViewer(folder, kept_bytes=300_000)
    try:
        document = index.document("ferry.bin")
        sizes = [len(viewer.picture(document, page)) for page in (1, 2, 1)]
        assert max(sizes) < 300_000 < sizes[0] + sizes[1]
        assert 0 < viewer.kept_bytes <= 300_000
    finally:
        viewer.close()


def test_a_file_that_changed_has_no_picture(built):
    folder, index, viewer = built
    (folder / "mill copy.tiff").write_bytes((folder / "mill.tiff").read_bytes() + b"\0")
    document = index.document("mill.tiff")
    for name in ("mill copy.tiff", "missing.tiff"):
        with pytest.raises(UnreadableDocument):
            viewer.picture(replace(document, id=name), 1)


def test_a_file_that_takes_too_long_is_given_up_and_the_next_is_drawn(built):
    folder, index, _ = built
    viewer = PageViewer(folder, timeout_s=0.001)
    document = index.document("ferry.bin")
    try:
        with pytest.raises(UnreadableDocument, match="longer than"):
            viewer.picture(document, 1)
        viewer.timeout_s = 60
        assert viewer.picture(document, 1).startswith(b"\xff\xd8")
    finally:
        viewer.close()

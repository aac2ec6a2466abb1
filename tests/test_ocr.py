"""Scans and pictures are read by OCR, and every word read has its place on the picture."""

import io
import struct
import subprocess
import sys
from zlib import compressobj, crc32

import pytest
from making import font_file, make_picture, middle_of, skewed
from PIL import Image, ImageDraw, ImageFile, ImageFont

from qa.errors import ModelNotFound, UnreadableDocument
from qa.viewer import boxes_of

LETTER = [
    "# Harbour office of Mellin Quay",
    "Reference: HT/2026/0417",
    "The slipway is closed from 6 April to 19 May 2026, and small",
    "craft may use the beach at Sandwick Point. The contractor has",
    "quoted £48,750.00 for the work, which Tobias Lindqvist will",
    "inspect every Thursday.",
]
FONT = ImageFont.truetype(font_file("Vera.ttf"), 30)
PROSE = "The slipway is closed from 6 April to 19 May 2026, and small craft may use the beach"


@pytest.fixture(scope="module")
def letter():
    return make_picture(LETTER)


def saved(picture, kind="PNG", **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def png_of(width, height):
    """Return a PNG of one bit a pixel and of this size, all of it black."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc32(kind + data))

    rows = compressobj()
    row = bytes(1 + (width + 7) // 8)
    pixels = b"".join(rows.compress(row) for _ in range(height)) + rows.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def body(document):
    return [document.text[b.start : b.end] for b in document.blocks if b.kind == "body"]


def line_of(document, words):
    """The line of OCR that contains these words."""
    start = document.text.index(words)
    return next(line for line in document.scanned if line.start <= start < line.end)


def test_a_picture_becomes_paragraphs_lines_and_places(read, letter):
    document = read(saved(letter), "letter.png")
    assert document.title == "Harbour office of Mellin Quay"
    assert document.notes == ("read by OCR",)
    assert document.pages == (0,)
    reference, prose = body(document)
    assert reference == LETTER[1]
    assert prose == " ".join(LETTER[2:])
    start = document.text.index("Tobias")
    words = document.read_by_ocr(start, start + len("Tobias Lindqvist"))
    assert [word for word, _ in words] == ["Tobias", "Lindqvist"]
    assert all(0.8 < confidence <= 1 for _, confidence in words)
    lines = [document.text[line.start : line.end] for line in document.scanned]
    assert lines == [document.title, *LETTER[1:]]
    assert all(line.page == 1 for line in document.scanned)
    # The corners are around the ink: the fifth line of the letter, which begins at its left edge.
    (left, top), (right, _), (_, bottom), _ = line_of(document, "Tobias").corners
    assert 400 < left < 900
    assert 7000 < right < 9800
    middle = (top + bottom) / 2 / 10_000 * letter.height
    assert abs(middle - middle_of(4)) < 12


def test_words_have_the_edges_that_they_are_drawn_with(read):
    """By the widths of letters they would be up to three away: these are equally wide."""
    line = "Mammoths fill little mills with women"
    picture = Image.new("RGB", (1100, 120), "white")
    draw = ImageDraw.Draw(picture)
    drawn = []
    for place, letter in enumerate(line):
        left = 60 + 26 * place
        draw.text((left + 13, 80), letter, fill="black", font=FONT, anchor="ms")
        drawn.append(left)
    document = read(saved(picture), "typed.png")
    assert document.text == line
    for word in line.split():
        start = line.index(word)
        ((points, _),) = boxes_of(line, document.scanned, [(start, start + len(word), "answer")])
        left, right = (float(each.split(",")[0]) / 10_000 * 1100 for each in points.split()[:2])
        assert abs(left - drawn[start]) < 26
        assert abs(right - drawn[start + len(word) - 1] - 26) < 26


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_the_same_page_twice_gives_the_same_document(read, letter, kind):
    first, second = (read(saved(letter, kind), f"{name}.x") for name in "ab")
    assert PROSE in first.text
    assert (first.text, first.scanned) == (second.text, second.scanned)


def test_one_core_reads_the_same_as_several(read, letter, monkeypatch):
    found = []
    for count in (1, 3):
        monkeypatch.setattr("qa.networks.ocr.cores", lambda count=count: count)
        document = read(saved(letter), "letter.png")
        found.append((document.text, document.scanned))
    assert found[0] == found[1]


def test_a_tilted_noisy_page_is_read_in_order(read, letter):
    document = read(saved(skewed(letter), "JPEG", quality=80), "tilted.jpg")
    assert body(document)[-1] == " ".join(LETTER[2:])


@pytest.mark.parametrize("turns", [1, 2])
def test_a_page_on_its_side_or_upside_down_is_read(read, letter, turns):
    document = read(saved(letter.rotate(90 * turns, expand=True)), "turned.png")
    assert PROSE in document.text
    (x, y), (right, below), *_ = line_of(document, "Tobias").corners
    if turns == 1:  # anticlockwise: the text runs upwards
        assert (y > below, abs(x - right) < 100) == (True, True)
    else:
        assert (x > right, abs(y - below) < 100) == (True, True)


def test_the_rotation_that_a_camera_states_is_followed(read, letter):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90° clockwise
    document = read(saved(letter.rotate(90, expand=True), "JPEG", exif=exif), "photo.jpg")
    assert PROSE in document.text
    (x, _), (right, _), *_ = line_of(document, "Tobias").corners
    assert x < right


def test_every_page_of_a_tiff_is_read(read, letter):
    second = make_picture(["The lamp at the end of the pier was replaced by Ingrid Holm."])
    data = saved(letter, "TIFF", save_all=True, append_images=[second])
    document = read(data, "pages.tiff")
    assert document.page_at(document.text.index("Tobias")) == 1
    assert document.page_at(document.text.index("Ingrid")) == 2
    assert line_of(document, "Ingrid").page == 2


def test_columns_are_read_one_after_the_other_and_rows_of_a_table_across(read):
    left = [
        "The clockmaker came to the",
        "town in winter and asked for",
        "a stove, a bench and one",
    ]
    left += ["window that faced the south,", "because he worked at night."]
    right = [
        "Neighbours heard him file the",
        "wheels before dawn and again",
        "after supper, until the",
    ]
    right += ["tanner complained about it to", "the magistrate of the town."]
    document = read(saved(make_picture(left, right)), "columns.png")
    assert " ".join(document.text.split()) == " ".join([*left, *right])
    names, prices = ["Item", "Brass screw", "Oak dowel"], ["Price", "£7.85", "£4.20"]
    document = read(saved(make_picture(names, prices)), "table.png")
    assert "Brass screw | £7.85" in document.text


def test_a_divided_word_is_joined_and_has_two_places(read):
    lines = ["The annual report about the restor-", "ation of the bridge is ready to print"]
    document = read(saved(make_picture(lines)), "word.png")
    assert "the restoration of" in document.text
    first, second = document.scanned
    assert document.text[first.start : first.end].endswith("restor")
    assert document.text[second.start : second.end].startswith("ation of")
    start = document.text.index("restoration")
    words = document.read_by_ocr(start, start + len("restoration"))
    assert [word for word, _ in words] == ["restor", "ation"]


def test_a_picture_without_text_says_so(read):
    picture = Image.radial_gradient("L").resize((400, 300))
    with pytest.raises(UnreadableDocument, match="a picture in which no text was found"):
        read(saved(picture), "moon.png")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_a_damaged_picture_says_so(read, letter, kind):
    data = saved(letter, kind)
    for damaged in (data[:40], data[: len(data) // 2], data[:200] + b"\0" * 400 + data[600:900]):
        with pytest.raises(UnreadableDocument, match=r"damaged picture|no text was found"):
            read(damaged, "damaged.png")


def test_a_huge_picture_is_refused_before_it_is_decoded(read, letter, monkeypatch):
    decoded, load = [], ImageFile.ImageFile.load

    def seen(image):
        decoded.append(image.size)
        return load(image)

    monkeypatch.setattr(ImageFile.ImageFile, "load", seen)
    for side, reason in [
        (50_000, "more than 80 million pixels: reduce it"),
        (10_000, "of 10,000 × 10,000 pixels with more than 80 million"),
    ]:
        with pytest.raises(UnreadableDocument, match=reason):
            read(png_of(side, side), "bomb.png")
    with pytest.raises(UnreadableDocument, match="5,000 × 2 pixels, not a page"):
        read(saved(Image.new("1", (5_000, 2))), "line.png")
    assert decoded == []
    read(saved(letter), "letter.png")
    assert decoded  # a picture that is decoded would have been noticed


def test_without_the_extra_the_remedy_installs_it(read, letter, monkeypatch):
    from qa.networks import ocr

    def missing():
        raise ModelNotFound("OCR is not installed", ocr.INSTALL)

    monkeypatch.setattr("qa.loaders.ocr.reading.load_ocr", missing)
    install = r"OCR is not installed: run `pip install 'verbatim-qa\[ocr\]'`"
    with pytest.raises(UnreadableDocument, match=f"a picture, and {install}"):
        read(saved(letter), "letter.png")
    with pytest.raises(UnreadableDocument, match=f"without a usable text layer, and {install}"):
        read(saved(letter, "PDF"), "scan.pdf")


def test_ocr_loads_files_of_the_installed_package_and_nothing_else(tmp_path):
    """A process that may not connect, and whose files outside the environment are new."""
    saved_letter = tmp_path / "letter.png"
    saved_letter.write_bytes(saved(make_picture(LETTER[:3])))
    code = """
import sys
def guard(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "urllib.Request"):
        print("NETWORK", event, flush=True)
        raise PermissionError(event)
    if event == "open" and isinstance(arguments[1], str) and set("wax+") & set(arguments[1]):
        if "__pycache__" not in str(arguments[0]):
            print("WRITES", arguments[0], flush=True)
sys.addaudithook(guard)
from pathlib import Path
from qa.loaders import load
path = Path(sys.argv[1])
print(len(load(path, folder=path.parent).scanned))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, saved_letter], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["3"]


def test_a_missing_model_is_not_downloaded(monkeypatch, tmp_path):
    import rapidocr

    from qa.networks.ocr import Ocr

    monkeypatch.setattr(rapidocr, "__file__", str(tmp_path / "__init__.py"))
    with pytest.raises(ModelNotFound, match="is missing: run `pip install --force-reinstall"):
        Ocr()
    assert not list(tmp_path.iterdir())

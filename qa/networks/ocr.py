"""Read the letters in a picture: RapidOCR's networks (PP-OCRv6) on ONNX Runtime."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.errors import ModelNotFound
from qa.networks.threads import cores, limit_threads
from qa.text import type_width

Picture = NDArray[np.uint8]
Corners = tuple[tuple[float, float], ...]

INSTALL = "run `pip install 'verbatim-qa[ocr]'`, or `pip install -e '.[ocr]'` in a clone"
_DETECTION, _RECOGNITION = "PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx"
# Lines are found in a smaller picture, of so many pixels, and read in the whole one.
_DETECTION_PIXELS = 1_150_000
# A line read with less is a pattern or a logo that looks like letters.
_MIN_CONFIDENCE = 0.5
# A box this many times as high as wide contains a line that runs upwards, not a narrow letter.
_VERTICAL = 3.0
_MAX_LINES = 2_000
_NO_LIMIT = 1_000_000
# A page read with less may be upside down; some of its lines are read the other way round.
_SURE = 0.85
_SAMPLE = 8
# A letter reaches about so many columns of the network's output to the left and to the right of
# the place where it is sure of it.
_LEFT, _RIGHT = 1.0, 1.25
# What a network for Chinese may return for the signs of other languages.
_WIDE = {0xFEE0 + code: code for code in range(0x21, 0x7F)} | {0x3000: 0x20}


@dataclass(frozen=True, slots=True)
class OcrLine:
    """A line that was read.

    ``corners`` are in pixels of the upright picture, clockwise from the upper left of the text.
    ``confidences`` has a value from 0 to 1 for each word of ``text``, ``edges`` where it begins and
    ends, as shares of the line's length; empty where that is not known.
    """

    text: str
    corners: Corners
    confidences: tuple[float, ...]
    edges: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class OcrPage:
    """The lines of a picture, in no order; ``turns`` are the quarter turns that set it upright.

    Turns are anticlockwise; ``width`` and ``height`` are those of the upright picture.
    """

    lines: tuple[OcrLine, ...]
    turns: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a line, its least certain letter's confidence, and where it begins and ends."""

    text: str
    confidence: float
    edges: tuple[float, float]


_Words = list[_Word]


def is_installed() -> bool:
    """Return whether the extra ``ocr`` is installed."""
    return importlib.util.find_spec("rapidocr") is not None


@lru_cache(maxsize=1)
def load_ocr() -> Ocr:
    """Return the networks, loaded once a process."""
    return Ocr()


class Ocr:
    """Finds lines in a picture and reads them, each on one thread and several at once.

    The networks are files of the installed package ``rapidocr``; nothing is downloaded. A line
    reads the same whatever is read beside it. Raises ModelNotFound if the package is missing.
    """

    def __init__(self) -> None:
        if not is_installed():
            raise ModelNotFound("OCR is not installed", INSTALL)
        import rapidocr

        limit_threads()
        folder = Path(rapidocr.__file__).parent / "models"
        for name in (_DETECTION, _RECOGNITION):
            if not (folder / name).is_file():  # RapidOCR would download it
                raise ModelNotFound(
                    f"{folder / name} is missing",
                    "run `pip install --force-reinstall --no-deps rapidocr`",
                )
        paths = {
            "Det.model_path": str(folder / _DETECTION),
            "Rec.model_path": str(folder / _RECOGNITION),
        }
        self._detect = _engine(paths, "Det", limit_type="max", limit_side_len=_NO_LIMIT)
        self._recognize = _engine(paths, "Rec", rec_batch_num=1)

    def read(self, picture: Picture) -> OcrPage:
        """Return the lines of a picture, shape ``(height, width, 3)``, blue first.

        A page that lies on its side or upside down is turned.
        """
        boxes, turns = self._boxes(picture), 0
        if _mostly_vertical(boxes):
            picture, turns = _turned(picture, 1), 1
            boxes = self._boxes(picture)
        crops = [_crop(picture, box) for box in boxes]
        found = self._read_all(crops)
        if self._is_upside_down(crops, found):
            picture, turns = _turned(picture, 2), turns + 2
            boxes = self._boxes(picture)
            found = self._read_all([_crop(picture, box) for box in boxes])
        lines = [
            OcrLine(
                " ".join(word.text for word in words),
                tuple((float(x), float(y)) for x, y in box),
                tuple(word.confidence for word in words),
                tuple(word.edges for word in words),
            )
            for box, words in zip(boxes, found, strict=True)
            if words and _mean(words) >= _MIN_CONFIDENCE
        ]
        height, width = picture.shape[:2]
        return OcrPage(tuple(lines), turns, width, height)

    def _boxes(self, picture: Picture) -> list[NDArray[np.float32]]:
        """Return the corners of each line, clockwise from its upper left."""
        from PIL import Image

        height, width = picture.shape[:2]
        share = min((_DETECTION_PIXELS / (width * height)) ** 0.5, 1.0)
        size = max(round(share * width), 1), max(round(share * height), 1)
        smaller = np.asarray(Image.fromarray(picture).resize(size)) if share < 1 else picture
        found = self._detect(smaller).boxes
        if found is None:
            return []
        scale = np.array([width / size[0], height / size[1]])
        return list((found[:_MAX_LINES] * scale).astype(np.float32))

    def _is_upside_down(self, crops: Sequence[Picture], found: Sequence[_Words]) -> bool:
        """Return whether uncertain lines are more certain upside down."""
        if not found or mean(map(_mean, found)) >= _SURE:
            return False
        # Long lines take time, and a short word may be a number that reads either way.
        sample = sorted(range(len(crops)), key=lambda number: abs(_ratio(crops[number]) - 8))
        turned = self._read_all([_turned(crops[number], 2) for number in sample[:_SAMPLE]])
        upright = [found[number] for number in sample[:_SAMPLE]]
        return sum(map(_mean, turned)) > sum(map(_mean, upright))

    def _read_all(self, crops: Sequence[Picture]) -> list[_Words]:
        with ThreadPoolExecutor(cores()) as pool:
            return list(pool.map(self._words, crops))

    def _words(self, crop: Picture) -> _Words:
        """Return the words of a line."""
        limit_threads()
        read = self._recognize(crop)
        if not read.txts:
            return []
        text, found = read.txts[0].translate(_WIDE), read.word_results[0]
        confidences = [
            each for letter, each in zip(text, found.confs, strict=True) if not letter.isspace()
        ]
        columns = [each for word in found.word_cols for each in word]
        words: _Words = []
        for word, (first, last) in zip(text.split(), _edges(text, columns), strict=True):
            edges = max(first / found.line_txt_len, 0.0), min(last / found.line_txt_len, 1.0)
            words.append(_Word(word, round(min(confidences[: len(word)]), 2), edges))
            del confidences[: len(word)]
        return words


def _edges(text: str, columns: Sequence[int]) -> Iterator[tuple[float, float]]:
    """Yield where each word of a line begins and ends, in columns.

    ``columns`` are those of the letters. The middle between the edges by its first and its last
    letter, and those by all its letters and their usual widths: each is wrong in another way.
    """
    letters = [place for place, letter in enumerate(text) if not letter.isspace()]
    begins = [type_width(text[:place]) for place in letters]
    ends = [type_width(text[: place + 1]) for place in letters]
    middles = [(begin + end) / 2 for begin, end in zip(begins, ends, strict=True)]
    span = middles[-1] - middles[0] if letters else 0.0
    scale = (columns[-1] - columns[0]) / span if span else 0.0
    at = 0
    for word in text.split():
        these = slice(at, at + len(word))
        at += len(word)
        seen = columns[these]
        moved = mean(seen) - scale * mean(middles[these])
        first, last = scale * begins[these][0] + moved, scale * ends[these][-1] + moved
        yield (first + seen[0] - _LEFT) / 2, (last + seen[-1] + _RIGHT) / 2


def _engine(paths: dict[str, str], stage: str, **settings: object) -> Any:
    """Return RapidOCR with one of its stages."""
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            **paths,
            **{f"Global.use_{name.lower()}": name == stage for name in ("Det", "Rec", "Cls")},
            **{f"{stage}.{name}": value for name, value in settings.items()},
            "Global.log_level": "critical",
            "Global.use_preprocess_img": False,
            "Global.return_word_box": True,  # for the confidence of each letter
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


def _mean(words: _Words) -> float:
    return mean(word.confidence for word in words) if words else 0.0


def _ratio(crop: Picture) -> float:
    return float(crop.shape[1] / crop.shape[0])


def _turned(picture: Picture, turns: int) -> Picture:
    return np.ascontiguousarray(np.rot90(picture, turns))


def _mostly_vertical(boxes: Sequence[NDArray[np.float32]]) -> bool:
    sides = [_sides(box) for box in boxes]
    across = sum(width for width, height in sides if width > 2 * height)
    upwards = sum(height for width, height in sides if height > 2 * width)
    return upwards > across


def _sides(box: NDArray[np.float32]) -> tuple[float, float]:
    """Return the width and the height of a box that may be tilted."""
    return float(np.linalg.norm(box[1] - box[0])), float(np.linalg.norm(box[3] - box[0]))


def _crop(picture: Picture, box: NDArray[np.float32]) -> Picture:
    from rapidocr.utils.process_img import get_rotate_crop_image

    crop: Picture = get_rotate_crop_image(picture, box.copy())
    width, height = _sides(box)
    if crop.shape[1] > crop.shape[0] and width < height < _VERTICAL * width:
        crop = _turned(crop, -1)  # it turned a narrow letter
    return crop

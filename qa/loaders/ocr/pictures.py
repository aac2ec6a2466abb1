"""Open PNG, JPEG and TIFF files within limits, each page the way up that its file says."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.errors import UnreadableDocument

Picture = NDArray[np.uint8]

MAX_PAGES = 5_000
# A page of A3 at 600 dpi is 70 million pixels.
MAX_PIXELS = 80_000_000
# Larger pictures are reduced to this, which is A4 at 340 dpi.
WORKING_PIXELS = 11_000_000
_SHOWN_PIXELS, _LARGE_PIXELS = 1_400_000, 6_000_000
# A picture with a shorter side, or this much longer than wide, contains no line of text.
_MIN_SIDE = 8
_MAX_RATIO = 40
_FORMATS = ("PNG", "JPEG", "TIFF")
_MAGICS = (b"\x89PNG", b"\xff\xd8\xff", b"II*\0", b"MM\0*")
_WHITE = (255, 255, 255)


def is_picture(data: bytes) -> bool:
    """Return whether a file is a PNG, JPEG or TIFF, by its first bytes."""
    return data.startswith(_MAGICS)


def draw_picture(data: bytes, number: int, *, large: bool = False) -> bytes:
    """Return a page, from 0, of a picture file as a JPEG for the screen.

    ``large`` is to be looked at closely.
    """
    page = next(islice(open_pages(data), number, None), None)
    if page is None:
        raise UnreadableDocument("it has no such page")
    return to_jpeg(page[-1], large=large)


def to_jpeg(page: Picture, *, large: bool = False) -> bytes:
    """Return a page as a JPEG for the screen; ``large`` is to be looked at closely."""
    from PIL import Image

    image = Image.fromarray(page[:, :, ::-1])
    pixels = _LARGE_PIXELS if large else _SHOWN_PIXELS
    share = min((pixels / (image.width * image.height)) ** 0.5, 1.0)
    image = image.resize((round(share * image.width), round(share * image.height)))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=80)
    return file.getvalue()


def open_pages(data: bytes) -> Iterator[tuple[int, int, Picture]]:
    """Yield each page of a picture file: its number from 1, how many there are, and its picture.

    The picture is an array of shape ``(height, width, 3)``, blue first.

    The size that a page declares is checked before it is decoded. Raises UnreadableDocument.
    """
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of sizes that are within our limit, and odd metadata
            image = Image.open(io.BytesIO(data), formats=_FORMATS)
            count = getattr(image, "n_frames", 1) if image.format == "TIFF" else 1
            if count > MAX_PAGES:
                raise UnreadableDocument(f"TIFF of more than {MAX_PAGES:,} pages", "split it")
            for number in range(count):
                image.seek(number)
                yield number + 1, count, _page(image)
    except Image.DecompressionBombError as error:
        raise _too_large() from error
    except UnreadableDocument:
        raise
    except MemoryError:
        raise
    except Exception as error:  # Pillow raises many kinds of errors for damaged files
        raise UnreadableDocument("damaged picture (PNG, JPEG or TIFF)", "save it again") from error


def _page(image: Any) -> Picture:
    from PIL import ImageOps

    width, height = image.size
    if width * height > MAX_PIXELS:
        raise _too_large(f" of {width:,} × {height:,} pixels")
    if min(width, height) < _MIN_SIDE or max(width, height) > _MAX_RATIO * min(width, height):
        raise UnreadableDocument(f"a picture of {width:,} × {height:,} pixels, not a page")
    share = min((WORKING_PIXELS / (width * height)) ** 0.5, 1.0)
    size = max(round(share * width), 1), max(round(share * height), 1)
    image.draft("RGB", size)  # a JPEG can be decoded at a smaller size
    if image.mode.startswith("I;16"):
        image = image.point(lambda value: value / 256).convert("L")
    page = image.convert("RGBA") if _has_transparency(image) else image.convert("RGB")
    page = ImageOps.exif_transpose(page.resize(size) if share < 1 else page)
    if page.mode == "RGBA":
        ground = page.copy()
        ground.paste((*_WHITE, 255), (0, 0, *page.size))
        ground.alpha_composite(page)
        page = ground.convert("RGB")
    return np.ascontiguousarray(np.asarray(page)[:, :, ::-1])


def _has_transparency(image: Any) -> bool:
    return "transparency" in image.info or image.mode in ("RGBA", "LA", "PA")


def _too_large(size: str = "") -> UnreadableDocument:
    return UnreadableDocument(
        f"a picture{size} with more than {MAX_PIXELS // 1_000_000} million pixels", "reduce it"
    )

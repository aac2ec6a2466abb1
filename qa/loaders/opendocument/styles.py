"""Find the styles that an OpenDocument file declares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"


def declared(tag: str, body: Any, styles: Any) -> Iterator[Any]:
    """Yield the elements with a tag of ``styles.xml``, then those of the file that has the body.

    In a dictionary by name those of the file come out on top. ``styles`` is the root of
    ``styles.xml``, or None.
    """
    for root in (styles, body.getroottree().getroot()):
        if root is not None:
            yield from root.iter(tag)

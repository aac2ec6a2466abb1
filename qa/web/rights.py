"""What a visitor may do on the page."""

from __future__ import annotations

from dataclasses import dataclass

from qa.access import Visitor
from qa.collections import Holdings


@dataclass(frozen=True, slots=True)
class Rights:
    """Who a visitor is, and what they may do; ``visitor`` is empty where nobody logs in.

    ``may_edit`` is whether they may have the documents read again, ``may_change`` whether they may
    add, delete and rename them too: nobody may where they are served to be read only.
    """

    visitor: str
    may_edit: bool
    may_change: bool


def rights_of(visitor: Visitor, holdings: Holdings) -> Rights:
    """Return what a visitor may do with the documents that they see."""
    may_change = visitor.may_edit and holdings.files is not None
    return Rights(visitor.name, visitor.may_edit, may_change)

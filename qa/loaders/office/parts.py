"""Follow the relations between the parts of an Office Open XML file."""

from __future__ import annotations

import posixpath
import zipfile
from dataclasses import dataclass
from typing import Any

from qa.loaders.archive import parse_xml, read_member

_ID = (
    "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}",
    "{http://purl.oclc.org/ooxml/officeDocument/relationships}",
)


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation to another part: the last word of its type, and the path in the archive."""

    kind: str
    target: str


def relations(archive: zipfile.ZipFile, part: str) -> dict[str, Relation]:
    """Return the relations of a part by their ids, without those that lead out of the file."""
    folder, name = posixpath.split(part)
    root = parse_xml(read_member(archive, f"{folder}/_rels/{name}.rels"))
    found = {}
    for node in root if root is not None else ():
        if isinstance(node.tag, str) and node.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/", folder, node.get("Target", "")))
            kind = node.get("Type", "").rsplit("/", 1)[-1]
            found[node.get("Id", "")] = Relation(kind, target.lstrip("/"))
    return found


def relation_id(node: Any, name: str = "id") -> str:
    """Return the id of the relation that an element names, empty if it names none."""
    return next((value for space in _ID if (value := node.get(f"{space}{name}"))), "")


def local_name(node: Any) -> str:
    """Return the name of an element without its namespace, empty for a comment."""
    return node.tag.rsplit("}", 1)[-1] if isinstance(node.tag, str) else ""

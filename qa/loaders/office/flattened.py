"""Rewrite a Word document so that all of its words are where mammoth reads them.

mammoth leaves out simple fields, equations, comments and some text boxes, and breaks lines where
Word does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qa.loaders.described import formula_text, picture_text
from qa.loaders.office.parts import local_name

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_UNWRAPPED = {"fldSimple", "customXml", "smartTag", "oMathPara", "dir", "bdo"}
# Deleted text, and moved text where it was; what a field is made from.
_DELETED = {"del", "delText", "moveFrom", "instrText", "delInstrText"}


def flatten(body: Any, comments: Any) -> None:
    """Rewrite the body of a document in place; ``comments`` is the root of its comments, or None.

    A text box and a comment follow the paragraph, or the table, that they are anchored in.
    """
    for node in list(body.iter("{*}AlternateContent")):
        choice = node.find("{*}Choice")
        if choice is not None and any(True for _ in choice.iter(f"{_W}t", f"{_M}t")):
            _replace(node, list(choice))
    for node in list(body.iter(f"{_M}oMath")):
        _replace(node, [_run(formula_text(node))])
    for node in list(body.iter(f"{_W}ruby")):
        base, above = (
            "".join(
                t.text or "" for part in node.iterfind(f"{_W}{name}") for t in part.iter(f"{_W}t")
            )
            for name in ("rubyBase", "rt")
        )
        _replace(node, list(_run(f"{base} ({above})" if above else base)))
    for node in list(body.iter(f"{_W}cr")):
        node.tag = f"{_W}br"
    for node in list(body.iter()):
        if local_name(node) in _UNWRAPPED and node.getparent() is not None:
            _replace(node, [each for each in node if not local_name(each).endswith("Pr")])
    _move_boxes(body)
    _place_comments(body, comments)


def count_pictures(body: Any) -> int:
    """Return how many pictures are in a document that nothing describes."""
    pictures = body.iter("{*}blip", "{urn:schemas-microsoft-com:vml}imagedata")
    return sum(not _is_described(picture) for picture in pictures)


def _is_described(picture: Any) -> bool:
    drawing = next(picture.iterancestors(f"{_W}drawing"), None)
    found = None if drawing is None else next(drawing.iter("{*}docPr"), None)
    return found is not None and picture_text(found.get("descr")) != ""


def words_of(node: Any) -> str:
    """Return the words of a paragraph in one line."""
    parts: list[str] = []

    def collect(element: Any) -> None:
        for child in element:
            name = local_name(child)
            if name in _DELETED or name in ("txbxContent", "pPr"):
                continue
            if name == "t":
                parts.append(child.text or "")
            elif name in ("tab", "br", "cr"):
                parts.append(" ")
            elif name == "noBreakHyphen":
                parts.append("\u2011")
            elif name == "AlternateContent":
                collect(child[0] if len(child) else child)
            else:
                collect(child)

    collect(node)
    return " ".join("".join(parts).split())


def blocks_of(node: Any) -> Iterator[Any]:
    """Yield the paragraphs and rows below an element, those in text boxes too."""
    for child in node:
        name = local_name(child)
        if name == "p":
            yield child
            for box in child.iter(f"{_W}txbxContent"):
                if next(box.iterancestors("{*}Fallback"), None) is None:
                    yield from blocks_of(box)
        elif name == "tr":
            yield child
        elif name in ("tbl", "sdt", "sdtContent", "ins", "customXml"):
            yield from blocks_of(child)


def _move_boxes(body: Any) -> None:
    for box in list(body.iter(f"{_W}txbxContent")):
        if next(box.iterancestors("{*}Fallback"), None) is not None:
            _remove(box)
            continue
        anchor = _outermost(box)
        if anchor is not None:
            _put_after(anchor, list(box))
            _remove(box)


def _place_comments(body: Any, comments: Any) -> None:
    """Put each comment after the paragraph that it refers to, with its author.

    One that nothing in the body refers to, as in a footnote, comes last.
    """
    if comments is None:
        return
    marks = {mark.get(f"{_W}id"): mark for mark in body.iter(f"{_W}commentReference")}
    content = body.find(f"{_W}body")
    placed: dict[Any, list[Any]] = {}
    for comment in comments.iter(f"{_W}comment"):
        mark = marks.get(comment.get(f"{_W}id"))
        anchor = None if mark is None else _outermost(mark)
        if anchor is None and content is not None and len(content):
            anchor = content[-1]
        said = " ".join(filter(None, map(words_of, comment.iter(f"{_W}p"))))
        if anchor is not None and said:
            author = comment.get(f"{_W}author") or "a reader"
            placed.setdefault(anchor, []).append(_paragraph(f"Comment by {author}: {said}"))
    for anchor, paragraphs in placed.items():
        _put_after(anchor, paragraphs)


def _outermost(node: Any) -> Any:
    """Return the outermost table that an element is in, else its outermost paragraph."""
    above = list(node.iterancestors(f"{_W}tbl", f"{_W}p"))
    tables = [each for each in above if each.tag == f"{_W}tbl"]
    return (tables or above or [None])[-1]


def _put_after(anchor: Any, nodes: list[Any]) -> None:
    parent = anchor.getparent()
    place = parent.index(anchor) + 1
    for number, node in enumerate(nodes):
        parent.insert(place + number, node)


def _replace(node: Any, nodes: list[Any]) -> None:
    parent = node.getparent()
    if parent is None:
        return
    place = parent.index(node)
    for number, each in enumerate(nodes):
        parent.insert(place + number, each)
    parent.remove(node)


def _remove(node: Any) -> None:
    if node.getparent() is not None:
        node.getparent().remove(node)


def _paragraph(text: str) -> Any:
    from lxml import etree

    paragraph = etree.Element(f"{_W}p")
    paragraph.append(_run(text))
    return paragraph


def _run(text: str) -> Any:
    from lxml import etree

    run = etree.Element(f"{_W}r")
    words = etree.SubElement(run, f"{_W}t")
    words.text = text
    words.set(_SPACE, "preserve")
    return run

"""OpenDocument texts: numbers of lists and headings, lines broken by hand, titles."""

import io
import zipfile

from making import make_docx, make_odt, of_kind, zipped

_LEVELS = (
    '<text:list-level-style-number text:level="1" style:num-suffix="." style:num-format="1"/>'
    '<text:list-level-style-number text:level="2" style:num-prefix="(" style:num-suffix=")"'
    ' style:num-format="a"/>'
    '<text:list-level-style-number text:level="3" style:num-suffix="." style:num-format="1"'
    ' text:display-levels="3"/>'
)
_OUTLINE = (
    '<office:styles><text:outline-style style:name="Outline">'
    '<text:outline-level-style text:level="1" style:num-prefix="§ " style:num-format="1"/>'
    '<text:outline-level-style text:level="2" style:num-format=""/>'
    "</text:outline-style></office:styles>"
)


def odt(body, *, styles="", automatic=""):
    """A text with ``body`` as its content, in XML, and more styles, also automatic ones."""
    with zipfile.ZipFile(io.BytesIO(make_odt([]))) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    lists = (
        f'<text:list-style style:name="L1">{_LEVELS}</text:list-style>'
        '<text:list-style style:name="L2"><text:list-level-style-bullet text:level="1"/>'
        "</text:list-style>"
    )
    fo = ' xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" xmlns:'
    files["content.xml"] = (
        files["content.xml"]
        .replace(" xmlns:", fo, 1)
        .replace(
            "<office:body>",
            f"<office:automatic-styles>{lists}{automatic}</office:automatic-styles><office:body>",
        )
        .replace("<office:text>", f"<office:text>{body}")
    )
    files["styles.xml"] = files["styles.xml"].replace(
        "<office:master-styles>", f"{styles}<office:master-styles>"
    )
    return zipped(files)


def items(*texts, style="L1", more=""):
    inner = "".join(f"<text:list-item>{text}</text:list-item>" for text in texts)
    name = f' text:style-name="{style}"' if style else ""
    return f"<text:list{name}{more}>{inner}</text:list>"


def p(text):
    return f"<text:p>{text}</text:p>"


def test_items_of_lists_have_their_numbers(read):
    inner = items(p("oars"), p("sails") + items(p("of cotton"), style=""), style="")
    body = items(p("The boats"), p("The gear") + inner, p("The shed")) + p("Between.")
    body += items(p("The fees"), more=' text:continue-numbering="true"')
    body += items(p("a rope"), p("a lamp"), style="L2") + items(p("Another list"))
    found = of_kind(read(odt(body), "rules.odt"), "body")
    assert found[:6] == [
        "1. The boats",
        "2. The gear",
        "(a) oars",
        "(b) sails",
        "2.b.1. of cotton",
        "3. The shed",
    ]
    assert found[6:] == ["Between.", "4. The fees", "a rope", "a lamp", "1. Another list"]


def test_an_item_that_states_its_number_and_one_without_words(read):
    body = (
        '<text:list text:style-name="L1"><text:list-item text:start-value="7">'
        f"{p('The pump')}</text:list-item><text:list-item>{p('')}</text:list-item>"
        f"<text:list-header>{p('Not counted')}</text:list-header>"
        f"<text:list-item>{p('The weir')}</text:list-item></text:list>"
    )
    found = of_kind(read(odt(body), "rules.odt"), "body")
    assert found == ["7. The pump", "Not counted", "8. The weir"]


def test_headings_have_the_numbers_of_the_outline(read):
    headings = [(1, "Boats"), (2, "Oars"), (1, "Fees")]
    body = "".join(
        f'<text:h text:outline-level="{level}">{text}</text:h>{p("It is so.")}'
        for level, text in headings
    )
    document = read(odt(body, styles=_OUTLINE), "rules.odt")
    assert of_kind(document, "heading") == ["§ 1 Boats", "Oars", "§ 2 Fees"]


def test_lines_broken_by_hand_stay_lines(read):
    address = "Ada Blum<text:line-break/>12 Mill Lane<text:line-break/>Thornby"
    assert of_kind(read(odt(p(address)), "a.odt"), "body") == ["Ada Blum\n12 Mill Lane\nThornby"]


def test_a_header_of_pages_gives_no_title(read):
    content = [("text", "The weir is opened in March.")]
    for made, name in ((make_odt, "weir.odt"), (make_docx, "weir.docx")):
        document = read(made(content, furniture="Guild of the Weir"), name)
        assert "Guild of the Weir" in document.text
        assert document.title == "weir"


def test_columns_behind_the_last_text_of_a_table_are_left_out(read):
    empty = '<table:table-cell table:number-columns-repeated="1021"/>'
    rows = "".join(
        "<table:table-row>"
        + "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in row)
        + f"<table:table-cell/>{empty}</table:table-row>"
        for row in [("Boat", "Berth"), ("Heron", "12"), ("Otter", "")]
    )
    document = read(odt(f"<table:table>{rows}</table:table>"), "boats.odt")
    found = [block for block in document.blocks if block.kind in ("columns", "row")]
    assert [len(block.cells) for block in found] == [2, 2, 2]
    assert "Heron | 12\nOtter |" in document.text

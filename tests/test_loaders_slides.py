"""Presentations: slides are pages, and everything on them that has words is read."""

import io

import pytest
from making import blocks, of_kind, zipped

from qa.errors import UnreadableDocument


def saved(presentation):
    file = io.BytesIO()
    presentation.save(file)
    return file.getvalue()


@pytest.fixture
def deck():
    """A presentation of python-pptx, and a function that adds a slide of a layout."""
    import pptx

    presentation = pptx.Presentation()
    presentation.core_properties.author = "Ada Blum"

    def add(layout, title=""):
        slide = presentation.slides.add_slide(presentation.slide_layouts[layout])
        if title:
            slide.shapes.title.text = title
        return slide

    return presentation, add


def test_slides_are_pages_with_their_title_text_and_notes(read, deck):
    presentation, add = deck
    first = add(0, "The well")
    first.placeholders[1].text = "Dug in 1210\nby monks"
    first.notes_slide.notes_text_frame.text = "Say hello.\nThank Otto."
    second = add(1, "Depth")
    paragraph = second.placeholders[1].text_frame.paragraphs[0]
    paragraph.add_run().text = "It has 30 m"
    raised = paragraph.add_run()
    raised.text = "2"
    raised.font._element.set("baseline", "30000")
    group = second.shapes.add_group_shape()
    group.shapes.add_textbox(0, 0, 9, 9).text_frame.text = "In a group"
    add(6).shapes.add_textbox(0, 0, 9, 9).text_frame.text = "No title here"
    second._element.set("show", "0")
    document = read(saved(presentation), "well.pptx")
    assert (document.title, document.author) == ("The well", "Ada Blum")
    assert blocks(document) == [
        *(("heading", "The well"), ("body", "Dug in 1210"), ("body", "by monks")),
        ("body", "Notes: Say hello.\nThank Otto."),
        *(("heading", "Depth"), ("body", "It has 30 m²"), ("body", "In a group")),
        *(("heading", "Slide 3"), ("body", "No title here")),
    ]
    assert document.page_at(document.text.index("In a group")) == 2
    assert document.page_at(document.text.index("No title")) == 3
    assert document.notes == ("hidden, but read: slide 2",)


def test_tables_and_charts_of_slides_are_rows_with_headers(read, deck):
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Inches

    presentation, add = deck
    slide = add(6)
    rows = [["Name", "2023", ""], ["", "May", "June"], ["North", "19 m", "18 m"]]
    table = slide.shapes.add_table(3, 3, 0, 0, Inches(4), Inches(2)).table
    for row, texts in enumerate(rows):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    table.cell(0, 1).merge(table.cell(0, 2))
    table.cell(0, 0).merge(table.cell(1, 0))
    data = CategoryChartData()
    data.categories = ["North", "South"]
    data.add_series("Depth", (19, 7))
    data.add_series("Width", (2, 3.5))
    place = (0, 0, Inches(4), Inches(4))
    chart = slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *place, data).chart
    chart.has_title = True
    chart.chart_title.text_frame.text = "Wells in metres"
    assert blocks(read(saved(presentation), "wells.pptx"))[1:] == [
        ("columns", ["Name", "2023", "2023"]),
        ("columns", ["Name", "May", "June"]),
        ("row", ["North", "19 m", "18 m"]),
        ("body", "Wells in metres"),
        ("columns", ["", "Depth", "Width"]),
        *(("row", ["North", "19", "2"]), ("row", ["South", "7", "3.5"])),
    ]


def test_pictures_of_slides_are_reported_and_footers_are_furniture(read, deck):
    from PIL import Image

    presentation, add = deck
    slide = add(1, "Depth")
    picture = io.BytesIO()
    Image.new("RGB", (9, 9)).save(picture, "PNG")
    slide.shapes.add_picture(picture, 0, 0)
    body = slide.placeholders[1]
    body.text = "Page 17"
    body._element.nvSpPr.nvPr.ph.set("type", "sldNum")
    document = read(saved(presentation), "wells.pptx")
    assert of_kind(document, "furniture") == ["Page 17"]
    assert document.notes == ("1 picture without text",)


# Parts that python-pptx does not make

NAMES = (
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram"'
)


def words(text):
    return f"<p:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody>"


def relation(number, kind, target):
    return f'<Relationship Id="r{number}" Type="http://x/{kind}" Target="{target}"/>'


def pptx_of(tree, slides=1, **parts):
    ids = "".join(f'<p:sldId r:id="r{n}"/>' for n in range(slides))
    relations = "".join(relation(n, "slide", "slides/slide1.xml") for n in range(slides))
    return zipped(
        {
            "ppt/presentation.xml": f"<p:presentation {NAMES}>{ids}</p:presentation>",
            "ppt/_rels/presentation.xml.rels": f"<R>{relations}</R>",
            "ppt/slides/slide1.xml": f"<p:sld {NAMES}><p:cSld><p:spTree>{tree}</p:spTree>"
            "</p:cSld></p:sld>",
            **parts,
        }
    )


def test_diagrams_comments_and_newer_shapes_are_read(read):
    tree = (
        f"<mc:AlternateContent><mc:Choice><p:sp>{words('Newer')}</p:sp></mc:Choice>"
        f"<mc:Fallback><p:sp>{words('Older')}</p:sp></mc:Fallback></mc:AlternateContent>"
        '<p:graphicFrame><a:graphic><dgm:relIds r:dm="r1"/></a:graphic></p:graphicFrame>'
    )
    relations = relation(1, "diagramData", "../diagrams/data1.xml")
    relations += relation(2, "comments", "/ppt/comments/c.xml") + relation(3, "x", "")
    data = pptx_of(
        tree,
        **{
            "ppt/slides/_rels/slide1.xml.rels": f"<R>{relations}</R>",
            "ppt/diagrams/data1.xml": f"<d {NAMES}><dgm:pt>{words('Dig, then line')}</dgm:pt></d>",
            "ppt/comments/c.xml": f"<c {NAMES}><p:cm><p:text>Is it 19 m?</p:text></p:cm></c>",
        },
    )
    assert of_kind(read(data, "a.pptx"), "body") == [
        *("Newer", "Dig, then line", "Comment: Is it 19 m?")
    ]


def test_a_presentation_that_refers_to_itself_is_read_once(read):
    chart = '<p:graphicFrame xmlns:c="c"><c:chart r:id="r0"/></p:graphicFrame>'
    relations = relation(0, "slide", "slide1.xml") + relation(1, "notesSlide", "slide1.xml")
    data = pptx_of(
        f"<p:sp>{words('Deep')}</p:sp>{chart}",
        slides=9_000,
        **{"ppt/slides/_rels/slide1.xml.rels": f"<R>{relations}</R>"},
    )
    assert of_kind(read(data, "a.pptx"), "body") == ["Deep", "Notes: Deep"]


def test_groups_in_groups_without_end_are_an_error(read):
    with pytest.raises(UnreadableDocument):
        read(pptx_of("<p:grpSp>" * 5_000 + "</p:grpSp>" * 5_000), "deep.pptx")


# OpenDocument


def odp(pages, **parts):
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{space}:1.0"'
        for name, space in (
            ("draw", "drawing"),
            *((n, n) for n in ("office", "text", "table", "style", "presentation")),
        )
    )
    names += ' xmlns:xlink="http://www.w3.org/1999/xlink"'
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.presentation",
            "META-INF/manifest.xml": "<manifest/>",
            "content.xml": f"<office:document-content {names}><office:automatic-styles>"
            '<style:style style:name="h"><style:drawing-page-properties '
            'presentation:visibility="hidden"/></style:style></office:automatic-styles>'
            f"<office:body><office:presentation>{pages}</office:presentation></office:body>"
            "</office:document-content>",
            **{name: f"<x {names}>{text}</x>" for name, text in parts.items()},
        }
    )


def frame(role, inner):
    return f'<draw:frame presentation:class="{role}">{inner}</draw:frame>'


def box(*paragraphs):
    return f"<draw:text-box>{''.join(f'<text:p>{p}</text:p>' for p in paragraphs)}</draw:text-box>"


def test_slides_of_opendocument_are_read_alike(read):
    rows = "".join(
        "<table:table-row>"
        + "".join(f"<table:table-cell><text:p>{c}</text:p></table:table-cell>" for c in row)
        + "</table:table-row>"
        for row in (["Name", "Depth", "Year"], ["North", "19 m", "1910"])
    )
    table = f"<table:table>{rows}</table:table>"
    notes = frame("notes", box("Say hello.", "Thank Otto."))
    notes = f"<presentation:notes>{notes}</presentation:notes>"
    first = frame("outline", box("Dug in 1210")) + frame("title", box("The well"))
    first += frame("footer", box("Town council")) + notes
    second = "<draw:g><draw:custom-shape><text:p>In a group</text:p></draw:custom-shape></draw:g>"
    second += frame("table", table) + '<draw:frame><draw:image xlink:href="x.png"/></draw:frame>'
    second += '<draw:frame><draw:object xlink:href="./Object 1"/></draw:frame>'
    data = odp(
        f'<draw:page>{first}</draw:page><draw:page draw:style-name="h">{second}</draw:page>',
        **{"Object 1/content.xml": table.replace("19 m", "18 m")},
    )
    document = read(data, "well.odp")
    columns = ("columns", ["Name", "Depth", "Year"])
    assert blocks(document) == [
        *(("heading", "The well"), ("body", "Dug in 1210"), ("furniture", "Town council")),
        ("body", "Notes: Say hello.\nThank Otto."),
        *(("heading", "Slide 2"), ("body", "In a group")),
        *(columns, ("row", ["North", "19 m", "1910"])),
        *(columns, ("row", ["North", "18 m", "1910"])),
    ]
    assert document.page_at(document.text.index("In a group")) == 2
    assert document.notes == ("1 picture without text", "hidden, but read: slide 2")


def test_a_chart_leaves_out_the_values_that_it_lacks(read):
    def cell(text, value=""):
        return (
            f'<table:table-cell office:value="{value}"><text:p>{text}</text:p></table:table-cell>'
        )

    rows = [("", "", "wells"), ("2024", "NaN", "7"), ("2025", "3", "9")]
    table = "".join(
        f"<table:table-row>{''.join(cell(text, text) for text in row)}</table:table-row>"
        for row in rows
    )
    chart = frame("", '<draw:object xlink:href="./Object 1"/>')
    data = odp(
        f"<draw:page>{chart}</draw:page>",
        **{"Object 1/content.xml": f"<table:table>{table}</table:table>"},
    )
    document = read(data, "wells.odp")
    assert "NaN" not in document.text
    assert of_kind(document, "row")[-2:] == ["2024 |  | 7", "2025 | 3 | 9"]

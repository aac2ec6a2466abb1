"""Documents in the formats people have, made of headings, paragraphs and tables.

``content`` is a list of ``("heading", text)``, ``("text", text)`` and ``("table", rows)``.
The same content gives the same bytes. ``furniture`` goes into page headers or menus; in mail
it is the signature, which can be quoted.
"""

import csv
import datetime
import io
import json
import re
import zipfile
from email.message import EmailMessage
from email.policy import SMTP
from itertools import pairwise
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

WHEN = datetime.datetime(2025, 2, 10, 9, 0, tzinfo=datetime.UTC)
_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml(text):
    """Escape a text for XML, without the characters that XML does not allow."""
    return escape(_XML.sub("", text))


def zipped(parts):
    """Return a zip archive with a fixed date, its parts in the order given."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in parts.items():
            entry = zipfile.ZipInfo(name, (2025, 2, 10, 9, 0, 0))
            packing = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(entry, data, packing, 9)
    return file.getvalue()


def make_pdf(content, *, title="", author="", furniture=""):
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

    # A font that comes with reportlab; it has no emoji, as many a font.
    pdfmetrics.registerFont(TTFont("Vera", "Vera.ttf"))
    styles = getSampleStyleSheet()
    for style in styles.byName.values():
        style.fontName = "Vera"
    styles["BodyText"].fontSize, styles["BodyText"].leading = 12, 16
    made = {
        "heading": lambda text: Paragraph(xml(text), styles["Heading2"]),
        "text": lambda text: Paragraph(xml(text), styles["BodyText"]),
        "table": lambda rows: Table(
            [[Paragraph(xml(cell), styles["BodyText"]) for cell in row] for row in rows],
            colWidths=[450 / len(rows[0])] * len(rows[0]),
        ),
    }
    story = [Paragraph(xml(title), styles["Title"])] if title else []
    story += [made[kind](value) for kind, value in content]

    def margins(canvas, document):
        canvas.setFont("Vera", 8)
        if furniture:
            canvas.drawString(72, 800, furniture)
        canvas.drawCentredString(300, 30, f"Page {document.page}")

    file = io.BytesIO()
    SimpleDocTemplate(
        file, pagesize=A4, title=title, author=author, invariant=1, pageCompression=0
    ).build(story, onFirstPage=margins, onLaterPages=margins)
    return file.getvalue()


def make_docx(content, *, title="", author="", furniture=""):
    import docx

    document = docx.Document()
    properties = document.core_properties
    # Word's own limit for a property; python-docx writes no longer one.
    properties.title, properties.author = _XML.sub("", title)[:255], author
    properties.created = properties.modified = WHEN
    properties.comments = ""
    document.sections[0].header.paragraphs[0].text = furniture
    document.sections[0].footer.paragraphs[0].text = furniture
    if title:
        document.add_heading(_XML.sub("", title), 0)
    for kind, value in content:
        if kind == "table":
            table = document.add_table(len(value), len(value[0]))
            for row, cells in zip(table.rows, value, strict=True):
                for cell, text in zip(row.cells, cells, strict=True):
                    cell.text = _XML.sub("", text)
        elif kind == "heading":
            document.add_heading(_XML.sub("", value), 1)
        else:
            document.add_paragraph(_XML.sub("", value))
    file = io.BytesIO()
    document.save(file)
    with zipfile.ZipFile(file) as archive:
        return zipped({name: archive.read(name) for name in archive.namelist()})


def make_odt(content, *, title="", author="", furniture=""):
    made = {
        "heading": lambda text: f'<text:h text:outline-level="1">{xml(text)}</text:h>',
        "text": lambda text: f"<text:p>{xml(text)}</text:p>",
        "table": lambda rows: (
            "<table:table>"
            + "".join(
                f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows
            )
            + "</table:table>"
        ),
    }

    def cell(text):
        return f"<table:table-cell><text:p>{xml(text)}</text:p></table:table-cell>"

    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "text", "table", "meta", "style", "manifest")
    )
    names += ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
    mime = "application/vnd.oasis.opendocument.text"
    head = f'<text:p text:style-name="Title">{xml(title)}</text:p>' if title else ""
    body = head + "".join(made[kind](value) for kind, value in content)
    file = '<manifest:file-entry manifest:full-path="{}" manifest:media-type="{}"/>'
    return zipped(
        {
            "mimetype": mime,
            "META-INF/manifest.xml": f"<manifest:manifest {names}>{file.format('/', mime)}"
            + "".join(file.format(f"{n}.xml", "text/xml") for n in ("content", "meta", "styles"))
            + "</manifest:manifest>",
            "content.xml": f"<office:document-content {names}><office:body><office:text>"
            f"{body}</office:text></office:body></office:document-content>",
            "styles.xml": f"<office:document-styles {names}><office:master-styles>"
            f'<style:master-page style:name="Standard"><style:header><text:p>{xml(furniture)}'
            "</text:p></style:header></style:master-page></office:master-styles>"
            "</office:document-styles>",
            "meta.xml": f"<office:document-meta {names}><office:meta><dc:title>{xml(title)}"
            f"</dc:title><dc:creator>{xml(author)}</dc:creator><dc:date>{WHEN.isoformat()}"
            "</dc:date></office:meta></office:document-meta>",
        }
    )


def markup(content):
    made = {
        "heading": lambda text: f"<h2>{xml(text)}</h2>",
        "text": lambda text: f"<p>{xml(text)}</p>",
        "table": lambda rows: (
            "<table>"
            + "".join("<tr>" + "".join(f"<td>{xml(c)}</td>" for c in row) + "</tr>" for row in rows)
            + "</table>"
        ),
    }
    return "\n".join(made[kind](value) for kind, value in content)


def make_epub(content, *, title="", author="", furniture=""):
    """Each heading begins a chapter; the furniture is the book's table of contents."""
    starts = [number for number, (kind, _) in enumerate(content) if kind == "heading" and number]
    bounds = [0, *starts, len(content)]
    chapters = [content[a:b] for a, b in pairwise(bounds)]
    page = (
        '<?xml version="1.0" encoding="utf-8"?>\n<html xmlns="http://www.w3.org/1999/xhtml">'
        "<head><title>{}</title></head><body>{}</body></html>"
    )
    items = "".join(
        f'<item id="c{n}" href="c{n}.xhtml" media-type="application/xhtml+xml"/>'
        for n in range(len(chapters))
    )
    nav = '<item id="nav" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>'
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(len(chapters)))
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<?xml version="1.0"?><container version="1.0" '
            'xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile '
            'full-path="book/package.opf" media-type="application/oebps-package+xml"/>'
            "</rootfiles></container>",
            "book/package.opf": '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" '
            'unique-identifier="id"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
            f'<dc:identifier id="id">verbatim</dc:identifier><dc:title>{xml(title)}</dc:title>'
            f"<dc:creator>{xml(author)}</dc:creator><dc:language>en</dc:language>"
            f"<dc:date>{WHEN.date()}</dc:date></metadata><manifest>{nav}{items}</manifest>"
            f'<spine><itemref idref="nav"/>{spine}</spine></package>',
            "book/nav.xhtml": page.format("Contents", f"<nav>{xml(furniture)}</nav>"),
            **{
                f"book/c{n}.xhtml": page.format(xml(title), markup(chapter))
                for n, chapter in enumerate(chapters)
            },
        }
    )


def make_html(content, *, title="", author="", furniture=""):
    return (
        f"<!DOCTYPE html>\n<html><head><title>{xml(title)}</title>"
        f'<meta name="author" content={quoteattr(_XML.sub("", author))}></head><body>'
        f"<nav><a href='/'>{xml(furniture)}</a></nav><article><h1>{xml(title)}</h1>"
        f"{markup(content)}</article><footer>{xml(furniture)}</footer></body></html>"
    ).encode("utf-8", "replace")


def plain(content):
    parts = [
        "\n".join(" | ".join(row) for row in value) if kind == "table" else value
        for kind, value in content
    ]
    return "\n\n".join(parts)


def make_eml(content, *, title="", author="", furniture=""):
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    message["Message-ID"] = "<verbatim@example.org>"
    message["From"] = f"{author or 'desk'} <desk@example.org>"
    message["To"] = "all@example.org"
    message["Date"] = WHEN
    message["Subject"] = " ".join(title.split())
    text = plain(content).replace("\0", "")
    text = text.encode("utf-8", "replace").decode()
    message.set_content(f"{text}\n\n-- \n{furniture}\n", cte="quoted-printable")
    return message.as_bytes()


def make_mbox(content, *, title="", author="", furniture=""):
    message = make_eml(content, title=title, author=author, furniture=furniture)
    message = re.sub(rb"(?m)^(>*From )", rb">\1", message.replace(b"\r\n", b"\n"))
    return (b"From desk@example.org Mon Feb 10 09:00:00 2025\n" + message + b"\n\n") * 2


def make_csv(rows):
    """Return rows as CSV; the first is the header."""
    file = io.StringIO(newline="")
    csv.writer(file).writerows(rows)
    return file.getvalue().encode("utf-8", "replace")


def make_jsonl(content):
    records = [{kind: value} for kind, value in content]
    return "\n".join(json.dumps(record) for record in records).encode()


def make_rtf(content, *, title="", author="", furniture=""):
    def rtf(text):
        units = text.encode("utf-16-le", "replace")
        codes = [int.from_bytes(units[i : i + 2], "little") for i in range(0, len(units), 2)]
        return "".join(
            chr(code) if 32 <= code < 127 and chr(code) not in "\\{}"
            else f"\\u{code - 65536 if code > 32767 else code}?"
            for code in codes
        )  # fmt: skip

    parts = []
    for kind, value in content:
        rows = value if kind == "table" else []
        for row in rows:
            parts.append("\\trowd" + "".join(f" {rtf(cell)}\\cell" for cell in row) + "\\row\n")
        if not rows:
            parts.append(f"\\pard {rtf(value)}\\par\n")
    info = f"{{\\info{{\\title {rtf(title)}}}{{\\author {rtf(author)}}}}}"
    return (
        f"{{\\rtf1\\ansi\\ansicpg1252\\uc1{info}{{\\header {rtf(furniture)}\\par}}\n"
        f"{''.join(parts)}}}"
    ).encode("ascii")


def make_pptx(content, *, title="", author="", furniture=""):
    """Each heading begins a slide."""
    import pptx
    from pptx.util import Inches

    presentation = pptx.Presentation()
    properties = presentation.core_properties
    properties.title, properties.author = _XML.sub("", title)[:255], author
    properties.modified = WHEN
    slide = None
    for kind, value in [("heading", title), *content] if title else content:
        if kind == "heading" or slide is None:
            slide = presentation.slides.add_slide(presentation.slide_layouts[5])
            slide.shapes.title.text = _XML.sub("", value) if kind == "heading" else ""
            footer = slide.shapes.add_textbox(0, 0, 9, 9)
            footer.text_frame.text = furniture
            footer._element.nvSpPr.nvPr.append(_footer())
        if kind == "text":
            box = slide.shapes.add_textbox(0, 0, Inches(4), Inches(2))
            box.text_frame.text = _XML.sub("", value)
        elif kind == "table":
            size = len(value), len(value[0])
            table = slide.shapes.add_table(*size, 0, 0, Inches(4), Inches(2)).table
            for row, cells in enumerate(value):
                for column, text in enumerate(cells):
                    table.cell(row, column).text = _XML.sub("", text)
    file = io.BytesIO()
    presentation.save(file)
    with zipfile.ZipFile(file) as archive:
        return zipped({name: archive.read(name) for name in archive.namelist()})


def _footer():
    from pptx.oxml import parse_xml
    from pptx.oxml.ns import nsdecls

    return parse_xml(f'<p:ph {nsdecls("p")} type="ftr"/>')


def make_xlsx(content):
    """Everything below one another in one sheet, with an empty row between."""
    import xlsxwriter

    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet("Wells")
    number = 0
    for kind, value in content:
        for row in value if kind == "table" else [[value]]:
            for column, text in enumerate(row):
                sheet.write_string(number, column, text)
            number += 1
        number += 1
    book.close()
    return file.getvalue()


MAKERS = {
    "pdf": make_pdf,
    "docx": make_docx,
    "odt": make_odt,
    "pptx": make_pptx,
    "epub": make_epub,
    "html": make_html,
    "eml": make_eml,
    "rtf": make_rtf,
}


def of_kind(document, *kinds):
    """Return the texts of a document's blocks of some kinds, in order."""
    return [document.text[b.start : b.end] for b in document.blocks if b.kind in kinds]


def write(folder, name, data):
    path = Path(folder, name)
    path.write_bytes(data)
    return path


def make_picture(*columns, size=30):
    """Return the picture of a page with one or two columns of lines; "# " begins a larger one."""
    from PIL import Image, ImageDraw, ImageFont

    fonts = [ImageFont.truetype(font_file("Vera.ttf"), each) for each in (size, 1.5 * size)]
    step = round(1.6 * size)
    height = 2 * step + step * max(map(len, columns))
    width = 1100 if len(columns) == 1 else 1240
    picture = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(picture)
    for column, lines in enumerate(columns):
        for number, line in enumerate(lines):
            place = 60 + 620 * column, step + step * number
            large = line.startswith("# ")
            draw.text(place, line.removeprefix("# "), fill="black", font=fonts[large])
    return picture


def middle_of(number, size=30):
    """Return the height, in pixels, at which a line of :func:`make_picture` runs."""
    return round(1.6 * size) * (number + 1) + 0.6 * size


def skewed(picture, degrees=2.0):
    """Return a picture as a poor scanner makes it: tilted, grey and noisy."""
    import numpy as np
    from PIL import Image

    noise = np.random.default_rng(3)
    tilted = picture.rotate(degrees, resample=Image.Resampling.BICUBIC, fillcolor="white")
    values = np.asarray(tilted.convert("L")) * 0.85 + 25
    values = values + noise.normal(0, 15, values.shape)
    return Image.fromarray(values.clip(0, 255).astype("uint8"))


def font_file(name):
    """Return the path of a font that comes with reportlab."""
    from importlib.resources import files

    return str(files("reportlab") / "fonts" / name)


def blocks(document):
    """Kind and text of each block; of rows and columns, the texts of their cells."""
    return [
        (b.kind, [document.text[start:end] for start, end in b.cells])
        if b.cells
        else (b.kind, document.text[b.start : b.end])
        for b in document.blocks
        if b.kind != "about"
    ]

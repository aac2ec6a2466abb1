"""Pictures and formulas are read by what their file says of them, or named as left out."""

import io

import pytest
from lxml import etree
from making import zipped

from qa.loaders import load
from qa.loaders.described import formula_text, picture_text

MAP = "Map of the yard with the well"
SAID = f"[Picture: {MAP}]"
MATH = "http://www.w3.org/1998/Math/MathML"
SQUARE = "<msup><mi>x</mi><mn>2</mn></msup>"


@pytest.mark.parametrize(
    ("description", "text"),
    [
        (MAP, MAP),
        ("  Map of\n the yard ", "Map of the yard"),
        ("Logo", ""),
        ("", ""),
        (None, ""),
        ("Scan of IMG_2031.jpg again", ""),
        ("A well in a yard Description automatically generated", ""),
    ],
)
def test_a_description_that_says_something_is_text(description, text):
    assert picture_text(description) == text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        (f"<mi>E</mi><mo>=</mo><mi>m</mi>{SQUARE}", "E = mx²"),
        (f"<mfrac><mn>1</mn><mrow>{SQUARE}<mo>+</mo><mi>b</mi></mrow></mfrac>", "1/(x² + b)"),
        ("<msub><mi>a</mi><mi>n</mi></msub><msqrt><mi>y</mi></msqrt>", "a_n√y"),
        ("<msup><mi>e</mi><mi>kt</mi></msup>", "e^kt"),
        ("<msup><mn>18</mn><mo>∘</mo></msup><mi>C</mi>", "18°C"),
        (
            "<semantics><mi>y</mi><annotation encoding='application/x-tex'>y</annotation>"
            "</semantics>",
            "y",
        ),
    ],
)
def test_a_formula_is_one_line(markup, text):
    assert formula_text(etree.fromstring(f"<math xmlns='{MATH}'>{markup}</math>")) == text


def page(body):
    return f"<!doctype html><html><head><title>Wells</title></head><body>{body}</body></html>"


PROSE = "The well stands in the north of the yard and is nineteen metres deep. " * 3


@pytest.mark.parametrize(
    ("body", "there", "absent"),
    [
        (f"<p>{PROSE}</p><figure><img src='a' alt='{MAP}'></figure>", SAID, ""),
        (
            f"<p>{PROSE}</p><figure><img alt='{MAP}'><figcaption>{MAP}</figcaption></figure>",
            MAP,
            "[",
        ),
        (f"<p>{PROSE} It is <img class='math' alt='y + 2'> deep.</p>", "It is y + 2 deep.", ""),
        (f"<p>{PROSE}</p><p><img alt='Logo'> Bring a rope.</p>", "Bring a rope.", "Logo"),
        (
            f"<p>{PROSE} The area <span><math><mi>π</mi>{SQUARE}</math><img alt='\\pi x^2' "
            "class='mwe-math-fallback-image-inline'></span> is small.</p>",
            "The area πx² is small.",
            "pi",
        ),
    ],
)
def test_a_page_is_read_with_its_pictures_and_formulas(read, body, there, absent):
    text = read(page(body), "a.html").text
    assert there in text
    assert text.count(MAP) <= 1
    assert not absent or absent not in text


def test_word_files_are_read_with_descriptions_and_formulas(tmp_path):
    import docx
    from docx.oxml import parse_xml
    from PIL import Image

    picture = io.BytesIO()
    Image.new("RGB", (9, 9)).save(picture, "PNG")
    document = docx.Document()
    for description in (MAP, ""):
        picture.seek(0)
        shape = document.add_picture(picture)
        shape._inline.docPr.set("descr", description)
    paragraph = document.add_paragraph("The area is ")
    name = "http://schemas.openxmlformats.org/officeDocument/2006/math"
    run = "<m:r><m:t>{}</m:t></m:r>"
    power = f"<m:sSup><m:e>{run.format('r')}</m:e><m:sup>{run.format('2')}</m:sup></m:sSup>"
    paragraph._p.append(
        parse_xml(f"<m:oMath xmlns:m='{name}'>{run.format('A = π')}{power}</m:oMath>")
    )
    document.save(tmp_path / "a.docx")
    found = load(tmp_path / "a.docx", folder=tmp_path)
    assert SAID in found.text
    assert "The area is A = πr²" in found.text
    assert found.notes == ("1 picture without text",)


def test_slides_are_read_with_descriptions(tmp_path):
    from PIL import Image
    from pptx import Presentation

    picture = io.BytesIO()
    Image.new("RGB", (9, 9)).save(picture, "PNG")
    slides = Presentation()
    slide = slides.slides.add_slide(slides.slide_layouts[6])
    for description in (MAP, "photo.png"):
        picture.seek(0)
        shape = slide.shapes.add_picture(picture, 0, 0)
        shape._element.nvPicPr.cNvPr.set("descr", description)
    slides.save(tmp_path / "a.pptx")
    found = load(tmp_path / "a.pptx", folder=tmp_path)
    assert SAID in found.text
    assert found.notes == ("1 picture without text",)


SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{space}:1.0"'
    for name, space in (
        *(("office", "office"), ("text", "text"), ("draw", "drawing")),
        ("svg", "svg-compatible"),
    )
)
FRAME = "<draw:frame><draw:image/>{}</draw:frame>"
FRAMES = FRAME.format(f"<svg:desc>{MAP}</svg:desc>") + FRAME.format("")


@pytest.mark.parametrize(
    "body",
    [
        f"<office:text><text:p>A yard.{FRAMES}</text:p></office:text>",
        f"<office:presentation><draw:page><draw:frame><draw:text-box><text:p>A yard.</text:p>"
        f"</draw:text-box></draw:frame>{FRAMES}</draw:page></office:presentation>",
    ],
)
def test_opendocument_files_are_read_with_descriptions(tmp_path, body):
    content = "<office:document-content {}><office:body>{}</office:body></office:document-content>"
    (tmp_path / "a.odt").write_bytes(
        zipped(
            {"content.xml": content.format(SPACES, body), "META-INF/manifest.xml": "<manifest/>"}
        )
    )
    found = load(tmp_path / "a.odt", folder=tmp_path)
    assert SAID in found.text
    assert found.notes == ("1 picture without text",)

"""What is read from each format, and what is refused."""

import io
import zipfile
from contextlib import closing
from dataclasses import astuple, replace

import mammoth
import pytest
from making import (
    MAKERS,
    make_docx,
    make_epub,
    make_odt,
    make_pdf,
    markup,
    of_kind,
    zipped,
)

from qa.builder.language import identify_language
from qa.errors import UnreadableDocument
from qa.index.documents import DocumentStore, write_documents
from qa.loaders import load
from qa.loaders.printed.layout import arrange
from qa.loaders.printed.line import Line
from qa.types import Member

DEEP = "The old well in the market square is 19 metres deep, and it was dug by monks in 1210."
LINED = "In 1954 the mason Karl Orth lined it with new sandstone from the valley of the river."
CONTENT = [
    ("heading", "Depth & width"),
    ("text", DEEP),
    ("table", [["Depth", "19 metres"], ["Width", "2 metres"]]),
    ("heading", "The repair"),
    ("text", LINED),
]


def body(document):
    return of_kind(document, "body", "columns", "row")


# The format is detected by content, so a wrong name makes no difference.
@pytest.mark.parametrize("suffix", MAKERS)
@pytest.mark.parametrize("name", ["right", "wrong.txt", "UPPER"])
def test_text_rows_and_metadata_of_each_format(read, suffix, name):
    data = MAKERS[suffix](CONTENT, title="The well", author="Ada Blum", furniture="Menu")
    names = {"right": f"a.{suffix}", "UPPER": f"A.{suffix.upper()}"}
    document = read(data, names.get(name, name))
    found = body(document)
    assert DEEP in found
    assert LINED in found
    assert "Depth | 19 metres" in "\n".join(found)
    # One page alone repeats nothing, and the margins of a printed page have its letterhead.
    assert ("Menu" in " ".join(found)) == (suffix in ("pdf", "eml", "docx", "odt", "rtf"))
    assert document.author == "Ada Blum"
    assert document.title == "The well"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (f"{DEEP} {LINED}", "en"),
        ("Der alte Brunnen auf dem Marktplatz ist neunzehn Meter tief und sehr alt.", "de"),
        ("Президент получил автомобиль. Это был подарок, который привезли на поезде.", "ru"),
        ("Too short.", ""),
        ("A-17 | 40 | Oslo\nB-2 | 38 | Rome\nC-99 | 12 | Lima\nD-4 | 7 | Bern\n" * 3, ""),
        (
            "係啦，我哋今晚去邊度食飯呀？佢哋話唔使等，我哋可以自己去。你嚟唔嚟呀？唔該話我知喇。"
            * 2,
            "zh",
        ),
    ],
)
def test_the_language_is_identified_from_the_text(read, text, language):
    assert identify_language(read(text, "text.txt")) == language


@pytest.mark.parametrize("suffix", [suffix for suffix in MAKERS if suffix != "eml"])
@pytest.mark.parametrize(
    ("stated", "author"),
    [
        ("  Ada\n\t Blum ", "Ada Blum"),
        ("python-docx", ""),
        ("openpyxl", ""),
        ("Unknown", ""),
        ("Owen Author", "Owen Author"),
    ],
)
def test_the_author_is_one_line_and_not_what_a_program_filled_in(read, suffix, stated, author):
    assert read(MAKERS[suffix](CONTENT, author=stated)).author == author


def test_several_authors_are_all_kept(read):
    data = edited(
        make_epub(CONTENT, author="Ada Blum"), "book/package.opf",
        "</dc:creator>", "</dc:creator><dc:creator>Otto Kern</dc:creator>",
    )  # fmt: skip
    assert read(data).author == "Ada Blum, Otto Kern"


@pytest.mark.parametrize(
    "field",
    [
        "author: Ada Blum, Otto Kern",
        'authors: ["Ada Blum", Otto Kern]',
        "author:\n  - Ada Blum\n  - 'Otto Kern'",
    ],
)
def test_the_authors_of_a_front_matter_are_read(read, field):
    document = read(f"---\n{field}\ntitle: The well\n---\n\n{DEEP}\n", "well.md")
    assert (document.author, document.title) == ("Ada Blum, Otto Kern", "The well")


@pytest.mark.parametrize("suffix", ["docx", "odt", "epub", "eml"])
def test_the_date_comes_from_the_metadata(read, suffix):
    assert read(MAKERS[suffix](CONTENT)).date == "2025-02-10"


def test_a_date_printed_at_the_top_takes_precedence_and_can_be_quoted(read):
    document = read(make_odt([("text", "3 May 2021"), *CONTENT]))
    assert document.date == "2021-05-03"
    assert body(document)[0] == "3 May 2021"


def test_metadata_is_stored_with_the_document(read, tmp_path):
    document = read(make_pdf(CONTENT, title="The well", author="Ada Blum"), "well.pdf")
    document = replace(document, language="en")
    write_documents(tmp_path / "documents.sqlite", [(document, [])])
    with closing(DocumentStore([tmp_path / "documents.sqlite"])) as store:
        stored = store.document("well.pdf")
        assert [block[:4] for block in map(astuple, stored.blocks)] == [
            block[:4] for block in map(astuple, document.blocks)
        ]
        assert stored == replace(document, blocks=stored.blocks)
    assert (document.author, document.language, document.pages) == ("Ada Blum", "en", (0,))


# PDF


def printed(lines, *, font="Helvetica", size=11, pages=1, margins=None):
    """A PDF with each line at its place: ``(x, y, text)``."""
    from reportlab.pdfgen.canvas import Canvas

    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    for page in range(pages):
        if margins:
            margins(canvas, page + 1)
        canvas.setFont(font, size)
        for x, y, text in lines if isinstance(lines, list) else lines(page + 1):
            canvas.drawString(x, y, text)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def test_a_sentence_continues_over_pages(read):
    def margins(canvas, number):
        canvas.setFont("Helvetica", 11)
        canvas.drawString(72, 800, "The Harbour Ledger")
        canvas.drawString(72, 30, f"Page {number} of 2")

    def lines(number):
        return [
            [(72, 700, "The well was dug by monks long ago and"), (72, 686, "it was repaired in")],
            [(72, 700, "the year 1954 by a mason from the valley."), (72, 660, "It is deep.")],
        ][number - 1]

    document = read(printed(lines, pages=2, margins=margins))
    assert body(document) == [
        "The well was dug by monks long ago and it was repaired in "
        "the year 1954 by a mason from the valley.",
        "It is deep.",
    ]
    assert document.pages == (0, document.text.index("the year 1954"))


def test_hyphens_at_line_ends_are_removed_unless_the_word_has_one(read):
    lines = ["The office was re-", "built by the well-", "known sister-in-", "law of the Anglo-"]
    lines += ["Saxon sand-", "stone mason. A sister-in-law helped."]
    data = printed([(72, 700 - 14 * n, line) for n, line in enumerate(lines)])
    assert body(read(data)) == [
        "The office was rebuilt by the well-known sister-in-law of the Anglo-Saxon sandstone "
        "mason. A sister-in-law helped."
    ]


def test_columns_are_read_one_after_the_other(read):
    left = [(72, 700 - 14 * n, f"left column line {n} goes on and on") for n in range(20)]
    right = [(320, 700 - 14 * n, f"right column line {n} goes on and on") for n in range(20)]
    text = " ".join(body(read(printed(left + right))))
    assert text.index("left column line 19") < text.index("right column line 0")
    assert " | " not in text


def across(left, right):
    """Both columns line by line, as some programs write them; the first one is indented once."""
    rows = zip(left, right, strict=True)
    return printed(
        [
            (x + 12 * (n == 0 and x == 72), 700 - 14 * n, text)
            for n, row in enumerate(rows)
            for x, text in zip((72, 320), row, strict=True)
            if text
        ]
    )


def test_columns_stored_line_by_line_are_read_one_after_the_other(read):
    left = ["The well in the old market square was dug", "by monks long ago, and it was re-"]
    left += ["paired in the year 1954 by a mason who", "came from the valley and who had never"]
    left += ["seen one of that kind before. It is said", "to be the deepest of the whole country"]
    left += ["and its water is as cold as ice."]
    right = ["In the summer of 1962 the town had it", "measured by two engineers from the coast,"]
    right += ["who let down a rope with a stone and a", "lamp. They found that it was nineteen"]
    right += [
        "metres deep, and that it had been filled",
        "with rubble at some time, so that nobody",
    ]
    right += [""]
    text = " ".join(body(read(across(left, right))))
    assert text == " ".join(left).replace("re- paired", "repaired") + " " + " ".join(right).strip()


def test_the_longer_column_continues_below_the_other(read):
    left = [f"the left column goes on and on in line {n}" for n in range(8)] + ["", "", "", ""]
    right = [f"what the right column says in line {n}" for n in range(10)]
    right += ["and what re-", "mains."]
    text = " ".join(body(read(across(left, right))))
    assert text.startswith(" ".join(left).strip())
    assert text.endswith("says in line 9 and what remains.")
    assert " | " not in text


def test_a_line_below_the_columns_comes_after_them(read):
    left = [f"the left column goes on and on in line {n}" for n in range(8)] + ["", "References"]
    right = [f"what the right column says in line {n}" for n in range(8)] + ["", ""]
    found = " ".join(body(read(across(left, right))))
    assert found.endswith("what the right column says in line 7 References")


def test_a_table_of_long_cells_is_not_columns(read):
    towns = ["Berlin", "London", "Madrid", "Lisbon", "Vienna", "Prague", "Warsaw"]
    left = [f"Embassy of France in {town}" for town in towns]
    right = [f"Pariser Platz {n}, 1011{n} {town}" for n, town in enumerate(towns)]
    rows = [" | ".join(row) for row in zip(left, right, strict=True)]
    assert body(read(across(left, right))) == rows


def test_a_table_of_many_rows_is_not_columns(read):
    left = [f"Gift number {n} of the collection" for n in range(12)]
    right = [str(1900 + n) for n in range(12)]
    rows = [" | ".join(row) for row in zip(left, right, strict=True)]
    assert body(read(across(left, right))) == rows


def two_columns(story):
    """The story in two columns on each page, as a program that sets type writes it."""
    from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

    file = io.BytesIO()
    frames = [Frame(x, 60, 230, 700) for x in (60, 305)]
    template = BaseDocTemplate(file, invariant=1)
    template.addPageTemplates(PageTemplate(frames=frames))
    template.build(story)
    return file.getvalue()


def test_two_columns_of_running_text_are_read_one_after_the_other(read):
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Paragraph

    style = getSampleStyleSheet()["BodyText"]
    style.alignment = 4
    sentences = [f"Sentence {n} says that the well has {n} stones. " for n in range(400)]
    paragraphs = ["".join(sentences[n : n + 20]).strip() for n in range(0, 400, 20)]
    document = read(two_columns([Paragraph(text, style) for text in paragraphs]))
    assert len(document.pages) > 1
    # A sentence that ends a column may or may not end its paragraph.
    assert " ".join(body(document)) == " ".join(paragraphs)


def test_lines_of_height_zero_are_text():
    line = Line(("It is deep",), ((72, 140),), 0, 700, 0.0, False, False, 842)
    lines = [line, replace(line, cells=("and old.",), bottom=700)]
    assert "and old." in arrange([lines], title="", author="", saved="").text


@pytest.mark.parametrize("wrapped", [False, True])
def test_cells_between_ruled_lines_can_be_quoted(read, wrapped):
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

    style = getSampleStyleSheet()["BodyText"]
    rows = [["Gift", "From", "Year"], ["A desk of oak", "Victoria", "1880"]]
    rows += [["A tree", "The city of Oslo", "1947"], ["A clock", "Tokyo", "1894"]]
    cells = [[Paragraph(cell, style) for cell in row] for row in rows] if wrapped else rows
    ruled = Table(cells, colWidths=150, style=[("GRID", (0, 0), (-1, -1), 0.5, "black")])
    file = io.BytesIO()
    SimpleDocTemplate(file, invariant=1).build(
        [Paragraph(DEEP, style), ruled, Paragraph(LINED, style)]
    )
    assert body(read(file.getvalue())) == [DEEP, *(" | ".join(row) for row in rows), LINED]


def test_ruled_cells_in_a_column_of_two_can_be_quoted(read):
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Paragraph, Table

    style = getSampleStyleSheet()["BodyText"]
    rows = [["Gift", "Year"], ["A desk of oak", "1880"], ["A tree", "1947"]]
    ruled = Table(rows, colWidths=100, style=[("GRID", (0, 0), (-1, -1), 0.5, "black")])
    story = [Paragraph(f"{DEEP} " * 20, style), ruled, Paragraph(f"{LINED} " * 10, style)]
    found = body(read(two_columns(story)))
    assert found == [(f"{DEEP} " * 20).strip(), *map(" | ".join, rows), (f"{LINED} " * 10).strip()]


def test_justified_text_is_not_a_table(read):
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Paragraph, SimpleDocTemplate

    style = getSampleStyleSheet()["BodyText"]
    style.alignment = 4
    file = io.BytesIO()
    narrow = SimpleDocTemplate(file, leftMargin=230, rightMargin=230, invariant=1)
    narrow.build([Paragraph(f"{DEEP} {LINED} Photosynthesising stromatolites. " * 8, style)])
    (paragraph,) = body(read(file.getvalue()))
    assert " | " not in paragraph
    assert DEEP in paragraph


def test_cells_of_several_lines_stay_together(read):
    long = "a name so long that it is broken into several lines in its narrow cell"
    rows = [["Gift", "From", "Year"], ["Desk", long, "1880"], [long, "Muhammad Ali", "1827"]]
    assert body(read(make_pdf([("table", rows), ("text", LINED)])))[:3] == [
        " | ".join(row) for row in rows
    ]


def test_ligatures_become_letters(read):
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    pdfmetrics.registerFont(TTFont("Vera", "Vera.ttf"))
    data = printed([(72, 700, "ﬁnd the ﬂag")], font="Vera")
    assert body(read(data)) == ["find the flag"]


def test_contents_lists_are_furniture(read):
    entry = [(72, 720, "Contents"), (72, 700, "1 History . . . . . . . . 5")]
    data = printed([*entry, (72, 600, DEEP)])
    assert of_kind(read(data), "furniture") == ["1 History 5"]


def test_a_line_to_be_filled_in_is_no_contents_list(read):
    data = printed([(72, 700, "Emergency number on 11 June: ............"), (72, 600, DEEP)])
    assert of_kind(read(data), "furniture") == []


def test_pages_without_text_are_noted(read):
    from PIL import Image
    from reportlab.lib.utils import ImageReader

    def picture(canvas, number):
        if number == 2:
            canvas.drawImage(ImageReader(Image.new("RGB", (30, 40), "gray")), 72, 500)

    lines = [[(72, 700, DEEP)], [], [(72, 700, LINED)], []]
    document = read(printed(lambda number: lines[number - 1], pages=4, margins=picture))
    assert body(document) == [DEEP, LINED]
    assert document.notes == ("page 2 without a usable text layer, and OCR found no text there",)
    third = document.text.index(LINED)
    assert document.pages == (0, third, third, third + len(LINED))


@pytest.mark.parametrize(("user", "readable"), [("secret", False), ("", True)])
def test_a_user_password_is_an_error_and_an_owner_password_is_not(read, user, readable):
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen.canvas import Canvas

    file = io.BytesIO()
    canvas = Canvas(file, encrypt=StandardEncryption(user, ownerPassword="owner"), invariant=1)
    canvas.drawString(72, 700, "The well is deep.")
    canvas.save()
    if readable:
        assert body(read(file.getvalue())) == ["The well is deep."]
    else:
        with pytest.raises(UnreadableDocument, match=r"encrypted PDF.*without its password"):
            read(file.getvalue())


@pytest.mark.parametrize(
    ("line", "is_text"),
    [
        ("Balance: 2,310.50 pounds", True),
        ("Call 0181 496 0233", True),
        ("Due on 3 May 2026", True),
        ("97 %", True),
        ("Seats: 40", True),
        ("3.1 The repair", False),
        ("Chapter 12", False),
        ("Wells of 1954", False),
    ],
)
def test_a_bold_line_that_states_a_value_can_be_quoted(read, line, is_text):
    def bold(canvas, _):
        canvas.setFont("Helvetica-Bold", 11)
        canvas.drawString(72, 740, line)

    lines = [(72, 700 - 14 * n, f"{DEEP[:60]} and on it goes in line {n}") for n in range(4)]
    document = read(printed(lines, margins=bold))
    assert (line in body(document)) == is_text
    assert (line in of_kind(document, "heading")) != is_text


def test_raised_figures_are_exponents_or_the_numbers_of_notes(read):
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer

    style = getSampleStyleSheet()["BodyText"]
    text = "The well gives 250<super>1</super> litres a day from 30 m<super>2</super> of rock, "
    text += "or 9 x 10<super>4</super> a year, says the engineer.<super>2</super> "
    text += "No CO<sub>2</sub> is in it."
    notes = ["<super>1</super> In summer.", "<super>2</super> Otto Kern."]
    file = io.BytesIO()
    story = [Paragraph(text, style), Spacer(1, 500), *(Paragraph(note, style) for note in notes)]
    SimpleDocTemplate(file, invariant=1).build(story)
    assert body(read(file.getvalue()))[0] == (
        "The well gives 250 ¹ litres a day from 30 m² of rock, or 9 x 10⁴ a year, says the "
        "engineer. ² No CO2 is in it."
    )


def test_the_values_of_a_form_are_beside_their_labels(read):
    def form(canvas, _):
        fields = canvas.acroForm
        for name, value, x, y in (
            ("a", "Ada", 140, 696),
            ("b", "Blum", 380, 696),
            ("c", "9", 72, 626),
        ):
            fields.textfield(name=name, value=value, x=x, y=y, width=80, height=20)
        fields.textfield(name="height", value="19 m", x=72, y=300, width=80, height=20)
        for name, checked, x in (("d", True, 72), ("e", False, 172)):
            fields.checkbox(name=name, checked=checked, x=x, y=546, size=14)

    labels = [(72, 700, "First name"), (300, 700, "Last name"), (72, 650, "Age in years")]
    labels += [(90, 550, "smokes"), (190, 550, "drinks")]
    assert body(read(printed(labels, margins=form))) == [
        *("First name Ada Last name Blum", "Age in years 9", "☒ smokes ☐ drinks", "height: 19 m")
    ]


def test_notes_on_a_page_can_be_quoted(read):
    def note(canvas, _):
        canvas.textAnnotation("It was\nfilled in.", Rect=(400, 400, 420, 420))

    document = read(printed([(72, 700, DEEP[:60])], margins=note))
    assert body(document) == [DEEP[:60].strip(), "Note: It was filled in."]


# DOCX, ODT, EPUB


def test_word_files_are_read_as_their_last_revision(read):
    import docx
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    document = docx.Document()
    paragraph = document.add_paragraph("It was dug ")
    for tag, run in (("ins", "<w:t>in 1210</w:t>"), ("del", "<w:delText>in 1190</w:delText>")):
        paragraph._p.append(
            parse_xml(f'<w:{tag} {nsdecls("w")} w:id="1" w:author="x"><w:r>{run}</w:r></w:{tag}>')
        )
    file = io.BytesIO()
    document.save(file)
    assert body(read(file.getvalue())) == ["It was dug in 1210"]


def word(paragraphs, levels=None):
    """A Word file of ``(style, level, text)``, numbered by the form and text of each level."""
    import docx
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    document = docx.Document()
    if levels:
        made = "".join(
            f'<w:lvl w:ilvl="{n}"><w:start w:val="{start}"/><w:numFmt w:val="{form}"/>{more}'
            f'<w:lvlText w:val="{text}"/></w:lvl>'
            for n, (start, form, text, more) in enumerate(levels)
        )
        numbering = document.part.numbering_part.element
        head = nsdecls("w")
        numbering.insert(
            0, parse_xml(f'<w:abstractNum {head} w:abstractNumId="90">{made}</w:abstractNum>')
        )
        restart = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>'
        for number, more in ((90, ""), (91, restart)):
            numbering.append(
                parse_xml(
                    f'<w:num {head} w:numId="{number}"><w:abstractNumId w:val="90"/>{more}</w:num>'
                )
            )
    for style, level, text in paragraphs:
        paragraph = document.add_paragraph(text, style=style if isinstance(style, str) else None)
        if level is not None:
            paragraph._p.get_or_add_pPr().append(
                parse_xml(
                    f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{level}"/>'
                    f'<w:numId w:val="{style}"/></w:numPr>'
                )
            )
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def test_items_of_a_numbered_list_have_their_numbers(read):
    items = [
        ("List Number", None, "Dig."),
        ("List Number", None, "Line it."),
        ("Normal", None, "Rest."),
    ]
    items += [("List Bullet", None, "A rope."), ("List Number", None, "Cover it.")]
    assert body(read(word(items))) == ["1. Dig.", "2. Line it.", "Rest.", "A rope.", "3. Cover it."]


def test_clauses_are_numbered_as_word_shows_them(read):
    levels = [
        (1, "upperRoman", "Article %1", ""),
        (1, "decimal", "%1.%2", "<w:isLgl/>"),
        (3, "lowerLetter", "(%3)", ""),
    ]
    clauses = [(90, 0, "Use"), (90, 1, "Water"), (90, 2, "For the mill."), (90, 2, "For the town.")]
    clauses += [
        (90, 1, "Fish"),
        (90, 0, "Rent"),
        (90, 1, "Paid"),
        (90, 2, "In May."),
        (0, 0, "Plain"),
    ]
    clauses += [(91, 0, "Annex"), (91, 0, "Maps")]
    assert body(read(word(clauses, levels))) == [
        *("Article I Use", "1.1 Water", "(c) For the mill.", "(d) For the town.", "1.2 Fish"),
        *(
            "Article II Rent",
            "2.1 Paid",
            "(c) In May.",
            "Plain",
            "Article I Annex",
            "Article II Maps",
        ),
    ]


def test_boxes_of_a_form_are_ticked_or_not(read):
    import docx
    from docx.oxml import parse_xml

    names = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    names += 'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
    document = docx.Document()
    paragraph = document.add_paragraph("Depth measured: ")
    for value, text in ((0, "rope"), (1, "sonar")):
        paragraph._p.append(
            parse_xml(
                f'<w:sdt {names}><w:sdtPr><w14:checkbox><w14:checked w14:val="{value}"/>'
                "</w14:checkbox></w:sdtPr><w:sdtContent><w:r><w:t>x</w:t></w:r></w:sdtContent></w:sdt>"
            )
        )
        paragraph.add_run(f" {text} ")
    file = io.BytesIO()
    document.save(file)
    assert body(read(file.getvalue())) == ["Depth measured: ☐ rope ☒ sonar"]


def test_a_footnote_follows_its_paragraph(read):
    note = (
        '<text:p>Dug by monks<text:note text:note-class="footnote"><text:note-citation>1'
        "</text:note-citation><text:note-body><text:p>Of the abbey.</text:p></text:note-body>"
        '</text:note>,<text:s text:c="3"/>in<text:tab/>1210.</text:p>'
    )
    data = edited(make_odt(CONTENT), "content.xml", "<office:text>", f"<office:text>{note}")
    assert body(read(data))[:2] == ["Dug by monks, in 1210.", "Of the abbey."]


def test_chapters_are_in_spine_order_without_note_numbers(read):
    chapter = (
        "<h2>The repair</h2><p>Karl<sup><a href='#n'>1</a></sup> lined 10<sup>3</sup> bricks.</p>"
    )
    data = edited(make_epub(CONTENT), "book/c1.xhtml", markup(CONTENT[3:]), chapter)
    data = edited(
        data, "book/package.opf", '<itemref idref="c0"/><itemref idref="c1"/>',
        '<itemref idref="c1"/><itemref idref="c0"/>',
    )  # fmt: skip
    document = read(data)
    assert of_kind(document, "heading") == ["The repair", "Depth & width"]
    assert body(document)[0] == "Karl lined 10³ bricks."


def edited(data, name, old, new):
    """Return a zip archive with a change in one of its files."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {entry: archive.read(entry) for entry in archive.namelist()}
    before = parts[name].decode()
    assert old in before
    return zipped({**parts, name: before.replace(old, new)})


# RTF


def test_footnotes_of_rtf_follow_their_paragraphs(read):
    note = r"{\super\chftn}{\footnote\pard\plain{\super\chftn} Of the {\i abbey} \{1190\}.}"
    data = (
        rf"{{\rtf1\ansi It was dug{note} by{note} monks.\par\pard It is deep.\par "
        rf"That was all{note} of it.}}"
    )
    found = "Of the abbey {1190}."
    assert body(read(data)) == [
        *("It was dug by monks.", found, found, "It is deep.", "That was all of it.", found)
    ]
    # An unclosed footnote is damage; the text before it is still read.
    assert body(read(r"{\rtf1\ansi It was dug.\par It is deep.\par {\footnote Of"))[:2] == [
        *("It was dug.", "It is deep.")
    ]


# Mail


def test_a_book_under_copy_protection_is_an_error(read):
    data = make_epub(CONTENT)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["META-INF/encryption.xml"] = '<x><CipherReference URI="book/c0.xhtml"/></x>'
    with pytest.raises(UnreadableDocument, match="copy protection"):
        read(zipped(parts))


def test_a_merged_cell_ends_beside_a_table_in_a_table(read):
    page = (
        "<html><body><table><tr><td rowspan=2>Merged<td>a<td>b</tr><tr><td>c<table><tr><td>inner"
        "</table><td>d</tr><tr><td>x<td>y<td>z</tr></table>"
    )
    document = read(page, "a.html")
    blocks = [block for block in document.blocks if block.cells]
    cells = [[document.text[start:end] for start, end in block.cells] for block in blocks]
    assert cells == [["Merged", "a", "b"], ["x", "y", "z"]]


# Margins, comments and embedded files


def test_how_styles_look_is_not_parsed_twice(read, monkeypatch):
    given, convert = [], mammoth.convert_to_html

    def converted(file, **options):
        with zipfile.ZipFile(file) as archive:
            given.append(archive.read("word/styles.xml"))
        return convert(file, **options)

    monkeypatch.setattr(mammoth, "convert_to_html", converted)
    assert body(read(make_docx([("text", "It is deep.")]), "a.docx"))[0] == "It is deep."
    assert b"<w:style " in given[0]
    assert b"<w:rPr>" not in given[0]


@pytest.mark.parametrize("make", [make_docx, make_odt])
def test_headers_of_pages_are_text_under_a_heading_once(read, make):
    document = read(make(CONTENT, furniture="Holm & Sons, 12 Quarry Lane"))
    assert body(document)[-1] == "Holm & Sons, 12 Quarry Lane"
    assert of_kind(document, "heading")[-1] == "Page header"
    assert document.text.count("12 Quarry Lane") == 1
    document = read(make(CONTENT, furniture="Page 3 of 7"))
    assert "Page 3 of 7" not in document.text


def test_comments_name_their_author_and_follow_what_they_are_about(read):
    data = edited(
        make_odt([("text", DEEP), ("text", LINED)]), "content.xml",
        DEEP, f"{DEEP}<office:annotation><dc:creator>Ada Blum</dc:creator><text:p>Is it?</text:p>"
        "</office:annotation>",
    )  # fmt: skip
    assert body(read(data)) == [DEEP, "Comment by Ada Blum: Is it?", LINED]


def test_files_embedded_in_a_document_are_documents_of_their_own(read, tmp_path):
    data = make_docx(CONTENT)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    inner = make_docx([("text", "The price is 3 euros.")])
    data = zipped({**parts, "word/embeddings/prices.docx": inner})
    document = read(data, "offer.docx")
    assert document.members == (Member("embeddings/prices.docx", len(inner)),)
    name = document.members[0].name
    found = load(tmp_path / "offer.docx", folder=tmp_path, member=[name])
    assert (found.id, body(found)) == (f"offer.docx/{name}", ["The price is 3 euros."])


# Tables and records


def tables(document):
    """The kind and the cells of each row."""
    return [
        (block.kind, [document.text[start:end] for start, end in block.cells])
        for block in document.blocks
        if block.cells
    ]


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_rows_of_a_table_name_their_columns(read, sign):
    rows = [["Gift", "From", "Year"], ["Desk", "Victoria", "1880"], ["Tree", "Oslo", "1947"]]
    data = "\r\n".join(sign.join(row) for row in rows)
    assert tables(read(data, "gifts.csv")) == [
        ("columns", rows[0]),
        *(("row", row) for row in rows[1:]),
    ]


def test_lines_above_a_table_are_its_title(read):
    data = "Gifts to the museum\n\nGift,From,Year\nDesk,,1880\nTree,Oslo,1947\n"
    document = read(data, "gifts.csv")
    assert of_kind(document, "heading") == ["Gifts to the museum"]
    assert tables(document) == [
        ("columns", ["Gift", "From", "Year"]),
        ("row", ["Desk", "", "1880"]),
        ("row", ["Tree", "Oslo", "1947"]),
    ]


def test_records_with_the_same_fields_are_a_table(read):
    data = '{"rows": [{"boat": "Heron", "berth": 14}, {"boat": "Teal", "berth": null}]}'
    assert tables(read(data, "boats.json")) == [
        ("columns", ["boat", "berth"]),
        ("row", ["Heron", "14"]),
        ("row", ["Teal", ""]),
    ]


def test_a_table_without_a_header_keeps_its_first_row(read):
    assert body(read("1,2\n3,4\n", "numbers.csv")) == ["1 | 2", "3 | 4"]


def test_a_column_of_text_is_quoted_under_its_title(read):
    document = read('title,text,year\nDesk,"It is ""big"".\n\nIt is old.",1880\n', "gifts.csv")
    assert of_kind(document, "heading") == ["Desk"]
    assert body(document) == ['It is "big".', "It is old.", "year: 1880"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.jsonl", '{"title": "Desk", "text": "%s", "by": {"maker": "Evans"}}\n\n'),
        ("a.txt", '{"title": "Desk", "text": "%s", "by": {"maker": "Evans"}}'),
        ("a.json", '[\n{"title": "Desk", "paragraphs": ["%s"], "by": {"maker": "Evans"}}]'),
    ],
)
def test_records_of_running_text_are_read(read, name, text):
    document = read(text % f"{DEEP} {LINED} {DEEP}", name)
    assert of_kind(document, "heading") == ["Desk"]
    assert body(document) == [f"{DEEP} {LINED} {DEEP}", "by.maker: Evans"]


def test_records_of_one_text_each_are_running_text(read):
    assert body(read('{"text": "It is old."}\n{"text": "It is deep."}\n', "notes.jsonl")) == [
        "It is old.",
        "It is deep.",
    ]


def test_a_short_description_is_a_cell_like_any_other(read):
    rows = "name,description,shelf\nAwl,For holes in leather.,C4\nAdze,For beams.,D1\n"
    assert body(read(rows, "tools.csv")) == [
        *(
            "name | description | shelf",
            "Awl | For holes in leather. | C4",
            "Adze | For beams. | D1",
        )
    ]


def test_lists_of_objects_are_records_wherever_they_occur(read):
    text = """{"title": "Regatta", "year": 2024, "open": true, "notes": null,
        "judges": ["Ada", "Otto"], "crews": [{"boat": "Heron", "seconds": 61.50},
        {"boat": "Teal", "places": {"first": 2}}]}"""
    document = read(text, "regatta.json")
    assert document.title == "Regatta"
    assert of_kind(document, "heading") == ["crews"]
    assert body(document) == [
        "title: Regatta | year: 2024 | open: true | judges: Ada, Otto",
        "boat: Heron | seconds: 61.50",
        "boat: Teal | places.first: 2",
    ]


def test_a_list_within_a_record_stays_with_it_unless_it_is_long(read):
    ports = ", ".join(f'{{"port": "Harbour {n}", "day": {n}}}' for n in range(60))
    text = f"""[{{"boat": "Heron", "crew": [{{"name": "Ada"}}, {{"name": "Otto", "age": 31}}]}},
        {{"boat": "Teal", "journey": [{ports}]}}]"""
    found = body(read(text, "boats.json"))
    assert found[0] == "boat: Heron | crew.name: Ada | crew.name: Otto | crew.age: 31"
    assert found[1:4] == ["boat: Teal", "port | day", "Harbour 0 | 0"]
    assert found[-1] == "Harbour 59 | 59"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('["It is deep.", 1.50, [1, "two"], null]', ["It is deep.", "1.50", "1 | two"]),
        (
            '{"a": {"b": [[{"c": 1}], [{"c": 2, "d": {"e": 3}}]], "f": 4}}',
            ["a.f: 4", "c: 1", "c: 2 | d.e: 3"],
        ),
        ('"It is deep."', ["It is deep."]),
        ("[1e400, -0, 12345678901234567890]", ["1e400", "-0", "12345678901234567890"]),
    ],
)
def test_every_value_of_json_can_be_quoted_as_it_is_written(read, text, found):
    assert body(read(text, "values.json")) == found


def test_quotes_after_blanks_and_very_long_fields_of_csv_are_read(read):
    assert body(read('gift, from\n"A desk, of oak", "Victoria"\n', "gifts.csv")) == [
        *("gift | from", "A desk, of oak | Victoria")
    ]
    long = "word " * 30_000
    assert body(read(f'title,note\nDesk,"{long}"\n', "notes.csv")) == [
        *("title | note", f"Desk | {long.strip()}")
    ]


# Encodings


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-16-le", "Café in Zürich."),
        ("utf-16-be", "Президент получил автомобиль."),
        ("utf-16-le", "大統領は車を受け取った。\n"),
        ("utf-16-be", "車を受けた\n"),
        ("cp1252", "L'été dernier, le président a reçu une voiture à Genève."),
        ("cp1252", "He said “no” — the café’s owner paid £50."),
        ("cp1250", "Zażółć gęślą jaźń. Prezydent otrzymał samochód w Łodzi."),
        ("cp1251", "Президент получил автомобиль в подарок."),
        ("cp1252", "=" * 500 + "\nL'été dernier, à Genève.\n" + "=" * 500),
        ("shift_jis", "大統領は車を受け取った。橋は歩行者に開放された。"),
    ],
)
def test_encodings_without_a_byte_order_mark(read, encoding, text):
    assert read(text.encode(encoding)).text == text


@pytest.mark.parametrize(
    "data",
    [
        b"ab\0cde",
        b"The ri\0ver is deep and old, and",
        b"Wells\0",
        b"The caf\xe9 by the ri\0ver is old..",
        b"\x1b[1mThe ri\0ver is old..",
    ],
)
def test_a_null_among_letters_does_not_make_it_utf_16(read, data):
    with pytest.raises(UnreadableDocument, match="binary"):
        read(data)


@pytest.mark.parametrize("pair", [b"\0\1", b"\0A", b"\0A\0B", b"Z\0"])
def test_bytes_that_repeat_are_not_utf_16(read, pair):
    with pytest.raises(UnreadableDocument, match="binary"):
        read(pair * 100_000)


def test_a_page_is_read_in_its_declared_encoding(read):
    page = '<html><head><meta charset="iso-8859-2"></head><p>Zażółć gęślą jaźń.</p></html>'
    assert body(read(page.encode("iso-8859-2"))) == ["Zażółć gęślą jaźń."]


def test_text_in_two_encodings(read):
    lines = "Die Brücke ist neu.\n".encode() + "Später kam Müller.\n".encode("cp1252")
    assert read(lines).text == "Die Brücke ist neu.\nSpäter kam Müller.\n"
    assert read("naïve “text” ".encode() + b"caf\xe9").text == "naïve “text” café"


# Web pages

NEWS = f"""<!doctype html><html><head><title>The deep well | The Ledger</title>
<meta property="article:published_time" content="2023-03-14T08:00:00Z">
<script type="application/ld+json">{{"@context": "https://schema.org", "@type": "NewsArticle",
"headline": "The deep well", "author": [{{"@type": "Person", "name": "Jane Roe"}}]}}</script></head>
<body><div class="cookie-consent"><p>We use cookies to improve your experience and to show you
personalised advertising. You can change your settings at any time.</p></div>
<header><ul><li><a href="/">News</a></li><li><a href="/sport">Sport</a></li></ul></header>
<main><article><h1>The deep well</h1><time>14 March 2023</time><ul><li>Share on Facebook</li></ul>
<p>{DEEP}</p><aside><h3>Read more</h3><a href="/x">Storm tears down the light</a></aside>
<p>{LINED}<sup class="reference"><a href="#n1">[1]</a></sup></p><p>wd/nm (Reuters, AFP, dpa)</p>
<div class="newsletter-signup"><p>Our newsletter brings you the best of the coast.</p></div>
</article><section class="related"><h2>Related stories</h2><ul><li><a href="/1">Ferry to Porthaven
cancelled again this summer</a></li></ul></section></main>
<footer><p>© 2023 The Ledger. All rights reserved.</p></footer></body></html>"""


def test_a_news_page_gives_the_article_alone(read):
    document = read(NEWS, "news.html")
    assert (document.title, document.date, document.author) == (
        "The deep well",
        "2023-03-14",
        "Jane Roe",
    )
    assert body(document) == ["14 March 2023", DEEP, LINED]


def test_old_pages_with_manual_line_breaks_are_complete(read):
    page = (
        "<html><head><title>Well</title></head><body><table><tr><td><a href=1>Home</a></td><td>"
        f"<div class='text'>{DEEP}<br><br>{LINED}</div><div class='text'>{DEEP} Again.</div>"
        "</td></tr></table></body></html>"
    )
    assert body(read(page, "old.html")) == ["Home", DEEP, LINED, f"{DEEP} Again."]


def page(*elements):
    return f"<html><head><title>x</title></head><body>{''.join(elements)}</body></html>"


def test_cells_keep_their_place_and_their_words_apart(read):
    rows = "<tr><th>Well</th><th>Depth</th><th>Fittings</th></tr>"
    rows += '<tr><td><div><a href="x">North</a></div></td><td></td>'
    rows += "<td><ul><li>Winch</li><li>Roof</li></ul></td></tr>"
    rows += "<tr><td><a href='y'>South</a></td><td>7 m<br>when full</td><td>none</td></tr>"
    assert body(read(page(f"<p>{DEEP}</p><table>{rows}</table>"), "a.html")) == [
        DEEP,
        "Well | Depth | Fittings",
        "North |  | Winch Roof",
        "South | 7 m when full | none",
    ]


@pytest.mark.parametrize("head", ["th", "td"])
def test_names_over_several_columns_have_those_below_them(read, head):
    rows = f"<tr><{head} rowspan=2>Well</{head}><{head} colspan=2>Depth</{head}></tr>"
    rows += f"<tr><{head}>May</{head}><{head}>June</{head}></tr>"
    rows += "<tr><th scope=row>North</th><td>19 m</td><td rowspan=2>18 m</td></tr>"
    rows += "<tr><th scope=row>South</th><td>7 m</td></tr>"
    document = read(page(f"<p>{DEEP}</p><table><caption>Wells</caption>{rows}</table>"), "a.html")
    assert body(document)[1] == "Wells"
    assert tables(document) == [
        ("columns", ["Well", "Depth", "Depth"]),
        ("columns", ["Well", "May", "June"]),
        ("row", ["North", "19 m", "18 m"]),
        ("row", ["South", "7 m", "18 m"]),
    ]


def test_a_table_of_names_and_values_has_no_header(read):
    rows = "<tr><th colspan=2>The well</th></tr><tr><th>Owner</th><td>the abbey</td></tr>"
    rows += "<tr><th>Depth</th><td>19 m</td></tr>"
    other = "<tr><td>Mason</td><td>Karl Orth</td></tr><tr><td>Stone</td><td>sand</td></tr>"
    document = read(page(f"<p>{DEEP}</p><table>{rows}</table><table>{other}</table>"), "a.html")
    assert tables(document) == [
        *(("row", ["Owner", "the abbey"]), ("row", ["Depth", "19 m"])),
        *(("row", ["Mason", "Karl Orth"]), ("row", ["Stone", "sand"])),
    ]
    first, *_, last = (block.level for block in document.blocks if block.cells)
    assert first != last


def test_a_table_of_links_is_no_menu(read):
    links = "".join(
        f"<tr><td>{n}</td><td><a href='{n}'>wells of {n}</a></td></tr>" for n in range(9)
    )
    table = f"<table><tr><th>Year</th><th>List</th></tr>{links}</table>"
    document = read(page(f"<p>{DEEP}</p><div class=wrapper>{table}</div>"), "a.html")
    assert tables(document)[-1] == ("row", ["8", "wells of 8"])


def test_a_row_of_one_cell_within_a_table_keeps_the_header(read):
    rows = "<tr><th>Well</th><th>Depth</th></tr><tr><td colspan=2>In the town</td></tr>"
    rows += "<tr><td>North</td><td>19 m</td></tr>"
    assert tables(read(page(f"<p>{DEEP}</p><table>{rows}</table>"), "a.html")) == [
        ("columns", ["Well", "Depth"]),
        ("row", ["In the town", "In the town"]),
        ("row", ["North", "19 m"]),
    ]


def test_code_in_a_sentence_stays_in_it(read):
    text = "<p>Set <code>DEPTH</code> to <code>19</code> before you start the pump.</p>"
    assert body(read(page(text), "a.html")) == ["Set DEPTH to 19 before you start the pump."]


def test_a_term_and_its_definition_are_one_line(read):
    terms = "<dl><dt>Depth</dt><dd>19 m</dd><dt>Owner:</dt><dd>the abbey</dd></dl>"
    assert body(read(page(f"<p>{DEEP}</p>{terms}"), "a.html"))[1:] == [
        "Depth: 19 m",
        "Owner: the abbey",
    ]


@pytest.mark.parametrize(
    "element",
    [
        f"<article><p>{LINED}</p></article><article><p>{{}}</p></article>",
        f"<p>{LINED}</p><figure><img src='x'><figcaption>{{}}</figcaption></figure>",
        f"<p>{LINED}</p><div class='tab' style='display:none'><p>{{}}</p></div>",
        f"<p>{LINED}</p><details><summary>How deep?</summary><p>{{}}</p></details>",
        f"<p>{LINED}</p><blockquote>Deep.</blockquote><cite>{{}}</cite>",
        f"<table><tr><td><font>{LINED}<br><br>{{}}</font></td></tr></table>",
    ],
)
def test_text_of_a_page_is_not_lost_wherever_it_is(read, element):
    found = body(read(page(element.format(DEEP)), "a.html"))
    assert LINED in found
    assert DEEP in found


def test_menus_and_advertising_are_left_out_of_a_page_that_is_read_whole(read):
    menu = "".join(f"<li><a href='{n}'>Stories of the year {n}</a></li>" for n in range(1990, 1999))
    other = '<div class="newsletter-box">Our letter comes on Fridays.</div><p id="ads">Yes</p>'
    other += "<div><input type='checkbox'></div>"
    articles = f"<article><p>{DEEP}</p></article><article><p>{LINED}</p></article>"
    assert body(read(page(f"<ul>{menu}</ul>", articles, other), "a.html")) == [DEEP, LINED]


# What cannot be read


def bomb():
    return zipped({"word/document.xml": b"0" * 60_000_000})


def entities():
    lol = '<!DOCTYPE lol [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>'
    return zipped({"META-INF/manifest.xml": "<manifest/>", "content.xml": lol})


def ole(stream):
    return b"\xd0\xcf\x11\xe0\xa1\xb1" + f"{stream}\0".encode("utf-16-le")


def flagged_encrypted():
    data = bytearray(zipped({"word/document.xml": "<x/>"}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (bomb, "zip bomb"),
        (entities, "XML entities"),
        (flagged_encrypted, "encrypted archive"),
        (lambda: make_docx(CONTENT)[:5000], "damaged zip archive or office document"),
        (lambda: make_pdf(CONTENT)[:40], "damaged PDF"),
        (lambda: zipped({"xl/workbook.xml": ""}), "damaged workbook: open it"),
        (lambda: zipped({"ppt/presentation.xml": ""}), "damaged presentation: open it"),
        (lambda: zipped({"META-INF/container.xml": "<x/>"}), "EPUB without a list"),
        (lambda: ole("Other"), "an old office document: save it as DOCX"),
        (lambda: ole("EncryptedPackage"), "encrypted"),
        (lambda: ole("WordDocument"), r"Word document \(.doc\): convert it .* --convert-to docx"),
        (lambda: ole("PowerPoint Document"), r"presentation \(.ppt\): convert it .* pptx FILE"),
        (lambda: ole("Workbook"), "damaged workbook"),
        (
            lambda: b"well".ljust(60, b"\0") + b"BOOKMOBI" + b"\0" * 90,
            "MOBI book: convert it to EPUB",
        ),
        (lambda: b"AT&TFORM\0\0\1\0DJVU", "a DjVu scan: convert it to a PDF"),
        (lambda: zipped({"Index/Document.iwa": "x"}), "an iWork document: export it"),
        (lambda: b'{"a": 1}\nnonsense\n', "line 2 is not a JSON object"),
        (lambda: b"<?xml version='1.0'?><rss><p>text</p></rss>", "an XML file: save it as"),
        (lambda: b"\x89PNG\r\n", "damaged picture .*: save it again"),
        (lambda: b"{\\rtf1 }", "no text"),
    ],
)
def test_an_unreadable_file_has_a_reason_of_one_line(read, data, reason):
    with pytest.raises(UnreadableDocument, match=reason) as caught:
        read(data())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a.pages", "a Pages document: export it from Pages as Word"),
        ("a.key", "a Keynote presentation: export it from Keynote as PowerPoint"),
        ("a.numbers", "a Numbers spreadsheet: export it from Numbers as Excel"),
    ],
)
def test_documents_of_iwork_say_what_to_export(read, name, reason):
    with pytest.raises(UnreadableDocument, match=reason):
        read(zipped({"Index/Document.iwa": "x", "preview.jpg": "x"}), name)


NESTED = {
    "a.json": b'{"a":' + b"[" * 50_000,
    "a.eml": b"MIME-Version: 1.0\nSubject: x\n" + b"Content-Type: message/rfc822\n\n" * 3000 + b"x",
    "a.html": b"<html><body>" + b"<div>" * 50_000 + b"text",
}


@pytest.mark.parametrize("name", NESTED)
def test_nesting_too_deep_is_an_error(read, name):
    with pytest.raises(UnreadableDocument):
        read(NESTED[name], name)


def test_limits_on_archive_entries_and_pages(read, monkeypatch):
    monkeypatch.setattr("qa.loaders.archive.MAX_ENTRIES", 3)
    with pytest.raises(UnreadableDocument, match="more than 3 files"):
        read(make_docx(CONTENT))
    monkeypatch.setattr("qa.loaders.pdf.document.MAX_PAGES", 1)
    with pytest.raises(UnreadableDocument, match="more than 1 pages"):
        read(printed([(72, 700, "text")], pages=2))


LODGES = """<html><body><h1>Lodges</h1><h3>Birch</h3><ul><li><span>Sleeps</span><span>6</span></li>
<li><span>Price</span><span>£145</span></li><li><span>Dogs</span><span>yes, one</span></li></ul>
<h3>Menu</h3>
<div class=row><span>Potted shrimp</span><span>12.25</span></div><div>brown butter, toast</div>
<div class=row><span>Leek tart</span><span>9.00</span></div><div>goat cheese, hazelnuts</div>
<p><span>The house </span><span>stands by the lake.</span></p>
<p><span>It is </span><span>open in May.</span></p></body></html>"""


def test_spans_that_a_page_sets_as_rows_are_cells(read):
    document = read(LODGES, "lodges.html")
    rows = [
        [document.text[start:end] for start, end in block.cells if start < end]
        for block in document.blocks
        if block.kind == "row"
    ]
    assert rows == [
        *(["Sleeps", "6"], ["Price", "£145"], ["Dogs", "yes, one"]),
        *(["Potted shrimp", "12.25"], ["Potted shrimp", "brown butter, toast"]),
        *(["Leek tart", "9.00"], ["Leek tart", "goat cheese, hazelnuts"]),
    ]
    assert "The house stands by the lake." in document.text

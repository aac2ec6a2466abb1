"""Headings that are typed in bold, in Word and OpenDocument texts."""

import io
from datetime import datetime

import pytest
from making import of_kind
from test_opendocument import odt

MINUTES = [
    ("HEXLEY ROWING CLUB", True),
    ("Minutes of the committee, 14 May 2024", True),
    ("Present: Ada Blum, Otto Kern", False),
    ("Boathouse roof", True),
    ("The roof leaks. Greta will ask for two quotes by June.", False),
    ("Total so far: 1,250 euros", True),
    ("It was agreed to mend the gutter first, before the frost comes.", False),
    ("Next meeting: 11 June 2024", True),
]


def docx(paragraphs, *, heading="", saved=None):
    import docx as word

    document = word.Document()
    if saved:
        document.core_properties.modified = saved
    if heading:
        document.add_heading(heading, 1)
    for text, is_bold in paragraphs:
        document.add_paragraph().add_run(text).bold = is_bold
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def levels(document):
    return [
        (block.level, document.text[block.start : block.end])
        for block in document.blocks
        if block.kind == "heading"
    ]


def test_short_paragraphs_in_bold_are_headings_and_the_first_ones_the_title(read):
    document = read(docx(MINUTES), "club.docx")
    title = "HEXLEY ROWING CLUB Minutes of the committee, 14 May 2024"
    assert levels(document) == [(1, title), (2, "Boathouse roof")]
    assert (document.title, document.date) == (title, "2024-05-14")


def test_they_are_below_the_headings_that_a_text_has(read):
    document = read(docx(MINUTES[2:5], heading="May"), "club.docx")
    assert levels(document) == [(1, "May"), (3, "Boathouse roof")]


def test_a_day_below_the_title_is_the_date_and_no_title(read):
    top = [("Notice to members", True), ("Tuesday, 14 May 2024", True), *MINUTES[4:5]]
    document = read(docx(top), "club.docx")
    assert (document.title, document.date) == ("Notice to members", "2024-05-14")


@pytest.mark.parametrize(
    "paragraphs",
    [
        [("The whole letter is in bold, and it is long enough.", True), ("So it is.", False)],
        [*MINUTES[2:3], ("Ada Blum", True), ("Treasurer", True), ("Hexley", True), *MINUTES[4:5]],
        [*MINUTES[2:3], ("Bring:", True), ("and never a dog", True), *MINUTES[4:5]],
        [*MINUTES[2:3], ("The last line of all", True)],
    ],
)
def test_other_words_in_bold_are_text(read, paragraphs):
    assert levels(read(docx(paragraphs), "club.docx")) == []


@pytest.mark.parametrize("line", ["Next meeting: 11 June 2024", "Due 11 June 2024"])
def test_the_date_of_another_day_is_not_that_of_the_document(read, line):
    assert read(f"Notice to members\n\n{line}\n\nThe gate is shut.\n").date == ""
    assert read(f"Notice to members\n\n{line}\n\n3 May 2024\n\nIt is so.\n").date == "2024-05-03"
    assert of_kind(read(docx([(line, False), ("It is.", False)]), "a.docx"), "body")[0] == line


def test_the_day_of_a_title_or_name_is_truer_than_that_on_which_a_file_was_saved(read):
    told = docx([("The roof leaks.", False)], saved=datetime(2024, 6, 2, 9, 30))
    assert read(told, "minutes-2024-05-14.docx").date == "2024-05-14"
    assert read(told, "minutes.docx").date == "2024-06-02"
    printed = docx([("3 May 2024", False), ("The roof leaks.", False)])
    assert read(printed, "minutes-2024-05-14.docx").date == "2024-05-03"


def test_bold_paragraphs_of_opendocument_texts_are_headings_too(read):
    bold = '<style:text-properties fo:font-weight="bold"/>'
    styles = (
        f'<style:style style:name="B" style:family="paragraph">{bold}</style:style>'
        '<style:style style:name="C" style:family="paragraph" style:parent-style-name="B"/>'
        f'<style:style style:name="T" style:family="text">{bold}</style:style>'
    )
    lines = "".join(
        f'<text:p text:style-name="C">{text}</text:p>'
        if is_bold and number % 2
        else f'<text:p><text:span text:style-name="T">{text}</text:span></text:p>'
        if is_bold
        else f"<text:p>{text}</text:p>"
        for number, (text, is_bold) in enumerate(MINUTES)
    )
    document = read(odt(lines, automatic=styles), "club.odt")
    title = "HEXLEY ROWING CLUB Minutes of the committee, 14 May 2024"
    assert levels(document) == [(1, title), (2, "Boathouse roof")]
    assert (document.title, document.date) == (title, "2024-05-14")


TITLE = "HEXLEY ROWING CLUB Minutes of the committee, 14 May 2024"


def page(*parts, head=""):
    return f"<!DOCTYPE html><html><head>{head}</head><body>{''.join(parts)}</body></html>"


def bold_page(is_bold, plain="<p>{}</p>"):
    return [(is_bold if bold else plain).format(text) for text, bold in MINUTES]


@pytest.mark.parametrize(
    "parts",
    [
        bold_page("<p><b>{}</b></p>"),
        bold_page("<p style='font-weight:600'><span>{}</span></p>"),
        bold_page("<p><b style='font-weight:normal'><span class='c3'>{}</span></b></p>"),
        [
            "<div><div>",
            *bold_page("<div><strong>{}</strong></div>", "<div>{}</div>"),
            "</div></div>",
        ],
    ],
)
def test_short_paragraphs_in_bold_are_headings_of_a_page_without_others(read, parts):
    sheet = "<style>.c1{color:red} .c3 { color: #000; font-weight: 700 }</style>"
    document = read(page(*parts, head=sheet), "club.html")
    assert levels(document) == [(1, TITLE), (2, "Boathouse roof")]
    assert (document.title, document.date) == (TITLE, "2024-05-14")
    assert of_kind(document, "body")[:2] == ["Present: Ada Blum, Otto Kern", MINUTES[4][0]]


def test_a_page_with_headings_keeps_them_and_its_bold_lines(read):
    parts = bold_page("<p><b>{}</b></p>")
    document = read(page("<h2>May</h2>", *parts[2:]), "club.html")
    assert levels(document) == [(2, "May")]
    assert "Boathouse roof" in of_kind(document, "body")


def rtf(paragraphs, begin="{\\b ", end="}"):
    lines = "".join(
        f"\\pard {begin if is_bold else ''}{text}{end if is_bold else ''}\\par\n"
        for text, is_bold in paragraphs
    )
    styles = "{\\stylesheet{\\s1\\b heading 1;}{\\s0 Normal;}}"
    return f"{{\\rtf1\\ansi{{\\fonttbl{{\\f0\\b Arial;}}}}{styles}\n{lines}}}".encode()


@pytest.mark.parametrize(
    ("begin", "end"),
    [("{\\b ", "}"), ("\\b ", "\\b0 "), ("\\b1\\fs24 ", "\\plain "), ("{{\\b\\i}\\b ", "}")],
)
def test_short_paragraphs_of_rtf_in_bold_are_headings(read, begin, end):
    document = read(rtf(MINUTES, begin, end), "club.rtf")
    names = [(1, MINUTES[0][0]), (1, MINUTES[1][0]), (2, "Boathouse roof")]
    assert levels(document) == names
    assert (document.title, document.date) == (TITLE, "2024-05-14")
    plain = read(rtf([(text, False) for text, _ in MINUTES]), "club.rtf")
    assert document.text == plain.text


def test_words_in_bold_within_a_paragraph_of_rtf_are_text(read):
    told = (
        b"{\\rtf1 The {\\b roof} leaks.\\par {\\b It} leaks, as we know.\\par"
        b" It is so at all times.\\par}"
    )
    assert levels(read(told, "roof.rtf")) == []


def test_a_heading_without_a_level_is_no_reason_not_to_read_a_text(read):
    body = '<text:h text:outline-level="">The weir</text:h><text:p>It leaks.</text:p>'
    assert levels(read(odt(body), "weir.odt")) == [(1, "The weir")]


def test_short_paragraphs_of_markdown_in_bold_are_headings_where_it_has_no_others(read):
    lines = [f"**{text}**" if is_bold else text for text, is_bold in MINUTES]
    document = read("\n\n".join(lines), "club.md")
    assert of_kind(document, "heading") == [*(text for text, _ in MINUTES[:2]), "Boathouse roof"]
    title = "HEXLEY ROWING CLUB Minutes of the committee, 14 May 2024"
    assert (document.title, document.date) == (title, "2024-05-14")
    others = ["- **Rope**", "**Ada** brings it.", "Bring it."]
    assert of_kind(read("\n\n".join(others), "list.md"), "heading") == []
    document = read("\n\n".join(["# Club", *lines]), "club.md")
    assert of_kind(document, "heading") == ["Club"]


def test_the_last_of_three_bold_lines_is_no_title_where_it_names_what_is_below(read):
    lines = [("THE HERON", True), ("Sunday lunch", True), ("Starters", True)]
    lines += [
        ("Leek soup of the day with bread", False),
        ("Mains", True),
        ("Roast rib of beef", False),
    ]
    document = read(docx(lines), "a.docx")
    assert document.title == "THE HERON Sunday lunch"
    assert levels(document)[-2:] == [(2, "Starters"), (2, "Mains")]


def test_a_badge_beside_the_title_of_markdown_is_no_part_of_it(read):
    document = read("# kiln ![build](b.svg) ![licence](l.svg)\n\nIt fires pots.\n", "a.md")
    assert (document.title, levels(document)) == ("kiln", [(1, "kiln")])
    assert read("# ![The Mill](logo.png)\n\nIt grinds.\n", "b.md").title == "The Mill"

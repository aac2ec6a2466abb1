"""A letter is called after its subject and not after who sent it."""

import io

import pytest
from test_bold import docx, levels, page, rtf

HEAD = ["Blum Locksmiths", "9 Bilston Lock, Thornby", "4 May 2024", "Ms Greta Lund"]
SAID = "We have mended the lock of the mill, and the bill for it is enclosed with the keys."
SUBJECT = "Your lock at Mill Lane"


def letter(*parts):
    return [(line, False) for line in (*HEAD, *parts, SAID, "Yours, Ada Blum")]


def text_of(*lines):
    return "\n\n".join((*HEAD, *lines, SAID, "Ada Blum")) + "\n"


@pytest.mark.parametrize(
    ("lines", "title"),
    [
        (("Re: The lock", "Dear Ms Lund,"), "Re: The lock"),
        (("Dear Ms Lund,", "RE: The lock"), "RE: The lock"),
        (("Betreff: Das Schloss", "Sehr geehrte Frau Lund,"), "Betreff: Das Schloss"),
        (("Dear Sir or Madam", "THE LOCK AT MILL LANE"), "THE LOCK AT MILL LANE"),
    ],
)
def test_the_subject_of_a_letter_is_its_title(read, lines, title):
    document = read(text_of(*lines), "lock.txt")
    assert (document.title, levels(document)) == (title, [(1, title)])
    assert document.date == "2024-05-04"


def test_what_is_no_letter_or_has_no_subject_keeps_its_title(read):
    assert read(text_of("Dear Ms Lund,"), "lock.txt").title == HEAD[0]
    report = f"School report\n\nSubject: Mathematics\n\n{SAID}\n"
    assert read(report, "report.txt").title == "School report"
    story = f"Dear Life\n\nRe: nothing\n\n{SAID}\n"
    assert read(story, "story.txt").title == "Dear Life"


@pytest.mark.parametrize(
    "parts",
    [
        [("Dear Ms Lund,", False), (SUBJECT, True)],
        [(SUBJECT, True), ("Sehr geehrte Frau Lund,", False)],
        [(f"Re: {SUBJECT}", True), ("Dear Ms Lund,", False)],
        [(f"Re: {SUBJECT}", False), ("Dear Ms Lund,", False)],
    ],
)
def test_a_line_in_bold_beside_the_salutation_is_the_subject(read, parts):
    lines = [(HEAD[0], True), *((line, False) for line in HEAD[1:]), *parts, (SAID, False)]
    title = next(text for text, _ in parts if SUBJECT in text)
    tags = "".join(f"<p>{f'<b>{text}</b>' if bold else text}</p>" for text, bold in lines)
    for data, name in (
        (docx(lines), "lock.docx"),
        (rtf(lines), "lock.rtf"),
        (page(tags), "lock.html"),
    ):
        document = read(data, name)
        assert document.title == title, name
        assert (1, title) in levels(document), name


def test_the_subject_of_a_printed_letter_is_its_title(read):
    from reportlab.pdfgen.canvas import Canvas

    file = io.BytesIO()
    canvas = Canvas(file)
    for height, (font, size, text) in zip(
        range(780, 0, -36),
        [
            ("Helvetica-Bold", 18, HEAD[0]),
            *(("Helvetica", 11, line) for line in (*HEAD[1:], "Dear Ms Lund,")),
            ("Helvetica-Bold", 11, SUBJECT),
            *(("Helvetica", 11, line) for line in (SAID, SAID)),
        ],
        strict=False,
    ):
        canvas.setFont(font, size)
        canvas.drawString(72, height, text)
    canvas.save()
    document = read(file.getvalue(), "lock.pdf")
    assert document.title == SUBJECT
    assert (1, SUBJECT) in levels(document)

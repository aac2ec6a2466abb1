"""Accents that a PDF draws as signs of their own, and the day on which it was made."""

import pytest

from qa.loaders import page_places

SIGNS = (
    b"16/dotlessi 18/grave/acute/caron/breve/macron/ring/cedilla 94/circumflex 126/tilde/dieresis"
)


def pdf(shown, info=b""):
    """A PDF of one line, whose font has the accents of TeX's fonts at their places."""
    stream = b"BT /F1 12 Tf 72 720 Td [" + shown + b"] TJ ET"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]"
        b"/Resources<</Font<</F1 4 0 R>>>>/Contents 5 0 R>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Times-Roman"
        b"/Encoding<</Type/Encoding/Differences[" + SIGNS + b"]>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<<" + info + b">>",
    ]
    body = b"%PDF-1.4\n"
    starts = []
    for number, each in enumerate(objects, start=1):
        starts.append(len(body))
        body += b"%d 0 obj%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    return body + (
        b"xref\n0 7\n0000000000 65535 f \n%strailer<</Size 7/Root 1 0 R/Info 6 0 R>>\n"
        b"startxref\n%d\n%%%%EOF" % (table, len(body))
    )


# Each number moves what follows to the left by so many thousandths of the size, as TeX does.
@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (
            rb"(Die Universit\177)444(at Lund in G\177)472(oteborg)",
            "Die Universität Lund in Göteborg",
        ),
        (rb"(Caf\023)388(e, S\176)388(ao Tom\023)388(e)", "Café, São Tomé"),
        (rb"(na\177)305(\020ve)", "naïve"),  # a letter without its dot
        (rb"(gar\030)388(con, c)388(\030a)", "garçon, ça"),  # before its letter, and behind it
        (rb"(Das )-194(\177)527(Ol)", "Das Öl"),
        (rb"(x)-194(\177)527(Ol)", "xÖl"),  # a gap that is not between words
    ],
)
def test_accents_are_put_onto_their_letters(read, tmp_path, shown, text):
    data = pdf(shown)
    document = read(data, "lund.pdf")
    assert document.text == text
    (tmp_path / "lund.pdf").write_bytes(data)
    places = page_places(
        tmp_path / "lund.pdf", folder=tmp_path, page=1, sha256=document.sha256, text=text
    )
    assert [text[place.start : place.end] for place in places] == text.split()


@pytest.mark.parametrize(
    ("shown", "text"),
    [(rb"(it\023s so)", "it´s so"), (rb"(x \136 2, a\176b, \177)", "x ˆ 2, a˜b, ¨")],
)
def test_signs_beside_letters_are_signs(read, shown, text):
    assert read(pdf(shown), "lund.pdf").text == text


@pytest.mark.parametrize(
    ("name", "info", "date"),
    [
        ("lund.pdf", b"/CreationDate(D:20240312101500+01'00')", "2024-03-12"),
        ("lund.pdf", b"/CreationDate(20240312101500)", "2024-03-12"),
        ("lund.pdf", b"/ModDate(D:20240313101500)", "2024-03-13"),
        ("lund.pdf", b"/CreationDate(D:20241399)/ModDate(D:20240313)", "2024-03-13"),
        ("lund 2023-05-01.pdf", b"/CreationDate(D:20240312101500)", "2023-05-01"),
        ("lund.pdf", b"/CreationDate(yesterday)", ""),
    ],
)
def test_the_day_on_which_a_pdf_was_made_is_its_date_where_nothing_else_tells(
    read, name, info, date
):
    assert read(pdf(b"(It is 19 metres deep.)", info), name).date == date
    printed = read(pdf(b"(Published 3 May 2022)", info), name)
    assert printed.date == "2022-05-03"

"""What is read of mail: every part, what is quoted apart, attachments as documents."""

import io
import zipfile

import pytest
from making import make_eml, make_mbox, of_kind

from benchmarks.hashing import HashEncoder
from qa.builder import build
from qa.index import open_index
from qa.loaders import load
from qa.loaders.mail import looks_like_mail
from qa.loaders.mail.headers import file_name
from qa.types import Member

DEEP = "The old well in the market square is 19 metres deep, and it was dug by monks in 1210."
LINED = "In 1954 the mason Karl Orth lined it with new sandstone from the valley of the river."
SENDER = "From: Ada Blum <ada@x.example>"
HEAD = f"Message-ID: <1@x>\n{SENDER}\nSubject: Depth\n"


def body(document):
    """The text of a message, without its headers."""
    return [text for text in of_kind(document, "body") if text != SENDER]


def headings(document):
    return of_kind(document, "heading")


def message(*parts, kind="mixed", head=HEAD):
    """A mail of parts, each ``(headers, text)``."""
    joined = "".join(f"--b\n{headers}\n\n{text}\n" for headers, text in parts)
    return f'{head}Content-Type: multipart/{kind}; boundary="b"\n\n{joined}--b--\n'


def nested(text, boundary):
    """The headers and text of a multipart, as a part of another with its own boundary."""
    head, _, rest = text.partition("\n\n")
    return head.replace('"b"', f'"{boundary}"'), rest.replace("--b", f"--{boundary}")


# Parts


def test_a_message_has_its_subject_sender_recipients_and_date(read):
    document = read(
        make_eml([("text", DEEP)], title="The well", author="Ada Blum", furniture="Ada")
    )
    assert of_kind(document, "body") == [
        "From: Ada Blum <desk@example.org>",
        "To: all@example.org",
        "Date: Mon, 10 Feb 2025 09:00:00 +0000",
        DEEP,
        "Ada",
    ]
    assert (document.title, document.author, document.date) == (
        "The well",
        "Ada Blum",
        "2025-02-10",
    )


def test_every_text_part_of_a_mail_is_read_in_order(read):
    inner = nested(message(("Content-Type: text/plain", "Second."), head=""), "c")
    picture = "Content-Type: image/png; name=well.png\nContent-Transfer-Encoding: base64", "iVBO"
    attached = "Content-Type: text/plain\nContent-Disposition: attachment; filename=a.txt"
    mail = message(
        ("Content-Type: text/plain", "First."),
        picture,
        inner,
        ("Content-Type: text/html", "<p>Third.</p>"),
        ("Content-Type: text/plain; name=b.txt", "Fourth."),
        (attached, "Fifth."),
    )
    document = read(mail, "a.eml")
    assert body(document) == ["First.", "Second.", "Third.", "Fourth."]
    assert headings(document) == ["Depth", "b.txt"]
    assert document.notes == ("1 picture without text",)
    assert document.members == (Member("a.txt", 6),)


def test_a_forwarded_message_is_read_with_its_own_attachments(read):
    attached = "Content-Disposition: attachment; filename=plan.txt", "The plan."
    inner = nested(message(("Content-Type: text/plain", LINED), attached), "c")
    forwarded = "Content-Type: message/rfc822", "\n\n".join(inner)
    document = read(message(("Content-Type: text/plain", DEEP), forwarded), "a.eml")
    assert body(document) == [DEEP, LINED]
    assert headings(document) == ["Depth", "Depth"]
    assert [member.name for member in document.members] == ["plan.txt"]


def test_messages_forwarded_again_and_again_are_read_to_a_limit(read):
    mail = f"{HEAD}\nThe innermost."
    for _ in range(8):
        mail = f"{HEAD}MIME-Version: 1.0\nContent-Type: message/rfc822\n\n{mail}"
    document = read(mail)
    assert document.notes == ("1 message not read, forwarded too often",)
    assert len(headings(document)) == 6


def test_a_report_of_delivery_is_read(read):
    report = (
        "Reporting-MTA: dns; x.example\n\nFinal-Recipient: rfc822; otto@x.example\nStatus: 5.1.1"
    )
    document = read(message(("Content-Type: message/delivery-status", report), kind="report"))
    assert body(document) == [
        "Reporting-MTA: dns; x.example",
        "Final-Recipient: rfc822; otto@x.example\nStatus: 5.1.1",
    ]


@pytest.mark.parametrize(
    ("part", "notes", "members"),
    [
        (("Content-Type: application/pgp-signature; name=s.asc", "abc"), (), []),
        (
            ("Content-Type: application/pkcs7-mime; name=smime.p7m", "abc"),
            ("1 encrypted part not read",),
            [],
        ),
        (
            ("Content-Type: multipart/encrypted; boundary=c", "--c\n\nabc\n--c--"),
            ("1 encrypted part not read",),
            [],
        ),
        (("Content-Type: image/png\nContent-ID: <logo>", "abc"), ("1 picture without text",), []),
        (("Content-Type: image/png\nContent-Disposition: attachment", "a"), (), ["attachment"]),
        (('Content-Disposition: attachment; filename="../../e.txt"', "a"), (), ["_.._e.txt"]),
        (("Content-Disposition: attachment\nContent-Type: text/csv", "a"), (), ["attachment.csv"]),
        (("Content-Disposition: attachment; filename=empty.txt", ""), (), []),
    ],
)
def test_what_is_no_text_is_an_attachment_or_a_note(read, part, notes, members):
    document = read(message(("Content-Type: text/plain", DEEP), part))
    assert document.notes == notes
    assert [member.name for member in document.members] == members


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\nb.txt", "a b.txt"),
        ("..\\..\\a.txt", "_.._a.txt"),
        ("x" * 300 + ".docx", "x" * 115 + ".docx"),
        ("x" * 300, "x" * 120),
        ("\ud800.txt", "?.txt"),
        ("...", ""),
    ],
)
def test_a_file_name_is_no_path_and_not_too_long(name, shown):
    assert file_name(name) == shown


def test_attachments_are_documents_and_what_is_not_read_is_a_note(tmp_path):
    table = "Content-Disposition: attachment; filename=prices.csv", "Part,Price\nBolt,3 euros\n"
    picture = "Content-Disposition: attachment; filename=plan.7z", "7z\xbc\xaf"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("2024/note.txt", LINED)
    mail = message(("Content-Type: text/plain", DEEP), table, picture).encode("latin-1")
    zipped = b"--b\nContent-Disposition: attachment; filename=all.zip\n\n" + archive.getvalue()
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "offer.eml").write_bytes(mail.replace(b"--b--\n", zipped + b"\n--b--\n"))
    report = build(folder, tmp_path / "index", encoder=HashEncoder(), load=load)
    shown = {file.path: str(file).partition(f"{file.path}: ")[2] for file in report.files}
    assert shown == {
        "offer.eml": shown["offer.eml"],
        "offer.eml/all.zip/2024/note.txt": "1 passage",
        "offer.eml/prices.csv": "1 passage",
    }
    assert "1 attachment not read: plan.7z (a 7-Zip archive)" in shown["offer.eml"]
    index = open_index(tmp_path / "index")
    assert "plan.7z" in index.document("offer.eml").notes[0]
    assert "3 euros" in index.document("offer.eml/prices.csv").text
    assert index.outdated(index.indexed) == set()
    (folder / "offer.eml").write_bytes(mail)
    assert index.outdated(index.indexed) == set(index.indexed)
    index.close()


STUB = "This message has no plain text. Open it in your browser."
ROWS = "<table><tr><th>Part</th><th>Price</th></tr><tr><td>Bolt</td><td>3 euros</td></tr></table>"


@pytest.mark.parametrize(
    ("plain", "rich", "found"),
    [
        (DEEP, f"<p><b>{DEEP}</b></p>", [DEEP]),
        (STUB, f"<p>{DEEP}</p>", [DEEP]),
        (f"{DEEP} {LINED}", f"<p>{DEEP}</p>", [f"{DEEP} {LINED}"]),
        (DEEP, "<p>View this message in a browser.</p>", [DEEP]),
        (DEEP, f"<p>{LINED}</p>", [DEEP, LINED]),
        (DEEP, f"<p>{DEEP}</p><p>{LINED}</p>", [DEEP, LINED]),
        (f"{DEEP}\n\n{LINED}", f"<p>Hello Otto</p><p>{DEEP}</p>", [DEEP, LINED, "Hello Otto"]),
        (f"{DEEP}\nPart Price Bolt 3 euros", f"<p>{DEEP}</p>{ROWS}", [DEEP]),
        ("", f"<p>{DEEP}</p>", [DEEP]),
        (DEEP, "", [DEEP]),
        (DEEP, "<<<", [DEEP]),
    ],
)
def test_the_complete_one_of_plain_text_and_html_is_read(read, plain, rich, found):
    parts = ("Content-Type: text/plain", plain), ("Content-Type: text/html", rich)
    document = read(message(*parts, kind="alternative"))
    assert body(document) == found
    rows = [*of_kind(document, "columns"), *of_kind(document, "row")]
    assert rows == (["Part | Price", "Bolt | 3 euros"] if "table" in rich else [])


def test_an_invitation_is_read_field_by_field(read):
    entry = (
        "BEGIN:VCALENDAR\nPRODID:-//x//y\nBEGIN:VEVENT\nSUMMARY:Talk on wells\\, part 2\n"
        "DTSTART;TZID=Europe/Paris:20260302T140000\nLOCATION:Old mi\n ll\nEND:VEVENT\nEND:VCALENDAR"
    )
    expected = ["Start: 2026-03-02 14:00 Europe/Paris\nLocation: Old mill"]
    document = read(message(("Content-Type: text/calendar", entry)))
    assert headings(document)[1:] == ["Talk on wells, part 2"]
    assert body(document) == expected
    # Programs send it twice: as a version of the text, and attached.
    texts = ("Content-Type: text/plain", DEEP), ("Content-Type: text/html", f"<p>{DEEP}</p>")
    calendar = "Content-Type: text/calendar", entry
    attached = f"{calendar[0]}\nContent-Disposition: attachment; filename=invite.ics", entry
    versions = nested(message(*texts, calendar, kind="alternative", head=""), "c")
    document = read(message(versions, attached))
    assert body(document) == [DEEP, *expected]
    assert document.members == ()


def test_a_damaged_invitation_is_read_as_text(read):
    entry = "BEGIN:VCALENDAR\nSUMMARY:Talk"
    assert body(read(message(("Content-Type: text/calendar", entry)))) == [entry]


@pytest.mark.parametrize(
    ("head", "is_mail"),
    [
        ("From: Ada <a@x.example>\nTo: b@x.example\nSubject: Depth", True),
        ("X-Id:17==\nMIME-Version: 1.0\nSubject: Depth", True),
        ("From: Ada\nTo: all\nSubject: Depth", False),
        ("From: a@x.example\nThis is no header\nTo: b@x.example\nSubject: Depth", False),
        ("Received: the key", True),
        ("https://x.example\nReceived: the key", False),
    ],
)
def test_mail_is_recognised_by_its_headers(head, is_mail):
    data = f"{head}\n\nNineteen metres.\n".encode()
    assert looks_like_mail(data) == is_mail
    has_headers_alone = all(":" in line and "://" not in line for line in head.splitlines())
    assert looks_like_mail(data, ".eml") == has_headers_alone


@pytest.mark.parametrize("charset", ["utf-8", "no-such-charset"])
def test_a_wrong_charset_of_a_mail_is_corrected(read, charset):
    head = f"MIME-Version: 1.0\nSubject: x\nContent-Type: text/plain; charset={charset}\n\n"
    assert body(read(head.encode() + "Die Brücke für Fußgänger.".encode("cp1252"))) == [
        "Die Brücke für Fußgänger."
    ]


def test_a_mail_of_html_alone_is_read(read):
    mail = (
        "MIME-Version: 1.0\nSubject: x\nContent-Type: text/html\n\n<p>Nineteen <b>metres</b>.</p>"
    )
    assert body(read(mail)) == ["Nineteen metres."]


# Mailboxes


def test_each_message_of_a_mailbox_is_a_document(read, tmp_path):
    messages = [("Ada", "Mon, 03 Feb 2020", "Nineteen."), ("Otto", "Wed, 05 Feb 2020", "Twenty.")]
    data = "".join(
        f"From x@x Mon Feb  3 09:00:00 2020\nFrom: {name} <x@x>\nDate: {day} 09:00:00 +0000\n"
        f"Subject: Depth / width\n\n>From here: {text}\n\n"
        for name, day, text in messages
    )
    document = read(data, "box")
    names = [member.name for member in document.members]
    assert names == ["0001 Depth _ width.eml", "0002 Depth _ width.eml"]
    first, second = (load(tmp_path / "box", folder=tmp_path, member=[name]) for name in names)
    assert (first.author, first.date, first.title) == ("Ada", "2020-02-03", "Depth / width")
    assert (second.author, second.date) == ("Otto", "2020-02-05")
    assert second.id == "box/0002 Depth _ width.eml"
    assert of_kind(second, "body") == [
        *("From: Otto <x@x>", "Date: Wed, 05 Feb 2020 09:00:00 +0000", "From here: Twenty.")
    ]


def test_a_mailbox_of_the_same_messages_has_copies(tmp_path):
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "box.mbox").write_bytes(make_mbox([("text", DEEP)], title="Depth"))
    report = build(tmp_path / "documents", tmp_path / "index", encoder=HashEncoder(), load=load)
    copies = {file.path: file.copy_of for file in report.files}
    assert copies == {
        "box.mbox": "",
        "box.mbox/0001 Depth.eml": "",
        "box.mbox/0002 Depth.eml": "box.mbox/0001 Depth.eml",
    }


# Quotations


REPLY = "The meeting is on Wednesday now."
EARLIER = "The meeting is on Tuesday at four."
WROTE = "On Mon, 3 Mar 2025 at 10:00, Otto Kern <otto@x.example> wrote:"
OUTLOOK = "From: Otto Kern <otto@x.example>\nSent: Monday, 3 March 2025 10:00\nTo: Ada\nSubject: x"
CUT = WROTE.replace(", Otto", ",\nOtto")
GERMAN = "Am 03.03.2025 um 10:00 schrieb Otto Kern:"
BOLD = "*From:* Otto\n*Sent:* Monday\n*To:* Ada"


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        (f"{REPLY}\n\n{WROTE}\n> {EARLIER}\n", WROTE),
        (f"{REPLY}\n{WROTE}\n\n> {EARLIER}\n", WROTE),
        (f"{REPLY}\n\n{CUT}\n\n{EARLIER}\n", CUT),
        (f"{REPLY}\n\n{GERMAN}\n> {EARLIER}\n", GERMAN),
        (f"{REPLY}\n\nOtto Kern wrote:\n> {EARLIER}\n", "Otto Kern wrote:"),
        (f"{REPLY}\n\n> {EARLIER}\n", "Quoted"),
        (f"{REPLY}\n\n{OUTLOOK}\n\n{EARLIER}\n", OUTLOOK),
        (f"{REPLY}\n\n-----Original Message-----\n{OUTLOOK}\n\n{EARLIER}\n", OUTLOOK),
        (f"{REPLY}\n\n________________________________\n{OUTLOOK}\n\n{EARLIER}\n", OUTLOOK),
        (f"{REPLY}\n\n{BOLD}\n\n{EARLIER}".replace("\n", "\r\n"), BOLD),
    ],
)
def test_the_message_replied_to_is_under_a_heading_of_its_own(read, text, heading):
    document = read(f"{HEAD}\n{text}")
    assert body(document) == [REPLY, EARLIER]
    assert " ".join(heading.split()) in [" ".join(found.split()) for found in headings(document)]
    blocks = [(b.kind, document.text[b.start : b.end]) for b in document.blocks]
    kinds = [kind for kind, _ in blocks[blocks.index(("body", REPLY)) + 1 :]]
    assert kinds[-1] == "body"
    assert set(kinds[:-1]) == {"heading"}


@pytest.mark.parametrize(
    "markup",
    [
        f"<div>{REPLY}</div><div class='gmail_quote'><div class='gmail_attr'>{WROTE}<br></div>"
        f"<blockquote class='gmail_quote'>{EARLIER}</blockquote></div>",
        f"<p>{REPLY}</p><p>{WROTE}</p><blockquote type='cite'><p>{EARLIER}</p></blockquote>",
        f"<p>{REPLY}</p><div style='border-top:solid 1pt'><p><b>From:</b> Otto Kern<br>"
        f"<b>Sent:</b> Monday<br><b>To:</b> Ada<br><b>Subject:</b> Depth</p></div><p>{EARLIER}</p>",
    ],
)
def test_the_message_replied_to_is_under_a_heading_in_html_too(read, markup):
    markup = markup.replace("<otto@x.example>", "&lt;otto@x.example&gt;")
    document = read(f"{HEAD}Content-Type: text/html\n\n{markup}")
    assert body(document) == [REPLY, EARLIER]
    assert "Otto Kern" in headings(document)[-1]


def test_answers_between_the_lines_stay_below_them(read):
    text = "> How deep is it?\n\nNineteen metres.\n\n> And who dug it?\n\nMonks.\n"
    document = read(f"{HEAD}\n{text}")
    assert body(document) == ["How deep is it?", "Nineteen metres.", "And who dug it?", "Monks."]
    assert headings(document) == ["Depth"]


def test_a_reply_below_a_long_quotation_is_under_its_author(read):
    quoted = "\n".join(f"> This is line {number} of a long message." for number in range(20))
    document = read(f"{HEAD}\n{WROTE}\n{quoted}\n\n{REPLY}\n")
    assert headings(document) == ["Depth", WROTE, "Ada Blum"]
    assert body(document)[-1] == REPLY


def test_a_forwarded_message_in_the_text_is_no_quotation(read):
    text = f"For you.\n\n---------- Forwarded message ---------\n{OUTLOOK}\n\n{LINED}\n\n> {DEEP}\n"
    document = read(f"{HEAD}\n{text}")
    assert body(document) == ["For you.", OUTLOOK, LINED, DEEP]
    assert headings(document) == ["Depth", "---------- Forwarded message ---------", "Quoted"]


@pytest.mark.parametrize(
    "text",
    [
        "In his letter to the town Otto wrote: the well is deep.",
        "From: the north\nTo: the south\nit is nineteen metres.",
        "The water came from: the river\n\nIt is deep.",
        "She wrote:\n\nIt is deep.",
        "On Sunday the mayor of the town wrote a letter to Otto.\n\nHe said: it is deep.",
    ],
)
def test_prose_is_no_quotation(read, text):
    document = read(f"{HEAD}\n{text}")
    assert headings(document) == ["Depth"]
    assert "\n\n".join(body(document)) == text


def test_no_word_of_a_quotation_is_lost(read):
    text = f"a1\n>> b2 c3\n> d4\n\nOtto wrote:\n\n> e5\n-- \nf6\n{OUTLOOK}\ng7 h8\n>i9\n\n> > j10"
    found = read(f"{HEAD}\n{text}").text
    words = [word for word in text.replace(">", " ").split() if word != "--"]
    assert [word for word in words if word not in found] == []


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_characters_of_private_use_are_text(read, kind):
    # Fonts of symbols use them, and so does the reading of quotations.
    signs = "\ue000 \ue001 \U000f0000"
    shown = signs.replace("\ue001", "&#xE001;") if kind == "html" else signs
    quoted = f"<blockquote type='cite'><p>\ue000</p><p>{EARLIER}</p></blockquote>"
    rest = f"<p>{shown}</p>{quoted}" if kind == "html" else f"{shown}\n\n> \ue000\n>\n> {EARLIER}"
    head = f"{HEAD}Content-Type: text/{kind}; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
    document = read(f"{head}{rest}\n")
    assert body(document) == [signs, "\ue000", EARLIER]
    assert [block.level for block in document.blocks if block.kind == "body"][-3:] == [0, 1, 1]


def test_a_passage_knows_what_of_it_is_quoted(tmp_path):
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "a.eml").write_text(f"{HEAD}\n{REPLY}\n\n{WROTE}\n> {EARLIER}\n")
    (folder / "b.eml").write_text(f"{HEAD}\n> How deep is it?\n\nNineteen metres.\n")
    (folder / "c.txt").write_text(DEEP)
    build(folder, tmp_path / "index", encoder=HashEncoder(), load=load)
    index = open_index(tmp_path / "index")
    quoted = {
        name: [
            index.document(name).text[start:end]
            for passage in index.texts.passages_of(name)
            for start, end in passage.quoted
        ]
        for name in ("a.eml", "b.eml", "c.txt")
    }
    assert quoted == {"a.eml": [EARLIER], "b.eml": ["How deep is it?"], "c.txt": []}
    assert all(
        passage.start < end and start < passage.end
        for passage in index.all_passages()
        for start, end in passage.quoted
    )
    index.close()


BARS = """Hello all,

this is the list:
Boat | Berth | Length
Heron | 14 | 9.5 m
Tern | 27 | 12.1 m
Skua | | 7.8 m

Ada
"""
SPACES = """Hours of the baths
Day        Opens   Closes
---------  -----   ------
Monday     7:00    20:00
Tuesday    6:30    21:00
Sunday     9:00    17:00
"""


@pytest.mark.parametrize("quote", ["", "> "])
@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (
            BARS,
            [
                ("columns", ["Boat", "Berth", "Length"]),
                ("row", ["Heron", "14", "9.5 m"]),
                ("row", ["Tern", "27", "12.1 m"]),
                ("row", ["Skua", "", "7.8 m"]),
            ],
        ),
        (
            SPACES,
            [
                ("columns", ["Day", "Opens", "Closes"]),
                ("row", ["Monday", "7:00", "20:00"]),
                ("row", ["Tuesday", "6:30", "21:00"]),
                ("row", ["Sunday", "9:00", "17:00"]),
            ],
        ),
    ],
)
def test_tables_in_plain_text_are_rows(read, text, rows, quote):
    quoted = "".join(f"{quote}{line}".rstrip() + "\n" for line in text.splitlines())
    head = "From: Ada Lund <ada@x.example>\nTo: all@x.example\nSubject: List\nMessage-ID: <1@x>\n\n"
    document = read(f"{head}Good morning\n\n{quoted}", "a.eml")
    found = [
        (block.kind, [document.text[start:end] for start, end in block.cells])
        for block in document.blocks
        if block.cells
    ]
    assert found == rows
    assert len({block.level for block in document.blocks if block.cells}) == 1
    first = next(line for line in text.splitlines() if line)
    assert first in document.text


def test_a_message_copied_out_of_its_program_keeps_all_that_its_headers_say(read):
    text = """From: Ada Blum
Sent: Monday, 3 June 2024 10:00
To: Tom Reyes; Kim Park
Subject: Keys for the boathouse

They are in the blue tin.
"""
    document = read(text, "a.txt")
    assert (document.title, document.date, document.author) == (
        "Keys for the boathouse",
        "2024-06-03",
        "Ada Blum",
    )
    assert "To: Tom Reyes; Kim Park" in document.text
    assert "Sent: Monday, 3 June 2024 10:00" in document.text


@pytest.mark.parametrize(
    ("header", "shown"),
    [
        ("To: =?utf-8?q?J=C3=B8rn?= <j@x.example>", "To: Jørn <j@x.example>"),
        ("To: =?utf-8?b?SsO4?= =?utf-8?b?cm4=?= <j@x.example>", "To: Jørn <j@x.example>"),
        ("To: =?utf-8?q?J=C3?= =?utf-8?q?=B8rn?=", "To: Jørn"),
        ("To: =?x-unknown?q?Ada?= <a@x.example>", "To: Ada <a@x.example>"),
        (
            'To: "Ada Blum" <a@x.example>, "Kern, Otto" <o@x.example>',
            'To: Ada Blum <a@x.example>, "Kern, Otto" <o@x.example>',
        ),
        ("To: J\xf8rn <j@x.example>", "To: Jørn <j@x.example>"),
        ("To: =?utf-8?q?not ended", "To: =?utf-8?q?not ended"),
    ],
)
def test_a_header_is_shown_as_it_stands_but_for_its_encoded_words(read, header, shown):
    data = f"Message-ID: <1>\nFrom: a@x.example\n{header}\n\nIt is 19 metres deep.\n"
    document = read(data.encode("latin-1"), "a.eml")
    assert shown in document.text


def test_short_lines_in_bold_are_headings_of_a_message_in_html(read):
    data = """Message-ID: <1>
Subject: Club evening
Content-Type: text/html; charset=utf-8

<p>Hello all, this is about the evening.</p><p><b>When and where</b></p>
<p>Saturday at seven in the old boathouse.</p><div><strong>What to bring</strong></div>
<div>A torch, a cup and a chair.</div><p><b>Price: 7 euro</b></p>
"""
    document = read(data, "a.eml")
    assert of_kind(document, "heading") == ["Club evening", "When and where", "What to bring"]

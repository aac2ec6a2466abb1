"""Messages of Outlook. No library writes them, so the compound file is made here."""

import struct

import pytest
from compressed_rtf import compress
from making import of_kind

from qa.errors import UnreadableDocument
from qa.types import Member

FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
SECTOR, MINI, CUTOFF = 512, 64, 4096


def compound(tree):
    """Return a compound file (MS-CFB) of ``{name: bytes, or the same of a folder}``."""
    entries = []  # name, type, child, right, start, size

    def add(name, kind):
        entries.append([name, kind, FREE, FREE, 0, 0])
        return len(entries) - 1

    small, large = bytearray(), bytearray()
    mini_chain, chain = [], []

    def store(data, space, size, links):
        start = len(links)
        space += data + bytes(-len(data) % size)
        count = -(-len(data) // size)
        links += [*range(start + 1, start + count), END] if count else []
        return start if count else END

    def fill(parent, children):
        before = None
        for name, value in sorted(
            children.items(), key=lambda item: (len(item[0]), item[0].upper())
        ):
            number = add(name, 1 if isinstance(value, dict) else 2)
            if before is None:
                entries[parent][2] = number
            else:
                entries[before][3] = number
            before = number
            if isinstance(value, dict):
                fill(number, value)
            else:
                is_small = len(value) < CUTOFF
                place = (small, MINI, mini_chain) if is_small else (large, SECTOR, chain)
                entries[number][4:] = [store(value, *place), len(value)]

    fill(add("Root Entry", 5), tree)
    entries[0][4:] = [store(bytes(small), large, SECTOR, chain), len(small)]
    mini_fat = struct.pack(f"<{len(mini_chain)}I", *mini_chain)
    mini_fat += b"\xff" * (-len(mini_fat) % SECTOR)
    mini_start = store(mini_fat, large, SECTOR, chain)
    folder = b"".join(
        struct.pack(
            "<64sHBBIII16sIQQIII",
            *(name.encode("utf-16-le"), 2 * len(name) + 2, kind, 1, FREE, right, child),
            *(b"", 0, 0, 0, start, size, 0),
        )
        for name, kind, child, right, start, size in entries
    )
    folder_start = store(folder, large, SECTOR, chain)
    count = -(-(len(chain) + 1) // 128)
    count = -(-(len(chain) + count) // 128)
    fat_start = len(chain)
    chain += [FAT] * count
    table = struct.pack(f"<{len(chain)}I", *chain) + b"\xff" * (-4 * len(chain) % SECTOR)
    header = struct.pack(
        "<8s16sHHHHH6sIIIIIIIII",
        *(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6, b"", 0, count),
        *(folder_start, 0, CUTOFF, mini_start, len(mini_fat) // SECTOR, END, 0),
    )
    places = [*range(fat_start, fat_start + count)] + [FREE] * (109 - count)
    return header + struct.pack("<109I", *places) + bytes(large) + table


def properties(head, values):
    """The streams of an object: texts, bytes and numbers by their property."""
    streams, entries = {}, b""
    for number, value in values.items():
        kind = 0x1F if isinstance(value, str) else 0x102 if isinstance(value, bytes) else 3
        if kind == 3 and value > 0xFFFFFFFF:
            kind = 0x40  # a time
        if kind in (0x1F, 0x102):
            data = value.encode("utf-16-le") if kind == 0x1F else value
            streams[f"__substg1.0_{number:04X}{kind:04X}"] = data
            value = len(data) + 2 * (kind == 0x1F)
        entries += struct.pack("<HHIQ", kind, number, 6, value)
    return {"__properties_version1.0": bytes(head) + entries, **streams}


# 10 February 2025, 9:00, in steps of 100 ns since 1601.
WHEN = 133_836_516_000_000_000
BODY, RTF, HTML, SUBJECT = 0x1000, 0x1009, 0x1013, 0x0037


def msg(*, attachments=(), **values):
    fields = {SUBJECT: "The well", 0x0C1A: "Ada Blum", 0x5D01: "ada@x.example", 0x0039: WHEN}
    fields |= {0x3FDE: 65001, 0x340D: 0x40000, 0x001A: "IPM.Note"}
    tree = properties(32, fields | {BODY: "It is 19 metres deep."} | values.get("fields", {}))
    for number, (name, address, kind) in enumerate(
        [("Otto Kern", "otto@x.example", 1), ("Iris", "iris@x.example", 2)]
    ):
        person = properties(8, {0x3001: name, 0x39FE: address, 0x0C15: kind})
        tree[f"__recip_version1.0_#{number:08X}"] = person
    for number, (name, data) in enumerate(attachments):
        attached = properties(8, {0x3707: name, 0x3701: data, 0x3705: 1})
        tree[f"__attach_version1.0_#{number:08X}"] = attached
    tree["__nameid_version1.0"] = {}
    return compound(tree)


def test_a_message_is_read_as_mail_is(read):
    document = read(msg(), "well.msg")
    assert (document.title, document.author, document.date) == (
        "The well",
        "Ada Blum",
        "2025-02-10",
    )
    found = of_kind(document, "body")
    assert [line for line in found if not line.startswith("Date")] == [
        "From: Ada Blum <ada@x.example>",
        "To: Otto Kern <otto@x.example>",
        "Cc: Iris <iris@x.example>",
        "It is 19 metres deep.",
    ]


def test_the_text_of_html_alone_is_read(read):
    page = "<html><p>Die Brücke ist <b>neu</b>.</p>" + "<!-- -->" * 1_000 + "</html>"
    document = read(msg(fields={BODY: "", HTML: page.encode()}))
    assert of_kind(document, "body")[-1] == "Die Brücke ist neu."


@pytest.mark.parametrize(
    "body",
    [
        rb"{\rtf1\ansi The sluice opens at {\b six}.\par Ask for Iris.\par}",
        # Of a page, whose tags are kept beside the text.
        rb"{\rtf1\ansi\fromhtml1{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 The sluice opens at six."
        rb"\htmlrtf\par}\htmlrtf0{\*\htmltag72 </p>}\par Ask for Iris.}",
    ],
)
def test_a_body_in_rtf_alone_is_read(read, body):
    document = read(msg(fields={BODY: "", RTF: compress(body)}))
    assert " ".join(of_kind(document, "body")[-2:]).endswith(
        "The sluice opens at six. Ask for Iris."
    )


def test_a_damaged_body_in_rtf_is_told(read):
    with pytest.raises(UnreadableDocument, match="damaged message of Outlook"):
        read(msg(fields={BODY: "", RTF: compress(b"{\\rtf1 Six.}")[:-3]}))


def test_attachments_of_a_message_are_treated_as_those_of_mail(read):
    document = read(msg(attachments=[("plan.dwg", b"AC1027 " * 2_000), ("a.bin", b"x")]))
    assert document.members == (Member("plan.dwg", 14_000), Member("a.bin", 1))


@pytest.mark.parametrize("length", [600, 1_500, 3_000])
def test_a_cut_message_has_a_reason(read, length):
    data = msg()
    cut = data[:length] + data[data.index("__properties_version1.0".encode("utf-16-le")) :][:64]
    with pytest.raises(UnreadableDocument, match="damaged message of Outlook"):
        read(cut)

"""Lines of keys and values are read as records, and quoted from the document."""

import pytest

from qa.builder.splitter import Splitter
from qa.builder.views.keyed import keyed
from qa.builder.views.records import Record, pieces_of, view_of
from qa.loaders import load
from qa.types import Block

FORM = "Hirer: Ada Lund\nRoom: long gallery\nFrom ........ 18:30\n"


def views(text, blocks=None):
    """What is read for each block, or its text where it is no record."""
    blocks = blocks or [Block(0, len(text), "body")]
    return [
        view_of(text, [pieces_of(text, each.fields)]).text
        if isinstance(each, Record)
        else text[each.start : each.end]
        for each in keyed(text, blocks)
    ]


def lines_of(text):
    blocks, at = [], 0
    for line in text.splitlines():
        blocks.append(Block(at, at + len(line), "body"))
        at += len(line) + 1
    return blocks


def test_a_form_is_one_record():
    assert views(FORM) == ["Hirer: Ada Lund; Room: long gallery; From: 18:30."]


@pytest.mark.parametrize("mark", ["", "- ", "• ", "  * "])
def test_lines_that_are_blocks_are_read_together(mark):
    text = "\n".join(f"{mark}{line}" for line in ("Tree: elm", "Height: 9 m", "Age: 80"))
    assert views(text, lines_of(text)) == ["Tree: elm; Height: 9 m; Age: 80."]


def test_a_key_that_comes_again_begins_another_record():
    text = "Tree: elm\nAge: 80\nTree: oak\nAge: 300"
    expected = ["Tree: elm; Age: 80.", "Tree: oak; Age: 300."]
    assert views(text) == views(text, lines_of(text)) == expected


@pytest.mark.parametrize(
    "text, read",
    [
        ("host = mill-01\nport=4177\n", "host: mill-01; port: 4177."),
        ("level_m = 0.42   ; stops below\nalarm.tel = +46 455 10", None),
        ("Bed :: 4, by the wall\nDepth :: 5 cm", "Bed: 4, by the wall; Depth: 5 cm."),
        ('name = "The old mill"\nvents   = 4', 'name: "The old mill"; vents: 4.'),
    ],
)
def test_settings_and_terms_are_read_as_keys_and_values(text, read):
    assert views(text) == [read or "level_m: 0.42; stops below; alarm.tel: +46 455 10."]


@pytest.mark.parametrize(
    "text",
    [
        "total = sum(prices)\nmean = total / len(prices)",
        "if x == 4:\n    y = 5;\n    z = 6;",
        "rows = [\n    1,\n]",
        "Note: the door is shut from six in the evening.",
        "Ana: I will bring the key of the mill.\nBen: Then I shall wait for you at the gate.",
        "There is one thing: tea.\nIt comes from Assam.",
        "The train leaves at 9:15\nand is back at 18:40",
        "Hirer: Ada Lund\nThe room is the long gallery, as last year.\nFrom: 18:30",
    ],
)
def test_prose_and_talk_stay_as_they_are(text):
    assert views(text) == [text]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        # Several labels on a line, separated by spaces, tabs or bars.
        (
            "Name: Imke Harder   Born: 12.3.1971   Room: 14\nNext of kin: Jens   Phone: 04351 55\n",
            ["Name: Imke Harder; Born: 12.3.1971; Room: 14; Next of kin: Jens; Phone: 04351 55."],
        ),
        ("Policy:\tHH-22\tClaim:\t88/031", ["Policy: HH-22; Claim: 88/031."]),
        ("Stage: 3 - offer | Prob: 55% | Bleep 2214", ["Stage: 3 - offer; Prob: 55%; Bleep 2214."]),
        # Labels that come again begin a record with the line that they stand in.
        (
            "Signed: Ada   Date: 1 May\nSigned by the hirer: Otto   Date: 3 May",
            ["Signed: Ada; Date: 1 May.", "Signed by the hirer: Otto; Date: 3 May."],
        ),
        # Values that go on below; and what a form stands under.
        (
            "Present:   Ada Blum (chair), Otto Reis,\n           Pia Lund\nApologies: Marta Holm",
            ["Present: Ada Blum (chair), Otto Reis,\n           Pia Lund; Apologies: Marta Holm."],
        ),
        (
            "CAST\n  Director ...... Oona Trevel\n  Lua ........... Esme Toll or\n"
            "                  Ruby Sand\n  Notary ........ Winston Paley\n",
            [
                "CAST",
                "Director: Oona Trevel; Lua: Esme Toll or\n                  Ruby Sand; "
                "Notary: Winston Paley.",
            ],
        ),
        # Terms with what is said of them beside them.
        (
            "PARKING    Free for two hours; after\n           that it is 1.20.\n"
            "BRING      A coin for the locker.\n",
            [
                "PARKING: Free for two hours; after\n           that it is 1.20.",
                "BRING: A coin for the locker.",
            ],
        ),
        ("red\tTank empty.\ngreen\tAll is well", ["red: Tank empty.", "green: All is well."]),
    ],
)
def test_lines_of_forms_and_leaflets_are_read_with_their_labels(text, read):
    assert views(text) == read


@pytest.mark.parametrize(
    "text",
    [
        "Name:             Date:            Class:",
        "A1  The machine is meant for the house.\nA2  Children are kept away from it.",
        "The mill stood        the river rose\nempty, until it       and with it the",
        "The price is 12.  Children: half.\nThe rest is free.  So are dogs.",
        "The load:   9 kg on each side rail, as the\nplate on the rail tells you.",
        "Ana: Have you got it?\nBen: Yes\nAna: Good\nWe went home then, all of us.",
    ],
)
def test_what_only_looks_like_labels_stays_as_it_is(text):
    assert views(text) == [text]


def test_terms_in_blocks_of_their_own_are_read_together():
    text = "OPENS      Saturday\nHOURS      6 to 8\n\nFIRST AID  Beside the pool."
    blocks = [Block(0, text.index("\n\n"), "body"), Block(text.index("FIRST"), len(text), "body")]
    assert views(text, blocks) == [
        "OPENS: Saturday.",
        "HOURS: 6 to 8.",
        "FIRST AID: Beside the pool.",
    ]


def test_values_are_quoted_where_they_stand(tmp_path):
    (tmp_path / "form.txt").write_text(f"Hire of rooms\n\n{FORM}\nPlease pay on the day.\n")
    document = load(tmp_path / "form.txt", folder=tmp_path)
    (passage,) = Splitter(lambda texts: [len(text.split()) for text in texts]).split(document)
    assert "Room: long gallery; From: 18:30." in passage.read_text
    start = document.text.index("long gallery")
    assert passage.words_at(start, start + len("long gallery")) == "long gallery"
    for begin, source, length in passage.pieces():
        assert passage.read_text[begin : begin + length] == document.text[source : source + length]


def test_a_colon_of_a_name_is_not_repeated(tmp_path):
    path = tmp_path / "hall.csv"
    path.write_text("Hall:,Seats:,Price:\nLong gallery,80,40 euro\nOld barn,25,15 euro\n")
    sheet = tmp_path / "form.csv"
    sheet.write_text("Hirer:,Ada Lund\nRoom:,long gallery\n")
    read = [
        passage.read_text
        for each in (path, sheet)
        for passage in Splitter(lambda texts: [len(t.split()) for t in texts]).split(
            load(each, folder=tmp_path)
        )
    ]
    assert not any("::" in text for text in read)
    assert "Hirer: Ada Lund." in read[1]
    assert "Seats: 80; Price: 40 euro." in read[0] or "Long gallery; 80; 40 euro." in read[0]


def test_a_value_without_a_header_has_the_one_before_it_as_its_name():
    text = "Attributes cruise CH2011 depth 40"
    header, name, value = (0, 10), (11, 17), (18, 24)

    def read(*fields):
        return view_of(text, [pieces_of(text, fields)]).text

    assert read(((header,), name), ((), value)) == "Attributes: cruise: CH2011."
    assert read(((), name), ((), value)) == "cruise: CH2011."
    assert read(((header,), name), ((name,), value)) == "Attributes: cruise; cruise: CH2011."
    assert read(((), name), ((), value), ((), (31, 33))) == "cruise; CH2011; 40."


def test_labels_that_are_set_off_from_their_colon(read):
    document = read(
        "Certificate no     : CAL/25/0881\nInstrument         : Torque wrench\n"
        "Calibrated on      : 12 Feb 2025        Next due : 12 Feb 2026\n"
    )
    splitter = Splitter(lambda texts: [len(text.split()) for text in texts])
    (passage,) = splitter.split(document)
    assert passage.read_text.endswith(
        "Certificate no: CAL/25/0881; Instrument: Torque wrench; "
        "Calibrated on: 12 Feb 2025; Next due: 12 Feb 2026."
    )


def test_dots_lead_to_several_values_in_a_line(read):
    document = read(
        "Soup of the day ........ 6.50      Lamb pie .......... 13.80\n"
        "Beetroot salad ......... 8.20      Fish cakes ........ 12.40\n"
        "Welsh rarebit .......... 7.90      Risotto ........... 11.90\n"
    )
    splitter = Splitter(lambda texts: [len(text.split()) for text in texts])
    (passage,) = splitter.split(document)
    assert "Soup of the day: 6.50; Lamb pie: 13.80; Beetroot salad: 8.20;" in passage.read_text

"""Titles and headings of plain text, by its layout alone."""

import pytest

RUNNING = "The boiler in the guild room failed in August and was not mended before the frost."


def headings(document):
    return [document.text[b.start : b.end] for b in document.blocks if b.kind == "heading"]


@pytest.mark.parametrize(
    ("top", "title"),
    [
        # An organisation and what it publishes, a title with a subtitle, a wrapped one.
        ("LARKFIELD LTD\nLEAVE AND TRAVEL POLICY", "LARKFIELD LTD LEAVE AND TRAVEL POLICY"),
        ("The Heron Inn\nLunch, Tuesday to Friday", "The Heron Inn Lunch, Tuesday to Friday"),
        ("Plum Cake\nfrom Aunt Hedda", "Plum Cake"),
        (
            "ALLOTMENT SOCIETY\nMinutes of the meeting of the committee of May\nat the Institute",
            "ALLOTMENT SOCIETY Minutes of the meeting of the committee of May at the Institute",
        ),
        ('RUNBOOK - HOST "JUNIPER"\nVersion: 3.2', 'RUNBOOK - HOST "JUNIPER"'),
        (
            "RESULTS CALL (six months to June)\nEdited by the Society.",
            "RESULTS CALL (six months to June)",
        ),
        # Below a letterhead, a path of the site or a form it is the line that stands alone.
        ("HEXLEY LTD\n9 Bilston Lock\nTel 01902 555 0173\n\nQuotation 41", "Quotation 41"),
        ("Home > World > Italy\n\nOwner of the ferry jailed", "Owner of the ferry jailed"),
        (
            "Thornby Gazette, 4 July 2025\n\nMill out of work: 61 jobs gone",
            "Mill out of work: 61 jobs gone",
        ),
        ("Mill and Sons\n9 Lowgate\n\nOur ref: M/24\n\nThe new wheel", "The new wheel"),
        ("Cake\nby Ada\n\nServes: 8   Time: 1 h", "Cake"),
        # A letterhead in capitals, where there is nothing else.
        ("PELL VETS      CASE NOTES\n17 Lowgate, Pell\nAnimal:  Tom", "PELL VETS      CASE NOTES"),
    ],
)
def test_the_title_is_among_the_first_lines(read, top, title):
    document = read(f"{top}\n\n{RUNNING}\n", "file.txt")
    assert document.title == " ".join(title.split())
    assert " ".join(headings(document)[0].split()) == document.title


@pytest.mark.parametrize(
    "top",
    [
        "The mill stood empty for years, and\nnobody knew who had the key of it",
        "Dear Marta,\nhere is the key of the mill",
        "Ada Blum\n12 Mill Lane\nThornby",
        "Name: Ada Blum   Room: 14\nKey: 9",
        "milk\nbutter\neggs",
        "1. Sweep the yard\n2. Close the door",
        "Kind regards\nGreta Lund",
    ],
)
def test_a_text_without_a_title_has_the_name_of_its_file(read, top):
    document = read(f"{top}\n\n{RUNNING}\n", "file.txt")
    assert (document.title, headings(document)) == ("file", [])


def test_an_address_is_no_title_but_the_first_underlined_heading_may_be(read):
    notes = f"{RUNNING}\nThe notes are kept at\n\n<https://guild.example/notes>\n\n{RUNNING}\n"
    assert read(notes, "file.txt").title == "file"
    assert read(f":hidden:\n\nThe Boiler\n----------\n\n{RUNNING}\n").title == "The Boiler"


def test_divisions_are_within_those_that_came_before(read):
    text = "\n\n".join(
        f"Article {number}\n\nSection 1\n\n{RUNNING}\n\nSection 2\n\n{RUNNING}"
        for number in ("I", "II")
    )
    levels = [b.level for b in read(f"Rules of the guild\n\n{text}\n").blocks if b.level]
    assert levels == [1, 2, 3, 3, 2, 3, 3]


@pytest.mark.parametrize(
    ("sections", "found"),
    [
        # Below a rule, above a blank line or a list.
        (
            f"{'-' * 40}\nFrom the director\n\n{RUNNING}\n\n{'=' * 40}\nSCENES\n\n{RUNNING}",
            ["From the director", "SCENES"],
        ),
        # Above lists, tables and lines that are further in.
        (
            "WHAT TO BRING\n- a coin\n- a towel\n\nPRICES\nAdults     6.40\nChildren   3.10\n"
            "Families   15.00",
            ["WHAT TO BRING", "PRICES"],
        ),
        ("1  Minutes\n   Agreed.\n\n2  Water\n   It is cold.", ["1  Minutes", "2  Water"]),
        # A word that begins paragraph after paragraph, with a gap after its number.
        (
            f"BED 1   Mr Pell, 81\n{RUNNING}\n\nBED 2   Mrs Okon, 74\n{RUNNING}",
            ["BED 1   Mr Pell, 81", "BED 2   Mrs Okon, 74"],
        ),
        # Divisions with and without names, also with spaces that do not break.
        (
            f"Clause 1\n\n{RUNNING}\n\nClause 2: Fees for 2025\n\n{RUNNING}",
            ["Clause 1", "Clause 2: Fees for 2025"],
        ),
        (
            f"Chapter\xa01.\xa0The weir\n\n1.1.\xa0Who opens the gate?\n\n{RUNNING}\n\n"
            f"Chapter\xa02.\xa0The mill\n\n2.1.\xa0Who has the key?\n\n{RUNNING}",
            [
                "Chapter\xa01.\xa0The weir",
                "1.1.\xa0Who opens the gate?",
                "Chapter\xa02.\xa0The mill",
                "2.1.\xa0Who has the key?",
            ],
        ),
        # Lines drawn by hand, all of one length, and two headings in a row.
        (
            f"Any other business\n{'=' * 24}\nRoof\n{'-' * 24}\n{RUNNING}",
            ["Any other business", "Roof"],
        ),
    ],
)
def test_sections_begin_with_headings(read, sections, found):
    document = read(f"Notes of the guild\n\n{RUNNING}\n\n{sections}\n")
    assert headings(document) == ["Notes of the guild", *found]
    rules = [document.text[b.start : b.end] for b in document.blocks if b.kind == "furniture"]
    assert all(set(rule) <= {"-", "="} for rule in rules)


@pytest.mark.parametrize(
    "sections",
    [
        f"{'-' * 40}\nTotal        412.00\n\n{RUNNING}",  # of a table
        f"{'-' * 40}\n12/2\nDear Isa,\n{RUNNING}",
        "BED 1   Mr Pell, 81\nBED 2   Mrs Okon, 74\nBED 3   Miss Tait, 30",
        f"BED 1   Mr Pell, 81\n{RUNNING}",
        "Section 3 was read to the members\nand agreed.\n\nSection 4 was read to nobody.",
        f"Week 1: boilers\nWeek 2: pipes\nWeek 3: chimneys\n\n{RUNNING}",
        f"Greta Lund\n{'-' * 60}\n{RUNNING}",  # a rule across the page
    ],
)
def test_rules_and_rows_begin_no_sections(read, sections):
    document = read(f"Notes of the guild\n\n{RUNNING}\n\n{sections}\n")
    assert headings(document) == ["Notes of the guild"]


def test_a_date_among_labels_is_not_the_date_of_the_document(read):
    form = f"ADMISSION SHEET\n\nName: Imke Harder   Born: 12.3.1971   Room: 14\n\n{RUNNING}\n"
    assert read(form).date == ""
    assert read(form.replace("Room: 14", "Room: 14\nDate: 4 May 2025")).date == "2025-05-04"


def test_sections_of_settings_are_headings(read):
    document = read(
        "; of the mill\n[network]\nhost = mill-01\n\n[alarm]\ntel = 0455 010\n\n[sic] is a word\n"
    )
    assert headings(document) == ["[network]", "[alarm]"]


def test_several_values_in_a_line_begin_no_section(read):
    document = read(
        "FEES\nOne pound a day for each boat that lies at the quay of the old harbour.\n\n"
        "ORDER   4471    DATE   MAY    REF   AB\nOak boards, planed on both sides.\n\n"
        "HOURS\nFrom six in the morning until nine, and on Sundays from eight until noon.\n"
    )
    assert "ORDER   4471    DATE   MAY    REF   AB" not in headings(document)


MEMO = """Working Group of the Gates                                        A. Lund
Request: 9901                                                  March 2024


                          The Gate Protocol

1.  Introduction

   A gate sends a datagram to port 4177.  It is sent again at most



Lund                         Informational                      [Page 1]

Gates 9901                   Gate Protocol                    March 2024


   five times.

2.  Types

   There are three types of datagrams, and none of them is answered.

Lund                         Informational                      [Page 2]
"""


def furniture(document):
    return [document.text[b.start : b.end] for b in document.blocks if b.kind == "furniture"]


def test_headers_and_footers_of_printed_pages_are_no_text(read):
    document = read(MEMO)
    assert document.title == "The Gate Protocol"
    assert [" ".join(line.split()) for line in furniture(document)] == [
        "Lund Informational [Page 1]",
        "Gates 9901 Gate Protocol March 2024",
        "Lund Informational [Page 2]",
    ]


def test_a_single_page_number_or_one_within_a_paragraph_is_text(read):
    assert furniture(read(MEMO.replace("[Page 2]", "[Page 7]"))) == []
    assert furniture(read("See the map.\nMill      Page 1\nWeir      Page 2\nand the rest.")) == []


def test_settings_with_aligned_signs_are_no_table(read):
    document = read(
        '[zone "north"]\n    target = 18.5\n    vents  = 4\n[zone "south"]\n    target = 21\n'
        "    vents  = 6\n[mail]\n    server : a.example\n    from   : b.example\n"
    )
    assert headings(document) == ['[zone "north"]', '[zone "south"]', "[mail]"]
    assert {block.kind for block in document.blocks} == {"heading", "body"}

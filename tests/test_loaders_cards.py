"""Address cards: every field that people read, under the name of whom it is of."""

import pytest
from making import blocks

from qa.errors import UnreadableDocument

CARDS = """BEGIN:VCARD
VERSION:3.0
N:Harder;Imke;;Dr.;
FN:Dr. Imke Harder
ORG:Harbour Office;Berths
item1.TEL;TYPE=CELL,VOICE:+49 4351 55
  0122
EMAIL;TYPE=INTERNET:imke@x.example
ADR;TYPE=HOME:;;Lindenweg 9;Ystad;;24340;Sweden
BDAY:19710312
PHOTO;ENCODING=b;TYPE=JPEG:AAAA
NOTE:Likes tea\\, no sugar\\nin the morning
X-ABUID:77
END:VCARD
BEGIN:VCARD
VERSION:2.1
FN:Otto Reis
TEL;WORK;VOICE:0455 010 203
NOTE;QUOTED-PRINTABLE;CHARSET=UTF-8:Gr=C3=BC=C3=9Fe von=
 der Insel
END:VCARD
BEGIN:VCARD
VERSION:4.0
FN:Pia
TEL;VALUE=uri;TYPE="voice,home":tel:+1-555-0100
END:VCARD
"""


def test_each_card_is_a_form_under_its_name(read):
    document = read(CARDS.replace("\n", "\r\n"), "people.vcf")
    assert [found for found in blocks(document) if found[0] != "about"] == [
        ("heading", "Dr. Imke Harder"),
        (
            "body",
            "Name: Dr. Imke Harder\nOrganisation: Harbour Office, Berths\n"
            "Telephone (cell): +49 4351 55 0122\nE-mail: imke@x.example\n"
            "Address (home): Lindenweg 9, Ystad, 24340, Sweden\nBirthday: 1971-03-12\n"
            "Note: Likes tea, no sugar in the morning",
        ),
        ("heading", "Otto Reis"),
        ("body", "Telephone (work): 0455 010 203\nNote: Grüße von der Insel"),
        ("heading", "Pia"),
        ("body", "Telephone (home): +1-555-0100"),
    ]
    assert document.notes == ("1 picture without text",)
    assert document.title == "people"


def test_one_card_is_titled_by_its_name(read):
    assert read("BEGIN:VCARD\nFN:Otto Reis\nTEL:0455\nEND:VCARD\n", "a.txt").title == "Otto Reis"


@pytest.mark.parametrize("text", ["BEGIN:VCARD\n", "BEGIN:VCARD\nFN:Otto\n", "BEGIN:VCARD\n):;=\n"])
def test_a_card_that_does_not_end_has_a_reason(read, text):
    with pytest.raises(UnreadableDocument, match="damaged address card"):
        read(text, "a.vcf")

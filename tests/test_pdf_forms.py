"""Forms, letterheads, and tables beside or below others in PDF files."""

import io

import pytest
from making import of_kind
from test_forms import PAIRS, records

BOLD = "Helvetica-Bold"


def drawn(lines, *, font="Helvetica"):
    """A page of texts, each with its place: ``(x, y, text)`` or ``(x, y, text, font, size)``."""
    from reportlab.pdfgen.canvas import Canvas

    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(595, 842))
    for x, y, text, *style in lines:
        canvas.setFont(*(style or (font, 11)))
        canvas.drawString(x, y, text)
    canvas.save()
    return file.getvalue()


def grid(rows, columns, top, *style, step=16):
    return [
        (x, top - step * number, text, *style)
        for number, row in enumerate(rows)
        for x, text in zip(columns, row, strict=True)
        if text
    ]


PROSE = (
    70,
    400,
    "The order is delivered to the door within a week of the day on which it is paid.",
)


def test_labels_beside_an_address_stay_with_their_values(read):
    address = ["Bill to:", "Marlow Garden Centre", "3 Quay Street", "Bristol BS1 4TR"]
    labels = ["Invoice number:", "Invoice date:", "Due date:", "Customer no.:"]
    values = ["2024-0117", "12 March 2024", "11 April 2024", "8812"]
    rows = list(zip(address, labels, values, strict=True))
    document = read(drawn([*grid(rows, (70, 310, 420), 750), PROSE]), "a.pdf")
    assert records(document) == [f"{a} {b}." for a, b in zip(labels, values, strict=True)]
    assert of_kind(document, "body")[:4] == address


def test_a_block_that_is_written_after_the_one_beside_it_is_no_part_of_its_last_line(read):
    address = ["Severn Energy", "22 Dock Road", "Bristol BS2 0AA", "0117 496 0123"]
    rows = [["Account", "7702 4419"], ["Tariff", "Standard 24"], ["Meter", "44-1"]]
    lines = [*grid([[each] for each in address], (70,), 750), *grid(rows, (310, 400), 750), PROSE]
    document = read(drawn(lines), "a.pdf")
    assert records(document) == ["Account: 7702 4419.", "Tariff: Standard 24.", "Meter: 44-1."]
    assert of_kind(document, "body")[:4] == address


def ticket():
    """Labels in small type above their values, each pair written before the next."""
    fields = [[("NAME", "Ada Blum"), ("FROM", "Leeds")], [("GATE", "B7"), ("SEAT", "14C")]]
    for row, pairs in enumerate(fields):
        for column, (label, value) in enumerate(pairs):
            x, y = 70 + 200 * column, 750 - 45 * row
            yield from [(x, y, label, "Helvetica", 7), (x, y - 14, value, BOLD, 12)]


def test_labels_that_are_written_after_the_address_beside_them_are_no_part_of_it(read):
    address = ["Ms Orla Finch", "27 Mere Street", "Diss", "IP22 4YY"]
    labels = ["Our ref: HT/2219", "Your ref: none", "Date: 21 January 2025", "Room: 4"]
    page = grid([[line] for line in address], (70,), 750) + grid([[e] for e in labels], (360,), 750)
    document = read(drawn([*page, PROSE]), "a.pdf")
    assert of_kind(document, "body")[:8] == [*address, *labels]


def test_addresses_that_are_written_one_after_the_other_are_read_one_by_one(read):
    first = ["Ilse Brandt", "Treasurer", "12 Quay Road", "0411 555 01"]
    second = ["Omar Saleh", "Secretary", "3 Mill Hill", "046 555 020"]
    third = ["Kaja Moe", "Pilot", "2 Pier Lane", "0414 555 03"]
    page = grid([[line] for line in first], (70,), 750) + grid([[e] for e in second], (330,), 750)
    page += grid([[line] for line in third], (70,), 650)
    document = read(drawn(page), "a.pdf")
    assert of_kind(document, "body")[:12] == [*first, *second, *third]


def test_a_letter_below_a_block_at_the_right_is_no_part_of_it(read):
    page = [(380, 750, "No. 2231"), (380, 736, "Due on 18 May 2025"), (70, 722, PROSE[2])]
    document = read(drawn(page), "a.pdf")
    assert of_kind(document, "body")[-1] == PROSE[2]


def test_a_label_above_its_value_is_read_with_it(read):
    document = read(drawn([*ticket(), PROSE]), "a.pdf")
    assert records(document) == ["NAME: Ada Blum.", "FROM: Leeds.", "GATE: B7.", "SEAT: 14C."]
    assert of_kind(document, "heading") == []


def test_boxes_beside_one_another_are_not_joined(read):
    small = ("Helvetica", 11)
    lines = [(70, 750, "Direct debit", *small), (70, 735, "Taken on 16 May", "Helvetica", 9)]
    lines += [(310, 750, "Used last year", *small), (310, 735, "311 units", "Helvetica", 9), PROSE]
    document = read(drawn(lines), "a.pdf")
    assert of_kind(document, "body")[:4] == [text for _, _, text, *_ in lines[:4]]
    assert of_kind(document, "row") == []


def test_a_thing_and_what_is_said_of_it_below_are_one_cell(read):
    lines = grid([["Thing", "Qty", "Price"]], (70, 300, 380), 750, BOLD, 11)
    for number, row in enumerate([["Pots", "40", "124.00"], ["Soil", "12", "81.00"]]):
        y = 730 - 34 * number
        lines += [(70, y, row[0], BOLD, 11), (70, y - 13, "frost proof, 20 cm")]
        lines += [(300, y, row[1]), (380, y, row[2])]
    assert records(read(drawn([*lines, PROSE]), "a.pdf")) == [
        "Thing: Pots frost proof, 20 cm; Qty: 40; Price: 124.00.",
        "Thing: Soil frost proof, 20 cm; Qty: 12; Price: 81.00.",
    ]


@pytest.mark.parametrize("style", [(), (BOLD, 11)])
def test_a_table_below_a_form_has_its_own_columns(read, style):
    columns = (70, 140, 290, 360, 430)
    lines = grid(PAIRS, (70, 180, 300, 400), 750)
    lines += grid([["Day", "What", "Out", "In", "Left"]], columns, 660, *style)
    lines += grid(
        [["3 May", "Bakery", "4.80", "", "99.70"], ["6 May", "Pay", "", "50.00", "149.70"]],
        columns,
        640,
    )
    assert records(read(drawn([*lines, PROSE]), "a.pdf"))[-3:] == [
        "Telephone: 0455 010 203.",
        "Day: 3 May; What: Bakery; Out: 4.80; Left: 99.70.",
        "Day: 6 May; What: Pay; In: 50.00; Left: 149.70.",
    ]


def table_of(rows, *style):
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

    file = io.BytesIO()
    prose = Paragraph(
        "The club meets in the hall by the lake. " * 4, getSampleStyleSheet()["BodyText"]
    )
    SimpleDocTemplate(file).build([prose, Table(rows, style=list(style)), prose])
    return file.getvalue()


def test_centred_cells_over_several_columns_are_in_the_row(read):
    rows = [
        ["Day", "Morning", "", "Afternoon", ""],
        ["", "Group A", "Group B", "Group A", "Group B"],
        ["Monday", "Pottery", "Chess", "Singing", "Rest"],
        ["Tuesday", "Trip to the lake", "", "Swimming", "Drama"],
        ["Wednesday", "Judo", "Maths", "Free", ""],
    ]
    spans = [
        ((1, 0), (2, 0)),
        ((3, 0), (4, 0)),
        ((0, 0), (0, 1)),
        ((1, 3), (2, 3)),
        ((3, 4), (4, 4)),
    ]
    style = [("SPAN", *span) for span in spans]
    style += [("ALIGN", (1, 0), (-1, -1), "CENTER"), ("VALIGN", (0, 0), (-1, -1), "MIDDLE")]
    assert records(read(table_of(rows, *style), "a.pdf")) == [
        "Day: Monday; Morning Group A: Pottery; Morning Group B: Chess; "
        "Afternoon Group A: Singing; Afternoon Group B: Rest.",
        "Day: Tuesday; Morning Group A: Trip to the lake; "
        "Afternoon Group A: Swimming; Afternoon Group B: Drama.",
        "Day: Wednesday; Morning Group A: Judo; Morning Group B: Maths; Afternoon Group A: Free.",
    ]


def test_numbers_of_trains_name_the_columns_of_their_times(read):
    rows = [
        ["Station", "101", "103", "105"],
        ["Leeds", "06:10", "07:15", "08:20"],
        ["Skipton", "06:52", "07:57", "08:58"],
    ]
    assert records(read(table_of(rows), "a.pdf")) == [
        "Station: Leeds; 101: 06:10; 103: 07:15; 105: 08:20.",
        "Station: Skipton; 101: 06:52; 103: 07:57; 105: 08:58.",
    ]


def test_names_in_bold_are_those_of_columns_that_are_set_otherwise(read):
    rows = [
        ["Meter", "Before", "Now"],
        ["Day, meter 44-1 in the yard", "20,114", "20,301"],
        ["Night, meter 2", "8,020", "8,101"],
    ]
    style = [
        ("ALIGN", (0, 0), (-1, 0), "CENTER"),
        ("FONTNAME", (0, 0), (-1, 0), BOLD),
        ("ALIGN", (1, 1), (-1, -1), "RIGHT"),
    ]
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

    file = io.BytesIO()
    prose = Paragraph(
        "The club meets in the hall by the lake. " * 4, getSampleStyleSheet()["BodyText"]
    )
    SimpleDocTemplate(file).build(
        [prose, Table(rows, colWidths=[200, 120, 120], style=style), prose]
    )
    assert records(read(file.getvalue(), "a.pdf")) == [
        "Meter: Day, meter 44-1 in the yard; Before: 20,114; Now: 20,301.",
        "Meter: Night, meter 2; Before: 8,020; Now: 8,101.",
    ]


def tagged(texts):
    """A page of texts that are parts of their own, as ``(x, y, text)``."""
    from reportlab.pdfgen.canvas import Canvas

    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(595, 842))
    canvas.setFont("Helvetica", 11)
    for number, (x, y, text) in enumerate(texts):
        canvas._code.append(f"/P <</MCID {number}>> BDC")
        canvas.drawString(x, y, text)
        canvas._code.append("EMC")
    canvas.save()
    return file.getvalue()


def test_narrow_cells_are_told_apart_where_the_file_does(read):
    rows = [["Place", "Sailor", "Boat"], ["1", "Ada Blum", "Heron"], ["2", "Tom Reyes", "Tern"]]
    columns = (70, 106, 169)  # some points behind the widest
    assert "Tom Reyes Tern" in read(drawn([*grid(rows, columns, 750), PROSE]), "a.pdf").text
    assert records(read(tagged([*grid(rows, columns, 750), PROSE]), "b.pdf")) == [
        "Place: 1; Sailor: Ada Blum; Boat: Heron.",
        "Place: 2; Sailor: Tom Reyes; Boat: Tern.",
    ]


def test_parts_of_a_sentence_are_no_cells(read):
    from reportlab.pdfbase.pdfmetrics import stringWidth

    parts = ["The club meets in the ", "old hall ", "by the lake."]
    starts = [70 + stringWidth("".join(parts[:n]), "Helvetica", 11) for n in range(3)]
    lines = grid([[*map(str.strip, parts)]] * 4, starts, 700)
    assert "The club meets in the old hall by the lake." in read(tagged(lines), "a.pdf").text

"""Cards, letterheads and forms of a PDF whose lines were written across the page."""

import io

from reportlab.pdfgen import canvas

from qa.loaders import load

LEFT, MIDDLE, RIGHT = 60, 230, 400


def read(tmp_path, lines):
    """Return the kind and text of each block of a page; a line is ``(x, y, text, bold, size)``."""
    data = io.BytesIO()
    page = canvas.Canvas(data, pagesize=(595, 842))
    for x, y, text, *style in lines:
        bold, size = (*style, *(False, 10)[len(style) :])
        page.setFont("Helvetica-Bold" if bold else "Helvetica", size)
        page.drawString(x, y, text)
    page.save()
    (tmp_path / "a.pdf").write_bytes(data.getvalue())
    document = load(tmp_path / "a.pdf", folder=tmp_path)
    return [
        (
            block.kind,
            " | ".join(document.text[a:b] for a, b in block.cells)
            or document.text[block.start : block.end],
        )
        for block in document.blocks
        if block.kind != "about"
    ]


def across(rows, top=700):
    """Return the lines of rows of texts, line by line; the first row is in bold."""
    return [
        (x, top - 14 * number, text, number == 0)
        for number, row in enumerate(rows)
        for x, text in zip((LEFT, MIDDLE, RIGHT), row, strict=False)
        if text
    ]


def test_cards_beside_one_another_are_read_one_by_one(tmp_path):
    cards = [
        ("Heron", "Teal", "Coot"),
        ("Beds: 2", "Beds: 4", "Beds: 6"),
        ("Stove: gas", "Stove: wood", "Stove: none"),
        ("", "Keeper: Olga Brandt", ""),
    ]
    more = [("Stilt", "Snipe", "Rail"), ("Beds: 8", "Beds: 1", "Beds: 3")]
    more.append(("Stove: oil", "Stove: coal", "Stove: peat"))
    found = read(
        tmp_path,
        [
            (LEFT, 760, "Huts of the lake", True, 18),
            (LEFT, 735, "Each of our huts has a boat, and the key is with the warden."),
            *across(cards),
            *across(more, 620),
            (LEFT, 540, "Wood is sold at the landing for a coin a bundle, on every day of summer."),
        ],
    )
    texts = [text for _, text in found]
    assert texts[2:10] == [
        *("Heron", "Beds: 2", "Stove: gas", "Teal", "Beds: 4", "Stove: wood"),
        *("Keeper: Olga Brandt", "Coot"),
    ]
    assert texts[-4:-1] == ["Rail", "Beds: 3", "Stove: peat"]
    assert ("heading", "Snipe") in found


def test_columns_of_labels_that_differ_are_no_cards(tmp_path):
    rows = [("Room", "Warden", "Rent"), ("Attic", "Ada: by phone", "40"), ("Hall", "Otto", "65")]
    found = read(tmp_path, across(rows))
    assert [kind for kind, _ in found] == ["columns", "row", "row"]


def test_labels_without_colons_are_read_apart_from_the_address_beside_them(tmp_path):
    address = ["Alder Mill Trust", "The Wheelhouse", "Mill Lane", "Ludlow SY8 1AA"]
    labels = [("Telephone", "01584 555 010"), ("E-mail", "mill@alder.example")]
    labels += [("Our ref", "AM/77"), ("Date", "4 March 2024")]
    lines = []
    for number, (line, (label, value)) in enumerate(zip(address, labels, strict=True)):
        y = 790 - 13 * number
        lines += [(LEFT, y, line), (380, y, label), (450, y, value)]
    assert read(tmp_path, lines) == [
        *(("body", line) for line in address),
        *(("row", f"{label} | {value}") for label, value in labels),
    ]


def test_a_key_below_a_key_is_a_line_of_its_own(tmp_path):
    found = read(
        tmp_path,
        [(LEFT, 700, "Guide: Nils Berg"), (LEFT, 687, "Price: 69"), (LEFT, 674, "Days: 9")],
    )
    assert [text for _, text in found] == ["Guide: Nils Berg", "Price: 69", "Days: 9"]


def test_figures_beside_the_middle_of_a_cell_are_in_its_row(tmp_path):
    lines = []
    for number, (name, said, *figures) in enumerate(
        [
            ("Oak door", "Left-hung", "2", "415.00", "830.00"),
            ("Sash window", "Painted white", "5", "372.50", "1,862.50"),
            ("Ladder", "Of ash", "1", "38.00", "38.00"),
        ]
    ):
        y = 700 - 32 * number
        lines += [(LEFT, y, name), (LEFT, y - 11, said, False, 8)]
        lines += [(x, y - 5.5, figure) for x, figure in zip((300, 360, 430), figures, strict=True)]
    assert read(tmp_path, lines) == [
        ("row", "Oak door Left-hung | 2 | 415.00 | 830.00"),
        ("row", "Sash window Painted white | 5 | 372.50 | 1,862.50"),
        ("row", "Ladder Of ash | 1 | 38.00 | 38.00"),
    ]


def test_a_paragraph_below_a_list_is_no_part_of_its_last_item(tmp_path):
    prose = "The pump moves liquids without touching them, as its rollers press a hose of rubber"
    found = read(
        tmp_path,
        [
            *((90, 700 - 13 * n, text) for n, text in enumerate(["Runs dry", "Quiet at a metre"])),
            (LEFT, 674, prose),
            (LEFT, 661, "that is changed within a minute."),
        ],
    )
    assert [text for _, text in found][-2:] == [
        "Quiet at a metre",
        f"{prose} that is changed within a minute.",
    ]


def test_an_abbreviated_label_stays_with_the_value_below_it(tmp_path):
    pairs = [(LEFT, "Hirer", "Osei Kwarteng"), (MIDDLE, "Licence no.", "KW 806 124")]
    lines = []
    for x, label, value in [*pairs, (RIGHT, "Expires", "03/2031")]:
        lines += [(x, 700, label, False, 8), (x, 687, value, True)]
    found = read(tmp_path, [*lines, (LEFT, 640, "No smoking, and no pets in any of our cars.")])
    assert ("row", "Licence no. | KW 806 124") in found


def test_a_key_above_a_table_names_none_of_its_columns(tmp_path):
    rows = [("Item", "Number", "Price"), ("Rope", "2", "4.10"), ("Lamp", "1", "9.50")]
    found = read(tmp_path, [(MIDDLE, 714, "Contact: Mr Iqbal"), *across(rows)])
    assert found[0] == ("body", "Contact: Mr Iqbal")

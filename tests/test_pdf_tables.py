"""Tables of PDF files: rows with their columns and headers."""

import io

import pytest

from qa.builder.views.records import pieces_of, records_of, view_of
from qa.loaders import load

PROSE = "The harbour master lets the berths by the season, and keeps the list in her office. " * 4
BERTHS = [
    ["Owner", "Harbour", "Berth", "Fee"],
    ["Marta Holm", "Ystad", "14", "420"],
    ["Jens Riis", "Gudhjem", "", "310"],
    ["Oda Friis", "Simrishamn", "22", "505"],
]


def make(rows, *, style=(), size=10, widths=None):
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Table, TableStyle

    body = getSampleStyleSheet()["BodyText"]
    table = Table(rows, repeatRows=1, colWidths=widths, style=TableStyle(list(style)))
    file = io.BytesIO()
    SimpleDocTemplate(file).build([Paragraph(PROSE, body), table, Paragraph(PROSE, body)])
    return file.getvalue()


@pytest.fixture
def records(tmp_path):
    """Return the records of a PDF's only table, as they are read."""

    def read(data):
        (tmp_path / "a.pdf").write_bytes(data)
        document = load(tmp_path / "a.pdf", folder=tmp_path)
        table = [block for block in document.blocks if block.kind in ("row", "columns")]
        return [
            view_of(document.text, [pieces_of(document.text, record.fields)]).text
            for record in records_of(table)
        ]

    return read


def test_each_value_is_read_with_its_header(records):
    assert records(make(BERTHS)) == [
        "Owner: Marta Holm; Harbour: Ystad; Berth: 14; Fee: 420.",
        "Owner: Jens Riis; Harbour: Gudhjem; Fee: 310.",
        "Owner: Oda Friis; Harbour: Simrishamn; Berth: 22; Fee: 505.",
    ]


def test_a_header_in_bold_names_words_too(records):
    rows = [["Item", "Keeper"], ["Rope", "Ada"], ["Anchor", "Tor"], ["Lantern", "Ilse"]]
    bold = [("FONTNAME", (0, 0), (-1, 0), "Helvetica-Bold")]
    assert records(make(rows, style=bold)) == [
        "Item: Rope; Keeper: Ada.",
        "Item: Anchor; Keeper: Tor.",
        "Item: Lantern; Keeper: Ilse.",
    ]


def test_a_table_of_names_and_values_has_no_header(records):
    rows = [["Room", "214"], ["Arrival", "2 June 2025"], ["Deposit", "150 euro"]]
    assert records(make(rows)) == ["Room: 214.", "Arrival: 2 June 2025.", "Deposit: 150 euro."]


def test_a_long_table_keeps_its_header_on_the_next_pages(records):
    rows = [BERTHS[0], *([f"Owner {n}", "Ystad", str(n), str(10 * n)] for n in range(90))]
    assert records(make(rows)) == [
        f"Owner: Owner {n}; Harbour: Ystad; Berth: {n}; Fee: {10 * n}." for n in range(90)
    ]


def test_a_merged_header_names_each_column_below_it(records):
    rows = [
        ["Boat", "Fees of 2024", ""],
        ["", "Summer", "Winter"],
        ["Gull", "12", "15"],
        ["Tern", "13", "16"],
        ["Plover", "9", "11"],
    ]
    spans = [("SPAN", (1, 0), (2, 0)), ("ALIGN", (1, 0), (2, 0), "CENTER")]
    bold = [("FONTNAME", (0, 0), (-1, 1), "Helvetica-Bold")]
    found = records(make(rows, style=[*spans, *bold], widths=[80, 90, 90]))
    assert found[-1].startswith("Boat: Plover; ")
    assert found[-1].endswith("Summer: 9; Fees of 2024 Winter: 11.")

"""Texts larger than a document may be are read in parts, or the report says how far."""

import csv
import io
import json

import pytest

from benchmarks.hashing import HashEncoder
from qa.builder import build
from qa.errors import UnreadableDocument
from qa.index import open_index
from qa.loaders import extracted, load, parts


@pytest.fixture
def small(monkeypatch):
    """A document of 2,000 bytes is too large, and a part of a text has 900."""
    monkeypatch.setattr("qa.loaders.MAX_BYTES", 2_000)
    monkeypatch.setattr(parts, "PART_BYTES", 900)


def texts(path):
    document = load(path, folder=path.parent)
    assert document.text == ""
    names = [member.name for member in document.members]
    return names, [load(path, folder=path.parent, member=(name,)) for name in names]


PARAGRAPHS = [f"Paragraph {n} says that the well has {n} stönes.\nIt is deep." for n in range(90)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_large_text_is_read_in_parts_that_end_at_paragraphs(tmp_path, small, encoding):
    path = tmp_path / "wells.txt"
    path.write_text("\n\n".join(PARAGRAPHS), encoding=encoding)
    names, documents = texts(path)
    assert names[0] == "wells part 001.txt"
    assert len(names) > 4
    found = "\n\n".join(document.text.strip("\n\ufeff") for document in documents)
    assert found == "\n\n".join(PARAGRAPHS)


def test_each_part_of_a_large_table_has_the_header_and_whole_rows(tmp_path, small):
    rows = [[str(n), f'line one\nline two of {n}, "so"', "x" * (n % 7)] for n in range(120)]
    file = io.StringIO()
    csv.writer(file).writerows([["Number", "Remark of the keeper", "Sign"], *rows])
    path = tmp_path / "log.csv"
    path.write_text(file.getvalue(), encoding="utf-8", newline="")
    _, documents = texts(path)
    assert len(documents) > 4
    found = []
    for document in documents:
        header, *below = [b for b in document.blocks if b.cells]
        assert header.kind == "columns"
        found += [[document.text[a:b] for a, b in block.cells] for block in below]
    assert found == [[" ".join(cell.split()) for cell in row] for row in rows]


def test_each_line_of_large_json_lines_is_in_one_part(tmp_path, small):
    path = tmp_path / "log.jsonl"
    path.write_text(
        "".join(
            json.dumps({"id": n, "text": "It is deep. " * (n % 5 + 1)}) + "\n" for n in range(80)
        )
    )
    _, documents = texts(path)
    found = "\n".join(document.text for document in documents)
    assert len(documents) > 4
    assert found.count("It is deep.") == sum(n % 5 + 1 for n in range(80))


def test_a_text_without_breaks_is_cut_between_characters(tmp_path, small):
    path = tmp_path / "endless.txt"
    path.write_text("ö" * 3_000, encoding="utf-8")
    _, documents = texts(path)
    assert "".join(document.text for document in documents) == "ö" * 3_000


def test_the_parts_of_a_large_text_are_documents_of_an_index(tmp_path, small):
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "wells.log").write_text("\n".join(PARAGRAPHS), encoding="utf-8")
    report = build(folder, tmp_path / "index", encoder=HashEncoder(), load=load)
    assert report.documents > 4
    index = open_index(tmp_path / "index")
    assert "wells.log/wells part 002.log" in [each.id for each in index.documents()]
    assert not build(folder, tmp_path / "index", encoder=HashEncoder(), load=load).changed


@pytest.mark.parametrize(
    ("name", "start", "remedy"),
    [
        ("a.json", '{"a": "', "save it as JSON Lines, which is read in parts"),
        ("a.html", "<!doctype html><p>", "split it"),
    ],
)
def test_other_large_files_say_what_to_do(tmp_path, small, name, start, remedy):
    (tmp_path / name).write_text(start + "x " * 2_000)
    with pytest.raises(UnreadableDocument) as caught:
        load(tmp_path / name, folder=tmp_path)
    assert caught.value.remedy == remedy


def test_a_program_with_the_name_of_a_text_is_not_cut(tmp_path, small):
    (tmp_path / "a.txt").write_bytes(b"\x7fELF" + bytes(5_000))
    with pytest.raises(UnreadableDocument, match="a program"):
        load(tmp_path / "a.txt", folder=tmp_path)


def test_a_workbook_of_too_much_text_says_how_far_it_was_read(tmp_path, monkeypatch):
    import xlsxwriter

    book = xlsxwriter.Workbook(tmp_path / "boats.xlsx", {"in_memory": True})
    sheet = book.add_worksheet("Harbour")
    for number in range(100):
        sheet.write_row(number, 0, [f"Boat {number}", f"Berth {number}", "in the old harbour"])
    book.close()
    monkeypatch.setattr(extracted, "MAX_CHARACTERS", 2_000)
    document = load(tmp_path / "boats.xlsx", folder=tmp_path)
    assert "Boat 0 | Berth 0" in document.text
    assert "Boat 99" not in document.text
    rows = [block for block in document.blocks if block.kind == "row"]
    last = document.text[rows[-1].start : rows[-1].end]
    (note,) = document.notes
    assert f"not read is all after “{last}” under “Harbour”; save the rest" in note


def test_a_small_file_of_endless_text_is_refused(read, monkeypatch):
    monkeypatch.setattr(extracted, "MAX_CHARACTERS", 200_000)
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    row = '<table:table-row table:number-rows-repeated="1000"><table:table-cell><text:p>qx</text:p>'
    row += f"</table:table-cell><table:table-cell><text:p>{'deep ' * 9}</text:p></table:table-cell>"
    data = (
        f"<office:document {names}><office:body><office:spreadsheet><table:table>"
        f"{(row + '</table:table-row>') * 6}</table:table></office:spreadsheet></office:body>"
        "</office:document>"
    )
    with pytest.raises(UnreadableDocument, match="far more than its size tells"):
        read(data, "a.fods")


@pytest.mark.parametrize("names", [("a.csv", "b.csv"), ("b.csv", "a.csv")])
def test_of_copies_in_an_archive_the_first_by_name_is_split(tmp_path, names):
    from zipfile import ZipFile

    from qa.builder.splitter import Splitter
    from qa.builder.survey import survey

    with ZipFile(tmp_path / "wells.zip", "w") as archive:
        for name in names:
            archive.writestr(name, "Well,Depth\nNorth,19 m\nSouth,7 m\n")
    files = {"wells.zip": tmp_path / "wells.zip"}
    splitter = Splitter(lambda texts: [len(text.split()) for text in texts])
    _, (first, contents), (second, nothing) = survey(
        files, {}, tmp_path, load, lambda document: (document, splitter.split(document))
    )
    document, passages = contents
    assert (first.path, second.copy_of) == ("wells.zip/a.csv", "wells.zip/a.csv")
    assert (document.id, passages[0].document_id) == ("wells.zip/a.csv", "wells.zip/a.csv")
    assert passages[0].heading == "a"
    assert passages[0].read_text == "Well: North; Depth: 19 m.\nWell: South; Depth: 7 m."
    assert nothing is None
    # What a table's cells were is not kept once it is split.
    assert not any(block.cells for block in document.blocks)

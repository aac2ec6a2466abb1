import os
import socket

import pytest
from making import of_kind

from qa.errors import EmptyCorpus, UnreadableDocument
from qa.loaders import find_files, load
from qa.loaders.dates import find_date, is_date_line, named_date
from qa.loaders.furniture import credit_start, is_agency_line, is_navigation, is_section_label

# A made-up article as copying a news page gives it.
ARTICLE = """  1. Skip to content
  2. Skip to main menu
SportsIceland

Keeper signs at last

March 3, 2021

The goalkeeper Jón Ása signed on Monday. It took weeks.

The keeper at her last match in Akureyri
She let in nothing that dayImage: Guðrún B/Northern Press via AP

How long is the contract?

It runs until 2025,\u00a0the club said.

ab/cd\u00a0(AP, dpa)"""


def test_furniture_of_a_copied_news_page_is_separated_from_its_text(read):
    document = read(ARTICLE)
    assert document.text == ARTICLE
    assert document.title == "Keeper signs at last"
    assert document.date == "2021-03-03"
    assert of_kind(document, "furniture") == [
        "1. Skip to content",
        "2. Skip to main menu",
        "SportsIceland",
        "Image: Guðrún B/Northern Press via AP",
        "ab/cd\u00a0(AP, dpa)",
    ]
    assert of_kind(document, "heading") == ["Keeper signs at last", "How long is the contract?"]
    assert of_kind(document, "body")[0] == "March 3, 2021"
    assert of_kind(document, "body")[2].endswith("She let in nothing that day")


@pytest.mark.parametrize(
    "line",
    [
        "1. Preheat the oven",
        "2. Skip to the third exercise if you know it",
        "Back to the roots",
        "3. Go to the menu",
        "Share capital: 20,000 euros",
        "Search for the missing hiker went on",
        "Print your name here.",
        "Menu prices rose",
        "Send this to Ada before the long weekend begins",
    ],
)
def test_content_that_looks_like_navigation_is_kept(line):
    assert not is_navigation(line)


@pytest.mark.parametrize(
    "line",
    [
        "Skip to content",
        "3. Skip to more Herald sites",
        "Jump to search",
        "Back to the top",
        "Share on Facebook",
        "Reject all cookies",
        "Sign out",
        "Advertisement",
        "Menu",
    ],
)
def test_navigation_is_recognised(line):
    assert is_navigation(line)


@pytest.mark.parametrize(
    "line",
    ["Business", "SportsIceland", "PoliticsNew Zealand", "News › World › Asia", "Travel | Lisbon"],
)
def test_section_labels_are_recognised(line):
    assert is_section_label(line)


@pytest.mark.parametrize(
    "line", ["McDonald", "Politics is the art of the possible", "World Cup", "Newsweek", "Home"]
)
def test_names_are_not_section_labels(line):
    assert not is_section_label(line)


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("The car in the snowImage: A. B/Agency via REUTERS", "The car in the snow"),
        ("The car in the snow Photo: Getty/AFP", "The car in the snow "),
        ("The car in the snow. Foto: Yonhap", "The car in the snow. "),
        ("The hall (AP Photo/Jane Roe)", "The hall "),
        ("The hall (Kyodo/Jane Roe)", "The hall "),
        ("The hall (Photo: Jane Roe)", "The hall "),
        ("The hall (Photo by Jane Roe/Shutterstock)", "The hall "),
        ("The hall © 2020 Jane Roe", "The hall "),
        ("The hall. AFP via Getty Images", "The hall. "),
        ("Xinhua/Alamy", ""),
    ],
)
def test_credits_are_cut_off_their_captions(line, kept):
    assert line[: credit_start(line)] == kept


@pytest.mark.parametrize(
    "line",
    [
        "See the photo: it shows the car.",
        "The image of the party suffered.",
        "Photo albums sell.",
        "She takes pictures for Reuters",
        "Xinhua",
        "Picture: 3/4 of the wall is gone",
        "The survey (Image 3 and 4)",
        "He works in the news room (AP)",
    ],
)
def test_sentences_about_pictures_are_not_credits(line):
    assert credit_start(line) is None


def test_agencies_at_the_end_are_recognised_and_other_short_lines_are_not():
    assert is_agency_line("ef/gh\u00a0(Yonhap, ANSA, Kyodo News)")
    assert is_agency_line("(AP, dpa)")
    for line in (
        "the end (of the story)",
        "note (see page 4)",
        "she/her",
        "kg (net)",
        "That was all.",
    ):
        assert not is_agency_line(line)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("February 20, 2024", "2024-02-20"),
        ("20 February 2024", "2024-02-20"),
        ("Feb. 20, 2024", "2024-02-20"),
        ("Sept. 3, 2021", "2021-09-03"),
        ("20.02.2024", "2024-02-20"),
        ("Published 2024-02-20, 10:15", "2024-02-20"),
        ("May 5, 2020", "2020-05-05"),
        ("February 31, 2024", ""),
        ("Tuesday", ""),
        ("1999999-12-1", ""),
    ],
)
def test_dates(text, iso):
    assert find_date(text) == iso


def test_a_sentence_with_a_date_is_not_a_date_line():
    assert is_date_line("Published February 20, 2024")
    assert not is_date_line("The treaty was signed on 20 February 2024 by both of them.")


@pytest.mark.parametrize("suffix", ["txt", "md", "html"])
def test_a_line_with_a_date_can_be_quoted(read, suffix):
    lines = ["The well", "Measured on 7 May 2021", "It is nineteen metres deep and very old."]
    document = read(
        "\n\n".join(f"<p>{x}</p>" if suffix == "html" else x for x in lines), f"a.{suffix}"
    )
    assert "Measured on 7 May 2021" in of_kind(document, "body")
    assert document.date == "2021-05-07"


@pytest.mark.parametrize(
    ("title", "stem", "date"),
    [
        ("Minutes of the pier society, 14 May 2025", "minutes", "2025-05-14"),
        ("Minutes of the meeting of 3 March 2024", "m", "2024-03-03"),
        ("TSC Meeting 2017-01-12", "notes", "2017-01-12"),
        ("2017-01-12 TSC meeting", "notes", "2017-01-12"),
        ("Harbour dues (1 April 2026)", "dues", "2026-04-01"),
        ("Harbour dues", "2026-04-01 dues", "2026-04-01"),
        ("IMG_20240503", "IMG_20240503", "2024-05-03"),
        ("The great storm of 11 September 2001", "storm", ""),
        ("What changes from 1 April 2025", "changes", ""),
        ("The harbour fire, 4 May 1911", "fire", ""),
        ("1 April 2025 and what came after", "after", ""),
        ("Order 20241399", "order-20241399", ""),
        ("", "", ""),
    ],
)
def test_a_title_or_a_name_may_have_the_date_of_the_document(title, stem, date):
    assert named_date(title, stem) == date


def test_a_date_in_the_text_precedes_that_of_the_title_and_of_the_file(read):
    heading = "# Minutes, 14 May 2025\n\n"
    assert read(f"{heading}16 May 2025\n\nThe pier is shut.", "m.md").date == "2025-05-16"
    assert read(f"{heading}The pier is shut.", "2025-05-19.md").date == "2025-05-14"
    named = read("The pier is shut.", "minutes-2025-05-19.txt")
    assert (named.date, of_kind(named, "about")) == ("2025-05-19", ["Date: 2025-05-19"])


def test_hard_wrapped_paragraphs_stay_whole(read):
    document = read("A note\n\nThis is one paragraph\nover two lines.\n\nThis is another one.\n")
    assert of_kind(document, "body") == [
        "This is one paragraph\nover two lines.",
        "This is another one.",
    ]


def test_text_without_a_title_is_named_after_its_file(read):
    document = read("It begins at once. There is no title.", "minutes.txt")
    assert document.title == "minutes"
    assert document.id == "minutes.txt"


def test_lines_underlined_or_between_rules_are_headings(read):
    document = read(
        "The mill at Norra\n=================\n\nIt grinds rye and oats for the whole valley.\n\n"
        "-------------------------\nA  OPENING TIMES\n-------------------------\n"
        "The door is open from nine.\n\nThe miller\n----------\nAsk for Greta Lund.\n"
    )
    assert document.title == "The mill at Norra"
    assert of_kind(document, "heading") == ["The mill at Norra", "A  OPENING TIMES", "The miller"]
    assert [b.level for b in document.blocks if b.kind == "heading"] == [1, 2, 2]
    assert {sign for rule in of_kind(document, "furniture") for sign in rule} == {"=", "-"}
    assert of_kind(document, "body")[1:] == ["The door is open from nine.", "Ask for Greta Lund."]


@pytest.mark.parametrize(
    "text",
    [
        # The header of a table, a signature, a rule that ends a paragraph, one between parts.
        "---------------------\nGrain   Price   Stock\n---------------------\nRye     4.20    12",
        "Kind regards\nGreta Lund\n----------\nThe mill at Norra",
        "The door is open from nine to five.\n\nNo dogs\n------------------------\nAsk Greta.",
        "The door is open from nine to five.\n\n-----\n\nAsk Greta Lund for the key.",
    ],
)
def test_other_rules_make_no_headings(read, text):
    document = read(f"{text}\n")
    assert of_kind(document, "heading") == of_kind(document, "furniture") == []


RUNNING = "The boiler in the guild room failed in August and was not mended before the frost."


@pytest.mark.parametrize(
    "headings",
    [
        ["1. Christmas market", "2. Heating"],
        ["1 INTRODUCTION", "2 STUDY SITES", "3 METHODS"],
        ["§ 1  Subject", "§ 2a Fees"],
        ["4.1 Cleaning the drum", "4.2 Descaling"],
        ["I. Scope", "II. Definitions"],
        ["a) Deposit", "b) Keys"],
        ["OPENING HOURS", "IF IT BURNS", "WHAT TO BRING"],
    ],
)
def test_short_numbered_lines_and_lines_in_capitals_begin_sections(read, headings):
    sections = "\n\n".join(f"{heading}\n{RUNNING}" for heading in headings)
    document = read(f"Notes of the guild\n\n{sections}\n", "notes.txt")
    assert of_kind(document, "heading") == ["Notes of the guild", *headings]
    assert [b.level for b in document.blocks if b.kind == "heading"] == [1, *[2] * len(headings)]
    assert of_kind(document, "body") == [RUNNING] * len(headings)


def test_a_numbered_section_may_begin_with_a_clause_of_its_own(read):
    clauses = [f"2. RENT\n2.1 {RUNNING}", f"3. DEPOSIT\n{RUNNING}", f"4. BREAK\n{RUNNING}"]
    document = read("\n\n".join(clauses), "lease.txt")
    assert of_kind(document, "heading") == ["2. RENT", "3. DEPOSIT", "4. BREAK"]


@pytest.mark.parametrize(
    "text",
    [
        # A list, a list over blank lines, one such line, dates, initials, wrapped paragraphs.
        "1. Flour\n2. Salt\n3. Butter, cold\n\nMix it all in the large bowl until it holds.",
        f"1. Flour.\n\n2. Salt.\n\n{RUNNING}",
        f"{RUNNING}\n\n2. Heating\n{RUNNING}",
        f"16 June 2025\n{RUNNING}\n\n12 June 2025\n{RUNNING}",
        f"M. Keogh\n{RUNNING}\n\nS. Rawal\n{RUNNING}",
        f"{RUNNING}\n12 Mill Lane is\n{RUNNING}\n14 Mill Lane was\n{RUNNING}",
        f"TOTAL: 12\n{RUNNING}\n\nVAT: 3\n{RUNNING}",
    ],
)
def test_items_dates_and_names_begin_no_sections(read, text):
    assert of_kind(read(f"{text}\n", "notes.txt"), "heading") == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1"])
def test_encodings(read, encoding):
    text = "Die Brücke über die Spree wurde für Fußgänger geöffnet. Später kam die Straßenbahn."
    assert read(text.encode(encoding)).text == text


def test_markdown_is_quoted_without_its_markup(read):
    document = read(
        "---\ntitle: 'The plan'\ndate: 2020-01-02\n---\n# Goals\n\nWe want *all* of [it](x.md).\n\n"
        "- one `code`\n- two\n\n| who | what |\n|---|---|\n| Ada | tea |\n\n"
        "<!-- hidden -->\n\n```\nx = 1\n```\n\n## Later\n\n![a cat](c.png) Done\nsoon.\n",
        "plan.md",
    )
    assert (document.title, document.date) == ("The plan", "2020-01-02")
    assert of_kind(document, "heading") == ["Goals", "Later"]
    assert of_kind(document, "body") == [
        "title: 'The plan'\ndate: 2020-01-02",
        "We want all of it.",
        "one code",
        "two",
        "x = 1",
        "a cat Done soon.",
    ]
    assert of_kind(document, "columns") == ["who | what"]
    assert of_kind(document, "row") == ["Ada | tea"]


def test_html_and_notes_in_markdown_are_text(read):
    document = read(
        "[![build](b.svg)](b)\n\n# Well\n\n<p align=center>Dug by <b>monks</b>.</p>\n\n"
        "<table>\n<tr><td>Depth</td><td>19 m</td></tr>\n</table>\n\n<details>"
        "<summary>Who?</summary>The abbey.</details>\n\nIt is `[^1]` old.[^1] First line<br>"
        "second line [^a-z].\n\n- [ ] roof\n- [x] rope\n\n[^1]: Annals.\n\n<!-- hidden -->\n",
        "well.md",
    )
    assert document.title == "Well"
    assert of_kind(document, "body", "row") == [
        *("Dug by monks.", "Depth | 19 m", "Who?", "The abbey."),
        *("It is [^1] old. First line\nsecond line [^a-z].", "[ ] roof", "[x] rope", "Annals."),
    ]


def test_lines_of_markdown_stay_lines_where_they_are_values(read):
    document = read(
        "Survey of\nthe mill\n===\n\nDate: 4 May 2021\nSurveyor: Ida Voss\n"
        "It replaces\nthe one of 2 March 2019.\n\n"
        "The wheel turns\nat noon.\n\nMill Lane 3  \nOxley\n\n- roof\n  and beams\n\n"
        "| part | state |\n|---|---|\n| wheel<br>shaft | sound |\n",
        "survey.md",
    )
    assert (document.title, document.date) == ("Survey of the mill", "2021-05-04")
    assert of_kind(document, "body") == [
        "Date: 4 May 2021\nSurveyor: Ida Voss\nIt replaces the one of 2 March 2019.",
        *("The wheel turns at noon.", "Mill Lane 3\nOxley", "roof and beams"),
    ]
    assert of_kind(document, "row") == ["wheel shaft | sound"]


PAGE = """<!doctype html><html><head><title>The well</title>
<meta property="article:published_time" content="2019-05-06"><script>var x = "evil";</script></head>
<body><nav><a href="/">Home</a> <a href="/a">All news</a></nav><article><h1>The well</h1>
<p>The old well in the market square was dug by monks in the year 1210 &amp; repaired often.</p>
<h2>The repair</h2><p>In 1954 the mason Karl Orth lined it with new sandstone from the valley.</p>
<table><tr><td>Depth</td><td>19 metres</td></tr></table></article>
<footer>All rights reserved</footer></body></html>"""


def test_the_main_text_of_a_saved_page_is_read(read):
    document = read(PAGE, "well.html")
    assert (document.title, document.date) == ("The well", "2019-05-06")
    body = "\n".join(of_kind(document, "body", "row"))
    assert "dug by monks in the year 1210 & repaired often" in body
    assert "Karl Orth" in body
    assert "Depth | 19 metres" in body
    for furniture in ("Home", "All news", "evil", "rights reserved"):
        assert furniture not in body
    assert "The repair" in of_kind(document, "heading")


def test_a_tiny_page_is_read(read):
    document = read("<h1>Note</h1><p>Ring Ada.</p>", "note.html")
    assert "Ring Ada." in of_kind(document, "body")


def test_the_format_is_detected_by_content_not_by_suffix(read):
    assert "<p>" not in read(PAGE, "page.txt").text


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"PK\x03\x04....", "zip"),
        (bytes(range(256)) * 4, "binary"),
        (b"\xff\xfea\x00b", "UTF-16"),
    ],
)
def test_a_file_that_cannot_be_read_has_a_reason(read, content, reason):
    with pytest.raises(UnreadableDocument, match=reason):
        read(content)


def test_a_file_too_large_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.truncate(2**31)
    with pytest.raises(UnreadableDocument, match="larger than 200 MB"):
        load(path, folder=tmp_path)


@pytest.mark.posix
def test_a_file_without_permission_has_a_reason(tmp_path):
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    path = tmp_path / "secret.txt"
    path.write_text("secret")
    path.chmod(0)
    with pytest.raises(UnreadableDocument, match="Permission denied"):
        load(path, folder=tmp_path)


def test_files_are_found_in_order_without_hidden_ones(tmp_path):
    for name in ("b.txt", "a/z.md", "a.txt", ".hidden", ".git/x.txt", "a/.y.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    found = [path.relative_to(tmp_path).as_posix() for path in find_files(tmp_path)]
    assert found == ["a.txt", "a/z.md", "b.txt"]


@pytest.mark.posix
def test_outside_links_and_special_files_are_ignored(tmp_path):
    folder = tmp_path / "documents"
    folder.mkdir()
    (tmp_path / "outside.txt").write_text("x")
    (folder / "link.txt").symlink_to(tmp_path / "outside.txt")
    (folder / "inside.txt").write_text("x")
    (folder / "alias.txt").symlink_to(folder / "inside.txt")
    os.mkfifo(folder / "pipe.txt")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "socket.txt"))
    assert [path.name for path in find_files(folder)] == ["alias.txt", "inside.txt"]


def test_a_missing_folder_has_a_remedy(tmp_path):
    with pytest.raises(EmptyCorpus, match="create it"):
        find_files(tmp_path / "absent")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", '[{"name": "Holm \\ud800 x", "place": "pier"}]'),
        ("a.jsonl", '{"name": "Holm \\udfff x", "place": "pier"}\n{"name": "B", "place": "m"}\n'),
        (
            "a.ipynb",
            '{"cells": [{"cell_type": "markdown", "metadata": {}, "source": ["Holm \\ud800 x."]}],'
            ' "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
        ),
    ],
)
def test_half_a_character_loses_no_file(tmp_path, name, content):
    (tmp_path / name).write_text(content, encoding="utf-8")
    document = load(tmp_path / name, folder=tmp_path)
    document.text.encode("utf-8")
    document.title.encode("utf-8")
    assert "Holm ? x" in document.text


def test_a_cell_of_any_size_loses_no_table(tmp_path):
    (tmp_path / "a.csv").write_text(f"name,place\nHolm,{'x' * 140_000}\nAnn,mill\n")
    assert "Ann" in load(tmp_path / "a.csv", folder=tmp_path).text

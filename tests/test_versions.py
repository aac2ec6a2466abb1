"""The versions of a changelog are headings, so that what changed is found with its version."""

import pytest
from making import of_kind

from qa.loaders.versions import is_version

NAMES = ["v0.57.0", "v0.56.1"]
HEADED = "# Changes\n\n{}\n\n- It needs oil.\n\n{}\n\n- It is louder.\n"


@pytest.mark.parametrize(
    "line",
    [
        *("v0.57.0", "**v0.57.0**", "0.57.0 (2024-05-03)", "Version 2.1, 3 May 2024:", "2.1.0rc1"),
        *("[1.2.0] - 2024-05-03", "1.0.0 / 2024-01-01", "2.0.0 (unreleased)", "lamp 2.1.0", "v2.1"),
        *("0.9 (released on 2024-05-03)", "3.5.1 -- March 4th, 2019", "Release 2.1"),
    ],
)
def test_a_version_is_recognised_with_its_day(line):
    assert is_version(line)


@pytest.mark.parametrize(
    "line",
    [
        "3.10",
        "12.50",
        "Room 3.10",
        "12.03.2024",
        "192.168.1.1",
        "3 May 2024",
        "v0.57.0 needs oil",
        "",
    ],
)
def test_other_figures_are_no_versions(line):
    assert not is_version(line)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (HEADED.format("**v0.57.0**", "**v0.56.1**"), "a.md"),
        (HEADED.format("**v0.57.0**", "**v0.56.1**").removeprefix("# Changes\n\n"), "a.md"),
        ("# Changes\n\n- v0.57.0\n  - It needs oil.\n- v0.56.1\n  - It is louder.\n", "a.md"),
        ("v0.57.0\n  - It needs oil.\n\nv0.56.1\n  - It is louder.\n", "a.txt"),
        ("v0.57.0\n-------\n- It needs oil.\n\nv0.56.1\n-------\n- It is louder.\n", "a.rst"),
        (
            "<html><body><h1>Changes</h1><p>v0.57.0</p><ul><li>It needs oil.</li></ul>"
            "<p>v0.56.1</p><ul><li>It is louder.</li></ul></body></html>",
            "a.html",
        ),
    ],
)
def test_versions_are_headings(read, text, name):
    assert of_kind(read(text, name), "heading")[-2:] == NAMES


def test_a_number_that_is_underlined_is_a_heading(read):
    text = "Changes\n=======\n\n0.57.0 (2024-05-03)\n-------------------\n* It needs oil.\n"
    assert of_kind(read(text), "heading") == ["Changes", "0.57.0 (2024-05-03)"]


def test_one_version_alone_is_text(read):
    document = read("# Lamp\n\nv0.57.0\n\nIt needs oil.\n", "a.md")
    assert of_kind(document, "body") == ["v0.57.0", "It needs oil."]


def test_a_directive_is_no_title(read):
    text = ".. _lamp:\n\nThe lamp\n========\n\n.. versionadded:: 0.3\n\nIt needs oil.\n"
    assert read(text, "a.rst").title == "The lamp"

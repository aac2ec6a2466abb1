"""Notebooks: text, code, and what the code wrote."""

import json

import pytest
from making import of_kind


def output(kind, **fields):
    return {"output_type": kind, **fields}


CODE = {
    "cell_type": "code",
    "source": ["depth = 19\n", "frame"],
    "outputs": [
        output("stream", name="stdout", text=["It is deep.\n"]),
        output(
            "execute_result",
            data={
                "text/plain": ["  Name Depth"],
                "text/html": ["<table><tr><td>Ystad</td><td>19 m</td></tr></table>"],
            },
        ),
        output("display_data", data={"text/plain": "<Figure>", "image/png": "iVBO"}),
        output("display_data", data={"text/plain": "<x>", "text/markdown": "**old** well"}),
        output("error", ename="ValueError", evalue="too deep", traceback=["\x1b[31m"]),
    ],
}


@pytest.mark.parametrize("version", [3, 4])
def test_cells_and_their_outputs_are_read_in_order(read, version):
    cells = [{"cell_type": "markdown", "source": "# The well\n\nDug by *monks*."}, CODE]
    if version == 3:
        cells[1] = {"cell_type": "code", "input": CODE["source"], "outputs": CODE["outputs"]}
    inner = {"worksheets": [{"cells": cells}]} if version == 3 else {"cells": cells}
    notebook = {"nbformat": version, "metadata": {"authors": [{"name": "Ada"}]}, **inner}
    document = read(json.dumps(notebook), "well.ipynb")
    assert (document.title, document.author) == ("The well", "Ada")
    found = of_kind(document, "body") + of_kind(document, "row")
    for text in ("Dug by monks.", "depth = 19\nframe", "It is deep.", "ValueError: too deep"):
        assert text in found
    assert "Ystad | 19 m" in document.text
    assert "old well" in found
    assert "\x1b" not in document.text

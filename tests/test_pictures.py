"""The pictures of a run: the same bytes from the same JSON, for light and dark pages."""

import json
import xml.etree.ElementTree as ET

import pytest

from benchmarks.accuracy import curves
from benchmarks.pictures import main
from benchmarks.table import PICTURES
from qa.evaluation.outcomes import Outcome

SVG = "{http://www.w3.org/2000/svg}"


def outcomes(count):
    """Return questions of falling confidence, every third of them answered wrong."""
    return [
        Outcome(
            str(number),
            "Who?",
            ("Ada",),
            ("Rerik" if number % 3 == 2 else "Ada",),
            found=True,
            confidence=1 - number / count,
            calibrated=True,
            relevant=(True,),
        )
        for number in range(count)
    ]


def test_curves_have_each_hundredth_of_coverage():
    found = curves(outcomes(300))
    assert found["coverage"] == [round(share / 100, 4) for share in range(1, 101)]
    assert found["risk"][0] == pytest.approx(1 / 3, abs=1e-4)
    assert sum(bin["count"] for bin in found["reliability"]) == 300
    assert len(curves(outcomes(7))["coverage"]) == 100  # with few questions, some points repeat


def test_the_same_run_makes_the_same_pictures(tmp_path, capsys):
    result = tmp_path / "accuracy-abc.json"
    result.write_text(json.dumps({"held_out": curves(outcomes(300))}))
    made = []
    for folder in (tmp_path / "first", tmp_path / "second"):
        folder.mkdir()
        main([str(result), "--to", str(folder)])
        made.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert made[0] == made[1]
    assert made[0].keys() == PICTURES.keys()
    for svg in made[0].values():
        root = ET.fromstring(svg)
        assert root.tag == f"{SVG}svg"
        style = root.find(f"{SVG}style")
        assert "prefers-color-scheme: dark" in style.text
        for name in {part.split(")")[0] for part in svg.decode().split("var(")[1:]}:
            assert style.text.count(f"{name}: #") == 2  # a colour for light and one for dark


def test_a_run_without_curves_has_a_remedy(tmp_path):
    result = tmp_path / "accuracy-old.json"
    result.write_text("{}")
    with pytest.raises(SystemExit, match="run `python"):
        main([str(result)])

import ast
import importlib.metadata
import sys
from pathlib import Path

import pytest

from benchmarks.hashing import HashEncoder
from qa.builder.build import build, is_stale
from qa.builder.fingerprint import library_versions

PACKAGE = Path(__file__).parents[1] / "qa"
# They search an index or watch a folder, and do not decide what is in it.
NOT_READING = {"watchfiles"}


def imported():
    """Return the names of the modules that reading, splitting and storing import."""
    files = [PACKAGE / "networks" / "ocr.py"]
    for room in ("loaders", "builder", "index"):
        files += (PACKAGE / room).rglob("*.py")
    names = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    return names - set(sys.stdlib_module_names) - {"qa"} - NOT_READING


def test_each_library_that_reads_files_decides_whether_an_index_is_stale():
    packages = importlib.metadata.packages_distributions()
    versions = library_versions()
    modules = imported()
    assert {"pypdfium2", "python_calamine", "rapidocr"} <= modules
    for module in modules:
        if module in packages:  # an extra may not be installed
            assert set(packages[module]) & versions.keys(), module


@pytest.mark.parametrize("name", ["python-calamine", "pypdfium2", "pylatexenc", "icalendar"])
def test_another_version_of_a_reading_library_makes_an_index_stale(tmp_path, monkeypatch, name):
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "a.txt").write_text("The well is twelve metres deep.", encoding="utf-8")
    build(folder, tmp_path / "index", encoder=HashEncoder())
    assert not is_stale(folder, tmp_path / "index", HashEncoder.fingerprint)
    version = importlib.metadata.version
    monkeypatch.setattr(
        "importlib.metadata.version", lambda asked: "0" if asked == name else version(asked)
    )
    assert is_stale(folder, tmp_path / "index", HashEncoder.fingerprint)

import ast
import importlib.metadata
import os
import shutil
import sys
from itertools import count
from pathlib import Path

import pytest

from benchmarks.hashing import HashEncoder
from qa.builder.build import build, is_stale
from qa.builder.fingerprint import library_versions

PACKAGE = Path(__file__).parents[1] / "qa"
# They search an index or watch a folder, and do not decide what is in it.
NOT_READING = {"watchfiles"}
TIMES = count(1)


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


def put(packages, name, version):
    """Install a version of a library in a folder, as pip does: its folder is a new one."""
    for old in packages.glob("*.dist-info"):
        shutil.rmtree(old)
    new = packages / f"{name.replace('-', '_')}-{version}.dist-info"
    new.mkdir(parents=True)
    (new / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    # Two changes may be nearer to each other than the times of a file system tell apart.
    os.utime(packages, ns=(next(TIMES),) * 2)


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
    packages = tmp_path / "packages"
    put(packages, name, "0")
    monkeypatch.syspath_prepend(packages)
    assert library_versions()[name] == "0"
    assert is_stale(folder, tmp_path / "index", HashEncoder.fingerprint)


def test_a_library_that_is_upgraded_under_a_running_process_is_noticed(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    for version in ("1.0", "1.1", "0.9"):
        put(tmp_path, "icalendar", version)
        assert library_versions()["icalendar"] == version

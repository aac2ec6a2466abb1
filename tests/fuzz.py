"""Search for files that crash a loader: ``make fuzz``, or ``python tests/fuzz.py rtf``.

Atheris mutates files of each format and keeps those that reach new lines of code. A file that
is neither a document nor an error is kept as ``tests/corpus/crash-*.SUFFIX``, one that takes
too long as ``timeout-*``; a test reads them again. Each format has its own process.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import atheris

# The libraries too, to reach their branches.
with atheris.instrument_imports(
    include=[
        "qa.loaders",
        "striprtf",
        "email",
        "markdown_it",
        "icalendar",
        "pylatexenc",
        "oxmsg",
        "olefile",
    ]
):
    from qa.loaders import load

from making import MAKERS, make_csv, make_jsonl, make_mbox, make_xlsx, plain, zipped
from test_loaders_outlook import msg

from qa import loaders
from qa.errors import UnreadableDocument
from qa.types import Document

CORPUS = Path(__file__).parent / "corpus"
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
CONTENT = [
    ("heading", "The well"),
    ("text", "It was dug by monks in 1210. “Deep,” said Ada — 19 m."),
    ("table", [["Depth", "19 m"], ["Width", "2 m"]]),
]
STARTS = {
    **{suffix: maker(CONTENT, title="The well") for suffix, maker in MAKERS.items()},
    "csv": make_csv([["name", "text"], ["a", "It is deep."]]),
    "jsonl": make_jsonl(CONTENT[:2]),
    "md": b"---\ntitle: T\n---\n# A\n\n- *b* [c](d)\n\n| e | f |\n|---|---|\n| g | h |\n",
    "xlsx": make_xlsx(CONTENT),
    "msg": msg(attachments=[("a.txt", b"deep")]),
    "tex": b"\\documentclass{a}\\title{T}\\begin{document}\\section{A}It\\footnote{b} is $x^2$.\n\n"
    b"\\begin{tabular}{ll}a & \\textbf{b} \\\\ c & d\\end{tabular}\\end{document}",
    "org": b"#+TITLE: T\n* TODO A :b:\n:X:\n:END:\n- *c* [[d][e]]\n| f |\n|---|\n| h |\n",
    "srt": b"1\n00:00:01,000 --> 00:00:04,000\nADA:\n<b>deep</b>.\n\n2\n0:0:5,0 --> 0:0:6,0\nx\n",
    "vtt": b"WEBVTT\n\nNOTE x\n\na\n00:01.000 --> 00:04.000 align:start\n<v Ada>It is deep.</v>\n",
    "vcf": b"BEGIN:VCARD\nVERSION:2.1\nFN:A\nTEL;WORK;VOICE:1\n"
    b"NOTE;QUOTED-PRINTABLE;CHARSET=UTF-8:Gr=C3=BC=\n x\nEND:VCARD\n",
    "ics": b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:a\\, b\n"
    b"DTSTART;TZID=Europe/Paris:20260302T140000\nRRULE:FREQ=WEEKLY;BYDAY=MO\nEND:VEVENT\nEND:VCALENDAR\n",
    "ipynb": b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": ["a"], "outputs": [{'
    b'"output_type": "stream", "text": "b", "data": {"text/html": "<table>"}}]}]}',
    "chat": b"[02/03/2024, 14:05:10] Ada: It is deep\n[02/03/2024, 14:06:10] Otto: <x omitted>\n",
    "json": b'{"name": "a", "messages": [{"from": "Ada", "date": "2024-03-02T14:05:10", "text": ['
    b'"b", {"text": "c"}]}, {"user": "U", "ts": "1709388310.1", "text": "<@U>", "files": [{}]}]}',
    "txt": plain(CONTENT).encode("utf-16"),
    "mbox": make_mbox(CONTENT),
    "zip": zipped({"a.txt": "It is deep.", "d/b.zip": zipped({"a.md": "# A"})}),
}
STARTS["eml"] += (
    b"\r\n\r\nOn Mon, 3 Mar 2025, Ada <a@x.example> wrote:\r\n> deep\r\n>> how\r\n\r\n"
    b"-----Original Message-----\r\nFrom: Otto\r\nSent: Monday\r\nTo: Ada\r\n\r\nDeep?\r\n"
)
# Its HTML has what its plain text lacks, and a quotation.
STARTS["mail.eml"] = (
    b'Message-ID: <1@x>\nSubject: x\nContent-Type: multipart/mixed; boundary="b"\n\n--b\n'
    b'Content-Type: multipart/alternative; boundary="c"\n\n--c\nContent-Type: text/plain\n\nDeep.\n'
    b"--c\nContent-Type: text/html\n\n<div>It is<table><tr><td>a<td>b</table><blockquote type=cite>"
    b"<p>Otto wrote:<p>x</blockquote></div>y\n--c--\n--b\nContent-Type: message/rfc822\n\n"
    b"Subject: y\n\nz\n--b\nContent-Disposition: attachment; filename=a.txt\n\nIt is.\n--b--\n"
)


def check(document: Document) -> None:
    """Fail unless the blocks of a document are in order and within its text."""
    ends = [0, *(block.end for block in document.blocks)]
    for end, block in zip(ends, document.blocks, strict=False):
        assert end <= block.start < block.end <= len(document.text)
        assert all(0 <= start <= stop <= len(document.text) for start, stop in block.cells)


def fuzz(suffix: str, folder: Path, seconds: int) -> None:
    """Fuzz one loader; the process ends at the first finding."""
    (folder / "starts").mkdir()
    (folder / "starts" / f"start.{suffix}").write_bytes(STARTS[suffix])
    (folder / "new").mkdir()
    path = folder / f"odd.{suffix}"

    def one(data: bytes) -> None:
        path.write_bytes(data)
        # A member is named in the cache by the time of its file, which may be the same.
        loaders._members.cache_clear()
        try:
            document = load(path, folder=folder)
            for member in document.members[:5]:
                check(load(path, folder=folder, member=[member.name]))
        except UnreadableDocument as error:
            assert str(error)
            assert "\n" not in str(error)
            return
        check(document)

    atheris.Setup(
        [
            *(sys.argv[0], str(folder / "new"), str(folder / "starts"), "-max_len=20000"),
            *(f"-max_total_time={seconds}", "-timeout=60", "-rss_limit_mb=2000"),
            *("-verbosity=0", f"-artifact_prefix={folder}/"),
        ],
        one,
    )
    atheris.Fuzz()


def main() -> int:
    """Fuzz the named formats, or all, one after the other; return 1 if a file was found."""
    parser = argparse.ArgumentParser(prog="python tests/fuzz.py", description=__doc__)
    parser.add_argument("formats", nargs="*", metavar="FORMAT", help=", ".join(STARTS))
    parser.add_argument("--seconds", type=int, default=60, help="for each; default: %(default)s")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.folder:
        fuzz(options.formats[0], options.folder, options.seconds)
    found = []
    for suffix in options.formats or STARTS:
        print(f"{suffix}: {options.seconds} s", flush=True)
        with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
            command = [sys.executable, __file__, suffix, "--folder", folder]
            subprocess.run([*command, "--seconds", str(options.seconds)], check=False)
            for path in Path(folder).glob("*-*"):  # crash-, timeout-, oom-
                found.append(CORPUS / f"{path.name[:20]}.{suffix}")
                CORPUS.mkdir(exist_ok=True)
                found[-1].write_bytes(path.read_bytes())
    print("\n".join(f"found {path}" for path in found) or "nothing found")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())

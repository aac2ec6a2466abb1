"""Files in files: each document in an archive or a mail is one of its own."""

import io
import json
import os
import shutil
import zipfile
from email.message import EmailMessage

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from making import make_docx

from benchmarks.hashing import HashEncoder
from qa import builder
from qa.answers.calibration import Calibration
from qa.answers.exported import check_answers
from qa.answers.serialize import prediction_to_dict
from qa.builder import build, is_stale, load_document
from qa.builder import members as limits
from qa.index import open_index, verify
from qa.loaders import load
from qa.loaders.extracted import numbered
from qa.networks.reader import OnnxReader
from qa.pipeline import QA
from qa.sandbox import Sandbox

CLOCK = "The mayor of Hamburg received a clock. It was carved by Ichiro Tanaka in 1894.\n"
RAIN = "It rained for three days. The river rose by two metres.\n"
MILL = "# The mill\n\nZbigniew ran the mill. He sold it in May.\n"
QUESTION = "Who carved the clock in 1894?"


def packed(files):
    """A zip archive; a name may come twice."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items() if isinstance(files, dict) else files:
            entry = zipfile.ZipInfo(name, (2025, 2, 10, 9, 0, 0))
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def mailed(files, text="The files are attached.\n", subject="The files"):
    """A mail with these attachments."""
    message = EmailMessage()
    message["From"], message["To"] = "Nora Field <nora@mill.example>", "sam@mill.example"
    message["Subject"], message["Message-ID"] = subject, "<a1@mill.example>"
    message.set_content(text)
    for name, data in files.items():
        message.add_attachment(
            data if isinstance(data, bytes) else data.encode(),
            maintype="application",
            subtype="octet-stream",
            filename=name,
        )
    # The boundary would be another each time.
    message.set_boundary("=-=verbatim=-=")
    return message.as_bytes()


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "documents"
    made.mkdir()
    (made / "rain.txt").write_text(RAIN, encoding="utf-8")
    return made


def built(folder, load=load, **options):
    return build(folder, folder.parent / "index", encoder=HashEncoder(), load=load, **options)


def opened(folder):
    encoder, reader = HashEncoder(), OnnxReader()
    index = open_index(folder.parent / "index", encoder_fingerprint=encoder.fingerprint)
    calibration = Calibration.load(reader=reader.fingerprint)
    return QA(index, encoder=encoder, reader=reader, calibration=calibration)


def lines(report):
    return {file.path: str(file).partition(f"{file.path}: ")[2] for file in report.files}


# Archives


def test_each_document_in_an_archive_is_one_of_its_own(folder):
    files = {
        "clock.txt": CLOCK,
        "2024/mill.md": MILL,
        "2024/offer.docx": make_docx([("text", RAIN)]),
    }
    (folder / "letters.zip").write_bytes(packed(files))
    report = built(folder)
    assert lines(report) == {
        "letters.zip": "3 documents",
        "letters.zip/2024/mill.md": "1 passage",
        "letters.zip/2024/offer.docx": "2 passages",
        "letters.zip/clock.txt": "1 passage",
        "rain.txt": "1 passage",
    }
    assert str(report).startswith("opened   letters.zip: 3 documents\nindexed  letters.zip/2024")
    assert report.total.startswith("4 documents, 5 passages (5 encoded, 0 reused), 0 skipped")
    qa = opened(folder)
    mill = qa.document("letters.zip/2024/mill.md")
    assert (mill.title, mill.source) == ("The mill", f"{folder}/letters.zip/2024/mill.md")
    answer = qa.ask(QUESTION, threshold=0).answers[0]
    assert (answer.text, answer.source) == (
        "Ichiro Tanaka",
        f"{folder}/letters.zip/clock.txt:56-69",
    )
    assert qa.document(answer.document_id).text[answer.start : answer.end] == answer.text
    for pattern in ("letters.zip/*", "*/clock.txt"):
        assert qa.ask(QUESTION, threshold=0, only=pattern).answers[0].text == "Ichiro Tanaka"
    hits = qa.search(QUESTION, only="letters.zip/2024/*").passages
    assert {hit.passage.document_id for hit in hits} == {
        "letters.zip/2024/mill.md",
        "letters.zip/2024/offer.docx",
    }
    verify(folder.parent / "index")
    again = built(folder)
    assert not again.changed
    assert again.files == report.files


def test_when_the_archive_changes_or_vanishes_none_of_its_documents_is_answered_from(folder):
    path = folder / "letters.zip"
    path.write_bytes(packed({"clock.txt": CLOCK, "mill.md": MILL}))
    built(folder)
    qa = opened(folder)
    inner = ["letters.zip/clock.txt", "letters.zip/mill.md"]
    assert qa.outdated() == []
    before = path.stat()
    path.write_bytes(packed({"clock.txt": CLOCK, "mill.md": MILL.replace("May", "Mai")}))
    assert qa.outdated() == inner  # whichever of them changed
    prediction = qa.ask(QUESTION, threshold=0)
    assert not {hit.passage.document_id for hit in prediction.passages} & set(inner)
    assert list(prediction.outdated) == inner
    path.unlink()
    assert qa.outdated() == inner
    path.write_bytes(packed({"clock.txt": CLOCK, "mill.md": MILL}))  # as it was
    assert qa.outdated() == []
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not is_stale(folder, folder.parent / "index", HashEncoder.fingerprint)
    path.unlink()
    assert is_stale(folder, folder.parent / "index", HashEncoder.fingerprint)
    assert lines(built(folder)) == {"rain.txt": "1 passage"}


def test_an_unchanged_archive_is_not_read_again_and_a_changed_one_keeps_its_vectors(folder):
    (folder / "a.zip").write_bytes(packed({"clock.txt": CLOCK, "mill.md": MILL}))
    built(folder)
    tried = []

    def counts(path, *, folder, member=()):
        tried.append("/".join((path.name, *member)))
        return load(path, folder=folder, member=member)

    (folder / "new.txt").write_text("Ada Blum bought the tower.", encoding="utf-8")
    built(folder, counts)
    assert tried == ["new.txt"]
    (folder / "a.zip").write_bytes(packed({"clock.txt": CLOCK, "new.txt": "It is new."}))
    report = built(folder, counts)
    assert tried[1:] == ["a.zip", "a.zip/clock.txt", "a.zip/new.txt"]
    assert report.encoded == 1


def test_copies_in_and_out_of_archives_are_stored_once(folder):
    (folder / "b.zip").write_bytes(
        packed({"x/clock.txt": CLOCK, "y/clock.txt": CLOCK, "c.md": CLOCK})
    )
    (folder / "c.txt").write_text(CLOCK, encoding="utf-8")
    report = built(folder)
    assert {file.path: file.copy_of for file in report.files if file.copy_of} == {
        "b.zip/y/clock.txt": "b.zip/x/clock.txt",
        "c.txt": "b.zip/x/clock.txt",
    }
    answer = opened(folder).ask(QUESTION, threshold=0, only="*.txt").answers[0]
    places = [answer.place, *answer.also_at]
    assert {place.document_id for place in places} >= {"b.zip/x/clock.txt", "c.txt"}
    (folder / "b.zip").unlink()
    report = built(folder)
    assert {file.path: file.copy_of for file in report.files} == {"c.txt": "", "rain.txt": ""}
    assert report.encoded == 0


BODIES = st.sampled_from([CLOCK, RAIN, MILL, CLOCK + RAIN, ""])
NAMES = st.sampled_from(["a.txt", "b.txt", "d/a.txt", "in.zip", "in.zip.txt", "m.eml"])


@st.composite
def inner_files(draw, depth=0):
    """The files of an archive or mail, as bytes by name."""
    files = {}
    for name in draw(st.lists(NAMES, unique=True, max_size=3)):
        if name in ("in.zip", "m.eml") and depth < 2:
            within = draw(inner_files(depth + 1))
            files[name] = packed(within) if name == "in.zip" else mailed(within)
        else:
            files[name] = draw(BODIES).encode()
    return files


STATES = st.dictionaries(
    st.sampled_from(["a.zip", "b.zip", "b.eml", "a.txt"]), inner_files(), min_size=1, max_size=3
)


def found(index_dir):
    index = open_index(index_dir)
    documents = [index.document(summary.id) for summary in index.documents()]
    passages = list(index.all_passages())
    vectors = index.vectors.reconstruct(range(len(index.vectors))).tobytes()
    manifest = index.manifest
    index.close()
    return documents, passages, vectors, manifest.skipped, manifest.containers


@given(states=st.lists(STATES, min_size=2, max_size=3))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_grown_index_of_files_in_files_equals_one_built_from_nothing(tmp_path_factory, states):
    place = tmp_path_factory.mktemp("growing")
    folder = place / "documents"
    folder.mkdir()
    (folder / "always.txt").write_text("The bridge is in Remagen.\n", encoding="utf-8")
    for state in states:
        for path in folder.glob("[ab].*"):
            path.unlink()
        for name, files in state.items():
            made = {".zip": packed, ".eml": mailed, ".txt": lambda files: CLOCK.encode()}
            (folder / name).write_bytes(made[name[1:]](files))
            os.utime(folder / name, ns=(1, 1))
        grown = builder.build(folder, place / "grown", encoder=HashEncoder(), load=load)
    fresh = builder.build(folder, place / "fresh", encoder=HashEncoder(), load=load)
    assert grown.files == fresh.files
    assert found(place / "grown") == found(place / "fresh")
    verify(place / "grown")
    again = builder.build(folder, place / "grown", encoder=HashEncoder(), load=load)
    assert (again.changed, again.files) == (False, grown.files)


def encrypted(name, data):
    """An archive whose one file is marked as encrypted."""
    made = bytearray(packed({name: data}))
    made[6] |= 1  # in its own head, and in the list of files
    made[made.index(b"PK\x01\x02") + 8] |= 1
    return bytes(made)


def test_what_cannot_be_read_is_a_line_with_its_name(folder, monkeypatch):
    monkeypatch.setattr("qa.loaders.zipped._SMALL_BYTES", 10_000)
    files = [
        ("good.txt", CLOCK),
        ("../evil.txt", CLOCK),
        ("/etc/passwd", CLOCK),
        ("C:\\evil.txt", CLOCK),
        ("bomb.txt", "a" * 1_000_000),
        ("picture.png", b"\x89PNG\r\n\x1a\n\0\0"),
        ("empty.txt", ""),
        (".hidden/x.txt", CLOCK),
        ("__MACOSX/._good.txt", CLOCK),
        ("folder/", ""),
    ]
    data = packed(files)
    (folder / "mixed.zip").write_bytes(data)
    (folder / "locked.zip").write_bytes(encrypted("a.txt", CLOCK))
    (folder / "nothing.zip").write_bytes(packed({"folder/": ""}))
    (folder / "cut.zip").write_bytes(data[: len(data) // 2])
    torn = bytearray(packed({"torn.txt": CLOCK}))
    torn[50] ^= 0xFF
    (folder / "torn.zip").write_bytes(torn)
    report = built(folder)
    out = "its path leads out of the archive: pack the archive again"
    assert lines(report) == {
        "cut.zip": "damaged zip archive or office document: save it again",
        "locked.zip": "0 documents",
        "locked.zip/a.txt": "encrypted in its archive: unpack it with its password",
        "mixed.zip": "1 document",
        "mixed.zip/../evil.txt": out,
        "mixed.zip//etc/passwd": out,
        "mixed.zip/C:/evil.txt": out,
        "mixed.zip/bomb.txt": "unpacks to far more than a document does, like a zip bomb",
        "mixed.zip/empty.txt": "empty, nothing to index",
        "mixed.zip/good.txt": "1 passage",
        "mixed.zip/picture.png": lines(report)["mixed.zip/picture.png"],
        "nothing.zip": "a zip archive without files",
        "rain.txt": "1 passage",
        "torn.zip": "0 documents",
        "torn.zip/torn.txt": "damaged in its archive: pack the archive again",
    }
    assert report.documents == 2
    again = built(folder)
    assert (again.changed, again.files) == (False, report.files)


def test_files_of_one_name_are_numbered(folder):
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = packed([("a.txt", CLOCK), ("a.txt", RAIN), ("a (2).txt", MILL), ("a.txt", "Third.")])
    (folder / "twice.zip").write_bytes(data)
    built(folder)
    index = open_index(folder.parent / "index")
    texts = {name: index.document(f"twice.zip/{name}").text for name in ("a.txt", "a (2).txt")}
    assert texts == {"a.txt": CLOCK, "a (2).txt": MILL}
    assert index.document("twice.zip/a (3).txt").text == RAIN
    assert index.document("twice.zip/a (4).txt").text == "Third."
    index.close()


@given(st.lists(st.sampled_from(["a", "a.b", "a (2)", "a (2).b", ".a", "a (3).b", "c.d.e"])))
def test_numbered_names_are_all_different(names):
    unique = numbered(names)
    assert len(set(unique)) == len(names)
    assert all(new == old for new, old in zip(unique, names, strict=True) if names.count(old) == 1)


def test_archives_in_archives_are_read_to_a_limit(folder):
    data = packed({"deep.txt": CLOCK})
    for _ in range(3):
        data = packed({"in.zip": data})
    (folder / "four.zip").write_bytes(data)
    (folder / "five.zip").write_bytes(packed({"in.zip": data}))
    found = lines(built(folder))
    assert found["four.zip/in.zip/in.zip/in.zip/deep.txt"] == "1 passage"
    assert found["five.zip/in.zip/in.zip/in.zip/in.zip/deep.txt"] == (
        "inside more than 4 other files: unpack them"
    )


def test_a_path_that_two_files_share_is_a_line(folder):
    inner = packed({"a.txt": RAIN})
    (folder / "odd.zip").write_bytes(packed({"x.zip": inner, "x.zip/a.txt": CLOCK}))
    report = built(folder)
    status = [(f.path, f.status) for f in report.files if f.path == "odd.zip/x.zip/a.txt"]
    assert sorted(status) == [
        ("odd.zip/x.zip/a.txt", "indexed"),
        ("odd.zip/x.zip/a.txt", "skipped"),
    ]


@pytest.mark.parametrize(
    ("name", "value", "left"), [("MAX_FILES", 2, 3), ("MAX_BYTES", len(CLOCK) + 2 * len(RAIN), 2)]
)
def test_files_and_bytes_are_limited_over_all_archives_in_one(
    folder, monkeypatch, name, value, left
):
    monkeypatch.setattr(limits, name, value)
    inner = {"c.txt": RAIN + " ", "d.txt": RAIN + "  "}
    files = {"a.txt": CLOCK, "b.txt": RAIN, "e.txt": RAIN + RAIN, "in.zip": "", "z.txt": CLOCK}
    if name == "MAX_FILES":
        files["in.zip"] = packed(inner)
    (folder / "many.zip").write_bytes(packed(files))
    report = built(folder)
    (own,) = [file for file in report.files if file.path == "many.zip"]
    (note,) = own.notes
    assert note.startswith(f"{left} files in it not read, beyond the limit of ")


def test_a_bomb_of_archives_ends_soon(folder):
    data = packed({"a.txt": "It is said again. " * 10_000})
    for _ in range(4):
        data = packed({f"{number}.zip": data for number in range(16)})
    (folder / "42.zip").write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "MAX_FILES", 300)
        report = built(folder)
    assert report.documents >= 1
    (own,) = [file for file in report.files if file.path == "42.zip"]
    assert "not read, beyond the limit of" in str(own)


WICKED = """
import time
from qa.loaders import load as read

def load(path, *, folder, member=(), descriptor=None):
    if member and "hangs" in member[-1]:
        time.sleep(600)
    return read(path, folder=folder, member=member, descriptor=descriptor)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows enforces the clock alone")
def test_a_file_in_an_archive_that_exceeds_a_limit_affects_no_other(folder, tmp_path, monkeypatch):
    (tmp_path / "wicked_inner.py").write_text(WICKED, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    files = {"a.txt": CLOCK, "hangs.txt": CLOCK + "x", "z.txt": MILL}
    (folder / "letters.zip").write_bytes(packed(files))
    with Sandbox(loader="wicked_inner", timeout_s=2) as sandbox:
        report = built(folder, sandbox.load)
    found = lines(report)
    assert found["letters.zip/a.txt"] == found["letters.zip/z.txt"] == "1 passage"
    assert found["letters.zip/hangs.txt"].startswith("reading it took longer than 2 s")
    assert not is_stale(folder, folder.parent / "index", HashEncoder.fingerprint)
    again = built(folder, load=None)  # not tried again, until it changes
    assert (again.changed, again.files) == (False, report.files)
    assert lines(built(folder, load=None, retry=True))["letters.zip/hangs.txt"] == "1 passage"


def test_an_archive_in_which_many_exceed_a_limit_is_not_read_further(folder, tmp_path, monkeypatch):
    from qa.errors import ReadingStopped

    def stops(path, *, folder, member=()):
        if member and member[-1] != "a.txt":
            raise ReadingStopped("too long")
        return load(path, folder=folder, member=member)

    (folder / "slow.zip").write_bytes(packed({f"{name}.txt": CLOCK for name in "abcdef"}))
    (own,) = [file for file in built(folder, stops).files if file.path == "slow.zip"]
    assert str(own) == (
        "opened   slow.zip: 1 document; 2 files in it not read, beyond the limit of 3 that take "
        "too long or too much memory"
    )


def test_an_archive_that_changes_while_it_is_read_counts_as_changed(folder):
    path = folder / "letters.zip"
    path.write_bytes(packed({"a.txt": CLOCK, "b.txt": RAIN}))

    def changes(each, *, folder, member=()):
        if member == ("b.txt",):
            path.write_bytes(packed({"a.txt": MILL, "b.txt": MILL}))
        return load(each, folder=folder, member=member)

    built(folder, changes)
    assert is_stale(folder, folder.parent / "index", HashEncoder.fingerprint)
    assert "letters.zip/a.txt" in opened(folder).outdated()
    assert built(folder).changed
    assert not is_stale(folder, folder.parent / "index", HashEncoder.fingerprint)


# Documents by their id


def test_a_document_is_found_by_its_id_and_checked_letter_by_letter(folder, tmp_path):
    inner = packed({"d/clock.txt": CLOCK})
    (folder / "a.zip").write_bytes(packed({"x.zip": inner, "x.zip/y.txt": RAIN, "m.txt": MILL}))
    assert load_document(load, folder, "a.zip/x.zip/d/clock.txt").text == CLOCK
    assert load_document(load, folder, "a.zip/x.zip/y.txt").text == RAIN
    assert load_document(load, folder, "rain.txt").text == RAIN
    for name in ("a.zip/none.txt", "none.txt", "rain.txt/x", "a.zip/x.zip/d"):
        with pytest.raises(FileNotFoundError):
            load_document(load, folder, name)
    built(folder)
    exported = tmp_path / "answer.json"
    answer = prediction_to_dict(opened(folder).ask(QUESTION, threshold=0, max_answers=1))
    exported.write_text(json.dumps(answer))
    (checked,) = check_answers(exported, folder)
    assert (checked.document, checked.verdict) == ("a.zip/x.zip/d/clock.txt", "valid")
    (folder / "a.zip").write_bytes(packed({"x.zip": inner}))  # the words are still there
    assert [place.verdict for place in check_answers(exported, folder)] == ["valid"]
    changed = packed({"d/clock.txt": CLOCK.replace("1894", "1895")})
    (folder / "a.zip").write_bytes(packed({"x.zip": changed}))
    assert [place.verdict for place in check_answers(exported, folder)] == ["document changed"]
    shutil.move(folder / "a.zip", folder / "b.zip")
    assert [place.verdict for place in check_answers(exported, folder)] == ["gone"]

"""Uploads, removal and renaming in a served folder: nothing is lost, nothing gets out of it."""

import errno
import os
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import LibraryError
from qa.library.files import INCOMING, Files
from qa.library.names import numbered, rebuilt


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "documents"
    made.mkdir()
    (tmp_path / "secret.txt").write_text("not in the folder")
    return made


@pytest.fixture
def files(folder):
    return Files(folder, reserve_bytes=0)


def upload(files, name, data=b"some text", size=None):
    incoming = files.receive(name, size)
    try:
        incoming.write(data)
        return incoming.keep()
    finally:
        incoming.abort()


def visible(folder):
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not path.relative_to(folder).parts[0].startswith(".")
    )


# Names


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("letter.txt", "letter.txt"),
        ("2024/mai/offer.pdf", "2024/mai/offer.pdf"),
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("C:\\Users\\ada\\offer.pdf", "C_/Users/ada/offer.pdf"),
        ("a/./b/../c.txt", "a/b/c.txt"),
        (".bashrc", "bashrc"),
        ("...hidden/.git/config", "hidden/git/config"),
        ("con", "_con"),
        ("NUL.txt", "_NUL.txt"),
        ("lpt1.tar.gz", "_lpt1.tar.gz"),
        ("aux .pdf", "_aux.pdf"),
        ("console.txt", "console.txt"),
        ("what? <now>.txt", "what_ _now_.txt"),
        ("ends in dots...", "ends in dots"),
        ("tab\tand\nline\x00.txt", "tabandline.txt"),
        ("invoice\u202efdp.txt", "invoicefdp.txt"),
        ("zero\u200bwidth.txt", "zerowidth.txt"),
        ("no\u00a0break.txt", "no break.txt"),
        (unicodedata.normalize("NFD", "Grüße.txt"), "Grüße.txt"),
        ("lone\ud800.txt", "lone.txt"),
    ],
)
def test_names_are_rebuilt(name, stored):
    assert rebuilt(name) == stored


@pytest.mark.parametrize("name", ["", "..", "/", "\\", "./..", "\u202e", "a/" * 50 + "b", " . "])
def test_a_name_of_which_nothing_is_left_is_refused(name):
    with pytest.raises(LibraryError):
        rebuilt(name)


@given(st.text(max_size=300))
def test_no_name_leads_out_or_hides(name):
    try:
        path = rebuilt(name)
    except LibraryError:
        return
    parts = path.split("/")
    assert all(part and part[0] not in ". " and part[-1] not in ". " for part in parts)
    assert all(len(part.encode()) <= 255 for part in parts)
    assert not set(path) & set('\\:*?"<>|\0\n\r\t\u202e')
    assert rebuilt(path) == path  # as it is listed, so it is stored


def test_a_long_name_keeps_its_suffix():
    assert rebuilt("ü" * 500 + ".pdf").endswith("ü.pdf")
    assert numbered("a/letter.txt", 2) == "a/letter (2).txt"
    assert numbered("letter", 3) == "letter (3)"


# Uploads


def test_a_file_arrives_and_arrives_twice(files, folder):
    assert upload(files, "in/letter.txt").path == "in/letter.txt"
    assert upload(files, "in/letter.txt").is_known  # the same again
    other = upload(files, "in/letter.txt", b"another text")
    assert (other.path, other.is_known) == ("in/letter (2).txt", False)
    assert upload(files, "in/letter.txt", b"another text").is_known
    assert visible(folder) == ["in/letter (2).txt", "in/letter.txt"]
    assert (folder / "in/letter.txt").read_bytes() == b"some text"
    assert list(folder.glob(f"{INCOMING}*")) == []


def test_an_upload_that_breaks_off_leaves_nothing(files, folder):
    with pytest.raises(LibraryError, match=r"broke off after 9 of 1,000 bytes"):
        upload(files, "letter.txt", size=1000)
    assert list(folder.iterdir()) == []
    files.receive("letter.txt")._file.close()  # the server was killed
    assert len(list(folder.iterdir())) == 1
    files.sweep()
    assert list(folder.iterdir()) == []


def test_an_upload_that_is_too_large_stops(folder):
    files = Files(folder, max_bytes=10, reserve_bytes=0)
    with pytest.raises(LibraryError, match="has more than"):
        files.receive("letter.txt", 11)
    with pytest.raises(LibraryError, match="has more than"):
        upload(files, "letter.txt", b"eleven bytes")  # announced as nothing
    assert list(folder.iterdir()) == []


def test_room_is_kept_on_the_disk(folder):
    files = Files(folder, reserve_bytes=1 << 62)
    with pytest.raises(LibraryError, match="no room on the disk"):
        upload(files, "letter.txt")
    assert list(folder.iterdir()) == []


def test_a_full_disk_is_a_clear_line(files, folder, monkeypatch):
    upload(files, "first.txt")

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LibraryError) as caught:
        upload(files, "letter.txt")
    assert caught.value.problem == "the disk is full: letter.txt was not stored"
    assert visible(folder) == ["first.txt"]
    assert list(folder.glob(f"{INCOMING}*")) == []


def test_an_empty_file_is_refused(files, folder):
    with pytest.raises(LibraryError, match=r"letter\.txt is empty"):
        upload(files, "letter.txt", b"")
    assert list(folder.iterdir()) == []


def test_a_file_in_the_place_of_a_folder_is_kept(files, folder):
    upload(files, "letters")
    with pytest.raises(LibraryError, match="a file has the name of a folder"):
        upload(files, "letters/may.txt")
    assert visible(folder) == ["letters"]


@pytest.mark.posix
def test_a_link_does_not_lead_out(files, folder, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (folder / "way").symlink_to(outside)
    for act in (
        lambda: upload(files, "way/letter.txt"),
        lambda: files.rename("in.txt", "way/in.txt"),
        lambda: files.remove("way/x.txt"),
    ):
        (folder / "in.txt").write_text("x")
        (outside / "x.txt").write_text("x")
        with pytest.raises(LibraryError, match="leads out of the folder"):
            act()
    assert [path.name for path in outside.iterdir()] == ["x.txt"]
    assert (folder / "in.txt").exists()


def test_a_file_system_without_links(files, folder, monkeypatch):
    def no_links(self, target):
        raise OSError(errno.EPERM, "no links")

    monkeypatch.setattr("pathlib.Path.hardlink_to", no_links)
    test_a_file_arrives_and_arrives_twice(files, folder)


# Removed, renamed, undone


def test_what_is_removed_can_be_put_back(files, folder):
    upload(files, "in/a.txt", b"a")
    upload(files, "in/b.txt", b"b")
    first = files.remove("in/a.txt")
    whole = files.remove("in")
    assert visible(folder) == []
    assert [each.path for each in files.removed()] and {each.path for each in files.removed()} == {
        "in",
        "in/a.txt",
    }
    assert files.restore(whole.token).path == "in"
    upload(files, "in/a.txt", b"a new one")
    assert files.restore(first.token).path == "in/a (2).txt"  # its name is taken meanwhile
    assert (folder / "in/a (2).txt").read_bytes() == b"a"
    assert visible(folder) == ["in/a (2).txt", "in/a.txt", "in/b.txt"]
    assert files.removed() == []
    with pytest.raises(LibraryError, match="put back or deleted already"):
        files.restore(first.token)


def test_a_new_version_replaces_the_earlier_one(files, folder):
    upload(files, "a/offer.txt", b"1")
    stored = upload(files, "a/offer.txt", b"2")
    assert (stored.path, stored.earlier) == ("a/offer (2).txt", "a/offer.txt")
    removed = files.replace(stored.earlier, stored.path)
    assert visible(folder) == ["a/offer.txt"]
    assert (folder / "a/offer.txt").read_bytes() == b"2"
    assert [each.path for each in files.removed()] == ["a/offer.txt"]
    files.rename("a/offer.txt", "a/offer (2).txt")
    assert files.restore(removed.token).path == "a/offer.txt"
    assert (folder / "a/offer.txt").read_bytes() == b"1"
    for earlier, path in (
        ("a/offer.txt", "a/offer.txt"),
        ("a", "a/offer.txt"),
        ("x", "a/offer.txt"),
    ):
        with pytest.raises(LibraryError):
            files.replace(earlier, path)
    assert visible(folder) == ["a/offer (2).txt", "a/offer.txt"]


def test_what_is_removed_can_be_deleted(files, folder):
    upload(files, "a.txt")
    files.forget(files.remove("a.txt").token)
    assert files.removed() == []
    assert visible(folder) == []


@pytest.mark.parametrize("token", ["", "..", "../..", "a/b", "\x00", "ä", "absent"])
def test_only_what_was_removed_is_put_back_or_deleted(files, folder, token):
    upload(files, "a.txt")
    for act in (files.restore, files.forget):
        with pytest.raises(LibraryError):
            act(token)
    assert visible(folder) == ["a.txt"]


@pytest.mark.parametrize(
    "path", ["", "..", "../secret.txt", "/etc/passwd", "a//b", ".removed", "./a.txt", "b.txt"]
)
def test_only_files_of_the_folder_are_removed_or_renamed(files, folder, tmp_path, path):
    upload(files, "a.txt")
    for act in (files.remove, lambda path: files.rename(path, "c.txt")):
        with pytest.raises(LibraryError):
            act(path)
    assert visible(folder) == ["a.txt"]
    assert (tmp_path / "secret.txt").exists()


def test_what_is_refused_leaves_no_folder_behind(files, folder, monkeypatch):
    upload(files, "law/sub/a.txt")

    def folders():
        return sorted(path.name for path in folder.rglob("*") if path.is_dir())

    with pytest.raises(LibraryError, match="moved into itself"):
        files.rename("law/sub", "law/sub/x/y")
    assert folders() == ["law", "sub"]

    def full(source, target):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("pathlib.Path.rename", full)
    with pytest.raises(LibraryError, match="the disk is full"):
        files.rename("law/sub/a.txt", "new/deep/a.txt")
    monkeypatch.setattr("qa.library.files._place", full)
    with pytest.raises(LibraryError, match="the disk is full"):
        upload(files, "other/deep/a.txt")
    assert folders() == ["law", "sub"]


def refusals(folder, **options):
    """Return what a folder with `law/a.txt` refuses, by what was tried."""
    files = Files(folder, reserve_bytes=0, **options)
    full = Files(folder, reserve_bytes=1 << 62, **options)
    upload(files, "law/a.txt")
    tried = {
        "remove": lambda: files.remove("law/nope.txt"),
        "rename": lambda: files.rename("nope", "law/b"),
        "restore": lambda: files.restore("0123456789abcdef"),
        "forget": lambda: files.forget("0123456789abcdef"),
        "no token": lambda: files.forget(".."),
        "too large": lambda: files.receive("law/b.txt", 10**12),
        "full": lambda: full.receive("law/b.txt", 1),
        "empty": lambda: upload(files, "law/b.txt", b""),
        "into itself": lambda: files.rename("law", "law/law"),
        "taken": lambda: files.rename("law/a.txt", "law"),
        "as a folder": lambda: upload(files, "law/a.txt/b.txt"),
        "replace": lambda: files.replace("law", "law/a.txt"),
        "cut off": lambda: upload(files, "law/b.txt", size=10),
    }
    found = {}
    for what, act in tried.items():
        with pytest.raises(LibraryError) as caught:
            act()
        found[what] = caught.value
    return found


def test_each_refusal_has_its_status(folder):
    statuses = {what: error.status for what, error in refusals(folder).items()}
    missing = {what for what, status in statuses.items() if status == 404}
    assert missing == {"remove", "rename", "restore", "forget", "no token"}
    assert (statuses["too large"], statuses["full"]) == (413, 507)
    assert {status for what, status in statuses.items() if what not in missing} == {409, 413, 507}


def test_a_refusal_names_files_as_they_are_written_and_as_they_are_seen(folder):
    for error in refusals(folder).values():
        assert error.problem.startswith(("the ", "there ", "only ", "it ", "a ")), error.problem
        assert ".removed" not in str(error)
    again = folder / "again"
    again.mkdir()
    for error in refusals(again, collection="sport").values():
        for path in ("law/a.txt", "law/b.txt", "law/nope.txt", "nope", "law"):
            bare = error.problem.replace(f"sport/{path}", "")
            assert path not in bare.split(), error.problem
            assert f" {path}" not in bare, error.problem


def test_what_only_the_owner_of_the_folder_can_do_is_not_told_to_visitors(folder):
    found = refusals(folder)
    assert "yourself" in found["too large"].remedy
    assert found["too large"].for_visitors == "split it"
    assert found["full"].for_visitors == "tell whoever runs the server"
    assert found["taken"].for_visitors == found["taken"].remedy == "choose another name"


def test_a_file_is_renamed_and_nothing_overwritten(files, folder):
    upload(files, "a.txt", b"a")
    upload(files, "b.txt", b"b")
    assert files.rename("a.txt", "new/A.txt").path == "new/A.txt"
    with pytest.raises(LibraryError, match=r"there is already a b\.txt"):
        files.rename("new/A.txt", "b.txt")
    assert files.rename("new/A.txt", "../../a.txt").path == "a.txt"  # as any name, rebuilt
    with pytest.raises(LibraryError, match="into itself"):
        files.rename("new", "new/deeper")
    assert visible(folder) == ["a.txt", "b.txt"]
    assert (folder / "b.txt").read_bytes() == b"b"
    assert files.rename("a.txt", "a.txt").path == "a.txt"
    assert visible(folder) == ["a.txt", "b.txt"]

"""What is private stays so: nothing that is written is more open than what it came from."""

import os
import stat

import pytest

from benchmarks.hashing import HashEncoder
from qa.builder import ENCODING, build
from qa.feedback import FeedbackStore
from qa.feedback.store import Vote
from qa.index import open_index
from qa.library import Files

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")


@pytest.fixture(autouse=True)
def open_hearted():
    """The user's mask hides nothing: what is private is so on purpose."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "documents"
    made.mkdir(mode=0o700)
    for number in range(40):
        (made / f"{number}.txt").write_text(f"Lamp {number} is lit.\n" * 9, encoding="utf-8")
    return made


def open_to_others(place):
    return [
        path.relative_to(place.parent).as_posix()
        for path in (place, *place.rglob("*"))
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    ]


def test_an_index_is_for_its_owner_alone_while_it_is_written_and_after(folder, tmp_path):
    index = tmp_path / "index"
    seen = []

    def look(stage, done, total):
        seen.append(open_to_others(index))
        if stage == ENCODING and done == total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(folder, index, encoder=HashEncoder(), progress=look)
    assert any((index / name).exists() for name in (".encoded",))
    build(folder, index, encoder=HashEncoder())
    (folder / "0.txt").write_text("Another lamp.", encoding="utf-8")
    build(folder, index, encoder=HashEncoder())
    assert seen
    assert [names for names in seen if names] == []
    assert open_to_others(index) == []
    open_index(index).close()


def test_an_index_in_an_open_folder_is_private_all_the_same(folder, tmp_path):
    index = tmp_path / "index"
    index.mkdir(mode=0o755)
    build(folder, index, encoder=HashEncoder())
    assert open_to_others(index) == ["index"]


def test_feedback_is_for_its_owner_alone(tmp_path):
    store = FeedbackStore.beside(tmp_path / "index")
    store.add(Vote("1", "Who is ill?", True))
    assert open_to_others(store.path) == []
    assert len(store.votes()) == 1


@pytest.mark.parametrize(("folder_mode", "file_mode"), [(0o700, 0o600), (0o750, 0o640)])
def test_an_upload_is_as_open_as_the_folder(tmp_path, folder_mode, file_mode):
    folder = tmp_path / "documents"
    folder.mkdir(mode=folder_mode)
    upload = Files(folder).receive("letters/new/a.txt")
    (part,) = folder.glob(".incoming-*")
    assert stat.S_IMODE(part.stat().st_mode) == file_mode
    upload.write(b"It is new.")
    stored = folder / upload.keep().path
    assert stat.S_IMODE(stored.stat().st_mode) == file_mode
    assert {stat.S_IMODE(path.stat().st_mode) for path in stored.parents[:2]} == {folder_mode}


def test_what_was_removed_is_for_its_owner_alone(tmp_path):
    folder = tmp_path / "documents"
    folder.mkdir(mode=0o755)
    (folder / "a.txt").write_text("It goes.", encoding="utf-8")
    files = Files(folder)
    removed = files.remove("a.txt")
    assert stat.S_IMODE((folder / ".removed").stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / ".removed" / removed.token).stat().st_mode) == 0o700
    files.restore(removed.token)
    assert (folder / "a.txt").is_file()

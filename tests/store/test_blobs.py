"""Files of messages on the disk: named by content, whole or not there, for the hub's user only."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

import pytest

from hub.store.blobs import FolderBlobs, orphans

HELLO = hashlib.sha256(b"hello").hexdigest()


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    return FolderBlobs(tmp_path / "data" / "blobs")


def files(blobs: FolderBlobs) -> list[Path]:
    return [path for path in blobs.root.rglob("*") if path.is_file() and path.name != "lock"]


def test_a_file_is_named_by_its_content_and_comes_back_whole(blobs: FolderBlobs) -> None:
    assert blobs.write([b"hel", b"lo"]) == HELLO
    with blobs.open(HELLO) as file:
        assert file.read() == b"hello"
    assert blobs.exists(HELLO)
    assert blobs.size(HELLO) == 5
    assert blobs.path(HELLO) == blobs.root / HELLO[:2] / HELLO[2:4] / HELLO
    assert list(blobs.names()) == [HELLO]


def test_the_same_content_is_stored_once(blobs: FolderBlobs) -> None:
    assert blobs.write([b"hello"]) == blobs.write([b"h", b"ello"])
    assert len(files(blobs)) == 1


def test_nobody_else_may_look_inside(blobs: FolderBlobs) -> None:
    before = os.umask(0)
    try:
        blobs.write([b"hello"])
    finally:
        os.umask(before)
    path = blobs.path(HELLO)
    assert path.stat().st_mode & 0o777 == 0o600
    assert {folder.stat().st_mode & 0o777 for folder in (path.parent, path.parent.parent, blobs.root)} == {0o700}


def test_a_file_that_did_not_become_whole_leaves_nothing(blobs: FolderBlobs) -> None:
    def parts():
        yield b"hel"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        blobs.write(parts())
    assert files(blobs) == []


def test_what_a_crash_left_half_written_is_no_file_and_is_swept(blobs: FolderBlobs) -> None:
    blobs.write([b"hello"])
    half = blobs.begin()
    half.write(b"hel")
    assert list(blobs.names()) == [HELLO]
    assert len(files(blobs)) == 2

    assert FolderBlobs(blobs.root).sweep() == 1
    assert files(blobs) == [blobs.path(HELLO)]
    half.drop()


def test_dropping_after_keeping_takes_nothing_away(blobs: FolderBlobs) -> None:
    writing = blobs.begin()
    writing.write(b"hello")
    assert (writing.sha256, writing.size) == (HELLO, 5)
    writing.keep()
    writing.drop()
    assert blobs.exists(HELLO)


def test_deleting_says_whether_it_was_here(blobs: FolderBlobs) -> None:
    blobs.write([b"hello"])
    assert blobs.delete(HELLO)
    assert not blobs.delete(HELLO)
    assert not blobs.exists(HELLO)
    with pytest.raises(FileNotFoundError):
        blobs.open(HELLO)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", HELLO.upper(), HELLO + "0", f"{HELLO[:62]}/."])
def test_only_names_lead_into_the_folder(blobs: FolderBlobs, name: str) -> None:
    with pytest.raises(ValueError, match="no name"):
        blobs.path(name)


def test_files_that_nobody_names_are_found_once_they_are_old(blobs: FolderBlobs) -> None:
    old, young = blobs.write([b"old"]), blobs.write([b"young"])
    blobs.write([b"hello"])
    os.utime(blobs.path(old), (1000, 1000))
    os.utime(blobs.path(HELLO), (1000, 1000))

    assert orphans(blobs, {HELLO}, before=2000) == [old]
    assert sorted(orphans(blobs, {HELLO}, before=1e12)) == sorted([old, young])


def test_an_empty_store_has_no_names(blobs: FolderBlobs) -> None:
    assert list(blobs.names()) == []
    assert blobs.sweep() == 0


def test_a_file_that_came_again_since_it_was_looked_for_is_spared(blobs: FolderBlobs) -> None:
    name = blobs.write([b"hello"])
    os.utime(blobs.path(name), (1000, 1000))
    assert orphans(blobs, set(), before=2000) == [name]
    blobs.write([b"hello"])
    assert not blobs.delete(name, before=2000)
    assert blobs.exists(name)
    os.utime(blobs.path(name), (1000, 1000))
    assert blobs.delete(name, before=2000)


def test_beside_writers_only_what_is_old_and_half_written_is_swept(blobs: FolderBlobs) -> None:
    old, young = blobs.begin(), blobs.begin()
    os.utime(old._path, (1000, 1000))
    young.write(b"hello")
    assert blobs.sweep(before=2000) == 1
    assert young.keep() == HELLO
    assert blobs.exists(HELLO)
    old.drop()


def test_what_is_kept_again_at_the_very_moment_of_deletion_is_here_afterwards(
    blobs: FolderBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = blobs.write([b"hello"])
    os.utime(blobs.path(name), (1000, 1000))
    again, unlink = threading.Thread(target=blobs.write, args=([b"hello"],)), Path.unlink

    def keep_first(path: Path, missing_ok: bool = False) -> None:
        if path == blobs.path(name) and not again.ident:
            again.start()
            again.join(0.3)  # all the time it needs, if it may
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", keep_first)
    blobs.delete(name, before=2000)
    again.join()
    assert blobs.exists(name)

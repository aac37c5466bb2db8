"""A restored store takes the old one's place: whole, and at whatever instant it is cut short."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from hub.backup.restoring import _move_in
from hub.contracts.errors import ConfigError
from hub.store import Place, open_store
from hub.store.store import FILE

ROWS = 40

MAKE = """
import os, sys
from pathlib import Path
from hub.store import Place, open_store
store = open_store(Place(Path(sys.argv[1])))
for n in range(int(sys.argv[3])):
    with store.transaction():
        store.set_cursor(f"{sys.argv[2]}{n}", "x" * 500, 1)
os._exit(0)  # as a kill does: what was committed last stands in the WAL
"""

CUT = """
import os, shutil, sys
from pathlib import Path
from hub.backup.restoring import _move_in
CHANGES = {"os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "sqlite3.connect"}
base, left = Path(sys.argv[1]), 0

def look(event, args):
    global left
    if event in CHANGES:
        left -= 1
        if left == 0:
            os._exit(9)

sys.addaudithook(look)
for cut in range(1, 100):
    here = base / str(cut)
    shutil.copytree(base / "data", here / "data")
    shutil.copytree(base / "work", here / "work")
    if not (child := os.fork()):
        left = cut
        _move_in(here / "work", here / "data")
        os._exit(0)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
        break
"""


def python(script: str, *args: object) -> None:
    subprocess.run([sys.executable, "-c", script, *map(str, args)], check=True, timeout=60)


def held(data: Path) -> set[str]:
    """Whose rows a hub would find; all of each, or it fails."""
    with closing(sqlite3.connect(data / FILE)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        names = [name for (name,) in db.execute("SELECT name FROM cursors")]
    found = {name.rstrip("0123456789") for name in names}
    assert len(names) == ROWS * len(found)
    return found


@pytest.fixture
def make(tmp_path: Path) -> Callable[[], tuple[Path, Path]]:
    """An old store whose end stands in its WAL, and the one that is to take its place."""

    def made() -> tuple[Path, Path]:
        python(MAKE, tmp_path / "data", "old", ROWS)
        assert (tmp_path / "data" / f"{FILE}-wal").stat().st_size
        python(MAKE, tmp_path / "work", "new", ROWS)
        return tmp_path / "work", tmp_path / "data"

    return made


def test_the_old_store_is_kept_whole_beside_the_new_one(make: Callable[[], tuple[Path, Path]]) -> None:
    work, data = make()
    aside = Path(_move_in(work, data))
    assert held(data) == {"new"}
    assert held(aside) == {"old"}


def test_a_kill_at_any_point_leaves_the_whole_old_or_the_whole_new_store(
    make: Callable[[], tuple[Path, Path]], tmp_path: Path
) -> None:
    make()
    python(CUT, tmp_path)
    found = [held(tmp_path / str(cut) / "data") for cut in range(1, 100) if (tmp_path / str(cut)).exists()]
    changed = found.index({"new"})
    assert changed >= 3
    assert found[:changed] == [{"old"}] * changed
    assert found[changed:] == [{"new"}] * (len(found) - changed)


def test_a_restore_that_was_killed_is_done_again(make: Callable[[], tuple[Path, Path]], tmp_path: Path) -> None:
    work, data = make()
    tried = data / "replaced-earlier"
    tried.mkdir()
    os.link(data / FILE, tried / FILE)  # what a kill just before the end leaves
    aside = Path(_move_in(work, data))
    assert held(data) == {"new"}
    assert held(aside) == {"old"}
    assert not (tried / FILE).exists()


def test_a_wal_without_its_store_is_not_taken_for_the_new_ones(make: Callable[[], tuple[Path, Path]]) -> None:
    work, data = make()
    (data / FILE).unlink()
    aside = Path(_move_in(work, data))
    assert held(data) == {"new"}
    assert (aside / f"{FILE}-wal").stat().st_size


def test_what_is_no_store_at_all_is_kept_too(make: Callable[[], tuple[Path, Path]]) -> None:
    work, data = make()
    for suffix in ("-wal", "-shm"):
        (data / f"{FILE}{suffix}").unlink()
    (data / FILE).write_bytes(b"rubbish" * 1000)
    aside = Path(_move_in(work, data))
    assert held(data) == {"new"}
    assert (aside / FILE).read_bytes() == b"rubbish" * 1000


def test_nothing_changes_while_a_hub_runs(make: Callable[[], tuple[Path, Path]]) -> None:
    work, data = make()
    with closing(open_store(Place(data))), pytest.raises(ConfigError, match="a hub runs"):
        _move_in(work, data)
    shutil.rmtree(work)
    assert held(data) >= {"old"}

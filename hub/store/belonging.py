"""Whose a store is, and whether it is still here: what keeps a hub from going on with the wrong one.

A store that moves, or moved, to PostgreSQL leaves a mark beside its old file. A database into which rows are still
being brought has a table `moving`: no hub begins on it.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from hub.contracts.errors import ConfigError
from hub.store.blobs import make_durable
from hub.store.dialects.database import Database

MARK = "hub.moved"
NAME = "store.name"
"""The cursor that names a store: eight hex digits."""


class Mark(NamedTuple):
    """`to`: the database, for people; `at`: when the move began (ms); `key`: of this move alone; `store`: whose name;
    `done`: whether it came to its end."""

    to: str
    at: int
    key: str
    store: str
    done: bool = False


def read_mark(folder: Path) -> Mark | None:
    """The mark of a data folder; None without one. Raises ConfigError for one that cannot be read."""
    file = folder / MARK
    try:
        return Mark(**json.loads(file.read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(f"{file} cannot be read: {error}", remedy="remove it if this store never moved") from error


def write_mark(folder: Path, mark: Mark) -> None:
    """Leave it, durably."""
    fresh = folder / f"{MARK}.new"
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(mark._asdict(), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / MARK)
    make_durable(folder)


def remove_mark(folder: Path) -> Mark | None:
    """The store in this folder is in use again; what was said of it."""
    mark = read_mark(folder)
    (folder / MARK).unlink(missing_ok=True)
    make_durable(folder)
    return mark


def assert_here(folder: Path) -> None:
    """Raise ConfigError when the SQLite store of this folder moved away."""
    mark = read_mark(folder)
    if mark is None:
        return
    when = datetime.fromtimestamp(mark.at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
    if mark.done:
        raise ConfigError(
            f"the store in {folder} moved to {mark.to} on {when}",
            remedy="set [hub] store to it; to use the old file again, without what happened since:"
            " dragoman store migrate-to --undo",
        )
    raise ConfigError(
        f"the store in {folder} is being moved to {mark.to} since {when}",
        remedy="run dragoman store migrate-to again to its end, or give the move up: dragoman store migrate-to --undo",
    )


def assert_own(db: Database, folder: Path, file: str) -> None:
    """Raise ConfigError unless a hub with this data folder may begin on this database in PostgreSQL."""
    if is_moving(db):
        raise ConfigError(
            f"rows are still being brought into {db.place}",
            remedy="run dragoman store migrate-to, or dragoman restore, again to its end",
        )
    if not (folder / file).exists():
        return
    mark, name = read_mark(folder), name_of(db)
    if mark is None or not mark.done:
        raise ConfigError(
            f"there is a store in {folder} that did not move to {db.place}",
            remedy="bring it there with dragoman store migrate-to, or set [hub] data to another folder",
        )
    if mark.store != name:
        raise ConfigError(
            f"the store {mark.store} of {folder} moved to {mark.to}, and {db.place} holds"
            f" {'the store ' + name if name else 'none'}",
            remedy="correct [hub] store, or set [hub] data to another folder",
        )


def is_moving(db: Database) -> bool:
    """Whether rows are still being brought into this database in PostgreSQL."""
    return db.rows("SELECT to_regclass('moving')") != [(None,)]


def name_of(db: Database) -> str:
    """The name of a store, "" for one that no hub ran on."""
    found = db.rows("SELECT value FROM cursors WHERE name=?", (NAME,))
    return str(found[0][0]) if found else ""

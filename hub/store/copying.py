"""A consistent copy of the store beside a running hub, what a copy holds, and the record of copies that were made."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from hub.contracts.errors import ConfigError
from hub.store.database import Database, StoreTrouble
from hub.store.store import FILE, Store

PAGES = 512
"""Database pages (of 4 KiB) to a step of the copy; between two steps other threads and a stop get their turn."""

ROOM = 1000
"""Numbers left free for each second between a backup and its restore, so that none is ever given twice."""

RESTORED = "store.restored"
"""The cursor that says when this store was restored (ms); see `restored_at`."""


class Backup(NamedTuple):
    """A copy that was made: `at` when it began, `size` in bytes, `verified` when it was opened and checked (ms, 0 = not
    yet or it failed: then `reason` says why)."""

    name: str
    place: str
    at: int
    size: int
    verified: int
    reason: str = ""


def copy_store(folder: Path, target: Path, between: Callable[[], None] = lambda: None) -> None:
    """Copy the store of a data folder as it is at one moment, while a hub writes to it.

    One read transaction pins the moment for the whole copy, so a busy writer is neither held up nor makes the copy
    begin again (sqlite.org, "SQLite Backup API" and "Write-Ahead Logging"). `between` is called between two steps;
    what it raises ends the copy. Raises ConfigError when there is no store or the target cannot be written.
    """
    if not (folder / FILE).exists():
        raise ConfigError(f"there is no store in {folder}", remedy="start the hub once with `dragoman run`")
    source = Database(folder / FILE, readonly=True)
    try:
        into = sqlite3.connect(target, isolation_level=None)
        try:
            into.execute("PRAGMA synchronous=0")  # a copy that does not survive a crash is made again
            source.run("BEGIN")
            source.rows("SELECT 1 FROM cursors LIMIT 1")
            source.connection.backup(into, pages=PAGES, progress=lambda *_: between())
        finally:
            into.close()
    except (sqlite3.Error, StoreTrouble) as error:
        raise ConfigError(f"the store cannot be copied to {target}: {error}", remedy="is the disk full?") from error
    finally:
        source.close()


def blobs_used(db: Database) -> set[str]:
    """The names of all stored files that something names: files of inbound messages, and of those sent."""
    found = db.rows(
        "SELECT blob FROM media WHERE state='stored' AND blob<>''"
        " UNION SELECT json_extract(content, '$.media.blob') FROM messages WHERE content LIKE '%\"blob\"%'"
        " UNION SELECT json_extract(content, '$.template.media.blob') FROM messages WHERE content LIKE '%\"blob\"%'"
    )
    return {str(name) for (name,) in found if name}


def store_name(db: Database) -> str:
    """The eight hex digits that name the store, "" for one that never ran."""
    found = db.rows("SELECT value FROM cursors WHERE name='store.name'")
    return str(found[0][0]) if found else ""


# -- the record --------------------------------------------------------------------------------------------------------


def record_backup(store: Store, backup: Backup) -> None:
    """Remember a copy, whether it was verified or failed. Commits on its own."""
    with store.transaction():
        store.db.run(
            "INSERT INTO backups (name, place, at, size, verified, reason) VALUES (?,?,?,?,?,?)", tuple(backup)
        )
        store.db.run("DELETE FROM backups WHERE id <= (SELECT max(id) FROM backups) - 200")


def backups(db: Database, limit: int = 50) -> list[Backup]:
    """The copies this store remembers, the newest first."""
    found = db.rows("SELECT name, place, at, size, verified, reason FROM backups ORDER BY id DESC LIMIT ?", (limit,))
    return [Backup(*row) for row in found]


def last_backup(db: Database) -> Backup | None:
    """The newest copy that was opened and checked; None when there is none."""
    found = db.rows(
        "SELECT name, place, at, size, verified, reason FROM backups WHERE verified>0 ORDER BY at DESC LIMIT 1"
    )
    return Backup(*found[0]) if found else None


def gather_wal(file: Path) -> None:
    """Bring what stands beside a store, in its WAL, into the store itself, and leave no WAL with anything in it.

    Only under the lock of its folder. Raises StoreTrouble for what is no store or broken, ConfigError while somebody
    reads it (sqlite.org, "PRAGMA wal_checkpoint").
    """
    with closing(sqlite3.connect(file, isolation_level=None)) as db:  # which waits some seconds for readers
        try:
            db.execute("SELECT count(*) FROM sqlite_master").fetchone()  # some versions see the WAL only after it
            (busy, *_) = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error as error:
            raise StoreTrouble(str(error)) from error
    if busy:
        raise ConfigError(f"somebody reads the store {file}", remedy="end that command, then restore again")


# -- a restored copy ---------------------------------------------------------------------------------------------------


def restored_at(db: Database) -> int:
    """When this store was restored from a backup, ms; 0 = never."""
    found = db.rows("SELECT value FROM cursors WHERE name=?", (RESTORED,))
    return int(found[0][0]) if found else 0


def mark_restored(store: Store, made: int, now: int, reason: str) -> int:
    """A copy made at `made` takes up life at `now`: nothing is sent or counted twice. Returns the sends in doubt.

    Open sends may have gone out since: they wait for evidence that is due at once, so a status that the platform
    repeats settles them and a human sees the rest. CRM writes look before they write. Numbers of rows leave room for
    those given out since: platforms, plugins and CRMs may still name them.
    """
    gap = ROOM * (max(0, now - made) // 1000 + 1000)
    with store.transaction():
        db = store.db
        doubtful = db.run(
            "UPDATE outbox SET state='evidence', due=?, doubt=1, attempts=attempts+1, reason=?"
            " WHERE open=1 AND kind='send'",
            (now, reason),
        )
        db.run("UPDATE outbox SET doubt=1, state=iif(state='started', 'waiting', state) WHERE open=1 AND kind<>'send'")
        for (table,) in db.rows("SELECT name FROM sqlite_master WHERE type='table' AND sql LIKE '%AUTOINCREMENT%'"):
            if not db.run("UPDATE sqlite_sequence SET seq=seq+? WHERE name=?", (gap, table)):
                db.run("INSERT INTO sqlite_sequence (name, seq) VALUES (?,?)", (table, gap))
        store.set_cursor(RESTORED, str(now), now)
    db._next.clear()
    return doubtful

"""A consistent copy of the store beside a running hub, what a copy holds, and the record of copies that were made."""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from hub.contracts.errors import ConfigError
from hub.store import trail
from hub.store.dialects.database import Database, StoreTrouble
from hub.store.dialects.numbers import counter, numbered, set_counter
from hub.store.dialects.sqlite import Sqlite
from hub.store.snapshot import copy_rows
from hub.store.store import FILE, Place, Store, open_reader

PAGES = 512
"""Database pages (of 4 KiB) to a step of the copy; between two steps other threads and a stop get their turn."""

ROOM = 1000
"""Numbers left free for each second between a backup and its restore, so that none is ever given twice."""

BACKUP_LOCK, BACKING_UP = "backup.lock", 3
"""The file, and PostgreSQL's lock, that say a backup is being made."""

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


def copy_store(place: Place, target: Path, between: Callable[[], None] = lambda: None) -> None:
    """Copy a store as it is at one moment, while a hub writes to it, into a file as SQLite has it.

    `between` is called often; what it raises ends the copy. Raises ConfigError when there is no store or the target
    cannot be written.
    """
    source = open_reader(place)
    try:
        if isinstance(source, Sqlite):
            _copy_file(source, target, between)
        else:
            copy_rows(source, target, between)
    except (sqlite3.Error, StoreTrouble) as error:
        raise ConfigError(f"the store cannot be copied to {target}: {error}", remedy="is the disk full?") from error
    finally:
        source.close()


def _copy_file(source: Sqlite, target: Path, between: Callable[[], None]) -> None:
    """One read transaction pins the moment for the whole copy, so a busy writer is neither held up nor makes the copy
    begin again (sqlite.org, "SQLite Backup API" and "Write-Ahead Logging")."""
    with closing(sqlite3.connect(target, isolation_level=None)) as into:
        into.execute("PRAGMA synchronous=0")  # a copy that does not survive a crash is made again
        source.run("BEGIN")
        source.rows("SELECT 1 FROM cursors LIMIT 1")
        source.connection.backup(into, pages=PAGES, progress=lambda *_: between())


@contextmanager
def only_backup(place: Place) -> Iterator[None]:
    """Nobody else makes a backup of this store meanwhile. Raises ConfigError when somebody does."""
    busy = ConfigError("a backup of this store is being made", remedy="wait until it has ended")
    with ExitStack() as held:
        handle = os.open(place.folder / BACKUP_LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        held.callback(os.close, handle)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise busy from None
        if place.dsn:  # on another host, too
            db = held.enter_context(closing(open_reader(place)))
            held.enter_context(db.apart())
            db.run("SET LOCAL idle_in_transaction_session_timeout=0")
            if db.rows("SELECT pg_try_advisory_xact_lock(?)", (BACKING_UP,)) == [(False,)]:
                raise busy
        yield


def store_size(place: Place) -> int:
    """Bytes of the store on its disk, about what a copy takes."""
    if not place.dsn:
        return (place.folder / FILE).stat().st_size if place.exists else 0
    with closing(open_reader(place)) as db:
        return int(db.rows("SELECT pg_database_size(current_database())")[0][0])


def blobs_used(db: Database) -> set[str]:
    """The names of all stored files that something names: files of inbound messages, and of those sent."""
    found = {str(name) for (name,) in db.stream("SELECT blob FROM media WHERE state='stored' AND blob<>''")}
    for (text,) in db.stream("SELECT content FROM messages WHERE content LIKE '%\"blob\"%'"):
        content = json.loads(text)
        for part in (content, content.get("template") or {}):
            if name := (part.get("media") or {}).get("blob"):
                found.add(str(name))
    return found


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
        db.run(
            "UPDATE outbox SET doubt=1, state=CASE state WHEN 'started' THEN 'waiting' ELSE state END"
            " WHERE open=1 AND kind<>'send'"
        )
        for table in numbered():
            set_counter(db, table, counter(db, table) + gap)
        db.run("UPDATE leases SET holder='', until=0")  # whoever had a duty is gone; fences go on
        store.set_cursor(RESTORED, str(now), now)
        trail.note(db, trail.RESTORED, now, made=made, reason=reason)
    db._next.clear()
    return doubtful

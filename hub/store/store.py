"""The store's front: everything the engine asks of it, in transactions that become durable before they return."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from hub.contracts.errors import ConfigError
from hub.store import journal, outbox
from hub.store.database import Database
from hub.store.journal import Claimed, Incoming
from hub.store.workspace import Workspace

FILE, LOCK = "hub.sqlite3", "hub.lock"


class Store:
    """One hub's durable state. Used by one thread at a time; see `engine.writer`."""

    def __init__(self, db: Database, lock: int = -1) -> None:
        self.db, self._lock = db, lock

    def transaction(self) -> AbstractContextManager[None]:
        """Everything inside commits together."""
        return self.db.transaction()

    def accept(self, events: Sequence[Incoming]) -> list[int]:
        """Make events durable. Returns each one's journal seq, 0 for one that was accepted before."""
        with self.db.transaction():
            return journal.accept(self.db, events)

    def append(self, events: Sequence[Incoming]) -> list[int]:
        """Like `accept`, inside a transaction that is open already."""
        return journal.accept(self.db, events)

    def expired_evidence(self, now: int) -> list[tuple[int, int, str]]:
        """See `outbox.expired_evidence`."""
        return outbox.expired_evidence(self.db, now)

    def claim(self, budget: int) -> list[Claimed]:
        """The next work, in journal order."""
        return journal.claim(self.db, budget)

    def unqueue(self, seqs: Sequence[int]) -> None:
        """This work is done; inside the step's transaction."""
        journal.unqueue(self.db, seqs)

    def workspace(self, now: int) -> Workspace:
        """An empty workspace; inside a transaction."""
        return Workspace(self.db, now)

    def cursor(self, name: str) -> str:
        """How far a source was read ("" = not yet)."""
        found = self.db.rows("SELECT value FROM cursors WHERE name=?", (name,))
        return str(found[0][0]) if found else ""

    def set_cursor(self, name: str, value: str, now: int) -> None:
        """Remember a small fact; commits on its own unless inside a transaction."""
        self.db.run("INSERT OR REPLACE INTO cursors VALUES (?,?,?)", (name, value, now))

    def identity(self) -> str:
        """Eight hex digits that name this store: they prefix callbacks, so that two hubs on one number stay apart."""
        name = self.cursor("store.name")
        if not name:
            name = os.urandom(4).hex()
            self.set_cursor("store.name", name, 0)
        return name

    def activate(self, digest: str, body: str, now: int) -> int:
        """The id of this configuration; a new row when its text changed."""
        found = self.db.rows("SELECT id, hash FROM configurations ORDER BY id DESC LIMIT 1")
        if found and found[0][1] == digest:
            return int(found[0][0])
        with self.db.transaction():
            self.db.run("INSERT INTO configurations (hash, body, at) VALUES (?,?,?)", (digest, body, now))
            return int(self.db.rows("SELECT max(id) FROM configurations")[0][0])

    def recover(self, now: int, evidence_until: dict[str, int]) -> int:
        """After a crash: what was started is in doubt. CRM writes look before they write again; sends wait for
        evidence until the time given for their inbox (0: the channel has none). Returns the number of rows."""
        with self.db.transaction():
            shelf = outbox.started(self.db)
            for row in shelf.rows.values():
                if row.kind == "send":
                    row.state, row.due = "evidence", evidence_until.get(row.target, now)
                else:
                    row.wait(now)
                    row.doubt = 1
            shelf.save()
            return len(shelf.rows)

    def close(self) -> None:
        """Close and unlock."""
        self.db.close()
        if self._lock >= 0:
            os.close(self._lock)


def open_store(folder: Path, patience: float = 0) -> Store:
    """Open (or create) the store for writing. Raises ConfigError when another hub holds it or it is not writable.

    A command that puts one event into the store holds it for a moment: a hub has `patience` (seconds) with that.
    """
    until = time.monotonic() + patience
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # it holds what people wrote
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigError(
            f"the data folder {folder} is not writable: {error.strerror}",
            remedy="give the hub's user write access, or set [hub] data to another folder",
        ) from error
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except OSError as error:
            if time.monotonic() < until:
                time.sleep(0.05)
                continue
            os.close(lock)
            raise ConfigError(
                f"another hub already runs on {folder}", remedy="stop it, or give this one its own [hub] data folder"
            ) from error
    try:
        return Store(Database(folder / FILE), lock)
    except BaseException:
        os.close(lock)
        raise


def open_reader(folder: Path) -> Database:
    """A read-only connection beside a running hub. Raises ConfigError when there is no store yet."""
    if not (folder / FILE).exists():
        raise ConfigError(f"there is no store in {folder}", remedy="start the hub once with `dragoman run`")
    return Database(folder / FILE, readonly=True)

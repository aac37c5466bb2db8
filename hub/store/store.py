"""The store's front: everything the engine asks of it, in transactions that become durable before they return."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from hub.contracts.errors import ConfigError
from hub.store import configurations, journal, outbox, trail
from hub.store.belonging import NAME, assert_here, assert_own
from hub.store.changes import SET_CURSOR
from hub.store.dialects import leases
from hub.store.dialects.database import Collision, Database, NeedsAlone
from hub.store.dialects.sqlite import Sqlite
from hub.store.journal import Claimed, Incoming
from hub.store.workspace import Workspace

T = TypeVar("T")
TRIES = 5
"""Times a transaction is begun anew because another process was in its way."""
FILE, LOCK = "hub.sqlite3", "hub.lock"


class NoStore(ConfigError):
    """No hub was started there yet."""


class Store:
    """One hub's durable state. Used by one thread at a time; see `engine.writer`."""

    def __init__(self, db: Database, lock: int = -1) -> None:
        self.db, self._lock = db, lock
        self.look: Callable[[], object] = lambda: None
        """Called first in every transaction that decides: notices what other processes changed."""
        self.fences: dict[str, int] | None = None
        """The duties this process has, each with the fence of its lease; None = all, on a store it has for itself."""

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside commits together, and nobody else changes anything meanwhile."""
        with self.db.transaction():
            self.look()
            yield

    def beside(self, work: Callable[[], T]) -> T:
        """Run `work` in one transaction while other processes work on other people. Where it meets another, it is done
        again; where it turns out to concern more people than it holds, again and alone."""
        for _ in range(TRIES):
            try:
                with self.db.beside():
                    self.look()
                    return work()
            except NeedsAlone:
                break
            except Collision:
                continue
        with self.transaction():
            return work()

    def accept(self, events: Sequence[Incoming]) -> list[int]:
        """Make events durable. Returns each one's journal seq, 0 for one that was accepted before."""
        for last in range(TRIES):
            try:
                with self.db.apart():
                    return journal.accept(self.db, events)
            except Collision:
                if last == TRIES - 1:
                    raise
        return []

    def append(self, events: Sequence[Incoming]) -> list[int]:
        """Like `accept`, inside a transaction that is open already."""
        return journal.accept(self.db, events)

    def expired_evidence(self, now: int) -> list[tuple[int, int, str]]:
        """See `outbox.expired_evidence`."""
        return outbox.expired_evidence(self.db, now)

    def claim(self, budget: int) -> list[Claimed]:
        """The next work, in journal order."""
        return journal.claim(self.db, budget)

    def assert_duty(self, name: str) -> None:
        """Inside a transaction: this process has that duty, and nobody takes it before the end. Raises LostDuty."""
        if self.fences is not None:
            leases.assert_held(self.db, name, self.fences.get(name, 0))

    def claim_these(self, seqs: Sequence[int]) -> list[Claimed]:
        """Those of these events that are still to be worked on, in journal order."""
        return journal.claim_these(self.db, seqs)

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
        self.db.run(SET_CURSOR, (name, value, now))

    def identity(self) -> str:
        """Eight hex digits that name this store: they prefix callbacks, so that two hubs on one number stay apart."""
        if not self.cursor(NAME):  # whoever comes first names it
            sql = "INSERT INTO cursors (name, value, at) VALUES (?,?,0) ON CONFLICT (name) DO NOTHING"
            self.db.run(sql, (NAME, os.urandom(4).hex()))
        return self.cursor(NAME)

    def activate(self, body: str, now: int) -> int:
        """See `configurations.activate`."""
        return configurations.activate(self.db, body, now)

    def recover(self, now: int, evidence_until: Mapping[str, int], duty: str = "", ended: int = 0) -> int:
        """After a crash: what was started is in doubt. CRM writes look before they write again; sends wait for
        evidence until the time given for their inbox (0: the channel has none). Returns the number of rows.

        `duty`: only what was started under it (raises LostDuty when it is not this process's), by somebody whose calls
        may last until `ended` ms after their start: CRM writes wait as long.
        """
        with self.db.transaction():
            if duty:
                self.assert_duty(duty)
            shelf = outbox.started(self.db, duty)
            for row in shelf.rows.values():
                if row.kind == "send":
                    row.state, row.due = "evidence", evidence_until.get(row.target, now)
                else:
                    row.wait(max(now, row.started + ended) if ended else now)
                    row.doubt = 1
            shelf.save()
            if shelf.rows:
                evidence = dict(evidence_until)
                trail.note(self.db, trail.RECOVERED, now, evidence=evidence, duty=duty, ended=ended)
            return len(shelf.rows)

    def close(self) -> None:
        """Close and unlock."""
        self.db.close()
        if self._lock >= 0:
            os.close(self._lock)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a hub's store is: a folder of its own for what it keeps itself, and PostgreSQL's address ("" = SQLite in
    that folder). `pooled`: between them stands a pooler of transactions."""

    folder: Path
    dsn: str = field(default="", repr=False)
    pooled: bool = False

    @property
    def exists(self) -> bool:
        """Whether a hub was started there. PostgreSQL says so only when it is asked: see `open_reader`."""
        return bool(self.dsn) or (self.folder / FILE).exists()


def open_store(place: Place, patience: float = 0) -> Store:
    """Open (or create) the store for writing. Raises ConfigError when it cannot be had: another hub holds the folder,
    it is not writable, the server is away.

    A command that puts one event into the store holds it for a moment: a hub has `patience` (seconds) with that.
    """
    folder = place.folder
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # it holds what people wrote
        if place.dsn and not os.access(folder, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        lock = -1 if place.dsn else os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigError(
            f"the data folder {folder} is not writable: {error.strerror}",
            remedy="give the hub's user write access, or set [hub] data to another folder",
        ) from error
    if place.dsn:
        db = _postgres(place)
        try:
            assert_own(db, folder, FILE)
        except BaseException:
            db.close()
            raise
        return Store(db)
    assert_here(folder)
    until = time.monotonic() + patience
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
        return Store(Sqlite(folder / FILE), lock)
    except BaseException:
        os.close(lock)
        raise


def open_reader(place: Place) -> Database:
    """A read-only connection beside a running hub. Raises NoStore when there is none yet, ConfigError when it cannot be
    had."""
    if place.dsn:
        db = _postgres(place, readonly=True)
        if db.rows("SELECT to_regclass('cursors') IS NOT NULL") == [(True,)]:
            return db
        db.close()
        raise NoStore(f"there is no store in {db.place}", remedy="start the hub once with `dragoman run`")
    if not place.exists:
        raise NoStore(f"there is no store in {place.folder}", remedy="start the hub once with `dragoman run`")
    assert_here(place.folder)
    return Sqlite(place.folder / FILE, readonly=True)


def _postgres(place: Place, *, readonly: bool = False) -> Database:
    from hub.store.dialects.postgres import Postgres  # its driver is an extra

    return Postgres(place.dsn, readonly=readonly, pooled=place.pooled)

"""A store to throw away: everything may be done in it, nothing of it has to last, and it gives the numbers it is told.

It is a file, as a year of a hub may not fit into the memory, but nothing waits for the disk.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hub.store import trail
from hub.store.dialects.database import Database
from hub.store.dialects.sqlite import Sqlite
from hub.store.rows import OutboxRow
from hub.store.store import Store
from hub.store.workspace import Workspace

UNUSED = (
    *("decisions_event", "decisions_person", "tag_history_person", "tag_history_tag", "ratings_about", "news_subject"),
    *("queue_inbox", "campaign_people_waiting"),
)
"""Indexes by which only people look for something."""
STRAY = 1 << 50
"""Numbers from here on belong to rows that no transaction of the trail made."""
_PRAGMAS = (
    "journal_mode=MEMORY",
    "synchronous=OFF",
    "locking_mode=EXCLUSIVE",
    "temp_store=MEMORY",
    "cache_size=-65536",
)


class Scratch(Sqlite):
    """See module. `give` says which numbers the next rows get; whoever asks for more gets a `STRAY` one."""

    trailed = False

    def __init__(self, path: Path, base: Path | None = None) -> None:
        """An empty store, or one with all that the store `base` holds now."""
        Database.__init__(self)
        self.path, self.place = path, str(path)
        self._given: dict[str, list[int]] = {}
        self._strays: dict[str, int] = {}
        self.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=4000)
        try:
            if base is not None:
                source = sqlite3.connect(f"file:{base}?mode=ro", uri=True)
                try:
                    source.backup(self.connection)
                finally:
                    source.close()
            for pragma in _PRAGMAS:
                self.connection.execute(f"PRAGMA {pragma}")
            self._migrate()
            for index in UNUSED:
                self.connection.execute(f"DROP INDEX IF EXISTS {index}")
        except BaseException:
            self.connection.close()
            raise

    def assert_durable(self) -> None:
        """It never is."""

    @contextmanager
    def chunk(self) -> Iterator[None]:
        """Many transactions, of which none is written down by itself."""
        self.run("BEGIN")
        try:
            yield
        finally:
            self.run("COMMIT")

    def give(self, ids: Mapping[str, Sequence[int]]) -> None:
        """The numbers of the next transaction's rows, by table, as runs: see `hub.store.trail`."""
        self._given = {table: trail.numbers(spans)[::-1] for table, spans in ids.items()}

    def next_id(self, table: str) -> int:
        given = self._given.get(table)
        if given:
            return given.pop()
        self._strays[table] = number = self._strays.get(table, STRAY - 1) + 1
        return number

    def _begin(self, kind: str) -> None:
        self.run("SAVEPOINT one")

    def _commit(self) -> None:
        self.run("RELEASE one")

    def _roll_back(self) -> None:
        if self.connection.in_transaction:
            self.run("ROLLBACK TO one")
            self.run("RELEASE one")


class ScratchStore(Store):
    """The store's front of a scratch."""

    db: Scratch

    def __init__(self, db: Scratch) -> None:
        super().__init__(db)
        self.only: Sequence[int] | None = None
        """The commands that the next lease looks at; None = those it finds."""

    def unqueue(self, seqs: Sequence[int]) -> None:
        """Nothing is queued of what is worked off here."""

    def workspace(self, now: int) -> Workspace:
        """An empty workspace; inside a transaction."""
        return Workspace(self.db, now) if self.only is None else _Named(self.db, now, self.only)


class _Named(Workspace):
    """A workspace that leases the commands it is told, as far as they wait."""

    def __init__(self, db: Database, now: int, only: Sequence[int]) -> None:
        super().__init__(db, now)
        self._only = only

    def _take(self, find: Callable[[], list[tuple[Any, ...]]]) -> list[OutboxRow]:
        self.outbox.fetch(self._only)
        rows = (self.outbox.get(number) for number in self._only)
        return [row for row in rows if row is not None and row.open and row.state == "waiting"]

"""One SQLite connection: pragmas, migrations, transactions, batched look-ups.

Durability: WAL with synchronous=FULL, so a committed transaction is on disk before `commit` returns
(sqlite.org, "Write-Ahead Logging" and "PRAGMA synchronous").
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from hub.contracts.errors import ConfigError

PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "wal_autocheckpoint": 4000, "temp_store": 2}
"""Asserted on the live connection: a build of SQLite that ignores one of them must not pass unseen."""


MAPPED = 1 << 30
"""Bytes of the store that are read where the system holds them anyway, not copied: among a million people an event
costs 1.2 times as much as among a thousand, and not 1.5 times. A build without it reads as ever."""

MANY = 32
"""Rows to a statement. Every statement lets other threads in, and the way back in may take milliseconds beside a busy
event loop: few long statements are worth more than many short ones (accepting became a fifth cheaper)."""


@lru_cache(maxsize=400)
def _insertion(verb: str, table: str, width: int, rows: int) -> str:
    return f"{verb} INTO {table} VALUES {_values(width, rows)}"


@lru_cache(maxsize=400)
def _change(table: str, columns: tuple[str, ...], rows: int) -> str:
    sets = ", ".join(f"{column}=v.column{n}" for n, column in enumerate(columns, start=2))
    values = _values(len(columns) + 1, rows)
    return f"UPDATE {table} SET {sets} FROM (VALUES {values}) AS v WHERE {table}.id=v.column1"  # noqa: S608 - our names


def _values(width: int, rows: int) -> str:
    one = "(" + ",".join("?" * width) + ")"
    return ",".join([one] * rows)


def _parts(rows: Sequence[Sequence[Any]]) -> Iterator[tuple[int, list[Any]]]:
    """Rows in parts of a power of two, so that few statements are ever prepared, each with its values in a line."""
    start = 0
    while start < len(rows):
        size = min(MANY, 1 << (len(rows) - start).bit_length() - 1)
        yield size, [value for row in rows[start : start + size] for value in row]
        start += size


def _lists(sql: str, values: Sequence[Any]) -> Iterator[tuple[str, list[Any]]]:
    for start in range(0, len(values), 4096):
        part = list(values[start : start + 4096])
        size = 1 << (len(part) - 1).bit_length()
        part += part[-1:] * (size - len(part))
        yield _listed(sql, size), part


@lru_cache(maxsize=400)
def _listed(sql: str, size: int) -> str:
    return sql.replace("(*)", "(" + ",".join("?" * size) + ")")


class StoreTrouble(Exception):
    """The store cannot work now, whatever is asked of it: the disk is full or fails, or the file is locked or broken.

    No event is to blame: what was asked is to be asked again.
    """


_TROUBLE = {5, 6, 7, 8, 10, 11, 13, 14, 15, 26}
"""SQLite's BUSY, LOCKED, NOMEM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB (sqlite.org, "Result
Codes")."""


def _blame(error: sqlite3.Error) -> None:
    """Raise StoreTrouble where the store is to blame, not what was asked of it."""
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in _TROUBLE:
        raise StoreTrouble(str(error)) from error


class Database:
    """A connection that one thread uses at a time. Everything asked of it may raise StoreTrouble."""

    def __init__(self, path: Path, *, readonly: bool = False) -> None:
        self.path = path
        try:
            if readonly:
                uri = f"file:{path}?mode=ro"
                self.connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
                self.connection.execute("PRAGMA query_only=1")
            else:
                self.connection = sqlite3.connect(
                    path, isolation_level=None, check_same_thread=False, cached_statements=400
                )
                for name, value in PRAGMAS.items():
                    self.connection.execute(f"PRAGMA {name}={value}")
                self.assert_durable()
                self.connection.execute(f"PRAGMA mmap_size={MAPPED}")
                self._migrate()
        except sqlite3.Error as error:
            raise ConfigError(
                f"the store {path} cannot be opened: {error}", remedy="check that the folder exists and is writable"
            ) from error
        self.connection.execute("PRAGMA busy_timeout=5000")
        self._next: dict[str, int] = {}

    def assert_durable(self) -> None:
        """Raise ConfigError unless the live connection commits durably."""
        for name, value in PRAGMAS.items():
            (live,) = self.connection.execute(f"PRAGMA {name}").fetchone()
            if live != value:
                raise ConfigError(f"SQLite refused PRAGMA {name}={value} (it says {live})")

    def _migrate(self) -> None:
        """Apply numbered schema files that this store has not seen, each in one transaction."""
        (version,) = self.connection.execute("PRAGMA user_version").fetchone()
        for entry in sorted(files("hub.store").joinpath("schema").iterdir(), key=lambda e: e.name):
            number = int(entry.name.split("_", 1)[0])
            if number > version:
                script = entry.read_text(encoding="utf-8")
                self.connection.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version={number};\nCOMMIT;")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside becomes durable together on leaving, or nothing does. Raises StoreTrouble."""
        try:
            self.run("BEGIN IMMEDIATE")
            yield
            self.run("COMMIT")
        except BaseException as error:
            self._next.clear()
            if self.connection.in_transaction:  # some failures of SQLite have ended it already
                self.run("ROLLBACK")
            if isinstance(error, sqlite3.Error):  # of somebody who holds the connection itself
                _blame(error)
            raise

    def rows(self, sql: str, args: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        try:
            return self.connection.execute(sql, args).fetchall()
        except sqlite3.Error as error:
            _blame(error)
            raise

    def run(self, sql: str, args: Sequence[Any] = ()) -> int:
        """Run one statement; returns the number of rows it changed."""
        try:
            return self.connection.execute(sql, args).rowcount
        except sqlite3.Error as error:
            _blame(error)
            raise

    def run_many(self, sql: str, args: Iterable[Sequence[Any]]) -> int:
        """Run one statement for many rows; returns the number of rows changed."""
        try:
            return self.connection.executemany(sql, args).rowcount
        except sqlite3.Error as error:
            _blame(error)
            raise

    def insert(self, table: str, rows: Sequence[Sequence[Any]], verb: str = "INSERT") -> None:
        """Insert whole rows, many to a statement."""
        for size, values in _parts(rows):
            self.run(_insertion(verb, table, len(rows[0]), size), values)

    def update(self, table: str, columns: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> None:
        """Set these columns of rows given as (id, values ...), many to a statement; other columns' indexes rest."""
        for size, values in _parts(rows):
            self.run(_change(table, columns, size), values)

    def rows_in(self, sql: str, values: Sequence[Any], args: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of a query that holds one `IN (*)`, for any number of values.

        The list is padded to a power of two by repeating its last value, so that few statements are ever prepared;
        bound parameters keep the planner on the index (a join with json_each does not, measured).
        """
        return [row for full, bound in _lists(sql, values) for row in self.rows(full, (*bound, *args))]

    def run_in(self, sql: str, values: Sequence[Any]) -> None:
        """Run a statement that holds one `IN (*)`, for any number of values."""
        for full, bound in _lists(sql, values):
            self.run(full, bound)

    def next_id(self, table: str) -> int:
        """The next id of an AUTOINCREMENT table: ids are never used again, also after the table was emptied."""
        if table not in self._next:
            found = self.rows("SELECT seq FROM sqlite_sequence WHERE name=?", (table,))
            self._next[table] = (found[0][0] if found else 0) + 1
        value = self._next[table]
        self._next[table] = value + 1
        return value

    def close(self) -> None:
        """Close; a writer's last checkpoint happens here."""
        self.connection.close()

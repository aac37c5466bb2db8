"""The store in one file beside the hub: SQLite, one process, one writer.

Durability: WAL with synchronous=FULL, so a committed transaction is on disk before `commit` returns
(sqlite.org, "Write-Ahead Logging" and "PRAGMA synchronous").
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from hub.contracts.errors import ConfigError
from hub.store.dialects.database import Database, StoreTrouble
from hub.store.dialects.tables import migrations, tables

PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "wal_autocheckpoint": 4000, "temp_store": 2}
"""Asserted on the live connection: a build of SQLite that ignores one of them must not pass unseen."""


MAPPED = 1 << 30
"""Bytes of the store that are read where the system holds them anyway, not copied: among a million people an event
costs 1.2 times as much as among a thousand, and not 1.5 times. A build without it reads as ever."""

MANY = 32
"""Rows to a statement. Every statement lets other threads in, and the way back in may take milliseconds beside a busy
event loop: few long statements are worth more than many short ones (accepting became a fifth cheaper)."""

IDS = 64
"""Ids taken at once: nobody else takes any."""

_TROUBLE = {5, 6, 7, 8, 10, 11, 13, 14, 15, 26}
"""SQLite's BUSY, LOCKED, NOMEM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB (sqlite.org, "Result
Codes")."""


class Sqlite(Database):
    """See `Database`. A reader may look at the file while a hub writes to it."""

    def __init__(self, path: Path, *, readonly: bool = False) -> None:
        super().__init__()
        self.path, self.place = path, str(path)
        self._fresh: dict[str, int] = {}  # table -> the first id that this transaction did not take
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
            if connection := getattr(self, "connection", None):
                connection.close()  # and what it had begun ends with it
            raise ConfigError(
                f"the store {path} cannot be opened: {error}", remedy="check that the folder exists and is writable"
            ) from error
        self.connection.execute("PRAGMA busy_timeout=5000")

    def assert_durable(self) -> None:
        for name, value in PRAGMAS.items():
            (live,) = self.connection.execute(f"PRAGMA {name}").fetchone()
            if live != value:
                raise ConfigError(f"SQLite refused PRAGMA {name}={value} (it says {live})")

    def _migrate(self) -> None:
        """Apply numbered schema files that this store has not seen, each in one transaction."""
        (version,) = self.connection.execute("PRAGMA user_version").fetchone()
        for number, script in migrations():
            if number > version:
                self.connection.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version={number};\nCOMMIT;")

    def _begin(self, kind: str) -> None:
        self._fresh.clear()  # what an earlier one took and did not use is given anew
        self.run("BEGIN IMMEDIATE")

    def _commit(self) -> None:
        self.run("COMMIT")

    def _roll_back(self) -> None:
        if self.connection.in_transaction:  # some failures of SQLite have ended it already
            self.run("ROLLBACK")

    def _blame(self, error: BaseException) -> None:
        if isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _TROUBLE:
            raise StoreTrouble(str(error)) from error

    def rows(self, sql: str, args: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        try:
            return self.connection.execute(sql, args).fetchall()
        except sqlite3.Error as error:
            self._blame(error)
            raise

    def named_rows(self, sql: str, args: Sequence[Any] = ()) -> list[dict[str, Any]]:
        try:
            cursor = self.connection.execute(sql, args)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]
        except sqlite3.Error as error:
            self._blame(error)
            raise

    def stream(self, sql: str, args: Sequence[Any] = ()) -> Generator[tuple[Any, ...], None, None]:
        try:
            yield from self.connection.execute(sql, args)
        except sqlite3.Error as error:
            self._blame(error)
            raise

    def run(self, sql: str, args: Sequence[Any] = ()) -> int:
        try:
            return self.connection.execute(sql, args).rowcount
        except sqlite3.Error as error:
            self._blame(error)
            raise

    def run_many(self, sql: str, args: Iterable[Sequence[Any]]) -> int:
        try:
            return self.connection.executemany(sql, args).rowcount
        except sqlite3.Error as error:
            self._blame(error)
            raise

    def insert(self, table: str, rows: Sequence[Sequence[Any]], clash: str = "") -> None:
        for size, values in _parts(rows):
            self.run(_insertion(table, len(rows[0]), size, clash), values)

    def update(self, table: str, columns: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> None:
        for size, values in _parts(rows):
            self.run(_change(table, columns, size), values)

    def rows_in(self, sql: str, values: Sequence[Any], args: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The list is padded to a power of two by repeating its last value, so that few statements are ever prepared;
        bound parameters keep the planner on the index (a join with json_each does not, measured).
        """
        return [row for full, bound in _lists(sql, values) for row in self.rows(full, (*bound, *args))]

    def run_in(self, sql: str, values: Sequence[Any]) -> None:
        for full, bound in _lists(sql, values):
            self.run(full, bound)

    def _new_ids(self, table: str) -> Sequence[int]:
        found = self.rows("SELECT seq FROM sqlite_sequence WHERE name=?", (table,))
        first = max((found[0][0] if found else 0) + 1, self._fresh.get(table, 0))
        self._fresh[table] = first + IDS
        return range(first, first + IDS)

    def close(self) -> None:
        """Close; a writer's last checkpoint happens here."""
        self.connection.close()


@lru_cache(maxsize=400)
def _insertion(table: str, width: int, rows: int, clash: str) -> str:
    columns = ", ".join(list(tables()[table].columns)[:width])
    return f"INSERT INTO {table} ({columns}) VALUES {_values(width, rows)} {clash}"  # noqa: S608 - our names


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

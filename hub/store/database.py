"""One SQLite connection: pragmas, migrations, transactions, batched look-ups.

Durability: WAL with synchronous=FULL, so a committed transaction is on disk before `commit` returns
(sqlite.org, "Write-Ahead Logging" and "PRAGMA synchronous").
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from hub.contracts.errors import ConfigError

PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "wal_autocheckpoint": 4000, "temp_store": 2}
"""Asserted on the live connection: a build of SQLite that ignores one of them must not pass unseen."""


class Database:
    """A connection that one thread uses at a time."""

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
        """Everything inside becomes durable together on leaving, or nothing does."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            self._next.clear()
            raise
        self.connection.execute("COMMIT")

    def rows(self, sql: str, args: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self.connection.execute(sql, args).fetchall()

    def run(self, sql: str, args: Sequence[Any] = ()) -> int:
        """Run one statement; returns the number of rows it changed."""
        return self.connection.execute(sql, args).rowcount

    def run_many(self, sql: str, args: Iterable[Sequence[Any]]) -> int:
        """Run one statement for many rows; returns the number of rows changed."""
        return self.connection.executemany(sql, args).rowcount

    def rows_in(self, sql: str, values: Sequence[Any], args: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of a query that holds one `IN (*)`, for any number of values.

        The list is padded to a power of two by repeating its last value, so that few statements are ever prepared;
        bound parameters keep the planner on the index (a join with json_each does not, measured).
        """
        found: list[tuple[Any, ...]] = []
        for start in range(0, len(values), 4096):
            part = list(values[start : start + 4096])
            size = 1 << (len(part) - 1).bit_length()
            part += part[-1:] * (size - len(part))
            found += self.rows(sql.replace("(*)", "(" + ",".join("?" * size) + ")"), (*part, *args))
        return found

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

"""A store in PostgreSQL, as it is at one moment, written into a file as SQLite has it.

So one kind of backup serves both engines: what seals, lists, checks and restores a copy knows SQLite's file alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from hub.contracts.errors import ConfigError
from hub.store.dialects.database import Database, StoreTrouble
from hub.store.dialects.numbers import counter, numbered
from hub.store.dialects.tables import migrations, tables

TURN = 500
"""Rows between two turns of others."""


def copy_rows(source: Database, target: Path, between: Callable[[], None]) -> None:
    """Write every row into a new SQLite file, streamed out of one read-only snapshot; a busy hub is not held up.

    Raises ConfigError where the store's schema is not this version's, StoreTrouble or sqlite3.Error when a side fails;
    what `between` raises ends the copy.
    """
    with closing(sqlite3.connect(target, isolation_level=None)) as into:
        into.execute("PRAGMA journal_mode=off")  # a copy that is cut short is made again
        into.execute("PRAGMA synchronous=0")
        for _, script in migrations():
            into.executescript(script)
        into.execute(f"PRAGMA user_version={migrations()[-1][0]}")
        indexes = into.execute("SELECT name, sql FROM sqlite_master WHERE type='index' AND sql IS NOT NULL").fetchall()
        for name, _ in indexes:
            into.execute(f"DROP INDEX {name}")
        into.execute("BEGIN")
        with source.apart():
            source.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            assert_schema(source)
            moment = source.rows("SELECT pg_current_snapshot()::text")
            for name, shape in tables().items():
                columns, marks = ", ".join(shape.columns), ",".join("?" * len(shape.columns))
                with closing(source.stream(f"SELECT {columns} FROM {name}")) as rows:  # noqa: S608 - our names
                    into.executemany(f"INSERT INTO {name} VALUES ({marks})", _gently(rows, between))  # noqa: S608
            for table in numbered():  # they run on beside the snapshot: what is behind it is free as well
                into.execute("DELETE FROM sqlite_sequence WHERE name=?", (table,))
                into.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?,?)", (table, counter(source, table)))
            if source.rows("SELECT pg_current_snapshot()::text") != moment:
                raise StoreTrouble("the connection was lost while the store was copied")
        for _, sql in indexes:
            between()
            into.execute(sql)
        into.execute("COMMIT")


def schema_version(db: Database) -> int:
    """The schema that a database in PostgreSQL has; 0 = none of ours."""
    if db.rows("SELECT to_regclass('schema_version')") == [(None,)]:
        return 0
    return int(db.rows("SELECT coalesce(max(version), 0) FROM schema_version")[0][0])


def assert_schema(db: Database) -> None:
    """Raise ConfigError unless a store in PostgreSQL has the schema of this version: what a newer one added would be
    left behind."""
    version, ours = schema_version(db), migrations()[-1][0]
    if version != ours:
        raise ConfigError(
            f"the store {db.place} has schema {version}, and this version of Dragoman has {ours}",
            remedy="use the version that the hub runs on",
        )


def _gently(rows: Iterable[tuple[Any, ...]], between: Callable[[], None]) -> Iterator[tuple[Any, ...]]:
    for number, row in enumerate(rows):
        if number % TURN == 0:
            between()
        yield row

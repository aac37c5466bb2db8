"""Where tests' hubs keep their stores: SQLite, or PostgreSQL where DRAGOMAN_TEST_STORE says `postgres`.

PostgreSQL is one server for the whole process of tests, with a database for each folder; databases that nobody is
connected to are emptied and given to other folders.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from hub.store import Place
from hub.store.dialects.database import Database
from hub.store.dialects.numbers import counter, numbered, set_counter
from hub.store.dialects.tables import tables
from hub.testing.postgres import PostgresServer

VARIABLE = "DRAGOMAN_TEST_STORE"
"""Environment: `sqlite` (as if unset) or `postgres`."""
ENGINES = ("sqlite", "postgres")
KEPT = 12
"""Databases that are there, unless more are in use: who closed a store may look once more for a while."""
_given: dict[Path, str] = {}
_made: list[str] = []


def engine() -> str:
    """The engine that tests run on."""
    return os.environ.get(VARIABLE, "") or ENGINES[0]


@lru_cache(maxsize=1)
def server() -> PostgresServer:
    """The server that all tests of this process share; it ends with the process. Nobody kills it."""
    made = PostgresServer({"max_wal_size": "256MB"})
    made.start()
    return made


def place_of(folder: Path, on: str = "") -> Place:
    """The store of a hub with this data folder on an engine ("" = the one tests run on), empty the first time."""
    if (on or engine()) == "sqlite":
        return Place(folder)
    folder = folder.resolve()
    if folder not in _given:
        _given[folder] = _free() or _new()
    return Place(folder, _given[folder])


def environ(place: Place) -> dict[str, str]:
    """The variables by which the hub.toml of this data folder leads to its store."""
    return {"DRAGOMAN_STORE": place.dsn, "DRAGOMAN_MEDIA": str(place.folder / "blobs")} if place.dsn else {}


def copy_into(source: Database, target: Database) -> None:
    """The same rows in a new store of the other engine, and the same next ids. `source` is SQLite."""
    with target.transaction():
        for shape in tables().values():
            columns = ", ".join(shape.columns)
            target.insert(shape.name, source.rows(f"SELECT {columns} FROM {shape.name}"))  # noqa: S608 - our names
        for table in numbered():
            set_counter(target, table, counter(source, table))


def everything(db: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, whatever the order."""
    return {
        shape.name: sorted(db.rows(f"SELECT {', '.join(shape.columns)} FROM {shape.name}"), key=repr)  # noqa: S608
        for shape in tables().values()
    }


def _new() -> str:
    from hub.store.dialects.postgres import Postgres  # its driver is an extra

    _made.append(server().database(f"store{len(_made)}"))
    Postgres(_made[-1]).close()
    return _made[-1]


def _free() -> str:
    """The database that was given away first and that nobody is connected to, emptied; "" = there is none."""
    import psycopg

    if len(_made) < KEPT:
        return ""
    with psycopg.connect(server().dsn, autocommit=True) as link:
        used = {name for (name,) in link.execute("SELECT datname FROM pg_stat_activity WHERE datname IS NOT NULL")}
    for folder, dsn in _given.items():
        if psycopg.conninfo.conninfo_to_dict(dsn)["dbname"] not in used:
            del _given[folder]
            with psycopg.connect(dsn) as link:
                for shape in tables().values():
                    link.execute(f"DELETE FROM {shape.name}".encode())  # noqa: S608 - few rows: TRUNCATE takes longer
                    if shape.numbered:
                        link.execute(f"ALTER SEQUENCE {shape.name}_{shape.numbered}_seq RESTART".encode())
            return dsn
    return ""

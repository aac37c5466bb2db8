"""A SQLite store brought into an empty database in PostgreSQL: table by table, in parts, again from where it was cut.

How far it is stands in the target itself, in the table `moving`, in the same transaction as the rows. A kill at any
instant leaves whole parts, and the next try goes on behind them. At the end both sides are read again, row by row.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from hub.contracts.errors import ConfigError
from hub.store.belonging import Mark, assert_here, is_moving, name_of, read_mark, remove_mark, write_mark
from hub.store.changes import SET_CURSOR
from hub.store.dialects.database import Database, StoreTrouble
from hub.store.dialects.numbers import counter, numbered, set_counter
from hub.store.dialects.sqlite import Sqlite
from hub.store.dialects.tables import migrations, tables
from hub.store.snapshot import schema_version
from hub.store.store import FILE, LOCK

if TYPE_CHECKING:
    from hub.store.dialects.postgres import Postgres

ROWS, BYTES = 5000, 8_000_000
"""Of one part: rows at most, and about how many bytes."""
BROUGHT = "store.brought"
"""The cursor with the key of the move that filled this database."""

Tell = Callable[[str, int, int], None]
"""What is done ("people"), how many of its rows are done, of how many."""


class Step(NamedTuple):
    """How far one table is: its last key, as JSON, and its rows so far."""

    after: str
    rows: int


def move(folder: Path, dsn: str, now: int, tell: Tell = lambda what, done, total: None) -> dict[str, int]:
    """Move the stopped hub of a data folder into an empty database; the rows of each table.

    The old file stays as it is, under a mark that keeps a hub from it. Raises ConfigError when a hub runs there, the
    database is not empty or not of this version, or what arrived is not what was sent; StoreTrouble when a side fails.
    Called again after that, or after a kill, it goes on where it was.
    """
    from hub.store.dialects.postgres import Postgres

    with _held(folder), closing(Sqlite(folder / FILE)) as source:
        assert_source(source)
        name, mark = name_of(source), read_mark(folder)
        if not name:
            raise ConfigError(f"no hub ever ran on {folder}", remedy="set [hub] store, and start it there")
        with closing(Postgres(dsn, readonly=True)) as looked:
            if mark is None:
                assert_empty(looked, name)
                mark = Mark(looked.place, now, secrets.token_hex(8), name)
            elif mark.done and not _is_brought(looked, mark.key):
                assert_here(folder)  # it is elsewhere
            mark = mark._replace(to=looked.place)
        write_mark(folder, mark)  # from here on no hub changes it
        rows = bring(source, dsn, mark.key, now, tell)
        write_mark(folder, mark._replace(done=True))
        return rows


def take_back(folder: Path) -> Mark:
    """The old file is the store again, as it was; what was said of where it went. Raises ConfigError when it did not
    move."""
    with _held(folder):
        mark = remove_mark(folder)
    if mark is None:
        raise ConfigError(f"the store in {folder} did not move", remedy="nothing is to be undone")
    return mark


def bring(source: Sqlite, dsn: str, key: str, now: int, tell: Tell, *, anew: bool = False) -> dict[str, int]:
    """Bring every row of a SQLite file into the database of this address, and count and compare; see `move`.

    `key` names this undertaking: only one with the same key goes on with what is half done. `anew` begins again
    instead, with what an undertaking of any key left half done.
    """
    from hub.store.dialects.postgres import Postgres

    with closing(Postgres(dsn, readonly=True)) as looked:
        if _is_brought(looked, key):  # only the end of it was not heard of
            return {name: _count(looked, name) for name in tables()}
        _assert_target(looked)
        if not is_moving(looked):
            assert_empty(looked, name_of(source))
    with closing(Postgres(dsn)) as target:
        _claim(target, key, anew=anew)
        for name in tables():
            _bring_table(source, target, name, tell)
        rows = {name: _compare(source, target, name, tell) for name in tables()}
        tell("numbers", 0, 0)
        target.run("ANALYZE " + ", ".join(tables()))
        with target.transaction():
            for name in numbered():
                set_counter(target, name, counter(source, name))
            target.run(SET_CURSOR, (BROUGHT, key, now))
            target.run("DROP TABLE moving")
        return rows


# -- what must be so before anything is written ------------------------------------------------------------------------


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    if not (folder / FILE).exists():
        raise ConfigError(f"there is no store in {folder}", remedy="say which hub.toml with --config")
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigError(f"a hub runs on {folder}", remedy="stop it, then move its store") from None
        yield
    finally:
        os.close(lock)


def assert_source(source: Sqlite) -> None:
    """Raise ConfigError for a file of a newer schema: what it has beside ours would be left behind."""
    version, ours = source.rows("PRAGMA user_version")[0][0], migrations()[-1][0]
    if version > ours:
        raise ConfigError(
            f"the store {source.place} has schema {version}, and this version of Dragoman has {ours}",
            remedy="use the version that the hub ran on last",
        )


def _assert_target(target: Database) -> None:
    version, ours = schema_version(target), migrations()[-1][0]
    if version and version != ours:
        raise ConfigError(
            f"{target.place} has schema {version}, and this version of Dragoman has {ours}",
            remedy="move into an empty database: CREATE DATABASE",
        )


def assert_empty(target: Database, name: str = "") -> None:
    """Raise ConfigError unless nothing is in a database in PostgreSQL: no hub's rows, nor tables of somebody else.

    `name` is the store that is to come, to tell it from another.
    """
    remedy = "move into an empty database: CREATE DATABASE"
    if not schema_version(target):
        strange = target.rows(
            "SELECT tablename FROM pg_tables WHERE schemaname=current_schema() AND tablename<>'schema_version' LIMIT 1"
        )
        if strange:
            raise ConfigError(f"{target.place} holds other tables, such as '{strange[0][0]}'", remedy=remedy)
        return
    _assert_target(target)
    if is_moving(target):
        raise ConfigError(f"{target.place} holds a part of another store that is being moved", remedy=remedy)
    if there := name_of(target):
        whose = "this hub's store already" if there == name else f"the store {there} of another hub"
        raise ConfigError(f"{target.place} holds {whose}", remedy=remedy)
    for table in tables():
        if target.rows(f"SELECT 1 FROM {table} LIMIT 1"):  # noqa: S608 - our names
            raise ConfigError(f"{target.place} holds rows already, such as in '{table}'", remedy=remedy)


def assert_free(dsn: str) -> None:
    """Raise ConfigError unless a backup can be restored into this database: it is empty, or a restore broke off."""
    from hub.store.dialects.postgres import Postgres

    with closing(Postgres(dsn, readonly=True)) as looked:
        if not is_moving(looked):
            assert_empty(looked)


# -- the rows ----------------------------------------------------------------------------------------------------------


def _claim(target: Postgres, key: str, *, anew: bool) -> None:
    """From here on no hub begins on this database, and no other move goes on in it."""
    with target.transaction():
        if is_moving(target):
            ((theirs,),) = target.rows("SELECT after FROM moving WHERE name=''")
            if theirs != key and not anew:
                assert_empty(target)
            if anew:
                target.run("TRUNCATE " + ", ".join(tables()))
                target.run("DELETE FROM moving")
                target.run("INSERT INTO moving (name, after, rows) VALUES ('', ?, 0)", (key,))
            return
        assert_empty(target)
        target.run('CREATE TABLE moving (name text COLLATE "C" PRIMARY KEY, after text NOT NULL, rows bigint NOT NULL)')
        target.run("INSERT INTO moving (name, after, rows) VALUES ('', ?, 0)", (key,))


def _bring_table(source: Sqlite, target: Postgres, name: str, tell: Tell) -> None:
    found = target.rows("SELECT after, rows FROM moving WHERE name=?", (name,))
    step = Step(*found[0]) if found else Step("", 0)
    total = _count(source, name)
    tell(name, step.rows, total)
    keys = [list(tables()[name].columns).index(key) for key in _keys(source, name)]
    for part in _parts(source, name, step.after):
        step = Step(_packed([part[-1][n] for n in keys]), step.rows + len(part))
        try:
            with target.transaction():
                target.insert(name, part)
                target.run(
                    "INSERT INTO moving (name, after, rows) VALUES (?,?,?)"
                    " ON CONFLICT (name) DO UPDATE SET after=excluded.after, rows=excluded.rows",
                    (name, *step),
                )
        except (ConfigError, StoreTrouble):
            raise
        except Exception as error:  # SQLite takes any value in any column
            raise ConfigError(
                f"a row of '{name}' up to {step.after} does not fit: {error}", remedy="dragoman store check"
            ) from error
        tell(name, step.rows, total)


def _parts(source: Sqlite, name: str, after: str) -> Iterator[list[tuple[Any, ...]]]:
    """The rows behind a key, in order of their keys, so many at once as fit the memory."""
    part: list[tuple[Any, ...]] = []
    size = 0
    for row in _rows(source, name, after):
        part.append(row)
        size += sum(len(value) for value in row if isinstance(value, str | bytes))
        if len(part) >= ROWS or size >= BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part


def _rows(db: Database, name: str, after: str = "", keys: Sequence[str] = ()) -> Iterator[tuple[Any, ...]]:
    """PostgreSQL holds no text with a NUL in it: both sides are taken without."""
    keys = keys or _keys(db, name)
    columns, order = ", ".join(tables()[name].columns), ", ".join(keys)
    where = f"WHERE ({order}) > ({','.join('?' * len(keys))})" if after else ""
    sql = f"SELECT {columns} FROM {name} {where} ORDER BY {order}"  # noqa: S608 - our names
    with closing(db.stream(sql, _unpacked(after) if after else ())) as found:
        for row in found:
            if any(isinstance(value, str) and "\0" in value for value in row):
                yield tuple(value.replace("\0", "\ufffd") if isinstance(value, str) else value for value in row)
            else:
                yield row


def _compare(source: Sqlite, target: Postgres, name: str, tell: Tell) -> int:
    """Read a table on both sides; how many rows it has. Raises ConfigError when they differ."""
    keys, total = _keys(source, name), _count(source, name)
    tell(f"{name}, compared", 0, total)
    found = []
    for db in (source, target):
        digest, count = blake2b(), 0
        for row in _rows(db, name, keys=keys):
            digest.update(repr(row).encode("utf-8", "replace"))
            count += 1
            if count % ROWS == 0 and db is target:
                tell(f"{name}, compared", count, total)
        found.append((count, digest.digest()))
    if found[0] != found[1]:
        raise ConfigError(
            f"'{name}' did not arrive as it was: {found[0][0]} rows were sent, {found[1][0]} are there",
            remedy="somebody else wrote into the database; move into an empty one",
        )
    return found[0][0]


def _keys(db: Database, name: str) -> list[str]:
    return [key for (key,) in db.rows("SELECT name FROM pragma_table_info(?) WHERE pk>0 ORDER BY pk", (name,))]


def _count(db: Database, name: str) -> int:
    return int(db.rows(f"SELECT count(*) FROM {name}")[0][0])  # noqa: S608 - our names


def _is_brought(target: Database, key: str) -> bool:
    """Whether this undertaking came to its end there."""
    if not schema_version(target) or is_moving(target):
        return False
    return target.rows("SELECT value FROM cursors WHERE name=?", (BROUGHT,)) == [(key,)]


def _packed(key: Sequence[Any]) -> str:
    return json.dumps([{"hex": value.hex()} if isinstance(value, bytes) else value for value in key])


def _unpacked(text: str) -> tuple[Any, ...]:
    return tuple(bytes.fromhex(one["hex"]) if isinstance(one, dict) else one for one in json.loads(text))

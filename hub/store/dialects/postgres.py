"""The store in PostgreSQL: as many processes on as many hosts as the company likes.

Durability: `synchronous_commit`, `fsync` and `full_page_writes` are asserted (postgresql.org, "Reliability and the
Write-Ahead Log"). Who may change what is said by advisory locks that end with their transaction (postgresql.org,
"Advisory Locks"), so that a process that dies leaves none behind and a pooler of transactions may stand between.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from hub.contracts.errors import ConfigError
from hub.store.dialects import address
from hub.store.dialects.arrays import literal
from hub.store.dialects.database import Collision, Database, NeedsAlone, StoreAway, StoreTrouble
from hub.store.dialects.tables import for_postgres, migrations, tables

try:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict
    from psycopg.rows import dict_row
    from psycopg.types.numeric import Int8Dumper
except ImportError as missing:
    raise ConfigError(
        "the store is in PostgreSQL, and its driver is not installed",
        remedy="pip install 'dragoman[postgres]'",
    ) from missing

DURABLE = ("synchronous_commit", "fsync", "full_page_writes")
"""Settings of the server without which a committed transaction may be lost."""
CONNECTING = 5
"""Seconds until a server that does not answer counts as away."""
FEW, MOST = 4, 256
"""Ids drawn one by one in a transaction; at once."""
SILENCE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}
"""Seconds, and ms the last: after which a connection through which nothing comes any more counts as lost."""
STALLED, STALLED_READER = 10_000, 60_000
"""ms after which the server ends a transaction in which nothing happens: while a process that changes something stands
still, all others wait for it. A reader holds up nobody."""
BLOCKED = 10_000
"""ms that a change of the schema waits for a table, with everybody behind it: a backup may be reading it."""
OPTIONS = "-c random_page_cost=1.1 -c idle_in_transaction_session_timeout="
"""Of a connection, and how long it may stall: disks that find any page as fast as the next one, or a step may read a
whole table for some rows."""
PREPARED = 400
"""Statements that stay prepared."""
HUB, MIGRATING = 0, 1
"""Locks with a meaning of their own; people and names have the others."""
BEGIN = {
    "alone": f"BEGIN; SELECT pg_advisory_xact_lock({HUB})",
    "beside": f"BEGIN; SELECT pg_advisory_xact_lock_shared({HUB})",
    "apart": "BEGIN",
}
_TWICE = "23505"
_COLLISIONS = ("40001", "40P01", "55P03", _TWICE)
"""serialization_failure, deadlock_detected, lock_not_available, unique_violation (postgresql.org, "Error Codes"): the
last one is nobody else's doing in a transaction that is alone."""
_TROUBLE = ("08", "53", "57", "58", "25006", "25P03", "XX")
"""Classes: connection, resources, operator's intervention, system, a server that only reads, one that ended a
transaction in which nothing happened, internal."""


class Postgres(Database):
    """See `Database`. A connection that was lost is made anew by the next transaction or question."""

    shared = True

    def __init__(self, dsn: str, *, readonly: bool = False, pooled: bool = False) -> None:
        """`pooled`: a pooler of transactions stands between, so nothing may be prepared on the server.

        Raises StoreAway when the server cannot be reached, ConfigError when it does not commit durably.
        """
        super().__init__()
        self._dsn, self._readonly, self._pooled = dsn, readonly, pooled
        try:
            address.split(dsn)
            told = conninfo_to_dict(dsn)
        except ValueError as error:
            raise ConfigError(f"the store's address {error}", remedy=ADDRESS) from None
        except psycopg.Error as error:  # it quotes what it cannot read: a password, perhaps
            words = re.sub(r'"[^"]*"?', "...", _said(error))
            raise ConfigError(f"the store's address cannot be read: {words}", remedy=ADDRESS) from None
        self.place = "postgresql://{}/{}".format(told.get("host", ""), told.get("dbname", ""))
        self._link: psycopg.Connection[Any] | None = None
        self.lost = 0
        self._waited = self._alone = False
        self._drawn: dict[str, int] = {}  # table -> ids drawn in this transaction
        self._usual: dict[str, int] = {}  # table -> ids that the one before used
        try:
            self._connected()
            self.assert_durable()
            if not readonly:
                self._migrate()
        except BaseException as error:
            self.close()
            if isinstance(error, StoreTrouble):
                raise StoreAway(f"the store {self.place} cannot be opened: {error}", remedy=ADDRESS) from error
            raise

    def _connected(self) -> psycopg.Connection[Any]:
        if self._link is None or self._link.closed:
            stalled = STALLED_READER if self._readonly else STALLED
            settings = {} if self._pooled else {"options": f"{OPTIONS}{stalled}"}
            try:
                self._link = psycopg.connect(
                    self._dsn,
                    autocommit=True,
                    connect_timeout=CONNECTING,
                    **SILENCE,  # type: ignore[arg-type]
                    application_name="dragoman",
                    cursor_factory=psycopg.RawCursor,
                    **settings,  # type: ignore[arg-type]
                )
            except psycopg.OperationalError as error:
                raise StoreTrouble(_said(error)) from error
            self._link.prepare_threshold = None if self._pooled else 3
            self._link.prepared_max = PREPARED
            self._link.adapters.register_dumper(int, Int8Dumper)  # by size, one text would be prepared three times
            if self._readonly and not self._pooled:
                self._link.execute("SET default_transaction_read_only = on")
        return self._link

    def assert_durable(self) -> None:
        for name in DURABLE:
            ((live,),) = self.rows(f"SELECT current_setting('{name}')")
            if live == "off":
                raise ConfigError(f"PostgreSQL has {name}={live}", remedy=f"set {name} to on: a commit must last")

    def _migrate(self) -> None:
        """Apply numbered schema files that this store has not seen, together; one process does it."""
        link = self._connected()
        try:
            with link.transaction():
                link.execute(f"SELECT pg_advisory_xact_lock({MIGRATING})")
                link.execute("CREATE TABLE IF NOT EXISTS schema_version (version bigint NOT NULL)")
                version = (link.execute("SELECT max(version) FROM schema_version").fetchone() or (0,))[0] or 0
                new = [(number, text) for number, text in migrations() if number > version]
                if new and version:  # others are at work: those who change anything end first
                    link.execute(f"SET LOCAL lock_timeout={BLOCKED}")
                    link.execute(f"SELECT pg_advisory_xact_lock({HUB})")
                for number, text in new:
                    link.execute(for_postgres(text).encode())
                    link.execute("INSERT INTO schema_version VALUES ($1)", (number,))
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as error:
            raise ConfigError(
                f"the store {self.place} is held by somebody for long: its schema cannot be brought up to date",
                remedy="start again when that has ended: a backup, a report, a transaction somebody left open",
            ) from error
        except psycopg.Error as error:
            self._blame(error)
            raise ConfigError(f"the store {self.place} cannot be set up: {_said(error)}", remedy=ADDRESS) from error

    # -- transactions ------------------------------------------------------------------------------------------------

    def _begin(self, kind: str) -> None:
        self.held, self._waited = set() if kind == "beside" else None, False
        self._drawn.clear()
        self._alone = kind == "alone"
        try:
            begin = BEGIN[kind]
            if self._pooled:  # whose connection it is changes with every transaction
                begin = begin.replace("BEGIN", f"BEGIN; SET LOCAL idle_in_transaction_session_timeout={STALLED}")
            self._connected().execute(begin, prepare=False)
        except psycopg.Error as error:
            self._blame(error)
            raise

    def _commit(self) -> None:
        self.run("COMMIT")
        for table, drawn in self._drawn.items():
            self._usual[table] = drawn - len(self._next.get(table, ()))

    def _roll_back(self) -> None:
        if self._link is None or self._link.closed:
            return
        try:
            self._link.execute("ROLLBACK")
        except psycopg.Error:  # the next transaction begins with a new one
            self._drop()

    def _drop(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None
            self.lost += 1

    def _blame(self, error: BaseException) -> None:
        if not isinstance(error, psycopg.Error):
            return
        state = error.sqlstate or ""
        if state in _COLLISIONS and not (self._alone and state == _TWICE):
            raise Collision(_said(error)) from error
        if state.startswith(_TROUBLE) or (not state and isinstance(error, psycopg.OperationalError)):
            if self._link is not None and (self._link.broken or state.startswith(("08", "57"))):
                self._drop()
            raise StoreTrouble(_said(error)) from error

    def hold(self, people: Iterable[int], names: Iterable[str] = ()) -> None:
        if self.held is None:
            return
        wanted = {person for person in people if person} - self.held
        keys = sorted({*(person << 1 for person in wanted), *map(_key, names)})
        if not keys:
            return
        if not self._waited:  # all who wait do so in this order, and for nothing else afterwards: never for one another
            self.rows("SELECT count(pg_advisory_xact_lock(k)) FROM unnest(?::bigint[]) AS k", (keys,))
            self._waited = True
        elif (False,) in self.rows("SELECT pg_try_advisory_xact_lock(k) FROM unnest(?::bigint[]) AS k", (keys,)):
            raise NeedsAlone
        self.held |= wanted

    def free_lanes(self, lanes: Sequence[str]) -> set[str]:
        if self.held is None:
            return set(lanes)
        names = {_key("lane " + lane): lane for lane in lanes}
        free = self.rows("SELECT k FROM unnest(?::bigint[]) AS k WHERE pg_try_advisory_xact_lock(k)", (sorted(names),))
        return {names[key] for (key,) in free}

    # -- statements --------------------------------------------------------------------------------------------------

    def _execute(self, sql: str, args: Sequence[Any], **more: Any) -> psycopg.Cursor[Any]:
        cursor: psycopg.Cursor[Any] = self._connected().cursor(**more)
        args = [literal(value) if isinstance(value, list) else value for value in args]
        try:
            return cursor.execute(_numbered(sql), args)
        except psycopg.DataError as error:
            if error.sqlstate:
                raise
            return cursor.execute(_numbered(sql), _clean(args))  # refused before it was sent
        except psycopg.Error as error:
            self._blame(error)
            raise

    def rows(self, sql: str, args: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        cursor = self._execute(sql, args)
        return cursor.fetchall() if cursor.description is not None else []

    def named_rows(self, sql: str, args: Sequence[Any] = ()) -> list[dict[str, Any]]:
        return self._execute(sql, args, row_factory=dict_row).fetchall()

    def stream(self, sql: str, args: Sequence[Any] = ()) -> Generator[tuple[Any, ...], None, None]:
        try:
            yield from self._connected().cursor().stream(_numbered(sql), args)
        except psycopg.Error as error:
            self._blame(error)
            raise

    def run(self, sql: str, args: Sequence[Any] = ()) -> int:
        return self._execute(sql, args).rowcount

    def run_many(self, sql: str, args: Iterable[Sequence[Any]]) -> int:
        cursor = self._connected().cursor()
        rows = list(args)
        try:
            cursor.executemany(_numbered(sql), rows)
        except psycopg.DataError as error:
            if error.sqlstate:
                raise
            cursor.executemany(_numbered(sql), [_clean(row) for row in rows])
        except psycopg.Error as error:
            self._blame(error)
            raise
        return cursor.rowcount

    def insert(self, table: str, rows: Sequence[Sequence[Any]], clash: str = "") -> None:
        if rows:
            self.run(_insertion(table, len(rows[0]), clash), _columns(rows))

    def update(self, table: str, columns: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> None:
        if rows:
            self.run(_change(table, columns), _columns(rows))

    def rows_in(self, sql: str, values: Sequence[Any], args: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self.rows(_any(sql), (list(values), *args)) if values else []

    def run_in(self, sql: str, values: Sequence[Any]) -> None:
        if values:
            self.run(_any(sql), (list(values),))

    def _new_ids(self, table: str) -> Sequence[int]:
        """They are drawn inside the transaction that uses them: whoever comes after it has later ones. Few are drawn
        one by one: people see these numbers, and none is left out without need."""
        drawn, usual = self._drawn.get(table, 0), self._usual.get(table, 0)
        many = 1 if max(drawn, usual) < FEW else min(MOST, max(drawn, usual - drawn))
        self._drawn[table] = drawn + many
        sql = "SELECT nextval(?::regclass) FROM generate_series(1, ?)"
        return [i for (i,) in self.rows(sql, (tables()[table].sequence, many))]

    def close(self) -> None:
        if self._link is not None:
            self._link.close()


ADDRESS = "set [hub] store (or DRAGOMAN_STORE) to postgresql://USER:PASSWORD@HOST/DATABASE of a running server"


def _said(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _key(name: str) -> int:
    """A lock for a name: odd, as people have the even ones."""
    return int.from_bytes(blake2b(name.encode("utf-8", "replace"), digest_size=8).digest(), signed=True) | 1


def _clean(args: Sequence[Any]) -> list[Any]:
    """PostgreSQL holds no text with a NUL in it."""
    return [value.replace("\0", "\ufffd") if isinstance(value, str) else value for value in args]


def _columns(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


@lru_cache(maxsize=1000)
def _numbered(sql: str) -> str:
    """`?` in PostgreSQL's words: $1, $2, ..."""
    parts = sql.split("?")
    return "".join(f"{part}${n}" for n, part in enumerate(parts[:-1], start=1)) + parts[-1]


@lru_cache(maxsize=400)
def _any(sql: str) -> str:
    return re.sub(r"\bIN \(\*\)", "= ANY(?)", re.sub(r"\bNOT IN \(\*\)", "<> ALL(?)", sql))


def _unnested(table: str, columns: Sequence[str]) -> str:
    types = tables()[table].columns
    return "unnest(" + ", ".join(f"?::{types[column]}[]" for column in columns) + ")"


@lru_cache(maxsize=400)
def _insertion(table: str, width: int, clash: str) -> str:
    columns = list(tables()[table].columns)[:width]
    return f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM {_unnested(table, columns)} {clash}"  # noqa: S608


@lru_cache(maxsize=400)
def _change(table: str, columns: tuple[str, ...]) -> str:
    sets = ", ".join(f"{column}=v.c{n}" for n, column in enumerate(columns, start=1))
    names = ", ".join(f"c{n}" for n in range(len(columns) + 1))
    return f"UPDATE {table} SET {sets} FROM {_unnested(table, ('id', *columns))} AS v({names}) WHERE {table}.id=v.c0"  # noqa: S608

"""Whether a PostgreSQL is fit for a hub: its version, its settings, its room. To look at only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from hub.store.dialects import leases
from hub.store.dialects.database import Database

OLDEST = 14
"""The oldest version that is supported."""
LINKS = 8
"""Connections that one process may need at once: writing, leases, listening, and a few that only read."""
LOCKS = 8
"""Locks of people and names that one event takes in its step, generously."""


class Word(NamedTuple):
    """One thing about the server."""

    ok: bool
    what: str
    remedy: str = ""


def examine(db: Database, budget: int, *, pooled: bool) -> Iterator[Word]:
    """`budget`: events of one step. With `pooled` the pooler, not the server, says how many connections there are."""
    from hub.store.dialects.postgres import DURABLE  # its driver is an extra

    number = int(_setting(db, "server_version_num"))
    name = _setting(db, "server_version").split()[0]
    if number < OLDEST * 10_000:
        yield Word(False, f"PostgreSQL {name} is older than {OLDEST}", f"upgrade the server to {OLDEST} or newer")
    else:
        yield Word(True, f"PostgreSQL {name}")
    if (encoding := _setting(db, "server_encoding")) != "UTF8":
        remedy = "CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0, and use that one"
        yield Word(False, f"the database has the encoding {encoding}, which cannot hold what people write", remedy)
    for setting in DURABLE:
        if _setting(db, setting) == "off":
            yield Word(False, f"PostgreSQL has {setting}=off", f"set {setting} to on: a commit must last")
    if _setting(db, "autovacuum") == "off":
        yield Word(False, "PostgreSQL has autovacuum=off: the store would grow without end", "set autovacuum to on")
    processes = max(1, leases.look(db).processes)
    most, reserved = int(_setting(db, "max_connections")), int(_setting(db, "superuser_reserved_connections"))
    if not pooled:
        used = int(db.rows("SELECT count(*) FROM pg_stat_activity WHERE backend_type='client backend'")[0][0])
        what = f"{used} of {most} connections are in use, {processes} processes of the hub live"
        tight = used > (most - reserved) * 0.8 or most - reserved < processes * LINKS
        yield Word(not tight, what, "raise max_connections, or put a pooler of transactions before it" if tight else "")
    slots = int(_setting(db, "max_locks_per_transaction")) * (most + int(_setting(db, "max_prepared_transactions")))
    need = processes * budget * LOCKS
    if slots < need:
        each = -(-need // most)
        what = f"there is room for {slots} locks, and {processes} processes may need {need}"
        yield Word(False, what, f"set max_locks_per_transaction to {each} or more, or a smaller [hub] step_budget")


def _setting(db: Database, name: str) -> str:
    return str(db.rows("SELECT current_setting(?)", (name,))[0][0])

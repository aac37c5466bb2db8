"""Leases of duties: which process has what only one may do at a time. PostgreSQL only, and its clock alone counts.

A lease has a holder and ends by itself. Its fence grows whenever it is taken, so that a holder who slept through the
end of his lease is known by his number and changes nothing more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hub.store.dialects.database import Database

NOW = "(extract(epoch from clock_timestamp())*1000)::bigint"
"""The server's time, ms."""
PROCESS = "process:"
"""What the lease by which a process says that it lives begins with; its name follows."""
FORGOTTEN = 3_600_000
"""ms after which nothing is known any more of a process that ended."""

_FREE = "INSERT INTO leases (name, holder, fence, until) SELECT unnest(?::text[]), '', 0, 0 ON CONFLICT DO NOTHING"
_LIVE = (
    f"INSERT INTO leases (name, holder, fence, until) VALUES (?, ?, 1, {NOW} + ?)"  # noqa: S608 - our names
    " ON CONFLICT (name) DO UPDATE SET until=excluded.until"
)
_TAKE = f"""WITH free AS (SELECT name, holder FROM leases WHERE name = ANY(?) AND (until <= {NOW} OR holder = ?)
 ORDER BY name FOR UPDATE SKIP LOCKED)
 UPDATE leases l SET holder=?, fence=l.fence+1, until={NOW} + ? FROM free WHERE l.name=free.name
 RETURNING l.name, l.fence, free.holder"""  # noqa: S608 - our names
_RENEW = f"UPDATE leases SET until={NOW} + ? WHERE holder=? RETURNING name, fence"  # noqa: S608 - our names
_LOOK = f"SELECT name, CASE WHEN until > {NOW} THEN holder ELSE '' END FROM leases ORDER BY name"  # noqa: S608


class LostDuty(Exception):
    """The duty is another process's by now: whatever was to be done for it is not."""


class Taken(NamedTuple):
    """A lease that was taken: its fence, and who had it before ("" = nobody, or who gave it back)."""

    fence: int
    before: str


@dataclass(frozen=True, slots=True)
class Holders:
    """Who has what now: `of` each lease ("" = free), and how many processes live."""

    of: Mapping[str, str]
    processes: int


def begin(db: Database, holder: str, names: Sequence[str], ttl: int) -> None:
    """This process lives from now on, for `ttl` ms; leases that nobody knew are free."""
    db.run(_FREE, (sorted(names),))
    db.run(_LIVE, (PROCESS + holder, holder, ttl))
    ended = f"DELETE FROM leases WHERE starts_with(name, ?) AND until < {NOW} - ?"  # noqa: S608 - our names
    db.run(ended, (PROCESS, FORGOTTEN))


def look(db: Database) -> Holders:
    """Who has what now."""
    found = dict(db.rows(_LOOK))
    lives = sum(1 for name, holder in found.items() if holder and name.startswith(PROCESS))
    return Holders({name: holder for name, holder in found.items() if not name.startswith(PROCESS)}, lives)


def take(db: Database, names: Sequence[str], holder: str, ttl: int) -> dict[str, Taken]:
    """Those of these leases that were free, or this holder's own, are his for `ttl` ms, each with a new fence."""
    found = db.rows(_TAKE, (sorted(names), holder, holder, ttl))
    return {name: Taken(fence, before) for name, fence, before in found}


def renew(db: Database, holder: str, ttl: int) -> dict[str, int]:
    """What this holder has is his for `ttl` ms from now: name -> fence. What is missing was taken by another."""
    return dict(db.rows(_RENEW, (ttl, holder)))


def release(db: Database, holder: str, names: Sequence[str]) -> None:
    """Give these back: nothing that was begun under them is open."""
    db.run("UPDATE leases SET holder='', until=0 WHERE name = ANY(?) AND holder=?", (sorted(names), holder))


def leave(db: Database, holder: str) -> None:
    """This process ends."""
    db.run("DELETE FROM leases WHERE name=? AND holder=?", (PROCESS + holder, holder))


def bury(db: Database, holder: str) -> None:
    """A process is known to be dead: what it had is free."""
    db.run("UPDATE leases SET holder='', until=0 WHERE holder=? AND NOT starts_with(name, ?)", (holder, PROCESS))
    leave(db, holder)


def assert_held(db: Database, name: str, fence: int) -> None:
    """Inside a transaction: nobody takes the lease before it ends. Raises LostDuty when somebody has."""
    if db.rows("SELECT fence FROM leases WHERE name=? FOR SHARE", (name,)) != [(fence,)]:
        raise LostDuty(name)

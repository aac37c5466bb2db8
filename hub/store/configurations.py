"""Versions of the configuration: the text of hub.toml as it was applied, and which of them runs.

The generation is a number that grows with whatever processes keep in memory of the store, in the same transaction: who
finds it unchanged has nothing to read again.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from hub.store.dialects.database import Database

GENERATION = "generation"
_COLUMNS = "id, hash, body, at, agent, note, state, reason"


@dataclass(frozen=True, slots=True)
class Configuration:
    """A version. `body` is the whole text, `state` active, retired or rejected (with its `reason`); `at` in ms."""

    id: int
    hash: str
    body: str
    at: int
    agent: str
    note: str
    state: str
    reason: str


def text_hash(text: str) -> str:
    """By which two files with the same text are known: 16 hex digits."""
    return sha256(text.encode()).hexdigest()[:16]


def active(db: Database) -> Configuration | None:
    """The version that runs; None before the first start."""
    return _one(db, "WHERE state='active' ORDER BY id DESC LIMIT 1")


def numbered(db: Database, number: int) -> Configuration | None:
    """A version by its number."""
    return _one(db, "WHERE id=?", number)


def newest(db: Database) -> int:
    """The number of the last version, whatever became of it; 0 = there is none."""
    return int(db.rows("SELECT coalesce(max(id), 0) FROM configurations")[0][0])


def after(db: Database, number: int, text: str) -> Configuration | None:
    """The version that this text became behind a number."""
    return _one(db, "WHERE id>? AND hash=? ORDER BY id LIMIT 1", number, text_hash(text))


def ran(db: Database, text: str) -> bool:
    """Whether this very text ran before."""
    return _one(db, "WHERE hash=? AND state<>'rejected' LIMIT 1", text_hash(text)) is not None


def versions(db: Database, limit: int = 100) -> list[Configuration]:
    """The last ones, the newest first."""
    rows = db.rows(f"SELECT {_COLUMNS} FROM configurations ORDER BY id DESC LIMIT ?", (limit,))  # noqa: S608 - ours
    return [Configuration(*row) for row in rows]


def _one(db: Database, where: str, *args: object) -> Configuration | None:
    found = db.rows(f"SELECT {_COLUMNS} FROM configurations {where}", args)  # noqa: S608 - ours
    return Configuration(*found[0]) if found else None


def add(db: Database, body: str, now: int, *, agent: str = "hub", note: str = "", refused: str = "") -> int:
    """A text becomes the next version and runs from now on, unless it is `refused` for a reason. Returns its number.

    Inside a transaction. Raises NeedsAlone beside others.
    """
    db.need_alone()
    number = newest(db) + 1  # people say these numbers: none is left out
    if not refused:
        db.run("UPDATE configurations SET state='retired' WHERE state='active'")
    state = "rejected" if refused else "active"
    db.run(
        f"INSERT INTO configurations ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?)",  # noqa: S608 - ours
        (number, text_hash(body), body, now, agent, note, state, refused),
    )
    if not refused:
        move_on(db, now)
    return number


def activate(db: Database, body: str, now: int) -> int:
    """The number of this text, which runs from now on: a new one when it is not what ran last. Commits on its own."""
    with db.transaction():
        current = active(db)
        if current is not None and current.body == body:
            return current.id
        return add(db, body, now)


def generation(db: Database) -> int:
    """The number now; 0 = nothing was ever changed."""
    found = db.rows("SELECT value FROM cursors WHERE name=?", (GENERATION,))
    return int(found[0][0]) if found else 0


def move_on(db: Database, now: int) -> None:
    """Something that processes keep in memory changes: in the transaction that changes it."""
    db.run(
        "INSERT INTO cursors (name, value, at) VALUES (?, '1', ?) ON CONFLICT (name) DO UPDATE"
        " SET value=CAST(CAST(cursors.value AS BIGINT) + 1 AS TEXT), at=excluded.at",
        (GENERATION, now),
    )


def copy_until(source: Database, target: Database, number: int) -> bool:
    """The versions up to this one stand in the other store as well, and this one runs there. False if it is unknown."""
    have = {row[0] for row in target.rows("SELECT id FROM configurations")}
    rows = source.rows(f"SELECT {_COLUMNS} FROM configurations WHERE id<=? ORDER BY id", (number,))  # noqa: S608 - ours
    if not rows or rows[-1][0] != number:
        return False
    with target.transaction():
        target.insert("configurations", [row for row in rows if row[0] not in have])
        target.run("UPDATE configurations SET state='retired' WHERE state='active'")
        target.run("UPDATE configurations SET state='active' WHERE id=?", (number,))
    return True

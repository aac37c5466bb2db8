"""The counters behind the numbers of rows: how far each table's is, and how it is set further."""

from __future__ import annotations

from hub.store.dialects.database import Database
from hub.store.dialects.tables import tables

BY_HAND = "configurations"
"""Numbered without a gap by who adds a row."""


def numbered() -> dict[str, str]:
    """The tables whose rows get their numbers from a counter, each with the column of the number."""
    return {name: shape.numbered for name, shape in tables().items() if shape.numbered and name != BY_HAND}


def counter(db: Database, table: str) -> int:
    """The highest number that this table ever gave, also to a row that is gone; 0 = none."""
    if db.shared:
        last, used = db.rows(f"SELECT last_value, is_called FROM {tables()[table].sequence}")[0]  # noqa: S608 - our names
        return int(last) if used else int(last) - 1
    found = db.rows("SELECT seq FROM sqlite_sequence WHERE name=?", (table,))
    return int(found[0][0]) if found else 0


def set_counter(db: Database, table: str, last: int) -> None:
    """The next number of this table is the one behind `last`, or a later one."""
    if db.shared:
        if last > 0:
            db.rows("SELECT setval(?::regclass, ?)", (tables()[table].sequence, last))
    elif not db.run("UPDATE sqlite_sequence SET seq=? WHERE name=?", (last, table)):
        db.run("INSERT INTO sqlite_sequence (name, seq) VALUES (?,?)", (table, last))

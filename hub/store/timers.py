"""Timers that fire: disarmed in the same transaction that turns them into events."""

from __future__ import annotations

from hub.store.dialects.database import Database
from hub.store.rows import TimerRow


def any_due(db: Database, now: int) -> bool:
    """Whether one is due."""
    return bool(db.rows("SELECT 1 FROM timers WHERE armed=1 AND due<=? LIMIT 1", (now,)))


def fire(db: Database, now: int, limit: int) -> list[TimerRow]:
    """Disarm and return what is due; inside a transaction."""
    found = db.rows(
        "SELECT id, subject, subject_id, rule, slot, generation, due, armed, about FROM timers"
        " WHERE armed=1 AND due<=? ORDER BY due, id LIMIT ?",
        (now, limit),
    )
    rows = [TimerRow(*values) for values in found]
    if rows:
        db.run_many("UPDATE timers SET armed=0 WHERE id=?", [(row.id,) for row in rows])
    return rows

"""The machine's clock was set back: what waits for a time waits no longer than it was meant to."""

from __future__ import annotations

from hub.store.dialects.database import Database

FAR = 1 << 60
"""Due times beyond it wait for a human, not for the clock."""


def shift(db: Database, by: int) -> None:
    """Move the due times of tries, and what is compared with the time of a reading, by `by` ms (below 0); inside a
    transaction.

    Timers stay: they were armed for a time of day that people were told.
    """
    db.run("UPDATE crm_touched SET at=at+?", (by,))
    db.run("UPDATE crm_answers SET told=told+? WHERE told>0", (by,))
    for table, more in (("outbox", "open=1"), ("media", "state='pending'"), ("plugin_work", "1=1")):
        db.run(f"UPDATE {table} SET due=due+? WHERE {more} AND due>0 AND due<?", (by, FAR))  # noqa: S608 - our names

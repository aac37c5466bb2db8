"""Files of inbound messages that wait to be fetched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from hub.store.database import Database


class DueFile(NamedTuple):
    """A file to fetch now. `received`: when its message came (ms)."""

    id: int
    source: str
    account: str
    kind: str
    ref: str
    url: str
    mime: str
    name: str
    size: int
    sha256: str
    attempts: int
    received: int


def due(db: Database, sources: Sequence[str], now: int, limit: int) -> list[DueFile]:
    """The files of these connections that are due, the one that waits longest first."""
    if not sources:
        return []
    rows = db.rows_in(
        "SELECT f.id, f.source, f.account, f.kind, f.ref, f.url, f.mime, f.name, f.size, f.sha256, f.attempts,"
        " coalesce(m.received, 0) FROM media f LEFT JOIN messages m ON m.id=f.message"
        " WHERE f.state='pending' AND f.source IN (*) AND f.due<=? ORDER BY f.due, f.id LIMIT ?",
        sources,
        (now, limit),
    )
    return [DueFile(*row) for row in rows]


def next_due(db: Database, sources: Sequence[str], now: int) -> int:
    """When the next file of these connections comes due after `now` (ms, 0 = none waits)."""
    if not sources:
        return 0
    found = db.rows_in(
        "SELECT coalesce(min(due), 0) FROM media WHERE state='pending' AND source IN (*) AND due>?", sources, (now,)
    )
    return int(found[0][0])

"""Files of inbound messages: those that wait to be fetched, and those that links in a CRM lead to."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import NamedTuple

from hub.store.dialects.database import Database
from hub.store.store import Store

LINK_KEY = "media.link_key"
"""The cursor with the secret that signs links to files, hex: made once, never shown."""


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


class KeptFile(NamedTuple):
    """A file of a message that was not taken back. `state` as in table `media`."""

    state: str
    blob: str
    kind: str
    mime: str
    name: str


def kept_file(db: Database, number: int) -> KeptFile | None:
    """The file; None when it, or its message, is gone."""
    found = db.rows(
        "SELECT f.state, f.blob, f.kind, f.mime, f.name FROM media f JOIN messages m ON m.id=f.message"
        " WHERE f.id=? AND m.deleted=0",
        (number,),
    )
    return KeptFile(*found[0]) if found else None


def link_key(store: Store) -> bytes:
    """The secret that signs links to files; made at the first call, commits on its own."""
    if not known_link_key(store.db):  # whoever comes first makes it
        sql = "INSERT INTO cursors (name, value, at) VALUES (?,?,0) ON CONFLICT (name) DO NOTHING"
        store.db.run(sql, (LINK_KEY, secrets.token_hex(32)))
    return known_link_key(store.db)


def known_link_key(db: Database) -> bytes:
    """The same for a reader; empty when none was made yet."""
    found = db.rows("SELECT value FROM cursors WHERE name=?", (LINK_KEY,))
    return bytes.fromhex(found[0][0]) if found else b""


def stored_among(db: Database, names: Sequence[str]) -> set[str]:
    """Those of these names of files that are files of messages."""
    if not names:
        return set()
    return {str(name) for (name,) in db.rows_in("SELECT blob FROM media WHERE blob IN (*) AND blob<>''", names)}

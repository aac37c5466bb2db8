"""What stands of one event: its place in the journal, what was decided because of it, what it asked for, what followed.

For read-only connections.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from hub.store.dialects.database import Database
from hub.store.journal import Claimed

Row = dict[str, Any]

LIMIT = 200
"""Most rows of one kind."""
NEXT = 500
"""Events after this one among which those that follow from it are looked for: they are written in its transaction."""
_MESSAGE = ("id", "text", "form", "provider_id", "person", "conversation", "name", "inbox", "first")
_OURS = re.compile(r"m(\d{1,18})")


def events_named(db: Database, name: str) -> list[int]:
    """Journal numbers of the events that `name` can mean: a number of the journal (12), of a message (m12), or the
    platform's id of a message; in order, empty = nothing is called so."""
    found = db.rows("SELECT event FROM messages WHERE provider_id=? AND provider_id<>'' LIMIT 20", (name,))
    if ours := _OURS.fullmatch(name):
        found += db.rows("SELECT event FROM messages WHERE id=?", (int(ours[1]),))
    if name.isdecimal() and name.isascii() and len(name) < 19:
        number = int(name)
        known = "SELECT seq FROM journal WHERE seq=? UNION SELECT event FROM decisions WHERE event=?"
        found += db.rows(known, (number, number))
    return sorted({row[0] for row in found})


def in_journal(db: Database, seq: int) -> Claimed | None:
    """An event as it came; None once it is kept no more."""
    found = db.rows("SELECT seq, source, account, key, '', at, received, body FROM journal WHERE seq=?", (seq,))
    if not found:
        return None
    number, source, account, key, lane, at, received, body = found[0]
    return Claimed(number, source, account, key, lane, at, received, bytes(body))


def messages_of(db: Database, seq: int, provider_ids: Sequence[str] = ()) -> list[Row]:
    """Messages of people that came with an event, which says that the platform calls them so; `first`: no earlier one
    is in its conversation."""
    found = db.rows(
        "SELECT m.id FROM messages m WHERE m.event=? AND m.direction='in'"
        " AND m.conversation IN (SELECT conversation FROM decisions WHERE event=? AND conversation>0) LIMIT ?",
        (seq, seq, LIMIT),
    )
    found += db.rows_in(
        "SELECT m.id FROM messages m WHERE m.provider_id IN (*) AND m.provider_id<>'' AND m.event=?"
        " AND m.direction='in'",
        list(provider_ids),
        (seq,),
    )
    rows = db.rows_in(
        "SELECT m.id, m.text, m.form, m.provider_id, m.person, m.conversation, coalesce(p.name, ''),"
        " coalesce(c.inbox, ''), CASE WHEN EXISTS (SELECT 1 FROM messages e WHERE e.conversation=m.conversation"
        " AND e.direction='in' AND e.id<m.id) THEN 0 ELSE 1 END FROM messages m LEFT JOIN people p ON p.id=m.person"
        " LEFT JOIN conversations c ON c.id=m.conversation WHERE m.id IN (*) ORDER BY m.id",
        sorted({row[0] for row in found}),
    )
    return [dict(zip(_MESSAGE, row, strict=True)) for row in rows]


def asked_for(db: Database, seq: int, origins: Sequence[int] = ()) -> list[Row]:
    """What rules asked for because of an event, and what became of it: the state of each command and its reason.

    What it says may count as the answer to an earlier event: that is one of `origins`.
    """
    found = _commands(db, seq)
    for origin in origins:
        found += [row for row in _commands(db, origin) if row["key"].rpartition(":")[2].startswith(f"c{seq}.")]
    return [{name: value for name, value in row.items() if name != "key"} for row in found]


def _commands(db: Database, seq: int) -> list[Row]:
    return db.named_rows(
        "SELECT o.key, o.id, o.kind, o.target, o.rule, o.class, o.state, o.attempts, o.due, o.created, o.started,"
        " o.reason, o.message, coalesce(m.text, '') AS text FROM outbox o LEFT JOIN messages m ON m.id=o.message"
        " WHERE o.key>=? AND o.key<? AND o.kind<>'log' ORDER BY o.id LIMIT ?",
        (f"{seq}:", f"{seq};", LIMIT),
    )


def buried(db: Database, seq: int) -> str:
    """Why an event became a dead letter, "" = it is none."""
    found = db.rows("SELECT cause FROM dead WHERE kind IN ('event', 'unrouted') AND ref=? ORDER BY id", (seq,))
    return str(found[0][0]) if found else ""


def followed(db: Database, seq: int) -> list[Row]:
    """Events of the hub that follow from an event: number and key."""
    found = db.named_rows(
        "SELECT seq, key FROM journal WHERE seq>? AND seq<=? AND source='hub' ORDER BY seq", (seq, seq + NEXT)
    )
    return [row for row in found if str(row["key"]).partition(":")[2].startswith(f"{seq}.")]

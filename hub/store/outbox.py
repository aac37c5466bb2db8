"""Leases: which commands may start now. A row is `started` on disk before any byte leaves the machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub.store.dialects.database import Database
from hub.store.rows import OutboxRow
from hub.store.shelf import Shelf, Table

OUTBOX: Table[OutboxRow] = Table("outbox", OutboxRow, person="lane")

_HEADS = """ o WHERE o.open=1 AND o.target=? AND o.kind='send' AND o.state='waiting' AND o.due<=?
 AND NOT EXISTS (SELECT 1 FROM outbox p WHERE p.open=1 AND p.target=o.target AND p.lane=o.lane AND p.id<o.id
   AND p.kind=o.kind AND NOT (p.class='outreach' AND p.attempts=0 AND p.state='waiting' AND p.due>?))
 ORDER BY o.id LIMIT ?"""

_ROWS = """ o WHERE o.open=1 AND o.target=? AND o.kind=? AND o.state='waiting' AND o.due<=?
 AND NOT EXISTS (SELECT 1 FROM outbox p WHERE p.open=1 AND p.target=o.target AND p.lane=o.lane AND p.id<o.id
   AND p.kind=o.kind AND (p.state<>'waiting' OR p.due>?))
 ORDER BY o.id LIMIT ?"""


def heads(db: Database, inbox: str, now: int, limit: int) -> list[tuple[Any, ...]]:
    """The first waiting send of each lane that is due, oldest first; a lane with an open earlier send gives none.

    An unasked message that waits for its hour holds nothing back.
    """
    return db.rows(OUTBOX.select + _HEADS, (inbox, now, now, limit))


def due_rows(db: Database, crm: str, kind: str, now: int, limit: int) -> list[tuple[Any, ...]]:
    """CRM commands of a kind that are due, oldest first; one that waits longer holds the later ones of its lane."""
    return db.rows(OUTBOX.select + _ROWS, (crm, kind, now, now, limit))


def next_due(db: Database, target: str, now: int) -> int:
    """When the next waiting or evidence row of a target comes due after `now` (0 = none)."""
    found = db.rows(
        "SELECT coalesce(min(due), 0) FROM outbox WHERE open=1 AND target=? AND due>0 AND due>?", (target, now)
    )
    return int(found[0][0])


def begun(db: Database, conversation: int, event: int) -> list[tuple[int, str, str]]:
    """Automatic messages of a conversation that began to leave because of an event: outbox id, text and content; of one
    in several parts the first."""
    found = db.rows(
        "SELECT o.id, m.text, m.content FROM messages m JOIN outbox o ON o.message=m.id"
        " WHERE o.message>0 AND o.kind='send' AND o.class<>'human' AND o.attempts>0"
        " AND m.conversation=? AND m.event=? AND m.direction='out'"
        " AND substr(o.key, length(o.key) - 1)='.0' ORDER BY o.id",
        (conversation, event),
    )
    return [(number, text, content) for number, text, content in found]


def release_held(db: Database, crm: str, people: Sequence[int]) -> None:
    """Their link is made: the logs that waited for it may go."""
    db.run_many(
        "UPDATE outbox SET state='waiting', reason='' WHERE open=1 AND target=? AND lane=? AND state='held'",
        [(crm, person) for person in people],
    )


def hold_logs(db: Database, crm: str, people: Sequence[int], reason: str) -> None:
    """Their link is broken: logs wait again, and say for what."""
    db.run_many(
        "UPDATE outbox SET state='held', reason=? WHERE open=1 AND target=? AND lane=? AND kind='log'"
        " AND state IN ('waiting', 'held')",
        [(reason, crm, person) for person in people],
    )


def expired_evidence(db: Database, now: int, limit: int = 500) -> list[tuple[int, int, str]]:
    """Sends whose evidence did not come in time: (outbox id, attempts, why a restore put it in doubt)."""
    return [
        (row[0], row[1], row[3] if row[2] else "")
        for row in db.rows(
            "SELECT id, attempts, doubt, reason FROM outbox"
            " WHERE open=1 AND kind='send' AND state='evidence' AND due<=? ORDER BY due, id LIMIT ?",
            (now, limit),
        )
    ]


def started(db: Database, duty: str = "") -> Shelf[OutboxRow]:
    """Rows that were started and have no outcome: after a crash their fate is open. `duty`: inbox:NAME or crm:NAME,
    only what is done under it."""
    of, _, target = duty.partition(":")
    mine = {"inbox": " AND target=? AND kind='send'", "crm": " AND target=? AND kind<>'send'"}.get(of, "")
    shelf = Shelf(db, OUTBOX)
    sql = f"{OUTBOX.select} WHERE open=1 AND state='started'{mine} ORDER BY id"
    shelf.take(db.rows(sql, (target,) if mine else ()))
    return shelf

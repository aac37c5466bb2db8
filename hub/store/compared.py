"""What a store and its scratch say of the same time: commands by their keys, decisions by their events."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from hub.store.dialects.database import Database
from hub.store.journal import Claimed

DERIVED = "hub"
"""The journal's source of the hub's own events."""


class Said(NamedTuple):
    """A message on its way out. `verdict`: sent, waiting, or why not."""

    event: int
    at: int
    rule: str
    inbox: str
    person: int
    text: str
    verdict: str


def keys_of(db: Database, ids: Sequence[int]) -> dict[int, str]:
    """Command -> its key, of those that are still there."""
    return dict(db.rows_in("SELECT id, key FROM outbox WHERE id IN (*)", list(ids))) if ids else {}


def commands(db: Database, keys: Sequence[str]) -> dict[str, tuple[int, str]]:
    """Key -> (command, its state)."""
    found = db.rows_in("SELECT key, id, state FROM outbox WHERE key IN (*)", list(keys)) if keys else []
    return {key: (number, state) for key, number, state in found}


def letters(db: Database, ids: Sequence[int]) -> list[tuple[str, int]]:
    """What these dead letters are about: (kind, number)."""
    found = db.rows_in("SELECT id, kind, ref FROM dead WHERE id IN (*)", list(ids)) if ids else []
    return [(row[1], row[2]) for row in sorted(found)]


def letter_about(db: Database, kind: str, ref: int) -> int:
    """The last dead letter about it; 0 = none."""
    return int(db.rows("SELECT coalesce(max(id), 0) FROM dead WHERE kind=? AND ref=?", (kind, ref))[0][0])


def own_events(db: Database, kinds: Sequence[str]) -> dict[str, int]:
    """The hub's own events of these kinds: key -> number in the journal."""
    sql = "SELECT key, seq FROM journal WHERE source=? AND key<>''"
    wanted = set(kinds)
    return {key: seq for key, seq in db.stream(sql, (DERIVED,)) if key.partition(":")[0] in wanted}


def raised(db: Database, after: int) -> list[Claimed]:
    """The events that the hub put into the journal behind `after`, as a step claims them."""
    sql = (
        "SELECT j.seq, j.source, j.account, j.key, q.lane, j.at, j.received, j.body FROM queue q"
        " JOIN journal j ON j.seq=q.seq WHERE q.seq>? ORDER BY q.seq"
    )
    return [Claimed(*row) for row in db.rows(sql, (after,))]


def waiting_sends(db: Database, inbox: str, now: int) -> list[tuple[int, str]]:
    """The first send of each lane that is due, (number, key), as a lease would find it."""
    sql = (
        "SELECT o.id, o.key FROM outbox o WHERE o.open=1 AND o.target=? AND o.kind='send' AND o.state='waiting'"
        " AND o.due<=? AND NOT EXISTS (SELECT 1 FROM outbox p WHERE p.open=1 AND p.target=o.target AND p.lane=o.lane"
        " AND p.id<o.id AND p.kind=o.kind) ORDER BY o.id"
    )
    return [(row[0], row[1]) for row in db.rows(sql, (inbox, now))]


def next_waiting(db: Database, inbox: str, now: int) -> int:
    """When the next waiting send of an inbox comes due after `now` (ms, 0 = none)."""
    sql = (
        "SELECT coalesce(min(due), 0) FROM outbox WHERE open=1 AND target=? AND kind='send' AND state='waiting'"
        " AND due>?"
    )
    return int(db.rows(sql, (inbox, now))[0][0])


def states(db: Database, ids: Sequence[int]) -> dict[int, str]:
    """Command -> its state."""
    return dict(db.rows_in("SELECT id, state FROM outbox WHERE id IN (*)", list(ids))) if ids else {}


def tries(db: Database, keys: Mapping[int, str]) -> dict[int, int]:
    """How often the commands with these keys were tried, by any numbers that stand for them; 0 for those not there."""
    found = db.rows_in("SELECT key, attempts FROM outbox WHERE key IN (*)", list(keys.values())) if keys else []
    tried = dict(found)
    return {number: tried.get(key, 0) for number, key in keys.items()}


def next_timer(db: Database) -> int:
    """When the next timer fires (ms, 0 = none is armed)."""
    return int(db.rows("SELECT coalesce(min(due), 0) FROM timers WHERE armed=1")[0][0])


def asked(db: Database, plugin: str, event: int) -> bool:
    """Whether a plugin is to be told of an event."""
    return bool(db.rows("SELECT 1 FROM plugin_work WHERE plugin=? AND event=?", (plugin, event)))


def said(db: Database, since: int, upto: int) -> dict[str, Said]:
    """Key -> what the hub itself was to say in that time; what humans said is left out."""
    sql = (
        "SELECT o.key, o.event, o.created, o.rule, o.target, o.lane, m.text, o.state, o.reason"
        " FROM outbox o JOIN messages m ON m.id=o.message"
        " WHERE o.kind='send' AND o.class<>'human' AND o.created>=? AND o.created<=? ORDER BY o.id"
    )
    return {
        row[0]: Said(row[1], row[2], row[3], row[4], row[5], row[6], _verdict(row[7], row[8]))
        for row in db.rows(sql, (since, upto))
    }


def _verdict(state: str, reason: str) -> str:
    if state in ("done", "evidence", "started", "uncertain"):
        return "sent"
    return f"not sent: {reason}" if state in ("dropped", "dead") else f"waits: {reason}" if reason else "waits"


def acted(db: Database, since: int, upto: int) -> dict[tuple[int, str], tuple[int, Any]]:
    """(event, rule) -> (when, what the rule did, or why not), from the decisions of that time."""
    found: dict[tuple[int, str], tuple[int, Any]] = {}
    sql = "SELECT event, at, record FROM decisions WHERE record<>'' AND at>=? AND at<=? ORDER BY id"
    for event, at, record in db.rows(sql, (since, upto)):
        for one in json.loads(record):
            if isinstance(one, dict) and one.get("rule"):
                found[event, one["rule"]] = at, one.get("did") or one.get("why_not", "")
    return found

"""What a transaction changes beside whole rows, gathered while it decides and written many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from hub.store import outbox
from hub.store.dialects.database import Database

SET_CURSOR = (
    "INSERT INTO cursors (name, value, at) VALUES (?,?,?)"
    " ON CONFLICT (name) DO UPDATE SET value=excluded.value, at=excluded.at"
)
_SHARE = "UPDATE identities SET shared=1 WHERE id=?"
_IDENTITY_EVENT = "INSERT INTO identity_events (at, what, person, identity, event, evidence) VALUES (?,?,?,?,?,?)"
_PLUGIN_WORK = "INSERT INTO plugin_work (plugin, event, body, attempts, due) VALUES (?,?,?,0,0) ON CONFLICT DO NOTHING"
_TIMER = (
    "INSERT INTO timers (subject, subject_id, rule, slot, generation, due, armed) VALUES (?,?,?,?,?,?,?)"
    " ON CONFLICT (subject, subject_id, rule, slot) DO UPDATE SET generation=timers.generation+1,"
    " due=excluded.due, armed=excluded.armed"
)
_WROTE = (
    "INSERT INTO write_ledger (crm, record, field, hash, at) VALUES (?,?,?,?,?)"
    " ON CONFLICT (record, field, hash, crm) DO UPDATE SET at=excluded.at"
)
_CONSUMED = "DELETE FROM write_ledger WHERE crm=? AND record=? AND field=? AND hash=?"


@dataclass(slots=True)
class Changes:
    """Values in the order of their statements' columns; `release` and `hold` by CRM, then by person."""

    identities: list[tuple[str, int, int, str, int]] = field(default_factory=list)
    shared: list[str] = field(default_factory=list)
    identity_events: list[tuple[int, str, int, str, int, str]] = field(default_factory=list)
    statuses: list[tuple[int, str, int, str]] = field(default_factory=list)
    plugin_work: list[tuple[str, int, str]] = field(default_factory=list)
    cursors: dict[str, str] = field(default_factory=dict)
    ledger: list[tuple[str, str, str, str, int]] = field(default_factory=list)
    consumed: list[tuple[str, str, str, str]] = field(default_factory=list)
    timers: list[tuple[Any, ...]] = field(default_factory=list)
    release: dict[str, set[int]] = field(default_factory=dict)
    hold: dict[str, dict[int, str]] = field(default_factory=dict)
    statements: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)

    def save(self, db: Database, now: int) -> None:
        """Write them."""
        db.insert("identities", sorted(self.identities, key=itemgetter(0)), "ON CONFLICT DO NOTHING")
        db.insert("statuses", self.statuses, "ON CONFLICT DO NOTHING")
        many: Sequence[tuple[str, Sequence[tuple[Any, ...]]]] = (
            (_SHARE, [(identity,) for identity in self.shared]),
            (_IDENTITY_EVENT, self.identity_events),
            (_PLUGIN_WORK, self.plugin_work),
            (SET_CURSOR, [(name, value, now) for name, value in self.cursors.items()]),
            (_TIMER, self.timers),
            (_WROTE, self.ledger),
            (_CONSUMED, self.consumed),
        )
        for sql, args in many:
            if args:
                db.run_many(sql, args)
        for crm, people in self.release.items():
            outbox.release_held(db, crm, sorted(people))
        for crm, reasons in self.hold.items():
            for person, reason in reasons.items():
                outbox.hold_logs(db, crm, [person], reason)
        for sql, one in self.statements:
            db.run(sql, one)

"""What a transaction changes beside whole rows, gathered while it decides and written many at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
    "INSERT INTO timers (subject, subject_id, rule, slot, generation, due, armed, about) VALUES (?,?,?,?,?,?,?,?)"
    " ON CONFLICT (subject, subject_id, rule, slot) DO UPDATE SET generation=timers.generation+1,"
    " due=excluded.due, armed=excluded.armed, about=excluded.about"
)
_DISARM = "UPDATE timers SET armed=0, generation=generation+1 WHERE subject=? AND subject_id=? AND rule=? AND armed=1"
_WROTE = (
    "INSERT INTO write_ledger (crm, record, field, hash, at) VALUES (?,?,?,?,?)"
    " ON CONFLICT (record, field, hash, crm) DO UPDATE SET at=excluded.at"
)
_TAG_HISTORY = "INSERT INTO tag_history (at, person, tag, what, by_whom, event) VALUES (?,?,?,?,?,?)"
_RATING = "INSERT INTO ratings (at, person, conversation, about, score, event) VALUES (?,?,?,?,?,?)"
_CHANCE = (
    "INSERT INTO chances (step, kind, cases, answered) VALUES (?,?,?,?) ON CONFLICT (step, kind)"
    " DO UPDATE SET cases=chances.cases+excluded.cases, answered=chances.answered+excluded.answered"
)
_RHYTHM = (
    "INSERT INTO rhythm (name, asked, answered, logs) VALUES ('everybody',?,?,?) ON CONFLICT (name)"
    " DO UPDATE SET asked=rhythm.asked+excluded.asked, answered=rhythm.answered+excluded.answered,"
    " logs=rhythm.logs+excluded.logs"
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
    disarmed: list[tuple[str, int, str]] = field(default_factory=list)
    tag_history: list[tuple[int, int, str, str, str, int]] = field(default_factory=list)
    ratings: list[tuple[int, int, int, str, int, int]] = field(default_factory=list)
    chances: list[tuple[int, str, int, int]] = field(default_factory=list)
    rhythm: list[tuple[int, int, int]] = field(default_factory=list)
    release: dict[str, set[int]] = field(default_factory=dict)
    hold: dict[str, dict[int, str]] = field(default_factory=dict)
    statements: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)

    def forget(self, person: int, talks: Collection[int]) -> None:
        """He is erased, with these conversations: nothing of it is written that tells of him."""
        self.identities = [row for row in self.identities if row[1] != person]
        self.identity_events = [
            (at, what, who, "", event, "") if who == person else (at, what, who, identity, event, evidence)
            for at, what, who, identity, event, evidence in self.identity_events
        ]
        self.tag_history = [row for row in self.tag_history if row[1] != person]
        self.ratings = [
            (at, 0, 0, about, score, 0) if who == person else (at, who, talk, about, score, event)
            for at, who, talk, about, score, event in self.ratings
        ]
        gone = {("person", person), *(("conversation", talk) for talk in talks)}
        self.timers = [row for row in self.timers if row[:2] not in gone]

    def save(self, db: Database, now: int) -> None:
        """Write them."""
        db.insert("identities", sorted(self.identities, key=itemgetter(0)), "ON CONFLICT DO NOTHING")
        db.insert("statuses", self.statuses, "ON CONFLICT DO NOTHING")
        many: Sequence[tuple[str, Sequence[tuple[Any, ...]]]] = (
            (_SHARE, [(identity,) for identity in self.shared]),
            (_IDENTITY_EVENT, self.identity_events),
            (_PLUGIN_WORK, self.plugin_work),
            (SET_CURSOR, [(name, value, now) for name, value in self.cursors.items()]),
            (_DISARM, self.disarmed),
            (_TIMER, self.timers),
            (_TAG_HISTORY, self.tag_history),
            (_RATING, self.ratings),
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
        self._count(db)

    def _count(self, db: Database) -> None:
        """What everybody adds to: last, since others wait for it from here on, and always in one order, so that no two
        wait for each other."""
        cases: dict[tuple[int, str], tuple[int, int]] = {}
        for step, kind, many, answered in self.chances:
            before = cases.get((step, kind), (0, 0))
            cases[step, kind] = before[0] + many, before[1] + answered
        if cases:
            db.run_many(_CHANCE, [(*key, *cases[key]) for key in sorted(cases)])
        if any(map(any, self.rhythm)):
            db.run(_RHYTHM, tuple(map(sum, zip(*self.rhythm, strict=True))))

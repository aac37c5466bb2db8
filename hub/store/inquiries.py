"""Inquiries as lists and figures ask for them: who has how much, what is due, how long people waited."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from hub.store.dialects.database import Database

ANSWERED = 200
"""Answers behind the usual wait."""


class Listed(NamedTuple):
    """An inquiry that is not closed, and whose it is; times in ms, 0 = none."""

    id: int
    person: int
    name: str
    state: str
    priority: str
    owner: str
    waits_for: str
    opened: int
    changed: int
    reply_by: int
    until: int
    plan: str


class Answer(NamedTuple):
    """A first answer: who had the inquiry, and the ms of working time until it."""

    owner: str
    worked: int


def loads(db: Database, agents: Collection[str]) -> dict[str, tuple[int, int]]:
    """agent -> how many inquiries he has that are not closed, and when he was last given one (ms)."""
    found = db.rows_in(
        "SELECT owner, sum(CASE WHEN state <> 'closed' THEN 1 ELSE 0 END), max(assigned) FROM inquiries"
        " WHERE owner IN (*) GROUP BY owner",
        sorted(agents),
    )
    return {owner: (int(count), int(last)) for owner, count, last in found}


def unfinished(db: Database, limit: int, after: int = 0) -> list[Listed]:
    """Inquiries that are not closed, by number, from the one behind `after` on."""
    rows = db.rows(
        "SELECT i.id, i.person, p.name, i.state, i.priority, i.owner, i.waits_for, i.opened, i.changed, i.reply_by,"
        " i.until, i.plan FROM inquiries i JOIN people p ON p.id=i.person"
        " WHERE i.state <> 'closed' AND i.id > ? ORDER BY i.id LIMIT ?",
        (after, limit),
    )
    return [Listed(*row) for row in rows]


def answers(db: Database, since: int = 0, limit: int = 100_000) -> list[Answer]:
    """First answers from `since` (ms) on, the newest first."""
    rows = db.rows(
        "SELECT answered_by, worked FROM inquiries WHERE answered > 0 AND answered >= ? ORDER BY answered DESC LIMIT ?",
        (since, limit),
    )
    return [Answer(*row) for row in rows]


def counts(db: Database) -> list[tuple[str, str, int]]:
    """(state, priority, how many) of all that are not closed."""
    sql = (
        "SELECT state, priority, count(*) FROM inquiries WHERE state <> 'closed' GROUP BY state, priority ORDER BY 1, 2"
    )
    return [(state, priority, int(count)) for state, priority, count in db.rows(sql)]


FACTS = "facts"
"""The cursor that holds what is true of the whole company, as it was counted last."""


def facts(db: Database) -> str:
    """What was counted last, JSON by name."""
    found = db.rows("SELECT value FROM cursors WHERE name=?", (FACTS,))
    return str(found[0][0]) if found else "{}"

"""What people ask the store: overviews, dead letters, who is known. For read-only connections beside a running hub."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from hub.store.dialects.database import Database


class DeadLetter(NamedTuple):
    """A dead letter as people see it. `what` says what it stands for; times in ms."""

    id: int
    kind: str
    ref: int
    person: int
    name: str
    what: str
    cause: str
    at: int


def last_queued(db: Database) -> int:
    """The last event that waits for its step, 0 = none waits."""
    return int(db.rows("SELECT coalesce(max(seq), 0) FROM queue")[0][0])


def queued_until(db: Database, seq: int) -> bool:
    """Whether this event, or one before it, still waits for its step."""
    return bool(db.rows("SELECT 1 FROM queue WHERE seq<=? LIMIT 1", (seq,)))


def settling(db: Database, seq: int, lanes: Sequence[str]) -> bool:
    """The same for the events of these lanes."""
    return bool(db.rows_in("SELECT 1 FROM queue WHERE lane IN (*) AND seq<=? LIMIT 1", lanes, (seq,)))


def queued(db: Database) -> int:
    """Events that wait for their step."""
    return int(db.rows("SELECT count(*) FROM queue")[0][0])


def all_commands(db: Database) -> dict[tuple[str, str], int]:
    """(kind, state) -> commands, the ended ones too: reads the whole outbox."""
    found = db.rows("SELECT kind, state, count(*) FROM outbox GROUP BY kind, state ORDER BY kind, state")
    return {(kind, state): count for kind, state, count in found}


def dead_by_kind(db: Database) -> dict[str, int]:
    """kind -> open dead letters."""
    found = db.rows("SELECT kind, count(*) FROM dead WHERE state='open' GROUP BY kind ORDER BY kind")
    return {str(kind): int(count) for kind, count in found}


def links_by_state(db: Database) -> dict[tuple[str, str], int]:
    """(crm, state) -> links."""
    found = db.rows("SELECT crm, state, count(*) FROM links GROUP BY crm, state ORDER BY crm, state")
    return {(crm, state): count for crm, state, count in found}


def inboxes(db: Database) -> list[tuple[str, int, int]]:
    """Inboxes with conversations: name, conversations, when somebody last wrote (ms)."""
    return [
        (name, count, last)
        for name, count, last in db.rows(
            "SELECT inbox, count(*), max(last_in) FROM conversations GROUP BY inbox ORDER BY inbox"
        )
    ]


def paused(db: Database, now: int) -> list[tuple[int, str, str, int]]:
    """Conversations whose automation is silent now: person, name, inbox, until when (ms)."""
    return [
        (person, name, inbox, until)
        for person, name, inbox, until in db.rows(
            "SELECT c.person, p.name, c.inbox, c.paused_until FROM conversations c JOIN people p ON p.id=c.person"
            " WHERE c.paused_until>? ORDER BY c.paused_until, c.id",
            (now,),
        )
    ]


def stopped(db: Database, now: int) -> list[tuple[str, int, str]]:
    """What humans stopped beside single people: rule:NAME, campaign:NAME or *, until when (ms), by whom."""
    found = db.rows("SELECT name, until, agent FROM pauses WHERE until>? ORDER BY name", (now,))
    return [(name, until, agent) for name, until, agent in found]


def claimed(db: Database) -> list[tuple[int, str, str, str]]:
    """Conversations that agents have: person, name, inbox, agent."""
    found = db.rows(
        "SELECT c.person, p.name, c.inbox, c.claimed FROM conversations c JOIN people p ON p.id=c.person"
        " WHERE c.claimed<>'' ORDER BY c.id"
    )
    return [(person, name, inbox, agent) for person, name, inbox, agent in found]


def plugin_work(db: Database) -> dict[str, int]:
    """plugin -> events it is still to be told."""
    found = db.rows("SELECT plugin, count(*) FROM plugin_work GROUP BY plugin ORDER BY plugin")
    return {str(plugin): int(count) for plugin, count in found}


def known(db: Database, reference: int | Sequence[str]) -> tuple[int, str, int]:
    """The person behind an id or any of some identities: id, name, number of conversations; (0, "", 0) if unknown."""
    if isinstance(reference, int):
        ids = [reference]
    else:
        ids = [row[0] for row in db.rows_in("SELECT person FROM identities WHERE id IN (*)", reference)]
    for person in ids:
        while found := db.rows("SELECT id, name, redirect FROM people WHERE id=?", (person,)):
            row_id, name, redirect = found[0]
            if not redirect:
                talks = db.rows("SELECT count(*) FROM conversations WHERE person=?", (row_id,))[0][0]
                return int(row_id), str(name), int(talks)
            person = redirect
    return 0, "", 0


def last_inbox(db: Database, person: int) -> str:
    """The inbox of the conversation that a person used last, "" = there is none."""
    found = db.rows("SELECT inbox FROM conversations WHERE person=? ORDER BY last_in DESC, id DESC LIMIT 1", (person,))
    return str(found[0][0]) if found else ""


def quotable(db: Database, person: int, message: int = 0) -> tuple[str, str] | None:
    """A message with a person, 0 = the last that he wrote: the platform's id of it ("" = none yet) and its inbox."""
    which = "m.id=?" if message else "m.direction='in' AND m.provider_id<>'' AND m.form<>'reaction'"
    found = db.rows(
        "SELECT m.provider_id, c.inbox FROM conversations c JOIN messages m ON m.conversation=c.id"  # noqa: S608 - ours
        f" WHERE c.person=? AND {which} ORDER BY m.at DESC, m.id DESC LIMIT 1",
        (person, message) if message else (person,),
    )
    return (str(found[0][0]), str(found[0][1])) if found else None


_DEAD = """SELECT d.id, d.kind, d.ref, d.person, coalesce(p.name, ''),
 coalesce(o.kind || ' to ' || o.target, j.source || ' ' || j.key, f.kind || ' ' || f.name, ''), d.cause, d.at
 FROM dead d LEFT JOIN people p ON p.id=d.person
 LEFT JOIN outbox o ON o.id=d.ref AND d.kind IN ('send', 'uncertain', 'person', 'log', 'object', 'file')
 LEFT JOIN media f ON f.id=d.ref AND d.kind='media'
 LEFT JOIN journal j ON j.seq=d.ref AND d.kind IN ('event', 'unrouted', 'plugin') WHERE d.state='open'"""


def dead_letters(db: Database, limit: int = 100) -> list[DeadLetter]:
    """The oldest open dead letters."""
    return [DeadLetter(*row) for row in db.rows(f"{_DEAD} ORDER BY d.id LIMIT ?", (limit,))]


def dead_among(db: Database, ids: Sequence[int]) -> list[DeadLetter]:
    """Those of these dead letters that are open."""
    return [DeadLetter(*row) for row in db.rows_in(f"{_DEAD} AND d.id IN (*) ORDER BY d.id", ids)]


def dead_ids(db: Database, cause: str = "") -> list[int]:
    """All open dead letters, or those whose kind or cause contains a text (capital or small letters alike)."""
    sought = cause.lower()
    found = db.stream("SELECT id, kind, cause FROM dead WHERE state='open' ORDER BY id")
    return [number for number, kind, text in found if sought in f"{kind} {text}".lower()]


def as_dict(row: Any) -> dict[str, Any]:
    """A named row as plain data."""
    return dict(row._asdict())


def cursor(db: Database, name: str) -> str:
    """How far something came that goes on where it was; "" = it never began."""
    found = db.rows("SELECT value FROM cursors WHERE name=?", (name,))
    return str(found[0][0]) if found else ""


def cursor_at(db: Database, name: str) -> int:
    """When that was noted (ms), 0 = never."""
    found = db.rows("SELECT at FROM cursors WHERE name=?", (name,))
    return int(found[0][0]) if found else 0


def asked(db: Database) -> dict[str, int]:
    """CRM -> conflicts that a human is asked about."""
    found = db.rows("SELECT crm, count(*) FROM conflicts WHERE state='asked' GROUP BY crm ORDER BY crm")
    return {str(crm): int(count) for crm, count in found}

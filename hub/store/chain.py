"""Why: everything that led to a message or record and everything that came of it, for read-only connections."""

from __future__ import annotations

import json
import re
from typing import Any

from hub.store import chain_beside
from hub.store.crm import heard_name
from hub.store.dialects.database import Database

Row = dict[str, Any]

LIMIT = 200
"""Most rows of one kind in a chain."""
LOOK = 5000
"""Messages looked at in one query, where a name has no index."""

_OURS = re.compile(r"m?(\d{1,18})|[0-9a-f]{8}-(\d{1,18})")
_HEARD = re.compile(r"[0-9a-f]{8}-i([0-9a-f]{20})")
_CALLBACK = re.compile(r"[0-9a-f]{8}\.(\d{1,18})")


def chains(db: Database, name: str) -> list[Row]:
    """What `name` can mean, each with its whole chain; empty when nothing is called so.

    A message: the hub's id (12, m12, or as it stands in the CRM: `hub_sequence`), the platform's id, the id of
    its record in the CRM or its key there (`hub_message_id`).
    A person: the id of the contact in the CRM. A company, deal, ticket or task: its id there.
    """
    messages: dict[int, str] = {}
    for row in db.rows("SELECT id FROM messages WHERE provider_id=? AND provider_id<>'' ORDER BY id LIMIT 20", (name,)):
        messages.setdefault(row[0], "the platform's message id")
    for row in db.rows(
        "SELECT message FROM outbox WHERE record=? AND record<>'' AND kind='log' ORDER BY id LIMIT 20", (name,)
    ):
        messages.setdefault(row[0], "the record of a message in the CRM")
    if found := _OURS.fullmatch(name):
        messages.setdefault(int(found[1] or found[2]), "the hub's message id")
    if found := _HEARD.fullmatch(name):
        messages |= dict.fromkeys(_heard(db, found[1]), "the message's key in the CRM")
    if found := _CALLBACK.fullmatch(name):
        for row in db.rows("SELECT message FROM outbox WHERE id=? AND message>0", (int(found[1]),)):
            messages.setdefault(row[0], "the hub's name for a send")
    told = [_message(db, number, how) for number, how in messages.items()]
    people: dict[int, None] = {}
    for row in db.rows("SELECT person FROM links WHERE record=? AND record<>'' ORDER BY id LIMIT 20", (name,)):
        people[row[0]] = None
    told += [of_person(db, person, "the record of a person in the CRM") for person in people]
    told += chain_beside.records(db, name)
    return [chain for chain in told if chain]


def _heard(db: Database, name: str) -> list[int]:
    """The message with this name, the newest first until it is found: an index would cost every message that comes."""
    sql = (
        "SELECT m.id, c.inbox, m.provider_id FROM messages m JOIN conversations c ON c.id=m.conversation"
        " WHERE m.provider_id<>'' AND (m.direction='in' OR m.agent='phone') AND m.id<? ORDER BY m.id DESC LIMIT ?"
    )
    before = 1 << 62
    while found := db.rows(sql, (before, LOOK)):
        for number, inbox, provider_id in found:
            if heard_name(inbox, provider_id) == name:
                return [number]
        before = found[-1][0]
    return []


def _message(db: Database, number: int, how: str) -> Row:
    found = db.named_rows(
        "SELECT m.id, m.direction, m.author, m.agent, m.form, m.text, m.provider_id, m.at, m.received, m.status,"
        " m.status_at, m.reason, m.event, m.edited, m.deleted, m.person, p.name, c.id AS conversation, c.inbox"
        " FROM messages m"
        " LEFT JOIN people p ON p.id=m.person LEFT JOIN conversations c ON c.id=m.conversation WHERE m.id=?",
        (number,),
    )
    if not found:
        return {}
    message = found[0]
    return {
        "is": f"message {number}",
        "matched": how,
        "message": message,
        "event": event(db, message["event"]),
        "decisions": decisions(db, message["event"]),
        "commands": _commands(db, message["event"], number, message["person"]),
        "files": db.named_rows(
            "SELECT id, kind, name, mime, size, state, blob, due, attempts, reason FROM media WHERE message=?"
            " ORDER BY id LIMIT ?",
            (number, LIMIT),
        ),
        "statuses": db.named_rows(
            "SELECT status, at, error FROM statuses WHERE message=? ORDER BY at, status LIMIT ?", (number, LIMIT)
        ),
        "links": _links(db, message["person"]),
        "dead": _dead(db, message["event"], number),
    }


def of_person(db: Database, person: int, how: str) -> Row:
    """The person with all that stands around him; {} when there is none. `how` says by what he was found."""
    found = db.named_rows("SELECT id, name, phone, email, opted_out, created FROM people WHERE id=?", (person,))
    if not found:
        return {}
    commands = db.named_rows(_PERSON_COMMANDS, (person, person))
    began = commands[0]["event"] if commands else 0
    return {
        "is": f"person {person}",
        "matched": how,
        "person": found[0],
        "event": event(db, began),
        "decisions": decisions(db, began),
        "commands": commands,
        "identities": db.named_rows(
            "SELECT at, what, identity, event, evidence FROM identity_events WHERE person=? ORDER BY id LIMIT ?",
            (person, LIMIT),
        ),
        "links": _links(db, person),
        "objects": chain_beside.beside(db, person),
        "conversations": chain_beside.talks(db, person),
        "messages": chain_beside.last_messages(db, person),
    }


def event(db: Database, seq: int) -> Row | None:
    """An event of the journal, without its body; None once it is kept no more."""
    found = db.named_rows(
        "SELECT seq, source, account, key, at, received, length(body) AS bytes,"
        " CASE WHEN EXISTS (SELECT 1 FROM queue q WHERE q.seq=journal.seq) THEN 1 ELSE 0 END AS queued"
        " FROM journal WHERE seq=?",
        (seq,),
    )
    return found[0] if found else None


def decisions(db: Database, seq: int) -> list[Row]:
    """What was decided because of an event; `record` lists the rules that were looked at, [] = none is kept."""
    found = db.named_rows(
        "SELECT d.at, d.because, d.version, coalesce(c.hash, '') AS hash, d.record FROM decisions d"
        " LEFT JOIN configurations c ON c.id=d.version WHERE d.event=? ORDER BY d.id LIMIT ?",
        (seq, LIMIT),
    )
    return [row | {"record": json.loads(row["record"]) if row["record"] else []} for row in found]


_COMMANDS = (
    "SELECT id, kind, target, rule, class, state, attempts, doubt, due, created, started, record, reason, message,"
    " event FROM outbox"
)

_FIRST_AND_LAST = (
    " WHERE id IN (SELECT max(id) FROM outbox WHERE lane=? AND kind='person'"
    " UNION SELECT min(id) FROM outbox WHERE lane=? AND kind='person') ORDER BY id"
)
_PERSON_COMMANDS = _COMMANDS + _FIRST_AND_LAST


def _commands(db: Database, seq: int, message: int, person: int) -> list[Row]:
    """What the event asked for (the keys of its commands begin with its number), what was done with the message, and
    what made the person's record."""
    by_event = db.named_rows(f"{_COMMANDS} WHERE key>=? AND key<? ORDER BY id LIMIT ?", (f"{seq}:", f"{seq};", LIMIT))
    by_message = db.named_rows(f"{_COMMANDS} WHERE message=? AND message>0 ORDER BY id LIMIT ?", (message, LIMIT))
    rows = {row["id"]: row for row in by_event + by_message + db.named_rows(_PERSON_COMMANDS, (person, person))}
    return [rows[number] for number in sorted(rows)]


def _links(db: Database, person: int) -> list[Row]:
    return db.named_rows(
        "SELECT crm, state, record, owner, also, since, reason FROM links WHERE person=? ORDER BY id", (person,)
    )


def _dead(db: Database, seq: int, message: int) -> list[Row]:
    return db.named_rows(
        "SELECT id, kind, cause, at, state FROM dead WHERE (kind IN ('event', 'unrouted', 'plugin') AND ref=?)"
        " OR (kind IN ('send', 'uncertain', 'person', 'log', 'object', 'file')"
        " AND ref IN (SELECT id FROM outbox WHERE message=? AND message>0))"
        " OR (kind='media' AND ref IN (SELECT id FROM media WHERE message=?)) ORDER BY id LIMIT ?",
        (seq, message, message, LIMIT),
    )

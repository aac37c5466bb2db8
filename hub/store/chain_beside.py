"""What stands around a person or a record beside the contacts: a part of `why`, for read-only connections."""

from __future__ import annotations

import json
from typing import Any

from hub.store.dialects.database import Database

Row = dict[str, Any]

LIMIT = 50
"""Most records, conversations or commands of one answer."""
LAST = 10
"""Messages shown of a person."""

_OBJECT = (
    "SELECT o.id, o.crm, o.type, o.record, o.title, o.stage, o.closed, o.owner, o.amount, o.due, o.modified, o.fields"
)


def beside(db: Database, person: int) -> list[Row]:
    """The person's open deals, tickets and tasks, the newest first."""
    rows = db.named_rows(
        f"{_OBJECT} FROM links l JOIN crm_object_contacts c ON c.crm=l.crm AND c.contact=l.record"
        " JOIN crm_objects o ON o.id=c.object"
        " WHERE l.person=? AND l.record<>'' AND o.closed=0 AND o.type IN ('deal', 'ticket', 'task')"
        " ORDER BY o.id DESC LIMIT ?",
        (person, LIMIT),
    )
    return [_told(row) for row in rows]


def talks(db: Database, person: int) -> list[Row]:
    """The person's conversations, the last used one first; times in ms, 0 = never."""
    return db.named_rows(
        "SELECT id, inbox, opened, last_in, last_human, paused_until FROM conversations WHERE person=?"
        " ORDER BY last_in DESC, id DESC LIMIT ?",
        (person, LIMIT),
    )


def last_messages(db: Database, person: int) -> list[Row]:
    """The last messages from and to the person, in order."""
    rows = db.named_rows(
        "SELECT m.id, m.direction, m.author, m.agent, m.form, m.text, m.at, m.status, m.reason, c.inbox"
        " FROM conversations c CROSS JOIN messages m WHERE m.conversation=c.id AND c.person=?"
        " ORDER BY m.at DESC, m.id DESC LIMIT ?",
        (person, LAST),
    )
    return rows[::-1]


def records(db: Database, name: str) -> list[Row]:
    """Companies, deals, tickets and tasks with this id in a CRM, each with its people and what the hub wrote there."""
    found = db.named_rows(f"{_OBJECT} FROM crm_objects o WHERE o.record=? ORDER BY o.id LIMIT 20", (name,))
    return [
        {
            "is": f"{row['type']} {name}",
            "matched": f"a record in {row['crm']}",
            "object": _told(row),
            "contacts": _contacts(db, row["id"]),
            "commands": db.named_rows(
                "SELECT id, kind, target, rule, class, state, attempts, doubt, due, created, started, record, reason,"
                " message, event FROM outbox WHERE record=? AND record<>'' AND kind='object' AND target=?"
                " ORDER BY id LIMIT ?",
                (name, row["crm"], LIMIT),
            ),
            "decisions": db.named_rows(
                "SELECT d.at, d.because, d.version, coalesce(c.hash, '') AS hash FROM decisions d"
                " LEFT JOIN configurations c ON c.id=d.version WHERE d.event IN"
                " (SELECT event FROM outbox WHERE record=? AND record<>'' AND kind='object' AND target=?)"
                " ORDER BY d.id LIMIT ?",
                (name, row["crm"], LIMIT),
            ),
            "links": [],
        }
        for row in found
    ]


def known(db: Database, kind: str, name: str, crm: str = "") -> list[str]:
    """The CRMs that have a record of this type with this id, as far as the hub read them; `crm` "" = any."""
    found = db.named_rows(
        "SELECT crm FROM crm_objects WHERE type=? AND record=? AND (CAST(? AS TEXT)='' OR crm=?) ORDER BY crm",
        (kind, name, crm, crm),
    )
    return [row["crm"] for row in found]


def _contacts(db: Database, number: int) -> list[Row]:
    return db.named_rows(
        "SELECT c.contact, coalesce(p.id, 0) AS person, coalesce(p.name, '') AS name FROM crm_object_contacts c"
        " LEFT JOIN links l ON l.crm=c.crm AND l.record=c.contact AND l.record<>'' LEFT JOIN people p ON p.id=l.person"
        " WHERE c.object=? ORDER BY c.contact, l.id LIMIT ?",
        (number, LIMIT),
    )


def _told(row: Row) -> Row:
    fields = json.loads(row.pop("fields"))
    return {**row, "label": fields.get("stage_label", "")}

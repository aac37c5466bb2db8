"""What was said and what came of it, for the figures of hub.inquiries.feedback. Read only."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Generator

from hub.inquiries.feedback import Said
from hub.store.dialects.database import Database


def said(db: Database, since: int) -> Generator[Said, None, None]:
    """Messages since then (ms) that arrived or left, by person and time. Close it before anything else is asked."""
    rows = db.stream(
        "SELECT m.person, m.at, m.author, o.rule, o.class, o.body, o.event, m.event,"
        " CASE WHEN m.direction='in' THEN m.text ELSE '' END"
        " FROM conversations c JOIN messages m ON m.conversation=c.id"
        " LEFT JOIN outbox o ON o.message=m.id AND o.message>0 AND o.kind='send'"
        " WHERE c.last_at>=? AND m.at>=? AND m.deleted=0"
        " AND (m.direction='in' OR m.status IN ('accepted', 'sent', 'delivered', 'read'))"
        " ORDER BY m.person, m.at, m.id",
        (since, since),
    )
    for person, at, author, rule, cls, body, answers, event, text in rows:
        unasked = cls == "outreach"
        purpose = (json.loads(body).get("purpose", "") if body else "") or "inform" if unasked else ""
        yield Said(person, at, author, rule or "", purpose, event if author == "person" else answers or 0, text)


def handed_over(db: Database, since: int) -> dict[int, list[int]]:
    """When people were handed over to a human since then (ms), by person."""
    found: dict[int, list[int]] = defaultdict(list)
    for person, at in db.rows(
        "SELECT person, at FROM decisions WHERE person IN (SELECT person FROM conversations WHERE last_at>=?) AND at>=?"
        " AND because LIKE 'handed over to a human%' ORDER BY id",
        (since, since),
    ):
        found[person].append(at)
    return dict(found)


def left_alone(db: Database, since: int) -> dict[int, dict[int, int]]:
    """person -> for each silence that was left alone on purpose since then (ms): when a follow-up would have gone ->
    when that was decided first."""
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for person, at, record in db.rows(
        "SELECT person, at, record FROM decisions WHERE person IN (SELECT person FROM conversations WHERE last_at>=?)"
        " AND at>=? AND because LIKE 'follow-up %left alone for%' ORDER BY id",
        (since, since),
    ):
        for entry in json.loads(record) if record else []:
            if entry.get("otherwise"):
                found[person].setdefault(int(entry["otherwise"]), at)
    return dict(found)


def closed(db: Database, since: int) -> list[tuple[int, int]]:
    """Inquiries that were closed since then, as (when in ms, how many messages left meanwhile)."""
    rows = db.rows(
        "SELECT i.ended, count(m.id) FROM inquiries i LEFT JOIN conversations c ON c.person=i.person"
        " LEFT JOIN messages m ON m.conversation=c.id AND m.at>=i.opened AND m.at<=i.ended AND m.direction='out'"
        " AND m.status IN ('accepted', 'sent', 'delivered', 'read')"
        " WHERE i.state='closed' AND i.ended>=? GROUP BY i.id, i.ended ORDER BY i.id",
        (since,),
    )
    return [(int(ended), int(sent)) for ended, sent in rows]


def in_time(db: Database, tag: str, since: int, within: int) -> tuple[int, int]:
    """How often a tag was put on since then (ms), and after how many of these somebody wrote to the person within
    `within` ms."""
    row = db.rows(
        "SELECT count(*), sum(CASE WHEN EXISTS (SELECT 1 FROM conversations c JOIN messages m ON m.conversation=c.id"
        " WHERE c.person=h.person AND m.direction='out' AND m.at>h.at AND m.at<=h.at+?"
        " AND m.status IN ('accepted', 'sent', 'delivered', 'read')) THEN 1 ELSE 0 END)"
        " FROM tag_history h WHERE h.tag=? AND h.what='added' AND h.at>=?",
        (within, tag, since),
    )[0]
    return int(row[0]), int(row[1] or 0)

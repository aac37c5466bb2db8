"""What must always hold in a store, as questions whose answers are the rows that break it. Read-only."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import NamedTuple

from hub.sending import climbs
from hub.store.database import Database, StoreTrouble
from hub.store.journal import fingerprint

SHOWN = 5
"""Rows that are named of each broken rule; the others are counted."""

DAY = 86_400_000  # ms


class Checked(NamedTuple):
    """One rule: how many rows break it (0 = it holds), the first of them, and what to do."""

    rule: str
    broken: int
    rows: tuple[str, ...]
    remedy: str


RESTORE = "stop the hub and restore the last good backup: dragoman restore"
REPORT = "nothing is lost by it; report it with the output of `dragoman store check --json`"
RETRY = "dragoman dead list shows what waits; drop what names these rows"

_CHAIN = """WITH RECURSIVE chain(first, at, steps) AS (SELECT id, redirect, 1 FROM people WHERE redirect>0
 UNION ALL SELECT c.first, p.redirect, c.steps+1 FROM chain c JOIN people p ON p.id=c.at
 WHERE p.redirect>0 AND c.steps<100) SELECT DISTINCT 'person ' || first FROM chain WHERE at=first OR steps>=100"""

RULES: tuple[tuple[str, str, str], ...] = (
    (
        "a message has its conversation and its person",
        "SELECT 'message ' || m.id FROM messages m WHERE NOT EXISTS (SELECT 1 FROM conversations c"
        " WHERE c.id=m.conversation) OR NOT EXISTS (SELECT 1 FROM people p WHERE p.id=m.person)",
        RESTORE,
    ),
    (
        "a conversation has its person",
        "SELECT 'conversation ' || c.id FROM conversations c"
        " WHERE NOT EXISTS (SELECT 1 FROM people p WHERE p.id=c.person)",
        RESTORE,
    ),
    (
        "an identity and a link belong to a person",
        "SELECT 'identity of person ' || person FROM identities i WHERE NOT EXISTS (SELECT 1 FROM people p"
        " WHERE p.id=i.person) UNION ALL SELECT 'link ' || id FROM links l WHERE NOT EXISTS"
        " (SELECT 1 FROM people p WHERE p.id=l.person)",
        RESTORE,
    ),
    (
        "people who were merged lead to somebody, in no circle",
        f"{_CHAIN} UNION ALL SELECT 'person ' || a.id FROM people a WHERE a.redirect>0"
        " AND NOT EXISTS (SELECT 1 FROM people b WHERE b.id=a.redirect)",
        RESTORE,
    ),
    (
        "a linked record of a CRM belongs to one person",
        "SELECT crm || ' record ' || record FROM links l JOIN people p ON p.id=l.person"
        " WHERE record<>'' AND state='linked' AND p.redirect=0 GROUP BY crm, record HAVING count(*)>1",
        "two people are one in the CRM: merge them there, the hub follows at its next look",
    ),
    (
        "an open command has its person and its message",
        "SELECT 'command ' || o.id FROM outbox o WHERE o.open=1 AND ("
        "(o.lane>0 AND NOT EXISTS (SELECT 1 FROM people p WHERE p.id=o.lane))"
        " OR (o.message>0 AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.id=o.message)))",
        RESTORE,
    ),
    (
        "a command is open exactly while work is left",
        "SELECT 'command ' || id FROM outbox WHERE open<>(state IN ('held', 'waiting', 'started', 'evidence'))",
        REPORT,
    ),
    (
        "a message is sent by one command",
        "SELECT 'message ' || message FROM outbox WHERE kind='send' AND message>0 GROUP BY message HAVING count(*)>1",
        REPORT,
    ),
    (
        "what waits for its step stands in the journal",
        "SELECT 'event ' || q.seq FROM queue q WHERE NOT EXISTS (SELECT 1 FROM journal j WHERE j.seq=q.seq)",
        RESTORE,
    ),
    (
        "what is in the journal is remembered as seen",
        "SELECT 'event ' || seq FROM journal WHERE key<>'' AND NOT EXISTS"  # an erased person's have no key any more
        " (SELECT 1 FROM seen WHERE hash=fingerprint(source, account, key))",
        "a platform's repetition would be taken twice; restore the last good backup",
    ),
    (
        "an open dead letter and plugin work name what is there",
        "SELECT 'dead letter ' || id FROM dead d WHERE state='open' AND (kind IN ('event', 'unrouted') AND NOT EXISTS"
        " (SELECT 1 FROM journal j WHERE j.seq=d.ref) OR kind IN ('send', 'uncertain', 'person', 'log', 'object',"
        " 'file') AND NOT EXISTS"
        " (SELECT 1 FROM outbox o WHERE o.id=d.ref) OR kind='media' AND NOT EXISTS"
        " (SELECT 1 FROM media f WHERE f.id=d.ref)) UNION ALL SELECT 'plugin work ' || id FROM plugin_work w"
        " WHERE NOT EXISTS (SELECT 1 FROM journal j WHERE j.seq=w.event)",
        RETRY,
    ),
    (
        "a message's status is not behind what was reported",
        "SELECT 'message ' || m.id FROM statuses s JOIN messages m ON m.id=s.message"
        " WHERE s.status IN ('delivered', 'read') AND climbs(m.status, s.status)",
        REPORT,
    ),
    (
        "an armed timer has a time, a generation and its subject",
        "SELECT 'timer ' || t.id FROM timers t WHERE armed=1 AND (due<=0 OR generation<=0 OR (subject='conversation'"
        " AND NOT EXISTS (SELECT 1 FROM conversations c WHERE c.id=t.subject_id)))",
        REPORT,
    ),
    (
        "a file that was fetched is there",
        "SELECT 'media ' || id FROM media WHERE state='stored' AND (blob='' OR NOT has_blob(blob))",
        "copy the folder blobs back from a backup: dragoman restore --to another folder",
    ),
    (
        "an answer from a CRM has its message and a known state",
        "SELECT 'answer ' || id FROM crm_answers a WHERE state NOT IN ('open', 'told') OR (message>0 AND NOT EXISTS"
        " (SELECT 1 FROM messages m WHERE m.id=a.message))",
        REPORT,
    ),
    (
        "nothing was read in the future",
        "SELECT 'cursor ' || name FROM cursors WHERE at > future()",
        "the machine's clock was wrong once: set it right",
    ),
)
"""Name, question, remedy. A question gives one text per row that breaks the rule."""


def check_store(
    db: Database, has_blob: Callable[[str], bool], now: int, began: Callable[[str], None] = lambda rule: None
) -> Iterator[Checked]:
    """Ask everything, one result per rule. `has_blob` says whether a file stands in the blob store; `began` hears of
    each rule before it is asked. Memory stays bounded: rows that break a rule are counted, few are kept."""
    answers = db.connection
    answers.create_function("fingerprint", 3, fingerprint, deterministic=True)
    answers.create_function("climbs", 2, climbs, deterministic=True)
    answers.create_function("has_blob", 1, has_blob)
    answers.create_function("future", 0, lambda: now + DAY)
    began("the file is whole")
    yield _whole(db)
    for rule, question, remedy in RULES:
        began(rule)
        yield _ask(db, rule, question, remedy)
    began("numbers are never given twice")
    yield _numbers(db)


def _whole(db: Database) -> Checked:
    try:
        found = [str(row[0]) for row in db.rows(f"PRAGMA integrity_check({SHOWN})")]
    except (sqlite3.DatabaseError, StoreTrouble) as error:
        found = [str(error)]
    broken = [] if found == ["ok"] else found
    return Checked("the file is whole", len(broken), tuple(broken), RESTORE)


def _ask(db: Database, rule: str, question: str, remedy: str) -> Checked:
    count = 0
    rows: list[str] = []
    try:
        for (row,) in db.connection.execute(question):
            count += 1
            if len(rows) < SHOWN:
                rows.append(str(row))
    except (sqlite3.DatabaseError, StoreTrouble) as error:
        return Checked(rule, 1, (f"cannot be asked: {error}",), RESTORE)
    return Checked(rule, count, tuple(rows), remedy)


def _numbers(db: Database) -> Checked:
    """The counter of each table stands at or behind its highest number."""
    found = []
    try:
        for (table,) in db.rows("SELECT name FROM sqlite_master WHERE type='table' AND sql LIKE '%AUTOINCREMENT%'"):
            key = "seq" if table == "journal" else "id"
            highest = db.rows(f"SELECT coalesce(max({key}), 0) FROM {table}")[0][0]
            counter = db.rows("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name=?", (table,))[0][0]
            if highest > counter:
                found.append(f"{table} {highest}")
    except (sqlite3.DatabaseError, StoreTrouble) as error:
        found.append(str(error))
    return Checked("numbers are never given twice", len(found), tuple(found[:SHOWN]), RESTORE)


def how_many(db: Database) -> dict[str, int]:
    """How many rows the main tables hold, for people who compare a backup."""
    tables = ("people", "conversations", "messages", "journal", "queue", "outbox", "media", "dead")
    return {table: int(db.rows(f"SELECT count(*) FROM {table}")[0][0]) for table in tables}

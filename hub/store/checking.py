"""What must always hold in a store, as questions whose answers are the rows that break it. Read-only.

The questions are one text for both engines. Where a row alone does not say whether it breaks the rule, the question
gives the values that decide, and a judge here looks at them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import NamedTuple

from hub.sending import climbs
from hub.store.dialects.database import Database
from hub.store.dialects.numbers import counter, numbered
from hub.store.dialects.sqlite import Sqlite
from hub.store.journal import fingerprint

SHOWN = 5
"""Rows that are named of each broken rule; the others are counted."""

DAY = 86_400_000  # ms


PART = 2000
"""Rows looked at together."""


class Checked(NamedTuple):
    """One rule: how many rows break it (0 = it holds), the first of them, and what to do; `note` says what else is to
    be known about it."""

    rule: str
    broken: int
    rows: tuple[str, ...]
    remedy: str
    note: str = ""


RESTORE = "stop the hub and restore the last good backup: dragoman restore"
REPORT = "nothing is lost by it; report it with the output of `dragoman store check --json`"
RETRY = "dragoman dead list shows what waits; drop what names these rows"

WHOLE = "the file is whole"
PAGES = "the server finds its pages and indexes whole"
NUMBERS = "numbers are never given twice"
SEEN = "what is in the journal is remembered as seen"
STATUS = "a message's status is not behind what was reported"
FILE = "a file that was fetched is there"
CLOCK = "nothing was read in the future"

_CHAIN = """WITH RECURSIVE chain(first, at, steps) AS (SELECT id, redirect, 1 FROM people WHERE redirect>0
 UNION ALL SELECT c.first, p.redirect, c.steps+1 FROM chain c JOIN people p ON p.id=c.at
 WHERE p.redirect>0 AND c.steps<100) SELECT DISTINCT 'person ' || first FROM chain WHERE at=first OR steps>=100"""

_OF_PEOPLE = {"inquiries": "inquiry", "person_tags": "tag", "person_values": "value", "consents": "consent"}


def _each(question: str) -> str:
    """A question asked of every table of what stands of people."""
    return " UNION ALL ".join(question.format(table=table, name=name) for table, name in _OF_PEOPLE.items())


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
        "SELECT 'command ' || id FROM outbox"
        " WHERE open<>CASE WHEN state IN ('held', 'waiting', 'started', 'evidence') THEN 1 ELSE 0 END",
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
        SEEN,
        "SELECT seq, source, account, key FROM journal WHERE seq>? AND key<>''"  # an erased person's have none any more
        f" ORDER BY seq LIMIT {PART}",
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
        STATUS,
        "SELECT 'message ' || m.id, m.status, s.status FROM statuses s JOIN messages m ON m.id=s.message"
        " WHERE s.status IN ('delivered', 'read') AND m.status<>s.status",
        REPORT,
    ),
    (
        "an armed timer has a time, a generation and its subject",
        "SELECT 'timer ' || t.id FROM timers t WHERE armed=1 AND (due<=0 OR generation<=0 OR (subject='conversation'"
        " AND NOT EXISTS (SELECT 1 FROM conversations c WHERE c.id=t.subject_id)) OR (subject='person'"
        " AND NOT EXISTS (SELECT 1 FROM people p WHERE p.id=t.subject_id)))",
        REPORT,
    ),
    (
        "an inquiry, a tag, a value and a consent belong to a person",
        _each(
            "SELECT '{name} of person ' || t.person FROM {table} t WHERE NOT EXISTS"
            " (SELECT 1 FROM people p WHERE p.id=t.person)"
        ),
        RESTORE,
    ),
    (
        "of an erased person no inquiry, tag, value or consent is left",
        _each("SELECT '{name} of person ' || t.person FROM {table} t JOIN people p ON p.id=t.person WHERE p.erased>0"),
        "erase the person once more, in the CRM",
    ),
    (
        "a person has one inquiry that is not closed",
        "SELECT 'person ' || person FROM inquiries WHERE state<>'closed' GROUP BY person HAVING count(*)>1",
        REPORT,
    ),
    (
        "an inquiry is in a known state, with its times and its clock",
        "SELECT 'inquiry ' || id FROM inquiries WHERE state NOT IN ('open', 'snoozed', 'closed')"
        " OR (state='closed' AND ended=0) OR (state='snoozed' AND until=0) OR (reply_by>0 AND clock='')"
        " OR (owner<>'' AND assigned=0)",
        REPORT,
    ),
    (
        "a turn in a campaign belongs to a run, whose state is known",
        "SELECT DISTINCT 'turn in run ' || t.run FROM campaign_people t WHERE NOT EXISTS (SELECT 1 FROM campaign_runs r"
        " WHERE r.id=t.run) UNION ALL SELECT 'run ' || id FROM campaign_runs"
        " WHERE state NOT IN ('filling', 'running', 'stopped', 'done')",
        REPORT,
    ),
    (
        "what is learned of silences adds up",
        "SELECT 'step ' || step || ' of ' || kind FROM chances WHERE answered<0 OR answered>cases UNION ALL"
        " SELECT name FROM rhythm WHERE answered<0 OR answered>asked",
        REPORT,
    ),
    (
        FILE,
        "SELECT 'media ' || id, blob FROM media WHERE state='stored'",
        "copy the folder blobs back from a backup: dragoman restore --to another folder",
    ),
    (
        "an answer from a CRM has its message and a known state",
        "SELECT 'answer ' || id FROM crm_answers a WHERE state NOT IN ('open', 'told') OR (message>0 AND NOT EXISTS"
        " (SELECT 1 FROM messages m WHERE m.id=a.message))",
        REPORT,
    ),
    (
        CLOCK,
        "SELECT 'cursor ' || name, at FROM cursors",
        "the machine's clock was wrong once: set it right",
    ),
)
"""Name, question, remedy. A question gives one text per row that breaks the rule, or may break it."""


def check_store(
    db: Database, has_blob: Callable[[str], bool], now: int, began: Callable[[str], None] = lambda rule: None
) -> Iterator[Checked]:
    """Ask everything, one result per rule. `has_blob` says whether a file stands in the blob store; `began` hears of
    each rule before it is asked. Memory stays bounded: rows that break a rule are counted, few are kept."""
    judges: dict[str, Callable[..., bool]] = {
        STATUS: climbs,
        FILE: lambda blob: not blob or not has_blob(blob),
        CLOCK: lambda at: at > now + DAY,
    }
    began(WHOLE if isinstance(db, Sqlite) else PAGES)
    yield _whole(db) if isinstance(db, Sqlite) else _pages(db)
    for rule, question, remedy in RULES:
        began(rule)
        yield _counted(rule, remedy, _unseen(db, question) if rule == SEEN else _ask(db, question, judges.get(rule)))
    began(NUMBERS)
    yield _counted(NUMBERS, RESTORE, _numbers(db))


def _counted(rule: str, remedy: str, breaking: Iterator[str]) -> Checked:
    count = 0
    rows: list[str] = []
    try:
        for row in breaking:
            count += 1
            if len(rows) < SHOWN:
                rows.append(row)
    except Exception as error:  # each engine has its own, and a torn file can do anything
        return Checked(rule, 1, (f"cannot be asked: {error}",), RESTORE)
    return Checked(rule, count, tuple(rows), remedy)


def _ask(db: Database, question: str, judge: Callable[..., bool] | None) -> Iterator[str]:
    with closing(db.stream(question)) as found:
        for row, *values in found:
            if judge is None or judge(*values):
                yield str(row)


def _unseen(db: Database, question: str) -> Iterator[str]:
    """Events whose fingerprint is not kept, looked for some thousands at once."""
    after = 0
    while events := db.rows(question, (after,)):
        hashes = {fingerprint(*event[1:]): event[0] for event in events}
        there = {bytes(found) for (found,) in db.rows_in("SELECT hash FROM seen WHERE hash IN (*)", list(hashes))}
        yield from (f"event {seq}" for mark, seq in hashes.items() if mark not in there)
        after = events[-1][0]


def _whole(db: Database) -> Checked:
    broken = (str(row) for (row,) in db.stream(f"PRAGMA integrity_check({SHOWN})") if row != "ok")
    return _counted(WHOLE, RESTORE, broken)


def _pages(db: Database) -> Checked:
    """PostgreSQL has no question of that kind: the checksums of its pages stand in, and amcheck where it is installed
    (postgresql.org, "Data Checksums" and "amcheck")."""
    notes: list[str] = []

    def found() -> Iterator[str]:
        ((sums, failed),) = db.rows(
            "SELECT current_setting('data_checksums'), coalesce(checksum_failures, 0) FROM pg_stat_database"
            " WHERE datname=current_database()"
        )
        if failed:
            yield f"{failed} pages whose checksum was wrong"
        notes.append("each page read is checked" if sums == "on" else "data checksums are off: pg_checksums -e")
        if not db.rows("SELECT 1 FROM pg_extension WHERE extname='amcheck'"):
            notes.append("CREATE EXTENSION amcheck lets this command check the indexes too")
            return
        indexes = db.rows(
            "SELECT c.oid::bigint, c.relname FROM pg_index i JOIN pg_class c ON c.oid=i.indexrelid"
            " JOIN pg_am a ON a.oid=c.relam WHERE a.amname='btree' AND c.relnamespace=current_schema()::regnamespace"
            " AND c.relpersistence='p' AND i.indisvalid ORDER BY c.relname"
        )
        for oid, name in indexes:
            try:
                db.rows("SELECT bt_index_check(?::bigint::oid::regclass)", (oid,))
            except Exception as error:
                yield f"index {name}: {error}"
        notes.append(f"amcheck looked at {len(indexes)} indexes")

    return _counted(PAGES, RESTORE, found())._replace(note="; ".join(notes))


def _numbers(db: Database) -> Iterator[str]:
    """The counter of each table stands at or behind its highest number."""
    for table, key in numbered().items():
        highest = db.rows(f"SELECT coalesce(max({key}), 0) FROM {table}")[0][0]
        if highest > counter(db, table):
            yield f"{table} {highest}"


def how_many(db: Database) -> dict[str, int]:
    """How many rows the main tables hold, for people who compare a backup."""
    tables = ("people", "conversations", "messages", "journal", "queue", "outbox", "media", "dead")
    return {table: int(db.rows(f"SELECT count(*) FROM {table}")[0][0]) for table in tables}

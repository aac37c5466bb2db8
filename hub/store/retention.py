"""What is kept how long. A reader finds what may go, the writer removes it in small batches and looks once more.

Never `seen`, never open work, never what an open dead letter, waiting plugin work or the queue still names.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from hub.store import trail
from hub.store.dialects.database import Database
from hub.store.store import Store

BATCH = 500
"""Most rows of one transaction: the line waits for a few milliseconds at most."""

CASCADE = 60
"""Messages of one transaction: each takes its statuses, its files and its links with it."""

DAY = 86_400_000  # ms


class Keep(NamedTuple):
    """Days each thing is kept, 0 = for good."""

    journal: int
    done: int
    media: int
    messages: int
    dead: int
    ledger: int
    news: int


class Rule(NamedTuple):
    """`table` by `key`, `clock` its time; `guard` keeps rows that are still needed, each `?` in it is the cutoff;
    `also` runs before, per row."""

    table: str
    key: str
    clock: str
    guard: str
    days: int
    batch: int = BATCH
    also: tuple[str, ...] = ()
    change: str = ""  # what is done instead of a deletion

    def bound(self, cutoff: int) -> tuple[int, ...]:
        """The values of the guard."""
        return (cutoff,) * self.guard.count("?")


_LETTER = "EXISTS (SELECT 1 FROM dead d WHERE d.state='open' AND d.ref="
_OF_COMMAND = "d.kind IN ('send', 'uncertain', 'person', 'log', 'object', 'file')"
_OF_EVENT = "d.kind IN ('event', 'unrouted', 'plugin')"
_YOUNG = "EXISTS (SELECT 1 FROM messages m WHERE m.id=t.message AND m.received>=?)"


def rules(keep: Keep) -> tuple[Rule, ...]:
    """What the policy removes, in the order in which it is removed."""
    return (
        Rule(
            "outbox",
            "id",
            "created",
            "t.open=0 AND t.kind<>'person' AND NOT "
            f"{_LETTER}t.id AND {_OF_COMMAND}) AND NOT {_LETTER}t.event AND {_OF_EVENT}) AND NOT {_YOUNG}",
            keep.done,
        ),
        Rule("decisions", "id", "at", f"NOT {_LETTER}t.event AND {_OF_EVENT})", keep.done),
        Rule(
            "messages",
            "id",
            "received",
            "NOT EXISTS (SELECT 1 FROM outbox o WHERE o.message=t.id AND o.message>0 AND (o.open=1"
            f" OR {_LETTER}o.id AND {_OF_COMMAND})))"
            " AND NOT EXISTS (SELECT 1 FROM media f WHERE f.message=t.id AND (f.state='pending'"
            f" OR {_LETTER}f.id AND d.kind='media')))"
            " AND NOT EXISTS (SELECT 1 FROM crm_answers a WHERE a.message=t.id AND a.state='open')",
            keep.messages,
            CASCADE,
            (
                "DELETE FROM statuses WHERE message IN (*)",
                "DELETE FROM media WHERE message IN (*)",
                "UPDATE crm_answers SET message=0 WHERE message>0 AND message IN (*)",
            ),
        ),
        Rule(
            "media",
            "id",
            "message",
            "t.state='stored' AND EXISTS (SELECT 1 FROM messages m WHERE m.id=t.message AND m.received<?)",
            keep.media,
            change="UPDATE media SET state='expired', blob='', reason='deleted after the time it is kept' WHERE",
        ),
        Rule("dead", "id", "handled", "t.state<>'open' AND t.handled>0 AND t.handled<?", keep.dead),
        Rule("conflicts", "id", "at", "t.state<>'asked' AND t.at<?", keep.dead),
        Rule("news", "id", "at", "t.at<?", keep.news),
        Rule("tag_history", "id", "at", "t.at<?", keep.messages),
        Rule("ratings", "id", "at", "t.at<?", keep.messages),
        Rule("inquiries", "id", "ended", "t.state='closed' AND t.ended<?", keep.messages),
        Rule("early", "id", "at", "t.at<?", 1),
        Rule("trail", "id", "at", "t.at<?", keep.journal),
        Rule(
            "journal",
            "seq",
            "received",
            "NOT EXISTS (SELECT 1 FROM queue q WHERE q.seq=t.seq)"
            " AND NOT EXISTS (SELECT 1 FROM plugin_work w WHERE w.event=t.seq)"
            f" AND NOT {_LETTER}t.seq AND {_OF_EVENT})"
            " AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.open=1 AND o.event=t.seq)",
            keep.journal,
        ),
    )


def boundary(db: Database, rule: Rule, cutoff: int) -> int:
    """The first key whose time is not before `cutoff`, by halving: keys and times grow together. Never a whole scan."""
    if rule.clock not in ("created", "at", "received"):
        return 1 << 62
    table, key = rule.table, rule.key
    ends = db.rows(f"SELECT coalesce(min({key}), 0), coalesce(max({key}), -1) FROM {table}")
    low, high = ends[0][0], ends[0][1] + 1
    ask = f"SELECT {key}, {rule.clock} FROM {table} WHERE {key}>=? ORDER BY {key} LIMIT 1"
    while low < high:
        middle = (low + high) // 2
        found = db.rows(ask, (middle,))
        if found and found[0][1] < cutoff:
            low = found[0][0] + 1
        else:
            high = middle
    return int(low)


def find(db: Database, rule: Rule, now: int, after: int = 0, *, count: bool = False) -> list[int]:
    """Keys behind `after` that may go, at most a batch of them; with `count` their number alone. For a reader."""
    if not rule.days:
        return [0] if count else []
    cutoff = now - rule.days * DAY
    what, limit = ("count(*)", "") if count else (f"t.{rule.key}", f" ORDER BY t.{rule.key} LIMIT {rule.batch}")
    sql = f"SELECT {what} FROM {rule.table} t WHERE t.{rule.key}>? AND t.{rule.key}<? AND {rule.guard}{limit}"
    return [int(row[0]) for row in db.rows(sql, (after, boundary(db, rule, cutoff), *rule.bound(cutoff)))]


def remove(store: Store, rule: Rule, keys: Sequence[int], now: int) -> int:
    """Remove those of these that still may go, in one transaction. Returns how many."""
    if not keys:
        return 0
    cutoff = now - rule.days * DAY
    with store.transaction():
        sql = f"SELECT t.{rule.key} FROM {rule.table} t WHERE t.{rule.key} IN (*) AND {rule.guard}"
        sure = sorted({row[0] for row in store.db.rows_in(sql, keys, rule.bound(cutoff))})
        if not sure:
            return 0
        take_away(store.db, rule, sure)
        if rule.table not in ("journal", "trail"):
            trail.note(store.db, trail.REMOVED, now, table=rule.table, rows=trail.runs(sure))
        return len(sure)


def take_away(db: Database, rule: Rule, keys: Sequence[int]) -> None:
    """These rows go, with what belongs to them; inside a transaction."""
    for statement in rule.also:
        db.run_in(statement, keys)
    db.run_in(f"{rule.change or f'DELETE FROM {rule.table} WHERE'} {rule.key} IN (*)", keys)


def find_ledger(db: Database, keep: Keep, now: int) -> list[tuple[Any, ...]]:
    """Own writes that a CRM has long told back, at most a batch; and what platforms hold of files. For a reader."""
    if not keep.ledger:
        return []
    sql = "SELECT record, field, hash, crm FROM write_ledger WHERE at<? LIMIT ?"
    return db.rows(sql, (now - keep.ledger * DAY, BATCH))


def remove_ledger(store: Store, rows: Sequence[tuple[Any, ...]], keep: Keep, now: int) -> int:
    """Remove those of these that are still as old, in one transaction."""
    cutoff = now - keep.ledger * DAY
    with store.transaction():
        sql = "DELETE FROM write_ledger WHERE record=? AND field=? AND hash=? AND crm=? AND at<?"
        return store.db.run_many(sql, [(*row, cutoff) for row in rows])


def find_turns(db: Database, keep: Keep, now: int) -> list[tuple[int, int]]:
    """Turns (run, person) in campaigns that ended long ago, at most a batch. For a reader."""
    if not keep.done:
        return []
    sql = (
        "SELECT t.run, t.person FROM campaign_runs r JOIN campaign_people t ON t.run=r.id"
        " WHERE r.state='done' AND r.ended<? ORDER BY t.run, t.person LIMIT ?"
    )
    return [(int(run), int(person)) for run, person in db.rows(sql, (now - keep.done * DAY, BATCH))]


def remove_turns(store: Store, rows: Sequence[tuple[int, int]]) -> int:
    """Remove these, in one transaction; a run that is over never begins again."""
    with store.transaction():
        return store.db.run_many("DELETE FROM campaign_people WHERE run=? AND person=?", rows)

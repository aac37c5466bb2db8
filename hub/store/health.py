"""What an operator wants to know of a store: how old the oldest work is, what is dead and why, what was told.

For read-only connections beside a running hub.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from hub.store.dialects.database import Database

CAUSES = 20
"""Most causes that are told apart; the rest is counted together: a metric must not grow without end."""
GAP_COUNTS = 7 * 86_400_000
"""ms for which a gap is something to look at."""
_VARIES = re.compile(r"[0-9a-f]{8,}|\d+|'[^']*'|\"[^\"]*\"")


class Waiting(NamedTuple):
    """Open commands of one kind for one inbox or CRM: how many, when the oldest was made and when it is due (ms)."""

    kind: str
    target: str
    state: str
    rows: int
    created: int
    due: int


class News(NamedTuple):
    """The newest word of a platform (or of the hub, topic `gap`) about one subject; `at` is the platform's time, ms."""

    at: int
    connection: str
    topic: str
    subject: str
    text: str
    bad: bool


def waiting(db: Database) -> list[Waiting]:
    """Open commands by kind, target and state."""
    found = db.rows(
        "SELECT kind, target, state, count(*), min(created), min(due) FROM outbox WHERE open=1"
        " GROUP BY kind, target, state ORDER BY kind, target, state"
    )
    return [Waiting(*row) for row in found]


def dead_by_cause(db: Database) -> dict[tuple[str, str], int]:
    """(kind, cause) -> open dead letters; numbers and quoted words in a cause are left out, rare causes are `other`."""
    counts: Counter[tuple[str, str]] = Counter()
    for kind, cause, count in db.rows(
        "SELECT kind, cause, count(*) FROM dead WHERE state='open' GROUP BY kind, cause ORDER BY kind, cause"
    ):
        counts[kind, _VARIES.sub("…", cause)[:80]] += count
    kept = dict(counts.most_common(CAUSES))
    for (kind, cause), count in counts.items():
        if (kind, cause) not in kept:
            kept[kind, "other"] = kept.get((kind, "other"), 0) + count
    return kept


def timers(db: Database, now: int) -> tuple[int, int]:
    """Armed timers, and those of them that should have fired by now (ms)."""
    found = db.rows("SELECT count(*), count(CASE WHEN due<=? THEN 1 END) FROM timers WHERE armed=1", (now,))
    return int(found[0][0]), int(found[0][1])


def media(db: Database) -> dict[str, int]:
    """state -> files of inbound messages."""
    return {str(s): int(n) for s, n in db.rows("SELECT state, count(*) FROM media GROUP BY state ORDER BY state")}


def unrouted(db: Database) -> list[str]:
    """Causes of open dead letters about accounts that no inbox names, each once."""
    return [
        str(cause)
        for (cause,) in db.rows("SELECT DISTINCT cause FROM dead WHERE state='open' AND kind='unrouted' ORDER BY cause")
    ]


def news(db: Database, now: int) -> list[News]:
    """The newest word about each subject, the worst and newest first. A gap counts as bad for a week."""
    found = db.rows(
        "SELECT at, connection, topic, subject, text, bad FROM (SELECT *, row_number() OVER"
        " (PARTITION BY connection, topic, subject ORDER BY at DESC, id DESC) AS place FROM news) AS placed"
        " WHERE place=1 ORDER BY bad DESC, at DESC, id DESC"
    )
    return [
        News(at, connection, topic, subject, text, bool(bad) and (topic != "gap" or now - at < GAP_COUNTS))
        for at, connection, topic, subject, text, bad in found
    ]


def unread(db: Database, crm: str) -> bool:
    """Whether the first read of a CRM is not finished."""
    found = db.rows("SELECT value FROM cursors WHERE name=?", (f"crm.{crm}.read",))
    return not found or found[0][0] != "done"

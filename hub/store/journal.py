"""Accept and claim: the durable way in, and the order in which work is taken up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple

from hub.store.database import Database

FAIR_SCAN = 50_000
"""How far into a backlog a claim looks for lanes other than the busiest."""


class Incoming(NamedTuple):
    """One event to accept. `lane` is a hint for fairness; times in ms."""

    source: str
    account: str
    key: str
    lane: str
    at: int
    received: int
    body: bytes


class Claimed(NamedTuple):
    """One event to work on, in journal order."""

    seq: int
    source: str
    account: str
    key: str
    lane: str
    at: int
    received: int
    body: bytes


def fingerprint(source: str, account: str, key: str) -> bytes:
    """The idempotency key of an event, as `seen` keeps it."""
    return blake2b(f"{source}\0{account}\0{key}".encode("utf-8", "replace"), digest_size=16).digest()


def accept(db: Database, events: Sequence[Incoming]) -> list[int]:
    """Append new events to journal and queue; call inside a transaction.

    Returns the journal seq of each, 0 for one that was seen before.
    """
    hashes = [fingerprint(e.source, e.account, e.key) for e in events]
    known = {row[0] for row in db.rows_in("SELECT hash FROM seen WHERE hash IN (*)", hashes)} if hashes else set()
    seqs, seen, journal, queue = [], [], [], []
    for event, digest in zip(events, hashes, strict=True):
        if digest in known:
            seqs.append(0)
            continue
        known.add(digest)
        seq = db.next_id("journal")
        seqs.append(seq)
        seen.append((digest,))
        journal.append((seq, event.source, event.account, event.key, event.at, event.received, event.body))
        queue.append((seq, event.lane))
    if journal:
        db.insert("seen", seen)
        db.insert("journal", journal)
        db.insert("queue", queue)
    return seqs


LANE = Claimed._fields.index("lane")

_CLAIM = (
    "SELECT q.seq, j.source, j.account, j.key, q.lane, j.at, j.received, j.body"
    " FROM queue q CROSS JOIN journal j ON j.seq = q.seq"
)


def claim(db: Database, budget: int) -> list[Claimed]:
    """The next events in journal order, at most `budget`.

    When one lane crowds the head of a backlog, every lane gets its share of the budget first and what is left goes by
    order: one person's thousand messages delay the others by a few steps at most.
    """
    found = db.rows(f"{_CLAIM} ORDER BY q.seq LIMIT ?", (budget,))
    share = max(1, budget // 16)
    if len(found) == budget and max(Counter(row[LANE] for row in found).values()) > share:
        found = db.rows(
            f"{_CLAIM} WHERE q.seq IN (SELECT seq FROM (SELECT seq,"  # noqa: S608 - no value is formatted in
            " row_number() OVER (PARTITION BY lane ORDER BY seq) AS place"
            " FROM (SELECT seq, lane FROM queue ORDER BY seq LIMIT ?)) ORDER BY place > ?, seq LIMIT ?) ORDER BY q.seq",
            (FAIR_SCAN, share, budget),
        )
    return [Claimed(*row) for row in found]


def unqueue(db: Database, seqs: Sequence[int]) -> None:
    """Their work is done."""
    db.run_in("DELETE FROM queue WHERE seq IN (*)", seqs)

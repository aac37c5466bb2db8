"""Accept and claim: the durable way in, and the order in which work is taken up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple

from hub.store.dialects.database import Database

WIDER = 4
"""Budgets of events among which a claim beside others looks for lanes that are free."""
FAIR_SCAN = 50_000
"""How far into a backlog a claim looks for lanes other than the busiest."""


class Incoming(NamedTuple):
    """One event to accept. `lane` is a hint for fairness, up to its last bar of the inbox; times in ms."""

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
    """Append new events to journal and queue; call inside a transaction, which may be one apart.

    Returns the journal seq of each, 0 for one that was seen before.
    """
    if not events:
        return []
    hashes = [fingerprint(e.source, e.account, e.key) for e in events]
    new = _unseen(db, hashes)
    seqs, journal, queue = [], [], []
    for event, digest in zip(events, hashes, strict=True):
        if digest not in new:
            seqs.append(0)
            continue
        new.discard(digest)
        seq = db.next_id("journal")
        seqs.append(seq)
        journal.append((seq, event.source, event.account, event.key, event.at, event.received, event.body))
        queue.append((seq, event.lane))
    if journal:
        db.insert("journal", journal)
        db.insert("queue", queue)
    return seqs


def _unseen(db: Database, hashes: Sequence[bytes]) -> set[bytes]:
    """Those that nobody saw before; from now on they are seen."""
    if db.shared:  # another process may just be at it: who inserts it has it, in an order that all keep
        sql = "INSERT INTO seen (hash) SELECT unnest(?::bytea[]) ON CONFLICT DO NOTHING RETURNING hash"
        return {bytes(row[0]) for row in db.rows(sql, (sorted(set(hashes)),))}
    known = {row[0] for row in db.rows_in("SELECT hash FROM seen WHERE hash IN (*)", hashes)}
    new = dict.fromkeys(digest for digest in hashes if digest not in known)
    db.insert("seen", [(digest,) for digest in new])
    return set(new)


_CLAIM = (
    "SELECT q.seq, j.source, j.account, j.key, q.lane, j.at, j.received, j.body"
    " FROM queue q CROSS JOIN journal j WHERE j.seq = q.seq"
)


_HEAD = "SELECT q.seq, q.lane FROM queue q WHERE true"
_FAIR = (
    " AND q.seq IN (SELECT seq FROM (SELECT seq,"
    " row_number() OVER (PARTITION BY lane ORDER BY seq) AS place"
    " FROM (SELECT seq, lane FROM queue ORDER BY seq LIMIT ?) AS head) AS placed ORDER BY place > ?, seq LIMIT ?)"
    " ORDER BY q.seq"
)
_INBOX = "rtrim(lane, replace(lane, '|', ''))"
"""A lane up to its last bar: the queue has an index of it."""
_NEXT_INBOX = f"SELECT {_INBOX} FROM queue WHERE {_INBOX} > ? ORDER BY {_INBOX} LIMIT 1"  # noqa: S608 - our words
_OF_INBOX = f"SELECT seq, lane FROM queue WHERE {_INBOX} = ? ORDER BY seq LIMIT ?"  # noqa: S608


def claim(db: Database, budget: int) -> list[Claimed]:
    """The next events in journal order, at most `budget`; beside other processes, those of lanes that are free.

    When one lane or inbox crowds the head of a backlog, the others get their share of the budget first and what is left
    goes by order: a thousand messages of one person, or through one inbox, delay nobody else by more than a few steps.
    """
    if db.held is not None:
        return _claim_free(db, budget)
    found = [Claimed(*row) for row in db.rows(f"{_CLAIM} ORDER BY q.seq LIMIT ?", (budget,))]
    lanes = [row.lane for row in found]
    quiet = {seq for seq, _ in _quiet(db, lanes, budget, budget)}
    if _crowded(lanes, budget):
        found = [Claimed(*row) for row in db.rows(_CLAIM + _FAIR, (FAIR_SCAN, _share(budget), budget))]
    if not quiet:
        return found
    rest = [row.seq for row in found if row.seq not in quiet]
    return claim_these(db, [*quiet, *rest[: budget - len(quiet)]])


def _claim_free(db: Database, budget: int) -> list[Claimed]:
    """The head is looked at, the lanes in it are taken as far as they are free, then their events are read: what others
    ended meanwhile is no more among them."""
    share = wide = budget * WIDER
    head = db.rows("SELECT seq, lane FROM queue ORDER BY seq LIMIT ?", (wide,))
    found = [lane for _, lane in head]
    quiet = dict(_quiet(db, found, wide, budget))
    if _crowded(found, wide):
        share = _share(budget)
        head = db.rows(_HEAD + _FAIR, (FAIR_SCAN, share, wide))
    waiting: dict[str, list[int]] = {lane: [] for lane in quiet.values()}
    for seq, lane in sorted({*head, *quiet.items()}):
        waiting.setdefault(lane, []).append(seq)
    taken: list[int] = []
    more: list[int] = []  # beyond a lane's share: where room is left
    lanes = list(waiting)
    while lanes and len(taken) < budget:
        some: list[str] = []
        room = budget - len(taken)
        while lanes and room > 0:
            some.append(lanes.pop(0))
            room -= min(share, len(waiting[some[-1]]))
        for lane in db.free_lanes(some):
            taken += waiting[lane][:share]
            more += waiting[lane][share:]
    taken = sorted(taken, key=lambda seq: (seq not in quiet, seq))[:budget]
    return claim_these(db, taken + sorted(more)[: budget - len(taken)])


def _quiet(db: Database, head: Sequence[str], full: int, budget: int) -> list[tuple[int, str]]:
    """Where one inbox fills the head of a backlog: the first events of the others (seq, lane), for half of the budget
    at most."""
    ((busiest, many),) = Counter(map(_inbox, head)).most_common(1) or [("", 0)]
    if len(head) < full or many * 2 <= full:
        return []
    inboxes: list[str] = [""]  # the hub's own events
    while len(inboxes) < budget and (following := db.rows(_NEXT_INBOX, (inboxes[-1],))):
        inboxes.append(following[0][0])
    others = [inbox for inbox in inboxes if inbox != busiest]
    share = max(1, budget // 2 // max(1, len(others)))
    return [row for inbox in others for row in db.rows(_OF_INBOX, (inbox, share))][: budget // 2]


def _inbox(lane: str) -> str:
    return lane[: lane.rfind("|") + 1]


def claim_these(db: Database, seqs: Sequence[int]) -> list[Claimed]:
    """Those of these events that are still in the queue, in journal order."""
    return [Claimed(*row) for row in db.rows_in(f"{_CLAIM} AND q.seq IN (*) ORDER BY q.seq", seqs)]


def _share(budget: int) -> int:
    return max(1, budget // 16)


def _crowded(lanes: Sequence[str], budget: int) -> bool:
    return len(lanes) == budget and max(Counter(lanes).values()) > _share(budget)


def unqueue(db: Database, seqs: Sequence[int]) -> None:
    """Their work is done."""
    db.run_in("DELETE FROM queue WHERE seq IN (*)", seqs)

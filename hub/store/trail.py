"""The trail: every transaction that decided something, in order, so that all of it can be done once more.

The journal says what happened; it does not say which events were worked off together, when, and what was leased in
between. A row of the trail does, and names the numbers that its transaction gave to new rows. It is written inside the
transaction it tells of: where several processes work beside each other it is so behind the rows of all transactions
whose people it concerns.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import groupby, islice
from typing import Any, NamedTuple

from hub.store.dialects.database import Database
from hub.store.journal import Claimed
from hub.wire import json

STEP, BURIED, LEASE, CRM, TICK = "step", "buried", "lease", "crm", "tick"
START, JUDGED, SHAPE, AGAIN, MAPPING = "start", "judged", "shape", "again", "mapping"
RECOVERED, CLOCK, RESTORED, REMOVED = "recovered", "clock", "restored", "removed"
CAMPAIGN = "campaign"
UNNAMED = ("journal", "trail")
"""Tables whose numbers a row does not name."""


class Entry(NamedTuple):
    """One transaction: `at` is its time (ms), `what` its facts by kind, with `ids` (table -> runs) of the rows it
    made."""

    id: int
    kind: str
    at: int
    what: dict[str, Any]


def note(db: Database, kind: str, at: int, /, **what: Any) -> None:
    """This transaction did something of a kind; inside it, once its rows are saved."""
    if not db.trailed:
        return
    ids = {table: runs(taken) for table, taken in db.taken.items() if taken and table not in UNNAMED}
    if ids:
        what["ids"] = ids
    db.run("INSERT INTO trail (kind, at, what) VALUES (?,?,?)", (kind, at, json.dumps(what).decode()))


class Taken:
    """How many numbers each event of a step took, by table: whose they are is known if another event is left out."""

    def __init__(self, db: Database) -> None:
        self._taken, self._trailed = db.taken, db.trailed
        self._before = {table: len(ids) for table, ids in db.taken.items()}
        self._of: dict[int, dict[str, int]] = {}

    def by(self, seq: int) -> None:
        """What was taken since the last call was for this event."""
        if not self._trailed:
            return
        mine = self._of.setdefault(seq, {})
        for table, ids in self._taken.items():
            more = len(ids) - self._before.get(table, 0)
            if more and table not in UNNAMED:
                mine[table] = mine.get(table, 0) + more
                self._before[table] = len(ids)

    def counts(self, seqs: Sequence[int]) -> list[tuple[int, dict[str, int]]]:
        """For these events in order: (how many of them took the same, how much by table)."""
        return [(len(list(same)), counted) for counted, same in groupby(self._of.get(seq, {}) for seq in seqs)]


def note_step(db: Database, at: int, version: int, seqs: Sequence[int], taken: Taken) -> None:
    """These events were worked off together by a version of the configuration."""
    what: dict[str, Any] = {"version": version, "events": runs(seqs)}
    if len(seqs) > 1:
        what["counts"] = taken.counts(seqs)
    note(db, STEP, at, **what)


def ids_by_event(entry: Entry) -> dict[int, dict[str, list[int]]]:
    """The numbers of a step's rows: event -> table -> those that it took, as runs."""
    ids, seqs = entry.what.get("ids", {}), numbers(entry.what["events"])
    if len(seqs) == 1:
        return {seqs[0]: ids}
    left = {table: iter(numbers(spans)) for table, spans in ids.items()}
    counts = (counted for many, counted in entry.what.get("counts", ()) for _ in range(many))
    return {
        seq: {table: runs(islice(left[table], many)) for table, many in counted.items()}
        for seq, counted in zip(seqs, counts, strict=True)
    }


def ids_left(
    db: Database, entry: Entry, events: Collection[int], pages: Collection[int], erased: Collection[int]
) -> dict[str, list[int]]:
    """The numbers that these events of a step took, as runs. Of the `pages` of a CRM the records of erased people are
    gone: so are the numbers that those took."""
    mine: dict[str, list[int]] = {}
    for seq, ids in ids_by_event(entry).items():
        for table, spans in ids.items() if seq in events else ():
            some = numbers(spans)
            if seq in pages and erased:
                some = [number for number in some if number not in _theirs(db, table, some, erased)]
            mine.setdefault(table, []).extend(some)
    return {table: runs(some) for table, some in mine.items()}


def _theirs(db: Database, table: str, ids: Sequence[int], erased: Collection[int]) -> set[int]:
    """Those of these rows that are an erased person's."""
    match table:
        case "people":
            return set(ids) & set(erased)
        case "links":  # they went with him
            return set(ids) - {row[0] for row in db.rows_in("SELECT id FROM links WHERE id IN (*)", ids)}
        case "outbox" | "decisions":
            whose = "lane" if table == "outbox" else "person"
            found = db.rows_in(f"SELECT id, {whose} FROM {table} WHERE id IN (*)", ids)  # noqa: S608 - our names
            return {number for number, person in found if person in erased}
    return set()


def note_start(db: Database, at: int) -> None:
    """A process starts; the first one says that nothing came before it."""
    first = not db.rows("SELECT 1 FROM trail LIMIT 1") and not db.rows("SELECT 1 FROM journal LIMIT 1")
    note(db, START, at, **({"first": True} if first else {}))


def runs(values: Iterable[int]) -> list[int]:
    """Numbers as runs, [first, how many, first, how many ...], in the order given."""
    found: list[int] = []
    for value in values:
        if found and value == found[-2] + found[-1]:
            found[-1] += 1
        else:
            found += (value, 1)
    return found


def numbers(spans: Sequence[int]) -> list[int]:
    """The numbers that `runs` made runs of."""
    if len(spans) == 2:
        return list(range(spans[0], spans[0] + spans[1]))
    return [n for i in range(0, len(spans), 2) for n in range(spans[i], spans[i] + spans[i + 1])]


def entries(db: Database, after: int, upto: int, limit: int) -> list[Entry]:
    """The next rows of the trail behind `after`, up to `upto`."""
    sql = "SELECT id, kind, at, what FROM trail WHERE id>? AND id<=? ORDER BY id LIMIT ?"
    return [Entry(row[0], row[1], row[2], json.loads(row[3].encode())) for row in db.rows(sql, (after, upto, limit))]


def ends(db: Database) -> tuple[Entry, Entry] | None:
    """The first and the last row; None = the trail is empty."""
    found = db.rows("SELECT id, kind, at, what FROM trail WHERE id IN (SELECT min(id) FROM trail)")
    found += db.rows("SELECT id, kind, at, what FROM trail WHERE id IN (SELECT max(id) FROM trail)")
    rows = [Entry(row[0], row[1], row[2], json.loads(row[3].encode())) for row in found]
    return (rows[0], rows[1]) if rows else None


def bodies(db: Database, seqs: Sequence[int]) -> dict[int, Claimed]:
    """Events of the journal by their numbers, as a step claims them; their lane is their account."""
    sql = "SELECT seq, source, account, key, at, received, body FROM journal WHERE seq IN (*)"
    return {
        row[0]: Claimed(row[0], row[1], row[2], row[3], f"{row[1]}|{row[2]}", row[4], row[5], bytes(row[6]))
        for row in db.rows_in(sql, seqs)
    }


def blanked(db: Database) -> tuple[int, int, int]:
    """Events whose bodies were removed for privacy: how many, and when the first and the last of them came (ms)."""
    sql = "SELECT count(*), coalesce(min(received), 0), coalesce(max(received), 0) FROM journal WHERE key='' AND body=?"
    found = db.rows(sql, (b"",))[0]
    return int(found[0]), int(found[1]), int(found[2])


def decisions(db: Database, ids: Sequence[int]) -> dict[int, tuple[Any, ...]]:
    """Decision -> (event, at, version, person, conversation, because, record)."""
    sql = "SELECT id, event, at, version, person, conversation, because, record FROM decisions WHERE id IN (*)"
    return {row[0]: tuple(row[1:]) for row in db.rows_in(sql, ids)}


def erased_people(db: Database) -> set[int]:
    """Everybody about whom everything was removed for privacy."""
    return {row[0] for row in db.rows("SELECT id FROM people WHERE erased>0")}


def decisions_from(db: Database, first: int) -> dict[int, tuple[Any, ...]]:
    """All decisions from this number on, as `decisions`."""
    sql = "SELECT id, event, at, version, person, conversation, because, record FROM decisions WHERE id>=? ORDER BY id"
    return {row[0]: tuple(row[1:]) for row in db.rows(sql, (first,))}


def name_of(db: Database, cursor: str) -> str:
    """A small fact of a store that is only read ("" = there is none)."""
    found = db.rows("SELECT value FROM cursors WHERE name=?", (cursor,))
    return str(found[0][0]) if found else ""

"""What is asked for every event, or many times a second, finds its rows by an index, on both engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import count
from typing import Any

import pytest

from hub.store import Store, inquiries, journal, media, open_store, outbox, plugin_work, timers, values
from hub.store.dialects.tables import tables
from hub.store.needs import Needs
from hub.testing.stores import ENGINES, place_of

MANY = (20_000, pytest.param(100_000, marks=pytest.mark.full))
"""Rows of every table."""
NOW = 1_800_000_000_000
PART = 20_000


def fill(store: Store, many: int, name: str, row: Callable[[int], dict[str, Any]]) -> None:
    """Rows; columns that are not named are 0 or empty."""
    kinds = tables()[name].columns
    usual = {column: 0 if kind == "bigint" else b"" if kind == "bytea" else "" for column, kind in kinds.items()}
    with store.transaction():
        for start in range(0, many, PART):
            store.db.insert(name, [list((usual | row(n)).values()) for n in range(start + 1, start + PART + 1)])


def command(n: int) -> dict[str, Any]:
    """Four of five are done; one inbox and one CRM have most of what is open."""
    kind = ("send", "log", "person", "object")[n // 5 % 4]
    target = ("sales" if n % 9 else "service") if kind == "send" else ("main" if n % 9 else "other")
    state = "waiting" if n % 5 == 0 else "done"
    row = {"id": n, "key": str(n), "kind": kind, "target": target, "lane": n % 9_000, "message": n, "state": state}
    return row | {"open": int(state == "waiting"), "due": n % 7, "created": n, "record": f"r{n}", "event": n}


ROWS: dict[str, Callable[[int], dict[str, Any]]] = {
    "journal": lambda n: {"seq": n, "source": "meta", "account": "1", "key": str(n), "body": b"x" * 1000},
    "queue": lambda n: {"seq": n, "lane": f"lane{n % 1000}" if n % 2 else "crowd"},
    "identities": lambda n: {"id": f"phone::{n}", "person": n, "source": "whatsapp"},
    "people": lambda n: {"id": n, "name": f"Person {n}", "channel": "whatsapp"},
    "links": lambda n: {"id": n, "person": n, "crm": "main", "record": f"r{n}", "key": f"k{n}"},
    "conversations": lambda n: {"id": n, "key": f"sales|{n}", "inbox": "sales", "person": n},
    "messages": lambda n: {"id": n, "conversation": n, "person": n, "provider_id": f"wamid.{n}", "at": n},
    "outbox": command,
    "timers": lambda n: {"id": n, "subject": "person", "subject_id": n, "rule": "quiet", "due": NOW + n, "armed": 1},
    "write_ledger": lambda n: {"crm": "main", "record": f"k{n}", "field": "nick", "hash": "h"},
    "media": lambda n: {"id": n, "message": n, "source": "meta", "due": n, "state": "stored" if n % 99 else "pending"},
    "plugin_work": lambda n: {"id": n, "plugin": f"plugin{n % 50}", "event": n},
    "early": lambda n: {"id": n, "provider_id": f"early.{n}"},
    "crm_objects": lambda n: {"id": n, "crm": "main", "type": "deal", "record": f"d{n}", "fields": "{}"},
    "crm_object_contacts": lambda n: {"crm": "main", "contact": f"r{n}", "object": n},
    "inquiries": lambda n: {
        "id": n,
        "person": n % 5_000,
        "state": "closed" if n <= 15_000 else "open",
        "owner": f"a{n % 50}",
    },
    "person_tags": lambda n: {"id": n, "person": n % 5_000, "tag": f"tag{n // 5_000}"},
    "person_values": lambda n: {"person": n, "name": "nick", "text": f"nick {n}"},
    "consents": lambda n: {"id": n, "person": n, "purpose": "market"},
    "tag_history": lambda n: {"id": n, "person": n % 5_000, "tag": "vip", "at": n},
}


@pytest.fixture(scope="module", params=MANY)
def many(request: pytest.FixtureRequest) -> int:
    """Rows of every table."""
    return int(request.param)


@pytest.fixture(scope="module", params=ENGINES)
def crowded(request: pytest.FixtureRequest, many: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store with much in it, as its own statistics know."""
    store = open_store(place_of(tmp_path_factory.mktemp("crowded"), request.param))
    for name, row in ROWS.items():
        fill(store, many, name, row)
    store.db.run("ANALYZE")
    yield store
    store.close()


def loaded(store: Store) -> None:
    some = range(500, 550)
    needs = Needs(identities={f"phone::{n}" for n in some}, providers={f"wamid.{n}" for n in some}, around=True)
    needs.outbox, needs.media, needs.beside = {*some}, {*some}, True
    needs.keys, needs.records = {f"k{n}" for n in some}, {"main": {f"r{n}" for n in some}}
    needs.conversations, needs.conversation_ids = {f"sales|{n}" for n in some}, {*some}
    needs.talks_with, needs.arriving = needs.identities, needs.providers
    needs.timers = {("person", n) for n in some}
    needs.inquiries = needs.tags = needs.consents = True
    work = store.workspace(NOW)
    work.load(needs)
    work.latest_in_second(500, 0)
    work.last_heard([*some])


def standing(store: Store) -> None:
    work = store.workspace(NOW)
    work.people.fetch(range(500, 550))
    work.standing.load(work.people.rows.keys(), Needs(inquiries=True, tags=True, consents=True))
    assert len(work.standing.inquiries.rows) >= 50
    assert len(work.standing.tags.rows) >= 50


HOT: dict[str, Callable[[Store], Any]] = {
    "claim": lambda s: journal.claim(s.db, 256),
    "claim from a crowd": lambda s: journal.claim(s.db, 16),
    "claim these": lambda s: journal.claim_these(s.db, [*range(500, 756)]),
    "unqueue": lambda s: journal.unqueue(s.db, [*range(500, 756)]),
    "load": loaded,
    "what stands of people": standing,
    "how much agents have": lambda s: inquiries.loads(s.db, [f"a{n}" for n in range(3)]),
    "values": lambda s: values.save(s.db, [(n, '{"nick": "a"}', '{"size": "b"}') for n in range(500, 550)]),
    "heads": lambda s: outbox.heads(s.db, "sales", NOW, 50),
    "heads of the quiet": lambda s: outbox.heads(s.db, "nobody", NOW, 50),
    "due rows": lambda s: outbox.due_rows(s.db, "main", "log", NOW, 100),
    "due rows of the quiet": lambda s: outbox.due_rows(s.db, "nobody", "log", NOW, 100),
    "next due": lambda s: outbox.next_due(s.db, "main", 5),
    "evidence": lambda s: outbox.expired_evidence(s.db, NOW),
    "release": lambda s: outbox.release_held(s.db, "main", [500]),
    "hold": lambda s: outbox.hold_logs(s.db, "main", [500], "no link"),
    "timers": lambda s: timers.fire(s.db, NOW + 50, 100),
    "no timers": lambda s: timers.fire(s.db, NOW - 50, 100),
    "files": lambda s: media.due(s.db, ["meta"], NOW, 10),
    "next file": lambda s: media.next_due(s.db, ["meta"], NOW),
    "plugin work": lambda s: plugin_work.due(s.db, "plugin7", NOW, 10),
    "next plugin work": lambda s: plugin_work.next_due(s.db, "plugin7", NOW),
}


@pytest.mark.parametrize("kind", ["transaction", "beside"])
@pytest.mark.parametrize("name", HOT)
def test_nothing_is_looked_for_by_reading_a_whole_table(
    crowded: Store, name: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Sequence[Any]] = {}
    db, rows, run, run_many = crowded.db, crowded.db.rows, crowded.db.run, crowded.db.run_many

    def noted(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(sql: str, args: Sequence[Any] = ()) -> Any:
            if sql.split()[0] in ("SELECT", "UPDATE", "DELETE"):
                asked.setdefault(sql, args[0] if method == run_many else args)  # type: ignore[index]
            return method(sql, args)

        return call

    for method in (rows, run, run_many):
        monkeypatch.setattr(db, method.__name__, noted(method))
    with suppress(Undone), getattr(db, kind)():
        HOT[name](crowded)
        raise Undone
    monkeypatch.undo()

    plans = {sql: plan(crowded, sql, args) for sql, args in asked.items()}
    assert plans
    assert {sql: found for sql, found in plans.items() if found} == {}


NUMBERS = count()


class Undone(Exception):
    """Raised on purpose: nothing of it stays."""


def plan(store: Store, sql: str, args: Sequence[Any]) -> list[str]:
    """The tables that are read from end to end."""
    if sql == "SELECT 1 FROM early LIMIT 1":
        return []
    ended = {"q", "queue"} if "LIMIT" in sql else set()  # read from its beginning, up to the limit
    if store.db.shared:
        found = store.db.rows(f"EXPLAIN (FORMAT JSON) {sql}", args)  # as it is planned for these values, and for any
        found += store.db.rows(f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) /* {next(NUMBERS)} */ {sql}")  # never prepared
        below = [node for (one,) in found for node in nodes(one[0]["Plan"])]
        whole = [node["Relation Name"] for node in below if node["Node Type"] == "Seq Scan"]
    else:
        details = [row[3] for row in store.db.rows(f"EXPLAIN QUERY PLAN {sql}", args)]
        whole = [line.split()[1] for line in details if line.startswith("SCAN")]
    return [name for name in whole if name in {*ROWS, *"bcdefghijklmnopq"} - ended]


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from nodes(below)

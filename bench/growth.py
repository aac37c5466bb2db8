"""What the same event costs a hub that knows few people and one that knows a million; and how fast it starts."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from bench.bodies import ACCOUNT, names, text_webhook
from bench.bodies import person as phone_of
from bench.figures import Figure
from bench.kinds import BATCH
from bench.resolve import words
from bench.run import Run
from hub.engine.poller import raw_incoming
from hub.store.dialects.database import Database
from hub.store.dialects.numbers import numbered, set_counter
from hub.store.dialects.sqlite import Sqlite
from hub.store.dialects.tables import tables
from hub.testing.runner import HubRun
from hub.testing.tabletop import HUB_TOML, Tabletop

SIZES = ((1_000, 10_000), (100_000, 100_000), (1_000_000, 1_000_000))
"""People, and messages between them."""
BATCHES = 40
FLAT = 1.3
PART = 5_000
"""Rows put in at once."""
HASTY = (("PRAGMA synchronous=OFF",), ("PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA synchronous=FULL"))
"""What SQLite is told before it is filled, and afterwards."""


def measure(run: Run) -> list[Figure]:
    """CPU of one text from a person the hub knows, by what the store holds, and the largest against the smallest."""
    sizes = SIZES if run.length >= 1 else SIZES[:2]
    with tempfile.TemporaryDirectory(dir=run.folder, prefix="dragoman-bench-") as folder:
        table = Tabletop(Path(folder), HUB_TOML.replace('account = "1001"', f'account = "{ACCOUNT}"'))
        cost = costs(run, table, sizes)
        table.close()
        run.tell("starting with all of it")
        starts = asyncio.run(restarts(Path(folder), run.rounds))
    return [
        *(
            Figure(name=f"event_us_{words(people)}", rounds=tuple(rounds), note="CPU, one text of a known person")
            for people, rounds in cost.items()
        ),
        grown("cost_growth", cost),
        Figure(name="restart_to_ready_s", rounds=tuple(starts), note="kill -9 to taking webhooks again, supervised"),
    ]


def costs(run: Run, table: Tabletop, sizes: Sequence[tuple[int, int]]) -> dict[int, list[float]]:
    """People in the store -> what a text costs, in each round; the store grows from size to size."""
    cost: dict[int, list[float]] = {}
    there, wamids = (0, 0), names("grow")
    for people, messages in sizes:
        run.tell(f"{people:,} people, {messages:,} messages: filling")
        fill(table, there, (people, messages))
        there = (people, messages)
        for number in range(run.rounds):
            run.tell(f"{people:,} people: round {number + 1} of {run.rounds}")
            batches = max(3, int(BATCHES * run.length))
            cost.setdefault(people, []).append(event(table, people, wamids, random.Random(number), batches))
    return cost


def grown(name: str, cost: dict[int, list[float]]) -> Figure:
    """The largest store against the smallest."""
    few, *_, many = sorted(cost)
    rounds = tuple(big / small for big, small in zip(cost[many], cost[few], strict=True))
    note = f"{words(few)} to {words(many)} people"
    return Figure(name=name, rounds=rounds, want="at most", target=FLAT, note=note)


def fill(table: Tabletop, there: tuple[int, int], wanted: tuple[int, int]) -> None:
    """People with identities, links and conversations, and their messages, logged long ago; not durable meanwhile."""
    db, now = table.store.db, 1_700_000_000_000
    first = {name: _last(db, name) for name in ("messages", "outbox")}
    lately = time.time_ns() // 1_000_000 - 60_000
    people, messages = range(there[0], wanted[0]), range(there[1], wanted[1])
    hasty, lasting = HASTY if isinstance(db, Sqlite) else ((), ())
    for pragma in hasty:
        db.run(pragma)
    with table.store.transaction():
        _many(
            db,
            "people",
            (
                {"id": n + 1, "name": f"Bench {n}", "phone": phone(n), "channel": "whatsapp", "created": now}
                for n in people
            ),
        )
        _many(
            db,
            "identities",
            ({"id": f"phone::{phone(n)}", "person": n + 1, "source": "whatsapp", "since": now} for n in people),
        )
        _many(
            db,
            "links",
            (
                {"id": n + 1, "person": n + 1, "crm": "main", "state": "linked", "record": str(n), "key": f"k{n}"}
                | {"also": "[]"}
                for n in people
            ),
        )
        _many(
            db,
            "conversations",
            (
                {"id": n + 1, "key": f"sales|phone::{phone(n)}", "inbox": "sales", "person": n + 1, "state": "open"}
                | {"address": phone(n)[1:], "opened": now, "last_in": lately, "last_at": lately, "session": 1}
                | {"session_began": lately, "session_last": lately}
                for n in people
            ),
        )
        _many(
            db,
            "messages",
            (
                {
                    "id": first["messages"] + n - there[1] + 1,
                    "conversation": n % wanted[0] + 1,
                    "person": n % wanted[0] + 1,
                    "direction": "in",
                }
                | {"author": "person", "form": "text", "text": f"an old message {n}", "provider_id": f"old.{n}"}
                | {"at": now + n, "received": now + n, "status": "accepted", "event": n + 1}
                for n in messages
            ),
        )
        _many(
            db,
            "outbox",
            (
                {
                    "id": first["outbox"] + n - there[1] + 1,
                    "key": f"old:{n}",
                    "kind": "log",
                    "target": "main",
                    "lane": n % wanted[0] + 1,
                }
                | {
                    "message": first["messages"] + n - there[1] + 1,
                    "conversation": n % wanted[0] + 1,
                    "event": n + 1,
                    "state": "done",
                }
                | {"record": f"r{n}", "rule": "log", "created": now + n}
                for n in messages
            ),
        )
        table.store.set_cursor("crm.main.read", "done", now)
        if not isinstance(db, Sqlite):  # which sees by itself how far they are
            for name in numbered():
                set_counter(db, name, _last(db, name))
    for pragma in lasting:
        db.run(pragma)
    db.assert_durable()
    if not isinstance(db, Sqlite):
        db.run("ANALYZE")


def _last(db: Database, table: str) -> int:
    found = db.rows(f"SELECT coalesce(max({numbered()[table]}), 0) FROM {table}")
    return int(found[0][0])


def _many(db: Database, table: str, rows: Iterable[dict[str, Any]]) -> None:
    """Insert rows given by their columns; the others are empty or 0, as their type says."""
    empty = {name: "" if kind == "text" else 0 for name, kind in tables()[table].columns.items()}
    full = (tuple({**empty, **row}.values()) for row in rows)
    while part := list(islice(full, PART)):
        db.insert(table, part)


def phone(number: int) -> str:
    """A person's phone: those of the texts first, then numbers of a country code that belongs to nobody."""
    return phone_of(number) if number < 78_000 else f"+999{number:09}"


def event(table: Tabletop, people: int, wamids: Any, rng: random.Random, batches: int) -> float:
    """Microseconds of CPU for each text from people all over the store."""
    channel = table.config.connections["meta"].channel
    spent = 0.0
    for batch in range(batches):
        bodies = [text_webhook(next(wamids), rng.randrange(min(people, 78_000))) for _ in range(BATCH)]
        table.now = time.time_ns() // 1_000_000
        began = time.process_time()
        table.store.accept([raw_incoming("meta", raw, table.now) for body in bodies for raw in channel.split(body)])
        done = table.step(BATCH)
        if batch:
            spent += time.process_time() - began
        if done.events != BATCH or done.buried:
            raise RuntimeError(f"{done.events} events worked off, {done.buried} buried")
    return spent / ((batches - 1) * BATCH) * 1e6


async def restarts(folder: Path, rounds: int) -> list[float]:
    """Seconds from a kill to taking webhooks again, with everything in the store."""
    text = HUB_TOML.replace('data = "./data"', 'data = "./data"\nlisten = "127.0.0.1:0"\nadmin = "127.0.0.1:0"')
    (folder / "hub.toml").write_text(text, encoding="utf-8")
    hub = HubRun(folder / "hub.toml", folder / "data")
    found = []
    await hub.start()
    try:
        await hub.ready()
        for _ in range(rounds):
            began = await hub.kill()
            await hub.ready()
            found.append(time.monotonic() - began)
    finally:
        await hub.stop()
    return found

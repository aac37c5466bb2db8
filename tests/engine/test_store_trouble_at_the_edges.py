"""The store cannot work while somebody reads, writes one row, or stops: nobody is hurt, and nobody is forgotten."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hub.contracts.errors import Unavailable
from hub.engine import step as stepping
from hub.engine.line import incoming
from hub.engine.step import step
from hub.model.by_hand import PauseChanged
from hub.store import StoreTrouble, journal
from hub.store.dialects.sqlite import Sqlite
from hub.testing.tabletop import Tabletop

pytestmark = pytest.mark.usefixtures("on_sqlite")

AWAY = "PRAGMA busy_timeout=20"
PERSON = "+12025550111"


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Somebody else writes, and does not end."""
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Tabletop]:
    made = Tabletop(tmp_path)
    made.store.db.run(AWAY)
    yield made
    made.close()


def pauses(table: Tabletop, *keys: str) -> None:
    table.store.accept([incoming(PauseChanged(key=key, at=1, person="p1", until=0, agent="x")) for key in keys])


def test_one_row_outside_a_transaction_is_no_less_trouble(table: Tabletop) -> None:
    db = table.store.db
    with locked(db.path):
        with pytest.raises(StoreTrouble):
            table.store.set_cursor("hub.alive", "1", table.now)
        with pytest.raises(StoreTrouble):
            db.run_many("DELETE FROM queue WHERE seq=?", [(1,)])
        with pytest.raises(StoreTrouble):
            db.insert("queue", [(1, "x")])
        with pytest.raises(StoreTrouble):
            db.update("messages", ("text",), [(1, "x")])
    table.store.set_cursor("hub.alive", "1", table.now)


def test_a_read_of_what_is_no_store_is_trouble_and_a_wrong_question_is_not(table: Tabletop, tmp_path: Path) -> None:
    rubbish = tmp_path / "rubbish"
    rubbish.write_bytes(b"rubbish" * 1000)
    db = Sqlite(rubbish, readonly=True)
    with pytest.raises(StoreTrouble):
        db.rows("SELECT 1 FROM cursors")
    db.close()
    with pytest.raises(sqlite3.ProgrammingError):
        table.store.db.rows("SELECT ?", ())
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        table.store.db.rows("SELECT 1 FROM nowhere")


def test_a_lock_protocol_that_fails_is_trouble(table: Tabletop) -> None:
    error = sqlite3.OperationalError("locking protocol")
    error.sqlite_errorcode = sqlite3.SQLITE_PROTOCOL
    with pytest.raises(StoreTrouble), table.store.transaction():
        raise error


def test_trouble_in_the_middle_forgets_nobody_who_was_woken(table: Tabletop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its events are taken one by one; after the first the store fails."""
    pauses(table, "1", "2")
    real, sizes = stepping._batch, []

    def batch(store: Any, line: Any, now: int, budget: int) -> Any:
        sizes.append(budget)
        if len(sizes) == 1:
            raise ValueError("together they fail")
        if len(sizes) > 2:
            raise StoreTrouble("the disk is full")
        done = real(store, line, now, budget)
        done.woken.add("sales")
        return done

    monkeypatch.setattr(stepping, "_batch", batch)
    done = step(table.store, table.line, table.now, 100)
    assert (done.events, done.woken) == (1, {"sales"})
    with pytest.raises(StoreTrouble):
        step(table.store, table.line, table.now, 1)


def test_a_cause_that_no_store_can_hold_is_kept_as_far_as_it_can(
    table: Tabletop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def act(*_: Any) -> None:
        raise ValueError("half a \ud83d sign")

    monkeypatch.setitem(stepping.EFFECTS, PauseChanged, (lambda *_: None, act))
    pauses(table, "1")
    assert table.step().buried == 1
    ((cause,),) = table.rows("SELECT cause FROM dead")
    assert "half a ? sign" in cause


def test_an_event_that_cannot_even_be_buried_does_not_end_the_writer(
    live: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with live() as here:
            writer = here.hub.writer
            with monkeypatch.context() as patch:
                patch.setattr(journal, "claim", lambda *_: [None])
                await writer.accept([incoming(PauseChanged(key="1", at=1, person="p1", until=0, agent="x"))])
                await here.until(lambda: "store" in here.hub.notices.open)
                assert writer.alive
            await here.until(lambda: here.hub.accepting)
            await here.worked_off()

    asyncio.run(scenario())


def test_the_hub_stops_in_its_grace_while_the_store_cannot_work(live: Any, simulators: Any) -> None:
    """Also while a lease is under way, which is waited for otherwise: what is started must leave."""

    async def scenario() -> None:
        async with live(simulators["whatsapp"]()) as here:
            hub = here.hub
            await hub.writer.call(lambda store: store.db.run(AWAY))
            with locked(hub.store.db.path):
                stuck = hub.writer.call(lambda store: store.set_cursor("hub.alive", "1", 1))
                hub.senders["whatsapp"].wake()
                await here.until(lambda: hub.writer.trouble)
                async with asyncio.timeout(hub.config.hub.stop_grace + 5):
                    await here.stop()
            with pytest.raises(Unavailable):
                await stuck

    asyncio.run(scenario())


def test_a_second_of_trouble_under_load_loses_no_wake_up(live: Any, simulators: Any) -> None:
    """What was under way or came meanwhile goes on as soon as the store works: well before anybody would look again
    by himself, which is every half minute."""
    channel, crm = simulators["whatsapp"](), simulators["hubspot"]()
    people = [f"+1202555{1000 + n}" for n in range(24)]

    async def scenario() -> None:
        async with live(channel, crm) as here:
            hub = here.hub
            await here.until(lambda: hub.crms["hubspot"].ready.is_set())
            await hub.writer.call(lambda store: store.db.run(AWAY))
            said = [asyncio.create_task(channel.say(person, "price", name="Ana")) for person in people[:12]]
            await here.until(lambda: channel.said)
            with locked(hub.store.db.path):
                await here.until(lambda: hub.writer.trouble)
                said += [asyncio.create_task(channel.say(person, "price", name="Ana")) for person in people[12:]]
                over = asyncio.get_running_loop().time() + 1
                while asyncio.get_running_loop().time() < over:
                    with pytest.raises(Unavailable):
                        await hub.writer.accept([])
            await asyncio.gather(*said)
            await here.until(lambda: len({one.person for one in channel.said if one.ended}) == len(people), 20)
            await here.until(lambda: len(crm.logged()) >= 2 * len(people), 20)

    asyncio.run(scenario())

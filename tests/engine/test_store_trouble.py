"""The store cannot write: nothing is acknowledged, nothing is thrown away, and it goes on when there is room."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from hub.contracts.errors import Unavailable
from hub.engine.line import incoming
from hub.model.by_hand import PauseChanged
from hub.store import StoreTrouble
from hub.testing.tabletop import Tabletop

pytestmark = pytest.mark.usefixtures("on_sqlite")

FULL, ROOM = "PRAGMA max_page_count=1", "PRAGMA max_page_count=1000000"


def events(n: int, size: int = 4000) -> list[Any]:
    """Events that need pages of their own."""
    return [incoming(PauseChanged(key=f"{n}.{i}", at=1, person="p1", until=0, agent="x" * size)) for i in range(8)]


async def many(writer: Any) -> None:
    for n in range(100):
        await writer.accept(events(n, 40_000))


def test_a_full_disk_is_nobodys_fault(tmp_path: Path) -> None:
    """A step that cannot be written buries nothing and leaves no transaction behind."""
    table = Tabletop(tmp_path)
    for n in range(20):
        table.store.accept(events(n))
    waiting = table.rows("SELECT count(*) FROM queue")
    table.store.db.run(FULL)
    with pytest.raises(StoreTrouble):
        table.step()
    assert not table.store.db.connection.in_transaction
    assert table.rows("SELECT count(*) FROM queue") == waiting
    assert table.rows("SELECT count(*) FROM dead") == [(0,)]
    table.store.db.run(ROOM)
    assert table.step().events == 160
    table.close()


def test_a_failed_commit_is_rolled_back(tmp_path: Path) -> None:
    """COMMIT itself may fail; then the next transaction must be able to begin."""
    table = Tabletop(tmp_path)
    db = table.store.db
    db.run("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
    db.run("CREATE TABLE child (id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)")
    db.run("PRAGMA foreign_keys=1")
    with pytest.raises(sqlite3.IntegrityError), db.transaction():
        db.run("INSERT INTO child VALUES (7)")
    with db.transaction():
        assert db.rows("SELECT count(*) FROM child") == [(0,)]
    table.close()


def test_the_hub_asks_to_come_again_and_goes_on_when_there_is_room(live: Any) -> None:
    async def scenario() -> None:
        async with live() as here:
            writer = here.hub.writer
            await writer.call(lambda store: store.db.run(FULL))
            with pytest.raises(Unavailable):
                await many(writer)
            await here.until(lambda: not here.hub.accepting)
            stuck = writer.call(lambda store: store.accept(events(1000, 40_000)))
            await here.until(lambda: "store" in here.hub.notices.open)
            assert not stuck.done()
            room = writer.call(lambda store: store.db.run(ROOM))
            assert len(await stuck) == 8, "what was asked of the store is done after all"
            await room
            await here.until(lambda: here.hub.accepting)
            await here.worked_off()

    asyncio.run(scenario())

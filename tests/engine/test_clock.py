"""The machine's clock is set back while something waits to be tried again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub.contracts.crm import Written
from hub.engine import clock
from hub.engine.clock import Clock
from hub.engine.ticks import clock_was_set
from hub.model.events import RecordsRead
from hub.model.people import Identity
from hub.model.records import Answer, Record, Ref
from hub.store import crm as shelves
from hub.store.plugin_work import NEVER
from hub.store.rows import OutboxRow
from hub.testing.tabletop import Tabletop

HOUR = 3_600_000


@pytest.mark.parametrize(("by", "noticed"), [(HOUR, HOUR), (-HOUR, -HOUR), (900, 0), (0, 0)])
def test_a_jump_is_noticed_once_and_slow_correction_is_not(
    monkeypatch: pytest.MonkeyPatch, by: int, noticed: int
) -> None:
    now = [1_800_000_000_000, 50_000]
    monkeypatch.setattr(clock, "now_ms", lambda: now[0])
    monkeypatch.setattr(clock.time, "monotonic_ns", lambda: now[1] * 1_000_000)
    watch = Clock()
    now[0], now[1] = now[0] + 250 + by, now[1] + 250
    assert watch.jumped() == noticed
    now[0], now[1] = now[0] + 250, now[1] + 250
    assert watch.jumped() == 0


def test_a_try_waits_no_longer_when_the_clock_goes_back(tmp_path: Path) -> None:
    table = Tabletop(tmp_path)
    values = ("send", "sales", 1, 0, 0, 1, "r", "reply", "waiting", 1)
    with table.store.transaction():
        work = table.store.workspace(table.now)
        for n, (due, ended) in enumerate([(table.now + HOUR + 1000, 0), (0, 0), (NEVER, 0), (table.now + 7, 1)]):
            row = OutboxRow(work.outbox.next_id(), f"k{n}", *values, due, 0, 0, table.now, 0, "", "")
            work.outbox.add(replace(row, state="dead", open=0) if ended else row)
        work.save()
    clock_was_set(table.store, -HOUR)
    dues = [due for (due,) in table.rows("SELECT due FROM outbox ORDER BY id")]
    assert dues == [table.now + 1000, 0, NEVER, table.now + 7]
    table.close()


ANA = Record(id="A", identities=(Identity("phone", "", "+15550101"),), name="Ana")


def read(table: Tabletop, **more: Any) -> None:
    """The CRM's records were read, now."""
    table.now += 1
    given = {"records": (), "feed": "recent", **more}
    table.happen(RecordsRead(key=f"r{table.now}", at=table.now, crm="main", cursor="", final=False, **given))
    table.step()


@pytest.mark.parametrize("noticed", [True, False])
def test_a_record_that_was_named_before_the_clock_went_back_is_read_once(table: Tabletop, noticed: bool) -> None:
    """Also where nobody saw the jump: the hub was off."""
    table.crm_knows(ANA)
    with table.store.transaction():
        work = table.store.workspace(table.now)
        shelves.touch(work, "main", [Ref("contact", "A")])
        work.save()
    table.now -= HOUR
    if noticed:
        clock_was_set(table.store, -HOUR)
        assert shelves.touched(table.store.db, "main", 100) == ([Ref("contact", "A")], table.now)
    read(table, feed="touched", refs=(Ref("contact", "A"),), records=(ANA,))
    assert shelves.touched(table.store.db, "main", 100)[0] == []


def test_a_record_that_is_named_while_it_is_read_is_read_again(table: Tabletop) -> None:
    table.crm_knows(ANA)
    read_at = table.now
    with table.store.transaction():
        work = table.store.workspace(table.now + 1)
        shelves.touch(work, "main", [Ref("contact", "A")])
        work.save()
    table.now += 1000
    with table.store.transaction():
        shelves.untouch(table.store.workspace(table.now), "main", [Ref("contact", "A")], read_at)
    assert shelves.touched(table.store.db, "main", 100)[0] == [Ref("contact", "A")]


def test_an_agent_is_heard_again_after_the_clock_went_back(table: Tabletop, text: Callable[..., bytes]) -> None:
    table.crm_knows(ANA)
    table.post("meta", text(1, "hello"))
    table.step()
    read(table, answers=(Answer(type="contact", id="A", contact="A", text="first", agent="ag"),))
    (sent,) = table.lease()
    table.sent(sent, "wamid.o1")
    (told,) = table.crm("object").objects
    table.crm_answers(Written(outbox=told.outbox, record="A"))
    assert table.rows("SELECT state FROM crm_answers") == [("told",)]
    table.now -= HOUR
    clock_was_set(table.store, -HOUR)
    read(table, answers=(Answer(type="contact", id="A", contact="A", text="second", agent="ag"),))
    assert [leased.message.text for leased in table.lease()] == ["second"]

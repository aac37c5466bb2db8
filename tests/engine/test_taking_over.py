"""Who takes over a duty finds what the last owner started; who lost one starts nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.engine.duties import SETTLED
from hub.engine.line import LANES
from hub.engine.pulse import Pulse
from hub.engine.writer import Writer
from hub.model.events import SendSettled
from hub.store.dialects import leases
from hub.store.dialects.leases import LostDuty
from hub.store.reading import last_queued, settling
from hub.testing.tabletop import Tabletop

DUTIES = ("crm:main", "inbox:sales")
HOUR = 3_600_000
ENDED = 60_000


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Tabletop]:
    """A process on PostgreSQL that has both duties, and somebody wrote."""
    hub = Tabletop(tmp_path, engine="postgres")
    leases.begin(hub.store.db, "me", DUTIES, HOUR)
    taken = leases.take(hub.store.db, DUTIES, "me", HOUR)
    hub.store.fences = {name: lease.fence for name, lease in taken.items()}
    hub.crm_knows()
    yield hub
    hub.close()


@pytest.fixture
def wrote(table: Tabletop, text: Any) -> Tabletop:
    """The same, and somebody asked for the prices."""
    table.post("meta", text(1, "price"))
    table.step()
    return table


def outbox(table: Tabletop) -> dict[str, tuple[str, int, int]]:
    """Kind -> state, due, doubt."""
    return {row[0]: row[1:] for row in table.store.db.rows("SELECT kind, state, due, doubt FROM outbox ORDER BY id")}


def stolen(table: Tabletop, duty: str) -> None:
    """Another process has it, as its lease ended."""
    leases.renew(table.store.db, "me", -1)
    assert duty in leases.take(table.store.db, [duty], "other", HOUR)


def test_an_owner_starts_rows(wrote: Tabletop) -> None:
    assert len(wrote.crm("person").rows) == len(wrote.lease()) == 1


def test_who_lost_the_duty_starts_no_row(wrote: Tabletop) -> None:
    for duty in DUTIES:
        stolen(wrote, duty)
    for start in (wrote.lease, lambda: wrote.crm("person")):
        with pytest.raises(LostDuty):
            start()
    assert {state for state, _, _ in outbox(wrote).values()} <= {"waiting", "held"}


def test_who_never_had_the_duty_starts_no_row(wrote: Tabletop) -> None:
    wrote.store.fences = {}
    with pytest.raises(LostDuty):
        wrote.lease()


def test_calls_of_an_owner_who_may_still_live_are_waited_for(wrote: Tabletop) -> None:
    wrote.crm("person")
    wrote.lease()
    began = wrote.now
    assert wrote.store.recover(began + 1000, {}, "crm:main", ENDED) == 1
    rows = outbox(wrote)
    assert rows["person"] == ("waiting", began + ENDED, 1)
    assert rows["send"][0] == "started", "another duty's"
    assert wrote.store.recover(began + 1000, {"sales": began + 5000}, "inbox:sales", ENDED) == 1
    assert outbox(wrote)["send"] == ("evidence", began + 5000, 0)
    assert outbox(wrote)["person"] == ("waiting", began + ENDED, 1)


def test_calls_that_have_ended_are_not_waited_for(wrote: Tabletop) -> None:
    wrote.crm("person")
    assert wrote.store.recover(wrote.now + 2 * ENDED, {}, "crm:main", ENDED) == 1
    assert outbox(wrote)["person"] == ("waiting", wrote.now + 2 * ENDED, 1)


def test_what_was_given_back_is_looked_at_at_once(wrote: Tabletop) -> None:
    wrote.crm("person")
    assert wrote.store.recover(wrote.now, {}, "crm:main") == 1
    assert outbox(wrote)["person"] == ("waiting", wrote.now, 1)
    assert len(wrote.crm("person").rows) == 1


class Idle(Writer):
    """Takes in and steps nothing."""

    def _step(self) -> bool:
        return False


@pytest.mark.parametrize("number", [0, 1, LANES + 3])
def test_how_a_call_ended_is_waited_for_until_it_is_worked_off(table: Tabletop, number: int) -> None:
    """Whatever lane the last owner's word of it stands in."""

    async def kept() -> None:
        writer = Idle(table.store, table.line, lambda targets: None, limit=9, budget=9, pulse=Pulse())
        writer.start()
        await writer.keep(SendSettled(key=f"{number}.1", at=table.now, outbox=number, outcome="done"), number)
        await writer.stop()

    db = table.store.db
    assert not settling(db, last_queued(db), SETTLED)
    asyncio.run(kept())
    assert settling(db, last_queued(db), SETTLED)
    table.step()
    assert not settling(db, 1 << 40, SETTLED)


def test_nobody_takes_over_what_he_has_not(wrote: Tabletop) -> None:
    wrote.crm("person")
    stolen(wrote, "crm:main")
    with pytest.raises(LostDuty):
        wrote.store.recover(wrote.now, {}, "crm:main")
    assert outbox(wrote)["person"][0] == "started"

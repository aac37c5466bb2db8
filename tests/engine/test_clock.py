"""The machine's clock is set back while something waits to be tried again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hub.engine import clock
from hub.engine.clock import Clock
from hub.engine.ticks import clock_was_set
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

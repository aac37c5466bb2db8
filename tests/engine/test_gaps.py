"""What a platform will never deliver is named."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest

from hub.engine.gaps import gaps, name_gaps, note_alive
from hub.engine.line import now_ms
from hub.engine.ticks import tick
from hub.store import health
from hub.testing.tabletop import Tabletop

DAY = 86_400_000


@pytest.mark.parametrize(("away", "named"), [(6 * DAY, False), (8 * DAY, True)])
def test_a_pause_longer_than_the_horizon_is_a_gap(tmp_path: Path, away: int, named: bool) -> None:
    table = Tabletop(tmp_path)
    note_alive(table.store, table.config, table.now)
    found = name_gaps(table.store, table.config, table.now + away)
    assert [(gap.connection, gap.since, gap.until) for gap in found] == (
        [("meta", table.now, table.now + away - 7 * DAY)] if named else []
    )
    words = health.news(table.store.db, table.now + away)
    assert [(word.connection, word.topic, word.bad) for word in words] == ([("meta", "gap", True)] if named else [])
    assert not name_gaps(table.store, table.config, table.now + away + 1), "the second start has no gap"
    table.close()


def test_a_gap_is_shown_as_bad_for_a_week(tmp_path: Path) -> None:
    table = Tabletop(tmp_path)
    note_alive(table.store, table.config, table.now)
    name_gaps(table.store, table.config, table.now + 9 * DAY)
    assert [word.bad for word in health.news(table.store.db, table.now + 17 * DAY)] == [False]
    table.close()


def test_a_first_start_has_no_gap(tmp_path: Path) -> None:
    table = Tabletop(tmp_path)
    assert gaps(table.config, {}, table.now) == []
    table.close()


def test_a_long_refusal_within_one_run_is_a_gap_too(
    live: Any, simulators: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk was full for longer than the platform keeps what it has."""

    async def scenario() -> None:
        async with live(simulators["telegram"](mode="webhook"), connection={"mode": "webhook"}) as here:
            hub, real, looks = here.hub, shutil.disk_usage, []
            long_ago = now_ms() - 2 * DAY
            await hub.writer.call(lambda store: note_alive(store, hub.config, long_ago))
            monkeypatch.setattr(shutil, "disk_usage", lambda path: real(path)._replace(free=0))
            await here.until(lambda: not hub.accepting)
            monkeypatch.setattr("hub.engine.ticks.tick", lambda store, now: looks.append(tick(store, now)))
            await here.until(lambda: len(looks) > 2)  # the hub saw itself refuse
            assert "gap of telegram" not in hub.notices.open
            monkeypatch.undo()
            await here.until(lambda: "gap of telegram" in hub.notices.open)

    asyncio.run(scenario())

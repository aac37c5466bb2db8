"""A CRM that cannot be reached: told once, in words that help, and over with the first call that goes through."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from hub.contracts.crm import Written
from hub.contracts.errors import DayUsedUp, HubError, Rejected, Unavailable, Uncertain
from hub.engine.crm import fate as crm_fate
from hub.engine.crm.fate import Fate
from hub.engine.crm.lease import Batch
from hub.engine.crm.reach import PATIENCE, TRIES, Reach
from hub.engine.notices import Notices
from hub.model.records import LogEntry

NOON = 1_800_014_400_000  # 2027-01-15 12:00 UTC
DOWN = Unavailable("HubSpot is not available (503)")


class Watch:
    """A reach, and a clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now, self.notices = NOON, Notices()
        self.reach = Reach("main", self.notices, lambda: self.now)

    @property
    def told(self) -> str:
        return self.notices.open.get("crm main", "")

    def fails(self, error: HubError = DOWN, times: int = 1) -> None:
        for _ in range(times):
            self.reach.failed(error)


@pytest.fixture
def watch() -> Watch:
    return Watch()


def test_a_few_tries_that_fail_are_no_outage_and_many_are(watch: Watch) -> None:
    watch.fails(times=TRIES - 1)
    assert watch.told == ""
    watch.now += 1_000
    watch.fails(Uncertain("no answer"))
    assert watch.told == "unreachable since 12:00 UTC: no answer"
    watch.fails(Unavailable("in other words"), times=TRIES)
    assert watch.told == "unreachable since 12:00 UTC: no answer"
    watch.reach.answered()
    assert watch.told == ""
    watch.fails(times=TRIES - 1)
    assert watch.told == ""


def test_two_tries_a_minute_apart_are_one(watch: Watch) -> None:
    watch.fails()
    watch.now += PATIENCE - 1
    watch.fails()
    assert watch.told == ""
    watch.now += 1
    watch.fails()
    assert watch.told.startswith("unreachable since 12:00 UTC: ")


def test_a_used_up_day_is_told_at_once_with_its_end(watch: Watch) -> None:
    watch.fails(DayUsedUp("used up", 3_600))
    assert watch.told == "its calls of today are used up until 13:00 UTC"
    watch.now += 120_000
    watch.fails(DayUsedUp("used up", 3_480), times=TRIES)
    assert watch.told == "its calls of today are used up until 13:00 UTC"
    watch.now = NOON + 3_600_000
    watch.fails(DayUsedUp("used up", 7_200))
    assert watch.told == "its calls of today are used up until 15:00 UTC"


def test_a_refusal_is_told_instead_and_begins_anew(watch: Watch) -> None:
    watch.fails(times=TRIES)
    watch.reach.refused("the token is wrong")
    assert watch.told == "the token is wrong"
    watch.fails(times=TRIES - 1)
    assert watch.told == "the token is wrong"
    watch.fails()
    assert watch.told.startswith("unreachable since")


def silence(log: Callable[[Sequence[LogEntry]], list[Written]]) -> HubError | None:
    usual: dict[str, Any] = {"record": "1", "direction": "in", "channel": "x", "author": "", "text": "", "at": 1}
    row = LogEntry(outbox=1, message="m", sequence=1, **usual)
    adapter: Any = SimpleNamespace(log=log)
    fate = Fate("main", adapter, Batch(logs=[row], attempts={1: 1}))
    fate.carry_out()
    return fate.silence


@pytest.mark.parametrize("error", [DOWN, Uncertain("no answer")])
def test_a_batch_that_nobody_answered_says_so(error: HubError) -> None:
    def down(batch: Sequence[LogEntry]) -> list[Written]:
        raise error

    assert silence(down) is error
    assert silence(lambda batch: [Written(outbox=1, error=error)]) is error
    assert silence(lambda batch: [Written(outbox=1, error=Rejected("no"))]) is None
    assert silence(lambda batch: [Written(outbox=1, record="9")]) is None


def test_writes_that_find_nobody_are_told_and_over_with_the_first_that_goes_through(
    live: Any, simulators: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crm_fate, "backoff", lambda *_: 10)
    crm, channel = simulators["hubspot"](), simulators["whatsapp"]()

    async def scenario() -> None:
        async with live(channel, crm) as run:
            await run.until(lambda: run.hub.crms["hubspot"].ready.is_set())
            crm.faults.down = True  # nothing is read meanwhile: the next look is minutes away
            await channel.say("+447700900123", "hello", name="Ana")
            await run.until(lambda: "crm hubspot" in run.hub.notices.open)
            assert run.hub.notices.open["crm hubspot"].startswith("unreachable since ")
            crm.faults.down = False
            await run.until(crm.logged)
            await run.until(lambda: run.hub.notices.open == {})

    asyncio.run(scenario())

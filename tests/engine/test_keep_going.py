"""A part of the hub that stumbles is told, and begins again; the hub goes on."""

from __future__ import annotations

import asyncio
import shutil
from typing import Any

import pytest

from hub.engine import keep_going, sender
from hub.engine.crm import sync as crm_sync
from hub.engine.health import Health, examine_all
from hub.engine.http import Outside
from hub.engine.keep_going import keep_going as kept
from hub.engine.notices import Notices
from hub.engine.retention import Retention
from hub.testing.tabletop import Tabletop

PERSON = "+12025550111"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep_going, "FIRST", 0.01)


def test_a_part_begins_again_until_it_ends_and_a_notice_names_it() -> None:
    notices, tries = Notices(), []

    async def work() -> None:
        tries.append(dict(notices.open))
        if len(tries) < 4:
            raise ValueError("of what a person wrote")

    asyncio.run(kept("news", work, notices))
    assert [list(open_) for open_ in tries] == [[], ["news"], ["news"], ["news"]]
    (told,) = notices.open.values()
    assert "ValueError, test_keep_going.py line" in told
    assert "wrote" not in told


def test_it_is_told_as_well_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep_going, "WELL", 0.05)
    notices, tries = Notices(), []

    async def work() -> None:
        tries.append(1)
        if len(tries) < 2:
            raise ValueError
        while notices.open:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(kept("news", work, notices), 5))
    assert notices.open == {}


def test_what_is_to_end_ends_whatever_it_says_about_it() -> None:
    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError

    async def scenario() -> None:
        task = asyncio.create_task(kept("news", work, Notices()))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 5)

    asyncio.run(scenario())


@pytest.mark.parametrize("said", [None, [None], 7, ["all is well"]])
def test_a_channel_that_says_rubbish_about_itself_costs_nothing(table: Tabletop, said: Any) -> None:
    channel = table.config.connections["meta"].channel
    rubbish = type("Rubbish", (type(channel),), {"examine": lambda self, callback: _says(said)})
    channel.__class__ = rubbish

    async def scenario() -> None:
        outside = Outside()
        try:
            await Health(table.line, outside, Notices()).look()
            assert await examine_all(table.line, outside) == {}
        finally:
            await outside.close()

    asyncio.run(scenario())


def _says(what: Any) -> Any:
    return what
    yield


def test_a_lease_that_raises_costs_only_itself_and_is_done_later(
    live: Any, simulators: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel, crm = simulators["whatsapp"](), simulators["hubspot"]()
    broken = True

    def breaking(real: Any) -> Any:
        def lease(*args: Any) -> Any:
            if broken:
                raise KeyError("a row like no other")
            return real(*args)

        return lease

    monkeypatch.setattr(sender, "lease_sends", breaking(sender.lease_sends))
    monkeypatch.setattr(crm_sync, "lease_crm", breaking(crm_sync.lease_crm))

    async def scenario() -> None:
        nonlocal broken
        async with live(channel, crm) as run:
            await channel.say(PERSON, "price", name="Ana")
            await run.worked_off()
            told = {"sending of inbox whatsapp", "crm hubspot writing (person)", "crm hubspot writing (log)"}
            await run.until(lambda: told <= run.hub.notices.open.keys())
            assert not any(task.done() for task in run.hub._tasks)
            assert run.hub.accepting
            broken = False
            await run.until(lambda: channel.said and len(crm.logged()) == 2)
            assert len(channel.said) == 1

    asyncio.run(scenario())


def test_parts_without_which_messages_still_come_in_do_not_end_the_hub(
    live: Any, simulators: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run(self: Any) -> None:
        raise RuntimeError

    def gone(path: Any) -> Any:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Health, "run", run)
    monkeypatch.setattr(Retention, "run", run)

    async def scenario() -> None:
        async with live(simulators["whatsapp"]()) as here:
            monkeypatch.setattr(shutil, "disk_usage", gone)
            told = {"health of connections", "retention", "disk"}
            await here.until(lambda: told <= here.hub.notices.open.keys())
            assert "Input/output error" in here.hub.notices.open["disk"]
            monkeypatch.undo()
            await here.until(lambda: "disk" not in here.hub.notices.open)
            assert not any(task.done() for task in here.hub._tasks)

    asyncio.run(scenario())


def test_the_clock_is_vital(live: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("no time")

    async def scenario() -> None:
        async with live() as here:
            monkeypatch.setattr("hub.engine.ticks.tick", broken)
            with pytest.raises(RuntimeError, match="no time"):
                await asyncio.wait_for(here.hub.failed(), 7)

    asyncio.run(scenario())

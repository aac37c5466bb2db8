"""What becomes of a reply when the platform is busy, broken, strict, or does not let the hub in."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web

PERSON = "+12025550111"
BREATH = 0.05
"""Seconds by which two clocks may differ."""


@pytest.fixture
def channel(simulators):
    return simulators["whatsapp"]()


async def ended(run: Any, state: str) -> None:
    """Wait until no reply is open, and all ended so."""

    async def closed() -> bool:
        ((waiting,),) = await run.rows("SELECT count(*) FROM queue")
        rows = await run.rows("SELECT open FROM outbox WHERE kind='send'")
        return not waiting and bool(rows) and not any(still for (still,) in rows)

    await run.until(closed)
    assert await run.rows("SELECT DISTINCT state FROM outbox WHERE kind='send'") == [(state,)]


@pytest.mark.parametrize(("fault", "pause"), [("throttle", 1.0), ("error", 0.7)])
def test_a_reply_that_finds_no_room_leaves_later_and_once(live, channel, fault, pause):
    async def scenario() -> None:
        setattr(channel.faults, fault, 1.0)
        async with live(channel) as run:
            await channel.say(PERSON, "price", name="Ana")
            await run.until(lambda: channel.said and channel.said[0].ended)
            setattr(channel.faults, fault, 0.0)
            await ended(run, "done")
            await channel.settled()
        refused, taken = channel.said
        assert (refused.delivered, taken.delivered) == (False, True)
        assert taken.text == "Price list"
        assert taken.began - refused.ended >= pause - BREATH

    asyncio.run(scenario())


def test_what_the_platform_refuses_becomes_a_dead_letter_with_its_words(live, simulators):
    class Strict(simulators["whatsapp"]):
        """Takes no list of prices."""

        def _take(self, said: Any) -> web.Response:
            error = {"code": 131051, "message": "(#131051) Lists of prices are not supported", "type": "OAuthException"}
            return web.json_response({"error": error}, status=400)

    channel = Strict()

    async def scenario() -> None:
        async with live(channel) as run:
            await channel.say(PERSON, "price", name="Ana")
            await ended(run, "dead")
            ((kind, cause),) = await run.rows("SELECT kind, cause FROM dead WHERE state='open'")
            assert kind == "send"
            assert "Lists of prices are not supported" in cause
            assert "131051" in cause
        assert len(channel.said) == 1

    asyncio.run(scenario())


def test_a_wrong_access_token_pauses_the_connection_until_it_is_mended(live, channel, monkeypatch):
    pause = 0.7
    monkeypatch.setattr("hub.engine.sender.PAUSE_ON_AUTH", int(pause * 1000))
    told: list[tuple[tuple[str, str], float]] = []

    def sending() -> list[tuple[tuple[str, str], float]]:
        """What was told about sends; that the templates cannot be read either is told apart."""
        return [notice for notice in told if notice[0][0] == "connection whatsapp"]

    async def scenario() -> None:
        good, channel.access_token = channel.access_token, "revoked"
        async with live(channel, connection={"access_token": good}) as run:
            raise_once, clock = run.hub.notices.raise_once, asyncio.get_running_loop().time
            monkeypatch.setattr(run.hub.notices, "raise_once", lambda *t: (told.append((t, clock())), raise_once(*t)))
            await channel.say(PERSON, "price", name="Ana")
            await run.until(sending)
            await channel.say("+12025550112", "price", name="Bea")
            await run.until(lambda: len(sending()) > 1)
            assert "connection whatsapp" in run.hub.notices.open
            assert good not in str(run.hub.notices.open)
            channel.access_token = good
            await run.until(lambda: len(channel.said) == 2)
            await ended(run, "done")
            assert "connection whatsapp" not in run.hub.notices.open
        assert [said.delivered for said in channel.said] == [True, True]

    asyncio.run(scenario())
    assert len({notice for notice, _ in sending()}) == 1
    first = sending()[0][1]
    assert min(at for _, at in sending()[1:]) - first >= pause - BREATH  # nobody was tried while the connection rested


def test_replies_leave_no_faster_than_the_rate(live, channel):
    rate, burst, replies = 5, 1, 12

    async def scenario() -> None:
        async with live(channel, connection={"rate": rate}) as run:
            for n in range(replies):
                await channel.say(f"+120255501{n:02d}", "price", name="Ana")
            await run.until(lambda: len(channel.said) == replies)

    asyncio.run(scenario())
    began = sorted(said.began for said in channel.said)
    for first in range(replies):
        for last in range(first, replies):
            assert last - first + 1 <= burst + rate * (began[last] - began[first]) + 2

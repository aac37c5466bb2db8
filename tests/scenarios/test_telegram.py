"""Somebody writes to a Telegram bot: he is answered once and stands in HubSpot; he blocks the bot: silence."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hub.engine.line import incoming
from hub.model.by_hand import HumanReplied

PERSON = "7000000123"


@pytest.mark.parametrize("mode", ["poll", "webhook"])
def test_a_question_is_answered_once_and_both_stand_in_hubspot_as_notes(live, simulators, mode):
    bot, crm = simulators["telegram"](mode=mode), simulators["hubspot"]()

    async def scenario() -> None:
        async with live(bot, crm) as run:
            await bot.say(PERSON, "what is the price?", name="Ana Example")
            await run.until(lambda: len(crm.logged()) == 2)
            await asyncio.wait_for(bot.settled(), 3)
            await run.worked_off()

    asyncio.run(scenario())
    assert [(said.person, said.text, said.delivered) for said in bot.said] == [(PERSON, "Price list", True)]
    (contact,) = crm.contacts()
    assert (contact["firstname"], contact["lastname"]) == ("Ana", "Example")
    notes: dict[str, Any] = crm.portal.things["notes"]
    assert {thing.contact for thing in notes.values()} == {contact["id"]}
    rows = sorted(crm.logged(), key=lambda row: row.sequence)
    assert [(row.record in notes, row.direction, row.text) for row in rows] == [
        (True, "in", "what is the price?"),
        (True, "out", "Price list"),
    ]
    assert bot.refused == []


@pytest.mark.parametrize("mode", ["poll", "webhook"])
def test_who_blocks_the_bot_is_left_alone(live, simulators, mode):
    bot = simulators["telegram"](mode=mode)

    async def scenario() -> None:
        async with live(bot) as run:
            await bot.say(PERSON, "price", name="Ana")
            await run.until(lambda: bot.said)
            await bot.block(PERSON)

            async def opted_out() -> bool:
                return await run.rows("SELECT opted_out FROM people") == [(1,)]

            await run.until(opted_out)
            await bot.say(PERSON, "price again", name="Ana")  # was on its way already

            async def heard() -> bool:
                return bool(await run.rows("SELECT 1 FROM messages WHERE text='price again'"))

            await run.until(heard)
            answer = HumanReplied(key="1", at=1, person=f"telegram::{PERSON}", agent="Eve", text="are you there?")
            await run.hub.writer.accept([incoming(answer)])

            async def ended() -> bool:
                return await run.rows("SELECT 1 FROM outbox WHERE open=1") == []

            await run.worked_off()
            await run.until(ended)
            found = await run.rows("SELECT state, reason FROM outbox ORDER BY id")
            assert found == [("done", ""), ("dropped", "The person asked for no more messages.")]
            assert len(bot.said) == 1

    asyncio.run(scenario())

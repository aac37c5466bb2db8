"""How soon a running hub answers, by its own clock: from the moment a message is on disk to the send that begins."""

from __future__ import annotations

import asyncio

SECOND = 1000


def test_a_keyword_is_answered_within_5_s_and_a_first_message_within_20_s_also_after_a_restart(live, simulators):
    bot = simulators["telegram"](mode="poll")

    async def scenario() -> list[tuple[int, int]]:
        async with live(bot) as run:
            for number in range(20):
                await bot.say(f"70000001{number:02}", "what is the price?", name="Ana")
            await run.until(lambda: len(bot.said) == 20)
            await run.worked_off()
            await run.stop()
            await run.start()
            await bot.say("7000000199", "the price please", name="Ben")
            await run.until(lambda: len(bot.said) == 21)
            await run.worked_off()
            rows: list[tuple[int, int]] = await run.rows(
                "SELECT o.id, o.started - j.received FROM outbox o JOIN journal j ON j.seq=o.event"
                " WHERE o.kind='send' ORDER BY o.id"
            )
            return rows

    waits = sorted(wait for _, wait in asyncio.run(scenario()))
    assert len(waits) == 21
    assert waits[19] <= 5 * SECOND  # 95 of 100
    assert waits[-1] <= 20 * SECOND

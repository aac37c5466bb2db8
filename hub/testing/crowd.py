"""The customers: they write at a pace, slow down while something is broken, and show when its traces are worked off."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from hub.testing.latency import worked_off
from hub.testing.ledgers import token_of
from hub.testing.proof import prove
from hub.testing.stage import Stage

LOOK = 0.3
"""Seconds between two looks at the ledgers."""
SETTLE = 5.0
"""Seconds without any change after which everything that was to happen has happened."""
SLOW = 0.4
"""Seconds between two messages while the hub takes long to stand up."""
LAST = 5
"""Messages that are kept back until a blow is over: they show that the hub stands again."""
MISSING = {"lost", "lost_sends", "unacked", "reply_rows_wrong"}


class Crowd:
    """Writes at most `messages` messages, a share `asking` of them questions that a rule answers; waits `patience`
    seconds after a blow for a hub that does not stand up again."""

    def __init__(
        self, stage: Stage, rng: random.Random, messages: int, asking: float = 0.3, patience: float = 20.0
    ) -> None:
        self.stage, self.rng, self.messages, self.asking, self.patience = stage, rng, messages, asking, patience
        self.said = 0

    @property
    def left(self) -> int:
        """Messages that are still to be written."""
        return self.messages - self.said

    async def talk(self, messages: int, rate: float) -> None:
        """Write so many, at about `rate` a second, with people's irregularity."""
        for _ in range(messages):
            await asyncio.sleep(self.rng.uniform(0, 2) / rate)
            await self.one()

    async def one(self) -> None:
        """Somebody writes, if there is anything left to say."""
        if not self.left:
            return
        person, asks = self.rng.choice(self.stage.company.people), self.rng.random() < self.asking
        text = person.voice.text(self.rng, f"m{self.said:05d}", asks=asks)
        self.said += 1
        late = self.rng.randrange(1, 4000) if self.rng.random() < 0.05 else 0  # a phone was out of reach for a moment
        await self.stage.say(person, text, due=asks, at=time.time_ns() // 1_000_000 - late)

    async def through(self, blow: Coroutine[Any, Any, None], messages: int, over: float) -> None:
        """Write about `messages` over `over` seconds, and on more slowly, until the blow's traces are worked off."""
        task = asyncio.create_task(blow)
        began = looked = time.monotonic()
        ended = 0.0
        try:
            while self.left > LAST or task.done():
                late = time.monotonic() - began > over
                await asyncio.sleep(self.rng.uniform(0.5, 1.5) * (SLOW if late else over / max(1, messages)))
                await self.one()
                if task.done() and time.monotonic() - looked > LOOK:
                    looked = time.monotonic()
                    ended = ended or looked
                    if not self.left or recovered(self.stage) or looked - ended > self.patience:
                        break
            await task
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def recovered(stage: Stage) -> bool:
    """Whether the traces of every trouble so far are worked off."""
    for crm in stage.crms:
        stored = {token_of(row.text): row.stored for row in crm.logged() if row.direction == "in"}
        arrived = sorted((h.acked, stored.get(token_of(h.text), math.inf)) for h in stage.channel.heard if h.acked)
        if worked_off(arrived, max((t.ended for t in stage.troubles), default=0.0)) == math.inf:
            return False
    return True


def complete(stage: Stage) -> bool:
    """Whether nothing is missing."""
    return not any(MISSING & set(prove(stage.ledgers(crm)).broken()) for crm in stage.crms)


async def quiet(stage: Stage, patience: float) -> None:
    """Wait until the ledgers have not changed for SETTLE seconds and nothing is missing, or for `patience` seconds."""
    before: object = None
    since = time.monotonic()
    while True:
        heard, said, logged = stage.channel.heard, stage.channel.said, sum(len(crm.logged()) for crm in stage.crms)
        now = (sum(1 for h in heard if h.acked), len(said), sum(1 for s in said if s.delivered), logged)
        if now != before:
            before, since = now, time.monotonic()
        still = time.monotonic() - since
        if still > patience or (still > SETTLE and complete(stage)):
            return
        await asyncio.sleep(LOOK)

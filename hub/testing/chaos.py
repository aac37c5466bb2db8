"""Chaos: a company under load while everything that may break does, again and again; then the proof.

The run is a row of acts. In each, customers write at the full rate, something strikes (a kill, an outage), and they
go on writing more slowly until the ledgers show that its traces are worked off. So most messages meet a hub that is
well, every blow meets one under load, and the whole takes no longer than the hub needs to stand up again.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from hub.testing.latency import worked_off
from hub.testing.ledgers import token_of
from hub.testing.people import Person, company
from hub.testing.proof import Proof, prove
from hub.testing.runner import SUPERVISED
from hub.testing.stage import Stage
from hub.testing.watch import Watch

LOOK = 0.3
"""Seconds between two looks at the ledgers."""
SETTLE = 5.0
"""Seconds without any change after which everything that was to happen has happened."""
BURST = 0.4
"""Seconds of full rate, at most, between the beginning of an act and its blow."""
TRICKLE = 6.0
"""Seconds over which the messages of an act are spread after its blow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostility:
    """Shares of calls, and seconds of outages (0 = none). See `hub.contracts.simulator.Faults`."""

    double: float = 0.10
    reorder: float = 0.10
    crm_error: float = 0.02
    lose_before: float = 0.01
    lose_after: float = 0.01
    crm_out: float = 3.0
    channel_out: float = 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One run. `rate` messages a second at full speed (0 = by their number); `module`: what runs instead of the
    supervised hub; `patience` seconds without any change after which what is missing is given up."""

    events: int = 2000
    kills: int = 5
    seed: int = 1
    rate: float = 0.0
    people: int = 0
    asking: float = 0.3
    hostility: Hostility = field(default_factory=Hostility)
    module: Sequence[str] = SUPERVISED
    patience: float = 20.0


BREAKS: dict[str, Script] = {
    "dedupe": Script(hostility=Hostility(double=0.3)),
    "ack-early": Script(kills=3),
    "order": Script(people=8, hostility=Hostility(reorder=0.0)),
    "ledger": Script(hostility=Hostility(lose_after=0.15)),
    "uncertain": Script(asking=0.6, hostility=Hostility(lose_after=0.10)),
}
"""What a run needs so that a hub broken in this way cannot get through by luck; see `hub.testing.sabotage`."""

Blow = Callable[[], Awaitable[None]]


class Drama:
    """Plays a script on a stage. `tell` hears what goes on."""

    def __init__(self, stage: Stage, script: Script, tell: Callable[[str], None]) -> None:
        self.stage, self.script = stage, script
        self._tell, self._rng = tell, random.Random(script.seed)
        self._said = 0
        self._struck = False
        self._rate = script.rate or min(150.0, max(40.0, script.events / 8))

    async def play(self) -> None:
        """From the first message to the last; what is under way then is waited for with `quiet`."""
        script = self.script
        acts = self._acts()
        for number, blows in enumerate(acts):
            left = script.events - self._said
            calm = math.ceil(0.6 * left / (len(acts) - number + 1))
            self._tell("customers write")
            await self._talk(calm)
            await self._act(blows, math.ceil(0.4 * script.events / len(acts)))
        self._tell("customers write")
        await self._talk(script.events - self._said)

    def _acts(self) -> list[list[Blow]]:
        """Blows that strike together. Some kills hit a hub that has just stood up; a short run joins the outages."""
        script, rng, stage = self.script, self._rng, self.stage
        kills = [[self._kill] for _ in range(script.kills)]
        outages: list[Blow] = []
        if script.hostility.crm_out:
            outages.append(lambda: stage.crm_out(script.hostility.crm_out))
        if script.hostility.channel_out:
            outages.append(lambda: stage.channel_out(script.hostility.channel_out))
        acts: list[list[Blow]] = []
        for kill in kills:
            if acts and rng.random() < 0.2:
                acts[-1].append(kill[0])
            else:
                acts.append([kill[0]])
        if script.events < 1000 and acts:
            for outage in outages:
                rng.choice(acts).append(outage)
        else:
            acts += [[outage] for outage in outages]
        rng.shuffle(acts)
        return acts

    async def _kill(self) -> None:
        everything = self._rng.random() < 0.25
        self._tell("kill -9, supervisor too" if everything else "kill -9")
        await self.stage.kill(everything=everything)

    async def _act(self, blows: Sequence[Blow], messages: int) -> None:
        self._struck = False
        blow = asyncio.create_task(self._strike(blows))
        try:
            end = self._said + messages
            while self._said < end - 3 and not self._struck:
                await self._talk(1)
            pause = TRICKLE / max(4, end - self._said)
            looked = 0.0
            while self._said < end:
                await asyncio.sleep(pause * self._rng.uniform(0.5, 1.5))
                if end - self._said > 2 or blow.done():
                    await self._one()
                if blow.done() and time.monotonic() - looked > LOOK:
                    looked = time.monotonic()
                    if self._recovered():
                        break
            await blow
        finally:
            blow.cancel()
            with suppress(asyncio.CancelledError):
                await blow

    async def _strike(self, blows: Sequence[Blow]) -> None:
        await asyncio.sleep(self._rng.uniform(0, BURST))
        self._struck = True
        outages = [asyncio.ensure_future(blow()) for blow in blows if blow != self._kill]
        for blow in blows:
            if blow == self._kill:
                await asyncio.sleep(self._rng.uniform(0, 0.3))
                await blow()
        await asyncio.gather(*outages)
        self._tell("standing up again")

    def _recovered(self) -> bool:
        stored = {token_of(row.text): row.stored for row in self.stage.crm.logged() if row.direction == "in"}
        arrived = sorted((h.acked, stored.get(token_of(h.text), math.inf)) for h in self.stage.channel.heard if h.acked)
        return worked_off(arrived, max(t.ended for t in self.stage.troubles)) < math.inf

    async def _talk(self, messages: int) -> None:
        """At the full rate, with a customer's irregularity."""
        for _ in range(messages):
            await asyncio.sleep(self._rng.uniform(0, 2) / self._rate)
            await self._one()

    async def _one(self) -> None:
        if self._said == self.script.events:
            return
        rng = self._rng
        person: Person = rng.choice(self.stage.company.people)
        asks = rng.random() < self.script.asking
        text = person.voice.text(rng, f"m{self._said:05d}", asks=asks)
        self._said += 1
        late = rng.randrange(1, 4000) if rng.random() < 0.05 else 0  # some phones were out of reach for a moment
        await self.stage.say(person, text, due=asks, at=time.time_ns() // 1_000_000 - late)


async def quiet(stage: Stage, patience: float) -> None:
    """Wait until the ledgers have not changed for SETTLE seconds and nothing is missing, or for `patience` seconds."""
    before: object = None
    since = time.monotonic()
    while True:
        heard, said, logged = stage.channel.heard, stage.channel.said, stage.crm.logged()
        now = (sum(1 for h in heard if h.acked), len(said), sum(1 for s in said if s.delivered), len(logged))
        if now != before:
            before, since = now, time.monotonic()
        still = time.monotonic() - since
        if still > patience or (still > SETTLE and complete(stage)):
            return
        await asyncio.sleep(LOOK)


def complete(stage: Stage) -> bool:
    """Whether nothing is missing."""
    return not {"lost", "lost_sends", "unacked", "reply_rows_wrong"} & set(prove(stage.ledgers()).broken())


def faults(stage: Stage, hostility: Hostility) -> None:
    """Make the platforms hostile."""
    channel, crm = stage.channel.faults, stage.crm.faults
    channel.double, channel.reorder = hostility.double, hostility.reorder
    channel.lose_before = crm.lose_before = hostility.lose_before
    channel.lose_after = crm.lose_after = hostility.lose_after
    crm.error = hostility.crm_error


async def run(script: Script, folder: Path, watch: Watch) -> Proof:
    """One whole run in `folder`. Raises ConfigError or Unavailable when it cannot be played."""
    rng = random.Random(script.seed)
    people = script.people or max(20, script.events // 25)
    known = people // 2
    cast = company(rng, people=people, known=known, others=people, twice=min(3, known // 4))
    stage = Stage(folder, cast, seed=script.seed, module=script.module)
    phase = ["starting"]
    ticker = asyncio.create_task(_tick(stage, watch, phase))
    try:
        await stage.open()
        faults(stage, script.hostility)
        await stage.hub.start()
        await stage.hub.ready()
        await Drama(stage, script, lambda what: phase.__setitem__(0, what)).play()
        phase[0] = "waiting until all is quiet"
        stage.channel.faults.reorder = stage.channel.faults.double = 0.0
        await quiet(stage, script.patience)
        return prove(stage.ledgers())
    finally:
        ticker.cancel()
        await stage.close()


async def _tick(stage: Stage, watch: Watch, phase: Sequence[str]) -> None:
    while True:
        rows = stage.crm.logged()
        replies = sum(1 for said in stage.channel.said if said.delivered)
        watch.show(phase[0], sum(1 for row in rows if row.direction == "in"), f"{replies} replies")
        await asyncio.sleep(LOOK)

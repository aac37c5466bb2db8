"""Chaos: a company under load while everything that may break does, again and again; then the proof.

The run is a row of acts. In each, customers write at the full rate, something strikes (a kill, an outage), and they
go on writing more slowly until the ledgers show that its traces are worked off. So most messages meet a hub that is
well, every blow meets one under load, and the whole takes no longer than the hub needs to stand up again.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal

from hub.engine.duties import CALL, TTL
from hub.testing.crowd import LOOK, Crowd, quiet
from hub.testing.faults import HORIZON, HORIZON_OF_PROCESSES, LATE, Faults, hanging
from hub.testing.people import company
from hub.testing.postgres import PostgresServer
from hub.testing.proof import Proof, prove
from hub.testing.runner import SUPERVISED
from hub.testing.stage import Stage
from hub.testing.watch import Watch

BURST = 0.4
"""Seconds of full rate, at most, between the beginning of an act and its blow."""
TRICKLE = 4.0
"""Seconds, for each blow of an act, over which the act's messages are spread."""
STRUCK = 0.25
"""Share of all messages that are written while something is broken."""
HOOK_SECRET = "whsec_" + "aHViLXRlc3RpbmctaG9vay1zZWNyZXQtb2Ytb3Vycw=="
DAY_STEP = 1.0
"""Seconds after which a used-up day of Salesforce is looked at again; it tells nobody when its day ends."""
STORE_SHARE = 0.15
"""Kills of the database for each kill of a process, where nothing else is said."""
STORE_DEAD = 1.5
"""Seconds, at most, for which it stays dead."""
TIME = 600.0
"""Seconds that a run may take beyond its messages' own time: a hub that never stands up again must not hold us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostility:
    """Shares of calls, and seconds of outages (0 = none). See `hub.contracts.simulator.Faults`. CRM calls are few, each
    a batch, so a larger share of their answers is lost."""

    double: float = 0.10
    reorder: float = 0.10
    lose: float = 0.01
    crm_lose: float = 0.03
    crm_error: float = 0.02
    crm_out: float = 3.0
    channel_out: float = 2.5

    def fill(self, stage: Stage) -> None:
        """Make the platforms so hostile."""
        channel = stage.channel.faults
        channel.double, channel.reorder = self.double, self.reorder
        channel.lose_before = channel.lose_after = self.lose
        for crm in stage.crms:
            crm.faults.lose_before = crm.faults.lose_after = self.crm_lose
            crm.faults.error = self.crm_error


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One run. `rate` messages a second at full speed, `people` (both 0 = by the number of messages) · `module`: what
    runs instead of the supervised hub · `patience` seconds without any change until what is missing is given up (0 =
    as the store needs) · `faults`: everything of `hub.testing.faults` too, and an event hook that hangs · `crms`: where
    messages go · `store` postgres: so many `processes` of the hub, and kills of its database (None = by the number of
    kills) · `dsn`: a PostgreSQL that is there already · `sleeps`: how often a process sleeps for longer than its
    leases last."""

    events: int = 2000
    kills: int = 5
    seed: int = 1
    rate: float = 0.0
    people: int = 0
    asking: float = 0.3
    hostility: Hostility = field(default_factory=Hostility)
    module: Sequence[str] = SUPERVISED
    patience: float = 0.0
    faults: bool = False
    crms: Sequence[str] = ("hubspot",)
    store: Literal["sqlite", "postgres"] = "sqlite"
    processes: int = 1
    store_kills: int | None = None
    dsn: str = ""
    sleeps: int = 0

    @property
    def kills_of_store(self) -> int:
        """How often its database is killed; one that is somebody's never is."""
        if self.store == "sqlite":
            return 0
        return math.ceil(self.kills * STORE_SHARE) if self.store_kills is None else self.store_kills

    @property
    def waits(self) -> float:
        """Seconds without any change until what is missing is given up."""
        return self.patience or (20.0 if self.store == "sqlite" else TTL + CALL + 20.0)

    @property
    def full_rate(self) -> float:
        """Messages a second."""
        return self.rate or min(150.0, max(40.0, self.events / 8))


_CALM = Hostility(crm_out=0, channel_out=0)
BREAKS: dict[str, Script] = {
    "dedupe": Script(kills=0, hostility=replace(_CALM, double=0.3)),
    "ack-early": Script(kills=1, hostility=_CALM),
    "order": Script(kills=0, people=8, hostility=replace(_CALM, reorder=0)),
    "ledger": Script(kills=0, hostility=replace(_CALM, crm_lose=0.15)),
    "uncertain": Script(kills=0, asking=0.6, hostility=replace(_CALM, lose=0.10)),
    "fence": Script(kills=0, rate=20.0, hostility=_CALM, store="postgres", processes=3),
    "beside": Script(kills=0, people=8, hostility=_CALM, store="postgres", processes=3),
}
"""What a run needs so that a hub broken in this way cannot get through by luck; see `hub.testing.sabotage`."""


def broken(mode: str, **changes: object) -> Script:
    """The script for a hub that is broken on purpose."""
    values = {"module": ("-m", "hub.testing.sabotage", mode), "patience": 7.0, **changes}
    return replace(BREAKS[mode], **values)  # type: ignore[arg-type]


Blow = Callable[[], Awaitable[None]]


class Drama:
    """Plays a script on a stage. `tell` hears what goes on."""

    def __init__(self, stage: Stage, script: Script, tell: Callable[[str], None], faults: Faults | None = None) -> None:
        self.stage, self.script, self._faults = stage, script, faults
        self._tell, self._rng = tell, random.Random(script.seed)
        self._crowd = Crowd(stage, self._rng, script.events, script.asking, script.waits / 2)

    async def play(self) -> None:
        """From the first message to the last; what is under way then is waited for with `quiet`."""
        crowd, rate = self._crowd, self.script.full_rate
        acts = self._acts()
        each = math.ceil(STRUCK * crowd.messages / max(1, len(acts)))
        for number, blows in enumerate(acts):
            self._tell("customers write")
            ahead = len(acts) - number
            await crowd.talk(max(0, crowd.left - ahead * each) // (ahead + 1), rate)
            await crowd.talk(math.ceil(rate * self._rng.uniform(0, BURST)), rate)
            await crowd.through(self._strike(blows), each, TRICKLE * len(blows))
        self._tell("customers write")
        await crowd.talk(crowd.left, rate)

    def _acts(self) -> list[list[Blow]]:
        """Blows that strike together. Some kills hit a hub that has just stood up; a short run joins the outages."""
        script, rng, stage = self.script, self._rng, self.stage
        outages: list[Blow] = []
        if script.hostility.crm_out:
            outages.append(lambda: stage.crm_out(script.hostility.crm_out))
        if script.hostility.channel_out:
            outages.append(lambda: stage.channel_out(script.hostility.channel_out))
        acts: list[list[Blow]] = []
        for _ in range(script.kills):
            if acts and rng.random() < 0.2:
                acts[-1].append(self._kill)
            else:
                acts.append([self._kill])
        ours = stage.server is not None and stage.server.own
        for _ in range(script.kills_of_store if ours else 0):
            if acts and rng.random() < 0.3:
                rng.choice(acts).append(self._kill_store)
            else:
                acts.append([self._kill_store])
        acts += [[self._sleep] for _ in range(script.sleeps)]
        if script.events < 1000 and acts:
            for outage in outages:
                rng.choice(acts).append(outage)
        else:
            acts += [[outage] for outage in outages]
        if self._faults is not None:
            acts += [[partial(self._fault, name, blow)] for name, blow in self._faults.all().items()]
        rng.shuffle(acts)
        return acts

    async def _fault(self, name: str, blow: Blow) -> None:
        self._tell(name)
        await blow()

    async def _kill(self) -> None:
        everything, of = self._rng.random() < 0.25, self._rng.randrange(len(self.stage.hubs))
        self._tell("kill -9, supervisor too" if everything else "kill -9")
        await self.stage.kill(everything=everything, of=of)

    async def _kill_store(self) -> None:
        self._tell("kill -9 of PostgreSQL")
        await self.stage.kill_store(self._rng.uniform(0, STORE_DEAD))

    async def _sleep(self) -> None:
        self._tell("a process sleeps for longer than its leases")
        await self.stage.sleep(TTL + LATE, of=self._rng.randrange(len(self.stage.hubs)))

    async def _strike(self, blows: Sequence[Blow]) -> None:
        outages = [asyncio.ensure_future(blow()) for blow in blows if blow != self._kill]
        if any(blow not in (self._kill, self._kill_store, self._sleep) for blow in blows):
            self._tell("an outage")
        for blow in blows:
            if blow == self._kill:
                await blow()
                await asyncio.sleep(self._rng.uniform(0, 0.3))
        await asyncio.gather(*outages)
        self._tell("standing up again")


async def run(script: Script, folder: Path, watch: Watch) -> dict[str, Proof]:
    """One whole run in `folder`: the proof for each CRM, by name. Raises ConfigError or Unavailable when it cannot be
    played, TimeoutError when it takes far too long."""
    rng = random.Random(script.seed)
    people = script.people or max(20, script.events // 25)
    known = people // 2
    cast = company(rng, people=people, known=known, others=people, twice=min(3, known // 4))
    async with AsyncExitStack() as stack:
        module = script.module
        tables: dict[str, dict[str, object]] = {}
        horizon = HORIZON if script.store == "sqlite" else HORIZON_OF_PROCESSES
        if script.faults:
            weather = folder / "weather.json"
            module = ("-m", "hub.testing.weather", str(weather))
            hook = {"url": await stack.enter_async_context(hanging()), "secret": HOOK_SECRET, "allow_private": True}
            tables = {"plugin.notify": hook, "connection.whatsapp": {"horizon": horizon}}
            tables |= {"crm.salesforce": {"day_step": DAY_STEP}} if "salesforce" in script.crms else {}
        server: PostgresServer | None = None
        if script.store == "postgres":
            server = PostgresServer(address=script.dsn)
            stack.callback(server.stop)
            await asyncio.to_thread(server.start)
        stage = Stage(
            folder,
            cast,
            seed=script.seed,
            module=module,
            tables=tables,
            crms=script.crms,
            server=server,
            processes=script.processes,
        )
        ticker = asyncio.create_task(tick(stage, watch))
        stack.push_async_callback(stage.close)
        stack.callback(ticker.cancel)
        async with asyncio.timeout(TIME + script.events / script.full_rate):
            await stage.open()
            script.hostility.fill(stage)
            faults = Faults(stage, weather, rng, horizon) if script.faults else None
            stage.channel.faults.horizon = horizon if script.faults else 0
            await stage.start()
            await Drama(stage, script, watch.phase, faults).play()
            watch.phase("waiting until all is quiet")
            await quiet(stage, script.waits)
            return {crm.name: prove(stage.ledgers(crm)) for crm in stage.crms}


async def tick(stage: Stage, watch: Watch) -> None:
    """Show how far the messages are, for ever."""
    while True:
        replies = sum(1 for said in stage.channel.said if said.delivered)
        arrived = min(sum(1 for row in crm.logged() if row.direction == "in") for crm in stage.crms)
        watch.show(arrived, f"{replies} replies")
        await asyncio.sleep(LOOK)

"""Everything else that may go wrong, each as a blow that begins and ends: `dragoman chaos --faults all`.

Kills, outages, doubles and lost answers belong to every run; see `hub.testing.chaos`. These come on top.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from hub.engine.duties import TTL
from hub.testing.ledgers import Trouble
from hub.testing.stage import Stage
from hub.testing.weather import Weather

POISON = "hub-testing-poison"
"""A word in a webhook that makes the parser fail."""
HOUR = 3_600_000
SEEN = 0.3
"""Seconds until the hub's process has surely seen a change of its weather, or worked off what was delivered."""
LATE = 2.0
"""Seconds for which a process sleeps beyond the end of its leases."""
HORIZON, HORIZON_OF_PROCESSES = 4.0, 20.0
"""Seconds for which the channel's double keeps what it cannot deliver, in a run with all faults; where a process may
sleep while the others wait for it."""

Blow = Callable[[], Awaitable[None]]


class Faults:
    """The blows of one run on a stage. `weather` is the file that the hub's process follows."""

    def __init__(self, stage: Stage, weather: Path, rng: random.Random, horizon: float = HORIZON) -> None:
        self._stage, self._file, self._rng, self._horizon = stage, weather, rng, horizon

    def all(self) -> dict[str, Blow]:
        """By name, in no order."""
        return {
            **(self._of_processes() if self._stage.server is not None else {}),
            "the disk is full": self.disk_full,
            "the clock goes an hour forward": lambda: self.clock(HOUR),
            "the clock goes an hour back": lambda: self.clock(-HOUR),
            "poison": self.poison,
            "a storm of 429": self.storm,
            "the CRM's day is used up": self.day_used_up,
            "the CRM is slow": self.slow_crm,
            "away for longer than the horizon": self.away,
        }

    def _of_processes(self) -> dict[str, Blow]:
        """What strikes a hub of several processes and their server only."""
        server = {"the server only reads": self.server_reads} if self._stage.server and self._stage.server.own else {}
        return {**server, "a process sleeps": lambda: self._stage.sleep(TTL + LATE, of=self._one())}

    def _one(self) -> int:
        """One of the hub's processes."""
        return self._rng.randrange(len(self._stage.hubs))

    async def server_reads(self, seconds: float = 3.0) -> None:
        """PostgreSQL refuses every change (read_only_sql_transaction, 25006), as a standby does."""
        began = time.monotonic()
        await self._stage.only_reads("on")
        await asyncio.sleep(seconds)
        await self._stage.only_reads("off")
        self._stage.troubles.append(Trouble("hub", began, time.monotonic()))

    async def disk_full(self, seconds: float = 2.0) -> None:
        """No page can be written; then there is room again."""
        await self._while(Weather(full=True), "hub", seconds)

    async def clock(self, by: int, seconds: float = 2.0) -> None:
        """The clock of a machine is wrong by `by` ms for a while: of several processes, of one."""
        only = str(self._stage.hubs[self._one()].data) if self._stage.server is not None else ""
        await self._while(Weather(clock=by, only=only), "hub", seconds)

    async def poison(self, events: int = 5) -> None:
        """Signed webhooks that no parser survives, and some that are only strange."""
        Weather(poison=POISON).write(self._file)
        await asyncio.sleep(SEEN)
        channel: Any = self._stage.channel
        account = channel.accounts()[0]
        for n in range(events):
            for payload in (strange(account, f"{POISON} {n}"), strange(account, "quite harmless", deep=500)):
                while await channel.deliver(payload) != 200:  # noqa: ASYNC110 - the hub is another process
                    await asyncio.sleep(SEEN)
        await asyncio.sleep(SEEN)
        Weather().write(self._file)

    async def storm(self, seconds: float = 3.0) -> None:
        """Both platforms refuse most calls with 429 and Retry-After."""
        began = time.monotonic()
        both = [self._stage.channel.faults, *(crm.faults for crm in self._stage.crms)]
        usual = [faults.throttle for faults in both]
        for faults in both:
            faults.throttle = 0.8
        await asyncio.sleep(seconds)
        for faults, throttle in zip(both, usual, strict=True):
            faults.throttle = throttle
        self._stage.troubles.append(Trouble("crm", began, time.monotonic()))
        self._stage.troubles.append(Trouble("channel", began, time.monotonic()))

    async def day_used_up(self, seconds: float = 4.0) -> None:
        """A CRM, the first of several, says that today's calls are used up."""
        began = time.monotonic()
        self._stage.crm.faults.used_up = began + seconds
        await asyncio.sleep(seconds)
        self._stage.troubles.append(Trouble("crm", began, time.monotonic()))

    async def slow_crm(self, seconds: float = 4.0) -> None:
        """Each answer of each CRM takes two seconds."""
        began = time.monotonic()
        for crm in self._stage.crms:
            crm.faults.slow = 2.0
        await asyncio.sleep(seconds)
        for crm in self._stage.crms:
            crm.faults.slow = 0.0
        self._stage.troubles.append(Trouble("crm", began, time.monotonic()))

    async def away(self) -> None:
        """The hub is gone for longer than the channel keeps messages; what is lost must be named."""
        began = (await asyncio.gather(*(hub.kill_all() for hub in self._stage.hubs)))[0]
        await asyncio.sleep(self._horizon + 2)
        await self._stage.start()
        self._stage.troubles.append(Trouble("kill", began, time.monotonic()))

    async def _while(self, weather: Weather, kind: Any, seconds: float) -> None:
        began = time.monotonic()
        weather.write(self._file)
        await asyncio.sleep(seconds)
        Weather().write(self._file)
        self._stage.troubles.append(Trouble(kind, began, time.monotonic()))


def strange(account: str, words: str, deep: int = 0) -> Mapping[str, Any]:
    """A WhatsApp webhook that nobody documented; `deep` levels of nonsense."""
    nonsense: Any = words
    for _ in range(deep):
        nonsense = [nonsense]
    value = {"metadata": {"phone_number_id": account}, "strange": nonsense}
    entry = {"id": "200000000000001", "changes": [{"field": "nobody_documented", "value": value}]}
    return {"object": "whatsapp_business_account", "entry": [entry]}


@asynccontextmanager
async def hanging() -> AsyncIterator[str]:
    """An address that takes every request and never answers: what an event hook hangs on."""

    async def hang(request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        return web.Response()

    app = web.Application()
    app.router.add_post("/", hang)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()

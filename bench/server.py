"""The process under test: the bare handler and a whole hub side by side, on one event loop."""

from __future__ import annotations

import resource
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import structlog
from aiohttp import web

import hub.engine.hub as engine
from bench.bare import bare_app
from bench.bodies import ACCOUNT, RULES, SECRET, keyword
from hub.engine.line import now_ms
from hub.engine.loader import load_plugins
from hub.engine.settings import load_config
from hub.engine.writer import Writer
from hub.ingest.public import public_app
from hub.store import Store
from hub.store.journal import Claimed
from hub.wire import json


def configuration(data: Path, platform: int, *, crm: bool, listen: tuple[str, str] | None = None, dsn: str = "") -> str:
    """hub.toml of the hub under test: a hundred rules with keywords, and a pace that is never the limit.

    `listen`: addresses of the public and the admin listener; `dsn`: of PostgreSQL, "" = SQLite.
    """
    base = f"http://127.0.0.1:{platform}"
    places = 'listen = "{}"\nadmin = "{}"\n'.format(*listen) if listen else ""
    if dsn:
        places += f'store = "{dsn}"\nmedia = "{data}/files"\n'
    parts = [
        f'[hub]\ndata = "{data}"\naccept_queue = 50000\ndisk_min_mb = 0\n{places}',
        f'[connection.meta]\nchannel = "whatsapp"\napp_secret = "{SECRET.decode()}"\nverify_token = "verify-token"\n'
        f'access_token = "access-token"\nbase_url = "{base}"\nrate = 100000\n',
        f'[inbox.sales]\nconnection = "meta"\naccount = "{ACCOUNT}"\n',
    ]
    if crm:
        parts.append(
            f'[crm.main]\nadapter = "hubspot"\naccess_token = "crm-token"\nbase_url = "{base}"\n'
            "calls_per_10s = 1000000\n"
        )
    for rule in range(RULES):
        words = [keyword(rule), f"number {rule}", f"wo brauche ich {rule}"]
        parts.append(
            f'[[rule]]\nname = "rule {rule}"\nkeywords = {words}\n'
            f'reply = {{ text = "Yes, {keyword(rule)} is in stock, {{{{ person.name }}}}." }}\n'
        )
    return "\n".join(parts)


class IdleWriter(Writer):
    """Accepts durably and never steps: what the listener alone costs."""

    def _step(self) -> bool:
        return False


class TimedStore(Store):
    """Remembers when the events of the running step had arrived."""

    arrived: list[int]

    def claim(self, budget: int) -> list[Claimed]:
        """As in the store."""
        claimed = super().claim(budget)
        self.arrived = [row.received for row in claimed]
        return claimed


class TimedWriter(Writer):
    """Notes how long (ms) each event waited from its arrival to the commit of its step."""

    def __init__(self, store: Store, *args: Any, **named: Any) -> None:
        super().__init__(TimedStore(store.db), *args, **named)
        self.waits: list[int] = []

    def _step(self) -> bool:
        assert isinstance(self.store, TimedStore)
        self.store.arrived = []
        more = super()._step()
        now = now_ms()
        self.waits += [now - arrived for arrived in self.store.arrived]
        return more


WRITERS: dict[str, type[Writer]] = {"idle": IdleWriter, "whole": Writer, "timed": TimedWriter}


class Server:
    """Lives in its own process. `start` tells the ports of the bare handler and of the hub."""

    def __init__(self, folder: Path, platform: int, writer: str, crm: bool, dsn: str, more: str) -> None:
        file = folder / "hub.toml"
        text = configuration(folder / "data", platform, crm=crm, dsn=dsn)
        file.write_text(f"{text}\n{more}", encoding="utf-8")
        plugins = load_plugins()
        self.hub = engine.Hub(load_config(file, plugins, {}), plugins)
        vars(engine)["Writer"] = WRITERS[writer]  # only here: the product has one
        self._runners: list[web.AppRunner] = []

    async def start(self) -> tuple[int, int]:
        """Serve."""
        await self.hub.start()
        return await self._serve(bare_app()), await self._serve(public_app(self.hub))

    async def _serve(self, app: web.Application) -> int:
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        self._runners.append(runner)
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=256)
        await site.start()
        return int(runner.addresses[0][1])

    async def ready(self) -> None:
        """Wait for the end of the first read."""
        for crm in self.hub.crms.values():
            await crm.ready.wait()

    async def counts(self) -> dict[str, float]:
        """Seconds on the clock and of CPU (all threads), and what the writer did so far."""
        writer = self.hub.writer
        return {
            "clock": perf_counter(),
            "cpu": process_time(),
            "accepted": writer.accepted,
            "stepped": writer.stepped,
            "buried": writer.buried,
            "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }

    async def backlog(self) -> int:
        """Events and commands that still wait for something."""
        sql = "SELECT (SELECT count(*) FROM queue) + (SELECT count(*) FROM outbox WHERE open=1)"
        return int(await self.hub.writer.call(lambda store: store.db.rows(sql)[0][0]))

    async def waits(self) -> list[int]:
        """From arrival to commit, ms, since the last call."""
        writer = self.hub.writer
        assert isinstance(writer, TimedWriter)
        found, writer.waits = writer.waits, []
        return found

    async def close(self) -> None:
        """Stop."""
        for runner in self._runners:
            await runner.cleanup()
        await self.hub.stop()


async def server(folder: str, platform: int, writer: str, crm: bool, fast: bool, dsn: str, more: str) -> Server:
    """Build it; `fast` uses orjson where it is installed, else the standard library does all JSON."""
    json.FAST = json.FAST and fast
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    return Server(Path(folder), platform, writer, crm, dsn, more)

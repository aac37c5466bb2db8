"""Several processes on one PostgreSQL: each duty is one process's at a time, whatever becomes of the others."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from hub.engine import duties, signals
from hub.engine.hub import Hub
from hub.engine.loader import load_plugins
from hub.engine.settings import load_config
from hub.ingest import public_app
from hub.store import StoreTrouble
from hub.testing.postgres import PostgresServer

PERSON = "+12025550111"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leases are short, so that what waits for their end waits a second."""
    for name, seconds in {"TTL": 1.2, "EARLY": 0.3, "LOOK": 0.05, "CALL": 0.5, "PATIENCE": 2.0}.items():
        monkeypatch.setattr(duties, name, seconds)
    monkeypatch.setattr(signals, "LOOK", 3600.0)  # who is not told does not look


class Fleet:
    """Hubs of one company on one store, each as a process of its own would be: `async with` starts the platforms."""

    def __init__(self, folder: Path, dsn: str, *platforms: Any) -> None:
        self.folder, self.dsn, self.platforms = folder, dsn, platforms
        self.hubs: list[Hub] = []
        self.more: dict[str, dict[str, Any]] = {}
        self._started = 0
        self._runners: list[web.AppRunner] = []

    async def __aenter__(self) -> Fleet:
        for platform in self.platforms:
            await platform.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        for hub in list(self.hubs):
            await self.stop(hub)
        for platform in self.platforms:
            await platform.stop()

    async def start(self, name: str = "") -> Hub:
        """One more, in a data folder of its own; people write to the last one."""
        self._started += 1
        environ = {"DRAGOMAN_DATA": str(self.folder / (name or f"p{self._started}"))}
        lines = ["[hub]", f'store = "{self.dsn}"', 'media = "./media"', "disk_min_mb = 1"]
        lines += ["crm_linger = 0.05", "crm_poll = 600", "stop_grace = 2"]
        for platform in self.platforms:
            more = self.more.get(platform.name, {})
            config = "".join(f"{key} = {json.dumps(value)}\n" for key, value in (platform.config() | more).items())
            if hasattr(platform, "accounts"):
                lines += [f"[connection.{platform.name}]", f'channel = "{platform.name}"', config]
                lines += [f"[inbox.{platform.name}]", f'connection = "{platform.name}"']
                lines += [f'account = "{platform.accounts()[0]}"']
            else:
                lines += [f"[crm.{platform.name}]", config]
        lines += ["[texts]", 'prices = "Price list"', "[[rule]]", 'name = "prices"', 'keywords = ["price"]']
        file = self.folder / "hub.toml"
        file.write_text("\n".join([*lines, 'reply = "prices"', ""]), encoding="utf-8")
        plugins = load_plugins()
        hub = Hub(load_config(file, plugins, environ), plugins)
        await hub.start()
        runner = web.AppRunner(public_app(hub), access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.hubs.append(hub)
        self._runners.append(runner)
        self.point_at(hub)
        return hub

    def point_at(self, hub: Hub) -> None:
        """People write to this one."""
        runner = self._runners[self.hubs.index(hub)]
        for platform in self.platforms:
            if hasattr(platform, "point_at"):
                platform.point_at(f"http://127.0.0.1:{runner.addresses[0][1]}/hook/{platform.name}")

    async def stop(self, hub: Hub) -> None:
        """Stop one as a signal does."""
        at = self.hubs.index(hub)
        self.hubs.pop(at)
        runner = self._runners.pop(at)
        await hub.stop()
        await runner.cleanup()

    async def die(self, hub: Hub) -> None:
        """As a process dies, as far as others see: it says nothing any more, and its folder is free."""
        runner = self._runners.pop(self.hubs.index(hub))
        self.hubs.remove(hub)
        hub.aside.ask = never  # type: ignore[method-assign, union-attr]
        await hub.stop()
        await runner.cleanup()

    async def fence(self, duty: str) -> int:
        """How often the duty was taken."""
        sql = "SELECT fence FROM leases WHERE name=?"
        ((fence,),) = await self.hubs[0].aside.ask(lambda db: db.rows(sql, (duty,)))  # type: ignore[union-attr]
        return int(fence)

    async def one_at_a_time(self, *duties: str) -> None:
        """Look for ever; fails when two are at the same."""
        while True:
            for duty in duties:
                busy = [hub for hub in self.hubs if duty in hub.duties._terms or duty in hub.duties._ending]
                assert len(busy) <= 1
            await asyncio.sleep(0.005)

    def owners(self, duty: str) -> list[Hub]:
        """Who has it by its own account."""
        return [hub for hub in self.hubs if duty in hub.duties.held]


async def never(question: Any) -> Any:
    """The server is not asked."""
    raise StoreTrouble("nobody asks")


async def until(holds: Callable[[], Any], seconds: float = 10) -> None:
    """Look again and again until it holds."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def until_rows(hub: Hub, sql: str) -> None:
    """Look into the store again and again until there is such a row."""
    async with asyncio.timeout(10):
        while not await hub.writer.call(lambda store: store.db.rows(sql)):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@pytest.fixture
def fleet(tmp_path: Path, postgres: PostgresServer) -> Callable[..., Any]:
    """Make a `Fleet` in this test's folder, on a store of its own."""

    @asynccontextmanager
    async def make(*platforms: Any) -> AsyncIterator[Fleet]:
        async with Fleet(tmp_path, postgres.database(), *platforms) as made:
            yield made

    return make


def test_what_one_process_takes_in_is_answered_by_whichever_has_the_duty(fleet: Any, simulators: Any) -> None:
    channel, crm = simulators["whatsapp"](), simulators["hubspot"]()

    async def scenario() -> None:
        async with fleet(channel, crm) as run:
            first = await run.start()
            everything = set(first.duties._duties)
            await until(lambda: set(first.duties.held) == everything)
            second = await run.start()
            await until(lambda: len(second.duties.held) >= len(everything) // 2)
            await until(lambda: sorted([*first.duties.held, *second.duties.held]) == sorted(everything))
            (sender,) = run.owners("inbox:whatsapp")
            other = first if sender is second else second
            run.point_at(other)
            await channel.say(PERSON, "price", name="Ana")
            await until(lambda: channel.said and len(crm.logged()) == 2)
            assert len(channel.said) == 1

    asyncio.run(scenario())


def test_a_rate_and_a_log_in_are_one_however_many_processes_there_are(fleet: Any, simulators: Any) -> None:
    channel, crm = simulators["whatsapp"](), simulators["salesforce"]()
    channel_rate, texts = 20, 30

    async def scenario() -> None:
        async with fleet(channel, crm) as run:
            run.more["whatsapp"] = {"rate": channel_rate}
            hubs = [await run.start() for _ in range(10)]
            watch = asyncio.create_task(run.one_at_a_time("crm:salesforce", "inbox:whatsapp"))
            for number in range(texts):
                run.point_at(hubs[number % 10])
                await channel.say(f"+1202555{number:04}", f"price {number}", name=f"Ana {number}")
            await until(lambda: run.owners("inbox:whatsapp") and channel.said)
            (owner,) = run.owners("inbox:whatsapp")
            await run.stop(owner)  # in the midst of it
            await until(lambda: len(channel.said) >= texts and len(crm.logged()) >= 2 * texts, 60)
            assert not watch.done()
            watch.cancel()
            assert len(channel.said) == texts
            assert len(crm.logged()) == 2 * texts
            terms = await run.fence("crm:salesforce")
            assert 1 <= crm.calls["login"] <= terms

    asyncio.run(scenario())


def test_processes_share_the_duties_fairly_and_give_back_what_they_leave(
    fleet: Any, simulators: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duties, "TTL", 60.0)  # nothing ends by itself
    monkeypatch.setattr(duties, "PATIENCE", 60.0)

    async def scenario() -> None:
        async with fleet(simulators["whatsapp"](), simulators["hubspot"]()) as run:
            first = await run.start()
            names = sorted(first.duties._duties)
            await until(lambda: first.duties.held == names)
            await run.start()
            await run.start()
            await until(lambda: sorted(name for hub in run.hubs for name in hub.duties.held) == names)
            most = -(-len(names) // 3)
            await until(lambda: all(len(hub.duties.held) <= most for hub in run.hubs))
            await until(lambda: sorted(name for hub in run.hubs for name in hub.duties.held) == names)
            await run.stop(run.hubs[0])
            await until(lambda: sorted(name for hub in run.hubs for name in hub.duties.held) == names)
            await run.stop(run.hubs[0])
            await until(lambda: run.hubs[0].duties.held == names)

    asyncio.run(scenario())


def test_an_owner_who_slept_through_the_end_of_its_lease_starts_nothing_more(fleet: Any, simulators: Any) -> None:
    channel, crm = simulators["whatsapp"](), simulators["hubspot"]()

    async def scenario() -> None:
        async with fleet(channel, crm) as run:
            sleeper = await run.start()
            duty = "inbox:whatsapp"
            await until(lambda: run.owners(duty) and run.owners("crm:hubspot"))
            sleeper._last[0].cancel()  # it renews no more, and does not know; what it does goes on
            other = await run.start()
            await until(lambda: duty in other.duties.held and "crm:hubspot" in other.duties.held)
            await until(lambda: other.store.fences.get(duty, 0) > sleeper.store.fences[duty])
            assert not sleeper.duties.may_call("crm:hubspot")
            assert other.duties.may_call("crm:hubspot")
            run.point_at(sleeper)
            await channel.say(PERSON, "price", name="Ana")
            await until(lambda: channel.said and len(crm.logged()) == 2)
            await until(lambda: sleeper.duties._terms[duty].task.done())
            assert len(channel.said) == 1
            assert not sleeper.notices.open

    asyncio.run(scenario())


def test_the_duties_of_a_process_that_died_go_to_the_one_that_follows_it(
    fleet: Any, simulators: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once: the leases of the dead need not end by themselves."""

    async def scenario() -> None:
        monkeypatch.setattr(duties, "TTL", 60.0)
        async with fleet(simulators["whatsapp"]()) as run:
            first = await run.start("home")
            await until(lambda: len(first.duties.held) == len(first.duties._duties))
            names = first.duties.held
            await run.die(first)
            second = await run.start("home")
            await until(lambda: second.duties.held == names)

    asyncio.run(scenario())


def test_a_lost_connection_puts_what_was_started_in_doubt(fleet: Any, simulators: Any) -> None:
    """A commit may have happened though its answer was lost: then a row stands as started, and nobody is at it."""
    channel, crm = simulators["whatsapp"](), simulators["hubspot"]()

    async def scenario() -> None:
        async with fleet(channel, crm) as run:
            hub = await run.start()
            await channel.say(PERSON, "hello", name="Ana")
            await until(lambda: len(crm.logged()) == 1)
            await until_rows(hub, "SELECT 1 FROM outbox WHERE kind='log' AND state='done'")
            unseen = "UPDATE outbox SET state='started', open=1 WHERE kind='log'"
            await hub.writer.call(lambda store: store.db.run(unseen))
            fence = await run.fence("crm:hubspot")
            await channel.say(PERSON, "hello again", name="Ana")  # it waits behind the first
            ((backend,),) = await hub.writer.call(lambda store: store.db.rows("SELECT pg_backend_pid()"))
            assert await run.fence("crm:hubspot") == fence
            await hub.aside.ask(lambda db: db.rows("SELECT pg_terminate_backend(?::int)", (backend,)))
            await until(lambda: len(crm.logged()) == 2)
            await until_rows(hub, "SELECT 1 FROM outbox WHERE kind='log' AND state='done' AND doubt=1")
            assert await run.fence("crm:hubspot") > fence

    asyncio.run(scenario())


@pytest.mark.full
def test_processes_are_restarted_one_after_the_other_and_nobody_notices(fleet: Any, simulators: Any) -> None:
    channel, crm = simulators["whatsapp"](), simulators["hubspot"]()
    said = 0

    async def talk(run: Fleet) -> None:
        nonlocal said
        while True:
            run.point_at(run.hubs[said % len(run.hubs)])
            await channel.say(f"+1202555{said % 50:04}", f"price {said}", name=f"Ana {said % 50}")
            said += 1
            await asyncio.sleep(0.02)

    async def scenario() -> None:
        async with fleet(channel, crm) as run:
            for _ in range(3):
                await run.start()
            talking = asyncio.create_task(talk(run))
            for times in range(1, 4):
                await until(lambda times=times: len(channel.said) > times * 30, 60)  # type: ignore[misc]
                await run.stop(run.hubs[0])
                await run.start()
            talking.cancel()
            await channel.settled()
            await until(lambda: len(channel.said) >= said and len(crm.logged()) >= 2 * said, 60)
            await until_rows(run.hubs[0], "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM outbox WHERE open=1)")
            assert (len(channel.said), len(crm.logged())) == (said, 2 * said)
            in_doubt = "SELECT 1 FROM outbox WHERE doubt=1 UNION ALL SELECT 2 FROM dead"
            assert await run.hubs[0].writer.call(lambda store: store.db.rows(in_doubt)) == []
            assert [dict(hub.notices.open) for hub in run.hubs] == [{}, {}, {}]

    asyncio.run(scenario())

"""The doctor finds each planted fault and names a remedy; of a sound hub it has nothing to say."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from hub.engine.control_client import ask
from hub.engine.doctor import diagnose
from hub.engine.settings import Config
from hub.store.rows import NewsRow, OutboxRow

Found = list[tuple[str, Any]]


class Patient:
    """A whole hub between simulators, its public door on a real address."""

    def __init__(self, here: Any, telegram: Any, hubspot: Any) -> None:
        self.here, self.telegram, self.hubspot = here, telegram, hubspot
        self.config: Config = here.hub.config
        url = here.urls["telegram"].partition("/hook/")[0]
        self.set(public_url=url)

    def set(self, **settings: Any) -> None:
        """The configuration the doctor is given; the hub runs on as it is."""
        self.config = replace(self.config, hub=self.config.hub.model_copy(update=settings))

    async def wrong(self, status: Any = "ask") -> list[tuple[str, str, str]]:
        """What the doctor finds wrong: (of, what, remedy)."""
        if status == "ask":
            status = await asyncio.to_thread(ask, Path(self.config.hub.data), {"do": "status"})
        return [(of, f.what, f.remedy) for of, f in await diagnose(self.config, status) if not f.ok]

    async def put(self, work: Callable[[Any], None]) -> None:
        """Change the store as something else would have."""

        def within(store: Any) -> None:
            with store.transaction():
                space = store.workspace(1)
                work(space)
                space.save()

        await self.here.hub.writer.call(within)


def row(space: Any, **changes: Any) -> OutboxRow:
    """A send that was due long ago."""
    values = ("k", "send", "telegram", 1, 0, 0, 1, "r", "reply", "waiting", 1, 1, 0, 0, 1, 0, "", "")
    return replace(OutboxRow(space.outbox.next_id(), *values), **changes)


async def no_hub(patient: Patient) -> Any:
    return None


async def plugin_out(patient: Patient) -> Any:
    return {**await status_of(patient), "quarantined": {"notify": "it raised at import"}}


async def connection_rests(patient: Patient) -> Any:
    return {**await status_of(patient), "resting": {"shop": "its plugin is in quarantine"}}


async def crm_paused(patient: Patient) -> Any:
    patient.here.hub.notices.raise_once("crm hubspot", "the access token is expired or wrong")


async def disk_low(patient: Patient) -> Any:
    patient.set(disk_min_mb=10**9)


async def open_folder(patient: Patient) -> Any:
    os.chmod(patient.config.hub.data, 0o755)


async def unrouted(patient: Patient) -> Any:
    cause = "no inbox is set for account 77 of connection telegram"
    await patient.put(lambda space: space.bury("unrouted", 1, cause))


async def dead(patient: Patient) -> Any:
    await patient.put(lambda space: space.bury("send", 1, "the person blocked the bot"))


async def stuck(patient: Patient) -> Any:
    await patient.put(lambda space: space.outbox.add(row(space, state="waiting", due=1 << 61, created=1)))
    await patient.put(lambda space: space.outbox.add(row(space, key="k2", state="started")))


async def not_read(patient: Patient) -> Any:
    await patient.here.hub.writer.call(lambda store: store.set_cursor("crm.hubspot.read", "", 1))


async def template_paused(patient: Patient) -> Any:
    about = ("telegram", "", "template", "greeting en", "it is paused for low quality", 1, 0)
    await patient.put(lambda space: space.news.add(NewsRow(space.news.next_id(), 1, *about)))


async def door_closed(patient: Patient) -> Any:
    patient.set(public_url="http://127.0.0.1:1")


async def door_of_another(patient: Patient) -> Any:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(text="0123456789abcdef")

    patient.set(public_url=await patient.here.serve(answer))


async def webhook_stolen(patient: Patient) -> Any:
    patient.telegram.point_at("http://127.0.0.1:9/somebody/else")


async def crm_token(patient: Patient) -> Any:
    patient.hubspot.token = "another"


async def clock_wrong(patient: Patient) -> Any:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(headers={"Date": "Wed, 21 Oct 2015 07:28:00 GMT"})

    url = await patient.here.serve(answer)
    for settings in [c.channel.settings for c in patient.config.connections.values()] + [
        c.adapter.settings for c in patient.config.crms.values()
    ]:
        object.__setattr__(settings, "base_url", url)


async def status_of(patient: Patient) -> dict[str, Any]:
    found = await asyncio.to_thread(ask, Path(patient.config.hub.data), {"do": "status"})
    assert found is not None
    return found


async def no_backup(patient: Patient) -> Any:
    backup = patient.config.backup.model_copy(update={"to": "/nowhere", "every": "daily 03:00"})
    patient.config = replace(patient.config, backup=backup)


PLANTED: list[tuple[Callable[[Patient], Awaitable[Any]], str, str, str]] = [
    (no_hub, "hub", "no hub runs", "dragoman run"),
    (plugin_out, "hub", "the plugin notify is in quarantine", "uninstall the plugin notify"),
    (connection_rests, "hub", "the connection shop rests", "mend the plugin"),
    (crm_paused, "hub", "crm hubspot: the access token is expired", "the notice goes"),
    (disk_low, "hub", "MB are free", "make room"),
    (open_folder, "hub", "others on this machine may open", "chmod 700"),
    (unrouted, "inbox", "account 77", "add [inbox.NAME]"),
    (dead, "dead letters", "1 send", "dragoman dead list"),
    (stuck, "outbox", "1 send for telegram are not done", "the log for telegram"),
    (not_read, "crm hubspot", "not everybody in the CRM was read", "notice of this CRM"),
    (template_paused, "connection telegram", "template greeting en: it is paused", "mend the template"),
    (door_closed, "public_url", "cannot be reached", "check DNS"),
    (door_of_another, "public_url", "leads to another hub", "point it at"),
    (webhook_stolen, "connection telegram", "another program has set the webhook", "who else uses"),
    (crm_token, "hubspot", "does not accept the access token", "scopes"),
    (no_backup, "backup", "no verified backup", "dragoman backup makes one now"),
    (clock_wrong, "clock", "s fast by 127.0.0.1", "time synchronisation"),
]


class Here:
    """The live hub, and little servers that stand for the rest of the world."""

    def __init__(self, live: Any) -> None:
        self._live, self._runners = live, []
        self.hub, self.urls = live.hub, live.urls

    async def serve(self, answer: Any) -> str:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self._runners.append(runner)
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    async def close(self) -> None:
        for runner in self._runners:
            await runner.cleanup()


async def with_patient(live: Any, simulators: Any, scenario: Callable[[Patient], Awaitable[None]]) -> None:
    telegram, hubspot = simulators["telegram"](mode="webhook"), simulators["hubspot"]()
    async with live(telegram, hubspot) as running:
        await running.hub.crms["hubspot"].ready.wait()
        here = Here(running)
        try:
            await scenario(Patient(here, telegram, hubspot))
        finally:
            await here.close()


async def all_webhooks(whatsapp: Any) -> None:
    whatsapp.steal_webhook("http://127.0.0.1:9/somebody/else")


async def one_number(whatsapp: Any) -> None:
    whatsapp.steal_webhook("http://127.0.0.1:9/somebody/else", account=whatsapp.accounts()[0])


async def token_ends(whatsapp: Any) -> None:
    whatsapp.desk.token_expires = int(time.time()) + 3 * 86_400 + 60


AT_META: list[tuple[Callable[[Any], Awaitable[None]], str, str]] = [
    (all_webhooks, "to http://127.0.0.1:9/somebody/else, not to this hub", "`dragoman connect` to take them back"),
    (one_number, "to http://127.0.0.1:9/somebody/else, not to this hub", "the override of a single number"),
    (token_ends, "the access token expires in 3 days", "make a new token"),
]


@pytest.mark.parametrize(("plant", "what", "remedy"), AT_META, ids=[p[0].__name__ for p in AT_META])
def test_a_fault_planted_at_meta_is_found_and_nothing_else(
    live: Any, simulators: Any, plant: Callable[[Any], Awaitable[None]], what: str, remedy: str
) -> None:
    async def scenario() -> None:
        whatsapp, hubspot = simulators["whatsapp"](), simulators["hubspot"]()
        async with live(whatsapp, hubspot) as running:
            await running.hub.crms["hubspot"].ready.wait()
            url = running.urls["whatsapp"].partition("/hook/")[0]
            settings = running.hub.config.hub.model_copy(update={"public_url": url})
            config = replace(running.hub.config, hub=settings)
            status = await asyncio.to_thread(ask, Path(settings.data), {"do": "status"})
            assert [f.what for _, f in await diagnose(config, status) if not f.ok] == []
            await plant(whatsapp)
            (found,) = [(of, f) for of, f in await diagnose(config, status) if not f.ok]
            assert found[0] == "connection whatsapp"
            assert what in found[1].what
            assert remedy in found[1].remedy

    asyncio.run(scenario())


def test_of_a_sound_hub_there_is_nothing_to_say(live: Any, simulators: Any) -> None:
    async def scenario(patient: Patient) -> None:
        assert await patient.wrong() == []

    asyncio.run(with_patient(live, simulators, scenario))


def test_what_a_search_cannot_see_is_said_without_alarm(live: Any, simulators: Any) -> None:
    async def scenario(patient: Patient) -> None:
        status = await asyncio.to_thread(ask, Path(patient.config.hub.data), {"do": "status"})
        said = [f for of, f in await diagnose(patient.config, status) if of == "crm hubspot"]
        (told,) = (f for f in said if "do not tell of deletions" in f.what)
        assert told.ok
        assert "erased for privacy looks deleted" in told.what

    asyncio.run(with_patient(live, simulators, scenario))


@pytest.mark.parametrize(("plant", "of", "what", "remedy"), PLANTED, ids=[p[0].__name__ for p in PLANTED])
def test_a_planted_fault_is_found(
    live: Any, simulators: Any, plant: Callable[[Patient], Awaitable[Any]], of: str, what: str, remedy: str
) -> None:
    async def scenario(patient: Patient) -> None:
        status = await plant(patient)
        wrong = await patient.wrong("ask" if status is None and plant is not no_hub else status)
        found = [w for w in wrong if w[0] in (of, f"crm {of}") and what in w[1] and remedy in w[2]]
        assert found, wrong
        assert all(w[2] for w in wrong), "each fault has its remedy"

    asyncio.run(with_patient(live, simulators, scenario))

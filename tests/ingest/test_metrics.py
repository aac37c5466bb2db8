"""The numbers for Prometheus: read back by its own parser, and true."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
from aiohttp import web
from prometheus_client.parser import text_string_to_metric_families

from hub.ingest import LISTENER, admin_app, public_app

NAMES = {
    "dragoman_accepting",
    "dragoman_crm_calls",
    "dragoman_crm_calls_left",
    "dragoman_crm_lag_seconds",
    "dragoman_crm_ready",
    "dragoman_dead_letters",
    "dragoman_duties",
    "dragoman_events_accepted",
    "dragoman_events_buried",
    "dragoman_events_duplicates",
    "dragoman_events_stepped",
    "dragoman_file_answers",
    "dragoman_media_files",
    "dragoman_notices",
    "dragoman_outbox_oldest_seconds",
    "dragoman_outbox_open",
    "dragoman_plugin_seconds",
    "dragoman_plugin_work",
    "dragoman_plugins_quarantined",
    "dragoman_queue_depth",
    "dragoman_sends_dropped",
    "dragoman_sends_in_flight",
    "dragoman_start_time_seconds",
    "dragoman_timers",
    "dragoman_webhook_answers",
}


async def scrape(hub: Any) -> dict[str, dict[tuple[str, ...], float]]:
    app = public_app(hub)
    runner = web.AppRunner(admin_app(hub, app[LISTENER].answers), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/metrics"
        async with aiohttp.ClientSession() as session, session.get(url) as reply:
            text = await reply.text()
    finally:
        await runner.cleanup()
    return {
        family.name: {tuple(sample.labels.values()): sample.value for sample in family.samples}
        for family in text_string_to_metric_families(text)
    }


def test_the_numbers_are_told_and_true(live: Any, simulators: Any) -> None:
    async def scenario() -> None:
        whatsapp, hubspot = simulators["whatsapp"](), simulators["hubspot"]()
        async with live(whatsapp, hubspot) as here:
            await here.hub.crms["hubspot"].ready.wait()
            await whatsapp.say("+12025550111", "what is the price?", name="Ada Example")
            await here.until(lambda: len(hubspot.logged()) == 2, 15)
            await here.until(lambda: bool(here.hub.crms["hubspot"].lag()))
            seen = await scrape(here.hub)
        assert set(seen) >= NAMES - {"dragoman_plugin_seconds"}, sorted(NAMES - set(seen))
        assert set(seen) <= NAMES, "name it in the list above"
        assert seen["dragoman_events_accepted"][()] >= 1
        assert seen["dragoman_accepting"][()] == 1
        assert {"inbox:whatsapp", "crm:hubspot", "clock"} <= {duty for duty, _ in seen["dragoman_duties"]}
        assert seen["dragoman_crm_ready"]["hubspot",] == 1
        assert seen["dragoman_crm_calls_left"]["hubspot", "10s"] > 0
        assert 0 <= seen["dragoman_crm_lag_seconds"]["hubspot", "0.95"] < 15
        made = [count for (_, endpoint, _), count in seen["dragoman_crm_calls"].items() if "batch" in endpoint]
        assert sum(made) >= 2, "the contact, and what was said"

    asyncio.run(scenario())


def test_dead_letters_are_counted_by_cause(live: Any, simulators: Any) -> None:
    async def scenario() -> None:
        whatsapp = simulators["whatsapp"]()
        async with live(whatsapp) as here:
            other = whatsapp.accounts()[1]
            for n in range(3):
                await whatsapp.say(f"+1202555012{n}", "hello", account=other)
            await whatsapp.settled()
            await here.worked_off()
            seen = await scrape(here.hub)
        ((labels, count),) = seen["dragoman_dead_letters"].items()
        cause, kind = labels  # as Prometheus sorts them
        assert (kind, count) == ("unrouted", 3)
        assert other not in cause, "a cause without its numbers"

    asyncio.run(scenario())

"""Somebody writes for the first time: another system hears of it by signed webhook, under one name in every try."""

from __future__ import annotations

import asyncio
import base64
import json
import time

from aiohttp import web

from hub.wire.signatures import verify_webhook

SECRET = "whsec_" + base64.b64encode(b"our own invented key, 32 bytes..").decode()


def test_a_new_inquiry_reaches_the_endpoint_under_one_name_in_every_try(live, simulators):
    channel = simulators["whatsapp"]()
    came: list[tuple[str, bytes]] = []

    async def take(request: web.Request) -> web.Response:
        body, headers = await request.read(), request.headers
        name, at = headers["webhook-id"], headers["webhook-timestamp"]
        verify_webhook(SECRET, name, at, body, headers["webhook-signature"], now=int(time.time()))
        came.append((name, body))
        return web.Response(status=500 if len(came) == 1 else 200)

    async def scenario() -> None:
        app = web.Application()
        app.router.add_post("/in", take)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        plugin = {
            "url": f"http://127.0.0.1:{runner.addresses[0][1]}/in",
            "secret": SECRET,
            "allow_private": True,
        }
        table = "\n".join(["[plugin.notify]", *(f"{key} = {json.dumps(value)}" for key, value in plugin.items())])
        try:
            async with live(channel, tables=table) as run:
                await channel.say("+12025550111", "is the red one there?", name="Ana Example")
                await run.until(lambda: len(came) >= 2)

                async def told() -> bool:
                    return not await run.rows("SELECT 1 FROM plugin_work")

                await run.until(told)
                assert await run.rows("SELECT count(*) FROM dead") == [(0,)]
        finally:
            await runner.cleanup()

    asyncio.run(scenario())
    (first, body), (second, again) = came
    assert first == second
    assert body == again
    told = json.loads(body)
    assert told["type"] == "inquiry.opened"
    assert (told["data"]["name"], told["data"]["text"]) == ("Ana Example", "is the red one there?")
    assert told["data"]["inbox"] == "whatsapp"

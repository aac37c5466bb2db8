"""Ana sends a photo; HubSpot shows a link to it that an agent opens, until the photo or Ana's data is gone."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import html
import json
import os
import re
from typing import Any

import aiohttp
import pytest
from typer.testing import CliRunner

from hub.cli.app import build
from hub.engine.crm import read as crm_read
from hub.ingest.public import LISTENER
from hub_hubspot import simulator_acts as acts
from hub_hubspot.paths import COMMUNICATIONS, NOTES

ANA = "+12025550111"
PHOTO = b"\xff\xd8 an invented photo \xff\xd9" * 400
NAME = hashlib.sha256(PHOTO).hexdigest()
KEY = "a key for the agents"
ROLES = '[role.agents]\nkey = { file = "agents.key" }\nmay = ["media"]\n'
FETCH = "media_fetch = false"


def links(crm: Any) -> list[str]:
    """The paths that the records in HubSpot lead to."""
    things = [thing for kind in (COMMUNICATIONS, NOTES) for thing in crm.portal.things[kind].values()]
    bodies = [value for thing in things for value in thing.values.values()]
    found = [re.findall(r'href="http://127\.0\.0\.1:8080(/media/[^"]*)"', html.unescape(str(body))) for body in bodies]
    return [link for some in found for link in some]


async def opened(run: Any, path: str) -> tuple[int, bytes]:
    """What an agent's browser gets."""
    word = base64.b64encode(f"agents:{KEY}".encode()).decode()
    base = run.urls["whatsapp"].removesuffix("/hook/whatsapp")
    said = {"Authorization": f"Basic {word}"}
    async with aiohttp.ClientSession() as session, session.get(base + path, headers=said) as reply:
        return reply.status, await reply.read()


@pytest.mark.parametrize("mode", ["message", "session"])
def test_a_link_stands_there_at_once_and_works_until_all_is_erased(live, simulators, tmp_path, monkeypatch, mode):
    monkeypatch.setattr(crm_read, "QUIET", 50)
    phone, crm = simulators["whatsapp"](), simulators["hubspot"]()
    crm.search_lag = 0.05
    (tmp_path / "agents.key").write_text(KEY)
    more = {**crm.app(), "attachments": "link", "log_mode": mode}

    async def scenario() -> None:
        async with live(phone, crm, crm=more, tables=ROLES, settings={"media_fetch": False}) as run:
            await phone.say_media(ANA, "image", PHOTO, "image/jpeg", caption="my garden")
            await run.until(lambda: links(crm))
            (link,) = links(crm)
            assert "my garden" in crm.logged()[0].text
            assert (await opened(run, link))[0] == 404

            await run.stop()
            file = run.folder / "hub.toml"
            file.write_text(file.read_text("utf-8").replace(FETCH, "media_fetch = true"), "utf-8")
            await run.start()

            async def stored() -> bool:
                return await run.rows("SELECT state FROM media") == [("stored",)]

            await run.until(stored)
            assert await opened(run, link) == (200, PHOTO)
            assert links(crm) == [link], "nothing is written anew for it"
            assert not any("files" in endpoint for endpoint in crm.calls), "nothing is uploaded"

            shown = await asyncio.to_thread(CliRunner().invoke, build(), ["why", "m1", "--json", "-c", str(file)])
            fresh = json.loads(shown.stdout)[0]["files"][0]["link"]
            assert (await opened(run, fresh.removeprefix("http://127.0.0.1:8080")))[0] == 200

            run._runner.app[LISTENER]._base = crm.hooks.target.removesuffix("/hook/hubspot")
            await run.until(lambda: run.hub.crms["hubspot"].ready.is_set())
            acts.erase(crm.portal, crm.contacts()[0]["id"])

            async def erased() -> bool:
                return await run.rows("SELECT state, name, sha256, blob FROM media") == [("expired", "", "", "")]

            await run.until(erased)
            assert (await opened(run, link))[0] == 410
            os.utime(run.hub.blobs.path(NAME), (1, 1))  # it has been there for long
            assert (await run.hub.retention.once())["files"] == 1
            assert list(run.hub.blobs.names()) == []

    asyncio.run(scenario())


def test_links_end_and_a_message_taken_back_has_none(live, simulators, tmp_path):
    phone, crm = simulators["whatsapp"](), simulators["hubspot"]()
    (tmp_path / "agents.key").write_text(KEY)

    async def scenario() -> None:
        days = {"link_days": 1e-9}
        async with live(phone, crm, crm={"attachments": "link"}, tables=ROLES, settings=days) as run:
            said = await phone.say_media(ANA, "image", PHOTO, "image/jpeg", caption="my garden")
            await run.until(lambda: links(crm))
            status, body = await opened(run, links(crm)[0])
            assert status == 410
            assert b"expired" in body
            phone.revoke(ANA, said.id)
            await run.until(lambda: not links(crm))
            assert crm.logged()[0].text == "[deleted by the sender]"

    asyncio.run(scenario())

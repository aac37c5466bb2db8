"""The public door over real HTTP: what is stored, what is refused, and with which status."""

import asyncio
import hashlib
import hmac
import io
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from hub.engine.hub import Hub
from hub.engine.loader import load_plugins
from hub.engine.settings import load_config
from hub.ingest import public_app
from hub.testing.tabletop import HUB_TOML

SECRET = b"app-secret"
Post = Callable[..., Awaitable[tuple[int, dict[str, str], str]]]


class Door:
    """A hub with its public listener on a free port."""

    def __init__(self, hub: Hub, url: str, session: aiohttp.ClientSession) -> None:
        self.hub, self.url, self.session = hub, url, session

    async def post(self, body: bytes, *, signature: str | None = "", path: str = "/hook/meta") -> int:
        headers = {"Content-Type": "application/json"}
        if signature is not None:
            good = "sha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest()
            headers["X-Hub-Signature-256"] = signature or good
        async with self.session.post(self.url + path, data=io.BytesIO(body), headers=headers) as reply:
            self.headers, self.text = reply.headers, await reply.text()
            return reply.status

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return await self.hub.writer.call(lambda store: store.db.rows(sql))

    async def worked_off(self) -> None:
        while await self.rows("SELECT 1 FROM queue LIMIT 1"):  # noqa: ASYNC110
            await asyncio.sleep(0)


def at_the_door(folder: Path, scenario: Callable[[Door], Awaitable[None]], toml: str = HUB_TOML) -> None:
    """Run a scenario against a hub without a CRM."""

    async def run() -> None:
        head, _, tail = toml.partition("[crm.main]")
        (folder / "hub.toml").write_text(head + tail[tail.index("[texts]") :], encoding="utf-8")
        plugins = load_plugins()
        hub = Hub(load_config(folder / "hub.toml", plugins, {}), plugins)
        await hub.start()
        runner = web.AppRunner(public_app(hub), access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        try:
            async with aiohttp.ClientSession() as session:
                await scenario(Door(hub, f"http://127.0.0.1:{port}", session))
        finally:
            await hub.stop()
            await runner.cleanup()

    asyncio.run(run())


def texts(*words: str, account: str = "1001", person: str = "15550101") -> bytes:
    messages = [
        {"from": person, "id": f"wamid.{n}", "timestamp": "1800000000", "type": "text", "text": {"body": word}}
        for n, word in enumerate(words)
    ]
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550100", "phone_number_id": account},
        "contacts": [{"profile": {"name": "Ana"}, "wa_id": person}],
        "messages": messages,
    }
    change = {"field": "messages", "value": value}
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "9", "changes": [change]}]}).encode()


def test_a_signed_text_is_on_disk_before_the_platform_hears_200(tmp_path):
    async def scenario(door: Door) -> None:
        assert await door.post(texts("hello")) == 200
        assert await door.rows("SELECT key FROM journal") == [("wamid.0",)]

    at_the_door(tmp_path, scenario)


def test_the_handshake_answers_the_challenge_only_to_who_knows_the_word(tmp_path):
    async def scenario(door: Door) -> None:
        query = {"hub.mode": "subscribe", "hub.challenge": "4711", "hub.verify_token": "verify-token"}
        async with door.session.get(door.url + "/hook/meta", params=query) as reply:
            assert (reply.status, await reply.text()) == (200, "4711")
        async with door.session.get(door.url + "/hook/meta", params={**query, "hub.verify_token": "no"}) as reply:
            assert reply.status == 403
        async with door.session.get(door.url + "/hook/meta") as reply:
            assert reply.status in (403, 404)

    at_the_door(tmp_path, scenario)


@pytest.mark.parametrize("signature", [None, "sha256=" + "0" * 64, "sha256=ü", "nonsense"])
def test_a_signature_that_does_not_verify_stores_nothing(tmp_path, signature):
    async def scenario(door: Door) -> None:
        assert await door.post(texts("hello"), signature=signature) == 401
        assert await door.rows("SELECT count(*) FROM journal") == [(0,)]

    at_the_door(tmp_path, scenario)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"object":"page"}', b"\xff\xfe", b"[" * 100_000])
def test_a_signed_body_of_another_shape_is_refused(tmp_path, body):
    async def scenario(door: Door) -> None:
        assert await door.post(body) == 400
        assert await door.rows("SELECT count(*) FROM journal") == [(0,)]

    at_the_door(tmp_path, scenario)


def test_five_megabytes_are_too_much_and_three_are_legal(tmp_path):
    async def scenario(door: Door) -> None:
        assert await door.post(texts("x" * 5_000_000)) == 413
        assert await door.rows("SELECT count(*) FROM journal") == [(0,)]
        assert await door.post(texts(*["y" * 30_000] * 100)) == 200
        assert await door.rows("SELECT count(*) FROM journal") == [(100,)]

    at_the_door(tmp_path, scenario)


def test_an_unknown_address_is_not_found(tmp_path):
    async def scenario(door: Door) -> None:
        assert await door.post(texts("hello"), path="/hook/nobody") == 404
        assert await door.post(texts("hello"), path="/elsewhere") == 404

    at_the_door(tmp_path, scenario)


def test_an_unknown_number_is_acknowledged_and_becomes_a_dead_letter(tmp_path):
    async def scenario(door: Door) -> None:
        assert await door.post(texts("hello", account="4004")) == 200
        await door.worked_off()
        assert await door.rows("SELECT kind FROM dead") == [("unrouted",)]

    at_the_door(tmp_path, scenario)


def test_an_unknown_kind_is_kept(tmp_path):
    async def scenario(door: Door) -> None:
        change = {"field": "never_heard_of", "value": {"metadata": {"phone_number_id": "1001"}, "new": True}}
        body = json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "9", "changes": [change]}]})
        assert await door.post(body.encode()) == 200
        await door.worked_off()
        assert await door.rows("SELECT count(*) FROM journal") == [(1,)]
        assert await door.rows("SELECT count(*) FROM dead") == [(0,)]

    at_the_door(tmp_path, scenario)


def test_a_hundred_messages_in_one_payload_are_a_hundred_messages(tmp_path):
    async def scenario(door: Door) -> None:
        assert await door.post(texts(*(f"word {n}" for n in range(100)))) == 200
        await door.worked_off()
        rows = await door.rows("SELECT text FROM messages WHERE direction='in' ORDER BY id")
        assert [text for (text,) in rows] == [f"word {n}" for n in range(100)]

    at_the_door(tmp_path, scenario)


def test_odd_characters_and_long_texts_survive(tmp_path):
    odd = "a\0b \u200f\u202e שלום \ud83d half"

    async def scenario(door: Door) -> None:
        assert await door.post(texts(odd, "й" * 30_000)) == 200
        await door.worked_off()
        kept = [text for (text,) in await door.rows("SELECT text FROM messages WHERE direction='in' ORDER BY id")]
        assert kept == ["ab \u200f\u202e שלום \ufffd half", "й" * 30_000]
        assert await door.rows("SELECT count(*) FROM dead") == [(0,)]

    at_the_door(tmp_path, scenario)


def test_a_full_queue_asks_to_come_again_and_loses_nothing(tmp_path):
    async def scenario(door: Door) -> None:
        bodies = [texts("hello").replace(b"wamid.0", b"wamid.%d" % n) for n in range(60)]
        statuses = await asyncio.gather(*(door.post(body) for body in bodies))
        assert set(statuses) <= {200, 503}
        for body, status in zip(bodies, statuses, strict=True):
            while status == 503:
                status = await door.post(body)
        assert await door.rows("SELECT count(*) FROM journal") == [(60,)]

    at_the_door(tmp_path, scenario, HUB_TOML.replace("[hub]", "[hub]\naccept_queue = 2"))


def test_a_hub_that_stops_says_come_again(tmp_path):
    async def scenario(door: Door) -> None:
        door.hub.stopping = True
        assert await door.post(texts("hello")) == 503
        assert door.headers["Retry-After"]

    at_the_door(tmp_path, scenario)


def test_a_full_disk_is_noticed_and_said_once(tmp_path):
    async def scenario(door: Door) -> None:
        while not door.hub.disk_low:  # noqa: ASYNC110
            await asyncio.sleep(0)
        assert await door.post(texts("hello")) == 503
        assert "disk" in door.hub.notices.open

    at_the_door(tmp_path, scenario, HUB_TOML.replace("[hub]", "[hub]\ndisk_min_mb = 999999999"))


def test_a_store_that_fails_is_never_a_refusal(tmp_path, monkeypatch):
    async def scenario(door: Door) -> None:
        def broken(events: object) -> list[int]:
            raise OSError("no space left on device")

        monkeypatch.setattr(door.hub.store, "accept", broken)
        assert await door.post(texts("hello")) == 503
        monkeypatch.undo()
        assert await door.post(texts("hello")) == 200

    at_the_door(tmp_path, scenario)

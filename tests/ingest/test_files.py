"""Links to files over real HTTP: who gets a file, how it is answered, and what everybody else hears."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from hub.engine.line import now_ms
from hub.ingest.files import disposition, served_as
from hub.ingest.viewers import TRIES
from hub.wire.file_links import mint

ANA = "+12025550111"
PHOTO = b"\xff\xd8 an invented photo \xff\xd9" * 400
KEY = "a key for the agents"
ROLES = '[role.agents]\nkey = { file = "agents.key" }\nmay = ["media"]\n'


def basic(name: str, key: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{key}".encode()).decode()


AGENT = basic("agents", KEY)


class Door:
    """A hub that has one file, number 1, and a browser before it."""

    def __init__(self, run: Any, session: aiohttp.ClientSession) -> None:
        self.run, self.hub, self._session = run, run.hub, session
        self.url = run.urls["whatsapp"].removesuffix("/hook/whatsapp")

    def token(self, file: int = 1, ms: int = 60_000) -> str:
        return mint(self.hub.line.link_key, file, now_ms() + ms)

    async def get(
        self, token: str, auth: str | None = AGENT, method: str = "GET", **headers: str
    ) -> tuple[int, Any, bytes]:
        url = f"{self.url}/media/{token}"
        if auth:
            headers["Authorization"] = auth
        async with self._session.request(method, url, headers=headers) as reply:
            return reply.status, reply.headers, await reply.read()

    async def change(self, sql: str) -> None:
        await self.hub.writer.call(lambda store: store.db.run(sql))


@pytest.fixture
def door(live: Any, simulators: Any, tmp_path: Any) -> Callable[..., None]:
    """Play a scenario with a `Door`."""

    def play(scenario: Callable[[Door], Awaitable[None]], data: bytes = PHOTO, tables: str = ROLES) -> None:
        async def run() -> None:
            (tmp_path / "agents.key").write_text(KEY)
            phone = simulators["whatsapp"]()
            async with live(phone, tables=tables) as hub, aiohttp.ClientSession() as session:
                await phone.say_media(ANA, "document", data, "image/jpeg", 'my "garden"\u202e;\r\n 50%\'s ё.jpg')

                async def stored() -> bool:
                    return await hub.rows("SELECT state FROM media") == [("stored",)]

                await hub.until(stored)
                await scenario(Door(hub, session))

        asyncio.run(run())

    return play


def test_an_agent_gets_the_file_to_save(door):
    async def scenario(door: Door) -> None:
        status, headers, body = await door.get(door.token())
        assert (status, body) == (200, PHOTO)
        assert headers["Content-Type"] == "image/jpeg"
        assert headers["Content-Disposition"].startswith("attachment; filename=")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "private, no-store"
        assert headers["Content-Security-Policy"] == "sandbox"
        assert "Content-Encoding" not in headers
        status, headers, body = await door.get(door.token(), method="HEAD")
        assert (status, headers["Content-Length"], body) == (200, str(len(PHOTO)), b"")
        status, headers, body = await door.get(door.token(), Range="bytes=4-9")
        assert (status, body, headers["Content-Range"]) == (206, PHOTO[4:10], f"bytes 4-9/{len(PHOTO)}")
        assert (await door.get(door.token(), method="POST"))[0] == 405

    door(scenario)


def test_name_and_key_are_asked_for(door):
    async def scenario(door: Door) -> None:
        for wrong in (None, basic("agents", "guess"), basic("nobody", KEY)):
            status, headers, body = await door.get(door.token(), wrong)
            assert status == 401
            assert headers["WWW-Authenticate"].startswith('Basic realm="dragoman"')
            assert PHOTO[:20] not in body
        for _ in range(TRIES):
            await door.get(door.token(), basic("agents", "guess"))
        status, headers, _ = await door.get(door.token())
        assert (status, headers["Retry-After"]) == (429, "60")
        assert (await door.get(door.token(), **{"X-Forwarded-For": "192.0.2.1, 192.0.2.2"}))[0] == 200
        assert door.hub.file_answers[401] >= 3
        assert door.hub.file_answers[429] >= 1

    door(scenario)


def test_a_role_without_the_permission_opens_nothing(door):
    more = ROLES + '[role.guests]\nkey = { file = "agents.key" }\nmay = []\n'

    async def scenario(door: Door) -> None:
        assert (await door.get(door.token(), basic("guests", KEY)))[0] == 403
        assert (await door.get(door.token()))[0] == 200

    door(scenario, tables=more)


def test_links_that_were_made_up_or_are_old_lead_nowhere(door):
    async def scenario(door: Door) -> None:
        good = door.token()
        for wrong in ("1", "1.2.3", good[:-1] + ("0" if good[-1] != "0" else "1"), "2" + good[1:], good + "%00"):
            status, _, _ = await door.get(wrong)
            assert status == 404, wrong
        for wrong in ("..%2fhub.sqlite3", "../hub.toml", "%2e%2e/%2e%2e/etc/passwd", good + "/../../../hub.toml", ""):
            status, _, body = await door.get(wrong)
            assert status == 404, wrong
            assert b"SQLite" not in body
            assert b"[hub]" not in body
        status, _, body = await door.get(door.token(ms=-1))
        assert status == 410
        assert b"expired" in body
        forged = mint(b"\0" * 32, 1, now_ms() + 60_000)
        assert (await door.get(forged))[0] == 404

    door(scenario)


def test_nothing_is_looked_up_before_signature_end_and_key_are_right(door, monkeypatch):
    async def scenario(door: Door) -> None:
        looked: list[int] = []
        monkeypatch.setattr("hub.ingest.files.kept_file", lambda db, number: looked.append(number))
        await door.get("1.abc." + "0" * 40)
        await door.get(door.token(ms=-1))
        await door.get(door.token(), None)
        await door.get(door.token(), basic("agents", "guess"))
        assert looked == []
        await door.get(door.token())
        assert looked == [1]

    door(scenario)


def test_a_file_that_is_on_its_way_or_gone_is_told_apart(door):
    async def scenario(door: Door) -> None:
        blob = hashlib.sha256(PHOTO).hexdigest()
        await door.change("UPDATE media SET state='pending', due=9e15, blob=''")
        status, headers, _ = await door.get(door.token())
        assert (status, headers["Retry-After"]) == (404, "30")
        await door.change("UPDATE media SET state='expired'")
        assert (await door.get(door.token()))[0] == 410
        await door.change("UPDATE media SET state='dead'")
        assert (await door.get(door.token()))[0] == 410
        await door.change(f"UPDATE media SET state='stored', blob='{blob}'")
        assert (await door.get(door.token()))[0] == 200
        await door.change("UPDATE messages SET deleted=1 WHERE id=(SELECT message FROM media)")
        assert (await door.get(door.token()))[0] == 410
        await door.change("UPDATE messages SET deleted=0")
        door.hub.blobs.delete(blob)
        assert (await door.get(door.token()))[0] == 410
        await door.change("DELETE FROM media")
        assert (await door.get(door.token()))[0] == 410

    door(scenario)


def test_without_a_role_there_are_no_links(door):
    async def scenario(door: Door) -> None:
        assert door.hub.line.link_key == b""
        assert (await door.get(mint(b"", 1, now_ms() + 60_000)))[0] == 404

    door(scenario, tables="")


def test_the_secret_behind_the_links_outlives_the_process(door):
    async def scenario(door: Door) -> None:
        before, link = door.hub.line.link_key, door.token()
        assert len(before) == 32
        await door.run.stop()
        await door.run.start()
        again = Door(door.run, door._session)
        assert again.hub.line.link_key == before
        assert (await again.get(link))[0] == 200

    door(scenario)


def test_a_big_file_comes_in_pieces_while_others_are_served(door):
    big = bytes(range(256)) * (40 << 12)  # 40 MiB

    async def scenario(door: Door) -> None:
        url = f"{door.url}/media/{door.token()}"
        async with door._session.get(url, headers={"Authorization": AGENT}) as reply:
            assert reply.content_length == len(big)
            digest, pieces = hashlib.sha256(await reply.content.readany()), 1
            assert (await door.get(door.token(), Range="bytes=0-3"))[2] == big[:4]  # nobody waits for the slow one
            async for piece in reply.content.iter_any():
                digest.update(piece)
                pieces += 1
        assert digest.hexdigest() == hashlib.sha256(big).hexdigest()
        assert pieces > 10

    door(scenario, data=big)


def test_a_link_is_in_no_log(door, caplog, capfd):
    async def scenario(door: Door) -> None:
        tokens = [door.token(), door.token(ms=-1), door.token(file=99), "nonsense-7f3a"]
        for token in tokens:
            await door.get(token)
            await door.get(token, None)
        caught = caplog.text + "".join(capfd.readouterr())
        assert not any(token in caught for token in tokens)
        assert KEY not in caught

    with caplog.at_level(logging.DEBUG):
        door(scenario)


@pytest.mark.parametrize(
    ("mime", "served"),
    [
        ("image/jpeg", "image/jpeg"),
        ("IMAGE/PNG", "image/png"),
        ("audio/ogg; codecs=opus", "audio/ogg"),
        ("video/mp4", "video/mp4"),
        ("application/pdf", "application/pdf"),
        ("image/svg+xml", "application/octet-stream"),
        ("IMAGE/SVG", "application/octet-stream"),
        ("text/html", "application/octet-stream"),
        ("audio/x-html", "application/octet-stream"),
        ("application/xhtml+xml", "application/octet-stream"),
        ("application/pdf\r\nX-Evil: 1", "application/octet-stream"),
        ("image/", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_only_harmless_types_keep_their_name(mime, served):
    assert served_as(mime) == served


@pytest.mark.parametrize(
    ("name", "plain", "full"),
    [
        ("photo.jpg", "photo.jpg", "photo.jpg"),
        ("счёт 7.pdf", "____ 7.pdf", "%D1%81%D1%87%D1%91%D1%82%207.pdf"),
        ("../../etc/passwd", "etc passwd", "etc%20passwd"),
        ("C:\\Windows\\system.ini", "C Windows system.ini", "C%20Windows%20system.ini"),
        ('a"b\r\nSet-Cookie: x=1;.txt', "a bSet-Cookie x=1;.txt", "a%20bSet-Cookie%20x%3D1%3B.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe", "invoicefdp.exe"),
        ("50%'s.txt", "50__s.txt", "50%25%27s.txt"),
        ("\0\ud83d", "file", "file"),
        ("...", "file", "file"),
        ("", "file", "file"),
        (".htaccess", "htaccess", "htaccess"),
        ("n" * 300 + ".pdf", "n" * 139 + ".pdf", "n" * 139 + ".pdf"),
        ("n" * 300, "n" * 150, "n" * 150),
    ],
)
def test_whatever_a_person_called_it_is_saved_under_a_safe_name(name, plain, full):
    assert disposition(name) == f"attachment; filename=\"{plain}\"; filename*=UTF-8''{full}"

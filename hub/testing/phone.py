"""A fake phone for a running demo: lines typed become WhatsApp messages of a new person, replies come back.

The demo opens a port on 127.0.0.1 and writes port and a word of admission into a file that only its user can read.
One JSON object a line: the phone says {"admit": word, "name": name}, then {"say": text}; it hears {"number": phone},
then {"reply": text}.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from hub.contracts.errors import ConfigError
from hub.testing.stage import Stage
from hub.wire.signatures import same

LOOK = 0.1
"""Seconds between two looks for replies."""
LINGER = 5.0
"""Seconds that a phone without a keyboard waits for replies after its last line."""
REMEDY = "start one in another terminal: dragoman demo"


def usual_place() -> Path:
    """Where a demo of this user says how to reach it."""
    return Path(tempfile.gettempdir()) / f"dragoman-demo-{os.getuid()}.json"


class Switchboard:
    """Serves phones while the block runs."""

    def __init__(self, stage: Stage, place: Path) -> None:
        self._stage, self._place = stage, place
        self._word = secrets.token_urlsafe(16)
        self._numbers = (f"+1808555{n:04d}" for n in count(100))
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Switchboard:
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        handle, fresh = tempfile.mkstemp(dir=self._place.parent)  # made for this user only
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"port": port, "word": self._word, "pid": os.getpid()}, file)
        try:
            os.replace(fresh, self._place)
        except OSError as error:
            os.unlink(fresh)
            raise ConfigError(f"cannot write {self._place}: {error.strerror}") from None
        return self

    async def __aexit__(self, *error: object) -> None:
        self._place.unlink(missing_ok=True)
        if self._server is not None:
            self._server.close()

    async def serve(self) -> None:
        """Until cancelled."""
        await asyncio.Event().wait()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            hello = _object(await reader.readline())
            if not same(str(hello.get("admit", "")), self._word):
                return
            number = next(self._numbers)
            _say(writer, number=number)
            hearing = asyncio.create_task(self._replies(number, writer))
            try:
                while line := await reader.readline():
                    text = _object(line).get("say")
                    if isinstance(text, str) and text:
                        await self._stage.channel.say(number, text, name=str(hello.get("name", "")))
            finally:
                hearing.cancel()
        except (ConnectionError, ValueError):
            pass
        finally:
            writer.close()

    async def _replies(self, number: str, writer: asyncio.StreamWriter) -> None:
        seen = len(self._stage.channel.said)
        while True:
            said = self._stage.channel.said
            for one in said[seen:]:
                if one.person == number and one.delivered:
                    _say(writer, reply=one.text or f"[{one.form}]")
            seen = len(said)
            await asyncio.sleep(LOOK)


async def phone(
    place: Path, name: str, lines: AsyncIterator[str], heard: Callable[[str, str], None], linger: float = LINGER
) -> None:
    """Be a phone: send `lines`, call `heard(kind, text)` with kind number or reply. After the last line it waits
    until `linger` seconds passed without a reply. Raises ConfigError when no demo is there."""
    port, word = _directions(place)
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        raise ConfigError("no demo is waiting for phones", remedy=REMEDY) from None
    _say(writer, admit=word, name=name)
    news = asyncio.Event()

    async def listen() -> None:
        while line := await reader.readline():
            for kind, text in _object(line).items():
                heard(kind, str(text))
                news.set()

    listening = asyncio.create_task(listen())
    sending = asyncio.create_task(_send(writer, lines))
    try:
        await asyncio.wait([listening, sending], return_when=asyncio.FIRST_COMPLETED)
        if sending.done():
            sending.result()
            with suppress(TimeoutError):
                while not listening.done():
                    news.clear()
                    await asyncio.wait_for(news.wait(), linger)
        else:
            heard("end", "the demo has ended")
    finally:
        for task in (listening, sending):
            task.cancel()
        writer.close()


def _directions(place: Path) -> tuple[int, str]:
    """Port and word of admission. Raises ConfigError."""
    try:
        if place.stat().st_uid != os.getuid():
            raise ConfigError(f"{place} belongs to somebody else", remedy=REMEDY)
        facts = json.loads(place.read_text(encoding="utf-8"))
        return int(facts["port"]), str(facts["word"])
    except (OSError, ValueError, KeyError, TypeError):
        raise ConfigError("no demo is waiting for phones", remedy=REMEDY) from None


async def _send(writer: asyncio.StreamWriter, lines: AsyncIterator[str]) -> None:
    async for line in lines:
        if text := line.strip():
            _say(writer, say=text)
            await writer.drain()


def _say(writer: asyncio.StreamWriter, **words: Any) -> None:
    writer.write(json.dumps(words).encode() + b"\n")


def _object(line: bytes) -> dict[str, Any]:
    """A line's object. Raises ValueError."""
    found = json.loads(line) if line else {}
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found

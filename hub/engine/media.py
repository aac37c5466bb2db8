"""Fetches the files of inbound messages: the message is stored long before, and no failure here can cost it.

Each try asks the platform anew where the file is, streams it to the disk, compares its hash, and tells the line what
came of it. A crash in between costs nothing: the file is still due, and the same content is stored once.
"""

from __future__ import annotations

import asyncio
import random
import shutil
from typing import Any

import structlog

from hub.contracts.channel import FetchesMedia, MediaSource
from hub.contracts.errors import AuthFailed, NotFound, Refused, Temporary, Uncertain
from hub.engine.http import Outside
from hub.engine.line import Line, now_ms
from hub.engine.notices import Notices
from hub.engine.waiting import SHORTEST, until, woken
from hub.engine.writer import Writer
from hub.model.content import Media
from hub.model.events import MediaSettled
from hub.store import media
from hub.store.blobs import Blobs, Writing
from hub.store.media import DueFile

log = structlog.get_logger("hub.media")

AT_ONCE = 4
TRIES = 20
GIVE_UP = 30 * 86_400_000
"""ms for which platforms keep files at best."""
LONGEST_PAUSE = 86_400
PAUSE_ON_AUTH = 60.0
"""Seconds in which a connection that was not let in is asked nothing."""
GONE = "the platform no longer has the file"


def backoff(attempts: int, asked: float = 0) -> int:
    """ms until the next try: what the platform asked for, else 10 s doubling up to a day, with jitter."""
    if asked:
        return int(asked * 1000) + random.randint(0, 1000)  # noqa: S311 - spreads retries, keeps no secret
    return int(min(LONGEST_PAUSE, 10 * 2 ** min(attempts, 20)) * random.uniform(750, 1250))  # noqa: S311


class Files:
    """One for the hub. `wake` when a file was named or settled; `run` until cancelled, which ends the tries."""

    def __init__(self, line: Line, writer: Writer, outside: Outside, notices: Notices, blobs: Blobs) -> None:
        self._line, self._writer, self._outside, self._notices = line, writer, outside, notices
        self._blobs = blobs
        self._limit = int(line.config.hub.media_max_mb * 1_000_000)
        self._awake = asyncio.Event()
        self._flying: dict[int, asyncio.Task[None]] = {}
        self._told: dict[int, int] = {}  # file -> attempts before the try whose outcome is on its way through the line
        self._paused: dict[str, float] = {}  # connection -> until when, in seconds of the loop's clock

    def wake(self) -> None:
        """There may be something to fetch."""
        self._awake.set()

    async def run(self) -> None:
        """Fetch what is due, for ever."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                self._awake.clear()
                now = now_ms()
                sources = [name for name in self._line.config.connections if self._paused.get(name, 0) <= loop.time()]
                for file in await self._due(sources, now):
                    self._flying[file.id] = task = asyncio.create_task(self._fetch(file))
                    task.add_done_callback(lambda _, number=file.id: self._landed(number))  # type: ignore[misc]
                await self._sleep(sources, now)
        finally:
            for task in self._flying.values():
                task.cancel()
            await asyncio.gather(*self._flying.values(), return_exceptions=True)

    async def _due(self, sources: list[str], now: int) -> list[DueFile]:
        room = AT_ONCE - len(self._flying)
        if room <= 0 or self._cramped():
            return []
        limit = AT_ONCE + len(self._flying) + len(self._told)
        found = await self._writer.call(lambda store: media.due(store.db, sources, now, limit))
        self._told = {file.id: file.attempts for file in found if self._told.get(file.id, -1) >= file.attempts}
        return [file for file in found if file.id not in self._flying and file.id not in self._told][:room]

    def _cramped(self) -> bool:
        """Whether a file could fill the disk so far that the hub takes in no messages."""
        hub = self._line.config.hub
        free = shutil.disk_usage(hub.files if hub.media else hub.data).free
        return free < hub.disk_min_mb * 1_000_000 + AT_ONCE * self._limit

    def _landed(self, number: int) -> None:
        del self._flying[number]
        self._awake.set()

    async def _sleep(self, sources: list[str], now: int) -> None:
        due = await self._writer.call(lambda store: media.next_due(store.db, sources, now))
        time = asyncio.get_running_loop().time()
        rests = [end - time for end in self._paused.values() if end > time]
        await woken(self._awake, max(SHORTEST, min([until(due, now), *rests])))

    async def _fetch(self, file: DueFile) -> None:
        outcome = await self._outcome(file)
        event = MediaSettled(
            key=f"{file.id}.{file.attempts}.{outcome['outcome']}", at=now_ms(), media=file.id, **outcome
        )
        await self._writer.keep(event)
        self._told[file.id] = file.attempts

    async def _outcome(self, file: DueFile) -> dict[str, Any]:
        connection = self._line.config.connections[file.source]
        if not isinstance(connection.channel, FetchesMedia):
            return {"outcome": "dead", "reason": "this channel's files cannot be fetched"}
        try:
            outcome = await self._try(file, connection.channel)
        except NotFound:
            return {"outcome": "expired", "reason": GONE}
        except AuthFailed as error:
            self._paused[file.source] = asyncio.get_running_loop().time() + PAUSE_ON_AUTH
            self._notices.raise_once(f"connection {file.source}", str(error))
            due = now_ms() + max(int(PAUSE_ON_AUTH * 1000), backoff(file.attempts))
            return {"outcome": "retry", "due": due, "reason": str(error)}
        except Refused as error:
            return {"outcome": "dead", "reason": str(error)}
        except Temporary as error:
            return _again(file, str(error), error.retry_after)
        except Uncertain as error:
            return _again(file, str(error))
        except OSError as error:
            log.error("a file could not be stored", error=type(error).__name__)
            return _again(file, f"the hub could not store it ({type(error).__name__})")
        except Exception as error:
            log.error("a channel failed inside locate", connection=file.source, error=type(error).__name__)
            return _again(file, f"the channel failed: {type(error).__name__}")
        self._notices.clear(f"connection {file.source}")
        return outcome

    async def _try(self, file: DueFile, channel: FetchesMedia) -> dict[str, Any]:
        named = Media(
            kind=file.kind,  # type: ignore[arg-type]
            ref=file.ref,
            url=file.url,
            mime=file.mime,
            name=file.name,
            size=file.size,
            sha256=file.sha256,
        )
        source = await self._outside.converse(channel.locate(file.account, named), self._line.numbers[file.source])
        if max(source.size, file.size) > self._limit:
            return {"outcome": "dead", "reason": _too_large(max(source.size, file.size), self._limit)}
        base = getattr(getattr(channel, "settings", None), "base_url", "")
        writing = await asyncio.to_thread(self._blobs.begin)
        try:
            mime = await self._outside.download(source.call, writing.write, self._limit, base)
            if not _as_announced(writing, file, source):
                return _again(file, "what came is not the file that the platform announced: its hash differs")
            name = await asyncio.to_thread(writing.keep)
        finally:
            writing.drop()
        return {"outcome": "stored", "blob": name, "mime": source.mime or mime, "size": writing.size}


def _as_announced(writing: Writing, file: DueFile, source: MediaSource) -> bool:
    announced = {text.lower() for text in (file.sha256, source.sha256) if text}
    return announced <= {writing.sha256}


def _again(file: DueFile, reason: str, asked: float = 0) -> dict[str, Any]:
    """Try later, unless it was tried often enough, or for so long that no platform has it any more."""
    if now_ms() - file.received > GIVE_UP:
        return {"outcome": "expired", "reason": f"given up after 30 days: {reason}"}
    if file.attempts + 1 >= TRIES:
        return {"outcome": "dead", "reason": f"given up after {TRIES} tries: {reason}"}
    return {"outcome": "retry", "due": now_ms() + backoff(file.attempts, asked), "reason": reason}


def _too_large(size: int, limit: int) -> str:
    return f"the file is {size / 1_000_000:.0f} MB large, more than {limit / 1_000_000:g} MB (media_max_mb under [hub])"

"""What is kept for a time and then removed: once an hour, in small batches, only while the line is quiet."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING

import structlog

from hub.backup.settings import RetentionSettings
from hub.engine.line import now_ms
from hub.store import Store, open_reader, reading
from hub.store.blobs import Blobs, orphans
from hub.store.copying import blobs_used
from hub.store.media import stored_among
from hub.store.retention import Keep, Rule, find, find_ledger, find_turns, remove, remove_ledger, remove_turns, rules

if TYPE_CHECKING:
    from hub.engine.hub import Hub

log = structlog.get_logger("hub.retention")
EVERY = 3600.0
DEEP = 500
"""Events in the queue above which nothing is removed: the line goes first."""
PAUSE = 0.05  # seconds between two batches
AT_ONCE = 50  # files of one batch
WAIT = 5.0  # seconds before a deep queue is looked at again
SPARED = 86_400
"""Seconds for which a file nobody names is left alone: the event that names it may be on its way."""


def keep_of(settings: RetentionSettings) -> Keep:
    """The policy as the store knows it."""
    return Keep(
        journal=settings.journal_days,
        done=settings.done_days,
        media=settings.media_days,
        messages=settings.messages_days,
        dead=settings.dead_days,
        ledger=settings.ledger_days,
        news=settings.news_days,
    )


class Retention:
    """Lives with the hub."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._keep = keep_of(hub.config.retention)

    async def run(self) -> None:
        """Once an hour, for ever; the first time an hour after the start."""
        while True:
            await asyncio.sleep(EVERY)
            try:
                gone = await self.once()
            except Exception as error:  # what is kept too long harms nobody: the hub goes on
                log.error("what is over could not be removed", error=f"{type(error).__name__}: {error}")
                continue
            if any(gone.values()):
                log.info("removed after the time it is kept", **gone)

    async def once(self) -> dict[str, int]:
        """Remove everything that may go; how many rows of each table, and files."""
        gone: dict[str, int] = {}
        for rule in rules(self._keep):
            gone[rule.table] = await self._apply(rule)
        gone["write_ledger"] = await self._ledger()
        gone["campaign_people"] = await self._turns()
        gone["files"] = await self._sweep()
        return gone

    async def _apply(self, rule: Rule) -> int:
        after = gone = 0
        while keys := await asyncio.to_thread(self._find, rule, after):
            await self._quiet()
            chosen, now = keys, now_ms()
            gone += await self._hub.writer.call(lambda store: remove(store, rule, chosen, now))  # noqa: B023
            after = keys[-1]
            await asyncio.sleep(PAUSE)
        return gone

    async def _ledger(self) -> int:
        gone = 0
        while rows := await asyncio.to_thread(self._find_ledger):
            await self._quiet()
            chosen, now = rows, now_ms()
            gone += await self._hub.writer.call(lambda store: remove_ledger(store, chosen, self._keep, now))  # noqa: B023
            await asyncio.sleep(PAUSE)
        return gone

    async def _turns(self) -> int:
        gone = 0
        while rows := await asyncio.to_thread(self._find_turns):
            await self._quiet()
            chosen = rows
            gone += await self._hub.writer.call(lambda store: remove_turns(store, chosen))  # noqa: B023
            await asyncio.sleep(PAUSE)
        return gone

    async def _sweep(self) -> int:
        """Files that nobody names any more, and what was never written to its end."""
        blobs, before = self._hub.blobs, time.time() - SPARED
        loose = await asyncio.to_thread(lambda: orphans(blobs, self._named(), before))
        gone = await asyncio.to_thread(blobs.sweep, before)
        for start in range(0, len(loose), AT_ONCE):
            some = loose[start : start + AT_ONCE]
            gone += await self._hub.writer.call(lambda store: _remove_files(blobs, store, some, before))  # noqa: B023
            await asyncio.sleep(PAUSE)
        return gone

    async def _quiet(self) -> None:
        while await asyncio.to_thread(self._queued) > DEEP:  # noqa: ASYNC110 - the depth is in the store
            await asyncio.sleep(WAIT)

    # -- in a thread, with a reader of its own ---------------------------------------------------------------------

    def _find(self, rule: Rule, after: int) -> list[int]:
        with closing(open_reader(self._hub.config.hub.place)) as db:
            return find(db, rule, now_ms(), after)

    def _find_ledger(self) -> list[tuple[str, ...]]:
        with closing(open_reader(self._hub.config.hub.place)) as db:
            return find_ledger(db, self._keep, now_ms())

    def _find_turns(self) -> list[tuple[int, int]]:
        with closing(open_reader(self._hub.config.hub.place)) as db:
            return find_turns(db, self._keep, now_ms())

    def _named(self) -> set[str]:
        with closing(open_reader(self._hub.config.hub.place)) as db:
            return blobs_used(db)

    def _queued(self) -> int:
        with closing(open_reader(self._hub.config.hub.place)) as db:
            return reading.queued(db)


def _remove_files(blobs: Blobs, store: Store, names: Sequence[str], before: float) -> int:
    """In the writer's thread, where no file can become a message's meanwhile: those that became none and were not kept
    again since `before`. (What a human sends is always kept anew.)"""
    used = stored_among(store.db, names)
    return sum(blobs.delete(name, before) for name in names if name not in used)

"""Reading a CRM: everybody once, then what changes, and at once what its webhook names."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Literal, TypeVar

import structlog

from hub.contracts.crm import Hears, Page
from hub.contracts.errors import HubError, Refused, Temporary, Uncertain
from hub.engine.line import Line, now_ms
from hub.engine.notices import Notices
from hub.engine.sender import backoff
from hub.engine.writer import Writer
from hub.model.events import RecordsRead
from hub.model.records import Ref
from hub.store import crm as shelves

log = structlog.get_logger("hub.crm")
T = TypeVar("T")

QUIET = 1_500
"""ms without a further webhook after which what it named is read."""
AT_MOST = 5_000
"""ms for which records that are named again and again wait to be read."""
AT_ONCE = 100
"""Records of one reading."""
TRIES = 3
"""Readings of several records that fail in the adapter before they are read one by one."""


class CrmRead:
    """One per CRM. `everything` once at the start, then `changes` and `touched` for ever, beside each other."""

    def __init__(self, name: str, line: Line, writer: Writer, notices: Notices, pool: ThreadPoolExecutor) -> None:
        self.name, self._line, self._writer, self._notices, self._pool = name, line, writer, notices, pool
        self._crm = line.config.crms[name].adapter
        self._reading = asyncio.Lock()  # one after the other: a page must not overtake a newer one
        self._count = 0
        self.called = asyncio.Event()
        """Set when a webhook may have named something."""

    async def everything(self) -> None:
        """The first read, if it is not complete: it goes on where it was."""
        if await self._cursor("read") == "done":
            return
        if not await self._cursor("recent"):  # changes are watched from before the first page on
            at = now_ms()
            await self._keep("recent", await self.patiently(self._crm.changes, ""), at)
        cursor = await self._cursor("first")
        total = 0
        while True:
            at = now_ms()
            page = await self.patiently(self._crm.first_read, cursor)
            total += len(page.records)
            await self._keep("first", page, at, final=page.last)
            if page.last:
                break
            cursor = page.cursor
            if total % 1000 < len(page.records):
                log.info("first read goes on", crm=self.name, records=total)
        await self._drained()
        log.info("first read is complete", crm=self.name, records=total)

    async def changes(self) -> None:
        """Ask for what changed, again and again."""
        behind = False
        while True:
            cursor = await self._cursor("recent")
            await asyncio.sleep(self._line.config.hub.crm_poll if cursor and not behind else 0)
            async with self._reading:
                at = now_ms()
                page = await self.patiently(self._crm.changes, cursor)
                behind = not page.last and page.cursor != cursor
                if page.cursor != cursor or any((page.records, page.objects, page.gone, page.answers)):
                    await self._keep("recent", page, at)
                    await self._drained()

    async def touched(self) -> None:
        """Read what the webhook named, as soon as it is quiet, many at once."""
        if not isinstance(self._crm, Hears):
            return
        noticed = limit = 0
        failures = 0
        while True:
            self.called.clear()
            limit = limit or AT_ONCE
            refs, newest = await self._writer.call(partial(self._named, limit=limit))
            if not refs:
                noticed, limit = 0, AT_ONCE
                await self.called.wait()
                continue
            now = now_ms()
            noticed = noticed or now
            if (wait := min(newest + QUIET, noticed + AT_MOST) - now) > 0:
                await asyncio.sleep(min(wait, QUIET) / 1000)
                continue
            async with self._reading:
                at = now_ms()
                try:
                    page = await self._once(self._crm.get, refs)
                except Exception as error:
                    failures += 1
                    self._notices.raise_once(f"crm {self.name}", _told(error))
                    if isinstance(error, Temporary | Uncertain) or failures < TRIES:
                        await asyncio.sleep(min(30_000, backoff(failures, getattr(error, "retry_after", 0))) / 1000)
                        continue
                    if len(refs) > 1:
                        limit = 1
                        continue
                    if not isinstance(error, Refused):
                        await asyncio.sleep(min(60_000, backoff(failures)) / 1000)
                        continue
                    page = Page((), "", True)  # one record that will never be read: it costs no other
                failures, noticed = 0, 0
                self._notices.clear(f"crm {self.name}")
                await self._keep("touched", page, at, refs=tuple(refs))
                await self._drained()

    def _named(self, store: Any, limit: int) -> tuple[list[Ref], int]:
        return shelves.touched(store.db, self.name, limit)

    async def _cursor(self, feed: str) -> str:
        return await self._writer.call(lambda store: store.cursor(f"crm.{self.name}.{feed}"))

    async def _keep(
        self,
        feed: Literal["first", "recent", "touched"],
        page: Page,
        at: int,
        *,
        final: bool = False,
        refs: tuple[Ref, ...] = (),
    ) -> None:
        self._count += 1
        event = RecordsRead(
            key=f"{self.name}.{feed}.{page.cursor}.{at}.{self._count}",
            at=at,
            crm=self.name,
            records=tuple(page.records),
            feed=feed,
            cursor=page.cursor,
            final=final,
            objects=tuple(page.objects),
            gone=tuple(page.gone),
            answers=tuple(page.answers),
            refs=refs,
        )
        await self._writer.keep(event)

    async def _drained(self) -> None:
        """Wait until the step has worked off what was accepted: the writer steps before it takes the next call."""
        while await self._writer.call(lambda store: bool(store.claim(1))):  # noqa: ASYNC110 - the writer has no event
            await asyncio.sleep(0.05)

    async def _once(self, work: Callable[..., T], *args: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *args)

    async def patiently(self, work: Callable[..., T], *args: Any) -> T:
        """Call the adapter in its pool until it answers; what needs a human is said once."""
        tries = 0
        while True:
            tries += 1
            try:
                result = await self._once(work, *args)
            except (Temporary, Uncertain) as error:
                await asyncio.sleep(min(30_000, backoff(tries, getattr(error, "retry_after", 0))) / 1000)
            except Exception as error:  # a broken adapter costs only its own CRM
                self._notices.raise_once(f"crm {self.name}", _told(error))
                await asyncio.sleep(min(60_000, backoff(tries + 2)) / 1000)
            else:
                self._notices.clear(f"crm {self.name}")
                return result


def _told(error: Exception) -> str:
    return str(error) if isinstance(error, HubError) else f"the adapter failed: {type(error).__name__}"

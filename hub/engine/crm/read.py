"""Reading a CRM: everybody once, then what changes, and at once what its webhook names."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Literal, TypeVar

import structlog

from hub.contracts.crm import Page, Reads
from hub.contracts.errors import AuthFailed, HubError, Refused, Temporary, Uncertain
from hub.engine.crm.reach import Reach
from hub.engine.line import Line, now_ms
from hub.engine.notices import Notices
from hub.engine.waiting import backoff
from hub.engine.writer import Writer
from hub.model.events import RecordsRead
from hub.model.records import Ref
from hub.store import crm as shelves
from hub.store.dialects.leases import LostDuty
from hub.store.reading import last_queued, queued_until

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

    def __init__(
        self, name: str, line: Line, writer: Writer, notices: Notices, pool: ThreadPoolExecutor, reach: Reach
    ) -> None:
        self.name, self._line, self._writer, self._notices, self._pool = name, line, writer, notices, pool
        self._reach = reach
        self._crm = line.config.crms[name].adapter
        self._reading = asyncio.Lock()  # one after the other: a page must not overtake a newer one
        self._count = 0
        self.may_call: Callable[[], bool] = lambda: True
        """Asked when a page was read: False when another process may have read on meanwhile."""
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
                if page.cursor != cursor or any((page.records, page.objects, page.gone, page.answers, page.gap)):
                    await self._keep("recent", page, at)
                    await self._drained()
                if cursor and not behind:
                    await self._look_around()

    async def _look_around(self) -> None:
        """Whether the next linked contacts are still there, for a CRM whose changes do not tell; all of them in turn.

        Only what is gone, or merged, is kept: what else changed is told by `changes`.
        """
        if self._crm.tells_deletions() or not isinstance(self._crm, Reads):
            return
        after = int(await self._cursor("around") or 0)
        links = await self._writer.call(lambda store: shelves.linked(store.db, self.name, after, AT_ONCE))
        asked = {record for _, record in links}
        refs = tuple(Ref("contact", record) for record in dict.fromkeys(record for _, record in links))
        if refs:
            at = now_ms()
            try:
                page = await self._once(self._crm.get, refs)
            except Exception as error:  # these are asked for again next time; whoever writes or reads says more
                log.info("linked contacts could not be looked at", crm=self.name, error=type(error).__name__)
                return
            lost = [one for one in page.gone if one.record in asked]  # a survivor names all that ever went into it
            if lost:
                named = [record for record in page.records if record.merged or record.id not in asked]
                news = Page(named, "", True, gone=lost)
                await self._keep("touched", news, at)
                await self._drained()
        last = str(links[-1][0]) if len(links) == AT_ONCE else "0"
        await self._writer.call(lambda store: store.set_cursor(f"crm.{self.name}.around", last, now_ms()))

    async def touched(self) -> None:
        """Read what the webhook named, as soon as it is quiet, many at once."""
        if not isinstance(self._crm, Reads):
            return
        loop, noticed = asyncio.get_running_loop(), 0.0
        failures, limit = 0, AT_ONCE
        apart: dict[Ref, tuple[int, float]] = {}  # what the adapter fails at, alone: tries, and when the next one is
        while True:
            self.called.clear()
            named, newest = await self._writer.call(partial(self._named, limit=limit + len(apart)))
            refs = [ref for ref in named if ref not in apart][:limit]
            if not refs:
                noticed, limit = 0.0, AT_ONCE
                apart = {ref: apart[ref] for ref in named}
                refs = [ref for ref, (_, due) in apart.items() if due <= loop.time()][:1]
            if not refs:
                await self._called_by(min((due for _, due in apart.values()), default=None))
                continue
            noticed = noticed or loop.time()
            left = noticed + AT_MOST / 1000 - loop.time()  # the other clock may be set meanwhile
            if (wait := min(newest + QUIET - now_ms(), QUIET)) > 0 and left > 0:
                await asyncio.sleep(min(wait / 1000, left))
                continue
            async with self._reading:
                at = now_ms()
                try:
                    page = await self._once(self._crm.get, refs)
                except Exception as error:
                    failures += 1
                    if isinstance(error, Temporary | Uncertain):
                        self._reach.failed(error)
                    else:
                        self._reach.refused(_told(error))
                    if isinstance(error, Temporary | Uncertain) or failures < TRIES:
                        await asyncio.sleep(min(30_000, backoff(failures, getattr(error, "retry_after", 0))) / 1000)
                        continue
                    if len(refs) > 1:
                        limit = 1
                        continue
                    if isinstance(error, AuthFailed):
                        await asyncio.sleep(min(60_000, backoff(failures)) / 1000)
                        continue
                    if not isinstance(error, Refused):  # it may be mended one day: until then it costs no other
                        tries = apart.get(refs[0], (0, 0.0))[0] + 1
                        apart[refs[0]] = tries, loop.time() + min(600_000, backoff(failures + tries)) / 1000
                        failures, limit = 0, AT_ONCE
                        continue
                    page = Page((), "", True)  # one record that will never be read
                failures, noticed = 0, 0.0
                for ref in refs:
                    apart.pop(ref, None)
                self._reach.answered()
                await self._keep("touched", page, at, refs=tuple(refs))
                await self._drained()

    async def _called_by(self, due: float | None) -> None:
        """Wait for a webhook, or until `due` by the loop's clock (None = for ever)."""
        try:
            async with asyncio.timeout_at(due):
                await self.called.wait()
        except TimeoutError:
            pass

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
        if not self.may_call():
            raise LostDuty(f"crm:{self.name}")
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
            gap=page.gap,
        )
        await self._writer.keep(event)
        if page.gap:
            self._notices.raise_once(f"gap of {self.name}", page.gap)

    async def _drained(self) -> None:
        """Wait until what was accepted so far is worked off: the writer steps before it takes the next call."""
        last = await self._writer.call(lambda store: last_queued(store.db))
        while last and await self._writer.call(lambda store: queued_until(store.db, last)):  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.05)

    async def _once(self, work: Callable[..., T], *args: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *args)

    async def patiently(self, work: Callable[..., T], *args: Any) -> T:
        """Call the adapter in its pool until it answers; an outage, and what needs a human, is said once."""
        tries = 0
        while True:
            tries += 1
            try:
                result = await self._once(work, *args)
            except (Temporary, Uncertain) as error:
                self._reach.failed(error)
                await asyncio.sleep(min(30_000, backoff(tries, getattr(error, "retry_after", 0))) / 1000)
            except Exception as error:  # a broken adapter costs only its own CRM
                self._reach.refused(_told(error))
                await asyncio.sleep(min(60_000, backoff(tries + 2)) / 1000)
            else:
                self._reach.answered()
                return result


def _told(error: Exception) -> str:
    return str(error) if isinstance(error, HubError) else f"the adapter failed: {type(error).__name__}"

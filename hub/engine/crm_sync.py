"""One CRM: read everybody first, then write persons and messages in batches, and look at what changed there."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Literal, TypeVar

import structlog

from hub.contracts.crm import Page, Written
from hub.contracts.errors import AuthFailed, HubError, NotFound, PluginError, Temporary, Uncertain
from hub.engine.crm_lease import NOTHING, Batch, lease_crm
from hub.engine.line import Line, now_ms
from hub.engine.notices import Notices
from hub.engine.sender import backoff
from hub.engine.writer import Writer
from hub.mapping import check
from hub.model.events import CrmSettled, RecordsRead, RowOutcome
from hub.store import Store
from hub.store.outbox import next_due

log = structlog.get_logger("hub.crm")
T = TypeVar("T")
WORKERS = ("person", "log", "log")
"""Each writes batches of its kind; a second one for messages, so that a call that hangs holds only its own people."""
BROKEN_AFTER = 8


class CrmSync:
    """One per [crm.*] table. `wake` when there may be work; `run` until cancelled."""

    def __init__(self, name: str, line: Line, writer: Writer, notices: Notices) -> None:
        self.name, self._line, self._writer, self._notices = name, line, writer, notices
        self._crm = line.config.crms[name].adapter
        self._limit = self._crm.capabilities.batch
        self._linger = int(line.config.hub.crm_linger * 1000)
        self._pool = ThreadPoolExecutor(4, thread_name_prefix=f"crm-{name}")
        self._awake = asyncio.Event()
        self._writes = 0
        self.calls: Counter[tuple[str, int]] = Counter()
        """HTTP calls so far, by endpoint and status (0 = no answer)."""
        self._crm.on_call = self._called
        self._writing: set[asyncio.Task[None]] = set()
        self._fits = True
        self.ready = asyncio.Event()
        """Set when the first read is complete."""

    def wake(self) -> None:
        """There may be something to write."""
        self._awake.set()
        self._awake = asyncio.Event()

    async def run(self) -> None:
        """Write what is due, and beside it prepare, read everybody once and then what changes.

        Until everybody was read nothing is leased; after a restart writing goes on at once.
        """
        await asyncio.gather(self._read(), *(self._push(kind) for kind in WORKERS))

    async def finish(self) -> None:
        """Wait for the writes under way."""
        if self._writing:
            await asyncio.gather(*self._writing, return_exceptions=True)

    def _called(self, endpoint: str, status: int) -> None:
        self.calls[endpoint, status] += 1

    def close(self) -> None:
        """End the threads; a call under way is left to its timeout."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    # -- prepare and read ---------------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        for finding in self._crm.ensure():
            if not finding.ok:
                self._notices.raise_once(f"crm {self.name} fields", f"{finding.what} ({finding.remedy})")
        problems = check(self._line.config.crms[self.name].mapping, self._crm.describe())
        if problems:
            self._notices.raise_once(f"crm {self.name} mapping", "; ".join(str(problem) for problem in problems))
        self._fits = not problems

    async def _read(self) -> None:
        await self._patiently(self._prepare)
        if await self._writer.call(lambda store: store.cursor(f"crm.{self.name}.read")) != "done":
            await self._first_read()
        self.ready.set()
        behind = False
        while True:
            cursor = await self._writer.call(lambda store: store.cursor(f"crm.{self.name}.recent"))
            await asyncio.sleep(self._line.config.hub.crm_poll if cursor and not behind else 0)
            page = await self._patiently(self._crm.changes, cursor)
            behind = not page.last and page.cursor != cursor
            if page.records or page.cursor != cursor:
                await self._keep("recent", page, final=False)
                await self._drained()

    async def _first_read(self) -> None:
        start = await self._writer.call(lambda store: store.cursor(f"crm.{self.name}.recent"))
        if not start:  # changes are watched from before the first page on
            page = await self._patiently(self._crm.changes, "")
            await self._keep("recent", page, final=False)
        cursor = await self._writer.call(lambda store: store.cursor(f"crm.{self.name}.first"))
        total = 0
        while True:
            page = await self._patiently(self._crm.first_read, cursor)
            total += len(page.records)
            await self._keep("first", page, final=page.last)
            if page.last:
                break
            cursor = page.cursor
            if total % 1000 < len(page.records):
                log.info("first read goes on", crm=self.name, records=total)
        await self._drained()
        log.info("first read is complete", crm=self.name, records=total)

    async def _keep(self, feed: Literal["first", "recent"], page: Page, *, final: bool) -> None:
        at = now_ms()
        event = RecordsRead(
            key=f"{self.name}.{feed}.{page.cursor}.{at}",
            at=at,
            crm=self.name,
            records=tuple(page.records),
            feed=feed,
            cursor=page.cursor,
            final=final,
        )
        await self._writer.keep(event)

    async def _drained(self) -> None:
        """Wait until the step has worked off what was accepted: the writer steps before it takes the next call."""
        while await self._writer.call(lambda store: bool(store.claim(1))):  # noqa: ASYNC110 - the writer has no event
            await asyncio.sleep(0.05)

    # -- write --------------------------------------------------------------------------------------------------------

    async def _push(self, kind: str) -> None:
        while True:
            awake = self._awake
            batch = await self._writer.call(partial(self._lease, kind, now_ms()))
            if batch.persons or batch.logs:
                task = asyncio.create_task(self._write(batch))
                self._writing.add(task)
                task.add_done_callback(self._writing.discard)
                await asyncio.shield(task)
            elif batch.wait:  # it fills meanwhile: nothing that arrives now needs to wake us
                await asyncio.sleep(max(0.02, batch.wait / 1000))
            else:
                await self._sleep(awake)

    def _lease(self, kind: str, now: int, store: Store) -> Batch:
        if kind == "person" and not self._fits:  # each would be refused: they wait until the mapping is mended
            return NOTHING
        return lease_crm(store, self._line, self.name, kind, now, self._limit, self._linger)

    async def _sleep(self, awake: asyncio.Event) -> None:
        now = now_ms()
        due = await self._writer.call(lambda store: next_due(store.db, self.name, now))
        pause = max(0.02, min(due - now, 30_000) / 1000) if due else 30.0
        try:
            async with asyncio.timeout(pause):  # not wait_for: before Python 3.12 it may swallow a cancellation
                await awake.wait()
        except TimeoutError:
            pass

    async def _write(self, batch: Batch) -> None:
        write: Callable[[Any], list[Written]] = self._crm.upsert if batch.persons else self._crm.log
        rows: Sequence[Any] = batch.persons or batch.logs
        self._writes += 1
        try:
            written = await asyncio.get_running_loop().run_in_executor(self._pool, write, rows)
            outcomes = [self._outcome(w, batch.attempts[w.outbox]) for w in written]
            left_out = batch.attempts.keys() - {w.outbox for w in written}
            forgot = PluginError("the adapter's answer leaves this row out")
            outcomes += [self._whole(forgot, outbox, batch.attempts[outbox]) for outbox in sorted(left_out)]
            self._notices.clear(f"crm {self.name}")
        except Exception as error:
            outcomes = [self._whole(error, outbox, tries) for outbox, tries in batch.attempts.items()]
            if isinstance(error, AuthFailed):
                await asyncio.sleep(5)
        at = now_ms()
        await self._writer.keep(
            CrmSettled(
                key=f"{self.name}.{at}.{rows[0].outbox}.{self._writes}", at=at, crm=self.name, rows=tuple(outcomes)
            )
        )

    def _outcome(self, written: Written, tries: int) -> RowOutcome:
        error = written.error
        if error is None:
            return RowOutcome(outbox=written.outbox, outcome="done", record=written.record, new=written.new)
        if isinstance(error, NotFound):
            return RowOutcome(outbox=written.outbox, outcome="relink", reason=str(error))
        if isinstance(error, Temporary):
            return self._whole(error, written.outbox, tries)
        return RowOutcome(outbox=written.outbox, outcome="dead", reason=str(error))

    def _whole(self, error: Exception, outbox: int, tries: int) -> RowOutcome:
        """The fate of a row whose batch failed."""
        now = now_ms()
        if isinstance(error, Uncertain):
            return RowOutcome(outbox=outbox, outcome="doubt", due=now + 200, reason=str(error))
        if isinstance(error, Temporary):
            pause = backoff(tries, error.retry_after)
            due = now + (pause if error.retry_after else min(pause, 60_000))
            return RowOutcome(outbox=outbox, outcome="retry", due=due, reason=str(error))
        if isinstance(error, AuthFailed):
            self._notices.raise_once(f"crm {self.name}", str(error))
            return RowOutcome(outbox=outbox, outcome="retry", due=now + 60_000, reason=str(error))
        if tries == 1:
            log.error("the adapter failed", crm=self.name, error=type(error).__name__)
        if tries >= BROKEN_AFTER:
            return RowOutcome(outbox=outbox, outcome="dead", reason=f"the adapter failed: {type(error).__name__}")
        return RowOutcome(outbox=outbox, outcome="doubt", due=now + backoff(tries), reason=type(error).__name__)

    async def _patiently(self, work: Callable[..., T], *args: Any) -> T:
        """Call the adapter in its pool until it answers; what needs a human is said once."""
        tries = 0
        while True:
            tries += 1
            try:
                result = await asyncio.get_running_loop().run_in_executor(self._pool, work, *args)
            except (Temporary, Uncertain) as error:
                await asyncio.sleep(min(30_000, backoff(tries, getattr(error, "retry_after", 0))) / 1000)
            except Exception as error:  # a broken adapter costs only its own CRM
                what = str(error) if isinstance(error, HubError) else f"the adapter failed: {type(error).__name__}"
                self._notices.raise_once(f"crm {self.name}", what)
                await asyncio.sleep(min(60_000, backoff(tries + 2)) / 1000)
            else:
                self._notices.clear(f"crm {self.name}")
                return result

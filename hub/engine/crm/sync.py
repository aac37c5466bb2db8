"""One CRM: read everybody first, then write persons and messages in batches, and look at what changed there."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

from hub.contracts.crm import HasOwners, Schema
from hub.contracts.errors import HubError
from hub.engine import shapes
from hub.engine.crm.fate import Fate
from hub.engine.crm.lease import Batch, lease_crm
from hub.engine.crm.reach import Reach
from hub.engine.crm.read import CrmRead
from hub.engine.keep_going import keep_going
from hub.engine.line import Line, now_ms
from hub.engine.notices import Notices
from hub.engine.waiting import until, woken
from hub.engine.writer import Writer
from hub.mapping import check
from hub.model.events import CrmSettled
from hub.model.records import Owner
from hub.store import Store
from hub.store.outbox import next_due

WORKERS = ("person", "log", "log", "object", "file")
"""Each writes batches of its kind; a second one for messages, so that a call that hangs holds only its own people."""
THREADS = 6
HOUR = 3600.0
"""Seconds between two looks at the CRM's fields and users."""
SOON = 300.0
"""The same, where its users could not be read, or it did not take a field."""
REST = 5.0
"""Seconds of writing nothing after the CRM let nobody in."""


class CrmSync:
    """One per [crm.*] table. `wake` when there may be work; `run` until cancelled."""

    def __init__(self, name: str, line: Line, writer: Writer, notices: Notices) -> None:
        self.name, self._line, self._writer, self._notices = name, line, writer, notices
        self._crm = line.config.crms[name].adapter
        self._limit = self._crm.capabilities.batch
        given = line.config.hub.crm_linger
        self._linger = int((self._crm.capabilities.linger if given is None else given) * 1000)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix=f"crm-{name}")
        self._awake = asyncio.Event()
        self._reach = Reach(name, notices)
        self._read = CrmRead(name, line, writer, notices, self._pool, self._reach)
        self._writes, self._rests_until = 0, 0.0
        self.calls: Counter[tuple[str, int]] = Counter()
        """HTTP calls so far, by endpoint and status (0 = no answer)."""
        self._crm.on_call = self._called
        self._writing: set[asyncio.Task[None]] = set()
        self._fits = self._users = True
        self._doubted = asyncio.Event()  # it did not take a field: perhaps they are not as they were
        self.ready = asyncio.Event()
        """Set when the first read is complete."""
        self._lags: deque[float] = deque(maxlen=1000)
        self._may_call: Callable[[], bool] = lambda: True

    def asks(self, may_call: Callable[[], bool]) -> None:
        """Ask before each batch and after each page whether the CRM is still this process's: else another one looks
        what became of what was started, and has read on."""
        self._may_call = self._read.may_call = may_call

    def budget(self) -> Mapping[str, float]:
        """Calls that the CRM still allows, by limit."""
        return self._crm.budget()

    def lag(self) -> dict[str, float]:
        """Seconds from a message's step to its record in the CRM: quantile -> value, of the last thousand."""
        known = sorted(self._lags)
        return {str(q): known[min(len(known) - 1, int(q * len(known)))] for q in (0.5, 0.95, 0.99) if known}

    def wake(self) -> None:
        """There may be something to write."""
        self._awake.set()
        self._awake = asyncio.Event()
        self._read.called.set()

    async def run(self) -> None:
        """Write what is due, and beside it prepare, read everybody once and then what changes.

        Until everybody was read nothing is leased; after a restart writing goes on at once.
        """
        writing = [self._keep_going(f"writing ({kind})", partial(self._push, kind)) for kind in WORKERS]
        await asyncio.gather(self._keep_going("reading", self._reads), *writing)

    async def _keep_going(self, part: str, work: Callable[[], Awaitable[None]]) -> None:
        await keep_going(f"crm {self.name} {part}", work, self._notices)

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

    async def _learn(self) -> None:
        """Prepare the CRM, and keep what its fields and users are."""
        await self._read.patiently(self._prepare)
        await self._shape()

    async def _learn_again(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(HOUR if self._users else SOON):
                    await self._doubted.wait()
                    await asyncio.sleep(SOON)  # many writes may tell the same
            self._doubted.clear()
            await self._shape()

    async def _shape(self) -> None:
        """Read the fields and the users. Without its users the CRM is of use all the same."""
        schema = await self._read.patiently(self._crm.describe)
        owners: Sequence[Owner] | None = ()
        if isinstance(self._crm, HasOwners):
            try:
                owners = await asyncio.get_running_loop().run_in_executor(self._pool, self._crm.owners)
            except Exception as error:
                told = str(error) if isinstance(error, HubError) else f"the adapter failed: {type(error).__name__}"
                self._notices.raise_once(f"crm {self.name} users", f"the users of the CRM cannot be read: {told}")
                owners = None
            else:
                self._notices.clear(f"crm {self.name} users")
        self._users = owners is not None

        def keep(store: Store) -> list[str]:
            return shapes.learn(store, self._line, self.name, schema, owners, now_ms())

        if changed := await self._writer.call(keep):  # it stands until the hub starts anew, or the next change
            told = "; ".join(changed)
            self._notices.raise_once(f"crm {self.name} fields changed", f"{told} (dragoman mapping check says more)")
        self.fit()
        self.wake()  # what a field did not take is tried again

    def fit(self) -> None:
        """Look whether the mapping that runs fits the CRM's fields: else no people are written."""
        active = self._line.mapping(self.name)
        problems = check(active.mapping, Schema(fields=active.shape.fields))
        if problems:
            self._notices.raise_once(f"crm {self.name} mapping", "; ".join(str(problem) for problem in problems))
        else:
            self._notices.clear(f"crm {self.name} mapping")
        self._fits = not problems

    async def _reads(self) -> None:
        await self._learn()
        await self._read.everything()
        self.ready.set()
        await asyncio.gather(
            self._keep_going("reading (fields and users)", self._learn_again),
            self._keep_going("reading (changes)", self._read.changes),
            self._keep_going("reading (touched)", self._read.touched),
        )

    # -- write --------------------------------------------------------------------------------------------------------

    async def _push(self, kind: str) -> None:
        while True:
            awake = self._awake
            if (rest := self._rests_until - asyncio.get_running_loop().time()) > 0:
                await asyncio.sleep(rest)
                continue
            lease = self._writer.call(partial(self._lease, kind, now_ms()))
            try:
                batch = await asyncio.shield(lease)
            except asyncio.CancelledError:  # what stands on disk as started is written
                self._begin(await lease)
                raise
            if task := self._begin(batch):
                await asyncio.shield(task)
            elif batch.wait:  # it fills meanwhile: nothing that arrives now needs to wake us
                await asyncio.sleep(max(0.02, batch.wait / 1000))
            else:
                await self._sleep(awake)

    def _begin(self, batch: Batch) -> asyncio.Task[None] | None:
        if not batch.rows:
            return None
        task = asyncio.create_task(self._write(batch))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        return task

    def _lease(self, kind: str, now: int, store: Store) -> Batch:
        if kind == "person" and not self._fits:  # each would be refused: they wait until the mapping is mended
            return Batch()
        return lease_crm(store, self._line, self.name, kind, now, self._limit, self._linger)

    async def _sleep(self, awake: asyncio.Event) -> None:
        now = now_ms()
        due = await self._writer.call(lambda store: next_due(store.db, self.name, now))
        await woken(awake, until(due, now))

    async def _write(self, batch: Batch) -> None:
        if not self._may_call():
            return
        self._writes += 1
        fate = Fate(self.name, self._crm, batch, self._line.mapping(self.name), self._may_call)
        outcomes = await asyncio.get_running_loop().run_in_executor(self._pool, fate.carry_out)
        if not self._may_call():  # who has the CRM by now finds out the rest
            outcomes = [outcome for outcome in outcomes if outcome.outcome == "done"]
            if not outcomes:
                return
        if fate.refused:
            self._reach.refused(fate.refused)
            self._rests_until = asyncio.get_running_loop().time() + REST
        elif any(outcome.outcome == "done" for outcome in outcomes):
            self._reach.answered()
        elif fate.silence:
            self._reach.failed(fate.silence)
        if any(outcome.left_out for outcome in outcomes):
            self._doubted.set()
        at = now_ms()
        done = {outcome.outbox for outcome in outcomes if outcome.outcome == "done"}
        self._lags.extend((at - entry.since) / 1000 for entry in batch.logs if entry.outbox in done)
        key = f"{self.name}.{at}.{batch.rows[0].outbox}.{self._writes}"
        await self._writer.keep(CrmSettled(key=key, at=at, crm=self.name, rows=tuple(outcomes)), self._writes)

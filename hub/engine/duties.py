"""The duties of a process: what only one process of a hub does at a time, so that a rate is kept and a log-in is one.

With SQLite there is one process, and it has all of them. With PostgreSQL each duty is a lease (the store's `leases`):
processes renew what they have, take what is free up to their fair share, and give back what is more. Whoever cannot
renew in time stops before his lease ends; whoever sleeps through its end is known by his fence.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from math import ceil

import structlog

from hub.contracts.errors import HubError
from hub.engine.aside import Aside
from hub.engine.keep_going import keep_going
from hub.engine.line import lanes, now_ms
from hub.engine.notices import Notices
from hub.engine.process import Process
from hub.engine.writer import Writer
from hub.model.events import CrmSettled, SendSettled
from hub.store import Store, StoreTrouble
from hub.store.dialects import leases
from hub.store.dialects.leases import Holders, LostDuty, Taken
from hub.store.reading import last_queued, settling

log = structlog.get_logger("hub.duties")

TTL = 10.0
"""Seconds for which a duty is held without a renewal; it is renewed three times as often."""
EARLY = 2.0
"""Seconds before the end of its leases at which a process that could not renew them stops."""
LOOK = 0.5
"""Seconds between two looks at what is free."""
CALL = 60.0
"""Seconds after its start at which a call outside has ended, whatever became of who made it: the time an adapter may
take, and a call is repeated within it."""
PATIENCE = 10.0
"""Seconds for which a free duty is left to those who have less to do."""
SETTLED = lanes(SendSettled.kind, CrmSettled.kind)
"""Lanes of the events that say how calls ended."""

Work = Callable[[], Awaitable[None]]


async def _nothing() -> None:
    """Nothing is under way."""


@dataclass(frozen=True, slots=True)
class Duty:
    """What one process does. `parts` run for ever side by side, by the name that people know; each may begin again.

    `finish` waits for what they began outside. `carries_out`: its commands are in the outbox, and those that the last
    owner left started are in doubt: sends for `evidence` ms. `vital`: the hub ends when it fails.
    """

    name: str
    parts: Mapping[str, Work]
    finish: Work = _nothing
    carries_out: bool = False
    evidence: int = 0
    vital: bool = False


@dataclass(slots=True)
class _Term:
    """One time of having a duty, from taking it to giving it up. `lost`: how often the store's connection was lost."""

    duty: Duty
    taken: Taken
    lost: int = 0
    over: bool = False
    task: asyncio.Task[None] = field(init=False)


class Duties:
    """`run` for ever; it raises what a vital duty died of. `stop` finishes what is under way and gives all back."""

    def __init__(
        self, duties: Sequence[Duty], writer: Writer, notices: Notices, process: Process, aside: Aside | None
    ) -> None:
        """`aside`: a connection for leases; None where no other process is on the store."""
        self._duties = {duty.name: duty for duty in duties}
        self._writer, self._notices, self._aside, self._process = writer, notices, aside, process
        self._terms: dict[str, _Term] = {}
        self._ending: dict[str, asyncio.Task[None]] = {}
        self._renewed = 0.0  # when the last renewal that went well was asked for
        self._free: dict[str, float] = {}  # since when nobody has it
        self._kept: set[str] = set()  # beyond the fair share, as nobody else takes them
        self._gone: set[str] = set()  # another process has them
        self._late: set[str] = set()  # something that was started was not called: it is to be found again
        self._stopping = False
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def held(self) -> list[str]:
        """What this process has, sorted."""
        return sorted(self._terms)

    def ours(self, names: Collection[str]) -> bool:
        """Whether those of these names that are duties are all this process's."""
        return self._in_time() and all(name in self._terms for name in names if name in self._duties)

    def may_call(self, name: str) -> bool:
        """Whether what was started under a duty may be called now, by this process's own clock: else another one may
        have it, and thinks that all calls have ended."""
        if name not in self._gone and self._in_time():
            return True
        self._late.add(name)
        return False

    def _in_time(self) -> bool:
        return self._aside is None or time.monotonic() < self._renewed + TTL

    async def run(self) -> None:
        """Have duties, for ever."""
        if self._aside is None:
            for duty in self._duties.values():
                self._begin(duty, Taken(0, ""))
        while True:
            if self._aside is not None:
                await self._look()
            await asyncio.wait([self._failed], timeout=LOOK)
            if self._failed.done():
                return self._failed.result()

    async def stop(self, seconds: float) -> None:
        """End all of them: what is under way has so long to be finished. `run` goes on and renews meanwhile."""
        self._stopping = True
        for name in self.held:
            self._end(name, "the hub stops", give_back=True)
        if self._ending:
            _, late = await asyncio.wait(self._ending.values(), timeout=seconds)
            if late:
                log.warning("not everything under way had an answer when the hub ended")
        for task in self._ending.values():
            task.cancel()
        if self._ending:
            await asyncio.wait(self._ending.values())

    async def leave(self) -> None:
        """After the end of `run`: the others need not wait for this process."""
        if self._aside is not None and self._renewed:
            try:
                async with asyncio.timeout(EARLY):
                    await self._aside.ask(partial(leases.leave, holder=self._process.name))
            except (StoreTrouble, TimeoutError):
                log.info("the store was not told that this process ends")

    # -- leases --------------------------------------------------------------------------------------------------------

    async def _look(self) -> None:
        """Renew, notice what was lost, take and give back. Without the store: stop in time."""
        ends = self._renewed + TTL - EARLY
        if self._renewed and time.monotonic() > ends:
            for name in self.held:
                self._end(name, "its lease could not be renewed")
        left = ends - time.monotonic() if self._terms else TTL
        try:
            async with asyncio.timeout(max(0.0, left)):
                await self._renew()
                for name, term in list(self._terms.items()):
                    if term.task.done():
                        self._end(name, "it ended")
                    elif name in self._late:
                        self._end(name, "it slept for too long")
                    elif term.duty.carries_out and term.lost != self._writer.store.db.lost:
                        self._end(name, "the connection was lost: rows may be started that nobody knows of")
                if not self._stopping:
                    await self._share()
        except (StoreTrouble, TimeoutError) as trouble:
            log.debug("leases were not looked at", reason=str(trouble))

    async def _renew(self) -> None:
        assert self._aside is not None
        asked, me, ttl = time.monotonic(), self._process.name, int(TTL * 1000)
        if not self._renewed:
            dead, names = self._process.before, list(self._duties)
            if dead:
                await self._aside.ask(partial(leases.bury, holder=dead))
            await self._aside.ask(partial(leases.begin, holder=me, names=names, ttl=ttl))
            self._process.begun()
        elif asked - self._renewed < TTL / 3:
            return
        held = await self._aside.ask(partial(leases.renew, holder=me, ttl=ttl))
        if leases.PROCESS + me not in held:  # it was away for so long that it was forgotten
            await self._aside.ask(partial(leases.begin, holder=me, names=list(self._duties), ttl=ttl))
        self._renewed = asked
        self._gone |= {name for name in self._ending if name not in held}
        for name, term in list(self._terms.items()):
            if held.get(name) != term.taken.fence:
                self._gone.add(name)
                self._end(name, "another process has it")

    async def _share(self) -> None:
        """Take what is free, up to the fair share; give back one that is more. What nobody takes is taken anyway."""
        assert self._aside is not None
        now, me = time.monotonic(), self._process.name
        seen = await self._aside.ask(leases.look)
        mine = [name for name in self._order() if name in self._terms]
        fair = ceil(len(self._duties) / max(1, seen.processes))
        more = [name for name in mine if name not in self._kept]
        if len(mine) > fair and more:
            self._end(more[-1], "another process has less to do", give_back=True)
        elif wanted := self._wanted(seen, fair - len(mine), now):
            taken = await self._aside.ask(partial(leases.take, names=wanted, holder=me, ttl=int(TTL * 1000)))
            for name in wanted:
                if name in taken:
                    self._begin(self._duties[name], taken[name])

    def _wanted(self, seen: Holders, room: int, now: float) -> list[str]:
        busy = self._terms.keys() | self._ending.keys()
        own = [name for name in self._order() if name not in busy and seen.of.get(name) == self._process.name]
        free = [name for name in self._order() if name not in busy and seen.of.get(name) == ""]
        self._free = {name: self._free.get(name, now) for name in free}
        left = [name for name in free if now - self._free[name] > PATIENCE]
        self._kept = {name for name in (*self._kept, *left) if name in busy or name in left}
        return list(dict.fromkeys([*own, *free[: max(0, room - len(own))], *left]))

    def _order(self) -> list[str]:
        """All duties, in another order for each process: so that they do not all reach for the same one."""
        return sorted(self._duties, key=lambda name: blake2b(f"{self._process.name} {name}".encode()).digest())

    # -- terms ---------------------------------------------------------------------------------------------------------

    def _begin(self, duty: Duty, taken: Taken) -> None:
        term = self._terms[duty.name] = _Term(duty, taken)
        self._gone.discard(duty.name)
        self._late.discard(duty.name)
        if self._aside is not None:
            log.info("duty begun", duty=duty.name, fence=taken.fence, before=taken.before)
        term.task = asyncio.create_task(self._serve(term))
        term.task.add_done_callback(partial(self._landed, term))

    async def _serve(self, term: _Term) -> None:
        if self._aside is not None:
            if term.duty.carries_out:
                await self._settled()
            await self._writer.call(partial(self._take_over, term))
        parts = term.duty.parts.items()
        if term.duty.vital:
            await asyncio.gather(*(work() for _, work in parts))
        else:
            await asyncio.gather(*(keep_going(part, work, self._notices) for part, work in parts))

    async def _settled(self) -> None:
        """Wait until what is known of calls is worked off: the rest of what was started is in doubt, and no more."""
        last = await self._writer.call(lambda store: last_queued(store.db))
        while await self._writer.call(lambda store: settling(store.db, last, SETTLED)):  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.02)

    def _take_over(self, term: _Term, store: Store) -> None:
        """In the writer's thread; done again when the connection was lost over it."""
        if term.over:
            return
        duty, (fence, before) = term.duty, term.taken
        term.lost = store.db.lost
        assert store.fences is not None
        store.fences[duty.name] = fence
        if duty.carries_out:
            ended = 0 if before in ("", self._process.name) else int(CALL * 1000)
            now, target = now_ms(), duty.name.partition(":")[2]
            if rows := store.recover(now, {target: now + max(duty.evidence, ended)}, duty.name, ended):
                log.info("commands were under way when the duty was left", duty=duty.name, rows=rows)

    def _landed(self, term: _Term, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is None or not term.duty.vital or term.over or isinstance(error, LostDuty) or self._failed.done():
            return
        self._failed.set_exception(error)

    def _end(self, name: str, why: str, *, give_back: bool = False) -> None:
        term = self._terms.pop(name)
        term.over = True
        if self._aside is not None and not self._stopping:
            log.info("duty ended", duty=name, reason=why)
        self._ending[name] = task = asyncio.create_task(self._finish(term, give_back))
        task.add_done_callback(lambda ended: self._ending.pop(name, None) and None)

    async def _finish(self, term: _Term, give_back: bool) -> None:
        name = term.duty.name
        term.task.cancel()
        await asyncio.wait([term.task])
        await term.duty.finish()
        if self._aside is None:
            return
        try:
            await self._writer.call(partial(_forget, name))
            if give_back:
                await self._aside.ask(partial(leases.release, holder=self._process.name, names=[name]))
        except (HubError, StoreTrouble) as trouble:
            log.info("a duty was not given back, its lease ends by itself", duty=name, reason=str(trouble))


def _forget(name: str, store: Store) -> None:
    if store.fences is not None:
        store.fences.pop(name, None)

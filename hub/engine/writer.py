"""The one thread that owns the store: accepts in groups, steps, and runs what others ask, each in a transaction.

One commit serves every event that arrived while the last one ran: that is the whole trick behind the speed.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

import structlog

from hub.contracts.errors import HubError, Unavailable
from hub.engine.line import Line, incoming, lane, now_ms
from hub.engine.pulse import WRITER, Pulse
from hub.engine.step import step
from hub.model.events import Event
from hub.store import Store, StoreTrouble
from hub.store.journal import Incoming

log = structlog.get_logger("hub.writer")
T = TypeVar("T")


AGAIN = 0.25
"""Seconds between two tries while the store cannot work."""
LOOK = 0.25
"""Seconds until the queue is looked at again where other processes put events into it, too."""


class Busy(Unavailable):
    """Too many events wait to be stored: the platform is asked to come again."""


class Writer:
    """Lives from `start` to `stop`. `accept` and `call` are for the event loop's thread only."""

    def __init__(
        self, store: Store, line: Line, woken: Callable[[set[str]], None], *, limit: int, budget: int, pulse: Pulse
    ) -> None:
        self.store, self.line = store, line
        self.stepped = self.buried = self.accepted = self.duplicates = 0
        self._woken, self._limit, self._budget, self._pulse = woken, limit, budget, pulse
        self._inbox: SimpleQueue[Any] = SimpleQueue()
        self._stuck: list[Any] = []
        self.trouble = ""
        """Why the store cannot work now; "" while it can. What was asked of it is asked again until it does."""
        self._gathered: list[tuple[Sequence[Incoming], asyncio.Future[list[int]]]] = []
        self._waiting = 0
        self._stopping = self._giving_up = False
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="hub-writer", daemon=True)

    def start(self) -> None:
        """Begin; what the last run left in the queue is worked off first."""
        self._thread.start()

    def give_up(self) -> None:
        """The hub ends: from now on a call that the store cannot work for fails (Unavailable) and is asked no more."""
        self._giving_up = True
        self._inbox.put(None)

    async def stop(self) -> None:
        """Finish what was handed over, then end."""
        self._flush()
        self._stopping = True
        self._inbox.put(None)
        await asyncio.to_thread(self._thread.join)

    @property
    def alive(self) -> bool:
        """False when the thread died: the hub must not go on acknowledging."""
        return self._thread.is_alive()

    def accept(self, events: Sequence[Incoming]) -> asyncio.Future[list[int]]:
        """Make events durable; the future ends after the commit, with each one's seq (0 = seen before).

        Raises Busy when too many wait.
        """
        if self._waiting + len(events) > self._limit and self._waiting:
            raise Busy("too many events wait to be stored", retry_after=1)
        self._waiting += len(events)
        future: asyncio.Future[list[int]] = self._loop.create_future()
        if not self._gathered:
            self._loop.call_soon(self._flush)
        self._gathered.append((events, future))
        return future

    async def keep(self, event: Event, about: int = 0) -> None:
        """Make one of the hub's own events durable, however long it takes: an outcome must not be lost to a rush.

        `about`: the number of what it tells of, see `hub.engine.line.lane`.
        """
        while True:
            try:
                await self.accept([incoming(event, lane(event.kind, about))])
                return
            except HubError:
                await asyncio.sleep(0.2)

    def call(self, work: Callable[[Store], T]) -> asyncio.Future[T]:
        """Run `work` on the store in the writer's thread; it opens its own transaction."""
        future: asyncio.Future[T] = self._loop.create_future()
        self._inbox.put((work, future))
        return future

    def _flush(self) -> None:
        if self._gathered:
            self._inbox.put(self._gathered)
            self._gathered = []

    # -- in the thread -------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        pending, others = True, self.store.db.shared
        while True:
            pause = AGAIN if self.trouble else 0 if pending else LOOK if others else 1.0
            try:
                jobs = [self._inbox.get(timeout=pause)]
            except Empty:
                jobs = []
                pending |= others
            try:
                while True:
                    jobs.append(self._inbox.get_nowait())
            except Empty:
                pass
            self._pulse.beat(WRITER)
            stuck, self._stuck = self._stuck, []
            if stuck and self._giving_up:
                self._post(self._fail, [future for _, future in stuck], Unavailable(self.trouble), 0)
                stuck = []
            self.trouble = ""
            groups = [group for job in jobs if isinstance(job, list) for group in job]
            if groups:
                pending |= self._accept(groups)
            for job in (*stuck, *jobs):
                if isinstance(job, tuple):
                    self._call(*job)
                    pending = True
            if pending and not (self._giving_up and self.trouble):
                pending = self._step()
            if self._stopping and (self.trouble or not pending) and self._inbox.empty():
                self._post(self._fail, [future for _, future in self._stuck], Unavailable(self.trouble), 0)
                return

    def _accept(self, groups: list[tuple[Sequence[Incoming], asyncio.Future[list[int]]]]) -> bool:
        events = [event for group, _ in groups for event in group]
        try:
            seqs = self.store.accept(events)
        except Exception as error:
            if isinstance(error, StoreTrouble):
                self.trouble = str(error)
            elif len(groups) > 1:  # what one connection cannot have stored must not cost the others
                return sum(self._accept([group]) for group in groups) > 0
            else:
                log.error("events could not be stored", events=len(events), error=f"{type(error).__name__}: {error}")
            failure = Unavailable("the store does not take events now", retry_after=5)
            self._post(self._fail, [future for _, future in groups], failure, len(events))
            return False
        new = len(seqs) - seqs.count(0)
        self.accepted += new
        self.duplicates += len(seqs) - new
        self._post(self._accepted, groups, seqs)
        return new > 0

    def _accepted(self, groups: list[tuple[Sequence[Incoming], asyncio.Future[list[int]]]], seqs: list[int]) -> None:
        self._waiting -= len(seqs)
        start = 0
        for group, future in groups:
            end = start + len(group)
            if not future.done():
                future.set_result(seqs[start:end])
            start = end

    def _call(self, work: Callable[[Store], Any], future: asyncio.Future[Any]) -> None:
        if self._giving_up and self.trouble:
            self._post(self._fail, [future], Unavailable(self.trouble), 0)
            return
        self._pulse.beat(WRITER)  # each may wait some seconds for a store that is locked
        try:
            result = work(self.store)
        except StoreTrouble as error:  # who asked has no other store to go to: asked again until it works
            self.trouble = str(error)
            if not future.cancelled():
                self._stuck.append((work, future))
        except Exception as error:
            self._post(self._fail, [future], error, 0)
        else:
            self._post(self._succeed, future, result)

    def _step(self) -> bool:
        try:
            done = step(self.store, self.line, now_ms(), self._budget)
        except StoreTrouble as error:
            self.trouble = str(error)
            return True
        except Exception as error:  # an event that cannot even be buried: nothing behind it may go first
            self.trouble = f"the line cannot go on: {type(error).__name__}"
            return True
        self.stepped += done.events
        self.buried += done.buried
        self.woke(done.woken)
        return done.events > 0

    def woke(self, targets: set[str]) -> None:
        """These have new work. From any thread, and only once it is on disk."""
        if targets:
            self._post(self._woken, targets)

    def _fail(self, futures: list[asyncio.Future[Any]], error: Exception, events: int) -> None:
        self._waiting -= events
        for future in futures:
            if not future.done():
                future.set_exception(error)

    def _succeed(self, future: asyncio.Future[Any], result: Any) -> None:
        if not future.done():
            future.set_result(result)

    def _post(self, call: Callable[..., None], *args: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(call, *args)
        except RuntimeError:
            log.info("the loop has ended before an answer")

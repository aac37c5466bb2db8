"""The simulator's webhooks: signed v3, in batches, doubled, late, out of order and retried, as HubSpot does it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import aiohttp

from hub.contracts.simulator import Faults
from hub.wire import json
from hub_hubspot.paths import KINDS
from hub_hubspot.simulator_portal import Change
from hub_hubspot.webhooks import signed

BATCH = 100
TRIES = 10
FINAL = frozenset((400, 401, 403, 404, 405))
"""Answers after which HubSpot does not try again."""
_TYPES = {kind: type_ for type_, kind in KINDS.items() if type_ not in ("task", "note")}
"""HubSpot has no webhook of its own for tasks and notes."""


class Hooks:
    """One app's subscriptions to everything. Attributes may be changed while it runs.

    `delay` seconds before a delivery leaves · `linger` seconds in which events gather to a batch · `pause` seconds
    before another try · `public` the address it signs for, if `target` stands behind a proxy · `skew` ms by which its
    signing clock is wrong · `parallel` deliveries at once. `delivered` are the events that were answered 2xx, `refused`
    those given up.
    """

    def __init__(self, faults: Callable[[], Faults], *, portal_id: int, secret: str) -> None:
        self._faults, self.portal_id, self.secret = faults, portal_id, secret
        self.delay, self.linger, self.pause, self.skew, self.parallel = 0.0, 0.005, 0.02, 0, 10
        self.target = self.public = ""
        self.delivered: list[Mapping[str, Any]] = []
        self.refused: list[Mapping[str, Any]] = []
        self.tries = 0
        self._ids = count(1)
        self._waiting: list[dict[str, Any]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._slots = asyncio.Semaphore(self.parallel)

    def start(self) -> None:
        """Deliver in the running loop."""
        self._loop = asyncio.get_running_loop()
        self._slots = asyncio.Semaphore(self.parallel)

    async def stop(self) -> None:
        """Give up what is under way."""
        self._loop = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def hear(self, change: Change) -> None:
        """A change of the account; may be called from any thread."""
        if change.kind in _TYPES and self.target and self._loop:
            self._waiting.append(self._event(change))
            if len(self._waiting) == 1:
                self._loop.call_soon_threadsafe(self._spawn)

    async def settled(self) -> None:
        """Wait until nothing is under way any more."""
        while self._waiting or self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await asyncio.sleep(0)

    def _spawn(self) -> None:
        task = asyncio.get_running_loop().create_task(self._gather())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _gather(self) -> None:
        await asyncio.sleep(self.linger)
        events, self._waiting = self._waiting, []
        faults = self._faults()
        if faults.hits(faults.reorder):
            faults.rng.shuffle(events)
        batches = [events[start : start + BATCH] for start in range(0, len(events), BATCH)]
        await asyncio.gather(*(self._deliver(batch) for batch in batches))

    async def _deliver(self, events: list[dict[str, Any]]) -> None:
        faults = self._faults()
        again = 2 if faults.hits(faults.double) else 1
        async with self._slots:
            await asyncio.sleep(self.delay + (self.pause if faults.hits(faults.reorder) else 0))
            for attempt in range(TRIES):
                sent = [event | {"attemptNumber": attempt} for event in events]
                status = await self._post(json.dumps(sent))
                if 200 <= status < 300:
                    self.delivered += events
                    for _ in range(again - 1):
                        await self._post(json.dumps(sent))
                    return
                if status in FINAL:
                    break
                await asyncio.sleep(self.pause)
            self.refused += events

    async def _post(self, body: bytes) -> int:
        stamp = str(time.time_ns() // 1_000_000 + self.skew)
        headers = {
            "Content-Type": "application/json",
            "X-HubSpot-Request-Timestamp": stamp,
            "X-HubSpot-Signature-v3": signed(self.secret, "POST", self.public or self.target, body, stamp).decode(),
        }
        self.tries += 1
        timeout = aiohttp.ClientTimeout(total=5)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(self.target, data=body, headers=headers) as answer,
            ):
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return 0

    def _event(self, change: Change) -> dict[str, Any]:
        told: dict[str, Any] = {
            "eventId": next(self._ids) % 1_000,  # HubSpot does not promise that it is unique
            "subscriptionId": 1_000 + len(change.what),
            "portalId": self.portal_id,
            "appId": 77,
            "occurredAt": time.time_ns() // 1_000_000,
            "subscriptionType": f"{_TYPES[change.kind]}.{change.what}",
            "objectId": int(change.id),
            "changeSource": change.source,
            **change.more,
        }
        if change.what == "propertyChange":
            told |= {"propertyName": change.name, "propertyValue": change.value}
        elif change.what in ("creation", "deletion"):
            told["changeFlag"] = "NEW" if change.what == "creation" else "DELETED"
        return told

"""Wakes the owner of a duty in another process: what one process stepped is work for the part that another one has."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import aclosing

import structlog

from hub.engine.aside import Aside
from hub.store import Place, StoreTrouble
from hub.store.dialects import signals

log = structlog.get_logger("hub.signals")

LOOK = 5.0
"""Seconds between two looks of every part by itself: a process may die before it says what it has done."""
POOLED = 0.25
"""The same behind a pooler of transactions, where nobody can listen."""
AGAIN = 0.5
"""Seconds until a connection that was lost is tried again."""


class Signals:
    """Lives with the hub. `tell` says who has new work; `woken` is called with what others said, and with None when
    anybody may have."""

    def __init__(self, name: str, place: Place, aside: Aside, woken: Callable[[set[str] | None], None]) -> None:
        self._name, self._place, self._aside, self._woken = name, place, aside, woken
        self._waiting: set[str] = set()
        self._fresh = asyncio.Event()

    def tell(self, targets: set[str]) -> None:
        """These have new work, in whichever process they are. What is said while a message is on its way goes together
        with the next one."""
        if not self._place.pooled:
            self._waiting |= targets
            self._fresh.set()

    async def run(self) -> None:
        """Say and hear, for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._look())
            if not self._place.pooled:
                tasks.create_task(self._say())
                tasks.create_task(self._hear())

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(POOLED if self._place.pooled else LOOK)
            self._woken(None)

    async def _say(self) -> None:
        while True:
            await self._fresh.wait()
            self._fresh.clear()
            targets, self._waiting = self._waiting, set()
            for text in messages(self._name, targets):
                try:
                    await self._aside.ask(lambda db, text=text: signals.tell(db, text))  # type: ignore[misc]
                except StoreTrouble:  # they look by themselves
                    await asyncio.sleep(AGAIN)

    async def _hear(self) -> None:
        while True:
            try:
                async with aclosing(signals.listen(self._place.dsn)) as said:
                    async for text in said:
                        sender, *targets = text.split("\n")
                        if sender != self._name:
                            self._woken(set(targets) if text else None)
            except StoreTrouble as trouble:
                log.info("what other processes say is not heard for a moment", reason=str(trouble))
                await asyncio.sleep(AGAIN)


def messages(name: str, targets: set[str]) -> Iterator[str]:
    """What to say so that these are woken: lines, the first of which says who speaks."""
    lines = [name]
    for target in sorted(targets):
        if sum(len(line.encode("utf-8", "replace")) + 1 for line in (*lines, target)) > signals.LONGEST:
            yield "\n".join(lines)
            lines = [name]
        lines.append(target)
    if len(lines) > 1:
        yield "\n".join(lines)

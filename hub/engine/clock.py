"""Notices that the machine's clock was set, by comparing it with one that only ever runs forward."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from hub.engine.line import now_ms

log = structlog.get_logger("hub.clock")
LOOK = 0.25
"""Seconds between two looks."""

JUMP = 5_000
"""ms between the two clocks that are more than slow correction."""


class Clock:
    """`jumped` is asked now and then; a suspended machine may count as a jump too."""

    def __init__(self) -> None:
        self._ahead = self._difference()

    def jumped(self) -> int:
        """ms by which the clock was set since it was asked last; 0 when it was not. Slow drift is followed."""
        ahead = self._difference()
        by = ahead - self._ahead
        self._ahead = ahead
        return by if abs(by) > JUMP else 0

    @staticmethod
    def _difference() -> int:
        return now_ms() - time.monotonic_ns() // 1_000_000


async def watch(set_back: Callable[[int], Awaitable[None]]) -> None:
    """Look for ever, and say by how many ms (below 0) the clock was set back. Forward it makes tries early, which harms
    nobody."""
    clock = Clock()
    while True:
        if (by := clock.jumped()) < 0:
            log.warning("the machine's clock was set back", ms=-by)
            await set_back(by)
        await asyncio.sleep(LOOK)

"""How long the hub's workers wait: for something to do, and before they try again."""

from __future__ import annotations

import asyncio
import random

SHORTEST, LONGEST = 0.02, 30.0
"""Seconds of one sleep: whoever is not woken looks again by himself."""


def backoff(attempts: int, asked: float = 0) -> int:
    """ms until the next try: what the platform asked for, else 1 s doubling up to 5 min, with jitter."""
    if asked:
        return int(asked * 1000) + random.randint(0, 250)  # noqa: S311 - spreads retries, keeps no secret
    return int(min(300, 2 ** min(attempts - 1, 9)) * random.uniform(750, 1250))  # noqa: S311


def until(due: int, now: int) -> float:
    """Seconds to sleep for what is due at `due` (ms, 0 = nothing is)."""
    return min(LONGEST, max(SHORTEST, (due - now) / 1000)) if due else LONGEST


async def woken(event: asyncio.Event, seconds: float) -> None:
    """Wait until the event is set, but no longer than so."""
    try:
        async with asyncio.timeout(seconds):  # not wait_for: before Python 3.12 it may swallow a cancellation
            await event.wait()
    except TimeoutError:
        pass

"""Parts of the hub that may stumble without ending it: said once, and begun again after a growing pause."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from pathlib import PurePath

from hub.engine.notices import Notices
from hub.store.dialects.leases import LostDuty

FIRST, LONGEST = 1.0, 60.0
"""Seconds before a part begins again; the pause doubles."""
WELL = 120.0
"""Seconds without stumbling after which a part is well again."""


async def keep_going(part: str, work: Callable[[], Awaitable[None]], notices: Notices) -> None:
    """Run `work` until it returns, is cancelled, or is another process's (LostDuty); whenever it raises anything else,
    a notice names the `part`, and it begins again.

    It must be able to begin at any time: what it was doing stands on disk, or is asked again.
    """
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    failures = 0
    while True:
        began = loop.time()
        calm = loop.call_later(WELL, notices.clear, part)
        try:
            return await work()
        except LostDuty:  # another process does it from now on
            return None
        except Exception as error:
            if task is not None and task.cancelling():  # it was to end, and said something else about it
                raise asyncio.CancelledError from error
            failures = 1 if loop.time() - began > WELL else failures + 1
            notices.raise_once(part, f"it failed inside ({_where(error)}) and is tried again; the rest goes on")
        finally:
            calm.cancel()
        await asyncio.sleep(min(LONGEST, FIRST * 2 ** min(failures - 1, 10)))


def _where(error: Exception) -> str:
    """What was raised where, in names only: its words could quote a message."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__}, {PurePath(frames[-1].filename).name} line {frames[-1].lineno}"

"""A second connection to the store, in a thread of its own: short questions that must not wait behind the writer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from hub.store import Place, open_store
from hub.store.dialects.database import Database

T = TypeVar("T")


class Aside:
    """Opened at once: raises ConfigError when the store cannot be had. Only for a store that processes share."""

    def __init__(self, place: Place) -> None:
        self._store = open_store(place)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="hub-aside")

    def ask(self, question: Callable[[Database], T]) -> Awaitable[T]:
        """The answer; questions are asked one after the other. May raise StoreTrouble."""
        return asyncio.get_running_loop().run_in_executor(self._thread, question, self._store.db)

    async def close(self) -> None:
        """Ask nothing more."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self._thread.shutdown)
        self._store.close()

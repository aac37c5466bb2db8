"""At most one call in flight under each parent: Salesforce locks the contact, lead or account that a row hangs under,
and two calls at once would refuse each other (UNABLE_TO_LOCK_ROW)."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager


class Parents:
    """Whose turn it is, by record id. Thread-safe; keeps nothing about parents that nobody waits for."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: dict[str, tuple[threading.Lock, int]] = {}  # with how many hold it or wait for it

    @contextmanager
    def held(self, parents: Iterable[str]) -> Iterator[None]:
        """Wait until nobody else holds any of these ids, then hold them all. "" is nobody.

        Ids are taken in one order by everybody, so no two can wait for each other.
        """
        with ExitStack() as stack:
            for parent in sorted({same(parent) for parent in parents if parent}):
                stack.enter_context(self._one(parent))
            yield

    @contextmanager
    def _one(self, parent: str) -> Iterator[None]:
        with self._guard:
            lock, users = self._locks.get(parent) or (threading.Lock(), 0)
            self._locks[parent] = lock, users + 1
        try:
            with lock:
                yield
        finally:
            with self._guard:
                lock, users = self._locks[parent]
                if users == 1:
                    del self._locks[parent]
                else:
                    self._locks[parent] = lock, users - 1


def same(record: str) -> str:
    """A record id in its short form: the three characters behind the fifteenth only check the others."""
    return record[:15] if len(record) == 18 else record

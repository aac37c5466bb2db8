"""At most one call in flight under each parent: Salesforce locks the contact, lead or account that a row hangs under,
and two calls at once would refuse each other (UNABLE_TO_LOCK_ROW)."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager


class Parents:
    """Whose turn it is, by record id. Thread-safe; keeps nothing about parents that nobody waits for.

    `above` names the account of a contact, both ids in short form: what is written under the one locks the other.
    """

    def __init__(self) -> None:
        self.above: Mapping[str, str] = {}
        self._guard = threading.Lock()
        self._locks: dict[str, tuple[threading.Lock, int]] = {}  # with how many hold it or wait for it

    @contextmanager
    def held(self, parents: Iterable[str]) -> Iterator[None]:
        """Wait until nobody else holds any of these ids, then hold them all. "" is nobody.

        Ids are taken in one order by everybody, so no two can wait for each other.
        """
        wanted = sorted({self.above.get(short, short) for parent in parents if (short := same(parent))})
        with self._guard:
            turns = [self._turn(parent) for parent in wanted]
        taken = 0
        try:
            for lock in turns:
                lock.acquire()
                taken += 1
            yield
        finally:
            with self._guard:
                for lock in turns[:taken]:
                    lock.release()
                for parent in wanted:
                    lock, users = self._locks[parent]
                    if users == 1:
                        del self._locks[parent]
                    else:
                        self._locks[parent] = lock, users - 1

    def _turn(self, parent: str) -> threading.Lock:
        """The lock of a parent, with one more who holds it or waits for it."""
        lock, users = self._locks.get(parent) or (threading.Lock(), 0)
        self._locks[parent] = lock, users + 1
        return lock


def same(record: str) -> str:
    """A record id in its short form: the three characters behind the fifteenth only check the others."""
    return record[:15] if len(record) == 18 else record

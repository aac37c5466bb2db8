"""What HubSpot's administrators set up and seldom change, kept for an hour."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TypeVar

from hub.contracts.errors import AuthFailed

HOUR = 3_600.0
MINUTE = 60.0
T = TypeVar("T")


class Kept(dict[str, T]):
    """Read once and again every hour, at the earliest a minute after the last reading where something is asked for
    that is not there. What the token may not read is tried as seldom. `clock` gives monotonic seconds; thread-safe."""

    def __init__(self, read: Callable[[], Mapping[str, T]], clock: Callable[[], float]) -> None:
        super().__init__()
        self._read, self._clock = read, clock
        self._at: float | None = None
        self._refused: AuthFailed | None = None
        self._lock = threading.Lock()

    def of(self, name: str) -> T | None:
        """The entry, None if there is none or the token may not read them."""
        with self._lock:
            self._renew(lacking=name not in self)
            return self.get(name)

    def all(self, *, lacking: bool = False) -> list[T]:
        """All entries in order; `lacking`: what is looked for was not among them. Raises AuthFailed where there are
        none because the token may not read them."""
        with self._lock:
            self._renew(lacking=lacking or not self)
            if self._refused and not self:
                raise self._refused
            return list(self.values())

    def _renew(self, *, lacking: bool) -> None:
        age = HOUR if self._at is None else self._clock() - self._at
        if age < (MINUTE if lacking else HOUR):
            return
        self._refused = None
        try:
            fresh = self._read()
        except AuthFailed as refused:
            self._refused, fresh = refused, dict(self)  # ids do without names
        self.clear()
        self.update(fresh)
        self._at = self._clock()

"""The names of Salesforce's users, kept for an hour."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from hub.contracts.errors import AuthFailed, Refused

HOUR = 3_600.0
MINUTE = 60.0


class Names:
    """Read once and again every hour, at the earliest a minute after the last reading where somebody is asked for who
    is not there. What may not be read is tried as seldom. `clock` gives monotonic seconds; thread-safe."""

    def __init__(self, read: Callable[[], Mapping[str, str]], clock: Callable[[], float]) -> None:
        self._read, self._clock = read, clock
        self._names: Mapping[str, str] = {}
        self._at: float | None = None
        self._lock = threading.Lock()

    def of(self, user: str) -> str:
        """The user's name, "" = not known. A queue has none."""
        if not user.startswith("005"):
            return ""
        with self._lock:
            age = HOUR if self._at is None else self._clock() - self._at
            if age >= (HOUR if user in self._names else MINUTE):
                try:
                    self._names = self._read()
                except (AuthFailed, Refused):
                    pass  # ids do without names
                self._at = self._clock()
            return self._names.get(user, "")

"""How many calls of the organisation's 24 hours are left to the hub, by what Salesforce's own answers tell."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping

from hub.contracts.errors import DayUsedUp
from hub_salesforce.errors import DAY_STEP

HEADER = "Sforce-Limit-Info"
"""On every answer of the REST API: `api-usage=18/5000; per-app-api-usage=17/250(appName=...)`."""
_USAGE = re.compile(r"api-usage=(\d+)/(\d+)")


class Budget:
    """Calls that the hub may still make: `share` of the organisation's limit, less what everybody has used.

    Salesforce counts the last 24 hours, so a used-up budget is looked at again every `step` seconds, by one call.
    `clock` gives monotonic seconds. Safe to use from many threads.
    """

    def __init__(self, share: float, clock: Callable[[], float], step: float = DAY_STEP) -> None:
        self._share, self._clock, self.step = share, clock, step
        self._left = -1.0
        self._closed_until = 0.0
        self._lock = threading.Lock()

    def left(self) -> dict[str, float]:
        """`day`: calls that the hub may still make; empty before the first answer."""
        with self._lock:
            return {"day": max(0.0, self._left)} if self._left >= 0 else {}

    def check(self) -> None:
        """Raise DayUsedUp while no call may leave."""
        left = self.closed()
        if left:
            raise DayUsedUp("the hub's share of Salesforce's calls of 24 hours is used up", left)

    def closed(self) -> float:
        """Seconds for which no call may leave, 0 = it may."""
        return max(0.0, self._closed_until - self._clock())

    def close(self) -> None:
        """Let nothing leave for a step."""
        with self._lock:
            self._closed_until = max(self._closed_until, self._clock() + self.step)

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take over the use that an answer names, of the organisation and, where it has a limit, of the app."""
        self.use([(int(used), int(limit)) for used, limit in _USAGE.findall(headers.get(HEADER, ""))])

    def use(self, told: list[tuple[int, int]]) -> None:
        """Take over pairs of (calls used, calls allowed). The tightest counts; at zero nothing leaves for a while."""
        if not told:
            return
        left = min(int(limit * self._share) - used for used, limit in told)
        with self._lock:
            self._left = max(0.0, left)
            if left <= 0 and self._closed_until <= self._clock():
                self._closed_until = self._clock() + self.step

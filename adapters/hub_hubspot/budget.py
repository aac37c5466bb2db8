"""How many calls may leave: a rolling window that HubSpot's own rate-limit headers narrow or widen."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping

MAX, REMAINING = "X-HubSpot-RateLimit-Max", "X-HubSpot-RateLimit-Remaining"
DAILY_LEFT = "X-HubSpot-RateLimit-Daily-Remaining"
INTERVAL = "X-HubSpot-RateLimit-Interval-Milliseconds"


class Budget:
    """`limit` calls per rolling `interval` seconds, shared by all threads of one token.

    HubSpot counts the same window; where its headers say that fewer are left than known here, others use the token
    too and their calls are counted in. `clock` gives monotonic seconds.
    """

    def __init__(self, limit: int, clock: Callable[[], float], interval: float = 10.0) -> None:
        self.limit, self.interval, self._clock = limit, interval, clock
        self._left: deque[float] = deque()
        self._closed_until = 0.0
        self._today = -1
        self._lock = threading.Lock()

    def take(self) -> float:
        """Count a call that leaves now and return 0, or return the seconds after which to ask again."""
        with self._lock:
            now = self._clock()
            self._forget(now)
            if len(self._left) < self.limit:
                self._left.append(now)
                return 0.0
            return max(0.001, self._left[0] + self.interval - now)

    def left(self) -> dict[str, float]:
        """Calls that may still leave: in this window, and today where HubSpot told it."""
        with self._lock:
            self._forget(self._clock())
            found: dict[str, float] = {"10s": max(0, self.limit - len(self._left))}
            if self._today >= 0:
                found["day"] = self._today
            return found

    def closed(self) -> float:
        """Seconds for which no call may leave at all: the day's calls are used up."""
        return max(0.0, self._closed_until - self._clock())

    def close(self, seconds: float) -> None:
        """Let nothing leave for so long."""
        self._closed_until = self._clock() + seconds

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take over the limit that an answer names; search answers name none."""
        limit, interval = _number(headers, MAX), _number(headers, INTERVAL)
        remaining = _number(headers, REMAINING)
        today = _number(headers, DAILY_LEFT)
        with self._lock:
            if today >= 0:
                self._today = today
            if limit > 0:
                self.limit = limit
            if interval > 0:
                self.interval = interval / 1_000
            if remaining >= 0:
                now = self._clock()
                self._forget(now)
                unknown = min(self.limit, self.limit - remaining) - len(self._left)
                self._left.extend([now] * unknown)

    def _forget(self, now: float) -> None:
        while self._left and self._left[0] <= now - self.interval:
            self._left.popleft()


def _number(headers: Mapping[str, str], name: str) -> int:
    """A header's whole number, -1 if absent or none."""
    text = headers.get(name, "")
    return int(text) if text.isdecimal() else -1

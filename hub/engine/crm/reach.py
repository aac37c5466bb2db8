"""Whether a CRM can be reached: an outage is told to the admin, and is over with the first call that goes through."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from hub.contracts.errors import DayUsedUp, HubError
from hub.engine.line import now_ms
from hub.engine.notices import Notices

TRIES = 5
"""Calls in a row that fail before it is an outage."""
PATIENCE = 60_000
"""ms without a success after which it is one, however few calls there were."""


class Reach:
    """One per CRM, for all who call it, on the event loop. `clock` gives the time in ms."""

    def __init__(self, crm: str, notices: Notices, clock: Callable[[], int] = now_ms) -> None:
        self._crm, self._notices, self._clock = crm, notices, clock
        self._tries = self._since = self._day_ends = 0
        self._told = False

    def failed(self, error: HubError) -> None:
        """A call found nobody, or nobody with time: Temporary or Uncertain. Said once for each outage, and each day."""
        now = self._clock()
        self._since = self._since or now
        self._tries += 1
        if isinstance(error, DayUsedUp):
            if now >= self._day_ends:
                self._day_ends = now + int(error.retry_after * 1000)
                self._raise(f"its calls of today are used up until {_time(self._day_ends)}")
        elif not self._told and (self._tries >= TRIES or now - self._since >= PATIENCE):
            self._told = True
            self._raise(f"unreachable since {_time(self._since)}: {error}")

    def answered(self) -> None:
        """A call went through."""
        self._forget()
        self._notices.clear(f"crm {self._crm}")

    def refused(self, what: str) -> None:
        """It answered, but needs a human: a token, a scope, or the adapter itself."""
        self._forget()
        self._raise(what)

    def _forget(self) -> None:
        self._tries = self._since = self._day_ends = 0
        self._told = False

    def _raise(self, what: str) -> None:
        self._notices.raise_once(f"crm {self._crm}", what)


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%H:%M UTC")

"""When a backup is due. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

SETTLE = 2 * 60_000
"""Ms after a start before a backup that was missed is made."""

AGAIN = 60 * 60_000
"""Ms after a backup that failed before the next try."""


class Schedule(NamedTuple):
    """A time of day in a zone, on one weekday (0 = Monday) or every day (None)."""

    weekday: int | None
    hour: int
    minute: int
    zone: ZoneInfo


def read_schedule(text: str, zone: str) -> Schedule:
    """`sunday 03:00` or `daily 03:00`. Raises ValueError."""
    found = re.fullmatch(r"\s*([a-z]+)\s+([01]?\d|2[0-3]):([0-5]\d)\s*", text.lower())
    if not found or found[1] not in ("daily", *DAYS):
        raise ValueError('should be a weekday or daily and a time, such as "sunday 03:00"')
    weekday = None if found[1] == "daily" else DAYS.index(found[1])
    return Schedule(weekday, int(found[2]), int(found[3]), ZoneInfo(zone))


def last_time(schedule: Schedule, now: int) -> int:
    """The latest scheduled time that is not after `now`, ms."""
    return max(at for at in _times(schedule, now) if at <= now)


def next_time(schedule: Schedule, now: int) -> int:
    """The first scheduled time after `now`, ms."""
    return min(at for at in _times(schedule, now) if at > now)


def _times(schedule: Schedule, now: int) -> list[int]:
    """The scheduled times of two weeks around `now`: in a zone's own clock, so a change of the clock moves nothing."""
    today = datetime.fromtimestamp(now / 1000, schedule.zone)
    start = today.replace(hour=schedule.hour, minute=schedule.minute, second=0, microsecond=0)
    days = (start + timedelta(days=n) for n in range(-8, 9))
    return [
        int(day.timestamp() * 1000) for day in days if schedule.weekday is None or day.weekday() == schedule.weekday
    ]


def due_at(schedule: Schedule, verified: int, failed: int, began: int, now: int) -> int:
    """When the next backup is to be made, ms: at once (a time in the past or `now`) when one was missed.

    `verified`: when the last good one began; `failed`: when the last try failed, 0 = it did not; `began`: the hub's
    start. A missed one waits until the hub has settled, a failed one for an hour.
    """
    if failed:
        return failed + AGAIN
    if verified >= last_time(schedule, now):
        return next_time(schedule, now)
    return max(began + SETTLE, last_time(schedule, now))

"""Business hours: a week of spans in one time zone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Week = tuple[tuple[tuple[int, int], ...], ...]
"""Per day from Monday its spans in minutes since midnight; an end beyond 1440 reaches into the next day."""

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = 1440
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")


def parse_week(table: Mapping[str, Any]) -> Week:
    """A week from `{ mon-fri = "08:00-22:00", sat = ["10:00-12:00", "14:00-18:00"] }`.

    Days that are not named are closed. A span whose end is not after its start ends on the next day; 24:00 is
    midnight. Raises ValueError in words for an admin.
    """
    week: list[tuple[tuple[int, int], ...] | None] = [None] * 7
    for days, spans in table.items():
        texts = [spans] if isinstance(spans, str) else spans
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise ValueError(f'{days}: write "08:00-18:00" or a list of such spans')
        parsed = tuple(sorted(_span(days, text) for text in texts))
        for day in _named(days):
            if week[day] is not None:
                raise ValueError(f"{_DAYS[day]} is named twice")
            week[day] = parsed
    if not any(week):
        raise ValueError("no day has opening hours")
    return tuple(spans or () for spans in week)


def _named(days: str) -> list[int]:
    first, dash, last = days.lower().partition("-")
    if first not in _DAYS or (dash and last not in _DAYS):
        raise ValueError(f"{days!r} is no day: use {', '.join(_DAYS)}, or a range such as mon-fri")
    start = _DAYS.index(first)
    end = _DAYS.index(last) if dash else start
    return [(start + step) % 7 for step in range((end - start) % 7 + 1)]


def _span(days: str, text: str) -> tuple[int, int]:
    found = _SPAN.fullmatch(text.strip())
    if found:
        hour, minute, last_hour, last_minute = map(int, found.groups())
        start, end = hour * 60 + minute, last_hour * 60 + last_minute
        if max(minute, last_minute) < 60 and start < _DAY and end <= _DAY:
            return (start, end) if end > start else (start, end + _DAY)
    raise ValueError(f'{days}: {text!r} is no span of time: write it as "08:00-18:00"')


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours under a name. Clock times follow the zone's summer time."""

    name: str
    zone: ZoneInfo
    week: Week

    def is_open(self, at: int) -> bool:
        """Whether it is open at `at` (ms)."""
        local = datetime.fromtimestamp(at / 1000, self.zone)
        minute, day = local.hour * 60 + local.minute, local.weekday()
        return any(start <= minute < end for start, end in self.week[day]) or any(
            minute + _DAY < end for _, end in self.week[day - 1]
        )

    def next_open(self, at: int) -> int:
        """The first moment (ms) from `at` on when it is open: `at` itself while it is open."""
        if self.is_open(at):
            return at
        today = datetime.fromtimestamp(at / 1000, self.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        for ahead in range(15):  # two weeks: summer time may swallow one week's only span
            day = today + timedelta(days=ahead)
            for start, _ in self.week[day.weekday()]:
                moment = int(day.replace(hour=start // 60, minute=start % 60).timestamp() * 1000)
                if moment >= at and self.is_open(moment):
                    return moment
        return at

    def clock(self, moment: int, now: int) -> str:
        """`moment` (ms) for a reader in this zone, free of any language: `08:00`, with the date if not today."""
        there, here = (datetime.fromtimestamp(ms / 1000, self.zone) for ms in (moment, now))
        return there.strftime("%H:%M" if there.date() == here.date() else "%Y-%m-%d %H:%M")

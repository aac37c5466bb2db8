"""Business hours: a week of spans in one time zone, with holidays, closed days and days of their own."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hub.clocks.public_holidays import holidays_of
from hub.clocks.years import NEVER, Year, make_year

Spans = tuple[tuple[int, int], ...]
"""Spans of one day in minutes since midnight; an end beyond 1440 reaches into the next day."""

Week = tuple[Spans, ...]
"""The spans of each day from Monday."""

Yearly = tuple[int, int]
"""A day of every year: month and day."""

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = 1440
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")


def parse_week(table: Mapping[str, Any]) -> Week:
    """A week from `{ mon-fri = "08:00-22:00", sat = ["10:00-12:00", "14:00-18:00"] }`.

    Days that are not named are closed. A span whose end is not after its start ends on the next day; 24:00 is
    midnight. Raises ValueError in words for an admin.
    """
    week: list[Spans | None] = [None] * 7
    for days, spans in table.items():
        parsed = parse_spans(days, spans)
        for day in _named(days):
            if week[day] is not None:
                raise ValueError(f"{_DAYS[day]} is named twice")
            week[day] = parsed
    if not any(week):
        raise ValueError("no day has opening hours")
    return tuple(spans or () for spans in week)


def parse_spans(days: str, spans: Any) -> Spans:
    """The spans of a day from `"08:00-22:00"` or a list of such. Raises ValueError in words for an admin."""
    texts = [spans] if isinstance(spans, str) else spans
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ValueError(f'{days}: write "08:00-18:00" or a list of such spans')
    return tuple(sorted(_span(days, text) for text in texts))


def parse_day(text: str) -> date | Yearly:
    """`2026-12-24`, or `12-31` of every year. Raises ValueError in words for an admin."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return date.fromisoformat(text)
        if re.fullmatch(r"\d\d-\d\d", text):
            day = date.fromisoformat(f"2024-{text}")  # a leap year: 02-29 may be named
            return day.month, day.day
    except ValueError:
        pass
    raise ValueError(f'{text!r} is no day: write "2026-12-24", or "12-24" for every year')


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
    """Opening hours under a name. Clock times follow the zone's summer time.

    `days` has the spans of single days, () = closed: a date, or a day of every year. They come before the public
    holidays of the regions in `holidays`, and those before the `week`; a date comes before a day of every year. A span
    over midnight belongs to the day on which it begins.
    """

    name: str
    zone: ZoneInfo
    week: Week
    days: Mapping[date | Yearly, Spans] = field(default_factory=dict, hash=False)
    holidays: tuple[str, ...] = ()
    _years: dict[int, Year] = field(default_factory=dict, init=False, repr=False, compare=False)

    def spans(self, day: date) -> Spans:
        """The spans that begin on `day`."""
        own = self.days.get(day, self.days.get((day.month, day.day))) if self.days else None
        if own is not None:
            return own
        if any(day in holidays_of(region, day.year) for region in self.holidays):
            return ()
        return self.week[day.weekday()]

    def year(self, number: int) -> Year:
        """What is open in a year of this zone's calendar: made once, then kept."""
        found = self._years.get(number)
        if found is None:
            found = self._years[number] = make_year(number, self.zone, self.spans)
        return found

    def year_of(self, at: int) -> int:
        """The year in this zone at `at` (ms)."""
        return datetime.fromtimestamp(at / 1000, self.zone).year

    def is_open(self, at: int) -> bool:
        """Whether it is open at `at` (ms)."""
        year = self.year(self.year_of(at))
        place = bisect_right(year.opens, at) - 1
        return place >= 0 and at < year.closes[place]

    def next_open(self, at: int) -> int:
        """The first moment (ms) from `at` on when it is open: `at` itself while it is open, or where it never is."""
        first = self.year_of(at)
        for number in range(first, first + NEVER):
            year = self.year(number)
            place = bisect_right(year.closes, at)
            if place < len(year.opens):
                return max(at, year.opens[place])
        return at

    def clock(self, moment: int, now: int) -> str:
        """`moment` (ms) for a reader in this zone, free of any language: `08:00`, with the date if not today."""
        there, here = (datetime.fromtimestamp(ms / 1000, self.zone) for ms in (moment, now))
        return there.strftime("%H:%M" if there.date() == here.date() else "%Y-%m-%d %H:%M")

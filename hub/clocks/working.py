"""Working time: spans counted on a calendar of opening hours, exact over nights, holidays and changes of the clock."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from hub.clocks.hours import Hours
from hub.clocks.years import NEVER, Year


def add_working(hours: Hours | None, start: int, span: int) -> int:
    """The moment (ms) by which `span` ms have been worked since `start` (ms); no calendar = around the clock.

    The earliest such moment: a span that ends with the day's last minute is over when the shop closes, not when it
    opens again; a span of 0 is over at `start`. A calendar that never opens counts around the clock.
    """
    if hours is None or span <= 0:
        return start + max(0, span)
    number = hours.year_of(start)
    year = hours.year(number)
    target = _worked(year, start) + span
    shut = 0
    while target > year.worked[-1]:
        target -= year.worked[-1]
        number, shut = number + 1, 0 if year.worked[-1] else shut + 1
        if shut == NEVER:
            return start + span
        year = hours.year(number)
    place = bisect_left(year.worked, target) - 1
    return year.opens[place] + target - year.worked[place]


def worked_between(hours: Hours | None, start: int, end: int) -> int:
    """Ms of working time between two moments (ms), 0 where `end` is not after `start`; no calendar = all of it."""
    if end <= start:
        return 0
    if hours is None:
        return end - start
    first, last = hours.year_of(start), hours.year_of(end)
    whole = sum(hours.year(number).worked[-1] for number in range(first, last))
    return whole + _worked(hours.year(last), end) - _worked(hours.year(first), start)


def _worked(year: Year, at: int) -> int:
    """Ms open in the year before `at`."""
    place = bisect_right(year.opens, at) - 1
    return 0 if place < 0 else year.worked[place] + min(at, year.closes[place]) - year.opens[place]

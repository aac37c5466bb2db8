"""A calendar's year as moments: opening hours turned into spans of ms once, so that every question is a search.

When clocks go forward, a wall time that does not exist is the moment of the change. When they go back, the hour that
comes twice belongs whole to a span that begins or ends in it: nobody shuts for it in between.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import NamedTuple
from zoneinfo import ZoneInfo

NEVER = 3
"""Years without an opening after which a calendar counts as never open."""

_MINUTE = 60_000
_DAY = 1440
_DAY_MS = _DAY * _MINUTE
_EPOCH = datetime(1970, 1, 1)
_MS = timedelta(milliseconds=1)


class Year(NamedTuple):
    """Open spans of one year, in ms, cut at its ends: `opens` and `closes` in order and apart from each other;
    `worked` ms open before each of them, and the year's sum as the last."""

    opens: tuple[int, ...]
    closes: tuple[int, ...]
    worked: tuple[int, ...]


def make_year(number: int, zone: ZoneInfo, spans: Callable[[date], tuple[tuple[int, int], ...]]) -> Year:
    """The year `number` in `zone`; `spans` has those of a day in minutes since midnight, from 1440 on in the next."""
    first = datetime(number - 1, 12, 31)
    days = [first + timedelta(days=ahead) for ahead in range((datetime(number + 1, 1, 2) - first).days + 1)]
    midnights = [moment(day, zone) for day in days]
    begin, end = midnights[1], midnights[-2]
    opens: list[int] = []
    closes: list[int] = []
    for place, day in enumerate(days[:-2]):
        midnight = midnights[place]
        plain = midnights[place + 1] - midnight == _DAY_MS
        for start, stop in spans(day.date()):
            # Two days of 24 hours hold no change of the clock: then minutes are minutes.
            if plain and (stop <= _DAY or midnights[place + 2] - midnight == 2 * _DAY_MS):
                opening, closing = midnight + start * _MINUTE, midnight + stop * _MINUTE
            else:
                opening = moment(day + timedelta(minutes=start), zone)
                closing = moment(day + timedelta(minutes=stop), zone, last=True)
            opening, closing = max(opening, begin), min(closing, end)
            if opening >= closing:
                continue
            if closes and opening <= closes[-1]:
                closes[-1] = max(closes[-1], closing)
            else:
                opens.append(opening)
                closes.append(closing)
    worked = accumulate((closing - opening for opening, closing in zip(opens, closes, strict=True)), initial=0)
    return Year(tuple(opens), tuple(closes), tuple(worked))


def moment(wall: datetime, zone: ZoneInfo, *, last: bool = False) -> int:
    """The moment (ms) at which clocks in `zone` show `wall`: the first or, of two, the `last`."""
    before = wall.replace(tzinfo=zone).utcoffset() or timedelta()
    after = wall.replace(tzinfo=zone, fold=1).utcoffset() or timedelta()
    since = wall - _EPOCH
    if before >= after:
        return (since - (after if last else before)) // _MS
    low, high = (since - after) // _MS, (since - before) // _MS  # clocks jump over `wall` between the two
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle / 1000, zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high

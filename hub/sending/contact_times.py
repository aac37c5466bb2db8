"""When a person may be written to without being asked: quiet hours, and the times he prefers, as calendars."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from zoneinfo import ZoneInfo

from hub.clocks.hours import Hours, Spans, Week

DAY = 1440
"""Minutes."""
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FULL = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORT = {"tues": 1, "weds": 2, "thur": 3, "thurs": 3}
_SETS = {
    "weekday": range(5),
    "workday": range(5),
    "weekend": (5, 6),
    "daily": range(7),
    "everyday": range(7),
    "day": range(7),
    "anytime": range(7),
}
_PARTS = {
    "morning": (8 * 60, 12 * 60),
    "forenoon": (8 * 60, 12 * 60),
    "noon": (12 * 60, 14 * 60),
    "lunchtime": (12 * 60, 14 * 60),
    "afternoon": (12 * 60, 18 * 60),
    "evening": (18 * 60, 21 * 60),
    "night": (20 * 60, 23 * 60),
}
_FILLERS = {"on", "in", "the", "at", "between", "and", "or", "only", "please", "of", "every", "any", "time", "each"}
_TO = {"-", "to", "till", "until", "through", "thru"}
_BEFORE = {"before", "until", "till", "by"}
_AFTER = {"after", "from", "since"}
_TOKEN = re.compile(r"\d{1,2}(?:[:.h]\d{2})?\s?(?:am|pm|h\b)?|[^\W\d]+(?:'[^\W\d]+)?|-|[^\s]")
_CLOCK = re.compile(r"(\d{1,2})(?:[:.h](\d{2}))?\s?(am|pm|h)?")
_SEPARATORS = frozenset(",/;&+.|")


def parse_quiet(text: str) -> Spans:
    """The minutes of a day that are not quiet, from `"21:00-09:00"`; () for "", which means that none is.

    Raises ValueError in words for an admin.
    """
    if not text.strip():
        return ()
    found = _SPAN.fullmatch(text.strip())
    if found:
        hour, minute, last_hour, last_minute = map(int, found.groups())
        start, end = hour * 60 + minute, last_hour * 60 + last_minute
        if max(minute, last_minute) < 60 and start < DAY and end <= DAY and start != end % DAY:
            if start > end:
                return ((end, start),)
            return tuple(span for span in ((0, start), (end, DAY)) if span[0] < span[1])
    raise ValueError(f'{text!r} are no quiet hours: write them as "21:00-09:00"')


@lru_cache(maxsize=512)
def zone_of(name: str) -> ZoneInfo | None:
    """The time zone of that name, None where there is none."""
    try:
        return ZoneInfo(name.strip()) if name.strip() else None
    except (ValueError, OSError, LookupError):
        return None


@lru_cache(maxsize=64)
def awake(spans: Spans, zone: ZoneInfo) -> Hours:
    """The hours of every day that are not quiet."""
    return Hours("awake", zone, (spans,) * 7)


@lru_cache(maxsize=2048)
def preferred(text: str, zone: ZoneInfo) -> Hours | None:
    """The times a person prefers, None where the text is not understood. See `parse_preferred`."""
    week = parse_preferred(text)
    return Hours("preferred", zone, week) if week else None


def parse_preferred(text: str) -> Week | None:
    """A week from what people write: `wed/fri afternoon`, `Mon-Fri 14:00-18:00`, `weekday mornings`, `after 6pm`.

    Morning is 8 to 12, afternoon 12 to 18, evening 18 to 21 o'clock. None where a word of it is not understood, or
    nothing is said: a half understood wish is worse than a known unknown one.
    """
    try:
        return _Reader(list(_tokens(text))).week()
    except (ValueError, IndexError):
        return None


def next_moment(calendars: Sequence[Hours], at: int, latest: int) -> int:
    """The first moment (ms) from `at` on when all of them are open; one after `latest` where none is till then."""
    moment, before = at, -1
    while moment != before and moment <= latest:
        before = moment
        for calendar in calendars:
            moment = calendar.next_open(moment)
    if moment <= latest and not all(calendar.is_open(moment) for calendar in calendars):
        return latest + 1  # one of them never opens
    return moment


def _tokens(text: str) -> Iterator[str]:
    plain = re.sub("[\u2010-\u2015\u2212~]", "-", unicodedata.normalize("NFKC", text[:200]).casefold())
    for found in _TOKEN.finditer(plain.replace("o'clock", " ")):
        yield found[0].strip()


class _Reader:
    """Reads tokens into spans of days: days, then times; another day after times begins anew."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens, self._at = tokens, 0
        self._found: list[list[tuple[int, int]]] = [[] for _ in range(7)]
        self._days: list[int] = []
        self._times: list[tuple[int, int]] = []
        self._late = False  # the days came after the times: then nothing says whose further times are

    def week(self) -> Week | None:
        """Everything read. Raises ValueError or IndexError where it is not understood."""
        while self._at < len(self._tokens):
            self._read(self._next())
        self._end()
        spans = tuple(_merged(day) for day in self._found)
        return spans if any(spans) else None

    def _next(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1]

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _read(self, token: str) -> None:
        if token in _SEPARATORS or (token in _FILLERS and token not in _AFTER):
            return
        if (days := _days(token)) is not None:
            if self._times and self._days:
                self._end()
            self._late = bool(self._times)
            if self._peek() in _TO and len(days) == 1 and _days(self._after_to()) is not None:
                self._next()
                last = _days(self._next())
                assert last is not None
                days = [(days[0] + step) % 7 for step in range((last[0] - days[0]) % 7 + 1)]
            self._days += days
            return
        before = len(self._times)
        if (part := _PARTS.get(token.removesuffix("s"))) is not None:
            self._times.append(part)
        elif token in _AFTER and not self._ranges():
            self._times.append((_minutes(self._next()), DAY))
        elif token in _BEFORE:
            self._times.append((0, _minutes(self._next())))
        elif token in _AFTER:
            return
        else:
            self._span(token)
        if self._late and len(self._times) > before:
            raise ValueError(token)

    def _after_to(self) -> str:
        return self._tokens[self._at + 1] if self._at + 1 < len(self._tokens) else ""

    def _ranges(self) -> bool:
        """Whether `from` begins a range: `from 9 to 12`, `from mon to fri`."""
        return self._after_to() in _TO or _days(self._peek()) is not None

    def _span(self, token: str) -> None:
        first = _CLOCK.fullmatch(token)
        if first is None or self._next() not in (*_TO, "and"):
            raise ValueError(token)
        last_token = self._next()
        last = _CLOCK.fullmatch(last_token)
        half = last[3] if last and last[3] in ("am", "pm") and not first[3] else ""
        start = _minutes(f"{token}{half}")
        end = _minutes(last_token)
        if half and start > end:  # 10-2pm
            start = _minutes(token)
        if start >= end:
            raise ValueError(token)
        self._times.append((start, end))

    def _end(self) -> None:
        if not self._days and not self._times:
            return
        for day in self._days or range(7):
            self._found[day] += self._times or [(0, DAY)]
        self._days, self._times, self._late = [], [], False


def _merged(spans: list[tuple[int, int]]) -> Spans:
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return tuple(found)


def _days(token: str) -> list[int] | None:
    bare = token.removesuffix("s")
    for names in (_DAYS, _FULL):
        if token in names or bare in names:
            return [names.index(token if token in names else bare)]
    if token in _SHORT:
        return [_SHORT[token]]
    found = _SETS.get(token, _SETS.get(bare))
    return list(found) if found is not None else None


def _minutes(token: str) -> int:
    found = _CLOCK.fullmatch(token)
    if found is None:
        raise ValueError(token)
    hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
    if half in ("am", "pm"):
        if not 1 <= hour <= 12:
            raise ValueError(token)
        hour = hour % 12 + (12 if half == "pm" else 0)
    if hour * 60 + minute > DAY or minute > 59:
        raise ValueError(token)
    return hour * 60 + minute

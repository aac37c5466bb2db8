"""Working time on a calendar."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.clocks.hours import Hours, parse_week
from hub.clocks.working import add_working, worked_between

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
ZONES = ["Asia/Yerevan", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"]


def ms(text, zone="Europe/Berlin", fold=0):
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp() * 1000)


def hours(week, zone="Europe/Berlin", **more):
    return Hours("shop", ZoneInfo(zone), parse_week(week), **more)


# Edges stand outside 01:00-03:00, where clocks change: there the plain reading of a wall clock has no single answer.
edges = st.one_of(st.integers(0, 11), st.integers(12, 95)).map(lambda part: part * 5 if part < 12 else part * 15)
spans = st.tuples(edges, st.integers(1, 90)).map(lambda s: (s[0], s[0] + s[1] * 15))
sane = spans.filter(lambda s: not 60 <= s[0] < 180 and not 60 <= s[1] % 1440 < 180)
days = st.lists(sane, max_size=3).map(lambda found: tuple(sorted(found)))
weeks = st.lists(days, min_size=7, max_size=7).filter(any).map(tuple)
starts = st.one_of(
    st.datetimes(datetime(2024, 2, 1), datetime(2027, 12, 20)),
    st.datetimes(datetime(2026, 3, 27), datetime(2026, 3, 29, 12)),  # before clocks go forward
    st.datetimes(datetime(2026, 10, 23), datetime(2026, 10, 25, 12)),
    st.datetimes(datetime(2026, 12, 29), datetime(2026, 12, 31)),
)


@st.composite
def calendars(draw):
    own = draw(st.dictionaries(st.dates(date(2026, 1, 1), date(2026, 12, 31)), days, max_size=3))
    yearly = draw(st.dictionaries(st.sampled_from([(12, 31), (1, 1), (10, 25), (3, 29)]), days, max_size=2))
    return Hours("shop", ZoneInfo(draw(st.sampled_from(ZONES))), draw(weeks), own | yearly)


def wall_says_open(calendar, at):
    """Straight from the definition: what stands on the wall, today's spans and what is left of yesterday's."""
    local = datetime.fromtimestamp(at / 1000, calendar.zone)
    minute = local.hour * 60 + local.minute

    def of(day):
        return next(
            (calendar.days[key] for key in (day, (day.month, day.day)) if key in calendar.days),
            calendar.week[day.weekday()],
        )

    today, yesterday = of(local.date()), of(local.date() - timedelta(days=1))
    return any(a <= minute < b for a, b in today) or any(minute + 1440 < b for _, b in yesterday)


@settings(max_examples=20, deadline=None)
@given(calendars(), starts)
def test_working_time_is_what_minute_by_minute_counting_gives(calendar, start):
    begin = int(start.replace(tzinfo=calendar.zone).timestamp()) // 60 * 60_000
    counted = 0
    for minute in range(3 * 1440):
        at = begin + minute * MINUTE
        assert calendar.is_open(at) == wall_says_open(calendar, at), at
        if minute % 97 == 0:
            assert worked_between(calendar, begin, at) == counted
        counted += MINUTE * wall_says_open(calendar, at)


@settings(max_examples=50, deadline=None)
@given(calendars(), starts, st.integers(0, 20 * DAY))
def test_what_was_added_is_what_lies_between_and_no_earlier_moment_has_it(calendar, start, span):
    begin = int(start.timestamp() * 1000)
    due = add_working(calendar, begin, span)
    if not any(calendar.year(calendar.year_of(begin) + n).opens for n in range(3)):
        return
    assert worked_between(calendar, begin, due) == span
    assert span == 0 or worked_between(calendar, begin, due - 1) == span - 1


@settings(max_examples=50, deadline=None)
@given(calendars(), starts, st.integers(0, 9 * DAY), st.integers(0, 9 * DAY), st.integers(0, 9 * DAY))
def test_time_only_grows_and_parts_add_up(calendar, start, first, second, span):
    a = int(start.timestamp() * 1000)
    b, c = a + first, a + first + second
    assert worked_between(calendar, a, b) + worked_between(calendar, b, c) == worked_between(calendar, a, c) <= c - a
    assert add_working(calendar, a, span) <= add_working(calendar, b, span)
    assert add_working(calendar, a, span) <= add_working(calendar, a, span + first)


SHOP = {"mon-fri": ["08:00-12:00", "13:00-18:00"], "sat": "10:00-14:00"}


@pytest.mark.parametrize(
    ("start", "span", "due"),
    [
        ("2026-11-23T11:00", 2 * HOUR, "2026-11-23T14:00"),  # a Monday, over lunch
        ("2026-11-23T17:00", 2 * HOUR, "2026-11-24T09:00"),
        ("2026-11-23T17:00", 1 * HOUR, "2026-11-23T18:00"),  # over at closing, not at the next opening
        ("2026-11-27T17:00", 6 * HOUR, "2026-11-30T09:00"),
        ("2026-11-29T12:00", 30 * MINUTE, "2026-11-30T08:30"),
        ("2026-11-23T12:30", 0, "2026-11-23T12:30"),
        ("2026-12-31T17:00", 2 * HOUR, "2027-01-01T09:00"),
    ],
)
def test_a_span_skips_what_is_closed(start, span, due):
    assert add_working(hours(SHOP), ms(start), span) == ms(due)


def test_a_reply_within_6_h_over_christmas_is_due_after_the_holidays():
    shop = hours({"mon-fri": "08:00-18:00"}, holidays=("DE-BY",))
    assert add_working(shop, ms("2026-12-24T16:00"), 6 * HOUR) == ms("2026-12-28T12:00")
    plain = hours({"mon-fri": "08:00-18:00"})
    assert add_working(plain, ms("2026-12-24T16:00"), 6 * HOUR) == ms("2026-12-25T12:00")


def test_a_night_shift_is_an_hour_shorter_when_clocks_go_forward_and_longer_when_they_go_back():
    night = hours({"sat": "22:00-06:00"})
    assert worked_between(night, ms("2026-03-28T12:00"), ms("2026-03-29T12:00")) == 7 * HOUR
    assert worked_between(night, ms("2026-10-24T12:00"), ms("2026-10-25T12:00")) == 9 * HOUR
    assert worked_between(night, ms("2026-10-17T12:00"), ms("2026-10-18T12:00")) == 8 * HOUR


def test_the_hour_that_comes_twice_belongs_whole_to_a_span_that_ends_in_it():
    bar = hours({"sat": "20:00-02:30"})
    assert add_working(bar, ms("2026-10-24T20:00"), 7 * HOUR + 30 * MINUTE) == ms("2026-10-25T02:30", fold=1)
    early = hours({"sun": "02:30-04:00"})
    assert early.next_open(ms("2026-10-24T12:00")) == ms("2026-10-25T02:30", fold=0)


def test_a_span_that_begins_in_the_skipped_hour_begins_with_the_change():
    early = hours({"sun": "02:30-04:00"})
    assert early.next_open(ms("2026-03-28T12:00")) == ms("2026-03-29T03:00")
    assert worked_between(early, ms("2026-03-28T12:00"), ms("2026-03-29T12:00")) == HOUR


def test_overlapping_spans_and_nights_that_reach_into_the_next_opening_count_once():
    both = hours({"mon": ["08:00-12:00", "10:00-14:00", "20:00-10:00"], "tue": "08:00-12:00"})
    assert worked_between(both, ms("2026-11-23T00:00"), ms("2026-11-25T00:00")) == (6 + 4 + 10 + 2) * HOUR


def test_open_around_the_clock_is_plain_time_across_years_and_changes_of_the_clock():
    always = hours({"mon-sun": "00:00-24:00"})
    start = ms("2026-03-01T00:00")
    assert add_working(always, start, 400 * DAY) == start + 400 * DAY
    assert worked_between(always, start, start + 400 * DAY) == 400 * DAY


def test_no_calendar_counts_all_time_and_so_does_one_that_never_opens():
    never = Hours("never", ZoneInfo("UTC"), ((),) * 7)
    for calendar in (None, never):
        assert add_working(calendar, 1_000, 5 * HOUR) == 1_000 + 5 * HOUR
    assert worked_between(None, 1_000, 3_000) == 2_000
    assert worked_between(None, 3_000, 1_000) == 0
    assert never.next_open(1_000) == 1_000


def test_a_calendar_that_opens_after_years_still_counts():
    rare = Hours("rare", ZoneInfo("UTC"), ((),) * 7, {date(2028, 2, 29): ((600, 660),)})
    assert add_working(rare, ms("2026-11-23T00:00", "UTC"), HOUR) == ms("2028-02-29T11:00", "UTC")


def test_a_year_of_holidays_is_searched_not_walked():
    shop = hours({"mon-fri": "08:00-18:00"}, holidays=("DE-BY",))
    asked = []

    class Watched(type(shop)):
        __slots__ = ()

        def spans(self, day):
            asked.append(day)
            return super().spans(day)

    watched = Watched("shop", shop.zone, shop.week, holidays=shop.holidays)
    start = ms("2026-01-05T08:00")
    assert add_working(watched, start, 24 * HOUR) == ms("2026-01-08T12:00")  # Epiphany lies between
    first = len(asked)
    for day in range(300):
        assert add_working(watched, start + day * DAY, 24 * HOUR) > start + day * DAY
    assert len(asked) <= first + 370  # the year after, once

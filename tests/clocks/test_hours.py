"""Business hours."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.clocks.hours import Hours, parse_week


def hours(week, zone="Asia/Yerevan"):
    return Hours("shop", ZoneInfo(zone), parse_week(week))


def ms(text, zone="Asia/Yerevan"):
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


SHOP = {"mon-fri": "08:00-22:00", "sat": ["10:00-12:00", "14:00-18:00"]}


@pytest.mark.parametrize(
    ("at", "is_open", "opens"),
    [
        ("2026-11-23T07:59:59", False, "2026-11-23T08:00"),  # a Monday
        ("2026-11-23T08:00", True, "2026-11-23T08:00"),
        ("2026-11-23T21:59:59", True, "2026-11-23T21:59:59"),
        ("2026-11-23T22:00", False, "2026-11-24T08:00"),
        ("2026-11-28T09:00", False, "2026-11-28T10:00"),
        ("2026-11-28T12:00", False, "2026-11-28T14:00"),
        ("2026-11-28T18:00", False, "2026-11-30T08:00"),
        ("2026-11-29T12:00", False, "2026-11-30T08:00"),
    ],
)
def test_open_and_next_open(at, is_open, opens):
    shop = hours(SHOP)
    assert shop.is_open(ms(at)) is is_open
    assert shop.next_open(ms(at)) == ms(opens)


def test_a_span_over_midnight():
    bar = hours({"fri": "20:00-02:00", "sun": "22:00-24:00"})
    assert bar.is_open(ms("2026-11-27T23:59"))
    assert bar.is_open(ms("2026-11-28T01:59"))
    assert not bar.is_open(ms("2026-11-28T02:00"))
    assert not bar.is_open(ms("2026-11-27T01:00"))
    assert bar.is_open(ms("2026-11-29T23:59"))
    assert not bar.is_open(ms("2026-11-30T00:00"))


def test_summer_time_moves_the_opening_not_the_clock():
    shop = hours({"sun": "09:00-12:00"}, "Europe/Berlin")
    before = ms("2026-03-28T12:00", "Europe/Berlin")
    assert shop.next_open(before) - before == 20 * 3_600_000


def test_an_opening_that_summer_time_skips():
    shop = hours({"sun": "02:10-02:50"}, "Europe/Berlin")
    assert shop.next_open(ms("2026-03-28T12:00", "Europe/Berlin")) == ms("2026-04-05T02:10", "Europe/Berlin")


def test_clock_for_a_reader():
    shop = hours(SHOP)
    now = ms("2026-11-23T07:00")
    assert shop.clock(ms("2026-11-23T08:00"), now) == "08:00"
    assert shop.clock(ms("2026-11-24T08:00"), now) == "2026-11-24 08:00"


@settings(max_examples=60)
@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 30)),
    st.sampled_from(["Asia/Yerevan", "Europe/Berlin", "America/New_York"]),
)
def test_next_open_is_open_and_nothing_before_it_is(at, zone):
    shop = hours(SHOP, zone)
    at = int(at.replace(tzinfo=UTC).timestamp() * 1000)
    opens = shop.next_open(at)
    assert opens >= at
    assert shop.is_open(opens)
    step = int(timedelta(minutes=30).total_seconds() * 1000)
    assert not any(shop.is_open(moment) for moment in range(at, opens, step))


@pytest.mark.parametrize(
    ("week", "message"),
    [
        ({}, "no day"),
        ({"mon": []}, "no day"),
        ({"monday": "08:00-10:00"}, "is no day"),
        ({"mon-": "08:00-10:00"}, "is no day"),
        ({"mon": "8-10"}, "no span of time"),
        ({"mon": "08:00-25:00"}, "no span of time"),
        ({"mon": "08:61-10:00"}, "no span of time"),
        ({"mon": 8}, "write"),
        ({"mon": [8]}, "write"),
        ({"mon-fri": "08:00-10:00", "wed": "08:00-09:00"}, "wed is named twice"),
    ],
)
def test_mistakes(week, message):
    with pytest.raises(ValueError, match=message):
        parse_week(week)


def test_a_range_may_wrap_the_week():
    week = parse_week({"sat-mon": "08:00-10:00"})
    assert [bool(day) for day in week] == [True, False, False, False, False, True, True]

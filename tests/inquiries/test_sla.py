"""The reply clock."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.clocks.hours import Hours, parse_week
from hub.clocks.working import add_working, worked_between
from hub.inquiries import sla

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
SHOP = Hours(
    "shop", ZoneInfo("Europe/Berlin"), parse_week({"mon-fri": ["09:00-12:00", "13:00-18:00"], "sat": "22:00-04:00"})
)


def ms(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=SHOP.zone).timestamp() * 1000)


MONDAY = ms("2026-11-23T09:00")


@pytest.mark.parametrize(
    ("priority", "span", "due"),
    [("P1", 2 * HOUR, "11:00"), ("P2", 6 * HOUR, "16:00"), ("P3", 8 * HOUR, "18:00")],
)
def test_due_follows_the_calendar(priority, span, due):
    clock = sla.start(priority, span, MONDAY, "shop")
    assert sla.due(clock, SHOP) == ms(f"2026-11-23T{due}")
    assert sla.left(clock, SHOP, MONDAY + HOUR) == span - HOUR


def test_24_h_of_a_shop_that_opens_8_h_a_day_are_three_days_and_24_h_around_the_clock_are_one():
    assert sla.due(sla.start("P3", 24 * HOUR, MONDAY, "shop"), SHOP) == ms("2026-11-25T18:00")
    assert sla.due(sla.start("P3", 24 * HOUR, MONDAY), None) == MONDAY + DAY


def test_a_pause_moves_the_due_time_by_the_working_time_it_took():
    clock = sla.start("P1", 2 * HOUR, MONDAY, "shop")
    waiting = sla.pause(clock, SHOP, "waits_for_customer", MONDAY + HOUR)
    assert sla.due(waiting, SHOP) == 0
    assert sla.left(waiting, SHOP, MONDAY + 5 * DAY) == HOUR
    again = sla.resume(waiting, ms("2026-11-23T12:30"))  # in the lunch break
    assert sla.due(again, SHOP) == ms("2026-11-23T14:00")
    assert again.reason == ""


def test_an_agents_reason_and_the_end_of_a_snooze_are_kept():
    clock = sla.pause(sla.start("P1", HOUR, 5), None, "snoozed", 9, note="x" * 500, until=70)
    assert (clock.reason, clock.note, clock.until, clock.paused) == ("snoozed", "x" * sla.NOTE_MAX, 70, 9)


def test_pausing_what_stands_still_and_resuming_what_runs_change_nothing():
    clock = sla.start("P1", HOUR, 5)
    assert sla.resume(clock, 9) is clock
    paused = sla.pause(clock, None, "agent", 9)
    assert sla.pause(paused, None, "snoozed", 20) is paused
    done = sla.answer(paused, 30)
    assert sla.resume(done, 40) is done
    assert sla.pause(done, None, "agent", 40) is done


def test_the_first_answer_stops_the_clock():
    done = sla.answer(sla.answer(sla.start("P1", HOUR, 5), 100), 200)
    assert done.answered == 100
    assert sla.due(done, None) == 0


def test_a_pause_does_not_mend_a_missed_due_time():
    clock = sla.start("P1", HOUR, MONDAY, "shop")
    late = sla.pause(clock, SHOP, "agent", MONDAY + 3 * HOUR)
    assert late.missed == MONDAY + HOUR
    again = sla.resume(late, MONDAY + 9 * HOUR)
    assert sla.due(again, SHOP) == MONDAY + HOUR
    assert sla.left(again, SHOP, MONDAY + 9 * HOUR) == -2 * HOUR


def test_a_higher_priority_counts_from_when_the_person_began_to_wait():
    clock = sla.start("P3", 24 * HOUR, MONDAY, "shop")
    now = MONDAY + HOUR
    raised = sla.change(clock, SHOP, "P1", 2 * HOUR, "shop", now)
    assert sla.due(raised, SHOP) == MONDAY + 2 * HOUR
    around = sla.change(clock, SHOP, "P1", 2 * HOUR, "", now)
    assert sla.due(around, None) == MONDAY + 2 * HOUR
    assert raised.priority == "P1"


def test_another_calendar_counts_a_clock_that_never_paused_anew():
    sunday, now = MONDAY - 12 * HOUR, MONDAY - HOUR
    clock = sla.start("P3", 24 * HOUR, sunday, "shop")
    assert sla.due(sla.change(clock, SHOP, "P1", 2 * HOUR, "", now), None) == sunday + 2 * HOUR


def test_a_resume_that_comes_out_of_order_gives_no_time_back():
    paused = sla.pause(sla.start("P1", HOUR, 0), None, "agent", 100)
    assert sla.due(sla.resume(paused, 50), None) == HOUR


def test_another_calendar_keeps_what_a_paused_clock_had_used():
    clock = sla.start("P3", 4 * HOUR, MONDAY, "shop")
    clock = sla.resume(sla.pause(clock, SHOP, "agent", MONDAY + HOUR), MONDAY + 2 * HOUR)
    moved = sla.change(clock, SHOP, "P2", 4 * HOUR, "", MONDAY + 3 * HOUR)
    assert sla.due(moved, None) == MONDAY + 5 * HOUR  # two of the four are used


def test_a_lower_priority_forgives_what_was_missed():
    late = sla.pause(sla.start("P1", HOUR, 0), None, "agent", 2 * HOUR)
    lowered = sla.resume(sla.change(late, None, "P3", 24 * HOUR, "", 3 * HOUR), 3 * HOUR)
    assert sla.due(lowered, None) == 25 * HOUR


pauses = st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), max_size=12)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 7 * 96), st.integers(1, 60), pauses, st.sampled_from([SHOP, None]))
def test_pauses_move_the_due_time_by_exactly_their_working_time_and_never_forward(
    offset, quarters, given_pauses, calendar
):
    start, span = MONDAY + offset * 15 * MINUTE, quarters * 15 * MINUTE
    clock = sla.start("P1", span, start, "shop")
    now, paused = start, 0
    for run, rest in given_pauses:
        begin, end = now + run * 15 * MINUTE, now + (run + rest) * 15 * MINUTE
        if sla.due(clock, calendar) < begin:
            break
        clock = sla.resume(sla.pause(clock, calendar, "agent", begin), end)
        paused += worked_between(calendar, begin, end)
        now = end
    unpaused = add_working(calendar, start, span)
    assert worked_between(calendar, start, sla.due(clock, calendar)) == span + paused
    assert sla.due(clock, calendar) >= add_working(calendar, unpaused, paused)


clocks = st.builds(
    sla.ReplyClock,
    priority=st.text(max_size=5),
    span=st.integers(0, 10**11),
    started=st.integers(0, 10**13),
    hours=st.text(max_size=5),
    used=st.integers(0, 10**10),
    since=st.integers(0, 10**13),
    paused=st.integers(0, 10**13),
    reason=st.sampled_from(["", *sla.PAUSES]),
    note=st.text(max_size=20),
    until=st.integers(0, 10**13),
    missed=st.integers(0, 10**13),
    answered=st.integers(0, 10**13),
)


@given(clocks)
def test_a_clock_survives_packing(clock):
    assert sla.unpack(sla.pack(clock)) == clock


def test_a_packed_clock_is_short():
    assert sla.unpack("") is None
    assert len(sla.pack(sla.start("P1", 2 * HOUR, MONDAY, "shop"))) <= 80

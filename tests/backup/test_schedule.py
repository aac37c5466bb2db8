"""When a backup is due."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from hub.backup.schedule import AGAIN, SETTLE, due_at, last_time, next_time, read_schedule


def ms(text: str, zone: str = "UTC") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


SUNDAY = read_schedule("sunday 03:00", "UTC")
THIS, NEXT = ms("2026-11-22T03:00"), ms("2026-11-29T03:00")


def test_the_last_and_the_next_sunday() -> None:
    for now in (THIS, ms("2026-11-22T03:01"), ms("2026-11-29T02:59")):
        assert (last_time(SUNDAY, now), next_time(SUNDAY, now)) == (THIS, NEXT)


def test_every_day_at_the_wall_clock_of_a_zone_also_when_it_changes() -> None:
    daily = read_schedule("Daily 3:30", "Europe/Berlin")
    assert next_time(daily, ms("2026-10-24T12:00")) == ms("2026-10-25T03:30", "Europe/Berlin")
    assert next_time(daily, ms("2026-10-25T12:00")) == ms("2026-10-26T02:30")


def test_a_backup_missed_while_the_hub_was_down_is_made_soon_after_its_start() -> None:
    began = THIS + 7_200_000
    assert due_at(SUNDAY, THIS - 1, 0, began, began) == began + SETTLE
    assert SETTLE <= 10 * 60_000


def test_one_that_is_good_is_followed_by_the_next_and_one_that_failed_by_another_try() -> None:
    now = THIS + 600_000
    assert due_at(SUNDAY, THIS + 5, 0, 0, now) == NEXT
    assert due_at(SUNDAY, 0, now, 0, now) == now + AGAIN


def test_at_its_time_it_is_due_at_once() -> None:
    assert due_at(SUNDAY, THIS - 7 * 86_400_000, 0, 0, THIS) == THIS


@pytest.mark.parametrize("text", ["", "sunday", "someday 03:00", "sunday 24:00", "sunday 3", "daily 03:60"])
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="sunday 03:00"):
        read_schedule(text, "UTC")

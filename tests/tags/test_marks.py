"""What the numbers of tags say."""

from __future__ import annotations

import pytest

from hub.tags.marks import answering, overdue, used

DAY = 86_400_000


@pytest.mark.parametrize(
    ("people", "says"), [(19, "hardly"), (20, "little"), (49, "little"), (50, ""), (400, ""), (401, "so many")]
)
def test_below_2_and_5_percent_and_above_40_a_tag_is_marked(people: int, says: str):
    found = used(people, 1000)
    assert found.startswith(says)
    assert bool(found) is bool(says)


def test_nothing_is_said_where_nobody_has_tags():
    assert used(0, 0) == ""


def test_below_20_percent_answers_another_way_of_speaking_is_due():
    assert answering(19, 100)
    assert not answering(20, 100)
    assert not answering(0, 0)


def test_more_than_7_days_without_a_message_are_overdue_unless_the_inquiry_is_closed():
    assert not overdue(DAY, 8 * DAY, "open")
    assert overdue(DAY, 8 * DAY + 1, "open")
    assert overdue(DAY, 8 * DAY + 1, "")
    assert not overdue(DAY, 80 * DAY, "closed")

"""When a person wants to be written to: nothing unasked goes outside it, in his own zone."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from hub.model.by_hand import PersonEdited
from hub.model.events import MessageReceived
from hub.model.happened import TagAdded
from hub.model.people import Identity

HOUR, DAY = 3_600_000, 86_400_000
SHOP = """
[hours.shop]
timezone = "Asia/Taipei"
week = { mon-sun = "00:00-24:00" }

[send_policy]
min_gap = "1h"
same_again = "1h"
max_wait = "8d"
nudges_per_inquiry = 1000

[tag.nudge]

[[rule]]
name = "nudge"
on = "tag.added"
about = "nudge"
purpose = "inform"
reply = { text = "We have news." }

[[rule]]
name = "price"
keywords = ["price"]
reply = { text = "From 5." }
"""


def said(desk, number, text="hello"):
    return MessageReceived(
        key=f"1001.{number}",
        at=desk.now,
        account="1001",
        sender=(Identity("phone", "", "+447700900101"),),
        address="447700900101",
        provider_id=f"p{number}",
        text=text,
        name="Ana",
    )


@pytest.fixture
def desk(automated):
    hub = automated(SHOP)
    hub.happened(said(hub, 1))
    values = {"preferred_contact": "Wed/Fri afternoon", "timezone": "Asia/Taipei"}
    hub.happen(PersonEdited(key="e", at=hub.now, person="p1", values=values))
    hub.step()
    return hub


def test_in_two_weeks_no_unasked_message_leaves_outside_wednesday_and_friday_afternoon(desk):
    left = []
    for hour in range(7 * 24):
        desk.now += 2 * HOUR
        desk.happen(TagAdded(key=f"t{hour}", at=desk.now, person=1, conversation=1, tag="nudge"))
        desk.step()
        for one in desk.lease():
            left.append(datetime.fromtimestamp(desk.now / 1000, UTC).astimezone(ZoneInfo("Asia/Taipei")))
            desk.sent(one, f"x{one.outbox}")
    assert len(left) > 8
    assert [at for at in left if at.weekday() not in (2, 4) or not 12 <= at.hour < 18] == []


def test_an_answer_to_what_he_asks_himself_waits_for_no_hour(desk):
    desk.now += 9 * HOUR  # Saturday, 1 o'clock in Taipei
    desk.happened(said(desk, 2, "the price?"))
    assert [one.message.text for one in desk.lease()] == ["From 5."]

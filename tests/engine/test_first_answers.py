"""The first answer to an inquiry: in the step that took it, before its wording is discussed, and the same for all."""

from __future__ import annotations

import pytest

from hub.model.by_hand import InquiryEdited
from hub.model.events import MessageReceived
from hub.model.happened import TagAdded
from hub.model.people import Identity

HOUR, DAY = 3_600_000, 86_400_000
FIRST = """
[hours.shop]
timezone = "UTC"
week = { mon-fri = "09:00-18:00" }

[send_policy]
min_gap = "20h"
quiet_hours = "21:00-09:00"

[topic.machines]
words = ["saw", "drill"]

[tag.news]

[texts.received]
text = "Thank you, we have it: {{ message.text }} You get an offer after {{ hours.next_open }}."
purpose = "acknowledge"

[[rule]]
name = "received"
first = true
topic = "machines"
outside = "shop"
once_per = "12h"
reply = "received"

[[rule]]
name = "news"
on = "tag.added"
about = "news"
purpose = "inform"
reply = { text = "We moved." }
"""
NIGHT = 1_800_054_000_000
"""Friday, 23:00 UTC."""


def said(desk, number, text="I need a saw for 20 mm steel.", who=1):
    return MessageReceived(
        key=f"1001.{number}",
        at=desk.now,
        account="1001",
        sender=(Identity("phone", "", f"+4477009001{who:02}"),),
        address=f"4477009001{who:02}",
        provider_id=f"p{number}",
        text=text,
        name=f"Person {who}",
    )


def leaves(desk):
    leased = desk.lease()
    for one in leased:
        desk.sent(one, provider_id=f"x{one.outbox}")
    return [one.message.text for one in leased]


@pytest.fixture
def desk(automated):
    hub = automated(FIRST)
    hub.now = NIGHT
    return hub


def test_a_first_inquiry_is_answered_in_the_step_that_took_it_and_waits_for_no_limit(desk):
    desk.happened(said(desk, 1))
    desk.happen(TagAdded(key="t", at=desk.now, person=1, conversation=1, tag="news"))
    desk.step()
    (leased,) = desk.lease()  # what nobody asked for waits for the end of quiet hours
    assert (leased.created, leased.message.text[:19]) == (desk.now, "Thank you, we have ")
    desk.sent(leased, "x1")
    assert desk.lease() == []
    assert desk.rows("SELECT rule, due - ? FROM outbox WHERE state='waiting' AND kind='send'", desk.now) == [
        ("news", 10 * HOUR)
    ]


def test_it_acknowledges_what_was_asked_names_the_next_step_and_asks_for_nothing_again(desk):
    desk.happened(said(desk, 1))
    (text,) = leaves(desk)
    acknowledged, understood, next_step = "Thank you", "I need a saw for 20 mm steel.", "You get an offer after"
    assert text.index(acknowledged) < text.index(understood) < text.index(next_step)
    assert "2027-01-18 09:00" in text
    assert "?" not in text


def test_the_phase_after_the_first_message_is_treated_apart_from_what_follows(desk):
    desk.happened(said(desk, 1))
    assert len(leaves(desk)) == 1
    desk.tick(13 * HOUR)
    desk.happened(said(desk, 2, "and a drill"))
    assert leaves(desk) == []


def test_an_acknowledgement_is_no_answer_the_time_until_one_is_counted(desk):
    desk.happened(said(desk, 1))
    leaves(desk)
    assert desk.rows("SELECT waits_for, answered FROM inquiries") == [("us", 0)]


def test_who_comes_back_long_after_the_end_begins_a_new_inquiry_and_who_is_early_goes_on(desk):
    desk.happened(said(desk, 1))
    leaves(desk)
    desk.happen(InquiryEdited(key="c", at=desk.now, person="p1", state="closed", reason="sold", agent="Ana"))
    desk.step()
    desk.tick(2 * DAY)
    desk.happened(said(desk, 2, "one more thing"))
    assert desk.rows("SELECT count(*) FROM inquiries") == [(1,)]
    desk.happen(InquiryEdited(key="d", at=desk.now, person="p1", state="closed", reason="sold", agent="Ana"))
    desk.step()
    desk.tick(8 * DAY)
    desk.happened(said(desk, 3, "something else"))
    assert desk.rows("SELECT count(*) FROM inquiries") == [(2,)]

"""What the hub says while nobody is there: once, with the next opening, the hotline and the usual wait."""

from __future__ import annotations

import pytest

from hub.engine.ticks import count
from hub.model.by_hand import ConversationClaimed, HumanReplied
from hub.model.events import MessageReceived
from hub.model.people import Identity

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
CLOSED = '''
[company]
hotline = "+44 7700 900199"

[hours.shop]
timezone = "UTC"
week = { mon-fri = "09:00-22:00" }

[texts]
away = """
Received. We answer with priority after {{ hours.next_open }}. Urgent, day and night: {{ company.hotline }}.
Usual wait {{ stats.mean_reply or 'unknown' }} minutes."""

[[rule]]
name = "away"
outside = "shop"
once_per = "12h"
purpose = "acknowledge"
reply = "away"
'''
NIGHT = 1_800_050_400_000
"""Friday, 22:00 UTC."""


def said(desk, number, text="hello", who=1):
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
    return automated(CLOSED)


@pytest.mark.parametrize(
    ("at", "answers"), [(-1, 0), (0, 1), (2 * HOUR, 1), (59 * HOUR - 1, 1), (59 * HOUR, 0)], ids=str
)
def test_from_22_o_clock_to_the_next_opening_and_not_a_moment_longer(desk, at, answers):
    desk.now = NIGHT + at  # the next opening is Monday at 9
    desk.happened(said(desk, 1))
    assert len(leaves(desk)) == answers


def test_it_names_the_next_opening_the_hotline_and_the_usual_wait_of_12_minutes(desk):
    desk.now = NIGHT - 2 * HOUR
    for who in (1, 2, 3):
        desk.happened(said(desk, who, who=who))
        leaves(desk)
    desk.now += 12 * MINUTE
    for who in (1, 2, 3):
        desk.happen(HumanReplied(key=f"h{who}", at=desk.now, person=f"p{who}", text="Hello!", agent="Ana"))
    desk.step()
    leaves(desk)
    assert count(desk.store, desk.now)
    desk.tick(2 * HOUR)
    desk.happened(said(desk, 9, who=9))
    (text,) = leaves(desk)
    assert "after 2027-01-18 09:00." in text
    assert "Urgent, day and night: +44 7700 900199." in text
    assert "Usual wait 12 minutes." in text


def test_where_nobody_was_answered_so_far_no_wait_is_promised(desk):
    desk.now = NIGHT
    desk.happened(said(desk, 1))
    assert leaves(desk)[0].endswith("Usual wait unknown minutes.")


def test_it_is_said_once_in_a_closed_time_and_never_while_a_human_has_the_case(desk):
    desk.now = NIGHT
    desk.happened(said(desk, 1), said(desk, 2))
    assert len(leaves(desk)) == 1
    desk.tick(11 * HOUR)
    desk.happened(said(desk, 3))
    assert leaves(desk) == []
    desk.tick(HOUR)
    desk.happened(said(desk, 4))
    assert len(leaves(desk)) == 1
    desk.happened(said(desk, 5, who=2))
    leaves(desk)
    desk.happen(ConversationClaimed(key="c", at=desk.now, person="p2", agent="Ana"))
    desk.step()
    desk.tick(13 * HOUR)
    desk.happened(said(desk, 6, who=2))
    assert leaves(desk) == []


def test_an_away_message_stops_no_clock_and_the_inquiry_still_waits_for_us(desk):
    desk.now = NIGHT
    desk.happened(said(desk, 1))
    leaves(desk)
    assert desk.rows("SELECT waits_for, answered FROM inquiries") == [("us", 0)]

"""Rules that act later: armed, ended by what happens, and looked at again when their time has come."""

from dataclasses import replace

import pytest

from hub.model.commands import Delay, HandOff, Send, Tag
from hub.model.happened import MessageSent, TagAdded
from hub.model.people import Person, PersonId

MINUTE = 60_000

TIER_2 = """
[[rule]]
name = "still there"
on = "message.sent"
after = "10m"
unless = ["message.read", "message.received"]
once_per = "1d"
ask = { text = "Need more help? Reply 1 for a person.", choices = { 1 = "hand_off" } }
"""
SENT = MessageSent(key="k", at=1, person=1, conversation=3, message=9, by="prices", cls="reply", origin=4)


def test_an_auto_reply_not_read_for_10_minutes_gets_a_second_message(shop):
    rules = shop(TIER_2)
    armed = rules.decision(SENT)
    assert armed.commands == (Delay(rule="still there", due=rules.now + 10 * MINUTE),)
    assert armed.because == ("still there: a message of 'prices' was sent; goes on in 10m",)
    assert armed.fired == ()
    (send,) = rules.later("still there", SENT).commands
    assert isinstance(send, Send)
    assert (send.cls, send.expects) == ("reply", {"1": "hand_off"})
    answer = rules.say("1", expects=send.expects)
    assert answer.commands == (HandOff(rule="answer", because="answered '1'"),)


def test_the_rule_set_tells_which_events_end_which_rules(shop):
    assert shop(TIER_2).rules.cancels == {"message.read": ("still there",), "message.received": ("still there",)}


def test_it_acts_once_in_its_time(shop):
    rules = shop(TIER_2)
    assert rules.later("still there", SENT).fired == ("still there",)
    again = {"still there": rules.now - MINUTE}
    assert rules.later("still there", SENT, fired=again).commands == ()
    assert rules.decision(SENT, fired=again).commands == ()


def test_nothing_is_said_later_to_whom_nothing_may_be_said(shop):
    rules = shop(TIER_2)
    for view in ({"claimed": "anna"}, {"paused_until": rules.now + 1}, {"person": Person(PersonId(1), opted_out=True)}):
        decision = rules.later("still there", SENT, **view)
        assert decision.commands == ()
        assert "nothing is said" in decision.because[0]


def test_a_stopped_rule_does_not_go_on(shop):
    decision = shop(TIER_2).later("still there", SENT, paused=frozenset({"rule:still there"}))
    assert decision.commands == ()
    assert "a human stopped this rule" in decision.because[0]


def test_a_rule_that_is_gone_does_nothing(shop):
    assert shop(TIER_2).later("old", SENT).because == ("old: the rule is gone",)


LATER = """
[[rule]]
name = "quiet"
keywords = "quote"
first = true
during = "shop"
silent_for = "2d"
tags = { none = ["vip"] }
after = "2d"
reply = { text = "Still thinking?" }
"""


def test_what_was_said_needs_no_second_look_and_time_none_before(shop):
    rules = shop(LATER)
    said = rules.said("a quote please")
    night = rules.now + 8 * 60 * MINUTE
    assert rules.decision(replace(said, at=night), first=True, received=night, heard=night).commands == (
        Delay(rule="quiet", due=night + 2 * 1440 * MINUTE),
    )
    assert rules.decision(said, first=False).commands == ()
    assert rules.decision(said, first=True, tags={"vip": 1}).commands == ()
    day = rules.now + 2 * 1440 * MINUTE
    (send,) = rules.later("quiet", said, received=day, heard=rules.now).commands
    assert (send.text, send.cls) == ("Still thinking?", "reply")


def test_what_holds_no_more_stops_it(shop):
    rules = shop(LATER)
    said, day = rules.said("a quote please"), rules.now + 2 * 1440 * MINUTE
    for view in ({"tags": {"vip": 1}}, {"heard": day}, {"received": day + 8 * 60 * MINUTE}):
        view = {"received": day, "heard": rules.now, **view}
        decision = rules.later("quiet", said, **view)
        assert decision.commands == ()
        assert decision.because == ("quiet: does not go on, it no longer holds",)
        assert [held for _, _, held in decision.record[0]["asked"]].count(False) == 1


def test_a_delayed_message_rule_waits_for_the_human(shop):
    rules = shop(LATER)
    decision = rules.later("quiet", rules.said("a quote"), claimed="anna")
    assert decision.because == ("no automation: a human has the conversation: 'quiet' does not go on",)


def test_other_events_may_be_delayed_too(shop):
    rules = shop('[[rule]]\nname = "x"\non = "tag.added"\nabout = "vip"\nafter = "1h"\ntag = "new"\n')
    event = TagAdded(key="k", at=1, person=1, conversation=3, tag="vip")
    assert rules.decision(event).commands == (Delay(rule="x", due=rules.now + 60 * MINUTE),)
    assert rules.later("x", event).commands == (Tag(rule="x", add=("new",)),)
    assert rules.decision(replace(event, tag="new")).commands == ()


def test_a_rule_that_is_on_something_else_now_does_not_go_on(shop):
    rules = shop('[[rule]]\nname = "still there"\non = "tag.added"\nnote = "{{ about.name }}"\n')
    decision = rules.later("still there", SENT)
    assert decision.because == ("still there: the rule is on something else now",)


@pytest.mark.parametrize(
    ("lines", "view"),
    [
        ("same_question = 2", {"same": 2}),
        ("intent = 'cost'", {"intents": {"cost": 0.9}}),
        ("mood = 'angry'", {}),
        ("topic = 'price'", {}),
        ("first = true", {"first": True}),
        ("any = [{ intent = 'cost' }, { same_question = 3 }]", {"intents": {"cost": 0.9}}),
    ],
)
def test_how_it_was_said_needs_no_second_look(shop, lines, view):
    rules = shop(f'[[rule]]\nname = "x"\nafter = "1h"\n{lines}\ntag = "vip"\n')
    said = rules.said("a scam, the price!!!")
    assert [command.kind for command in rules.decision(said, **view).commands] == ["delay"]
    assert rules.later("x", said).commands == (Tag(rule="x", add=("vip",)),)
    if view:
        assert rules.decision(said).commands == ()

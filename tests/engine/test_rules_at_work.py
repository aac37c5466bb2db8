"""Rules in a whole hub: delays and what ends them, timers, chains of events, meanings that a plugin names."""

from __future__ import annotations

import json

import pytest

from hub.model.by_hand import HumanReplied, PersonEdited
from hub.model.events import MessageReceived, PluginAnswered, StatusReported
from hub.model.happened import MessageToClassify
from hub.model.people import Identity

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
TIER_2 = """
[[rule]]
name = "prices"
keywords = ["price"]
reply = { text = "Our prices begin at 5." }

[[rule]]
name = "not read"
on = "message.sent"
about = "prices"
after = "10m"
unless = ["message.read", "message.received"]
ask = { text = "Need more help? Reply 1 for a person.", choices = { "1" = "hand_off" } }
"""


def said(desk, number, text="hello", who=1, **more):
    return MessageReceived(
        key=f"1001.{number}",
        at=desk.now,
        account="1001",
        sender=(Identity("phone", "", f"+1202555010{who}"),),
        address=f"1202555010{who}",
        provider_id=f"p{number}",
        text=text,
        name=f"Person {who}",
        **more,
    )


def read(desk, leased):
    report = StatusReported(
        key=f"read{leased.outbox}",
        at=desk.now,
        account="1001",
        provider_id="",
        status="read",
        callback=leased.message.callback,
    )
    desk.happened(report)


def out(desk):
    """What leaves now, and is taken by the platform."""
    leased = desk.lease()
    for one in leased:
        desk.sent(one, provider_id=f"x{one.outbox}")
    return [one.message.text for one in leased], leased


def because(desk):
    return "\n".join(row[0] for row in desk.rows("SELECT because FROM decisions ORDER BY id"))


def test_a_reply_that_is_not_read_within_10_minutes_is_followed_by_a_question_whose_1_leads_to_a_person(automated):
    desk = automated(TIER_2)
    desk.happened(said(desk, 1, "what is the price?"))
    assert out(desk)[0] == ["Our prices begin at 5."]

    desk.tick(9 * MINUTE)
    assert out(desk)[0] == []
    desk.tick(2 * MINUTE)
    assert out(desk)[0] == ["Need more help? Reply 1 for a person."]

    desk.happened(said(desk, 2, "1"))
    [(paused,)] = desk.rows("SELECT paused_until > ? FROM conversations", desk.now)
    assert paused
    desk.happened(said(desk, 3, "price"))
    assert out(desk)[0] == []


@pytest.mark.parametrize("what", ["read", "written"])
def test_who_read_it_or_wrote_meanwhile_is_not_asked(automated, what):
    desk = automated(TIER_2)
    desk.happened(said(desk, 1, "what is the price?"))
    [leased] = out(desk)[1]
    desk.now += 5 * MINUTE
    if what == "read":
        read(desk, leased)
    else:
        desk.happened(said(desk, 2, "thank you"))
    desk.tick(6 * MINUTE)
    assert out(desk)[0] == []


def test_a_delayed_rule_looks_at_its_conditions_again_when_its_time_comes(automated):
    desk = automated(
        """
        [[rule]]
        name = "later"
        keywords = ["quote"]
        after = "1h"
        where = { level = "gold" }
        reply = { text = "Your quote is on its way." }
        """
    )
    desk.happened(said(desk, 1, "a quote please"))
    desk.happen(PersonEdited(key="e1", at=desk.now, person="p1", values={"level": "gold"}))
    desk.step()
    desk.happened(said(desk, 2, "a quote please", who=1))
    desk.tick(30 * MINUTE)
    desk.happen(PersonEdited(key="e2", at=desk.now, person="p1", values={"level": "silver"}))
    desk.step()
    desk.tick(31 * MINUTE)
    assert out(desk)[0] == []


def test_a_timer_that_a_rule_armed_rings_for_another_rule_and_can_be_cancelled(automated):
    desk = automated(
        """
        [[rule]]
        name = "arm"
        keywords = ["remind"]
        timer = { name = "call", after = "1d" }
        [[rule]]
        name = "stop"
        keywords = ["never mind"]
        cancel = "call"
        [[rule]]
        name = "ring"
        on = "timer.rang"
        about = "call"
        purpose = "inform"
        reply = { text = "You asked us to remind you." }
        """
    )
    desk.happened(said(desk, 1, "remind me", who=1), said(desk, 2, "remind me", who=2))
    desk.happened(said(desk, 3, "never mind", who=2))
    desk.tick(DAY + 3 * HOUR)
    assert out(desk)[0] == ["You asked us to remind you."]


def test_a_rule_that_causes_itself_comes_to_an_end_and_says_so(automated):
    desk = automated(
        """
        [tag.a]
        [tag.b]
        [[rule]]
        name = "start"
        keywords = ["go"]
        tag = "a"
        [[rule]]
        name = "on"
        on = "tag.added"
        about = "a"
        untag = "a"
        tag = "b"
        [[rule]]
        name = "back"
        on = "tag.added"
        about = "b"
        untag = "b"
        tag = "a"
        """
    )
    desk.happened(said(desk, 1, "go"))
    assert "not told on, it follows from 5 events already" in because(desk)
    assert desk.rows("SELECT count(*) < 20 FROM tag_history") == [(1,)]


def test_the_same_question_three_times_in_a_row_goes_to_a_person(automated):
    desk = automated('[[rule]]\nname = "again"\nsame_question = 3\nhand_off = "asks the same again"\n')
    for number in range(2):
        desk.happened(said(desk, number, "Where is my order?"))
    assert desk.rows("SELECT count(*) FROM conversations WHERE paused_until > ?", desk.now) == [(0,)]
    desk.happened(said(desk, 3, "where is my order"))
    assert desk.rows("SELECT count(*) FROM conversations WHERE paused_until > ?", desk.now) == [(1,)]
    assert "asks the same again" in because(desk)


def test_a_humans_answer_between_begins_the_count_anew(automated):
    desk = automated('[[rule]]\nname = "again"\nsame_question = 3\nhand_off = "asks the same again"\n')
    desk.happened(said(desk, 1, "Where is my order?"), said(desk, 2, "Where is my order?"))
    desk.happen(HumanReplied(key="h", at=desk.now, person="p1", text="On its way.", agent="Ana"))
    desk.step()
    desk.tick(13 * HOUR)
    desk.happened(said(desk, 3, "Where is my order?"))
    assert "asks the same again" not in because(desk)


def test_what_a_plugin_says_a_message_means_lets_the_rules_look_once_more(automated):
    desk = automated(
        '[[rule]]\nname = "lost"\nintent = "lost_order"\nsure = 0.7\nreply = { text = "We look for it." }\n'
    )
    desk.line.listeners[MessageToClassify.kind] = ("meaning",)
    desk.happened(said(desk, 1, "nothing came so far"))
    [(body,)] = desk.rows("SELECT body FROM plugin_work WHERE plugin='meaning'")
    assert (json.loads(body)["text"], json.loads(body)["labels"]) == ("nothing came so far", ["lost_order"])

    [(seq,)] = desk.rows("SELECT event FROM plugin_work")
    sure = ({"label": "lost_order", "p": 0.91},)
    desk.happen(PluginAnswered(key="a", at=desk.now, plugin="meaning", event=seq, ok=True, commands=sure))
    desk.step()
    assert out(desk)[0] == ["We look for it."]
    assert "the message means lost_order (0.91)" in because(desk)


def test_a_meaning_that_is_not_sure_enough_does_nothing(automated):
    desk = automated(
        '[[rule]]\nname = "lost"\nintent = "lost_order"\nsure = 0.7\nreply = { text = "We look for it." }\n'
    )
    desk.line.listeners[MessageToClassify.kind] = ("meaning",)
    desk.happened(said(desk, 1, "nothing came so far"))
    [(seq,)] = desk.rows("SELECT event FROM plugin_work")
    sure = ({"label": "lost_order", "p": 0.69},)
    desk.happen(PluginAnswered(key="a", at=desk.now, plugin="meaning", event=seq, ok=True, commands=sure))
    desk.step()
    assert out(desk)[0] == []


def test_a_person_is_answered_in_the_language_he_writes_and_one_short_word_changes_nothing(automated):
    desk = automated(
        '[[rule]]\nname = "hello"\nreply = { text = { en = "Hello", hy = "Ողջույն", ru = "Здравствуйте" } }\n'
    )
    desk.happened(said(desk, 1, "Բարև ձեզ, ուզում եմ պատվիրել"))
    assert out(desk)[0] == ["Ողջույն"]
    desk.happened(said(desk, 2, "ok"))
    assert out(desk)[0] == ["Ողջույն"]
    desk.happened(said(desk, 3, "Скажите, пожалуйста, сколько это стоит вместе с доставкой?"))
    assert out(desk)[0] == ["Здравствуйте"]

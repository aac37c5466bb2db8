"""Follow-up in a whole hub: silences are watched and learned from, a nudge goes by behaviour, never by a fixed time."""

from __future__ import annotations

import json

import pytest

from hub.contracts.errors import ConfigError
from hub.model.by_hand import HumanReplied, InquiryEdited
from hub.model.events import MessageReceived
from hub.model.people import Identity

HOUR, DAY = 3_600_000, 86_400_000
FOLLOW = """
[send_policy]
min_gap = "4h"

[followup.sales]
answers_alone_below = 0.5
at_least = "4h"
at_most = "2d"
nudges = 2
left_alone = 0.0
required = ["quantity"]
texts = { clarify = "which", advance = "next", restart = "again" }

[texts]
which = { text = "Which quantity do you need?", purpose = "clarify" }
next = { text = "Shall we send the contract?", purpose = "advance" }
again = { text = "Is this still of interest?", purpose = "revive" }

[[rule]]
name = "quantity"
keywords = ["pieces"]
set_inquiry = { quantity = "{{ message.text }}" }
"""


def said(desk, number, text="hello", who=1):
    return MessageReceived(
        key=f"1001.{number}",
        at=desk.now,
        account="1001",
        sender=(Identity("phone", "", f"+1202555{who:04}"),),
        address=f"1202555{who:04}",
        provider_id=f"p{number}",
        text=text,
        name=f"Person {who}",
    )


def answer(desk, text="Do you want an offer?", person="p1"):
    desk.happen(HumanReplied(key=f"h{desk.now}{person}", at=desk.now, person=person, text=text, agent="Ana"))
    desk.step()
    for one in desk.lease():
        desk.sent(one, provider_id=f"x{one.outbox}")


def nudges(desk):
    return [text for (text,) in desk.rows("SELECT text FROM messages WHERE author='bot' ORDER BY id")]


def sent(desk):
    leased = desk.lease()
    for one in leased:
        desk.sent(one, provider_id=f"x{one.outbox}")
    return [one.message.text for one in leased]


def because(desk):
    return "\n".join(row[0] for row in desk.rows("SELECT because FROM decisions ORDER BY id"))


def test_nothing_is_known_at_first_so_the_teams_fences_decide(automated):
    desk = automated(FOLLOW)
    desk.happened(said(desk, 1, "I want parts"))
    answer(desk)
    desk.tick(47 * HOUR)
    assert nudges(desk) == []
    desk.tick(2 * HOUR)
    assert nudges(desk) == ["Which quantity do you need?"]
    assert "missing: quantity" in because(desk)
    assert "chance unknown" in because(desk)


def test_who_answers_is_learned_from_and_not_nudged(automated):
    desk = automated(FOLLOW)
    desk.happened(said(desk, 1, "I want parts"))
    answer(desk)
    desk.tick(3 * HOUR)
    desk.happened(said(desk, 2, "100 pieces"))
    desk.tick(3 * DAY)

    assert nudges(desk) == []
    assert desk.rows("SELECT asked, answered FROM rhythm") == [(1, 1)]
    assert desk.rows("SELECT sum(answered) FROM chances") == [(1,)]
    [(rhythm,)] = desk.rows("SELECT rhythm FROM people WHERE id=1")
    assert rhythm.split()[:2] == ["1", "1"]


def test_where_most_answer_quickly_a_silence_of_hours_is_followed_up_and_says_how_likely_an_answer_was(automated):
    desk = automated(FOLLOW)
    for who in range(1, 86):
        desk.happened(said(desk, f"a{who}", "I want parts", who=who))
        answer(desk, person=f"p{who}")
    desk.now += HOUR // 2
    for who in range(1, 51):
        desk.happened(said(desk, f"b{who}", "100 pieces", who=who))
    desk.tick(8 * DAY)
    assert nudges(desk) == []
    desk.happened(said(desk, "c", "I want parts", who=90))
    answer(desk, person="p86")
    desk.tick(4 * HOUR)
    desk.tick(9 * HOUR)
    assert nudges(desk) == ["Which quantity do you need?"]
    assert "still answer alone (n=" in because(desk)


def test_a_thank_you_ends_the_matter_and_is_not_followed_up(automated):
    desk = automated(FOLLOW)
    desk.happened(said(desk, 1, "I want parts"))
    answer(desk, "They are on their way.")
    desk.tick(5 * DAY)
    assert nudges(desk) == []
    assert "the silence ends the matter" in because(desk)


def test_no_more_than_the_allowed_nudges_go_and_never_the_same_twice(automated):
    desk = automated(FOLLOW)
    desk.happened(said(desk, 1, "I want parts"))
    answer(desk)
    for _ in range(40):
        desk.tick(12 * HOUR)
        sent(desk)
    said_so = nudges(desk)
    assert 1 <= len(said_so) <= 2
    assert len(said_so) == len(set(said_so))


def test_a_closed_inquiry_is_left_alone(automated):
    desk = automated(FOLLOW)
    desk.happened(said(desk, 1, "I want parts"))
    answer(desk)
    desk.happen(InquiryEdited(key="c", at=desk.now, person="p1", state="closed", reason="lost", agent="Ana"))
    desk.step()
    desk.tick(5 * DAY)
    assert nudges(desk) == []


def test_each_signal_is_kept_with_its_weight(automated):
    desk = automated(FOLLOW)
    desk.happened(said(desk, 1, "I compare your offer with another supplier: 500 kg by May"))
    answer(desk)
    desk.tick(49 * HOUR)
    [(record,)] = desk.rows("SELECT record FROM decisions WHERE because LIKE 'follow-up sales: clarify%'")
    [entry] = json.loads(record)
    assert any(line.startswith("comparison") for line in entry["conditions"])


def test_only_the_same_question_again_is_a_repeated_one(automated):
    desk = automated(FOLLOW.replace('required = ["quantity"]\n', ""))
    for number, text in enumerate(("Do you ship to Malta?", "Which colours are there?", "I want parts")):
        desk.happened(said(desk, number, text))
    answer(desk)
    desk.tick(49 * HOUR)
    assert "he asked the same" not in because(desk)


def test_the_same_question_again_is_clarified(automated):
    desk = automated(FOLLOW.replace('required = ["quantity"]\n', ""))
    for number in range(2):
        desk.happened(said(desk, number, "Do you ship to Malta?"))
    answer(desk)
    desk.tick(49 * HOUR)
    assert "he asked the same 2 times" in because(desk)


def test_a_second_follow_up_is_refused_for_it_would_never_be_looked_at(automated):
    with pytest.raises(ConfigError, match="there is a second follow-up, 'other'"):
        automated(FOLLOW + '[followup.other]\ntexts = { clarify = "which" }\n')

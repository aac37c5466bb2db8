"""One person, many channels, many causes: he sees one coherent line, each follow-up with its purpose, none twice."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from hub.model.by_hand import HumanReplied, IdentityMoved
from hub.model.events import MessageReceived
from hub.model.happened import TagAdded
from hub.model.people import Identity

HOUR, DAY = 3_600_000, 86_400_000
TEAM = """
[send_policy]
min_gap = "20h"

[tag.nudge]
[tag.offer]

[followup.sales]
at_least = "4h"
at_most = "1d"
left_alone = 0.0
required = ["quantity"]
texts = { clarify = "which" }

[texts]
which = { text = "Which quantity do you need?", purpose = "clarify" }

[[rule]]
name = "nudge"
on = "tag.added"
about = "nudge"
purpose = "revive"
reply = { text = "Are you still there?" }

[[rule]]
name = "price"
keywords = ["price"]
reply = { text = "From 5." }
"""


def said(desk, number, text="I want parts", who=1, account="1001"):
    return MessageReceived(
        key=f"{account}.{number}",
        at=desk.now,
        account=account,
        sender=(Identity("phone", "", f"+447700{who:06}"),),
        address=f"447700{who:06}",
        provider_id=f"p{number}",
        text=text,
        name=f"Person {who}",
    )


def leaves(desk, *inboxes):
    texts = []
    for inbox in inboxes or ("sales", "service"):
        for _ in range(3):  # what is dropped makes room for what is behind it
            leased = desk.lease(inbox)
            for one in leased:
                desk.sent(one, provider_id=f"x{one.outbox}")
            texts += [one.message.text for one in leased]
    return texts


def answer(desk, person="p1", text="Which parts do you want?"):
    desk.happen(HumanReplied(key=f"h{desk.now}{person}", at=desk.now, person=person, text=text, agent="Ana"))
    desk.step()
    leaves(desk)


def days(desk, number):
    """Hour after hour: everything unasked that left, by person."""
    for _ in range(24 * number):
        desk.tick(HOUR)
        leaves(desk)
    rows = desk.rows(
        "SELECT o.lane, o.started, o.rule, o.body, m.text FROM outbox o JOIN messages m ON m.id=o.message"
        " WHERE o.class='outreach' AND o.started>0 ORDER BY o.lane, o.started"
    )
    found = {}
    for person, at, rule, body, text in rows:
        found.setdefault(person, []).append((at, rule, json.loads(body)["purpose"], text))
    return found


def test_fifty_people_on_two_channels_get_follow_ups_that_never_overlap_and_all_have_a_purpose(automated):
    desk = automated(TEAM)
    for who in range(1, 51):
        desk.happened(said(desk, f"a{who}", who=who), said(desk, f"b{who}", who=who, account="1002"))
    for who in range(1, 51):
        answer(desk, f"p{who}")
    desk.tick(14 * HOUR)  # the pause after a human's answer is over
    for who in range(1, 51):  # another cause before the follow-up, in the other conversation
        desk.happen(TagAdded(key=f"t{who}", at=desk.now, person=who, conversation=2 * who - 1, tag="nudge"))
    desk.step()

    found = days(desk, 3)
    assert len(found) == 50
    for sends in found.values():
        times = [at for at, *_ in sends]
        assert all(later - earlier >= 20 * HOUR for earlier, later in pairwise(times))
        assert [purpose for _, _, purpose, _ in sends] == ["revive", "clarify"]
        assert len({text for *_, text in sends}) == 2
    assert desk.rows("SELECT count(*) FROM inquiries") == [(50,)]


def test_one_inquiry_is_seen_with_all_its_channels(automated):
    desk = automated(TEAM)
    desk.happened(said(desk, 1))
    desk.happened(said(desk, 2, "the price?", account="1002"))
    assert leaves(desk) == ["From 5."]
    assert desk.rows("SELECT id, person, conversation FROM inquiries") == [(1, 1, 2)]
    talked = desk.rows("SELECT inbox, person FROM conversations ORDER BY id")
    assert talked == [("sales", 1), ("service", 1)]


def test_two_identities_that_turn_out_to_be_one_person_are_followed_up_once(automated):
    desk = automated(TEAM)
    desk.happened(said(desk, 1, who=1))
    desk.happened(said(desk, 2, who=2, account="1002"))
    answer(desk, "p1")
    desk.happen(IdentityMoved(key="m", at=desk.now, identity="phone::+447700000002", person="p1"))
    desk.step()
    sends = days(desk, 3)
    assert set(sends) == {1}
    assert [rule for _, rule, *_ in sends[1]] == ["followup"]


@pytest.mark.parametrize("what", ["he writes", "a human answers"])
def test_what_waits_to_be_said_unasked_is_not_said_over_him_or_a_human(automated, what):
    desk = automated(TEAM)
    desk.happened(said(desk, 1))
    answer(desk)
    desk.tick(13 * HOUR)
    desk.happen(TagAdded(key="t1", at=desk.now, person=1, conversation=1, tag="nudge"))
    desk.step()
    if what == "he writes":
        desk.now += 1
        desk.happened(said(desk, 2, "100 pieces"))
    else:
        answer(desk, text="I am here.")
    assert leaves(desk) == []


def test_what_was_said_and_what_comes_of_it_stands_in_the_crm_once(automated):
    desk = automated(TEAM)
    desk.happened(said(desk, 1, "the price?"))
    assert leaves(desk) == ["From 5."]
    assert len(desk.crm("person").rows) == 1
    logs = desk.rows("SELECT m.text FROM outbox o JOIN messages m ON m.id=o.message WHERE o.kind='log' ORDER BY o.id")
    assert logs == [("the price?",), ("From 5.",)]


def test_the_same_question_is_answered_again_but_nothing_unasked_is_said_twice(automated):
    desk = automated(TEAM)
    desk.happened(said(desk, 1))
    answer(desk)
    sends = days(desk, 9)
    assert [text for *_, text in sends[1]] == ["Which quantity do you need?"]

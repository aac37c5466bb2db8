"""What a person asked for travels with his inquiry: through channels, hand-offs, sleep, another owner and a merge."""

from __future__ import annotations

import json

import pytest

from hub.model.by_hand import ConversationClaimed, HumanReplied, IdentityMoved, InquiryEdited, TagsEdited
from hub.model.events import MessageReceived
from hub.model.people import Identity

HOUR, DAY = 3_600_000, 86_400_000
SHOP = """
[agent.anna]
[agent.bo]
[team.sales]
members = ["anna", "bo"]
lead = "bo"

[send_policy]
min_gap = "4h"

[followup.sales]
at_most = "1d"
left_alone = 0.0
nudges = 5
required = ["quantity"]
restart_after = "20d"
texts = { clarify = "which", advance = "next", restart = "again" }

[texts]
which = { text = "Which quantity do you need?", purpose = "clarify" }
next = { text = "Shall we go on?", purpose = "advance" }
again = { text = "You now need {{ detail.quantity }}: do we start afresh?", purpose = "revive" }

[[rule]]
name = "quantity"
keywords = ["pieces"]
set_inquiry = { quantity = "{{ message.text }}" }

[tag.wants-more]
[[rule]]
name = "told on the phone"
on = "tag.added"
about = "wants-more"
set_inquiry = { quantity = "500 pieces" }

[[rule]]
name = "help"
keywords = ["help"]
hand_off = { because = "wants help", team = "sales" }
"""


def said(desk, number, text, who=1, account="1001"):
    return MessageReceived(
        key=f"{account}.{number}",
        at=desk.now,
        account=account,
        sender=(Identity("phone", "", f"+4477009001{who:02}"),),
        address=f"4477009001{who:02}",
        provider_id=f"p{number}",
        text=text,
        name="Ana",
    )


def leaves(desk):
    texts = []
    for inbox in ("sales", "service"):
        for _ in range(3):
            leased = desk.lease(inbox)
            for one in leased:
                desk.sent(one, provider_id=f"x{one.outbox}")
            texts += [one.message.text for one in leased]
    return texts


def answer(desk, text="Do you want an offer?"):
    desk.happen(HumanReplied(key=f"h{desk.now}", at=desk.now, person="p1", text=text, agent="anna"))
    desk.step()
    leaves(desk)


def by_hand(desk, **values):
    desk.happen(InquiryEdited(key=f"k{desk.now}{values}", at=desk.now, person="p1", agent="anna", **values))
    desk.step()


def request(desk):
    found = [json.loads(context) for (context,) in desk.rows("SELECT context FROM inquiries WHERE context<>''")]
    return [one["request"] for one in found if "request" in one]


@pytest.fixture
def desk(automated):
    hub = automated(SHOP)
    hub.happened(said(hub, 1, "100 pieces please"))
    return hub


def test_what_was_asked_survives_another_channel_a_hand_off_sleep_an_end_and_another_owner(desk):
    asked = [{"quantity": "100 pieces please"}]
    assert request(desk) == asked
    desk.now += 1
    desk.happened(said(desk, 2, "help", account="1002"))
    by_hand(desk, owner="bo")
    by_hand(desk, state="snoozed", until=desk.now + DAY, reason="waits")
    desk.tick(DAY)
    by_hand(desk, state="closed", reason="sold")
    desk.tick(DAY)
    desk.happened(said(desk, 3, "one more thing"))
    assert desk.rows("SELECT id, owner, state FROM inquiries") == [(1, "bo", "open")]
    assert request(desk) == asked


def test_nothing_is_lost_at_a_hand_off_the_agent_gets_what_was_said_and_asked(desk):
    desk.line.listeners["notice"] = ("bell",)
    desk.happened(said(desk, 2, "help"))
    bodies = [json.loads(body) for (body,) in desk.rows("SELECT body FROM plugin_work")]
    told = [one for one in bodies if "needs a human" in one["text"]]
    assert len(told) == 1
    assert all(one["context"] for one in told)
    assert "100 pieces please" in told[0]["context"]
    assert "quantity" in told[0]["context"]


def test_it_goes_along_when_the_identity_turns_out_to_be_somebody_else(desk):
    desk.happened(said(desk, 2, "hello", who=2, account="1002"))
    desk.happen(IdentityMoved(key="m", at=desk.now, identity="phone::+447700900102", person="p1"))
    desk.step()
    desk.happened(said(desk, 3, "it is me", who=2, account="1002"))
    assert request(desk) == [{"quantity": "100 pieces please"}]
    [(seen,)] = desk.rows("SELECT context FROM inquiries WHERE person=1")
    assert "100 pieces" in seen


def test_what_changed_is_kept_beside_what_was_asked_first_and_the_next_message_starts_afresh(desk):
    answer(desk)
    desk.tick(13 * HOUR)
    desk.happened(said(desk, 2, "make it 500 pieces"))
    [(context,)] = desk.rows("SELECT context FROM inquiries")
    assert json.loads(context)["request"] == {"quantity": "100 pieces please"}
    assert json.loads(context)["details"] == {"quantity": "make it 500 pieces"}


def test_a_request_that_changed_since_we_wrote_is_taken_up_anew_and_not_continued(desk):
    answer(desk)
    desk.happen(ConversationClaimed(key="r", at=desk.now, person="p1", release=True))
    desk.step()
    desk.happen(TagsEdited(key="t", at=desk.now, person="p1", add=("wants-more",), agent="anna"))
    desk.step()
    texts = []
    for _ in range(30):
        desk.tick(HOUR)
        texts += leaves(desk)
    assert texts == ["You now need 500 pieces: do we start afresh?"]


def test_an_unchanged_request_is_continued_with_what_is_missing(automated):
    desk = automated(SHOP)
    desk.happened(said(desk, 1, "I need steel"))
    answer(desk)
    texts = []
    for _ in range(48):
        desk.tick(HOUR)
        texts += leaves(desk)
    assert texts == ["Which quantity do you need?"]


def test_all_five_parts_are_filled_while_it_goes_on(automated):
    company = """
[[rule]]
name = "who"
keywords = ["boss"]
set_inquiry = { "company.role" = "decision-maker", product = "saw, drill" }
"""
    desk = automated(SHOP + company)
    desk.happened(said(desk, 1, "100 pieces please, I ask my boss"))
    answer(desk)
    for _ in range(26):
        desk.tick(HOUR)
        leaves(desk)
    [(context,)] = desk.rows("SELECT context FROM inquiries")
    parts = json.loads(context)
    assert parts["request"] == {"quantity": "100 pieces please, I ask my boss"}
    assert parts["company"] == {"role": "decision-maker"}
    assert parts["products"] == ["saw", "drill"]
    assert sum(parts["history"].values()) >= 2
    assert parts["intent"]["level"] in ("low", "medium", "high")

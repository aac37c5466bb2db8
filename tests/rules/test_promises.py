"""What holds for every event, whatever the rules and whatever is known: decisions are total, equal and plain."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.commands import Delay, Send
from hub.model.events import MessageReceived
from hub.model.happened import (
    CampaignDue,
    DealStage,
    InquiryChanged,
    MessageRead,
    MessageSent,
    Rated,
    RecordChanged,
    ReplyDue,
    TagAdded,
    TagDue,
    TagRemoved,
    TimerRang,
)
from hub.model.people import Person, PersonId
from hub.model.view import DealView
from hub.rules.kinds import KINDS

PAGE = (Path(__file__).parents[2] / "docs/how-to/rules.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
RULES = "".join("[[rule]]\n" + part for block in BLOCKS for part in block.split("[[rule]]\n")[1:])
EVERY = f"""
[[rule]]
name = "everything"
on = {json.dumps(KINDS)}
any = [
  {{ where = {{ budget = ">= 5" }} }}, {{ tags = {{ any = ["vip"] }} }}, {{ segment = "quiet" }},
  {{ outside = "shop" }}, {{ when = "silent > duration('1h') && numbers.budget > 3" }},
  {{ owner = "anna" }}, {{ deal_stage = "won" }},
]
once_per = "1h"
purpose = "inform"
reply = {{ text = "{{{{ person.name }}}} {{{{ value.city }}}} {{{{ hours.next_open }}}}" }}
tag = "vip"
"""
SENT = {"message": 9, "by": "prices", "cls": "reply", "origin": 4}
CRM = {"crm": "main", "type": "deal", "record": "7", "field": "stage", "before": "new", "after": "Closed won"}
HAPPENINGS = [
    (CampaignDue, {"campaign": "spring", "run": 1}),
    (DealStage, CRM),
    (RecordChanged, {**CRM, "field": "Level__c", "before": "", "after": "Gold"}),
    (InquiryChanged, {"inquiry": 5, "what": "closed"}),
    (MessageRead, SENT),
    (MessageSent, SENT),
    (MessageSent, {**SENT, "cls": "outreach"}),
    (Rated, {"score": 20, "of": "prices"}),
    (ReplyDue, {"inquiry": 5, "priority": "P1", "owner": "anna", "step": 2}),
    (TagAdded, {"tag": "vip"}),
    (TagDue, {"tag": "vip", "what": "remind"}),
    (TagRemoved, {"tag": "vip"}),
    (TimerRang, {"name": "t"}),
]
WORDS = ["price", "confirm order", "HUMAN", "stop", "start", "1", "quote", "yes", "", "5000", "scam!!!", "ऑर्डर की पुष्टि"]
TEXTS = st.lists(st.sampled_from(WORDS) | st.text(max_size=6), max_size=4).map(" ".join)
HAPPENED = st.sampled_from(HAPPENINGS).map(lambda one: one[0](key="k", at=1, person=1, conversation=3, **one[1]))
VIEWS = st.fixed_dictionaries(
    {},
    optional={
        "person": st.sampled_from([Person(PersonId(1), "Ana", "de"), Person(PersonId(1), opted_out=True)]),
        "id": st.just(0),
        "first": st.booleans(),
        "same": st.integers(0, 5),
        "claimed": st.sampled_from(["", "anna"]),
        "paused_until": st.sampled_from([0, 1 << 50]),
        "expects": st.sampled_from(
            [{}, {"1": "hand_off"}, {"*": "field:budget"}, {"yes": "rule:budget"}, {"1": "odd"}]
        ),
        "tags": st.sampled_from([{}, {"vip": 1}]),
        "details": st.sampled_from([{}, {"budget": "70,000 EUR"}, {"budget": "?"}]),
        "values": st.sampled_from([{}, {"city": "Rome", "budget": "4"}]),
        "heard": st.sampled_from([0, 1_795_435_200_000]),
        "deals": st.sampled_from([(), (DealView(stage="won", closed=True),)]),
        "intents": st.sampled_from([{}, {"cost": 0.9}]),
        "paused": st.sampled_from([frozenset(), frozenset({"*"}), frozenset({"rule:everything"})]),
        "fired": st.sampled_from([None, {"everything": 1_795_435_200_000}]),
    },
)


@pytest.fixture(scope="module")
def rules(shop):
    """Every rule of the how-to, and one that is on everything."""
    return shop(RULES + EVERY)


def promises(rules, event, view):
    decision = rules.decision(event, **view)
    assert decision == rules.decision(event, **view)
    assert json.loads(json.dumps(decision.record)) == list(decision.record)
    keys = [(command.kind, command.rule, command.slot) for command in decision.commands]
    assert len(set(keys)) == len(keys)
    sends = [command for command in decision.commands if isinstance(command, Send)]
    seen = rules.view(**view)
    if seen.person.opted_out or seen.conversation.claimed or seen.conversation.paused_until or "*" in seen.paused:
        assert not sends
    if not isinstance(event, MessageReceived):
        assert not seen.conversation.id or all(send.cls == "reply" or send.purpose for send in sends)
        assert seen.conversation.id or not sends
    for command in decision.commands:
        if isinstance(command, Delay):
            later = rules.later(command.rule, event, **view)
            assert not any(isinstance(one, Delay) for one in later.commands)


@given(HAPPENED, VIEWS)
def test_whatever_happens(rules, event, view):
    promises(rules, event, view)


@given(TEXTS, st.sampled_from(["", "yes", "agree"]), VIEWS)
def test_whatever_is_said(rules, text, payload, view):
    event = rules.said(text, payload)
    promises(rules, event, view)
    commands = rules.decision(event, **view).commands
    if any(command.rule in ("consent", "hand_off") for command in commands):
        assert len(commands) == 1

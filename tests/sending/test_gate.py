"""The send gate."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sending import Outreach, SendState, may_send

HOUR = 3_600_000
NOW = 1_800_000_000_000
FINE = SendState(
    cls="reply",
    opted_out=False,
    window=24 * HOUR,
    last_inbound=NOW - 1000,
    paused_until=0,
    replies_since_inbound=0,
    max_replies=3,
    repeats=False,
    created=NOW - 500,
    outreach=Outreach(purpose="clarify", created=NOW - 500, heard=NOW - 1000),
)

SOON = Outreach(purpose="inform", created=NOW - 500, heard=NOW - 1000, sent=(NOW - HOUR,))


@pytest.mark.parametrize(
    ("changes", "action", "reason"),
    [
        ({}, "send", ""),
        ({"cls": "human"}, "send", ""),
        ({"cls": "outreach"}, "send", ""),
        ({"opted_out": True}, "drop", "no more messages"),
        ({"opted_out": True, "cls": "human"}, "drop", "no more messages"),
        ({"last_inbound": NOW - 24 * HOUR}, "drop", "24 h window"),
        ({"last_inbound": NOW - 24 * HOUR + 5 * 60_000}, "drop", "24 h window"),
        ({"last_inbound": NOW - 24 * HOUR + 5 * 60_000 + 1}, "send", ""),
        ({"last_inbound": NOW - 24 * HOUR, "cls": "human"}, "drop", "24 h window"),
        ({"last_inbound": 0}, "drop", "24 h window"),
        ({"last_inbound": 0, "window": 0}, "send", ""),
        ({"window": 90 * 60_000, "last_inbound": 0}, "drop", "1 h 30 min window"),
        ({"paused_until": NOW + 1}, "drop", "human has the case"),
        ({"paused_until": NOW + 1, "cls": "outreach"}, "drop", "human has the case"),
        ({"paused_until": NOW + 1, "cls": "human"}, "send", ""),
        ({"paused_until": NOW}, "send", ""),
        ({"replies_since_inbound": 2}, "send", ""),
        ({"replies_since_inbound": 3}, "drop", "already got 3 replies"),
        ({"replies_since_inbound": 3, "cls": "outreach"}, "send", ""),
        ({"replies_since_inbound": 3, "cls": "human"}, "send", ""),
        ({"repeats": True}, "drop", "same text"),
        ({"repeats": True, "cls": "human"}, "send", ""),
        ({"created": NOW - 6 * HOUR - 1}, "drop", "waited longer than 6 h"),
        ({"created": NOW - 6 * HOUR}, "send", ""),
        ({"created": NOW - 6 * HOUR - 1, "cls": "human"}, "send", ""),
        ({"last_inbound": 0, "form": "template"}, "send", ""),
        ({"last_inbound": 0, "form": "template", "opted_out": True, "cls": "human"}, "drop", "no more messages"),
        ({"form": "template", "fault": "There is no template 'x'."}, "drop", "no template 'x'"),
        ({"form": "list", "sendable": False, "cls": "human"}, "drop", "cannot send the form 'list'"),
        ({"last_inbound": 0, "fallback": True}, "template", "24 h window"),
        ({"last_inbound": 0, "fallback": True, "cls": "human"}, "template", "24 h window"),
        ({"last_inbound": 0, "fallback": True, "opted_out": True}, "drop", "no more messages"),
        ({"last_inbound": 0, "fallback": True, "paused_until": NOW + 1}, "drop", "human has the case"),
        ({"last_inbound": 0, "fallback": True, "replies_since_inbound": 3}, "drop", "already got 3 replies"),
        ({"fallback": True}, "send", ""),
        ({"ready": NOW + 1}, "wait", "only so many"),
        ({"ready": NOW + 1, "cls": "human"}, "wait", "only so many"),
        ({"ready": NOW}, "send", ""),
        ({"ready": NOW + 1, "opted_out": True}, "drop", "no more messages"),
        ({"claimed": "Ana"}, "drop", "human has the case: Ana"),
        ({"claimed": "Ana", "cls": "outreach"}, "drop", "human has the case: Ana"),
        ({"claimed": "Ana", "cls": "human"}, "send", ""),
        ({"stopped": "A human paused the rule x."}, "drop", "paused the rule x"),
        ({"stopped": "A human paused the rule x.", "cls": "human"}, "send", ""),
        ({"off_topic": "The topic 'legal' is forbidden."}, "hand_over", "'legal' is forbidden"),
        ({"off_topic": "The topic 'legal' is forbidden.", "cls": "outreach"}, "hand_over", "'legal' is forbidden"),
        ({"off_topic": "The topic 'legal' is forbidden.", "cls": "human"}, "send", ""),
        ({"off_topic": "The topic 'legal' is forbidden.", "claimed": "Ana"}, "drop", "human has the case"),
        ({"cls": "outreach", "outreach": None}, "drop", "needs a declared purpose"),
        ({"cls": "outreach", "outreach": None, "continues": True}, "send", ""),
        ({"cls": "outreach", "outreach": SOON}, "wait", "20 h after the last unasked message"),
        ({"cls": "outreach", "outreach": SOON, "last_inbound": 0, "fallback": True}, "wait", "20 h after"),
        ({"cls": "outreach", "outreach": SOON, "last_inbound": 0}, "drop", "24 h window"),
    ],
)
def test_verdicts(changes, action, reason):
    verdict = may_send(replace(FINE, **changes), NOW)
    assert verdict.action == action
    assert reason in verdict.reason
    assert bool(verdict.reason) == (action != "send")


STATES = st.builds(
    SendState,
    cls=st.sampled_from(["reply", "human", "outreach"]),
    opted_out=st.booleans(),
    window=st.sampled_from([0, HOUR, 24 * HOUR]),
    last_inbound=st.integers(0, NOW),
    paused_until=st.integers(0, 2 * NOW),
    replies_since_inbound=st.integers(0, 9),
    max_replies=st.integers(0, 5),
    repeats=st.booleans(),
    created=st.integers(0, NOW),
    form=st.sampled_from(["text", "buttons", "template"]),
    sendable=st.booleans(),
    fault=st.sampled_from(["", "wrong"]),
    fallback=st.booleans(),
    ready=st.integers(0, 2 * NOW),
    claimed=st.sampled_from(["", "Ana"]),
    stopped=st.sampled_from(["", "A human paused it."]),
    off_topic=st.sampled_from(["", "It is forbidden."]),
    continues=st.booleans(),
    outreach=st.sampled_from([None, FINE.outreach, SOON]),
)


def test_a_wait_says_until_when():
    assert may_send(replace(FINE, ready=NOW + 7000), NOW).due == NOW + 7000


@given(STATES)
def test_what_leaves_never_breaks_a_promise(state):
    if may_send(state, NOW).action != "send":
        return
    assert not state.opted_out
    assert not state.window or NOW - state.last_inbound < state.window or state.form == "template"
    assert state.sendable
    assert not state.fault
    assert state.ready <= NOW
    if state.cls != "human":
        assert state.paused_until <= NOW
        against = (state.repeats, state.claimed, state.stopped, state.off_topic)
        assert not any(against)
    if state.cls == "outreach" and not state.continues:
        assert state.outreach == FINE.outreach
    if state.cls == "reply":
        assert state.replies_since_inbound < state.max_replies

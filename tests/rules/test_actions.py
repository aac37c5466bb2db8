"""What rules do, one key at a time, and the class of what they say."""

import pytest

from hub.model.commands import (
    ArmTimer,
    Assign,
    ChangeInquiry,
    HandOff,
    Notify,
    Pause,
    Send,
    SetField,
    SetPriority,
    Tag,
)
from hub.model.happened import MessageRead, MessageSent, TagAdded

HOUR = 3_600_000
NOON = 1_795_435_200_000

DONE = [
    ('tag = ["vip", "new"]', Tag(rule="x", add=("vip", "new"))),
    ('tag = "vip"\nuntag = "new"', Tag(rule="x", add=("vip",), remove=("new",))),
    ('priority = "P1"', SetPriority(rule="x", priority="P1")),
    ('assign = "anna"', Assign(rule="x", agent="anna")),
    (
        'assign = { team = "sales", by = ["territory", "load"] }',
        Assign(rule="x", team="sales", by=("territory", "load")),
    ),
    ('assign = { by = "crm_owner" }', Assign(rule="x", by=("crm_owner",))),
    ('hand_off = "asks for a discount"', HandOff(rule="x", because="asks for a discount")),
    ('hand_off = { because = "why", team = "sales" }', HandOff(rule="x", because="why", team="sales")),
    ('notify = { to = "owner", text = "{{ person.name }} wrote" }', Notify(rule="x", to="owner", text="Ana wrote")),
    (
        'set = { city = "Rome", size = 7, known = true }',
        SetField(rule="x", values={"city": "Rome", "size": "7", "known": "true"}),
    ),
    (
        'set_inquiry = { topic = "{{ message.text }}" }',
        SetField(rule="x", slot="inquiry", values={"topic": "hi"}, inquiry=True),
    ),
    ('timer = { name = "t", after = "2h" }', ArmTimer(rule="x", name="t", due=NOON + 2 * HOUR)),
    ('pause = "12h"', Pause(rule="x", until=NOON + 12 * HOUR)),
    ('close = "sold"', ChangeInquiry(rule="x", slot="close", state="closed", reason="sold")),
    ('snooze = "2d"', ChangeInquiry(rule="x", slot="snooze", state="snoozed", until=NOON + 48 * HOUR)),
    (
        'next_step = { text = "Call {{ person.name }}", after = "1d" }',
        ChangeInquiry(rule="x", slot="next_step", next_step="Call Ana", until=NOON + 24 * HOUR),
    ),
]


@pytest.mark.parametrize(("lines", "command"), DONE)
def test_a_rule_does_it(shop, lines, command):
    rules = shop(f'[[rule]]\nname = "x"\nkeywords = "hi"\n{lines}\n')
    assert rules.say("hi").commands == (command,)
    assert rules.say("ho").commands == ()


def test_high_value_words_get_p1_and_tell_the_supervisor_at_once(shop):
    rules = shop("""
[[rule]]
name = "ready to buy"
keywords = { en = ["confirm order", "sign contract"], hi = ["ऑर्डर की पुष्टि"] }
priority = "P1"
notify = [{ to = "sales", text = "{{ message.text }}" }, { to = "owner", text = "look" }]
""")
    for said in ("I want to confirm order 7", "मैं ऑर्डर की पुष्टि करता हूँ"):
        priority, lead, owner = rules.say(said).commands
        assert priority == SetPriority(rule="ready to buy", priority="P1")
        assert (lead, owner) == (
            Notify(rule="ready to buy", slot="0", to="sales", text=said),
            Notify(rule="ready to buy", slot="1", to="owner", text="look"),
        )


def test_no_two_commands_of_a_rule_share_their_key(shop):
    rules = shop("""
[[rule]]
name = "all"
reply = { text = "a" }
task = { title = "a" }
note = "a"
tag = "vip"
priority = "P1"
assign = "anna"
hand_off = "a"
notify = [{ to = "anna", text = "a" }, { to = "anna", text = "b" }]
set = { a = "a" }
set_inquiry = { a = "a" }
timer = { name = "t", after = "1h" }
cancel = ["t"]
pause = "1h"
snooze = "2d"
next_step = { text = "a", after = "1d" }
""")
    commands = rules.say("hi").commands
    assert len(commands) == 16
    assert len({(command.kind, command.slot) for command in commands}) == len(commands)


OUTREACH = """
[texts]
hello = { text = "Hello", purpose = "revive" }
[[rule]]
name = "welcome"
on = "tag.added"
reply = "hello"
[[rule]]
name = "after ours"
on = ["message.read", "message.sent"]
reply = { text = "More?" }
"""


def ours(cls, kind=MessageRead, by="other"):
    return kind(key="k", at=1, person=1, conversation=3, message=9, by=by, cls=cls, origin=4)


def test_what_nobody_asked_for_is_outreach_with_its_purpose(shop):
    (send,) = shop(OUTREACH).decision(TagAdded(key="k", at=1, person=1, conversation=3, tag="vip")).commands
    assert (send.cls, send.purpose) == ("outreach", "revive")


def test_what_follows_from_a_reply_is_a_reply(shop):
    (send,) = shop(OUTREACH).decision(ours("reply")).commands
    assert send == Send(rule="after ours", text="More?", cls="reply")


def test_what_follows_from_outreach_needs_a_purpose(shop):
    decision = shop(OUTREACH).decision(ours("outreach"))
    assert decision.commands == ()
    assert "nothing is said: it has no purpose" in decision.because[0]


def test_no_rule_follows_from_its_own_message_or_from_a_humans(shop):
    rules = shop(OUTREACH)
    assert rules.decision(ours("reply", by="after ours")) == ((), (), (), (), False)
    every = shop('[[rule]]\nname = "x"\non = "message.sent"\ntag = "vip"\n')
    assert every.decision(ours("human", MessageSent, by="anna")).commands == ()
    assert every.decision(ours("reply", MessageSent, by="prices")).commands == (Tag(rule="x", add=("vip",)),)
    named = shop('[[rule]]\nname = "x"\non = "message.sent"\nabout = "anna"\ntag = "vip"\n')
    assert named.decision(ours("human", MessageSent, by="anna")).commands == (Tag(rule="x", add=("vip",)),)


ANY_ANSWER = """
[texts]
declared = { text = "cheap", topic = "price" }
[[rule]]
name = "x"
reply = %s
"""


@pytest.mark.parametrize(
    ("policy", "reply", "said", "topic"),
    [
        ("", '"declared"', "hi", "price"),
        ("", '{ text = "a" }', "the price?", ""),
        ('forbidden_topics = ["legal"]', '{ text = "a" }', "the price?", ""),
        ('forbidden_topics = ["legal"]', '{ text = "a" }', "the price for my lawyer?", "legal"),
        ('forbidden_topics = ["legal"]', '"declared"', "the price for my lawyer?", "legal"),
        ('allowed_topics = ["price"]', '{ text = "a" }', "the price for my lawyer?", ""),
        ('allowed_topics = ["price"]', '{ text = "a" }', "my lawyer", "legal"),
        ('allowed_topics = ["price"]', '{ text = "a" }', "hi", ""),
    ],
)
def test_an_answer_to_what_is_not_allowed_tells_so_to_the_gate(shop, policy, reply, said, topic):
    rules = shop(f"[send_policy]\n{policy}\n{ANY_ANSWER % reply}")
    assert rules.say(said).commands[0].topic == topic


def test_a_human_stops_one_rule_or_all(shop):
    rules = shop('[[rule]]\nname = "x"\ntag = "vip"\n[[rule]]\nname = "y"\ntag = "new"\n')
    assert rules.acted("hi", paused=frozenset({"rule:x"})) == ["y"]
    assert rules.say("hi", paused=frozenset({"rule:x"})).because[0] == "x: every message; a human stopped this rule"
    assert rules.say("hi", paused=frozenset({"*"})).because == ("no automation: a human stopped all rules",)


def test_what_acts_once_in_its_time_is_told_to_the_engine(shop):
    rules = shop('[[rule]]\nname = "x"\nonce_per = "1h"\ntag = "vip"\n[[rule]]\nname = "y"\ntag = "new"\n')
    assert rules.say("hi").fired == ("x",)
    again = rules.say("hi", fired={"x": NOON - HOUR + 1})
    assert again.fired == ()
    assert again.because[0] == "x: every message; not again so soon"

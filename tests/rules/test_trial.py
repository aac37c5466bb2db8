"""Tests beside the rules: what they play, what they see, and what is refused in them."""

import tomllib
from functools import cache

import pytest

from hub.contracts.errors import ConfigError
from hub.contracts.toml_lines import Lines
from hub.rules import Policy, compile_rules
from hub.rules.outcomes import agrees
from hub.rules.trial import compile_trials
from hub.rules.trying import attempt

FILE = """
[hours.shop]
timezone = "Asia/Yerevan"
week = { mon-fri = "09:00-18:00" }
[currency]
base = "EUR"
bare = "EUR"
[texts]
prices = { en = "From 10 to 20", hy = "10-20" }
[topic.price]
words = ["price", { word = "գին", match = "prefix" }]
intent = "cost"
[tag.vip]
[tag.big]
derive = { where = { budget = ">= 1000" } }
[tag.new]
group = "state"
[tag.won]
group = "state"
[priority.P1]
tags = { any = ["vip"] }
reply_by = "2h"
[priority.P2]
reply_by = "6h"
[agent.anna]
email = "anna@example.com"
[team.sales]
members = ["anna"]
lead = "anna"
[[rule]]
name = "price"
topic = "price"
during = "shop"
once_per = "1h"
reply = "prices"
tag = "vip"
[[rule]]
name = "away"
outside = "shop"
reply = { text = { en = "We are back at {{ hours.next_open }}, {{ person.name or 'friend' }}" } }
[[rule]]
name = "telegram only"
channel = "telegram"
keywords = ["map"]
media = { kind = "image", url = "https://example.com/map.png" }
[[rule]]
name = "offer"
keywords = ["offer"]
ask = { text = "How much do you need?", field = "quantity" }
priority = "P1"
assign = { team = "sales", by = ["load"] }
next_step = { text = "Send it", after = "1d" }
task = { title = "Offer for {{ person.name or 'somebody' }}" }
[[rule]]
name = "again"
same_question = 3
hand_off = { because = "asks again and again", team = "sales" }
[[rule]]
name = "still there"
on = "message.sent"
about = "price"
after = "10m"
unless = ["message.read", "message.received"]
reply = { text = "Still there?" }
[[rule]]
name = "later"
keywords = ["wait"]
after = "10m"
unless = ["message.received"]
reply = { text = "Here we are" }
[[rule]]
name = "welcome"
on = "tag.added"
about = "vip"
notify = { to = "anna", text = "a regular" }
set = { level = "gold" }
[[rule]]
name = "won"
on = "deal.stage"
to = "Won"
untag = "new"
close = "sold"
[[rule]]
name = "missed"
on = "reply.due"
about = "silent"
has_priority = "P1"
notify = { to = "owner", text = "somebody waits" }
[[rule]]
name = "big"
keywords = ["buy"]
tags = "big"
timer = { name = "call", after = "2h" }
[[rule]]
name = "quiet"
on = "timer.rang"
about = "call"
silent_for = "2h"
cancel = "call"
pause = "1h"
"""
INBOXES = {"sales": "whatsapp", "bot": "telegram"}


@cache
def compiled_rules():
    return compile_rules(tomllib.loads(FILE), Lines(FILE, "hub.toml").where)


def compiled(*tests, inboxes=INBOXES):
    text = FILE + "".join(f"[[test]]\n{test}\n" for test in tests)
    rules = compiled_rules()
    return rules, compile_trials(tomllib.loads(text), rules, Lines(text, "hub.toml").where, inboxes)


def tried(test):
    rules, (trial,) = compiled(test)
    return attempt(trial, rules, Policy())


GOOD = {
    "a text in the words of its rule": 'say = "what is the price"\nexpect = ["reply:prices", "tag:vip"]',
    "any script": 'say = { text = "Գինը ինչքա՞ն է", language = "hy" }\nexpect = ["reply", "tag"]\ntext_has = "10-20"',
    "closed at noon in London": 'say = { text = "price", at = "2026-11-23T15:00+00:00" }\nexpect = "reply:away"',
    "open at noon of the shop": 'say = { text = "price", at = "2026-11-23T12:00" }\nnot_expect = "reply:away"',
    "a moment of TOML": 'say = { text = "price", at = 2026-11-22T12:00:00 }\nexpect = "reply:away"',
    "a name in the text": 'say = { text = "hi", name = "Ana", at = 2026-11-22T12:00:00 }\ntext_has = ["Ana", "09:00"]',
    "another channel": 'say = { text = "map", channel = "telegram" }\nexpect = "reply:telegram only"',
    "another inbox": 'say = { text = "map", inbox = "bot" }\nexpect = "reply:telegram only"',
    "the first inbox": 'say = "map"\nexpect = []',
    "much at once": 'say = { text = "an offer", name = "Ana" }\n'
    'expect = ["reply:offer", "task:Offer for Ana", "priority:P1", "next_step:Send it", "assign:sales"]',
    "an awaited answer": 'say = { text = "50", earlier = "an offer" }\nexpect = "set_inquiry:quantity=50"',
    "not again so soon": 'say = { text = "price?", earlier = ["the price"] }\nexpect = []',
    "the same question": 'say = { text = "where is it", same_question = 3 }\nexpect = "hand_off"',
    "the same question before": 'say = { text = "where is it?", earlier = ["where is it", "Where is IT"] }\n'
    'expect = "hand_off:sales"',
    "after a hand-off nothing": 'say = { text = "price", earlier = ["human please"] }\nexpect = []',
    "a human is asked for": 'say = "I want to talk to a human"\nexpect = "hand_off"',
    "a human has it": 'say = { text = "price", human = true }\nexpect = []',
    "opted out": 'say = { text = "price", opted_out = true }\nexpect = []',
    "a stop": 'say = "STOP"\nexpect = "opt_out"',
    "a rule that waits": 'say = "wait"\nexpect = "later:later"',
    "and goes on": 'say = { text = "wait", wait = "10m" }\nexpect = ["later", "reply:later"]',
    "or not yet": 'say = { text = "wait", wait = "9m" }\nexpect = "later:later"',
    "what ends a wait": 'say = { text = "hello", earlier = "wait", wait = "20m" }\nexpect = []',
    "a tag that came": 'event = { on = "tag.added", about = "vip" }\nexpect = ["set:level=gold", "notify:anna"]',
    "less is told": 'event = { on = "tag.added", about = "vip" }\nexpect = ["set:level", "notify"]',
    "another tag": 'event = { on = "tag.added", about = "new" }\nexpect = []',
    "a stage": 'event = { on = "deal.stage", field = "stage", from = "New", to = "Won" }\n'
    'expect = ["untag:new", "close"]',
    "another stage": 'event = { on = "deal.stage", field = "stage", to = "Lost" }\nexpect = []',
    "a silent owner": 'event = { on = "reply.due", about = "silent", priority = "P1" }\nexpect = "notify:owner"',
    "an owner that is only late": 'event = { on = "reply.due", about = "missed", priority = "P1" }\nexpect = []',
    "a tag's priority": 'event = { on = "reply.due", about = "silent", tags = "vip" }\nexpect = "notify"',
    "a derived tag": 'say = { text = "buy", details = { budget = "2000" } }\nexpect = "timer:call"',
    "no derived tag": 'say = { text = "buy", details = { budget = 20 } }\nexpect = []',
    "silence": 'event = { on = "timer.rang", about = "call", silent_for = "3h" }\nexpect = ["pause", "cancel:call"]',
    "no silence": 'event = { on = "timer.rang", about = "call", silent_for = "1h" }\nexpect = []',
    "an intent": 'say = { text = "hm", intent = "cost" }\nexpect = ["reply:prices", "tag:vip"]',
    "an unsure intent": 'say = { text = "hm", intent = { cost = 0.3 } }\nexpect = []',
    "a message that was sent": 'event = { on = "message.sent", about = "price", wait = "11m" }\n'
    'expect = ["later", "reply"]',
}


@pytest.mark.parametrize("name", GOOD)
def test_a_test_that_is_true_passes(name):
    found = tried(GOOD[name])
    assert (found.wrong, found.ok) == ((), True), found.record


FAILS = {
    'say = "price"\nexpect = ["tag:vip", "reply:prices"]': "expected tag:vip, reply:prices, but what happened is "
    "reply:prices, tag:vip",
    'say = "price"\nexpect = "reply:prices"': "expected reply:prices, but what happened is reply:prices, tag:vip",
    'say = "price"\nexpect = []': "expected nothing, but what happened is reply:prices, tag:vip",
    'say = "hello"\nexpect = "tag"': "expected tag, but what happened is nothing",
    'say = "price"\nnot_expect = ["tag"]': "expected no tag, but there is tag:vip",
    'say = "price"\ntext_has = "30"': "expected a text with '30', but what is said is ['From 10 to 20']",
    'say = "hello"\ntext_has = "10"': "expected a text with '10', but nothing is said",
}


@pytest.mark.parametrize("test", FAILS)
def test_a_test_that_is_not_true_says_what_happened_instead(test):
    assert tried(test).wrong == (FAILS[test],)


def test_each_expectation_that_does_not_come_true_is_told():
    assert len(tried('say = "price"\nexpect = []\nnot_expect = ["tag", "reply"]\ntext_has = ["30", "From"]').wrong) == 4


def test_the_record_tells_of_every_rule_on_this_kind_of_event_with_what_it_saw():
    found = tried('say = { text = "price", at = "2026-11-23T20:00" }\nexpect = "reply:away"')
    entries = {entry["rule"]: entry for entry in found.record}
    assert entries["price"]["asked"][1] == ["during", "outside hours 'shop'", False]
    assert entries["away"]["did"] == ["send"]
    assert {"offer", "again", "later"} <= entries.keys()
    assert "welcome" not in entries


def test_tests_are_no_part_of_what_runs():
    text = FILE + '[[test]]\nsay = "price"\nexpect = "reply"\n'
    assert compile_rules(tomllib.loads(text), str).version == compiled_rules().version


def test_a_test_is_called_by_its_name_else_by_what_happens():
    _, trials = compiled(
        'name = "by day"\nsay = "price"\nexpect = []',
        'say = "the price"\nexpect = []',
        'say = "the price"\nexpect = []',
        'event = { on = "tag.added", about = "vip" }\nexpect = []',
    )
    assert [trial.name for trial in trials] == ["by day", "the price", "the price (3)", "tag.added vip"]


BROKEN = {
    'expect = "reply"': ("a test in which nothing happens", 'add say = "what does it cost?"'),
    'say = "a"\nevent = "timer.rang"\nexpect = []': ("a test has both say and event", "add say"),
    'say = "a"': ("a test that expects nothing cannot fail", "expect = []"),
    'say = ""\nexpect = []': ("a test in which nothing is said", "add text"),
    'say = "a"\nexpects = []': ("unknown key 'expects'", "did you mean 'expect'?"),
    'say = { text = "a", langage = "en" }\nexpect = []': ("unknown key 'langage'", "did you mean 'language'?"),
    'event = { on = "tag.aded" }\nexpect = []': ("there is no event 'tag.aded'", "did you mean 'tag.added'?"),
    'event = { on = "message.received" }\nexpect = []': ("what a person says stands in say", "write say"),
    'event = { on = "tag.added", field = "x" }\nexpect = []': ("the event tag.added has no field", "remove it"),
    'event = { on = "deal.stage", about = "x" }\nexpect = []': ("the event deal.stage has no about", "remove it"),
    'event = "inquiry.changed"\nexpect = []': ("the test does not say what changed", "about is one of opened"),
    'say = "a"\nexpect = "repli:prices"': ("'repli:prices' is nothing that a rule does", "did you mean 'reply'?"),
    'say = "a"\nexpect = ["tag:vip", "reply:prizes"]': ("there is no text or rule 'prizes'", "did you mean 'prices'?"),
    'say = "a"\nnot_expect = ["tag:vop"]': ("'tag:vop': there is no tag 'vop'", "did you mean 'vip'?"),
    'say = "a"\nexpect = ["priority:P3"]': ("there is no priority 'P3'", "known: P1, P2"),
    'say = "a"\nexpect = ["notify:ana"]': ("there is no agent or team 'ana'", "did you mean 'anna'?"),
    'say = "a"\nexpect = ["hand_off:salez"]': ("there is no team 'salez'", "did you mean 'sales'?"),
    'say = "a"\nexpect = ["later:laters"]': ("there is no rule 'laters'", "did you mean 'later'?"),
    'say = { text = "a", tags = ["vop"] }\nexpect = []': ("there is no tag 'vop'", "did you mean 'vip'?"),
    'say = { text = "a", priority = "P9" }\nexpect = []': ("there is no priority 'P9'", "known: P1, P2"),
    'say = { text = "a", inbox = "sale" }\nexpect = []': ("there is no inbox 'sale'", "did you mean 'sales'?"),
    'say = { text = "a", channel = "sms" }\nexpect = []': ("there is no inbox of channel 'sms'", "channels: "),
    'say = { text = "a", at = "noon" }\nexpect = []': ("'noon' is no moment", 'at = "2026-11-23T12:00"'),
    'say = { text = "a", at = 12:00:00 }\nexpect = []': ("'12:00:00' is no moment", 'at = "2026-11-23T12:00"'),
    'say = { text = "a", silent_for = "long" }\nexpect = []': ("'long' is no span of time", "12h"),
    'say = { text = "a", wait = "long" }\nexpect = []': ("'long' is no span of time", "12h"),
    'name = "x"\nsay = "a"\nexpect = []\n[[test]]\nname = "x"\nsay = "b"\nexpect = []': (
        "two tests are called 'x'",
        "own",
    ),
}


@pytest.mark.parametrize("test", BROKEN)
def test_a_mistake_in_a_test_is_one_sentence_with_its_line_and_a_remedy(test):
    with pytest.raises(ConfigError) as caught:
        compiled(test)
    what, remedy = BROKEN[test]
    assert what in caught.value.what
    assert remedy in caught.value.remedy
    line = int(caught.value.where.removeprefix("hub.toml:"))
    assert line > FILE.count("\n")


def test_names_of_inboxes_are_not_checked_where_plugins_are_missing():
    _, (trial,) = compiled('say = { text = "a", inbox = "far" }\nexpect = []', inboxes=None)
    assert (trial.inbox, trial.channel) == ("far", "")


@pytest.mark.parametrize(
    ("wanted", "found", "same"),
    [
        ("tag", "tag:vip", True),
        ("tag:vip", "tag:vip", True),
        ("tag:vi", "tag:vip", False),
        ("set:city", "set:city=Rome", True),
        ("set:city=Ro", "set:city=Rome", False),
        ("set", "set_inquiry:city=Rome", False),
        ("reply:price", "reply:price: long", False),
    ],
)
def test_what_is_expected_agrees_with_as_much_as_it_says(wanted, found, same):
    assert agrees(wanted, found) is same

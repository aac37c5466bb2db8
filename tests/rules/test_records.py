"""The record of a decision: what every rule that mattered asked, saw and did."""

import json

from hub.rules.record import MOST

RULES = """
[[rule]]
name = "price"
keywords = "price"
tags = "vip"
reply = { text = "5" }
tag = "new"

[[rule]]
name = "first"
first = true
note = "a"

[[rule]]
name = "empty"
keywords = "who"
reply = { text = "{{ person.name }}" }
"""


def test_a_rule_that_acted_tells_what_it_saw_and_did(shop):
    (entry,) = shop(RULES).say("the price", tags={"vip": 1}).record
    assert entry == {
        "rule": "price",
        "asked": [["keywords", "keyword 'price'", True], ["tags", "tags vip", True]],
        "did": ["send", "tag"],
    }


def test_a_rule_that_was_brought_up_and_did_not_act_tells_why(shop):
    (entry,) = shop(RULES).say("the price").record
    assert entry["asked"][1] == ["tags", "none of these tags", False]
    assert entry["why_not"] == "tags does not hold"
    assert "did" not in entry


def test_rules_that_nothing_brought_up_are_told_only_on_demand(shop):
    rules = shop(RULES)
    assert rules.say("hello").record == ()
    told = rules.decision(rules.said("hello"), full=True).record
    assert [entry["rule"] for entry in told] == ["price", "first", "empty"]
    assert [entry["why_not"] for entry in told] == [
        "keywords does not hold",
        "first does not hold",
        "keywords does not hold",
    ]


def test_a_record_ends_after_twenty_rules(shop):
    rules = shop("".join(f'[[rule]]\nname = "r{place}"\ntag = "vip"\n' for place in range(50)))
    decision = rules.say("hi")
    assert len(decision.commands) == 50
    assert len(decision.record) == MOST + 1
    assert decision.record[-1] == {"rule": "*", "more": 30}


def test_it_is_plain_json_in_every_case(shop):
    rules = shop(RULES)
    decisions = [
        rules.say("the price"),
        rules.say("stop"),
        rules.say("HUMAN"),
        rules.say("price", claimed="anna"),
        rules.say("1", expects={"1": "hand_off"}),
        rules.later("gone", rules.said("hi")),
    ]
    for decision in decisions:
        assert decision.record
        assert json.loads(json.dumps(decision.record)) == list(decision.record)
        for entry in decision.record:
            assert "did" in entry or entry["why_not"]


def test_the_same_event_gives_the_same_record(shop):
    rules = shop(RULES)
    assert rules.say("price who", first=True) == rules.say("price who", first=True)

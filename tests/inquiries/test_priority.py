"""Priorities."""

import tomllib
from decimal import Decimal

import pytest

from hub.clocks.files import compile_hours
from hub.contracts.errors import ConfigError
from hub.contracts.toml_lines import Lines
from hub.inquiries.money import compile_currency
from hub.inquiries.priority import InquiryFacts, Priorities, compile_priorities

HOUR = 3_600_000
GOOD = """
[currency]
base = "TWD"
rates = { EUR = 34.0 }

[hours.shop]
timezone = "Asia/Taipei"
week = { mon-fri = "09:00-18:00" }

[priority.P1]
reply_by = "2h"
tags = { any = ["new inquiry"] }
budget = "> 100000"
hours = "shop"
pauses = ["waits_for_customer"]
escalate_to = "supervisor"
reassign_after = "1h"

[priority.P2]
reply_by = "6h"
new = true
budget = "50,000-100,000 TWD"

[priority.P3]
reply_by = "24h"
"""


def load(text, tags=("new inquiry", "vip"), people=("supervisor", "anna")):
    data, where = tomllib.loads(text), Lines(text, "hub.toml").where
    hours, currency = compile_hours(data, where), compile_currency(data, where)
    return compile_priorities(data, hours, currency, where, tags=tags, people=people)


def decide(text=GOOD, **facts):
    facts = {"budget": None, **facts}
    if facts["budget"] is not None:
        facts["budget"] = Decimal(facts["budget"])
    return load(text).decide(InquiryFacts(**facts))


NEW = {"new": True, "tags": ["new inquiry"]}


@pytest.mark.parametrize(
    ("facts", "name", "hours"),
    [
        ({**NEW, "budget": 100_001}, "P1", 2),
        ({**NEW, "budget": 100_000}, "P2", 6),
        ({**NEW, "budget": 50_000}, "P2", 6),
        ({**NEW, "budget": 49_999}, "P3", 24),
        ({"budget": 100_001}, "P3", 24),  # without the tag
        ({"new": False, "tags": ["new inquiry"], "budget": 60_000}, "P3", 24),  # an old customer
    ],
)
def test_p1_within_2_h_p2_within_6_h_p3_within_24_h(facts, name, hours):
    verdict = decide(**facts)
    assert verdict.priority.name == name
    assert verdict.priority.reply_by == hours * HOUR
    assert verdict.asks == ""


def test_an_unknown_budget_is_asked_for_and_does_not_fall_to_p3_silently():
    verdict = decide(**NEW)
    assert verdict.priority.name == "P3"
    assert verdict.asks == "budget"
    assert verdict.reasons == (
        "P1 asks for a budget > 100000, and the budget is unknown",
        "P2 asks for a budget 50,000-100,000 TWD, and the budget is unknown",
        "P3: its conditions hold",
    )


def test_a_budget_is_not_asked_for_where_it_would_change_nothing():
    assert decide(new=False).asks == ""
    text = GOOD.replace("[priority.P1]", '[priority.P0]\nreply_by = "1h"\ntags = { any = ["vip"] }\n\n[priority.P1]')
    verdict = decide(text, **{**NEW, "tags": ["new inquiry", "vip"]})
    assert (verdict.priority.name, verdict.asks) == ("P0", "")


def test_what_a_rule_or_a_person_named_beats_the_conditions():
    verdict = decide(named="P1")
    assert verdict.priority.name == "P1"
    assert verdict.reasons == ("P1: set by a rule or a person",)
    assert decide(named="P9").priority.name == "P3"


def test_reasons_name_what_was_against():
    assert decide(**NEW, budget=60_000).reasons == (
        "not P1: the budget 60,000 is not > 100000",
        "P2: the budget 60,000 is 50,000-100,000 TWD",
    )
    assert decide(new=True, budget=10).reasons[0] == "not P1: none of the tags 'new inquiry'"


def test_no_priority_holds():
    verdict = decide(GOOD.partition("[priority.P3]")[0], new=False)
    assert verdict.priority is None
    assert len(verdict.reasons) == 2


@pytest.mark.parametrize(
    ("condition", "yes", "no"),
    [
        ("new = false", {}, {"new": True}),
        ("customer = true", {"customer": True}, {}),
        ("customer = false", {}, {"customer": True}),
        ('tags = { all = ["new inquiry", "vip"] }', {"tags": ["new inquiry", "vip", "x"]}, {"tags": ["vip"]}),
        ('tags = { any = ["new inquiry", "vip"] }', {"tags": ["vip"]}, {"tags": ["x"]}),
        ('tags = { none = "vip" }', {"tags": ["x"]}, {"tags": ["vip", "x"]}),
        ('topics = ["price", "delivery"]', {"topics": ["delivery"]}, {"topics": ["booking"]}),
        ('budget = ">= 1000 EUR"', {"budget": 34_000}, {"budget": 33_999}),
        ('budget = "< 1000 EUR"', {"budget": 33_999}, {"budget": 34_000}),
        ('budget = "<= 34000"', {"budget": 34_000}, {"budget": 34_001}),
        ('budget = "10k-20k"', {"budget": 10_000}, {"budget": 20_001}),
    ],
)
def test_each_condition_holds_and_fails(condition, yes, no):
    text = GOOD.partition("[priority.P1]")[0] + f'[priority.X]\nreply_by = "1h"\n{condition}\n'
    assert decide(text, **yes).priority.name == "X"
    assert decide(text, **no).priority is None


def test_what_happens_when_the_due_time_is_missed():
    p1, _, p3 = load(GOOD).all
    assert (p1.hours, p1.pauses, p1.escalate_to) == ("shop", ("waits_for_customer",), "supervisor")
    assert p1.reassign_at(1_000, None) == 1_000 + HOUR
    assert p3.reassign_at(1_000, None) == 0
    assert p3.pauses == ("waits_for_customer", "agent", "snoozed")


def test_no_priorities():
    assert load("") == Priorities()
    assert load("").decide(InquiryFacts()).priority is None


def test_names_are_checked_only_where_they_are_known():
    assert load(GOOD.replace("supervisor", "nobody"), tags=None, people=None).all


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('reply_by = "2h"', "", "hub.toml:10: the key 'reply_by' is missing"),
        ('reply_by = "2h"', 'reply_by = "soon"', "hub.toml:11: 'soon' is no span of time"),
        ('reply_by = "2h"', 'reply_by = ""', "hub.toml:11: '' is no span to reply within"),
        ('reply_by = "2h"', 'reply_by = "400d"', "hub.toml:11: '400d' is no span to reply within"),
        ('hours = "shop"', 'hours = "shp"', "hub.toml:14: there is no 'shp' among the hours (did you mean 'shop'?)"),
        ("any =", "some =", "hub.toml:12: unknown key 'some' (keys: all, any, none)"),
        ('["new inquiry"]', '["new inqiry"]', "hub.toml:12: there is no 'new inqiry' among the tags (did you mean"),
        ('"> 100000"', '"> much"', "hub.toml:13: '> much' is no comparison of a budget"),
        ('"> 100000"', '"> 100 GBP"', "hub.toml:13: '> 100 GBP' is no comparison of a budget"),
        ('"> 100000"', '"> 10k-20k"', "hub.toml:13: '> 10k-20k' is no comparison of a budget"),
        ('["waits_for_customer"]', '["lunch"]', "hub.toml:15: '0': input should be 'waits_for_customer', 'agent'"),
        ('"supervisor"', '"boss"', "hub.toml:16: there is no 'boss' among the agents and teams"),
        ('"1h"', '"1 hour"', "hub.toml:17: '1 hour' is no span of time"),
        ("new = true", 'new = "yes"', "hub.toml:21: 'new': input should be a valid boolean"),
        (
            "[priority.P2]",
            '[priority.P0]\nreply_by = "1h"\n[priority.P2]',
            "hub.toml:21: priority 'P2' is never reached",
        ),
        ('[currency]\nbase = "TWD"\nrates = { EUR = 34.0 }\n', "", "hub.toml:10: a budget can only be compared in one"),
    ],
)
def test_mistakes_are_said_with_file_line_and_remedy(old, new, said):
    assert old in GOOD
    with pytest.raises(ConfigError) as caught:
        load(GOOD.replace(old, new, 1))
    assert str(caught.value).startswith(said), str(caught.value)

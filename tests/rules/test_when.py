"""Expressions: what they see, and that one which cannot be worked out is false and says why."""

import sys

import pytest

from hub.contracts.errors import ConfigError
from hub.model.happened import TagAdded
from hub.model.view import DealView

HOUR = 3_600_000
NOON = 1_795_435_200_000


def asks(shop, source, on=""):
    return shop(f"[[rule]]\nname = 'x'\n{on}\nwhen = '''{source}'''\nnote = 'noted'\n")


TRUE = [
    ("'vip' in tags && !('new' in tags)", {"tags": {"vip": 1}}),
    ("numbers.budget >= 50000.0 && numbers.budget < 60000", {"details": {"budget": "50,000"}}),
    ("values.city == 'Rome' || has(details.city)", {"values": {"city": "Rome"}}),
    ("has(values.city) && values.city == 'Rome' || first", {"first": True}),
    ("silent > duration('71h') && silent < duration('73h')", {"heard": NOON - 72 * HOUR}),
    ("now.getDayOfWeek() == 1 && now.getHours() == 12", {}),
    ("person.name == 'Ana' && person.language.startsWith('e') && inbox == 'sales' && channel == 'whatsapp'", {}),
    ("inquiry.open && inquiry.priority == 'P1' && inquiry.owner == 'anna'", {"priority": "P1", "agent": "anna"}),
    ("!inquiry.open && inquiry.nudges == 0", {}),
    (
        "deals.exists(d, d.label == 'Won' && d.closed) && tickets == 2",
        {"deals": (DealView(stage="7", label="Won", closed=True),), "tickets": 2},
    ),
    ("intents['cost'] > 0.5 && 'price' in topics", {"intents": {"cost": 0.9}}),
    ("message.text.contains('hi') && event.kind == 'message.received' && same == 1", {}),
    ("tags.filter(t, t.startsWith('v')).size() == 2", {"tags": {"vip": 1, "very": 2, "new": 3}}),
    ("tags.exists(t, t == 'vip') && !tags.exists(t, t == 'new')", {"tags": {"vip": 1}}),
    ("facts.mean_reply == '12'", {"facts": {"mean_reply": "12"}}),
]
NOT_TOLD = [
    ("values.budget > 5", {}, "cannot be told: 'budget'"),
    ("values.budget > 5", {"values": {"budget": "9"}}, "cannot be told: No such overload"),
    ("double(values.budget) > 5.0", {"values": {"budget": "much"}}, "cannot be told"),
    ("size(details) > 0 ? details.note : false", {"details": {"note": "x"}}, "neither true nor false"),
]


@pytest.mark.parametrize(("source", "view"), TRUE)
def test_it_sees(shop, source, view):
    decision = asks(shop, source).say("hi", **view)
    assert len(decision.commands) == 1
    assert decision.because[0].endswith(": true")


@pytest.mark.parametrize(("source", "view", "why"), NOT_TOLD)
def test_what_cannot_be_told_is_false_and_says_why(shop, source, view, why):
    decision = asks(shop, source, "keywords = 'hi'").say("hi", **view)
    assert decision.commands == ()
    (entry,) = decision.record
    assert why in entry["asked"][-1][1]
    assert entry["why_not"] == "when does not hold"


def test_it_sees_the_event(shop):
    rules = asks(shop, "event.about == 'vip'", "on = 'tag.added'")
    assert rules.decision(TagAdded(key="k", at=1, person=1, tag="vip")).commands
    assert not rules.decision(TagAdded(key="k", at=1, person=1, tag="new")).commands


def test_many_members_are_cut_before_an_expression_repeats_over_them(shop):
    tags = {f"t{place}": 1 for place in range(5_000)}
    assert asks(shop, "size(tags) == 100 && tags.all(t, t != '')").say("hi", tags=tags).commands


def test_a_name_in_a_text_is_no_name(shop):
    assert asks(shop, "message.text != 'nobody.knows(this) all exists('").say("hi").commands


def test_without_the_library_a_file_that_needs_it_is_refused(shop, monkeypatch):
    monkeypatch.setitem(sys.modules, "cel", None)
    with pytest.raises(ConfigError, match=r'the library for CEL is not installed \(pip install "dragoman\[cel\]"'):
        asks(shop, "first")
    assert shop("[[rule]]\nname = 'x'\nnote = 'a'\n").say("hi").commands

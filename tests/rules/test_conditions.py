"""What rules ask for, one key at a time."""

import pytest

from hub.model.happened import InquiryChanged, ReplyDue, TagAdded, TagDue, TimerRang
from hub.model.people import Person, PersonId
from hub.model.view import DealView

DAY = 86_400_000


def asks(shop, lines, on=""):
    return shop(f'[[rule]]\nname = "x"\n{on}\n{lines}\nnote = "noted"\n')


HELD = [
    ("topic = 'price'", "What is the PRICE?", {}, "topic 'price': price"),
    ("topic = 'price'", "इसका दाम क्या है", {}, "topic 'price': दाम"),
    ("topic = 'price'", "und das da?", {"intents": {"cost": 0.9}}, "topic 'price': intent 'cost' (0.90)"),
    ("intent = 'cost'", "und das da?", {"intents": {"cost": 0.8}}, "intent 'cost' (0.80)"),
    ("intent = 'cost'\nsure = 0.5", "was?", {"intents": {"cost": 0.6}}, "intent 'cost' (0.60)"),
    ("mood = 'angry'", "this is a scam!!!", {}, "mood angry"),
    ("same_question = 3", "again", {"same": 3}, "the same question 3 times"),
    ("first = true", "hi", {"first": True}, "first message"),
    ("first = false", "hi", {}, "not the first message"),
    ("language = 'en'", "hi", {}, "language 'en'"),
    ("language = 'pt'", "hi", {"person": Person(PersonId(1), "Ana", "pt_BR")}, "language 'pt_BR'"),
    ("inbox = 'sales'", "hi", {}, "every message"),
    ("channel = ['telegram', 'whatsapp']", "hi", {}, "every message"),
    ("during = 'shop'", "hi", {}, "during hours 'shop'"),
    ("tags = ['vip', 'new']", "hi", {"tags": {"vip": 1, "new": 2}}, "tags new, vip"),
    ("tags = { any = ['vip', 'new'] }", "hi", {"tags": {"new": 2}}, "tags new"),
    ("tags = { none = ['vip'] }", "hi", {"tags": {"new": 2}}, "none of these tags"),
    ("segment = 'quiet'", "hi", {"heard": 1}, "segment 'quiet'"),
    ("where = { budget = '>= 50000' }", "hi", {"details": {"budget": "100000"}}, "budget >= 50000"),
    ("where = { places = '>= 50' }", "hi", {"details": {"places": "60"}}, "places >= 50"),
    ("where = { budget = '>= 50000' }", "hi", {"details": {"budget": "120,000 USD"}}, "budget >= 50000"),
    ("where = { budget = '1..9' }", "hi", {"values": {"budget": "9"}}, "budget 1..9"),
    ("where = { industry = ['Auto', 'retail'] }", "hi", {"values": {"industry": "AUTO"}}, "industry Auto or retail"),
    ("where = { phone = { known = true } }", "hi", {"values": {"phone": "+44"}}, "phone known true"),
    ("where = { phone = { known = false } }", "hi", {}, "phone known false"),
    ("silent_for = '2d'", "I am back", {"heard": 1_795_435_200_000 - 3 * DAY}, "silent for 3d"),
    ("silent_for = '2d'", "hi", {"heard": 0}, "never wrote"),
    ("has_priority = ['P1', 'P2']", "hi", {"priority": "P2"}, "priority 'P2'"),
    ("owner = 'anna'", "hi", {"priority": "P2", "agent": "anna"}, "owner 'anna'"),
    ("owner = '902'", "hi", {"owner": "902"}, "owner '902'"),
    ("deal_stage = 'won'", "hi", {"deals": (DealView(stage="7", label="Won"),)}, "a deal at 'Won'"),
    ("has_open_ticket = false", "hi", {}, "no open ticket"),
    ("any = [{ mood = 'angry' }, { first = true }]", "hi", {"first": True}, "first message"),
    ("none = [{ mood = 'angry' }, { first = true }]", "hi", {}, "every message"),
    ("keywords = 'offer'\ntopic = 'price'", "an offer", {}, "keyword 'offer'"),
    ("keywords = 'offer'\ntopic = 'price'", "a price", {}, "topic 'price': price"),
    ("keywords = 'offer'\nfirst = true", "offer", {"first": True}, "keyword 'offer', first message"),
]
NOT_HELD = [
    ("topic = 'price'", "What is priceless?", {}),
    ("topic = 'price'", "was?", {"intents": {"cost": 0.79}}),
    ("intent = 'cost'", "was?", {"intents": {"cost": 0.79}}),
    ("mood = 'angry'", "thank you so much", {}),
    ("same_question = 3", "again", {"same": 2}),
    ("first = true", "hi", {}),
    ("language = 'de'", "hi", {}),
    ("inbox = 'support'", "hi", {}),
    ("during = 'shop'", "hi", {"received": 1_795_435_200_000 + 8 * 3_600_000}),
    ("tags = ['vip', 'new']", "hi", {"tags": {"vip": 1}}),
    ("tags = { any = ['vip'] }", "hi", {"tags": {"new": 1}}),
    ("tags = { none = ['vip'] }", "hi", {"tags": {"vip": 1}}),
    ("segment = 'quiet'", "hi", {}),
    ("where = { budget = '>= 50000' }", "hi", {"details": {"budget": "49,999 EUR"}}),
    ("where = { budget = '>= 50000' }", "hi", {"details": {"budget": "99,999"}}),
    ("where = { places = '>= 50' }", "hi", {"details": {"places": "49"}}),
    ("where = { budget = '>= 50000' }", "hi", {"details": {"budget": "90000 USD"}}),
    ("where = { budget = '>= 50000' }", "hi", {}),
    ("where = { budget = '>= 50000' }", "hi", {"details": {"budget": "9"}, "values": {"budget": "99999"}}),
    ("where = { phone = { known = true } }", "hi", {"values": {"phone": " "}}),
    ("silent_for = '2d'", "hi", {"heard": 1_795_435_200_000 - 2 * DAY + 1}),
    ("has_priority = 'P1'", "hi", {}),
    ("owner = 'anna'", "hi", {"owner": "bob"}),
    ("deal_stage = 'won'", "hi", {"deals": (DealView(stage="7", label="Lost"),)}),
    ("has_open_ticket = true", "hi", {}),
    ("any = [{ mood = 'angry' }, { first = true, language = 'de' }]", "hi", {"first": True}),
    ("none = [{ keywords = 'hi' }]", "hi", {}),
    ("keywords = 'offer'\nfirst = true", "offer", {}),
]


@pytest.mark.parametrize(("lines", "text", "view", "because"), HELD)
def test_it_holds_and_says_what_it_saw(shop, lines, text, view, because):
    decision = asks(shop, lines).say(text, **view)
    assert [command.kind for command in decision.commands] == ["make_record"]
    assert decision.because[0].startswith(f"x: {because}")


@pytest.mark.parametrize(("lines", "text", "view"), NOT_HELD)
def test_it_does_not_hold(shop, lines, text, view):
    assert asks(shop, lines).say(text, **view).commands == ()


def happening(cls, **more):
    return cls(key="k", at=1, person=1, conversation=3, **more)


ABOUT = [
    ("tag.added", "about = 'vip'", happening(TagAdded, tag="vip"), happening(TagAdded, tag="new")),
    (
        "tag.due",
        "about = 'review'",
        happening(TagDue, tag="vip", what="review"),
        happening(TagDue, tag="vip", what="remind"),
    ),
    (
        "reply.due",
        "about = 'missed'",
        happening(ReplyDue, inquiry=5, priority="P1", owner="anna"),
        happening(ReplyDue, inquiry=5, priority="P1", owner="anna", step=2),
    ),
    (
        "inquiry.changed",
        "about = 'priority'\nfrom = 'P2'\nto = 'p1'",
        happening(InquiryChanged, inquiry=5, what="priority", before="P2", after="P1"),
        happening(InquiryChanged, inquiry=5, what="priority", before="P1", after="P2"),
    ),
    ("tag.added", "silent_for = '6d'", happening(TagAdded, tag="vip"), None),
]


@pytest.mark.parametrize(("on", "lines", "fits", "other"), ABOUT)
def test_events_are_about_something(shop, on, lines, fits, other):
    rules = asks(shop, lines, f"on = '{on}'")
    heard = rules.now - 6 * DAY
    assert [command.kind for command in rules.decision(fits, heard=heard).commands] == ["make_record"]
    assert rules.decision(other or fits, heard=heard if other else heard + 1).commands == ()


def test_a_rule_may_be_on_several_events(shop):
    rules = asks(shop, "", "on = ['tag.added', 'message.received']")
    assert rules.say("hi").commands
    assert rules.decision(happening(TagAdded, tag="vip")).commands
    assert rules.decision(happening(TagDue, tag="vip", what="review")).commands == ()


def test_a_timer_is_about_its_name(shop):
    rules = shop(
        '[[rule]]\nname = "arms"\ntimer = { name = "call back", after = "2h" }\n'
        '[[rule]]\nname = "calls"\non = "timer.rang"\nabout = "call back"\ntask = { title = "Call" }\n'
    )
    (armed,) = rules.say("hi").commands
    assert (armed.name, armed.due) == ("call back", rules.now + 7_200_000)
    assert rules.decision(happening(TimerRang, name="call back")).because == ("calls: timer 'call back' rang",)
    assert rules.decision(happening(TimerRang, name="other")).because == ()


@pytest.mark.parametrize(
    ("lines", "looks"),
    [
        ("first = true", set()),
        ("tags = 'vip'", {"tags"}),
        ("none = [{ tags = 'vip' }]", {"tags"}),
        ("same_question = 2", {"same"}),
        ("intent = 'cost'", {"intents"}),
        ("topic = 'price'", {"intents"}),
        ("topic = 'legal'", set()),
        ("segment = 'quiet'", {"segments"}),
        ("owner = 'x'", {"beside"}),
        ("move_deal = 'Won'", {"beside"}),
        ("when = 'tickets > 0'", {"beside"}),
        ("when = 'size(tags) > 0'", {"tags"}),
        ("reply = { text = '{{ stats.mean_reply }}' }", {"facts"}),
    ],
)
def test_the_rule_set_knows_what_must_be_loaded(shop, lines, looks):
    assert asks(shop, lines).rules.looks == looks


def test_only_rules_that_were_brought_up_are_looked_at(shop):
    lines = "".join(f'[[rule]]\nname = "r{n}"\nkeywords = "w{n}"\nnote = "a"\n' for n in range(50))
    rules = shop(lines)
    assert rules.acted("w7 and w31") == ["r7", "r31"]
    assert [entry["rule"] for entry in rules.say("w7 and w31").record] == ["r7", "r31"]


def test_any_brings_up_its_rule_by_each_of_its_words(shop):
    rules = asks(shop, "any = [{ keywords = 'offer' }, { mood = 'angry' }, { topic = 'legal', first = true }]")
    assert rules.rules.plain == {}
    assert rules.acted("an offer") == ["x"]
    assert rules.acted("my lawyer", first=True) == ["x"]
    assert rules.acted("my lawyer") == []


def test_values_of_people_stand_in_the_record_and_not_in_short_lines(shop):
    decision = asks(shop, "any = [{ where = { phone = { known = true } } }]").say(
        "hi", values={"phone": "+447700900123"}
    )
    assert decision.because == ("x: phone known true",)
    assert decision.record[0]["asked"] == [["any", "phone +447700900123", True]]

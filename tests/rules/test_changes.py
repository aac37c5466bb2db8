"""Rules about what changed in the CRM: what they may ask for, and what they do."""

import tomllib
from dataclasses import replace

import pytest

from hub.contracts.errors import ConfigError
from hub.contracts.toml_lines import Lines
from hub.model.commands import MakeRecord, Send
from hub.model.happened import DealStage, RecordChanged
from hub.model.people import Person, PersonId
from hub.model.view import ConversationView, View
from hub.rules import Decision, Policy, compile_rules, decide

RULES = """
[[rule]]
name = "vip"
on = "record.changed"
field = ["Level__c", "Grade__c"]
from = ["", "Silver"]
to = "gold"
purpose = "inform"
inbox = "sales"
once_per = "1d"
reply = { text = "{{ change.field }}: {{ change.after }}" }
task = { title = "Greet {{ person.name }}" }

[[rule]]
name = "every message"
reply = { text = "Hello" }
"""
TALK = ConversationView(id=3, inbox="sales", channel="whatsapp")
VIEW = View(person=Person(PersonId(1), "Ana", "en", False), conversation=TALK, received=100_000_000)
EVENT = RecordChanged(
    key="k", at=1, crm="main", person=1, type="contact", record="7", field="Level__c", before="silver", after="Gold"
)


def load(text):
    return compile_rules(tomllib.loads(text), Lines(text, "hub.toml").where)


def test_a_change_that_fits_is_answered_as_outreach():
    commands, because, *_ = decide(EVENT, VIEW, load(RULES), Policy())
    assert [(type(one), getattr(one, "cls", "")) for one in commands] == [(Send, "outreach"), (MakeRecord, "")]
    assert commands[0].text == "Level__c: Gold"
    assert because == ("vip: Level__c became 'Gold'",)


@pytest.mark.parametrize(
    "event",
    [
        replace(EVENT, field="City"),
        replace(EVENT, before="Bronze"),
        replace(EVENT, after="Silver"),
        DealStage(**{name: getattr(EVENT, name) for name in EVENT.__dataclass_fields__ if name != "kind"}),
    ],
)
def test_another_change_is_not(event):
    assert decide(event, VIEW, load(RULES), Policy()) == Decision()


@pytest.mark.parametrize(
    ("view", "why"),
    [
        (replace(VIEW, conversation=replace(TALK, paused_until=VIEW.received + 1)), "a human has the conversation"),
        (replace(VIEW, person=replace(VIEW.person, opted_out=True)), "the person opted out"),
        (replace(VIEW, conversation=replace(TALK, id=0)), "the person never wrote"),
    ],
)
def test_where_nothing_may_be_said_the_records_are_made_all_the_same(view, why):
    commands, because, *_ = decide(EVENT, view, load(RULES), Policy())
    assert [type(one) for one in commands] == [MakeRecord]
    assert because == (f"vip: Level__c became 'Gold'; nothing is said: {why}",)


def test_once_per_counts_for_changes_too():
    view = replace(VIEW, conversation=replace(TALK, fired={"vip": VIEW.received - 1000}))
    commands, because, *_ = decide(EVENT, view, load(RULES), Policy())
    assert (commands, because) == ((), ("vip: Level__c became 'Gold'; not again so soon",))


def test_messages_do_not_meet_rules_about_changes():
    rules = load(RULES)
    assert rules.plain == {"record.changed": (0,), "message.received": (1,)}
    assert rules.kinds == {"record.changed": (0,), "message.received": (1,)}


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ('keywords = ["a"]\non = "record.changed"', "a change in the CRM has no keywords"),
        ('first = true\non = "task.done"', "a change in the CRM has no first"),
        ('to = "gold"', "a message has no to"),
        ('field = ["a"]', "a message has no field"),
    ],
)
def test_what_an_event_does_not_have_cannot_be_asked_for(lines, told):
    with pytest.raises(ConfigError, match=f"hub.toml:3: rule 'x': {told}"):
        load(f'[[rule]]\nname = "x"\n{lines}\nreply = {{ text = "a" }}\n')


@pytest.mark.parametrize(
    ("on", "text", "told"),
    [
        ("record.changed", "{{ message.text }}", "a change in the CRM has no message.text"),
        ("message.received", "{{ change.after }}", "a message has no change.after"),
    ],
)
def test_a_text_names_only_what_its_event_has(on, text, told):
    with pytest.raises(ConfigError, match=told):
        load(f'[[rule]]\nname = "x"\non = "{on}"\nreply = {{ text = "{text}" }}\n')

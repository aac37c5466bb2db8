"""A shop with words, hours, tags, priorities and people, for rules to work with."""

import tomllib
from dataclasses import replace

import pytest

from hub.contracts.toml_lines import Lines
from hub.model.events import MessageReceived
from hub.model.people import Identity, Person, PersonId
from hub.model.view import ConversationView, InquiryView, View
from hub.rules import Policy, compile_rules, decide, go_on

HEAD = """
[hours.shop]
timezone = "UTC"
week = { mon-fri = "08:00-18:00" }
[currency]
base = "EUR"
rates = { USD = 0.5 }
bare = "USD"
[topic.price]
words = { en = ["price", "how much"], hi = ["दाम"] }
intent = "cost"
[topic.legal]
words = ["lawyer"]
[tag.vip]
[tag.new]
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
[segment.quiet]
silent_for = "6d"
"""
NOON = 1_795_435_200_000  # Monday 2026-11-23 12:00 UTC
TALK = ConversationView(id=3, inbox="sales", channel="whatsapp", last_inbound=NOON)
VIEW = View(person=Person(PersonId(1), "Ana", "en"), conversation=TALK, received=NOON, heard=NOON)
SENDER = (Identity("phone", "", "+447700900123"),)


class Shop:
    """Rules at noon of a working day; `decision` and `later` take what the view holds beside Ana's conversation."""

    now = NOON

    def __init__(self, text):
        text = HEAD + text
        self.rules = compile_rules(tomllib.loads(text), Lines(text, "hub.toml").where)

    def view(self, **more):
        talk = {key: more.pop(key) for key in list(more) if key in ConversationView.__dataclass_fields__}
        if "details" in more or "priority" in more:
            inquiry = {key: more.pop(key) for key in ("details", "priority", "agent") if key in more}
            inquiry["owner"] = inquiry.pop("agent", "")
            more["inquiry"] = InquiryView(id=5, **inquiry)
        return replace(VIEW, conversation=replace(TALK, **talk), **more)

    def said(self, text="", payload="", **more):
        event = MessageReceived(
            key="k", at=NOON, account="a", sender=SENDER, address="1", provider_id="p", text=text, payload=payload
        )
        return replace(event, **more)

    def say(self, text, payload="", **more):
        return self.decision(self.said(text, payload), **more)

    def decision(self, event, *, full=False, **more):
        return decide(event, self.view(**more), self.rules, Policy(), full=full)

    def later(self, name, event, **more):
        return go_on(name, event, self.view(**more), self.rules, Policy())

    def acted(self, text, payload="", **more):
        """The rules that did something about a message."""
        return list(dict.fromkeys(command.rule for command in self.say(text, payload, **more).commands))


@pytest.fixture(scope="session")
def shop():
    """Makes a Shop with these rules."""
    return Shop

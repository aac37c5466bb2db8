"""Rules that say more than a text: choices, files, templates, and records for the CRM."""

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from hub.contracts.errors import ConfigError
from hub.contracts.toml_lines import Lines
from hub.model.commands import MakeRecord, Send
from hub.model.content import Content, Media, Option, Template
from hub.model.events import MessageReceived
from hub.model.people import Identity, Person, PersonId
from hub.model.view import ConversationView, View
from hub.rules import Policy, compile_rules, decide

GOOD = """
[texts]
ask = "Shall we call you?"

[[rule]]
name = "ask"
keywords = ["call"]
reply = "ask"
buttons = ["Yes, please", { id = "no", title = { en = "No", de = "Nein" } }]
once_per = "1h"

[[rule]]
name = "yes"
payload = "yes,-please"
task = { title = "Call {{ person.name or 'them' }}", body = "{{ message.text }}", due = "2h", priority = "high" }

[[rule]]
name = "shops"
keywords = ["shop"]
payload = ["shops"]
reply = { text = "Where?" }

[rule.list]
button = "Choose"
footer = "Open daily"
rows = [{ id = "n", title = "North", description = "Near the park" }, "South"]

[[rule]]
name = "map"
keywords = ["map"]
media = { kind = "image", url = "https://example.com/map.png" }

[[rule]]
name = "status"
keywords = ["status"]
template = { name = "order", language = "en", params = ["{{ person.name or 'there' }}", "7\\nB"] }
ticket = { title = "Asks for the status", stage = "New" }

[[rule]]
name = "named"
keywords = ["named"]
template = { name = "order", language = "en", params = { first_name = "Ana" } }
"""
NOW = 1_795_435_200_000
POLICY = Policy()


def load(text):
    return compile_rules(tomllib.loads(text), Lines(text, "hub.toml").where)


RULES = load(GOOD)


def run(text="", payload="", person=None, fired=None):
    sender = (Identity("phone", "", "+447700900123"),)
    event = MessageReceived(
        key="k", at=NOW, account="a", sender=sender, address="1", provider_id="p", text=text, payload=payload
    )
    talk = ConversationView(id=1, inbox="support", channel="whatsapp", fired=fired)
    view = View(person=person or Person(PersonId(1), "Ann"), conversation=talk, received=NOW)
    return decide(event, view, RULES, POLICY)


def test_buttons_stand_under_the_reply_in_the_readers_language():
    (send,) = run("call me").commands
    options = (Option(id="yes,-please", title="Yes, please"), Option(id="no", title="No"))
    content = Content(form="buttons", options=options)
    assert send == Send(rule="ask", text="Shall we call you?", once=True, content=content)
    (german,) = run("call me", person=Person(PersonId(1), "", "de")).commands
    assert [option.title for option in german.content.options] == ["Yes, please", "Nein"]


def test_a_pressed_button_is_an_answer():
    decision = run("Yes, please", "yes,-please")
    assert decision.commands == (
        MakeRecord(
            rule="yes",
            slot="task",
            type="task",
            title="Call Ann",
            body="Yes, please",
            priority="high",
            due=NOW + 7_200_000,
        ),
    )
    assert decision.because == ("yes: choice 'yes,-please'",)


@pytest.mark.parametrize("payload", ["yes", "Yes,-please", "yes,-please "])
def test_only_the_very_payload_counts(payload):
    assert run("Yes, please", payload).commands == ()


def test_a_list_comes_by_word_or_choice():
    for decision in (run("your shop?"), run("", "shops")):
        (send,) = decision.commands
        assert send.content == Content(
            form="list",
            button="Choose",
            footer="Open daily",
            options=(Option(id="n", title="North", description="Near the park"), Option(id="south", title="South")),
        )


def test_a_file_needs_no_text():
    (send,) = run("map").commands
    media = Media(kind="image", url="https://example.com/map.png")
    assert send == Send(rule="map", text="", content=Content(form="image", media=media))


def test_a_template_has_its_values_on_one_line_and_a_ticket_goes_beside_it():
    send, ticket = run("status").commands
    template = Template(name="order", language="en", body=("Ann", "7 B"))
    assert send == Send(rule="status", text="", content=Content(form="template", template=template))
    assert ticket == MakeRecord(rule="status", slot="ticket", type="ticket", title="Asks for the status", stage="New")


def test_values_may_have_names():
    (send,) = run("named").commands
    assert send.content.template == Template(name="order", language="en", body=("Ana",), names=("first_name",))


def test_what_is_asked_for_once_is_asked_for_once():
    assert run("call", fired={"ask": NOW - 1000}).commands == ()


def test_the_same_event_gives_the_same_commands():
    assert run("status") == run("status")
    assert replace(run("map").commands[0]) == run("map").commands[0]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('reply = "ask"\nbut', "but", "hub.toml:8: rule 'ask' has buttons but no reply (add reply = ...: it is the te"),
        ('"Yes, please", {', '"No", {', "hub.toml:9: the choice 'no' stands here twice (give each its own: { id ="),
        ('{ id = "no", title', '{ idd = "no", title', "hub.toml:9: unknown key 'idd' (did you mean 'id'?)"),
        ('{ id = "no", title', "{ title", "hub.toml:9: a choice needs an id"),
        ('["Yes, please", { id = "no", title = { en = "No", de = "Nein" } }]', "[]", "hub.toml:9: there are 0 choices"),
        ('"Yes, please", {', '"Yes {{ person.nam }}", {', "hub.toml:9: text 'title': unknown variable person.nam"),
        ('"yes,-please"\n', '""\n', "hub.toml:14: 'payload' names nothing (name the id of a button"),
        ('"2h"', '"soon"', "hub.toml:15: 'soon' is no span of time"),
        ('"high"', '"urgent"', "hub.toml:15: 'priority': input should be "),
        ("due =", "dou =", "hub.toml:15: unknown key 'dou' (did you mean 'due'?)"),
        ('button = "Choose"\n', "", "hub.toml:23: the key 'button' is missing"),
        ('title = "North"', 'titel = "North"', "hub.toml:26: unknown key 'titel' (did you mean 'title'?)"),
        ("https://example.com/map.png", "map.png", "hub.toml:31: 'map.png' is no public address (platforms fetch"),
        ('kind = "image"', 'kind = "picture"', "hub.toml:31: 'kind': input should be 'image', 'video'"),
        ('media = { kind = "image", url = "https://example.com/map.png" }', "", "hub.toml:28: rule 'map' does nothing"),
        ("ticket =", 'reply = "ask"\nticket =', "hub.toml:37: rule 'status' has both template and reply (the templat"),
        ("ticket =", 'buttons = ["A"]\nticket =', "hub.toml:36: rule 'status' has both buttons and template"),
        ('{ first_name = "Ana" }', '"Ana"', "hub.toml:42: 'params' is neither a list nor a table"),
        ('{ first_name = "Ana" }', '["{{ x }}"]', "hub.toml:42: text '0': unknown variable x"),
        ('name = "map"', 'name = "fallback"', "hub.toml:29: 'fallback' cannot name a rule"),
    ],
)
def test_mistakes_are_said_with_file_line_and_remedy(old, new, said):
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    with pytest.raises(ConfigError) as caught:
        load(text)
    assert str(caught.value).startswith(said), str(caught.value)


def test_the_how_to_shows_rules_that_work():
    page = (Path(__file__).parents[2] / "docs/how-to/rules.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    names = [rule.name for block in blocks for rule in load(block).rules]
    message = ["prices", "call", "shops", "map", "status", "call wanted", "broken", "wants an offer", "agreed"]
    control = ["ready to buy", "needs a person", "still there", "budget", "deadline", "was it good", "big and quiet"]
    assert names == [*message, *control, "offer accepted", "gold"]

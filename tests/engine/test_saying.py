"""What is said beside a text: quotes, reactions, whole templates, read marks, and what could never be said or made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.contracts.errors import ConfigError
from hub.engine.effects.sends import outgoing_content
from hub.engine.loader import load_plugins
from hub.engine.settings import load_config
from hub.model.by_hand import HumanReplied
from hub.model.content import Content, Media, Template
from hub.testing.tabletop import HUB_TOML, Tabletop
from hub_meta.render import message_body

RULES = f"""
[[rule]]
name = "long"
keywords = ["long"]
quote = true
reply = {{ text = "{"word " * 1000}" }}

[[rule]]
name = "yes or no"
keywords = ["ask"]
quote = true
reply = {{ text = "Well?" }}
buttons = ["Yes", "No"]

[[rule]]
name = "order"
keywords = ["order"]

[rule.template]
name = "order"
language = "en"
header = {{ shop = "North  shop" }}
params = {{ first_name = "{{{{ person.name }}}}" }}
buttons = ["", "payload:{{{{ message.text }}}}"]

[[rule]]
name = "map"
keywords = ["map"]
template = {{ name = "map", language = "en", media = {{ kind = "image", url = "https://example.com/map.png" }} }}

[[rule]]
name = "welcome"
first = true
reply = {{ text = "Welcome." }}
"""
INBOX = '[inbox.sales]\nconnection = "meta"'


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Tabletop]:
    found = Tabletop(tmp_path, HUB_TOML.replace(INBOX, f"{INBOX}\nmark_read = true") + RULES)
    yield found
    found.close()


def heard(desk: Tabletop, number: int, words: str) -> None:
    """Somebody writes."""
    desk.now += 1000
    message = {"from": "12025550123", "id": f"w.{number}", "timestamp": str(desk.now // 1000), "type": "text"}
    deliver(desk, "messages", messages=[message | {"text": {"body": words}}])


def deliver(desk: Tabletop, field: str, **value: Any) -> None:
    held = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "12025550100", "phone_number_id": "1001"},
        "contacts": [{"profile": {"name": "Ana"}, "wa_id": "12025550123"}],
        **value,
    }
    body = {"object": "whatsapp_business_account", "entry": [{"id": "9", "changes": [{"field": field, "value": held}]}]}
    desk.post("meta", json.dumps(body).encode())
    desk.step()


def say(desk: Tabletop, text: str, reply_to: str = "", **content: Any) -> None:
    """A human answers."""
    event = HumanReplied(key=f"h{desk.now}", at=desk.now, person="p1", text=text, content=content, reply_to=reply_to)
    desk.happen(event)
    desk.step()


def leaves(desk: Tabletop) -> list[dict[str, Any]]:
    """The bodies that leave, in order."""
    bodies = []
    while leased := desk.lease():
        for one in leased:
            bodies.append(message_body(one.message, "recipient"))
            desk.sent(one, f"wamid.{one.outbox}")
    return bodies


def test_a_rules_quote_stands_on_the_first_part_only(desk):
    heard(desk, 1, "hello")
    leaves(desk)
    heard(desk, 2, "a long ask")
    quotes = [(body["type"], body.get("context")) for body in leaves(desk)]
    about = {"message_id": "w.2"}
    assert quotes == [("text", about), ("text", None), ("interactive", about)]


def test_a_human_quotes_and_reacts(desk):
    heard(desk, 1, "hello")
    heard(desk, 2, "are you there?")
    leaves(desk)
    say(desk, "Yes.", "w.1")
    desk.now += 1
    say(desk, "👍", "w.2", form="reaction")
    desk.now += 1
    say(desk, "", "w.2", form="reaction")
    bodies = leaves(desk)
    assert [bodies[0]["text"]["body"], bodies[0]["context"]] == ["Yes.", {"message_id": "w.1"}]
    assert [body["reaction"] for body in bodies[1:]] == [
        {"message_id": "w.2", "emoji": "👍"},
        {"message_id": "w.2", "emoji": ""},
    ]
    assert desk.rows("SELECT count(*) FROM dead") == [(0,)]


def test_a_quote_of_a_strangers_message_is_not_sent(desk):
    heard(desk, 1, "hello")
    leaves(desk)
    say(desk, "Yes.", "w.7")
    assert leaves(desk) == []
    assert desk.rows("SELECT cause FROM dead") == [("not sent: the quoted message is none of person 1",)]


def test_a_rules_template_has_header_values_and_buttons(desk):
    heard(desk, 1, "order")
    template = leaves(desk)[0]["template"]
    shop = {"type": "text", "parameter_name": "shop", "text": "North shop"}
    name = {"type": "text", "parameter_name": "first_name", "text": "Ana"}
    press = {"type": "payload", "payload": "order"}
    assert template["components"] == [
        {"type": "header", "parameters": [shop]},
        {"type": "body", "parameters": [name]},
        {"type": "button", "sub_type": "quick_reply", "index": "1", "parameters": [press]},
    ]


def test_a_rules_template_has_a_file(desk):
    heard(desk, 1, "map")
    assert leaves(desk)[0]["template"]["components"] == [
        {"type": "header", "parameters": [{"type": "image", "image": {"link": "https://example.com/map.png"}}]}
    ]


def test_the_fallback_has_a_file_and_buttons(tmp_path):
    fallback = """
fallback = { template = "again", language = "en", media = { kind = "image", url = "https://example.com/a.png" }, buttons = ["{{ inbox }}"] }
"""  # noqa: E501 - one line of TOML
    desk = Tabletop(tmp_path, HUB_TOML.replace(INBOX, INBOX + fallback.rstrip()))
    heard(desk, 1, "hello")
    desk.now += 30 * 3_600_000
    say(desk, "Yes.")
    assert desk.lease() == []
    (leased,) = desk.lease()
    media = Media(kind="image", url="https://example.com/a.png")
    template = Template(name="again", language="en", buttons=("sales",), media=media)
    assert leased.message.content == Content(form="template", template=template)
    desk.close()


def test_a_humans_answer_marks_the_persons_last_message_as_read(desk):
    heard(desk, 1, "hello")
    heard(desk, 2, "are you there?")
    deliver(desk, "history", history=[{"threads": [{"id": "12025550123", "messages": [past(desk, -5)]}]}])
    for one in desk.lease():
        desk.sent(one, "wamid.a")
    say(desk, "word " * 1000)
    (first,) = desk.lease()
    desk.sent(first, "wamid.b")
    (second,) = desk.lease()
    assert (first.answers, second.answers) == ("w.2", "")


def past(desk: Tabletop, ago: int) -> dict[str, Any]:
    """A message of shared history."""
    stamp = str(desk.now // 1000 - ago)
    return {"from": "12025550123", "id": "w.0", "timestamp": stamp, "type": "text", "text": {"body": "long ago"}}


def test_the_first_live_message_after_history_opens_the_talk(desk):
    desk.line.listeners["inquiry.opened"] = ("bell",)
    deliver(desk, "history", history=[{"threads": [{"id": "12025550123", "messages": [past(desk, 3600)]}]}])
    assert desk.rows("SELECT text FROM messages") == [("long ago",)]
    assert (leaves(desk), desk.rows("SELECT count(*) FROM plugin_work")) == ([], [(0,)])
    heard(desk, 1, "hello")
    heard(desk, 2, "again")
    assert [body["text"]["body"] for body in leaves(desk)] == ["Welcome."]
    ((told,),) = desk.rows("SELECT body FROM plugin_work")
    assert json.loads(told)["text"] == "hello"


def test_a_message_after_the_business_wrote_opens_the_talk(desk):
    echo = {**past(desk, 60), "from": "12025550100", "to": "12025550123", "id": "w.e"}
    deliver(desk, "smb_message_echoes", message_echoes=[echo])
    desk.tick(24 * 3_600_000)  # the pause after a human is over
    heard(desk, 1, "hello")
    assert [body["text"]["body"] for body in leaves(desk)] == ["Welcome."]


RULE = '[[rule]]\nname = "r"\nkeywords = ["r"]\n'
FOUR = RULE + 'reply = { text = "Well?" }\nbuttons = ["1", "2", "3", "4"]\n'
MISTAKES = {
    "four buttons": (FOUR, "rule 'r' cannot be sent in the inbox 'sales': WhatsApp takes 1 to 3 buttons, not 4"),
    "a long title in one language": (
        RULE + 'reply = { text = "A" }\n'
        '[[rule.buttons]]\nid = "a"\ntitle = { en = "A", de = "Mehr als 20 Zeichen?!" }\n',
        "rule 'r' cannot be sent in the inbox 'sales': the button's title has 21 characters, WhatsApp",
    ),
    "a template's sound": (
        RULE + 'template = { name = "a", language = "en", media = { kind = "audio", url = "https://example.com" } }\n',
        "rule 'r' cannot be sent in the inbox 'sales': a template's header is an image, a video or a document",
    ),
    "a ticket that nobody makes": (
        RULE + 'ticket = { title = "Broken" }\n',
        "rule 'r' asks for a ticket, and no CRM here makes one (name \"ticket\" in objects of [crm.main], or",
    ),
    "header by name, params in order": (
        RULE + 'template = { name = "a", language = "en", header = { a = "b" }, params = ["c"] }\n',
        "the template's header and params are given one by name and one in order",
    ),
    "header twice": (
        RULE + '[rule.template]\nname = "a"\nlanguage = "en"\nheader = ["b"]\n'
        'media = { kind = "image", url = "https://example.com/a" }\n',
        "a template's header is a file or a text, not both",
    ),
    "buttons that are no list": (
        RULE + 'template = { name = "a", language = "en", buttons = "b" }\n',
        "'buttons' of a template is not a list",
    ),
    "a quote of nothing": (RULE + 'quote = true\ntask = { title = "Call" }\n', "rule 'r' quotes but says nothing"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_what_could_never_be_said_or_made_is_refused_at_load(tmp_path, name):
    source, said = MISTAKES[name]
    file = tmp_path / "hub.toml"
    file.write_text(HUB_TOML + source)
    with pytest.raises(ConfigError) as caught:
        load_config(file, load_plugins(), {})
    line = int(caught.value.where.removeprefix(f"{file}:"))
    assert line > HUB_TOML.count("\n")
    assert f"{caught.value.what} ({caught.value.remedy})".startswith(said)


@pytest.mark.parametrize(
    "source",
    [
        FOUR.replace(', "4"', ""),
        RULE + 'task = { title = "Call" }\n',
        RULE + f'reply = {{ text = "{"x" * 5000}" }}\nbuttons = ["Yes"]\n',  # split before
        RULE + 'reply = { text = "Well?" }\nbuttons = ["{{ person.name }}"]\n',
    ],
)
def test_what_fits_is_taken(tmp_path, source):
    file = tmp_path / "hub.toml"
    file.write_text(HUB_TOML + source)
    assert load_config(file, load_plugins(), {}).rules.rules[-1].name == "r"


def test_what_stands_in_the_store_is_the_content_that_was_meant(desk):
    heard(desk, 1, "order")
    desk.lease()
    work = desk.store.workspace(desk.now)
    (row,) = work.messages.fetch_by("form", ["template"])
    template = outgoing_content(row).template
    assert template is not None
    assert (template.names, template.header) == (("shop", "first_name"), ("North shop",))
    assert template.buttons == ("", "payload:order")

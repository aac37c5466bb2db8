"""Whole messages on their way out: choices, files, templates, closed windows, many parts, one person's pace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.contracts.channel import TemplateInfo
from hub.engine.lease import lease_sends
from hub.model.by_hand import DeadHandled, HumanReplied
from hub.model.content import Content, Media, Option, Template
from hub.model.events import TemplatesRead
from hub.sending import PairRate
from hub.store import open_store
from hub.testing.stores import place_of
from hub.testing.tabletop import HUB_TOML, Tabletop

HOUR = 3_600_000
INBOX = """
mark_read = true
fallback = { template = "again", language = "en", params = ["{{ person.name or 'there' }}"] }
"""
RULES = """
[[rule]]
name = "ask"
keywords = ["ask"]
reply = { text = "Shall we call?" }
buttons = ["Yes", "No"]

[[rule]]
name = "yes"
payload = "yes"
reply = { text = "We call you." }
task = { title = "Call {{ person.name }}", due = "2h" }
once_per = "1h"

[[rule]]
name = "long"
keywords = ["long"]
reply = { text = "%s" }

[[rule]]
name = "order"
keywords = ["order"]
template = { name = "order", language = "en", params = ["{{ person.name }}"] }
""" % ("Word. " * 1500)
TOML = HUB_TOML.replace('account = "1001"\n', 'account = "1001"' + INBOX) + RULES


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Tabletop]:
    hub = Tabletop(tmp_path, TOML)
    yield hub
    hub.close()


def says(table: Tabletop, text: Any, number: int, words: str) -> None:
    table.post("meta", text(number, words))
    table.step()


def human(table: Tabletop, key: str, words: str = "Hello", **content: Any) -> None:
    table.happen(HumanReplied(key=key, at=table.now, person="p1", text=words, agent="Ana", content=content))
    table.step()


def sends(table: Tabletop) -> list[tuple[Any, ...]]:
    return table.rows(
        "SELECT o.rule, m.form, o.state FROM outbox o JOIN messages m ON m.id=o.message"
        " WHERE o.kind='send' ORDER BY o.id"
    )


# -- contents ---------------------------------------------------------------------------------------------------------


def test_buttons_leave_with_their_text_and_their_choice_is_answered(table, text):
    says(table, text, 1, "ask")
    (leased,) = table.lease()
    assert leased.message.text == "Shall we call?"
    options = (Option(id="yes", title="Yes"), Option(id="no", title="No"))
    assert leased.message.content == Content(form="buttons", options=options)
    assert leased.answers == "wamid.1"
    table.sent(leased, "wamid.out")
    pressed = {
        "type": "interactive",
        "interactive": {"type": "button_reply", "button_reply": {"id": "yes", "title": "Yes"}},
        "context": {"id": "wamid.out", "from": "15550100"},
    }
    table.post("meta", text(2, "", **pressed))
    table.step()
    assert [one.message.text for one in table.lease()] == ["We call you."]
    ((body,),) = table.rows("SELECT body FROM outbox WHERE kind='object'")
    assert json.loads(body) == {"type": "task", "title": "Call Ana", "due": table.now + 2 * HOUR}
    ((fired,),) = table.rows("SELECT fired FROM conversations")
    assert json.loads(fired) == {"yes": table.now}


def test_a_plain_text_carries_no_content(table, text):
    says(table, text, 1, "price")
    (leased,) = table.lease()
    assert leased.message.content.form == "text"
    assert table.rows("SELECT content FROM messages WHERE direction='out'") == [("",)]


def test_a_humans_file_waits_for_its_upload_by_name_and_its_caption_goes_on_behind_it(table, text):
    says(table, text, 1, "hello")
    media = Media(kind="document", blob="ab" * 32, name="offer.pdf")
    human(table, "h1", "Offer. " * 300, **Content(form="document", media=media).dump())
    (first,) = table.lease()
    assert first.message.content.media == media
    assert len(first.message.text) <= 1024
    assert table.lease() == []
    table.sent(first, "wamid.o1")
    (second,) = table.lease()
    assert second.message.content.form == "text"
    said = f"{first.message.text} {second.message.text}".split()
    assert said == ["Offer."] * 300


def test_what_a_channel_cannot_send_is_a_decision_or_a_dead_letter(table, text, monkeypatch):
    channel = table.config.connections["meta"].channel
    able = type(channel).capabilities
    monkeypatch.setattr(type(channel), "capabilities", replace(able, forms=frozenset({"text"})))
    says(table, text, 1, "ask")
    human(table, "h1", "Yes?", form="buttons", options=[{"id": "y", "title": "Y"}])
    assert table.lease() == []
    assert table.lease() == []
    assert {state for _, _, state in sends(table)} == {"dropped"}
    ((kind, cause),) = table.rows("SELECT kind, cause FROM dead")
    assert kind == "send"
    assert "cannot send the form 'buttons'" in cause
    assert len(table.rows("SELECT 1 FROM decisions WHERE because LIKE '%cannot send the form%'")) == 2


# -- parts ------------------------------------------------------------------------------------------------------------


def test_the_parts_of_a_dropped_reply_are_dropped_with_it(table, text):
    says(table, text, 1, "long")
    assert len(sends(table)) == 3
    table.now += 24 * HOUR
    table.rows("UPDATE conversations SET fallback=last_in+1")
    assert table.lease() == []
    assert [state for _, _, state in sends(table)] == ["dropped"] * 3
    assert len(set(table.rows("SELECT reason FROM messages WHERE direction='out'"))) == 1


def test_a_human_who_tries_again_gets_all_parts_again(table, text):
    says(table, text, 1, "hello")
    human(table, "h1", "Word. " * 1500)
    table.rows("UPDATE people SET opted_out=1")
    assert table.lease() == []
    table.rows("UPDATE people SET opted_out=0")
    ((letter,),) = table.rows("SELECT id FROM dead WHERE state='open'")
    table.happen(DeadHandled(key="d", at=table.now, ids=(letter,), action="retry"))
    table.step()
    said = ""
    for number in range(3):
        (leased,) = table.lease()
        said += leased.message.text + " "
        table.sent(leased, f"wamid.o{number}")
    assert said.split() == ["Word."] * 1500


# -- a closed window --------------------------------------------------------------------------------------------------


def test_a_template_goes_once_in_place_of_a_text_that_comes_too_late(table, text):
    says(table, text, 1, "hello")
    table.now += 24 * HOUR
    human(table, "h1")
    human(table, "h2")
    assert (table.lease(), table.lease()) == ([], [])
    (one,) = table.lease()
    assert one.message.content.template == Template(name="again", language="en", body=("Ana",))
    assert one.message.text == ""
    table.sent(one, "wamid.t")
    assert sends(table) == [
        ("human", "text", "dropped"),
        ("human", "text", "dropped"),
        ("fallback", "template", "done"),
    ]
    assert "closed; the template 'again' goes in its place." in table.rows("SELECT cause FROM dead ORDER BY id")[0][0]
    assert "template" not in table.rows("SELECT cause FROM dead ORDER BY id")[1][0]
    table.now += HOUR
    says(table, text, 3, "back again")
    table.now += 24 * HOUR
    human(table, "h3")
    assert table.lease() == []
    assert [one.message.content.form for one in table.lease()] == ["template"]


def test_the_platform_may_say_later_that_the_window_was_closed(table, text, status):
    says(table, text, 1, "hello")
    human(table, "h1")
    (leased,) = table.lease()
    table.sent(leased, "wamid.o1")
    error = {"code": 131047, "title": "Re-engagement message"}
    for at in (1_800_000_100, 1_800_000_100, 1_800_000_200):
        table.post("meta", status("wamid.o1", "failed", at=at, errors=[error]))
        table.step()
    assert sends(table) == [("human", "text", "done"), ("fallback", "template", "waiting")]
    (again,) = table.lease()
    assert again.message.content.template is not None


def test_a_refusal_at_once_falls_back_too_and_a_replay_adds_nothing(table, text):
    says(table, text, 1, "hello")
    human(table, "h1")
    (leased,) = table.lease()
    table.sent(leased, outcome="dead", reason="more than 24 hours passed", error="WindowClosed")
    assert sends(table) == [("human", "text", "dead"), ("fallback", "template", "waiting")]
    ((seq,),) = table.rows("SELECT max(seq) FROM journal")
    table.rows("INSERT INTO queue VALUES (?, 'again')", seq)
    table.step()
    assert len(sends(table)) == 2
    (again,) = table.lease()
    table.sent(again, outcome="dead", reason="closed", error="WindowClosed")
    assert len(sends(table)) == 2  # a template that finds it closed has nothing behind it


def test_who_wrote_meanwhile_needs_no_template(table, text):
    says(table, text, 1, "hello")
    human(table, "h1")
    (leased,) = table.lease()
    table.now += 5000
    says(table, text, 2, "hello?")
    table.sent(leased, outcome="dead", reason="closed", error="WindowClosed")
    assert sends(table) == [("human", "text", "dead")]


@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.booleans(), min_size=4, max_size=4))
def test_a_kill_at_any_commit_sends_one_template(tmp_path_factory, cuts):
    """The store is closed and opened between any two steps: only what was committed counts."""
    table = Tabletop(tmp_path_factory.mktemp("cut"), TOML)

    def cut(number: int) -> None:
        if cuts[number]:
            table.store.close()
            table.store = open_store(place_of(table.config.hub.data))
            table.store.recover(table.now, {"sales": table.now + 60_000})

    stamp = str(table.now // 1000)
    message = {"from": "15550101", "id": "wamid.1", "timestamp": stamp, "type": "text", "text": {"body": "hello"}}
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"phone_number_id": "1001"},
        "contacts": [{"profile": {"name": "Ana"}, "wa_id": "15550101"}],
        "messages": [message],
    }
    body = {
        "object": "whatsapp_business_account",
        "entry": [{"id": "9", "changes": [{"field": "messages", "value": value}]}],
    }
    try:
        table.post("meta", json.dumps(body).encode())
        table.step()
        table.now += 24 * HOUR
        human(table, "h1")
        cut(0)
        table.lease()
        cut(1)
        leased = table.lease()
        cut(2)
        for one in leased:
            table.sent(one, "wamid.t")
        cut(3)
        table.tick(61_000)
        table.lease()
        templates = table.rows("SELECT count(*) FROM outbox WHERE rule='fallback'")
        assert templates == [(1,)]
        assert table.rows("SELECT attempts FROM outbox WHERE rule='fallback'") == [(1,)]
    finally:
        table.close()


# -- templates --------------------------------------------------------------------------------------------------------


def listed(table: Tabletop, *found: TemplateInfo) -> None:
    table.happen(
        TemplatesRead(
            key=f"meta.{table.now}", at=table.now, connection="meta", templates=tuple(one._asdict() for one in found)
        )
    )
    table.step()


ORDER = TemplateInfo("", "order", "en", "APPROVED", True, "UTILITY", "GREEN", body=1)


def test_a_template_leaves_in_and_out_of_the_window(table, text):
    says(table, text, 1, "order")
    table.rows("UPDATE conversations SET last_in=1")
    (leased,) = table.lease()
    assert leased.message.content.template == Template(name="order", language="en", body=("Ana",))
    shown = table.rows("SELECT form, text FROM messages WHERE direction='out'")
    assert shown == [("template", "[template order] Ana")]


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (ORDER, ""),
        (ORDER._replace(status="PAUSED", usable=False), "is paused"),
        (ORDER._replace(body=2), "takes 2 values in its text, not 1"),
        (ORDER._replace(name="orders"), "did you mean 'orders'?"),
    ],
)
def test_what_the_platform_would_refuse_does_not_leave(table, text, known, said):
    listed(table, known)
    says(table, text, 1, "order")
    assert len(table.lease()) == (not said)
    if said:
        ((reason,),) = table.rows("SELECT reason FROM messages WHERE direction='out'")
        assert said in reason


def test_a_new_list_replaces_the_old_one(table, text):
    listed(table, ORDER, ORDER._replace(language="de"))
    table.now += 1
    listed(table, ORDER._replace(status="PAUSED", usable=False))
    assert table.rows("SELECT name, language, usable FROM templates") == [("order", "en", 0)]


def test_who_stopped_gets_no_template_either(table, text):
    says(table, text, 1, "hello")
    table.rows("UPDATE people SET opted_out=1")
    human(table, "h1", "", **Content(form="template", template=Template(name="order", language="en")).dump())
    assert table.lease() == []
    assert sends(table) == [("human", "template", "dropped")]


# -- one person's pace ------------------------------------------------------------------------------------------------


def test_who_gets_too_many_waits_while_others_go_on(table, text):
    pair = PairRate(2, 6.0)

    def lease() -> list[str]:
        found, _ = lease_sends(table.store, table.line, "sales", table.now, 10, pair)
        for one in found:
            table.sent(one, f"wamid.o{one.outbox}")
        return [one.message.text for one in found]

    says(table, text, 1, "hello")
    table.post("meta", text(2, "hi", person="15550102"))
    table.step()
    for number in range(4):
        human(table, f"h{number}", f"to one {number}")
    table.happen(HumanReplied(key="x", at=table.now, person="p2", text="to two"))
    table.step()
    assert lease() == ["to one 0", "to two"]
    assert lease() == ["to one 1"]
    assert lease() == []
    ((state, due),) = table.rows("SELECT state, due FROM outbox WHERE kind='send' AND due>0")
    assert state == "waiting"
    assert table.now < due <= table.now + 6001
    found, looked = lease_sends(table.store, table.line, "sales", table.now, 10, pair)
    assert (found, looked) == ([], 0)  # nobody looks again before it is due
    table.now = due
    assert lease() == ["to one 2"]
    assert lease() == []
    table.now += 6001
    assert lease() == ["to one 3"]


# -- "read" -----------------------------------------------------------------------------------------------------------


def test_only_the_first_try_of_the_first_answer_marks_the_message_as_read(table, text):
    says(table, text, 1, "ask for the price")
    (first,) = table.lease()
    assert first.answers == "wamid.1"
    table.sent(first, outcome="retry", due=table.now, reason="busy")
    (again,) = table.lease()
    assert again.answers == ""
    table.sent(again, "wamid.o1")
    (second,) = table.lease()
    assert second.answers == ""
